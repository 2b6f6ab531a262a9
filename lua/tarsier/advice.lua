-- What to do about the findings: from a list of vulnerabilities to a short list of actions.

local core = require "tarsier.core"

local advice = {}

local schemes = { deb = "deb", apk = "apk", rpm = "rpm", pypi = "pep440" }
local of_system = { deb = true, apk = true, rpm = true }
local settled = { accept = true, ignore = true }

local function is_later(type, a, b)
  local order = core.compare(schemes[type] or "semver", a, b)
  if order then return order > 0 end
  return a > b -- not versions of that scheme: any order, as long as it is one
end

-- A distribution's packages are upgraded by source package, a language's each by itself.
local function group_of(groups, finding)
  local package = finding.package
  local system = of_system[package.type]
  local name = system and package.source.name or package.name
  local version = system and package.source.version or package.version
  local key = table.concat({ package.type, name, version, package.layer, system and "" or package.path }, "\0")
  local group = groups[key]
  if not group then
    group = { type = package.type, name = name, version = version, layer = package.layer, path = package.path,
      system = system or false, severity = finding.severity, fixed = {}, open = {}, failing = {},
      wanted = {}, seen = {} }
    groups[key] = group
    groups[#groups + 1] = group
  end
  return group
end

local function add(group, finding, is_wanted)
  local to = finding.fixed_by
  if is_wanted then
    group.has_wanted_fix = group.has_wanted_fix or to ~= nil
    group.wanted[finding.id] = true
  end
  if finding.decision == "fail" then
    group.has_failing_fix = group.has_failing_fix or to ~= nil
    if not to then group.failing[finding.id] = true end
  end
  if group.seen[finding.id] then return end -- another binary package of the same source
  group.seen[finding.id] = true
  if not to then
    table.insert(group.open, finding.id)
    return
  end
  table.insert(group.fixed, finding.id)
  if not group.to or is_later(group.type, to, group.to) then group.to = to end
end

--- groups(result, [is_wanted]) -> list of { type, name, version, layer, path, system, severity, fixed = { id, … },
--- open = { id, … }, to = the version that fixes all of `fixed` | nil, has_failing_fix = does a fix in it end a
--- failing finding?, failing = set of those of `open` that fail, wanted = set of the ids that is_wanted(finding) holds
--- for, has_wanted_fix }, in the findings' order, without what is accepted or ignored
function advice.groups(result, is_wanted)
  local groups = {}
  for _, finding in ipairs(result.findings) do
    if not settled[finding.decision] then
      add(group_of(groups, finding), finding, not is_wanted or is_wanted(finding))
    end
  end
  return { table.unpack(groups) }
end

-- The bottom layer of several is the base image's: its system packages come newer with a newer base.
local function is_base(group, result)
  return group.system and group.layer == 1 and #result.image.layers > 1
end

local function split_open(group)
  local failing, others = {}, {}
  for _, id in ipairs(group.open) do
    if group.failing[id] then
      table.insert(failing, id)
    elseif group.wanted[id] then
      table.insert(others, id)
    end
  end
  return failing, others
end

local function add_open(list, group, ids)
  if #ids > 0 then table.insert(list, { name = group.name, version = group.version, ids = ids }) end
end

-- What hooks that look at the image, or at all decisions, made fail.
local function refusals(result)
  local list = {}
  for _, word in ipairs(result.verdict and result.verdict.trail or {}) do
    if word.decision == "fail" then list[#list + 1] = { policy = word.policy, reason = word.reason } end
  end
  return list
end

--- plan(result, [is_wanted]) -> { pass = steps that make a failing verdict pass, rest = the other steps, as far as
--- is_wanted(finding) holds for one of their findings }, each { upgrade = groups of one's own layers, rebase = groups
--- of the base image, open = { { name, version, ids }, … } without a fix yet, refusals = { { policy, reason }, … }
--- }
function advice.plan(result, is_wanted)
  local plan = { pass = { upgrade = {}, rebase = {}, open = {}, refusals = refusals(result) },
    rest = { upgrade = {}, rebase = {}, open = {}, refusals = {} } }
  for _, group in ipairs(advice.groups(result, is_wanted)) do
    local steps = group.has_failing_fix and plan.pass or group.has_wanted_fix and plan.rest
    if steps then table.insert(is_base(group, result) and steps.rebase or steps.upgrade, group) end
    local failing, others = split_open(group)
    add_open(plan.pass.open, group, failing)
    add_open(plan.rest.open, group, others)
  end
  return plan
end

return advice
