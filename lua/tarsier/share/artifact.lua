-- A database as an artifact in a registry: one layer an ecosystem and release, so that a client pulls what its image
-- needs.
--
-- A layer of another type is the difference to the layer of the push before (tarsier.from, tarsier.to), for clients
-- that have that one: zstd with the old content as prefix.
--
-- The manifest is an OCI image manifest of the artifact type below. Each layer is a database of tarsier's, packed with
-- zstd, with these annotations: tarsier.ecosystem, "Debian:12"; tarsier.size, bytes unpacked; tarsier.digest, the
-- SHA-256 of that. The manifest's annotations say when the database was built (tarsier.built), and how new its
-- records are. The config is the note of the whole database: where its records came from.
--
-- Signatures are artifacts beside it. minisign's: tag sha256-HEX.minisig, whose layer is the .minisig file of the
-- manifest. cosign's: tag sha256-HEX.sig, as `cosign sign --key` writes it.

local core = require "tarsier.core"
local json = require "tarsier.json"
local sources = require "tarsier.sources"

local artifact = {
  TYPE = "application/vnd.tarsier.database.v1",
  CONFIG = "application/vnd.tarsier.database.config.v1+json",
  LAYER = "application/vnd.tarsier.database.v1.sqlite+zstd",
  DIFFERENCE = "application/vnd.tarsier.database.v1.sqlite+zstd.difference",
  MINISIGN = "application/vnd.tarsier.minisign.v1",
  COSIGN = "application/vnd.dev.cosign.simplesigning.v1+json",
  MANIFEST = "application/vnd.oci.image.manifest.v1+json",
}

local EMPTY = "application/vnd.oci.empty.v1+json"
local LAYERS_MOST = 4096
local UNPACKED_MOST = 8 << 30 -- bytes of one layer

-- ---- writing --------------------------------------------------------------------------------------------------------

local function write(path, text)
  local ok, message, code = core.host.write_file(path, text)
  return ok and path, message, code
end

local function put_text(repository, folder, text)
  local path, message, code = write(folder .. "/blob", text)
  if not path then return nil, message, code end
  return repository:put_blob(path)
end

