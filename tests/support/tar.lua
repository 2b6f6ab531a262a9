-- Writes tars, good ones and hostile ones: every field can be given, and given wrongly.

local letters = require "tarsier.probe".letters

local tar = {}

local OCTAL = { [8] = "%07o\0", [12] = "%011o\0" } -- by the field's length

local function octal(value, length)
  return type(value) == "string" and value or OCTAL[length]:format(value)
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

-- Of a header without its checksum
local function sum(block, signed)
  return letters.sum(block) - (signed and 256 * select(2, block:gsub("[\128-\255]", "")) or 0)
end

local fillers = {} -- by length

-- The zeros up to a whole block
local function filler(data)
  local length = -#data % 512
  fillers[length] = fillers[length] or ("\0"):rep(length)
  return fillers[length]
end

--- pad(data) -> data and the zeros up to a whole block
function tar.pad(data) return data .. filler(data) end

--- header { path, type = "0", size = n or string, mode, link, prefix, magic, checksum = string, signed = true,
--           tail = string }
function tar.header(h)
  local size = h.size or #(h.data or "")
  local before = ("c100c8c8c8c12c12"):pack(h.path or "", octal(h.mode or 420, 8), octal(0, 8), octal(0, 8),
    octal(size, 12), octal(0, 12))
  local after = ("c1c100c8c80c167"):pack(h.type or "0", h.link or "", h.magic or "ustar\00000", "",
    h.tail or h.prefix or "")
  local checksum = h.checksum or ("%06o\0 "):format(sum(before .. after, h.signed) + 8 * 32)
  return before .. ("c8"):pack(checksum) .. after
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

local function add(parts, header, data)
  local count = #parts
  parts[count + 1], parts[count + 2], parts[count + 3] = header, data, filler(data)
end

-- An entry's blocks: its data are not copied, for they may be large.
local function add_entry(parts, e)
  local function before(kind, data)
    add(parts, tar.header { path = "before", type = kind, size = #data }, data)
  end
  if e.long_name then before("L", e.long_name .. "\0") end
  if e.long_link then before("K", e.long_link .. "\0") end
  if e.pax then before("x", type(e.pax) == "table" and tar.pax(e.pax) or e.pax) end
  add(parts, tar.header(e), e.data or "")
end

--- entry { path, data = bytes, …, pax = { key, value, … }, long_name = s, long_link = s } -> all its blocks
function tar.entry(e)
  local parts = {}
  add_entry(parts, e)
  return table.concat(parts)
end

tar.finish = ("\0"):rep(1024)

--- archive { entry, … } -> a tar; an entry may be a string of blocks already
function tar.archive(entries)
  local parts = {}
  for _, e in ipairs(entries) do
    if type(e) == "string" then parts[#parts + 1] = e else add_entry(parts, e) end
  end
  parts[#parts + 1] = tar.finish
  return table.concat(parts)
end

return tar
