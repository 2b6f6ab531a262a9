-- VEX documents attached to an image in a real registry (Debian's docker-registry), signed with openssl's keys and minisign's.

local advisories = require "support.advisories"
local attest = require "support.attest"
local core = require "tarsier.core"
local json = require "tarsier.json"
local oci = require "support.oci"
local registry = require "support.registry"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local folder, server, repository, digest, team

local function tarsier(line)
  line = line:gsub("@(%w+)", function(name) return folder .. "/" .. name end)
  return shell.run(("env -u TARSIER_DB -u GITLAB_CI -u DOCKER_AUTH_CONFIG -u REGISTRY_AUTH_FILE -u DOCKER_CONFIG "
    .. "DOCKER_HOST=unix:///nowhere HOME=%s XDG_CACHE_HOME=%s/cache %s lua/bin/tarsier %s"):format(folder, folder, LUA, line))
end

local function scan(options)
  local code, output, err = tarsier(("scan docker://%s/team/app:1 --no-fail --db @test.db -f json %s"):format(server.address,
    options or "--vex-key @team.pub"))
  assert.equal(0, code, err)
  local finding = json.decode(output).findings[1]
  local word = finding.vex and finding.vex[1]
  assert.equal(word ~= nil and word.obeyed, finding.decision == "accept", err)
  return word and (word.obeyed and "obeyed" or word.refusal) or "-", err
end

local function envelope(to)
  return attest.envelope(team, attest.statement(to or digest, attest.openvex("CVE-2026-0001", "pkg:deb/debian/curl")))
end

describe("VEX in a registry", function()
  if registry.missing() then return pending(registry.missing()) end

  before_each(function()
    folder = shell.folder()
    server = registry.start {}
    oci.build(folder .. "/app", { { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" } } } })
    digest = server:push("oci:" .. folder .. "/app:latest", "team/app:1")
    repository = assert(core.repository(server.address .. "/team/app:1", { writes = true }))
    team = attest.signer(folder, "team")
    assert(advisories.import(folder, { advisories.record("DEBIAN-CVE-2026-0001", { aliases = { "CVE-2026-0001" },
      affected = { advisories.affects("Debian:12", "curl", { "introduced", "0", "fixed", "8.0-1" }) } }) }))
  end)
  after_each(function()
    repository:close()
    server:stop()
    shell.remove(folder)
  end)

  it("is obeyed as cosign attest stores it, and not with another key or none", function()
    attest.push(repository, folder, { tag = digest:gsub(":", "-") .. ".att", layers = { { text = envelope() } } })
    assert.equal("obeyed", (scan()))
    attest.signer(folder, "stranger")
    assert.matches("no key of", (scan "--vex-key @stranger.pub"))
    local word, err = scan ""
    assert.matches("no %-%-vex%-key", word)
    assert.matches("warning: 1 VEX statement attached to the image", err)
    server:mark()
    assert.equal("-", (scan "--no-attached-vex"))
    assert.same({}, server:requests "referrers")
  end)

  it("is found by the tag that stands for the referrers API, and signed by minisign's key", function()
    attest.push(repository, folder, { subject = digest, artifact_type = attest.BUNDLE,
      layers = { { text = attest.bundle(envelope()), media_type = attest.BUNDLE } } })
    assert.equal("obeyed", (scan()))
    if not shell.has "minisign" then return pending "needs minisign: apt-get install minisign" end
    shell.capture(("cd %s && minisign -G -W -p mini.pub -s mini.sec >/dev/null"):format(folder))
    local plain = { subject = digest, artifact_type = "application/vnd.openvex+json", layers = { { media_type =
      "application/vnd.openvex+json", text = json.encode(attest.openvex("CVE-2026-0001", "pkg:deb/debian/curl")) } } }
    repository:put_manifest(digest:gsub(":", "-"), attest.INDEX, json.encode { schemaVersion = 2, mediaType = attest.INDEX,
      manifests = json.array {} })
    local manifest = attest.push(repository, folder, plain)
    assert.matches("not signed", (scan "--vex-key @mini.pub"))
    local signature = assert(core.sign(shell.read(folder .. "/mini.sec"), nil, (repository:manifest(manifest)), "tests"))
    assert(require "tarsier.share.artifact".push_signature(repository, manifest, signature, folder))
    assert.equal("obeyed", (scan "--vex-key @mini.pub"))
  end)

  it("signed for the index is obeyed for its image, and a replay is not", function()
    local text = repository:manifest()
    local index = json.encode { schemaVersion = 2, mediaType = attest.INDEX, manifests = { { mediaType = attest.MANIFEST,
      digest = digest, size = #text, platform = { os = "linux", architecture = "amd64" } } } }
    local top = assert(repository:put_manifest("1", attest.INDEX, index))
    local tag = top:gsub(":", "-") .. ".att"
    attest.push(repository, folder, { tag = tag, layers = { { text = envelope("sha256:" .. ("0"):rep(64)) } } })
    assert.matches("signed for another image", (scan()))
    attest.push(repository, folder, { tag = tag, layers = { { text = envelope(top) } } })
    assert.equal("obeyed", (scan()))
  end)

  it("that is damaged in the registry is told", function()
    local text = envelope()
    attest.push(repository, folder, { tag = digest:gsub(":", "-") .. ".att", layers = { { text = text } } })
    for _, how in ipairs { "corrupt", "truncate", "delete" } do
      server:damaged(core.sha256(text), how, function()
        local word, err = scan()
        assert.equal("-", word)
        assert.matches("warning: VEX documents attached to the image: sha256:", err)
      end)
    end
  end)
end)

describe("the signature of the base image", function()
  if registry.missing() then return pending(registry.missing()) end

  it("is verified with the team's key, for the base whose layers the image has", function()
    folder = shell.folder()
    server = registry.start {}
    finally(function()
      server:stop()
      shell.remove(folder)
    end)
    local lower = { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" } } }
    oci.build(folder .. "/base", { lower })
    local base = server:push("oci:" .. folder .. "/base:latest", "base:1", "--preserve-digests")
    team = attest.signer(folder, "team")
    attest.signer(folder, "other")
    assert(advisories.import(folder, { advisories.record("X-1", { affected = { advisories.affects("Debian:12", "x",
      { "introduced", "0" }) } }) }))
    local function signed(key, named, layers)
      shell.remove(folder .. "/app")
      oci.build(folder .. "/app", layers or { lower, { app = "x" } }, { User = "app", Cmd = { "app" } }, { annotations = {
        ["org.opencontainers.image.base.name"] = server.address .. "/base:1", ["org.opencontainers.image.base.digest"] = named or base } })
      local code, output, err = tarsier(("scan oci:@app --db @test.db -f json -p conformance --set conformance.unsigned_base=fail "
        .. "--base-key @%s.pub"):format(key))
      local about = json.decode(output).image.base
      assert.equal(about.signed and 0 or 1, code, err)
      return about.signed, about.signature, err
    end
    local is, why = signed "team"
    assert.same({ false, "it is not signed" }, { is, why })
    repository = assert(core.repository(server.address .. "/base:1", { writes = true }))
    local payload = json.encode { critical = { identity = {}, type = "cosign container image signature",
      image = { ["docker-manifest-digest"] = base } } }
    attest.push(repository, folder, { tag = base:gsub(":", "-") .. ".sig", layers = { { text = payload,
      media_type = "application/vnd.dev.cosign.simplesigning.v1+json",
      annotations = { ["dev.cosignproject.cosign/signature"] = attest.sign(team, payload) } } } })
    is, why = signed "team"
    assert.same({ true, folder .. "/team.pub" }, { is, why })
    assert.is_false((signed "other"))
    is, why = signed("team", base, { { app = "x" }, lower })
    assert.same({ false, "the image's lowest layers are not those of the base that it names" }, { is, why })
    local known, _, err = signed("team", "sha256:" .. ("0"):rep(64))
    assert.is_nil(known)
    assert.matches("warning: %-%-base%-key: whether the base image is signed is not known", err)
    repository:close()
  end)
end)
