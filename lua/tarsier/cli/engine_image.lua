-- Images that are named, and come out of a container engine.

local docker = require "tarsier.docker"
local text = require "tarsier.text"

local engine_image = {}

local function is_reference(name)
  return name == "-" or name:find "^%.?%.?/" or name:find "^docker%-archive:" or name:find "^oci:"
    or name:find "^oci%-archive:" or name:find "^dir:"
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local function export(name, terminal)
  local engine, message = docker.open()
  if not engine then return nil, message end
  local file, path = engine:export(name, function(bytes)
    terminal:draw(("exporting %s: %s"):format(name, text.size(bytes)))
  end)
  terminal:wipe()
  if not file then return nil, path end
  return "docker-archive:" .. path, file
end

--- locate(name, terminal) -> reference, file to close once it is scanned, or nil | nil, message. What looks like a
--- path or a reference is one; any other name is the container engine's, and only if that has none of that name, a
--- file's.
function engine_image.locate(name, terminal)
  if is_reference(name) then return name end
  local reference, file = export(name, terminal)
  if reference then return reference, file end
  if exists(name) then return name end
  return nil, ("%s; nor is there a file of that name (`docker save %s >image.tar` makes one)"):format(file, name)
end

return engine_image
