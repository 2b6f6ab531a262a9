-- Images in a real registry, Debian's docker-registry: whatever it asks for, and however it is damaged.

local command = require "support.registry_scan"
local json = require "tarsier.json"
local pace = require "support.pace"
local registry = require "support.registry"
local shell = require "support.shell"
local temporary = require "support.temporary"

local missing = registry.missing()

local function real(name, test)
  it(name, function()
    if missing then return pending(missing) end
    test()
  end)
end

local BUILD = os.getenv "TARSIER_BUILD" or "build"
local sample = BUILD .. "/sample"

local READER, SECRET, REFRESH = "reader", "hush-hush-4711", "identity-token-0815"

describe("the registry of these specs", function()
  local variants = {
    { "in plain HTTP" }, { "behind a password", users = { reader = "r" } }, { "over TLS", tls = true },
    { "with tokens, over TLS", tls = true, token = {} }, { "by redirects", redirect = true },
  }
  for _, given in ipairs(variants) do
    real("gives back what was pushed: " .. given[1], function()
      local server = registry.start(given)
      finally(function() server:stop() end)
      local digest = server:push("oci:" .. sample, "team/app:1")
      assert.equal(digest, "sha256:" .. temporary.must("sha256sum <%s", server:stored(digest)):match "%x+")
      server:pull("team/app:1", "oci:" .. server.folder .. "/back:latest")
      assert.equal("", temporary.must("diff -r %s %s && :", sample .. "/blobs", server.folder .. "/back/blobs"))
      assert.equal(200, server:requests("GET /v2/team/app/manifests/1$")[1].status)
      if given.users or given.token then
        local code = shell.run { "skopeo", "inspect", "--no-creds", "--cert-dir", server.folder .. "/certs",
          server.ca and "--tls-verify=true" or "--tls-verify=false", "docker://" .. server.address .. "/team/app:1" }
        assert.equal(1, code)
      end
    end)
  end
end)

