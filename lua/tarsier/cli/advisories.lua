-- --advisories: records of a team's own, in OSV's form, as JSON or YAML.

local later = require "tarsier.later"
local cjson = require "cjson"
local core = require "tarsier.core"
local yaml = later "tarsier.yaml"

local advisories = {}

advisories.option = { long = "advisories", value = "FILE", many = true,
  help = "OSV records of your own, JSON or YAML, matched beside the database; may be repeated" }

-- Scalars stay text, because a version such as 1.10 is not a number.
local function plain(node)
  if yaml.is_null(node) then return nil end
  if node.kind == "scalar" then return node.text end
  local value = {}
  if node.kind == "list" then
    for i, item in ipairs(node) do value[i] = plain(item) end
    return setmetatable(value, cjson.array_mt)
  end
  for _, pair in ipairs(node) do value[yaml.check_text(pair.key, "a key")] = plain(pair.value) end
  return value
end

local function read(name)
  local file <close>, message = io.open(name, "rb")
  if not file then return nil, message end
  local bytes
  bytes, message = file:read(yaml.MAX_BYTES + 1)
  if message then return nil, ("%s: %s"):format(name, message) end
  if not bytes or #bytes > yaml.MAX_BYTES then
    return nil, ("%s: %s"):format(name, bytes and "a YAML file of more than 1 MiB" or "the file is empty")
  end
  return bytes
end

-- A file of YAML as one of JSON -> its path, the file that keeps it | nil, message
local function converted(name)
  local bytes, message = read(name)
  if not bytes then return nil, message end
  local record, wrong = yaml.catch(name, function()
    local node = yaml.parse(bytes)
    return node and plain(node)
  end)
  if not record then return nil, wrong or name .. ": the file is empty" end
  local file, path = core.host.temporary()
  if not file then return nil, path end
  file:write(cjson.encode(record))
  file:flush()
  return path, file
end

--- paths(names) -> paths that the engine reads, files to keep open meanwhile | nil, message
function advisories.paths(names)
  local paths, kept = {}, {}
  for i, name in ipairs(names or {}) do
    if name:find "%.ya?ml$" then
      local path, file = converted(name)
      if not path then return nil, file end
      paths[i], kept[#kept + 1] = path, file
    else
      paths[i] = name
    end
  end
  return paths, kept
end

return advisories
