-- Writes the readers' cases as seeds for tests/fuzz/readers.c: `lua5.4 fuzz-seeds.lua READERS.DEF FOLDER`.
--
-- The first byte of a seed chooses a reader, by its place in the build's table, and one of its patterns; the rest is the
-- file. A case does not tell its pattern, so each file becomes a seed for the first few.

local def, out = arg[1], arg[2]
assert(out, "usage: fuzz-seeds.lua READERS.DEF FOLDER")

local PATTERNS = 4
local LIMIT = 64 << 10 -- larger files make a fuzzer slow

local readers = {}
for line in io.lines(def) do readers[#readers + 1] = line:match "^X%((.-)%)" end

local function each_file(folder, use)
  local pipe = assert(io.popen(("find '%s' -type f -path '*/root/*' -size -%dk | LC_ALL=C sort"):format(folder,
    LIMIT >> 10)))
  for path in pipe:lines() do use(path) end
  pipe:close()
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local seeds = 0
for place, reader in ipairs(readers) do
  each_file("tests/data/readers/" .. reader, function(path)
    local text = read(path)
    for pattern = 0, PATTERNS - 1 do
      local byte = place - 1 + #readers * pattern
      if byte > 255 then break end
      seeds = seeds + 1
      local file = assert(io.open(("%s/seed-%d"):format(out, seeds), "wb"))
      assert(file:write(string.char(byte), text))
      file:close()
    end
  end)
end
assert(seeds > 0, "no cases in tests/data/readers")
