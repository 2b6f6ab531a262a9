-- What to do about the findings: from a list of vulnerabilities to a short list of steps. tarsier.report describes the
-- fields of what `of` returns.

local commands = require "tarsier.advice.commands"
local core = require "tarsier.core"
local removal = require "tarsier.advice.removal"

local advice = {}

local schemes = { deb = "deb", apk = "apk", rpm = "rpm", pypi = "pep440" }
local settled = { accept = true, ignore = true }
local severities = { "Unknown", "Negligible", "Low", "Medium", "High", "Critical", "Defcon1" }
local ranks = {}
for rank, name in ipairs(severities) do ranks[name] = rank end

local function is_later(type, a, b)
  local order = core.compare(schemes[type] or "semver", a, b)
  if order then return order > 0 end
  return a > b -- not versions of that scheme: any order, as long as it is one
end

-- ---- counts -------------------------------------------------------------------------------------------------------

-- seen: set of the values that were added. A caller's own findings may lack a value.
local function add_once(list, seen, value)
  if value == nil or seen[value] then return end
  table.insert(list, value)
  seen[value] = true
end

local function new_ends()
  return { total = 0, severity = {}, ids = {} }
end

local function count(ends, finding, seen)
  ends.total = ends.total + 1
  ends.severity[finding.severity] = (ends.severity[finding.severity] or 0) + 1
  add_once(ends.ids, seen, finding.id)
end

-- ---- packages -----------------------------------------------------------------------------------------------------

local function instruction(layer)
  local s = (layer.created_by or ""):gsub("%s+# buildkit%s*$", ""):gsub("^/bin/sh %-c #%(nop%)%s*", "")
  return (s:gsub("^RUN /bin/sh %-c ", "RUN "):gsub("^/bin/sh %-c ", "RUN "):gsub("%s+$", ""))
end
advice.instruction = instruction

-- If nothing tells the base, the lowest of several layers is taken for it.
local function is_base(finding, result)
  local layer = finding.layer
  if not layer then return false end
  if layer.base ~= nil then return layer.base end
  return layer.index == 1 and #result.image.layers > 1
end

