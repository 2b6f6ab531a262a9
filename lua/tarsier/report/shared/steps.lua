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

--- title(step) -> "Upgrade 7 packages"; if it has one package only, what the step says
function steps.title(step)
  local count = #step.packages
  local title = step.text
  if count > 1 then
    title = ("%supgrade %s"):format(step.kind == "rebase" and "rebuild on a newer base image, or " or "",
      text.plural(count, "package"))
  end
  return (title:gsub("^%l", string.upper))
end

--- where(step) -> "layer 2: RUN apt-get install …" | nil
function steps.where(step)
  local instruction = step.instruction and step.instruction ~= "" and step.instruction or nil
  if step.base and step.layer then return ("base image, layer %d"):format(step.layer) end
  if not step.layer then return instruction and "in " .. instruction end
  return ("layer %d%s"):format(step.layer, instruction and ": " .. instruction or "")
end

--- removal(open) -> "nothing needs it: apt-get remove -y curl" | nil: the rest of a line about a package without a fix, and
--- the command in it
function steps.removal(open)
  local remove = open.remove
  if not remove then return nil end
  local names = table.concat(remove.names, ", ")
  if #remove.names > 3 then names = ("%s and %d more"):format(table.concat(remove.names, ", ", 1, 3), #remove.names - 3) end
  local what = remove.all and #remove.names == 1 and "it" or names
  return ("nothing needs %s%s"):format(what, remove.command and ": " or ", so it can be removed"), remove.command
end

--- of(result) -> { pass = steps, rest = steps, open = packages, refusals = refusals }; empty lists if there is nothing
--- to do
function steps.of(result)
  if not result.findings then return { pass = {}, rest = {}, open = {}, refusals = {} } end
  return result.advice or require "tarsier.advice".of(result)
end

return steps
