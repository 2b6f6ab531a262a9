-- A default update, without NVD's or MITRE's downloads, gives the findings of a Debian a severity: osv.dev's records of
-- Debian carry NVD's scores today. The shared copies are older and do not, so that this spec writes them in that form,
-- of the tracker's real entries for the system's packages, and serves them on loopback as osv.dev does.

local feed_server = require "support.feed_server"
local json = require "tarsier.json"
local real = require "support.real"
local shell = require "support.shell"
local stand_in = require "support.stand_in"
local temporary = require "support.temporary"

local HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
local UNRATED = 20 -- one in so many has no score here: NVD no longer rates most new ones

local tracker = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data/debian/tracker/data/json.gz"

local function missing()
  if real.missing() then return real.missing() end
  if not stand_in.available() then return stand_in.needs end
  if temporary.run("test -r " .. temporary.quote(tracker)) ~= 0 then
    return "needs the tracker's records: set TARSIER_SHARED to the folder that holds data/debian"
  end
end

-- What is open or was fixed in bookworm, for these source packages -> records in osv.dev's form
local function records_of(sources)
  local list = {}
  for package, entries in pairs(assert(json.decode(shell.capture("gzip -dc " .. tracker)))) do
    for id, entry in pairs(sources[package] and entries or {}) do
      local release = entry.releases.bookworm
      local is_open = release and release.status == "open"
      if is_open and id:find "^CVE" then
        list[#list + 1] = { schema_version = "1.7.0", id = "DEBIAN-" .. id, upstream = json.array { id },
          modified = "2026-11-01T00:00:00Z", published = "2024-01-01T00:00:00Z", details = entry.description or "",
          affected = json.array { { package = { ecosystem = "Debian:12", name = package },
            ranges = json.array { { type = "ECOSYSTEM", events = json.array { { introduced = "0" } } } },
            ecosystem_specific = { urgency = release.urgency } } } }
      end
    end
  end
  table.sort(list, function(a, b) return a.id < b.id end)
  local seen, unrated = {}, {}
  for i = #list, 1, -1 do -- one record for each CVE, with the package that comes last
    if seen[list[i].id] then table.remove(list, i) end
    seen[(list[i] or {}).id or ""] = true
  end
  for i, record in ipairs(list) do
    if i % UNRATED == 0 then
      unrated[#unrated + 1] = record.upstream[1]
    else
      record.severity = json.array { { type = "CVSS_V3", score = HIGH } }
    end
  end
  return list, unrated
end

it("a scan that fetches what a minimal Debian 12 needs leaves only what NVD does not rate Unknown, and lists it", function()
  if missing() then return pending(missing()) end
  local folder = temporary.folder()
  finally(function() temporary.remove(folder) end)
  local sources = {}
  for line in table.concat(real.installed(real.debian()), "\n"):gmatch "[^\n]+" do sources[line:match "^%S+ %S+ %S+ (%S+)"] = true end
  local records, unrated = records_of(sources)
  assert.is_true(#records >= UNRATED, #records .. " records are few")
  feed_server.write(folder .. "/feeds", "Debian", records, { no_records = true })
  feed_server.scores(folder .. "/feeds", "2026-11-20")
  local server = feed_server.serve(folder .. "/feeds")
  finally(function()
    server:stop()
    temporary.remove(folder)
  end)
  local function scan(options)
    return temporary.must(("env -u TARSIER_DB -u TARSIER_OFFLINE HOME=%s XDG_DATA_HOME=%s/data XDG_CACHE_HOME=%s/cache "
      .. "%s lua/bin/tarsier scan --no-fail --mirror %s %s dir:%s"):format(folder, folder, folder, os.getenv "LUA" or "lua5.4",
      server.url, options, real.debian()))
  end
  local unknown, all = {}, json.decode(scan "-q -f json").findings
  for _, finding in ipairs(all) do
    if finding.severity == "Unknown" then unknown[finding.id] = true end
  end
  local count, listed = 0, scan "-q --severity Unknown"
  for id in pairs(unknown) do
    count = count + 1
    assert.is_truthy(listed:find(id, 1, true), id)
  end
  assert.equal(#unrated, count)
  assert.is_true(count > 0 and #all >= #records, ("%d Unknown of %d"):format(count, #all))
end)
