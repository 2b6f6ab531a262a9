-- Vulnerability data for a real Clair, out of ../shared/data: served as the public feeds' own sites serve it, fetched
-- by clairctl's own updaters, and kept as the export that `clairctl import-updaters` takes.

local json = require "tarsier.json"
local process = require "support.clair.process"
local shell = require "support.shell"

local data = {}

-- A release whose folder is there without files is skipped, and a gap ends the search: so all folders, one with files.
local ALPINE, ALPINE_LAST = "v3.20", 21
local OSV = { "Maven", "PyPI", "RubyGems" }

--- ours() -> the files of the same advisories that tarsier imports
function data.ours()
  local shared, files = assert(data.shared()), {}
  for _, ecosystem in ipairs { "Alpine", "Debian", table.unpack(OSV) } do
    files[#files + 1] = ("%s/osv/%s/all.zip"):format(shared, ecosystem)
  end
  return files
end

--- shared() -> the folder of feeds, or nil and why it is not there
function data.shared()
  local folder = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data"
  local file = io.open(folder .. "/README.md")
  if not file then return nil, "needs the feeds in ../shared/data, or TARSIER_SHARED" end
  file:close()
  return shell.capture("realpath " .. shell.quote(folder))
end

local function must(command, ...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = shell.quote(word) end
  local code, out, err = shell.run(command:format(table.unpack(words)))
  assert(code == 0, command .. ": " .. out .. err)
end

-- The feeds' sites as one folder: Debian's tracker and its mirror's list of releases, OSV's bucket, Alpine's secdb.
local function site(folder, shared)
  must("mkdir -p %s/debian/dists/bookworm %s/alpine", folder, folder)
  shell.write(folder .. "/debian/dists/bookworm/Release", "Suite: oldstable\nVersion: 12.12\nCodename: bookworm\n")
  must("gzip -dc %s/debian/tracker/data/json.gz >%s/tracker.json", shared, folder)
  shell.write(folder .. "/ecosystems.txt", table.concat(OSV, "\n") .. "\n")
  for _, ecosystem in ipairs(OSV) do must("ln -s %s/osv/" .. ecosystem .. " %s/" .. ecosystem, shared, folder) end
  shell.write(folder .. "/alpine/last-update", "today\n")
  for minor = 3, ALPINE_LAST do must("mkdir %s/alpine/v3." .. minor, folder) end
  must("ln -s %s/alpine-secdb/" .. ALPINE .. "/*.json %s/alpine/" .. ALPINE, shared, folder)
end

--- serve(folder) -> a static web server's process, and its address
function data.serve(folder, log)
  local port = process.ports(1)
  local command = ("python3 -m http.server --bind 127.0.0.1 --directory %s %d"):format(folder, port)
  local server = process.start { command, log = log }
  local url = "http://127.0.0.1:" .. port
  server:ready(10, function() return os.execute("curl -s -o /dev/null " .. url) end)
  return server, url
end

local function configuration(url)
  return json.encode {
    http_listen_addr = "127.0.0.1:1", introspection_addr = "127.0.0.1:1",
    updaters = {
      sets = { "debian", "osv", "alpine" },
      config = {
        debian = { mirror_url = url .. "/", json_url = url .. "/tracker.json" },
        osv = { url = url .. "/", },
        alpine = { url = url .. "/alpine/" },
      },
    },
  }
end

local ENRICHMENT = '{"Updater":"clair.cvss","Fingerprint":"shared","Date":"2026-01-01T00:00:00Z",'
  .. '"Ref":"5ca1ab1e-0000-4000-8000-000000000001","Enrichment":{"Tags":["%s"],"Enrichment":%s},"Kind":"enrichment"}'

-- The CVSS enricher's records, which NVD's yearly feeds would give, from the CVE records' own vectors.
local function enrichments(shared)
  local pipe = assert(io.popen("unzip -p " .. shell.quote(shared .. "/cvelistV5/main.zip")))
  local all = pipe:read "a"
  pipe:close()
  local lines = {}
  for record in all:gmatch "(.-\n})" do -- the only brace in a line's first column ends a record
    local id, metric = record:match '"cveId"%s*:%s*"(CVE[%d-]+)"', record:match '"cvssV3_1"%s*:%s*(%b{})'
    if id and metric then
      local vector = metric:gsub("%s*\n%s*", "")
      lines[#lines + 1] = ENRICHMENT:format(id, vector)
    end
  end
  return lines
end

-- The records that clairctl 4.9.0 cannot import: its import-updaters, unlike Clair itself, connects to PostgreSQL
-- without its own type of version ranges. A handful is left out: in PyPI's file ten, of jQuery's and NuGet's versions.
local function importable(line)
  return not line:find('"range":{', 1, true)
end

-- The export without those, with the enrichments.
local function finished(file, shared)
  local records = assert(io.open(file .. ".new", "wb"))
  for line in io.lines(file) do
    if importable(line) then records:write(line, "\n") end
  end
  records:write(table.concat(enrichments(shared), "\n"), "\n")
  records:close()
  os.remove(file)
  return file .. ".new"
end

--- export(clairctl, folder) -> the file that import-updaters takes
function data.export(clairctl, folder)
  local shared = assert(data.shared())
  local served, file = folder .. "/site", folder .. "/updates.json"
  must("mkdir -p %s", served)
  site(served, shared)
  local server, url = data.serve(served, folder .. "/site.log")
  local config = folder .. "/export.json"
  shell.write(config, configuration(url))
  local code, out, err = shell.run { clairctl, "--config", config, "export-updaters", "--strict", file }
  server:stop()
  assert(code == 0, out .. err)
  shell.remove(served)
  return finished(file, shared)
end

return data
