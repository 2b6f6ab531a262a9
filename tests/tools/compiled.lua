-- For the Lua processes of run-specs, by LUA_INIT: what `require` finds is compiled once. Lua takes a third of a command's
-- time, and most of busted's start, to compile modules, and the specs start Lua a thousand times. $SPEC_CODE is a folder
-- with a file for each module: its text and its code, which counts only as long as that is the text.

local folder, open = os.getenv "SPEC_CODE", io.open
local RECORD = "s4s4"

local function read(path)
  local file = open(path, "rb")
  local text = file and file:read "a"
  if file then file:close() end
  return text
end

-- Whole or not at all: others may write the same file now.
local function store(path, text, chunk)
  local own = path .. "." .. tostring(chunk):match "%w+$"
  local file = open(own, "wb")
  if not file then return end
  local written = file:write(RECORD:pack(text, string.dump(chunk)))
  if file:close() and written then os.rename(own, path) else os.remove(own) end
end

local function load_module(path)
  local text, place = read(path), folder .. "/" .. path:gsub("/", "%%")
  local stored = text and read(place)
  if stored then
    local before, code = RECORD:unpack(stored)
    if before == text then return load(code, path, "b") end
  end
  local chunk = text and load(text, "@" .. path, "t")
  if chunk then store(place, text, chunk) end
  return chunk
end

-- What is not found, or does not compile, is left to Lua's own searcher, which says so.
if folder then
  table.insert(package.searchers, 2, function(name)
    local path = package.searchpath(name, package.path)
    return path and load_module(path), path
  end)
end
