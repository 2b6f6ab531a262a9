-- Updates of a database from a mirror on loopback: what is fetched, and what a server that misbehaves can change.

local core = require "tarsier.core"
local feed_server = require "support.feed_server"
local gzip = require "tarsier.probe".streams.gzip
local json = require "tarsier.json"
local shell = require "support.shell"
local stand_in = require "support.stand_in"
local state = require "tarsier.update.state"
local update = require "tarsier.update"

core.host.set_second(20)

local record = feed_server.record
local T1, T2, T3 = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
local NOW = state.time "2026-03-02T00:00:00Z"
local ZIP, LIST, KEV, EPSS = "/osv/npm/all.zip", "/osv/npm/modified_id.csv",
  "/kev/known_exploited_vulnerabilities.json",
  "/epss/epss_scores-current.csv.gz"

local folder, feeds, database, server

local function stop()
  if server then server:stop() end
  server = nil
end

local function run(fields)
  local request = { database = database, families = { "npm" }, mirror = server and server.url, now = NOW }
  for key, value in pairs(fields or {}) do request[key] = value end
  return update.run(request)
end

local function outcomes(result)
  local list = {}
  for i, file in ipairs(result.files) do list[i] = file.outcome end
  return table.concat(list, " ")
end

local function ids()
  return (shell.capture(("sqlite3 %s 'SELECT id FROM advisory ORDER BY id'"):format(database)):gsub("\n", " "))
end

local function two() return { record("GHSA-a", T1, "npm", "left", "1.0.1"), record("GHSA-b", T2, "npm", "right",
  "2.0.0") } end

local function three()
  local list = two()
  list[3] = record("GHSA-c", T3, "npm", "up", "3.0.0")
  return list
end

-- The database of two records, fetched from a first server.
local function first()
  feed_server.write(feeds, "npm", two())
  feed_server.scores(feeds, "2026-02-01")
  server = feed_server.serve(feeds)
  local result = assert(run())
  stop()
  return result
end

-- Another server, with the third record as well.
local function later(changes, options)
  feed_server.write(feeds, "npm", three(), options)
  server = feed_server.serve(feeds, changes)
end

-- Runs with one file that is not to be used; the old database must stand, or take only the rest.
local function refuses(result, index, code, pattern)
  local file = result.files[index]
  assert.equal("failed", file.outcome)
  assert.equal(code, file.code)
  assert.matches(pattern, file.message)
end

