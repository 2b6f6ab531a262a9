-- clair-scanner's rule: findings below the threshold are approved, all others fail. Two things differ: findings of
-- unknown severity warn, and a malicious package always fails.
return {
  name = "threshold",
  summary = "Fail on every finding at or above a severity.",
  options = {
    threshold = "Unknown",
    unknown = "warn", -- findings of unknown severity, if the threshold is higher: fail, warn or pass
  },
  choices = { unknown = { "fail", "warn", "pass" } },

  finding = function(f, _, options)
    local advice = f.fixed_by and "; upgrade to " .. f.fixed_by or ""
    if f.malicious then return "fail", "a malicious package: remove it" end
    if f.informational then return end -- unmaintained, unsound: listed
    if at_least(f.severity, options.threshold) then
      return "fail", f.severity .. " is at or above the threshold " .. options.threshold .. advice
    elseif f.severity == "Unknown" and options.unknown ~= "pass" then
      return options.unknown, "severity unknown" .. advice
    end
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
    { finding = { severity = "Unknown", fixed_by = "2.0" }, options = { threshold = "High" }, expect = "warn",
      reason = "severity unknown; upgrade to 2.0" },
    { finding = { severity = "Unknown" }, options = { threshold = "High", unknown = "fail" }, expect = "fail" },
    { finding = { severity = "Unknown" }, options = { threshold = "High", unknown = "pass" } },
    { finding = { severity = "Unknown", malicious = true }, options = { threshold = "High", unknown = "pass" },
      expect = "fail", reason = "malicious" },
    { finding = { severity = "High", informational = true }, options = { threshold = "Low" } },
  },
}
