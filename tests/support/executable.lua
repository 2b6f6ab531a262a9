-- Small executables: a header, read-only bytes and a data segment, as ELF, PE or Mach-O.

local executable = {}

local function pad(bytes, size) return bytes .. ("\0"):rep(size - #bytes) end

-- string.pack in the byte order and with the size of a pointer: "W" is a word
local function packer(e)
  return function(format, ...)
    return string.pack((e.big and ">" or "<") .. format:gsub("W", e.word == 4 and "I4" or "I8"), ...)
  end
end

local BASE = 0x400000

--- around(e, length) -> what stands before and behind `length` bytes of rodata in elf(e)
function executable.around(e, length)
  local pack = packer(e)
  local wide = e.word ~= 4
  local data = e.data or ""
  local data_at = 0x1000 + (length + 0xfff) // 0x1000 * 0x1000
  local function segment(type, flags, offset, size)
    if wide then return pack("I4I4WWWWWW", type, flags, offset, BASE + offset, BASE + offset, size, size, 0x1000) end
    return pack("I4I4I4I4I4I4I4I4", type, offset, BASE + offset, BASE + offset, size, size, flags, 0x1000)
  end
  local note = e.note and pack("I4I4I4", 4, 4, 4) .. "Go\0\0" .. "abcd" or ""
  local table = segment(4, 4, 0x800, #note) .. segment(1, 4, 0x1000, length) .. segment(1, 6, data_at, #data)
  local header = "\x7fELF" .. string.char(wide and 2 or 1, e.big and 2 or 1, 1) .. ("\0"):rep(9)
    .. pack("I2I2I4WWWI4I2I2I2I2I2I2", 2, 62, 1, BASE, wide and 64 or 52, 0, 0, wide and 64 or 52, wide and 56 or 32, 3, 0, 0, 0)
  return pad(pad(header .. table, 0x800) .. note, 0x1000), ("\0"):rep(data_at - 0x1000 - length) .. data .. (e.tail or "")
end

--- elf { word = 4 or 8, big = flag, rodata =, data =, tail =, notes = } -> bytes. Addresses are the file's offsets plus
--- 0x400000; rodata begins at 0x1000.
function executable.elf(e)
  local rodata = e.rodata or ""
  local before, behind = executable.around(e, #rodata)
  return before .. rodata .. behind
end

--- pe { data =, section = bytes of .dep-v0 } -> bytes
function executable.pe(e)
  local section = e.section or ""
  local function entry(name, address, size, offset, flags)
    return pad(name, 8) .. string.pack("<I4I4I4I4", size, address, size, offset) .. ("\0"):rep(12) .. string.pack("<I4", flags)
  end
  local optional = string.pack("<I2", 0x20b) .. ("\0"):rep(22) .. string.pack("<I8", BASE) .. ("\0"):rep(80)
  local coff = "PE\0\0" .. string.pack("<I2I2I4I4I4I2I2", 0x8664, 2, 0, 0, 0, #optional, 2)
  local header = pad("MZ", 0x3c) .. string.pack("<I4", 0x80) .. ("\0"):rep(0x40)
  local file = header .. coff .. optional .. entry(".data", 0x1000, #e.data, 0x1000, 0xc0000040)
    .. entry(".dep-v0", 0x8000, #section, 0x1000 + #e.data, 0x40000040)
  return pad(file, 0x1000) .. e.data .. section
end

local function utf16(text) return (text:gsub(".", "%0\0")) end
local function to_four(bytes) return bytes .. ("\0"):rep(-#bytes % 4) end

--- version_resource { { key, value }, … } -> VS_VERSIONINFO with one table of texts
function executable.version_resource(texts)
  local function block(key, value_length, kind, rest)
    local head = to_four(("\0"):rep(6) .. utf16(key) .. "\0\0"):sub(7)
    return string.pack("<I2I2I2", 6 + #head + #rest, value_length, kind) .. head .. rest
  end
  local strings = ""
  for _, text in ipairs(texts) do
    local value = text[2] == "" and "" or utf16(text[2]) .. "\0\0"
    strings = to_four(strings) .. block(text[1], #value // 2, 1, value)
  end
  return block("VS_VERSION_INFO", 52, 0, ("\0"):rep(52) .. block("StringFileInfo", 0, 1, block("000004b0", 0, 1, strings)))
end

--- assembly { texts of its version, [word = 4], [cli = false], [before = bytes], [tree = bytes of the resources], [icon = bytes] }
--- -> a PE file with a CLI header; resources come last
function executable.assembly(a)
  local wide = a.word ~= 4
  local text, version = a.before or ("i"):rep(0x200), executable.version_resource(a)
  local at = 0x2000 + (#text + 0xfff) // 0x1000 * 0x1000 -- the section of resources in memory
  local icon = a.icon or ""
  local function directory(kind, offset) return ("\0"):rep(12) .. string.pack("<I2I2I4I4", 0, 1, kind, offset) end
  local tree = a.tree or ("\0"):rep(12) .. string.pack("<I2I2I4I4I4I4", 0, 2, 3, 0x80000020, 16, 0x80000020)
    .. directory(1, 0x80000038) .. directory(0, 0x50) .. string.pack("<I4I4I8", at + 0x60 + #icon, #version, 0) .. icon .. version
  local directories = {}
  for i = 1, 16 do directories[i] = string.pack("<I4I4", 0, 0) end
  directories[3] = string.pack("<I4I4", at, #tree)
  if a.cli ~= false then directories[15] = string.pack("<I4I4", 0x1008, 72) end
  local optional = (wide and string.pack("<I2", 0x20b) .. ("\0"):rep(22) .. string.pack("<I8", BASE) .. ("\0"):rep(76)
    or string.pack("<I2", 0x10b) .. ("\0"):rep(26) .. string.pack("<I4", BASE) .. ("\0"):rep(60))
    .. string.pack("<I4", a.directories or 16) .. table.concat(directories)
  local function section(name, address, size, offset)
    return pad(name, 8) .. string.pack("<I4I4I4I4", size, address, size, offset) .. ("\0"):rep(12) .. string.pack("<I4", 0x40000040)
  end
  local file = pad("MZ", 0x3c) .. string.pack("<I4", 0x80) .. ("\0"):rep(0x40) .. "PE\0\0"
    .. string.pack("<I2I2I4I4I4I2I2", 0x14c, 2, 0, 0, 0, #optional, 0x2102) .. optional
    .. section(".text", 0x1000, #text, 0x400) .. section(".rsrc", at, #tree, 0x400 + #text)
  return pad(file, 0x400) .. text .. tree
end

--- macho { data =, big =, fat = flag, section = bytes of .dep-v0, sections = how many the segment counts } -> bytes
function executable.macho(e)
  local pack = packer(e)
  local at = e.fat and 0x1000 or 0
  local section = e.section and pad(".dep-v0", 16) .. pad("__DATA", 16) .. pack("WWI4I4I4I4I4I4I4I4", BASE + 0x1000 + #e.data,
    #e.section, 0x1000 + #e.data, 0, 0, 0, 0, 0, 0, 0) or ""
  local command = pack("I4I4", 0x19, 72 + #section) .. pad("__DATA", 16)
    .. pack("WWWWI4I4I4I4", BASE + 0x1000, #e.data, 0x1000, #e.data, 3, 3, e.sections or #section // 80, 0) .. section
  local header = pack("I4I4I4I4I4I4I4I4", 0xfeedfacf, 7, 3, 2, 1, #command, 0, 0)
  local file = pad(header .. command, 0x1000) .. e.data .. (e.section or "")
  if not e.fat then return file end
  return pad("\xca\xfe\xba\xbe" .. string.pack(">I4I4I4I4I4I4", 1, 7, 3, at, #file, 12), at) .. file
end

-- ---- Go's build information ---------------------------------------------------------------------------------------

local FIRST = "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"
local LAST = "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2"

--- framed(modules) -> between Go's marks
function executable.framed(modules) return FIRST .. modules .. LAST end

local function varint(number)
  local bytes = ""
  while number >= 128 do
    bytes = bytes .. string.char(number & 127 | 128)
    number = number >> 7
  end
  return bytes .. string.char(number)
end

--- go_inline(version, modules) -> the header that Go has since 1.18, and the two texts
function executable.go_inline(version, modules)
  local framed = executable.framed(modules)
  return pad("\xff Go buildinf:\8\2", 32) .. varint(#version) .. version .. varint(#framed) .. framed
end

--- go_pointers(e, version, modules) -> an ELF as Go 1.13 to 1.17 have it; with e.tight segments end with what is pointed to
function executable.go_pointers(e, version, modules)
  local pack = packer(e)
  local word = e.word
  local framed = modules and executable.framed(modules) or ""
  local before = e.before or "some go1.1 text "
  e.rodata = before .. version .. "go1.5 and other text" .. framed .. (e.tight and "" or "more")
  local rodata_at = BASE + 0x1000
  local data_at = BASE + 0x1000 + (#e.rodata + 0xfff) // 0x1000 * 0x1000
  local strings = pack("WWWW", rodata_at + #before, #version, rodata_at + #before + #version + 20, #framed)
  local header = "\xff Go buildinf:" .. string.char(word, e.big and 1 or 0) .. pack("WW", data_at + 48, data_at + 48 + 2 * word)
  e.data = pad(header, 48) .. strings .. ("\0"):rep(e.tight and 0 or 200)
  e.note = true
  return executable.elf(e)
end

-- ---- Go's table of functions ---------------------------------------------------------------------------------------

--- go_table({ word =, big =, magic = last byte, count = of names where they stand in one text }, { name, … }) -> the
--- table, as far as it has names
function executable.go_table(e, names)
  local pack = packer(e)
  local word = e.word or 8
  local text = table.concat(names, "\0") .. "\0"
  local head = pack("I4", 0xffffff00 | e.magic) .. string.char(0, 0, 1, word)
  if e.magic == 0xfb then -- functions, of which these are the names, one word, the offset of the files
    local count = #names
    local start = 8 + word + count * 2 * word + word + 4
    local data = {}
    for i, name in ipairs(names) do data[i] = (e.big and "\0\0\x4fx" or "\1\2\0\0") .. name .. "\0" end
    data = table.concat(data)
    return head .. pack("W", count) .. pack("W", 0x401000):rep(2 * count + 1) .. pack("I4", start + #data) .. data .. "files.go\0"
  end
  local words, count = e.magic == 0xfa and 7 or 8, e.count or #names
  local header = 8 + words * word
  local offset = e.aligned and (header + 31) // 32 * 32 or header
  local before = e.magic == 0xfa and pack("WW", count, 1) or pack("WWW", count, 1, 0x401000)
  return head .. before .. pack("WWWWW", offset, offset + #text, offset + #text, offset + #text, offset + #text)
    .. ("\0"):rep(offset - header) .. text
    .. "after.name\0"
end

return executable
