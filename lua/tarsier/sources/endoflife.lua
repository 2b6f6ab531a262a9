-- endoflife.date: when the releases of a distribution get no more updates. This build knows them as of its own date.
-- Products are those of distributions that another source has records of.

local products = { AlmaLinux = "almalinux", Alpine = "alpine-linux", ["Amazon Linux"] = "amazon-linux",
  Debian = "debian", Fedora = "fedora", openSUSE = "opensuse",
  ["Oracle Linux"] = "oracle-linux", ["Photon OS"] = "vmware-photon", ["Red Hat"] = "rhel",
  ["Rocky Linux"] = "rocky-linux", SUSE = "sles", Ubuntu = "ubuntu" }

local families = {}
for family in pairs(products) do families[#families + 1] = family end
table.sort(families)

return {
  name = "endoflife",
  summary = "when releases of distributions get no more updates",
  licence = "MIT; https://endoflife.date",
  hours = 24,
  is_extra = true,
  families = families,
  files = function(family)
    local name = products[family] .. ".json"
    return { { path = "eol/api/" .. name, url = "https://endoflife.date/api/" .. name, family = family,
      compressed = true } }
  end,
}
