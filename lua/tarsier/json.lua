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

--- pick(t, "a b c") -> the object with these keys of t, in this order
function json.pick(t, keys)
  local picked = {}
  for key in keys:gmatch "%S+" do picked[#picked + 1] = { key, t[key] } end
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
  local written = cjson.encode(text.utf8(s)):gsub("\\/", "/")
  if not written:find "[\128-\255]" then return written end
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

-- The pairs of any table that stands for an object: in the stated order, else by key.
local function pairs_of(t)
  if getmetatable(t) == Object then return t end
  local sorted = {}
  for key, value in pairs(t) do
    if type(key) ~= "string" then error("JSON objects have string keys, not " .. tostring(key), 0) end
    sorted[#sorted + 1] = { key, value }
  end
  table.sort(sorted, function(a, b) return a[1] < b[1] end)
  return sorted
end

local function is_list(t)
  local mark = getmetatable(t)
  return mark == Array or mark == List or mark ~= Object and t[1] ~= nil
end

-- How many items, and a function that gives the i-th.
local function items_of(t)
  if getmetatable(t) ~= List then return #t, function(i) return t[i] end end
  return #t.source, function(i) return t.convert(t.source[i]) end
end

local write_value

local function write_list(t, state, indent)
  local count, item = items_of(t)
  if count == 0 then return state.out "[]" end
  local inner = indent and indent .. state.indent
  state.out "["
  for i = 1, count do
    if i > 1 then state.out "," end
    if inner then state.out(inner) end
    write_value(item(i), state, inner)
  end
  if indent then state.out(indent) end
  state.out "]"
end

local function write_object(t, state, indent)
  local inner, first = indent and indent .. state.indent, true
  state.out "{"
  for _, pair in ipairs(pairs_of(t)) do
    if pair[2] ~= nil then
      if not first then state.out "," end
      first = false
      if inner then state.out(inner) end
      state.out(state.string(pair[1]) .. (indent and ": " or ":"))
      write_value(pair[2], state, inner)
    end
  end
  if indent and not first then state.out(indent) end
  state.out "}"
end

function write_value(value, state, indent)
  local kind = type(value)
  if value == json.null then state.out "null"
  elseif kind == "string" then state.out(state.string(value))
  elseif kind == "number" then state.out(number(value))
  elseif kind == "boolean" then state.out(tostring(value))
  elseif kind ~= "table" then error("JSON has no " .. kind, 0)
  elseif is_list(value) then write_list(value, state, indent)
  else write_object(value, state, indent) end
end

--- write(value, out, { indent = "  ", string = function }): out(piece) is called with pieces of the document. Without
--- an indent it is one line. `string` writes strings some other program's way. No newline at the end.
function json.write(value, out, options)
  options = options or {}
  local pieces, length = {}, 0
  local state = { indent = options.indent, string = options.string or json.string }
  local function flush()
    out(table.concat(pieces))
    pieces, length = {}, 0
  end
  function state.out(piece)
    length = length + 1
    pieces[length] = piece
    if length == 1000 then flush() end -- few, middling pieces: a report may be many megabytes
  end
  write_value(value, state, options.indent and "\n")
  flush()
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
