-- GitLab's container scanning report, version 15.0.7. It contains the findings that a person has to look at: those that
-- fail, that warn, and that no policy decided on. Findings that a policy accepted or ignored are left out.

local base64 = require "tarsier.report.shared.base64"
local common = require "tarsier.report.shared.common"
local dockerfile = require "tarsier.report.shared.dockerfile"
local json = require "tarsier.json"
local steps = require "tarsier.report.shared.steps"
local text = require "tarsier.text"

local object, array = json.object, json.array
local clip, filled, image_name = common.clip, common.filled, common.image_name

-- Limits of the schema, in characters. The last one is GitLab's: it keeps at most 20 identifiers.
local NAME, DESCRIPTION, SOLUTION, IDENTIFIERS = 255, 1048576, 7000, 20

local severities = { Defcon1 = "Critical", Critical = "Critical", High = "High", Medium = "Medium", Low = "Low",
  Negligible = "Info", Unknown = "Unknown" }

local function url(s)
  return s and (s:match "^https?://." or s:match "^ftp://.") and s or nil
end

-- The schema accepts CVSS 2.0, 3.0 and 3.1, each with its own list of metrics. One unknown metric rejects the report.
local v3 = { AV = "NALP", AC = "LH", PR = "NLH", UI = "NR", S = "UC", C = "NLH", I = "NLH", A = "NLH" }
local v2 = { AV = "NAL", AC = "LMH", Au = "MSN", C = "NPC", I = "NPC", A = "NPC" }

-- Returns only the base metrics of a vector, or nil if one is missing. They give the score; writers differ in the
-- others.
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
  return metrics and array { object("vendor", "unknown", "vector", metrics) } or nil
end

local function identifier(id, link)
  id = text.utf8(id)
  local type = (id:match "^(%a+)%-" or "advisory"):lower()
  return object("type", type, "name", id, "value", id, "url", link)
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
    list[#list + 1] = object("url", link)
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

local function details(finding)
  local layer, kev, epss, list = finding.layer, finding.kev, finding.epss, {}
  local function add(name, value)
    if not value or value == "" then return end
    table.move({ name, object("name", name, "type", "text", "value", value) }, 1, 2, #list + 1, list)
  end
  local decision = finding.decision or "undecided"
  add("Package URL", finding.package.purl)
  add("Found in", finding.package.path)
  add("Layer", layer and ("%d: %s"):format(layer.index, filled(layer.created_by, layer.digest)))
  add("Decision", finding.reason and decision .. ": " .. finding.reason or decision)
  add("Known exploited", kev and "since " .. kev.added .. (kev.ransomware and ", by ransomware too" or ""))
  add("EPSS", epss and ("%.2f%%, percentile %.1f"):format(epss.score * 100, epss.percentile * 100))
  return object(table.unpack(list))
end

local function location(finding, image, default_branch_image)
  local package = finding.package
  return object(
    "dependency", object(
      "package", object("name", package.name),
      "version", package.version
    ),
    "operating_system", common.system(image),
    "image", image_name(image),
    "default_branch_image", default_branch_image and clip(default_branch_image, NAME)
  )
end

-- The tag is not in it: pipelines often give each build a tag of its own.
local function identity(finding, image)
  local package = finding.package
  return common.uuid(common.repository(image), package.name, package.version, package.path, finding.id)
end

local function vulnerability(finding, image, options)
  return object(
    "id", identity(finding, image),
    "name", clip(filled(finding.summary, finding.id), NAME),
    "description", clip(filled(finding.description, filled(finding.summary, finding.id)), DESCRIPTION),
    "severity", severities[finding.severity] or "Unknown",
    "solution", solution(finding),
    "identifiers", identifiers(finding),
    "cvss_vectors", cvss_vectors(finding),
    "links", links(finding),
    "details", details(finding),
    "location", location(finding, image, options.default_branch_image)
  )
end

-- The findings that are written, each once: a package may be there twice at one path, for two architectures.
local function wanted(result)
  return common.unique(result.findings, function(finding)
    return not common.is_settled(finding) and identity(finding, result.image)
  end)
end

-- ---- remediations -------------------------------------------------------------------------------------------------

local function is_in(list, item)
  for _, one in ipairs(list or {}) do
    if one == item then return true end
  end
  return false
end

-- Does the step end this finding?
local function ends(step, finding)
  if not is_in(step.ends.ids, finding.id) then return false end
  local package = finding.package
  for _, of in ipairs(step.packages) do
    local source = package.source and package.source.name
    if of.type == package.type and (of.name == package.name or of.name == source or is_in(of.names, package.name)) then
      return true
    end
  end
  return false
end

local function remediation(step, list, result, options)
  local file = options.dockerfile
  local diff = dockerfile.patch(file.path, file.text, "RUN " .. step.command:gsub("%s+", " "))
  local fixes = array {}
  for _, finding in ipairs(diff and list or {}) do
    if ends(step, finding) then fixes[#fixes + 1] = object("id", identity(finding, result.image)) end
  end
  if #fixes == 0 then return nil end
  return object("fixes", fixes, "summary", clip(step.text, SOLUTION), "diff", base64(diff))
end

-- Returns upgrades of the distribution's packages as changes to the Dockerfile. Packages of languages are pinned in
-- files of the project, which are not known here.
local function remediations(list, result, options)
  local made, advice = array {}, options.dockerfile and steps.of(result) or { pass = {}, rest = {} }
  for _, which in ipairs { "pass", "rest" } do
    for _, step in ipairs(advice[which]) do
      local first = step.command and step.packages[1]
      if first and common.is_system(first) then made[#made + 1] = remediation(step, list, result, options) end
    end
  end
  return made
end

-- ---- the scan -----------------------------------------------------------------------------------------------------

local function messages(result)
  local list, whole = array {}, true
  local function add(level, value)
    list[#list + 1] = object("level", level, "value", value)
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
  return object("id", "tarsier", "name", "tarsier", "version", version,
    "vendor", object("name", "tarsier"))
end

local function scan(result)
  local list, whole = messages(result)
  local version = result.tarsier.version
  return object(
    "analyzer", tool(version), "scanner", tool(version),
    "start_time", result.started:sub(1, 19), "end_time", result.finished:sub(1, 19),
    "status", whole and "success" or "failure", "type", "container_scanning",
    "messages", list
  )
end

return {
  name = "gitlab",
  summary = "GitLab's container scanning report, 15.0.7",
  extension = "json",
  write = function(result, out, options)
    options = options or {}
    local list = wanted(result)
    json.write(object(
      "version", "15.0.7", "scan", scan(result),
      "vulnerabilities", json.list(list, function(finding)
        return vulnerability(finding, result.image, options)
      end),
      "remediations", remediations(list, result, options)
    ), out, { indent = "  " })
    out "\n"
  end,
}
