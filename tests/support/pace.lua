-- Limits of time for specs that guard against the square of an input. They are as many times longer as this machine, or
-- what the specs run under, is slower than a common one: valgrind takes thirty times as long.

local assert = require "luassert"

local pace = {}

-- The processor's seconds that `measure` takes on a common machine
local COMMON = 0.01

local function measure()
  local began, sum = os.clock(), 0
  for i = 1, 1000000 do sum = sum + i % 7 end
  return os.clock() - began
end

local slowness

--- limit(seconds) -> what takes that many seconds on a common machine may take this many here
function pace.limit(seconds)
  slowness = slowness or math.max(1, measure() / COMMON)
  return seconds * slowness
end

--- patience(seconds) -> the same limit for elapsed time: five times as long, because other processes use the machine, too
function pace.patience(seconds)
  return 5 * pace.limit(seconds)
end

--- within(seconds, work, [what]): work() takes at most so much of the processor's time, on a common machine. Returns what
--- it returns.
function pace.within(seconds, work, what)
  local began = os.clock()
  local results = table.pack(work())
  local took = os.clock() - began
  if took > pace.limit(seconds) then slowness = nil end -- it may have become slower
  assert.is_true(took <= pace.limit(seconds), ("%s: %.1f s, not %.1f s"):format(what or "takes too long", took, pace.limit(seconds)))
  return table.unpack(results, 1, results.n)
end

return pace
