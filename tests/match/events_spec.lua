-- Odd events of a range, and records that disagree.

local advisories = require "support.advisories"
local json = require "cjson"
local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local affects = advisories.affects
local folder

setup(function() folder = temporary.folder() end)
teardown(function() temporary.remove(folder) end)

local function find(records, ecosystem, name, version)
  assert(knowledge.import(folder .. "/test.db", { temporary.write(folder .. "/r.json", json.encode(records)) }))
  return assert(knowledge.match(folder .. "/test.db", { { ecosystem = ecosystem, name = name, version = version } }))
end

local function affected(ecosystem, version, ...)
  local records = { advisories.record("A-1", { affected = { affects(ecosystem, "p", ...) } }) }
  return #find(records, ecosystem, "p", version) == 1
end

describe("a bound that its scheme cannot order", function()
  it("leaves the other ranges of the package alone", function()
    local bad, good = { "introduced", "0", "fixed", "soon" }, { "introduced", "2.0", "fixed", "3.0" }
    for _, order in ipairs { { bad, good }, { good, bad } } do
      assert.is_false(affected("PyPI", "1.0", order[1], order[2]))
      assert.is_true(affected("PyPI", "2.5", order[1], order[2]))
      assert.is_false(affected("PyPI", "3.0", order[1], order[2]))
    end
  end)
  it("makes its own range unusable, whichever bound it is", function()
    for _, events in ipairs { { "introduced", "0", "fixed", "soon", "introduced", "2.0", "fixed", "3.0" },
      { "introduced", "later", "fixed", "3.0" }, { "introduced", "0", "last_affected", "soon" },
      { "introduced", "0", "limit", "soon" } } do
      for _, version in ipairs { "0.5", "2.5", "9.0" } do
        assert.is_false(affected("PyPI", version, events, { "introduced", "100" }), version)
      end
    end
  end)
  it("does not take the listed versions away", function()
    assert.is_true(affected("PyPI", "1.0", { "introduced", "0", "fixed", "soon" }, { versions = { "1.0" } }))
  end)
  it("is used where the difference comes before what is wrong", function()
    local events = { "introduced", "0", "fixed", "70.3.0-rc0" }
    assert.is_true(affected("Alpine:v3.20", "70.2.9-r1", events))
    assert.is_false(affected("Alpine:v3.20", "75.0.0-r0", events))
    assert.is_false(affected("Alpine:v3.20", "70.3.0-r1", events))
  end)
end)

describe("an ecosystem whose order of versions is not known", function()
  it("has ranges only that are open", function()
    assert.is_true(affected("OSS-Fuzz", "1.0", { "introduced", "0" }))
    assert.is_true(affected("VSCode", "anything", { "introduced", "0" }))
    assert.is_false(affected("OSS-Fuzz", "1.0", { "introduced", "0", "fixed", "2.0" }))
    assert.is_true(affected("OSS-Fuzz", "1.0", { "introduced", "0", "fixed", "2.0" }, { versions = { "1.0" } }))
  end)
end)

describe("limits", function()
  it("of several the highest counts", function()
    for _, events in ipairs { { "introduced", "1.0.0", "limit", "2.0.0", "limit", "3.0.0" },
      { "limit", "3.0.0", "introduced", "1.0.0", "limit", "2.0.0" } } do
      assert.is_true(affected("npm", "1.5.0", events))
      assert.is_true(affected("npm", "2.5.0", events))
      assert.is_false(affected("npm", "3.0.0", events))
      assert.is_false(affected("npm", "0.9.0", events))
    end
  end)
  it("that are all versions limit nothing", function()
    assert.is_true(affected("npm", "9.0.0", { "introduced", "1.0.0", "limit", "*" }))
  end)
end)

describe("a local version of Python", function()
  it("is what an advisory means by naming less", function()
    assert.is_true(affected("PyPI", "2.0.1+cu118", { "introduced", "0", "last_affected", "2.0.1" }))
    assert.is_true(affected("PyPI", "2.0.1+cu118", { versions = { "2.0.0", "2.0.1" } }))
    assert.is_true(affected("PyPI", "2.0.1+cu118", { "introduced", "2.0.1", "fixed", "2.0.2" }))
    assert.is_false(affected("PyPI", "2.0.1+cu118", { "introduced", "0", "fixed", "2.0.1" }))
    assert.is_false(affected("PyPI", "2.0.1+cu118", { versions = { "2.0.1+cpu", "2.0.2" } }))
    assert.is_false(affected("PyPI", "2.0.1", { versions = { "2.0.1+cu118" } }))
  end)
end)

describe("a package's own CVSS vector", function()
  local high, low = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
  local function vector(score) return { severity = { { type = "CVSS_V3", score = score } } } end
  local open = { "introduced", "0" }

  it("counts for that package, and not for the record's others", function()
    local records = { advisories.record("CVE-2024-1001", { affected = { affects("npm", "p", open, vector(low)),
      affects("npm", "q", open, vector(high)) } }) }
    assert.equal(low, find(records, "npm", "p", "1.0.0")[1].cvss_vector)
    assert.equal(high, find(records, "npm", "q", "1.0.0")[1].cvss_vector)
  end)
  it("is weighed against another record's", function()
    local own = advisories.record("A-1", { aliases = { "CVE-2024-1001" },
      affected = { affects("npm", "p", open, vector(low)), affects("npm", "q", open) } })
    local other = advisories.record("B-1", { aliases = { "CVE-2024-1001" }, severity = { { type = "CVSS_V3", score = high } },
      affected = { affects("npm", "p", open) } })
    for _, records in ipairs { { own, other }, { other, own } } do
      local found = find(records, "npm", "p", "1.0.0")
      assert.equal(1, #found)
      assert.equal(high, found[1].cvss_vector)
    end
  end)
end)

describe("several trackers' records for one package", function()
  local function tracker(number, fixed)
    local cve = "CVE-2024-" .. number
    return advisories.record("DEBIAN-" .. cve, { upstream = { cve },
      affected = { affects("Debian:12", "p", fixed and { "introduced", "0", "fixed", fixed } or { "introduced", "0" }) } })
  end
  local records = { tracker(1003, "3"), tracker(1001, "1"), tracker(1005), tracker(1002, "5"), tracker(1004, "2"),
    advisories.record("DSA-1-1", { upstream = { "CVE-2024-1001", "CVE-2024-1002", "CVE-2024-1003", "CVE-2024-1004" },
      affected = { affects("Debian:12", "p", { "introduced", "0", "fixed", "5" }) } }) }

  it("each has the last word on its own CVE, in any order", function()
    math.randomseed(3)
    for _ = 1, 6 do
      local found = {}
      for _, finding in ipairs(find(records, "Debian:12", "p", "2")) do found[finding.id] = finding.fixed_version end
      assert.same({ ["CVE-2024-1002"] = "5", ["CVE-2024-1003"] = "3", ["CVE-2024-1005"] = "" }, found)
      for i = #records, 2, -1 do
        local j = math.random(i)
        records[i], records[j] = records[j], records[i]
      end
    end
  end)
end)
