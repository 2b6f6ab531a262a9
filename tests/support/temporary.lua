-- shell.lua's helpers, and some that only the specs of bytes need.

local shell = require "support.shell"

local temporary = setmetatable({}, { __index = shell })

--- must(command, …) -> its output; words are quoted into each %s. An error where it fails.
function temporary.must(command, ...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = shell.quote(word) end
  local code, output, errors = shell.run(command:format(table.unpack(words)))
  assert(code == 0, ("%s: %s%s"):format(command, output, errors))
  return output
end

--- fetched(command, …): the same for what a package registry may fail to give at first; three times, with pauses. The
--- command must bear to be run again.
function temporary.fetched(...)
  for pause = 5, 20, 15 do
    local ok, result = pcall(temporary.must, ...)
    if ok then return result end
    os.execute("sleep " .. pause)
  end
  return temporary.must(...)
end

--- noise(length, seed) -> bytes that compress a little, always the same ones
function temporary.noise(length, seed)
  local state, parts = seed or 1, {}
  for i = 1, length // 8 + 1 do
    state = (state * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
    parts[i] = ("%08x"):format(state >> 32 & 0xffffffff)
  end
  return table.concat(parts):sub(1, length)
end

return temporary
