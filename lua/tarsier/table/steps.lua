-- What to do: first the steps that make the verdict pass, then the others.

local later = require "tarsier.later"
local advice = later "tarsier.advice"
local filter = require "tarsier.table.filter"
local findings = require "tarsier.table.findings"
local shared = later "tarsier.report.shared.steps"
local styled = require "tarsier.styled"
local text = require "tarsier.text"

local NAMED = 12       -- packages named in one line; the rest is counted
local INSTRUCTION = 44 -- columns of a layer's instruction, at most

local names, paint = findings.names, styled.text

-- ---- upgrades -----------------------------------------------------------------------------------------------------

local function layer_of(step)
  if step.base or not step.layer then return "" end
  local where = step.instruction ~= "" and ": " .. text.clip(step.instruction, INSTRUCTION) or ""
  return (" (layer %d%s)"):format(step.layer, where)
end

-- A command's words as lines that a shell joins again; a word is never broken.
local function command_lines(command, width)
  local lines = text.wrap(command, width - 2)
  for i = 1, #lines - 1 do lines[i] = lines[i] .. " \\" end
  return lines
end

local function write_step(page, step)
  page:bullet(("%s%s%s, ends %s: %s"):format(step.text, shared.place(step), layer_of(step),
    shared.counts(step.ends.severity), names(step.ends.ids)))
  if not step.command then return end
  for i, line in ipairs(command_lines(step.command, page.prose - 6)) do
    page:line { i == 1 and "      " or "        ", paint("command", line) }
  end
end

local function open_list(open)
  local parts = {}
  for i = 1, math.min(#open, NAMED) do
    local removal, command = shared.removal(open[i])
    parts[i] = ("%s %s (%s%s%s)"):format(open[i].name, open[i].version, names(open[i].ids), shared.why_open(open[i]),
      removal and "; " .. removal .. (command or "") or "")
  end
  if #open > NAMED then table.insert(parts, ("and %d more packages"):format(#open - NAMED)) end
  return table.concat(parts, ", ")
end

-- ---- the section --------------------------------------------------------------------------------------------------

local function rebuilds(page, plan)
  for _, sentence in ipairs(shared.rebuilds(plan)) do page:bullet(sentence) end
end

local function to_pass(page, plan, failing)
  page:line "To pass:"
  for _, step in ipairs(plan.pass) do write_step(page, step) end
  if #failing > 0 then
    page:bullet(("no fix yet, and failing: %s: %s"):format(open_list(failing), shared.UNFIXED))
  end
  for _, refusal in ipairs(plan.refusals) do
    page:bullet(("satisfy the policy %s: %s"):format(refusal.policy, refusal.reason or "it gives no reason"))
  end
end

local steps = {}

-- Filters do not shorten the steps to pass.
local function plan_of(result, options)
  if not filter.is_active(options) then return result.advice or advice.of(result) end
  return advice.of(result, function(finding)
    return options.show ~= "failing" and filter.is_wanted(options, finding)
  end)
end

--- write(page, result): the section WHAT TO DO, if there is anything to do
function steps.write(page, result)
  local plan = plan_of(result, page.options)
  local failing, others = shared.split(plan.open)
  local has_pass = #plan.pass + #failing + #plan.refusals > 0
  local remarks = shared.stale_entries(result)
  local has_rest = #plan.rest + #others + #remarks > 0
  if not has_pass and not has_rest and not plan.rebuild then return end
  page:title "WHAT TO DO"
  if shared.has_command(plan) then page:sentence("", shared.HOW) end
  rebuilds(page, plan)
  if has_pass then to_pass(page, plan, failing) end
  if not has_rest then return end
  if has_pass then page:line "Then:" end
  for _, step in ipairs(plan.rest) do write_step(page, step) end
  if #others > 0 then page:bullet("no fix yet: " .. open_list(others)) end
  for _, remark in ipairs(remarks) do page:bullet(remark) end
end

return steps
