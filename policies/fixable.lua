return {
  name = "fixable",
  summary = "Fail on what has a fix at or above a severity; warn on what has none.",
  options = { threshold = "High" },

  finding = function(f, _, options)
    if not at_least(f.severity, options.threshold) then return end
    if f.fixed_by then return "fail", "upgrade to " .. f.fixed_by end
    return "warn", "no fix yet"
  end,

  examples = {
    { finding = { severity = "Critical", fixed_by = "2.0" }, expect = "fail", reason = "upgrade to 2.0" },
    { finding = { severity = "High" }, expect = "warn" },
    { finding = { severity = "Medium", fixed_by = "2.0" } },
    { finding = { severity = "Medium", fixed_by = "2.0" }, options = { threshold = "Medium" }, expect = "fail" },
  },
}
