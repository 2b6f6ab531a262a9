-- A client of the API of Docker's engine and of Podman's service: images, containers and networks.
--
--   local engine = assert(require "tarsier.docker".open())       -- at $DOCKER_HOST, or a known socket
--   assert(engine:pull "postgres:15")
--
-- Functions fail with nil, message, "CODE"; if the engine refuses, its HTTP status follows. The library reads images
-- out of the engine as docker-daemon:NAME.

local core = require "tarsier.core"
local json = require "tarsier.json"

local docker = {}

local Engine = {}
Engine.__index = Engine

local PULL_SECONDS = 2 * 3600
local LINE = 1 << 20            -- of a pull's progress: real ones are shorter

--- open([address], [ca_file]) -> engine | nil, message, code. Without an address: $DOCKER_HOST, $CONTAINER_HOST, or a
--- known socket; the code is UNSUPPORTED if there is none. Certificates and TLS settings come from the same environment
--- variables as for docker.
function docker.open(given, ca_file)
  local engine, message, code = core.container(given, ca_file)
  if not engine then return nil, message, code end
  return setmetatable(engine, Engine)
end

--- escape(name) -> the name as a part of a path or a query
function docker.escape(name)
  return (name:gsub("[^%w/._~:@-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- Returns an engine's message for a refusal.
local function refusal(answer)
  local document = json.decode(answer.body)
  local message = type(document) == "table" and (document.message or document.cause)
  return type(message) == "string" and message or ("HTTP %d"):format(answer.status)
end

--- call(method, path, [{ json =, body =, content_type =, seconds =, on_body = }]) -> answer | nil, message, "IO",
--- status
function Engine:call(method, path, options)
  options = options or {}
  local body = options.json and json.encode(options.json) or options.body or method == "POST" and "" or nil
  local answer, message, code = core.http {
    container = self.handle, method = method, url = path, body = body,
    headers = body and { ["Content-Type"] = options.content_type or "application/json" } or nil,
    seconds = options.seconds, on_body = options.on_body,
  }
  if not answer then return nil, ("container engine: %s"):format(message), code end
  if answer.status >= 400 then
    return nil, ("container engine: %s %s: %s"):format(method, path, refusal(answer)), "IO", answer.status
  end
  return answer
end

-- An engine's answers are untrusted: these functions return tables and texts for any content.
local function member(object, key)
  local value = type(object) == "table" and object[key]
  return type(value) == "table" and value or {}
end

local function texts(list)
  local found = {}
  for _, value in ipairs(list) do
    if type(value) == "string" then found[#found + 1] = value end
  end
  return found
end

--- ask(method, path, [options of call]) -> the answer's document, a table | nil, message, "IO", status
function Engine:ask(method, path, options)
  local answer, message, code, status = self:call(method, path, options)
  if not answer then return nil, message, code, status end
  local document = json.decode(answer.body)
  if type(document) == "table" then return document end
  return nil, ("container engine: %s %s: the answer is not JSON"):format(method, path), "IO"
end

-- The same -> the Id in the document, the document
local function ask_id(engine, method, path, options)
  local document, message, code, status = engine:ask(method, path, options)
  if not document then return nil, message, code, status end
  if type(document.Id) == "string" and document.Id ~= "" then return document.Id, document end
  return nil, ("container engine: %s %s: the answer has no Id"):format(method, path), "IO"
end

-- ---- images -------------------------------------------------------------------------------------------------------

-- "registry:5000/app:1" -> "registry:5000/app", "1"; without a tag: "latest", because an empty one means all tags
local function split(name)
  if name:find "@" then return name, nil end
  local repository, tag = name:match "^(.*):([^/:]+)$"
  return repository or name, tag or "latest"
end

--- image(name) -> its Id, its names with tags | nil, message, code, status (404: it does not exist)
function Engine:image(name)
  local id, message, code, status = ask_id(self, "GET", "/images/" .. docker.escape(name) .. "/json")
  if id then return id, texts(member(message, "RepoTags")) end
  if status == 404 then message = ("the container engine at %s has no image %s"):format(self.address, name) end
  return nil, message, code, status
end

-- Calls visit(document) for each line of JSON in a stream that arrives in pieces.
local function by_line(visit)
  local rest = ""
  return function(piece)
    rest = rest .. piece
    if #rest > LINE then return false end
    for line in rest:gmatch "([^\n]*)\n" do
      local document = line:find "%S" and json.decode(line)
      if type(document) == "table" then visit(document) end
    end
    rest = rest:match "[^\n]*$"
  end
end

--- pull(name, [on_progress]) -> true | nil, message, code. Calls on_progress(status, id) with the engine's progress.
function Engine:pull(name, on_progress)
  local repository, tag = split(name)
  local path = "/images/create?fromImage=" .. docker.escape(repository) .. (tag and "&tag=" .. docker.escape(tag) or "")
  local failure
  local answer, message, code = self:call("POST", path, {
    seconds = PULL_SECONDS,
    on_body = by_line(function(line)
      if line.error then
        failure = type(line.error) == "string" and line.error or "unknown error"
      elseif on_progress and type(line.status) == "string" then
        on_progress(line.status, type(line.id) == "string" and line.id or "")
      end
    end),
  })
  if not answer then return nil, message, code end
  if failure then return nil, "container engine: " .. failure, "IO" end -- inside an answer that began as a success
  return true
end

-- ---- containers and networks --------------------------------------------------------------------------------------

--- container(name) -> { id =, running =, restarting =, exit_code =, labels = { name = value }, environment =
--- { "NAME=value", … } } | nil, message, code, status (404: it is not there)
function Engine:container(name)
  local document, message, code, status = self:ask("GET", "/containers/" .. docker.escape(name) .. "/json")
  if not document then return nil, message, code, status end
  local state, config = member(document, "State"), member(document, "Config")
  return { id = document.Id, running = state.Running == true, restarting = state.Restarting == true,
    exit_code = math.tointeger(state.ExitCode) or 0, labels = member(config, "Labels"),
    environment = texts(member(config, "Env")) }
end

--- create(name, configuration) -> id | nil, message, code
function Engine:create(name, configuration)
  local path = "/containers/create?name=" .. docker.escape(name)
  return ask_id(self, "POST", path, { json = configuration })
end

function Engine:start(name)
  return self:call("POST", "/containers/" .. docker.escape(name) .. "/start", { seconds = 120 })
end

function Engine:stop(name)
  return self:call("POST", "/containers/" .. docker.escape(name) .. "/stop?t=10", { seconds = 120 })
end

--- remove(name): also removes its anonymous volumes
function Engine:remove(name)
  return self:call("DELETE", "/containers/" .. docker.escape(name) .. "?force=true&v=true", { seconds = 120 })
end

--- logs(name, lines) -> the last lines of its output, as one text
function Engine:logs(name, lines)
  local path = ("/containers/%s/logs?stdout=true&stderr=true&tail=%d"):format(docker.escape(name), lines)
  local answer = self:call("GET", path)
  if not answer then return "" end
  -- Frames: one byte for the stream, three zeros, four bytes of length. A container with a terminal has no frames.
  local parts, at = {}, 1
  while at + 7 <= #answer.body and answer.body:find("^[\0-\2]\0\0\0", at) do
    local length = (">I4"):unpack(answer.body, at + 4)
    parts[#parts + 1] = answer.body:sub(at + 8, at + 7 + length)
    at = at + 8 + length
  end
  return #parts > 0 and table.concat(parts) or answer.body
end

--- run(name, command) -> its exit code | nil, message, code: runs the command in a running container
function Engine:run(name, command)
  local id, message, code, status = ask_id(self, "POST", "/containers/" .. docker.escape(name) .. "/exec",
    { json = { Cmd = json.array(command), AttachStdout = true, AttachStderr = true } })
  if not id then return nil, message, code, status end
  local path = "/exec/" .. docker.escape(id)
  local ran
  ran, message, code, status = self:call("POST", path .. "/start",
    { json = { Detach = false, Tty = false }, seconds = 60 })
  if not ran then return nil, message, code, status end
  local after
  after, message, code, status = self:ask("GET", path .. "/json")
  if not after then return nil, message, code, status end
  local exit_code = math.tointeger(after.ExitCode)
  if exit_code then return exit_code end
  return nil, ("container engine: it does not say how the command %s ended"):format(command[1]), "IO"
end

-- A tar of one file: ustar, as in POSIX.1-1988.
local function tar_of(name, content)
  local function field(value, width) return value .. ("\0"):rep(width - #value) end
  local function octal(value, width) return ("%0" .. width - 1 .. "o\0"):format(value) end
  local head = field(name, 100) .. octal(420, 8) .. octal(0, 8) .. octal(0, 8) .. octal(#content, 12) .. octal(0, 12)
  local tail = "0" .. field("", 100) .. "ustar\0" .. "00" .. field("", 247)
  local sum = 8 * 32
  for byte in (head .. tail):gmatch "." do sum = sum + byte:byte() end
  return head .. ("%06o\0 "):format(sum) .. tail .. content .. ("\0"):rep(-#content % 512 + 1024)
end

--- put(name, path, content) -> true | nil, message, code: writes a file into a container, which need not run; creates
--- its folder
function Engine:put(name, path, content)
  return self:call("PUT", "/containers/" .. docker.escape(name) .. "/archive?path=/",
    { body = tar_of(path:gsub("^/", ""), content), content_type = "application/x-tar", seconds = 60 })
end

--- network(name) -> { labels =, gateways = { address, … } } | nil, message, code, status
function Engine:network(name)
  local document, message, code, status = self:ask("GET", "/networks/" .. docker.escape(name))
  if not document then return nil, message, code, status end
  local gateways = {}
  for _, range in ipairs(member(member(document, "IPAM"), "Config")) do
    if type(range) == "table" then gateways[#gateways + 1] = range.Gateway end
  end
  return { labels = member(document, "Labels"), gateways = texts(gateways) }
end

function Engine:create_network(name, labels)
  return self:call("POST", "/networks/create", { json = { Name = name, CheckDuplicate = true, Labels = labels } })
end

function Engine:remove_network(name)
  return self:call("DELETE", "/networks/" .. docker.escape(name))
end

return docker
