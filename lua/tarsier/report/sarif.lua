-- SARIF 2.1.0 for GitHub's code scanning and other readers of SARIF. Facts on GitHub: docs.github.com, "SARIF
-- support for code scanning" and "SARIF results exceed one or more limits".

local common = require "tarsier.report.shared.common"
local findings = require "tarsier.table.findings"
local json = require "tarsier.json"
local markdown = require "tarsier.report.shared.markdown"
local text = require "tarsier.text"

local object, array = json.object, json.array

-- Results of a run: GitHub keeps the KEPT most severe ones, and refuses a file with more than REFUSED results or rules.
local KEPT, REFUSED = 5000, 25000
-- Characters of a text. GitHub shows 1,024 of a short description.
local SHORT, MARKED = 1024, 600

local levels = { Defcon1 = "error", Critical = "error", High = "error", Medium = "warning", Low = "note",
  Negligible = "note", Unknown = "note" }

-- SARIF 2.1.0, section 3.11: brackets would make links, and braces placeholders.
local message = text.escaper { ["["] = "\\[", ["]"] = "\\]", ["\\"] = "\\\\", ["{"] = "{{", ["}"] = "}}" }

local function plain(s, limit)
  return common.clip(text.printable(s), limit)
end

-- ---- rules --------------------------------------------------------------------------------------------------------

-- One rule an id, with the highest score of its findings: GitHub takes the severity from the rule.
local function collect_rules(list)
  local rules, index = common.unique(list, function(finding) return finding.id end)
  local scores = {}
  for _, finding in ipairs(list) do
    local score = common.score(finding)
    if score then scores[finding.id] = math.max(score, scores[finding.id] or 0) end
  end
  return rules, index, scores
end

