-- What lies beside an image, or looks like one: signatures, attestations, lists of parts, charts, foreign entries.

local core = require "tarsier.core"
local json = require "tarsier.json"
local letters = require "tarsier.probe".letters
local oci = require "support.oci"
local shell = require "support.shell"

local MANIFEST = "application/vnd.oci.image.manifest.v1+json"
local INDEX = "application/vnd.oci.image.index.v1+json"
local CONFIG = "application/vnd.oci.image.config.v1+json"
local EMPTY = "application/vnd.oci.empty.v1+json"

local folder, image

setup(function()
  folder = shell.folder()
  oci.build(folder, { { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" } } } })
  image = json.decode(shell.read(folder .. "/index.json")).manifests[1]
end)
teardown(function() shell.remove(folder) end)

-- A document as a blob -> its descriptor, with what else an entry says
local function blob(document, more)
  local text = type(document) == "string" and document or json.encode(document)
  local digest = letters.digest(text)
  shell.write(folder .. "/blobs/" .. digest:gsub(":", "/"), text)
  local descriptor = { mediaType = MANIFEST, digest = digest, size = #text }
  for key, value in pairs(more or {}) do descriptor[key] = value end
  return descriptor
end

-- The image's own manifest with changes.
local function changed(change, more)
  local manifest = json.decode(shell.read(folder .. "/blobs/sha256/" .. image.digest:sub(8)))
  change(manifest)
  return blob(manifest, more)
end

-- An artifact's manifest, as its makers write it.
local function artifact(config, layer, more, top)
  local manifest = { schemaVersion = 2, mediaType = MANIFEST, config = blob("{}", { mediaType = config }),
    layers = json.array { layer and blob("payload", { mediaType = layer }) } }
  for key, value in pairs(top or {}) do manifest[key] = value end
  return blob(manifest, more)
end

local function scan(entries, suffix, config)
  shell.write(folder .. "/index.json", json.encode { schemaVersion = 2, manifests = json.array(entries) })
  local wanted = { cache_dir = "" }
  for key, value in pairs(config or {}) do wanted[key] = value end
  local engine = assert(core.open(wanted))
  local report, message, code = engine:scan("oci:" .. folder .. (suffix or ""))
  engine:close()
  return report, message, code
end

local function plain(more)
  local entry = { mediaType = MANIFEST, digest = image.digest, size = image.size }
  for key, value in pairs(more or {}) do entry[key] = value end
  return entry
end

describe("a config's media type", function()
  it("may be what Docker takes for an image's", function()
    for _, kind in ipairs { "application/octet-stream", "application/json", "text/html", "text/html; charset=utf-8", "", false } do
      local entry = changed(function(manifest) manifest.config.mediaType = kind or nil end)
      local report, message = scan { entry }
      assert(report, message)
      assert.equal("curl", report:packages()[1].name)
    end
  end)

  it("or else makes the manifest an artifact's", function()
    local kinds = { "application/vnd.cncf.helm.config.v1+json", EMPTY, "application/vnd.unknown.config.v1+json", "text/plain" }
    for _, kind in ipairs(kinds) do
      local report, message, code = scan { changed(function(manifest) manifest.config.mediaType = kind end) }
      assert.is_nil(report)
      assert.equal("UNSUPPORTED", code)
      assert.is_truthy(message:find(('not an image, but an artifact of the type "%s"'):format(kind), 1, true), message)
    end
    local vague = changed(function(manifest)
      manifest.config.mediaType = "application/octet-stream"
      manifest.artifactType = "application/vnd.example+type"
    end)
    local report, message = scan { vague }
    assert.is_nil(report)
    assert.is_truthy(message:find('of the type "application/vnd.example+type"', 1, true), message)
  end)
end)

describe("an index with an image and", function()
  local beside = {
    ["a cosign signature"] = function() return artifact(CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json") end,
    ["a cosign signature that is annotated"] = function()
      return artifact(CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json",
        { annotations = { kind = "dev.cosignproject.cosign/sigs" } })
    end,
    ["a cosign signature by its tag"] = function()
      return artifact(CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json",
        { annotations = { ["org.opencontainers.image.ref.name"] = "sha256-" .. ("ab"):rep(32) .. ".sig" } })
    end,
    ["an attestation in its own layer"] = function() return artifact(CONFIG, "application/vnd.in-toto+json") end,
    ["BuildKit's attestation"] = function()
      return artifact(CONFIG, "application/vnd.in-toto+json", { platform = { os = "unknown", architecture = "unknown" } })
    end,
    ["an attestation that is annotated"] = function()
      return plain { digest = "sha256:" .. ("0"):rep(64), annotations = { ["vnd.docker.reference.type"] = "attestation-manifest" } }
    end,
    ["a list of parts with artifactType"] = function()
      return artifact(EMPTY, "application/spdx+json", nil, { artifactType = "application/spdx+json",
        subject = { mediaType = MANIFEST, digest = image.digest, size = image.size } })
    end,
    ["an entry with artifactType"] = function()
      return plain { digest = "sha256:" .. ("0"):rep(64), artifactType = "application/vnd.example.sbom" }
    end,
    ["a referrer without layers"] = function() return artifact(EMPTY, nil, nil, { artifactType = "application/vnd.example" }) end,
    ["a chart"] = function() return artifact("application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip") end,
    ["an artifact manifest of a draft"] = function()
      return blob({ mediaType = "application/vnd.oci.artifact.manifest.v1+json", blobs = json.array {} },
        { mediaType = "application/vnd.oci.artifact.manifest.v1+json" })
    end,
    ["a foreign entry"] = function() return { mediaType = "application/vnd.example.thing", digest = "blake3:0", size = "many" } end,
    ["a foreign entry without a digest"] = function() return { mediaType = "application/xml" } end,
    ["an index of signatures"] = function()
      return blob({ schemaVersion = 2, mediaType = INDEX, manifests = json.array {
        artifact(CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json") } }, { mediaType = INDEX })
    end,
  }
  for what, make in pairs(beside) do
    it(what .. " has one image", function()
      for _, own in ipairs { plain(), plain { annotations = image.annotations }, image } do
        for _, entries in ipairs { { own, make() }, { make(), own } } do
          local report, message = scan(entries)
          assert(report, message)
          assert.equal(image.digest, report:image().digest)
          report, message = scan(entries, nil, { platform = "linux/amd64" })
          assert(report, message)
        end
      end
    end)
  end

  it("another image has two", function()
    local other = changed(function(manifest) manifest.annotations = { a = "b" } end)
    local _, message, code = scan { plain(), other }
    assert.equal("NOT_FOUND", code)
    assert.is_truthy(message:find("holds 2 images", 1, true), message)
  end)
end)

describe("an index of artifacts only", function()
  it("has no image", function()
    local sig = artifact(CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json")
    local sbom = artifact(EMPTY, "application/spdx+json")
    for _, entries in ipairs { { sig }, { sig, sbom } } do
      local _, message, code = scan(entries)
      assert.equal("UNSUPPORTED", code, message)
      assert.is_truthy(message:find("not an image, but an artifact", 1, true), message)
    end
  end)
end)
