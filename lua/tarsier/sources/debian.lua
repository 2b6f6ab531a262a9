-- The Debian security tracker: what its team has decided about each CVE, beyond the fixes that OSV's export has.

return {
  name = "debian",
  summary = "the Debian security tracker: no-dsa, postponed, unimportant, end of life",
  licence = "MIT/Expat; https://security-tracker.debian.org",
  hours = 6,
  is_extra = true,
  families = { "Debian" },
  files = function()
    return { { path = "debian/tracker/data/json", url = "https://security-tracker.debian.org/tracker/data/json",
      family = "Debian", whole = true, compressed = true } }
  end,
}
