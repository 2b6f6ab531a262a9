-- The commands that upgrade packages, for a POSIX shell. Names and versions come out of images and feeds: a command is
-- made only of those that look like a package's and a version's, and every word is quoted.

local commands = {}

-- ---- words --------------------------------------------------------------------------------------------------------

--- quote(word) -> the word for a shell: as it is if no shell could take it for anything else, otherwise in quotes
function commands.quote(word)
  if word:find "^[%w@%%+:,./_][%w@%%+=:,./_-]*$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local quote = commands.quote

-- No option, no space, no control character: what every packager takes for a name. "@scope/x", "g++", "com.acme:x".
local function is_name(name)
  return #name <= 214 and name:find "^[%w@_][%w@%+%.:/_~-]*$" ~= nil and not name:find("..", 1, true)
end

local function is_version(version)
  return #version <= 100 and version:find "^%w[%w%.%+:_!~^-]*$" ~= nil
end

local function are_sound(packages)
  for _, package in ipairs(packages) do
    if not is_name(package.name) or not is_version(package.to) then return false end
    for _, name in ipairs(package.names) do
      if not is_name(name) then return false end
    end
  end
  return true
end

-- "npm install" and a word for each package
local function each(head, packages, word)
  local words = { head }
  for _, package in ipairs(packages) do words[#words + 1] = quote(word(package)) end
  return table.concat(words, " ")
end

-- One command for each package.
local function chain(packages, command)
  local list = {}
  for i, package in ipairs(packages) do list[i] = command(package) end
  return table.concat(list, " && ")
end

-- ---- the system's packages ----------------------------------------------------------------------------------------

-- The package that holds a manager, and its command. The first that is installed is taken.
local managers = {
  deb = { { "apt", "apt-get update && apt-get install -y --only-upgrade" } },
  apk = { { "apk-tools", "apk upgrade --no-cache" } },
  rpm = { { "zypper", "zypper --non-interactive update" }, { "dnf5", "dnf5 upgrade -y" }, { "dnf", "dnf upgrade -y" },
    { "tdnf", "tdnf update -y" }, { "yum", "yum update -y" }, { "microdnf", "microdnf update -y" } },
}

--- is_system(type) -> is it a type of packages that a distribution has?
function commands.is_system(type)
  return managers[type] ~= nil
end

local names_of_managers = {}
for type, list in pairs(managers) do
  names_of_managers[type] = {}
  for _, manager in ipairs(list) do names_of_managers[type][manager[1]] = true end
end

--- is_manager(type, name) -> does the system's package hold a manager?
function commands.is_manager(type, name)
  return names_of_managers[type] ~= nil and names_of_managers[type][name] ~= nil
end

local function system(type, packages, installed)
  local names, seen = {}, {}
  for _, package in ipairs(packages) do
    for _, name in ipairs(package.names) do
      if not seen[name] then table.insert(names, quote(name)) end
      seen[name] = true
    end
  end
  table.sort(names)
  for _, manager in ipairs(managers[type]) do
    if installed[type .. "\0" .. manager[1]] then return manager[2] .. " " .. table.concat(names, " ") end
  end
end

-- ---- the languages' packages --------------------------------------------------------------------------------------

local function basename(path)
  return path:match "[^/]*$"
end

local languages = {}

function languages.npm(packages, place)
  local owner = place:match "lib/node_modules/(.+)$" -- installed globally, a part of another package
  if owner then return is_name(owner) and "npm install -g " .. quote(owner .. "@latest") or nil end
  local lock = basename(packages[1].paths[1] or "")
  local head = lock == "yarn.lock" and "yarn upgrade" or lock == "pnpm-lock.yaml" and "pnpm update"
  if place:find "lib$" then head = "npm install -g" end
  return each(head or "npm install", packages, function(p) return p.name .. "@" .. p.to end)
end

local pip_by_lock = {
  ["poetry.lock"] = { "poetry update", function(p) return p.name end },
  ["Pipfile.lock"] = { "pipenv update", function(p) return p.name end },
}

function languages.pypi(packages, place)
  local lock = basename(packages[1].paths[1] or "")
  if pip_by_lock[lock] then return each(pip_by_lock[lock][1], packages, pip_by_lock[lock][2]) end
  if lock == "uv.lock" then
    return chain(packages, function(p) return "uv lock --upgrade-package " .. quote(p.name) end)
  end
  local environment = place:match "^(.+)/lib/python[%d.]+$"
  local is_own = environment and environment ~= "usr" and environment ~= "usr/local"
  local pip = is_own and quote("/" .. environment .. "/bin/pip") or "pip"
  return each(pip .. " install --upgrade", packages, function(p) return p.name .. ">=" .. p.to end)
end

function languages.gem(packages)
  if basename(packages[1].paths[1] or ""):find "%.gemspec$" then
    return chain(packages, function(p) return ("gem install %s -v %s"):format(quote(p.name), quote(">= " .. p.to)) end)
  end
  return each("bundle update", packages, function(p) return p.name end)
end

function languages.composer(packages)
  return each("composer require --update-with-dependencies", packages, function(p)
    return p.name .. ":^" .. p.to:gsub("^v", "")
  end)
end

function languages.golang(packages)
  return each("go get", packages, function(p)
    if p.name == "stdlib" then return "toolchain@go" .. p.to:gsub("^v", "") end
    return p.name .. "@v" .. p.to:gsub("^v", "")
  end)
end

function languages.maven(packages)
  return chain(packages, function(p)
    return ("mvn versions:use-dep-version -Dincludes=%s -DdepVersion=%s -DforceVersion=true"):format(
      quote((p.name:gsub("/", ":"))), quote(p.to))
  end)
end

function languages.cargo(packages)
  return chain(packages, function(p) return ("cargo update -p %s --precise %s"):format(quote(p.name), quote(p.to)) end)
end

function languages.nuget(packages)
  return chain(packages, function(p)
    return ("dotnet add package %s --version %s"):format(quote(p.name), quote(p.to))
  end)
end

function languages.hex(packages)
  return each("mix deps.update", packages, function(p) return p.name end)
end

function languages.pub(packages)
  return each("dart pub upgrade", packages, function(p) return p.name end)
end

-- ---- where a language's packages are upgraded -----------------------------------------------------------------------

--- place(package) -> the folder of the project or the environment that holds a language's package: "srv/app"
function commands.place(package)
  local path = package.path
  if package.type == "npm" then
    local owner = path:match "^(.*lib/node_modules/@[^/]+/[^/]+)/node_modules/"
      or path:match "^(.*lib/node_modules/[^@/][^/]*)/node_modules/"
    if owner then return owner end
    return path:match "^(.-)/?node_modules/" or path:match "^(.*)/" or ""
  end
  return path:match "^(.*)/site%-packages/" or path:match "^(.*)/dist%-packages/" or path:match "^(.*)/vendor/composer/"
    or path:match "^(.*)/" or ""
end

local removers = { deb = { { "apt", "apt-get remove -y" } }, apk = { { "apk-tools", "apk del" } } }

--- remove(type, names, installed) -> a command that removes the system's packages | nil, as of upgrade
function commands.remove(type, names, installed)
  local words = {}
  for i, name in ipairs(names) do
    if not is_name(name) then return nil end
    words[i] = quote(name)
  end
  for _, manager in ipairs(removers[type] or {}) do
    if installed[type .. "\0" .. manager[1]] then return manager[2] .. " " .. table.concat(words, " ") end
  end
end

--- upgrade(type, packages, place, installed) -> a command for a shell | nil if none is known, or a name or version
--- would not be safe in one. packages = { { name, to, names = the system's binary packages, paths }, … }; installed =
--- set of "type\0name", of packages that hold managers, to see which one the image has.
function commands.upgrade(type, packages, place, installed)
  if #packages == 0 or not are_sound(packages) then return nil end
  if managers[type] then return system(type, packages, installed) end
  return languages[type] and languages[type](packages, place)
end

return commands
