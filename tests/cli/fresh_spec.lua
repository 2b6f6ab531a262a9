-- A scan that fetches the records that its image needs, and images asked again without being read. Everything goes to a
-- mirror on loopback.

local feed_server = require "support.feed_server"
local json = require "tarsier.json"
local oci = require "support.oci"
local shell = require "support.shell"
local stand_in = require "support.stand_in"

local LUA = os.getenv "LUA" or "lua5.4"
local T1, T2 = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
local folder, feeds, server

local function tarsier(line)
  line = line:gsub("@(%w+)", function(name) return folder .. "/" .. name end)
  return shell.run(("env -u TARSIER_DB -u TARSIER_OFFLINE -u GITLAB_CI TARSIER_TEST_SECOND=20 DOCKER_HOST=unix:///nowhere "
    .. "HOME=%s XDG_DATA_HOME=%s/data XDG_CACHE_HOME=%s/cache XDG_CONFIG_HOME=%s/config %s lua/bin/tarsier %s"):format(folder,
    folder, folder, folder, LUA, line))
end

local function debian(records) feed_server.write(feeds, "Debian", records) end

local curl = feed_server.record("DEBIAN-CVE-2026-0001", T1, "Debian:12", "curl", "8.0-1")
local tar = feed_server.record("DEBIAN-CVE-2026-0002", T2, "Debian:12", "tar", "2.0-1")

local function serve()
  if server then server:stop() end
  server = feed_server.serve(feeds)
end

-- The findings' ids of a scan's JSON report.
local function ids(output)
  local list = {}
  for i, finding in ipairs(assert(json.decode(output)).findings) do list[i] = finding.id end
  table.sort(list)
  return table.concat(list, " ")
end

-- As if this many hours had passed since the publishers were asked.
local function age(hours)
  local path = folder .. "/data/tarsier/vulnerabilities.db.asked"
  shell.write(path, (shell.read(path):gsub(":(%d+)",
    function(time) return (":%d"):format(tonumber(time) - hours * 3600) end)))
end