-- A distribution's packages are upgraded by source package, once for the whole image. A language's are upgraded in each
-- project by itself.
local function group_of(groups, finding, result)
  local package = finding.package
  local is_system = commands.is_system(package.type)
  local source = is_system and package.source or {}
  local name = source.name or package.name
  local place = is_system and "" or commands.place(package)
  local key = table.concat({ package.type, name, place }, "\0")
  local group = groups[key]
  if not group then
    group = { type = package.type, name = name, place = place, is_system = is_system, base = is_system,
      version = source.version or package.version, names = {}, paths = {}, layer = nil,
      ends = new_ends(), seen = {}, seen_names = {}, seen_paths = {}, open = {}, failing = 0 }
    groups[key] = group
    groups[#groups + 1] = group
  end
  group.base = group.base and is_base(finding, result)
  return group
end

local function add(group, finding, is_wanted)
  local package, to = finding.package, finding.fixed_by
  if not to then
    if is_wanted or finding.decision == "fail" then table.insert(group.open, finding) end
    return
  end
  group.is_wanted = group.is_wanted or is_wanted
  local version = group.is_system and package.source.version or package.version
  if is_later(group.type, group.version, version) then group.version = version end
  if not group.to or is_later(group.type, to, group.to) then group.to = to end
  if finding.layer and (not group.layer or finding.layer.index > group.layer.index) then group.layer = finding.layer end
  add_once(group.names, group.seen_names, package.name)
  add_once(group.paths, group.seen_paths, package.path)
  count(group.ends, finding, group.seen)
  if finding.decision == "fail" then group.failing = group.failing + 1 end
end

-- -> list of packages in the order of the findings, without what is accepted or ignored
local function groups_of(result, is_wanted)
  local groups = {}
  for _, finding in ipairs(result.findings) do
    if not settled[finding.decision] then
      add(group_of(groups, finding, result), finding, not is_wanted or is_wanted(finding))
    end
  end
  return groups
end

-- ---- steps --------------------------------------------------------------------------------------------------------

local function described(group)
  return { type = group.type, name = group.name, version = group.version, to = group.to, names = group.names,
    paths = group.paths, ends = group.ends }
end

-- What is upgraded by one command is one step.
local function step_of(steps, group)
  local kind = group.base and "rebase" or "upgrade"
  local key = table.concat({ kind, group.type, group.place }, "\0")
  local step = steps[key]
  if not step then
    step = { kind = kind, type = group.type, place = group.place, base = group.base, packages = {}, ends = new_ends(),
      seen = {}, failing = 0 }
    steps[key] = step
    steps[#steps + 1] = step
  end
  return step
end

local function join(step, group)
  table.insert(step.packages, described(group))
  step.ends.total, step.failing = step.ends.total + group.ends.total, step.failing + group.failing
  for severity, number in pairs(group.ends.severity) do
    step.ends.severity[severity] = (step.ends.severity[severity] or 0) + number
  end
  for _, id in ipairs(group.ends.ids) do
    add_once(step.ends.ids, step.seen, id)
  end
  if group.layer and (not step.layer or group.layer.index > step.layer) then
    step.layer, step.instruction = group.layer.index, group.base and "FROM" or instruction(group.layer)
  end
end

local NAMED = 12 -- packages named in the text of one step; the rest is counted

local function text_of(step, result)
  local parts = {}
  for i, package in ipairs(step.packages) do
    if i <= NAMED then table.insert(parts, ("%s %s → %s"):format(package.name, package.version, package.to)) end
  end
  if #step.packages > NAMED then table.insert(parts, ("and %d more"):format(#step.packages - NAMED)) end
  local list = table.concat(parts, ", ")
  if step.kind == "upgrade" then return "upgrade " .. list end
  local base = result.image.base
  local name = base and base.name ~= "" and (" (now %s)"):format(base.name) or ""
  local other = step.command and ", or upgrade its packages" or ""
  return ("rebuild on a newer base image%s%s: %s"):format(name, other, list)
end

local function weight(ends)
  local sum = 0
  for severity, number in pairs(ends.severity) do sum = sum + number * 4 ^ (ranks[severity] or 1) end
  return sum
end

-- The step that ends the most comes first.
local function in_order(steps)
  local order = {}
  for i, step in ipairs(steps) do order[step] = { -step.failing, -weight(step.ends), i } end
  table.sort(steps, function(a, b)
    for k, key in ipairs(order[a]) do
      if key ~= order[b][k] then return key < order[b][k] end
    end
    return false
  end)
  return steps
end

local function finished(steps, result, installed)
  local list = {}
  for i, step in ipairs(in_order({ table.unpack(steps) })) do
    step.command = commands.upgrade(step.type, step.packages, step.place, installed)
    step.text = text_of(step, result)
    step.type, step.seen, step.failing = nil, nil, nil
    list[i] = step
  end
  return list
end

-- ---- what has no fix ----------------------------------------------------------------------------------------------

local function earlier(a, b)
  return a ~= "" and a < b and a or b
end

-- The packages with these findings that can be removed: each is needed by nothing, or only by others of them.
local function remove_of(group, names, there, index)
  local list = group.is_system and removal.of(group.type, names, index) or {}
  if #list == 0 then return nil end
  return { names = list, all = #list == #names, command = commands.remove(group.type, list, there) }
end

local function open_of(group, is_failing, there, index)
  local names, seen_names = {}, {}
  local made, seen = { type = group.type, name = group.name, version = group.version, base = group.base,
    fails = is_failing, status = "", since = "", severity = {}, ids = {}, total = 0 }, {}
  for _, finding in ipairs(group.open) do
    if (finding.decision == "fail") == is_failing then
      count({ total = 0, severity = made.severity, ids = made.ids }, finding, seen)
      made.total = made.total + 1
      add_once(names, seen_names, finding.package.name)
      made.layer = made.layer or finding.layer and finding.layer.index
      if made.status == "" and finding.status ~= "affected" then made.status = finding.status or "" end
      local day = (finding.published or ""):sub(1, 10)
      if made.since == "" then made.since = day else made.since = earlier(day, made.since) end
    end
  end
  if made.total == 0 then return nil end
  made.remove = remove_of(group, names, there, index)
  return made
end

-- What hooks that look at the image, or at all decisions, made fail.
local function refusals(result)
  local list = {}
  for _, word in ipairs(result.verdict and result.verdict.trail or {}) do
    if word.decision == "fail" then list[#list + 1] = { policy = word.policy, reason = word.reason } end
  end
  return list
end

-- The managers that are installed, as commands.upgrade takes them.
local function installed(result)
  local set = {}
  for _, package in ipairs(result.packages or {}) do
    local type, name = package.type, package.name
    if name and commands.is_manager(type, name) then set[type .. "\0" .. name] = true end
  end
  return set
end

--- of(result, [is_wanted]) -> { pass, rest, open, refusals }, as tarsier.report describes it. The steps to pass are
--- whole; the others end a finding for which is_wanted(finding) holds. What is accepted or ignored is left out.
function advice.of(result, is_wanted)
  local pass, rest, open = {}, {}, {}
  local groups, there, index = groups_of(result, is_wanted), nil, nil
  if groups[1] then -- an image may have 80,000 packages and no findings
    there, index = installed(result), removal.index(result.packages)
  end
  for _, group in ipairs(groups) do
    if group.failing > 0 then
      join(step_of(pass, group), group)
    elseif group.is_wanted then
      join(step_of(rest, group), group)
    end
    for _, is_failing in ipairs { true, false } do
      open[#open + 1] = open_of(group, is_failing, there, index)
    end
  end
  table.sort(open, function(a, b) -- what fails comes first
    if a.fails ~= b.fails then return a.fails end
    return a.name .. "\0" .. a.version < b.name .. "\0" .. b.version
  end)
  return { pass = finished(pass, result, there), rest = finished(rest, result, there), open = open,
    refusals = refusals(result), rebuild = (result.rebuild or {})[1] and result.rebuild or nil }
end

--- upgrades(result): sets finding.upgrade = { to, command, ends = { total, severity } } for what has a fix: the
--- package's smallest upgrade that ends all its findings, whatever policies decide on them. For policies that need it.
function advice.upgrades(result)
  local groups, there = {}, installed(result)
  for _, finding in ipairs(result.findings) do add(group_of(groups, finding, result), finding, true) end
  for _, finding in ipairs(result.findings) do
    local group = finding.fixed_by and group_of(groups, finding, result)
    if group then
      group.upgrade = group.upgrade or { to = group.to, ends = { total = group.ends.total,
        severity = group.ends.severity }, command = commands.upgrade(group.type, { group }, group.place, there) }
      finding.upgrade = group.upgrade
    end
  end
end

return advice
