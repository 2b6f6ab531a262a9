-- A real registry for specs: Debian's docker-registry on a free port of 127.0.0.1, in a temporary folder.
--
--   local server = registry.start()                                  plain HTTP, for anybody
--   registry.start { users = { reader = "secret" } }                 HTTP Basic, from an htpasswd file
--   registry.start { tls = true }                                    TLS, from an own CA: server.ca
--   registry.start { token = { users = …, anonymous = … } }          a token server of its own: see registry_token.py
--   registry.start { redirect = true }                               blobs come from another server, as from a cloud
--
-- The specs push as "pusher", who may do everything everywhere.

local shell = require "support.shell"
local json = require "tarsier.json"
local process = require "support.clair.process"
local temporary = require "support.temporary"

local registry = {}

local Server = {}
Server.__index = Server
Server.__close = function(self) self:stop() end

local must, quote = temporary.must, temporary.quote

local PUSHER, PASSWORD = "pusher", "pushes-only"

local programs = { { "docker-registry", "docker-registry" }, { "htpasswd", "apache2-utils" }, { "skopeo", "skopeo" },
  { "openssl", "openssl" }, { "python3", "python3" }, { "curl", "curl" } }

--- absent() -> "needs PROGRAM: …", the first that is not here, or nil
function registry.absent()
  for _, program in ipairs(programs) do
    if not temporary.has(program[1]) then
      return ("needs %s: apt-get install %s"):format(program[1], program[2])
    end
  end
end

--- missing() -> why these specs cannot run here, or nil
function registry.missing()
  if not os.getenv "TARSIER_TEST_REAL" then return "a real registry: make test-real" end
  return registry.absent()
end

-- ---- certificates ---------------------------------------------------------------------------------------------------

-- An authority of its own and what it signed for localhost.
local function certify(folder)
  must([[cd %s
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=specs' own CA" \
      -keyout ca.key -out ca.pem &&
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout tls.key \
      -out tls.csr &&
    echo 'subjectAltName = DNS:localhost, IP:127.0.0.1' >tls.ext &&
    openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile tls.ext -out tls.pem &&
    mkdir certs && cp ca.pem certs/ca.crt]], folder) -- skopeo wants a folder with names of its own
end

local function token_certificate(folder)
  must([[cd %s && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tokens -keyout token.key -out token.pem]],
    folder)
end

-- ---- starting -------------------------------------------------------------------------------------------------------

-- Its own YAML is JSON too.
local function configuration(self, given)
  local folder = self.folder
  local config = {
    version = "0.1",
    log = { level = "warn", accesslog = { disabled = false } },
    -- Without its cache of what is stored: that is changed behind its back.
    storage = { filesystem = { rootdirectory = folder .. "/store" }, delete = { enabled = true } },
    http = { addr = self.address, secret = "for one server only" },
  }
  if given.tls then config.http.tls = { certificate = folder .. "/tls.pem", key = folder .. "/tls.key" } end
  if given.users then config.auth = { htpasswd = { realm = "specs", path = folder .. "/htpasswd" } } end
  if given.token then
    config.auth = { token = { realm = self.beside_url .. "/token", service = "specs", issuer = "tokens",
      rootcertbundle = folder .. "/token.pem" } }
  end
  if given.redirect then
    config.middleware = { storage = json.array { { name = "redirect",
      options = { baseurl = self.beside_url .. "/" } } } }
  end
  return config
end

local function passwords(self, users)
  must("htpasswd -Bbc %s %s %s", self.folder .. "/htpasswd", PUSHER, PASSWORD)
  for name, password in pairs(users) do must("htpasswd -Bb %s %s %s", self.folder .. "/htpasswd", name, password) end
end

