-- A real Clair v2 on a real PostgreSQL, and what tarsier makes of what it says through its v1 API.

local command = require "support.clair.command"
local compare = require "support.clair.compare"
local data = require "support.clair.data"
local hosted = require "support.clair.hosted"
local images = require "support.images"
local old = require "support.clair.old"
local process = require "support.clair.process"
local sets = require "support.clair.images"
local shell = require "support.shell"

local missing = old.missing()
local ground, server

local sample = sets.sample

-- ---- what Clair and tarsier see differently: as in clair_real_spec.lua ---------------------------------------------

local EXPLAINED = {
  { what = "package", only = "clair", package = "nano",
    because = "Clair v2 does not read dpkg's Status: what was removed and left its configuration counts for it" },
}

local AGENT = "Go-http-client" -- as whom it fetches

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
  if missing then return it("is asked", function() pending(missing) end) end

  local database

  setup(function()
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

  it("finds what we find in the sample image, and is left as it was", function()
    local before = layers()
    local theirs = command.scan { "--clair", server.url, "oci:" .. sample }
    local ours = command.scan { "--db", database, "--cache-dir", ground.folder, "oci:" .. sample }
    for _, finding in ipairs(theirs.findings) do assert.equal("clair-v1", finding.backend) end
    local used = {}
    assert.equal("", compare.unexplained(compare.results(of_sources(theirs), of_sources(ours)), EXPLAINED, used))
    assert.equal(#EXPLAINED, #used)
    assert.equal(before, layers())
  end)

  it("finds it in a docker-archive of it, too", function()
    local archive = sets.archive(sample, ground.folder .. "/sample.tar")
    local one = command.scan { "--clair", server.url, "oci:" .. sample }
    local two = command.scan { "--clair", server.url, archive }
    assert.equal("", compare.unexplained(compare.results(one, two), { { what = "layer" } }, {}))
  end)

  it("keeps the layers where it is to, and is not sent them again", function()
    local layout = "oci:" .. sets.fresh(ground.folder .. "/kept")
    local before = layers()
    local first = command.scan { "--clair", server.url, "--keep", layout }
    assert.equal(before + 2, layers())
    local second = command.scan { "--clair", server.url, "--keep", layout }
    assert.same({ 2, 0 }, { first.usage.layers_read, first.usage.layers_cached })
    assert.same({ 0, 2 }, { second.usage.layers_read, second.usage.layers_cached })
    assert.equal(before + 2, layers())
  end)

  describe("with an image in a registry", function()
    local lack = hosted.missing()
    if lack then return it("fetches its layers there", function() pending(lack) end) end

    local layout
    local count = 0
    before_each(function()
      count = count + 1
      layout = sets.fresh(ground.folder .. "/hosted-" .. count)
    end)

    local function host(kind)
      local image = hosted.push(kind, layout)
      finally(function() image:stop() end)
      return image
    end

    local function as_in_layout(result)
      assert.is_true(#result.findings > 0)
      local expected = command.scan { "--clair", server.url, "oci:" .. layout }
      assert.equal("", compare.unexplained(compare.results(expected, result), {}, {}))
    end

    for name, kind in pairs(hosted.kinds) do
      it("fetches its layers there: " .. name, function()
        local image, before = host(kind), layers()
        local result = image:scan { "--clair", server.url }
        assert.same({ AGENT, AGENT }, image:fetched(result.image.layers))
        assert.same({ 2, 0, 0 }, { result.usage.layers_read, result.usage.layers_cached, result.usage.bytes_read })
        assert.equal(before, layers())
        as_in_layout(result)
      end)
    end

    it("fetches its layers there over TLS, where it trusts the registry", function()
      local image = host { tls = true, users = hosted.kinds["behind a password"].users }
      local errors = image:fails(4, "trust its certificate", { "--clair", server.url })
      assert.is_truthy(errors:find("cannot fetch layer 1 of 2 from " .. image.registry.url .. "/v2/team/app/blobs/sha256:",
        1, true), errors)

      local trusting = ground:clair("filled", image.registry.ca)
      image.registry:mark()
      local result = image:scan { "--clair", trusting.url }
      trusting:stop()
      assert.same({ AGENT, AGENT }, image:fetched(result.image.layers))
      as_in_layout(result)
    end)

    it("fetches its layers from us where we are told how it knows us", function()
      local image = host { tls = true, token = { users = hosted.kinds["behind a password"].users } }
      local result = image:scan { "--clair", server.url, "--layer-host", "localhost" }
      assert.same({ "tarsier", "tarsier" }, image:fetched(result.image.layers))
      assert.is_true(result.usage.bytes_read > 0)
      as_in_layout(result)
    end)
  end)

  it("is no pass when its database is empty", function()
    local empty = ground:clair "empty"
    command.fails(4, "is empty", { "scan", "--clair", empty.url, "oci:" .. sample })
    empty:stop()
  end)

  it("is not given layers that it cannot read", function()
    local folder = ground.folder .. "/zstd"
    images.run("skopeo --insecure-policy copy -q --dest-compress-format zstd --dest-compress oci:%s oci:%s:latest",
      sample, folder)
    command.fails(3, "zstd, which Clair v2 cannot read", { "scan", "--clair", server.url, "oci:" .. folder })
  end)

  it("is no pass when it cannot reach our layers", function()
    command.fails(4, "no-such-host.invalid", { "scan", "--clair", server.url, "--layer-host", "no-such-host.invalid",
      "oci:" .. sets.fresh(ground.folder .. "/unreached") })
  end)

  it("serves eight scans on one host at once", function()
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

    setup(function() huge = sets.huge(ground.folder .. "/huge.tar", 2 << 30) end)

    it("is no pass when it is killed meanwhile", function()
      local doomed = ground:clair "filled"
      local line = command.line { "scan", "--clair", doomed.url, huge }
      local scan = process.start { line, log = ground.folder .. "/doomed" }
      assert.is_truthy(process.wait(60, function() return doomed:received() > 200e6 end), scan:log())
      doomed:stop "KILL"
      assert.is_truthy(process.wait(60, function() return not scan:running() end), "still at it")
      assert.is_truthy(scan:log():find("Clair does not answer", 1, true), scan:log())
      assert.equal(4, scan:code())
    end)

    it("costs us no memory", function()
      local line = command.line { "scan", "--no-fail", "--clair", server.url, huge }
      local code, out, err = shell.run("/usr/bin/time -f 'peak %M' " .. line)
      assert.equal(0, code, out .. err)
      assert.is_truthy(out:find("CVE-", 1, true), out)
      local peak = tonumber(err:match "peak (%d+)")
      assert.is_true(peak < 64 * 1024, ("%d KiB"):format(peak))
    end)
  end)

  it("tells what it is", function()
    local code, out = command.run { "clair", "status", "--clair", server.url }
    assert.equal(0, code, out)
    assert.is_truthy(out:find("v1", 1, true), out)
  end)
end)
