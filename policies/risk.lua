-- Weighs findings by one number between 0 and 100 that holds severity, exploitation, the fix and the layer together:
-- tarsier(1), RISK, has the formula. A team that sees things differently changes the weights.

local function advice(f)
  return f.fixed_by and "; upgrade to " .. f.fixed_by or "; no fix yet"
end

return {
  name = "risk",
  summary = "Fail and warn by the risk score, whose weights can be set.",
  options = {
    fail = 75,         -- fail at this risk and above
    warn = 50,         -- warn at this risk and above
    severity = 45,     -- the most that severity and CVSS add
    exploitation = 40, -- the most that KEV, ransomware and EPSS add
    fix = 10,          -- what a fix at hand adds
    own = 5,           -- what code outside the base image adds
  },

  finding = function(f, _, options)
    local score = risk(f, options)
    local reason = ("risk %.1f%s"):format(score, advice(f))
    if score >= options.fail then return "fail", reason end
    if score >= options.warn then return "warn", reason end
  end,

  examples = {
    { finding = { severity = "Critical", fixed_by = "2.0", cvss = { vector = "", score = 9.8 },
      kev = { added = "2021-12-10", due = "", ransomware = true } }, expect = "fail", reason = "risk 98.4" },
    { finding = { severity = "High", fixed_by = "2.0", epss = { score = 0.25, percentile = 0.9 } }, expect = "warn",
      reason = "risk 69.0; upgrade to 2.0" },
    { finding = { severity = "High", epss = { score = 0.01, percentile = 0.5 } } },
    { finding = { severity = "Critical", fixed_by = "2.0" }, expect = "warn" },
    { finding = { severity = "Critical", fixed_by = "2.0", layer = { base = true } }, options = { warn = 61 } },
    { finding = { severity = "Low", malicious = true }, expect = "fail", reason = "risk 100.0" },
    { finding = { severity = "Critical", informational = true, fixed_by = "2.0" } },
    { finding = { severity = "Critical", fixed_by = "2.0", package = { kernel = true } } },
    -- other weights: severity alone
    { finding = { severity = "High" }, options = { severity = 100, exploitation = 0, fix = 0, own = 0 },
      expect = "fail", reason = "risk 80.0; no fix yet" },
  },
}
