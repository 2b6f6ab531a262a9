return {
  name = "fixable",
  summary = "Fail on what has a fix at or above a severity; warn on what has none.",
  options = {
    threshold = "High",
    unknown = "warn", -- findings of unknown severity: fail, warn or pass
  },
  choices = { unknown = { "fail", "warn", "pass" } },

  finding = function(f, _, options)
    local advice = f.fixed_by and "upgrade to " .. f.fixed_by or "no fix yet"
    if f.severity == "Unknown" and options.threshold ~= "Unknown" then
      if options.unknown ~= "pass" then return options.unknown, "severity unknown; " .. advice end
    elseif at_least(f.severity, options.threshold) then
      return f.fixed_by and "fail" or "warn", advice
    end
  end,

  examples = {
    { finding = { severity = "Critical", fixed_by = "2.0" }, expect = "fail", reason = "upgrade to 2.0" },
    { finding = { severity = "High" }, expect = "warn" },
    { finding = { severity = "Medium", fixed_by = "2.0" } },
    { finding = { severity = "Medium", fixed_by = "2.0" }, options = { threshold = "Medium" }, expect = "fail" },
    { finding = { severity = "Unknown", fixed_by = "2.0" }, expect = "warn",
      reason = "severity unknown; upgrade to 2.0" },
    { finding = { severity = "Unknown" }, options = { unknown = "fail" }, expect = "fail" },
    { finding = { severity = "Unknown", fixed_by = "2.0" }, options = { unknown = "pass" } },
    { finding = { severity = "Unknown", fixed_by = "2.0" }, options = { threshold = "Unknown" }, expect = "fail" },
  },
}
