-- `tarsier scan --clair`, `tarsier clair wait` and `status`, end to end, against a Clair that answers by a script.

local check_gitlab = require "support.gitlab"
local clair_v4 = require "support.clair_v4"
local json = require "tarsier.json"
local oci = require "support.oci"
local pace = require "support.pace"
local process = require "support.clair.process"
local replay = require "support.clair_replay"
local shell = require "support.shell"
local stand_in = require "support.stand_in"

local LUA = os.getenv "LUA" or "lua5.4"

local folder

-- Seconds of waiting are a twentieth of one.
local function tarsier(line, variables)
  line = line:gsub("@(%w+)", function(name) return folder .. "/" .. name end)
  return shell.run(("env -u TARSIER_DB -u TARSIER_POLICIES -u NO_COLOR -u COLUMNS -u CLAIR_URL -u GITLAB_CI TARSIER_TEST_SECOND=50 HOME=%s "
    .. "XDG_DATA_HOME=%s/data XDG_CACHE_HOME=%s/cache XDG_CONFIG_HOME=%s/config %s %s lua/bin/tarsier %s")
    :format(folder, folder, folder, folder, variables or "", LUA, line))
end

local running = {}

local function with(script, run)
  if not replay.has() then return pending "needs python3: apt-get install python3" end
  local server = replay.start(script)
  running[#running + 1] = server
  run(server)
end

after_each(function()
  for _, server in ipairs(running) do server:stop() end
  running = {}
end)

setup(function()
  folder = shell.folder()
  oci.build(folder .. "/image", { { ["etc/os-release"] = oci.debian,
    ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" }, { "zlib1g", "1.0" } } } })
  shell.write(folder .. "/allow.yaml", "generalwhitelist:\n  CVE-2099-0001: not reachable\n")
  shell.write(folder .. "/key", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ=\n")
  shell.write(folder .. "/wrong", "bm90IHRoYXQgb25lLCBhbmQgbG9uZyBlbm91Z2ggdG8gc2lnbg==\n")
end)

teardown(function()
  replay.finish()
  shell.remove(folder)
end)

describe("tarsier scan --clair", function()
  it("judges what Clair found, and says that it did", function()
    with(clair_v4.script(clair_v4.report { fixed = "8.0-1" }), function(server)
      local code, output, errors = tarsier(("scan --clair %s -f table -f json=@r.json -f gitlab=@g.json @image")
        :format(server.url))
      assert.equal(1, code, errors)
      assert.is_truthy(output:find("judged by Clair 4 (API v4) at " .. server.url, 1, true), output)
      assert.is_truthy(output:find("CVE-2099-0001", 1, true))
      assert.is_nil(output:find("starter database", 1, true))
      local document = assert(json.decode(shell.read(folder .. "/r.json")))
      assert.same({ name = "clair-v4", url = server.url }, document.backend)
      assert.equal("clair-v4", document.findings[1].backend)
      assert.equal("8.0-1", document.findings[1].fixed_by)
      assert.equal("COPY layer1 /", document.findings[1].layer.created_by)
      assert.equal(json.null, document.database)
      assert.same({}, check_gitlab(assert(json.decode(shell.read(folder .. "/g.json")))))
    end)
  end)

  it("passes where Clair finds nothing, or the policies let it pass", function()
    with(clair_v4.script(clair_v4.report { clean = true }), function(server)
      local code, output, errors = tarsier("scan --clair " .. server.url .. " @image")
      assert.equal(0, code, output .. errors)
      assert.is_truthy(output:find("judged by Clair 4 (API v4)", 1, true), output)
      assert.is_truthy(output:find("PASS", 1, true), output)
      local result = assert(require "tarsier".scan("oci:" .. folder .. "/image", { clair = server.url, cache_dir = "" }))
      assert.equal("clair-v4", result.backend.name)
      assert.equal("pass", result.verdict.decision)
      assert.is_nil(output:find("no vulnerability database", 1, true))
    end)
    with(clair_v4.script(clair_v4.report { severity = "Medium" }), function(server)
      assert.equal(0, (tarsier(("scan -t High --clair %s @image"):format(server.url))))
      assert.equal(1, (tarsier(("scan -t Medium --clair %s @image"):format(server.url))))
      assert.equal(0, (tarsier(("scan -t Medium -w @allow.yaml --clair %s @image"):format(server.url))))
    end)
  end)

  it("takes the address from $CLAIR_URL, and a key from a file", function()
    local script = clair_v4.script(clair_v4.report { clean = true })
    script.key, script.issuer = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ=", "us"
    with(script, function(server)
      local url = "CLAIR_URL=" .. server.url
      local code, output, errors = tarsier("scan --clair-key-file @key --clair-issuer us @image", url)
      assert.equal(0, code, output .. errors)
      code, output, errors = tarsier("scan --clair-key-file @wrong --clair-issuer us @image", url)
      assert.equal(4, code, output .. errors)
      code, output, errors = tarsier("scan @image", url)
      assert.equal(4, code, output .. errors)
    end)
  end)

  it("exits 4 for all that is wrong with Clair", function()
    local code, _, errors = tarsier "scan --clair http://127.0.0.1:1 @image"
    assert.equal(4, code)
    assert.is_truthy(errors:find("127.0.0.1:1", 1, true), errors)
    local rules = {
      { { method = "GET", path = "/matcher/.*", status = 202, body = "" } },
      { { method = "POST", path = "/indexer/.*", status = 500, body = { code = "internal-error", message = "no" } } },
      { { method = "GET", path = "/matcher/api/v1/vulnerability_report/.*", status = 404, body = "" } },
    }
    for i, more in ipairs(rules) do
      with(clair_v4.script(clair_v4.report(), more), function(server)
        local output
        code, output, errors = tarsier(("scan --no-fail --clair %s @image"):format(server.url))
        assert.equal(4, code, i .. output .. errors)
        assert.equal("", output)
      end)
    end
    with({ rules = json.array {} }, function(server)
      code, _, errors = tarsier(("scan --clair %s @image"):format(server.url))
      assert.equal(4, code, errors)
    end)
  end)

  it("tells with -v which layer Clair is at", function()
    with(clair_v4.script(clair_v4.report()), function(server)
      local _, _, errors = tarsier(("scan -v --clair %s @image"):format(server.url))
      assert.matches("tarsier: Clair can fetch the layers at port %d+\ntarsier: Clair reads layer 1 of 1: sha256:%x+\n",
        errors)
      assert.is_nil(select(3, tarsier(("scan --clair %s @image"):format(server.url))):find("layer 1", 1, true))
    end)
  end)

  it("keeps Clair's own report, byte for byte", function()
    local report = clair_v4.report()
    report.what_we_do_not_read = { 1, "ü" }
    with(clair_v4.script(report), function(server)
      local code, output, errors = tarsier(("scan --no-fail --clair %s -f json -f clair=@kept @image"):format(server.url))
      assert.equal(0, code, errors)
      local kept = shell.read(folder .. "/kept")
      local document = assert(json.decode(kept))
      assert.matches("^sha256:%x+$", document.manifest_hash)
      assert.same(report.what_we_do_not_read, document.what_we_do_not_read)
      assert.is_nil(assert(json.decode(output)).clair_report)
      code, output, errors = tarsier(("scan --no-fail --clair %s -f clair @image"):format(server.url))
      assert.equal(0, code, errors)
      assert.equal(#kept, #output)
    end)
    local code, _, errors = tarsier "scan -f clair @image"
    assert.equal(2, code)
    assert.is_truthy(errors:find("name a Clair with --clair", 1, true), errors)
  end)

  it("trusts ADDITIONAL_CA_CERT_BUNDLE for Clair, too, in a job", function()
    shell.write(folder .. "/none.pem", "")
    for _, line in ipairs { "scan --clair https://127.0.0.1:1 @image", "clair status --clair https://127.0.0.1:1",
      "clair wait --timeout 1 --clair https://127.0.0.1:1", "clair-scanner -c https://127.0.0.1:1 @image" } do
      local _, _, errors = tarsier(line, "GITLAB_CI=true ADDITIONAL_CA_CERT_BUNDLE=" .. folder .. "/absent.pem")
      assert.is_truthy(errors:find("absent.pem: No such file", 1, true), line .. ": " .. errors)
    end
  end)

  it("exits 5 where Clair finds no packages", function()
    with(clair_v4.script(clair_v4.report { empty = true }), function(server)
      local code, output, errors = tarsier(("scan --clair %s @image"):format(server.url))
      assert.equal(5, code, output .. errors)
    end)
  end)

  it("refuses options that go with no Clair, or make no sense", function()
    for _, case in ipairs {
      { "--layer-host runner", "--layer-host requires a Clair" }, { "--keep", "--keep requires a Clair" },
      { "--clair-api v4", "--clair-api requires a Clair" },
      { "--clair clair:6060", "is not an address such as http://" },
      { "--clair http://x --clair-matcher y", "--clair-matcher" },
      { "--clair http://x --clair-issuer y", "--clair-issuer requires --clair-key-file" },
      { "--clair http://x --clair-api v3", "is not one of v1, v4" },
      { "--clair http://x --layer-port 70000", "70000 is not a port" },
      { "--clair http://x --clair-key-file @nowhere", "nowhere: No such file" },
    } do
      local code, _, errors = tarsier("scan " .. case[1] .. " @image")
      assert.equal(2, code, errors)
      assert.is_truthy(errors:find(case[2], 1, true), errors)
    end
  end)
end)

describe("tarsier scan --clair that is interrupted", function()
  local script = { rules = {
    { method = "GET", path = "/v1/namespaces", status = 200, body = '{"Namespaces":[{"Name":"debian:12"}]}' },
    { method = "POST", path = "/v1/layers", fault = "never" },
    { method = "DELETE", path = "/v1/layers/.*", status = 200, body = "" },
  } }

  -- Starts a scan, sends it a signal once it has posted a layer -> its exit code, how often layers were deleted
  local function interrupt(server, options, signal)
    os.remove(folder .. "/interrupted.code")
    local scan = process.start { ("env -u CLAIR_URL %s lua/bin/tarsier scan --quiet %s --clair %s %s/image"):format(LUA,
      options, server.url, folder), log = folder .. "/interrupted" }
    assert(process.wait(10, function() return #server:requests "POST" > 0 end), scan:log())
    scan:signal(signal)
    assert(process.wait(15, function() return not scan:running() end), "it goes on")
    return scan:code(), #server:requests "DELETE"
  end

  it("deletes its layers first, and ends as by the signal", function()
    for signal, code in pairs { INT = 130, TERM = 143, USR1 = 138 } do
      with(script, function(server) assert.same({ code, 1 }, { interrupt(server, "", signal) }) end)
    end
  end)

  it("ends at once where the layers are to stay", function()
    with(script, function(server) assert.same({ 130, 0 }, { interrupt(server, "--keep", "INT") }) end)
  end)
end)

describe("tarsier clair status", function()
  it("says which Clair answers", function()
    with(clair_v4.script(clair_v4.report()), function(server)
      local code, output, errors = tarsier(("clair status --clair %s -f json"):format(server.url))
      assert.equal(0, code, errors)
      local document = assert(json.decode(output))
      assert.equal("v4", document.api)
      assert.is_nil(document.version) -- which neither generation tells
      assert.equal(server.url, document.url)
      assert.is_true(document.ready)
      code, output = tarsier("clair status", "CLAIR_URL=" .. server.url)
      assert.equal(0, code)
      assert.is_truthy(output:find "ready%s+yes")
    end)
  end)

  it("keeps the password of an address to itself", function()
    with(clair_v4.script(clair_v4.report()), function(server)
      local url = server.url:gsub("//", "//jo:secret@")
      for _, line in ipairs { "status", "status -f json", "wait" } do
        local code, output, errors = tarsier("clair " .. line, "CLAIR_URL=" .. url)
        assert.equal(0, code, errors)
        assert.is_truthy((output .. errors):find(server.url, 1, true), output .. errors)
        assert.is_nil((output .. errors):find("secret", 1, true))
      end
    end)
  end)

  it("names the proxy through which something else answered, and goes past it to this machine", function()
    local html = { path = ".*", status = 200, body = "<html>denied</html>" }
    with({ rules = { html } }, function(proxy)
      local variables = "no_proxy= NO_PROXY= http_proxy=" .. proxy.url
      local code, _, errors = tarsier("clair status --clair http://clair.example:6060", variables)
      assert.equal(4, code)
      assert.is_truthy(errors:find("http://clair.example:6060 is not Clair (through the proxy " .. proxy.url, 1, true),
        errors)
      with(clair_v4.script(clair_v4.report()), function(server)
        local output
        code, output, errors = tarsier("clair status --clair " .. server.url, variables)
        assert.equal(0, code, errors)
        assert.is_truthy(output:find(server.url, 1, true))
        assert.equal(2, #proxy:requests())
      end)
    end)
  end)

  it("exits 2 for a question that no Clair could answer", function()
    shell.write(folder .. "/letters", "***\n")
    for _, line in ipairs { "status --clair 'http://host?x'",
      "status --clair http://127.0.0.1:1 --clair-key-file @letters",
      "wait --clair 'http://host?x'", "wait --clair http://127.0.0.1:1 --clair-key-file @letters" } do
      local started = os.time()
      local code, output, errors = tarsier("clair " .. line)
      assert.equal(2, code, output .. errors)
      assert.is_true(os.time() - started < pace.patience(20), "it waits for what no time mends")
    end
  end)

  it("exits 4 where none does, or it holds nothing", function()
    local code, output, errors = tarsier "clair status --clair http://127.0.0.1:1"
    assert.equal(4, code)
    assert.equal("", output)
    assert.is_truthy(errors:find("127.0.0.1:1", 1, true), errors)
    with({ rules = { { method = "GET", path = "/v1/namespaces", status = 200, body = '{"Namespaces":null}' } } },
      function(server)
        code, output, errors = tarsier("clair status --clair " .. server.url)
        assert.equal(4, code, output .. errors)
        assert.is_truthy(output:find "ready%s+no", output)
      end)
  end)
end)

describe("tarsier clair wait", function()
  it("waits until Clair's database holds something", function()
    local empty = { method = "GET", path = "/v1/namespaces", times = 2, status = 200, body = '{"Namespaces":null}' }
    local filled = { method = "GET", path = "/v1/namespaces", status = 200,
      body = '{"Namespaces":[{"Name":"debian:12","VersionFormat":"dpkg"}]}' }
    with({ rules = { empty, filled } }, function(server)
      local code, output, errors = tarsier(("clair wait --timeout 1200 --clair %s"):format(server.url))
      assert.equal(0, code, errors)
      assert.equal("", output)
      assert.is_truthy(errors:find("is ready", 1, true), errors)
      assert.is_true(#server:requests("GET", "^/v1/namespaces") >= 3)
    end)
  end)

  it("gives up in time, and says why", function()
    local started = os.time()
    local code, _, errors = tarsier "clair wait --timeout 1 --clair http://127.0.0.1:1"
    assert.equal(4, code)
    assert.is_truthy(errors:find("Clair at http://127.0.0.1:1 is not ready after 1 second: ", 1, true), errors)
    assert.is_true(os.time() - started <= pace.patience(5))
    code, _, errors = tarsier "clair wait --timeout 0"
    assert.equal(2, code)
    assert.is_truthy(errors:find("--timeout", 1, true), errors)
  end)
end)

describe("tarsier clair up and down", function()
  it("explain an engine that is not there", function()
    for _, verb in ipairs { "up", "down" } do
      local code, _, errors = tarsier(("clair %s --engine unix://%s/no.sock"):format(verb, folder))
      assert.equal(4, code)
      assert.is_truthy(errors:find("no.sock does not answer", 1, true), errors)
      code, _, errors = tarsier("clair " .. verb, "DOCKER_HOST=ssh://host")
      assert.equal(4, code)
      assert.is_truthy(errors:find("SSH is not supported", 1, true), errors)
      code, _, errors = tarsier("clair " .. verb, "DOCKER_HOST=tcp://127.0.0.1:2376 DOCKER_TLS_VERIFY=1")
      assert.equal(4, code)
      assert.is_truthy(errors:find("at tcp://127.0.0.1:2376 does not answer", 1, true), errors)
    end
  end)

  it("prints what scripts need to know of a Clair that runs", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local up_already = { { json = { Id = "1", State = { Running = true }, Config = { Labels = json.object(),
      Env = json.array {} } } } }
    local engine = stand_in.start { ["GET /_ping"] = { { body = "OK" } },
      ["GET /networks/tarsier-clair"] = { { json = { IPAM = { Config = { { Gateway = "fd00::1" },
        { Gateway = "172.20.0.1" } } } } } },
      ["GET /containers/tarsier-clair/json"] = up_already,
      ["GET /containers/tarsier-clair-database/json"] = up_already }
    with(clair_v4.script(clair_v4.report()), function(server)
      local port = server.url:match "%d+$"
      local function up(more)
        local code, output, errors = tarsier(("clair up --port %s --engine %s %s"):format(port,
          (engine.url:gsub("http", "tcp")), more))
        assert.equal(0, code, errors)
        return output
      end
      assert.equal(server.url .. "\n", up "")
      assert.equal(("CLAIR_URL=%s\nTARSIER_CLAIR_API=v4\nTARSIER_LAYER_HOST=172.20.0.1\n"):format(server.url),
        up "--format env")
      assert.same({ url = server.url, api = "v4", layer_host = "172.20.0.1" }, json.decode(up "--format json"))
    end)
    engine:stop()
  end)

  -- Nothing of it runs here: whatever the engine makes of its answers, the commands end with 0 or 4, and say something.
  it("are not upset by what an engine says", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local ours = '{"Id":"1","State":{"Running":true},"Config":{"Labels":{"tarsier.clair":"x"},"Env":["A=b"]}}'
    local nonsense = { "", "[7]", '{"Id":7,"State":7,"Config":7,"IPAM":7,"Labels":7}',
      '{"State":{"Running":7,"ExitCode":"x"},"Config":{"Labels":null,"Env":[null]},"IPAM":{"Config":[null]}}' }
    for _, word in ipairs(nonsense) do
      for _, good in ipairs { word, ours } do
        local engine = stand_in.start { ["GET /_ping"] = { { body = "OK" } }, ["*"] = { { body = word } },
          ["GET /containers/tarsier-clair-database/json"] = { { body = good } } }
        for _, line in ipairs { "down", "up --no-pull --timeout 1 --port 1" } do
          local code, output, errors = tarsier(("clair %s --engine %s"):format(line, (engine.url:gsub("http", "tcp"))))
          assert.is_true(code == 4 or code == 0 and line == "down", word .. ": " .. output .. errors)
          assert.is_truthy(errors:find "^tarsier: .")
        end
        engine:stop()
      end
    end
  end)
end)

describe("the command in the source tree", function()
  it("finds its modules by a link to it, and by a link to that", function()
    local here = shell.capture "pwd"
    local other = folder .. "/it's"
    shell.run { "mkdir", other }
    shell.run { "ln", "-s", here .. "/lua/bin/tarsier", other .. "/tarsier" }
    shell.run { "ln", "-s", "tarsier", other .. "/again" }
    local build = shell.capture("realpath " .. shell.quote(os.getenv "TARSIER_BUILD" or "build"))
    for _, name in ipairs { "tarsier", "again" } do
      local code, output, errors = shell.run(("cd / && env -u LUA_PATH -u LUA_CPATH TARSIER_BUILD=%s %s %s version"):format(
        shell.quote(build), LUA, shell.quote(other .. "/" .. name)))
      assert.equal(0, code, errors)
      assert.matches("^tarsier %d", output)
    end
  end)
end)
