-- An HTTP server that answers as a script says, for specs of what talks to one: see stand_in.py.

local core = require "tarsier.core"
local json = require "tarsier.json"
local shell = require "support.shell"

local stand_in = {}

local Server = {}
Server.__index = Server

--- available() -> can it run here? Else a spec is `pending` with stand_in.needs.
function stand_in.available()
  return shell.has "python3"
end

stand_in.needs = "needs python3: apt-get install python3"

-- The process that has all servers of this one, started with the first: { url =, pid = }
local control

local function controller()
  if control then return control end
  local pid, port = shell.background(shell.python .. " tests/support/stand_in.py $PPID"):match "^(%d+) (%d+)$"
  control = { url = "http://127.0.0.1:" .. port, pid = pid }
  return control
end

local function order(verb, given)
  local answer = assert(core.http { method = "POST", url = controller().url .. verb, body = json.encode(given) })
  assert(answer.status == 200, answer.body)
  return json.decode(answer.body)
end

--- start(script, [{ unix = true, tls = folder of certificates, anyone = may clients have none? }]) -> server with .url,
--- .socket, :requests(), :stop(). The script is a table by "METHOD /path" of lists of answers.
function stand_in.start(script, options)
  local self = setmetatable({ folder = shell.folder() }, Server)
  shell.write(self.folder .. "/script.json", json.encode(script))
  self.socket = options and options.unix and self.folder .. "/socket" or nil
  self.url = "http://127.0.0.1:" .. math.tointeger(order("/start", { folder = self.folder, socket = self.socket,
    tls = options and options.tls, anyone = options and options.anyone }).port)
  self.pid = control.pid
  return self
end

--- requests([method and path]) -> what was asked: { { method, path, headers, body }, … }
function Server:requests(wanted)
  local list = {}
  local file = io.open(self.folder .. "/requests.jsonl")
  if not file then return list end
  for line in file:lines() do
    local request = assert(json.decode(line))
    local name = request.method .. " " .. request.path
    if not wanted or name:find(wanted, 1, true) == 1 then list[#list + 1] = request end
  end
  file:close()
  return list
end

function Server:stop()
  order("/stop", { folder = self.folder })
  shell.remove(self.folder)
end

return stand_in
