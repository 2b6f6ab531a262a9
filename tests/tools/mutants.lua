-- mutants.lua FOLDER [COUNT [SEED [PATTERN]]]: makes COUNT small changes to the engine, one at a time, in a copy of the source
-- tree under FOLDER, runs the specs that reach the changed line (bearing.lua), and lists the changes that none of them noticed. A
-- change that does not compile does not count. PATTERN restricts the files: "engine/stream/". `make test-mutants` calls this.
--
-- The changes: a condition is negated, < becomes <= and so on, && becomes ||, a statement is dropped, a failure becomes 0. What
-- frees memory stays (`make test-asan` notices leaks), and va_end, which does nothing on our machines, as does what is said where memory runs out (stress_spec lets every
-- allocation fail in turn), and so does a comparison that chooses the lesser or the greater of two.

local folder, count, seed, pattern = arg[1], tonumber(arg[2]) or 200, tonumber(arg[3]) or 1, arg[4] or "engine/"
assert(folder, "usage: mutants.lua FOLDER [COUNT [SEED [PATTERN]]]")

-- A change may make a loop endless: specs may take several times as long as they did without a change.
local BUILD_SECONDS, SPEC_TIMES, LEAST_SECONDS = 300, 5, 60

package.path = arg[0]:match "^(.*/)" .. "?.lua;" .. package.path
local bearing = require "bearing"

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

-- a < b ? a : b is the same with <=, and so is if (a < b) a = b.
local function chooses(line, next_line)
  local left, right = line:match "^%s+if %(([%w_%.%->]+) [<>]=? ([%w_%.%->]+)%)$"
  local to, from = next_line:match "^%s+([%w_%.%->]+) = ([%w_%.%->]+);$"
  if left and to and (left == to and right == from or left == from and right == to) then return true end
  local a, b, c, d = line:match "([%w_%.%->]+) [<>]=? ([%w_%.%->]+) %? ([%w_%.%->]+) : ([%w_%.%->]+)"
  return a and (a == c and b == d or a == d and b == c)
end

local operators = { [" < "] = " <= ", [" <= "] = " < ", [" > "] = " >= ", [" >= "] = " > ", [" == "] = " != ", [" != "] = " == ",
  [" && "] = " || ", [" || "] = " && " }

