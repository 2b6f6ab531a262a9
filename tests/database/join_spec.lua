-- Databases as inputs of an import: joined, cut to some ecosystems, and with a note of the host's.

local core = require "tarsier.core"
local json = require "tarsier.json"
local shell = require "support.shell"

local folder = shell.folder()
teardown(function() shell.remove(folder) end)

local function path(name) return folder .. "/" .. name end

local function affected(ecosystem, name, fixed)
  return { package = { ecosystem = ecosystem, name = name },
    ranges = { { type = "ECOSYSTEM", events = { { introduced = "0" }, { fixed = fixed } } } } }
end

local function record(id, modified, packages)
  return { id = id, modified = modified, summary = "about " .. id, affected = packages }
end

-- A database of these records.
local function database(name, records, options)
  local inputs = {}
  for i, one in ipairs(records) do
    inputs[i] = path(("%s-%d.json"):format(name, i))
    shell.write(inputs[i], json.encode(one))
  end
  assert(core.import(path(name), inputs, options))
  return path(name)
end

local function identity(file)
  return shell.capture(("sqlite3 %s \"SELECT hex(value) FROM meta WHERE key='identity'\""):format(file))
end

local function advisories(file)
  return shell.capture(("sqlite3 %s 'SELECT id FROM advisory ORDER BY id'"):format(file)):gsub("\n", " ")
end

local T1, T2 = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
local both = record("DEBIAN-CVE-2026-0001", T1, { affected("Debian:12", "bash", "5.2-2"), affected("Debian:11",
  "bash", "5.1-2") })
local twelve = record("DEBIAN-CVE-2026-0002", T1, { affected("Debian:12", "zlib", "1.3-1") })
local python = record("GHSA-aaaa-bbbb-cccc", T1, { affected("PyPI", "jinja2", "3.1.3") })

