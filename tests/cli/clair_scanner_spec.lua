-- `tarsier clair-scanner`, end to end: images come out of an engine that answers by a script, and out of a real Podman;
-- findings from a Clair that answers by a script and fetches the layers as a real one does.

local clair_v4 = require "support.clair_v4"
local engines = require "support.engines"
local images = require "support.images"
local json = require "tarsier.json"
local oci = require "support.oci"
local replay = require "support.clair_replay"
local shell = require "support.shell"
local small_registry = require "support.small_registry"
local stand_in = require "support.stand_in"

local LUA = os.getenv "LUA" or "lua5.4"
local ID = "sha256:" .. ("ab"):rep(32)

local folder, engine

-- What a shell would run: "clair-scanner …" by a link of that name.
local function scanner(line, variables)
  line = line:gsub("@(%w+)", function(name) return folder .. "/" .. name end)
  return shell.run(("env -u TARSIER_DB -u TARSIER_POLICIES -u COLUMNS -u CLAIR_URL -u GITLAB_CI -u DOCKER_HOST "
    .. "-u TARSIER_REGISTRY_USER -u TARSIER_REGISTRY_PASSWORD -u DOCKER_AUTH_CONFIG -u REGISTRY_AUTH_FILE "
    .. "TARSIER_TEST_SECOND=50 HOME=%s XDG_DATA_HOME=%s/data XDG_CACHE_HOME=%s/cache TMPDIR=%s/tmp %s %s lua/bin/tarsier clair-scanner %s")
    :format(folder, folder, folder, folder, variables or "", LUA, line))
end

local function dpkg_layer(list)
  return images.tar { { "etc/os-release", oci.debian }, { "var/lib/dpkg/status", oci.dpkg(list) } }
end

setup(function()
  folder = shell.folder()
  os.execute("mkdir " .. folder .. "/tmp")
  local layer = dpkg_layer { { "curl", "7.0-1" }, { "zlib1g", "1.0" } }
  -- The same layer twice: the second is a symlink in the archive.
  shell.write(folder .. "/app.tar", images.tar(images.old_docker { { names = { "elsewhere/app:9" },
    layers = { layer, images.tar { { "opt/x", "x" } }, layer } } }))
  shell.write(folder .. "/allow.yaml", "generalwhitelist:\n  CVE-2099-0001: XML\n")
  shell.write(folder .. "/ours.yaml", "images:\n  registry:777/app:\n    CVE-2099-0001: Java\n")
  shell.write(folder .. "/old.yaml", "images:\n  registry:\n    CVE-2099-0001: Java\n")
  shell.write(folder .. "/other.yaml", "images:\n  other:\n    CVE-2099-0001: Java\n")
end)

teardown(function()
  if engine then engine:stop() end
  replay.finish()
  shell.remove(folder)
end)

local function engine_script()
  local known = { { json = { Id = ID, RepoTags = { "app:1" } } } }
  return { ["GET /_ping"] = { { body = "OK" } }, ["GET /images/app:1/json"] = known, ["GET /images/app/json"] = known,
    ["GET /images/registry:777/app:2/json"] = known,
    ["GET /images/" .. ID .. "/get"] = { { file = folder .. "/app.tar" } } }
end

local running = {}

after_each(function()
  for _, server in ipairs(running) do server:stop() end
  running = {}
end)

