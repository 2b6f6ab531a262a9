-- Runs a command and measures it. What Linux tells of a child's memory begins with its parent's, so that a large process
-- starts it from a small one: `lua5.4 measure.lua SECONDS STDIN WORD…` writes the result's fields, one a line, and then the command's output.
local process = require "tarsier.probe".process

if ... ~= "support.measure" then
  local result = process.run({ table.unpack(arg, 3) }, tonumber(arg[1]), arg[2])
  for _, key in ipairs { "code", "signal", "late", "rss", "seconds" } do io.write(tostring(result[key]), "\n") end
  io.write(result.output)
  return
end

local SMALL = 32 << 20 -- bytes that a parent may have without being mistaken for its child

-- Bytes of this process in memory
local function own_size()
  collectgarbage()
  local file = assert(io.open "/proc/self/statm")
  local pages = file:read("a"):match "^%d+ (%d+)"
  file:close()
  return pages * 4096
end

-- From a process of its own, which is small
local function from_outside(words, seconds, stdin)
  local line = { arg[-1] or "lua5.4", "tests/support/measure.lua", tostring(seconds), stdin or "/dev/null" }
  local outer = process.run(table.move(words, 1, #words, #line + 1, line), seconds + 10)
  local pattern = ("([^\n]*)\n"):rep(5) .. "(.*)$"
  local code, signal, late, rss, took, output = outer.output:match("^" .. pattern)
  assert(code and outer.code == 0, outer.output)
  return { code = tonumber(code), signal = tonumber(signal), late = late == "true", rss = tonumber(rss),
           seconds = tonumber(took), output = output }
end

--- measure(words, seconds, [stdin]) -> { code | signal, late, rss = KiB, seconds, output }
return function(words, seconds, stdin)
  if own_size() > SMALL then return from_outside(words, seconds, stdin) end
  return process.run(words, seconds, stdin)
end
