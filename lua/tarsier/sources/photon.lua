-- Photon's CVE metadata, a file for each release.

local BASE = "https://packages.broadcom.com/photon/photon_cve_metadata/"

return {
  name = "photon",
  summary = "Photon's own CVE metadata: not affected, and fixes of each package",
  licence = "none stated; https://packages.broadcom.com/photon/photon_cve_metadata/",
  hours = 12,
  is_extra = true,
  families = { "Photon OS" },
  files = function()
    local list = {}
    for i, release in ipairs { "3.0", "4.0", "5.0" } do
      local name = ("cve_data_photon%s.json"):format(release)
      list[i] = { path = "photon/cve_metadata/" .. name, url = BASE .. name, family = "Photon OS", compressed = true }
    end
    return list
  end,
}
