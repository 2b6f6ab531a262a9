-- What to do, for all reports that people read: result.advice (tarsier.report describes it) as lines.

local text = require "tarsier.text"

local steps = {}

local order = { "Defcon1", "Critical", "High", "Medium", "Low", "Negligible", "Unknown" }

--- counts(severity) -> "1 Critical, 24 High" from { Critical = 1, High = 24 }
function steps.counts(severity)
  local parts = {}
  for _, name in ipairs(order) do
    local count = severity and severity[name] or 0
    if count > 0 then parts[#parts + 1] = ("%s %s"):format(text.thousands(count), name) end
  end
  return table.concat(parts, ", ")
end

--- ends(step) -> "ends 3 findings: 1 Critical, 2 High"
function steps.ends(step)
  local counts = steps.counts(step.ends.severity)
  return ("ends %s%s"):format(text.plural(step.ends.total, "finding"), counts ~= "" and ": " .. counts or "")
end

--- where(step) -> "layer 2: RUN apt-get install …" | nil
function steps.where(step)
  local instruction = step.instruction and step.instruction ~= "" and step.instruction or nil
  if not step.layer then return instruction and "in " .. instruction end
  return ("layer %d%s"):format(step.layer, instruction and ": " .. instruction or "")
end

-- ---- a result without advice: made from its findings ---------------------------------------------------------------

local function severities_of(result)
  local map = {}
  for _, finding in ipairs(result.findings) do map[finding.id] = finding.severity end
  return map
end

local function ends_of(ids, severities)
  local ends = { total = #ids, severity = {}, ids = ids }
  for _, id in ipairs(ids) do
    local word = severities[id] or "Unknown"
    ends.severity[word] = (ends.severity[word] or 0) + 1
  end
  return ends
end

local function step_of(group, kind, severities)
  local verb = kind == "rebase" and "rebuild on a newer base image, or upgrade %s %s → %s" or "upgrade %s %s → %s"
  return { kind = kind, text = verb:format(group.name, group.version, group.to), layer = group.layer,
    ends = ends_of(group.fixed, severities), packages = {} }
end

local function made(result)
  local plan = require "tarsier.advice".plan(result)
  local severities, advice = severities_of(result), { pass = {}, rest = {}, open = {}, refusals = plan.pass.refusals }
  for _, which in ipairs { "pass", "rest" } do
    for _, kind in ipairs { "upgrade", "rebase" } do
      for _, group in ipairs(plan[which][kind]) do
        table.insert(advice[which], step_of(group, kind, severities))
      end
    end
    for _, open in ipairs(plan[which].open) do
      table.insert(advice.open, { name = open.name, version = open.version, ids = open.ids, total = #open.ids,
        fails = which == "pass" })
    end
  end
  return advice
end

--- of(result) -> { pass = steps, rest = steps, open = packages, refusals = refusals }; empty lists if there is nothing
--- to do
function steps.of(result)
  if not result.findings then return { pass = {}, rest = {}, open = {}, refusals = {} } end
  return result.advice or made(result)
end

return steps
