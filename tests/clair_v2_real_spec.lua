-- A real Clair v2 on a real PostgreSQL, and what tarsier makes of what it says through its v1 API.

local clair = require "support.clair"
local command = require "support.clair.command"
local compare = require "support.clair.compare"
local data = require "support.clair.data"
local images = require "support.images"
local old = require "support.clair.old"
local process = require "support.clair.process"
local sets = require "support.clair.images"
local shell = require "support.shell"

local missing = clair.missing "v2"
local ground, server

local function real(name, test)
  it(name, function()
    if missing then return pending(missing) end
    test()
  end)
end

local sample = (os.getenv "TARSIER_BUILD" or "build") .. "/sample"

-- ---- what Clair and tarsier see differently: as in clair_real_spec.lua ---------------------------------------------

local EXPLAINED = {
  { what = "package", only = "clair", package = "nano",
    because = "Clair v2 does not read dpkg's Status: what was removed and left its configuration counts for it" },
}

local function fails_with(code, words, arguments)
  local found, out, err = command.run(arguments)
  assert.equal(code, found, out .. err)
  assert.is_truthy(err:find(words, 1, true), ("%q is not in: %s"):format(words, err))
end

-- Clair v2 knows Debian's source packages and nothing else: both results as of those.
local function of_sources(result)
  local packages, findings, seen = {}, {}, {}
  local function source_of(package)
    return { type = "deb", name = package.source.name, version = package.source.version, ecosystem = package.ecosystem,
      path = package.path }
  end
  for _, package in ipairs(result.packages) do
    local key = package.source.name .. " " .. package.source.version
    if package.type == "deb" and not seen[key] then
      seen[key] = true
      packages[#packages + 1] = source_of(package)
    end
  end
  for _, finding in ipairs(result.findings) do
    local package = finding.package
    local key = finding.id .. " " .. package.source.name .. " " .. package.source.version
    if package.type == "deb" and not seen[key] then
      seen[key] = true
      findings[#findings + 1] = { id = finding.id, aliases = finding.aliases, severity = finding.severity,
        cvss = finding.cvss, fixed_by = finding.fixed_by, layer = finding.layer, package = source_of(package) }
    end
  end
  return { packages = packages, findings = findings }
end

describe("a real Clair v2", function()
  local database

  setup(function()
    if missing then return end
    ground = old.ground()
    server = ground:clair "filled"
    database = ground.folder .. "/tarsier.db"
    local import = { "db", "import", "--quiet", "--db", database }
    local code, out, err = command.run(table.move(data.ours(), 1, #data.ours(), #import + 1, import))
    assert(code == 0, out .. err)
    local sources, seen = {}, {}
    local known = command.scan { "--db", database, "--cache-dir", ground.folder, "oci:" .. sample }
    for _, package in ipairs(known.packages) do
      if package.type == "deb" and not seen[package.source.name] then
        seen[package.source.name] = true
        sources[#sources + 1] = package.source.name
      end
    end
    assert(ground:know(server, sources) > 1000)
  end)
  teardown(function() if ground then ground:stop() end end)

  local function layers()
    return tonumber(ground.postgres:sql("select count(*) from layer", "filled"))
  end

  real("finds what we find in the sample image, and is left as it was", function()
    local before = layers()
    local theirs = command.scan { "--clair", server.url, "oci:" .. sample }
    local ours = command.scan { "--db", database, "--cache-dir", ground.folder, "oci:" .. sample }
    for _, finding in ipairs(theirs.findings) do assert.equal("clair-v1", finding.backend) end
    local used = {}
    assert.equal("", compare.unexplained(compare.results(of_sources(theirs), of_sources(ours)), EXPLAINED, used))
    assert.equal(#EXPLAINED, #used)
    assert.equal(before, layers())
  end)

  real("finds it in a docker-archive of it, too", function()
    local archive = sets.archive(sample, ground.folder .. "/sample.tar")
    local one = command.scan { "--clair", server.url, "oci:" .. sample }
    local two = command.scan { "--clair", server.url, archive }
    assert.equal("", compare.unexplained(compare.results(one, two), { { what = "layer" } }, {}))
  end)

  real("keeps the layers where it is to, and is not sent them again", function()
    local layout = "oci:" .. sets.fresh(ground.folder .. "/kept")
    local before = layers()
    local first = command.scan { "--clair", server.url, "--keep", layout }
    assert.equal(before + 2, layers())
    local second = command.scan { "--clair", server.url, "--keep", layout }
    assert.same({ 2, 0 }, { first.usage.layers_read, first.usage.layers_cached })
    assert.same({ 0, 2 }, { second.usage.layers_read, second.usage.layers_cached })
    assert.equal(before + 2, layers())
  end)

  real("is no pass when its database is empty", function()
    local empty = ground:clair "empty"
    fails_with(4, "is empty", { "scan", "--clair", empty.url, "oci:" .. sample })
    empty:stop()
  end)

  real("is not given layers that it cannot read", function()
    local folder = ground.folder .. "/zstd"
    images.run("skopeo --insecure-policy copy -q --dest-compress-format zstd --dest-compress oci:%s oci:%s:latest",
      sample, folder)
    fails_with(3, "zstd, which Clair v2 cannot read", { "scan", "--clair", server.url, "oci:" .. folder })
  end)

  real("is no pass when it cannot reach our layers", function()
    fails_with(4, "no-such-host.invalid", { "scan", "--clair", server.url, "--layer-host", "no-such-host.invalid",
      "oci:" .. sets.fresh(ground.folder .. "/unreached") })
  end)

  real("serves eight scans on one host at once", function()
    local lines = {}
    for i = 1, 8 do
      local layout = "oci:" .. sets.fresh(("%s/many-%d"):format(ground.folder, i))
      lines[i] = command.line { "scan", "--no-fail", "--clair", server.url, layout }
    end
    for _, done in ipairs(command.all(lines)) do
      assert.equal(0, done.code, done.output)
      assert.is_truthy(done.output:find("CVE-", 1, true), done.output)
    end
  end)

  describe("with one layer of 2 GB", function()
    local huge

    setup(function() if not missing then huge = sets.huge(ground.folder .. "/huge.tar", 2 << 30) end end)

    real("is no pass when it is killed meanwhile", function()
      local doomed = ground:clair "filled"
      local line = command.line { "scan", "--clair", doomed.url, huge }
      local scan = process.start { line, log = ground.folder .. "/doomed" }
      assert.is_truthy(process.wait(60, function() return doomed:received() > 200e6 end), scan:log())
      doomed:stop "KILL"
      assert.is_truthy(process.wait(60, function() return not scan:running() end), "still at it")
      assert.is_truthy(scan:log():find("Clair does not answer", 1, true), scan:log())
      assert.equal(4, scan:code())
    end)

    real("costs us no memory", function()
      local line = command.line { "scan", "--no-fail", "--clair", server.url, huge }
      local code, out, err = shell.run("/usr/bin/time -f 'peak %M' " .. line)
      assert.equal(0, code, out .. err)
      assert.is_truthy(out:find("CVE-", 1, true), out)
      local peak = tonumber(err:match "peak (%d+)")
      assert.is_true(peak < 64 * 1024, ("%d KiB"):format(peak))
    end)
  end)

  real("tells what it is", function()
    local code, out = command.run { "clair", "status", "--clair", server.url }
    assert.equal(0, code, out)
    assert.is_truthy(out:find("v1", 1, true), out)
  end)
end)
