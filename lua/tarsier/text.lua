-- Text from outside, made fit for a terminal or a document. Images are hostile: a package's name may contain anything
-- but NUL.

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

-- What would move the cursor, hide, reorder or impersonate: first, last. Unicode's controls, its characters of the
-- property Default_Ignorable_Code_Point, and those that reorder or break lines.
local unprintable = {
  { 0x80, 0x9F },       -- C1 controls
  { 0xAD, 0xAD },       -- soft hyphen
  { 0x34F, 0x34F },     -- combining grapheme joiner
  { 0x61C, 0x61C },     -- Arabic letter mark
  { 0x115F, 0x1160 },   -- Hangul fillers
  { 0x17B4, 0x17B5 },   -- Khmer inherent vowels
  { 0x180B, 0x180F },   -- Mongolian variation selectors and vowel separator
  { 0x200B, 0x200F },   -- zero width, left-to-right and right-to-left marks
  { 0x2028, 0x202E },   -- line and paragraph separators, bidirectional embeddings and overrides
  { 0x2060, 0x206F },   -- invisible operators, bidirectional isolates
  { 0x3164, 0x3164 },   -- Hangul filler
  { 0xFE00, 0xFE0F },   -- variation selectors
  { 0xFEFF, 0xFEFF },   -- byte order mark
  { 0xFFA0, 0xFFA0 },   -- halfwidth Hangul filler
  { 0xFFF0, 0xFFFB },   -- unassigned, interlinear annotation
  { 0x1BCA0, 0x1BCA3 }, -- shorthand format controls
  { 0x1D173, 0x1D17A }, -- musical symbols that begin and end beams
  { 0xE0000, 0xE0FFF }, -- tags and variation selectors
}

local function is_in(ranges, code)
  for _, range in ipairs(ranges) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

local function escape_character(character)
  local code = utf8.codepoint(character)
  if text.is_hidden(code) then return ("\\u{%x}"):format(code) end
end

--- is_hidden(code) -> does this character, above ASCII, control, hide, reorder or impersonate?
function text.is_hidden(code)
  return is_in(unprintable, code)
end

--- printable(s) -> one line that a terminal shows as it is: white space becomes a space, what controls or hides becomes
--- \x1b or \u{202e}. What is printable already stays as it is.
function text.printable(s)
  if utf8.len(s) == #s and not s:find "%c" then return s end -- plain ASCII, as most is
  s = text.utf8(s):gsub("[\t\n\v\f\r]+", " ")
  s = s:gsub("[\0-\31\127]", function(c) return ("\\x%02x"):format(c:byte()) end)
  if not s:find "[\128-\255]" then return s end
  return (s:gsub("[\194-\244][\128-\191]*", escape_character))
end

--- address(url) -> the URL without user and password
function text.address(url)
  return (url:gsub("^(%a[%w+.-]*://)[^/?#]*@", "%1"))
end

local no_columns = { { 0x300, 0x36F }, { 0x483, 0x489 }, { 0x591, 0x5BD }, { 0x610, 0x61A }, { 0x64B, 0x65F },
  { 0xE31, 0xE31 }, { 0xE34, 0xE3A }, { 0xE47, 0xE4E }, { 0x1AB0, 0x1AFF }, { 0x1DC0, 0x1DFF }, { 0x20D0, 0x20FF },
  { 0xFE20, 0xFE2F } }
local two_columns = { { 0x1100, 0x115F }, { 0x2E80, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
  { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1FAFF }, { 0x20000, 0x3FFFD } }

local function columns_of(code)
  if code < 0x300 then return 1 end
  if is_in(no_columns, code) then return 0 end
  return is_in(two_columns, code) and 2 or 1
end

-- Widths and cuts are those of the printable form, which is what will be shown.

--- columns(s) -> how many columns of a terminal s takes
function text.columns(s)
  if not s:find "[^ -~]" then return #s end
  local sum = 0
  for _, code in utf8.codes(text.printable(s)) do sum = sum + columns_of(code) end
  return sum
end

--- clip(s, columns) -> s, or its beginning and an ellipsis, in at most that many columns
function text.clip(s, columns)
  s = text.printable(s)
  if text.columns(s) <= columns then return s end
  local sum = 0
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
  local lines, line = {}, nil
  for word in text.printable(s):gmatch "%S+" do
    local longer = line and line .. " " .. word
    if longer and text.columns(longer) <= columns then
      line = longer
    else
      lines[#lines + 1] = line
      line = word
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
