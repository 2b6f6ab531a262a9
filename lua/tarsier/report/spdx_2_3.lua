-- SPDX 2.3 as JSON: a bill of materials. https://spdx.github.io/spdx-spec/v2.3

local common = require "tarsier.report.shared.common"
local json = require "tarsier.json"
local sbom = require "tarsier.report.shared.sbom"

local object, array = json.object, json.array

local NONE = "NOASSERTION"

-- "LicenseRef-" and letters, digits, `.` and `-`: a licence that SPDX has no identifier for.
local function license_ref(name)
  return ("LicenseRef-%s-%s"):format((name:gsub("[^%w.-]+", "-"):sub(1, 40):gsub("^%-*(.-)%-*$", "%1")),
    common.uuid("license", name):sub(1, 8))
end

local function declared(package)
  local expressions, names = sbom.licenses(package)
  for _, name in ipairs(names) do expressions[#expressions + 1] = license_ref(name) end
  return sbom.all_of(expressions) or NONE
end

-- The texts of all such licences, each once.
local function extracted(packages)
  local list, seen = array {}, {}
  for _, package in ipairs(packages) do
    local _, names = sbom.licenses(package)
    for _, name in ipairs(names) do
      if not seen[name] then
        seen[name] = true
        list[#list + 1] = object("licenseId", license_ref(name), "name", name, "extractedText", name)
      end
    end
  end
  return #list > 0 and list or nil
end

local function package_id(i)
  return ("SPDXRef-Package-%d"):format(i)
end

local function purl_reference(purl)
  return purl and array { object("referenceCategory", "PACKAGE-MANAGER", "referenceType", "purl",
    "referenceLocator", purl) } or nil
end

local function source_info(package)
  local source = package.source or {}
  if not common.is_system(package) or common.filled(source.name, package.name) == package.name then
    return common.filled(package.path, nil) and "found in " .. package.path
  end
  return ("built from the source package %s %s; found in %s"):format(source.name, source.version, package.path)
end

local function package_of(package, i, image)
  local supplier, file = sbom.supplier(package, image), sbom.file(package)
  return object(
    "SPDXID", package_id(i), "name", package.name, "versionInfo", package.version,
    "packageFileName", file and file.name,
    "supplier", supplier and "Organization: " .. supplier or NONE,
    "downloadLocation", NONE, "filesAnalyzed", false,
    "checksums", file and file.sha512 and array { object("algorithm", "SHA512",
      "checksumValue", file.sha512) } or nil,
    "sourceInfo", source_info(package),
    "licenseConcluded", NONE, "licenseDeclared", declared(package), "copyrightText", NONE,
    "externalRefs", purl_reference(sbom.purl(package)),
    "primaryPackagePurpose", file and file.is_executable and "APPLICATION" or "LIBRARY"
  )
end

local function image_package(image)
  local repository, tag = common.repository(image)
  local digest = image.digest:match "^sha256:(%x+)$"
  return object(
    "SPDXID", "SPDXRef-Image", "name", repository,
    "versionInfo", common.filled(image.digest, tag or image.id), "supplier", NONE,
    "downloadLocation", NONE, "filesAnalyzed", false,
    "checksums", digest and #digest == 64 and array { object("algorithm", "SHA256",
      "checksumValue", digest) } or nil,
    "licenseConcluded", NONE, "licenseDeclared", NONE, "copyrightText", NONE,
    "externalRefs", purl_reference(common.image_purl(image)), "primaryPackagePurpose", "CONTAINER"
  )
end

local function relationship(from, kind, to)
  return object("spdxElementId", from, "relationshipType", kind, "relatedSpdxElement", to)
end

local function numbers(from, count)
  local list = {}
  for i = from, count do list[#list + 1] = i end
  return list
end

-- { { from, to }, … }. Which package needs which is known of some systems' packages only.
local function edges(packages)
  local list, needs = {}, sbom.needs(packages)
  for i in ipairs(packages) do
    for _, other in ipairs(needs(i) or {}) do list[#list + 1] = { i, other } end
  end
  return list
end

local function relationships(packages)
  local all = numbers(0, #packages)
  for _, edge in ipairs(edges(packages)) do all[#all + 1] = edge end
  return json.list(all, function(item)
    if item == 0 then return relationship("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Image") end
    if type(item) == "number" then return relationship("SPDXRef-Image", "CONTAINS", package_id(item)) end
    return relationship(package_id(item[1]), "DEPENDS_ON", package_id(item[2]))
  end)
end

local function write(result, out, options)
  local image, packages = result.image, result.packages
  local creators = array { "Tool: tarsier-" .. result.tarsier.version }
  local creator = options and options.creator
  if creator then creators[2] = "Organization: " .. creator .. (creator:find "@" and " (" .. creator .. ")" or "") end
  json.write(object(
    "spdxVersion", "SPDX-2.3", "dataLicense", "CC0-1.0", "SPDXID", "SPDXRef-DOCUMENT",
    "name", common.image_name(image),
    "documentNamespace", "urn:uuid:" .. common.uuid("spdx-2.3", common.image_name(image), image.digest,
      result.finished),
    "creationInfo", object("created", result.finished, "creators", creators),
    "packages", json.list(numbers(0, #packages), function(i)
      return i == 0 and image_package(image) or package_of(packages[i], i, image)
    end),
    "hasExtractedLicensingInfos", extracted(packages),
    "relationships", relationships(packages)
  ), out, { indent = "  " })
  out "\n"
end

return { name = "spdx-2.3", summary = "SPDX 2.3: a bill of materials", extension = "json", packages = true,
  write = write }
