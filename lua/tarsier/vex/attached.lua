-- VEX documents that are attached to an image where it is stored, and the keys that must have signed them.
--
-- Where they are found, of the image's manifest and of the index that lists it:
--   the referrers API, or the index under the tag sha256-HEX       OCI distribution-spec 1.1, "Listing Referrers"
--   the tag sha256-HEX.att                                         `cosign attest`
-- What they are:
--   a signed envelope (DSSE) of an in-toto statement whose predicate is the document, or a Sigstore bundle with one.
--   The statement names the image by digest, so that it cannot be moved to another image
--   the document itself, as `oras attach` stores it. Its manifest names the image, and is signed as a shared database
--   is: minisign's signature under sha256-HEX.minisig, cosign's under sha256-HEX.sig
--
-- Only keys are verified. Signatures of identities (Fulcio's certificates, Rekor's log) are not.

local later = require "tarsier.later"
local artifact = later "tarsier.share.artifact"
local core = require "tarsier.core"
local json = require "tarsier.json"
local vex = later "tarsier.vex"

local attached = {}

-- Who can push to a registry can attach as much as they like: a team has one document an image, some have ten.
local MOST_MANIFESTS, MOST_LAYERS, MOST_BYTES = 100, 64, 64 << 20
local MOST_TEXT = 16 << 20 -- of one document: core.open_envelope takes no more

local UNSIGNED = "it is not signed"
local KEYLESS = "it is signed by an identity's certificate; only keys are verified"
local NO_KEYS = "it is attached to the image, and no --vex-key says whose signatures count"
local OTHER_KEY = "no key of --vex-key has signed it"
local OTHER_IMAGE = "it is signed for another image"

-- ---- what it is ---------------------------------------------------------------------------------------------------

local function is_table(value) return type(value) == "table" and value or {} end

local function text_of(value) return type(value) == "string" and value or "" end

local function is_vex_type(predicate)
  return predicate:find "^https://openvex%.dev/ns" ~= nil or predicate:find "^https://cyclonedx%.org/" ~= nil
end

-- "envelope", "statement", "document", or nil if it is something else, such as an SBOM
local function kind_of(media_type, artifact_type, notes)
  local predicate = text_of(notes.predicateType or notes["dev.sigstore.bundle.predicateType"]
    or notes["in-toto.io/predicate-type"])
  if predicate ~= "" and not is_vex_type(predicate) then return nil end
  for _, name in ipairs { media_type, artifact_type } do
    if name:find "^application/vnd%.dsse%.envelope" or name:find "^application/vnd%.dev%.sigstore%.bundle" then
      return "envelope"
    end
    if name:find "^application/vnd%.in%-toto%+json" then return "statement" end
    if name:find("vex", 1, true) then return "document" end
  end
end

-- An entry of the index of referrers: does it say that it is something else?
local function may_be_vex(entry)
  return kind_of("", text_of(entry.artifactType), is_table(entry.annotations)) ~= nil
end

-- ---- one document -------------------------------------------------------------------------------------------------

local function refuse(statements, refusal)
  for _, statement in ipairs(statements) do statement.refusal = refusal or statement.refusal end
  return statements
end

local function names_image(statement, digests)
  for _, subject in ipairs(is_table(statement.subject)) do
    local hex = text_of(is_table(is_table(subject).digest).sha256)
    if digests["sha256:" .. hex] then return true end
  end
  return false
end

-- An in-toto statement -> statements | nil if it is about something else, message
local function of_statement(payload, file, digests)
  local statement = json.decode(payload)
  if type(statement) ~= "table" or not text_of(statement._type):find "^https://in%-toto%.io/Statement/" then
    return nil, "not an in-toto statement"
  end
  if not is_vex_type(text_of(statement.predicateType)) then return nil end
  if type(statement.predicate) ~= "table" then return nil, "a statement without a predicate" end
  local statements, message = vex.of_document(statement.predicate, file)
  if not statements then return nil, not message:find "neither OpenVEX" and message or nil end
  return refuse(statements, not names_image(statement, digests) and OTHER_IMAGE or nil)
end

-- Why an envelope's signature does not count; nil if it does.
local function refusal_of(text, notes, keys, number)
  if number then return nil end
  if notes["dev.sigstore.cosign/certificate"] or text:find '"certificate"' or text:find '"x509CertificateChain"' then
    return KEYLESS
  end
  return #keys == 0 and NO_KEYS or OTHER_KEY
end

local readers = {}

function readers.envelope(job, text, layer, file)
  local payload, number = core.open_envelope(text, job.key_texts)
  if not payload then return nil, number end
  local statements, message = of_statement(payload, file, job.digests)
  if not statements then return nil, message end
  for _, statement in ipairs(statements) do statement.signed_by = number and job.keys[number].file end
  return refuse(statements, refusal_of(text, is_table(layer.annotations), job.keys, number))
