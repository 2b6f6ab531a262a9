-- The two containers of `tarsier clair up`, as an engine is told of them.

local json = require "tarsier.json"
local stack = require "tarsier.clair_stack"

-- An engine in which nothing is yet, and what it was told; the container `fails` does not start.
local function engine()
  local made = { files = {}, made = {}, started = {} }
  function made.image(_, name) return { name = name } end
  function made.network() return { labels = {}, gateways = {} } end
  function made.container(_, name)
    if made.started[name] then return { running = true, labels = {}, environment = {} } end
    return nil, "no such container", "IO", 404
  end
  function made.create(_, name, container) made.made[name] = container return true end
  function made.put(_, name, path, content) made.files[name .. path] = content return true end
  function made.start(_, name)
    made.started[name] = name ~= "clair"
    return made.started[name], "enough", "BACKEND"
  end
  function made.run() return 0 end
  return made
end

local function settings(more)
  local all = { api = "v4", clair_name = "clair", clair_image = "clair:1", database_name = "database",
    database_image = "postgres:1", network = "net", bind = "127.0.0.1", port = 6060, health_port = 6061,
    database_port = 5432 }
  for key, value in pairs(more or {}) do all[key] = value end
  return all
end

-- up(settings) -> the files that Clair's container was given, the database's password
local function up(given)
  local made = engine()
  local url, message = stack.up(made, given, 1, function() end)
  assert.is_nil(url)
  assert.matches("enough", message)
  return made.files, made.made.database.Env[2]:match "^POSTGRES_PASSWORD=(%x+)$"
end

describe("the containers of clair up", function()
  it("Clair's own configuration works without a network: Red Hat's lists begin empty", function()
    local files, password = up(settings())
    local config = assert(json.decode(files["clair/config/config.yaml"]))
    assert.equal(":6060", config.http_listen_addr)
    assert.equal(("host=clair-database port=5432 user=clair password=%s dbname=clair sslmode=disable"):format(password),
      config.indexer.connstring)
    local scanner = config.indexer.scanner
    for _, part in ipairs { scanner.package.rhel_containerscanner, scanner.repo.rhel_containerscanner } do
      assert.equal("/config/red-hat.json", part.name2repos_mapping_file)
      assert.matches("^https://", part.name2repos_mapping_url)
    end
    assert.equal("/config/red-hat.json", scanner.repo["rhel-repository-scanner"].repo2cpe_mapping_file)
    assert.same({ data = {} }, json.decode(files["clair/config/red-hat.json"]))
  end)

  it("a configuration of one's own is filled with what the containers have", function()
    local text = "a: ${database}\nb: ${database_host}:${database_port}/${database_name}\nc: ${database_user}\n"
      .. "d: ${database_password}\ne: '${listen} ${health}'\nf: $${database} $$${x} $HOME $ {listen} 100%1\n"
    assert.is_true(stack.check_config(text))
    local files, password = up(settings { config = text })
    assert.equal(("a: host=clair-database port=5432 user=clair password=%s dbname=clair sslmode=disable\n"
      .. "b: clair-database:5432/clair\nc: clair\nd: %s\ne: ':6060 :6061'\n"
      .. "f: ${database} $${x} $HOME $ {listen} 100%%1\n"):format(password, password), files["clair/config/config.yaml"])
    files = up(settings { config = "${listen} ${health} ${database_host} ${database_port}", network = "host",
      database_port = 7, port = 8, health_port = 9 })
    assert.equal("127.0.0.1:8 127.0.0.1:9 127.0.0.1 7", files["clair/config/config.yaml"])
    files = up(settings { config = "x: ${listen}", api = "v1" })
    assert.equal("x: :6060", files["clair/config/config.yaml"])
  end)

  it("a placeholder that stands for nothing is told, with the closest one", function()
    local ok, message = stack.check_config "password: ${database_pasword}"
    assert.is_nil(ok)
    assert.matches('^${database_pasword} stands for nothing %(did you mean "database_password"%?%); there are ${database}, ',
      message)
    assert.is_true(stack.check_config "password: $${database_pasword} ${ $x")
  end)
end)
