-- Registries that answer what no real one would: log-ins in odd words, promises that are not kept, connections that break.
-- What a real one does is in tests/real/registry_spec.lua.

local core = require "tarsier.core"
local json = require "tarsier.json"
local oci = require "support.oci"
local process = require "tarsier.probe".process
local shell = require "support.shell"
local stand_in = require "support.stand_in"

local MANIFEST = "application/vnd.oci.image.manifest.v1+json"
local INDEX = "application/vnd.oci.image.index.v1+json"

local layout, digest, manifest, config

-- What a spec has started; Busted's `finally` keeps one of them only.
local running = {}

local function until_the_end(thing, stop)
  running[#running + 1] = function() stop(thing) end
  return thing
end

local function start(answers)
  local server = stand_in.start(answers)
  return until_the_end(server, server.stop)
end

setup(function()
  core.host.set_second(50) -- pauses between retries are short
  layout = shell.folder()
  -- The second layer is longer than what a ring between two threads holds.
  oci.build(layout, { { ["etc/os-release"] = 'ID=debian\nVERSION_ID="12"\n',
    ["var/lib/dpkg/status"] = "Package: one\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n" },
    { ["opt/long"] = ("0123456789abcdef"):rep(100000) } })
  digest = json.decode(shell.read(layout .. "/index.json")).manifests[1].digest
  manifest = shell.read(layout .. "/blobs/sha256/" .. digest:sub(8))
  config = json.decode(manifest).config.digest
end)
teardown(function()
  core.host.set_second(1000)
  shell.remove(layout)
end)
after_each(function()
  for _, stop in ipairs(running) do stop() end
  running = {}
end)

local function blob_path(name) return layout .. "/blobs/sha256/" .. name:sub(8) end

local function blob(name) return { file = blob_path(name) } end

-- What a registry that keeps its word answers, and what a spec puts in its place.
local function script(changes)
  local answers = {
    ["GET /v2/"] = { { json = {} } },
    ["GET /v2/app/manifests/1"] = { { body = manifest, headers = { ["Content-Type"] = MANIFEST } } },
    ["GET /v2/app/manifests/" .. digest] = { { body = manifest } },
    ["GET /v2/app/blobs/" .. config] = { blob(config) },
  }
  for _, layer in ipairs(json.decode(manifest).layers) do
    answers["GET /v2/app/blobs/" .. layer.digest] = { blob(layer.digest) }
  end
  for route, turns in pairs(changes or {}) do answers[route] = turns end
  return answers
end

local function scan(reference, options)
  local wanted = { cache_dir = "" }
  for key, value in pairs(options or {}) do wanted[key] = value end
  local engine = assert(core.open(wanted))
  until_the_end(engine, engine.close)
  return engine:scan(reference)
end

-- visit(server, address) with a registry that runs.
local function with(changes, visit)
  if not stand_in.available() then return pending(stand_in.needs) end
  local server = start(script(changes))
  visit(server, "docker://" .. server.url:sub(8) .. "/app")
end

-- Many registries that are wrong each in its way, behind one address: { changes, code, words, [options], [suffix] }, …
local function refused(cases)
  if not stand_in.available() then return pending(stand_in.needs) end
  local answers = { ["GET /v2/"] = { { json = {} } } }
  for i, case in ipairs(cases) do
    for route, turns in pairs(script(case[1])) do answers[route:gsub("/v2/app/", "/v2/app" .. i .. "/")] = turns end
  end
  local server = start(answers)
  for i, case in ipairs(cases) do
    local report, message, found = scan(("docker://%s/app%d%s"):format(server.url:sub(8), i, case[5] or ":1"), case[4])
    assert.is_nil(report, case[3])
    assert.equal(case[2], found, message)
    assert.is_truthy(message:find(case[3], 1, true), ("%q is not in: %s"):format(case[3], message))
    assert.is_nil(message:find("s3cret", 1, true), message)
  end
end

local function challenge(text, more)
  return { { status = 401, headers = { ["WWW-Authenticate"] = text } }, table.unpack(more or {}) }
end

local MANIFEST_1 = "GET /v2/app/manifests/1"

describe("an image in a registry", function()
  it("is read whole", function()
    with(nil, function(server, address)
      local report = assert(scan(address .. ":1"))
      assert.equal(server.url:sub(8) .. "/app:1", report:image().name)
      assert.equal(digest, report:image().digest)
      assert.equal("one", report:packages()[1].name)
      local accept = server:requests(MANIFEST_1)[1].headers.Accept
      for _, kind in ipairs { MANIFEST, INDEX } do assert.is_truthy(accept:find(kind, 1, true)) end
    end)
  end)

  it("is what its digest says", function()
    with(nil, function(_, address) assert.equal(digest, assert(scan(address .. "@" .. digest)):image().digest) end)
    refused {
      { { ["GET /v2/app/manifests/" .. digest] = { { body = manifest .. " " } } }, "DIGEST", "digest mismatch", nil,
        "@" .. digest },
      { { [MANIFEST_1] = { { body = manifest, headers = { ["Docker-Content-Digest"] = "sha256:" .. ("0"):rep(64) } } } },
        "DIGEST", "digest mismatch" },
    }
  end)

  it("is refused where a document is not what it should be", function()
    local chart = { mediaType = "application/vnd.cncf.helm.config.v1+json" }
    refused {
      { { [MANIFEST_1] = { { body = "<html>" } } }, "FORMAT", "image manifest: line 1" },
      { { [MANIFEST_1] = { { ["repeat"] = "          ", times = 900000 } } }, "LIMIT", "larger than" },
      { { [MANIFEST_1] = { { json = { schemaVersion = 1 } } } }, "UNSUPPORTED", "schema 1" },
      { { [MANIFEST_1] = { { json = { schemaVersion = 2, layers = json.array {}, config = chart } } } }, "UNSUPPORTED",
        "not an image, but an artifact" },
      { { ["GET /v2/app/blobs/" .. config] = { { body = "{}" } } }, "DIGEST", "the image's config" },
      { { [MANIFEST_1] = { { json = { schemaVersion = 2, manifests = json.array {} } } } }, "NOT_FOUND",
        "holds no image" },
    }
  end)

  it("is chosen from an index, which may lie in another one", function()
    local function descriptor(media, text, platform)
      local path = shell.folder() .. "/x"
      shell.write(path, text)
      local hex = shell.capture("sha256sum < " .. path):match "^%x+"
      shell.remove(path:match "(.*)/")
      return { mediaType = media, digest = "sha256:" .. hex, size = #text, platform = platform }
    end
    local inner = json.encode { schemaVersion = 2, mediaType = INDEX, manifests = json.array {
      { mediaType = MANIFEST, digest = "sha256:" .. ("1"):rep(64), size = 1,
        platform = { os = "linux", architecture = "s390x" } },
      { mediaType = MANIFEST, digest = digest, size = #manifest, platform = { os = "linux", architecture = "amd64" } } } }
    local nested = descriptor(INDEX, inner)
    with({ [MANIFEST_1] = { { json = { schemaVersion = 2, mediaType = INDEX, manifests = json.array { nested } } } },
      ["GET /v2/app/manifests/" .. nested.digest] = { { body = inner } } }, function(_, address)
      assert.equal(digest, assert(scan(address .. ":1", { platform = "linux/amd64" })):image().digest)
      local report, message, code = scan(address .. ":1", { platform = "linux/arm64" })
      assert.is_nil(report)
      assert.equal("NOT_FOUND", code)
      assert.is_truthy(message:find("linux/s390x, linux/amd64", 1, true), message)
    end)
  end)

  it("is asked for again where that may help", function()
    local busy = { status = 429, headers = { ["Retry-After"] = "0" } }
    with({ [MANIFEST_1] = { busy, { status = 503 }, { body = manifest } } }, function(server, address)
      assert(scan(address .. ":1"))
      assert.equal(3, #server:requests(MANIFEST_1))
    end)
    local errors = json.array { { code = "UNKNOWN", message = "on fire" } }
    refused {
      { { [MANIFEST_1] = { { status = 500, json = { errors = errors } } } }, "IO",
        "answered HTTP 500 to the request for the manifest 1 of app1: UNKNOWN: on fire" },
      { { [MANIFEST_1] = { { status = 400, body = "<html><body>No" } } }, "IO",
        "answered HTTP 400 to the request for the manifest 1 of app2" },
    }
  end)

  it("has layers that are no longer and no other than promised", function()
    local layers = json.decode(manifest).layers
    local route = "GET /v2/app/blobs/" .. layers[2].digest
    refused {
      { { [route] = { { ["repeat"] = "0123456789abcdef", times = 4000000 } } }, "DIGEST", "bytes that are promised" },
      { { [route] = { { body = "short" } } }, "DIGEST", "layer 2 of 2" },
      { { [route] = { { ["repeat"] = "x", times = layers[2].size } } }, "DIGEST", "layer 2 of 2" },
      { { [route] = { { status = 404 } } }, "NOT_FOUND", "has no blob " .. layers[2].digest },
    }
    -- What its headers say of its encoding is not asked.
    with({ [route] = { { file = blob_path(layers[2].digest), headers = { ["Content-Encoding"] = "gzip" } } } },
      function(_, address) assert(scan(address .. ":1")) end)
  end)

  it("goes on where a connection broke, with a server that knows no ranges too", function()
    local layer = json.decode(manifest).layers[2].digest
    local route = "GET /v2/app/blobs/" .. layer
    local cut = { file = blob_path(layer), cut = true }
    with({ [route] = { cut, cut, blob(layer) } }, function(server, address)
      assert(scan(address .. ":1"))
      local asked = server:requests(route)
      assert.equal(3, #asked)
      assert.is_nil(asked[1].headers.Range)
      assert.is_truthy(asked[2].headers.Range:find "^bytes=%d+%-$")
      assert.equal(asked[2].headers.Range, asked[3].headers.Range) -- nothing new came the second time
    end)
    refused { { { [route] = { cut } }, "IO", "layer 2 of 2" } }
  end)
end)

describe("a log-in", function()
  local login = { registry_user = "reader", registry_password = "s3cret" }
  -- base64 of reader:s3cret
  local BASIC = "Basic cmVhZGVyOnMzY3JldA=="

  local function token_script(header, token)
    return { [MANIFEST_1] = challenge(header, { { body = manifest } }), ["GET /token"] = { token or { json = { token = "t0ken" } } } }
  end

  -- %s is the stand-in's own address.
  local challenges = {
    'Bearer realm="%s/token",service="hub of specs",scope="repository:app:pull,push"',
    'bearer  realm = "%s/token" , service="hub of specs"',
    'Basic realm="x", Bearer service="hub of specs", realm="%s/token"',
    'Bearer realm="%s/token",service="hub of specs", Basic realm="other"',
    'Negotiate, Bearer realm="%s/\\t\\o\\k\\e\\n",error="insufficient_scope",service="hub of specs"',
    'Bearer realm=%s/token,service="hub of specs"',
  }
  for i, header in ipairs(challenges) do
    it("follows " .. header:sub(1, 60), function()
      if not stand_in.available() then return pending(stand_in.needs) end
      local tokens = start { ["GET /token"] = { { json = { token = "t0ken" } } } }
      local text = header:format(tokens.url)
      if i == 6 then text = text:gsub("realm=[^,]*", "realm=" .. tokens.url:match "^[^:]*") end -- a bare word has no ":/"
      with(token_script(text), function(server, address)
        local report, message, code = scan(address .. ":1", login)
        if i == 6 then
          assert.equal("FORMAT", code, message)
          return
        end
        assert(report, message)
        local asked = tokens:requests()
        assert.equal(1, #asked)
        assert.equal("/token?service=hub%20of%20specs&scope=repository%3Aapp%3Apull", asked[1].path)
        assert.equal(BASIC, asked[1].headers.Authorization)
        local turns = server:requests(MANIFEST_1)
        assert.is_nil(turns[1].headers.Authorization)
        assert.equal("Bearer t0ken", turns[2].headers.Authorization)
      end)
    end)
  end

  it("is Basic where that is asked for, and is sent along from then on", function()
    with({ [MANIFEST_1] = challenge('Basic realm="specs"', { { body = manifest } }) }, function(server, address)
      assert(scan(address .. ":1", login))
      assert.equal(BASIC, server:requests(MANIFEST_1)[2].headers.Authorization)
      assert.equal(BASIC, server:requests("GET /v2/app/blobs/" .. config)[1].headers.Authorization)
    end)
  end)

  -- with() for one who has logged in: the entry of docker's configuration.
  local function with_entry(entry, changes, visit)
    with(changes, function(server, address)
      until_the_end("", function(nothing) process.set("DOCKER_AUTH_CONFIG", nothing) end)
      process.set("DOCKER_AUTH_CONFIG", json.encode { auths = { [server.url:sub(8)] = entry } })
      visit(server, address)
    end)
  end

  it("with an identity token is a form, for a token that all is asked with", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local tokens = start { ["POST /token"] = { { json = { access_token = "t0ken" } } } }
    local header = ('Bearer realm="%s/token",service="hub of specs"'):format(tokens.url)
    with_entry({ identitytoken = "s3cret/+&" }, token_script(header), function(server, address)
      assert(scan(address .. ":1"))
      local asked = tokens:requests()
      assert.equal(1, #asked)
      assert.same({ "POST", "/token" }, { asked[1].method, asked[1].path })
      assert.equal("application/x-www-form-urlencoded", asked[1].headers["Content-Type"])
      assert.equal("grant_type=refresh_token&client_id=tarsier&service=hub%20of%20specs&scope=repository%3Aapp%3Apull"
        .. "&refresh_token=s3cret%2F%2B%26", asked[1].body)
      assert.equal("Bearer t0ken", server:requests(MANIFEST_1)[2].headers.Authorization)
    end)
  end)

  it("with a registry's token is sent along from the first", function()
    with_entry({ registrytoken = "s3cret" }, nil, function(server, address)
      assert(scan(address .. ":1"))
      assert.equal("Bearer s3cret", server:requests(MANIFEST_1)[1].headers.Authorization)
    end)
  end)

  it("is asked for again while its token server is busy", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local tokens = start { ["GET /token"] = { { status = 503 }, { status = 429 }, { json = { token = "t0ken" } } } }
    with(token_script(('Bearer realm="%s/token"'):format(tokens.url)), function(_, address)
      assert(scan(address .. ":1", login))
      assert.equal(3, #tokens:requests())
    end)
  end)

  it("that is refused is said to be", function()
    local function asks(header) return { [MANIFEST_1] = challenge(header) } end
    local unknown = "neither Basic nor Bearer"
    refused {
      { asks 'Basic realm="specs"', "IO", "refuses the log-in of reader", login },
      { asks 'Basic realm="specs"', "IO", "needs a login to read app2: use `docker login 127.0.0.1:" },
      { asks 'Digest realm="specs"', "IO", unknown, login },
      { asks "", "IO", unknown, login },
      { asks 'Bearer service="no realm"', "IO", unknown, login },
      { asks 'Bearer realm="', "IO", unknown, login },
      { asks 'Bearer realm="ftp://127.0.0.1/token"', "FORMAT", "not an https address", login },
      { { [MANIFEST_1] = { { status = 403, json = { errors = json.array { { code = "DENIED", message = "no" } } } } } },
        "IO", "does not let reader read app8 (403 DENIED: no)", login },
    }
  end)

  it("goes to another host's token server only if both are read over https", function()
    local realm = require "tarsier.probe".url.realm_is_allowed
    -- registry, token server, for anybody, with a password
    for _, case in ipairs {
      { "https://r.example", "https://auth.example/token", true, true },
      { "https://r.example", "https://r.example:8443/token", true, true },
      { "https://r.example", "http://auth.example/token", false, false },
      { "https://r.example", "http://r.example/token", false, false },
      { "http://r.example", "http://r.example:5001/token", true, true },
      { "http://r.example", "https://R.example/token", true, true },
      { "http://r.example", "https://auth.example/token", true, false },
      { "http://r.example", "http://auth.example/token", true, false },
      { "http://127.0.0.1:5000", "http://localhost:5001/token", true, true },
      { "http://localhost:5000", "http://auth.example/token", true, false },
      { "https://r.example", "https://r.example\\@auth.example/", false, false },
      { "https://r.example", "ftp://r.example/", false, false }, { "https://r.example", "/token", false, false },
    } do
      local shown = case[1] .. " " .. case[2]
      assert.equal(case[3], realm(case[1], case[2], false), shown)
      assert.equal(case[4], realm(case[1], case[2], true), shown)
    end
    local far = { [MANIFEST_1] = challenge 'Bearer realm="https://auth.invalid/token"' }
    refused {
      { far, "FORMAT", "a password goes to another host only if both are read over https", login },
      { far, "IO", "https://auth.invalid/token" },
    }
  end)

  it("is renewed once for two layers that are refused at the same time", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    if shell.capture "nproc" == "1" then return pending "layers are read one by one on one processor" end
    local tokens = start { ["GET /token"] = { { json = { token = "first" } }, { json = { token = "second" } } } }
    local header = ('Bearer realm="%s/token"'):format(tokens.url)
    local changes = { [MANIFEST_1] = challenge(header, { { body = manifest } }) }
    local routes = {}
    for i, layer in ipairs(json.decode(manifest).layers) do
      routes[i] = "GET /v2/app/blobs/" .. layer.digest
      local refusal = challenge(header, { blob(layer.digest) })
      refusal[1].together = 2
      changes[routes[i]] = refusal
    end
    with(changes, function(server, address)
      assert(scan(address .. ":1", login))
      assert.equal(2, #tokens:requests())
      for _, route in ipairs(routes) do
        local asked = server:requests(route)
        assert.same({ "Bearer first", "Bearer second" }, { asked[1].headers.Authorization, asked[2].headers.Authorization })
      end
    end)
  end)

  it("is not renewed for another host's refusal", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local layer = json.decode(manifest).layers[2].digest
    local evil = start { ["GET /token"] = { { json = { token = "t0ken" } } } }
    local elsewhere = start { ["GET /store"] = challenge(('Bearer realm="%s/token"'):format(evil.url)) }
    refused { { { [MANIFEST_1] = challenge('Basic realm="specs"', { { body = manifest } }),
      ["GET /v2/app/blobs/" .. layer] = { { status = 307, headers = { Location = elsewhere.url .. "/store" } } } },
      "IO", "answered HTTP 401 to the request for the blob", login } }
    assert.same({}, evil:requests())
  end)

  it("wants a token that is one", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local given = {
      { { json = {} }, "FORMAT", "no token for" },
      { { body = "s3cret" }, "FORMAT", "no token for" },
      { { json = { token = "a\r\nX-Evil: 1" } }, "FORMAT", "no token for" },
      { { json = { token = "" } }, "FORMAT", "no token for" },
      { { json = { token = 7, access_token = { "x" } } }, "FORMAT", "no token for" },
      { { json = { token = ("x"):rep(70000) } }, "FORMAT", "no token for" },
      { { ["repeat"] = "xxxxxxxxxx", times = 30000 }, "LIMIT", "larger than" },
      { { status = 401, json = { details = "incorrect username or password" } }, "IO",
        "refuses the log-in of reader (401 incorrect username or password)" },
      { { status = 404, body = "gone" }, "IO", "answered HTTP 404: gone" },
    }
    local answers, cases = {}, {}
    for i, case in ipairs(given) do answers["GET /token" .. i] = { case[1] } end
    local tokens = start(answers)
    for i, case in ipairs(given) do
      cases[i] = { { [MANIFEST_1] = challenge(('Bearer realm="%s/token%d"'):format(tokens.url, i)) }, case[2], case[3],
        login }
    end
    refused(cases)
  end)

  it("is for a server that has said who it is", function()
    if not (stand_in.available() and shell.has "openssl") then return pending "needs python3 and openssl: apt-get install python3 openssl" end
    local folder = until_the_end(shell.folder(), shell.remove)
    assert(os.execute(("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem "
      .. "-subj /CN=us -addext subjectAltName=IP:127.0.0.1 -days 2 2>/dev/null && cp cert.pem ca.pem"):format(folder)))
    local server = stand_in.start(script(), { tls = folder, anyone = true })
    until_the_end(server, server.stop)
    local reference = "docker://" .. server.url:sub(8) .. "/app:1"
    core.host.set_second(50, 10000) -- valgrind and a slow machine take long to read the system's authorities
    until_the_end(50, core.host.set_second)
    local report, message = scan(reference, login)
    assert.is_nil(report)
    assert.is_truthy(message:find("certificate", 1, true), message)
    local asked = server:requests()
    assert.equal(1, #asked) -- the question whether it speaks TLS, which does not need a trusted certificate
    assert.same({ "/v2/", nil }, { asked[1].path, asked[1].headers.Authorization })
    assert(scan(reference, { ca_file = folder .. "/ca.pem" }))
  end)

  it("does not go along to another host", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local layer = json.decode(manifest).layers[2].digest
    local elsewhere = start { ["GET /store"] = { blob(layer) } }
    with({ [MANIFEST_1] = challenge('Basic realm="specs"', { { body = manifest } }),
      ["GET /v2/app/blobs/" .. layer] = { { status = 307, headers = { Location = elsewhere.url .. "/store" } } } },
      function(server, address)
        assert(scan(address .. ":1", login))
        assert.equal(BASIC, server:requests("GET /v2/app/blobs/" .. layer)[1].headers.Authorization)
        assert.equal(1, #elsewhere:requests())
        assert.is_nil(elsewhere:requests()[1].headers.Authorization)
      end)
    refused { { { ["GET /v2/app/blobs/" .. layer] = { { status = 307,
      headers = { Location = "file:///etc/passwd" } } } }, "IO", "layer 2 of 2" } }
  end)
end)

describe("a repository", function()
  it("says of a file that cannot be a blob why, before it asks the registry", function()
    local folder = shell.folder()
    finally(function() shell.remove(folder) end)
    local repository <close> = assert(core.repository("127.0.0.1:1/app", { writes = true }))
    shell.write(folder .. "/empty", "")
    for path, expected in pairs { ["/none"] = { "IO", "open %s: No such file or directory" }, ["/empty"] = { "USAGE", "%s: the file is empty" },
      [""] = { "IO", "reading %s: " } } do
      local done, message, code = repository:put_blob(folder .. path)
      assert.is_nil(done)
      assert.equal(expected[1], code, message)
      assert.equal(1, message:find(expected[2]:format(folder .. path), 1, true), message)
    end
  end)

  it("gives no text that is larger than a text may be", function()
    local repository <close> = assert(core.repository "127.0.0.1:1/app")
    local zeros = "sha256:" .. ("0"):rep(64)
    assert.equal("LIMIT", select(3, repository:text(zeros, (16 << 20) + 1)))
    assert.equal("IO", select(3, repository:text(zeros, 16 << 20)))
    assert.equal("FORMAT", select(3, repository:text("sha256:0", 1)))
  end)
end)
