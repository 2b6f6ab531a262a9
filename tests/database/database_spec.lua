-- The database as a file: how it is built, replaced, merged, refused; and what hostile inputs do not do.

local advisories = require "support.advisories"
local core = require "tarsier.core"
local json = require "cjson"
local knowledge = require "tarsier.probe".knowledge
local streams = require "tarsier.probe".streams
local tar = require "support.tar"
local temporary = require "support.temporary"
local without_rights = require "tarsier.probe".process.without_rights

local affects, record = advisories.affects, advisories.record
local folder, database

before_each(function()
  folder = temporary.folder()
  database = folder .. "/test.db"
end)
after_each(function() temporary.remove(folder) end)

local function one(id, fields)
  fields = fields or {}
  fields.affected = fields.affected or { affects("npm", "p", { "introduced", "0", "fixed", fields.fix or "2.0.0" }) }
  fields.fix = nil
  return record(id, fields)
end

local function found(version)
  local list = {}
  for i, finding in ipairs(assert(knowledge.match(database, { { type = "npm", ecosystem = "npm", name = "p",
    version = version or "1.0.0" } }))) do
    list[i] = finding.id .. (finding.fixed_version ~= "2.0.0" and " " .. finding.fixed_version or "")
  end
  return table.concat(list, ", ")
end

local function fails(code, pattern, _, message, got)
  assert.equal(code, got, message)
  assert.matches(pattern, message)
end

local function listing()
  return temporary.must("ls -A %s", folder):gsub("%s+", " ")
end

describe("a database tells what is wrong with it:", function()
  it("missing", function()
    fails("DATABASE", "^/.*test.db: no vulnerability database exists here: create one with `tarsier db import", nil,
      select(2, knowledge.info(database)))
  end)
  for title, bytes in pairs { empty = "", text = "hello", ["cut short"] = "SQLite format 3\0" .. ("x"):rep(50) } do
    it(title, function()
      temporary.write(database, bytes)
      fails("DATABASE", "not a vulnerability database: create one with", nil, select(2, knowledge.info(database)))
    end)
  end
  it("a folder", function() fails("DATABASE", "tarsier db import", nil, select(2, knowledge.info(folder))) end)
  it("no permission", function()
    temporary.write(database, "")
    temporary.must("chmod 0 %s", database)
    fails("DATABASE", "Permission denied", nil, select(2, without_rights(knowledge.info, database)))
  end)

  local function meddle(sql)
    assert(advisories.import(folder, { one "A-1" }))
    if not temporary.has "sqlite3" then return pending "needs sqlite3: apt-get install sqlite3" end
    temporary.must("sqlite3 %s %s", database, sql)
    assert(knowledge.seal(database)) -- so that what is below the checksums is tested
    return true
  end
  it("another program's", function()
    if meddle "PRAGMA application_id=1" then
      fails("DATABASE", "not a vulnerability database", nil, select(2, knowledge.info(database)))
    end
  end)
  it("too new", function()
    if meddle "PRAGMA user_version=99" then
      fails("DATABASE", "a newer tarsier wrote this database %(schema 99, this one reads %d%): upgrade tarsier", nil,
        select(2, knowledge.info(database)))
    end
  end)
  it("too old", function()
    if meddle "PRAGMA user_version=0" then
      fails("DATABASE", "an older tarsier wrote this database", nil, select(2, knowledge.info(database)))
    end
  end)
  it("empty", function()
    if meddle "DELETE FROM ecosystem" then
      fails("DATABASE", "holds no advisories: fill it with `tarsier db import", nil,
        select(2, knowledge.info(database)))
    end
  end)
  it("damaged rows", function()
    if not meddle "UPDATE package SET rows=x'ffffffffff'" then return end
    fails("DATABASE", "damaged: build it again", nil,
      select(2, knowledge.match(database, { { ecosystem = "npm", name = "p", version = "1.0.0" } })))
  end)
  it("damaged numbers", function()
    for _, number in ipairs { "-1", "4294967295" } do
      if not meddle("UPDATE advisory SET number=" .. number) then return end
      fails("DATABASE", "test.db: the database is damaged", nil,
        select(2, core.database_search(database, "A-1", nil, nil, function() end)))
      local more = temporary.write(folder .. "/more.json", json.encode(one "A-2"))
      fails("DATABASE", "test.db: the database is damaged", nil,
        select(2, knowledge.import(database, { more }, { merge = true })))
    end
  end)
  it("another's tables", function()
    if not meddle "ALTER TABLE package RENAME TO packages" then return end
    fails("DATABASE", "test.db: no such table: package; build it again with `tarsier db import", nil,
      select(2, core.database_search(database, "A-1", nil, nil, function() end)))
  end)
  it("damaged texts", function()
    if not meddle "UPDATE advisory SET body=x'00'" then return end
    fails("DATABASE", "damaged at A%-1: build it again", nil,
      select(2, knowledge.match(database, { { ecosystem = "npm", name = "p", version = "1.0.0" } })))
  end)
end)

