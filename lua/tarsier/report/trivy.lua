-- The JSON report of Trivy, schema 2, for programs that read Trivy's reports. The field names are from Trivy's
-- documentation and pkg/types/report.go. Accepted and ignored findings are in ExperimentalModifiedFindings, where Trivy
-- writes those that it suppresses.

local common = require "tarsier.report.shared.common"
local json = require "tarsier.json"

local object, array = json.object, json.array

local severities = { Defcon1 = "CRITICAL", Critical = "CRITICAL", High = "HIGH", Medium = "MEDIUM", Low = "LOW",
  Negligible = "LOW" }
local numbers = { UNKNOWN = 0, LOW = 1, MEDIUM = 2, HIGH = 3, CRITICAL = 4 }

-- Trivy's names of distributions, where they differ from os-release's ID.
local families = { rhel = "redhat", almalinux = "alma", amzn = "amazon", ol = "oracle", mariner = "cbl-mariner",
  sles = "suse linux enterprise server" }

-- package.type -> Trivy's type, and the target where Trivy gathers all files of a type in one.
local types = { pypi = { "python-pkg", "Python" }, npm = { "node-pkg", "Node.js" }, gem = { "gemspec", "Ruby" },
  maven = { "jar", "Java" }, golang = { "gobinary" }, cargo = { "rustbinary" }, nuget = { "dotnet-core" },
  composer = { "composer-vendor" }, conda = { "conda-pkg", "Conda" }, hex = { "hex" }, pub = { "pub" },
  bitnami = { "bitnami" }, julia = { "julia" } }

local statuses = { affected = true, fixed = true, under_investigation = true, will_not_fix = true,
  fix_deferred = true, end_of_life = true, not_affected = true, unknown = true }

local function family(image)
  return families[image.distro.id] or image.distro.id
end

local function layer_of(layer)
  return layer and object("Digest", common.filled(layer.digest, nil),
    "DiffID", common.filled(layer.diff_id, nil),
    "CreatedBy", common.filled(layer.created_by, nil)) or nil
end

local function package_id(package)
  return package.name .. "@" .. package.version
end

local function identifier(package)
  local id = common.uuid("package", package.type, package.name, package.version, package.path)
  return object("PURL", common.filled(package.purl, nil), "UID", (id:gsub("-", "")):sub(1, 16))
end

-- ---- packages and vulnerabilities ---------------------------------------------------------------------------------

local function strings(list)
  return list and #list > 0 and array { table.unpack(list) } or nil
end

local function package_of(package, image)
  local source, is_system = package.source or {}, common.is_system(package)
  return object(
    "ID", package_id(package), "Name", package.name, "Identifier", identifier(package),
    "Version", package.version, "Arch", common.filled(package.architecture, nil),
    "SrcName", is_system and source.name or nil, "SrcVersion", is_system and source.version or nil,
    "Licenses", strings(package.licenses),
    "Layer", layer_of(image.layers[package.layer]),
    "FilePath", not is_system and common.filled(package.path, nil) or nil
  )
end

local function cvss(finding, source)
  local vector = finding.cvss and finding.cvss.vector
  if not vector or vector == "" then return nil end
  local version = vector:match "^CVSS:(%d)" or "2"
  return object(source, object(("V%sVector"):format(version == "4" and "40" or version), vector,
    ("V%sScore"):format(version == "4" and "40" or version), finding.cvss.score))
end

local function vulnerability(finding)
  local package = finding.package
  local severity = severities[finding.severity] or "UNKNOWN"
  local source = common.filled(finding.severity_source, "tarsier")
  return object(
    "VulnerabilityID", finding.id, "VendorIDs", strings(finding.aliases),
    "PkgID", package_id(package), "PkgName", package.name,
    "PkgPath", not common.is_system(package) and common.filled(package.path, nil) or nil,
    "PkgIdentifier", identifier(package),
    "InstalledVersion", package.version, "FixedVersion", finding.fixed_by,
    "Status", statuses[finding.status] and finding.status or finding.fixed_by and "fixed" or "affected",
    "Layer", layer_of(finding.layer),
    "SeveritySource", source, "PrimaryURL", common.link(finding.url),
    "Title", common.filled(finding.summary, nil), "Description", common.filled(finding.description, nil),
    "Severity", severity, "VendorSeverity", object(source, numbers[severity]),
    "CVSS", cvss(finding, source), "References", strings(common.links(finding)),
    "PublishedDate", common.filled(finding.published, nil),
    "LastModifiedDate", common.filled(finding.modified, nil)
  )
