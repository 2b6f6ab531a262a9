-- mutants.lua FOLDER [COUNT [SEED [PATTERN]]]: makes COUNT small changes to the engine, one at a time, in a copy of the source
-- tree under FOLDER, runs the specs of the changed file's room, and lists the changes that no spec noticed. A change that does
-- not compile does not count. PATTERN restricts the files: "engine/stream/". `make test-mutants` calls this.
--
-- The changes: a condition is negated, < becomes <= and so on, && becomes ||, a statement is dropped, a failure becomes 0. What
-- frees memory stays (`make test-asan` notices leaks), as does what is said where memory runs out (stress_spec lets every
-- allocation fail in turn), and so does a comparison that chooses the lesser or the greater of two.

local folder, count, seed, pattern = arg[1], tonumber(arg[2]) or 200, tonumber(arg[3]) or 1, arg[4] or "engine/"
assert(folder, "usage: mutants.lua FOLDER [COUNT [SEED [PATTERN]]]")

-- A change may make a loop endless: specs may take several times as long as they did without a change.
local FIRST_SECONDS, SPEC_TIMES, SPEC_SECONDS = 600, 5, 60

-- The specs that bear on a room, quickest first: its own, then those of the rooms that stand on it.
local specs = {
  base = { "base", "policy/sandbox_spec.lua", "format", "layer", "net" },
  format = { "format", "match", "database", "inventory", "image", "clair" },
  stream = { "stream", "layer", "image" },
  net = { "net" },
  layer = { "layer", "scan/engine_spec.lua", "image" },
  image = { "image", "scan/engine_spec.lua", "scan/source_spec.lua", "scan/hostile_spec.lua", "net/registry_spec.lua" },
  inventory = { "inventory", "scan/engine_spec.lua", "scan/system_spec.lua", "scan/sbom_spec.lua" },
  database = { "database", "match", "cli/cli_spec.lua" },
  match = { "match", "scan/engine_spec.lua", "database", "clair/clair_spec.lua" },
  clair = { "clair" },
  scan = { "scan/engine_spec.lua", "cli/advisories_spec.lua", "scan/source_spec.lua", "scan/host_spec.lua", "scan", "clair/clair_spec.lua" },
  policy = { "policy", "report", "scan/base_spec.lua" },
  bind = { "bind", "policy", "update", "net/download_spec.lua", "report/template_spec.lua", "scan/engine_spec.lua", "scan/source_spec.lua", "net/http_spec.lua", "cli/cli_spec.lua", "cli/locate_spec.lua" },
}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

-- Quoted text is not code: "a < b" in a message is left alone.
local function is_quoted(line, at)
  local quotes = 0
  for _ in line:sub(1, at):gsub("\\.", ".."):gmatch '"' do quotes = quotes + 1 end
  return quotes % 2 == 1
end

-- a < b ? a : b is the same with <=.
local function chooses(line)
  local a, b, c, d = line:match "([%w_%.%->]+) [<>]=? ([%w_%.%->]+) %? ([%w_%.%->]+) : ([%w_%.%->]+)"
  return a and (a == c and b == d or a == d and b == c)
end

local operators = { [" < "] = " <= ", [" <= "] = " < ", [" > "] = " >= ", [" >= "] = " > ", [" == "] = " != ", [" != "] = " == ",
  [" && "] = " || ", [" || "] = " && " }

