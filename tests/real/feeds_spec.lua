-- The real feeds, where they are at hand: what was published is what is taken, in bounded time and memory.

local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local shared = os.getenv "TARSIER_SHARED" or "../shared"
local data = shared .. "/data"

-- What the folder's own README counts, every record of each archive; withdrawn ones too.
local published = {
  Debian = 45826, AlmaLinux = 5637, Alpine = 7581, Bitnami = 7444, Go = 4298, PyPI = 2664, ["crates.io"] = 723,
    npm = 3147,
  Maven = 2817, NuGet = 682, Packagist = 2123, RubyGems = 1164,
}

local function there(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

describe("the real feeds", function()
  if not there(data .. "/osv/Debian/all.zip") then
    return pending "needs the real feeds: set TARSIER_SHARED to the folder that holds data/osv"
  end

  local folder, database, counts, inputs
  setup(function()
    folder = temporary.folder()
    database = folder .. "/real.db"
    counts, inputs = knowledge.import(database, { data .. "/osv", data .. "/kev", data .. "/epss" })
    assert(counts, inputs)
  end)
  teardown(function() temporary.remove(folder) end)

  it("are taken whole", function()
    local taken = {}
    for _, input in ipairs(inputs) do
      if not input.message then taken[input.input:match "([^/]+)/all.zip$" or input.feed] = input.records end
    end
    for name, records in pairs(published) do assert.equal(records, taken[name], name) end
    assert.equal(1404, counts.kev)
    assert.equal(360142, counts.epss)
    assert.equal(36, counts.withdrawn)
    assert.equal(83943, counts.advisories) -- some GitHub advisories are in several archives
    assert.equal(0, counts.unreadable)
  end)

  it("make a small database that knows their dates", function()
    local info = assert(knowledge.info(database))
    assert.equal("2025-08-25", info.kev_date)
    assert.equal("2026-08-16", info.epss_date)
    assert.equal(83943, info.advisories)
    assert.is_true(info.packages > 30000)
    local file = assert(io.open(database, "rb"))
    assert.is_true(file:seek "end" < 40 << 20)
    file:close()
  end)

  -- package → a CVE that it has, and what fixes it; false: it does not have it
  for _, case in ipairs {
    { "deb", "Debian:12", "openssl", "3.0.9-1", "CVE-2023-3446", "3.0.10-1~deb12u1" },
    { "deb", "Debian:12", "openssl", "3.0.10-1~deb12u1", "CVE-2023-3446", false },
    { "deb", "Debian:11", "apache-log4j2", "2.13.3-1", "CVE-2021-44228", "2.15.0-1~deb11u1", kev = true },
    { "apk", "Alpine:v3.20", "openssl", "3.3.0-r0", "CVE-2024-6119", "3.3.2-r0" },
    { "rpm", "AlmaLinux:9", "openssl-libs", "1:3.0.7-6.el9_2", "CVE-2024-12797", "1:3.2.2-6.el9_5.1",
      severity = "High" },
    { "pypi", "PyPI", "Django", "3.2.1", "CVE-2021-35042", "3.2.5", severity = "Critical" },
    { "npm", "npm", "lodash", "4.17.4", "CVE-2019-10744", "4.17.12" },
    { "golang", "Go", "stdlib", "1.20.1", "CVE-2023-24538", "1.20.3" },
    { "cargo", "crates.io", "smallvec", "0.6.9", "CVE-2021-25900", "0.6.14", severity = "Critical" },
  } do
    it(("know %s of %s %s in %s"):format(case[5], case[3], case[4], case[2]), function()
      local found = assert(knowledge.match(database,
        { { type = case[1], ecosystem = case[2], name = case[3], version = case[4] } }))
      local wanted
      for _, finding in ipairs(found) do
        if finding.id == case[5] then wanted = finding end
      end
      assert.equal(case[6] or nil, wanted and wanted.fixed_version)
      if not wanted then return end
      assert.is_true(wanted.epss >= 0)
      assert.equal(case.kev or false, wanted.kev)
      if case.severity then assert.equal(case.severity, wanted.severity) end
    end)
  end

  it("give one finding a vulnerability", function()
    for _, package in ipairs { { "deb", "Debian:12", "linux", "6.1.27-1" }, { "pypi", "PyPI", "tensorflow", "2.4.0" },
      { "rpm", "AlmaLinux:9", "kernel", "5.14.0-70.13.1.el9_0" } } do
      local found = assert(knowledge.match(database,
        { { type = package[1], ecosystem = package[2], name = package[3], version = package[4] } }))
      local seen = {}
      assert.is_true(#found > 50)
      for _, finding in ipairs(found) do
        assert.is_nil(seen[finding.id], finding.id)
        seen[finding.id] = true
      end
    end
  end)
end)
