-- JSON for documents: objects in a given order, `[]` for an empty list, short numbers, valid UTF-8. lua-cjson escapes
-- and decodes; this module corrects where it differs (`\/`, 14 digits, `{}` for an empty list, 5.0 for 5).

local cjson = require "cjson"
local text = require "tarsier.text"

local json = { null = cjson.null }

local Array, Object, List = {}, {}, {}

--- array(t) -> t, marked: it is written as a list even if it is empty
function json.array(t)
  return setmetatable(t, Array)
end

--- list(source, convert) -> a list of what convert(item) makes of each, made only when it is written: of a hundred
--- thousand findings one exists at a time
function json.list(source, convert)
  return setmetatable({ source = source, convert = convert }, List)
end

--- object { { key, value }, … } -> an object whose keys are written in this order; a pair without a value is left out
function json.object(pairs_in_order)
  return setmetatable(pairs_in_order, Object)
end

local lists = {} -- of the keys that are picked: "a b c" -> { "a", "b", "c" }

local function keys_of(keys)
  local list = lists[keys]
  if not list then
    list = {}
    for key in keys:gmatch "%S+" do list[#list + 1] = key end
    lists[keys] = list
  end
  return list
end

--- pick(t, "a b c") -> the object with these keys of t, in this order
function json.pick(t, keys)
  local list, picked = keys_of(keys), {}
  for i = 1, #list do picked[i] = { list[i], t[list[i]] } end
  return json.object(picked)
end

-- "\u202e", or "\udb40\udc41" above the basic plane
local function escape_hidden(character)
  local code = utf8.codepoint(character)
  if not text.is_hidden(code) then return end
  if code < 0x10000 then return ("\\u%04x"):format(code) end
  return ("\\u%04x\\u%04x"):format(0xD7C0 + (code >> 10), 0xDC00 | code & 0x3FF)
end

--- string(s) -> the JSON string. What would control a terminal is escaped: people read JSON in the log of a job.
function json.string(s)
  local length = utf8.len(s)
  if not length then s = text.utf8(s) end
  local written = cjson.encode(s)
  if s:find("/", 1, true) then written = written:gsub("\\/", "/") end
  if length == #s then return written end -- ASCII hides nothing
  return (written:gsub("[\194-\244][\128-\191]*", escape_hidden))
end

local function number(n)
  if math.type(n) == "integer" then return ("%d"):format(n) end
  if n ~= n or n == math.huge or n == -math.huge then error("JSON has no number for " .. tostring(n), 0) end
  for digits = 14, 17 do
    local written = ("%." .. digits .. "g"):format(n)
    if tonumber(written) == n then return written end
  end
end

-- The pairs of a table that is not marked, by key.
local function pairs_of(t)
  local sorted = {}
  for key, value in pairs(t) do
    if type(key) ~= "string" then error("JSON objects have string keys, not " .. tostring(key), 0) end
    sorted[#sorted + 1] = { key, value }
  end
  table.sort(sorted, function(a, b) return a[1] < b[1] end)
  return sorted
end

-- How many items, and a function that gives the i-th.
local function items_of(t)
  if getmetatable(t) ~= List then return #t, function(i) return t[i] end end
  return #t.source, function(i) return t.convert(t.source[i]) end
end

-- ---- writing: a state holds the pieces that are not passed on yet --------------------------------------------------

-- Few, middling pieces: a report may be many megabytes.
local FULL = 1000

local function flush(state)
  state.out(table.concat(state.pieces, "", 1, state.length))
  state.length = 0
end

local function put(state, piece)
  local length = state.length + 1
  state.pieces[length], state.length = piece, length
  if length == FULL then flush(state) end
end

-- What stands before the items of one level: its line break and indent ("" for documents of one line), and before each
-- key that was met there, as the first one of an object and as a later one. A document has few keys, many times.
local function level_of(state, indent)
  local level = state.levels[indent]
  if not level then
    local inner = state.indent and indent .. state.indent or ""
    level = { inner = inner, comma = "," .. inner, open = "[" .. inner, first = {}, later = {} }
    state.levels[indent] = level
  end
  return level
end

local function before_key(state, level, key, is_first)
  local known = is_first and level.first or level.later
  local before = known[key]
  if not before then
    before = (is_first and "{" or ",") .. level.inner .. state.string(key) .. (state.indent and ": " or ":")
    known[key] = before
  end
  return before
end

local write_value

local function write_list(t, state, indent)
  local count, item = items_of(t)
  if count == 0 then return put(state, "[]") end
  local level = level_of(state, indent)
  for i = 1, count do
    put(state, i == 1 and level.open or level.comma)
    write_value(item(i), state, level.inner)
  end
  if state.indent then put(state, indent) end
  put(state, "]")
end

-- list: the object's pairs, in their order
local function write_object(list, state, indent)
  local level, is_first = level_of(state, indent), true
  for i = 1, #list do
    local pair = list[i]
    local value = pair[2]
    if value ~= nil then
      put(state, before_key(state, level, pair[1], is_first))
      is_first = false
      write_value(value, state, level.inner)
    end
  end
  if is_first then return put(state, "{}") end
  if state.indent then put(state, indent) end
  put(state, "}")
end

function write_value(value, state, indent)
  local kind = type(value)
  if kind == "string" then put(state, state.string(value))
  elseif kind == "table" then
    local mark = getmetatable(value)
    if mark == Object then write_object(value, state, indent)
    elseif mark or value[1] ~= nil then write_list(value, state, indent)
    else write_object(pairs_of(value), state, indent) end
  elseif kind == "number" then put(state, number(value))
  elseif kind == "boolean" then put(state, value and "true" or "false")
  elseif value == json.null then put(state, "null")
  else error("JSON has no " .. kind, 0) end
end

--- write(value, out, { indent = "  ", string = function }): out(piece) is called with pieces of the document. Without
--- an indent it is one line. `string` writes strings some other program's way. No newline at the end.
function json.write(value, out, options)
  local indent = options and options.indent
  local state = { out = out, pieces = {}, length = 0, levels = {}, indent = indent,
    string = options and options.string or json.string }
  write_value(value, state, indent and "\n" or "")
  if state.length > 0 then flush(state) end
end

--- encode(value, [options]) -> string
function json.encode(value, options)
  local pieces = {}
  json.write(value, function(piece) pieces[#pieces + 1] = piece end, options)
  return table.concat(pieces)
end

local function whole_numbers(value)
  if type(value) == "number" then return math.tointeger(value) or value end
  if type(value) == "table" then
    for key, inner in pairs(value) do value[key] = whole_numbers(inner) end
  end
  return value
end

--- decode(s) -> value | nil, message; null is json.null, whole numbers are integers
function json.decode(s)
  local ok, value = pcall(cjson.decode, s)
  if not ok then return nil, value end
  return whole_numbers(value)
end

return json
