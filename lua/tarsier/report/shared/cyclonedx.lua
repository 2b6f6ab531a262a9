-- CycloneDX 1.6 and 1.7 (ECMA-424): a bill of materials, and the vulnerabilities with what was decided on them.

local common = require "tarsier.report.shared.common"
local json = require "tarsier.json"
local sbom = require "tarsier.report.shared.sbom"
local vulnerabilities = require "tarsier.report.shared.cyclonedx_vulnerabilities"

local object, array = json.object, json.array

local ROOT = "image"

local function property(name, value)
  return object("name", name, "value", tostring(value))
end

-- { { name, value }, … } -> properties; those without a value are left out
local function properties(pairs_of)
  local list = array {}
  for _, pair in ipairs(pairs_of) do
    if pair[2] ~= nil and pair[2] ~= "" then list[#list + 1] = property(pair[1], pair[2]) end
  end
  return #list > 0 and list or nil
end

-- ---- components ---------------------------------------------------------------------------------------------------

-- Version 1.6 allows either one expression or a list of named licences.
local function licenses(package)
  local expressions, names = sbom.licenses(package)
  local expression = sbom.all_of(expressions)
  if expression then
    return array { object("expression", expression, "acknowledgement", "declared") }
  end
  if #names == 0 then return nil end
  local list = array {}
  for i, name in ipairs(names) do
    list[i] = object("license", object("name", name, "acknowledgement", "declared"))
  end
  return list
end

-- BSI TR-03183-2 v2.1, section 5.2.2, in BSI's property taxonomy for CycloneDX.
local function bsi_properties(file)
  if not file then return {} end
  return { { "bsi:component:filename", file.name },
    { "bsi:component:executable", file.is_executable and "executable" or "non-executable" },
    { "bsi:component:archive", file.is_archive and "archive" or "no archive" },
    { "bsi:component:structured", file.is_archive and "structured" or "unstructured" } }
end

local function own_properties(package, image, profile, file)
  local source, layer = package.source or {}, image.layers[package.layer]
  local list = { { "tarsier:type", package.type }, { "tarsier:reader", package.reader },
    { "tarsier:layer", layer and layer.digest }, { "tarsier:layer:index", package.layer },
    { "tarsier:source:name", source.name ~= package.name and source.name or nil },
    { "tarsier:source:version", source.version ~= package.version and source.version or nil } }
  if profile == "gitlab" then -- GitLab finds a distribution's advisories by these
    table.move({ { "aquasecurity:trivy:PkgType", common.is_system(package) and image.distro.id or package.type },
      { "aquasecurity:trivy:SrcName", common.is_system(package) and source.name or nil },
      { "aquasecurity:trivy:SrcVersion", common.is_system(package) and source.version or nil } }, 1, 3, #list + 1, list)
  elseif profile == "bsi" then
    local more = bsi_properties(file)
    table.move(more, 1, #more, #list + 1, list)
  end
  return properties(list)
end

local function component(package, ref, image, profile)
  local supplier, file = sbom.supplier(package, image), sbom.file(package)
  return object(
    "type", "library", "bom-ref", ref,
    "supplier", supplier and object("name", supplier),
    "name", package.name, "version", package.version,
    "hashes", file and file.sha512 and array { object("alg", "SHA-512", "content", file.sha512) } or nil,
    "licenses", licenses(package), "purl", sbom.purl(package),
    "evidence", common.filled(package.path, nil) and object(
      "occurrences", array { object("location", package.path) }),
    "properties", own_properties(package, image, profile, file)
  )
end

-- ---- the image ----------------------------------------------------------------------------------------------------

local function gitlab_properties(image)
  local repository, tag = common.repository(image)
  return { { "gitlab:meta:schema_version", "1" }, { "gitlab:container_scanning:image:name", repository },
    { "gitlab:container_scanning:image:tag", tag },
    { "gitlab:container_scanning:operating_system:name", image.distro.id },
    { "gitlab:container_scanning:operating_system:version", image.distro.version } }
end

local function image_component(image, purl)
  local repository, tag = common.repository(image)
  local labels = image.config.labels or {}
  local vendor, address = labels["org.opencontainers.image.vendor"], labels["org.opencontainers.image.url"]
  local source = labels["org.opencontainers.image.source"]
  local references = array {}
  for _, reference in ipairs { { "website", address }, { "vcs", source } } do
    if common.link(reference[2]) then
      references[#references + 1] = object("type", reference[1], "url", reference[2])
    end
  end
  local digest = image.digest:match "^sha256:(%x+)$"
  return object(
    "type", "container", "bom-ref", ROOT,
    "supplier", common.filled(vendor, nil) and object("name", vendor),
    "name", repository, "version", common.filled(image.digest, tag or image.id),
    "hashes", digest and #digest == 64 and array { object("alg", "SHA-256", "content", digest) } or nil,
    "purl", purl, "externalReferences", #references > 0 and references or nil,
    "properties", properties { { "tarsier:image:reference", image.reference }, { "tarsier:image:id", image.id },
      { "tarsier:image:tag", tag }, { "tarsier:image:platform", image.os .. "/" .. image.architecture } }
  )
end

local function metadata(result, options, notes)
  local image, list = result.image, {}
  if options.profile == "gitlab" then list = gitlab_properties(image) end
  for _, note in ipairs(notes) do list[#list + 1] = { "tarsier:bsi:missing", note } end
  local creator = common.filled(options.creator, nil)
  return object(
    "timestamp", result.finished,
    "lifecycles", array { object("phase", "post-build") },
    "tools", object("components", array { object("type", "application", "name", "tarsier",
      "version", result.tarsier.version) }),
    "manufacturer", creator and object("name", creator, "url", common.link(creator) and array { creator },
      "contact", creator:find "@" and array { object("email", creator) } or nil),
    "component", image_component(image, common.image_purl(image)),
    "properties", properties(list)
  )
end

local function operating_system(image)
  if image.distro.id == "" then return nil end
  return object("type", "operating-system", "bom-ref", "operating-system", "name", image.distro.id,
    "version", common.filled(image.distro.version, nil), "description", common.filled(image.distro.name, nil))
end

-- The image contains all of it. Which package needs which is known of some systems' packages only.
local function dependencies(image, packages, refs)
  local all, numbers, needs = array { image.distro.id ~= "" and "operating-system" or nil }, { 0 }, sbom.needs(packages)
  for i, ref in ipairs(refs) do
    all[#all + 1] = ref
    if packages[i].requires then numbers[#numbers + 1] = i end
  end
  return json.list(numbers, function(i)
    if i == 0 then return object("ref", ROOT, "dependsOn", all) end
    local list = array {}
    for n, other in ipairs(needs(i)) do list[n] = refs[other] end
    return object("ref", refs[i], "dependsOn", #list > 0 and list or nil)
  end)
end

--- write(result, out, { version = "1.6" or "1.7", profile = nil, "bsi" or "gitlab", vulnerabilities = boolean,
--- creator = an address or an email | nil }) -> notes
local function write(result, out, options)
  local image, packages = result.image, result.packages
  local refs = sbom.references(packages)
  local notes = options.profile == "bsi" and sbom.missing(result) or {}
  local system = operating_system(image)
  local offset = system and 1 or 0
  local numbers = {}
  for i = 1, #packages + offset do numbers[i] = i - offset end
  local components = json.list(numbers, function(i)
    return i == 0 and system or component(packages[i], refs[i], image, options.profile)
  end)
  json.write(object(
    "$schema", ("http://cyclonedx.org/schema/bom-%s.schema.json"):format(options.version),
    "bomFormat", "CycloneDX", "specVersion", options.version,
    "serialNumber", "urn:uuid:" .. common.uuid("cyclonedx", common.image_name(image), image.digest,
      result.finished),
    "version", 1,
    "metadata", metadata(result, options, notes),
    "components", components,
    "dependencies", dependencies(image, packages, refs),
    "compositions", array { object("aggregate", "unknown", "assemblies", array { ROOT }) },
    "vulnerabilities", options.vulnerabilities and result.findings and vulnerabilities(result, refs) or nil
  ), out, { indent = "  " })
  out "\n"
  return notes
end

return write
