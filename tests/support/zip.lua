-- Writes zip files, as odd as a spec wants them.

local gzip = require "tarsier.probe".streams.gzip

local zip = {}

--- zip.crc32(text) -> its CRC-32, as a gzip of it ends with
function zip.crc32(text)
  return (("<I4"):unpack(gzip(text), -8))
end

--- zip.deflate(text) -> its raw deflate data
function zip.deflate(text)
  return gzip(text, 6):sub(11, -9)
end

--- zip.deflate_blocks(text) -> raw deflate data that are not compressed
function zip.deflate_blocks(text)
  local parts = {}
  for at = 1, math.max(#text, 1), 65535 do
    local block = text:sub(at, at + 65534)
    local last = at + 65535 > #text
    parts[#parts + 1] = string.pack("<BHH", last and 1 or 0, #block, ~#block & 0xffff) .. block
  end
  return table.concat(parts)
end

local function zip64_field(...)
  local numbers = { ... }
  return string.pack("<HH", 1, 8 * #numbers) .. string.pack("<" .. ("I8"):rep(#numbers), ...)
end

local function sizes(member)
  if member.zip64 then return 0xffffffff, 0xffffffff end
  return #member.data, #member.content
end

local function local_header(member)
  local packed, size = sizes(member)
  local extra = (member.extra or "") .. (member.zip64 and zip64_field(#member.content, #member.data) or "")
  local crc = member.crc
  if member.streamed then packed, size, crc = 0, 0, 0 end
  return string.pack("<I4HHHI4I4I4I4HH", 0x04034b50, 20, member.flags, member.method, 0, crc, member.local_packed or packed,
    size, #member.path, #extra) .. member.path .. extra
end

local function descriptor(member)
  if not member.streamed then return "" end
  local form = member.zip64 and "<I4I8I8" or "<I4I4I4"
  return (member.unsigned and "" or "PK\7\8") .. string.pack(form, member.crc, #member.data, #member.content)
end

local function central_header(member, offset)
  local packed, size = sizes(member)
  local extra = member.zip64 and zip64_field(#member.content, #member.data) or ""
  local path, comment = member.central_path or member.path, member.comment or ""
  return string.pack("<I4HHHHI4I4I4I4HHHHHI4I4", 0x02014b50, 20, 20, member.flags, member.method, 0, member.crc,
    packed, size, #path, #extra, #comment, 0, 0, 0, offset) .. path .. extra .. comment
end

local function complete(member)
  local deflated = member.deflate or member.blocks
  member.content = member.content or ""
  member.method = member.method or (deflated and 8 or 0)
  member.flags = (member.flags or 0) | (member.streamed and 8 or 0)
  member.data = member.data or (member.deflate and zip.deflate(member.content)) or
    (member.blocks and zip.deflate_blocks(member.content)) or member.content
  member.crc = member.crc or zip.crc32(member.content)
  return member
end

--- zip.write(members, options) -> bytes. A member: { path =, content =, deflate = bool, blocks = bool (deflate without
--- compression), streamed = bool, unsigned = bool (its descriptor), zip64 = bool, comment =, hidden = bool (not in the
--- central directory), gap = what stands before it, … }. Options: prefix, relative = bool (offsets do not count it),
--- comment, central = more of the central directory.
function zip.write(members, options)
  options = options or {}
  local prefix = options.prefix or ""
  local parts, central, at = { prefix }, {}, #prefix
  local function add(text)
    parts[#parts + 1] = text
    at = at + #text
  end
  for _, member in ipairs(members) do
    complete(member)
    add(member.gap or "")
    if not member.hidden then
      central[#central + 1] = central_header(member, options.relative and at - #prefix or at)
    end
    add(local_header(member))
    add(member.data)
    add(descriptor(member))
  end
  local directory = table.concat(central) .. (options.central or "")
  local start = options.relative and at - #prefix or at
  local comment = options.comment or ""
  if options.zip64 then
    directory = directory .. string.pack("<I4I8HHI4I4I8I8I8I8", 0x06064b50, 44, 45, 45, 0, 0, #central, #central,
      #directory, start) .. string.pack("<I4I4I8I4", 0x07064b50, 0, start + #directory, 1)
  end
  add(directory)
  add(string.pack("<I4HHHHI4I4H", 0x06054b50, 0, 0, #central, #central, #directory, start, #comment) .. comment)
  return table.concat(parts)
end

return zip
