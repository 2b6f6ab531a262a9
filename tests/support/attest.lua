-- VEX documents attached to images, made as cosign and oras make them: keys and signatures are openssl's.
--
--   local signer = attest.signer(folder, "team")        signer.public is the file for --vex-key
--   attest.statement(digest, openvex) -> in-toto statement as text
--   attest.envelope(signer, text) -> DSSE as text; without a signer it has no signature
--   attest.put(layout, { layers = …, tag = …, subject = … })   into an OCI layout in a folder
--   attest.push(repository, folder, { … })                     into a registry

local json = require "tarsier.json"
local shell = require "support.shell"
local core = require "tarsier.core"

local attest = {}

attest.IN_TOTO = "application/vnd.in-toto+json"
attest.DSSE = "application/vnd.dsse.envelope.v1+json"
attest.BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
attest.MANIFEST = "application/vnd.oci.image.manifest.v1+json"
attest.INDEX = "application/vnd.oci.image.index.v1+json"
attest.OPENVEX = "https://openvex.dev/ns/v0.2.0"

-- RSA's of three primes, which are found in an eighth of the time: its public half is like any other of 2,048 bits.
local kinds = { p256 = "ec -pkeyopt ec_paramgen_curve:prime256v1", ed25519 = "ed25519",
  rsa = "rsa -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3" }

function attest.signer(folder, name, kind)
  local path = folder .. "/" .. name
  shell.capture(("openssl genpkey -algorithm %s -out %s.key 2>/dev/null && openssl pkey -in %s.key -pubout -out %s.pub"):format(
    kinds[kind or "p256"], path, path, path))
  return { key = path .. ".key", public = path .. ".pub", folder = folder, kind = kind or "p256" }
end

local function base64(text)
  return require "tarsier.report.shared.base64" (text)
end

function attest.sign(signer, text)
  local file = signer.folder .. "/to-sign"
  shell.write(file, text)
  local how = signer.kind == "ed25519" and "openssl pkeyutl -sign -rawin -inkey %s -in %s" or "openssl dgst -sha256 -sign %s %s"
  return base64((select(2, shell.run(how:format(signer.key, file)))))
end

function attest.openvex(id, product, fields)
  local statement = { vulnerability = { name = id }, products = { { ["@id"] = product } }, status = "not_affected",
    justification = "vulnerable_code_not_present" }
  for key, value in pairs(fields or {}) do statement[key] = value end
  return { ["@context"] = attest.OPENVEX, ["@id"] = "https://example.com/vex/1", author = "Team", version = 1,
    timestamp = "2026-01-01T00:00:00Z", statements = { statement } }
end

function attest.statement(digest, predicate, kind)
  return json.encode { _type = "https://in-toto.io/Statement/v1", predicateType = kind or attest.OPENVEX, predicate = predicate,
    subject = { { name = "app", digest = { sha256 = digest:match ":(%x+)$" } } } }
end

function attest.envelope(signer, payload, kind)
  kind = kind or attest.IN_TOTO
  local pae = ("DSSEv1 %d %s %d %s"):format(#kind, kind, #payload, payload)
  return json.encode { payloadType = kind, payload = base64(payload),
    signatures = json.array { signer and { keyid = "", sig = attest.sign(signer, pae) } or nil } }
end

function attest.bundle(envelope, material)
  return json.encode { mediaType = attest.BUNDLE, dsseEnvelope = json.decode(envelope),
    verificationMaterial = material or { publicKey = { hint = "x" }, tlogEntries = json.array {} } }
end

-- ---- storing ------------------------------------------------------------------------------------------------------

-- given: { text or { text, media_type, annotations }, … }; store(text) -> digest
local function manifest_of(given, store)
  local layers = {}
  for i, layer in ipairs(given.layers) do
    layers[i] = { mediaType = layer.media_type or attest.DSSE, digest = store(layer.text), size = layer.size or #layer.text,
      annotations = layer.annotations }
  end
  return json.encode { schemaVersion = 2, mediaType = attest.MANIFEST, artifactType = given.artifact_type, layers = json.array(layers),
    config = { mediaType = "application/vnd.oci.empty.v1+json", digest = store "{}", size = 2 },
    subject = given.subject and { mediaType = attest.MANIFEST, digest = given.subject, size = 1 } or nil,
    annotations = given.annotations }
end

--- put(layout, given) -> digest of the manifest
function attest.put(layout, given)
  local function store(text)
    local digest = core.sha256(text)
    shell.write(layout .. "/blobs/sha256/" .. digest:match ":(.*)", text)
    return digest
  end
  local text = manifest_of(given, store)
  local index = json.decode(shell.read(layout .. "/index.json"))
  table.insert(index.manifests, { mediaType = attest.MANIFEST, digest = store(text), size = #text, artifactType = given.artifact_type,
    annotations = given.tag and { ["org.opencontainers.image.ref.name"] = given.tag, kind = "dev.cosignproject.cosign/atts" }
      or given.entry_annotations })
  shell.write(layout .. "/index.json", json.encode(index))
  return core.sha256(text)
end

--- push(repository, folder, given) -> digest of the manifest. Without a tag it is listed by the tag that stands for the
--- referrers API, as clients do for registries that have none.
function attest.push(repository, folder, given)
  local function store(text)
    shell.write(folder .. "/blob", text)
    return (assert(repository:put_blob(folder .. "/blob")))
  end
  local text = manifest_of(given, store)
  local digest = core.sha256(text)
  assert(repository:put_manifest(given.tag or digest, attest.MANIFEST, text))
  if given.tag then return digest end
  local tag = given.subject:gsub(":", "-")
  local index = repository:manifest(tag)
  index = index and json.decode(index) or { schemaVersion = 2, mediaType = attest.INDEX, manifests = {} }
  table.insert(index.manifests, { mediaType = attest.MANIFEST, digest = digest, size = #text, artifactType = given.artifact_type })
  assert(repository:put_manifest(tag, attest.INDEX, json.encode(index)))
  return digest
end

return attest
