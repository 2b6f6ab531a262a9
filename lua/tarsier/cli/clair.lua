-- tarsier clair: checks whether a Clair answers, or runs one in containers.

local backend = require "tarsier.cli.backend"
local core = require "tarsier.core"
local docker = require "tarsier.docker"
local exit = require "tarsier.cli.exit"
local gitlab = require "tarsier.cli.gitlab"
local json = require "tarsier.json"
local registry = require "tarsier.cli.registry"
local stack = require "tarsier.clair_stack"
local text = require "tarsier.text"

local DEFAULT_URL = "http://127.0.0.1:6060" -- Clair's own port, and clair-scanner's default

-- Waiting does not help if the request itself is invalid, for example if a key is not valid base64.
local function failed(terminal, message, code)
  terminal:fail(message)
  return code == "USAGE" and exit.USAGE or exit.DATABASE
end

-- ---- wait and status ----------------------------------------------------------------------------------------------

-- Returns the arguments of core.clair_status, and a file to close afterwards or nil | nil, message
local function connection(options)
  options.clair = options.clair or DEFAULT_URL
  local config, message = backend.config(options)
  if not config then return nil, message end
  local ok, file = gitlab.authorities(config)
  if not ok then return nil, file end
  return config, file
end

-- Asks until Clair is ready -> status | nil, the last reason, its code
local function await(config, seconds, terminal)
  local started = core.host.seconds()
  local reason
  config.timeout = math.min(5, seconds) -- of one request
  repeat
    local status, message, code = core.clair_status(config)
    if status and status.ready then return status end
    reason = status and status.detail or message
    if code == "USAGE" then return nil, reason, code end
    terminal:draw(("waiting for Clair at %s, %d s of %d: %s"):format(text.address(config.clair),
      math.floor(core.host.seconds() - started), seconds, reason))
    core.host.sleep(0.5)
  until core.host.seconds() >= started + seconds
  return nil, reason
end

local function named(status)
  return ("Clair (API %s)"):format(status.generation)
end

local function wait(options, _, terminal)
  terminal.quiet = options.quiet
  local config, file = connection(options)
  if not config then return nil, file end
  local _ <close> = file
  local seconds = options.timeout or 60
  local status, reason, code = await(config, seconds, terminal)
  terminal:wipe()
  if code then return failed(terminal, reason, code) end
  if not status then
    return failed(terminal, ("Clair at %s is not ready after %s: %s"):format(text.address(config.clair),
      text.plural(seconds, "second"), reason))
  end
  terminal:say(("tarsier: %s at %s is ready"):format(named(status), text.address(config.clair)))
  return exit.PASS
end

local function as_json(config, status)
  return json.encode(json.object(
    "url", text.address(config.clair), "api", status.generation,
    "ready", status.ready, "detail", status.detail
  ), { indent = "  " }) .. "\n"
end

