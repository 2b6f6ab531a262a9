-- Fails on what is new since the baseline: an earlier JSON report, --baseline FILE. Findings that it has already do not
-- fail, so that a team can begin with an image as it is and let nothing be added. Runs after the policies whose
-- decisions it softens; alone, it judges new findings by its own threshold.

local function advice(f)
  return f.fixed_by and "; upgrade to " .. f.fixed_by or "; no fix yet"
end

return {
  name = "new",
  summary = "Fail on findings that an earlier report does not have.",
  options = {
    threshold = "High",  -- new findings of this severity and above fail, if no policy before has decided on them
    exploited = true,    -- new findings that are known to be exploited fail at any severity
    known = "warn",      -- what becomes of failing findings that the baseline has: warn, accept, ignore or fail
  },
  choices = { known = { "warn", "accept", "ignore", "fail" } },

  finding = function(f, so_far, options)
    if f.baseline == "known" then
      if so_far and so_far.decision == "fail" and options.known ~= "fail" then
        return options.known, ("known since the baseline; %s"):format(so_far.reason or "it failed before")
      end
    elseif f.baseline == "new" and not so_far and not f.informational then
      if at_least(f.severity, options.threshold) or options.exploited and f.kev then
        return "fail", "new since the baseline" .. advice(f)
      end
    end
  end,

  -- Without a baseline the policy would say nothing at all.
  image = function(image)
    if not image.baseline then return "fail", "there is no baseline: name an earlier report with --baseline" end
  end,

  examples = {
    { finding = { severity = "High", baseline = "new", fixed_by = "2.0" }, expect = "fail",
      reason = "new since the baseline; upgrade to 2.0" },
    { finding = { severity = "High", baseline = "known", fixed_by = "2.0" } },
    { finding = { severity = "Medium", baseline = "new" } },
    { finding = { severity = "Medium", baseline = "new" }, options = { threshold = "Low" }, expect = "fail" },
    { finding = { severity = "Low", baseline = "new", kev = { added = "2021-12-10", due = "", ransomware = false } },
      expect = "fail" },
    { finding = { severity = "Critical", informational = true, baseline = "new" } },
    -- after another policy
    { finding = { severity = "High", baseline = "known" }, so_far = { decision = "fail", reason = "no fix yet",
      policy = "default" }, expect = "warn", reason = "known since the baseline; no fix yet" },
    { finding = { severity = "High", baseline = "known" }, so_far = { decision = "fail", policy = "default" },
      options = { known = "accept" }, expect = "accept" },
    { finding = { severity = "High", baseline = "known" }, so_far = { decision = "fail", policy = "default" },
      options = { known = "fail" } },
    { finding = { severity = "High", baseline = "new" }, so_far = { decision = "warn", policy = "default" } },
    { finding = { severity = "High" } },
    { image = {}, expect = "fail", reason = "--baseline" },
    { image = { baseline = { file = "a.json", new = 0, known = 2 } } },
  },
}
