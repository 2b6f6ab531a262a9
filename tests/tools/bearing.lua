-- Which specs bear on which line of the engine: those that run it. A copy of the tree is built for gcov, every spec file runs there
-- once, and what it reached is kept. Takes some minutes; mutants.lua uses it.

local json = require "cjson"

local bearing = {}

local SECONDS = 600
-- As sanitizers are, so that specs that link the archive themselves do it too.
local COVERAGE = "CFLAGS='-O0 -g' SANITIZE=--coverage"
-- A statement's later lines have no entry of their own.
local LONGEST_STATEMENT = 8

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local function run(folder, command, log)
  local whole = ("cd '%s' && timeout --kill-after=5 %d %s >>'%s' 2>&1 </dev/null"):format(folder, SECONDS, command, log)
  return os.execute(whole) == true
end

-- Adds the lines that a spec has reached, from gcov's JSON: one document a line.
local function add_lines(lines, documents, spec)
  for document in documents:gmatch "[^\n]+" do
    for _, file in ipairs(json.decode(document).files) do
      local path = file.file:match "engine/.*%.c$"
      local reached = path and (lines[path] or {})
      if path then lines[path] = reached end
      for _, line in ipairs(path and file.lines or {}) do
        local specs = reached[line.line_number] or {}
        reached[line.line_number] = specs
        if line.count > 0 and specs[#specs] ~= spec then specs[#specs + 1] = spec end
      end
    end
  end
end

-- gcov wants the notes of the compiler beside the counts.
local function read_counts(folder, counts)
  return capture(([[cd '%s' && find . -name '*.gcda' | while read -r file; do
    cp '%s'/"${file%%.gcda}.gcno" "$(dirname "$file")"; done; find . -name '*.gcda' -print0 | xargs -0 -r gcov -i -t 2>/dev/null]])
    :format(counts, folder))
end

--- find(folder, log) -> function(path, number) -> the spec files that run this line, quickest first; and what each takes, in
--- seconds, by file. `folder` is a copy of the tree, in which nothing is built yet. A spec that fails there bears on nothing.
function bearing.find(folder, log)
  assert(run(folder, "make READY=1 DEPS=no V= all build/tarsier/probe.so " .. COVERAGE, log), "gcov's build fails: see " .. log)
  local lines, seconds = {}, {}
  local _, depth = folder:gsub("/", "")
  for spec in capture(("cd '%s' && find tests -name '*_spec.lua' | sort"):format(folder)):gmatch "[^\n]+" do
    local counts, began = folder .. "/counts", os.time()
    os.execute(("rm -rf '%s' && mkdir '%s'"):format(counts, counts))
    local command = "env GCOV_PREFIX='%s' GCOV_PREFIX_STRIP=%d make READY=1 DEPS=no test SPECS=%s %s"
    if run(folder, command:format(counts, depth, spec, COVERAGE), log) then
      seconds[spec] = os.time() - began
      add_lines(lines, read_counts(folder, counts), spec)
    else
      print("bears on nothing, since it fails or skips everything: " .. spec)
    end
  end
  return function(path, number)
    local reached = lines[path] or {}
    for at = number, number - LONGEST_STATEMENT, -1 do
      if reached[at] then
        table.sort(reached[at], function(a, b)
          if seconds[a] ~= seconds[b] then return seconds[a] < seconds[b] end
          return a < b
        end)
        return reached[at]
      end
    end
    return {}
  end, seconds
end

return bearing
