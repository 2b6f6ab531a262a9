-- Feeds of a few records for specs of updates, as files of a mirror, and a web server that has them.

local core = require "tarsier.core"
local files = require "support.files"
local gzip = require "tarsier.probe".streams.gzip
local json = require "tarsier.json"
local letters = require "tarsier.probe".letters
local stand_in = require "support.stand_in"
local zip = require "support.zip"

local feed_server = {}

--- record(id, modified, ecosystem, package, fixed) -> an OSV record
function feed_server.record(id, modified, ecosystem, package, fixed)
  return { id = id, modified = modified, published = modified, summary = "A flaw in " .. package,
    severity = { { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } },
    affected = { { package = { ecosystem = ecosystem, name = package },
      ranges = { { type = "ECOSYSTEM", events = { { introduced = "0" }, { fixed = fixed } } } } } } }
end

local function write(path, content)
  assert(core.host.make_folder(path:match "^(.*)/"))
  files.write(path, content)
end

--- write(folder, family, records, [{ no_list = true, no_records = true }]): all.zip, modified_id.csv and the single
--- records
function feed_server.write(folder, family, records, options)
  options = options or {}
  local place = ("%s/osv/%s/"):format(folder, family)
  files.remove(place)
  local lines, members = {}, {}
  table.sort(records, function(a, b) return a.modified > b.modified end)
  for i, record in ipairs(records) do
    lines[i] = ("%s,%s\n"):format(record.modified, record.id)
    members[i] = { path = record.id .. ".json", content = json.encode(record), deflate = true }
    if not options.no_records then write(place .. members[i].path, members[i].content) end
  end
  write(place .. "all.zip", zip.write(members))
  if not options.no_list then write(place .. "modified_id.csv", table.concat(lines)) end
end

--- scores(folder, date): KEV and EPSS with one entry each
function feed_server.scores(folder, date)
  write(folder .. "/kev/known_exploited_vulnerabilities.json",
    json.encode { title = "CISA Catalog of Known Exploited Vulnerabilities",
    catalogVersion = date:gsub("-", "."), dateReleased = date .. "T00:00:00.0000Z", count = 1,
    vulnerabilities = json.array { { cveID = "CVE-2026-0001", dateAdded = date, dueDate = date,
      knownRansomwareCampaignUse = "Known" } } })
  local csv = ("#model_version:v2025.03.14,score_date:%sT00:00:00+0000\ncve,epss,percentile\nCVE-2026-0001,0.5,0.9\n"):format(date)
  write(folder .. "/epss/epss_scores-current.csv.gz", gzip(csv))
end

--- serve(folder, [changes]) -> stand_in's server of the folder's files; changes = { ["/osv/…"] = answers }
function feed_server.serve(folder, changes)
  local script = {}
  for _, path in ipairs(files.list(folder)) do
    local file = folder .. "/" .. path
    script["GET /" .. path:gsub(" ", "%%20")] = { { file = file,
      headers = { ETag = ('"%s"'):format(letters.digest(files.read(file))) } } }
  end
  for path, answers in pairs(changes or {}) do script["GET " .. path] = answers end
  return stand_in.start(script)
end

--- asked(server) -> the paths that were asked for, sorted, as one text
function feed_server.asked(server)
  local list = {}
  for i, request in ipairs(server:requests()) do list[i] = request.path end
  table.sort(list)
  return table.concat(list, " ")
end

return feed_server
