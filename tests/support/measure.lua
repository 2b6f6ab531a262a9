-- Runs a command and measures it. What Linux tells of a child's memory begins with its parent's: a helper starts it, which is
-- forked from this process while that is small, when this file is loaded. tarsier's own command runs in a fork of the helper,
-- which has loaded its modules: that takes a third of the time of a new interpreter.
local process = require "tarsier.probe".process

local function load_command()
  for _, name in ipairs { "", ".packages", ".scan", ".terminal" } do require("tarsier.cli" .. name) end
  require "tarsier.probe".letters.digest "" -- starts OpenSSL
end

-- words: NAME=VALUE … "tarsier" …
local function tarsier(words)
  local from = 1
  while words[from]:find "^[%u_]+=" do
    process.set(words[from]:match "^([^=]+)=(.*)$")
    from = from + 1
  end
  os.exit(require "tarsier.cli".main { table.unpack(words, from + 1) }) -- its state has all that this process had: not closed
end

local function is_tarsier(words)
  for _, word in ipairs(words) do
    if not word:find "^[%u_]+=" then return word == "tarsier" end
  end
end

local fields = { "code", "signal", "late", "rss", "seconds", "output" }

-- In the helper
local function answer(request)
  local seconds, stdin, count, at = string.unpack("nzj", request)
  local words = {}
  for i = 1, count do words[i], at = string.unpack("z", request, at) end
  local command = is_tarsier(words) and function() tarsier(words) end or words
  local result, told = process.run(command, seconds, stdin), {}
  for i, field in ipairs(fields) do told[i] = tostring(result[field]) end
  return string.pack(("s"):rep(#fields), table.unpack(told))
end

load_command()
collectgarbage()
local ask = process.helper(answer)

--- measure(words, seconds, [stdin]) -> { code | signal, late, rss = KiB, seconds, output }. Words: a command, or NAME=VALUE …
--- "tarsier" and its arguments.
return function(words, seconds, stdin)
  local told = { string.unpack(("s"):rep(#fields), ask(string.pack("nzj" .. ("z"):rep(#words), seconds,
    stdin or "/dev/null", #words, table.unpack(words)))) }
  local result = {}
  for i, field in ipairs(fields) do result[field] = tonumber(told[i]) or told[i] end
  result.late, result.output = told[3] == "true", told[6]
  if result.code == "nil" then result.code = nil end
  if result.signal == "nil" then result.signal = nil end
  return result
end