it("a database says what it holds", function()
  assert(advisories.import(folder, { one("A-1", { modified = "2024-03-01T00:00:00Z" }),
    one("A-2", { affected = { affects("Debian:12", "p", { "introduced", "0" }), affects("Debian:11", "q",
      { "introduced", "0" }) } }) }, { starter = true }))
  local info = assert(knowledge.info(database))
  assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", info.built)
  info.built = nil
  assert.same({ path = database, newest = "2024-03-01T00:00:00Z", kev_date = "", epss_date = "", epss_model = "",
    advisories = 2,
    packages = 3, starter = true,
                ecosystems = { "Debian:11", "Debian:12", "npm" } }, info)
end)

it("its name may hold what a URI may not", function()
  database = folder .. "/a %41?mode=rwc&#x.db"
  assert(knowledge.import(database, { temporary.write(folder .. "/a.json", json.encode(one "A-1")) }))
  assert.equal("A-1", found())
end)

describe("records of one id:", function()
  local older, newer = one("A-1", { modified = "2024-01-01T00:00:00Z", fix = "3.0.0" }),
    one("A-1", { modified = "2024-02-01T00:00:00.5Z" })
  it("the newest wins", function()
    assert.equal(1, assert(advisories.import(folder, { older, newer })).advisories)
    assert.equal("A-1", found())
    assert(advisories.import(folder, { newer, older }))
    assert.equal("A-1", found())
  end)
  it("a withdrawn one takes away", function()
    local gone = one("A-1", { modified = "2024-03-01T00:00:00Z", withdrawn = "2024-03-01T00:00:00Z" })
    local counts = assert(advisories.import(folder, { gone, newer, one "A-2" }))
    assert.same({ 1, 1 }, { counts.advisories, counts.withdrawn })
    assert.equal("A-2", found())
  end)
end)