-- The ecosystems of a database that may be shared.
local function shared_ecosystems(info)
  local own_only, list = {}, {}
  for _, file in ipairs(sources.files(sources.families())) do
    if file.own_only then own_only[file.family] = true end
  end
  for _, name in ipairs(info.ecosystems) do
    if not own_only[name:match "^[^:]+"] then list[#list + 1] = name end
  end
  return list
end

local DIFFERENCE_MOST = 64 << 20 -- bytes of a layer that differences are made for

-- The difference to the layer of the last push, for clients that have that one -> descriptor | nil if there is none, or
-- it is not worth it
local function push_difference(repository, part, layer, before, folder, level)
  if not before or before.unpacked > DIFFERENCE_MOST or layer.unpacked > DIFFERENCE_MOST then return nil end
  local packed, old, delta = folder .. "/before.zst", folder .. "/before.db", folder .. "/difference.zst"
  local ok = repository:blob(before.digest, before.size, packed) and core.unpack(packed, old, before.unpacked)
    and core.pack(part, delta, level, old)
  local size = ok and core.host.stat(delta).size
  local digest = size and size < layer.size // 2 and repository:put_blob(delta)
  for _, path in ipairs { packed, old, delta } do os.remove(path) end
  return digest and json.object("mediaType", artifact.DIFFERENCE, "digest", digest, "size", size,
    "annotations", json.object("tarsier.to", layer.digest, "tarsier.from", before.digest)) or nil
end

-- -> descriptor, bytes, descriptor of a difference or nil | nil, message, code
local function push_layer(repository, database, ecosystem, folder, level, before)
  local part, packed = folder .. "/part.db", folder .. "/part.db.zst"
  local ok, message, code = core.import(part, { database }, { only = { ecosystem } })
  if not ok then return nil, message, code end
  local content
  content, message, code = core.pack(part, packed, level)
  if not content then return nil, message, code end
  local digest, size, kind = repository:put_blob(packed)
  if not digest then return nil, size, kind end
  local info, unpacked = core.database(part), core.host.stat(part).size
  local difference = push_difference(repository, part, { digest = digest, size = size, unpacked = unpacked }, before,
    folder, level)
  os.remove(part)
  os.remove(packed)
  return json.object("mediaType", artifact.LAYER, "digest", digest, "size", size,
    "annotations", json.object("tarsier.ecosystem", ecosystem, "tarsier.size", tostring(unpacked),
      "tarsier.digest", content, "tarsier.newest", info.newest)), size, difference
end

-- The layers that the tag has now, by ecosystem.
local function last_push(repository)
  local text = repository:manifest()
  local parsed, layers = text and artifact.parse(text), {}
  for _, layer in ipairs(parsed and parsed.layers or {}) do layers[layer.ecosystem] = layer end
  return layers
end

local function manifest_text(info, config, layers, now)
  return json.encode(json.object("schemaVersion", 2, "mediaType", artifact.MANIFEST,
    "artifactType", artifact.TYPE,
    "config", json.object("mediaType", artifact.CONFIG, "digest", config.digest, "size",
      config.size),
    "layers", json.array(layers),
    "annotations", json.object("org.opencontainers.image.created", now,
      "org.opencontainers.image.title", "tarsier vulnerability database", "tarsier.built", info.built,
      "tarsier.newest", info.newest, "tarsier.kev", info.kev_date, "tarsier.epss", info.epss_date)))
end

--- push(repository, database, folder, { level =, tell = function(ecosystem, bytes) end }) -> digest, manifest | nil,
--- message, code. `folder` is for files that are gone afterwards.
function artifact.push(repository, database, folder, options)
  local info, message, code = core.database(database)
  if not info then return nil, message, code end
  if info.starter then return nil, database
    .. ": the starter database is not shared: fetch one with `tarsier db update`", "USAGE" end
  local layers, before = {}, last_push(repository)
  for _, ecosystem in ipairs(shared_ecosystems(info)) do
    local layer, bytes, more = push_layer(repository, database, ecosystem, folder, options.level, before[ecosystem])
    if not layer then return nil, bytes, more end
    layers[#layers + 1] = layer
    layers[#layers + 1] = more
    if options.tell then options.tell(ecosystem, bytes) end
  end
  if #layers == 0 then return nil, database .. ": it has no records that may be shared", "USAGE" end
  local digest, size, kind = put_text(repository, folder, info.note ~= "" and info.note or "{}")
  if not digest then return nil, size, kind end
  local manifest = manifest_text(info, { digest = digest, size = size }, layers, os.date "!%Y-%m-%dT%H:%M:%SZ")
  digest, message, code = repository:put_manifest(nil, artifact.MANIFEST, manifest)
  if not digest then return nil, message, code end
  return digest, manifest
end

--- push_signature(repository, digest, signature, folder) -> true | nil, message, code
function artifact.push_signature(repository, digest, signature, folder)
  local layer, size, code = put_text(repository, folder, signature)
  if not layer then return nil, size, code end
  local empty, empty_size, kind = put_text(repository, folder, "{}")
  if not empty then return nil, empty_size, kind end
  local manifest = json.encode(json.object("schemaVersion", 2, "mediaType", artifact.MANIFEST,
    "artifactType", artifact.MINISIGN,
    "config", json.object("mediaType", EMPTY, "digest", empty, "size", empty_size),
    "layers", json.array { json.object("mediaType", artifact.MINISIGN, "digest", layer, "size",
      size) }))
  local done, message, wrong = repository:put_manifest(digest:gsub(":", "-") .. ".minisig", artifact.MANIFEST, manifest)
  return done and true, message, wrong
end

-- ---- reading --------------------------------------------------------------------------------------------------------

local function wrong(what) return nil, "not a database of tarsier's: " .. what, "FORMAT" end

local function is_descriptor(layer)
  return type(layer) == "table" and type(layer.digest) == "string" and layer.digest:match "^sha256:%x+$"
    and #layer.digest == 71
    and math.type(layer.size) == "integer" and layer.size > 0 and type(layer.mediaType) == "string"
end

local function read_layer(layer)
  if not is_descriptor(layer) or layer.mediaType ~= artifact.LAYER then return wrong "a layer of another kind" end
  local notes = type(layer.annotations) == "table" and layer.annotations or {}
  local ecosystem, size = notes["tarsier.ecosystem"], math.tointeger(tonumber(notes["tarsier.size"]))
  if type(ecosystem) ~= "string" or not size or size < 1 or size > UNPACKED_MOST
    or type(notes["tarsier.digest"]) ~= "string" then
    return wrong "a layer that does not say what it is"
  end
  return { digest = layer.digest, size = layer.size, ecosystem = ecosystem, unpacked = size,
    content = notes["tarsier.digest"], differences = {} }
end

local function read_difference(layer)
  local notes = type(layer.annotations) == "table" and layer.annotations or {}
  if not is_descriptor(layer) or type(notes["tarsier.from"]) ~= "string"
    or not notes["tarsier.from"]:match "^sha256:%x+$" then
    return nil
  end
  return { digest = layer.digest, size = layer.size, from = notes["tarsier.from"], to = notes["tarsier.to"] }
end

--- parse(text) -> { built =, newest =, layers = { { digest, size, ecosystem, unpacked, content = digest of that,
--- differences = { { digest, size, from }, … } }, … } } | nil, message, code
function artifact.parse(text)
  local manifest = json.decode(text)
  if type(manifest) ~= "table" or manifest.artifactType ~= artifact.TYPE or type(manifest.layers) ~= "table" then
    return wrong "the manifest is of another kind"
  end
  local notes = type(manifest.annotations) == "table" and manifest.annotations or {}
  local built = notes["tarsier.built"]
  if type(built) ~= "string"
    or not built:match "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$" then return wrong "it has no date" end
  local parsed = { built = built, newest = tostring(notes["tarsier.newest"] or ""), layers = {} }
  if #manifest.layers == 0 or #manifest.layers > LAYERS_MOST then return wrong "it has no layers, or too many" end
  local by_digest, differences = {}, {}
  for _, layer in ipairs(manifest.layers) do
    if type(layer) == "table" and layer.mediaType == artifact.DIFFERENCE then
      differences[#differences + 1] = read_difference(layer)
    else
      local one, message, code = read_layer(layer)
      if not one then return nil, message, code end
      parsed.layers[#parsed.layers + 1], by_digest[one.digest] = one, one
    end
  end
  if #parsed.layers == 0 then return wrong "it has no layers" end
  for _, difference in ipairs(differences) do
    local to = by_digest[difference.to]
    if to then to.differences[#to.differences + 1] = difference end
  end
  return parsed
end

-- Releases of these are apart: no record of another release counts. Others have products and modules beside a release.
local exact = { Debian = true, Alpine = true, Wolfi = true, Chainguard = true }

--- needed(parsed, packages) -> the layers that these packages need; at least one, so that there is a database
function artifact.needed(parsed, packages)
  local names, families, list, smallest = {}, {}, {}, nil
  for _, package in ipairs(packages) do
    local family = package.ecosystem:match "^[^:]+"
    if family then names[package.ecosystem], families[family] = true, true end
  end
  for _, layer in ipairs(parsed.layers) do
    local family = layer.ecosystem:match "^[^:]+"
    if names[layer.ecosystem] or (families[family] and not exact[family]) then list[#list + 1] = layer end
    if not smallest or layer.size < smallest.size then smallest = layer end
  end
  if #list == 0 then list[1] = smallest end
  return list
end

-- ---- signatures
-- ------------------------------------------------------------------------------------------------------

local function small_blob(repository, layer)
  if not is_descriptor(layer) or layer.size > 1 << 20 then return nil, "a signature of another kind", "FORMAT" end
  return repository:text(layer.digest, layer.size)
end

local function signature_layers(repository, digest, ending)
  local text, message, code = repository:manifest(digest:gsub(":", "-") .. ending)
  if not text then
    if code == "NOT_FOUND" then return nil, "it is not signed", "DIGEST" end
    return nil, message, code
  end
  local manifest = json.decode(text)
  return type(manifest) == "table" and type(manifest.layers) == "table" and manifest.layers or {}
end

local function verify_minisign(repository, manifest, digest, key)
  local layers, message, code = signature_layers(repository, digest, ".minisig")
  if not layers then return nil, message, code end
  local signature
  signature, message, code = small_blob(repository, layers[1])
  if not signature then return nil, message, code end
  local comment
  comment, message, code = core.verify(key, signature, manifest)
  return comment and true, message, code
end

-- cosign signs a payload that names the manifest. Any one of several signatures may be the right one.
local function verify_cosign(repository, digest, key)
  local layers, message, code = signature_layers(repository, digest, ".sig")
  if not layers then return nil, message, code end
  message, code = "it is not signed", "DIGEST"
  for i = 1, math.min(#layers, 16) do
    local layer = layers[i]
    local given = type(layer) == "table" and type(layer.annotations) == "table"
      and layer.annotations["dev.cosignproject.cosign/signature"]
    local payload = type(given) == "string" and small_blob(repository, layer)
    local good = payload and select("#", core.verify(key, given, payload)) == 1
    local document = good and json.decode(payload)
    local critical = type(document) == "table" and type(document.critical) == "table" and document.critical or {}
    local image = type(critical.image) == "table" and critical.image or {}
    if good and image["docker-manifest-digest"] == digest then return true end
    message = good and "the signature is of another artifact"
      or "the signature is wrong: it was made with another key, or of another text"
  end
  return nil, message, code
end

--- is_descriptor(layer) -> is it an OCI descriptor, with a SHA-256 digest and a size?
artifact.is_descriptor = is_descriptor

--- verify(repository, manifest, digest, key) -> true | nil, message, code. `key` is the text of a public key,
--- minisign's or in PEM.
function artifact.verify(repository, manifest, digest, key)
  if key:find("-----BEGIN", 1, true) then return verify_cosign(repository, digest, key) end
  return verify_minisign(repository, manifest, digest, key)
end

return artifact
