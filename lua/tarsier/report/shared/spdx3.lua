-- SPDX 3.0.1 as JSON-LD: a bill of materials. https://spdx.github.io/spdx-spec/v3.0.1

local common = require "tarsier.report.shared.common"
local json = require "tarsier.json"
local sbom = require "tarsier.report.shared.sbom"

local object, array = json.object, json.array

local INFO = "_:creation"

-- A graph is a list of elements that refer to each other. add(element) writes an element at once.
-- ids(kind, key) -> the IRI of an element
local function ids_of(result)
  local base = "urn:uuid:" .. common.uuid("spdx-3", common.image_name(result.image), result.image.digest,
    result.finished)
  return function(kind, key) return ("%s#%s%s"):format(base, kind, key and "-" .. key or "") end
end

local function element(type, id, ...)
  return object("type", type, "spdxId", id, "creationInfo", INFO, ...)
end

local function relationship(id, from, kind, to)
  return element("Relationship", id, "from", from, "relationshipType", kind, "to", array(to))
end

local function hash(algorithm, value)
  return array { object("type", "Hash", "algorithm", algorithm, "hashValue", value) }
end

local function identifiers(purl)
  return purl and array { object("type", "ExternalIdentifier", "externalIdentifierType", "packageUrl",
    "identifier", purl) } or nil
end

-- ---- who and what -------------------------------------------------------------------------------------------------

local function creator_of(ids, options)
  local creator = common.filled(options.creator, nil)
  if not creator then return element("SoftwareAgent", ids "Creator", "name", "tarsier") end
  return element("Organization", ids "Creator", "name", creator, "externalIdentifier", array { object(
    "type", "ExternalIdentifier", "externalIdentifierType", creator:find "@" and "email" or "urlScheme",
    "identifier", creator) })
end

local function creation(result, ids, add, options)
  add(object("type", "CreationInfo", "@id", INFO, "specVersion", "3.0.1",
    "created", result.finished, "createdBy", array { ids "Creator" },
    "createdUsing", array { ids "Tool" }))
  add(creator_of(ids, options))
  add(element("Tool", ids "Tool", "name", "tarsier " .. result.tarsier.version))
  add(element("simplelicensing_LicenseExpression", ids "DataLicense",
    "simplelicensing_licenseExpression", "CC0-1.0"))
end

local function document(result, ids, add, notes)
  local name = common.image_name(result.image)
  local profiles = array { "core", "software", "simpleLicensing" }
  add(element("SpdxDocument", ids "Document", "name", name, "profileConformance", profiles,
    "dataLicense", ids "DataLicense", "rootElement", array { ids "Sbom" },
    "comment", #notes > 0 and "BSI TR-03183-2 v2.1: " .. table.concat(notes, "; ") or nil))
  add(element("software_Sbom", ids "Sbom", "name", name, "software_sbomType", array { "analyzed" },
    "rootElement", array { ids "Image" }))
end

local function image_package(image, ids, add)
  local repository, tag = common.repository(image)
  local digest = image.digest:match "^sha256:(%x+)$"
  local purl = common.image_purl(image)
  add(element("software_Package", ids "Image",
    "name", repository, "verifiedUsing", digest and #digest == 64 and hash("sha256", digest) or nil,
    "externalIdentifier", identifiers(purl),
    "software_primaryPurpose", "container",
    "software_packageVersion", common.filled(image.digest, tag or image.id), "software_packageUrl", purl))
end

-- ---- packages -----------------------------------------------------------------------------------------------------

-- Elements that several packages share, such as suppliers and licences, are written when the first one needs them.
local function sharing(ids, add)
  local seen, count = {}, {}
  return function(kind, key, make)
    local id = seen[kind .. key]
    if not id then
      count[kind] = (count[kind] or 0) + 1
      id = ids(kind, count[kind])
      seen[kind .. key] = id
      add(make(id))
    end
    return id
  end
end

local function license_of(package, shared)
  local expressions, names = sbom.licenses(package)
  local expression = sbom.all_of(expressions)
  if expression then
    return shared("License", expression, function(id)
      return element("simplelicensing_LicenseExpression", id, "simplelicensing_licenseExpression", expression)
    end)
  elseif #names > 0 then
    local name = table.concat(names, ", ")
    return shared("LicenseText", name, function(id)
      return element("simplelicensing_SimpleLicensingText", id, "name", name,
        "simplelicensing_licenseText", name)
    end)
  end
end

local function supplier_of(package, image, shared)
  local supplier = sbom.supplier(package, image)
  return supplier and shared("Supplier", supplier, function(id)
    return element("Organization", id, "name", supplier)
  end)
end

-- The deployed file, which BSI TR-03183-2 wants named, hashed and classified.
local function write_file(file, i, ids, add)
  if not file then return end
  local purposes = array { file.is_executable and "executable" or nil }
  if file.is_archive then purposes[#purposes + 1] = "archive" end
  add(element("software_File", ids("File", i), "name", file.name,
    "verifiedUsing", file.sha512 and hash("sha512", file.sha512) or nil,
    "software_primaryPurpose", purposes[1]))
  add(relationship(ids("FileOf", i), ids("Package", i), "hasDistributionArtifact", { ids("File", i) }))
end

local function write_package(package, i, image, ids, add, shared, is_bsi)
  local purl = sbom.purl(package)
  local license, supplier = license_of(package, shared), supplier_of(package, image, shared)
  local source = package.source or {}
  add(element("software_Package", ids("Package", i),
    "name", package.name, "externalIdentifier", identifiers(purl), "suppliedBy", supplier,
    "software_primaryPurpose", "library", "software_packageVersion", package.version,
    "software_packageUrl", purl,
    "software_sourceInfo", common.filled(source.name, package.name) ~= package.name
      and ("source package %s %s"):format(source.name, source.version) or nil))
  if license then
    add(relationship(ids("LicenseOf", i), ids("Package", i), "hasDeclaredLicense", { license }))
  end
  if is_bsi then write_file(sbom.file(package), i, ids, add) end
end

-- Which package needs which is known of some systems' packages only.
local function needs(packages, ids, add)
  local of = sbom.needs(packages)
  for i in ipairs(packages) do
    local list = array {}
    for n, other in ipairs(of(i) or {}) do list[n] = ids("Package", other) end
    if #list > 0 then add(relationship(ids("NeedsOf", i), ids("Package", i), "dependsOn", list)) end
  end
end

local function contents(result, ids, add)
  local all = {}
  for i = 1, #result.packages do all[i] = ids("Package", i) end
  if #all == 0 then return end
  add(element("Relationship", ids "Contents", "from", ids "Image", "relationshipType", "contains",
    "completeness", "noAssertion", "to", array(all)))
end

--- write(result, out, { profile = nil or "bsi", creator = an address or an email | nil }) -> notes
local function write(result, out, options)
  local ids, is_bsi = ids_of(result), options.profile == "bsi"
  local notes, is_first = is_bsi and sbom.missing(result) or {}, true
  out '{\n  "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",\n  "@graph": ['
  local function add(made)
    out(is_first and "\n    " or ",\n    ")
    is_first = false
    json.write(made, out)
  end
  creation(result, ids, add, options)
  document(result, ids, add, notes)
  image_package(result.image, ids, add)
  local shared = sharing(ids, add)
  for i, package in ipairs(result.packages) do
    write_package(package, i, result.image, ids, add, shared, is_bsi)
  end
  needs(result.packages, ids, add)
  contents(result, ids, add)
  out "\n  ]\n}\n"
  return notes
end

return write