local function as_text(config, status)
  local lines = {}
  local function line(name, value)
    if value and value ~= "" then lines[#lines + 1] = ("%-8s %s\n"):format(name, text.printable(value)) end
  end
  line("address", text.address(config.clair))
  line("API", status.generation)
  line("ready", status.ready and "yes" or "no")
  line("detail", status.detail)
  return table.concat(lines)
end

local function status_of(options, _, terminal)
  local config, file = connection(options)
  if not config then return nil, file end
  local _ <close> = file
  local status, wrong, code = core.clair_status(config)
  if not status then return failed(terminal, wrong, code) end
  local ok, message = terminal:print((options.format == "json" and as_json or as_text)(config, status))
  if not ok then
    terminal:fail(message)
    return exit.USAGE
  end
  return status.ready and exit.PASS or exit.DATABASE
end

-- ---- up and down --------------------------------------------------------------------------------------------------

local names = {
  { long = "engine", value = "ADDRESS",
    help = "the container engine, unix:///PATH or tcp://HOST:PORT; default: $DOCKER_HOST, else Docker's or Podman's "
      .. "socket" },
  { long = "name", value = "NAME", env = "TARSIER_CLAIR_NAME", help = "Clair's container; default: tarsier-clair" },
  { long = "database-name", value = "NAME", env = "TARSIER_CLAIR_DATABASE_NAME",
    help = "the database's container; default: tarsier-clair-database" },
  { long = "network", value = "NAME", env = "TARSIER_CLAIR_NETWORK",
    help = "their network, or `host` for the machine's own; default: tarsier-clair" },
  { long = "quiet", short = "q", help = "say only what went wrong" },
}

local function with_names(own)
  return table.move(own, 1, #own, #names + 1, { table.unpack(names) })
end

-- Receives the container engine's progress.
local function teller(terminal)
  return function(kind, what)
    if kind == "doing" then terminal:draw(what) else terminal:say("tarsier: " .. what) end
  end
end

local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, "--config " .. message end
  local content = file:read(1 << 20)
  file:close()
  return content or ""
end

local function settings_of(options)
  local api = options.api or "v4"
  local defaults = stack.defaults[api]
  local config, message
  if options.config then
    config, message = read_file(options.config)
    if not config then return nil, message end
    local ok
    ok, message = stack.check_config(config)
    if not ok then return nil, ("--config %s: %s"):format(options.config, message) end
  end
  for _, name in ipairs { "port", "health_port", "database_port" } do
    if options[name] and options[name] > 65535 then return nil, ("%d is not a valid port"):format(options[name]) end
  end
  return {
    api = api, config = config, pull = not options.no_pull, bind = options.bind or "127.0.0.1",
    clair_name = options.name or "tarsier-clair", clair_image = options.clair_image or defaults.clair_image,
    database_name = options.database_name or "tarsier-clair-database",
    database_image = options.database_image or defaults.database_image,
    network = options.network or "tarsier-clair", port = options.port or 6060,
    health_port = options.health_port or 6061, database_port = options.database_port or 5432,
  }
end

local function with_engine(options, terminal, run)
  terminal.quiet = options.quiet
  local settings, message = settings_of(options)
  if not settings then return nil, message end
  local trust = {} -- the job's authorities hold for the container engine too
  local ok, file = gitlab.authorities(trust)
  if not ok then return failed(terminal, file) end
  local engine
  engine, message = docker.open(options.engine, trust.ca_file)
  local code = engine and run(engine, settings) or failed(terminal, message)
  if file then file:close() end
  return code
end

-- Returns the address of the new Clair, for people and for scripts. `scan` reads the same variables.
local forms = {}

function forms.text(made) return made.url .. "\n" end

function forms.env(made)
  local lines = { "CLAIR_URL=" .. made.url, "TARSIER_CLAIR_API=" .. made.api }
  if made.layer_host then lines[3] = "TARSIER_LAYER_HOST=" .. made.layer_host end
  return table.concat(lines, "\n") .. "\n"
end

function forms.json(made)
  return json.encode(json.object("url", made.url, "api", made.api,
    "layer_host", made.layer_host or json.null), { indent = "  " }) .. "\n"
end

local function up(options, _, terminal)
  return with_engine(options, terminal, function(engine, settings)
    local url, layer_host = stack.up(engine, settings, options.timeout or 300, teller(terminal))
    terminal:wipe()
    if not url then return failed(terminal, layer_host .. "; `tarsier clair down` removes the containers") end
    local status = core.clair_status { clair = url, clair_api = settings.api, timeout = 10 }
    if status and not status.ready then
      terminal:say(("tarsier: Clair answers but is not ready: %s; see `tarsier clair wait`"):format(status.detail))
    end
    if layer_host and layer_host ~= "localhost" then
      terminal:say(("tarsier: Clair sees this machine as %s: scan with --layer-host %s"):format(layer_host, layer_host))
    end
    local made = { url = url, api = settings.api, layer_host = layer_host }
    local ok, message = terminal:print(forms[options.format or "text"](made))
    if not ok then terminal:fail(message) end
    return ok and exit.PASS or exit.USAGE
  end)
end

local function down(options, _, terminal)
  return with_engine(options, terminal, function(engine, settings)
    local ok, message = stack.down(engine, settings, teller(terminal))
    if not ok then return failed(terminal, message) end
    return exit.PASS
  end)
end

-- ---- the commands -------------------------------------------------------------------------------------------------

local asked = { long = backend.clair.long, value = backend.clair.value, env = backend.clair.env,
  help = "the Clair to ask, of either generation; default: " .. DEFAULT_URL }

local function with_connection(own)
  local options = { asked, table.unpack(backend.connection) }
  options[#options + 1] = registry.ca_file
  return table.move(own, 1, #own, #options + 1, options)
end

return {
  name = "clair",
  summary = "ask whether a Clair is ready, or run one in containers",
  description = { "`tarsier scan --clair URL` lets a Clair of either generation match the packages. These commands "
    .. "wait for one, describe it, and run one and its database as two containers. Every failure of Clair "
    .. "or the container engine is exit code 4." },
  commands = {
    {
      name = "wait",
      summary = "wait until Clair answers and its database is not empty",
      arguments = {},
      options = with_connection {
        { long = "timeout", value = "SECONDS", integer = 1, help = "how long to wait; default: 60" },
        { long = "quiet", short = "q", help = "no progress on standard error" },
      },
      examples = { { "tarsier clair wait --timeout 120 --clair http://clair:6060", "before the first scan of a job" } },
      run = wait,
    },
    {
      name = "status",
      summary = "show which Clair answers and whether it is ready",
      arguments = {},
      options = with_connection {
        { long = "format", short = "f", value = "FORMAT", env = "TARSIER_CLAIR_STATUS_FORMAT",
          choices = { "text", "json" },
          help = "text or json; default: text" },
      },
      examples = { { "tarsier clair status -f json", "the one at $CLAIR_URL, for scripts" } },
      run = status_of,
    },
    {
      name = "up",
      summary = "run Clair and its database as containers",
      arguments = {},
      description = { "Running containers are left as they are, stopped ones are started, missing ones are "
        .. "created, and their images pulled. Clair's address goes to standard output once it answers. A new Clair v4 "
        .. "fetches its vulnerabilities by itself, which takes up to an hour; `tarsier clair wait` waits "
        .. "for them." },
      options = with_names {
        { long = "api", value = "API", choices = { "v1", "v4" },
          help = "the generation: v1 (Clair 2) or v4; default: v4" },
        { long = "clair-image", value = "IMAGE", env = "TARSIER_CLAIR_IMAGE",
          help = "default: " .. stack.defaults.v4.clair_image .. ", or " .. stack.defaults.v1.clair_image
            .. " for v1" },
        { long = "database-image", value = "IMAGE", env = "TARSIER_CLAIR_DATABASE_IMAGE",
          help = "default: " .. stack.defaults.v4.database_image .. ", or " .. stack.defaults.v1.database_image
            .. " for v1" },
        { long = "config", value = "FILE", env = "TARSIER_CLAIR_CONFIG",
          help = "Clair's configuration, instead of the built-in one; in it ${NAME} stands for a value of the "
            .. "containers, where NAME is one of " .. table.concat(stack.placeholders(), ", ") },
        { long = "format", short = "f", value = "FORMAT", choices = { "text", "env", "json" },
          help = "the output: Clair's address (text), or address, generation and layer host for scripts: as "
            .. "variables that `tarsier scan` reads (env), or as json; default: text" },
        { long = "bind", value = "ADDRESS", help = "the address at which the ports are published; default: 127.0.0.1" },
        { long = "port", value = "PORT", integer = 1, env = "TARSIER_CLAIR_PORT",
          help = "Clair's port; default: 6060" },
        { long = "health-port", value = "PORT", integer = 1,
          help = "port for Clair's health and metrics; default: 6061" },
        { long = "database-port", value = "PORT", integer = 1,
          help = "the database's port on the network `host`; default: 5432. On another network it is not published" },
        { long = "no-pull", help = "do not pull images: they must exist already" },
        { long = "timeout", value = "SECONDS", integer = 1, help = "limit for each to answer; default: 300" },
      },
      examples = { { "tarsier clair up", "Clair v4 and PostgreSQL" },
        { "export $(tarsier clair up --format env)", "so that `tarsier scan` in the same shell finds it" },
        { "tarsier clair up --api v1 --network host", "clair-scanner's own two images" } },
      run = up,
    },
    {
      name = "down",
      summary = "remove the containers and the network that `up` made",
      arguments = {},
      description = { "Removes only objects with up's label, and the database's data." },
      options = with_names {},
      examples = { { "tarsier clair down", "what `tarsier clair up` made" } },
      run = down,
    },
  },
}
