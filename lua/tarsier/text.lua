-- Text from outside, made fit for a terminal or a document. Images are hostile: a package's name may contain anything
-- but NUL.

local core = require "tarsier.core"

local text = {}

--- utf8(s, [instead]) -> s with every byte that is not part of valid UTF-8 replaced by `instead`, or U+FFFD
function text.utf8(s, instead)
  local good, at = utf8.len(s)
  if good then return s end
  local parts, from = {}, 1
  while not good do
    parts[#parts + 1] = s:sub(from, at - 1)
    parts[#parts + 1] = instead or "\u{FFFD}"
    from = at + 1
    good, at = utf8.len(s, from)
  end
  parts[#parts + 1] = s:sub(from)
  return table.concat(parts)
end

--- escaper { ["<"] = "&lt;", … } -> escape(s): printable(s) with each of these characters of ASCII replaced
text.escaper = core.text.escaper

--- printable(s) -> one line that a terminal shows as it is: white space becomes a space, what controls or hides becomes
--- \x1b or \u{202e}. What is printable already stays as it is.
text.printable = text.escaper {}

--- address(url) -> the URL without user and password
function text.address(url)
  return (url:gsub("^(%a[%w+.-]*://)[^/?#]*@", "%1"))
end

-- { first character, last, how many columns each takes }, in order; the characters between take one
local widths = { { 0x300, 0x36F, 0 }, { 0x483, 0x489, 0 }, { 0x591, 0x5BD, 0 }, { 0x610, 0x61A, 0 },
  { 0x64B, 0x65F, 0 }, { 0xE31, 0xE31, 0 }, { 0xE34, 0xE3A, 0 }, { 0xE47, 0xE4E, 0 }, { 0x1100, 0x115F, 2 },
  { 0x1AB0, 0x1AFF, 0 }, { 0x1DC0, 0x1DFF, 0 }, { 0x20D0, 0x20FF, 0 }, { 0x2E80, 0xA4CF, 2 }, { 0xAC00, 0xD7A3, 2 },
  { 0xF900, 0xFAFF, 2 }, { 0xFE20, 0xFE2F, 0 }, { 0xFE30, 0xFE6F, 2 }, { 0xFF00, 0xFF60, 2 }, { 0xFFE0, 0xFFE6, 2 },
  { 0x1F300, 0x1FAFF, 2 }, { 0x20000, 0x3FFFD, 2 } }

local function columns_of(code)
  for _, range in ipairs(widths) do
    if code <= range[2] then return code < range[1] and 1 or range[3] end
  end
  return 1
end

-- Widths and cuts are those of the printable form, which is what will be shown.

--- columns(s) -> how many columns of a terminal s takes
function text.columns(s)
  if not s:find "[^ -~]" then return #s end
  s = text.printable(s)
  local sum = #s
  for character in s:gmatch "[\xC2-\xF4][\x80-\xBF]+" do
    sum = sum - #character + columns_of(utf8.codepoint(character))
  end
  return sum
end

--- clip(s, columns) -> s, or its beginning and an ellipsis, in at most that many columns
function text.clip(s, columns)
  s = text.printable(s)
  if text.columns(s) <= columns then return s end
  local sum, room = 0, math.max(columns - 1, 0)
  if #s:match "^[ -~]*" > room then return s:sub(1, room) .. "…" end -- each takes one
  for position, code in utf8.codes(s) do
    sum = sum + columns_of(code)
    if sum > columns - 1 then return s:sub(1, position - 1) .. "…" end
  end
  return s
end

--- pad(s, columns) -> s with spaces up to that many columns
function text.pad(s, columns)
  s = text.printable(s)
  return s .. (" "):rep(columns - text.columns(s))
end

--- wrap(s, columns) -> lines of at most that many columns; no word is cut
function text.wrap(s, columns)
  local lines, line, taken = {}, nil, 0
  for word in text.printable(s):gmatch "%S+" do
    local more = text.columns(word)
    if line and taken + 1 + more <= columns then
      line, taken = line .. " " .. word, taken + 1 + more
    else
      lines[#lines + 1] = line
      line, taken = word, more
    end
  end
  lines[#lines + 1] = line
  return lines
end

--- plural(n, word, [plural]) -> "1 layer", "2 layers"
function text.plural(n, word, plural)
  return ("%s %s"):format(text.thousands(n), n == 1 and word or plural or word .. "s")
end

--- thousands(n) -> "45,826"
function text.thousands(n)
  local digits, tail = ("%d"):format(n), ""
  while #digits > 3 do digits, tail = digits:sub(1, -4), "," .. digits:sub(-3) .. tail end
  return digits .. tail
end

--- size(bytes) -> "1.5 MiB"
function text.size(bytes)
  local unit = 1
  local units = { "B", "KiB", "MiB", "GiB", "TiB" }
  while bytes >= 1024 and unit < #units do bytes, unit = bytes / 1024, unit + 1 end
  return (unit == 1 and "%d %s" or "%.1f %s"):format(bytes, units[unit])
end

return text
