-- Edits the list `accept` of a whitelist in place: lines that are not concerned stay as they are, comments too. The
-- result is read again, and refused unless it holds what was meant.

local json = require "tarsier.json"
local whitelist = require "tarsier.whitelist"

local edit = {}

local order = { "id", "reason", "until", "owner", "package", "version", "images", "path", "layer" }

-- ---- text ---------------------------------------------------------------------------------------------------------

local function lines_of(text)
  local lines = {}
  if text == "" then return lines end
  for line in (text:gsub("\r\n", "\n") .. (text:find "\n$" and "" or "\n")):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

local words = { ["true"] = true, ["false"] = true, null = true, yes = true, no = true, on = true, off = true }

-- Plain where YAML and a person read the same, else quoted as in JSON, which YAML reads too.
local function scalar(value)
  if value:find "^%a[%w%._/() -]*[%w)]$" and not words[value:lower()] then return value end
  return value:find "^%d%d%d%d%-%d%d%-%d%d$" and value or json.string(value)
end

local function entry_lines(entry, indent)
  local lines = {}
  for _, key in ipairs(order) do
    local value = entry[key]
    if type(value) == "table" then
      local list = {}
      for i, item in ipairs(value) do list[i] = json.string(item) end
      value = "[" .. table.concat(list, ", ") .. "]"
    elseif value then
      value = scalar(value)
    end
    if value then lines[#lines + 1] = ("%s%s%s: %s"):format(indent, #lines == 0 and "- " or "  ", key, value) end
  end
  return lines
end

-- ---- the block ----------------------------------------------------------------------------------------------------

local function is_blank(line) return line:find "^%s*$" ~= nil end
local function is_comment(line) return line:find "^%s*#" ~= nil end

-- -> where the list stands: { key = the line of `accept:`, last = its last line, indent, items = { first lines } } |
-- nil if there is none | nil, message
local function find_block(lines)
  local key
  for i, line in ipairs(lines) do
    if line:find "^accept%s*:" then
      if not line:find "^accept%s*:%s*$" and not line:find "^accept%s*:%s+#" then
        return nil, ("line %d: the list begins beside `accept:`: write each entry on lines of its own"):format(i)
      end
      key = i
    end
  end
  if not key then return nil end
  local block = { key = key, last = key, items = {}, indent = "  " }
  for i = key + 1, #lines do
    local line = lines[i]
    local dash = line:match "^(%s*)%-%s"
    if is_comment(line) and line:find "^%s" and block.items[1] then
      block.last = i -- a comment under the last entry
    elseif not is_blank(line) and not is_comment(line) then
      if line:find "^%S" and not dash then break end
      if dash and (not block.items[1] or dash == block.indent) then
        block.indent = dash
        table.insert(block.items, i)
      end
      block.last = i
    end
  end
  return block
end

-- -> the text | nil, message: whether the new text reads as `count` entries
local function checked(lines, file, count)
  local text = table.concat(lines, "\n") .. "\n"
  local entries, message = whitelist.parse(text, file)
  if not entries then return nil, "the edited list would not be valid: " .. message end
  if #entries ~= count then return nil, file .. ": is written in a way that cannot be edited in place" end
  return text
end

-- -> entries, lines, block or nil | nil, message
local function opened(text, file)
  local entries, wrong = whitelist.parse(text, file)
  if not entries then return nil, wrong end
  local lines = lines_of(text)
  local block, message = find_block(lines)
  if message then return nil, ("%s: %s"):format(file, message) end
  return entries, lines, block
end

--- add(text, entry, file) -> the text with the entry at the end of `accept` | nil, message
function edit.add(text, entry, file)
  local before, lines, block = opened(text, file)
  if not before then return nil, lines end
  if not block then
    if #lines > 0 and not is_blank(lines[#lines]) then lines[#lines + 1] = "" end
    lines[#lines + 1] = "accept:"
    block = { last = #lines, indent = "  " }
  end
  for i, line in ipairs(entry_lines(entry, block.indent)) do table.insert(lines, block.last + i, line) end
  return checked(lines, file, #before + 1)
end

-- The comment lines right above an entry belong to it, unless they are indented as what the entry before holds.
local function begin_of(lines, first, floor, indent)
  local from = first
  while from - 1 > floor and is_comment(lines[from - 1]) and #lines[from - 1]:match "^%s*" <= #indent do
    from = from - 1
  end
  return from
end

-- The first line of what follows the item in the block.
local function end_of(lines, block, number)
  local following = block.items[number + 1]
  if not following then return block.last end
  return begin_of(lines, following, block.items[number], block.indent) - 1
end

--- remove(text, is_unwanted, file) -> the text without the entries of `accept` for which is_unwanted(entry) holds, the
--- removed entries | nil, message
function edit.remove(text, is_unwanted, file)
  local entries, lines, block = opened(text, file)
  if not entries then return nil, lines end
  local removed, by_line = {}, {}
  for _, entry in ipairs(entries) do by_line[entry.line] = entry end
  for number = block and #block.items or 0, 1, -1 do
    local first = block.items[number]
    local entry = by_line[first]
    if entry and is_unwanted(entry) then
      table.insert(removed, 1, entry)
      local floor = number > 1 and block.items[number - 1] or block.key
      local from, to = begin_of(lines, first, floor, block.indent), end_of(lines, block, number)
      table.move(lines, to + 1, #lines + (to - from + 1), from)
    end
  end
  local made, why = checked(lines, file, #entries - #removed)
  if not made then return nil, why end
  return made, removed
end

return edit
