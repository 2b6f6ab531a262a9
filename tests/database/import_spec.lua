-- An import: what it refuses, what it leaves out, and that the order of its inputs does not matter.

local advisories = require "support.advisories"
local core = require "tarsier.core"
local json = require "cjson"
local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"
local zips = require "support.zip"

local affects = advisories.affects
local open = { "introduced", "0" }
local high, low = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
local folder, database

before_each(function()
  folder = temporary.folder()
  database = folder .. "/test.db"
end)
after_each(function() temporary.remove(folder) end)

local function one(id, fields)
  local record = { affected = { affects("npm", "p", open) } }
  for key, value in pairs(fields or {}) do record[key] = value end
  return advisories.record(id, record)
end

local function write(name, content)
  return temporary.write(folder .. "/" .. name, type(content) == "table" and json.encode(content) or content)
end

local function zip(name, members)
  local list = {}
  for path, content in pairs(members) do
    local text = type(content) == "table" and json.encode(content) or content
    list[#list + 1] = { path = path, content = text, deflate = true }
  end
  table.sort(list, function(a, b) return a.path < b.path end)
  return write(name, zips.write(list))
end

local page = "<!DOCTYPE html>\n<html><title>502 Bad Gateway</title></html>\n"

describe("records of one id in the archives of several ecosystems", function()
  -- Some publishers' archives hold only their own ecosystem's packages in each record; osv.dev's hold all of them.
  local parts
  before_each(function()
    parts = {
      zip("npm.zip", { ["A-1.json"] = one("A-1", { modified = "2024-01-02T00:00:00Z", details = "npm" }) }),
      zip("pypi.zip", { ["A-1.json"] = one("A-1", { affected = { affects("PyPI", "q", open) }, details = "PyPI",
        modified = "2024-01-03T00:00:00Z" }) }),
      zip("gems.zip", { ["A-1.json"] = one("A-1", { affected = { affects("RubyGems", "r", open) }, details = "gems",
        modified = "2024-01-02T00:00:00Z" }) }),
    }
  end)

  local function found()
    local names = {}
    assert(core.database_search(database, "A-1", nil, nil, function(record)
      names[#names + 1] = record.ecosystem .. " " .. record.package .. " " .. record.modified
    end))
    table.sort(names)
    return names
  end
  local all = { "PyPI q 2024-01-03T00:00:00Z", "RubyGems r 2024-01-03T00:00:00Z", "npm p 2024-01-03T00:00:00Z" }

  it("are parts of one advisory, with the text of the newest, in any order", function()
    local bytes
    for _, order in ipairs { { 1, 2, 3 }, { 3, 2, 1 }, { 2, 1, 3 } } do
      assert(knowledge.import(database, { parts[order[1]], parts[order[2]], parts[order[3]] }))
      assert.same(all, found())
      bytes = bytes or temporary.read(database)
      assert.equal(#bytes, #temporary.read(database))
    end
  end)

  it("join what a database has", function()
    assert(knowledge.import(database, { parts[1] }))
    for _, part in ipairs { parts[2], parts[3] } do
      assert(knowledge.import(database, { part }, { merge = true }))
    end
    assert.same(all, found())
  end)

  it("replace each other if they have an ecosystem in common", function()
    local whole = write("whole.json", { one("A-1", { modified = "2025-01-01T00:00:00Z",
      affected = { affects("npm", "p", open), affects("PyPI", "s", open) } }) })
    assert(knowledge.import(database, { parts[1], parts[2], whole }))
    assert.same({ "PyPI s 2025-01-01T00:00:00Z", "npm p 2025-01-01T00:00:00Z" }, found())
    assert(knowledge.import(database, { write("gone.json", { one("A-1", { withdrawn = "2025-02-01T00:00:00Z",
      modified = "2025-02-01T00:00:00Z" }), one "A-2" }) }, { merge = true }))
    assert.same({}, found())
  end)
end)

describe("an import keeps the old database and fails if a named input is", function()
  local good, before

  before_each(function()
    good = write("good.json", { one "A-1" })
    assert(knowledge.import(database, { good }))
    before = temporary.read(database)
  end)

  local function refused(pattern, ...)
    for _, options in ipairs { {}, { merge = true } } do
      local counts, message, code = knowledge.import(database, { good, ... }, options)
      assert.is_nil(counts)
      assert.equal("FORMAT", code)
      assert.matches(pattern, message)
      assert.equal(before, temporary.read(database))
    end
  end

  it("a web page", function() refused("kev.json: nothing in it can be used: .*web page", write("kev.json", page)) end)
  it("a web page with white space before it", function() refused("web page", write("k.csv", "\239\187\191 \n" .. page)) end)
  it("a web page in gzip", function()
    write("epss.csv", page)
    temporary.must("gzip %s/epss.csv", folder)
    refused("epss.csv.gz: .*web page", folder .. "/epss.csv.gz")
  end)
  it("a web page in XML", function()
    refused("web page", write("k.xml", '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'))
  end)
  it("OVAL of a publisher that is not read in that form", function()
    refused("oval.xml: .*OVAL definitions, of none", write("oval.xml",
      '<?xml version="1.0"?><oval_definitions><definitions><definition id="oval:org.debian:def:1">'))
  end)
  it("XML of another kind", function() refused("XML of a form", write("x.xml", '<?xml version="1.0"?><rss version="2.0">')) end)
  it("empty", function() refused("empty.json: .*the file is empty", write("empty.json", "")) end)
  it("empty in gzip", function()
    temporary.must("gzip </dev/null >%s/empty.gz", folder)
    refused("empty.gz: ", folder .. "/empty.gz")
  end)
  it("another document", function() refused("other.json: .*not recognised", write("other.json", '{"message":"Not Found"}')) end)
  it("an archive of web pages", function() refused("all.zip: .*web page", zip("all.zip", { ["A-1.json"] = page, ["A-2.json"] = page })) end)
  it("an archive of other files", function() refused("all.zip: nothing in it can be used", zip("all.zip", { ["a.txt"] = "hello" })) end)
  it("an archive without files", function()
    zip("all.zip", { ["a.txt"] = "hello" })
    temporary.must("cd %s && zip -qd all.zip a.txt; [ -e all.zip ] || printf 'PK\\5\\6' >all.zip; " ..
      "[ $(wc -c <all.zip) -ge 22 ] || head -c 18 /dev/zero >>all.zip", folder)
    refused("all.zip: ", folder .. "/all.zip")
  end)
  it("a folder without records", function()
    temporary.must("mkdir %s/none; echo hello >%s/none/README", folder, folder)
    refused("none: nothing in it can be used", folder .. "/none")
    temporary.must("mkdir %s/void", folder)
    refused("void: nothing in it can be used: it has no records", folder .. "/void")
  end)
  it("a catalogue without entries", function()
    refused("kev.json: nothing in it can be used", write("kev.json",
      '{"title":"x","catalogVersion":"1","dateReleased":"2024-05-01","count":0,"vulnerabilities":[],"x":"\\"cveID\\""}'))
    refused("kev.csv: nothing in it can be used", write("kev.csv", "cveID,vendorProject,dateAdded,dueDate\n"))
  end)
  it("a catalogue with fewer entries than it counts", function()
    refused("kev.json: .*says that it has 1400 entries, and has 1", write("kev.json",
      '{"catalogVersion":"1","count":1400,"vulnerabilities":[{"cveID":"CVE-2024-1000","dateAdded":"2024-05-01"}]}'))
  end)
  it("scores without lines", function() refused("epss.csv: nothing in it can be used", write("epss.csv", "cve,epss,percentile\n")) end)
  it("an archive of records of which none can be used", function()
    local git = { package = { ecosystem = "PyPI", name = "p" }, ranges = { { type = "GIT", events = { { introduced = "0" } } } } }
    refused("all.zip: nothing in it can be used: packages whose affected commits are named, but no versions: 2 left out",
      zip("all.zip", { ["a.json"] = one("A-1", { affected = { git } }), ["b.json"] = one("A-2", { affected = { git } }) }))
  end)

  describe("a folder in which", function()
    local function in_folder(name, content)
      temporary.must("mkdir -p %s/feeds/deep; cp %s %s/feeds/good.json", folder, good, folder)
      return write("feeds/deep/" .. name, content), folder .. "/feeds"
    end
    it("an error page has a feed's name", function()
      for _, name in ipairs { "known_exploited_vulnerabilities.json", "epss_scores-current.csv", "A-2.json", "all.zip" } do
        local file, path = in_folder(name, page)
        refused(name:gsub("%p", "%%%0") .. ": not recognised: expected a feed, but it looks like a web page", path)
        os.remove(file)
      end
    end)
    it("a feed's file is empty", function()
      local _, path = in_folder("all.zip", "")
      refused("all.zip: not recognised: expected a feed, but the file is empty", path)
    end)
    it("another document has the name of KEV", function()
      local _, path = in_folder("known_exploited_vulnerabilities.json", '{"message":"Not Found"}')
      refused("known_exploited_vulnerabilities.json: not recognised: expected a feed", path)
    end)
    it("an archive holds web pages", function()
      local _, path = in_folder("x.txt", "hello")
      local archive = zip("pages.zip", { ["a.json"] = page })
      temporary.must("mv %s %s/", archive, path)
      refused("pages.zip: not recognised: expected a feed, but it looks like a web page", path)
    end)
  end)

  describe("but a folder is imported if it holds", function()
    -- Returns what the import says about the file of that name in the folder.
    local function told_of(name)
      local counts, inputs = assert(knowledge.import(database, { folder .. "/feeds" }))
      assert.is_true(counts.advisories >= 1)
      local told
      for _, input in ipairs(inputs) do
        if input.input:sub(-#name) == name then
          assert.is_nil(told)
          told = input.message
        end
      end
      return told
    end
    local function beside_good(name, content)
      temporary.must("mkdir -p %s/feeds/Empty; cp %s %s/feeds/", folder, good, folder)
      return name and write("feeds/Empty/" .. name, content)
    end
    local no_files = "PK\5\6" .. ("\0"):rep(18)
    local git = { ranges = { { type = "GIT", repo = "https://example.org/r", events = { { introduced = "0" } } } } }

    it("an archive of no files", function()
      beside_good("all.zip", no_files)
      assert.equal("it has no records", told_of "Empty/all.zip")
    end)
    it("an archive of folders", function()
      beside_good()
      temporary.must("cd %s && mkdir x && zip -qr feeds/Empty/all.zip x", folder)
      assert.equal("it has no records", told_of "Empty/all.zip")
    end)
    it("an archive of records of which none can be used", function()
      beside_good()
      temporary.must("mv %s %s/feeds/Empty/", zip("all.zip", { ["G-1.json"] = one("G-1", { affected = { git } }) }), folder)
      assert.equal("packages without an ecosystem and a name, of source code only: 1 left out", told_of "Empty/all.zip")
    end)
    it("an empty list", function()
      beside_good("all.json", "\239\187\191 [ ]\n")
      assert.equal("the list is empty", told_of "Empty/all.json")
    end)
    it("an archive of empty lists", function()
      beside_good()
      temporary.must("mv %s %s/feeds/Empty/", zip("all.zip", { ["none.json"] = "[]" }), folder)
      assert.equal("the list is empty", told_of "none.json")
      assert.is_nil(told_of "all.zip")
    end)
    it("an empty folder", function()
      beside_good()
      assert.equal("the folder is empty", told_of "feeds/Empty")
    end)
    it("feeds without records", function()
      beside_good("kev.csv", "cveID,vendorProject,dateAdded,dueDate\n")
      beside_good("epss_scores-current.csv", "cve,epss,percentile\n")
      assert.equal("2 files have no records, such as " .. folder .. "/feeds/Empty/epss_scores-current.csv", told_of "/feeds")
      os.remove(folder .. "/feeds/Empty/epss_scores-current.csv")
      assert.equal("it has no records", told_of "kev.csv")
    end)
    it("and something that can be used", function()
      temporary.must("mkdir -p %s/none/Empty", folder)
      refused("none: nothing in it can be used: the folder is empty", folder .. "/none")
      write("none/Empty/all.json", "[]")
      refused("none: nothing in it can be used: the list is empty", folder .. "/none")
      write("none/Empty/all.json", "hello")
      write("none/all.zip", no_files)
      refused("none: nothing in it can be used: ", folder .. "/none")
    end)
  end)

  it("but not if a folder holds pages that nothing calls a feed", function()
    temporary.must("mkdir -p %s/feeds; cp %s %s/feeds/; echo '<html>' >%s/feeds/index.html", folder, good, folder, folder)
    assert(knowledge.import(database, { folder .. "/feeds" }))
  end)
end)

describe("a record is recognised by its own members", function()
  local function taken_as(name, text)
    local _, inputs = assert(knowledge.import(database, { write(name, text) }))
    return inputs[1].feed
  end

  it("whatever is within them", function()
    local record = one("A-1", { database_specific = { cveMetadata = { cveId = "CVE-2024-1000" }, releases = {}, eolFrom = "" } })
    assert.equal("osv", taken_as("a.json", record))
    assert.equal("osv", taken_as("list.json", { record, record }))
  end)
  it("also after files of other feeds", function()
    local archive = zip("mixed.zip", { ["1.json"] = one "A-1", ["2.csv"] = "cveID,dateAdded\nCVE-2024-1000,2024-05-01\n",
      ["3.json"] = one "A-2", ["4.csv"] = "cve,epss,percentile\nCVE-2024-1000,0.5,0.5\n" })
    local counts = assert(knowledge.import(database, { archive }))
    assert.same({ 2, 1, 1 }, { counts.advisories, counts.kev, counts.epss })
  end)
end)

it("of records that cannot be used twenty are named, and the others counted", function()
  for bad, more in pairs { [20] = false, [21] = "1 more were left out" } do
    local records = { one "A-1" }
    for _ = 1, bad do records[#records + 1] = one("", { id = "" }) end
    local counts, inputs = assert(knowledge.import(database, { write("records.json", records) }))
    assert.equal(bad, counts.unreadable)
    local named, last = 0, false
    for _, input in ipairs(inputs) do
      if input.message == "not an OSV record: it has no id" then named = named + 1 end
      last = input.message and input.message:find " more were left out" and input.message or last
    end
    assert.same({ 20, more }, { named, last })
  end
end)

describe("what is left out is counted by reason", function()
  local function omissions(records)
    local _, inputs = assert(knowledge.import(database, { write("records.json", records) }))
    local list = {}
    for _, input in ipairs(inputs) do list[#list + 1] = input.message end
    return list, assert(knowledge.omissions(database))
  end

  it("in the import's report and in the database", function()
    local git = affects("PyPI", "p")
    git.ranges = { { type = "GIT", events = { { introduced = "0" } } } }
    local told, kept = omissions {
      one "A-1", one("A-2", { affected = { affects("Nonsense:1", "p", open), affects("npm", "p", open) } }),
      one("A-3", { affected = { git } }), one("A-4", { affected = { affects("OSS-Fuzz", "p", { "introduced", "0", "fixed", "2" }) } }),
      one("A-5", { affected = { affects("npm", "p", { "introduced", "0", "fixed", "soon" }) } }),
      one("A-6", { affected = { affects("npm", "p") } }), one("A-7", { affected = { { package = {} } } }),
      one("A-8", { affected = json.decode "[]" }), one "ALBA-2024:1", { id = "" },
    }
    assert.same({
      ["packages of an ecosystem that is not known"] = 1,
      ["packages whose affected commits are named, but no versions"] = 1,
      ["ranges in ecosystems whose order of versions is not known"] = 1,
      ["ranges with a bound that is not a version"] = 1,
      ["packages without affected versions"] = 1,
      ["packages without an ecosystem and a name, of source code only"] = 1,
      ["records that name nothing as affected"] = 1,
      ["records of bug fixes and enhancements that name no CVE"] = 1,
      ["records, or parts of them, that could not be read"] = 1,
    }, kept)
    assert.equal(9, #told)
  end)

  it("of records in force only", function()
    local bad = one("A-1", { modified = "2023-01-01T00:00:00Z", affected = { affects("Nonsense:1", "p", open) } })
    local _, kept = omissions { bad, one "A-1" }
    assert.same({}, kept)
    _, kept = omissions { one "A-1", bad }
    assert.same({}, kept)
  end)

  it("but not what another product is fixed by", function()
    local _, kept = omissions { one("A-1", { affected = { affects("Ubuntu:Pro:22.04:LTS", "p", open),
      affects("Red Hat:rhel_eus:9.2::appstream", "p", open), affects("SUSE:Linux Enterprise Module for X 15 SP6", "p", open) } }) }
    assert.same({}, kept)
    assert.same({ "Red Hat:rhel_eus:9.2", "SUSE:Linux Enterprise Module for X 15 SP6", "Ubuntu:Pro:22.04" },
      assert(knowledge.info(database)).ecosystems)
  end)

  it("Rocky's special interest groups have an ecosystem of their own", function()
    local kernel = affects("Rocky Linux:8", "kernel", open)
    kernel.package.purl = "pkg:rpm/rocky-linux/kernel?distro=rocky-linux-8-sig-cloud&epoch=0"
    local plain = affects("Rocky Linux:8", "bcel", open)
    plain.package.purl = "pkg:rpm/rocky-linux/bcel?distro=rocky-linux-8-4-legacy&epoch=0"
    omissions { one("A-1", { affected = { kernel, plain } }) }
    assert.same({ "Rocky Linux:8", "Rocky Linux:8:sig-cloud" }, assert(knowledge.info(database)).ecosystems)
  end)
end)

describe("an ecosystem is covered", function()
  local function record(id, ecosystem) return one(id, { affected = { affects(ecosystem, "p", open) } }) end
  local function coverage(inputs, options)
    assert(knowledge.import(database, inputs, options))
    return knowledge.covered(database)
  end
  local npm = {}
  for i = 1, 40 do npm[i] = record("N-" .. i, "npm") end

  it("if a feed of it was imported", function()
    assert.same({ npm = true }, coverage { write("npm.json", npm) })
    assert.same({ Debian = true }, coverage { zip("all.zip", { ["a.json"] = record("D-1", "Debian:12") }) })
  end)
  it("if records of many ecosystems, few of each, were put together", function()
    local records = {}
    for i, name in ipairs { "openEuler:24.03-LTS", "Debian:12", "npm", "PyPI" } do records[i .. ".json"] = record("X-" .. i, name) end
    assert.same({ openEuler = true, Debian = true, npm = true, PyPI = true }, coverage { zip("mixed.zip", records) })
  end)
  it("if a small feed is for many", function()
    local list, expected = {}, {}
    for _, name in ipairs { "npm", "PyPI", "Debian", "Alpine", "Wolfi", "Go", "openEuler", "Echo", "MinimOS", "Hex", "Pub",
      "Julia" } do
      list[#list + 1] = record("X-" .. #list, name)
      expected[name] = true
    end
    assert.same(expected, coverage { write("all.json", list) })
  end)
  it("not if a feed of another names it", function()
    local list = { table.unpack(npm) }
    for i = 1, 3 do list[#list + 1] = record("D-" .. i, "Debian:12") end
    assert.same({ npm = true, Debian = false }, coverage { write("npm.json", list) })
  end)
  it("not if single records of it were imported", function()
    assert.same({ npm = true, Debian = false }, coverage { write("npm.json", npm), write("a.json", record("D-1", "Debian:12")),
      write("b.json", record("D-2", "Debian:12")) })
  end)
  it("if there are very many records", function()
    local list = {}
    for i = 1, 3000 do list[i] = record("N-" .. i, i <= 250 and "Debian:12" or "npm") end
    assert.same({ npm = true, Debian = true }, coverage { write("all.json", list) })
  end)
  it("still, after more is merged", function()
    coverage { zip("all.zip", { ["a.json"] = record("D-1", "Debian:12") }) }
    assert.same({ npm = true, Debian = true }, coverage({ write("npm.json", npm) }, { merge = true }))
  end)
  it("in a starter database, which tells that it is one", function()
    assert.same({ Debian = true }, coverage({ write("a.json", record("D-1", "Debian:12")) }, { starter = true }))
  end)
end)

describe("the order of the inputs does not matter", function()
  local cve = "CVE-2024-1111"
  local records = {
    one(cve, { modified = "2024-01-01T00:00:00Z", details = "first score", severity = { { type = "CVSS_V3", score = high } } }),
    one(cve, { modified = "2025-01-01T00:00:00Z", details = "rescored", severity = { { type = "CVSS_V3", score = low } } }),
    one("ALPINE-" .. cve, { upstream = { cve }, affected = { affects("Alpine:v3.20", "zlib", { "introduced", "0", "fixed", "9-r0" }) } }),
    one("GHSA-aaaa-bbbb-cccc", { aliases = { cve }, details = "GitHub's words", severity = { { type = "CVSS_V3", score = low } } }),
    one("A-1", { modified = "2024-02-01T00:00:00Z", summary = "one" }), one("A-1", { modified = "2024-02-01T00:00:00Z", summary = "two" }),
    one("A-2", { modified = "2024-02-01T00:00:00Z" }), one("A-2", { modified = "2024-02-01T00:00:00.5Z", summary = "half a second later" }),
    one("A-3", { modified = "2024-02-01T00:00:00Z", withdrawn = "2024-02-02T00:00:00Z" }), one("A-3", { modified = "2024-02-01T00:00:00Z" }),
    one("A-4", { affected = { affects("npm", "p", open), affects("Debian:12", "p", open), affects("npm", "p", { "introduced", "3.0.0" }) } }),
    one("A-5", { modified = "2023-01-01T00:00:00Z", affected = { affects("Nonsense", "p", open), affects("npm", "p", open) } }), one "A-5",
    one("A-6", { affected = { affects("Debian:9", "old", open) }, modified = "2020-01-01T00:00:00Z" }), one("A-6", { modified = "2021-01-01T00:00:00Z" }),
  }
  local kev = {
    '{"catalogVersion":"1","dateReleased":"2024-05-01","vulnerabilities":[{"cveID":"' .. cve .. '","dateAdded":"2024-04-01","dueDate":"2024-05-01"}]}',
    "cveID,vendorProject,dateAdded,dueDate,knownRansomwareCampaignUse\n" .. cve .. ",x,2024-04-01,2024-06-01,Known\n",
  }
  local epss = {
    "#model_version:v1,score_date:2024-05-01T00:00:00Z\ncve,epss,percentile\n" .. cve .. ",0.9,0.99\n",
    "#model_version:v1,score_date:2024-05-02T00:00:00Z\ncve,epss,percentile\n" .. cve .. ",0.1,0.2\n",
    "cve,epss,percentile\n" .. cve .. ",0.5,0.5\n",
  }

  local function content()
    local all = assert(knowledge.dump(database))
    return (all:gsub("built|[%dT:Z-]+\n", ""))
  end

  it("to a single byte but the dates", function()
    local inputs = {}
    for i, record in ipairs(records) do inputs[i] = write("r" .. i .. ".json", { record }) end
    for i, text in ipairs(kev) do inputs[#inputs + 1] = write("kev" .. i, text) end
    for i, text in ipairs(epss) do inputs[#inputs + 1] = write("epss" .. i, text) end
    assert(knowledge.import(database, inputs))
    local expected, size = content(), #temporary.read(database)
    math.randomseed(7)
    for _ = 1, 12 do
      for i = #inputs, 2, -1 do
        local j = math.random(i)
        inputs[i], inputs[j] = inputs[j], inputs[i]
      end
      assert(knowledge.import(database, inputs))
      assert.equal(expected, content())
      assert.equal(size, #temporary.read(database))
    end
    local found = assert(knowledge.match(database, { { ecosystem = "Alpine:v3.20", name = "zlib", version = "1-r0" } }))[1]
    assert.equal(low, found.cvss_vector) -- of the record in force
    assert.equal("rescored", found.description)
    assert.equal("2024-06-01", found.kev_due)
    assert.is_true(found.kev_ransomware)
    assert.equal(0.1, found.epss)
  end)

  it("though two records of one time differ in a single thing", function()
    local function vector(text) return { { type = "CVSS_V3", score = text } } end
    local function part(...) return { affected = { affects(...) } } end
    local fixed = { "introduced", "0", "fixed", "2" }
    local differences = {
      { { summary = "one" }, { summary = "two" } }, { { details = "one" }, { details = "two" } },
      { { published = "2023-01-01T00:00:00Z" }, { published = "2023-01-02T00:00:00Z" } },
      { { aliases = { "CVE-2024-1" } }, { aliases = { "CVE-2024-2" } } }, { { severity = vector(high) }, { severity = vector(low) } },
      { { database_specific = { severity = "HIGH" } }, { database_specific = { severity = "LOW" } } },
      { { references = { { type = "WEB", url = "https://a.example/1" } } }, { references = { { type = "WEB", url = "https://a.example/2" } } } },
      { part("npm", "p", open), part("npm", "q", open) }, { part("npm", "p", open), part("PyPI", "p", open) },
      { part("npm", "p", { versions = { "1.0.0" } }), part("npm", "p", { versions = { "1.0.1" } }) },
      { part("npm", "p", fixed), part("npm", "p", { "introduced", "1", "fixed", "2" }) },
      { part("npm", "p", fixed), part("npm", "p", { "introduced", "0", "last_affected", "2" }) },
      { part("npm", "p", fixed, { severity = vector(high) }), part("npm", "p", fixed, { severity = vector(low) }) },
      { part("Debian:12", "p", open, { ecosystem_specific = { urgency = "high" } }),
        part("Debian:12", "p", open, { ecosystem_specific = { urgency = "low" } }) },
    }
    for i, pair in ipairs(differences) do
      local function contents(...)
        assert(knowledge.import(database, { write("r.json", { ... }) }))
        return content()
      end
      local a, b = one("S-1", pair[1]), one("S-1", pair[2])
      assert.equal(contents(a, b), contents(b, a), "difference " .. i)
      assert.not_equal(contents(a), contents(b), "difference " .. i)
    end
  end)

  it("and a replaced or withdrawn record leaves nothing behind", function()
    local alpine = records[3]
    local function severity(...)
      assert(knowledge.import(database, { write("r.json", { alpine, ... }) }))
      return assert(knowledge.match(database, { { ecosystem = "Alpine:v3.20", name = "zlib", version = "1-r0" } }))[1].severity
    end
    assert.equal("Critical", severity(records[1]))
    assert.equal("Low", severity(records[1], records[2]))
    assert.equal("Low", severity(records[2], records[1]))
    local gone = one(cve, { modified = "2025-01-01T00:00:00Z", withdrawn = "2025-01-02T00:00:00Z" })
    assert.equal("Unknown", severity(records[1], records[2], gone))
    assert.equal("Unknown", severity(gone, records[2], records[1]))
    assert(knowledge.import(database, { write("r.json", { alpine, records[1] }) }))
    assert(knowledge.import(database, { write("r.json", { gone }) }, { merge = true }))
    assert.equal("Unknown",
      assert(knowledge.match(database, { { ecosystem = "Alpine:v3.20", name = "zlib", version = "1-r0" } }))[1].severity)
  end)
end)
