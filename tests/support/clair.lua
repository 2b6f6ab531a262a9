-- A real Clair for specs: the programs, a PostgreSQL under them, vulnerability data out of ../shared/data.
--
--   local ground = clair.ground()             a cluster with a filled database
--   local server = ground:clair { key = … }   Clair v4 in combo mode on it: server.url, server:stop(), server:log()
--   ground:stop()

local data = require "support.clair.data"
local json = require "tarsier.json"
local postgres = require "support.clair.postgres"
local process = require "support.clair.process"
local shell = require "support.shell"

local clair = {}

local Ground = {}
Ground.__index = Ground

--- programs("v4"|"v2") -> the folder of Clair's programs, or nil and what was refused
function clair.programs(generation)
  local code, out, err = shell.run("tests/support/clair/programs " .. generation)
  if code ~= 0 then return nil, (err:gsub("\n$", "")) end
  return (out:gsub("\n$", ""))
end

--- missing(generation) -> why a spec has to be left out, or nil
function clair.missing(generation)
  if not os.getenv "TARSIER_TEST_REAL" then return "a real Clair: make test-real" end
  local ok, reason = data.shared()
  if ok then ok, reason = postgres.programs() end
  if ok then ok, reason = clair.programs(generation) end
  return not ok and reason or nil
end

--- get(url, [options]) -> status, body
function clair.get(url, options)
  local _, out = shell.run(("curl -s -m 20 %s -w '\\n%%{http_code}' %s"):format(options or "", shell.quote(url)))
  local body, status = out:match "^(.*)\n(%d+)$"
  return tonumber(status), body
end

-- Red Hat's two lists, which the indexer downloads when it starts, without an entry: it indexes nothing without them.
local function red_hat(folder)
  local file = folder .. "/mapping.json"
  shell.write(file, '{"data":{}}')
  return {
    repo = { ["rhel-repository-scanner"] = { repo2cpe_mapping_file = file },
             rhel_containerscanner = { name2repos_mapping_file = file } },
    package = { rhel_containerscanner = { name2repos_mapping_file = file } },
  }
end

local function configuration(self, given, address, introspection)
  local connection = self:connection(given.database or "filled")
  local config = {
    http_listen_addr = address, introspection_addr = introspection, log_level = "info",
    indexer = { connstring = connection, migrations = true, scanlock_retry = 10, airgap = true,
                scanner = red_hat(self.folder), index_report_request_concurrency = given.concurrency },
    matcher = { connstring = connection, migrations = true, disable_updaters = true, indexer_addr = given.indexer },
    notifier = { connstring = connection, migrations = true, indexer_addr = given.indexer },
  }
  if given.key then config.auth = { psk = { key = given.key, iss = { given.issuer or "tarsier" } } } end
  return config
end

--- clair { database = NAME, mode = "combo", key = base64, issuer =, indexer = URL, concurrency = n } -> a server
function Ground:clair(given)
  given = given or {}
  local port, introspection = process.ports(2)
  self.count = self.count + 1
  local base = ("%s/clair-%d"):format(self.folder, self.count)
  shell.write(base .. ".json", json.encode(configuration(self, given, "127.0.0.1:" .. port,
    "127.0.0.1:" .. introspection)))
  local server = process.start { ("env TMPDIR=%s %s/clair -conf %s.json -mode %s"):format(
    self.folder, self.programs, base, given.mode or "combo"), log = base .. ".log" }
  server.url = "http://127.0.0.1:" .. port
  self.running[#self.running + 1] = server
  return server:ready(60, function()
    return clair.get(("http://127.0.0.1:%d/readyz"):format(introspection)) == 200
  end)
end

function Ground:connection(name)
  return ("host=127.0.0.1 port=%d user=clair dbname=%s sslmode=disable"):format(self.postgres.port, name)
end

-- Clair makes its tables, clairctl fills them.
local function fill(self)
  self:clair { database = "filled" }:stop()
  local updates = data.export(self.programs .. "/clairctl", self.folder)
  local config = self.folder .. "/import.json"
  shell.write(config, json.encode(configuration(self, {}, "127.0.0.1:1", "127.0.0.1:1")))
  local code, out, err = shell.run { self.programs .. "/clairctl", "--config", config, "import-updaters", updates }
  assert(code == 0, out .. err)
  os.remove(updates)
end

--- ground() -> a PostgreSQL with two databases, "filled" and "empty", and the way to start Clair on them
function clair.ground()
  local programs = assert(clair.programs "v4")
  local self = setmetatable({ folder = shell.folder(), programs = programs, count = 0, running = {} }, Ground)
  self.postgres = postgres.start()
  local ok, message = pcall(function()
    self.postgres:database "filled"
    self.postgres:database "empty"
    fill(self)
  end)
  if not ok then
    self:stop()
    error(message, 0)
  end
  return self
end

function Ground:stop()
  for _, server in ipairs(self.running) do server:stop() end
  self.postgres:stop()
  shell.remove(self.folder)
end

return clair
