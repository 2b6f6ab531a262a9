-- CycloneDX's vulnerabilities: a vulnerability disclosure report whose analysis says what was decided.

local common = require "tarsier.report.shared.common"
local json = require "tarsier.json"
local sbom = require "tarsier.report.shared.sbom"

local object, array = json.object, json.array

local severities = { Defcon1 = "critical", Critical = "critical", High = "high", Medium = "medium", Low = "low",
  Negligible = "info", Unknown = "unknown" }

local methods = { ["3.0"] = "CVSSv3", ["3.1"] = "CVSSv31", ["4.0"] = "CVSSv4" }

-- CycloneDX's words for the justifications of VEX documents.
local justifications = { component_not_present = "code_not_present",
  vulnerable_code_not_present = "code_not_present", vulnerable_code_not_in_execute_path = "code_not_reachable",
  vulnerable_code_cannot_be_controlled_by_adversary = "requires_environment",
  inline_mitigations_already_exist = "protected_by_mitigating_control" }
local states = { not_affected = "not_affected", fixed = "resolved", under_investigation = "in_triage",
  affected = "exploitable" }

local function obeyed(finding)
  for _, statement in ipairs(finding.vex or {}) do
    if statement.obeyed then return statement end
  end
end

-- A scan does not know whether a flaw can be exploited: only people do. What no VEX document speaks of is in triage.
local function analysis(finding)
  local statement = obeyed(finding)
  local response = array {}
  if finding.decision == "accept" and not statement then response[1] = "will_not_fix" end
  if finding.fixed_by and not common.is_settled(finding) then response[1] = "update" end
  return object(
    "state", statement and states[statement.status] or "in_triage",
    "justification", statement and statement.status == "not_affected" and justifications[statement.justification]
      or nil,
    "response", #response > 0 and response or nil,
    "detail", ("%s%s"):format(finding.decision or "undecided", finding.reason and ": " .. finding.reason or "")
  )
end

local function rating(finding)
  local vector = finding.cvss and common.filled(finding.cvss.vector, nil)
  return object(
    "source", common.filled(finding.severity_source, nil) and object("name", finding.severity_source),
    "score", finding.cvss and finding.cvss.score, "severity", severities[finding.severity] or "unknown",
    "method", vector and (methods[vector:match "^CVSS:(%d%.%d)"] or "CVSSv2") or "other", "vector", vector
  )
end

local function source_of(id)
  return object("name", (id:match "^(%a+)%-" or "unknown"):upper())
end

local function references(finding)
  local list = array {}
  for i, alias in ipairs(finding.aliases) do list[i] = object("id", alias, "source", source_of(alias)) end
  return #list > 0 and list or nil
end

local function advisories(finding)
  local list = array {}
  for i, address in ipairs(common.links(finding)) do list[i] = object("url", address) end
  return #list > 0 and list or nil
end

local function properties(finding)
  local list = array {}
  local function add(name, value)
    if value ~= nil then list[#list + 1] = object("name", "tarsier:" .. name, "value", tostring(value)) end
  end
  add("decision", finding.decision or "undecided")
  add("policy", finding.policy)
  add("fixed_by", finding.fixed_by)
  add("risk", finding.risk)
  add("kev:added", finding.kev and finding.kev.added)
  add("epss", finding.epss and finding.epss.score)
  return list
end

-- Findings of one vulnerability on which the same was decided are one entry that affects several components.
local function groups(result)
  local list, index = {}, {}
  for _, finding in ipairs(result.findings) do
    local key = table.concat({ finding.id, finding.severity, finding.decision or "", finding.reason or "",
      finding.fixed_by or "", finding.package.type }, "\0")
    if not index[key] then
      index[key] = { finding = finding, packages = {} }
      list[#list + 1] = index[key]
    end
    table.insert(index[key].packages, finding.package)
  end
  return list
end

local function affects(packages, ref_of)
  local list, seen = array {}, {}
  for _, package in ipairs(packages) do
    local ref = ref_of[sbom.identity(package)]
    if ref and not seen[ref] then
      seen[ref] = true
      list[#list + 1] = object("ref", ref,
        "versions", array { object("version", package.version, "status", "affected") })
    end
  end
  return list
end

local function vulnerability(group, ref_of)
  local finding = group.finding
  local package = finding.package
  return object(
    "id", finding.id, "source", source_of(finding.id), "references", references(finding),
    "ratings", array { rating(finding) },
    "description", common.filled(finding.summary, nil), "detail", common.filled(finding.description, nil),
    "recommendation", finding.fixed_by and ("Upgrade %s to %s."):format(package.name, finding.fixed_by),
    "advisories", advisories(finding),
    "published", sbom.time(finding.published), "updated", sbom.time(finding.modified),
    "analysis", analysis(finding), "affects", affects(group.packages, ref_of),
    "properties", properties(finding)
  )
end

--- vulnerabilities(result, refs) -> the list, each made when it is written; refs are the components' references in the
--- order of result.packages
return function(result, refs)
  local ref_of = {}
  for i, package in ipairs(result.packages) do
    local identity = sbom.identity(package)
    ref_of[identity] = ref_of[identity] or refs[i]
  end
  return json.list(groups(result), function(group) return vulnerability(group, ref_of) end)
end
