-- GitLab's container scanning report, version 15.0.7. It contains the findings that a person has to look at: those that
-- fail, that warn, and that no policy decided on. Findings that a policy accepted or ignored are left out.

local json = require "tarsier.json"
local text = require "tarsier.text"
local core = require "tarsier.core"

local object, array = json.object, json.array

-- The namespace of the findings' UUIDs. Any fixed one would do, but it must never change.
local NAMESPACE = "8d1ad5a4-5d3c-4a6e-9f6b-2f1c0c3f7a10"

-- Limits of the schema, in characters. The last one is GitLab's: it keeps at most 20 identifiers.
local NAME, DESCRIPTION, SOLUTION, IDENTIFIERS = 255, 1048576, 7000, 20

local severities = { Defcon1 = "Critical", Critical = "Critical", High = "High", Medium = "Medium", Low = "Low",
  Negligible = "Info", Unknown = "Unknown" }

local function clip(s, characters)
  s = text.utf8(s)
  if #s <= characters or utf8.len(s) <= characters then return s end
  return s:sub(1, utf8.offset(s, characters) - 1) .. "…"
end

local function filled(s, otherwise)
  return s and s ~= "" and s or otherwise
end

local function url(s)
  return s and (s:match "^https?://." or s:match "^ftp://.") and s or nil
end

local function image_name(image)
  return filled(image.name, filled(image.reference, "unknown"))
end

-- The schema accepts CVSS 2.0, 3.0 and 3.1, each with its own list of metrics. One unknown metric rejects the report.
local v3 = { AV = "NALP", AC = "LH", PR = "NLH", UI = "NR", S = "UC", C = "NLH", I = "NLH", A = "NLH" }
local v2 = { AV = "NAL", AC = "LMH", Au = "MSN", C = "NPC", I = "NPC", A = "NPC" }

