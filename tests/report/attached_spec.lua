-- VEX documents attached to an image in an OCI layout: found, and obeyed only if a configured key has signed them for this
-- image. Keys and signatures are openssl's. tests/real/attached_spec.lua has the same in a real registry.

local advisories = require "support.advisories"
local attached = require "tarsier.vex.attached"
local attest = require "support.attest"
local core = require "tarsier.core"
local json = require "tarsier.json"
local layout = require "tarsier.vex.layout"
local oci = require "support.oci"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local PURL = "pkg:deb/debian/curl"
local folder, pristine, digest, other, team, stranger

local function tarsier(line)
  line = line:gsub("@(%w+)", function(name) return folder .. "/" .. name end)
  return shell.run(("env -u TARSIER_DB -u GITLAB_CI HOME=%s XDG_CACHE_HOME=%s/cache %s lua/bin/tarsier %s"):format(folder, folder,
    LUA, line))
end

local function image(name, curl)
  local place = folder .. "/" .. name
  oci.build(place, { { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "curl", curl } } } })
  return json.decode(shell.read(place .. "/index.json")).manifests[1].digest
end

-- -> "obeyed", "refusal" or "-", standard error, the statement
local function scan(options)
  local code, output, err = tarsier(("scan oci:@app:latest --no-fail --db @test.db -f json %s"):format(options or "--vex-key @team.pub"))
  assert.equal(0, code, err)
  local finding = json.decode(output).findings[1]
  local word = finding.vex and finding.vex[#finding.vex]
  local is_accepted = finding.decision == "accept"
  assert.equal(word ~= nil and word.obeyed, is_accepted, err)
  return word and (word.obeyed and "obeyed" or word.refusal) or "-", err, word
end

-- The same without a scan: what is made of everything that is attached, and the notes.
local function find()
  local statements, notes = attached.find(layout.open(folder .. "/app"), { [digest] = true },
    { { text = shell.read(team.public), file = "team.pub" } })
  return #statements == 0 and "-" or statements[1].refusal or "obeyed", table.concat(notes, "\n")
end

local function envelope(signer, fields, to)
  return attest.envelope(signer, attest.statement(to or digest, attest.openvex("CVE-2026-0001", PURL, fields)))
end

local function attach(text, media_type, more)
  local given = { tag = digest:gsub(":", "-") .. ".att", layers = { { text = text, media_type = media_type } } }
  for key, value in pairs(more or {}) do given[key] = value end
  return attest.put(folder .. "/app", given)
end

local function refer(text, media_type, more)
  local given = { subject = digest, artifact_type = media_type, layers = { { text = text, media_type = media_type } } }
  for key, value in pairs(more or {}) do given[key] = value end
  return attest.put(folder .. "/app", given)
end

describe("a VEX document attached to an image", function()
  if not shell.has "openssl" then return pending "needs openssl: apt-get install openssl" end

  setup(function()
    folder = shell.folder()
    digest, other = image("app", "7.0-1"), image("other", "7.0-2")
    pristine = shell.read(folder .. "/app/index.json")
    team, stranger = attest.signer(folder, "team"), attest.signer(folder, "stranger")
    local function record(version)
      return advisories.record("DEBIAN-CVE-2026-0001", { aliases = { "CVE-2026-0001" },
        affected = { advisories.affects("Debian:12", "curl", { "introduced", "0", "fixed", version }) } })
    end
    assert(advisories.import(folder, { record "8.0-1" }))
  end)
  teardown(function() shell.remove(folder) end)
  before_each(function() shell.write(folder .. "/app/index.json", pristine) end)

  it("is obeyed if a key of the team's has signed it, as cosign attest stores it", function()
    attach(envelope(team))
    local word, err, statement = scan()
    assert.equal("obeyed", word, err)
    assert.equal(folder .. "/team.pub", statement.signed_by)
    assert.equal("Team", statement.author)
    assert.matches("^attached sha256:", statement.file)
    assert.equal("obeyed", (scan "--vex-key @stranger.pub --vex-key @team.pub"))
    assert.equal("-", (scan "--vex-key @team.pub --no-attached-vex"))
  end)

  it("is shown and not obeyed without a key, or with another", function()
    attach(envelope(team))
    local word, err = scan ""
    assert.matches("no %-%-vex%-key says", word)
    assert.matches("warning: 1 VEX statement attached to the image and not obeyed: ", err)
    assert.matches("no key of %-%-vex%-key has signed it", (scan "--vex-key @stranger.pub"))
    shell.write(folder .. "/app/index.json", pristine)
    attach(envelope(nil))
    assert.matches("no key", (scan()))
  end)

  it("is found as a referrer, and as a bundle", function()
    refer(envelope(team), attest.DSSE)
    assert.equal("obeyed", (scan()))
    shell.write(folder .. "/app/index.json", pristine)
    refer(attest.bundle(envelope(team)), attest.BUNDLE)
    assert.equal("obeyed", (scan()))
    shell.write(folder .. "/app/index.json", pristine)
    refer(attest.bundle(envelope(stranger), { certificate = { rawBytes = "AA==" } }), attest.BUNDLE)
    assert.matches("an identity's certificate", (scan()))
  end)

  it("may be signed with Ed25519 and RSA", function()
    for _, kind in ipairs { "ed25519", "rsa" } do
      shell.write(folder .. "/app/index.json", pristine)
      attach(envelope(attest.signer(folder, kind, kind)))
      assert.equal("obeyed", (scan(("--vex-key @%s.pub"):format(kind))), kind)
    end
  end)

  it("stored as it is counts if its manifest is signed", function()
    local text = json.encode(attest.openvex("CVE-2026-0001", PURL))
    local manifest = refer(text, "application/vnd.openvex+json")
    assert.matches("not signed", (scan()))
    local payload = json.encode { critical = { identity = {}, type = "cosign container image signature",
      image = { ["docker-manifest-digest"] = manifest } } }
    attest.put(folder .. "/app", { tag = manifest:gsub(":", "-") .. ".sig", layers = { { text = payload,
      media_type = "application/vnd.dev.cosign.simplesigning.v1+json",
      annotations = { ["dev.cosignproject.cosign/signature"] = attest.sign(team, payload) } } } })
    assert.equal("obeyed", (scan()))
    assert.matches("not signed", (scan "--vex-key @stranger.pub"))
  end)

  it("may name the index that lists the image", function()
    local index = json.encode { schemaVersion = 2, mediaType = attest.INDEX, manifests = { json.decode(pristine).manifests[1] } }
    local top = core.sha256(index)
    shell.write(folder .. "/app/blobs/sha256/" .. top:match ":(.*)", index)
    shell.write(folder .. "/app/index.json", json.encode { schemaVersion = 2, manifests = { { mediaType = attest.INDEX,
      digest = top, size = #index, annotations = { ["org.opencontainers.image.ref.name"] = "latest" } } } })
    attach(envelope(team, nil, top), nil, { tag = top:gsub(":", "-") .. ".att" })
    assert.equal("obeyed", (scan()))
  end)

  it("may be about the image with a package inside, and about another one", function()
    local product = { { ["@id"] = "pkg:oci/app@" .. digest, subcomponents = { { ["@id"] = PURL } } } }
    attach(envelope(team, { products = product }))
    assert.equal("obeyed", (scan()))
    product[1]["@id"] = "pkg:oci/app@" .. other
    shell.write(folder .. "/app/index.json", pristine)
    attach(envelope(team, { products = product }))
    assert.equal("-", (scan()))
  end)

  -- ---- hostile ----------------------------------------------------------------------------------------------------

  it("is not obeyed on another image than it was signed for", function()
    attach(envelope(team, nil, other)) -- a replay
    local word, err = scan()
    assert.matches("signed for another image", word)
    assert.matches("not obeyed: it is signed for another image", err)
    shell.write(folder .. "/app/index.json", pristine)
    refer(envelope(team), attest.DSSE, { subject = other })
    assert.equal("-", (find()))
    refer(json.encode(attest.openvex("CVE-2026-0001", PURL)), "application/vnd.openvex+json", { subject = other })
    assert.equal("-", (find()))
  end)

  it("is not obeyed if a byte was changed, or the signature is over something else", function()
    local statement = attest.statement(digest, attest.openvex("CVE-2026-0001", PURL))
    local made = json.decode(attest.envelope(team, statement))
    local changed = attest.statement(digest, attest.openvex("CVE-2026-0001", PURL, { justification = "component_not_present" }))
    made.payload = json.decode(attest.envelope(nil, changed)).payload
    attach(json.encode(made))
    assert.matches("no key", (find()))
    shell.write(folder .. "/app/index.json", pristine)
    made = json.decode(attest.envelope(nil, statement)) -- over the payload, not over DSSE's text
    made.signatures = { { sig = attest.sign(team, statement) } }
    attach(json.encode(made))
    assert.matches("no key", (find()))
  end)

  it("in an in-toto statement without an envelope is not signed", function()
    refer(attest.statement(digest, attest.openvex("CVE-2026-0001", PURL)), attest.IN_TOTO)
    assert.equal("it is not signed", (find()))
  end)

  it("that is damaged is told, and nothing else suffers", function()
    local good = envelope(team)
    local many = json.decode(good)
    for i = 1, 40 do many.signatures[i] = many.signatures[1] end
    for text, message in pairs {
      ["{"] = "envelope", ["[]"] = "not a signed envelope", ["null"] = "envelope: line 1", [("["):rep(5000)] = "envelope",
      ['{"payload":"!","payloadType":"application/vnd.in-toto+json","signatures":[]}'] = "not valid base64",
      ['{"payload":"e30=","payloadType":"text/plain","signatures":[]}'] = "not an in-toto statement",
      ['{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}'] = "not an in-toto statement",
      ['{"payload":"e30=","payload":"e30=","payloadType":"application/vnd.in-toto+json"}'] = "duplicate",
      [json.encode(many)] = "more than 32 signatures",
      [attest.envelope(team, attest.statement(digest, { ["@context"] = "https://openvex.dev/ns", statements = 7 }))] = "must be a list",
      [attest.envelope(team, attest.statement(digest, "text"))] = "without a predicate",
      [attest.envelope(team, "\0\255")] = "not an in-toto statement",
    } do
      shell.write(folder .. "/app/index.json", pristine)
      attach(text)
      local word, err = find()
      assert.equal("-", word, text:sub(1, 80))
      assert.is_truthy(err:find(message, 1, true), message .. " in " .. err)
    end
  end)

  it("is left out if there are too many, they are too large, or their blobs are damaged", function()
    local text = envelope(team)
    attach(text, nil, { layers = { { text = text, size = 17 << 20 } } })
    local word, err = find()
    assert.equal("-", word)
    assert.matches("16 MiB a document", err)
    shell.write(folder .. "/app/index.json", pristine)
    attach(text)
    shell.write(folder .. "/app/blobs/sha256/" .. core.sha256(text):match ":(.*)", (text:gsub("^{", "[")))
    word, err = find()
    assert.equal("-", word)
    assert.matches("the blob is damaged", err)
    shell.write(folder .. "/app/blobs/sha256/" .. core.sha256(text):match ":(.*)", text)
    local layers = {}
    for i = 1, 70 do layers[i] = { text = "{}" } end
    shell.write(folder .. "/app/index.json", pristine)
    attach(nil, nil, { layers = layers })
    err = select(2, find())
    assert.matches("more than 64 layers", err)
    for i = 1, 110 do refer("{}", attest.DSSE, { annotations = { n = tostring(i) } }) end
    err = select(2, find())
    assert.matches("more than 100 manifests", err)
  end)

  it("in a layout that lacks a listed blob, or lists too much, is told", function()
    local missing = ("sha256:%064d"):format(0)
    local function list(count, tag)
      local index = json.decode(pristine)
      for _ = 1, count do
        table.insert(index.manifests, { mediaType = "application/vnd.oci.image.manifest.v1+json", digest = missing, size = 2,
          annotations = tag and { ["org.opencontainers.image.ref.name"] = digest:gsub(":", "-") .. tag } or nil })
      end
      shell.write(folder .. "/app/index.json", json.encode(index))
      return select(2, find())
    end
    assert.matches("there is no such blob", list(1, ".att"))
    assert.matches("there is no such blob", list(1, ""))
    assert.equal("", list(1))
    assert.matches("more referrers", list(1001))
  end)

  it("about an SBOM or provenance is passed over without a word", function()
    attach(attest.envelope(team, attest.statement(digest, { any = "thing" }, "https://slsa.dev/provenance/v1")))
    local word, err = find()
    assert.equal("-", word)
    assert.equal("", err)
  end)

  it("needs keys that are keys", function()
    shell.write(folder .. "/no.pub", "no key\n")
    shell.write(folder .. "/empty.pub", "")
    for name, message in pairs { no = "not a public key", empty = "empty", missing = "No such file" } do
      local code, _, err = tarsier(("scan oci:@app:latest --db @test.db --vex-key @%s.pub"):format(name))
      assert.equal(2, code)
      assert.is_truthy(err:find("--vex-key", 1, true) and err:find(message, 1, true), err)
    end
  end)
end)
