-- What a database has about a vulnerability, about a package, and all in all; and the commands that print it.

local core = require "tarsier.core"
local json = require "tarsier.json"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local folder = shell.folder()
teardown(function() shell.remove(folder) end)

local function affected(ecosystem, name, events, fields)
  local list = {}
  for i = 1, #events, 2 do list[#list + 1] = { [events[i]] = events[i + 1] } end
  local one = { package = { ecosystem = ecosystem, name = name },
    ranges = { { type = "ECOSYSTEM", events = json.array(list) } } }
  for key, value in pairs(fields or {}) do one[key] = value end
  return one
end

local HIGH = { { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N" } }

local function records()
  return {
    { id = "DEBIAN-CVE-2026-0001", modified = "2026-01-01T00:00:00Z", summary = "A flaw",
      upstream = { "CVE-2026-0001" },
      affected = { affected("Debian:12", "curl", { "introduced", "0", "fixed", "8.0-1" },
          { ecosystem_specific = { urgency = "low" } }),
        affected("Debian:11", "curl", { "introduced", "0", "fixed", "7.0-1" }) } },
    { id = "GHSA-aaaa-bbbb-cccc", modified = "2026-01-02T00:00:00Z", aliases = { "CVE-2026-0001" }, severity = HIGH,
      affected = { affected("npm", "left-pad",
        { "introduced", "1.0.0", "fixed", "1.2.0", "introduced", "2.0.0", "last_affected", "2.1.0" }) } },
    { id = "PYSEC-2026-1", modified = "2026-01-03T00:00:00Z",
      affected = { { package = { ecosystem = "PyPI", name = "jinja2" }, versions = { "1.0", "1.1" } } } },
  }
end

local function database(name, list)
  local place = ("%s/%s.records"):format(folder, name)
  shell.capture("mkdir -p " .. place)
  for i = 1, 9 do
    if list[i] then shell.write(("%s/%d.json"):format(place, i), json.encode(list[i])) end
  end
  assert(core.import(folder .. "/" .. name, { place }))
  return folder .. "/" .. name
end

local function ignore() end

local function tarsier(line)
  return shell.run(("env -u TARSIER_DB %s lua/bin/tarsier %s"):format(LUA, (line:gsub("@(%w+)", folder .. "/%1"))))
end

describe("a database", function()
  local path = database("one", records())

  local function find(id, ecosystem, package)
    local list = {}
    assert(core.database_search(path, id, ecosystem, package, function(record)
      list[#list + 1] = ("%s %s %s %s | %s | %s"):format(record.id, record.ecosystem, record.package, record.severity,
        record.affected or "", record.fixed or "")
    end))
    table.sort(list)
    return list
  end

  it("is searched by a CVE, whoever names it, and in any case", function()
    local all = { "DEBIAN-CVE-2026-0001 Debian:11 curl Unknown | < 7.0-1 | 7.0-1",
      "DEBIAN-CVE-2026-0001 Debian:12 curl Low | < 8.0-1 | 8.0-1",
      "GHSA-aaaa-bbbb-cccc npm left-pad High | >= 1.0.0, < 1.2.0 or >= 2.0.0, <= 2.1.0 | 1.2.0" }
    assert.same(all, find "CVE-2026-0001")
    assert.same(all, find "cve-2026-0001")
    assert.same({ all[3] }, find "ghsa-aaaa-bbbb-cccc")
    assert.same({}, find "CVE-2026-9999")
    assert.same({}, find "")
  end)

  it("is searched by any other name, which it tells", function()
    local one = { id = "GHSA-one", modified = "2026-01-01T00:00:00Z", aliases = { "GO-2026-7", "PYSEC-2026-7" },
      affected = { affected("npm", "p", { "introduced", "0" }) } }
    local named = database("named", { one })
    for _, id in ipairs { "GO-2026-7", "pysec-2026-7", "GHSA-one" } do
      local found = {}
      assert(core.database_search(named, id, nil, nil, function(record) found[#found + 1] = record end))
      assert.equal(1, #found)
      assert.same(one.aliases, found[1].aliases)
    end
    assert(core.database_search(named, "GO-2026", nil, nil, function() error "found by half a name" end))
  end)

  it("names a record of a publisher's own feed by its id, and tells its parts apart", function()
    local function secdb(release)
      local file = ("%s/%s.json"):format(folder, release)
      shell.write(file, json.encode { distroversion = release, reponame = "main", apkurl = "{{urlprefix}}",
        urlprefix = "https://dl-cdn.alpinelinux.org/alpine", archs = json.array { "x86_64" },
        packages = json.array { { pkg = { name = "busybox",
          secfixes = { ["1.36-r1"] = json.array { "CVE-2026-0007" } } } } } })
      return file
    end
    local old, both = folder .. "/release", folder .. "/releases"
    assert(core.import(old, { secdb "v3.19" }))
    assert(core.import(both, { secdb "v3.19", secdb "v3.20" }))
    local found, listed = {}, {}
    assert(core.database_search(both, "alpine-cve-2026-0007", nil, nil, function(record)
      found[#found + 1] = record.id .. " " .. record.ecosystem
    end))
    assert.same({ "ALPINE-CVE-2026-0007 Alpine:v3.19", "ALPINE-CVE-2026-0007 Alpine:v3.20" }, found)
    assert(core.database_list(both, function(record) listed[#listed + 1] = record.id .. " of " .. record.scope end))
    assert.same({ "ALPINE-CVE-2026-0007 of secdb Alpine:v3.19 main", "ALPINE-CVE-2026-0007 of secdb Alpine:v3.20 main" },
      listed)
    local _, output = tarsier "db diff @release @releases"
    assert.equal("+ ALPINE-CVE-2026-0007     Unknown    Alpine:v3.20\n1 added, 0 changed, 0 removed\n", output)
  end)

  it("is searched by a package", function()
    assert.same({ "DEBIAN-CVE-2026-0001 Debian:12 curl Low | < 8.0-1 | 8.0-1" }, find(nil, "Debian:12", "curl"))
    assert.same({ "PYSEC-2026-1 PyPI jinja2 Unknown | = 1.0 or = 1.1 | " }, find(nil, "PyPI", "jinja2"))
    assert.same({}, find(nil, "PyPI", "curl"))
    assert.same({}, find(nil, "Nowhere", "curl"))
  end)

  it("gives every record of a package, unless it is told to end", function()
    local list, found = {}, {}
    for i = 1, 5 do
      list[i] = { id = "PYSEC-2026-" .. i, modified = "2026-01-03T00:00:00Z",
        affected = { { package = { ecosystem = "PyPI", name = "many" }, versions = { "1." .. i } } } }
    end
    local several = database("several", list)
    assert(core.database_search(several, nil, "PyPI", "many", function(record) found[#found + 1] = record.id end))
    assert.equal(5, #found)
    local count = 0
    assert(core.database_search(several, nil, "PyPI", "many", function()
      count = count + 1
      return count == 2
    end))
    assert.equal(2, count)
  end)

  it("lists its advisories, with the highest severity of their packages", function()
    local list = {}
    assert(core.database_list(path, function(record)
      list[#list + 1] = ("%s %s %s"):format(record.id, record.severity, record.ecosystem)
    end))
    assert.same({ "DEBIAN-CVE-2026-0001 Low Debian:11", "GHSA-aaaa-bbbb-cccc High npm", "PYSEC-2026-1 Unknown PyPI" },
      list)
  end)

  it("ends a search when it is told to, and with an error of the listener", function()
    local count = 0
    assert(core.database_search(path, "CVE-2026-0001", nil, nil, function()
      count = count + 1
      return true
    end))
    assert.equal(1, count)
    assert.has_error(function() core.database_list(path, function() error("no more", 0) end) end, "no more")
  end)

  it("must be there", function()
    local done, _, code = core.database_list(folder .. "/none", ignore)
    assert.is_nil(done)
    assert.equal("DATABASE", code)
    done, _, code = core.database_search(path, nil, "npm", nil, ignore)
    assert.is_nil(done)
    assert.equal("USAGE", code)
  end)
end)

describe("tarsier db search", function()
  database("one", records())

  it("prints what there is about an id and a package", function()
    local code, output, err = tarsier "db search --db @one CVE-2026-0001"
    assert.equal(0, code, err)
    assert.matches("DEBIAN%-CVE%-2026%-0001  %w+  modified 2026%-01%-01\n", output)
    assert.matches("  Debian:12 curl: < 8%.0%-1\n", output)
    code, output = tarsier "db search --db @one npm left-pad -f json"
    assert.equal(0, code)
    assert.equal("1.2.0", json.decode(output)[1].fixed_by)
  end)

  it("ends with 1 if there is nothing", function()
    local code, output, err = tarsier "db search --db @one CVE-1999-0001"
    assert.equal(1, code)
    assert.equal("", output)
    assert.matches("nothing about CVE%-1999%-0001", err)
  end)
end)

describe("tarsier db diff", function()
  it("prints what a newer database has, changed and lost", function()
    local newer = records()
    newer[2].modified, newer[2].severity = "2026-02-01T00:00:00Z", nil
    newer[3] = { id = "PYSEC-2026-2", modified = "2026-02-01T00:00:00Z", summary = "Another",
      affected = { { package = { ecosystem = "PyPI", name = "flask" }, versions = { "1.0" } } } }
    database("one", records())
    database("two", newer)
    local code, output, err = tarsier "db diff @one @two"
    assert.equal(0, code, err)
    assert.matches("%+ PYSEC%-2026%-2 +Unknown +PyPI  Another\n", output)
    assert.matches("~ GHSA%-aaaa%-bbbb%-cccc +Unknown +npm %(was High%)\n", output)
    assert.matches("%- PYSEC%-2026%-1 +Unknown +PyPI\n1 added, 1 changed, 1 removed\n", output)
    code, output = tarsier "db diff -f json @one @one"
    assert.equal(0, code)
    assert.same({ added = {}, changed = {}, removed = {} }, json.decode(output))
    assert.equal(4, (tarsier "db diff @one @none"))
  end)
end)

describe("tarsier db status", function()
  it("counts the advisories without a severity, and says where they came from", function()
    local path = database("one", records())
    assert(core.import(path, { path }, { note = json.encode { sources = { ["osv/npm/all.zip"] = {
      from = "https://jo:secret@feeds.example/npm/all.zip", fetched = os.date "!%Y-%m-%dT%H:%M:%SZ" } } } }))
    local code, output, err = tarsier "db status --db @one"
    assert.equal(0, code, err)
    assert.matches("PyPI: 1 record, newest 2026%-01%-03; 1 without a severity %(100 %%%)", output)
    assert.matches("osv/npm/all.zip: asked 0 minutes ago, from https://feeds.example/npm/all.zip\n", output)
    code, output = tarsier "db status --db @one -f json"
    assert.equal(0, code)
    local document = json.decode(output)
    assert.equal("osv/npm/all.zip", document.sources[1].path)
    for _, feed in ipairs(document.feeds) do assert.equal(feed.name == "PyPI" and 1 or 0, feed.unrated, feed.name) end
  end)
end)
