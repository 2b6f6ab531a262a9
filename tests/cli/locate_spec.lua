-- Where commands look for an IMAGE: files, a container engine that answers by a script (and real ones), registries.

local clair_v4 = require "support.clair_v4"
local engines = require "support.engines"
local images = require "support.images"
local json = require "tarsier.json"
local oci = require "support.oci"
local probe = require "tarsier.probe"
local replay = require "support.clair_replay"
local shell = require "support.shell"
local small_registry = require "support.small_registry"
local stand_in = require "support.stand_in"

local LUA = os.getenv "LUA" or "lua5.4"
local ID = "sha256:" .. ("ab"):rep(32)
local DEAD = "unix:///nowhere/engine.sock"

local root, build = shell.capture "pwd", os.getenv "TARSIER_BUILD" or "build"
if build:sub(1, 1) ~= "/" then build = root .. "/" .. build end

local folder, database

-- In a folder of the test's own, as nobody: "@db" is the database option.
local function command(line, host, program)
  return ("env -C %s/here -u TARSIER_POLICIES -u CLAIR_URL -u GITLAB_CI -u CONTAINER_HOST -u LUA_PATH -u LUA_CPATH "
    .. "TARSIER_TEST_SECOND=50 TARSIER_BUILD=%s DOCKER_HOST=%s HOME=%s XDG_RUNTIME_DIR=%s XDG_DATA_HOME=%s/data XDG_CACHE_HOME=%s/cache "
    .. "TMPDIR=%s/tmp %s %s"):format(folder, build, host or DEAD, folder, folder, folder, folder, folder,
    program or LUA .. " " .. root .. "/lua/bin/tarsier", (line:gsub("@db", "--db " .. database)))
end

local function tarsier(line, host)
  return shell.run(command(line, host))
end

local function leaves_nothing()
  assert.equal("", shell.capture("ls -A " .. folder .. "/tmp"))
end

