-- Downloads from a server that misbehaves in every way that servers do. Whatever it does, the file that was there stays
-- until a whole and verified one takes its place.

local core = require "tarsier.core"
local shell = require "support.shell"
local stand_in = require "support.stand_in"

core.host.set_second(20)

local OLD, NEW = '{"old": true}', '{"new": "0123456789"}'
local folder, server, path

-- Starts a server with these answers for GET /feed.json.
local function serve(...)
  server = stand_in.start { ["GET /feed.json"] = { ... } }
  return server.url .. "/feed.json"
end

local function fetch(url, fields, options)
  local one = { url = url, path = path }
  for key, value in pairs(fields or {}) do one[key] = value end
  return core.download({ one }, options)[1]
end

local function there() return shell.read(path) end

local function parts() return shell.capture("ls " .. folder) end

local function failed(result, code, pattern)
  assert.equal(code, result.code, result.message)
  assert.matches(pattern, result.message)
  assert.equal(OLD, there())
end

local function base64_of(algorithm, text)
  shell.write(folder .. "/sum", text)
  local sum = shell.capture(("openssl dgst -%s -binary %s/sum | base64"):format(algorithm, folder))
  os.remove(folder .. "/sum")
  return sum
end

describe("a download", function()
  if not stand_in.available() then return pending(stand_in.needs) end

  before_each(function()
    folder = shell.folder()
    path = folder .. "/feed.json"
    shell.write(path, OLD)
  end)
  after_each(function()
    if server then server:stop() end
    server = nil
    shell.remove(folder)
  end)

  it("replaces the file and tells the server's name of its version", function()
    local result = fetch(serve { body = NEW, headers = { ETag = '"7"',
      ["Last-Modified"] = "Sat, 28 Nov 2026 10:00:00 GMT" } })
    assert.same({ status = 200, size = #NEW, received = #NEW, etag = '"7"',
      modified = "Sat, 28 Nov 2026 10:00:00 GMT" }, result)
    assert.equal(NEW, there())
    assert.equal("feed.json", parts())
  end)

  it("is not repeated if nothing has changed (304)", function()
    local url = serve { status = 304, headers = { ETag = '"7"' } }
    local result = fetch(url, { etag = '"7"', modified = "Sat, 28 Nov 2026 10:00:00 GMT" })
    assert.equal(304, result.status)
    assert.is_nil(result.message)
    assert.equal(OLD, there())
    assert.equal("feed.json", parts())
    local headers = server:requests()[1].headers
    assert.equal('"7"', headers["If-None-Match"])
    assert.equal("Sat, 28 Nov 2026 10:00:00 GMT", headers["If-Modified-Since"])
  end)

  it("keeps a name of a version that has room, and none that has not", function()
    for length, kept in pairs { [255] = true, [256] = false } do
      local tag = '"' .. ("7"):rep(length - 2) .. '"'
      local result = fetch(serve { body = NEW, headers = { ETag = tag } })
      assert.equal(kept and tag or nil, result.etag, length)
      server:stop()
      server = nil
    end
  end)

  it("fails if 304 answers a request that did not ask for it", function()
    failed(fetch(serve { status = 304 }), "IO", "HTTP 304")
  end)

  it("goes on where a connection broke, with the same version", function()
    local half = #NEW // 2
    local url = serve({ body = NEW, cut = true, headers = { ETag = '"7"' } },
      { status = 206, body = NEW:sub(half + 1),
        headers = { ETag = '"7"', ["Content-Range"] = ("bytes %d-%d/%d"):format(half, #NEW - 1, #NEW) } })
    local result = fetch(url)
    assert.equal(200, result.status, result.message)
    assert.equal(NEW, there())
    local second = server:requests()[2].headers
    assert.equal(("bytes=%d-"):format(half), second.Range)
    assert.equal('"7"', second["If-Range"])
    assert.equal(#NEW, result.received)
  end)

  it("counts what is asked for again once", function()
    local totals = {}
    local function watched(...)
      local total
      local result = fetch(serve(...), nil, { on_progress = function(_, all) total = all end })
      assert.equal(200, result.status, result.message)
      server:stop()
      server = nil
      totals[#totals + 1] = total
    end
    local half = #NEW // 2
    local cut = { body = NEW, cut = true, headers = { ETag = '"7"' } }
    watched { body = NEW }
    watched(cut, { status = 206, body = NEW:sub(half + 1),
      headers = { ETag = '"7"', ["Content-Range"] = ("bytes %d-%d/%d"):format(half, #NEW - 1, #NEW) } })
    watched(cut, { body = NEW })
    watched(cut, { status = 503 }, { body = NEW })
    assert.same({ #NEW, #NEW, #NEW + half, #NEW + half }, totals)
  end)

  it("goes on in a later call", function()
    shell.write(path .. ".part", NEW:sub(1, 4))
    shell.write(path .. ".part.tag", '"7"')
    local result = fetch(serve { status = 206, body = NEW:sub(5),
      headers = { ["Content-Range"] = ("bytes 4-%d/%d"):format(#NEW - 1, #NEW) } })
    assert.equal(#NEW, result.size, result.message)
    assert.equal(#NEW - 4, result.received)
    assert.equal(NEW, there())
    assert.equal("feed.json", parts())
  end)

  it("begins again if what was begun is no longer the server's (200 for a range)", function()
    shell.write(path .. ".part", "something else that is longer than the file")
    shell.write(path .. ".part.tag", '"6"')
    local result = fetch(serve { body = NEW, headers = { ETag = '"7"' } })
    assert.equal(200, result.status, result.message)
    assert.equal(NEW, there())
  end)

  it("begins again after 416 and after 412", function()
    for _, status in ipairs { 416, 412 } do
      shell.write(path .. ".part", NEW .. "and more")
      shell.write(path .. ".part.tag", '"7"')
      local result = fetch(serve({ status = status }, { body = NEW }))
      assert.equal(200, result.status, result.message)
      assert.equal(NEW, there())
      assert.is_nil(server:requests()[2].headers.Range)
      server:stop()
      server = nil
    end
  end)

  it("begins again if another part came than it asked for", function()
    shell.write(path .. ".part", NEW:sub(1, 4))
    shell.write(path .. ".part.tag", '"7"')
    local result = fetch(serve({ status = 206, body = NEW,
      headers = { ["Content-Range"] = ("bytes 0-%d/%d"):format(#NEW - 1, #NEW) } },
      { body = NEW }))
    assert.equal(200, result.status, result.message)
    assert.equal(NEW, there())
  end)

  it("does not go on with a part of an unknown version", function()
    shell.write(path .. ".part", "????")
    local result = fetch(serve { body = NEW })
    assert.equal(200, result.status, result.message)
    assert.is_nil(server:requests()[1].headers.Range)
    assert.equal(NEW, there())
  end)

  it("fails if it is cut every time", function()
    failed(fetch(serve { body = NEW, cut = true }), "IO", "/feed.json: ")
  end)

  it("fails if the length is wrong", function()
    failed(fetch(serve { body = NEW, length = #NEW + 9 }), "IO", "/feed.json: ")
    assert.equal(5, #server:requests())
  end)

  it("is cut at the length that was promised, which a digest tells", function()
    failed(fetch(serve { body = NEW, length = #NEW - 3, headers = { ["Content-MD5"] = base64_of("md5", NEW) } }),
      "DIGEST", "altered or damaged")
  end)

  it("fails if a digest that the server sends is another one", function()
    local md5, sha256 = base64_of("md5", "x"), base64_of("sha256", "x")
    for _, headers in ipairs { { ["X-Goog-Hash"] = "crc32c=AAAAAA==,md5=" .. md5 }, { ["Content-MD5"] = md5 },
      { ["Repr-Digest"] = ("sha-256=:%s:"):format(sha256) }, { Digest = "SHA-256=" .. sha256 } } do
      failed(fetch(serve { body = NEW, headers = headers }), "DIGEST", "altered or damaged on its way")
      assert.equal("feed.json", parts())
      server:stop()
      server = nil
    end
  end)

  it("verifies a digest that is right", function()
    local headers = { ["X-Goog-Hash"] = "crc32c=AAAAAA==,md5=" .. base64_of("md5", NEW),
      ["Repr-Digest"] = ("sha-256=:%s:"):format(base64_of("sha256", NEW)) }
    assert.equal(200, fetch(serve { body = NEW, headers = headers }).status)
  end)

  it("fails for a web page with 200, by its type and by its bytes", function()
    local page = "<!DOCTYPE html><html><title>Log in</title></html>"
    failed(fetch(serve { body = "please log in", headers = { ["Content-Type"] = "text/html; charset=utf-8" } }),
      "FORMAT", "web page")
    server:stop()
    failed(fetch(serve { body = page }), "FORMAT", "web page")
    assert.equal("feed.json", parts())
    assert.equal(1, #server:requests())
  end)

  it("fails for an empty file and for an answer without one", function()
    failed(fetch(serve { body = "" }), "FORMAT", "the file is empty")
    server:stop()
    failed(fetch(serve { status = 204 }), "IO", "HTTP 204")
  end)

  it("waits after 429 as long as it is told, and gives up in the end", function()
    assert.equal(200, fetch(serve({ status = 429, headers = { ["Retry-After"] = "1" } }, { body = NEW })).status)
    server:stop()
    shell.write(path, OLD)
    failed(fetch(serve { status = 429, headers = { ["Retry-After"] = "30" } }), "IO", "HTTP 429 %(rate%-limited%)")
  end)

  it("retries after 503, and not after 403 and 404", function()
    assert.equal(200, fetch(serve({ status = 503 }, { body = NEW })).status)
    server:stop()
    shell.write(path, OLD)
    failed(fetch(serve { status = 403 }), "IO", "HTTP 403")
    server:stop()
    failed(fetch(serve { status = 404 }), "NOT_FOUND", "HTTP 404")
    assert.equal(1, #server:requests())
  end)

  it("follows a redirect, and not one that leads to no web server", function()
    server = stand_in.start { ["GET /feed.json"] = { { status = 302, headers = { Location = "/moved.json" } } },
      ["GET /moved.json"] = { { body = NEW } }, ["GET /out"] = { { status = 302,
        headers = { Location = "file:///etc/passwd" } } } }
    assert.equal(200, fetch(server.url .. "/feed.json").status)
    assert.equal(NEW, there())
    shell.write(path, OLD)
    local result = fetch(server.url .. "/out")
    assert.equal("IO", result.code)
    assert.equal(OLD, there())
  end)

  it("gives up a server that stands still", function()
    core.host.set_second(20, 20)
    finally(function() core.host.set_second(20) end)
    failed(fetch(serve { ["repeat"] = "x", times = 3000, drip = { size = 1000, every = 3 } }), "IO", "stalled")
  end)

  it("has a limit", function()
    failed(fetch(serve { body = NEW }, { limit = 5 }), "LIMIT", "larger than its limit")
    assert.equal("feed.json", parts())
  end)

  it("fails where nobody answers", function()
    failed(fetch "http://127.0.0.1:1/feed.json", "IO", "127.0.0.1:1")
  end)

  it("takes no folder's place", function()
    local url = serve { body = NEW }
    shell.capture(("mkdir %s/taken"):format(folder))
    local result = fetch(url, { path = folder .. "/taken" })
    assert.equal("IO", result.code, result.message)
    assert.matches("^writing .*/taken: Is a directory$", result.message)
  end)

  it("leaves everything as it is on a full disk", function()
    if shell.capture "id -u" ~= "0" then return pending "needs root, to mount a small disk" end
    local disk = folder .. "/disk"
    if not os.execute(("mkdir %s && mount -t tmpfs -o size=16k tmpfs %s 2>/dev/null"):format(disk, disk)) then
      return pending "needs the right to mount a small disk"
    end
    path = disk .. "/feed.json"
    shell.write(path, OLD)
    local result = fetch(serve { ["repeat"] = "x", times = 100000 })
    local kept, files = there(), shell.capture("ls " .. disk)
    os.execute("umount " .. disk)
    assert.equal("IO", result.code)
    assert.matches("No space left", result.message)
    assert.equal(OLD, kept)
    assert.equal("feed.json", files)
  end)

  it("fetches several at once, and tells how far they are", function()
    local script, list, most = {}, {}, 0
    for i = 1, 4 do
      script["GET /" .. i] = { { body = NEW .. i, together = 4 } }
    end
    server = stand_in.start(script)
    for i = 1, 4 do list[i] = { url = server.url .. "/" .. i, path = ("%s/%d"):format(folder, i) } end
    list[5] = { url = server.url .. "/none", path = folder .. "/none" }
    local results = core.download(list, { parallel = 4, on_progress = function(done) most = math.max(most, done) end })
    for i = 1, 4 do
      assert.equal(200, results[i].status)
      assert.equal(NEW .. i, shell.read(list[i].path))
    end
    assert.equal("NOT_FOUND", results[5].code)
    assert.equal(4 * (#NEW + 1), most)
  end)

  it("ends with an error of its listener", function()
    local url = serve { body = NEW, delay = 0.5 }
    assert.has_error(function() fetch(url, nil, { on_progress = function() error("stop", 0) end }) end, "stop")
  end)

  it("refuses options that it does not know", function()
    assert.error_matches(function() core.download { { url = "http://x", pth = "y" } } end, "pth")
    assert.error_matches(function() core.download { { url = "http://x" } } end, "a url and a path")
    assert.same({}, core.download {})
  end)
end)
