-- Which findings a text report shows. A filter hides lines and changes no decision: the verdict, the steps to pass and
-- every other report stay as they are.
--
--   { severity = "High",      this severity and above
--     only_fixed = true,      findings with a fix
--     show = "failing" }      findings that fail; "all": those too that are accepted or ignored

local filter = {}

--- From the least severe to the most.
filter.severities = { "Unknown", "Negligible", "Low", "Medium", "High", "Critical", "Defcon1" }

--- The orders in which findings can be listed, beside the usual one.
filter.orders = { "risk", "severity", "package", "layer" }

local ranks = {}
for rank, name in ipairs(filter.severities) do ranks[name] = rank end

--- rank(severity) -> 1 for Unknown to 7 for Defcon1; 0 for any other word
function filter.rank(severity)
  return ranks[severity] or 0
end

local settled = { accept = true, ignore = true }

--- is_shown(options, finding) -> does it have a line of its own?
function filter.is_shown(options, finding)
  local show = options.show or options.verbose and "all"
  if show == "failing" and finding.decision ~= "fail" then return false end
  if show ~= "all" and settled[finding.decision] then return false end
  return filter.is_wanted(options, finding)
end

--- is_wanted(options, finding) -> do its severity and its fix let it be shown?
function filter.is_wanted(options, finding)
  if options.severity and filter.rank(finding.severity) < filter.rank(options.severity) then return false end
  return not options.only_fixed or finding.fixed_by ~= nil
end

--- is_active(options) -> may findings be hidden that a report shows otherwise?
function filter.is_active(options)
  return options.severity ~= nil or options.only_fixed or options.show == "failing" or false
end

return filter
