-- Finds the IMAGE that a command was given: in a file, a container engine or a registry.

local core = require "tarsier.core"
local gitlab = require "tarsier.cli.gitlab"
local place = require "tarsier.place"

local locate = {}

-- ---- what a name looks like ---------------------------------------------------------------------------------------

-- Returns true if the name itself tells where the image is: it has one of the engine's schemes, or begins like a path.
local function has_scheme(name)
  if name:find "^%.?%.?/" or name == "-" or name:find "^%-[:@]" then return true end
  local scheme, rest = name:match "^([^:]*):(.*)$"
  for _, source in ipairs(core.sources()) do
    if source.name == scheme then return scheme ~= "docker" or rest:find "^//" ~= nil end
  end
  return false
end

-- Returns true for a folder that is not an image. "app:1" may stand beside the folder `app` that it was built from.
local function is_plain_folder(path)
  return place.is_folder(path) and not place.exists(path .. "/oci-layout")
end

-- The engine's rule: the longest prefix that exists as a file and ends at the end, at a colon or at an @.
local function is_there(name)
  if place.exists(name) then return true end
  for length = #name - 1, 1, -1 do
    if name:find("^[:@]", length + 1) and place.exists(name:sub(1, length)) then
      return not is_plain_folder(name:sub(1, length))
    end
  end
  return false
end

-- Returns true if the name is not a path but is looked up in a container engine or a registry.
local function is_elsewhere(name)
  if has_scheme(name) then return name:find "^docker" ~= nil and not name:find "^docker%-archive:" end
  return not is_there(name)
end

-- ---- where it is --------------------------------------------------------------------------------------------------

local Place = {}
Place.__index = Place

-- Also closes the unnamed file of a job's certificates.
function Place:__close()
  if self.authorities then self.authorities:close() end
end

local function as_it_stands(name)
  return setmetatable({ reference = name }, Place)
end

-- Looks a name up in the container engine -> place | nil, message, code: UNSUPPORTED (there is no engine), NOT_FOUND
-- (it has no image of that name), IO and USAGE (it cannot be asked), or another code if the image may exist.
local function in_engine(name, ca_file)
  local reference, message, code = core.engine_image(name, ca_file)
  if reference then return as_it_stands("docker-daemon:" .. name) end
  return nil, message, code
end

local function by_name(name, ca_file)
  local found, message, code = in_engine(name, ca_file)
  if found then return found end
  if code ~= "UNSUPPORTED" and code ~= "NOT_FOUND" and code ~= "IO" and code ~= "USAGE" then
    return nil, ("%s: %s"):format(name, message), "IO"
  end
  if core.image_name(name).host then
    return setmetatable({ reference = "docker://" .. name, why = code ~= "UNSUPPORTED" and message or nil }, Place)
  end
  local saved = code == "NOT_FOUND" and "" or (" (`docker save %s >image.tar` makes a file)"):format(name)
  return nil, ("%s: no such file or directory, and %s%s; in a registry it is docker://%s"):format(name, message, saved,
    name), "NOT_FOUND"
end

--- find(name, [ca_file]) -> place, to be closed once it is scanned | nil, message, code.
---
---   docker-daemon:NAME       always the container engine's
---   SCHEME:…, a path         the place that it names
---   any other image's name   the container engine's; if that has none of that name and the name begins with a host,
---                            the registry's. A name without a host is never looked up at Docker Hub: `app:1` that was
---                            not built must not become another person's app:1.
---
--- A place has .reference, for the engine to scan, and .why if it was looked for in the container engine first.
--- ca_file: certificates that are trusted for the engine, in addition to the system's or those in $DOCKER_CERT_PATH.
function locate.find(name, ca_file)
  if name == "" then return nil, "the image reference is empty", "USAGE" end
  if has_scheme(name) or is_there(name) or not core.image_name(name) then return as_it_stands(name) end
  return by_name(name, ca_file)
end

--- open(name, config, terminal, [tell], [is_pipelines]) -> place | nil, message, code: finds the image and prepares the
--- config for the scan, from a GitLab job's variables about certificates and its registry. Calls tell(message) with the
--- place if it is not the container engine. is_pipelines: the job's variables named the image.
function locate.open(name, config, terminal, tell, is_pipelines)
  local trusted, authorities = true, nil
  if config.clair or is_elsewhere(name) then trusted, authorities = gitlab.authorities(config) end
  if not trusted then return nil, authorities, "IO" end
  local found, message, code = locate.find(name, config.ca_file)
  if not found then
    if authorities then authorities:close() end
    return nil, message, code
  end
  found.authorities = authorities
  if found.why then
    tell = tell or function(what) terminal:say("tarsier: " .. what) end
    tell(("%s: reading %s"):format(found.why, found.reference))
  end
  gitlab.registry(config, found.reference, is_pipelines, terminal) -- already has the authorities
  return found
end

--- place:is_engines() -> true if it is in the container engine
function Place:is_engines()
  return self.reference:find("docker-daemon:", 1, true) == 1
end

--- place:message(message) -> a failure's message, with the reason why the image is not in the container engine
function Place:message(message)
  return self.why and ("%s; and %s"):format(message, self.why) or message
end

--- place:scan(config, terminal) -> the engine's report | nil, message, code. config: the engine's. Ends the progress.
function Place:scan(config, terminal)
  local engine, message, code = require "tarsier".open(config)
  if not engine then return nil, message, code end
  local report
  report, message, code = engine:scan(self.reference)
  engine:close()
  terminal:wipe()
  if not report then return nil, self:message(message), code end
  return report
end

return locate