describe("a scan without --db", function()
  if not stand_in.available() then return pending(stand_in.needs) end

  before_each(function()
    folder = shell.folder()
    feeds = folder .. "/feeds"
    oci.build(folder .. "/app", { { ["etc/os-release"] = oci.debian },
      { ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" }, { "tar", "1.0" } } } })
    debian { curl }
    feed_server.scores(feeds, "2026-02-01")
    serve()
  end)
  after_each(function()
    server:stop()
    server = nil
    shell.remove(folder)
  end)

  local function scan(options)
    return tarsier(("scan oci:@app --no-fail -f json --mirror %s %s"):format(server.url, options or ""))
  end

  it("fetches what the image needs, and nothing else, and says so", function()
    local code, output, err = scan()
    assert.equal(0, code, err)
    assert.equal("CVE-2026-0001", ids(output))
    assert.matches("tarsier: fetching the vulnerability records of Debian\n", err)
    assert.equal("/epss/epss_scores-current.csv.gz /kev/known_exploited_vulnerabilities.json /osv/Debian/all.zip "
      .. "/osv/Debian/modified_id.csv", feed_server.asked(server))
    for _, request in ipairs(server:requests()) do
      assert.matches("^tarsier/", request.headers["User-Agent"])
      assert.equal("", request.body)
    end
    assert.is_false(json.decode(output).database.starter)
  end)

  it("asks again after six hours only", function()
    scan()
    debian { curl, tar }
    serve()
    local _, output, err = scan()
    assert.equal("CVE-2026-0001", ids(output))
    assert.equal("", feed_server.asked(server))
    assert.is_nil(err:find "fetching")
    age(7)
    _, output = scan()
    assert.equal("CVE-2026-0001 CVE-2026-0002", ids(output))
    assert.is_truthy(feed_server.asked(server):find("/osv/Debian/DEBIAN-CVE-2026-0002.json", 1, true))
  end)

  it("asks for the records of another image's ecosystem at once", function()
    scan()
    feed_server.write(feeds, "npm", { feed_server.record("GHSA-a", T1, "npm", "left-pad", "1.3.0") })
    serve()
    oci.build(folder .. "/node", { { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "tar",
      "9" } },
      ["app/node_modules/left-pad/package.json"] = '{"name": "left-pad", "version": "1.0.0"}' } })
    local code, output, err = tarsier(("scan oci:@node --no-fail -f json --mirror %s"):format(server.url))
    assert.equal(0, code, err)
    assert.equal("GHSA-a", ids(output))
    assert.equal("/osv/npm/all.zip /osv/npm/modified_id.csv", feed_server.asked(server))
  end)

  it("touches no network with --offline, with --db, and with a database that a person imported", function()
    local code, output, err = scan "--offline"
    assert.equal(0, code, err)
    assert.is_true(json.decode(output).database.starter)
    tarsier "db import -q --db @own.db @feeds/osv/Debian/all.zip"
    assert.equal(0, (scan "--db @own.db"))
    tarsier "db import -q @feeds/osv/Debian/all.zip"
    assert.equal(0, (scan()))
    assert.equal("", feed_server.asked(server))
  end)

  it("says once that there is no network, and goes on with the starter database", function()
    local code, output,
      err = tarsier "scan oci:@app oci:@app --no-fail -q -f json=@report%n.json --mirror http://127.0.0.1:1"
    assert.equal(0, code, err)
    assert.equal("", output)
    code, output, err = tarsier "scan oci:@app oci:@app --no-fail -f json --mirror http://127.0.0.1:1"
    assert.equal(0, code)
    assert.is_truthy(output:find('"starter":true', 1, true) or output:find('"starter": true', 1, true))
    assert.is_nil(err:find "offline") -- that was said less than an hour ago
    os.remove(folder .. "/data/tarsier/vulnerabilities.db.asked")
    err = select(3, tarsier "scan oci:@app oci:@app --no-fail -f json --mirror http://127.0.0.1:1")
    assert.equal(1, select(2, err:gsub("offline: no vulnerability records could be fetched", "")))
  end)

  it("never waits behind another process's update", function()
    scan()
    age(7)
    local held <close> = assert(require "tarsier.core".lock(folder
      .. "/data/tarsier/vulnerabilities.db.lock"))
    assert.is_truthy(held)
    local code, output, err = scan()
    assert.equal(0, code, err)
    assert.equal("CVE-2026-0001", ids(output))
  end)

  it("fails with 4 if the database is older than --db-max-age", function()
    scan()
    age(7)
    assert.equal(0, (scan "--db-max-age 1h"))
    local sqlite = shell.has "sqlite3"
    if not sqlite then return pending "needs sqlite3: apt-get install sqlite3" end
    assert.equal(2, (scan "--db-max-age soon"))
    local code, _, err = tarsier "scan oci:@app --offline --db-max-age 1h --db build/starter.db"
    assert.is_true(code == 4 or code == 0 or code == 1, err) -- the age of this build
  end)

  it("is told of in a rescan, which reads no image", function()
    scan()
    shell.remove(folder .. "/app")
    debian { curl, tar }
    serve()
    age(7)
    local code, output, err = tarsier("rescan --since-last --fail-on-new --mirror " .. server.url)
    assert.equal(1, code, err)
    assert.matches("app: 2 findings, 1 new, 0 gone\n  Critical +CVE%-2026%-0002 +tar 1%.0, fixed by 2%.0%-1\n", output)
    code, output = tarsier "rescan --since-last --fail-on-new --offline"
    assert.equal(0, code)
    assert.matches("2 findings, 0 new, 0 gone", output)
    code, output = tarsier "rescan --offline --format json"
    assert.equal(0, code)
    local images = json.decode(output).images
    assert.equal(1, #images)
    assert.equal(2, #images[1].findings)
    assert.equal("curl", images[1].findings[1].package.name)
    code, output = tarsier "rescan --offline --severity Defcon1"
    assert.equal(0, code)
    assert.matches("2 findings, 0 new", output)
  end)

  it("keeps no inventory with --no-cache", function()
    scan "--no-cache"
    local code, _, err = tarsier "rescan --offline"
    assert.equal(5, code)
    assert.matches("no image was scanned here yet", err)
  end)

  it("survives an inventory that was damaged", function()
    scan()
    local where = folder .. "/cache/tarsier/images/"
    for name in shell.capture("ls " .. where):gmatch "%S+%.inventory%.json" do shell.write(where .. name, "{}") end
    local code, _, err = tarsier "rescan --offline"
    assert.equal(3, code)
    assert.matches("not a JSON report", err)
    for name in shell.capture("ls " .. where):gmatch "%S+" do shell.write(where .. name, "[[") end
    assert.equal(5, (tarsier "rescan --offline"))
  end)

  it("rescans the images that are named, and no others", function()
    scan()
    local code, _, err = tarsier "rescan --offline nobodys:1"
    assert.equal(3, code)
    assert.matches("nobodys:1: not among the images", err)
    assert.equal(0, (tarsier(("rescan --offline oci:%s/app"):format(folder))))
  end)
end)