local files = { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" } } }

setup(function()
  folder = shell.folder()
  database = folder .. "/v.db"
  os.execute(("mkdir -p %s/osv %s/tmp %s/here/app %s/here/registry.example"):format(folder, folder, folder, folder))
  shell.write(folder .. "/osv/a.json", json.encode {
    id = "CVE-2099-0001", modified = "2026-01-01T00:00:00Z", summary = "A flaw",
    severity = { { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } },
    affected = { { package = { ecosystem = "Debian:12", name = "curl" },
      ranges = { { type = "ECOSYSTEM", events = { { introduced = "0" }, { fixed = "8.0-1" } } } } } },
  })
  local layer = images.tar { { "etc/os-release", oci.debian },
    { "var/lib/dpkg/status", oci.dpkg { { "curl", "7.0-1" } } } }
  shell.write(folder .. "/app.tar", images.tar(images.old_docker { { names = { "elsewhere/other:9" },
    layers = { layer } } }))
  shell.write(folder .. "/nothing.tar", images.tar { { "hello", "world" } })
  oci.build(folder .. "/pushed", { files })
  oci.build(folder .. "/here/layout", { files })
  os.execute(("cp -r %s/here/layout %s/here/odd:name && cp %s/app.tar %s/here/saved && mkfifo %s/here/pipe"):format(
    folder, folder, folder, folder, folder))
  shell.write(folder .. "/here/app/Dockerfile", "FROM scratch\n")
  shell.write(folder .. "/ours.yaml", "images:\n  app:\n    CVE-2099-0001: ours\n")
  shell.write(folder .. "/other.yaml", "images:\n  elsewhere/other:\n    CVE-2099-0001: theirs\n")
  local code, _, errors = tarsier "db import --quiet @db ../osv"
  assert.equal(0, code, errors)
end)

teardown(function()
  replay.finish()
  shell.remove(folder)
end)

local running = {}

after_each(function()
  for _, server in ipairs(running) do server:stop() end
  running = {}
end)

-- An engine that has the images of these names, and answers its ping with these headers; or more, or something else.
local function engine(names, more, ping)
  local script = { ["GET /_ping"] = { { body = "OK", headers = ping } },
    ["GET /images/" .. ID .. "/get"] = { { file = folder .. "/app.tar" } } }
  for _, name in ipairs(names) do script["GET /images/" .. name .. "/json"] = { { json = { Id = ID } } } end
  for route, answer in pairs(more or {}) do script[route] = answer end
  local server = stand_in.start(script, { unix = true })
  running[#running + 1] = server
  return "unix://" .. server.socket, server
end

local FIND = [[
  for name in io.lines() do
    local there <close>, message, code = require "tarsier.cli.locate".find(name)
    print(there and (there.why and "then " or "") .. there.reference or code .. ": " .. message)
  end]]
local SCAN = [[
  local engine = assert(require "tarsier".open { cache_dir = "" })
  for name in io.lines() do
    local report, message, code = engine:scan(name)
    print(report and report:image().reference .. " " .. report:packages()[1].name or code .. ": " .. message)
  end]]

-- What the script says of each name. Whether or not there is Python to answer for an engine, names that reach none can be
-- judged.
local function kinds(names, script, host)
  script = script or FIND
  shell.write(folder .. "/script.lua", script)
  shell.write(folder .. "/names", table.concat(names, "\n") .. "\n")
  local set = ("LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;;' LUA_CPATH='%s/?.so;;' %s"):format(root, root, build, LUA)
  local code, output, errors = shell.run(("%s <%s/names"):format(command(folder .. "/script.lua", host or DEAD, set), folder))
  assert.equal(0, code, errors)
  local list = {}
  for line in output:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

describe("an IMAGE", function()
  local digest = "sha256:" .. ("0f"):rep(32)
  local as_it_stands = {
    "-", "-:app:1", "-@sha256:00", "/no/such/path", "./app:1", "../app", "docker://alpine", "docker://host:5000/app:1",
    "docker-archive:app.tar", "docker-archive:no:app:1", "oci:layout:latest", "oci-archive:x", "dir:app", "oci://host/app",
    "layout", "layout:latest", "layout@" .. digest, "odd:name", "odd:name:latest", "saved", "saved:app:1", "app", "pipe",
    "layout/index.json", "registry.example",
    -- no image's name, and nothing is there
    "App", "team/App:1", "team//app", "team/-app", "a..b", "a___b", "app:", "app:.1", "app@", "app@sha256:xyz",
    "user@host/app", "ho_st.example/app", "http://host/app", "podman:app:1", "containers-storage:host/app:1", "my image.tar",
    "app/", ("t"):rep(3) .. ":" .. ("t"):rep(129),
  }
  local engines_only = {
    "alpine", "alpine:3.20", "team/app", "team/app:1", "app:1", "app@" .. digest, "app:1@" .. digest, "gone.tar",
    "no-such__name/y.x-z--1", "registry/app:1", "docker:5000/app", "layout.tar:1", "layout/index.json/app", digest,
  }
  local registries = {
    "registry.example/app", "registry.example/team/app:1", "host:5000/app", "localhost/app:1", "localhost:5000/a/b@" .. digest,
    "127.0.0.1:5000/app", "[::1]:5000/app:1", "docker.io/library/alpine:3.20",
  }

  it("is what its scheme or its path says, and nothing else is asked", function()
    for i, kind in ipairs(kinds(as_it_stands)) do assert.equal(as_it_stands[i], kind) end
  end)

  it("without a host is never a registry's", function()
    for i, kind in ipairs(kinds(engines_only)) do
      if engines_only[i] == "docker:5000/app" then -- a host called docker
        assert.equal("then docker://docker:5000/app", kind)
      else
        assert.equal(("NOT_FOUND: %s: no such file or directory, and the container engine at %s does not answer: "):format(
          engines_only[i], DEAD), kind:match "^(.*answer: )", kind)
        assert.is_truthy(kind:find("in a registry it is docker://" .. engines_only[i], 1, true), kind)
      end
    end
  end)

  it("with a host is a registry's where no engine has it", function()
    for i, kind in ipairs(kinds(registries)) do assert.equal("then docker://" .. registries[i], kind) end
  end)

  it("may be asked of the engine only, by the library", function()
    local names = { "docker-daemon:app:1", "docker-daemon:host:5000/app", "docker-daemon:layout", "docker-daemon:" .. digest,
      "docker-daemon:", "docker-daemon:../containers/x", "docker-daemon:App", "docker-daemon:/tmp/x" }
    local found = kinds(names, SCAN)
    for i = 1, 4 do
      assert.equal(("IO: %s: the container engine at %s does not answer"):format(names[i], DEAD), found[i]:match "^(.* answer):")
    end
    assert.equal("USAGE: docker-daemon:: the name of an image is missing", found[5])
    for i = 6, 8 do assert.equal(("USAGE: %s: not a valid image name"):format(names[i]), found[i]) end
  end)
end)

describe("an image in a container engine", function()
  if not stand_in.available() then return it("is scanned", function() pending(stand_in.needs) end) end

  it("is scanned by its name, though a folder is called so", function()
    local host = engine { "app:1" }
    for _, name in ipairs { "app:1", "docker-daemon:app:1" } do
      local code, output, errors = tarsier("scan -q @db -f json " .. name, host)
      assert.equal(1, code, output .. errors)
      local image = json.decode(output).image
      assert.equal("docker-daemon:app:1", image.reference)
      assert.equal("app:1", image.name)
      assert.equal(ID ~= "", image.digest ~= nil)
      assert.equal("CVE-2099-0001", json.decode(output).findings[1].id)
      code, output, errors = tarsier("packages -f json " .. name, host)
      assert.equal(0, code, output .. errors)
      assert.equal("docker-daemon:app:1", json.decode(output).image.reference)
      assert.equal("curl", json.decode(output).packages[1].name)
    end
    local code, output = tarsier("scan @db app:1", host)
    assert.equal(1, code)
    assert.is_truthy(output:find "^app:1\n" and output:find("docker-daemon:app:1", 1, true), output)
    assert.is_nil(output:find("/proc/", 1, true))
    leaves_nothing()
  end)

  it("is known to policies by the name that was typed", function()
    local host = engine { "app:1" }
    for list, expected in pairs { ours = 0, other = 1 } do
      local code, output, errors = tarsier(("scan -q @db -w ../%s.yaml app:1"):format(list), host)
      assert.equal(expected, code, list .. output .. errors)
    end
  end)

  it("comes before the one in a registry, and not after a path", function()
    local server = small_registry.start(folder .. "/pushed", "group/app", "1")
    running[#running + 1] = server
    local name = server.host .. "/group/app:1"
    local host, asked = engine { name, "layout", "saved", "layout:latest", "odd:name" }
    local code, output, errors = tarsier("packages -f json " .. name, host)
    assert.equal(0, code, errors)
    assert.equal("docker-daemon:" .. name, json.decode(output).image.reference)
    assert.same({}, server:requests())
    local count = #asked:requests()
    for _, path in ipairs { "layout", "saved", "layout:latest", "odd:name", "docker://" .. name } do
      code, output, errors = tarsier("packages -f json " .. path, host)
      assert.equal(0, code, errors)
      assert.equal(path, json.decode(output).image.reference)
    end
    assert.equal(count, #asked:requests())
  end)

  it("is looked for in the registry that its name begins with", function()
    local server = small_registry.start(folder .. "/pushed", "group/app", "1")
    running[#running + 1] = server
    local name = server.host .. "/group/app:1"
    for host, why in pairs { [engine {}] = "has no image " .. name, [DEAD] = "does not answer",
      ["ssh://x"] = "an engine's address is" } do
      local code, output, errors = tarsier("packages -f json " .. name, host)
      assert.equal(0, code, errors)
      assert.is_truthy(errors:find(why, 1, true) and errors:find(": reading docker://" .. name, 1, true), errors)
      assert.equal("docker://" .. name, json.decode(output).image.reference)
      code, output, errors = tarsier(("packages %s/other:1"):format(server.host), host)
      assert.equal(3, code, output .. errors)
      assert.is_truthy(errors:find "/v2/other/[^\n]*; and ", errors)
    end
    assert.same({ 3, 3 }, { (tarsier("packages docker-daemon:" .. name)), (tarsier("packages app:1")) })
  end)

  it("is Podman's localhost/NAME first, as Podman itself reads it", function()
    local podman = { ["Libpod-API-Version"] = "4.3.1" }
    local other = "sha256:" .. ("cd"):rep(32)
    local both = { ["GET /images/localhost/app:1/json"] = { { json = { Id = other } } },
      ["GET /images/" .. other .. "/get"] = { { file = folder .. "/nothing.tar" } } }
    assert.equal(3, (tarsier("packages app:1", (engine({ "app:1" }, both, podman)))))
    assert.equal(0, (tarsier("packages app:1", (engine({ "app:1" }, both)))))
    assert.equal(0, (tarsier("packages app:1", (engine({ "app:1" }, nil, podman)))))
    assert.equal(0, (tarsier("packages localhost/app:1", (engine({ "localhost/app:1" }, nil, podman)))))
    local code, _, errors = tarsier("packages docker-daemon:app:1", (engine({}, nil, podman)))
    assert.equal(3, code)
    assert.is_truthy(errors:find("has no image app:1\n", 1, true), errors)
  end)

  it("that is called otherwise than Podman was asked for it is reported as what it is", function()
    local cases = {
      { "app:1", "app:1", { "registry.invalid/other:1", "registry.invalid/team/app:1", "localhost/app:1" } },
      { "built", "built", { "docker.io/library/built:latest" } }, { "team/app:1", "team/app:1", { "docker.io/team/app:1" } },
      { "app:1", "registry.invalid/team/app:1", { "registry.invalid/other:1", "registry.invalid/team/app:1" } },
      { "built", "registry.invalid/built:latest", { "registry.invalid/built:1", "registry.invalid/built:latest" } },
      { "abababab", "abababab", { "registry.invalid/app:1" } }, { "app:1", "app:1", {} },
    }
    for _, case in ipairs(cases) do
      local host = engine({}, { ["GET /images/" .. case[1] .. "/json"] = { { json = { Id = ID,
        RepoTags = json.array(case[3]) } } } })
      local code, output, errors = tarsier("packages -f json " .. case[1], host)
      assert.equal(0, code, errors)
      local image = json.decode(output).image
      assert.same({ case[2], "docker-daemon:" .. case[2] }, { image.name, image.reference })
    end
  end)

  it("that cannot be given is nobody else's", function()
    local server = small_registry.start(folder .. "/pushed", "group/app", "1")
    running[#running + 1] = server
    local name = server.host .. "/group/app:1"
    for _, answer in ipairs { { file = folder .. "/app.tar", cut = true }, { status = 500, json = { message = "disk" } } } do
      local code, _, errors = tarsier("packages " .. name,
        (engine({ name }, { ["GET /images/" .. ID .. "/get"] = { answer } })))
      assert.equal(3, code, errors)
      assert.is_truthy(errors:find("tarsier: docker-daemon:" .. name .. ": ", 1, true), errors)
    end
    assert.same({}, server:requests())
    leaves_nothing()
  end)

  it("is what messages speak of, and not the file it came in", function()
    local host = engine({ "app:1" }, { ["GET /images/" .. ID .. "/get"] = { { file = folder .. "/nothing.tar" } } })
    local code, _, errors = tarsier("packages app:1", host)
    assert.equal(3, code)
    assert.is_truthy(errors:find("docker-daemon:app:1: ", 1, true), errors)
    assert.is_nil(errors:find("/proc/", 1, true), errors)
    code, _, errors = tarsier("packages --platform linux/s390x app:1", (engine { "app:1" }))
    assert.equal(3, code)
    assert.is_truthy(errors:find("docker-daemon:app:1 is an image for", 1, true), errors)
  end)

  it("is none without an Id, or where the engine says no", function()
    for expected, answer in pairs { ["the answer has no Id"] = { json = { RepoTags = json.array { "app:1" } } },
      ["no disk"] = { status = 500, json = { message = "no disk" } } } do
      local host = engine({}, { ["GET /images/app:1/json"] = { answer } })
      assert.same({ "FORMAT: docker-daemon:app:1: container engine: GET /images/app:1/json: " .. expected },
        kinds({ "docker-daemon:app:1" }, SCAN, host))
    end
  end)

  it("is read by the library, too", function()
    local host = engine({ "app:1" }, { ["GET /images/short/json"] = { { json = { Id = ID, RepoTags = json.array {
      "registry.invalid/short:latest" } } } } })
    assert.same({ "docker-daemon:app:1 curl", "docker-daemon:registry.invalid/short:latest curl",
      "NOT_FOUND: docker-daemon:other: the container engine at " .. host .. " has no image other" },
      kinds({ "docker-daemon:app:1", "docker-daemon:short", "docker-daemon:other" }, SCAN, host))
  end)

  it("is looked for at the user's own sockets, too", function()
    for _, path in ipairs { "/var/run/docker.sock", "/run/podman/podman.sock" } do
      if os.execute("test -e " .. path) then return pending("there is an engine here: " .. path) end
    end
    local none = kinds({ "docker-daemon:app:1" }, SCAN, "")[1]
    assert.is_truthy(none:find(("is no /var/run/docker.sock, /run/podman/podman.sock, %s/docker.sock, %s/podman/podman.sock")
      :format(folder, folder), 1, true), none)
    local _, server = engine { "app:1" }
    os.execute("mkdir " .. folder .. "/podman")
    for _, name in ipairs { "docker.sock", "podman/podman.sock" } do
      local path = folder .. "/" .. name
      os.execute(("ln -s %s %s"):format(server.socket, path))
      assert.equal("docker-daemon:app:1 curl", kinds({ "docker-daemon:app:1" }, SCAN, "")[1])
      os.remove(path)
    end
  end)

  it("is read over TLS, with a certificate of ours", function()
    if not shell.has "openssl" then return pending "needs openssl: apt-get install openssl" end
    local certificates = folder .. "/certificates"
    assert(os.execute(([[mkdir -p %s && cd %s && exec 2>/dev/null && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
      -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2 && openssl req -x509 -key ca.key -out other.pem -subj /CN=other \
      && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
      -keyout key.pem -out one.csr -subj /CN=127.0.0.1 && echo subjectAltName=IP:127.0.0.1 >ext && openssl x509 -req -in one.csr \
      -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2 -extfile ext]]):format(certificates, certificates)))
    local server = stand_in.start({ ["GET /_ping"] = { { body = "OK" } }, ["GET /images/app:1/json"] = { { json = { Id = ID } } },
      ["GET /images/" .. ID .. "/get"] = { { file = folder .. "/app.tar" } } }, { tls = certificates })
    running[#running + 1] = server
    local host = server.url:gsub("http:", "tcp:")
    local function with(variables) return (kinds({ "docker-daemon:app:1" }, SCAN, host .. " " .. variables))[1] end
    assert.equal("docker-daemon:app:1 curl", with("DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=" .. certificates))
    -- The authorities given count beside the engine's own.
    local function beside(file)
      local script = SCAN:gsub("cache_dir", ('ca_file = "%s", cache_dir'):format(file))
      return kinds({ "docker-daemon:app:1" }, script, host .. " DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=" .. certificates)[1]
    end
    assert.equal("docker-daemon:app:1 curl", beside(certificates .. "/other.pem"))
    assert.matches("^IO: .*open " .. folder .. "/none", beside(folder .. "/none"))
    for _, variables in ipairs { "DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/nowhere", "DOCKER_CERT_PATH=" .. certificates } do
      assert.matches("^IO: docker%-daemon:app:1: the container engine at .* does not answer", with(variables))
    end
  end)

  it("has a name that its caller must have room for", function()
    finally(function() probe.process.set("DOCKER_HOST", DEAD) end)
    probe.process.set("DOCKER_HOST", (engine { "app:1" }))
    assert.same({ "OK", "" }, { probe.host.engine_image("app:1", #"docker-daemon:app:1" + 1) })
    assert.same({ "LIMIT", "app:1: the image's name in the engine has more than 19 bytes" }, { probe.host.engine_image("app:1", 19) })
  end)

  it("needs room for a file only where Clair fetches its layers", function()
    local clair = replay.start(clair_v4.script(clair_v4.report()))
    running[#running + 1] = clair
    for line, expected in pairs { ["packages app:1"] = 0, ["scan --clair " .. clair.url .. " app:1"] = 3 } do
      local code, _, errors = shell.run((command(line, (engine { "app:1" })):gsub("TMPDIR=%S+", "TMPDIR=/nowhere")))
      assert.equal(expected, code, errors)
      assert.equal(expected == 3, errors:find("docker-daemon:app:1: /nowhere: No such file", 1, true) ~= nil, errors)
    end
  end)

  it("is judged by a Clair, whose password is in no report", function()
    local host = engine { "app:1" }
    local clair = replay.start(clair_v4.script(clair_v4.report()))
    running[#running + 1] = clair
    local url = clair.url:gsub("//", "//jo:s3cr3t@")
    for format, what in pairs { json = '"docker-daemon:app:1"', table = "docker-daemon:app:1", gitlab = '"app:1"' } do
      local code, output, errors = tarsier(("scan -t High -f %s --clair %s app:1"):format(format, url), host)
      assert.equal(1, code, output .. errors)
      assert.is_truthy(output:find(what, 1, true) and output:find(clair.url, 1, true), output)
      assert.is_nil((output .. errors):find("s3cr3t", 1, true))
    end
    local code, _, errors = tarsier("scan --clair htp://jo:s3cr3t@host app:1", host)
    assert.equal(2, code)
    assert.is_nil(errors:find("s3cr3t", 1, true), errors)
    leaves_nothing()
  end)
end)

describe("a name that is nowhere", function()
  it("is said to be", function()
    local cases = {
      { 3, "scan @db app:1", "app:1: no such file or directory, and the container engine at " .. DEAD .. " does not answer" },
      { 3, "packages gone.tar", "gone.tar: no such file or directory" },
      { 3, "packages docker-daemon:app:1", "docker-daemon:app:1: the container engine at " .. DEAD },
      { 3, "packages My.tar", "My.tar: No such file or directory" },
      { 2, "packages ''", "the image reference is empty" }, { 2, "scan @db ''", "the image reference is empty" },
      { 2, "clair-scanner ''", "the image reference is empty" },
      { 2, "packages docker-daemon:", "the name of an image is missing" },
    }
    for _, case in ipairs(cases) do
      local code, output, errors = tarsier(case[2])
      assert.equal(case[1], code, case[2] .. output .. errors)
      assert.is_truthy(errors:find(case[3], 1, true), case[2] .. errors)
    end
  end)
end)

for _, name in ipairs(engines.names) do
  describe("an image in a real engine, " .. name .. "'s,", function()
    it("is found and scanned", function()
      local server, lack = engines.start(name)
      if not server then return pending(lack) end
      finally(function() server:stop() end)
      assert.equal(name == "podman", server.engine.is_podman)
      images.write_tree(folder .. "/root", files)
      server:import("localhost/built:1", folder .. "/root")
      server:import("docker.io/library/app:1", folder .. "/root")
      server:import("registry.invalid:5000/team/app:2", folder .. "/root")
      local names = { "app:1", "docker-daemon:app:1", "docker.io/library/app:1", "localhost/built:1",
        "registry.invalid:5000/team/app:2", "docker-daemon:registry.invalid:5000/team/app:2", (server.engine:image "app:1") }
      if name == "podman" then names[#names + 1] = "built:1" end
      for _, image in ipairs(names) do
        local code, output, errors = tarsier("scan -q @db -f json " .. image, server.address)
        assert.equal(1, code, image .. output .. errors)
        local found = json.decode(output).image
        assert.equal("docker-daemon:" .. image:gsub("^docker%-daemon:", ""), found.reference)
        assert.equal(image:gsub("^docker%-daemon:", ""), found.name)
      end
      if name == "podman" then
        local _, output = tarsier("packages -f json app:2", server.address)
        assert.equal("registry.invalid:5000/team/app:2", json.decode(output).image.name)
      end
      for _, image in ipairs { "app:7", "docker-daemon:other", "docker-daemon:registry.invalid:5000/team/app:3" } do
        local code, _, errors = tarsier("packages " .. image, server.address)
        assert.equal(3, code)
        assert.is_truthy(errors:find("has no image " .. image:gsub("^docker%-daemon:", ""), 1, true), errors)
      end
      leaves_nothing()
    end)
  end)
end
