-- Images that are named, and come out of a container engine, or else out of their registry.

local docker = require "tarsier.docker"
local text = require "tarsier.text"

local engine_image = {}

--- is_reference(name): does it say by itself where the image is? It has a scheme, or begins like a path.
function engine_image.is_reference(name)
  return name == "-" or name:find "^%.?%.?/" or name:find "^docker%-archive:" or name:find "^oci:"
    or name:find "^oci%-archive:" or name:find "^dir:" or name:find "^docker://"
end

--- exists(path): is a file or a folder there?
function engine_image.exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- -> reference, file | nil, message, is the name unknown here? An engine that has the image and cannot give it is a
-- failure: the registry's may be another one.
local function export(name, terminal)
  local engine, message = docker.open()
  if not engine then return nil, message, true end
  local file, path, _, status = engine:export(name, function(bytes)
    terminal:draw(("exporting %s: %s"):format(name, text.size(bytes)))
  end)
  terminal:wipe()
  if not file then return nil, path, status == 404 end
  return "docker-archive:" .. path, file
end

--- locate(name, terminal, is_remote) -> reference, file to close once it is scanned, or nil, why it is not the
--- container engine's | nil, message. What looks like a path or a reference is one; any other name is the container
--- engine's; only if that has none of that name, a file's; and then, where is_remote(name), an image's in a registry.
function engine_image.locate(name, terminal, is_remote)
  if engine_image.is_reference(name) then return name end
  local reference, file, is_unknown = export(name, terminal)
  if reference then return reference, file end
  if engine_image.exists(name) then return name end
  if is_unknown and is_remote(name) then return "docker://" .. name, nil, file end
  return nil, ("%s; nor is there a file of that name (`docker save %s >image.tar` makes one; in a registry it is "
    .. "docker://%s)"):format(file, name, name)
end

--- both(message, why) -> the message, with why the image was not the container engine's where there is such a why
function engine_image.both(message, why)
  return why and ("%s; and %s"):format(message, why) or message
end

return engine_image
