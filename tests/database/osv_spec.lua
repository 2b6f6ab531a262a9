-- What an OSV record may hold beside the schema's own places, and what of it counts.

local advisories = require "support.advisories"
local json = require "cjson"
local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local affects = advisories.affects
local high, medium = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
local folder

setup(function() folder = temporary.folder() end)
teardown(function() temporary.remove(folder) end)

local function record(fields)
  return advisories.record(fields.id or "A-1", fields)
end

local function find(records, ecosystem, name, version)
  assert(advisories.import(folder, records))
  return assert(knowledge.match(folder .. "/test.db", { { ecosystem = ecosystem, name = name, version = version } }))
end

local function severity(fields, ecosystem, version)
  local found = find({ record(fields) }, ecosystem or "PyPI", "foo", version or "1.0")
  return found[1] and found[1].severity
end

local open = { "introduced", "0" }

describe("severity is taken from", function()
  it("the record's vectors, the best of them", function()
    local list = { { type = "CVSS_V3", score = medium }, { type = "CVSS_V3", score = high } }
    assert.equal("Critical", severity { severity = list, affected = { affects("PyPI", "foo", open) } })
    list[1], list[2] = list[2], list[1]
    assert.equal("Critical", severity { severity = list, affected = { affects("PyPI", "foo", open) } })
  end)
  it("a package's vectors, the best of them", function()
    local own = { severity = { { type = "CVSS_V3", score = medium }, { type = "CVSS_V3", score = high } } }
    assert.equal("Critical", severity { affected = { affects("PyPI", "foo", open, own) } })
    assert.equal("Critical", severity { affected = { affects("PyPI", "foo", open, own), affects("PyPI", "bar", open) } })
  end)
  it("a vector in database_specific", function()
    for _, cvss in ipairs { high, { score = 9.8, vectorString = high } } do
      assert.equal("Critical", severity { database_specific = { cvss = cvss },
        affected = { affects("PyPI", "foo", open) } })
      assert.equal("Critical", severity { affected = { affects("PyPI", "foo", open,
        { database_specific = { cvss = cvss } }) } })
    end
  end)
  it("a score in database_specific", function()
    for score, word in pairs { [9.8] = "Critical", [7] = "High", [4.5] = "Medium", [0.1] = "Low" } do
      assert.equal(word, severity { database_specific = { cvss_v3 = score }, affected = { affects("PyPI", "foo", open) } })
      assert.equal(word, severity { affected = { affects("PyPI", "foo", open,
        { database_specific = { cvss_v3 = score } }) } })
    end
    assert.equal("High", severity { database_specific = { cvss_v2 = 9.8 }, affected = { affects("PyPI", "foo", open) } })
    for _, odd in ipairs { "9.8", -1, 11, 0, true } do
      assert.equal("Unknown", severity { database_specific = { cvss_v3 = odd },
        affected = { affects("PyPI", "foo", open) } })
    end
  end)
  it("Ubuntu's priority", function()
    assert.equal("High", severity({ id = "UBUNTU-CVE-2023-4911", related = { "CVE-2023-4911", "USN-6409-1" },
      affected = { affects("Ubuntu:22.04:LTS", "foo", open, { ecosystem_specific = { ubuntu_priority = "high" } }) } },
      "Ubuntu:22.04"))
  end)
  it("a word of a package's, outside distributions too", function()
    assert.equal("High", severity { affected = { affects("PyPI", "foo", open,
      { database_specific = { severity = "HIGH" } }) } })
  end)
end)

describe("what GitHub last knew to be affected", function()
  local function affected(text, version, ...)
    local entry = affects("npm", "foo", ...)
    entry.database_specific = { last_known_affected_version_range = text }
    return #find({ record { affected = { entry } } }, "npm", "foo", version) == 1
  end
  it("ends a range that nothing else ends", function()
    assert.is_true(affected("<= 1.2.3", "1.2.3", open))
    assert.is_false(affected("<= 1.2.3", "1.2.4", open))
    assert.is_true(affected("< 1.2.3", "1.2.2", open))
    assert.is_false(affected("< 1.2.3", "1.2.3", open))
  end)
  it("does not end another", function()
    assert.is_true(affected("<= 1.2.3", "1.5.0", { "introduced", "0", "fixed", "2.0.0" }))
    assert.is_true(affected("<= 1.2.3", "9.0.0", { "introduced", "0" }, { "introduced", "5.0.0" }))
    assert.is_true(affected("all", "9.0.0", open))
  end)
end)

describe("an informational entry", function()
  local function entry(id, informational)
    return record { id = id, affected = { affects("crates.io", "foo", open,
      { database_specific = { informational = informational } }) } }
  end
  it("is found, and marked", function()
    local found = find({ entry("R-1", "unmaintained"), entry("R-2"), entry("R-3", json.null) }, "crates.io", "foo", "1.0.0")
    local marked = {}
    for _, finding in ipairs(found) do marked[finding.id] = finding.informational or false end
    assert.same({ ["R-1"] = true, ["R-2"] = false, ["R-3"] = false }, marked)
  end)
  it("is a vulnerability where another record says so", function()
    local one, other = entry("R-1", "unsound"), entry("R-2")
    other.aliases = { "R-1" }
    local found = find({ one, other }, "crates.io", "foo", "1.0.0")
    assert.equal(1, #found)
    assert.is_nil(found[1].informational)
  end)
  it("of a record is so for its own versions only", function()
    local informational = { database_specific = { informational = "unsound" } }
    for _, first in ipairs { true, false } do
      local entries = { affects("crates.io", "foo", { "introduced", "0", "fixed", "1.0.0" }, first and informational or {}),
        affects("crates.io", "foo", { "introduced", "2.0.0" }, first and {} or informational) }
      local one = { record { id = "R-1", affected = entries } }
      assert.equal(first or nil, find(one, "crates.io", "foo", "0.5.0")[1].informational)
      assert.equal(not first or nil, find(one, "crates.io", "foo", "2.5.0")[1].informational)
    end
  end)
end)

describe("an OSV record", function()
  local function claimed(text) return knowledge.claims(text) end
  it("may have members that no schema knows yet", function()
    assert.equal("osv", claimed '{"id":"A-1","modified":"2024-01-01T00:00:00Z","novelty":{"a":[1]},"affected":[]}')
    assert.equal("osv", claimed '{"novelty":"first","id":"A-1","modified":"2024-01-01T00:00:00Z"}')
    local new = record { affected = { affects("PyPI", "foo", open) }, upstreams = { "x" }, novelty = 1 }
    assert.equal(1, #find({ new }, "PyPI", "foo", "1.0"))
  end)
  it("is not what shares a name or two with it", function()
    for _, text in ipairs { '{"ghsa_id":"G","cve_id":"C","url":"u","summary":"s","severity":"high"}',
      '{"document":{},"vulnerabilities":[]}', '{"name":"p","version":"1","id":1}', '{"message":"Not Found"}', "{}",
      '{"dataType":"RECORD","cveMetadata":{}}' } do
      assert.is_nil(claimed(text), text)
    end
  end)
end)
