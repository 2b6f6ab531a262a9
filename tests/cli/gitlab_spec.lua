-- A GitLab job, as far as it can be had without GitLab: its variables, the template's own script, and the report.

local check_gitlab = require "support.gitlab"
local images = require "support.images"
local json = require "tarsier.json"
local oci = require "support.oci"
local registry = require "support.registry"
local shell = require "support.shell"
local small_registry = require "support.small_registry"
local stand_in = require "support.stand_in"

local LUA = os.getenv "LUA" or "lua5.4"
local TEMPLATE = "engine/examples/gitlab-ci.yml"
local REPORT = "gl-container-scanning-report.json"

local root, build = shell.capture "pwd", os.getenv "TARSIER_BUILD" or "build"
if build:sub(1, 1) ~= "/" then build = root .. "/" .. build end

local folder

-- A runner's shell in the project's folder, with a `tarsier` on its path.
local function job(script, variables)
  os.remove(folder .. "/project/" .. REPORT)
  shell.write(folder .. "/script", script)
  return shell.run(([[cd %s/project && unset LUA_PATH LUA_CPATH TARSIER_DB TARSIER_POLICIES CLAIR_URL DOCKER_HOST
    unset CI_REGISTRY_IMAGE CI_COMMIT_REF_SLUG CI_COMMIT_SHA CI_APPLICATION_REPOSITORY CI_APPLICATION_TAG CS_IMAGE
    unset CI_REGISTRY CI_REGISTRY_USER CI_REGISTRY_PASSWORD CS_REGISTRY_USER CS_REGISTRY_PASSWORD CS_REGISTRY_INSECURE
    unset CS_DOCKER_INSECURE ADDITIONAL_CA_CERT_BUNDLE TARSIER_REGISTRY_USER TARSIER_REGISTRY_PASSWORD CONTAINER_HOST
    unset DOCKER_AUTH_CONFIG REGISTRY_AUTH_FILE DOCKER_CONFIG XDG_RUNTIME_DIR XDG_CONFIG_HOME
    export TARSIER_BUILD=%s PATH=%s/bin:$PATH HOME=%s/home XDG_CACHE_HOME=%s/cache XDG_DATA_HOME=%s/data
    export GITLAB_CI=true DOCKER_HOST=unix:///nowhere %s
    sh -e %s/script]]):format(folder, build, folder, folder, folder, folder, variables or "", folder))
end

local function report()
  local document = assert(json.decode(shell.read(folder .. "/project/" .. REPORT)))
  assert.same({}, check_gitlab(document))
  return document
end

