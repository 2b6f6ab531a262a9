-- Alpine's security database, and those of other distributions in its form, from their own publishers.

local BASE = "https://secdb.alpinelinux.org"
local FIRST, LAST = 12, 24 -- Alpine v3.12 to v3.24: a release that is not there yet, or no longer, is left out

local others = {
  MinimOS = { path = "minimos/security.json", url = "https://packages.mini.dev/advisories/secdb/security.json" },
  Wolfi = { path = "wolfi/security.json", url = "https://packages.wolfi.dev/os/security.json", own_only = true },
  Chainguard = { path = "chainguard/security.json", url = "https://packages.cgr.dev/chainguard/security.json",
    own_only = true },
}

local function alpine()
  local list = {}
  for minor = FIRST, LAST do
    for _, repository in ipairs { "main", "community" } do
      local name = ("v3.%d/%s.json"):format(minor, repository)
      list[#list + 1] = { path = "alpine-secdb/" .. name, url = ("%s/%s"):format(BASE, name), family = "Alpine",
        whole = true, optional = true, compressed = true }
    end
  end
  return list
end

return {
  name = "secdb",
  summary = "the security databases of Alpine, MinimOS, Wolfi and Chainguard, from their publishers",
  licence = "Alpine: none stated; Wolfi and Chainguard: no copies may be passed on",
  hours = 6,
  is_extra = true,
  families = { "Alpine", "Chainguard", "MinimOS", "Wolfi" },
  files = function(family)
    if family == "Alpine" then return alpine() end
    local other = others[family]
    return { { path = other.path, url = other.url, family = family, own_only = other.own_only, whole = true,
      compressed = true } }
  end,
}
