-- A shared database on a web server: fetched when it changed, verified by the signature beside it, and never an older
-- one.

local core = require "tarsier.core"
local feed_server = require "support.feed_server"
local json = require "tarsier.json"
local shell = require "support.shell"
local stand_in = require "support.stand_in"
local share = require "tarsier.share"

core.host.set_second(20)

local folder, server
local T1, T2 = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"

local function import(name, records)
  local place = ("%s/%s.records"):format(folder, name)
  shell.capture("mkdir -p " .. place)
  for i, one in ipairs(records) do shell.write(("%s/%d.json"):format(place, i), json.encode(one)) end
  assert(core.import(folder .. "/" .. name, { place }))
end

local function serve(answers)
  if server then server:stop() end
  server = stand_in.start(answers)
  return server.url
end

local function take(reference, options)
  local given = { cache_dir = folder .. "/cache" }
  for key, value in pairs(options or {}) do given[key] = value end
  return share.database(reference, {}, given)
end

describe("a shared database on a web server", function()
  if not stand_in.available() then return pending(stand_in.needs) end

  before_each(function()
    folder = shell.folder()
    import("one.db", { feed_server.record("GHSA-a", T1, "npm", "left", "1.0.1") })
  end)
  after_each(function()
    if server then server:stop() end
    server = nil
    shell.remove(folder)
  end)

  it("is fetched once, plain or packed", function()
    assert(core.pack(folder .. "/one.db", folder .. "/one.db.zst"))
    for _, name in ipairs { "one.db", "one.db.zst" } do
      local url = serve { ["GET /db"] = { { file = folder .. "/" .. name, headers = { ETag = '"1"' } },
        { status = 304, headers = { ETag = '"1"' } } } } .. "/db"
      local got = assert(take(url))
      assert.equal(1, core.database(got.path).advisories)
      assert.is_true(got.bytes > 0)
      got = assert(take(url))
      assert.equal(0, got.bytes)
      assert.equal('"1"', server:requests()[2].headers["If-None-Match"])
    end
  end)

  it("is used from the cache while the server does not answer, or refuses", function()
    local url = serve { ["GET /db"] = { { file = folder .. "/one.db" }, { status = 500 } } } .. "/db"
    local path = assert(take(url)).path
    local got = assert(take(url))
    assert.equal(path, got.path)
    assert.matches("HTTP 500", got.unreachable)
    local none, _, code = take(server.url .. "/other")
    assert.is_nil(none)
    assert.equal("NOT_FOUND", code)
  end)

  it("is refused if it is none, and the one that is there stays", function()
    local url = serve { ["GET /db"] = { { file = folder .. "/one.db" }, { body = "hello" },
      { body = "<html>no</html>" }, { file = folder .. "/one.db", cut = true } } } .. "/db"
    local path = assert(take(url)).path
    local bytes = shell.read(path)
    for _ = 1, 2 do
      local got, message = take(url)
      assert.is_nil(got, message)
      assert.equal(bytes, shell.read(path))
    end
    assert.is_truthy(take(url).unreachable)
    assert.equal(bytes, shell.read(path))
  end)

  it("is refused if it is older than the last one, unless that is asked for", function()
    shell.capture "sleep 1.1"
    import("two.db", { feed_server.record("GHSA-b", T2, "npm", "left", "1.0.1") })
    local url = serve { ["GET /db"] = { { file = folder .. "/two.db" }, { file = folder .. "/one.db" } } } .. "/db"
    assert(take(url))
    local got, message, code = take(url)
    assert.is_nil(got)
    assert.equal("OLDER", code)
    assert.matches("somebody has put back an older one", message)
    assert(take(url, { allow_older = true }))
  end)

  it("is verified by the signature beside it", function()
    if not shell.has "minisign" then return pending "needs minisign: apt-get install minisign" end
    shell.capture(("cd %s && minisign -G -W -p pub -s sec >/dev/null && minisign -S -s sec -m one.db >/dev/null"):format(folder))
    local key = shell.read(folder .. "/pub")
    local url = serve { ["GET /db"] = { { file = folder .. "/one.db" } },
      ["GET /db.minisig"] = { { file = folder .. "/one.db.minisig" } }, ["GET /un"] = { { file = folder
        .. "/one.db" } },
      ["GET /bad"] = { { file = folder .. "/one.db" } },
        ["GET /bad.minisig"] = { { body = "untrusted comment: x\nAAAA\n" } } }
    assert(take(url .. "/db", { verify_key = key }))
    local got, message, code = take(url .. "/un", { verify_key = key })
    assert.is_nil(got)
    assert.equal("DIGEST", code)
    assert.matches("it is not signed", message)
    assert.is_nil((take(url .. "/bad", { verify_key = key })))
    -- What was taken without a key is not taken for verified.
    assert(take(url .. "/un"))
    assert.is_nil((take(url .. "/un", { verify_key = key })))
  end)
end)
