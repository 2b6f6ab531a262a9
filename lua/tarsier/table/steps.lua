-- What to do: first the steps that make the verdict pass, then the others.

local advice = require "tarsier.advice"
local filter = require "tarsier.table.filter"
local findings = require "tarsier.table.findings"
local text = require "tarsier.text"

local NAMED = 12 -- packages named in one step; the rest is counted

local names = findings.names

-- ---- upgrades -----------------------------------------------------------------------------------------------------

-- -> set of the libraries that are there at several paths, so that a step says which it means
local function repeated(steps)
  local paths, found = {}, {}
  for _, list in ipairs { steps.pass.upgrade, steps.rest.upgrade } do
    for _, group in ipairs(list) do
      local key = group.type .. "\0" .. group.name
      if paths[key] and paths[key] ~= group.path then found[key] = true end
      paths[key] = paths[key] or group.path
    end
  end
  return found
end

local function upgrade(page, group, is_repeated)
  local place = is_repeated and not group.system and " in " .. group.path or ""
  page:bullet(("upgrade %s %s → %s (fixes %d: %s)%s"):format(group.name, group.version, group.to, #group.fixed,
    names(group.fixed), place))
end

local function rebase(page, groups)
  local parts, fixes = {}, 0
  for i, group in ipairs(groups) do
    fixes = fixes + #group.fixed
    if i <= NAMED then table.insert(parts, ("%s %s → %s"):format(group.name, group.version, group.to)) end
  end
  if #groups > NAMED then table.insert(parts, ("and %d more"):format(#groups - NAMED)) end
  page:bullet(("rebuild on a newer base image (layer 1), or upgrade its packages (fixes %s): %s"):format(
    text.thousands(fixes), table.concat(parts, ", ")))
end

local function open_list(open)
  local parts = {}
  for i = 1, math.min(#open, NAMED) do
    parts[i] = ("%s %s (%s)"):format(open[i].name, open[i].version, names(open[i].ids))
  end
  if #open > NAMED then table.insert(parts, ("and %d more packages"):format(#open - NAMED)) end
  return table.concat(parts, ", ")
end

-- ---- the whitelist ------------------------------------------------------------------------------------------------

local function entry_name(entry)
  if type(entry) ~= "table" then return tostring(entry) end
  local parts = { tostring(entry.id or entry[1] or "?") }
  if entry.package then table.insert(parts, "of " .. entry.package) end
  if entry.image then table.insert(parts, "for " .. entry.image) end
  if entry.images then table.insert(parts, "for " .. table.concat(entry.images, ", ")) end
  if entry.owner then table.insert(parts, "(" .. entry.owner .. ")") end
  return table.concat(parts, " ")
end

local function stale_entries(page, whitelist)
  for _, entry in ipairs(whitelist.expired or {}) do
    local limit = type(entry) == "table" and entry["until"]
    page:bullet(("whitelist: %s expired%s: fix it, or renew the entry with a reason"):format(entry_name(entry),
      limit and " on " .. tostring(limit) or ""))
  end
  for _, entry in ipairs(whitelist.unused or {}) do
    page:bullet(("whitelist: %s matches nothing: remove the entry"):format(entry_name(entry)))
  end
end

-- ---- the section --------------------------------------------------------------------------------------------------

local function is_empty(steps)
  return #steps.upgrade + #steps.rebase + #steps.open + #steps.refusals == 0
end

local function upgrades(page, steps, ambiguous)
  for _, group in ipairs(steps.upgrade) do upgrade(page, group, ambiguous[group.type .. "\0" .. group.name]) end
  if #steps.rebase > 0 then rebase(page, steps.rebase) end
end

local function to_pass(page, steps, ambiguous)
  upgrades(page, steps, ambiguous)
  if #steps.open > 0 then
    page:bullet(("no fix yet, and failing: %s: remove the package, or accept the risk in a whitelist with a reason and "
      .. "an end"):format(open_list(steps.open)))
  end
  for _, refusal in ipairs(steps.refusals) do
    page:bullet(("satisfy the policy %s: %s"):format(refusal.policy, refusal.reason or "it gives no reason"))
  end
end

local steps = {}

local function plan_of(result, options)
  local ordered = { image = result.image, verdict = result.verdict, findings = findings.sorted(result.findings) }
  return advice.plan(ordered, filter.is_active(options) and function(finding)
    return options.show ~= "failing" and filter.is_wanted(options, finding)
  end or nil)
end

--- write(page, result): the section WHAT TO DO, if there is anything to do. Filters do not shorten the steps to pass.
function steps.write(page, result)
  local plan = plan_of(result, page.options)
  local whitelist = result.verdict and result.verdict.whitelist or {}
  local stale = #(whitelist.expired or {}) + #(whitelist.unused or {})
  local has_pass, has_rest = not is_empty(plan.pass), not is_empty(plan.rest) or stale > 0
  if not has_pass and not has_rest then return end
  local ambiguous = repeated(plan)
  page:title "WHAT TO DO"
  if has_pass then
    page:line "To pass:"
    to_pass(page, plan.pass, ambiguous)
  end
  if not has_rest then return end
  if has_pass then page:line "Then:" end
  upgrades(page, plan.rest, ambiguous)
  if #plan.rest.open > 0 then page:bullet("no fix yet: " .. open_list(plan.rest.open)) end
  stale_entries(page, whitelist)
end

return steps
