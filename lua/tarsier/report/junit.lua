-- JUnit's XML, for the test tabs of GitLab and Jenkins: one case for each policy and one for each package. It is
-- valid by both schemas that are in use, Ant's (JUnit.xsd) and Jenkins' (junit-10.xsd).

local common = require "tarsier.report.shared.common"
local text = require "tarsier.text"
local xml = require "tarsier.report.shared.xml"

-- How many lines a failure has. The findings beyond them are counted.
local LINES = 200

local function line_of(finding)
  local kev = finding.kev and ", known to be exploited" or ""
  return ("%s %s: %s%s%s"):format(finding.id, finding.severity, common.remedy(finding), kev,
    finding.reason and finding.reason ~= common.remedy(finding) and " (" .. finding.reason .. ")" or "")
end

-- One case: { class, name, failure = { message, type, lines }, skipped = message }
local function write_case(out, case)
  local tag = xml.tag("testcase", { { "name", case.name }, { "classname", case.class }, { "time", "0" } })
  local failure = case.failure
  if failure then
    out(("    <%s>\n      <%s>%s</failure>\n    </testcase>\n"):format(tag,
      xml.tag("failure", { { "message", failure.message }, { "type", failure.type } }),
      xml.lines(failure.lines)))
  elseif case.skipped then
    out(("    <%s>\n      <%s/>\n    </testcase>\n"):format(tag, xml.tag("skipped", { { "message", case.skipped } })))
  else
    out(("    <%s/>\n"):format(tag))
  end
end

local function write_suite(out, result, id, suite)
  local failures, skipped = 0, 0
  for _, case in ipairs(suite.cases) do
    failures = failures + (case.failure and 1 or 0)
    skipped = skipped + (case.skipped and 1 or 0)
  end
  local image = common.image_name(result.image)
  out(("  <%s>\n    <properties>\n"):format(xml.tag("testsuite", { { "name", suite.name }, { "id", id },
    { "package", suite.package }, { "hostname", "localhost" }, { "timestamp", result.started:sub(1, 19) },
    { "tests", #suite.cases }, { "failures", failures }, { "errors", 0 }, { "skipped", skipped },
    { "time", result.usage and id == 0 and ("%.3f"):format(result.usage.seconds) or "0" } })))
  for _, pair in ipairs { { "image", image }, { "digest", result.image.digest } } do
    out(("      <%s/>\n"):format(xml.tag("property", { { "name", pair[1] }, { "value", pair[2] } })))
  end
  out "    </properties>\n"
  for _, case in ipairs(suite.cases) do write_case(out, case) end
  out(("    <system-out>%s</system-out>\n    <system-err>%s</system-err>\n  </testsuite>\n"):format(
    xml.lines(suite.output), xml.lines(suite.errors)))
end

-- ---- policies -----------------------------------------------------------------------------------------------------

-- Returns by policy what it made fail: its reasons against the image, and the findings on which it decided last.
local function refused(result)
  local by_policy = {}
  local function add(policy, line)
    if not policy then return end
    local list = by_policy[policy] or { count = 0 }
    by_policy[policy] = list
    list.count = list.count + 1
    if list.count <= LINES then list[#list + 1] = line end
  end
  for _, word in ipairs(result.verdict.trail or {}) do
    if word.decision == "fail" then add(word.policy, word.reason or "fails the image") end
  end
  for _, finding in ipairs(result.findings) do
    if finding.decision == "fail" then
      add(finding.policy, ("%s %s: %s"):format(finding.package.name, finding.package.version, line_of(finding)))
    end
  end
  return by_policy
end

local function with_rest(lines)
  if lines.count > #lines then lines[#lines + 1] = ("and %s more"):format(text.thousands(lines.count - #lines)) end
  return lines
end

local function policies(result)
  local cases, by_policy = {}, refused(result)
  for i, policy in ipairs(result.verdict.policies or {}) do
    local lines = by_policy[policy.name]
    cases[i] = { class = "tarsier.policy", name = policy.name, failure = lines and {
      message = ("%s: %s"):format(policy.name, text.plural(lines.count, "failure")), type = "policy",
      lines = with_rest(lines) } or nil }
  end
  cases[#cases + 1] = { class = "tarsier.policy", name = "verdict", failure = not result.verdict.pass and {
    message = result.verdict.reasons[1] or "the verdict fails", type = "verdict", lines = result.verdict.reasons }
    or nil }
  return { name = "tarsier: policies", package = "tarsier.policy", cases = cases,
    output = result.verdict.reasons }
end

-- ---- packages -----------------------------------------------------------------------------------------------------

-- Findings that fail make their package's case fail; those that only warn are written to the suite's output.
local function by_package(findings)
  local map, warnings = {}, { count = 0 }
  for _, finding in ipairs(findings) do
    local key = finding.package.index
    local lines = map[key] or { count = 0, accepted = 0, ids = {} }
    map[key] = lines
    if finding.decision == "fail" then
      lines.count = lines.count + 1
      if lines.count <= LINES then lines[#lines + 1] = line_of(finding) end
      if #lines.ids < 3 then table.insert(lines.ids, finding.id) end
    elseif finding.decision == "accept" then
      lines.accepted = lines.accepted + 1
    elseif finding.decision == "warn" then
      warnings.count = warnings.count + 1
      if warnings.count <= LINES then
        warnings[#warnings + 1] = ("%s %s: %s"):format(finding.package.name, finding.package.version, line_of(finding))
      end
    end
  end
  return map, with_rest(warnings)
end

local function message_of(package, lines)
  local rest = lines.count - #lines.ids
  return ("%s %s: %s%s"):format(package.name, package.version, table.concat(lines.ids, ", "),
    rest > 0 and (" and %s more"):format(text.thousands(rest)) or "")
end

-- The same package may be there for several architectures or at several paths: a case's name is its own.
local function case_name(package, seen)
  local name = package.name .. " " .. package.version
  if package.architecture ~= "" then name = name .. " " .. package.architecture end
  if seen[package.type .. name] then name = name .. " in " .. package.path end
  seen[package.type .. name] = true
  return name
end

local function packages(result)
  local cases, seen = {}, {}
  local map, warnings = by_package(result.findings)
  for i, package in ipairs(result.packages) do
    local lines = map[package.index or i]
    local case = { class = "tarsier.package." .. package.type, name = case_name(package, seen) }
    if lines and lines.count > 0 then
      case.failure = { message = message_of(package, lines), type = "vulnerability", lines = with_rest(lines) }
    elseif lines and lines.accepted > 0 then
      case.skipped = ("%s accepted"):format(text.plural(lines.accepted, "finding"))
    end
    cases[i] = case
  end
  local problems = {}
  for i, problem in ipairs(result.problems) do problems[i] = ("%s: %s"):format(problem.subject, problem.message) end
  return { name = "tarsier: packages", package = "tarsier.package", cases = cases,
    output = warnings, errors = problems }
end

local function write(result, out)
  out '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n'
  if result.verdict then write_suite(out, result, 0, policies(result)) end
  write_suite(out, result, 1, packages(result))
  out "</testsuites>\n"
end

return { name = "junit", summary = "one test case a policy and a package, for GitLab's and Jenkins' test tabs",
  extension = "xml", write = write }
