-- `tarsier clair up` and `down` against real engines, with small programs that stand for PostgreSQL and for Clair.

local engines = require "support.engines"
local process = require "support.clair.process"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local PORT, HEALTH, DATABASE = process.ports(3)

-- One program as an image, by the names that the stand-ins go by.
local function tree()
  local folder = shell.folder()
  local code, _, errors = shell.run(("gcc -static -O1 -o %s/program tests/support/containers.c"):format(folder))
  assert(code == 0, errors)
  os.execute(([[mkdir -p %s/tree/usr/bin && for name in postgres clair pg_isready broken; do
    ln %s/program %s/tree/usr/bin/$name; done]]):format(folder, folder, folder))
  return folder
end

local PATH = "ENV PATH=/usr/bin"

for _, name in ipairs(engines.names) do
  describe("tarsier clair up, on " .. name, function()
    local server, why_not, folder

    setup(function()
      if not shell.has "gcc" then why_not = "needs gcc: apt-get install gcc libc6-dev" return end
      server, why_not = engines.start(name)
      if not server then return end
      folder = tree()
      server:import("localhost/database:1", folder .. "/tree", { PATH, 'CMD ["postgres"]' })
      server:import("localhost/clair:1", folder .. "/tree", { PATH, 'ENTRYPOINT ["clair"]' })
      server:import("localhost/broken:1", folder .. "/tree", { PATH, 'ENTRYPOINT ["broken"]' })
      local ok
      ok, why_not = server:runs_containers "localhost/database:1"
      if not ok then server:stop() server = nil end
    end)

    teardown(function()
      if server then server:stop() end
      if folder then shell.remove(folder) end
    end)

    -- Docker is started without a bridge, so that it leaves the machine's firewall alone: it has the host's network.
    local network = name == "docker" and "--network host" or "--network tarsier-test"
    local ports = ("--port %d --health-port %d --database-port %d"):format(PORT, HEALTH, DATABASE)
    local images = "--clair-image localhost/clair:1 --database-image localhost/database:1 --timeout 120"

    local function tarsier(line)
      return shell.run(("env -u CLAIR_URL -u DOCKER_HOST %s lua/bin/tarsier %s --engine %s"):format(LUA, line,
        server.address))
    end

    local function up(line) return tarsier(("clair up %s %s %s %s"):format(network, ports, images, line or "")) end
    local function down(line) return tarsier(("clair down %s %s"):format(network, line or "")) end

    local function case(title, run)
      it(title, function()
        if not server then return pending(why_not) end
        finally(function()
          for _, container in ipairs { "tarsier-clair", "tarsier-clair-database", "mine" } do
            server.engine:remove(container)
          end
          server.engine:remove_network "tarsier-test"
        end)
        run()
      end)
    end

    case("makes what does not run, waits until it answers, and leaves what runs", function()
      local code, output, errors = up()
      assert.equal(0, code, errors)
      assert.equal(("http://127.0.0.1:%d\n"):format(PORT), output)
      assert.is_truthy(errors:find("made and started tarsier-clair-database", 1, true), errors)
      assert.is_truthy(errors:find("made and started tarsier-clair\n", 1, true), errors)
      if name == "podman" then assert.is_truthy(errors:find "%-%-layer%-host %d+%.%d+%.%d+%.%d+") end
      local first = assert(server.engine:container "tarsier-clair").id
      code, output, errors = up()
      assert.equal(0, code, errors)
      assert.equal(("http://127.0.0.1:%d\n"):format(PORT), output)
      assert.is_truthy(errors:find("tarsier-clair is already running", 1, true), errors)
      assert.equal(first, assert(server.engine:container "tarsier-clair").id)
    end)

    case("starts again what was stopped", function()
      assert.equal(0, (up()))
      assert(server.engine:stop "tarsier-clair")
      assert(server.engine:stop "tarsier-clair-database")
      local code, _, errors = up()
      assert.equal(0, code, errors)
      assert.is_truthy(errors:find("started tarsier-clair\n", 1, true), errors)
    end)

    case("of the older generation too", function()
      local code, output, errors = up "--api v1 --port 6060"
      if code ~= 0 and errors:find("in use", 1, true) then return pending "needs port 6060 to be free" end
      assert.equal(0, code, errors)
      assert.equal("http://127.0.0.1:6060\n", output)
    end)

    case("down removes what up made, and only that", function()
      assert.equal(0, (up()))
      assert(server.engine:create("mine", { Image = "localhost/database:1", HostConfig = { NetworkMode = "host" } }))
      local code, output, errors = down()
      assert.equal(0, code, errors)
      assert.equal("", output)
      assert.is_nil((server.engine:container "tarsier-clair"))
      assert.is_nil((server.engine:container "tarsier-clair-database"))
      assert.is_nil((server.engine:network "tarsier-test"))
      assert.is_table((server.engine:container "mine"))
      code, _, errors = down "--name mine"
      assert.equal(0, code)
      assert.is_truthy(errors:find("container mine is not tarsier's and is kept", 1, true), errors)
      assert.is_table((server.engine:container "mine"))
      code, _, errors = down()
      assert.equal(0, code)
      assert.equal("", errors)
    end)

    case("explains an image that is not there", function()
      local code, output, errors = up "--no-pull --clair-image localhost/nowhere:9"
      assert.equal(4, code, errors)
      assert.equal("", output)
      assert.is_truthy(errors:find("the image localhost/nowhere:9 is missing, and --no-pull is set", 1, true), errors)
      assert.is_truthy(errors:find("tarsier clair down", 1, true), errors)
      code, _, errors = up "--database-image localhost:1/nowhere:9"
      assert.equal(0, code, errors) -- the database runs already
      down()
      code, _, errors = up "--database-image localhost:1/nowhere:9"
      assert.equal(4, code, errors)
      assert.is_truthy(errors:find("and the engine cannot pull it (", 1, true), errors)
      assert.is_truthy(errors:find("--database-image", 1, true), errors)
    end)

    case("tells what a container that ended said last", function()
      local code, _, errors = up "--database-image localhost/broken:1"
      assert.equal(4, code)
      assert.is_truthy(errors:find("tarsier-clair-database ended with exit code 3: no database here", 1, true), errors)
    end)

    case("gives up in time on a Clair that does not answer", function()
      local code, _, errors = up()
      assert.equal(0, code, errors)
      server.engine:remove "tarsier-clair" -- the database runs on, and is ready at once
      code, _, errors = up "--clair-image localhost/database:1 --timeout 2"
      assert.equal(4, code)
      assert.is_truthy(errors:find("Clair was not ready after 2 s: ", 1, true), errors)
    end)
  end)