describe("a database as an input of an import", function()
  if not shell.has "sqlite3" then return pending "needs sqlite3: apt-get install sqlite3" end
  local whole = database("whole.db", { both, twelve, python })

  it("must be named by strings", function()
    assert.error_matches(function() core.import(path "copy.db", { whole, 7 }) end, "path 2 must be a string, not a number")
    assert.error_matches(function() core.import(path "copy.db", { whole }, { only = { {} } }) end,
      "only 1 must be a string, not a table")
    assert.error_matches(function() core.import(path "copy.db", { whole }, { on_input = function() error("no", 0) end }) end, "^no$")
  end)

  it("adds nothing of an older record, in any order", function()
    local same = record("GHSA-b", T1, { affected("npm", "p", "3.0.0") })
    local newer = database("newer.db", { record("GHSA-a", T2, { affected("npm", "p", "2.0.0") }), same })
    local older = database("older.db", { record("GHSA-a", T1, { affected("npm", "p", "1.0.0"), affected("PyPI", "q", "1.0.0") }), same })
    for _, inputs in ipairs { { newer, older }, { older, newer } } do
      assert(core.import(path "both.db", inputs))
      assert.equal(identity(newer), identity(path "both.db"))
    end
  end)

  it("gives all that it has", function()
    assert(core.import(path "copy.db", { whole }))
    assert.equal(identity(whole), identity(path "copy.db"))
  end)

  it("is cut to the ecosystems that are asked for", function()
    assert(core.import(path "11.db", { whole }, { only = { "Debian:11" } }))
    assert.same({ "Debian:11" }, core.database(path "11.db").ecosystems)
    assert.equal("DEBIAN-CVE-2026-0001", advisories(path "11.db"))
  end)

  it("is cut to ecosystems without what others have of them that is newer", function()
    local newer = database("newer.db", { record("GHSA-b", T2, { affected("npm", "p", "2.0.0") }),
      record("GHSA-c", T1, { affected("npm", "c", "1.0.0") }) })
    local older = database("older.db", { record("GHSA-a", T1, { affected("npm", "a", "1.0.0") }),
      record("GHSA-b", T1, { affected("npm", "p", "1.0.0"), affected("PyPI", "q", "1.0.0") }) })
    assert(core.import(path "cut.db", { newer, older }, { only = { "npm" } }))
    local expected = database("expected.db", { record("GHSA-b", T2, { affected("npm", "p", "2.0.0") }),
      record("GHSA-c", T1, { affected("npm", "c", "1.0.0") }), record("GHSA-a", T1, { affected("npm", "a", "1.0.0") }) })
    assert.equal(identity(expected), identity(path "cut.db"))
  end)

  it("covers what it covered, and nothing else", function()
    local list = {}
    for i = 1, 30 do list[i] = record("GHSA-" .. i, T1, { affected("npm", "p" .. i, "2.0.0") }) end
    shell.write(path "npm.json", json.encode(json.array(list)))
    shell.write(path "one.json", json.encode(python))
    assert(core.import(path "covered.db", { path "npm.json", path "one.json" }))
    assert(core.import(path "copy.db", { path "covered.db" }))
    for _, name in ipairs { "covered.db", "copy.db" } do
      local covered = {}
      for _, feed in ipairs(core.database(path(name)).feeds) do covered[feed.name] = feed.covered end
      assert.same({ npm = true, PyPI = false }, covered, name)
    end
  end)

  it("joins others, which may have the same records", function()
    for _, name in ipairs { "Debian:11", "Debian:12", "PyPI" } do
      assert(core.import(path(name .. ".db"), { whole }, { only = { name } }))
    end
    local parts = { path "Debian:12.db", path "PyPI.db", path "Debian:11.db", path "Debian:12.db" }
    assert(core.import(path "joined.db", parts))
    assert.equal(identity(whole), identity(path "joined.db"))
  end)

  it("gives way to a newer record of another one, in either order", function()
    local newer = database("newer.db", { record("DEBIAN-CVE-2026-0002", T2, { affected("Debian:12", "zlib",
      "1.3-9") }) })
    assert(core.import(path "a.db", { whole, newer }))
    assert(core.import(path "b.db", { newer, whole }))
    assert.equal(identity(path "a.db"), identity(path "b.db"))
    assert.equal(T2, core.database(path "a.db").newest)
    assert.equal("1",
      shell.capture(("sqlite3 %s \"SELECT count(*) FROM package WHERE instr(rows, '1.3-9')\""):format(path "a.db")))
  end)

  it("gives way to newer records of feeds", function()
    shell.write(path "withdrawn.json", json.encode { id = both.id, modified = T2, withdrawn = T2,
      affected = both.affected })
    shell.write(path "other.json", json.encode(record("PYSEC-2026-1", T2, { affected("PyPI", "flask", "9") })))
    assert(core.import(path "c.db", { whole, path "withdrawn.json", path "other.json" }))
    assert.equal("DEBIAN-CVE-2026-0002 GHSA-aaaa-bbbb-cccc PYSEC-2026-1", advisories(path "c.db"))
  end)

  it("is an error if it has none of them, and if it is damaged", function()
    local done, message, code = core.import(path "none.db", { whole }, { only = { "npm" } })
    assert.is_nil(done)
    assert.equal("FORMAT", code)
    assert.matches("it has no records of the ecosystems that are asked for", message)
    shell.write(path "damaged.db", shell.read(whole):sub(1, 6000))
    done, message, code = core.import(path "none.db", { path "damaged.db" })
    assert.is_nil(done)
    assert.equal("DATABASE", code)
    assert.matches("damaged.db", message)
    assert.is_nil(io.open(path "none.db"))
  end)

  it("keeps the host's note, which a merge takes over", function()
    local noted = database("noted.db", { python }, { note = "from the specs" })
    assert.equal("from the specs", core.database(noted).note)
    shell.write(path "more.json", json.encode(twelve))
    assert(core.import(noted, { path "more.json" }, { merge = true }))
    assert.equal("from the specs", core.database(noted).note)
    assert(core.import(path "unnoted.db", { noted }))
    assert.equal("", core.database(path "unnoted.db").note)
  end)
end)
