-- A real Clair for specs: the programs, a PostgreSQL under them, vulnerability data out of ../shared/data.
--
--   local ground = clair.ground()             a cluster with a filled database
--   local server = ground:clair { key = … }   Clair v4 in combo mode on it: server.url, server:stop(), server:log()
--   ground:stop()

local data = require "support.clair.data"
local json = require "tarsier.json"
local process = require "support.clair.process"
local shell = require "support.shell"

local Ground = require "support.clair.ground".class()

local clair = { get = Ground.get, programs = Ground.programs }

--- missing() -> why a spec has to be left out, or nil
function clair.missing()
  return Ground.missing "v4"
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

--- clair { database = NAME, mode = "combo", key = base64, issuer =, indexer = URL, concurrency = n, trusted = FILE }
--- -> a server
function Ground:clair(given)
  given = given or {}
  local port, introspection = process.ports(2)
  local config = configuration(self, given, "127.0.0.1:" .. port, "127.0.0.1:" .. introspection)
  return self:serve(config, port, ("http://127.0.0.1:%d/readyz"):format(introspection),
    "-conf %s -mode " .. (given.mode or "combo"), given.trusted)
end

function Ground:connection(name)
  return ("host=127.0.0.1 port=%d user=clair dbname=%s sslmode=disable"):format(self.postgres.port, name)
end

-- Clair makes its tables, clairctl fills them.
local function fill(self)
  self:clair { database = "filled" }:stop()
  local updates = data.export(self.bin .. "/clairctl", self.folder)
  local config = self.folder .. "/import.json"
  shell.write(config, json.encode(configuration(self, {}, "127.0.0.1:1", "127.0.0.1:1")))
  local code, out, err = shell.run { self.bin .. "/clairctl", "--config", config, "import-updaters", updates }
  assert(code == 0, out .. err)
  os.remove(updates)
end

--- ground() -> a PostgreSQL with two databases, "filled" and "empty", and the way to start Clair on them
function clair.ground()
  local self = Ground:new "v4"
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

return clair