-- Calls add(new line, what was done) for every change of a line.
local function changes(line, add)
  if not line:find "^\t" or line:find "^\t+/?%*" or line:find "^\t+%." then return end
  local before, condition, after = line:match "^(\t+[else ]*if )%((.*)%)( ?{?)$"
  if condition then add(("%s(!(%s))%s"):format(before, condition, after), "negated") end
  for old, new in pairs(operators) do
    local at = line:find(old, 1, true)
    if at and not is_quoted(line, at) and not line:find "/%*.*/%*" and not chooses(line) then
      add(line:sub(1, at - 1) .. new .. line:sub(at + #old), (old .. "becomes" .. new):gsub("^ ", ""))
    end
  end
  local indent = not line:find "memory" and line:match "^(\t+)return [%w_]*error[%w_]*%(.*%);$" or line:match "^(\t+)return code;$"
  if indent then add(indent .. "return 0;", "failure becomes 0") end
  indent = line:match "^(\t+)[%w_]+%([^{}]*%);$" or line:match "^(\t+)[%w_%.%[%]%->]+ [|&+-]?= [^{}]*;$" or line:match "^(\t+)[%w_%.%->]+[+-][+-];$"
  if indent and not line:find "free%(" and not line:find "json_decref%(" then add(indent .. ";", "dropped") end
end

local function all_changes()
  local list = {}
  for path in capture("git ls-files '" .. pattern .. "*.c'"):gmatch "[^\n]+" do
    if path:match "^engine/(%w+)/" and specs[path:match "^engine/(%w+)/"] then
      local number = 0
      for line in (read(path) .. "\n"):gmatch "(.-)\n" do
        number = number + 1
        changes(line, function(new, what) list[#list + 1] = { path = path, number = number, old = line, new = new, what = what } end)
      end
    end
  end
  table.sort(list, function(a, b)
    if a.path ~= b.path then return a.path < b.path end
    if a.number ~= b.number then return a.number < b.number end
    return a.new < b.new
  end)
  return list
end

-- Rooms take turns, so that a large one does not crowd out the others.
local function in_turns(list)
  math.randomseed(seed)
  local rooms, order = {}, {}
  for _, change in ipairs(list) do
    local room = change.path:match "^engine/(%w+)/"
    if not rooms[room] then
      rooms[room] = {}
      order[#order + 1] = room
    end
    table.insert(rooms[room], change)
  end
  local turn = 0
  return function()
    for _ = 1, #order do
      turn = turn % #order + 1
      local room = rooms[order[turn]]
      if #room > 0 then return table.remove(room, math.random(#room)) end
    end
  end
end

local function run(command, seconds)
  return os.execute(("cd '%s' && timeout --kill-after=5 %d sh -c '%s' >mutants.log 2>&1 </dev/null"):format(folder, seconds, command)) == true
end

local function build()
  return run("make READY=1 DEPS=no V= all build/tarsier/probe.so", FIRST_SECONDS)
end

local usual = {} -- seconds that each of `specs` took without a change

local function passes(name)
  local seconds = usual[name] and math.max(SPEC_SECONDS, SPEC_TIMES * usual[name]) or FIRST_SECONDS
  return run("FIRST_FAILURE=1 make READY=1 DEPS=no test SPECS=tests/" .. name, seconds)
end

-- Puts text into a file of the copy and builds it.
local function build_with(path, text)
  write(path, text)
  return build()
end

-- A spec that fails for a change must pass without it. Each is tried once, when it first fails.
local function check(name, path, text)
  if usual[name] then return end
  assert(build_with(path, text), "the unchanged tree does not build: see " .. folder .. "/mutants.log")
  local began = os.time()
  assert(passes(name), ("tests/%s fails without a change: see %s/mutants.log"):format(name, folder))
  usual[name] = os.time() - began
end

-- -> "noticed", "survived", or nil if it does not compile
local function try(change)
  local path = folder .. "/" .. change.path
  local text, number, outcome = read(path), 0, nil
  local changed = text:gsub("(.-)\n", function(line)
    number = number + 1
    return (number == change.number and change.new or line) .. "\n"
  end)
  if build_with(path, changed) then
    outcome = "survived"
    for _, name in ipairs(specs[change.path:match "^engine/(%w+)/"]) do
      if not passes(name) then
        check(name, path, text)
        outcome = "noticed"
        break
      end
    end
  end
  write(path, text)
  return outcome
end

assert(os.execute(("rm -rf '%s' && mkdir -p '%s' && git ls-files -z | xargs -0 cp --parents -t '%s'"):format(folder, folder, folder)))
assert(build(), "the unchanged tree does not build: see " .. folder .. "/mutants.log")
local candidates = all_changes()

local noticed, survived = 0, {}
for change in in_turns(candidates) do
  if noticed + #survived >= count then break end
  local outcome = try(change)
  if outcome == "noticed" then noticed = noticed + 1 end
  if outcome == "survived" then
    survived[#survived + 1] = change
    print(("survived: %s:%d %s: %s"):format(change.path, change.number, change.what, change.old:match "^%s*(.*)$"))
    io.stdout:flush()
  end
end
print(("%d of %d changes noticed, %.0f %%"):format(noticed, noticed + #survived, 100 * noticed / math.max(1, noticed + #survived)))
