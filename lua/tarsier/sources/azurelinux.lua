-- Azure Linux's and CBL-Mariner's vulnerabilities as OVAL definitions. OSV has no export of them.

local BASE = "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/"

return {
  name = "azurelinux",
  summary = "the vulnerabilities of Azure Linux and CBL-Mariner (OVAL)",
  licence = "MIT; https://github.com/microsoft/AzureLinuxVulnerabilityData",
  hours = 12,
  families = { "Azure Linux" },
  files = function()
    local list = {}
    for i, name in ipairs { "azurelinux-3.0-oval.xml", "cbl-mariner-2.0-oval.xml" } do
      list[i] = { path = "azurelinux/" .. name, url = BASE .. name, family = "Azure Linux", compressed = true }
    end
    return list
  end,
}