setup(function()
  folder = shell.folder()
  os.execute(("mkdir -p %s/project %s/bin %s/home %s/osv"):format(folder, folder, folder, folder))
  shell.write(folder .. "/bin/tarsier", ('#!/bin/sh\nexec %s %s/lua/bin/tarsier "$@"\n'):format(LUA, root))
  os.execute("chmod +x " .. folder .. "/bin/tarsier")
  shell.write(folder .. "/osv/a.json", json.encode {
    id = "CVE-2099-0001", modified = "2026-01-01T00:00:00Z", summary = "A flaw",
    severity = { { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } },
    affected = { { package = { ecosystem = "Debian:12", name = "curl" },
      ranges = { { type = "ECOSYSTEM", events = { { introduced = "0" }, { fixed = "8.0-1" } } } } } },
  })
  local code, _, errors = job("tarsier db import -q " .. folder .. "/osv")
  assert.equal(0, code, errors)
  local files = { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" } } }
  oci.build(folder .. "/project/image", { files })
  shell.write(folder .. "/project/image.tar", images.tar(images.old_docker { { names = { "group/app:main" },
    layers = { images.tar { { "etc/os-release", oci.debian },
      { "var/lib/dpkg/status", oci.dpkg { { "curl", "7.0-1" } } } } } } }))
end)

teardown(function() shell.remove(folder) end)

describe("tarsier scan in a GitLab job", function()
  it("takes CS_IMAGE, and writes GitLab's report beside the table", function()
    local code, output, errors = job("tarsier scan", "CS_IMAGE=oci:./image CS_DEFAULT_BRANCH_IMAGE=group/app:main")
    assert.equal(1, code, output .. errors)
    assert.is_truthy(output:find("CVE-2099-0001", 1, true), output)
    local document = report()
    assert.equal("CVE-2099-0001", document.vulnerabilities[1].identifiers[1].value)
    assert.equal("group/app:main", document.vulnerabilities[1].location.default_branch_image)
    code, output, errors = job("tarsier scan", "CS_IMAGE=docker-archive:image.tar")
    assert.equal(1, code, output .. errors)
    assert.equal("group/app:main", report().vulnerabilities[1].location.image)
  end)

  it("writes what is asked for where something is", function()
    local code = job("tarsier scan -f json=r.json image", "")
    assert.equal(1, code)
    assert.is_nil(io.open(folder .. "/project/" .. REPORT))
    assert.is_table(json.decode(shell.read(folder .. "/project/r.json")))
  end)

  it("finds the pipeline's image in the container engine", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local id = "sha256:" .. ("cd"):rep(32)
    local known = { { json = { Id = id } } }
    local engine = stand_in.start({ ["GET /_ping"] = { { body = "OK" } },
      ["GET /images/" .. id .. "/get"] = { { file = folder .. "/project/image.tar" } },
      ["GET /images/registry:5000/group/app:1/json"] = known,
      ["GET /images/registry:5000/group/app/main:deadbeef/json"] = known }, { unix = true })
    finally(function() engine:stop() end)
    local host = "DOCKER_HOST=unix://" .. engine.socket
    local cases = {
      { "registry:5000/group/app:1", "CI_APPLICATION_REPOSITORY=registry:5000/group/app CI_APPLICATION_TAG=1" },
      { "registry:5000/group/app/main:deadbeef",
        "CI_REGISTRY_IMAGE=registry:5000/group/app CI_COMMIT_REF_SLUG=main CI_COMMIT_SHA=deadbeef" },
      { "registry:5000/group/app:1",
        "CS_IMAGE=registry:5000/group/app:1 CI_APPLICATION_REPOSITORY=x CI_APPLICATION_TAG=y" },
    }
    for _, case in ipairs(cases) do
      local code, output, errors = job("tarsier scan", host .. " " .. case[2])
      assert.equal(1, code, output .. errors)
      assert.equal(case[1], report().vulnerabilities[1].location.image)
    end
  end)

  it("finds the pipeline's image in its registry where the engine has none", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local engine = stand_in.start({ ["GET /_ping"] = { { body = "OK" } } }, { unix = true })
    local server = small_registry.start(folder .. "/project/image", "group/app", "1", { guarded = true })
    finally(function() engine:stop() server:stop() end)
    local name = server.host .. "/group/app:1"
    for _, host in ipairs { "DOCKER_HOST=unix://" .. engine.socket, "DOCKER_HOST=unix:///nowhere", "DOCKER_HOST=ssh://x" } do
      local code, output, errors = job("tarsier scan -f json=r.json -f gitlab=" .. REPORT, host .. " CI_REGISTRY=" .. server.host
        .. " CI_REGISTRY_USER=job CI_REGISTRY_PASSWORD=job-token CS_IMAGE=" .. name)
      assert.equal(1, code, output .. errors)
      assert.is_truthy(errors:find(": reading docker://" .. name, 1, true), errors)
      assert.is_nil((output .. errors):find("job-token", 1, true))
      assert.equal(name, report().vulnerabilities[1].location.image)
      assert.equal("docker://" .. name, json.decode(shell.read(folder .. "/project/r.json")).image.reference)
    end
    assert.is_true(small_registry.users(server)["job:job-token"])
  end)

  it("never takes another image than the engine's where the engine breaks off", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local id = "sha256:" .. ("cd"):rep(32)
    local server = small_registry.start(folder .. "/project/image", "group/app", "1")
    local name = server.host .. "/group/app:1"
    local engine = stand_in.start({ ["GET /_ping"] = { { body = "OK" } },
      ["GET /images/" .. name .. "/json"] = { { json = { Id = id } } },
      ["GET /images/" .. id .. "/get"] = { { file = folder .. "/project/image.tar", cut = true } } }, { unix = true })
    finally(function() engine:stop() server:stop() end)
    local code, _, errors = job("tarsier scan", "DOCKER_HOST=unix://" .. engine.socket .. " CS_IMAGE=" .. name)
    assert.equal(3, code, errors)
    assert.same({}, server:requests())
  end)

  it("says both where it is in neither", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local server = small_registry.start(folder .. "/project/image", "group/app", "1")
    finally(function() server:stop() end)
    local code, _, errors = job("tarsier scan", ("DOCKER_HOST=unix:///nowhere CS_IMAGE=%s/other:2"):format(server.host))
    assert.equal(3, code, errors)
    local last = errors:match "[^\n]*\n$"
    assert.is_truthy(last:find(server.host .. "/other:2", 1, true), errors)
    assert.is_truthy(last:find("; and the container engine at unix:///nowhere does not answer", 1, true), errors)
  end)

  it("logs in for an image that is named too, but with nobody's password elsewhere", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    for _, case in ipairs { { 0, "HOST", "job:job-token" }, { 3, "registry.example" } } do
      local server = small_registry.start(folder .. "/project/image", "group/app", "1", { guarded = true })
      local code, output, errors = job(("tarsier packages %s/group/app:1"):format(server.host), ("CI_REGISTRY=%s "
        .. "CI_REGISTRY_USER=job CI_REGISTRY_PASSWORD=job-token CS_REGISTRY_USER=me CS_REGISTRY_PASSWORD=mine")
        :format((case[2]:gsub("HOST", server.host))))
      local users = small_registry.users(server)
      server:stop()
      assert.is_truthy(case[1] == code or not case[3], output .. errors)
      assert.same({ [""] = true, [case[3] or ""] = true }, users)
    end
  end)

  it("says what is missing", function()
    local code, _, errors = job "tarsier scan"
    assert.equal(2, code)
    assert.is_truthy(errors:find("missing IMAGE: neither CS_IMAGE nor", 1, true), errors)
    code, _, errors = job("tarsier scan", "GITLAB_CI= CS_IMAGE=oci:./image")
    assert.equal(2, code)
    assert.is_truthy(errors:find("missing IMAGE;", 1, true), errors)
  end)
end)

describe("a GitLab job's registry", function()
  -- The settings that a job's variables make for a reference, by name: nothing is read.
  local function settings(reference, variables, is_pipelines, options)
    local script = ([[
      local terminal = { warn = function(_, message) print("warning=" .. message) end }
      local config = { %s }
      local ok, more = require "tarsier.cli.gitlab".registry(config, %q, %s, terminal)
      if not ok then print("message=" .. more) end
      for _, key in ipairs { "registry_user", "registry_password", "plain_http", "ca_file" } do
        if config[key] then print(key .. "=" .. tostring(config[key])) end
      end
      if ok and more then io.write("authorities=", io.open(config.ca_file):read "a") end]]):format(options or "",
      reference, is_pipelines == nil or is_pipelines)
    shell.write(folder .. "/script.lua", script)
    local code, output, errors = shell.run(("env -u CI_REGISTRY -u CI_REGISTRY_USER -u CI_REGISTRY_PASSWORD "
      .. "-u CS_REGISTRY_USER -u CS_REGISTRY_PASSWORD -u CS_REGISTRY_INSECURE -u CS_DOCKER_INSECURE "
      .. "-u ADDITIONAL_CA_CERT_BUNDLE -u SSL_CERT_FILE GITLAB_CI=true %s %s %s/script.lua"):format(variables, LUA, folder))
    assert.equal(0, code, errors)
    local before, more = output:match "^(.*)\nauthorities=(.*)$"
    return before or output, more
  end

  local ci = "CI_REGISTRY=registry.example CI_REGISTRY_USER=job CI_REGISTRY_PASSWORD=job-token"
  local cs = " CS_REGISTRY_USER=me CS_REGISTRY_PASSWORD=mine"
  local job_login, my_login = "registry_user=job\nregistry_password=job-token\n",
    "registry_user=me\nregistry_password=mine\n"

  it("gets the job's password where it is the instance's, and no other does", function()
    for _, reference in ipairs { "docker://registry.example/group/app:1", "docker://registry.example/group/app",
      "docker://registry.example/app@sha256:" .. ("ab"):rep(32) } do
      assert.equal(job_login, settings(reference, ci))
      assert.equal(job_login, settings(reference, ci .. cs, false))
    end
    for _, reference in ipairs { "docker://alpine:3", "docker://group/app:1", "docker://registry.example.org/app:1",
      "docker://registry.example:5000/app:1", "docker://registry.exampl/app:1", "docker://other/registry.example/app:1",
      "docker://evil.example/registry.example/app:1", "docker://registry.example", "alpine:3", "image",
      "registry.example/group/app" } do
      assert.equal("", settings(reference, ci), reference)
    end
    -- An instance whose registry is called by a bare word: Docker's names have none such, so that this is Docker Hub.
    assert.equal("", settings("docker://registry/app:1", "CI_REGISTRY=registry CI_REGISTRY_USER=a CI_REGISTRY_PASSWORD=b"))
    assert.equal("", settings("docker://registry.example/app:1", "CI_REGISTRY= CI_REGISTRY_USER=a CI_REGISTRY_PASSWORD=b"))
    assert.equal("", settings("docker://registry.example/app:1", ci .. " GITLAB_CI="))
  end)

  it("gets CS_REGISTRY_USER's before it, and an option's before both", function()
    assert.equal(my_login, settings("docker://registry.example/app:1", ci .. cs))
    assert.equal(my_login, settings("docker://elsewhere.example/app:1", ci .. cs))
    assert.equal(my_login, settings("docker://alpine:3", cs))
    assert.equal("registry_user=opt\nregistry_password=ion\n", settings("docker://registry.example/app:1", ci .. cs, true,
      "registry_user = 'opt', registry_password = 'ion'"))
    assert.equal("registry_user=me\nregistry_password=job-token\n",
      settings("docker://registry.example/app:1", ci .. " CS_REGISTRY_USER=me"))
    assert.is_truthy(settings("docker://alpine:3", ci .. " CS_REGISTRY_USER=me"):find "^warning=[^\n]*only the first is set")
    assert.is_truthy(settings("docker://alpine:3", ci .. " CS_REGISTRY_PASSWORD=p"):find "only the second is set")
    assert.equal("", settings("docker://alpine:3", cs, false))
  end)

  it("is spoken to without TLS where CS_REGISTRY_INSECURE says so", function()
    assert.equal("plain_http=true\n", settings("docker://alpine:3", "CS_REGISTRY_INSECURE=TRUE"))
    assert.equal("", settings("docker://alpine:3", "CS_REGISTRY_INSECURE=false"))
    assert.equal("", settings("docker://alpine:3", "CS_REGISTRY_INSECURE=true", false))
    assert.is_truthy(settings("docker://alpine:3", "CS_DOCKER_INSECURE=true"):find "^warning=CS_DOCKER_INSECURE is ignored")
  end)

  it("may have an authority of its own, beside the system's", function()
    local pem = "-----BEGIN CERTIFICATE-----\nour own\n-----END CERTIFICATE-----\n"
    shell.write(folder .. "/own.pem", pem)
    for _, value in ipairs { folder .. "/own.pem", pem } do
      local output, together = settings("docker://alpine:3", "ADDITIONAL_CA_CERT_BUNDLE=" .. shell.quote(value))
      assert.is_truthy(output:find "^ca_file=/proc/self/fd/%d+$", output)
      local system = io.open "/etc/ssl/certs/ca-certificates.crt"
      assert.equal((system and system:read "a" or together:match "^(.*)\n%-%-%-%-%-BEGIN[^\n]*\nour own") .. "\n"
        .. pem:gsub("\n$", ""), (together:gsub("\n$", "")))
    end
    shell.write(folder .. "/all.pem", "all")
    local both = ("SSL_CERT_FILE=%s/all.pem ADDITIONAL_CA_CERT_BUNDLE=%s/own.pem"):format(folder, folder)
    local output, together = settings("docker://alpine:3", both, true, ("ca_file = '%s/all.pem'"):format(folder))
    assert.is_truthy(output:find "^ca_file=/proc/self/fd/%d+$", output)
    assert.equal("all\n" .. pem, together)
    assert.equal("ca_file=x\n", settings("docker://alpine:3", "ADDITIONAL_CA_CERT_BUNDLE=/nowhere", true, "ca_file = 'x'"))
    assert.is_truthy(settings("docker://alpine:3", "ADDITIONAL_CA_CERT_BUNDLE=/nowhere"):find "^message=.*/nowhere: No such")
    assert.equal("", settings("docker-archive:x.tar", "ADDITIONAL_CA_CERT_BUNDLE=/nowhere " .. ci .. cs))
    assert.equal("", settings("./registry.example/app", "ADDITIONAL_CA_CERT_BUNDLE=/nowhere " .. ci .. cs))
  end)
end)

describe("the GitLab template", function()
  local template = require "lyaml".load(shell.read(TEMPLATE))

  -- A job with what it extends.
  local function resolved(name)
    local own = template[name]
    local made = own.extends and resolved(own.extends) or { variables = {} }
    for key, value in pairs(own) do
      if key ~= "variables" then made[key] = value end
    end
    for key, value in pairs(own.variables or {}) do made.variables[key] = value end
    return made
  end

  local function run(name, more)
    local made, variables = resolved(name), {}
    for key, value in pairs(made.variables) do
      assert.is_string(value, key) -- GitLab takes nothing else
      variables[#variables + 1] = ("%s=%s"):format(key, shell.quote(value))
    end
    return job(table.concat(made.script, "\n"), table.concat(variables, " ") .. " " .. (more or ""))
  end

  it("declares its report", function()
    for name in pairs(template) do
      local made = resolved(name)
      if name == ".tarsier-database" then goto continue end -- it scans nothing
      assert.equal(REPORT, made.artifacts.reports.container_scanning)
      assert.equal("always", made.artifacts.when)
      assert.equal("test", made.stage)
      ::continue::
    end
  end)

  it("updates and pushes the team's database once a day", function()
    local made = resolved ".tarsier-database"
    assert.equal("build", made.stage)
    for _, line in ipairs(made.script) do
      local command = line:match "^tarsier (db %w+)"
      assert.is_truthy(command and shell.run(("%s lua/bin/tarsier help %s >/dev/null"):format(LUA, command)) == 0, line)
    end
    assert.same({ ".data" }, made.cache.paths)
  end)

  it("scans on a shell executor", function()
    local code, output, errors = run(".tarsier", "CS_IMAGE=oci:./image")
    assert.equal(1, code, output .. errors)
    assert.equal(1, #report().vulnerabilities)
    code, output, errors = run(".tarsier", "CS_IMAGE=oci:./image TARSIER_OPTIONS='--threshold Defcon1'")
    assert.equal(0, code, output .. errors)
  end)

  -- As GitLab's own registry: TLS by an authority of its own, and the job's password, or a token for it.
  for name, given in pairs { passwords = { tls = true, users = { ["gitlab-ci-token"] = "job-token" } },
    tokens = { tls = true, token = { users = { ["gitlab-ci-token"] = "job-token" } } } } do
    it("scans an image in the instance's registry, with " .. name, function()
      if registry.missing() then return pending(registry.missing()) end
      local server = registry.start(given)
      finally(function() server:stop() end)
      server:push("oci:" .. folder .. "/project/image", "group/app/main:deadbeef")
      local variables = ("DOCKER_HOST=unix:///nowhere CI_REGISTRY=%s CI_REGISTRY_IMAGE=%s/group/app "
        .. "CI_COMMIT_REF_SLUG=main CI_COMMIT_SHA=deadbeef CI_REGISTRY_USER=gitlab-ci-token "
        .. "CI_REGISTRY_PASSWORD=job-token"):format(server.address, server.address)
      local bundle = " ADDITIONAL_CA_CERT_BUNDLE="
      for _, value in ipairs { server.ca, shell.quote(shell.read(server.ca)) } do
        local code, output, errors = run(".tarsier", variables .. bundle .. value)
        assert.equal(1, code, output .. errors)
        assert.equal(server.address .. "/group/app/main:deadbeef", report().vulnerabilities[1].location.image)
        shell.remove(folder .. "/cache")
      end
      local cases = { { "", "certificate" }, { bundle .. server.ca .. " CI_REGISTRY_PASSWORD=s3cr3t", "group/app/main" },
        { bundle .. server.ca .. " CI_REGISTRY=registry.example", "group/app/main" },
        { bundle .. server.ca .. " CI_COMMIT_SHA=beefdead", "beefdead" } }
      for _, case in ipairs(cases) do
        local code, output, errors = run(".tarsier", variables .. case[1])
        assert.equal(3, code, output .. errors)
        assert.is_truthy(errors:find(case[2], 1, true), errors)
        assert.is_nil((output .. errors):find("s3cr3t", 1, true))
        assert.is_nil((output .. errors):find("job-token", 1, true))
      end
    end)
  end

  it("scans an archive on a docker executor, and heeds the project's allowlist", function()
    local code, output, errors = run ".tarsier-docker"
    assert.equal(1, code, output .. errors)
    shell.write(folder .. "/project/vulnerability-allowlist.yml", "generalallowlist:\n  CVE-2099-0001: not reachable\n")
    finally(function() os.remove(folder .. "/project/vulnerability-allowlist.yml") end)
    code, output, errors = run ".tarsier-docker"
    assert.equal(0, code, output .. errors)
    assert.equal(0, #report().vulnerabilities)
  end)

  it("waits for its Clair, and fails where there is none", function()
    local code, _, errors = run(".tarsier-clair", "CLAIR_URL=http://127.0.0.1:1 CLAIR_TIMEOUT=1")
    assert.equal(4, code)
    assert.is_truthy(errors:find("is not ready after 1 second", 1, true), errors)
  end)
end)
