-- CISA's catalogue of known exploited vulnerabilities.

return {
  name = "kev",
  summary = "CISA's catalogue of known exploited vulnerabilities (KEV)",
  licence = "CC0",
  hours = 6,
  files = function()
    return { { path = "kev/known_exploited_vulnerabilities.json",
      url = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json" } }
  end,
}
