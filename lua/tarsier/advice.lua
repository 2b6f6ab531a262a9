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
      system = system or false, severity = finding.severity, fixed = {}, open = {}, seen = {} }
    groups[key] = group
    groups[#groups + 1] = group
  end
  return group
end

local function add(group, finding)
  if group.seen[finding.id] then return end -- another binary package of the same source
  group.seen[finding.id] = true
  local to = finding.fixed_by
  if not to then
    table.insert(group.open, finding.id)
    return
  end
  table.insert(group.fixed, finding.id)
  if not group.to or is_later(group.type, to, group.to) then group.to = to end
end

--- groups(result) -> list of { type, name, version, layer, path, system, severity, fixed = { id, … }, open = { id, … },
--- to = the version that fixes all of `fixed` | nil }, in the findings' order, without what is accepted or ignored
function advice.groups(result)
  local groups = {}
  for _, finding in ipairs(result.findings) do
    if not settled[finding.decision] then add(group_of(groups, finding), finding) end
  end
  return { table.unpack(groups) }
end

-- The bottom layer of several is the base image's: its system packages come newer with a newer base.
local function is_base(group, result)
  return group.system and group.layer == 1 and #result.image.layers > 1
end

--- plan(result) -> { upgrade = groups of one's own layers, rebase = groups of the base image, wait = groups with
--- findings that nothing fixes yet }
function advice.plan(result)
  local plan = { upgrade = {}, rebase = {}, wait = {} }
  for _, group in ipairs(advice.groups(result)) do
    if group.to then table.insert(is_base(group, result) and plan.rebase or plan.upgrade, group) end
    if #group.open > 0 then table.insert(plan.wait, group) end
  end
  return plan
end

return advice
