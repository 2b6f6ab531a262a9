-- Layers that Clair is to have from a registry: by its addresses and with its headers, and no layer server. The registry
-- is one by name here, and answers at another image's layer server; real ones are in clair_real_spec.lua.
local clair_v4 = require "support.clair_v4"
local images = require "support.images"
local json = require "tarsier.json"
local probe = require "tarsier.probe".clair
local process = require "support.clair.process"
local replay = require "support.clair_replay"

local SECRET = "c2VjcmV0LW9mLXRoZS1yZWdpc3RyeQ"

describe("layers in a registry", function()
  local folder, reference, registry, origin

  setup(function()
    folder = images.folder()
    local layout, layers = images.layout(), {}
    for i = 1, 3 do
      local tar = images.tar { { "opt/layer" .. i, "layer " .. i } }
      layers[i] = { tar = tar, blob = images.gzip(tar), type = images.types.gzip }
    end
    layout:add(layout:image { layers = layers }, "app")
    reference = "oci:" .. layout:write(folder .. "/image")
    local served
    registry, served = assert(probe.serve(reference, "127.0.0.1"))
    origin = served[1].url:match "^(.*/)"
  end)
  teardown(function()
    registry:stop()
    images.remove(folder)
    replay.finish()
  end)

  local function test(name, body)
    it(name, function()
      if not replay.has() then return pending "needs python3: apt-get install python3" end
      body()
    end)
  end

  local function scan(server, more)
    local options = { reference = reference, clair = server.url, origin = origin, secret = SECRET }
    for key, value in pairs(more or {}) do options[key] = value end
    return probe.scan_located(options)
  end

  local function fails(code, pattern, server, more)
    local told, message, found, rest = scan(server, more)
    assert.is_nil(told, "no error, and there should be: " .. pattern)
    assert.matches(pattern, message)
    assert.equal(code, found)
    assert.is_nil(message:find(SECRET, 1, true), message)
    return message, rest
  end

  local function v4(...)
    return clair_v4.script(clair_v4.report(), { ... })
  end
  local function post(rule)
    rule.method, rule.path = "POST", "/indexer/api/v1/index_report"
    return rule
  end
  local function fetch_error(words)
    return { code = "internal-error", message = "failed to start scan: failed to fetch layers: " .. words }
  end

  local NAMESPACES = { path = "/v1/namespaces", status = 200, body = { Namespaces = json.array { { Name = "debian:12" } } } }
  local function v1(...)
    return { rules = json.array { NAMESPACES, ... } }
  end
  local function v1_recorded(...)
    local script = v1(...)
    script.exchanges, script.chain = replay.recorded(), "rec-multi"
    script.rules[#script.rules + 1] = { method = "DELETE", path = "/v1/layers/.*", status = 200 }
    return script
  end

  test("v4: go by their addresses, each with its header, and none through us", function()
    local server <close> = replay.start(v4())
    local told = assert(scan(server))
    assert.same({ true, true, true, located = 3 }, told)
    local manifest = json.decode(server:requests("POST")[1].body)
    assert.equal(3, #manifest.layers)
    for i, layer in ipairs(manifest.layers) do
      assert.equal(origin .. layer.hash, layer.uri)
      assert.same({ Authorization = { "Bearer " .. SECRET .. i } }, layer.headers)
      assert.is_true((registry:sent(i))) -- it was fetched there
    end
  end)

  test("are not posted again if the scan is cancelled meanwhile", function()
    local server <close> = replay.start(v4(post { status = 429, headers = { ["Retry-After"] = "60" } }))
    fails("CANCELLED", "^cancelled$", server, { cancelling = 100 })
    assert.equal(1, #server:requests "POST")
  end)

  test("v1: go by their addresses, each asked for when it is posted", function()
    if not replay.recorded() then return pending "needs the recorded exchanges: set TARSIER_SHARED" end
    local five = images.layout()
    local layers = {}
    for i = 1, 5 do layers[i] = { tar = images.tar { { "opt/five" .. i, "layer " .. i } } } end
    five:add(five:image { layers = layers }, "app")
    local image = "oci:" .. five:write(folder .. "/five")
    local there <close>, served = assert(probe.serve(image, "127.0.0.1"))
    local server <close> = replay.start(v1_recorded())
    local told = assert(scan(server, { reference = image, origin = served[1].url:match "^(.*/)" }))
    assert.same({ true, true, true, true, true, located = 5 }, told)
    for i, request in ipairs(server:requests "POST") do
      local layer = json.decode(request.body).Layer
      assert.equal(served[i].url, layer.Path)
      assert.same({ Authorization = "Bearer " .. SECRET .. i }, layer.Headers)
      assert.is_true((there:sent(i)))
    end
  end)

  test("v1: are not asked for when the one below was refused", function()
    local server <close> = replay.start(v1(
      { method = "POST", path = "/v1/layers", status = 400, body = { Error = { Message = "could not find layer" } } },
      { method = "DELETE", path = ".*", status = 200 }))
    local _, rest = fails("BACKEND", "cannot fetch layer 1 of 3 from http://127.0.0.1:%d+/.*sha256:%x+ %(could not find "
      .. "layer%): Clair itself must be able to reach that registry.*%-%-layer%-host", server)
    assert.equal(1, rest.located)
  end)

  test("go through us where we are told how Clair knows us", function()
    for _, more in ipairs { { layer_host = "localhost" }, { layer_port = process.ports(1) } } do
      local server <close> = replay.start(v4())
      local told = assert(scan(server, more))
      assert.equal(0, told.located)
      for _, layer in ipairs(json.decode(server:requests("POST")[1].body).layers) do
        assert.matches("^http://localhost:%d+/%x+/" .. layer.hash, layer.uri)
        assert.is_nil(layer.headers)
      end
    end
  end)

  test("that Clair cannot fetch are told with the way out", function()
    local server <close> = replay.start(v4())
    local message = fails("BACKEND", "cannot fetch layer 1 of 3 from http://127.0.0.1:1/sha256:%x+ %(.*refused.*reach that "
      .. "registry and trust its certificate.*%-%-layer%-host HOST", server,
      { origin = "http://127.0.0.1:1/", seconds = 1 })
    assert.is_nil(message:find("name this machine", 1, true))
  end)

  test("v4: have new headers once the registry lets the old ones in no more", function()
    local refusal = post { status = 500, body = fetch_error "fetcher: unexpected status code: 401 Unauthorized" }
    refusal.times = 3 -- all that a second of patience gives
    local server <close> = replay.start(v4(refusal))
    local told = assert(scan(server, { seconds = 1 }))
    assert.equal(6, told.located)
    local posts = server:requests "POST"
    assert.equal(4, #posts)
    assert.same({ "Bearer " .. SECRET .. 1 }, json.decode(posts[3].body).layers[1].headers.Authorization)
    assert.same({ "Bearer " .. SECRET .. 4 }, json.decode(posts[4].body).layers[1].headers.Authorization)

    refusal.times = nil
    local never <close> = replay.start(v4(refusal))
    local _, rest = fails("BACKEND", "cannot fetch layer 1 of 3.*401 Unauthorized", never, { seconds = 1 })
    assert.equal(6, rest.located)
  end)

  test("on a loopback address are of no use to a Clair elsewhere", function()
    local server <close> = replay.start(v4())
    local elsewhere = { url = server.url:gsub("127%.0%.0%.1", "0.0.0.0") }
    for _, host in ipairs { "127.0.0.1:5000", "127.1.2.3", "localhost:5000", "LocalHost", "[::1]:5000" } do
      local address = "https://" .. host .. "/v2/app/blobs/"
      local message = fails("BACKEND", "^Clair at http://0.0.0.0:%d+ cannot fetch layers from ", elsewhere,
        { origin = address })
      assert.is_truthy(message:find("from https://" .. host .. ", ", 1, true), message)
      assert.matches("%-%-layer%-host HOST", message)
    end
    assert.equal(0, #server:requests "POST")
    assert(scan(elsewhere, { layer_host = "127.0.0.1" })) -- who says so knows better
  end)

  test("that a registry refuses are not posted", function()
    local server <close> = replay.start(v4())
    fails("IO", "^layer 1 of 3: the registry refuses$", server, { refusal = -3 })
    assert.equal(0, #server:requests "POST")
  end)

  local function typed(media_type)
    local layout = images.layout()
    local tar = images.tar { { "opt/file", media_type } }
    layout:add(layout:image { layers = { { tar = tar, blob = tar, type = media_type } } }, "app")
    local path = folder .. "/" .. media_type:gsub("%W", "-")
    return "oci:" .. layout:write(path)
  end

  test("are judged by their media types: v2 reads no zstd", function()
    local image = typed "application/vnd.oci.image.layer.v1.tar+zstd"
    local server <close> = replay.start(v1())
    local message, rest = fails("UNSUPPORTED", "compressed with zstd, which Clair v2 cannot read", server,
      { reference = image })
    assert.matches("layer 1 of 1", message)
    assert.same({ located = 0 }, rest)
    local new <close> = replay.start(v4(post { status = 400, body = "v4 does" }))
    fails("BACKEND", "400: v4 does", new, { reference = image })
  end)

  test("that no registry has are told before anything is posted", function()
    local image = typed "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    local server <close> = replay.start(v4())
    local _, rest = fails("NOT_FOUND", "layer 1 %(sha256:%x+%) is not in the registry: only its vendor", server,
      { reference = image })
    assert.same({ located = 0 }, rest)
    assert.equal(0, #server:requests "POST")
  end)

  -- ---- what Clair says of headers ------------------------------------------------------------------------------------

  for name, body in pairs {
    ["whole"] = { code = "bad-request", message = "GET with Bearer " .. SECRET .. "1 failed" },
    ["twice, and a piece"] = { message = SECRET .. "1 and " .. SECRET .. "2, " .. SECRET:sub(5, 16) },
    ["at the end of what is shown"] = { message = ("x"):rep(280) .. " " .. SECRET .. SECRET },
    ["as text"] = "Authorization: Bearer " .. SECRET .. "3",
  } do
    test("v4: a header that Clair repeats is cut out: " .. name, function()
      local server <close> = replay.start(v4(post { status = 400, body = body }))
      local message = fails("BACKEND", "with 400: ", server)
      for i = 1, #SECRET - 7 do assert.is_nil(message:find(SECRET:sub(i, i + 7), 1, true), message) end
      assert.is_truthy(message:find("*", 1, true), message)
    end)
  end

  test("v4: a header in the report of a failure is cut out", function()
    local server <close> = replay.start(v4(post { status = 201, body = { manifest_hash = "{hash}", state = "IndexError",
      success = false, err = "no layer with " .. SECRET .. "1" } }))
    fails("BACKEND", "could not index the image.*no layer with %*$", server)
  end)

  test("v1: an answer repeats the headers: nothing of a broken one is told", function()
    local function broken(body)
      return v1({ method = "POST", path = "/v1/layers", status = 201, body = body },
        { method = "DELETE", path = ".*", status = 500, body = { Error = { Message = "gone: " .. SECRET .. "1" } } })
    end
    for _, body in ipairs { '{"Layer":{"Headers":{"Authorization":"Bearer ' .. SECRET .. '1"',
      '{"Layer":{"Headers":{"Authorization":"Bearer ' .. SECRET, '{"Layer":{"Name":' .. SECRET .. '1}}' } do
      local server <close> = replay.start(broken(body))
      local message, rest = fails("BACKEND", "Clair", server)
      assert.is_nil(message:find(SECRET:sub(1, 10), 1, true), message)
      assert.matches("stay in Clair's database.*gone: %*", rest.warning)
    end
    local server <close> = replay.start(broken { Error = { Message = "x" } })
    fails("BACKEND", "which layer", server)
    local odd <close> = replay.start(v1(
      { method = "POST", path = "/v1/layers", status = 418, body = { Error = { Message = "Bearer " .. SECRET .. "1" } } },
      { method = "DELETE", path = ".*", status = 200 }))
    fails("BACKEND", "with 418: Bearer %*$", odd)
  end)
end)