-- Calls add(new line, what was done) for every change of a line.
local function changes(line, next_line, add)
  if not line:find "^\t" or line:find "^\t+/?%*" or line:find "^\t+%." then return end
  local before, condition, after = line:match "^(\t+[else ]*if )%((.*)%)( ?{?)$"
  if condition then add(("%s(!(%s))%s"):format(before, condition, after), "negated") end
  for old, new in pairs(operators) do
    local at = line:find(old, 1, true)
    if at and not is_quoted(line, at) and not line:find "/%*.*/%*" and not chooses(line, next_line) then
      add(line:sub(1, at - 1) .. new .. line:sub(at + #old), (old .. "becomes" .. new):gsub("^ ", ""))
    end
  end
  local indent = not line:find "memory" and line:match "^(\t+)return [%w_]*error[%w_]*%(.*%);$" or line:match "^(\t+)return code;$"
  if indent then add(indent .. "return 0;", "failure becomes 0") end
  indent = line:match "^(\t+)[%w_]+%([^{}]*%);$" or line:match "^(\t+)[%w_%.%[%]%->]+ [|&+-]?= [^{}]*;$" or line:match "^(\t+)[%w_%.%->]+[+-][+-];$"
  if indent and not line:find "free%(" and not line:find "json_decref%(" and not line:find "va_end%(" then add(indent .. ";", "dropped") end
end

local function all_changes()
  local list = {}
  for path in capture("git ls-files '" .. pattern .. "*.c'"):gmatch "[^\n]+" do
    if path:match "^engine/(%w+)/" and not path:match "^engine/examples/" then
      local lines = {}
      for line in (read(path) .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
      for number, line in ipairs(lines) do
        changes(line, lines[number + 1] or "", function(new, what)
          list[#list + 1] = { path = path, number = number, old = line, new = new, what = what }
        end)
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

-- What still runs when the command is done, as specs beside the first that failed, must not tell of the next change: timeout(1)
-- leads a group of processes, which is killed.
local function run(command, seconds)
  local whole = ("cd '%s' && { timeout --kill-after=5 %d sh -c '%s' & wait $!; code=$?; kill -s KILL -- -$! 2>/dev/null; exit $code; }"
    .. " >mutants.log 2>&1 </dev/null"):format(folder, seconds, command)
  return os.execute(whole) == true
end

local function build()
  return run("make READY=1 DEPS=no V= all build/tarsier/probe.so", BUILD_SECONDS)
end

-- The tree is copied twice: one copy is built for gcov, the other is changed.
local covered = folder .. "-covered"
for _, copy in ipairs { folder, covered } do
  assert(os.execute(("rm -rf '%s' && mkdir -p '%s' && git ls-files -z | xargs -0 cp --parents -t '%s'")
    :format(copy, copy, copy)))
end
assert(build(), "the unchanged tree does not build: see " .. folder .. "/mutants.log")
local specs_of, seconds = bearing.find(covered, covered .. "/bearing.log")

-- The times tell run-specs which to start first.
local times = {}
for spec, took in pairs(seconds) do times[#times + 1] = ("%d %s\n"):format(took * 1000, spec) end
os.execute(("mkdir -p '%s/build/specs'"):format(folder))
write(folder .. "/build/specs/times", table.concat(times))

-- Did specs fail only because they took too long? On a busy machine that may have other reasons than the change.
local function only_late()
  local late = false
  for code in read(folder .. "/mutants.log"):gmatch "\n%-%-%- %S+ %(exit (%d+)%)" do
    if code ~= "124" then return false end
    late = true
  end
  return late
end

-- One spec that never ends is enough: the others need not be waited for.
local function passes(specs)
  local all, longest = 0, 0
  for _, spec in ipairs(specs) do
    all = all + seconds[spec]
    longest = math.max(longest, seconds[spec])
  end
  local command = ("SPEC_SECONDS=%d FIRST_FAILURE=1 make READY=1 DEPS=no test SPECS=\"%s\"")
    :format(math.max(LEAST_SECONDS, SPEC_TIMES * longest), table.concat(specs, " "))
  local limit = math.max(LEAST_SECONDS, SPEC_TIMES * all)
  return run(command, limit) or only_late() and run(command, limit)
end

-- The build runs the changed program, too: it makes the starter's database.
local function compiles()
  return not read(folder .. "/mutants.log"):find("error: ", 1, true)
end

-- -> "noticed", "survived", or nil if it does not compile
local function try(change)
  local path = folder .. "/" .. change.path
  local text, number, outcome = read(path), 0, nil
  local changed = text:gsub("(.-)\n", function(line)
    number = number + 1
    return (number == change.number and change.new or line) .. "\n"
  end)
  write(path, changed)
  if build() then
    local specs = specs_of(change.path, change.number)
    change.specs = #specs
    outcome = (#specs == 0 or passes(specs)) and "survived" or "noticed"
  elseif compiles() then
    outcome = "noticed"
  end
  write(path, text)
  return outcome
end

local candidates = all_changes()
local noticed, survived = 0, {}
for change in in_turns(candidates) do
  if noticed + #survived >= count then break end
  local outcome = try(change)
  if outcome == "noticed" then noticed = noticed + 1 end
  if outcome == "survived" then
    survived[#survived + 1] = change
    print(("survived %d specs: %s:%d %s: %s"):format(change.specs, change.path, change.number, change.what,
      change.old:match "^%s*(.*)$"))
    io.stdout:flush()
  end
end
print(("%d of %d changes noticed, %.0f %%"):format(noticed, noticed + #survived, 100 * noticed / math.max(1, noticed + #survived)))