describe("merging", function()
  it("adds, replaces, takes away and keeps", function()
    assert(advisories.import(folder, { one("A-1", { aliases = { "CVE-2024-1001" }, details = "the first" }),
      one("A-2", { fix = "3.0.0" }), one "A-3" }))
    assert(knowledge.import(database, { "tests/data/feeds/kev/known.json", "tests/data/feeds/epss/scores.csv" },
      { merge = true }))
    local counts = assert(advisories.import(folder, { one("A-2", { modified = "2024-02-01T00:00:00Z" }), one("A-3",
      { modified = "2024-02-01T00:00:00Z", withdrawn = "2024-02-01T00:00:00Z" }), one "A-4",
                                                      one("A-1",
                                                        { modified = "2023-01-01T00:00:00Z", fix = "9.0.0" }) },
                                                          { merge = true }))
    assert.same({ advisories = 2, withdrawn = 1, unreadable = 0, kev = 0, epss = 0 }, counts)
    assert.equal("A-2, A-4, CVE-2024-1001", found())
    local info = assert(knowledge.info(database))
    assert.equal(3, info.advisories)
    assert.equal("2024-05-01", info.kev_date)
    assert.equal("2026-08-16", info.epss_date)
    local finding = assert(knowledge.match(database, { { ecosystem = "npm", name = "p", version = "1.0.0" } }))[3]
    assert.equal("the first", finding.description)
    assert.same({ "A-1" }, finding.aliases)
  end)
  it("begins with nothing where there is nothing", function()
    assert(advisories.import(folder, { one "A-1" }, { merge = true }))
    assert.equal("A-1", found())
  end)
  it("refuses to begin with what is no database", function()
    temporary.write(database, "hello")
    fails("DATABASE", "not a vulnerability database", nil,
      select(2, advisories.import(folder, { one "A-1" }, { merge = true })))
    assert.equal("hello", temporary.read(database))
  end)
  it("keeps every kind of event and list", function()
    local rich = one("A-1", { affected = { affects("npm", "p", { "introduced", "0", "last_affected", "1.0.0" },
      { "introduced", "2.0.0", "limit", "3.0.0" }, { versions = { "5.0.0" } }) } })
    local function shape()
      local list = {}
      for _, version in ipairs { "0.5.0", "1.0.0", "1.0.1", "2.5.0", "3.0.0", "5.0.0" } do
        list[#list + 1] = found(version)
      end
      return list
    end
    assert(advisories.import(folder, { rich }))
    local before = shape()
    assert.same({ "A-1 ", "A-1 ", "", "A-1 ", "", "A-1 " }, before)
    assert(advisories.import(folder, { one("A-2", { affected = { affects("npm", "q", { "introduced", "0" }) } }) },
      { merge = true }))
    assert.same(before, shape())
  end)
end)

describe("an import leaves the old file", function()
  before_each(function() assert(advisories.import(folder, { one "A-1" })) end)

  local function untouched(code, pattern, paths)
    local names = listing()
    fails(code, pattern, nil, select(2, knowledge.import(database, paths)))
    assert.equal(names, listing())
    assert.equal("A-1", found())
  end

  it("that takes nothing", function()
    untouched("FORMAT", "odd.txt: nothing in it can be used: not recognised: .*; .* is left as it is",
      { temporary.write(folder .. "/odd.txt", "hello") })
  end)
  it("that is given nothing", function() untouched("USAGE", "nothing to import", {}) end)
  it("that would match nothing", function()
    untouched("DATABASE", "KEV and EPSS alone can only be merged", { "tests/data/feeds/kev/known.json" })
  end)
  it("whose input is not there", function()
    untouched("IO", "open /.*/absent: No such file", { folder .. "/absent" })
  end)
  it("whose archive is cut short", function()
    if not temporary.has "zip" then return pending "needs zip: apt-get install zip" end
    for i = 1, 20 do temporary.write(folder .. "/r" .. i .. ".json", json.encode(one("A-" .. i))) end
    temporary.must("cd %s && zip -q all.zip r*.json && rm r*.json", folder)
    local whole = temporary.read(folder .. "/all.zip")
    for _, length in ipairs { 4, 100, #whole // 2, #whole - 30 } do
      untouched("FORMAT", "all.zip", { temporary.write(folder .. "/all.zip", whole:sub(1, length)) })
    end
    local bad = whole:sub(1, 60) .. ("\255"):rep(20) .. whole:sub(81)
    untouched("FORMAT", "all.zip", { temporary.write(folder .. "/all.zip", bad) })
  end)
  it("whose folder has what cannot be opened", function()
    temporary.must("mkdir -p %s/in/closed && ln -s nowhere %s/in/link", folder, folder)
    untouched("IO", "open /.*/in/link: No such file", { folder .. "/in" })
    temporary.must("rm %s/in/link && chmod 0 %s/in/closed", folder, folder)
    fails("IO", "open /.*/in/closed: Permission denied", nil,
      select(2, without_rights(knowledge.import, database, { folder .. "/in" })))
    assert.equal("A-1", found())
  end)
  it("whose gzip of records is cut short", function()
    local list = {}
    for i = 1, 50 do list[i] = one("A-" .. i) end
    local whole = streams.gzip(json.encode(list), 6)
    untouched("FORMAT", "r.gz: .*gzip", { temporary.write(folder .. "/r.gz", whole:sub(1, #whole - 20)) })
  end)
  it("whose gzip is cut short", function()
    local whole = streams.gzip("cve,epss,percentile\n" .. ("CVE-2024-1,0.1,0.1\n"):rep(99999), 6)
    untouched("FORMAT", "e.gz", { temporary.write(folder .. "/e.gz", whole:sub(1, #whole - 20)) })
  end)
end)

describe("an import writes no", function()
  local function refused(path, pattern, code)
    local before = listing()
    local input = temporary.write(folder .. "/records.json", json.encode(one "A-1"))
    fails(code or "USAGE", pattern, nil, select(2, knowledge.import(path, { input })))
    os.remove(input)
    assert.equal(before, listing())
  end
  it("folder", function()
    refused(folder .. "/none/", "/none/: is a folder; the database must be a file$")
    refused(folder, "not a regular file; the database must be one$")
  end)
  it("file in a folder that is not there", function()
    refused(folder .. "/none/test.db", "making /.*/none/.test.db.new%-%d+: No such file", "IO")
  end)
  it("pipe", function()
    temporary.must("mkfifo %s", database)
    refused(database, "/test.db: not a regular file; the database must be one$")
  end)
end)

describe("an import finds records", function()
  it("in folders, compressed or not, and names what it does not know", function()
    temporary.must("mkdir -p %s/in/deep", folder)
    temporary.write(folder .. "/in/a.txt", json.encode(one "A-1"))
    temporary.write(folder .. "/in/deep/b", json.encode { one "A-2", one "A-3" })
    temporary.must("gzip %s/in/deep/b", folder)
    temporary.write(folder .. "/in/deep/README", "nothing")
    temporary.write(folder .. "/in/.hidden", "nothing")
    temporary.must("ln -s .. %s/in/deep/loop", folder)
    local counts, inputs = assert(knowledge.import(database, { folder .. "/in" }))
    assert.equal(3, counts.advisories)
    assert.same({ { input = folder .. "/in/deep/README", feed = "", records = 0,
      message = "not recognised: not a feed that tarsier reads" },
                  { input = folder .. "/in", feed = "osv", records = 3 } }, inputs)
  end)

  it("in zip and tar archives, of whatever name", function()
    if not temporary.has "zip" then return pending "needs zip: apt-get install zip" end
    temporary.must("mkdir -p %s/in/x", folder)
    temporary.write(folder .. "/in/x/a.json", json.encode(one "A-1"))
    temporary.write(folder .. "/in/x/b.json", "{")
    temporary.must("cd %s/in && zip -qr ../one.dat x && tar cJf ../two.dat x && tar cf - x | zstd -q >../three.dat",
      folder)
    for _, name in ipairs { "one", "two", "three" } do
      local path = folder .. "/" .. name .. ".dat"
      local counts, inputs = assert(knowledge.import(database, { path }))
      assert.equal(1, counts.advisories)
      assert.same({ input = path, feed = "osv", records = 1 }, inputs[2])
      assert.matches("b.json", inputs[1].input)
    end
  end)

  it("in a tar, without what is too large for one, which it names", function()
    local archive = temporary.write(folder .. "/a.tar", tar.archive {
      { path = "large.json", data = "x", -- and a hole
        pax = { "GNU.sparse.size", "67108865", "GNU.sparse.realsize", "67108865", "GNU.sparse.map", "0,1" } },
      { path = "a.json", data = json.encode(one "A-1") } })
    local counts, inputs = assert(knowledge.import(database, { archive }))
    assert.equal(1, counts.advisories)
    assert.matches("large.json", inputs[1].input, 1, true)
    assert.equal("too large for a record", inputs[1].message)
  end)

  it("in folders up to 32 deep", function()
    local deep = folder .. "/in" .. ("/d"):rep(32)
    temporary.must("mkdir -p %s", deep)
    temporary.write(deep .. "/a.json", json.encode(one "A-1"))
    assert.equal(1, assert(knowledge.import(database, { folder .. "/in" })).advisories)
    temporary.must("mkdir %s/d", deep)
    fails("LIMIT", "/d: folders more than 32 deep", nil, select(2, knowledge.import(database, { folder .. "/in" })))
  end)

  it("on standard input, and in pipes", function()
    local file = temporary.write(folder .. "/a.json", json.encode(one "A-1"))
    local script = [[print(assert(require"tarsier.probe".knowledge.import(arg[1], { arg[2] })).advisories)]]
    temporary.write(folder .. "/s.lua", script)
    assert.equal("1\n", temporary.must("lua5.4 %s %s - <%s", folder .. "/s.lua", database, file))
    temporary.must("mkfifo %s/p; { cat %s >%s/p; } >/dev/null 2>&1 &", folder, file, folder)
    assert.equal(1, assert(knowledge.import(database, { folder .. "/p" })).advisories)
  end)
end)

it("an import that was killed leaves what the next one removes, and no living one's", function()
  temporary.write(folder .. "/.test.db.new-123", "left behind")
  temporary.write(folder .. "/.other.db.new-123", "another's")
  assert(advisories.import(folder, { one "A-1" }))
  assert.equal(".other.db.new-123 records.json test.db ", listing())
  if not temporary.has "flock" then return pending "needs flock: apt-get install util-linux" end
  local hold = "flock -n %s/.test.db.new-7 sh -c 'echo $$ >%s/held; exec sleep 300' >/dev/null 2>&1 &"
  temporary.must(hold .. " while ! [ -s %s/held ]; do sleep 0.05; done", folder, folder, folder)
  finally(function() temporary.must("kill $(cat %s/held)", folder) end)
  assert(advisories.import(folder, { one "A-1" }))
  assert.matches(".test.db.new-7", listing(), 1, true)
end)

describe("a database in use", function()
  local packages = { { type = "npm", ecosystem = "npm", name = "p", version = "1.0.0" } }

  it("is matched against by many threads at once", function()
    local records = {}
    for i = 1, 200 do records[i] = one("A-" .. i) end
    assert(advisories.import(folder, records))
    assert.equal(8 * 20 * 200, assert(knowledge.threads(database, packages, 8, 20)))
  end)

  it("and replaced is read on as it was, and never mixed with the new one", function()
    assert(advisories.import(folder, { one "A-1" }))
    assert(advisories.import(folder, { one "A-1", one "A-2" }, nil, "new"))
    local before, message, after = knowledge.replaced(database, folder .. "/new.db", packages)
    assert.equal(1, before)
    assert.matches("was replaced while it was in use: scan again", message, 1, true)
    assert.equal(1, after)
    assert.equal("A-1, A-2", found())
  end)
end)

it("a link to a database stays a link", function()
  temporary.must("mkdir %s/d; ln -s d/real.db %s", folder, database)
  temporary.write(folder .. "/d/real.db", "")
  assert(advisories.import(folder, { one "A-1" }))
  assert.equal("d/real.db\n", temporary.must("readlink %s", database))
  assert.equal("A-1", found())
end)

describe("hostile records", function()
  local function import(text)
    temporary.must("mkdir -p %s/in", folder)
    temporary.write(folder .. "/in/bad.json", text)
    temporary.write(folder .. "/in/good.json", json.encode(one "A-1"))
    return knowledge.import(database, { folder .. "/in" })
  end
  for title, text in pairs {
    ["deep"] = '{"id":"A","affected":' .. ("["):rep(100000) .. ("]"):rep(100000) .. "}",
    ["cut"] = '{"id":"A","affected":[{"package":{"ecosystem":"npm"',
    ["large"] = '{"id":"A","details":"' .. ("x"):rep(17 << 20) .. '","affected":[]}',
    ["no UTF-8"] = '{"id":"\255","affected":[]}',
    ["a NUL"] = '{"id":"a\\u0000b","affected":[]}',
    ["a long id"] = '{"id":"' .. ("x"):rep(500) .. '","affected":[]}',
  } do
    it("are left out: " .. title, function()
      local counts, inputs = assert(import(text))
      assert.equal(1, counts.advisories)
      assert.equal(1, counts.unreadable)
      assert.matches("bad.json", inputs[1].input)
      assert.equal("A-1", found())
    end)
  end

  it("with SQL in them are text", function()
    local sql = "'); DROP TABLE package; --"
    assert(advisories.import(folder, { one("A-1" .. sql, { summary = sql, affected = { affects("npm", "p",
      { "introduced", "0", "fixed", "2.0.0" }), affects("Debian:12" .. sql, sql, { "introduced", "0" }) } }) }))
    assert.equal("A-1" .. sql, found())
    assert.equal(1, #assert(knowledge.match(database, { { ecosystem = "Debian:12" .. sql, name = sql,
      version = "1" } })))
  end)

  it("of a million events or versions cost no more than their reading", function()
    local events, versions = ('{"introduced":"1.0.0"},{"fixed":"2.0.0"},'):rep(100000), ('"1.0.0",'):rep(200000)
    local package = '"package":{"ecosystem":"npm","name":"p"}'
    local text = '{"id":"A","modified":"2024-01-01T00:00:00Z","affected":[{' .. package .. ",%s}]}"
    for _, part in ipairs { '"ranges":[{"type":"SEMVER","events":[' .. events:sub(1, -2) .. "]}]",
      '"versions":[' .. versions:sub(1, -2) .. "]" } do
      local counts, inputs = assert(import(text:format(part)))
      assert.equal(2, counts.advisories)
      assert.matches("npm p: more events or versions than an advisory can have", inputs[1].message, 1, true)
    end
  end)

  it("with texts without end are cut at a character", function()
    assert(advisories.import(folder, { one("A-1", { details = "x" .. ("é"):rep(50000), summary = ("s"):rep(5000) }) }))
    local finding = assert(knowledge.match(database, { { ecosystem = "npm", name = "p", version = "1.0.0" } }))[1]
    assert.is_true(#finding.description <= 8192 and #finding.description > 8000)
    assert.is_truthy(utf8.len(finding.description))
    assert.matches("é%.%.%.$", finding.description)
    assert.equal(512, #finding.summary)
  end)

  it("that expand without end are stopped", function()
    local lines = streams.gzip((("#"):rep(999) .. "\n"):rep(1000), 9) -- a part of it, packed once
    temporary.write(folder .. "/bomb.gz", streams.gzip "cve,epss,percentile\n" .. lines:rep(32))
    fails("LIMIT", "bomb.gz expands to more than any feed does", nil,
      select(2, knowledge.import(database, { folder .. "/bomb.gz" })))
  end)
end)
