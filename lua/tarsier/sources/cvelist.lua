-- The CVE Program's own records, with what CISA adds: severities, weaknesses, SSVC, texts.

return {
  name = "cvelist",
  summary = "all CVE records with CISA's SSVC: some hundred megabytes",
  licence = "https://www.cve.org/Legal/TermsOfUse; CISA's part CC0",
  hours = 24,
  is_extra = true,
  files = function()
    return { { path = "cvelistV5/main.zip",
      url = "https://github.com/CVEProject/cvelistV5/archive/refs/heads/main.zip" } }
  end,
}
