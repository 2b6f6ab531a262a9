-- Amazon Linux's advisories: the updateinfo.xml of its repositories. OSV has no records of it.

local BASE = "https://cdn.amazonlinux.com/"
local repositories = { ["2"] = "2/core/latest/x86_64/mirror.list",
  ["2023"] = "al2023/core/mirrors/latest/x86_64/mirror.list" }

return {
  name = "amazon",
  summary = "Amazon Linux's advisories (updateinfo.xml)",
  licence = "none stated; https://alas.aws.amazon.com",
  hours = 12,
  families = { "Amazon Linux" },
  files = function()
    local list = {}
    for i, release in ipairs { "2", "2023" } do
      list[i] = { path = ("amazon/updateinfo_%s.xml.gz"):format(release), family = "Amazon Linux",
        url = BASE .. repositories[release], repository = BASE .. repositories[release] }
    end
    return list
  end,
}
