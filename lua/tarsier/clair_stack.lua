-- Runs a Clair and its database as two containers: up(engine, settings, tell) creates and starts what is missing, down
-- removes what up created.
--
--   settings = { api = "v4", clair_name =, clair_image =, database_name =, database_image =, network =, bind =, port =,
--                health_port =, database_port =, config = text of Clair's own configuration | nil, pull = true }
--
-- tell(kind, text) reports the steps: "did", "left" and "warning" are results, "doing" is progress.

local core = require "tarsier.core"
local json = require "tarsier.json"
local suggest = require "tarsier.suggest"

local stack = {}

-- Everything that up creates has this label, with the container's role as value. down looks only for the label.
local LABEL = "tarsier.clair"

stack.defaults = {
  v4 = { clair_image = "quay.io/projectquay/clair:4.9.0", database_image = "postgres:15" },
  v1 = { clair_image = "arminc/clair-local-scan:latest", database_image = "arminc/clair-db:latest" },
}

local USER = "clair"
local CONFIG = "/config/config.yaml"
local RED_HAT = "/config/red-hat.json"

local function failure(format, ...)
  return nil, format:format(...), "BACKEND"
end

local function is_ours(thing)
  return thing.labels[LABEL] ~= nil
end

local function variable(container, name)
  for _, pair in ipairs(container.environment) do
    local value = pair:match("^" .. name .. "=(.*)$")
    if value then return value end
  end
end

local function secret()
  local file = assert(io.open("/dev/urandom", "rb"))
  local bytes = file:read(16)
  file:close()
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- ---- images -------------------------------------------------------------------------------------------------------

local function need_image(engine, name, option, settings, tell)
  local found, message, code, status = engine:image(name)
  if found then return true end
  if status ~= 404 then return nil, message, code end
  local way_out = ("load it into the engine, or name another with %s"):format(option)
  if not settings.pull then return failure("the image %s is missing, and --no-pull is set: %s", name, way_out) end
  tell("doing", "pulling " .. name)
  local pulled
  pulled, message = engine:pull(name, function(state, id)
    tell("doing", ("pulling %s: %s %s"):format(name, state, id))
  end)
  if not pulled then
    return failure("the image %s is missing, and the engine cannot pull it (%s): %s", name, message, way_out)
  end
  tell("did", "pulled " .. name)
  return engine:image(name)
end

-- ---- the containers' settings --------------------------------------------------------------------------------------

local function on_host(settings)
  return settings.network == "host"
end

local function container(settings, part, image)
  return {
    Image = image, Labels = { [LABEL] = part },
    HostConfig = { NetworkMode = settings.network, RestartPolicy = { Name = "no" } },
    NetworkingConfig = not on_host(settings) and { EndpointsConfig = { [settings.network] = {
      Aliases = json.array(part == "database" and { "clair-database", "postgres" } or { "clair" }) } } } or nil,
  }
end

-- On the host's network the database listens on the loopback interface; on its own network its port is not published.
local function database_container(settings, password)
  local made = container(settings, "database", settings.database_image)
  made.Env = json.array { "POSTGRES_USER=" .. USER, "POSTGRES_PASSWORD=" .. password, "POSTGRES_DB=" .. USER }
  if on_host(settings) and settings.api == "v4" then
    made.Cmd = json.array { "postgres", "-c", "listen_addresses=127.0.0.1", "-c", "port=" .. settings.database_port }
  end
  return made
end

-- In its own network Clair always listens on port 6060, independent of the published port. On the host's network it
-- listens on the requested port.
local function inner_ports(settings)
  if on_host(settings) and settings.api == "v4" then return settings.port, settings.health_port end
  return 6060, 6061
end

local function clair_container(settings)
  local made = container(settings, "clair", settings.clair_image)
  local api, health = inner_ports(settings)
  if settings.api == "v4" then made.Env = json.array { "CLAIR_CONF=" .. CONFIG, "CLAIR_MODE=combo" } end
  if on_host(settings) then
    made.HostConfig.ExtraHosts = json.array { "postgres:127.0.0.1", "clair-database:127.0.0.1" }
    return made
  end
  local function published(port) return json.array { { HostIp = settings.bind, HostPort = tostring(port) } } end
  made.ExposedPorts = { [api .. "/tcp"] = {}, [health .. "/tcp"] = {} }
  made.HostConfig.PortBindings = {
    [api .. "/tcp"] = published(settings.port), [health .. "/tcp"] = published(settings.health_port),
  }
  return made
end

-- The values of the containers for a configuration: ${database}, ${database_password} and so on in the file of --config
-- stand for these.
local function values(settings, password)
  local api, health = inner_ports(settings)
  local address = on_host(settings) and settings.bind or ""
  local known = {
    database_host = on_host(settings) and "127.0.0.1" or "clair-database",
    database_port = tostring(on_host(settings) and settings.database_port or 5432),
    database_user = USER, database_password = password, database_name = USER,
    listen = ("%s:%d"):format(address, api), health = ("%s:%d"):format(address, health),
  }
  known.database = ("host=%s port=%s user=%s password=%s dbname=%s sslmode=disable"):format(known.database_host,
    known.database_port, USER, password, USER)
  return known
end

--- placeholders() -> the names allowed in ${…} in a configuration, sorted
function stack.placeholders()
  local names = {}
  for name in pairs(values({ network = "host", bind = "" }, "")) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- check_config(text) -> true | nil, message: checks that every ${…} in it is known; $${…} is an escape
function stack.check_config(config)
  local known = values({ network = "host", bind = "" }, "")
  for escape, name in config:gmatch "(%$*)%${([^}\n]*)}" do
    if escape == "" and not known[name] then
      return nil, ("${%s} stands for nothing%s; there are ${%s}. Write $${%s} for the text itself"):format(name,
        suggest.hint(name, stack.placeholders()), table.concat(stack.placeholders(), "}, ${"), name)
    end
  end
  return true
end

local function filled(config, known)
  return (config:gsub("(%$*)%${([^}\n]*)}", function(escape, name)
    if escape == "" then return known[name] end
    return escape:sub(2) .. "${" .. name .. "}"
  end))
end

-- The indexer's Red Hat scanners download two lists when Clair starts, and index nothing without them. An empty initial
-- file lets Clair work without a network; with a network, the lists replace it.
local function red_hat()
  local lists = "https://security.access.redhat.com/data/metrics/"
  local names = { name2repos_mapping_file = RED_HAT,
    name2repos_mapping_url = lists .. "container-name-repos-map.json" }
  return { package = { rhel_containerscanner = names }, repo = { rhel_containerscanner = names,
    ["rhel-repository-scanner"] = { repo2cpe_mapping_file = RED_HAT,
      repo2cpe_mapping_url = lists .. "repository-to-cpe.json" } } }
end

-- Clair v4's configuration in JSON, which is also YAML.
local function configuration(known)
  local connection = { connstring = known.database, migrations = true }
  return json.encode({
    http_listen_addr = known.listen, introspection_addr = known.health, log_level = "info",
    indexer = { connstring = known.database, migrations = true, scanner = red_hat() }, matcher = connection,
    notifier = connection,
  }, { indent = "  " }) .. "\n"
end

-- ---- up -----------------------------------------------------------------------------------------------------------

-- Returns the container | false if it does not exist | nil, message, code
local function look(engine, name)
  local found, message, code, status = engine:container(name)
  if found then return found end
  if status == 404 then return false end
  return nil, message, code
end

local function need_network(engine, settings, tell)
  if on_host(settings) then return true end
  local found, message, code, status = engine:network(settings.network)
  if found then return true end
  if status ~= 404 then return nil, message, code end
  found, message, code = engine:create_network(settings.network, { [LABEL] = "network" })
  if not found then return nil, message, code end
  tell("did", "made the network " .. settings.network)
  return true
end

-- Starts the container of that name. If it does not exist, calls make() -> true | nil, message, code first.
local function need_container(engine, name, found, make, tell)
  if found and found.running then
    tell("left", ("%s is already running%s"):format(name, is_ours(found) and "" or ", and is not tarsier's"))
    return true
  end
  local ok, message, code
  if not found then
    ok, message, code = make()
    if not ok then return nil, message, code end
  end
  ok, message, code = engine:start(name)
  if not ok then return nil, ("cannot start %s: %s"):format(name, message), code end
  tell("did", found and "started " .. name or ("made and started %s"):format(name))
  return true
end

-- Returns from a container's output the line that reports a fatal error, or the last one.
local function last_words(engine, name)
  local last
  for line in engine:logs(name, 60):gmatch "[^\n]+" do
    if line:find "panic:" or line:find "FATAL" or line:find '"fatal"' then return line:sub(1, 400) end
    if line:find "%S" then last = line end
  end
  return last and last:sub(1, 400) or "it had no output"
end

local function still_runs(engine, name)
  local found, message, code = look(engine, name)
  if found == nil then return nil, message, code end
  if found and (found.running or found.restarting) then return true end
  local why = found and (" with exit code %d"):format(found.exit_code) or ""
  return failure("%s ended%s: %s", name, why, last_words(engine, name))
end

-- Asks until the answer is true. question() -> true | false, reason
local function await(engine, name, what, seconds, question, tell)
  local deadline = core.host.seconds() + seconds
  local reason
  repeat
    local runs, message, code = still_runs(engine, name)
    if not runs then return nil, message, code end
    local answer
    answer, reason = question()
    if answer then return still_runs(engine, name) end
    tell("doing", ("waiting for %s: %s"):format(what, reason))
    core.host.sleep(0.5)
  until core.host.seconds() >= deadline
  return failure("%s was not ready after %d s: %s", what, seconds, reason)
end

-- Exit codes for a missing command, as used by shells and engines.
local no_command = { [126] = true, [127] = true }

local function database_answers(engine, settings)
  local port = on_host(settings) and settings.database_port or 5432
  local code, message, _, status = engine:run(settings.database_name,
    { "pg_isready", "-q", "-h", "127.0.0.1", "-p", tostring(port), "-U", USER })
  if code == 0 or no_command[code] or status == 400 or status == 404 or status == 500 then return true end
  return false, message or "it does not take connections yet"
end

local function up_database(engine, settings, seconds, tell)
  local found, message, code = look(engine, settings.database_name)
  if found == nil then return nil, message, code end
  local password = found and variable(found, "POSTGRES_PASSWORD") or secret()
  local ok
  ok, message, code = need_container(engine, settings.database_name, found, function()
    local there, why, kind = need_image(engine, settings.database_image, "--database-image", settings, tell)
    if not there then return nil, why, kind end
    return engine:create(settings.database_name, database_container(settings, password))
  end, tell)
  if not ok then return nil, message, code end
  ok, message, code = await(engine, settings.database_name, "the database", seconds, function()
    return database_answers(engine, settings)
  end, tell)
  if not ok then return nil, message, code end
  return password
end

local function make_clair(engine, settings, password, tell)
  local ok, message, code = need_image(engine, settings.clair_image, "--clair-image", settings, tell)
  if not ok then return nil, message, code end
  ok, message, code = engine:create(settings.clair_name, clair_container(settings))
  if not ok then return nil, message, code end
  if settings.api ~= "v4" and not settings.config then return true end
  local known = values(settings, password)
  if settings.config then return engine:put(settings.clair_name, CONFIG, filled(settings.config, known)) end
  ok, message, code = engine:put(settings.clair_name, RED_HAT, '{"data":{}}\n')
  if not ok then return nil, message, code end
  return engine:put(settings.clair_name, CONFIG, configuration(known))
end

local function address(settings)
  local host = settings.bind == "0.0.0.0" and "127.0.0.1" or settings.bind
  return ("http://%s:%d"):format(host, settings.port)
end

local function clair_answers(settings)
  local status, message = core.clair_status { clair = address(settings), clair_api = settings.api, timeout = 5 }
  if status then return true end
  return false, message
end

--- up(engine, settings, seconds, tell) -> Clair's address, this machine's address as Clair sees it | nil, message, code
function stack.up(engine, settings, seconds, tell)
  local ok, message, code = need_network(engine, settings, tell)
  if not ok then return nil, message, code end
  local password
  password, message, code = up_database(engine, settings, seconds, tell)
  if not password then return nil, message, code end
  local found
  found, message, code = look(engine, settings.clair_name)
  if found == nil then return nil, message, code end
  ok, message, code = need_container(engine, settings.clair_name, found, function()
    return make_clair(engine, settings, password, tell)
  end, tell)
  if not ok then return nil, message, code end
  ok, message, code = await(engine, settings.clair_name, "Clair", seconds, function()
    return clair_answers(settings)
  end, tell)
  if not ok then return nil, message, code end
  return address(settings), stack.gateway(engine, settings)
end

--- gateway(engine, settings) -> this machine's address in the containers' network
function stack.gateway(engine, settings)
  if on_host(settings) then return "localhost" end
  local network = engine:network(settings.network)
  for _, gateway in ipairs(network and network.gateways or {}) do
    if gateway:find "^%d+%." then return gateway end
  end
end

-- ---- down ---------------------------------------------------------------------------------------------------------

-- finds(name) and removes(name) handle one kind of object -> true | nil, message, code
local function take_down(what, name, find, remove, tell)
  local found, message, code, status = find(name)
  if not found then
    if status == 404 then return true end
    return nil, message, code
  end
  if not is_ours(found) then
    tell("left", ("the %s %s is not tarsier's and is kept"):format(what, name))
    return true
  end
  local ok
  ok, message, code = remove(name)
  if not ok then return nil, message, code end
  tell("did", ("removed the %s %s"):format(what, name))
  return true
end

--- down(engine, settings, tell) -> true | nil, message, code
function stack.down(engine, settings, tell)
  for _, name in ipairs { settings.clair_name, settings.database_name } do
    local ok, message, code = take_down("container", name, function(n) return engine:container(n) end,
      function(n) return engine:remove(n) end, tell)
    if not ok then return nil, message, code end
  end
  if on_host(settings) then return true end
  return take_down("network", settings.network, function(n) return engine:network(n) end,
    function(n) return engine:remove_network(n) end, tell)
end

return stack
