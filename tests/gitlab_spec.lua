-- A GitLab job, as far as it can be had without GitLab: its variables, the template's own script, and the report.

local check_gitlab = require "support.gitlab"
local images = require "support.images"
local json = require "tarsier.json"
local oci = require "support.oci"
local shell = require "support.shell"
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
    export TARSIER_BUILD=%s PATH=%s/bin:$PATH HOME=%s/home XDG_CACHE_HOME=%s/cache XDG_DATA_HOME=%s/data
    export GITLAB_CI=true %s
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
    local code, _, errors = job("tarsier scan", host .. " CS_IMAGE=registry:5000/other:2")
    assert.equal(3, code)
    assert.is_truthy(errors:find("has no image registry:5000/other:2", 1, true), errors)
    assert.is_truthy(errors:find("set CS_IMAGE to docker-archive:image.tar", 1, true), errors)
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
      assert.equal(REPORT, made.artifacts.reports.container_scanning)
      assert.equal("always", made.artifacts.when)
      assert.equal("test", made.stage)
    end
  end)

  it("scans on a shell executor", function()
    local code, output, errors = run(".tarsier", "CS_IMAGE=oci:./image")
    assert.equal(1, code, output .. errors)
    assert.equal(1, #report().vulnerabilities)
    code, output, errors = run(".tarsier", "CS_IMAGE=oci:./image TARSIER_OPTIONS='--threshold Defcon1'")
    assert.equal(0, code, output .. errors)
  end)

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
