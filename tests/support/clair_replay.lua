-- Starts and stops tests/support/clair_replay.py, which see: a Clair that answers by a script.

local core = require "tarsier.core"
local json = require "tarsier.json"
local shell = require "support.shell"

local replay = {}

local Server = {}
Server.__index = Server

local idle = {} -- processes whose conversation is over: starting one takes longer than most tests

--- has() -> can it run here?
function replay.has()
  return shell.has "python3"
end

--- recorded() -> the file of recorded exchanges with Clair v2, or nil
function replay.recorded()
  for _, folder in ipairs { os.getenv "TARSIER_SHARED" or "../shared", "../shared" } do
    local path = folder .. "/clair-v1/exchanges.json"
    local file = io.open(path)
    if file then
      file:close()
      return path
    end
  end
end

local function launch()
  local line = shell.background("LD_PRELOAD= " .. shell.python .. " tests/support/clair_replay.py")
  local pid, port = line:match "^(%d+) (%d+)$"
  return { pid = pid, port = tonumber(port), url = "http://127.0.0.1:" .. port }
end

--- start(script) -> server with url and port; its end is server:stop() or <close>
function replay.start(script)
  local is_used = #idle > 0
  local server = setmetatable(table.remove(idle) or launch(), Server)
  local answer, message = core.http { url = server.url .. "/.script", method = "PUT", body = json.encode(script) }
  if answer then return server end
  server:kill()
  return is_used and replay.start(script) or error(message) -- the last script may have ended a used one
end

--- server:requests([method [, path pattern]]) -> what it was asked: { method =, path =, body =, authorization = }
function Server:requests(method, pattern)
  local list = {}
  local answer = assert(core.http { url = self.url .. "/.requests" })
  for _, request in ipairs(assert(json.decode(answer.body))) do
    if (not method or request.method == method) and (not pattern or request.path:match(pattern)) then
      list[#list + 1] = request
    end
  end
  return list
end

--- server:kill(): the process ends, and nobody listens on its port. Twice is fine.
function Server:kill()
  if not self.pid then return end
  os.execute(("kill -9 %s 2>/dev/null; while [ -e /proc/%s/exe ]; do sleep 0.01; done"):format(self.pid, self.pid))
  self.pid = nil
end

--- server:stop(): its process will serve another test. Twice is fine.
function Server:stop()
  if self.pid then idle[#idle + 1] = { pid = self.pid, port = self.port, url = self.url } end
  self.pid = nil
end

Server.__close = Server.stop

--- finish(): ends all processes. At the end of each spec that started one.
function replay.finish()
  for _, server in ipairs(idle) do setmetatable(server, Server):kill() end
  idle = {}
end

return replay