-- Only the base metrics of a vector: they make the score, and writers differ in the others.
local function base_metrics(vector, metrics, order)
  local found, parts = {}, {}
  for name, value in vector:gmatch "(%a+):(%a+)" do
    local values = metrics[name]
    if values and #value == 1 and values:find(value, 1, true) then found[name] = name .. ":" .. value end
  end
  for name in order:gmatch "%S+" do
    if not found[name] then return nil end
    parts[#parts + 1] = found[name]
  end
  return table.concat(parts, "/")
end

local function cvss_vectors(finding)
  local vector = finding.cvss and finding.cvss.vector or ""
  local version = vector:match "^CVSS:(3%.[01])/"
  local metrics
  if version then
    metrics = base_metrics(vector, v3, "AV AC PR UI S C I A")
    metrics = metrics and ("CVSS:%s/%s"):format(version, metrics)
  elseif not vector:find "^CVSS:" then
    metrics = base_metrics(vector, v2, "AV AC Au C I A")
  end
  return metrics and array { object { { "vendor", "unknown" }, { "vector", metrics } } } or nil
end

local function identifier(id, link)
  id = text.utf8(id)
  local type = (id:match "^(%a+)%-" or "advisory"):lower()
  return object { { "type", type }, { "name", id }, { "value", id }, { "url", link } }
end

local function identifiers(finding)
  local list = array { identifier(finding.id, url(finding.url)) }
  for _, alias in ipairs(finding.aliases) do
    if #list == IDENTIFIERS then break end
    if alias ~= "" then list[#list + 1] = identifier(alias) end
  end
  return list
end

local function links(finding)
  local list, seen = array {}, {}
  local function add(link)
    if not url(link) or seen[link] then return end
    seen[link] = true
    list[#list + 1] = object { { "url", link } }
  end
  add(finding.url)
  for _, reference in ipairs(finding.references) do add(reference) end
  return list
end

local function solution(finding)
  if not finding.fixed_by then return nil end
  local package = finding.package
  return clip(("Upgrade %s from %s to %s."):format(package.name, package.version, finding.fixed_by), SOLUTION)
end

local function detail(name, value)
  return { name, value and value ~= "" and object { { "name", name }, { "type", "text" }, { "value", value } } or nil }
end

local function details(finding)
  local layer, kev, epss = finding.layer, finding.kev, finding.epss
  local decision = finding.decision or "undecided"
  return object {
    detail("Package URL", finding.package.purl),
    detail("Found in", finding.package.path),
    detail("Layer", layer and ("%d: %s"):format(layer.index, filled(layer.created_by, layer.digest))),
    detail("Decision", finding.reason and decision .. ": " .. finding.reason or decision),
    detail("Known exploited", kev and "since " .. kev.added .. (kev.ransomware and ", by ransomware too" or "")),
    detail("EPSS", epss and ("%.2f%%, percentile %.1f"):format(epss.score * 100, epss.percentile * 100)),
  }
end

local function location(finding, image, default_branch_image)
  local package, distro = finding.package, image.distro
  local system = filled(distro.id, "unknown")
  return object {
    { "dependency", object {
      { "package", object { { "name", package.name } } },
      { "version", package.version },
    } },
    { "operating_system", distro.version ~= "" and system .. ":" .. distro.version or system },
    { "image", image_name(image) },
    { "default_branch_image", default_branch_image and clip(default_branch_image, NAME) },
  }
end

local function vulnerability(finding, image, options)
  local package = finding.package
  local identity = { image_name(image), package.name, package.version, package.path, finding.id }
  return object {
    { "id", core.uuid5(NAMESPACE, table.concat(identity, "\n")) },
    { "name", clip(filled(finding.summary, finding.id), NAME) },
    { "description", clip(filled(finding.description, filled(finding.summary, finding.id)), DESCRIPTION) },
    { "severity", severities[finding.severity] or "Unknown" },
    { "solution", solution(finding) },
    { "identifiers", identifiers(finding) },
    { "cvss_vectors", cvss_vectors(finding) },
    { "links", links(finding) },
    { "details", details(finding) },
    { "location", location(finding, image, options.default_branch_image) },
  }
end

local left_out = { accept = true, ignore = true }

local function vulnerabilities(result, options)
  local list, seen = array {}, {}
  for _, finding in ipairs(result.findings) do
    if not left_out[finding.decision] then
      local made = vulnerability(finding, result.image, options)
      local id = made[1][2]
      if not seen[id] then list[#list + 1] = made end -- the same package twice at one path, for two architectures
      seen[id] = true
    end
  end
  return list
end

local function messages(result)
  local list, whole = array {}, true
  local function add(level, value)
    list[#list + 1] = object { { "level", level }, { "value", value } }
  end
  for _, problem in ipairs(result.problems) do
    local hidden = problem.kind == "unreadable" or problem.kind == "missing"
    if hidden and not problem.ignored then whole = false end
    add("warn", ("%s: %s"):format(problem.subject, problem.message))
  end
  local backend = result.backend
  if backend and backend.name ~= "embedded" then
    add("info", ("matched by %s%s"):format(backend.name, backend.url and " at " .. backend.url or ""))
  elseif not result.database then
    add("warn", "no vulnerability database was used: nothing was matched")
  elseif result.database.starter then
    add("warn", "the starter database was used: it knows few vulnerabilities, and a pass means little")
  end
  for _, reason in ipairs(result.verdict and result.verdict.reasons or {}) do add("info", reason) end
  return list, whole
end

local function tool(version)
  return object { { "id", "tarsier" }, { "name", "tarsier" }, { "version", version },
    { "vendor", object { { "name", "tarsier" } } } }
end

local function scan(result)
  local list, whole = messages(result)
  local version = result.tarsier.version
  return object {
    { "analyzer", tool(version) }, { "scanner", tool(version) },
    { "start_time", result.started:sub(1, 19) }, { "end_time", result.finished:sub(1, 19) },
    { "status", whole and "success" or "failure" }, { "type", "container_scanning" },
    { "messages", list },
  }
end

return {
  name = "gitlab",
  summary = "GitLab's container scanning report, 15.0.7",
  extension = "json",
  write = function(result, out, options)
    json.write(object {
      { "version", "15.0.7" }, { "scan", scan(result) }, { "vulnerabilities", vulnerabilities(result, options or {}) },
      { "remediations", array {} },
    }, out, { indent = "  " })
    out "\n"
  end,
}
