-- What to do, for all reports that people read: result.advice (tarsier.report describes it) as lines.

local common = require "tarsier.report.shared.common"
local text = require "tarsier.text"

local steps = {}

--- What a reader does with the commands.
steps.HOW = "Run each command where the image is built (in its Dockerfile), build the image again, then scan it again."

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

--- place(step) -> " in opt/web", the folder of the project that the step is about, or ""
function steps.place(step)
  return step.place and step.place ~= "" and " in " .. step.place or ""
end

--- has_command(plan) -> does a step of result.advice have a command?
function steps.has_command(plan)
  for _, list in ipairs { plan.pass, plan.rest } do
    for _, step in ipairs(list) do
      if step.command then return true end
    end
  end
  for _, open in ipairs(plan.open) do
    if open.remove and open.remove.command then return true end
  end
  return false
end

--- title(step) -> "Upgrade 7 packages in opt/web"; if it has one package only, what the step says
function steps.title(step)
  local count = #step.packages
  local title = step.text
  if count > 1 then
    title = ("%supgrade %s"):format(step.kind == "rebase" and "rebuild on a newer base image, or " or "",
      text.plural(count, "package"))
  end
  return steps.sentence(title) .. steps.place(step)
end

--- rebuilds(plan) -> a sentence for each newer base that is at hand
function steps.rebuilds(plan)
  local list = {}
  for i, made in ipairs(plan.rebuild or {}) do
    local ends, brings = steps.counts(made.ends.severity), steps.counts(made.brings.severity)
    list[i] = ("a rebuild on %s ends %s of the base's findings (%s) and brings %s%s"):format(made.reference,
      text.thousands(made.ends.total), ends ~= "" and ends or "none", text.thousands(made.brings.total),
      brings ~= "" and " (" .. brings .. ")" or "")
  end
  return list
end

--- What to do about packages that fail and have no fix.
steps.UNFIXED = "remove the package, or accept the risk in a whitelist with a reason and an end"

--- split(open) -> the packages without a fix that fail, and the others
function steps.split(open)
  local failing, others = {}, {}
  for _, item in ipairs(open) do table.insert(item.fails and failing or others, item) end
  return failing, others
end

--- where(step) -> "layer 2: RUN apt-get install …" | nil
function steps.where(step)
  local instruction = step.instruction and step.instruction ~= "" and step.instruction or nil
  if step.base and step.layer then return ("base image, layer %d"):format(step.layer) end
  if not step.layer then return instruction and "in " .. instruction end
  return ("layer %d%s"):format(step.layer, instruction and ": " .. instruction or "")
end

--- removal(open) -> "nothing needs it: apt-get remove -y curl" | nil: the rest of a line about a package without a fix,
--- and the command in it
function steps.removal(open)
  local remove = open.remove
  if not remove then return nil end
  local names = table.concat(remove.names, ", ")
  if #remove.names > 3 then
    names = ("%s and %d more"):format(table.concat(remove.names, ", ", 1, 3), #remove.names - 3)
  end
  local what = remove.all and #remove.names == 1 and "it" or names
  return ("nothing needs %s%s"):format(what, remove.command and ": " or ", so it can be removed"), remove.command
end

-- The distribution's word on why there is no fix.
local status_words = { will_not_fix = "will not be fixed", fix_deferred = "the fix is deferred",
  end_of_life = "gets no more fixes", under_investigation = "is being investigated",
  unimportant = "is called unimportant" }

--- why_open(open) -> ", since 2024-01-31; will not be fixed": since when a package has no fix and why, as far as is
--- known
function steps.why_open(open)
  local status, since = common.filled(open.status, nil), common.filled(open.since, nil)
  return (since and ", since " .. since or "") .. (status and "; " .. (status_words[status] or status) or "")
end

local function entry_name(entry)
  if type(entry) ~= "table" then return tostring(entry) end
  local parts = { tostring(entry.id or entry[1] or "?") }
  if entry.package then table.insert(parts, "of " .. entry.package) end
  if entry.image then table.insert(parts, "for " .. entry.image) end
  if entry.images then table.insert(parts, "for " .. table.concat(entry.images, ", ")) end
  if entry.owner then table.insert(parts, "(" .. entry.owner .. ")") end
  return table.concat(parts, " ")
end

--- stale_entries(result) -> what is to be done about the whitelist, a sentence each
function steps.stale_entries(result)
  local whitelist, list = result.verdict and result.verdict.whitelist or {}, {}
  for _, entry in ipairs(whitelist.expired or {}) do
    local limit = type(entry) == "table" and entry["until"]
    list[#list + 1] = ("whitelist: %s expired%s: fix it, or renew the entry with a reason"):format(entry_name(entry),
      limit and " on " .. tostring(limit) or "")
  end
  for _, entry in ipairs(whitelist.unused or {}) do
    list[#list + 1] = ("whitelist: %s matches nothing: remove the entry"):format(entry_name(entry))
  end
  for _, note in ipairs(whitelist.notes or {}) do list[#list + 1] = "whitelist " .. note end
  return list
end

--- sentence(s) -> s with a capital letter at its beginning
function steps.sentence(s)
  return (s:gsub("^%l", string.upper))
end

--- is_empty(plan, result) -> is there nothing to do?
function steps.is_empty(plan, result)
  return #plan.pass + #plan.rest + #plan.open + #plan.refusals + #(plan.rebuild or {})
    + #steps.stale_entries(result) == 0
end

--- of(result) -> { pass = steps, rest = steps, open = packages, refusals = refusals }; empty lists if there is nothing
--- to do
function steps.of(result)
  if not result.findings then return { pass = {}, rest = {}, open = {}, refusals = {} } end
  return result.advice or require "tarsier.advice".of(result)
end

return steps
