-- Fedora's updates: the updateinfo.xml of its repositories. OSV has no records of it.

local BASE = "https://dl.fedoraproject.org/pub/fedora/linux/updates/"
local FIRST, LAST = 42, 45 -- a release that is not there yet, or no longer, is left out

return {
  name = "fedora",
  summary = "Fedora's updates (updateinfo.xml)",
  licence = "none stated; https://bodhi.fedoraproject.org",
  hours = 6,
  families = { "Fedora" },
  files = function()
    local list = {}
    for release = FIRST, LAST do
      local repository = ("%s%d/Everything/x86_64/"):format(BASE, release)
      list[#list + 1] = { path = ("fedora/updateinfo_%d.xml"):format(release), family = "Fedora", optional = true,
        url = repository, repository = repository }
    end
    return list
  end,
}
