-- Data for policies out of files: JSON by the name's ending, else YAML.

local later = require "tarsier.later"
local yaml = later "tarsier.yaml"

local data_file = {}

local MAX_BYTES = 8 << 20 -- of JSON, as the engine takes options; YAML has bounds of its own

--- text(file, what, limit) -> the bytes of a file | nil, message, code
function data_file.text(file, what, limit)
  local handle, message = io.open(file, "rb")
  if not handle then return nil, what .. " " .. message, "IO" end
  local text
  text, message = handle:read(limit + 1)
  handle:close()
  if not text and message then return nil, ("%s %s: %s"):format(what, file, message), "IO" end
  if text and #text > limit then
    return nil, ("%s %s: larger than %d KiB"):format(what, file, limit >> 10), "POLICY"
  end
  return text or ""
end

local function without_null(value, null)
  if value == null then return nil end
  if type(value) == "table" then
    for key, item in pairs(value) do value[key] = without_null(item, null) end
  end
  return value
end

local function read_json(file, text)
  local cjson = require "cjson.safe"
  local value, message = cjson.decode(text)
  if message then return nil, ("%s: not JSON: %s"):format(file, message), "POLICY" end
  value = without_null(value, cjson.null)
  if value == nil then return nil, file .. ": holds no value", "POLICY" end
  return value
end

--- read(file) -> its value: text, a number, a boolean or a table | nil, message, code
function data_file.read(file)
  local text, message, code = data_file.text(file, "file", MAX_BYTES)
  if not text then return nil, message, code end
  if file:lower():match "%.json$" then return read_json(file, text) end
  local value, problem = yaml.catch(file, function()
    local node = yaml.parse(text)
    return node and yaml.value(node)
  end)
  if problem then return nil, problem, "POLICY" end
  if value == nil then return nil, file .. ": holds no value", "POLICY" end
  return value
end

return data_file
