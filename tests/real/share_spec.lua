-- Databases shared in a real registry: pushed, pulled in the parts that an image needs, signed by minisign's and
-- cosign's keys, and refused if anything is not as it was signed.

local core = require "tarsier.core"
local feed_server = require "support.feed_server"
local json = require "tarsier.json"
local oci = require "support.oci"
local registry = require "support.registry"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local T1, T2 = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
local folder, server

local function tarsier(line)
  line = line:gsub("([ :])@(%w+)", function(before, name) return before .. folder .. "/" .. name end)
  return shell.run(("env -u TARSIER_DB -u GITLAB_CI -u DOCKER_AUTH_CONFIG -u REGISTRY_AUTH_FILE -u DOCKER_CONFIG "
    .. "DOCKER_HOST=unix:///nowhere HOME=%s XDG_DATA_HOME=%s/data XDG_CACHE_HOME=%s/cache XDG_CONFIG_HOME=%s/config %s "
    .. "lua/bin/tarsier %s"):format(folder, folder, folder, folder, LUA, line))
end

local function import(name, records)
  local place = ("%s/%s.records"):format(folder, name)
  shell.capture("mkdir -p " .. place)
  for i, one in ipairs(records) do shell.write(("%s/%d.json"):format(place, i), json.encode(one)) end
  assert(core.import(folder .. "/" .. name, { place }))
end

local curl = feed_server.record("DEBIAN-CVE-2026-0001", T1, "Debian:12", "curl", "8.0-1")
local old = feed_server.record("DEBIAN-CVE-2026-0009", T1, "Debian:11", "curl", "7.9-1")
local tar = feed_server.record("DEBIAN-CVE-2026-0002", T2, "Debian:12", "tar", "2.0-1")
local npm = feed_server.record("GHSA-a", T1, "npm", "left-pad", "1.3.0")

local function push(database, options)
  local code, output, err = tarsier(("db push oci://%s/sec/db:1 --db @%s %s"):format(server.address, database, options
    or ""))
  assert.equal(0, code, err)
  return output:match "@(sha256:%x+)\n$"
end

local function scan(options, reference)
  local code, output, err = tarsier(("scan oci:@app --no-fail -f json --db oci://%s/sec/db%s %s"):format(server.address,
    reference or ":1", options or ""))
  local list = {}
  for i, finding in ipairs(code == 0 and json.decode(output).findings or {}) do list[i] = finding.id end
  table.sort(list)
  return code, table.concat(list, " "), err
end

-- -> exit code, what was said
local function messages(options)
  local code, _, err = scan(options)
  return code, err
end