-- run(clair's address, "DOCKER_HOST=…", clair)
local function with(report, run, more)
  if not replay.has() then return pending "needs python3: apt-get install python3" end
  engine = engine or stand_in.start(engine_script(), { unix = true })
  local clair = replay.start(clair_v4.script(report, more))
  running[#running + 1] = clair
  run(clair.url, "DOCKER_HOST=unix://" .. engine.socket, clair)
end

local function leaves_nothing()
  assert.equal("", shell.capture("ls -A " .. folder .. "/tmp"))
end

describe("clair-scanner", function()
  it("says where its log cannot be written, and does not pass", function()
    with(clair_v4.report { clean = true }, function(url, host)
      assert.equal(0, (scanner(("-l @ok.log -c %s app:1"):format(url), host)))
      local code, _, errors = scanner(("-l /dev/full -c %s app:1"):format(url), host)
      assert.equal(2, code)
      assert.is_truthy(errors:find("the log was not written: /dev/full: No space left on device", 1, true), errors)
    end)
  end)

  it("reports, tabulates and logs as it did", function()
    with(clair_v4.report { fixed = "8.0-1" }, function(url, host)
      local code, output, errors = scanner(("-t High -c %s -r @report.json -l @log app:1"):format(url), host)
      assert.equal(1, code, errors)
      assert.equal([[
{
    "image": "app:1",
    "unapproved": [
        "CVE-2099-0001"
    ],
    "vulnerabilities": [
        {
            "featurename": "curl",
            "featureversion": "7.0-1",
            "vulnerability": "CVE-2099-0001",
            "namespace": "debian:12",
            "description": "A flaw in curl.",
            "link": "https://example.org/CVE-2099-0001",
            "severity": "High",
            "fixedby": "8.0-1"
        }
    ]
}]], shell.read(folder .. "/report.json"))
      assert.equal([[
+------------+--------------------+--------------+-----------------+-----------------------------------+
|   STATUS   |    CVE SEVERITY    | PACKAGE NAME | PACKAGE VERSION |          CVE DESCRIPTION          |
+------------+--------------------+--------------+-----------------+-----------------------------------+
| Unapproved | High CVE-2099-0001 | curl         | 7.0-1           | A flaw in curl.                   |
|            |                    |              |                 |                                   |
|            |                    |              |                 | https://example.org/CVE-2099-0001 |
+------------+--------------------+--------------+-----------------+-----------------------------------+
]], output)
      local log = shell.read(folder .. "/log")
      assert.equal(log, errors)
      local time = "%d%d%d%d/%d%d/%d%d %d%d:%d%d:%d%d "
      assert.is_truthy(log:find(time .. "%[INFO%] ▶ Start clair%-scanner\n"), log)
      assert.is_truthy(log:find(time .. "%[INFO%] ▶ Server listening on port %d+\n"), log)
      local digests = {}
      for digest in log:gmatch(time .. "%[INFO%] ▶ Analyzing (sha256:%x+)\n") do digests[#digests + 1] = digest end
      assert.equal(3, #digests, log)
      assert.is_true(digests[1] ~= digests[2] and digests[1] == digests[3])
      assert.is_truthy(log:find(time .. "%[WARN%] ▶ Image %[app:1%] contains 1 total vulnerabilities\n"), log)
      assert.is_truthy(log:find(time .. "%[ERRO%] ▶ Image %[app:1%] contains 1 unapproved vulnerabilities\n"), log)
      leaves_nothing()
    end)
  end)

  it("takes its flags in all the ways they were written", function()
    with(clair_v4.report { severity = "Medium" }, function(url, host)
      local cases = {
        { 1, "-t=Medium -c=%s app:1" }, { 0, '--threshold="High" --clair=%s app:1' }, { 0, "-tHigh -c %s app:1" },
        { 0, "-w=@allow.yaml -c %s app:1" }, { 0, "--whitelist @allow.yaml -c %s app:1" },
        { 0, "-q -t=Critical --ip=127.0.0.1 -c %s app" },
        { 1, "--quiet=true --all=false --reportAll=false -c %s app:1" },
        { 1, "--exit-when-no-features -c %s -- app:1" },
        { 1, "-w '' -l= --report '' -c %s app:1" }, { 2, "-t '' -c %s app:1" },
      }
      for _, case in ipairs(cases) do
        local code, _, errors = scanner(case[2]:format(url), host)
        assert.equal(case[1], code, case[2] .. errors)
      end
    end)
  end)

  it("lists approved ones too, but for --all=false, and nothing with --quiet", function()
    with(clair_v4.report { severity = "Low" }, function(url, host)
      local code, output, errors = scanner(("-t High -c %s app:1"):format(url), host)
      assert.equal(0, code)
      assert.is_truthy(output:find("| Approved | Low CVE-2099-0001 |", 1, true), output)
      assert.is_truthy(errors:find("contains NO unapproved vulnerabilities", 1, true), errors)
      code, output = scanner(("-t High --all=false -c %s app:1"):format(url), host)
      assert.equal(0, code)
      assert.equal("", output)
      code, output, errors = scanner(("-q -c %s app:1"):format(url), host)
      assert.equal(1, code)
      assert.equal("", output)
      assert.is_nil(errors:find("contains", 1, true))
    end)
  end)

  it("matches whitelists by the image's whole name, and by the key it once wanted", function()
    with(clair_v4.report(), function(url, host)
      local cases = { { 0, "ours" }, { 0, "old" }, { 1, "other" } }
      for _, case in ipairs(cases) do
        local code, output, errors = scanner(("-w @%s.yaml -c %s registry:777/app:2"):format(case[2], url), host)
        assert.equal(case[1], code, case[2] .. output .. errors)
      end
    end)
  end)

  it("takes an archive too, and a layer that is a link in it", function()
    with(clair_v4.report(), function(url, host, clair)
      local code, output, errors = scanner(("-c %s docker-archive:@app.tar"):format(url), host)
      assert.equal(1, code, output .. errors)
      local posted = json.decode(clair:requests("POST")[1].body)
      assert.equal(3, #posted.layers)
      assert.equal(posted.layers[1].hash, posted.layers[3].hash)
      code = scanner(("-c %s @app.tar"):format(url), host)
      assert.equal(1, code)
    end)
  end)

  it("serves its layers where --ip says, a port included", function()
    with(clair_v4.report(), function(url, host, clair)
      local port = 20000 + math.random(9999)
      local code, _, errors = scanner(("--ip 127.0.0.1:%d -c %s app:1"):format(port, url), host)
      assert.equal(1, code, errors)
      local posted = json.decode(clair:requests("POST")[1].body)
      assert.is_truthy(posted.layers[1].uri:find(("http://127.0.0.1:%d/"):format(port), 1, true), posted.layers[1].uri)
      for _, case in ipairs { { "[::1]:%d", "http://[::1]:%d/" }, { "::1", "http://[::1]:" }, { "[::1]", "http://[::1]:" } } do
        scanner(("--ip '%s' -c %s app:1"):format(case[1]:format(port), url), host) -- there may be no IPv6 to fetch them by
        local requests = clair:requests "POST"
        posted = json.decode(requests[#requests].body)
        assert.is_truthy(posted.layers[1].uri:find(case[2]:format(port), 1, true), posted.layers[1].uri)
      end
    end)
  end)

  it("reads a name with a host from its registry where no engine has it, and no other name", function()
    with(clair_v4.report(), function(url, host, clair)
      oci.build(folder .. "/pushed", { { ["etc/os-release"] = oci.debian,
        ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" } } } })
      local registry = small_registry.start(folder .. "/pushed", "group/app", "1")
      running[#running + 1] = registry
      local name = registry.host .. "/group/app:1"
      for _, case in ipairs { { host, "" }, { "DOCKER_HOST=unix:///nowhere", "" }, { host, "docker://" } } do
        local code, output, errors = scanner(("-q -r @report.json -c %s %s%s"):format(url, case[2], name), case[1])
        assert.equal(1, code, output .. errors)
        assert.equal(case[2] == "", errors:find("reading docker://" .. name, 1, true) ~= nil, errors)
        assert.equal(name, json.decode(shell.read(folder .. "/report.json")).image)
      end
      local posted = json.decode(clair:requests("POST")[1].body)
      assert.is_truthy(posted.layers[1].uri:find(registry.url .. "/v2/group/app/blobs/sha256:", 1, true), posted.layers[1].uri)
      local asked = #registry:requests()
      local code, _, errors = scanner(("--ip 127.0.0.1 -c %s %s"):format(url, name), host)
      assert.equal(1, code, errors)
      local requests = clair:requests("POST")
      assert.is_nil(requests[#requests].body:find(registry.url, 1, true))
      assert.is_true(#registry:requests() > asked)
      code, _, errors = scanner(("-c %s nowhere/app:1"):format(url), host)
      assert.equal(3, code, errors)
      assert.is_truthy(errors:find("in a registry it is docker://nowhere/app:1", 1, true), errors)
      code, _, errors = scanner(("-c %s %s/other:1"):format(url, registry.host), host)
      assert.equal(3, code, errors)
      assert.is_truthy(errors:find("CRIT[^\n]*/v2/other/[^\n]*; and the container engine at [^\n]* has no image "), errors)
    end)
  end)

  it("exits 5 on an image without packages, with and without the flag", function()
    with(clair_v4.report { empty = true }, function(url, host)
      for _, flag in ipairs { "", "--exit-when-no-features" } do
        local code, output, errors = scanner(("%s -c %s app:1"):format(flag, url), host)
        assert.equal(5, code, output .. errors)
      end
    end)
  end)

  it("tells what it could not do from what is vulnerable", function()
    with(clair_v4.report(), function(url, host)
      local cases = {
        { 2, "-c %s", "missing IMAGE" }, { 2, "--treshold x -c %s app:1", 'did you mean "--threshold"' },
        { 2, "-t Hihg -c %s app:1", "Hihg" }, { 2, "-w @nowhere.yaml -c %s app:1", "nowhere.yaml" },
        { 2, "--all=maybe -c %s app:1", "true or false" }, { 2, "-l @no/log -c %s app:1", "--log" },
        { 2, "-r @no/report -c %s app:1", "cannot write the report" },
        { 3, "-c %s nowhere:1", "has no image nowhere:1" }, { 4, "-c http://127.0.0.1:1 app:1", "127.0.0.1:1" },
        { 4, "--ip layers.invalid -c %s app:1", "layers.invalid" },
      }
      for _, case in ipairs(cases) do
        local code, output, errors = scanner(case[2]:format(url), host)
        assert.equal(case[1], code, case[2] .. output .. errors)
        assert.is_truthy(errors:find(case[3], 1, true), case[3] .. ": " .. errors)
      end
      local code, _, errors = scanner(("-c %s app:1"):format(url), "DOCKER_HOST=unix://" .. folder .. "/no.sock")
      assert.equal(3, code)
      assert.is_truthy(errors:find("docker save app:1 >image.tar", 1, true), errors)
      leaves_nothing()
    end)
  end)

  it("passes nothing that Clair did not answer, as 14.x did", function()
    for _, status in ipairs { 404, 202 } do
      local more = { { method = "GET", path = "/matcher/.*", status = status, body = "" } }
      with(clair_v4.report(), function(url, host)
        local code, output, errors = scanner(("-c %s app:1"):format(url), host)
        assert.equal(4, code, output .. errors)
        assert.equal("", output)
      end, more)
    end
  end)

  it("leaves nothing behind where an export breaks off", function()
    local script = engine_script()
    script["GET /images/" .. ID .. "/get"] = { { file = folder .. "/app.tar", cut = true } }
    with(clair_v4.report(), function(url)
      local broken = stand_in.start(script, { unix = true })
      running[#running + 1] = broken
      local code, _, errors = scanner(("-c %s app:1"):format(url), "DOCKER_HOST=unix://" .. broken.socket)
      assert.equal(3, code)
      assert.is_truthy(errors:find("container engine", 1, true), errors)
      leaves_nothing()
    end)
  end)

  it("is found by a link of its name, and by $CLAIR_URL", function()
    with(clair_v4.report(), function(url, host)
      os.execute(("ln -s %s/lua/bin/tarsier %s/clair-scanner"):format(shell.capture "pwd", folder))
      -- The modules are found from the link's own folder where it is installed; here they are on Lua's path.
      local code, output, errors = shell.run(("%s CLAIR_URL=%s HOME=%s %s %s/clair-scanner -q app:1"):format(host, url,
        folder, LUA, folder))
      assert.equal(1, code, output .. errors)
      assert.equal("", output)
    end)
  end)
end)

for _, name in ipairs(engines.names) do
  describe("clair-scanner, with " .. name, function()
    it("takes an image out of it", function()
      local server, lack = engines.start(name)
      if not server then return pending(lack) end
      finally(function() server:stop() end)
      images.write_tree(folder .. "/root", { ["etc/os-release"] = oci.debian,
        ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" } } })
      server:import("localhost/app:1", folder .. "/root")
      with(clair_v4.report(), function(url)
        for _, image in ipairs { "localhost/app:1", "localhost/app:latest" } do
          local code, output, errors = scanner(("-q -c %s %s"):format(url, image), "DOCKER_HOST=" .. server.address)
          assert.equal(image == "localhost/app:1" and 1 or 3, code, output .. errors)
        end
        leaves_nothing()
      end)
    end)
  end)
end
