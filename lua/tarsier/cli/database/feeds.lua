-- --feed: records in a form that a Lua file reads. What it gives becomes a file of OSV records for the import.

local core = require "tarsier.core"
local image = require "tarsier.cli.image"

local feeds = {}

feeds.option = { long = "feed", value = "FILE", many = true,
  help = "a Lua file or module that turns a file of another form into OSV records; may be repeated" }

-- The first feed that recognises the file -> its records' path, the file that keeps it | false | nil, message
local function converted(scripts, path)
  local status = core.host.stat(path)
  if not status or status.type ~= "file" then return false end
  for _, script in ipairs(scripts) do
    local file, place = core.host.temporary()
    if not file then return nil, place end
    local records, message = core.convert_feed(script, path, file)
    if records and not file:flush() then records, message = nil, place .. ": the records could not be written" end
    if records then return place, file end
    file:close()
    if message then return nil, message end
  end
  return false
end

--- paths(names, inputs) -> paths for the import, { [path] = the input that it stands for }, files to keep open
--- meanwhile | nil, message. names = what --feed says
function feeds.paths(names, inputs)
  local paths, origins, kept = {}, {}, {}
  local scripts, message = image.scripts("--feed", names)
  if not scripts then return nil, message end
  for i, input in ipairs(inputs) do
    local path, file = converted(scripts, input)
    if path == nil then return nil, file end
    paths[i] = path or input
    if path then origins[path], kept[#kept + 1] = input, file end
  end
  return paths, origins, kept
end

--- named(message, origins) -> the message with the inputs' names
function feeds.named(message, origins)
  for path, input in pairs(origins) do
    local from, to = message:find(path, 1, true)
    if from then message = message:sub(1, from - 1) .. input .. message:sub(to + 1) end
  end
  return message
end

return feeds