describe("a database in a registry", function()
  if registry.missing() then return pending(registry.missing()) end
  if not shell.has "minisign" then return pending "needs minisign: apt-get install minisign" end

  before_each(function()
    folder = shell.folder()
    server = registry.start {}
    oci.build(folder .. "/app", { { ["etc/os-release"] = oci.debian },
      { ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" }, { "tar", "1.0" } } } })
    import("one", { curl, old, npm })
    shell.capture(("cd %s && minisign -G -W -p pub -s sec >/dev/null && minisign -G -W -p other -s othersec >/dev/null"):format(folder))
  end)
  after_each(function()
    server:stop()
    shell.remove(folder)
  end)

  it("is pulled in the parts that the image needs, once", function()
    local digest = push "one"
    server:mark()
    local code, found, err = scan()
    assert.equal(0, code, err)
    assert.equal("CVE-2026-0001", found)
    assert.equal(1, #server:requests "GET /v2/sec/db/blobs/")
    server:mark()
    code, err = messages()
    assert.equal(0, code, err)
    assert.same({}, server:requests "/blobs/")
    local by_digest
    code, by_digest, err = scan("", "@" .. digest)
    assert.equal(0, code, err)
    assert.equal("CVE-2026-0001", by_digest)
  end)

  it("is fetched as the difference to yesterday's, if that is in the cache", function()
    local many = {}
    for i = 1, 400 do
      many[i] = feed_server.record(("DEBIAN-CVE-2025-%04d"):format(i), T1, "Debian:12", "package" .. i % 37, i
        .. ".0-1")
    end
    many[401] = curl
    import("many", many)
    push "many"
    assert.equal(0, (scan()))
    shell.write(folder .. "/more.json", json.encode(tar))
    shell.capture "sleep 1"
    assert(core.import(folder .. "/more", { folder .. "/many", folder .. "/more.json" }))
    push "more"
    local manifest = json.decode((assert(core.repository(server.address .. "/sec/db:1")):manifest()))
    assert.equal("application/vnd.tarsier.database.v1.sqlite+zstd.difference", manifest.layers[2].mediaType)
    assert.is_true(manifest.layers[2].size * 4 < manifest.layers[1].size)
    server:mark()
    local code, found, err = scan()
    assert.equal(0, code, err)
    assert.equal("CVE-2026-0001 CVE-2026-0002", found)
    local fetched = server:requests "GET /v2/sec/db/blobs/"
    assert.equal(1, #fetched)
    assert.is_truthy(fetched[1].path:find(manifest.layers[2].digest, 1, true))
    server:mark()
    assert.equal("CVE-2026-0001 CVE-2026-0002", select(2, scan "--cache-dir @fresh"))
    assert.is_truthy(server:requests("GET /v2/sec/db/blobs/")[1].path:find(manifest.layers[1].digest, 1, true))
    server:damaged(manifest.layers[2].digest, "corrupt", function() -- then the whole layer is fetched
      shell.capture(("rm %s/cache/tarsier/databases/layers/%s.db"):format(folder,
        manifest.layers[1].digest:match ":(%x+)"))
      assert.equal("CVE-2026-0001 CVE-2026-0002", select(2, scan()))
    end)
  end)

  it("is verified by minisign's key, and refused without its signature or with another's", function()
    push("one", "--sign-key @sec")
    local code, found, err = scan "--verify-key @pub"
    assert.equal(0, code, err)
    assert.equal("CVE-2026-0001", found)
    code, err = messages "--verify-key @other --cache-dir @fresh"
    assert.equal(4, code)
    assert.matches("made with another key", err)
    import("two", { curl, tar })
    push "two"
    code, err = messages "--verify-key @pub"
    assert.equal(4, code)
    assert.matches("it is not signed", err)
  end)

  it("is verified by a key in PEM, over cosign's payload", function()
    local digest = push "one"
    shell.capture(("cd %s && openssl ecparam -name prime256v1 -genkey -noout -out ec 2>/dev/null && openssl ec -in ec -pubout -out ecpub 2>/dev/null"):format(folder))
    local repository <close> = assert(core.repository(server.address .. "/sec/db", { writes = true }))
    local function cosign(named)
      shell.write(folder .. "/payload", json.encode { critical = { identity = { ["docker-reference"] = "" },
        image = { ["docker-manifest-digest"] = named }, type = "cosign container image signature" } })
      local signature = shell.capture(("openssl dgst -sha256 -sign %s/ec %s/payload | base64 -w0"):format(folder,
        folder))
      local layer, size = assert(repository:put_blob(folder .. "/payload"))
      local config, config_size = assert(repository:put_blob(folder .. "/app/oci-layout"))
      assert(repository:put_manifest(digest:gsub(":", "-") .. ".sig", "application/vnd.oci.image.manifest.v1+json",
        json.encode {
        schemaVersion = 2, mediaType = "application/vnd.oci.image.manifest.v1+json",
        config = { mediaType = "application/vnd.oci.image.config.v1+json", digest = config, size = config_size },
        layers = json.array { { mediaType = "application/vnd.dev.cosign.simplesigning.v1+json", digest = layer,
          size = size,
          annotations = { ["dev.cosignproject.cosign/signature"] = signature } } } }))
    end
    cosign("sha256:" .. ("0"):rep(64))
    local code, err = messages "--verify-key @ecpub"
    assert.equal(4, code)
    assert.matches("the signature is of another artifact", err)
    cosign(digest)
    local found
    code, found, err = scan "--verify-key @ecpub"
    assert.equal(0, code, err)
    assert.equal("CVE-2026-0001", found)
  end)

  it("is refused if it is older than the last one, unless that is asked for", function()
    shell.capture "sleep 1" -- until another second
    import("newer", { curl, tar })
    push "newer"
    assert.equal("CVE-2026-0001 CVE-2026-0002", select(2, scan()))
    push "one"
    local code, err = messages()
    assert.equal(4, code)
    assert.matches("somebody has put back an older one", err)
    local found
    code, found, err = scan "--allow-older"
    assert.equal(0, code, err)
    assert.equal("CVE-2026-0001", found)
  end)

  it("is used from the cache while the registry does not answer", function()
    push("one", "--sign-key @sec")
    assert.equal(0, (scan "--verify-key @pub"))
    server.registry:stop()
    local code, found, err = scan "--verify-key @pub"
    assert.equal(0, code, err)
    assert.equal("CVE-2026-0001", found)
    assert.matches("using the database of .* from the cache", err)
    code, err = messages "--verify-key @other"
    assert.equal(4, code, err)
    assert.equal(4, (scan "--cache-dir @empty"))
  end)

  it("is refused if a layer was damaged in the registry", function()
    push "one"
    local manifest = json.decode((assert(core.repository(server.address .. "/sec/db:1")):manifest()))
    for _, layer in ipairs(manifest.layers) do
      if layer.annotations["tarsier.ecosystem"] == "Debian:12" then
        for _, how in ipairs { "corrupt", "truncate", "delete" } do
          server:damaged(layer.digest, how, function()
            local code, err = messages()
            assert.equal(4, code, err)
          end)
        end
      end
    end
    assert.equal("", shell.capture(("ls %s/cache/tarsier/databases/layers"):format(folder)))
    assert.equal(0, (scan()))
  end)

  it("is no image, and an image is no database", function()
    push "one"
    server:push("oci:" .. folder .. "/app", "app:1")
    local code, _, err = tarsier(("scan oci:@app --db oci://%s/app:1"):format(server.address))
    assert.equal(4, code)
    assert.matches("not a database of tarsier's", err)
  end)

  it("is pulled into a file", function()
    push "one"
    local code, _, err = tarsier(("db pull oci://%s/sec/db:1 Debian:11 npm --db @pulled"):format(server.address))
    assert.equal(0, code, err)
    assert.same({ "Debian:11", "npm" }, core.database(folder .. "/pulled").ecosystems)
    assert.equal(2, (tarsier(("db pull oci://%s/sec/db:1"):format(server.address))))
  end)

  it("does not push the starter database, nor without a key that opens", function()
    local code, _, err = tarsier(("db push oci://%s/sec/db:1 --db build/starter.db"):format(server.address))
    assert.equal(2, code)
    assert.matches("starter database is not shared", err)
    code, _, err = tarsier(("db push oci://%s/sec/db:1 --db @one --sign-key @pub"):format(server.address))
    assert.equal(2, code)
    assert.matches("not a secret key", err)
    assert.equal(0, #server:requests "PUT")
  end)
end)

describe("a database in a registry that wants a login", function()
  if registry.missing() then return pending(registry.missing()) end

  it("is pushed with a token that may write, and by nobody else", function()
    folder = shell.folder()
    server = registry.start { token = { users = { reader = "secret" }, anonymous = json.array {} } }
    finally(function()
      server:stop()
      shell.remove(folder)
    end)
    import("one", { curl })
    shell.write(folder .. "/password", "pushes-only")
    local code, _,
      err = tarsier(("db push oci://%s/sec/db:1 --db @one --registry-user pusher --registry-password-file @password")
      :format(server.address))
    assert.equal(0, code, err)
    shell.write(folder .. "/password", "secret")
    code, _,
      err = tarsier(("db push oci://%s/sec/db2:1 --db @one --registry-user reader --registry-password-file @password")
      :format(server.address))
    assert.is_true(code == 3 or code == 4, err)
    assert.matches("does not let reader write to sec/db2", err)
    assert.is_nil(err:find("secret", 1, true))
  end)
end)
