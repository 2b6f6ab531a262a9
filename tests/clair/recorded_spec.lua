-- What a real Clair v4.9.0 answered, replayed: data/clair-v4/exchanges.json, which clair_real_spec.lua's server said.

local core = require "tarsier.core"
local json = require "tarsier.json"
local replay = require "support.clair_replay"
local shell = require "support.shell"

local sample = "oci:" .. (os.getenv "TARSIER_BUILD" or "build") .. "/sample"

local recorded = {}
for _, exchange in ipairs(json.decode(shell.read "tests/data/clair-v4/exchanges.json").exchanges) do
  recorded[exchange.note] = exchange.response
end

-- The answer of that note, to requests of this kind.
local function rule(method, path, note)
  local answer = assert(recorded[note], note)
  return { method = method, path = path, status = answer.status, headers = answer.headers, body = answer.body }
end

local V1, STATE = "/v1/namespaces", "/indexer/api/v1/index_state"
local INDEX, REPORT = "/indexer/api/v1/index_report", "/matcher/api/v1/vulnerability_report/.*"

--- clair(note for POST, note for GET) -> a server that answers as the real one did
local function clair(posted, report)
  return replay.start { fetch = false, rules = json.array {
    rule("GET", V1, "the other generation's address, by which it is told apart"),
    rule("GET", STATE, "the state of the indexer"),
    rule("POST", INDEX, posted),
    rule("GET", REPORT, report or "the vulnerability report"),
  } }
end

local function scan(server)
  local engine <close> = assert(core.open { clair = server.url, cache_dir = "" })
  return engine:scan(sample)
end

describe("a recorded Clair v4", function()
  teardown(replay.finish)

  local function test(name, body)
    it(name, function()
      if not replay.has() then return pending "needs python3: apt-get install python3" end
      body()
    end)
  end

  test("is read as it answers", function()
    local server <close> = clair "indexed"
    local result = assert(scan(server))
    local image, findings = result:image(), {}
    assert.same({ "debian", "12", "bookworm" }, { image.distro.id, image.distro.version, image.distro.codename })
    assert.equal("Debian:12", image.ecosystem)
    for _, finding in ipairs(result:findings()) do findings[finding.package.name .. " " .. finding.id] = finding end
    assert.equal(8, #result:packages())

    local curl = findings["libcurl4 CVE-2023-38545"]
    assert.same({ "deb", "7.88.1-10+deb12u1", "amd64", "curl", "7.88.1-10+deb12u4", 2 }, { curl.package.type,
      curl.package.version, curl.package.architecture, curl.package.source.name, curl.fixed_by, curl.layer.index })
    assert.same({ "High", "cvss", 8.8 }, { curl.severity, curl.severity_source, curl.cvss.score })
    assert.equal("https://security-tracker.debian.org/tracker/CVE-2023-38545", curl.url)

    local open = findings["perl-base CVE-2011-4116"]
    assert.same({ "Unknown", 1 }, { open.severity, open.layer.index })
    assert.is_nil(open.fixed_by)

    local pillow = findings["pillow CVE-2023-5129"] -- its fix comes as a query string, its CVE as a link
    assert.same({ "pypi", "PyPI", "pkg:pypi/pillow@9.5.0", "10.0.1", 3 }, { pillow.package.type,
      pillow.package.ecosystem, pillow.package.purl, pillow.fixed_by, pillow.layer.index })
  end)

  -- Of three such answers one: a 500 is asked again for four seconds.
  for note, expected in pairs {
    ["nobody answers at the layer's address"] = { "BACKEND", "connection refused.*layer%-host" },
    ["what came is not a tar"] = { "FORMAT", "Clair cannot read the layers: .*bad block" },
    ["no layers"] = { "BACKEND", "bogus manifest" },
    ["a body that is not JSON"] = { "BACKEND", "failed to deserialize manifest" },
    ["the index report of that failure is kept"] = { "BACKEND", "" },
  } do
    test("explains to POST: " .. note, function()
      local server <close> = clair(note)
      local result, message, code = scan(server)
      assert.is_nil(result)
      assert.equal(expected[1], code, message)
      assert.matches(expected[2], message)
    end)
  end

  for note, expected in pairs {
    ["an indexed manifest, and a database that was never filled"] = "never filled %(202%)",
    ["likewise, asked of the matcher"] = "no finished index report",
    ["and the matcher does not know it"] = "no finished index report",
    ["a digest cut short"] = "malformed path",
  } do
    test("explains to GET: " .. note, function()
      local server <close> = clair("indexed", note)
      local result, message, code = scan(server)
      assert.is_nil(result)
      assert.equal("BACKEND", code, message)
      assert.matches(expected, message)
    end)
  end

  test("wants a token for every address", function()
    local server <close> = replay.start { rules = json.array {
      rule("GET", ".*", "a pre-shared key is configured, no token sent") } }
    local result, message, code = scan(server)
    assert.is_nil(result)
    assert.equal("BACKEND", code)
    assert.matches("requires a token %(401%)", message)
  end)
end)