end

describe("tarsier clair up, with the real Clair v4", function()
  local clair, postgres = require "support.clair", require "support.clair.postgres"
  local why_not = not os.getenv "TARSIER_TEST_REAL" and "a real Clair: make test-real" or nil
  local server, cluster, folder

  setup(function()
    if why_not then return end
    local programs
    programs, why_not = clair.programs "v4"
    if not programs then return end
    local bin
    bin, why_not = postgres.programs()
    if not bin then return end
    server, why_not = engines.start "podman"
    if not server then return end
    cluster = postgres.start()
    cluster:database "clair"
    folder = tree()
    -- The program, and the libraries that it wants: the image of a distribution without the distribution.
    assert(os.execute(([[mkdir -p %s/real/usr/bin %s/real/tmp %s/real/var/tmp && cp %s/clair %s/real/usr/bin/clair &&
      for library in $(ldd %s/clair 2>/dev/null | grep -o '/[^ ]*'); do
        install -D "$library" "%s/real$library"; done]]):format(folder, folder, folder, programs, folder, programs, folder)))
    server:import("localhost/database:1", folder .. "/tree", { PATH, 'CMD ["postgres"]' })
    server:import("localhost/clair:4", folder .. "/real", { PATH, 'ENTRYPOINT ["clair"]' })
    local ok
    ok, why_not = server:runs_containers "localhost/database:1"
    if not ok then server:stop() server = nil end
  end)

  teardown(function()
    if server then
      server.engine:remove "tarsier-clair"
      server.engine:remove "tarsier-clair-database"
      server:stop()
    end
    if cluster then cluster:stop() end
    if folder then shell.remove(folder) end
  end)

  -- The container that is the database only holds its place: PostgreSQL itself runs on this machine.
  it("gives it a configuration that it starts with, and knows that it has no vulnerabilities yet", function()
    if not server then return pending(why_not) end
    local code, output, errors = shell.run(("env -u CLAIR_URL %s lua/bin/tarsier clair up --engine %s --network host "
      .. "--clair-image localhost/clair:4 --database-image localhost/database:1 --port %d --health-port %d "
      .. "--database-port %d --timeout 300"):format(LUA, server.address, PORT, HEALTH, cluster.port))
    assert.equal(0, code, errors .. server.engine:logs("tarsier-clair", 60))
    assert.equal(("http://127.0.0.1:%d\n"):format(PORT), output)
    assert.is_truthy(errors:find("Clair answers but is not ready", 1, true), errors)
    code, output = shell.run(("env -u CLAIR_URL %s lua/bin/tarsier clair status --clair http://127.0.0.1:%d -f json")
      :format(LUA, PORT))
    assert.equal(4, code)
    assert.equal("v4", require "tarsier.json".decode(output).api)
    code, output, errors = shell.run(("env -u CLAIR_URL %s lua/bin/tarsier clair wait --timeout 1 --clair "
      .. "http://127.0.0.1:%d"):format(LUA, PORT))
    assert.equal(4, code)
    assert.equal("", output)
    assert.is_truthy(errors:find("is not ready after 1 second: ", 1, true), errors)
  end)
end)
