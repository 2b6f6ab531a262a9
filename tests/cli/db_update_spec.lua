-- tarsier db update and db fetch, as commands.

local feed_server = require "support.feed_server"
local json = require "tarsier.json"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local folder
local later = 0 -- seconds by which the command's clock is ahead

local function tarsier(line)
  line = line:gsub("@(%w+)", function(name) return folder .. "/" .. name end)
  return shell.run(("env -u TARSIER_DB -u TARSIER_OFFLINE TARSIER_TEST_SECOND=20 http_proxy= https_proxy= HOME=%s XDG_DATA_HOME=%s/data "
    .. "XDG_CACHE_HOME=%s/cache XDG_CONFIG_HOME=%s/config LUA_INIT='local time = os.time; os.time = function(...) return "
    .. "time(...) + (... and 0 or %d) end' %s lua/bin/tarsier %s"):format(folder, folder, folder, folder, later, LUA, line))
end

describe("tarsier db update", function()

  setup(function()
    folder = shell.folder()
    local T1 = "2026-01-01T00:00:00Z"
    feed_server.write(folder .. "/feeds", "npm", { feed_server.record("GHSA-a", T1, "npm", "left", "1.0.1") })
    feed_server.write(folder .. "/feeds", "PyPI", { feed_server.record("PYSEC-1", T1, "PyPI", "jinja2", "3.1.3") })
    feed_server.scores(folder .. "/feeds", "2026-02-01")
  end)
  teardown(function() shell.remove(folder) end)

  it("wants to know which ecosystems, if nothing tells", function()
    local code, _, err = tarsier "db update --mirror @feeds"
    assert.equal(2, code)
    assert.matches("which ecosystems%?.*%-%-for IMAGE.*there are .*Debian", err)
  end)

  it("names the nearest ecosystem", function()
    local code, _, err = tarsier "db update Debain"
    assert.equal(2, code)
    assert.matches('did you mean "Debian"', err)
  end)

  it("makes the database, then finds it up to date, without naming ecosystems again", function()
    local code, _, err = tarsier "db update --mirror @feeds npm:1 pypi"
    assert.equal(0, code, err)
    assert.matches("osv/npm/all.zip: new", err)
    assert.matches("vulnerabilities.db: 4 files of 4, 2 advisories", err)
    code, _, err = tarsier "db update --mirror @feeds"
    assert.equal(0, code, err)
    assert.matches("up to date, 2 advisories", err)
    local _, out = tarsier "db status --format json"
    assert.same({ "PyPI", "npm" }, json.decode(out).ecosystems)
  end)

  it("fails with 4 if a file cannot be had, and takes the others", function()
    local code, _, err = tarsier "db update --mirror @feeds npm Go --db @new"
    assert.equal(4, code)
    assert.matches("warning: .*Go/all.zip", err)
    assert.matches("new: 3 files of 4, 1 advisory", err)
  end)

  it("says once that it is offline, which is no failure while the database is young", function()
    local code, _, err = tarsier "db update --mirror http://127.0.0.1:1 npm PyPI"
    assert.equal(0, code, err)
    assert.matches("^tarsier: offline: the database is %d+ minutes? old %(.*127.0.0.1:1[^\n]*%)\n$", err)
    code, _, err = tarsier "db update --mirror http://127.0.0.1:1 npm --db @none"
    assert.equal(4, code)
    assert.matches("offline, and there is no database yet", err)
  end)

  it("touches no network with --offline", function()
    assert.equal(0, (tarsier "db update --offline --mirror http://127.0.0.1:1 npm"))
    local code, _, err = tarsier "db update --offline npm --db @none"
    assert.equal(4, code)
    assert.matches("%-%-offline fetches none", err)
  end)

  it("fails with 4 beyond --db-max-age", function()
    assert.equal(0, (tarsier "db update --offline --db-max-age 7d"))
    later = 8 * 86400
    finally(function() later = 0 end)
    local code, _, err = tarsier "db update --offline --db-max-age 7d"
    assert.equal(4, code, err)
    assert.matches("vulnerabilities%.db: 8 days old, but %-%-db%-max%-age is 7d", err)
    assert.equal(0, (tarsier "db update --offline --db-max-age 9d"))
    code, _, err = tarsier "db update npm --mirror http://127.0.0.1:1"
    assert.equal(4, code, err)
    assert.matches("offline: the database is 8 days old %(", err)
    code, _, err = tarsier "db update npm --db-max-age 9d --mirror http://127.0.0.1:1"
    assert.equal(0, code, err)
    code, _, err = tarsier "db update --offline --db-max-age yesterday"
    assert.equal(2, code)
    assert.matches("not an age such as 12h", err)
  end)

  it("fills a folder that is a mirror", function()
    feed_server.write(folder .. "/feeds", "Rocky Linux",
      { feed_server.record("RLSA-1", "2026-01-01T00:00:00Z", "Rocky Linux:9", "curl", "0:8.0-1") })
    local server <close> = setmetatable({ of = feed_server.serve(folder .. "/feeds") },
      { __close = function(self) self.of:stop() end })
    local code, _, err = tarsier("db fetch @copy npm --mirror " .. server.of.url)
    assert.equal(0, code, err)
    assert.matches("copy: 4 files new, 0 unchanged", err)
    assert.equal(shell.read(folder .. "/feeds/osv/npm/all.zip"), shell.read(folder .. "/copy/osv/npm/all.zip"))
    code, _, err = tarsier("db fetch @copy 'Rocky Linux' --mirror " .. server.of.url)
    assert.equal(0, code, err)
    assert.equal(shell.read(folder .. "/feeds/osv/Rocky Linux/all.zip"), shell.read(folder .. "/copy/osv/Rocky Linux/all.zip"))
    code, _, err = tarsier "db update --mirror @copy npm --db @copied"
    assert.equal(0, code, err)
  end)
end)