end

local function modified(finding)
  return object("Type", "vulnerability", "Status", "ignored", "Statement", finding.reason,
    "Source", finding.policy, "Finding", vulnerability(finding))
end

-- ---- results ------------------------------------------------------------------------------------------------------

local function target_of(package, image)
  if common.is_system(package) then
    local system = image.distro
    return ("%s (%s %s)"):format(common.image_name(image), family(image), system.version), "os-pkgs", family(image)
  end
  local known = types[package.type] or { package.type }
  return known[2] or common.filled(package.path, package.type), "lang-pkgs", known[1]
end

-- -> the targets in the order of the packages, each { target, class, type, packages, findings, settled }
local function targets(result)
  local list, index = {}, {}
  local function at(package)
    local target, class, type = target_of(package, result.image)
    local key = target .. "\0" .. type
    if not index[key] then
      index[key] = { target = target, class = class, type = type, packages = {}, findings = {}, settled = {} }
      list[#list + 1] = index[key]
    end
    return index[key]
  end
  for _, package in ipairs(result.packages) do table.insert(at(package).packages, package) end
  for _, finding in ipairs(result.findings or {}) do
    local target = at(finding.package)
    table.insert(common.is_settled(finding) and target.settled or target.findings, finding)
  end
  return list
end

local function filled_list(list, convert)
  return #list > 0 and json.list(list, convert) or nil
end

local function result_of(target, image)
  return object(
    "Target", target.target, "Class", target.class, "Type", target.type,
    "Packages", filled_list(target.packages, function(package) return package_of(package, image) end),
    "Vulnerabilities", filled_list(target.findings, vulnerability),
    "ExperimentalModifiedFindings", filled_list(target.settled, modified)
  )
end

-- ---- the image ----------------------------------------------------------------------------------------------------

local function is_over(image, today)
  local ends = image.distro.support_ends
  return ends and ends ~= "" and ends < today or nil
end

local function image_config(image)
  local config = image.config
  return object(
    "architecture", image.architecture, "created", common.filled(image.created, nil), "os", image.os,
    "config", object(
      "User", common.filled(config.user, nil), "Env", strings(config.env),
      "Entrypoint", strings(config.entrypoint), "Cmd", strings(config.cmd),
      "WorkingDir", common.filled(config.working_dir, nil),
      "Labels", next(config.labels or {}) and config.labels or nil
    )
  )
end

local function metadata(result)
  local image = result.image
  local size, diff_ids, layers = 0, array {}, array {}
  for i, layer in ipairs(image.layers) do
    size = size + (layer.size or 0)
    diff_ids[i] = layer.diff_id
    layers[i] = object("Size", layer.size, "Digest", layer.digest, "DiffID", layer.diff_id)
  end
  local repository, tag = common.repository(image)
  return object(
    "Size", size,
    "OS", image.distro.id ~= "" and object("Family", family(image), "Name", image.distro.version,
      "EOSL", is_over(image, result.started:sub(1, 10))) or nil,
    "ImageID", image.id, "DiffIDs", diff_ids,
    "RepoTags", tag and array { repository .. ":" .. tag } or nil,
    "RepoDigests", image.digest ~= "" and image.name ~= "" and array { repository .. "@" .. image.digest } or nil,
    "ImageConfig", image_config(image), "Layers", layers
  )
end

local function write(result, out)
  json.write(object(
    "SchemaVersion", 2,
    "ReportID", common.uuid("trivy", common.image_name(result.image), result.image.digest, result.finished),
    "CreatedAt", result.finished, "ArtifactID", result.image.id,
    "ArtifactName", common.image_name(result.image), "ArtifactType", "container_image",
    "Metadata", metadata(result),
    "Results", json.list(targets(result), function(target) return result_of(target, result.image) end)
  ), out, { indent = "  " })
  out "\n"
end

return { name = "trivy", summary = "the JSON of Trivy, schema 2, for what reads Trivy", extension = "json",
  write = write }
