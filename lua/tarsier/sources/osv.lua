-- OSV's export: every ecosystem's records as one zip, a list of what changed, and each record by itself.
-- https://google.github.io/osv.dev/data/ describes it.

local BASE = "https://osv-vulnerabilities.storage.googleapis.com"

-- Families of ecosystems that OSV exports and tarsier can match.
local families = { "AlmaLinux", "Alpaquita", "Alpine", "BellSoft Hardened Containers", "Bitnami", "Chainguard",
  "CleanStart", "CRAN", "crates.io", "Debian", "Docker Hardened Images", "Echo", "GHC", "GitHub Actions", "Go",
  "Hackage", "Hex", "Homebrew", "Julia", "Mageia", "Maven", "MinimOS", "npm", "NuGet", "opam", "openEuler", "openSUSE",
  "Packagist", "Photon OS", "Pub", "PyPI", "Red Hat", "Rocky Linux", "Root", "RubyGems", "SUSE", "SwiftURL", "TuxCare",
  "Ubuntu", "Wolfi" }

-- Whose publishers forbid copies: left out unless a person names them, and never part of a shared database.
local own_only = { Chainguard = true, Wolfi = true }

local function encoded(name)
  return (name:gsub("[^%w._-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function file(family)
  local path, url = "osv/" .. family, BASE .. "/" .. encoded(family)
  return {
    path = path .. "/all.zip", url = url .. "/all.zip", family = family, own_only = own_only[family],
    changes = { path = path .. "/modified_id.csv", url = url .. "/modified_id.csv" },
    record = function(id)
      return { path = ("%s/%s.json"):format(path, id), url = ("%s/%s.json"):format(url, encoded(id)) }
    end,
  }
end

return {
  name = "osv",
  summary = "records of Debian, Alpine, npm, PyPI, Go and 35 more ecosystems, as osv.dev exports them",
  licence = "that of each record: CC-BY 4.0, CC0, MIT and others; "
    .. "https://google.github.io/osv.dev/data/#current-data-sources",
  hours = 1,
  families = families,
  files = function(family) return { file(family) } end,
}
