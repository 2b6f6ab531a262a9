-- What real Clairs of both generations stand on in specs: the programs, a folder, a PostgreSQL, and the servers that were
-- started there. support.clair and support.clair.old make grounds of it.

local data = require "support.clair.data"
local json = require "tarsier.json"
local postgres = require "support.clair.postgres"
local process = require "support.clair.process"
local shell = require "support.shell"

local Ground = {}
Ground.__index = Ground

--- programs("v4"|"v2") -> the folder of Clair's programs, or nil and what was refused
function Ground.programs(generation)
  local code, out, err = shell.run("tests/support/clair/programs " .. generation)
  if code ~= 0 then return nil, (err:gsub("\n$", "")) end
  return (out:gsub("\n$", ""))
end

--- missing(generation) -> why a spec has to be left out, or nil
function Ground.missing(generation)
  if not os.getenv "TARSIER_TEST_REAL" then return "a real Clair: make test-real" end
  local ok, reason = data.shared()
  if ok then ok, reason = postgres.programs() end
  if ok then ok, reason = Ground.programs(generation) end
  return not ok and reason or nil
end

--- get(url, [options]) -> status, body
function Ground.get(url, options)
  local _, out = shell.run(("curl -s -m 20 %s -w '\\n%%{http_code}' %s"):format(options or "", shell.quote(url)))
  local body, status = out:match "^(.*)\n(%d+)$"
  return tonumber(status), body
end

--- class() -> a class of grounds, for what one generation needs besides
function Ground.class()
  local class = setmetatable({}, Ground)
  class.__index = class
  return class
end

--- Ground.new(class, generation) -> a ground with an empty PostgreSQL
function Ground.new(class, generation)
  return setmetatable({ bin = assert(Ground.programs(generation)), folder = shell.folder(), count = 0, running = {},
    postgres = postgres.start() }, class)
end

--- ground:serve(config, port, health, options, [trusted]) -> a running Clair: .url, :stop(), :log(). `options` is its
--- command line, %s the file of its config; `health` the address that answers 200 once it is there; `trusted` the only
--- certificate authorities that it knows.
function Ground:serve(config, port, health, options, trusted)
  self.count = self.count + 1
  local base = ("%s/clair-%d"):format(self.folder, self.count)
  shell.write(base .. ".json", json.encode(config))
  local command = ("env TMPDIR=%s %s %s/clair %s"):format(self.folder,
    trusted and "SSL_CERT_DIR=/nowhere SSL_CERT_FILE=" .. trusted or "", self.bin, options:format(base .. ".json"))
  local server = process.start { command, log = base .. ".log" }
  server.url = "http://127.0.0.1:" .. port
  self.running[#self.running + 1] = server
  return server:ready(60, function() return Ground.get(health) == 200 end)
end

function Ground:stop()
  for _, server in ipairs(self.running) do server:stop() end
  self.postgres:stop()
  shell.remove(self.folder)
end

return Ground
