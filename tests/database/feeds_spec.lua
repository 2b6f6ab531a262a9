-- Each feed's form: what is claimed, what is taken of it, what is left out and named.

local advisories = require "support.advisories"
local json = require "cjson"
local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local data = "tests/data/feeds/"
local folder, database

setup(function()
  folder = temporary.folder()
  database = folder .. "/test.db"
end)
teardown(function() temporary.remove(folder) end)

-- A database needs an advisory to be one.
local anchor = advisories.record("ANCHOR-1", { affected = { advisories.affects("npm", "anchor", { "introduced",
  "0" }) } })

local function import(...)
  local paths = { temporary.write(folder .. "/anchor.json", json.encode(anchor)), ... }
  return assert(knowledge.import(database, paths))
end

local function find(ecosystem, name, version)
  return assert(knowledge.match(database, { { type = "x", ecosystem = ecosystem, name = name, version = version } }))
end

-- Messages by what they are about, without the path in front.
local function left_out(inputs)
  local list = {}
  for _, input in ipairs(inputs) do
    if input.message then list[#list + 1] = input.input:match "[^/]*$" .. ": " .. input.message end
  end
  return list
end

describe("a feed claims", function()
  for head, feed in pairs {
    ['{"schema_version":"1.6.0","id":"A-1"'] = "osv",
    ['\239\187\191 {\n "id": "A-1",'] = "osv",
    ['{"affected":[{"package":{"name":"a","title":"\\"}"},"x":[1,{}]}],"aliases":["b"],"details":"long'] = "osv",
    ['[{"id":"A-1","modified":"2024"},{'] = "osv",
    ['{"id":"A-1","jsonrpc":"2.0"}'] = false,
    ['{"document":{"id":"x"},"vulnerabilities":[{"cveID":"x"}]}'] = false,
    ['{"dataType":"CVE_RECORD","cveMetadata":{}}'] = "cve",
    ['{"containers":{"cna":{"providerMetadata":{"orgId":"x"'] = "cve",
    ['{"format":"NVD_CVE","version":"2.0","vulnerabilities":['] = "nvd",
    ['{"CVE_data_type":"CVE","CVE_Items":['] = "nvd",
    ['{"apkurl":"x","archs":[],"packages":['] = "secdb",
    ['{"p":{"CVE-2024-1":{"releases":{"sid":{"status":"open","repositories":{},"urgency":"low"'] = "debian-tracker",
    ['{"document":{"category":"csaf_vex","publisher":{"namespace":"https://www.redhat.com"}'] = "redhat-vex",
    ['{"items":[{"id":"EUVD-2025-1"'] = "euvd",
    ['[{"cveId":"CVE-2021-1","euvdId":"EUVD-2021-1","dateAdded":"2025-10-06"'] = "euvd",
    ['{"metadata":{"@context":"https://openvex.dev/ns/v0.2.0","author":"Canonical Ltd."'] = "ubuntu-vex",
    ['{"@context":"https://openvex.dev/ns/v0.2.0","author":"a team"'] = false,
    ['[{"cve_id":"CVE-2020-1","pkg":"p","cve_score":7.5,"aff_ver":"","res_ver":"NA"'] = "photon",
    ['[{"alias":"FEDORA-2024-1","builds":[{"nvr":"p-1-1.fc40"'] = "bodhi",
    ['[{"name":"AVG-1","packages":["p"],"issues":["CVE-2020-1"]'] = "arch",
    ['<?xml version="1.0"?>\n<oval_definitions><definitions><definition id="oval:com.oracle.elsa:def:1"'] = "oval",
    ['<oval_definitions><definitions><definition id="oval:org.debian:def:1"'] = false,
    ['{"schema_version":"1.2.0","result":[{"name":"debian","releases":[{"name":"12","eolFrom":"2026-07-11"'] = "endoflife",
    ['[{"cycle":"12","eol":"2026-07-11"'] = "endoflife",
    ["version,codename,series,created,release,eol,eol-lts\n"] = "endoflife",
    ['{"schema_version":"1.8.0","id":"JLSEC-2025-1","modified":"2026-07-18","aliases":["EUVD-2025-1"]'] = "osv",
    ['{"title":"x","catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2020-1"'] = "kev",
    ['{"$schema":"x","title":"CISA Catalog","properties":{"catalogVersion":{}}}'] = false,
    ["cveID,vendorProject,product,vulnerabilityName,dateAdded\n"] = "kev",
    ["cveID,vendorProject,product\nCVE-2020-1,x,dateAdded\n"] = false,
    ["vendorProject,cveID,dateAdded\n"] = false,
    ["#model_version:v2025,score_date:2026-01-01T00:00:00Z\ncve,epss"] = "epss",
    ["cve,epss,percentile\n"] = "epss",
    ['<?xml version="1.0"?>\n<updates><update type="security">'] = "updateinfo",
    -- what an advisory's text quotes decides nothing
    ['{"schema_version":"1.6.0","id":"A-1","details":"<updates><update type=\\"x\\">"'] = "osv",
    ['{"schema_version":"1.6.0","id":"A-1","details":"<oval_definitions><definition id=oval:com.oracle.elsa:def:1>"'] = "osv",
    ['\239\187\191\n<oval_definitions><definitions><definition id="oval:com.oracle.elsa:def:1"'] = "oval",
    ["{"] = false, [""] = false, ["["] = false, ["[["] = false, ['{"'] = false, ["{}"] = false, ["hello"] = false,
      ["{{{{{{"] = false,
  } do
    it((feed or "nothing") .. " in " .. head:gsub("\n", " "), function()
      assert.equal(feed or nil, knowledge.claims(head))
    end)
  end
end)

describe("OSV", function()
  it("gives all that a record says", function()
    local counts, inputs = import(data .. "osv/plain.json")
    assert.equal(2, counts.advisories)
    assert.same({}, left_out(inputs))
    local found = find("PyPI", "some.package", "1.4.2")
    assert.equal(1, #found)
    assert.same({
      id = "CVE-2024-1001", aliases = { "PYSEC-2024-1", "GHSA-aaaa-bbbb-cccc" }, package = "some.package",
        package_index = 1,
      severity = "Critical", severity_source = "pypa", severities = { "pypa Critical" }, cvss_score = 9.8,
      status = "fixed", status_source = "pypa",
      cvss_vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", fixed_version = "1.5", summary = "A hole",
      description = "It leaks.\n\nBadly: é中.", url = "https://example.org/advisory", published = "2024-01-31T10:00:00Z",
      modified = "2024-02-01T10:00:00Z", references = { "https://example.org/web", "https://example.org/advisory" },
      kev = false, kev_ransomware = false, kev_added = "", kev_due = "", epss = -1, epss_percentile = -1,
        backend = "embedded",
    }, found[1])
  end)

  it("survives what is odd in the field, and names what it leaves out", function()
    local counts, inputs = import(data .. "osv/odd.json")
    assert.equal(7, counts.advisories)
    assert.equal(3, counts.unreadable) -- three records; of three more a part
    local list = left_out(inputs)
    assert.matches("odd.json: ODD%-VECTOR: .*AV:X", table.remove(list, 1))
    assert.same({
      "odd.json: ODD-EMPTY: PyPI odd: no affected versions",
      "odd.json: ODD-VERSION: PyPI odd-version: the range has a bound that is not a version: not a version",
      "odd.json: not an OSV record: it has no id",
      "odd.json: ODD-NOTHING: not an OSV record: nothing is affected",
      "odd.json: not an OSV record: it has no id",
      "odd.json: records of bug fixes and enhancements that name no CVE: 1 left out",
      "odd.json: packages without an ecosystem and a name, of source code only: 1 left out",
    }, list)
    assert.same({}, find("AlmaLinux:9", "odd", "1"))          -- news of a bug fix
    assert.equal("CVE-2020-1234", find("npm", "odd", "1.5.0")[1].id)
    assert.same({}, find("PyPI", "odd-version", "3")) -- never all versions for want of a bound
  end)
end)

-- A value of another type in each place, and a cut at each: a message or records, and never more.
describe("a JSON feed stays whole on what is odd:", function()
  local function read(file) return assert(io.open(file, "rb")):read "a" end

  local others = { "null", "7", "[[]]", '{"a":{}}', '"\\u0000"', '""' }
  for _, file in ipairs { "ubuntu-vex/cve-2024-1001.json", "photon/cve_data_photon4.0.json", "arch/all.json",
    "bodhi/updates.json",     "endoflife/full.json", "endoflife/debian.json", "euvd/dump.json" } do
    it(file, function()
      local text, from, count = read(data .. file), 1, 0
      local path = folder .. "/" .. file:match "[^/]*$"
      while true do
        local first, last = text:find('%f["%d]"?[^",:%[%]{}]*"?%f[,%]}]', from)
        if not first then break end
        from, count = last + 1, count + 1
        temporary.write(path, text:sub(1, first - 1) .. others[count % #others + 1] .. text:sub(last + 1))
        local taken, message = knowledge.import(database, { path })
        assert.truthy(taken or message:find(path, 1, true) or message:find("no advisories", 1, true), message)
        temporary.write(path, text:sub(1, first))
        local code
        taken, message, code = knowledge.import(database, { path })
        assert.is_nil(taken)
        assert.truthy(code == "FORMAT", message)
      end
      assert.is_true(count > 4)
    end)
  end
end)

describe("KEV", function()
  for _, form in ipairs { "json", "csv" } do
    it("is read as " .. form, function()
      local counts, inputs = import(data .. "kev/known." .. form)
      assert.equal(2, counts.kev)
      assert.equal(1, counts.unreadable)
      assert.equal(1, #left_out(inputs))
      assert.equal(form == "json" and "2024-05-01" or "2022-04-25", assert(knowledge.info(database)).kev_date)
    end)
  end

  it("must have its list", function()
    local path = temporary.write(folder .. "/kev.json", '{"catalogVersion":"1","x":{"cveID":1}}')
    local _, message, code = knowledge.import(database, { path })
    assert.equal("FORMAT", code)
    assert.matches("kev.json: the KEV catalogue has no list", message, 1, true)
  end)
end)

describe("EPSS", function()
  it("is read line by line", function()
    local counts, inputs = import(data .. "epss/scores.csv")
    assert.equal(4, counts.epss)
    assert.same({ "scores.csv: CVE-2023-0002,1.5,0.5: not a line of EPSS",
      "scores.csv: no-cve,0.1,0.2: not a line of EPSS",
                  "scores.csv: CVE-2023-0003,0.1: not a line of EPSS" }, left_out(inputs))
    assert.equal("2026-08-16", assert(knowledge.info(database)).epss_date)
    assert.equal("v2025.03.14", assert(knowledge.info(database)).epss_model)
  end)

  it("tells once that its scores are of another model, however the old ones are joined", function()
    local function scores(model, day)
      return temporary.write(folder .. "/" .. day .. ".csv",
        ("#model_version:%s,score_date:%s\ncve,epss,percentile\nCVE-2023-0001,0.5,0.5\n"):format(model, day))
    end
    local record = temporary.write(folder .. "/record.json",
      '{"id":"A-1","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"p"},"versions":["1"]}]}')
    assert(knowledge.import(database, { record, scores("v1", "2026-01-01") }))
    local function told(...)
      local _, inputs = assert(knowledge.import(...))
      local list = left_out(inputs)
      return list[1] and { list[1]:match ": (.*)" } or list
    end
    assert.same({}, told(database, { scores("v1", "2026-01-02") }, { merge = true }))
    local words = { "EPSS has a new model, v2 after v1: its scores and percentiles are not comparable with those before" }
    assert.same(words, told(folder .. "/joined.db", { database, scores("v2", "2026-01-03") }))
    assert.same(words, told(database, { scores("v2", "2026-01-03") }, { merge = true }))
    assert.same({}, told(database, { scores("v2", "2026-01-04") }, { merge = true }))
  end)

  it("has no endless line", function()
    local path = temporary.write(folder .. "/epss.csv", "cve,epss,percentile\n" .. ("x"):rep(200000))
    local _, message, code = knowledge.import(database, { path })
    assert.equal("FORMAT", code)
    assert.matches("epss.csv: not EPSS: a line has more than 1024 bytes", message, 1, true)
  end)
end)

describe("names", function()
  it("of CVEs are numbers", function()
    for text, name in pairs { ["CVE-2021-44228"] = "CVE-2021-44228", ["cve-1999-0001"] = "CVE-1999-0001",
      ["CVE-2024-1000001"] = "CVE-2024-1000001", ["CVE-2024-0012"] = "CVE-2024-0012", ["gcve-0-2024-0012"] = "CVE-2024-0012",
      ["CVE-1999-16777215"] = "CVE-1999-16777215", ["CVE-2126-1234"] = "CVE-2126-1234" } do
      local _, found = knowledge.cve(text)
      assert.equal(name, found)
    end
    for _, text in ipairs { "CVE-2021-123", "CVE-2021-", "CVE-1998-0001", "CVE-2021-00001", "CVE-2021-99999999999",
      "CVE-20210-1234", "GHSA-aaaa-bbbb-cccc", "", "CVE-2021-123x",
      "CVE-", "GCVE-0-", "GCVE-1-2024-0012", "2024-0012", "CVE-2127-1234", "CVE-1999-16777216", "CVE-2021_1234", "CVE-2x21-1234",
      "CVE-2021-0123456" } do
      assert.equal(0, (knowledge.cve(text)), text)
    end
  end)
end)