end

function readers.statement(job, text, _, file)
  local statements, message = of_statement(text, file, job.digests)
  return statements and refuse(statements, UNSIGNED), message
end

-- The manifest's digest covers the document and the image's digest: what is signed is that.
function readers.document(job, text, _, file, manifest)
  local statements, message = vex.parse(text, file)
  if not statements then return nil, message end
  if not manifest.is_subject then return refuse(statements, "its manifest does not name the image") end
  for _, key in ipairs(job.keys) do
    if artifact.verify(job.repository, manifest.text, manifest.digest, key.text) then
      for _, statement in ipairs(statements) do statement.signed_by = key.file end
      return statements
    end
  end
  return refuse(statements, #job.keys == 0 and NO_KEYS or "it is not signed, or no key of --vex-key has signed it")
end

-- ---- manifests ----------------------------------------------------------------------------------------------------

local function note(job, what, message)
  job.notes[#job.notes + 1] = ("%s: %s"):format(what, message)
end

local function read_layer(job, manifest, layer)
  local kind = artifact.is_descriptor(layer)
    and kind_of(layer.mediaType, manifest.kind, is_table(layer.annotations))
  if not kind then return end
  if layer.size > MOST_TEXT or job.bytes + layer.size > MOST_BYTES then
    return note(job, layer.digest, ("left out: it has %d bytes, and %d MiB a document and %d MiB in all are read")
      :format(layer.size, MOST_TEXT >> 20, MOST_BYTES >> 20))
  end
  job.bytes = job.bytes + layer.size
  local text, message = job.repository:text(layer.digest, layer.size)
  if not text then return note(job, layer.digest, message) end
  local statements
  statements, message = readers[kind](job, text, layer, "attached " .. layer.digest, manifest)
  if not statements then return message and note(job, layer.digest, message) end
  table.move(statements, 1, #statements, #job.statements + 1, job.statements)
end

-- `subject`: the image's digest if the manifest must name it itself
local function read_manifest(job, which, subject)
  if job.seen[which] then return end
  job.seen[which] = true
  if job.manifests == MOST_MANIFESTS then
    return note(job, which, ("left out: more than %d manifests are attached to the image"):format(MOST_MANIFESTS))
  end
  job.manifests = job.manifests + 1
  local text, digest, code = job.repository:manifest(which)
  if not text then return (subject or code ~= "NOT_FOUND") and note(job, which, digest) end
  local content = json.decode(text)
  if type(content) ~= "table" or type(content.layers) ~= "table" then return note(job, which, "not a manifest") end
  local named = is_table(content.subject).digest
  if subject and named ~= subject then
    return note(job, which, "listed as attached to the image, but does not name it")
  end
  local manifest = { text = text, digest = digest, kind = text_of(content.artifactType),
    is_subject = job.digests[named or ""] ~= nil }
  for i = 1, math.min(#content.layers, MOST_LAYERS) do read_layer(job, manifest, content.layers[i]) end
  if #content.layers > MOST_LAYERS then
    note(job, which, ("more than %d layers; the rest was left out"):format(MOST_LAYERS))
  end
end

local function read_referrers(job, digest)
  local text, more, code = job.repository:referrers(digest)
  if not text then return code ~= "NOT_FOUND" and note(job, digest, more) end
  if more then
    note(job, digest, "the registry lists more referrers than fit into one answer; the rest was left out")
  end
  for _, entry in ipairs(is_table(is_table(json.decode(text)).manifests)) do
    if artifact.is_descriptor(entry) and may_be_vex(entry) then read_manifest(job, entry.digest, digest) end
  end
end

--- find(repository, digests, keys) -> statements, notes. `repository` is core.repository's or a layout; `digests` are
--- the image's and those of indexes that list it, as keys; `keys` = { { text, file }, … }. A statement that is not to
--- be obeyed has a refusal. Notes tell what could not be read.
function attached.find(repository, digests, keys)
  local job = { repository = repository, digests = digests, keys = keys, key_texts = {}, statements = {}, notes = {},
    seen = {}, manifests = 0, bytes = 0 }
  for i, key in ipairs(keys) do job.key_texts[i] = key.text end
  local ordered = {}
  for digest in pairs(digests) do ordered[#ordered + 1] = digest end
  table.sort(ordered)
  for _, digest in ipairs(ordered) do
    read_referrers(job, digest)
    read_manifest(job, digest:gsub(":", "-") .. ".att")
  end
  return job.statements, job.notes
end

return attached
