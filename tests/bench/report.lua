-- make bench: a report of 20,000 findings in each format, beside the yardstick, lua-cjson's encoding of the same result. The
-- goal: under 2 s and 128 MiB. Ratios are what counts: the times are this machine's.
--
--   lua5.4 tests/bench/report.lua FOLDER           all formats; `tarsier convert` too
--   lua5.4 tests/bench/report.lua FOLDER FORMAT    one, for the first form: prints its seconds

package.path = "lua/?.lua;lua/?/init.lua;tests/?.lua;" .. package.path
package.cpath = "build/?.so;" .. package.cpath
local measure = require "support.measure"
local report = require "tarsier.report"

local FINDINGS = 20000
local folder, only = arg[1] or "build/bench", arg[2]

local function write(format, result, path)
  local file = assert(io.open(path, "wb"))
  if format == "cjson" then
    file:write((require "cjson".encode({ result.findings, result.packages })))
  else
    assert(report.write(format, result, function(piece) file:write(piece) end))
  end
  file:close()
end

if only then
  local result = require "support.many"(FINDINGS)
  collectgarbage("incremental", 150, 200) -- as the command sets it
  collectgarbage()
  local before = os.clock()
  write(only, result, folder .. "/report")
  io.write(os.clock() - before)
  return
end

local lua = arg[-1] or "lua5.4"

-- The median of three runs, in processor seconds and MiB.
local function run(words)
  local seconds, peak = {}, 0
  for i = 1, 3 do
    local got = measure(words, 120)
    assert(got.code == 0, got.output)
    seconds[i], peak = tonumber(got.output) or got.seconds, math.max(peak, got.rss / 1024)
  end
  table.sort(seconds)
  return seconds[2], peak
end

print(("\nreport: %d findings"):format(FINDINGS))
print(("%-34s %9s %9s %9s"):format("", "cpu s", "peak MiB", "ratio"))
local yardstick
for _, name in ipairs { "cjson", table.unpack(report.names()) } do
  if name ~= "clair" then
    local seconds, peak = run { lua, "tests/bench/report.lua", folder, name }
    yardstick = yardstick or seconds
    print(("%-34s %9.3f %9.1f %9.2f"):format(name == "cjson" and "lua-cjson of the same" or name, seconds, peak,
      seconds / yardstick))
  end
end

write("json", require "support.many"(FINDINGS), folder .. "/report.json")
local wall, peak = run { lua, "lua/bin/tarsier", "convert", folder .. "/report.json", "-q", "-f", "sarif=" .. folder .. "/report" }
print(("%-34s %9.3f %9.1f %9.2f  (wall)"):format("tarsier convert -f sarif", wall, peak, wall / yardstick))
