-- Writes tars, good ones and hostile ones: every field can be given, and given wrongly.

local tar = {}

local function field(value, length)
  assert(#value <= length, "too long for its field: " .. value)
  return value .. ("\0"):rep(length - #value)
end

local function octal(value, length)
  if type(value) == "string" then return field(value, length) end
  return ("%0" .. length - 1 .. "o\0"):format(value)
end

--- base256(number, length) -> GNU's form of numbers that octal digits have no room for
function tar.base256(number, length)
  local bytes = {}
  for i = length, 2, -1 do
    bytes[i] = string.char(number & 0xff)
    number = number >> 8
  end
  return "\x80" .. table.concat(bytes, "", 2)
end

-- Of whole eights of bytes
local function sum(block, signed)
  local total = 0
  for i = 1, #block, 8 do
    local a, b, c, d, e, f, g, h = block:byte(i, i + 7)
    total = total + a + b + c + d + e + f + g + h
  end
  if signed then total = total - 256 * select(2, block:gsub("[\128-\255]", "")) end
  return total
end

--- pad(data) -> data and the zeros up to a whole block
function tar.pad(data)
  return data .. ("\0"):rep(-#data % 512)
end

--- header { path, type = "0", size = n or string, mode, link, prefix, magic, checksum = string, signed = true,
--           tail = string }
function tar.header(h)
  local size = h.size or #(h.data or "")
  local before = field(h.path or "", 100) .. octal(h.mode or 420, 8) .. octal(0, 8) .. octal(0, 8)
  before = before .. octal(size, 12) .. octal(0, 12)
  local magic = h.magic or "ustar\00000"
  local after = (h.type or "0") .. field(h.link or "", 100) .. field(magic, 8) .. ("\0"):rep(80)
  after = after .. field(h.tail or h.prefix or "", 167)
  local checksum = h.checksum or ("%06o\0 "):format(sum(before .. (" "):rep(8) .. after, h.signed))
  return before .. checksum .. after
end

--- pax { key, value, key, value … } -> the records of a pax header
function tar.pax(pairs_of)
  local records = {}
  for i = 1, #pairs_of, 2 do
    local rest = " " .. pairs_of[i] .. "=" .. pairs_of[i + 1] .. "\n"
    local length = #rest + #tostring(#rest)
    if #tostring(length) + #rest ~= length then length = length + 1 end
    records[#records + 1] = length .. rest
  end
  return table.concat(records)
end

--- entry { path, data = bytes, …, pax = { key, value, … }, long_name = s, long_link = s } -> all its blocks
function tar.entry(e)
  local parts = {}
  local function before(kind, data)
    parts[#parts + 1] = tar.header { path = "before", type = kind, size = #data } .. tar.pad(data)
  end
  if e.long_name then before("L", e.long_name .. "\0") end
  if e.long_link then before("K", e.long_link .. "\0") end
  if e.pax then before("x", type(e.pax) == "table" and tar.pax(e.pax) or e.pax) end
  parts[#parts + 1] = tar.header(e) .. tar.pad(e.data or "")
  return table.concat(parts)
end

tar.finish = ("\0"):rep(1024)

--- archive { entry, … } -> a tar; an entry may be a string of blocks already
function tar.archive(entries)
  local parts = {}
  for i, e in ipairs(entries) do parts[i] = type(e) == "string" and e or tar.entry(e) end
  return table.concat(parts) .. tar.finish
end

return tar
