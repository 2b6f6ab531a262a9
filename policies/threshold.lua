-- clair-scanner's rule: what is less severe than the threshold is approved, all else fails.
return {
  name = "threshold",
  summary = "Fail on every finding at or above a severity.",
  options = { threshold = "Unknown" },

  finding = function(f, _, options)
    if not at_least(f.severity, options.threshold) then return end
    local reason = f.severity .. " is at or above the threshold " .. options.threshold
    return "fail", f.fixed_by and reason .. "; upgrade to " .. f.fixed_by or reason
  end,

  examples = {
    { finding = { severity = "Unknown" }, expect = "fail" },
    { finding = { severity = "Medium" }, options = { threshold = "High" } },
    { finding = { severity = "High" }, options = { threshold = "High" }, expect = "fail" },
    { finding = { severity = "Critical" }, options = { threshold = "high" }, expect = "fail",
      reason = "threshold High" },
    { finding = { severity = "Critical" }, options = { threshold = "Defcon1" } },
    { finding = { severity = "Defcon1", fixed_by = "2.0" }, options = { threshold = "Critical" }, expect = "fail",
      reason = "upgrade to 2.0" },
  },
}
