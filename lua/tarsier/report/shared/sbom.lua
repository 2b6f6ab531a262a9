-- What bills of materials of all formats say about a package.

local common = require "tarsier.report.shared.common"
local core = require "tarsier.core"

local sbom = {}

local function has_space(s)
  return s:find "[%s%c]" ~= nil
end

--- purl(package) -> its package URL | nil
function sbom.purl(package)
  local purl = common.filled(package.purl, nil)
  return purl and purl:find "^pkg:" and not has_space(purl) and utf8.len(purl) and purl or nil
end

--- identity(package) -> a text that is the same in every scan of the image, and another for every package
function sbom.identity(package)
  return table.concat({ package.type, package.name, package.version, package.architecture, package.path }, "\n")
end

--- references(packages) -> for each, in order, a reference that no other has: its package URL; of several with the same
--- one, from the second on, with a fragment
function sbom.references(packages)
  local list, seen = {}, {}
  for i, package in ipairs(packages) do
    local ref = sbom.purl(package) or "urn:uuid:" .. common.uuid(sbom.identity(package))
    if seen[ref] then ref = ref .. "#" .. common.uuid(sbom.identity(package)) end
    if seen[ref] then ref = ref .. "-" .. i end
    seen[ref] = true
    list[i] = ref
  end
  return list
end

--- needs(packages) -> function(i): the indexes of the packages that package i needs, in order, or nil if its database
--- does not say
function sbom.needs(packages)
  local by_name = {}
  for i, package in ipairs(packages) do
    local key = package.type .. "\0" .. package.name
    by_name[key] = by_name[key] or {}
    table.insert(by_name[key], i)
  end
  return function(i)
    local package, list, seen = packages[i], {}, {}
    if not package.requires then return nil end
    for _, name in ipairs(package.requires) do
      for _, other in ipairs(not seen[name] and by_name[package.type .. "\0" .. name] or {}) do
        if other ~= i then list[#list + 1] = other end
      end
      seen[name] = true
    end
    table.sort(list)
    return list
  end
end

-- ---- licences -----------------------------------------------------------------------------------------------------

local function is_expression(license)
  return core.is_spdx ~= nil and core.is_spdx(license)
end

--- licenses(package) -> its SPDX expressions; what is stated otherwise, as it is written
function sbom.licenses(package)
  local expressions, names = {}, {}
  for _, license in ipairs(package.licenses or {}) do
    if license ~= "" then table.insert(is_expression(license) and expressions or names, license) end
  end
  return expressions, names
end

--- all_of(expressions) -> one expression | nil: all of them apply
function sbom.all_of(expressions)
  if #expressions == 0 then return nil end
  if #expressions == 1 then return expressions[1] end
  local parts = {}
  for i, expression in ipairs(expressions) do
    parts[i] = expression:find " OR " and "(" .. expression .. ")" or expression
  end
  return table.concat(parts, " AND ")
end

-- ---- creators, files and hashes -----------------------------------------------------------------------------------

--- supplier(package, image) -> who made the package, as far as the image says: an rpm's vendor, else the distribution
function sbom.supplier(package, image)
  if common.filled(package.vendor, nil) then return package.vendor end
  if not common.is_system(package) or image.distro.name == "" then return nil end
  return (image.distro.name:gsub("%s*%b()%s*$", ""):gsub("%s+[%d.]+$", ""))
end

local archives = { jar = true, war = true, ear = true, whl = true, egg = true, zip = true, gem = true, nupkg = true,
  crate = true, tgz = true, gz = true, xz = true, zst = true }
--- file(package) -> { name =, is_executable =, is_archive =, sha512 = } | nil if the package is not one file: the files
--- of a distribution's package, or of an unpacked library, are many. sha512 is nil if the scan did not compute it, or
--- if the file lies within an archive.
function sbom.file(package)
  if common.is_system(package) or package.path == "" then return nil end
  local name = package.path:match "[^/!]*$"
  local is_archive = archives[(name:match "%.(%w+)$" or ""):lower()] or false
  local is_program = package.reader == "binary"
  if not is_archive and not is_program then return nil end
  local hash = package.sha512
  return { name = name, is_archive = is_archive, is_executable = is_program and not name:find "%.dll$",
    sha512 = hash and hash:find "^%x+$" and #hash == 128 and hash or nil }
end

--- missing(result) -> sentences: what BSI TR-03183-2 v2.1 requires and the scan does not know
function sbom.missing(result)
  local counts = { { "a SHA-512 of the component's file", 0 }, { "a licence", 0 }, { "a file name", 0 },
    { "a creator", 0 } }
  for _, package in ipairs(result.packages) do
    local file, expressions = sbom.file(package), sbom.licenses(package)
    for i, is_there in ipairs { file and file.sha512 ~= nil or false, #expressions > 0, file ~= nil,
      sbom.supplier(package, result.image) ~= nil } do
      if not is_there then counts[i][2] = counts[i][2] + 1 end
    end
  end
  local list = {}
  for _, count in ipairs(counts) do
    if count[2] > 0 then
      list[#list + 1] = ("%d of %d components lack %s"):format(count[2], #result.packages, count[1])
    end
  end
  return list
end

--- time(s) -> s if it is a time of RFC 3339 | nil
function sbom.time(s)
  return s and s:find "^%d%d%d%d%-[01]%d%-[0-3]%dT[0-2]%d:[0-5]%d:[0-5]%d%.?%d*Z$" and s or nil
end

return sbom
