-- CISA's catalogue lists vulnerabilities that are known to be exploited; FIRST's EPSS estimates which will be within 30
-- days.

local function advice(f)
  return f.fixed_by and "; upgrade to " .. f.fixed_by or "; no fix yet"
end

return {
  name = "kev",
  summary = "Fail on vulnerabilities that are known to be exploited.",
  options = {
    ransomware = false, -- only vulnerabilities that ransomware is known to use
    epss = 0,           -- also those with an EPSS score of at least this much, such as 0.5; 0: none
    percentile = 0,     -- also those whose EPSS percentile is at least this, such as 0.95; 0: none. It means the same
                        -- under each model of EPSS, while scores change with it
  },

  finding = function(f, _, options)
    if f.kev and (f.kev.ransomware or not options.ransomware) then
      local how = f.kev.ransomware and "known to be exploited, by ransomware too" or "known to be exploited"
      return "fail", ("%s, since %s%s"):format(how, f.kev.added, advice(f))
    end
    if options.epss > 0 and f.epss and f.epss.score >= options.epss then
      return "fail", ("likely to be exploited: EPSS %.2f%s"):format(f.epss.score, advice(f))
    end
    if options.percentile > 0 and f.epss and f.epss.percentile >= options.percentile then
      return "fail", ("more likely to be exploited than %.1f %% of all: EPSS %.2f%s"):format(f.epss.percentile * 100,
        f.epss.score, advice(f))
    end
  end,

  -- Without the catalogue the policy would never fail.
  image = function(image, options)
    local database = image.database
    if not database or database.kev_date == "" then
      return "fail", "the database does not know what is exploited: run tarsier db update for CISA's KEV"
    end
    if (options.epss > 0 or options.percentile > 0) and database.epss_date == "" then
      return "fail", "the database has no EPSS scores: run tarsier db update for FIRST's EPSS"
    end
  end,

  examples = {
    { finding = { kev = { added = "2021-12-10", due = "2021-12-24", ransomware = true }, fixed_by = "2.0" },
      expect = "fail", reason = "by ransomware too, since 2021-12-10; upgrade to 2.0" },
    { finding = { kev = { added = "2021-12-10", due = "", ransomware = false } }, expect = "fail",
      reason = "no fix yet" },
    { finding = { kev = { added = "2021-12-10", due = "", ransomware = false } }, options = { ransomware = true } },
    { finding = { severity = "Critical", fixed_by = "2.0" } },
    { finding = { epss = { score = 0.9, percentile = 0.99 } } },
    { finding = { epss = { score = 0.9, percentile = 0.99 } }, options = { epss = 0.5 }, expect = "fail",
      reason = "EPSS 0.90" },
    { finding = { epss = { score = 0.4, percentile = 0.97 } }, options = { epss = 0.5 } },
    { finding = { epss = { score = 0.4, percentile = 0.97 } }, options = { percentile = 0.95 }, expect = "fail",
      reason = "than 97.0 % of all: EPSS 0.40; no fix yet" },
    { finding = { epss = { score = 0.4, percentile = 0.94 } }, options = { percentile = 0.95 } },
    { image = { database = false }, expect = "fail" },
    { image = { database = { kev_date = "" } }, expect = "fail" },
    { image = { database = { kev_date = "2026-11-20" } } },
    { image = { database = { kev_date = "2026-11-20" } }, options = { epss = 0.5 }, expect = "fail", reason = "EPSS" },
    { image = { database = { kev_date = "2026-11-20", epss_date = "2026-11-20" } }, options = { epss = 0.5 } },
    { image = { database = { kev_date = "2026-11-20", epss_date = "" } }, options = { percentile = 0.9 },
      expect = "fail", reason = "EPSS" },
  },
}
