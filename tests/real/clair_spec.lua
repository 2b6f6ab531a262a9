-- A real Clair v4 on a real PostgreSQL, filled from the shared feeds: what it says, and what tarsier makes of it.

local clair = require "support.clair"
local command = require "support.clair.command"
local compare = require "support.clair.compare"
local data = require "support.clair.data"
local hosted = require "support.clair.hosted"
local json = require "tarsier.json"
local postgres = require "support.clair.postgres"
local process = require "support.clair.process"
local sets = require "support.clair.images"
local shell = require "support.shell"

local missing = clair.missing()
local ground, server

local sample = sets.sample

-- ---- what Clair and tarsier see differently -------------------------------------------------------------------------
-- Each field is a Lua pattern of the whole, `type` a list of package types. An explanation that explains nothing is
-- wrong too.

local EXPLAINED = {
  { what = "name", type = "pypi",
    because = "Clair writes PyPI's names as PEP 503 makes them equal: lower case, one hyphen; we as the package" },
  { what = "source", type = "pypi", because = "there is no source package: both repeat the name as they spell it" },
  { what = "path", type = "pypi",
    because = "Clair names the folder of a Python package, we the file that was read" },
  { what = "package", only = "tarsier", type = "npm", because = "Clair does not read npm's packages" },
  { what = "finding", only = "tarsier", type = "npm", because = "Clair does not read npm's packages" },
  { what = "cvss", type = "maven", clair = ".+", tarsier = ".+",
    because = "where a CVE has vectors of two versions, Clair takes version 2's, we the newest one's" },
  { what = "severity", type = "maven", because = "and so its severity may be lower" },
  { what = "id", type = "gem", clair = "GHSA.*", tarsier = "CVE.*",
    because = "Clair names an advisory by its own id, we by its CVE" },
  { what = "cvss", clair = ".+", tarsier = "",
    because = "Clair adds NVD's CVSS to every finding; our records of distributions and many of PyPI's have none" },
  { what = "cvss", type = "pypi", clair = ".+", tarsier = ".+",
    because = "where an advisory has a vector of its own, ours is that one, and Clair's is NVD's" },
  { what = "severity", tarsier = "Unknown", because = "and so it knows how severe the finding is" },
  { what = "source", type = "apk",
    because = "Clair keeps one source package of a name in apk's database: its binaries share the first's version" },
  { what = "purl", type = "apk", clair = ".*alpine%-3%.20", tarsier = ".*alpine%-3%.20%.0",
    because = "Clair leaves out the third number of Alpine's version, since advisories are of the first two" },
}

local AGENT = "Go-http-client" -- as whom it fetches

local explained = {} -- which were needed

local function manifest_of(layout)
  local digest = json.decode(shell.read(layout .. "/index.json")).manifests[1].digest
  return digest, json.decode(shell.read(layout .. "/blobs/sha256/" .. digest:sub(8)))
end