-- Returns a sentence for each fact that is known beside the description.
local function facts(finding)
  local lines = {}
  if #finding.aliases > 0 then lines[1] = "Also known as " .. table.concat(finding.aliases, ", ") .. "." end
  if finding.kev then lines[#lines + 1] = "Known to be exploited since " .. finding.kev.added .. " (CISA KEV)." end
  if finding.epss then
    lines[#lines + 1] = ("Likely to be exploited within 30 days: %.1f%% (EPSS)."):format(finding.epss.score * 100)
  end
  if finding.cvss then lines[#lines + 1] = ("CVSS %.1f: %s"):format(finding.cvss.score, finding.cvss.vector) end
  return lines
end

-- told: the description as a message
local function help(finding, told)
  local lines = facts(finding)
  local marked = { markdown.escape(common.clip(common.filled(finding.description, common.summary(finding)), MARKED)) }
  for i, line in ipairs(lines) do
    line = common.clip(line, SHORT)
    lines[i] = message(line)
    marked[i + 1] = markdown.escape(line)
  end
  for _, address in ipairs(common.links(finding)) do
    if #marked > 12 then break end
    marked[#marked + 1] = "- " .. markdown.link(address, address)
  end
  return object("text", told .. " " .. table.concat(lines, " "), "markdown", table.concat(marked, "\n\n"))
end

local function tags(finding)
  local list = array { "security", "vulnerability", finding.severity }
  if finding.kev then list[#list + 1] = "known-exploited" end
  if finding.fixed_by then list[#list + 1] = "fixable" end
  return list
end

local function rule(finding, score)
  local summary = message(common.clip(common.summary(finding), SHORT))
  local told = message(common.clip(common.filled(finding.description, common.summary(finding)), SHORT))
  return object(
    "id", plain(finding.id, 255), "name", "VulnerablePackage",
    "shortDescription", object("text", summary),
    "fullDescription", object("text", told),
    "helpUri", common.link(finding.url),
    "help", help(finding, told),
    "defaultConfiguration", object("level", levels[finding.severity] or "note"),
    "properties", object(
      "security-severity", score and ("%.1f"):format(score), "precision", "very-high",
      "tags", tags(finding)
    )
  )
end

-- ---- results ------------------------------------------------------------------------------------------------------

-- A path in the image as a relative reference (RFC 3986).
local function uri(path)
  return (common.filled(path, "image"):gsub("^/+", ""):gsub("[^%w%-._~/]", function(c)
    return ("%%%02X"):format(c:byte())
  end))
end

local function locations(finding, image)
  local package, layer = finding.package, finding.layer
  return array { object(
    "physicalLocation", object(
      "artifactLocation", object("uri", uri(package.path), "uriBaseId", "IMAGE"),
      "region", object("startLine", 1)
    ),
    "logicalLocations", array { object("name", text.printable(package.name), "kind", "package",
      "fullyQualifiedName", text.printable(common.filled(package.purl, package.name))) },
    "message", object("text", message(("%s: %s %s%s"):format(common.image_name(image), package.name,
      package.version, layer and (", layer %d: %s"):format(layer.index, common.instruction(layer)) or "")))
  ) }
end

-- locate(finding): its locations, made once for all findings of a package in a layer
local function locator(image)
  local by_package = {}
  return function(finding)
    local package, layer = finding.package, finding.layer or false
    local by_layer = by_package[package] or {}
    by_package[package] = by_layer
    by_layer[layer] = by_layer[layer] or locations(finding, image)
    return by_layer[layer]
  end
end

-- A finding that a person accepted, or that a policy ignores, is written as a suppressed one.
local function suppressions(finding)
  if not common.is_settled(finding) then return nil end
  return array { object("kind", "external", "status", "accepted",
    "justification", finding.reason and message(finding.reason)) }
end

local function result_of(finding, image, index, locate)
  local package = finding.package
  local print = common.fingerprint(image, finding)
  return object(
    "ruleId", plain(finding.id, 255), "ruleIndex", index[finding.id] - 1,
    "level", levels[finding.severity] or "note",
    "message", object("text", message(("%s %s has %s (%s): %s"):format(package.name, package.version, finding.id,
      finding.severity, common.remedy(finding)))),
    "locations", locate(finding),
    "partialFingerprints", object("primaryLocationLineHash", print .. ":1", "tarsier/v1", print),
    "baselineState", finding.baseline == "new" and "new" or finding.baseline == "known" and "unchanged" or nil,
    "suppressions", suppressions(finding),
    "properties", object(
      "decision", finding.decision or "undecided", "policy", finding.policy, "reason", finding.reason,
      "purl", package.purl, "installedVersion", package.version, "fixedVersion", finding.fixed_by,
      "layer", finding.layer and finding.layer.digest, "risk", finding.risk
    )
  )
end

-- ---- the run ------------------------------------------------------------------------------------------------------

local function notification(level, s)
  return object("level", level, "message", object("text", message(s)))
end

local function invocation(result, notes)
  local list, whole = array {}, true
  for _, note in ipairs(notes) do list[#list + 1] = notification("warning", note) end
  for _, problem in ipairs(result.problems) do
    local hidden = problem.kind == "unreadable" or problem.kind == "missing"
    if hidden and not problem.ignored then whole = false end
    list[#list + 1] = notification("warning", ("%s: %s"):format(problem.subject, problem.message))
  end
  return object("executionSuccessful", whole, "startTimeUtc", result.started,
    "endTimeUtc", result.finished, "toolExecutionNotifications", list)
end

local function limits(count)
  if count > REFUSED then
    return { ("GitHub takes %s results: the most urgent ones are written, %s are left out"):format(
      text.thousands(REFUSED), text.thousands(count - REFUSED)) }
  elseif count > KEPT then
    return { ("GitHub keeps the %s most severe of these %s results"):format(text.thousands(KEPT),
      text.thousands(count)) }
  end
  return {}
end

local function driver(rules, scores, version)
  return object(
    "name", "tarsier", "version", version, "semanticVersion", version:match "^%d+%.%d+%.%d+" and version,
    "rules", json.list(rules, function(finding) return rule(finding, scores[finding.id]) end)
  )
end

local function write(result, out)
  local list, image = findings.sorted(result.findings), result.image
  local notes = limits(#list)
  if #list > REFUSED then list = { table.unpack(list, 1, REFUSED) } end
  local rules, index, scores = collect_rules(list)
  local locate = locator(image)
  json.write(object(
    "$schema", "https://json.schemastore.org/sarif-2.1.0.json",
    "version", "2.1.0",
    "runs", array { object(
      "tool", object("driver", driver(rules, scores, result.tarsier.version)),
      "automationDetails", object("id", "tarsier/" .. common.repository(image) .. "/"),
      "originalUriBaseIds", object("IMAGE", object(
        "description", object("text", message("the root of the image " .. common.image_name(image))))),
      "invocations", array { invocation(result, notes) },
      "columnKind", "utf16CodeUnits",
      "results", json.list(list, function(finding) return result_of(finding, image, index, locate) end),
      "properties", object("imageName", common.image_name(image), "imageDigest", image.digest,
        "imageID", image.id, "verdict", result.verdict and result.verdict.decision)
    ) }
  ), out, { indent = " " })
  out "\n"
  return notes
end

return { name = "sarif", summary = "SARIF 2.1.0, for GitHub's code scanning", extension = "sarif", write = write }
