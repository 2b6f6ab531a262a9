-- A real Clair v2, the generation with the v1 API, for specs: on a PostgreSQL of its own, its vulnerabilities given to
-- it through its own API, since its updaters know no address but the feeds' public ones.
--
--   local ground = old.ground()                 a cluster
--   local server = ground:clair "name"          Clair v2.1.8 on a database of that name: server.url, server:stop()
--   ground:know(server, { "openssl", … })       what Debian's tracker says of these source packages, for Debian 12

local data = require "support.clair.data"
local json = require "tarsier.json"
local process = require "support.clair.process"
local shell = require "support.shell"

local Ground = require "support.clair.ground".class()

local old = {}

--- missing() -> why a spec has to be left out, or nil
function old.missing()
  return Ground.missing "v2"
end

--- ground() -> a PostgreSQL and the way to start Clair on it
function old.ground()
  local self = Ground:new "v2"
  self.databases = {}
  return self
end

--- clair(database, [file of trusted authorities]) -> a server that answers, on every address: it cannot do otherwise
function Ground:clair(database, trusted)
  self.databases[database] = self.databases[database] or self.postgres:database(database)
  local port, health = process.ports(2)
  local server = self:serve({ clair = {
    database = { type = "pgsql", options = { source = self.databases[database], cachesize = 16384 } },
    api = { port = port, healthport = health, timeout = "300s" },
    updater = { interval = "0h" },
    notifier = { attempts = 1 },
  } }, port, ("http://127.0.0.1:%d/health"):format(health), "-config %s", trusted)
  server.database = database
  return server
end

-- As Clair's own updater translates the tracker.
local severities = { unimportant = "Negligible", ["end-of-life"] = "Negligible", low = "Low", medium = "Medium",
  high = "High" }

local function version_of(release)
  if release.status == "open" then return "None" end -- the API's word for: no version is fixed
  if release.status == "resolved" and release.fixed_version ~= "0" then return release.fixed_version end
end

local function vulnerabilities_of(sources)
  local shared = assert(data.shared())
  local tracker = json.decode(shell.capture("gzip -dc " .. shell.quote(shared .. "/debian/tracker/data/json.gz")))
  local found = {}
  for _, source in ipairs(sources) do
    for id, entry in pairs(tracker[source] or {}) do
      local release = entry.releases.bookworm
      local version = release and version_of(release)
      if version then
        found[id] = found[id] or { Name = id, NamespaceName = "debian:12", Description = entry.description,
          Link = "https://security-tracker.debian.org/tracker/" .. id,
          Severity = severities[release.urgency:gsub("%*", "")] or "Unknown", FixedIn = {} }
        table.insert(found[id].FixedIn, { Name = source, NamespaceName = "debian:12", VersionFormat = "dpkg",
          Version = version })
      end
    end
  end
  return found
end

--- know(server, sources) -> how many vulnerabilities were given to it
function Ground:know(server, sources)
  -- A namespace that first comes with a vulnerability has no version format, and no layer is indexed in it.
  self.postgres:sql("insert into namespace (name, version_format) values ('debian:12', 'dpkg')", server.database)
  local lines, count = {}, 0
  for _, vulnerability in pairs(vulnerabilities_of(sources)) do
    count = count + 1
    local file = ("%s/vulnerability-%d.json"):format(self.folder, count)
    shell.write(file, json.encode { Vulnerability = vulnerability })
    lines[count] = ('%sdata = "@%s"\nurl = "%s/v1/namespaces/debian:12/vulnerabilities"\nwrite-out = "%%{http_code}\\n"'
      .. '\noutput = "/dev/null"'):format(count > 1 and "next\n" or "", file, server.url)
  end
  shell.write(self.folder .. "/curl", table.concat(lines, "\n") .. "\n")
  local code, out, err = shell.run("curl -s -K " .. shell.quote(self.folder .. "/curl"))
  assert(code == 0, err)
  for status in out:gmatch "%d+" do assert(status == "201", "Clair answered " .. status .. ": " .. server:log()) end
  return count
end

return old