describe("a real Clair v4", function()
  if missing then return it("is asked", function() pending(missing) end) end

  setup(function()
    ground = clair.ground()
    server = ground:clair()
  end)
  teardown(function() if ground then ground:stop() end end)

  describe("by itself", function()
    local layers, address

    setup(function()
      if not missing then layers, address = data.serve(sample .. "/blobs/sha256", ground.folder .. "/layers.log") end
    end)
    teardown(function() if layers then layers:stop() end end)

    -- What a client posts, by hand.
    local function body()
      local digest, manifest = manifest_of(sample)
      local list = {}
      for i, layer in ipairs(manifest.layers) do
        list[i] = { hash = layer.digest, uri = address .. "/" .. layer.digest:sub(8) }
      end
      local file = ground.folder .. "/manifest.json"
      shell.write(file, json.encode { hash = digest, layers = list })
      return digest, "--data-binary @" .. file
    end

    it("indexes the sample image and knows vulnerabilities of its packages", function()
      local digest, post = body()
      local status, answer = clair.get(server.url .. "/indexer/api/v1/index_report", post)
      assert.equal(201, status, answer)
      assert.equal("IndexFinished", json.decode(answer).state)
      status, answer = clair.get(server.url .. "/matcher/api/v1/vulnerability_report/" .. digest)
      assert.equal(200, status, answer)
      local report, updaters = json.decode(answer), {}
      for _, vulnerability in pairs(report.vulnerabilities) do updaters[vulnerability.updater] = true end
      assert.same({ ["debian/updater"] = true, ["osv/maven"] = true, ["osv/pypi"] = true }, updaters)
      assert.is_truthy(next(report.enrichments))
    end)

    it("says 412 to If-None-Match of a manifest that it has never seen", function()
      local _, post = body()
      local _, state = clair.get(server.url .. "/indexer/api/v1/index_state")
      state = json.decode(state).state
      local unknown = post .. (" -H 'If-None-Match: \"%s\"'"):format(state)
      shell.write(ground.folder .. "/manifest.json", shell.read(ground.folder .. "/manifest.json"):gsub(
        '"hash":"sha256:%x%x%x%x', '"hash":"sha256:0000', 1))
      assert.equal(412, (clair.get(server.url .. "/indexer/api/v1/index_report", unknown)))
    end)

    it("says 202 with an empty database, 401 without a token", function()
      local digest, post = body()
      local empty, locked = ground:clair { database = "empty" }, ground:clair { key = "c2VjcmV0" }
      assert.equal(201, (clair.get(empty.url .. "/indexer/api/v1/index_report", post)))
      assert.equal(202, (clair.get(empty.url .. "/matcher/api/v1/vulnerability_report/" .. digest)))
      assert.equal(401, (clair.get(locked.url .. "/indexer/api/v1/index_state")))
      empty:stop()
      locked:stop()
    end)
  end)

  describe("in place of our own matcher", function()
    local database, folder

    setup(function()
      folder, database = ground.folder .. "/images", ground.folder .. "/tarsier.db"
      assert(os.execute("mkdir " .. folder))
      local import = { "db", "import", "--quiet", "--db", database }
      local code, out, err = command.run(table.move(data.ours(), 1, #data.ours(), #import + 1, import))
      assert(code == 0, out .. err)
    end)

    local function agree(reference)
      local theirs = command.scan { "--clair", server.url, reference }
      local ours = command.scan { "--db", database, "--cache-dir", ground.folder .. "/cache", reference }
      assert.is_true(#theirs.findings > 0)
      for _, finding in ipairs(theirs.findings) do assert.equal("clair-v4", finding.backend) end
      assert.equal("", compare.unexplained(compare.results(theirs, ours), EXPLAINED, explained))
      return theirs
    end

    it("finds what we find in the sample image", function() agree("oci:" .. sample) end)
    it("finds it in a docker-archive of it, too", function() agree(sets.archive(sample, folder .. "/sample.tar")) end)
    it("finds what we find in an Alpine", function() agree("oci:" .. sets.alpine(folder .. "/alpine")) end)
    it("finds what we find in a mixed image", function() agree("oci:" .. sets.mixed(folder .. "/mixed")) end)

    it("finds what we find in a real Debian, as layout and as archive", function()
      local bookworm, reason = sets.bookworm(folder .. "/bookworm")
      if not bookworm then return pending(reason) end
      agree("oci:" .. bookworm)
      agree(sets.archive(bookworm, folder .. "/bookworm.tar"))
    end)

    it("differs from us in nothing that was explained in vain", function()
      local vain = {}
      for i, explanation in ipairs(EXPLAINED) do
        if not explained[i] then vain[#vain + 1] = explanation.because end
      end
      assert.same({}, vain)
    end)
  end)

  describe("is not asked twice", function()
    it("for an image that was kept", function()
      local layout = "oci:" .. sets.fresh(ground.folder .. "/fresh")
      local first = command.scan { "--keep", "--clair", server.url, layout }
      local second = command.scan { "--keep", "--clair", server.url, layout }
      assert.same({ 2, 0 }, { first.usage.layers_read, first.usage.layers_cached })
      assert.same({ 0, 2 }, { second.usage.layers_read, second.usage.layers_cached })
      assert.equal(0, second.usage.bytes_read)
      assert.equal(#first.findings, #second.findings)
    end)
  end)

  it("keeps nothing of a scan", function()
    local function reports()
      return ground.postgres:sql("select count(*) from manifest", "filled")
    end
    local before = reports()
    command.scan { "--clair", server.url, "oci:" .. sets.fresh(ground.folder .. "/deleted") }
    assert.equal(before, reports())
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
        local image = host(kind)
        local result = image:scan { "--clair", server.url }
        assert.same({ AGENT, AGENT }, image:fetched(result.image.layers))
        assert.same({ 2, 0, 0 }, { result.usage.layers_read, result.usage.layers_cached, result.usage.bytes_read })
        as_in_layout(result)
      end)
    end

    it("fetches its layers there over TLS, where it trusts the registry", function()
      local image = host { tls = true, users = hosted.kinds["behind a password"].users }
      local errors = image:fails(4, "trust its certificate", { "--clair", server.url })
      assert.matches("cannot fetch layer [12] of 2 from https://127.0.0.1:%d+/v2/team/app/blobs/sha256:%x+ %(.*x509", errors)

      local trusting = ground:clair { trusted = image.registry.ca }
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
      assert.same({ 2, 0 }, { result.usage.layers_read, result.usage.layers_cached })
      assert.is_true(result.usage.bytes_read > 0)
      as_in_layout(result)
    end)
  end)

  describe("with a pre-shared key", function()
    local locked, key, wrong

    setup(function()
      key, wrong = ground.folder .. "/key", ground.folder .. "/wrong"
      shell.write(key, "bm90IHZlcnkgc2VjcmV0\n")
      shell.write(wrong, "bm90IHRoZSBzYW1lIGtleQ==\n")
      locked = ground:clair { key = "bm90IHZlcnkgc2VjcmV0", issuer = "pipeline" }
    end)
    teardown(function() if locked then locked:stop() end end)

    it("accepts ours with its issuer", function()
      local result = command.scan { "--clair", locked.url, "--clair-key-file", key, "--clair-issuer", "pipeline",
        "oci:" .. sample }
      assert.is_true(#result.findings > 0)
    end)
    it("refuses another key", function()
      command.fails(4, "rejected our token (401)", { "scan", "--clair", locked.url, "--clair-key-file", wrong,
        "--clair-issuer", "pipeline", "oci:" .. sample })
    end)
    it("refuses another issuer", function()
      command.fails(4, "--clair-issuer", { "scan", "--clair", locked.url, "--clair-key-file", key, "oci:" .. sample })
    end)
    it("wants one", function()
      command.fails(4, "requires a token (401)", { "scan", "--clair", locked.url, "oci:" .. sample })
    end)
  end)

  describe("in trouble", function()
    it("is no pass when its database was never filled", function()
      local empty = ground:clair { database = "empty" }
      command.fails(4, "never filled (202)", { "scan", "--clair", empty.url, "oci:" .. sample })
      empty:stop()
    end)

    it("is no pass when it cannot reach our layers", function()
      local layout = "oci:" .. sets.fresh(ground.folder .. "/unreached")
      command.fails(4, "no-such-host.invalid", { "scan", "--clair", server.url, "--layer-host", "no-such-host.invalid",
        layout })
    end)

    it("is no pass when it is not there", function()
      local port = process.ports(1)
      command.fails(4, "127.0.0.1:" .. port, { "scan", "--clair", "http://127.0.0.1:" .. port, "oci:" .. sample })
    end)

    it("lets us wait when it is busy", function()
      local busy = ground:clair { concurrency = 1 }
      local lines = {}
      for i = 1, 4 do
        local layout = "oci:" .. sets.fresh(("%s/busy-%d"):format(ground.folder, i))
        lines[i] = command.line { "scan", "--no-fail", "--clair", busy.url, layout }
      end
      for _, done in ipairs(command.all(lines)) do assert.equal(0, done.code, done.output) end
      busy:stop()
    end)
  end)

  describe("with much to do", function()
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

    describe("in one layer of 2 GB", function()
      local huge

      setup(function() huge = sets.huge(ground.folder .. "/huge.tar", 2 << 30) end)
      teardown(function() if huge then os.remove(huge) end end)

      it("is no pass when it is killed meanwhile", function()
        local doomed = ground:clair()
        local line = command.line { "scan", "--clair", doomed.url, huge }
        local scan = process.start { line, log = ground.folder .. "/doomed" }
        -- Killed once it has read a tenth of the layer.
        assert.is_truthy(process.wait(60, function() return doomed:received() > 200e6 end), scan:log())
        doomed:stop "KILL"
        assert.is_truthy(process.wait(60, function() return not scan:running() end), "still at it")
        assert.is_truthy(scan:log():find("Clair does not answer", 1, true), scan:log())
        assert.equal(4, scan:code())
      end)

      it("is given up when its database dies meanwhile, long before its time is over", function()
        local apart = setmetatable({ folder = shell.folder(), running = {}, postgres = postgres.start() },
          { __index = ground })
        apart.postgres:database "empty"
        local orphan = apart:clair { database = "empty" }
        local scan = process.start { "env TARSIER_TEST_SECOND=200 " .. command.line { "scan", "--clair", orphan.url,
          "--clair-timeout", "3000", huge }, log = apart.folder .. "/scan" }
        local before = orphan:received()
        assert.is_truthy(process.wait(60, function() return orphan:received() - before > 200e6 end), scan:log())
        apart.postgres.server:signal "KILL"
        assert.is_truthy(process.wait(120, function() return not scan:running() end), "still at it")
        orphan:stop()
        apart.postgres:stop()
        assert.equal(4, scan:code())
        assert.is_truthy(scan:log():find("health checks in a row failed", 1, true), scan:log())
        shell.remove(apart.folder)
      end)

      it("costs us no memory", function()
        local code, out, err = shell.run("/usr/bin/time -f 'peak %M' "
          .. command.line { "scan", "--no-fail", "--clair", server.url, huge })
        assert.equal(0, code, out .. err)
        assert.is_truthy(out:find("CVE-", 1, true), out)
        local peak = tonumber(err:match "peak (%d+)")
        assert.is_true(peak < 64 * 1024, ("%d KiB"):format(peak))
      end)
    end)
  end)

  describe("as two processes", function()
    it("is asked at two addresses", function()
      local indexer = ground:clair { mode = "indexer" }
      local matcher = ground:clair { mode = "matcher", indexer = indexer.url .. "/" }
      local result = command.scan { "--clair", indexer.url, "--clair-matcher", matcher.url, "oci:" .. sample }
      assert.is_true(#result.findings > 0)
      command.fails(4, matcher.url, { "scan", "--clair", matcher.url, "oci:" .. sample })
      matcher:stop()
      indexer:stop()
    end)
  end)
end)
