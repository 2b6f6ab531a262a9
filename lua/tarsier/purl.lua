-- Package URLs as other tools write them, and whether one of them means a package: package-url/purl-spec.

local purl = {}

local function decoded(s)
  return (s:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function qualifiers_of(text)
  local map = {}
  for pair in text:gmatch "[^&]+" do
    local key, value = pair:match "^([^=]+)=(.*)$"
    if key then map[key:lower()] = decoded(value) end
  end
  return map
end

--- parse(text) -> { type, path = namespace and name, version | nil, qualifiers } | nil if it is not a package URL
function purl.parse(text)
  local rest = text:match "^pkg:/*(.*)$"
  if not rest or #text > 4096 then return nil end
  rest = rest:gsub("#.*$", "")
  local before, query = rest:match "^([^?]*)%?(.*)$"
  rest = before or rest
  local kind, tail = rest:match "^([%w.+-]+)/(.+)$"
  if not kind then return nil end
  -- The version follows the last @ that is not at the beginning of a name: pkg:npm/@scope/x has none.
  local path, version = tail:match "^(.*[^/])@([^/]*)$"
  return { type = kind:lower(), path = decoded(path or tail):gsub("/+$", ""), qualifiers = qualifiers_of(query or ""),
    version = version and version ~= "" and decoded(version) or nil }
end

-- Names that a type writes in lower case, and PyPI's, whose - _ . are the same.
local function same_name(kind, a, b)
  if kind == "pypi" then
    a, b = a:lower():gsub("[-_.]+", "-"), b:lower():gsub("[-_.]+", "-")
  elseif kind == "github" or kind == "composer" or kind == "deb" or kind == "apk" then
    a, b = a:lower(), b:lower()
  end
  return a == b
end

local function same_version(kind, a, b)
  if kind == "golang" then a, b = a:gsub("^v", ""), b:gsub("^v", "") end
  return a == b
end

-- Those that tell packages apart. Others, such as where one was downloaded, are not asked for.
local telling = { "arch", "epoch", "type", "classifier" }

--- matches(wanted, have) -> does the parsed URL `wanted` mean the package with the parsed URL `have`? What it does not
--- say, it does not ask for: without a version, every version is meant.
function purl.matches(wanted, have)
  if wanted.type ~= have.type or not same_name(wanted.type, wanted.path, have.path) then return false end
  if wanted.version and not (have.version and same_version(wanted.type, wanted.version, have.version)) then
    return false
  end
  for _, key in ipairs(telling) do
    local value, theirs = wanted.qualifiers[key], have.qualifiers[key]
    if value and theirs and value ~= theirs then return false end
  end
  local distro, theirs = wanted.qualifiers.distro, have.qualifiers.distro
  return not distro or not theirs or distro == theirs
end

return purl
