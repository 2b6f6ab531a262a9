-- The starter database: its records' form, their spread, and their facts against real feeds where those are at hand.
local json = require "cjson"
local versions = require "tarsier.probe".versions

local folder = "engine/starter"
-- Each ecosystem's order of versions; "" where the engine has none yet.
local known = {
  Debian = "deb", Ubuntu = "deb", Alpine = "apk", AlmaLinux = "rpm", ["Rocky Linux"] = "rpm", ["Red Hat"] = "rpm",
  PyPI = "pep440", npm = "semver", Go = "go", ["crates.io"] = "semver", RubyGems = "gem", Packagist = "composer",
  Maven = "maven", NuGet = "nuget",
}
-- How many records each system and language must have at least.
local spread = {
  ["Debian:11"] = 50, ["Debian:12"] = 50, ["Debian:13"] = 5, ["Alpine:v3.15"] = 20, ["Alpine:v3.21"] = 20,
  ["Ubuntu:20.04:LTS"] = 5, ["Ubuntu:22.04:LTS"] = 5, ["Ubuntu:24.04:LTS"] = 3,
  ["AlmaLinux:9"] = 20, ["Rocky Linux:9"] = 20, ["Red Hat:9"] = 20,
  PyPI = 20, npm = 15, Go = 10, Maven = 10, ["crates.io"] = 5, RubyGems = 5, Packagist = 5, NuGet = 5,
}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function names()
  local list, pipe = {}, assert(io.popen("ls " .. folder))
  for name in pipe:lines() do
    if name:match "%.json$" and not name:match "^known_" then list[#list + 1] = name end
  end
  pipe:close()
  return list
end

local records = {}
for i, name in ipairs(names()) do records[i] = { name = name, osv = json.decode(read(folder .. "/" .. name)) } end

local kinds = { introduced = true, fixed = true, last_affected = true }

-- introduced < fixed < introduced < …, by the ecosystem's own order. Plain asserts, here and below, for there are thousands of events.
local function check_events(scheme, events, where)
  local last
  for _, event in ipairs(events) do
    local kind, version = next(event)
    assert(next(event, kind) == nil, where)
    assert(kinds[kind], where)
    if version ~= "0" and scheme ~= "" then
      assert(versions.order(scheme, version, version) == 0, where .. ": " .. version)
      local order = last and versions.order(scheme, last, version) or -1
      assert(order == -1, where .. ": " .. tostring(last) .. ", " .. version)
      last = version
    end
  end
end

local function check_affected(id, entry)
  local where = id .. " " .. entry.package.ecosystem .. " " .. entry.package.name
  local scheme = known[entry.package.ecosystem:match "^[^:]+"]
  assert(scheme, where .. ": unknown ecosystem")
  assert(entry.ranges or entry.versions, where .. ": neither ranges nor versions")
  for _, range in ipairs(entry.ranges or {}) do
    assert(range.type == "ECOSYSTEM" or range.type == "SEMVER", where)
    assert(range.events[1] and range.events[1].introduced, where .. ": the first event must introduce")
    check_events(scheme, range.events, where)
  end
end

describe("the starter database", function()
  it("has a hundred records or more, and says each thing once", function()
    assert.is_true(#records >= 100, #records .. " records")
    local seen = {}
    for _, record in ipairs(records) do
      assert.is_nil(seen[record.osv.id], record.osv.id)
      seen[record.osv.id] = true
      for _, alias in ipairs(record.osv.aliases or {}) do
        assert.is_nil(seen[alias], alias .. " is an alias of two records")
        seen[alias] = true
      end
    end
  end)

  it("is made of OSV records", function()
    for _, record in ipairs(records) do
      local osv = record.osv
      assert.equal(osv.id .. ".json", record.name)
      assert.equal("1.6.0", osv.schema_version, osv.id)
      for _, key in ipairs { "published", "modified" } do
        assert.is_truthy(osv[key]:match "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", osv.id .. " " .. key)
      end
      assert.is_true(osv.published <= osv.modified, osv.id)
      assert.is_true(#osv.summary >= 20 and #osv.summary <= 200, osv.id .. ": summary of " .. #osv.summary .. " bytes")
      assert.is_true(#osv.references > 0, osv.id)
      assert.is_true(#osv.affected > 0, osv.id)
      assert.is_truthy(osv.severity or osv.database_specific.severity, osv.id .. ": no severity")
    end
  end)

  it("orders its events by each ecosystem's own rules", function()
    for _, record in ipairs(records) do
      local seen = {}
      for _, entry in ipairs(record.osv.affected) do
        local key = entry.package.ecosystem .. " " .. entry.package.name
        assert(not seen[key], record.osv.id .. " names " .. key .. " twice")
        seen[key] = true
        check_affected(record.osv.id, entry)
      end
    end
  end)

  it("is spread over the systems and languages that images are made of", function()
    local counts = {}
    for _, record in ipairs(records) do
      local own = {}
      for _, entry in ipairs(record.osv.affected) do own[entry.package.ecosystem] = true end
      for ecosystem in pairs(own) do counts[ecosystem] = (counts[ecosystem] or 0) + 1 end
    end
    for ecosystem, least in pairs(spread) do
      assert.is_true((counts[ecosystem] or 0) >= least, ecosystem .. ": " .. (counts[ecosystem] or 0))
    end
  end)

  it("names those of its records that are known to be exploited", function()
    local kev = json.decode(read(folder .. "/known_exploited_vulnerabilities.json"))
    assert.equal(kev.count, #kev.vulnerabilities)
    local have = {}
    for _, record in ipairs(records) do have[record.osv.id] = true end
    for _, entry in ipairs(kev.vulnerabilities) do assert.is_true(have[entry.cveID], entry.cveID) end
  end)

  it("agrees with real feeds", function()
    local shared = os.getenv "TARSIER_SHARED" or "../shared"
    if not io.open(shared .. "/data/osv/Debian/all.zip") then
      return pending("needs the real feeds: set TARSIER_SHARED to the folder that holds data/osv")
    end
    if not os.execute "command -v unzip >/dev/null" then return pending "needs unzip: apt-get install unzip" end
    local result = require "tools.check_starter"(folder, shared)
    assert.same({}, result.disagree)
    assert.is_true(result.agree >= 1000, result.agree .. " facts agree")
  end)
end)