describe("an update", function()
  if not stand_in.available() then return pending(stand_in.needs) end
  if not shell.has "sqlite3" then return pending "needs sqlite3: apt-get install sqlite3" end

  before_each(function()
    folder = shell.folder()
    feeds, database = folder .. "/feeds", folder .. "/v.db"
    require "tarsier.place".cache = function() return folder .. "/cache" end
  end)
  after_each(function()
    stop()
    shell.remove(folder)
  end)

  it("fetches everything the first time", function()
    local result = first()
    assert.equal("changed changed changed", outcomes(result))
    assert.equal("GHSA-a GHSA-b", ids())
    local info = core.database(database)
    assert.equal("2026-02-01", info.kev_date)
    assert.equal("2026-02-01", info.epss_date)
    local known = state.sources(info)
    assert.equal(T2, known["osv/npm/all.zip"].upto)
    assert.matches("^http://127.0.0.1:%d+/osv/npm/all.zip$", known["osv/npm/all.zip"].from)
    assert.equal("2026-03-02T00:00:00Z", known["kev/known_exploited_vulnerabilities.json"].fetched)
    assert.same({}, shell.list(folder .. "/cache"))
  end)

  it("fetches only the records that changed", function()
    first()
    later()
    local result = assert(run())
    assert.equal("changed", result.files[1].outcome)
    assert.equal(1, result.files[1].records)
    assert.equal("GHSA-a GHSA-b GHSA-c", ids())
    assert.is_nil(feed_server.asked(server):find(ZIP, 1, true))
    assert.is_truthy(feed_server.asked(server):find("/osv/npm/GHSA-c.json", 1, true))
    assert.equal(T3, state.sources(core.database(database))["osv/npm/all.zip"].upto)
  end)

  it("changes nothing if nothing is new", function()
    first()
    server = feed_server.serve(feeds, { [KEV] = { { status = 304 } }, [EPSS] = { { status = 304 } } })
    -- Another server: its files are not those that were known, but it says so.
    local before = core.database(database)
    local note = before.note:gsub("http://127.0.0.1:%d+", server.url)
    assert(core.import(database, { database }, { note = note }))
    local bytes = shell.read(database)
    local result = assert(run())
    assert.equal("unchanged unchanged unchanged", outcomes(result), result.files[2].message)
    assert.equal(bytes, shell.read(database))
    assert.equal(table.concat({ EPSS, KEV, LIST }, " "), feed_server.asked(server))
  end)

  it("takes a record's withdrawal", function()
    first()
    local list = two()
    list[1].modified, list[1].withdrawn = T3, T3
    feed_server.write(feeds, "npm", list)
    server = feed_server.serve(feeds)
    assert(run())
    assert.equal("GHSA-b", ids())
  end)

  it("fetches the archive if a mirror has no single records", function()
    first()
    later(nil, { no_records = true })
    assert.equal("changed", assert(run()).files[1].outcome)
    assert.equal("GHSA-a GHSA-b GHSA-c", ids())
  end)

  it("fetches the archive if there is no list of changes, or not such a list", function()
    first()
    for _, list in ipairs { { status = 404 }, { body = "id,modified\n" }, { body = ("%s,X\n%s,Y\n"):format(T1,
      T2) } } do
      later { [LIST] = { list } }
      assert.equal("changed", assert(run()).files[1].outcome)
      assert.is_truthy(feed_server.asked(server):find(ZIP, 1, true))
      stop()
    end
  end)

  it("fetches the archive again after a month", function()
    first()
    later()
    assert(run { now = NOW + 31 * 86400 })
    assert.is_truthy(feed_server.asked(server):find(ZIP, 1, true))
  end)

  it("asks no publisher twice within the time that an answer is good for", function()
    first()
    later()
    assert.equal("fresh fresh fresh", outcomes(assert(run { fresh_for = 6 * 3600, now = NOW + 3600 })))
    assert.equal("", feed_server.asked(server))
    local result = assert(run { fresh_for = 6 * 3600, now = NOW + 3600, families = { "npm", "PyPI" } })
    assert.equal("failed", result.files[2].outcome)
    assert.is_nil(feed_server.asked(server):find("npm", 1, true))
    assert.equal("changed", assert(run { fresh_for = 6 * 3600, now = NOW + 7 * 3600 }).files[1].outcome)
  end)

  it("keeps the old database and imports the rest if an archive is", function()
    first()
    feed_server.scores(feeds, "2026-02-02")
    local page = { body = "<html><title>502</title></html>" }
    local zip = feeds .. ZIP
    local cases = {
      { "cut", { file = zip, cut = true }, "IO", "all.zip" },
      { "of the wrong length", { file = zip, length = 100000 }, "IO", "all.zip" },
      { "a web page", page, "FORMAT", "web page" },
      { "a refusal", { status = 403 }, "IO", "HTTP 403" },
      { "rate-limited", { status = 429 }, "IO", "429" },
      { "another file", { body = "hello" }, "FORMAT", "all.zip" },
      { "older", { file = zip, headers = { ["Last-Modified"] = "Thu, 01 Jan 2015 00:00:00 GMT" } }, "OLDER",
        "older than what is known" },
    }
    local known = state.sources(core.database(database))
    known["osv/npm/all.zip"].modified = "Thu, 01 Jan 2026 00:00:00 GMT"
    assert(core.import(database, { database }, { note = state.note(known) }))
    for _, case in ipairs(cases) do
      later { [LIST] = { { status = 404 } }, [ZIP] = { case[2] } }
      local result = assert(run(), case[1])
      refuses(result, 1, case[3], case[4])
      assert.equal(1, result.failed)
      assert.equal("GHSA-a GHSA-b", ids(), case[1])
      assert.equal("2026-02-02", core.database(database).kev_date)
      for _, path in ipairs(shell.list(folder .. "/cache")) do assert.is_nil(path:find "%.zip$") end
      stop()
    end
  end)

  it("keeps the old database if an archive was altered on its way", function()
    first()
    later { [LIST] = { { status = 404 } } }
    local bytes = shell.read(feeds .. ZIP)
    local half = #bytes // 4
    shell.write(feeds .. ZIP, bytes:sub(1, half) .. string.char(bytes:byte(half + 1) ~ 255) .. bytes:sub(half + 2))
    local before = ids()
    local result = assert(run())
    assert.equal("failed", result.files[1].outcome)
    assert.equal(before, ids())
  end)

  it("keeps KEV and EPSS if their files are bad, and takes the records", function()
    first()
    later { [KEV] = { { body = '{"title": "CISA Catalog of Known Exploited Vulnerabilities", "vulner' } },
      [EPSS] = { { body = "hello" } } }
    local result = assert(run())
    assert.equal("changed failed failed", outcomes(result))
    assert.equal("GHSA-a GHSA-b GHSA-c", ids())
    assert.equal("2026-02-01", core.database(database).kev_date)
  end)

  it("asks the mirror that a source names if its publisher does not answer", function()
    local epss = require "tarsier.sources.epss"
    local files = epss.files
    first()
    feed_server.scores(feeds, "2026-02-09")
    later()
    finally(function() epss.files = files end)
    local osv, kev = require "tarsier.sources.osv", require "tarsier.sources.kev"
    local osv_files, kev_files = osv.files, kev.files
    finally(function() osv.files, kev.files, epss.files = osv_files, kev_files, files end)
    osv.files, kev.files = function() return {} end, function() return {} end
    epss.files = function() return { { path = EPSS:sub(2), url = "http://127.0.0.1:1/none", mirrors = { server.url
      .. EPSS } } } end
    local result = assert(update.run { database = database, families = {}, now = NOW })
    assert.equal("changed", outcomes(result))
    assert.same({ is_offline = false, failed = 0 }, { is_offline = result.is_offline, failed = result.failed })
    assert.is_nil(result.files[1].message)
    assert.equal("2026-02-09", core.database(database).epss_date)
  end)

  it("says if no server answers, after one attempt for each host", function()
    first()
    local before = shell.read(database)
    local result = assert(run { mirror = "http://127.0.0.1:1", families = { "npm", "PyPI", "Go" } })
    assert.is_true(result.is_offline)
    assert.equal(before, shell.read(database))
  end)

  it("does not wait for another process's update", function()
    first()
    local lock <close> = assert(core.lock(database .. ".lock")) -- luacheck: ignore
    local result, message, code = run { mirror = feeds }
    assert.is_nil(result)
    assert.equal("BUSY", code)
    assert.matches("another process is updating it", message)
  end)

  it("takes a folder as a mirror, and its files once", function()
    feed_server.write(feeds, "npm", two())
    feed_server.scores(feeds, "2026-02-01")
    assert.equal("changed changed changed", outcomes(assert(run { mirror = feeds })))
    assert.equal("unchanged unchanged unchanged", outcomes(assert(run { mirror = "file://" .. feeds })))
    feed_server.write(feeds, "npm", three())
    assert.equal("changed", assert(run { mirror = feeds }).files[1].outcome)
    assert.equal("GHSA-a GHSA-b GHSA-c", ids())
    assert.equal("IO", assert(run { mirror = feeds, families = { "npm", "PyPI" } }).files[2].code == "NOT_FOUND"
      and "IO")
  end)

  -- Alpine's own database, which is asked for; every other release is not there.
  local function secdb(fixes)
    local place = feeds .. "/alpine-secdb/v3.20"
    shell.make(place)
    shell.write(place .. "/main.json", json.encode { distroversion = "v3.20", reponame = "main",
      urlprefix = "https://dl-cdn.alpinelinux.org/alpine", apkurl = "{{urlprefix}}", archs = json.array { "x86_64" },
      packages = json.array { { pkg = { name = "busybox", secfixes = { ["1.36-r1"] = json.array(fixes) } } } } })
  end

  it("leaves nothing of a file that replaces what it said before", function()
    feed_server.write(feeds, "npm", two())
    feed_server.write(feeds, "Alpine", { record("ALPINE-CVE-2026-0005", T1, "Alpine:v3.20", "zlib", "1.3-r1") })
    feed_server.scores(feeds, "2026-02-01")
    secdb { "CVE-2026-0001", "CVE-2026-0002" }
    server = feed_server.serve(feeds)
    local families = { "Alpine", "npm" }
    local result = assert(run { families = families, extras = { "secdb" } })
    assert.equal(0, result.failed)
    local before = ids()
    assert.is_truthy(before:find("CVE%-2026%-0001") and before:find("CVE%-2026%-0002"), before)
    stop()
    secdb { "CVE-2026-0001" }
    server = feed_server.serve(feeds)
    result = assert(run { families = families }) -- it belongs to the database now
    assert.equal(0, result.failed)
    local now = ids()
    assert.is_truthy(now:find("CVE%-2026%-0001"), now)
    assert.is_nil(now:find("CVE%-2026%-0002"), now)
    assert.is_truthy(now:find "ALPINE%-CVE%-2026%-0005" and now:find "GHSA%-a GHSA%-b", now)
    local info = core.database(database)
    assert.equal("2026-02-01", info.epss_date)
    for _, feed in ipairs(info.feeds) do
      if feed.name == "EPSS" or feed.name == "KEV" then assert.equal(1, feed.records) end
    end
  end)

  it("keeps the old database if not all of an ecosystem that is fetched anew can be had", function()
    feed_server.write(feeds, "Alpine", { record("ALPINE-CVE-2026-0005", T1, "Alpine:v3.20", "zlib", "1.3-r1") })
    feed_server.scores(feeds, "2026-02-01")
    secdb { "CVE-2026-0001", "CVE-2026-0002" }
    server = feed_server.serve(feeds)
    assert(run { families = { "Alpine" }, extras = { "secdb" } })
    local before = shell.read(database)
    stop()
    secdb { "CVE-2026-0001" }
    server = feed_server.serve(feeds, { ["/osv/Alpine/all.zip"] = { { status = 503 } } })
    local result, message = run { families = { "Alpine" } }
    assert.is_nil(result)
    assert.matches("HTTP 503", message)
    assert.equal(before, shell.read(database))
  end)

  -- Red Hat's VEX: an archive whose name changes, and a list of the documents that changed since.
  local RED_HAT = "/redhat/csaf/v2/vex/"
  local function vex(cve, day)
    local text = shell.read "tests/data/feeds/redhat-vex/cve-2024-1001.json"
    return (text:gsub("CVE%-2024%-1001", cve):gsub("2024%-02%-01", day))
  end
  local function red_hat(name, list)
    local place = feeds .. RED_HAT
    shell.capture(("mkdir -p %s2024 && rm -f %s*.tar.*"):format(place, place))
    shell.write(place .. "2024/cve-2024-2001.json", vex("CVE-2024-2001", "2026-02-01"))
    shell.capture(("cd %s && tar -cJf %s.tar.xz 2024"):format(place, name))
    shell.write(place .. "archive_latest.txt", name .. ".tar.xz\n")
    shell.write(place .. "changes.csv", list)
  end
  local LISTED = '"2024/cve-2024-2001.json","2026-02-01T10:17:22+00:00"\n'

  it("takes an archive whose name changes, then the documents that changed, and keeps the others", function()
    feed_server.write(feeds, "Red Hat", { record("RHSA-2024:9", T1, "Red Hat:enterprise_linux:9::baseos", "x", "1") })
    feed_server.scores(feeds, "2026-02-01")
    red_hat("csaf_vex_2026-02-01", LISTED)
    server = feed_server.serve(feeds)
    local result = assert(run { families = { "Red Hat" }, extras = { "redhat" } })
    assert.equal(0, result.failed)
    assert.matches("REDHAT%-CVE%-2024%-2001", ids())
    stop()
    shell.write(feeds .. RED_HAT .. "2024/cve-2024-2002.json", vex("CVE-2024-2002", "2026-03-01"))
    shell.write(feeds .. RED_HAT .. "changes.csv", '"2024/cve-2024-2002.json","2026-03-01T10:17:22+00:00"\n' .. LISTED)
    server = feed_server.serve(feeds)
    result = assert(run { families = { "Red Hat" } })
    assert.equal(0, result.failed)
    local asked = feed_server.asked(server)
    assert.is_nil(asked:find "tar.xz")
    assert.matches("cve%-2024%-2002.json", asked)
    assert.matches("REDHAT%-CVE%-2024%-2001.*REDHAT%-CVE%-2024%-2002", ids())
    stop()
    server = feed_server.serve(feeds)
    result = assert(run { families = { "Red Hat" } })
    assert.same({ "redhat", "unchanged" }, { result.files[4].source, result.files[4].outcome })
    stop()
    -- A month later all of it is fetched again, without what was deleted.
    os.remove(feeds .. RED_HAT .. "2024/cve-2024-2002.json")
    red_hat("csaf_vex_2026-04-05", LISTED)
    server = feed_server.serve(feeds)
    result = assert(run { families = { "Red Hat" }, now = NOW + 40 * 86400 })
    assert.equal(0, result.failed)
    assert.matches("REDHAT%-CVE%-2024%-2001", ids())
    assert.is_nil(ids():find "REDHAT%-CVE%-2024%-2002")
    assert.matches("RHSA%-2024:9", ids())
  end)

  for title, name in pairs { ["a path"] = "../../etc/passwd", ["nothing"] = "", ["a page"] = ("<html>"):rep(1000) } do
    it("takes no archive if its name is " .. title, function()
      feed_server.write(feeds, "Red Hat", { record("RHSA-2024:9", T1, "Red Hat:enterprise_linux:9::baseos", "x", "1") })
      feed_server.scores(feeds, "2026-02-01")
      red_hat("csaf_vex_2026-02-01", LISTED)
      shell.write(feeds .. RED_HAT .. "archive_latest.txt", name)
      for _, mirror in ipairs { false, feeds } do
        if not mirror then server = feed_server.serve(feeds) end
        local result = assert(run { families = { "Red Hat" }, extras = { "redhat" }, mirror = mirror or nil })
        local file = result.files[4]
        assert.same({ "redhat", "failed", "FORMAT" }, { file.source, file.outcome, file.code })
        assert.matches("archive_latest.txt: not the name of an archive", file.message, 1, true)
        stop()
      end
    end)
  end

  it("takes ends of support for the ecosystems that are asked for", function()
    feed_server.scores(feeds, "2026-02-01")
    feed_server.write(feeds, "Debian", { record("DEBIAN-CVE-2026-0005", T1, "Debian:12", "zlib", "1.3-1") })
    shell.capture(("mkdir -p %s/eol/api && cp tests/data/feeds/endoflife/debian.json %s/eol/api/"):format(feeds, feeds))
    server = feed_server.serve(feeds)
    local result = assert(run { families = { "Debian" }, extras = { "endoflife" } })
    assert.equal(0, result.failed)
    assert.equal("debian\t12\t2026-01-31\t2029-01-31\n", (shell.capture(("sqlite3 %s \"SELECT value FROM meta WHERE key='ends'\"")
      :format(database)):gsub("\n\n$", "\n")))
  end)

  -- Repositories of rpm packages: what changes is where their updateinfo.xml lies.
  describe("of a repository", function()
    local amazon = require "tarsier.sources.amazon"
    local files = amazon.files
    after_each(function() amazon.files = files end)

    local function repository(list, repomd)
      local place = feeds .. "/repository/repodata"
      shell.make(place)
      shell.write(feeds .. "/mirror.list", list)
      shell.write(place .. "/repomd.xml", repomd)
      shell.write(place .. "/ab12-updateinfo.xml.gz", gzip(shell.read "tests/data/feeds/updateinfo/updateinfo.xml"))
      feed_server.scores(feeds, "2026-02-01")
      shell.make(feeds .. "/osv/Amazon Linux")
      server = feed_server.serve(feeds, { ["/repository/repodata/ab12-updateinfo.xml.gz"] = {
        { file = place .. "/ab12-updateinfo.xml.gz", headers = { ETag = '"a"' } }, { status = 304 } } })
      shell.write(feeds .. "/mirror.list", (list:gsub("@", server.url)))
      amazon.files = function()
        return { { path = "amazon/updateinfo_2.xml.gz", family = "Amazon Linux", url = server.url .. "/mirror.list",
          repository = server.url .. "/mirror.list" } }
      end
    end
    local function of_amazon()
      local known = {}
      for _, name in ipairs { "kev", "epss" } do
        local source = require("tarsier.sources." .. name)
        known[source] = source.files
        source.files = function() return {} end
      end
      local result, message = run { families = { "Amazon Linux" }, mirror = false }
      for source, before in pairs(known) do source.files = before end
      return result and result.files[1], message
    end
    local REPOMD = '<repomd><data type="primary"><location href="repodata/p"/></data><data type="updateinfo">\n'
      .. '<checksum type="sha256">ab</checksum><location href="repodata/ab12-updateinfo.xml.gz"/></data></repomd>'

    it("takes the updateinfo.xml that it names", function()
      repository("@/repository/\nhttps://other.example/\n", REPOMD)
      local file, message = of_amazon()
      assert.equal("changed", file and file.outcome, message or (file and file.message))
      assert.matches("ALAS2%-2024%-1", ids())
      assert.equal("unchanged", of_amazon().outcome)
      local asked = server:requests()
      assert.equal('"a"', asked[#asked].headers["If-None-Match"] or asked[#asked].headers["if-none-match"])
    end)
    for words, case in pairs {
      ["not a list of mirrors"] = { "<html>", REPOMD }, ["names no updateinfo.xml"] = { "@/repository\n", "<repomd/>" },
      ["repomd.xml: it names no"] = { "@/repository\n", (REPOMD:gsub("repodata/ab12", "../../x")) },
      ["HTTP 404"] = { "@/none/\n", REPOMD }, ["mirror.list: not a list"] = { ("x"):rep(3 << 20), REPOMD },
    } do
      it("fails on one that is hostile: " .. words, function()
        repository(case[1], case[2])
        local file = of_amazon()
        assert.equal("failed", file.outcome)
        assert.truthy(file.message:find(words, 1, true), file.message)
      end)
    end
  end)

  it("takes publishers' own feeds where OSV has none", function()
    feed_server.scores(feeds, "2026-02-01")
    shell.capture(("mkdir -p %s/oracle %s/azurelinux %s/arch && bzip2 -c tests/data/feeds/oval/oracle.xml "
      .. ">%s/oracle/com.oracle.elsa-all.xml.bz2 && cp tests/data/feeds/arch/all.json %s/arch/ && "
      .. "cp tests/data/feeds/oval/azurelinux-3.0-oval.xml %s/azurelinux/ && sed 's/com.microsoft.azurelinux/com.microsoft"
      .. ".cbl-mariner/' tests/data/feeds/oval/azurelinux-3.0-oval.xml >%s/azurelinux/cbl-mariner-2.0-oval.xml")
      :gsub("%%s", feeds))
    server = feed_server.serve(feeds)
    local result = assert(run { families = { "Arch Linux", "Azure Linux", "Oracle Linux" } })
    assert.equal(0, result.failed)
    assert.same({ "Arch Linux", "Azure Linux:2", "Azure Linux:3", "Oracle Linux:8", "Oracle Linux:9" },
      core.database(database).ecosystems)
  end)

  it("leaves the old database on a full disk", function()
    local disk = folder .. "/disk"
    if not os.execute(("mkdir %s && mount -t tmpfs -o size=400k tmpfs %s 2>/dev/null"):format(disk, disk)) then
      return pending "needs the right to mount a small disk"
    end
    finally(function() os.execute("umount " .. disk) end)
    first()
    assert(core.import(disk .. "/v.db", { database }))
    database = disk .. "/v.db"
    local before = shell.read(database)
    later()
    shell.capture(("dd if=/dev/zero of=%s/filler bs=1k count=400 2>/dev/null; true"):format(disk))
    local result, message = run()
    assert.is_nil(result)
    assert.is_truthy(message)
    assert.equal(before, shell.read(database))
    assert.is_nil(shell.capture("ls -A " .. disk):find "next")
  end)

  it("is not led astray by what a database's note says", function()
    first()
    for _, note in ipairs { "", "[]", "{", '{"sources":5}',
      '{"sources":{"osv/npm/all.zip":{"etag":7,"upto":"x\\r\\nEvil: 1","from":{}}}}' } do
      assert(core.import(database, { database }, { note = note }))
      later()
      assert.equal("changed", assert(run()).files[1].outcome, note)
      stop()
    end
  end)

  it("keeps the old database if it is killed at any step", function()
    first()
    later()
    local script = folder .. "/run.lua"
    shell.write(script, ([[
      local place = require "tarsier.place"
      place.cache = function() return %q end
      require "tarsier.update".run { database = %q, families = { "npm" }, mirror = %q, now = %d }]]):format(
      folder .. "/cache", database, server.url, NOW))
    local good = { ["GHSA-a GHSA-b"] = true, ["GHSA-a GHSA-b GHSA-c"] = true }
    for i = 0, 11 do
      shell.capture(("timeout -s KILL 0.0%02d lua5.4 %s 2>&1; true"):format(i * 7 + 4, script))
      assert.is_truthy(good[ids()], ids())
    end
    assert(run())
    assert.equal("GHSA-a GHSA-b GHSA-c", ids())
  end)
end)

describe("an update's ages and dates", function()
  it("are read from RFC 3339 and from HTTP", function()
    assert.equal(0, state.time "1970-01-01T00:00:00Z")
    assert.equal(1795860000, state.time "2026-11-28T10:00:00Z")
    assert.equal(951782400, state.time "2000-02-29T00:00:00Z")
    assert.is_nil(state.time "yesterday")
    assert.equal("2026-11-28T10:00:00Z", state.http_time "Sat, 28 Nov 2026 10:00:00 GMT")
    assert.is_nil(state.http_time "Sat, 28 Foo 2026 10:00:00 GMT")
  end)

  it("count from the last time that a publisher of the database was asked", function()
    local info = { built = "2026-11-28T10:00:00Z", note = state.note { ["osv/npm/all.zip"] = {} } }
    local built = state.time(info.built)
    assert.equal(3600, state.age(info, {}, built + 3600))
    assert.equal(600, state.age(info, { ["osv/npm/all.zip"] = built + 3000 }, built + 3600))
    assert.equal(3600, state.age(info, { other = built + 3000 }, built + 3600))
    assert.is_nil(state.age({ built = "", note = "" }, {}, built))
  end)
end)
