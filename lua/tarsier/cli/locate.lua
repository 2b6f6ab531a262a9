-- Where the IMAGE is that a command was given: a file, a container engine's, or a registry's.

local core = require "tarsier.core"
local docker = require "tarsier.docker"
local gitlab = require "tarsier.cli.gitlab"
local place = require "tarsier.place"
local text = require "tarsier.text"

local locate = {}

local DAEMON = "docker-daemon:"

-- ---- what a name looks like ---------------------------------------------------------------------------------------

-- Does it say by itself where the image is? It has one of the engine's schemes, or begins like a path.
local function has_scheme(name)
  if name:find "^%.?%.?/" or name == "-" or name:find "^%-[:@]" then return true end
  local scheme, rest = name:match "^([^:]*):(.*)$"
  for _, source in ipairs(core.sources()) do
    if source.name == scheme then return scheme ~= "docker" or rest:find "^//" ~= nil end
  end
  return false
end

-- A folder that holds no image by name: "app:1" beside the folder app it was built from is not in that folder.
local function is_plain_folder(path)
  return place.is_folder(path) and not place.exists(path .. "/oci-layout")
end

-- The engine's rule: the longest beginning that is there and ends at the end, at a colon or at an @.
local function is_there(name)
  if place.exists(name) then return true end
  for length = #name - 1, 1, -1 do
    if name:find("^[:@]", length + 1) and place.exists(name:sub(1, length)) then
      return not is_plain_folder(name:sub(1, length))
    end
  end
  return false
end

-- ---- where it is --------------------------------------------------------------------------------------------------

local Place = {}
Place.__index = Place

-- Goes with the nameless files behind it: a container engine's image, the certificates of a job.
function Place:__close()
  if self.file then self.file:close() end
  if self.authorities then self.authorities:close() end
end

local function as_it_stands(name)
  return setmetatable({ reference = name }, Place)
end

-- -> place | nil, message, kind: "absent" (there is no engine), "silent" (it does not answer), "unknown" (it has none
-- of that name) or "failed" (it has the image and cannot give it; the registry's may be another one).
local function export(name, terminal)
  local engine, message, _, is_absent = docker.open()
  if not engine then return nil, message, is_absent and "absent" or "silent" end
  local file, path, called, status = engine:export(name, function(bytes)
    terminal:draw(("exporting %s: %s"):format(name, text.size(bytes)))
  end)
  terminal:wipe()
  if not file then return nil, path, status == 404 and "unknown" or "failed" end
  return setmetatable({ reference = "docker-archive:" .. path, path = path, from = DAEMON .. called, name = called,
    file = file }, Place)
end

local function of_engine(name, terminal)
  if name == "" then return nil, DAEMON .. ": an image's name must follow", "USAGE" end
  if not core.image_name(name) then
    return nil, ("%s%s: this cannot be an image's name"):format(DAEMON, name), "USAGE"
  end
  local found, message = export(name, terminal)
  if found then return found end
  return nil, ("%s%s: %s"):format(DAEMON, name, message), "IO"
end

local function by_name(name, terminal)
  local found, message, kind = export(name, terminal)
  if found then return found end
  if kind == "failed" then return nil, ("%s: %s"):format(name, message), "IO" end
  if core.image_name(name).host then
    return setmetatable({ reference = "docker://" .. name, why = kind ~= "absent" and message or nil }, Place)
  end
  local saved = kind == "unknown" and "" or (" (`docker save %s >image.tar` makes a file)"):format(name)
  return nil, ("%s: no such file or directory, and %s%s; in a registry it is docker://%s"):format(name, message, saved,
    name), "NOT_FOUND"
end

--- find(name, terminal) -> place, to be closed once it is scanned | nil, message, code.
---
---   docker-daemon:NAME       the container engine's, whatever else is there
---   SCHEME:…, a path         what it says
---   any other image's name   the container engine's; where that has none of that name and the name begins with a host,
---                            the registry's. A name without a host is never taken for Docker Hub's: `app:1` that was
---                            not built is not somebody's app:1.
---
--- A place has .reference, for the engine to scan; .why, where it was looked for in the container engine first; and,
--- where it is the container engine's, .from, the reference to report, and .name.
function locate.find(name, terminal)
  if name == "" then return nil, "the image reference is empty", "USAGE" end
  if name:find(DAEMON, 1, true) == 1 then return of_engine(name:sub(#DAEMON + 1), terminal) end
  if has_scheme(name) or is_there(name) or not core.image_name(name) then return as_it_stands(name) end
  return by_name(name, terminal)
end

--- open(name, config, terminal, [tell], [is_pipelines]) -> place | nil, message, code: found, and ready to be scanned.
--- What a GitLab job's variables say of its registry goes into the engine's config; tell(message) hears where the image
--- is read in place of the container engine. is_pipelines: the job's variables named it.
function locate.open(name, config, terminal, tell, is_pipelines)
  local found, message, code = locate.find(name, terminal)
  if not found then return nil, message, code end
  if found.why then
    tell = tell or function(what) terminal:say("tarsier: " .. what) end
    tell(("%s: reading %s"):format(found.why, found.reference))
  end
  local ready, authorities = gitlab.registry(config, found.reference, is_pipelines, terminal)
  if not ready then return nil, authorities, "IO" end
  found.authorities = authorities
  return found
end

--- place:settle(result): a result says where the image was, and not in which file it came
function Place:settle(result)
  if not self.from then return end
  for _, problem in ipairs(result.problems) do
    if problem.subject == self.reference then problem.subject = self.from end
  end
  result.image.reference, result.image.name = self.from, self.name
end

local function replace(s, what, by)
  local parts, at = {}, 1
  while true do
    local first, last = s:find(what, at, true)
    parts[#parts + 1] = s:sub(at, first and first - 1)
    if not first then return table.concat(parts) end
    parts[#parts + 1] = by
    at = last + 1
  end
end

--- place:message(message) -> likewise a failure's; with why the image is not the container engine's
function Place:message(message)
  if self.from then message = replace(replace(message, self.reference, self.from), self.path, self.from) end
  return self.why and ("%s; and %s"):format(message, self.why) or message
end

return locate
