-- Red Hat's VEX documents: an archive of all, whose name has its day, and a list of what changed since. Documents that
-- Red Hat deletes go with the next whole archive.
-- https://redhatproductsecurity.github.io/security-data-guidelines/csaf-vex/

local BASE, FOLDER = "https://security.access.redhat.com/data/csaf/v2/vex/", "redhat/csaf/v2/vex/"
local MOST = 10000 -- a month of changes: the archive has some hundred megabytes, a document some ten kilobytes

local function place(name) return { path = FOLDER .. name, url = BASE .. name } end

-- "2024/cve-2024-44943.json","2024-08-28T09:39:21+00:00"
local function line(text)
  local id, time = text:match '^"(%d%d%d%d/cve%-[%d-]+%.json)","(%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d)%+00:00"%s*$'
  return time and time .. "Z", id
end

return {
  name = "redhat",
  summary = "Red Hat's VEX: the status of every CVE in every product; some hundred megabytes",
  licence = "CC-BY 4.0",
  hours = 12,
  is_extra = true,
  families = { "Red Hat" },
  files = function()
    local file = place "archive"
    file.family, file.latest, file.record = "Red Hat", place "archive_latest.txt", place
    file.whole, file.changes = true, place "changes.csv"
    file.changes.line, file.changes.most = line, MOST
    return { file }
  end,
}