describe("an image in a registry", function()
  local tarsier, expected, digest, manifest, layers

  local function facts(reference, given) return command.facts((tarsier:scan(reference, given))) end

  local function same(reference, given) assert.same(expected, facts(reference, given)) end

  -- Words are plain text, or a list of them, of what the message says after the reference.
  local function fails(words, reference, given)
    given = setmetatable({ "scan", reference }, { __index = given })
    local code, output, errors = tarsier:run(given)
    assert.equal(given.code or 3, code, errors)
    assert.equal("", output)
    local prefix = "tarsier: " .. reference .. ": "
    if errors:sub(1, #prefix) == prefix then errors = errors:sub(#prefix + 1) end
    for _, word in ipairs(type(words) == "table" and words or { words }) do
      assert.is_truthy(errors:find(word, 1, true), ("%q is not in: %s"):format(word, errors))
    end
    return errors
  end

  setup(function()
    if missing then return end
    tarsier = command.new { SECRET, READER .. ":" .. SECRET, READER .. ":wrong-" .. SECRET, REFRESH }
    expected = facts("oci:" .. sample)
    digest = expected.digest
    manifest = json.decode(shell.read(sample .. "/blobs/sha256/" .. digest:sub(8)))
    layers = manifest.layers
  end)
  teardown(function() if tarsier then tarsier:stop() end end)

  -- One registry for the tests of a block, with the sample in it twice.
  local function with(given)
    local server = {}
    setup(function()
      if missing then return end
      local started = registry.start(given)
      for key, value in pairs(started) do server[key] = value end
      setmetatable(server, getmetatable(started))
      server:push("oci:" .. sample, "team/app:1")
      server:push("oci:" .. sample, "team/app:latest")
      server.image = "docker://" .. server.address .. "/team/app:1"
    end)
    before_each(function() if server.mark then server:mark() end end)
    teardown(function() if server.stop then server:stop() end end)
    return server
  end

  describe("for anybody", function()
    local server = with {}

    real("has the findings, packages and digests that it has in a layout", function()
      assert.is_true(#expected.findings > 20 and #expected.packages > 20)
      assert.equal(digest, server:push("oci:" .. sample, "team/app:1"))
      same(server.image)
      local asked = {}
      for _, request in ipairs(server:requests "/team/app/") do
        assert.is_truthy(request.status < 400, request.path)
        asked[#asked + 1] = request.method .. " " .. request.path:match "/v2/team/app/(.*)"
      end
      local wanted = { "GET manifests/1", "GET blobs/" .. manifest.config.digest }
      for _, layer in ipairs(layers) do wanted[#wanted + 1] = "GET blobs/" .. layer.digest end
      table.sort(asked)
      table.sort(wanted)
      for i = #asked, 1, -1 do if asked[i]:find "^HEAD" or asked[i]:find "^PU" then table.remove(asked, i) end end
      assert.same(wanted, asked, "each once")
    end)

    real("is found by tag, by digest, by both, by default, and by a bare name", function()
      local at = server.address .. "/team/app"
      for written, name in pairs {
        ["docker://" .. at .. ":1"] = at .. ":1", ["docker://" .. at] = at .. ":latest", [at .. ":1"] = at .. ":1",
        [at] = at .. ":latest", [at .. "@" .. digest] = at .. "@" .. digest,
        ["docker://" .. at .. "@" .. digest] = at .. "@" .. digest,
        ["localhost:" .. server.port .. "/team/app:1"] = "localhost:" .. server.port .. "/team/app:1",
      } do
        local result = tarsier:scan(written)
        assert.equal(name, result.image.name)
        assert.equal("docker://" .. written:gsub("^docker://", ""), result.image.reference)
        assert.same(expected, command.facts(result))
      end
      same("docker://" .. at .. ":1@" .. digest)
    end)

    real("has its packages listed", function()
      local code, output, errors = tarsier:run { "packages", server.image, options = { "-f", "json" } }
      assert.equal(0, code, errors)
      assert.same(expected.packages, json.decode(output).packages)
    end)

    real("is asked for by its registry's name alone where the reference could be a file's", function()
      assert.is_truthy(fails("docker://", "no-such-word"):find("docker://no-such-word", 1, true))
      assert.same({}, server:requests())
    end)

    real("has Docker's media types", function()
      local pushed = server:push("oci:" .. sample, "team/docker:1", "--format v2s2")
      local result = facts("docker://" .. server.address .. "/team/docker:1")
      assert.equal(pushed, result.digest)
      assert.not_equal(digest, pushed)
      assert.equal("application/vnd.docker.image.rootfs.diff.tar.gzip", result.layers[1].media_type)
      for i, layer in ipairs(expected.layers) do
        assert.equal(layer.digest, result.layers[i].digest)
        assert.equal(layer.created_by, result.layers[i].created_by)
      end
      assert.same(expected.packages, result.packages)
    end)

    real("has layers of zstd, and none that are compressed", function()
      -- Made here: skopeo takes what the registry has already, however that is compressed.
      local made = tarsier.folder .. "/"
      temporary.must("skopeo --insecure-policy copy -q --dest-decompress oci:%s dir:%s", sample, made .. "plain")
      temporary.must("skopeo --insecure-policy copy -q --dest-compress-format zstd dir:%s oci:%s:1", made .. "plain",
        made .. "zstd")
      for name, source in pairs { zstd = "oci:" .. made .. "zstd:1", tar = "dir:" .. made .. "plain" } do
        server:push(source, "team/" .. name .. ":1", "--preserve-digests")
        local result = facts("docker://" .. server.address .. "/team/" .. name .. ":1")
        for i, layer in ipairs(expected.layers) do
          assert.equal(layer.diff_id, result.layers[i].diff_id)
          assert.not_equal(layer.digest, result.layers[i].digest)
          assert.is_truthy(result.layers[i].media_type:find(name .. "$"), result.layers[i].media_type)
        end
        assert.same(expected.packages, result.packages)
        assert.equal(#expected.findings, #result.findings)
      end
    end)

    real("is taken from the cache the second time", function()
      local options = { "--cache-dir", tarsier.folder .. "/cache" }
      local first = tarsier:scan(server.image, { options = options, cached = true })
      server:mark()
      local second = tarsier:scan(server.image, { options = options, cached = true })
      for i, layer in ipairs(layers) do
        assert.is_false(first.image.layers[i].cached)
        assert.is_true(second.image.layers[i].cached)
        assert.same({}, server:requests("blobs/" .. layer.digest))
      end
      assert.equal(1, #server:requests "GET /v2/team/app/manifests/")
      assert.same(expected, command.facts(second))
      -- A layer is the same wherever it lies.
      assert.is_true(tarsier:scan("oci:" .. sample, { options = options, cached = true }).image.layers[1].cached)
    end)

    local function refused(code, words, reference)
      local found, message = tarsier:refused(reference)
      assert.equal(code, found, message)
      assert.is_truthy(message:find(words, 1, true), ("%q is not in: %s"):format(words, message))
    end

    real("is not there", function()
      local at = "docker://" .. server.address
      local no = "sha256:" .. ("0"):rep(64)
      fails({ server.address .. " has no", "team/app" }, at .. "/team/app:2")
      refused("NOT_FOUND", "manifest 2 of team/app", at .. "/team/app:2")
      refused("NOT_FOUND", "of team/none", at .. "/team/none:1")
      refused("NOT_FOUND", no, at .. "/team/app@" .. no)
      refused("USAGE", "team/app", at .. "/team/app:not a tag")
      server:push("oci:" .. sample, "team/gone:1")
      temporary.must("rm -r %s/store/docker/registry/v2/repositories/team/gone/_manifests/tags", server.folder)
      refused("NOT_FOUND", "team/gone", at .. "/team/gone:1")
    end)

    -- What is damaged in which way -> how it is refused, and with which words besides its digest.
    local other
    local damages = {
      { "corrupt", "corrupt", "DIGEST" }, { "truncated", "truncate", "DIGEST" }, { "gone", "delete", "NOT_FOUND" },
      { "empty", function() return "" end, "DIGEST", { "first layer", "config" } },
      { "another", function() return other end, "DIGEST", { "first layer", "config" } },
      { "too long", function(bytes) return bytes .. ("\n"):rep(100) end, "DIGEST" },
    }
    for _, damage in ipairs(damages) do
      for _, what in ipairs(damage[4] or { "first layer", "last layer", "config", "manifest" }) do
        real(("has a %s that is %s"):format(what, damage[1]), function()
          other = other or shell.read(sample .. "/blobs/sha256/" .. layers[2].digest:sub(8))
          local of = { ["first layer"] = layers[1], ["last layer"] = layers[#layers], config = manifest.config }
          local wanted = (of[what] or expected).digest
          server:damaged(wanted, damage[2], function()
            if of[what] or damage[3] == "DIGEST" and damage[1] == "too long" then
              return refused(damage[3], wanted:sub(8, 19), server.image)
            end
            -- A manifest that is none is trouble of the registry's own.
            local code, message = tarsier:refused(server.image)
            assert.is_truthy(("DIGEST IO NOT_FOUND"):find(code, 1, true), message)
          end)
        end)
      end
    end

    real("is as it was when all is well again", function() same(server.image) end)
  end)

  describe("for several platforms", function()
    local server = with {}
    local index, layout

    setup(function()
      if missing then return end
      local images = require "support.images" -- has to be built: tarsier.probe
      local made = images.layout()
      local descriptors = {}
      for i, architecture in ipairs { "amd64", "arm64", "s390x" } do
        local tar = images.tar { { "etc/os-release", "ID=debian\nVERSION_ID=12\n" }, { "var/lib/dpkg/status",
          ("Package: only-%s\nStatus: install ok installed\nVersion: 1\nArchitecture: %s\n"):format(architecture,
            architecture) } }
        descriptors[i] = made:image { architecture = architecture,
          layers = { { tar = tar, blob = images.gzip(tar), type = images.types.gzip } } }
        descriptors[i + 3] = made:attestation(descriptors[i])
      end
      index = made:index(descriptors)
      made:add(index, "multi")
      layout = made:write(server.folder .. "/multi")
      server:push("oci:" .. layout .. ":multi", "team/multi:1", "--all --preserve-digests")
    end)

    real("is the one that is asked for", function()
      local here = ({ x86_64 = "amd64", aarch64 = "arm64" })[shell.capture "uname -m"]
      for option, architecture in pairs { ["linux/amd64"] = "amd64", ["linux/arm64"] = "arm64", ["linux/s390x"] = "s390x",
        [""] = here } do
        local given = { options = option ~= "" and { "--platform", option } or {} }
        local result = facts("docker://" .. server.address .. "/team/multi:1", given)
        assert.equal(architecture, result.architecture)
        assert.equal("only-" .. architecture, result.packages[1].name)
        assert.same(facts("oci:" .. layout .. ":multi", given), result)
        assert.same(result, facts(("docker://%s/team/multi@%s"):format(server.address, index.digest), given))
      end
      fails({ "linux/riscv64", "linux/arm64" }, "docker://" .. server.address .. "/team/multi:1",
        { options = { "--platform", "linux/riscv64" } })
    end)

    real("is not read from an index that is damaged, and other platforms do not matter", function()
      local reference = "docker://" .. server.address .. "/team/multi:1"
      local manifests = json.decode(shell.read(server:stored(index.digest))).manifests
      server:damaged(index.digest, function(bytes)
        return (bytes:gsub(manifests[1].digest, manifests[2].digest))
      end, function() fails(index.digest, reference, { options = { "--platform", "linux/amd64" } }) end)
      server:damaged(manifests[2].digest, "delete", function()
        fails(manifests[2].digest, reference, { options = { "--platform", "linux/arm64" } })
        facts(reference, { options = { "--platform", "linux/amd64" } })
      end)
    end)
  end)

  -- ---- who one is there ---------------------------------------------------------------------------------------------

  local function password_file(password) return tarsier:file("password", password .. "\n") end

  local function login(server, user, password)
    return { auths = { [server.address] = { auth = command.base64(user .. ":" .. password) } } }
  end

  local function as(user, password)
    return { options = { "--registry-user", user, "--registry-password-file", password_file(password) } }
  end

  -- Every way to say who one is; each returns what command:scan is given.
  local ways = {
    { "options", function(_, password) return as(READER, password) end },
    { "standard input", function(_, password)
      return { options = { "--registry-user", READER, "--registry-password-file", "-" }, input = password .. "\n" }
    end },
    { "variables", function(_, password)
      return { variables = { TARSIER_REGISTRY_USER = READER, TARSIER_REGISTRY_PASSWORD = password } }
    end },
    { "docker's log-in", function(server, password)
      local file = tarsier:file("docker/config.json", login(server, READER, password))
      return { variables = { DOCKER_CONFIG = file:match "^(.*)/" } }
    end },
    { "podman's log-in", function(server, password)
      return { variables = { REGISTRY_AUTH_FILE = tarsier:file("auth.json", login(server, READER, password)) } }
    end },
    { "options before log-ins", function(server, password)
      local given = as(READER, password)
      given.variables = { REGISTRY_AUTH_FILE = tarsier:file("auth.json", login(server, "who", "knows")) }
      return given
    end },
  }

  local function and_options(given, more)
    given.options = table.move(more, 1, #more, #(given.options or {}) + 1, given.options or {})
    return given
  end

  describe("behind a password", function()
    local server = with { users = { [READER] = SECRET } }

    for _, way in ipairs(ways) do
      real("is read, and with a wrong one it is not: " .. way[1], function()
        same(server.image, way[2](server, SECRET))
        server:mark()
        fails({ server.address, READER, "401" }, server.image, way[2](server, "wrong-" .. SECRET))
        for _, request in ipairs(server:requests()) do assert.equal(401, request.status) end
        assert.is_true(#server:requests() <= 4, "no guessing")
      end)
    end

    real("is not for anybody, nor is it told whether it is there", function()
      local errors = fails({ server.address, "--registry-user" }, server.image)
      assert.equal(errors, (fails(server.address, "docker://" .. server.address .. "/team/none:1"):gsub("none", "app")))
    end)

    real("has a log-in for its repository or for another registry", function()
      local auth = { auth = command.base64(READER .. ":" .. SECRET) }
      local file = tarsier:file("auth.json", { auths = { [server.address .. "/team"] = auth } })
      same(server.image, { variables = { REGISTRY_AUTH_FILE = file } })
      file = tarsier:file("auth.json", { auths = { ["127.0.0.1:1"] = auth, ["127.0.0.1"] = auth, ["docker.io"] = auth } })
      fails(server.address, server.image, { variables = { REGISTRY_AUTH_FILE = file } })
    end)

    real("keeps its password out of the cache, the reports and what --verbose tells", function()
      local given = as(READER, SECRET)
      given.cached = true
      and_options(given, { "--cache-dir", tarsier.folder .. "/secret-cache", "--verbose", "-f", "table" })
      local code, output = tarsier:run(setmetatable({ "scan", server.image }, { __index = given }))
      assert.equal(1, code)
      assert.is_true(#output > 1000)
      assert.is_nil(tarsier:leaks(temporary.must("cat $(find %s -type f)", tarsier.folder .. "/secret-cache")))
    end)
  end)

  describe("behind a token server", function()
    local server = with { token = { users = { [READER] = SECRET }, refresh = { [REFRESH] = READER },
      anonymous = json.array { "team/open" } } }
    local open

    setup(function()
      if missing then return end
      server:push("oci:" .. sample, "team/open:1")
      open = "docker://" .. server.address .. "/team/open:1"
    end)

    -- What the token server was asked, which has to be once.
    local function once()
      local asked = server:beside()
      assert.equal(1, #asked)
      return asked[1]
    end

    for _, way in ipairs(ways) do
      real("is read, and with a wrong password it is not: " .. way[1], function()
        same(server.image, way[2](server, SECRET))
        local asked = once()
        assert.equal("GET /token", asked.method .. " " .. asked.path)
        assert.equal("Basic " .. command.base64(READER .. ":" .. SECRET), asked.authorization)
        assert.same({ "specs" }, asked.query.service)
        assert.same({ "repository:team/app:pull" }, asked.query.scope)
        server:mark()
        fails({ server.address, READER, "401" }, server.image, way[2](server, "wrong-" .. SECRET))
        once()
        assert.same({}, server:requests "blobs")
      end)
    end

    real("is for anybody, or is not", function()
      same(open)
      local asked = once()
      assert.same({ "repository:team/open:pull" }, asked.query.scope)
      assert.equal(json.null, asked.authorization)
      fails({ server.address, "team/app" }, server.image)
    end)

    real("is read with an identity token", function()
      for _, auth in ipairs { { identitytoken = REFRESH, auth = command.base64 "00000000-0000-0000-0000-000000000000:" },
        { identitytoken = REFRESH } } do
        server:mark()
        local file = tarsier:file("docker/config.json", { auths = { [server.address] = auth } })
        same(server.image, { variables = { DOCKER_CONFIG = file:match "^(.*)/" } })
        local asked = once()
        assert.equal("POST /token", asked.method .. " " .. asked.path)
        assert.equal("application/x-www-form-urlencoded", asked.type)
        assert.equal("refresh_token", asked.form.grant_type)
        assert.equal(REFRESH, asked.form.refresh_token)
        assert.equal("specs", asked.form.service)
        assert.equal("repository:team/app:pull", asked.form.scope)
        assert.equal(json.null, asked.authorization)
      end
      local auth = { identitytoken = "wrong-" .. REFRESH }
      local file = tarsier:file("docker/config.json", { auths = { [server.address] = auth } })
      fails(server.address, server.image, { variables = { DOCKER_CONFIG = file:match "^(.*)/" } })
    end)

    real("is read with a token for the registry itself", function()
      local token = json.decode(shell.capture(("curl -s -u %s:%s '%s/token?service=specs&scope=repository:team/app:pull'")
        :format(READER, SECRET, server.beside_url))).token
      server:mark()
      local file = tarsier:file("docker/config.json", { auths = { [server.address] = { registrytoken = token } } })
      same(server.image, { variables = { DOCKER_CONFIG = file:match "^(.*)/" } })
      assert.same({}, server:beside())
    end)

    local function told(changes, test)
      local before = {}
      for key in pairs(changes) do before[key] = server.token[key] end
      server:tokens(changes)
      local ok, message = pcall(test)
      for key in pairs(changes) do changes[key] = before[key] == nil and json.null or before[key] end
      server:tokens(changes)
      if not ok then error(message, 0) end
    end

    real("is read whatever the token server calls a token, and whatever it says of its end", function()
      for _, answer in ipairs { { members = json.array { "token" } }, { members = json.array { "access_token" } },
        { says = json.null }, { says = 0 }, { says = 1 << 40 } } do
        told(answer, function() same(open) end)
      end
    end)

    real("is not read with what a token server gives that has none", function()
      for _, answer in ipairs { { status = 403 }, { status = 404 }, { status = 500 }, { members = json.array {} } } do
        told(answer, function() fails(server.address, open) end)
      end
    end)

    real("is read with tokens that end between two requests, sooner than was said", function()
      told({ life = 1, says = 300 }, function()
        -- A token lives for one to two seconds; so every one is good for a request, and none for three.
        same(("docker://%s/team/open:1"):format(server:relay { delay = 0.7 }), { options = { "--threads", "1" } })
        assert.is_true(#server:beside() > 1)
      end)
    end)

    real("is read twice by one engine, with a token for each while the first has ended", function()
      local library = require "tarsier"
      told({ life = 1, says = 300 }, function()
        local engine <close> = assert(library.open { cache_dir = "" })
        for turn = 1, 2 do
          assert.equal(#expected.packages, #assert(engine:scan(open)):packages())
          if turn == 1 then os.execute "sleep 2.1" end
        end
      end)
    end)
  end)

  describe("behind both, and redirected", function()
    for name, given in pairs { password = { users = { [READER] = SECRET } }, token = { token = { users = { [READER] = SECRET } } } } do
      given.redirect = true
      local server = with(given)

      real("does not tell the storage who reads: " .. name, function()
        same(server.image, as(READER, SECRET))
        local stored = 0
        for _, asked in ipairs(server:beside()) do
          if asked.path:find "^/docker/" then
            stored = stored + 1
            assert.equal(json.null, asked.authorization)
          end
        end
        assert.equal(#layers + 1, stored)
      end)
    end
  end)

  describe("over TLS", function()
    local server = with { tls = true, token = { users = { [READER] = SECRET } } }

    local function trusting(given) return and_options(given, { "--ca-file", server.ca }) end

    real("is read with the authority's certificate", function()
      same(server.image, trusting(as(READER, SECRET)))
      same("docker://localhost:" .. server.port .. "/team/app:1", trusting(as(READER, SECRET)))
    end)

    real("is not read without, with another's, or without TLS", function()
      assert.is_truthy(fails({ server.address, "--ca-file" }, server.image, as(READER, SECRET)):lower():find "certificate")
      fails(server.address, server.image, and_options(as(READER, SECRET), { "--ca-file", server.folder .. "/token.pem" }))
      fails(server.address, server.image, trusting(and_options(as(READER, SECRET), { "--plain-http" })))
      assert.same({}, server:beside(), "nobody was told the password")
      fails("none.pem", server.image, { options = { "--ca-file", server.folder .. "/none.pem" } })
    end)
  end)

  describe("on a host that is not called localhost", function()
    local name = shell.capture "hostname"
    local here = shell.capture("getent hosts " .. shell.quote(name)):match "^127%."
    local without = not here and ("needs a host name that is 127.*, and %q is not"):format(name) or nil
    local plain, secure = with {}, with { tls = true }

    local function elsewhere(title, test)
      real(title, function()
        if without then return pending(without) end
        test()
      end)
    end

    elsewhere("is spoken to without TLS only where --plain-http says so", function()
      local reference = ("docker://%s:%d/team/app:1"):format(name, plain.port)
      fails({ name, "--plain-http" }, reference)
      assert.same({}, plain:requests())
      same(reference, { options = { "--plain-http" } })
    end)

    elsewhere("has to have a certificate of that name", function()
      fails(name, ("docker://%s:%d/team/app:1"):format(name, secure.port), { options = { "--ca-file", secure.ca } })
    end)
  end)

  describe("behind a network", function()
    local server = with {}
    local large, whole

    setup(function()
      if missing then return end
      local images = require "support.images"
      local made = images.layout()
      local tar = images.tar { { "etc/os-release", "ID=debian\nVERSION_ID=12\n" },
        { "noise", temporary.noise(4 << 20) }, { "var/lib/dpkg/status",
          "Package: behind\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n" } }
      made:add(made:image { layers = { { tar = tar } } }, "large")
      large = made:write(server.folder .. "/large")
      server:push("oci:" .. large .. ":large", "team/large:1", "--preserve-digests")
      whole = facts("oci:" .. large .. ":large")
    end)

    local function through(given) return ("docker://%s/team/large:1"):format(server:relay(given)) end

    real("is read in spite of connections that break", function()
      assert.same(whole, facts(through { cut = 1 << 20, cuts = 2 }))
      local continued = 0
      for _, request in ipairs(server:requests "blobs") do
        if request.status == 206 then continued = continued + 1 end
      end
      assert.is_true(continued > 0, "from where it was broken off")
    end)

    real("is not read where the registry dies in the middle", function()
      finally(function() server:run() end)
      fails("team/large", through { cut = 1 << 20, kill = tonumber(server.registry.pid) })
      assert.is_false(server.registry:running())
    end)

    real("is given up at once at an interrupt", function()
      local line = tarsier:line { "scan", "--no-cache", through { delay = 20 } }
      local began = os.time()
      local code = shell.run("timeout --foreground -s INT 1 " .. line)
      assert.is_true(os.time() - began < pace.patience(5))
      assert.is_true(code == 124 or code == 130, code)
    end)
  end)
end)
