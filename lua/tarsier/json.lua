-- JSON for documents: objects in a given order, `[]` for an empty list, short numbers, valid UTF-8. The engine writes
-- them (engine/bind/json.c), lua-cjson reads them.

local cjson = require "cjson"
local native = require "tarsier.core".json

local json = { null = cjson.null }

--- array(t) -> t, marked: it is written as a list even if it is empty
json.array = native.array

--- list(source, [convert]) -> a list of what convert(item) makes of each, made only when it is written: of a hundred
--- thousand findings one exists at a time. Instead of a function `convert` may be a shape, as pick takes it: then none
--- is made. Without `convert` the items are written as they are.
json.list = native.list

--- object(key, value, key, value, …) -> an object whose keys are written in this order; a key whose value is nil is
--- left out
json.object = native.object

--- pick(t, shape) -> the object with these keys of t, in this order. A shape is words with white space between them:
---   key         the value as it is; left out if it is nil
---   key{shape}  of a table an object of this shape
---   key[]       a list of values as they are; nil is written as a list of none
---   key[shape]  a list of objects of this shape
---   key?        left out if it is false as well; so are key{…}? and key[…]? if there is no table
---   key=word    the word if it is nil
json.pick = native.pick

--- write(value, out, { indent = "  ", string = function }): out(piece) is called with pieces of the document. Without
--- an indent it is one line. What would control a terminal is escaped in strings, because people read JSON in the log
--- of a job; `string` writes strings some other program's way. No newline at the end.
function json.write(value, out, options)
  native.write(value, out, options and options.indent, options and options.string)
end

--- encode(value, [options]) -> string
function json.encode(value, options)
  local pieces = {}
  json.write(value, function(piece) pieces[#pieces + 1] = piece end, options)
  return table.concat(pieces)
end

--- string(s) -> the JSON string, with its quotes
function json.string(s)
  return json.encode(tostring(s))
end

local tointeger = math.tointeger

-- Makes whole numbers within the table integers.
local function whole_numbers(t)
  for key, value in next, t do
    local kind = type(value)
    if kind == "number" then
      t[key] = tointeger(value) or value
    elseif kind == "table" then
      whole_numbers(value)
    end
  end
end

--- decode(s) -> value | nil, message; null is json.null, whole numbers are integers
function json.decode(s)
  local ok, value = pcall(cjson.decode, s)
  if not ok then return nil, value end
  local root = { value }
  whole_numbers(root)
  return root[1]
end

return json