local function program(self, script, arguments, port)
  local started = process.start { (shell.python .. " tests/support/%s.py %s %s"):format(script, self.folder, arguments),
    log = ("%s/%s.log"):format(self.folder, script) }
  self.running[#self.running + 1] = started
  started:ready(10, function() return os.rename(self.folder .. "/" .. port, self.folder .. "/" .. port) end)
  return tonumber(temporary.read(self.folder .. "/" .. port))
end

local defaults = { service = "specs", issuer = "tokens", life = 300, says = 300,
  members = json.array { "token", "access_token" } }

--- server:tokens { users =, anonymous =, life =, … } changes what the token server does, from now on
function Server:tokens(changes)
  for key, value in pairs(changes) do self.token[key] = value end
  temporary.write(self.folder .. "/token.json.new", json.encode(self.token))
  os.rename(self.folder .. "/token.json.new", self.folder .. "/token.json")
end

local function start_beside(self, given)
  self.token = { users = { [PUSHER] = PASSWORD }, writers = json.array { PUSHER }, refresh = {},
    anonymous = json.array {}, tls = given.tls and json.array { self.folder .. "/tls.pem", self.folder .. "/tls.key" } }
  for name, value in pairs(defaults) do self.token[name] = value end
  local changes = given.token or {}
  for name, password in pairs(changes.users or {}) do self.token.users[name] = password end
  changes.users = self.token.users
  self:tokens(changes)
  token_certificate(self.folder)
  local port = program(self, "registry_token", "", "port")
  self.beside_url = ("%s://127.0.0.1:%d"):format(given.tls and "https" or "http", port)
end

local function prepare(self, given)
  if given.tls then
    certify(self.folder)
    self.ca = self.folder .. "/ca.pem"
  end
  if given.users then passwords(self, given.users) end
  if given.token or given.redirect then start_beside(self, given) end
  temporary.write(self.folder .. "/config.json", json.encode(configuration(self, given)))
end

--- server:run() starts the registry, the first time or again, and waits until it answers
function Server:run()
  self.registry = process.start { ("docker-registry serve %s/config.json"):format(self.folder),
    log = self.folder .. "/registry.log" }
  self.running[#self.running + 1] = self.registry
  self.registry:ready(10, function()
    local _, status = temporary.run { "curl", "-s", "-m", "5", "--cacert", self.ca or "/dev/null", "-o", "/dev/null", "-w",
      "%{http_code}", self.url .. "/v2/" }
    return status == "200" or status == "401"
  end)
end

--- start { … } -> server with .address, .url, .ca
function registry.start(given)
  given = given or {}
  local self = setmetatable({ folder = temporary.folder(), running = {}, given = given }, Server)
  self.port = process.ports(1)
  self.address = "127.0.0.1:" .. self.port
  self.url = (given.tls and "https://" or "http://") .. self.address
  local ok, message = pcall(function()
    prepare(self, given)
    self:run()
  end)
  if not ok then
    self:stop()
    error(message, 0)
  end
  return self
end

--- server:relay { delay =, cut =, cuts =, kill = } -> the address of a relay to it: see registry_relay.py
function Server:relay(given)
  self.relays = (self.relays or 0) + 1
  given.name = tostring(self.relays)
  temporary.write(self.folder .. "/relay.json", json.encode(given))
  self.relay_port = self.relay_port or program(self, "registry_relay", tostring(self.port), "relay.port")
  return "127.0.0.1:" .. self.relay_port
end

function Server:stop()
  for i = #self.running, 1, -1 do self.running[i]:stop() end
  temporary.remove(self.folder)
end

-- ---- images ---------------------------------------------------------------------------------------------------------

-- skopeo's options for this side of a copy, or with "" for a command about one image. Nobody's own log-ins are used.
local function access(self, side)
  local words = { self.ca and ("--%scert-dir=%s/certs"):format(side, self.folder) or ("--%stls-verify=false"):format(side) }
  if self.given.users or self.given.token then
    words[2] = ("--%screds=%s:%s"):format(side, PUSHER, PASSWORD)
  else
    words[2] = ("--%sno-creds"):format(side)
  end
  return table.concat(words, " ")
end

--- server:push(source, name, [options of skopeo copy]) -> the digest of what was pushed, its manifest or index
function Server:push(source, name, options)
  local file = self.folder .. "/digest"
  must(("skopeo --insecure-policy copy -q --digestfile %s %s %s %s %s"):format(file, access(self, "dest-"), options or "",
    quote(source), quote(("docker://%s/%s"):format(self.address, name))))
  return temporary.read(file):match "%S+"
end

--- server:pull(name, target) as skopeo does
function Server:pull(name, target)
  must(("skopeo --insecure-policy copy -q %s %s %s"):format(access(self, "src-"),
    quote(("docker://%s/%s"):format(self.address, name)), quote(target)))
end

-- ---- what is stored -------------------------------------------------------------------------------------------------

--- server:stored(digest) -> the file of a blob or a manifest
function Server:stored(digest)
  local hex = digest:match "^sha256:(%x+)$"
  return ("%s/store/docker/registry/v2/blobs/sha256/%s/%s/data"):format(self.folder, hex:sub(1, 2), hex)
end

--- server:damaged(digest, how, test) with the blob damaged; afterwards it is as before.
--- how: "corrupt" turns one bit in the middle, "truncate" leaves a half, "delete"; or a function of its bytes.
function Server:damaged(digest, how, test)
  local file = self:stored(digest)
  local bytes = temporary.read(file)
  local half = #bytes // 2
  if how == "delete" then
    assert(os.remove(file))
  elseif how == "truncate" then
    temporary.write(file, bytes:sub(1, half))
  elseif how == "corrupt" then
    temporary.write(file, bytes:sub(1, half) .. string.char(bytes:byte(half + 1) ~ 1) .. bytes:sub(half + 2))
  else
    temporary.write(file, how(bytes))
  end
  local ok, message = pcall(test)
  temporary.write(file, bytes)
  if not ok then error(message, 0) end
end

-- ---- what was asked ---------------------------------------------------------------------------------------------------

--- server:mark() forgets what was asked so far
function Server:mark()
  self.marked = #self.registry:log()
  self.marked_beside = #self:beside(true)
end

--- server:requests([pattern]) -> { { method, path, status, bytes, user, agent }, … } since the mark, from its log
function Server:requests(pattern)
  local list = {}
  for line in self.registry:log():sub((self.marked or 0) + 1):gmatch "[^\n]+" do
    local user, method, path, status, bytes, agent =
      line:match '^%S+ %- (%S+) %[.-%] "(%u+) (%S+) HTTP/[%d.]+" (%d+) (%d+) ".-" "(.-)"'
    if method and (method .. " " .. path):find(pattern or "") then
      list[#list + 1] = { method = method, path = path, status = tonumber(status), bytes = tonumber(bytes), user = user,
        agent = agent }
    end
  end
  return list
end

--- server:beside([all]) -> what the token server and the storage were asked since the mark: { method, path,
--- authorization, query or form }
function Server:beside(all)
  local list = {}
  local file = io.open(self.folder .. "/requests.jsonl")
  if not file then return list end
  for line in file:lines() do list[#list + 1] = json.decode(line) end
  file:close()
  if all then return list end
  return table.move(list, (self.marked_beside or 0) + 1, #list, 1, {})
end

return registry
