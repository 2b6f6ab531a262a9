-- The National Vulnerability Database's feeds, a file for each year: severities, weaknesses and texts of CVEs.

local FIRST = 2002

return {
  name = "nvd",
  summary = "NVD's severities, weaknesses and texts of all CVEs: some hundred megabytes",
  licence = "public domain",
  hours = 24,
  is_extra = true,
  files = function()
    local list = {}
    for year = FIRST, os.date("!*t").year do
      local name = ("nvdcve-2.0-%d.json.gz"):format(year)
      list[#list + 1] = { path = "nvd/feeds/" .. name, url = "https://nvd.nist.gov/feeds/json/cve/2.0/" .. name,
        optional = year == os.date("!*t").year }
    end
    return list
  end,
}
