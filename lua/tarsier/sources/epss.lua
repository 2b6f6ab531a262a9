-- FIRST's scores of how likely it is that a vulnerability is exploited; new ones every day.

return {
  name = "epss",
  summary = "FIRST's EPSS scores of all CVEs",
  licence = "free of charge with attribution; https://www.first.org/epss/",
  hours = 12,
  files = function()
    return { { path = "epss/epss_scores-current.csv.gz",
      url = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
      mirrors = { "https://epss.cyentia.com/epss_scores-current.csv.gz" } } }
  end,
}
