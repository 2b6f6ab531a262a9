-- Where things are: the files that came with tarsier, the folders of the XDG base directory specification, and
-- variables of the environment.

local core = require "tarsier.core"

local place = {}

--- exists(path): is anything there, even if it cannot be read?
function place.exists(path)
  if path == "" then return false end
  local status, _, code = core.host.stat(path)
  return status ~= nil or code ~= "NOT_FOUND"
end

--- is_folder(path) -> is a folder there?
function place.is_folder(path)
  local status = core.host.stat(path)
  return status ~= nil and status.type == "folder"
end

local exists = place.exists

--- variable(name) -> an environment variable's value | nil if it is not set or empty
function place.variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- The folder of this module: lua/tarsier in the source tree, share/lua/5.4/tarsier where installed.
local function own_folder()
  return package.searchpath("tarsier.place", package.path):match "^(.*)/[^/]*$" or "."
end

-- The specification says that a base directory which is not absolute must be ignored.
local function base(variable, otherwise)
  local folder = os.getenv(variable)
  if folder and folder:sub(1, 1) == "/" then return folder end
  local home = os.getenv "HOME"
  return home and home ~= "" and home .. otherwise or nil
end

--- database() -> path | nil: where `tarsier db update` and `db import` put the database, whether or not it is there
function place.database()
  local folder = base("XDG_DATA_HOME", "/.local/share")
  return folder and folder .. "/tarsier/vulnerabilities.db"
end

--- cache() -> the folder of what can be had again | nil
function place.cache()
  local folder = base("XDG_CACHE_HOME", "/.cache")
  return folder and folder .. "/tarsier"
end

--- bases() -> path | nil: where `tarsier base add` remembers base images
function place.bases()
  local folder = base("XDG_DATA_HOME", "/.local/share")
  return folder and folder .. "/tarsier/bases.json"
end

--- starter() -> path | nil: the starter database, beside the installed modules or in the source tree's build folder
function place.starter()
  local own, build = own_folder(), os.getenv "TARSIER_BUILD" or "build"
  local root = build:sub(1, 1) == "/" and "" or own .. "/../../"
  for _, path in ipairs { own .. "/starter.db", root .. build .. "/starter.db" } do
    if exists(path) then return path end
  end
end

--- policies() -> the folder of the ready policies, beside the installed modules or in the source tree
function place.policies()
  local own = own_folder()
  if exists(own .. "/policies/default.lua") then return own .. "/policies" end
  local folder = own .. "/../../policies"
  local short = folder
  repeat
    local count
    short, count = short:gsub("%f[^/\0][^/.]+/%.%./", "", 1)
  until count == 0
  return exists(short .. "/default.lua") and short or folder -- a folder on the way may be a link
end

--- is_shared(name) -> is it the address of a shared database, rather than a file?
function place.is_shared(name)
  return name ~= nil and (name:find "^oci://" ~= nil or name:find "^https?://" ~= nil)
end

--- a_database([path]) -> path, is_starter | nil, message, "DATABASE": the named one, the imported one, or the starter
function place.a_database(path)
  if path then return path, false end
  local imported = place.database()
  if imported and exists(imported) then return imported, false end
  local starter = place.starter()
  if starter then return starter, true end
  local where = imported and " at " .. imported or ""
  return nil, "no vulnerability database found" .. where
    .. ": fetch one with `tarsier db update`, or name one with --db", "DATABASE"
end

return place
