-- Which layers of an image are its base image's, beyond the engine's guess: by a base that was named, or one that was
-- remembered; and what a rebuild on another base would end.
--
-- Remembered bases lie in one JSON file, { schema = "1", bases = { { name, digest, id, created, layers = { diff ids },
-- added }, … } }.

local later = require "tarsier.later"
local baseline = later "tarsier.baseline"
local core = require "tarsier.core"
local data_file = require "tarsier.data_file"
local json = require "tarsier.json"
local place = require "tarsier.place"

local base = {}

local MAX_BYTES = 8 << 20 -- of the file: some 8,000 bases
local MAX_BASES = 5000

-- ---- remembered bases ---------------------------------------------------------------------------------------------

local function check(document, file)
  local function fail(what) return nil, ("%s: %s; remove the file, or repair it"):format(file, what), "FORMAT" end
  if type(document) ~= "table" or document.schema ~= "1" or type(document.bases) ~= "table" then
    return fail "not a list of base images of schema 1"
  end
  if #document.bases > MAX_BASES then return fail(("more than %d base images"):format(MAX_BASES)) end
  for _, item in ipairs(document.bases) do
    if type(item) ~= "table" or type(item.layers) ~= "table" then return fail "an entry without layers" end
    for _, key in ipairs { "name", "digest", "id", "created", "added" } do
      if type(item[key]) ~= "string" then return fail(("an entry without %s"):format(key)) end
    end
    for _, layer in ipairs(item.layers) do
      if type(layer) ~= "string" then return fail "a layer that is not a digest" end
    end
  end
  return document.bases
end

--- list() -> remembered bases | nil, message, code
function base.list()
  local file = place.bases()
  if not file or not place.exists(file) then return {} end
  local text, message, code = data_file.text(file, "list of base images", MAX_BYTES)
  if not text then return nil, message, code end
  return check(require "cjson.safe".decode(text), file)
end

--- write(bases) -> true | nil, message, code
function base.write(bases)
  local file = place.bases()
  if not file then return nil, "no home folder to remember base images in: set HOME or XDG_DATA_HOME", "IO" end
  local pieces = {}
  json.write(json.object("schema", "1", "bases", json.list(bases, function(item)
    return json.object("name", item.name, "digest", item.digest, "id", item.id,
      "created", item.created, "added", item.added, "layers", json.array { table.unpack(item.layers) })
  end)), function(piece) pieces[#pieces + 1] = piece end, { indent = "  " })
  local made, wrong = core.host.make_folder(file:match "^(.*)/")
  if not made then return nil, wrong, "IO" end
  return core.host.write_file(file, table.concat(pieces) .. "\n")
end

--- of_result(result, now) -> what is remembered of an image
function base.of_result(result, now)
  local image, layers = result.image, {}
  for i, layer in ipairs(image.layers) do layers[i] = layer.diff_id ~= "" and layer.diff_id or layer.digest end
  local has_name = image.name:find "[/:]" ~= nil -- an OCI layout may know it as "latest" only
  return { name = has_name and image.name or image.reference, digest = image.digest, id = image.id,
    created = image.created, added = now, layers = layers }
end

-- ---- which layers -------------------------------------------------------------------------------------------------

-- How many of an image's lowest layers these are; nil unless all of them are there.
local function shared(image, layers)
  if #layers == 0 or #layers > #image.layers then return nil end
  for i, digest in ipairs(layers) do
    if image.layers[i].diff_id ~= digest and image.layers[i].digest ~= digest then return nil end
  end
  return #layers
end

--- set(result, about): about = { layers = count, name, digest, evidence, guess }
function base.set(result, about)
  result.image.base = about
  for i, layer in ipairs(result.image.layers) do layer.base = i <= about.layers end
  for _, finding in ipairs(result.findings) do
    if finding.layer then finding.layer.base = finding.layer.index <= about.layers end
    finding.risk = core.risk(finding)
  end
end

local function longest(image, bases)
  local found, count
  for _, item in ipairs(bases) do
    local layers = shared(image, item.layers)
    if layers and layers > (count or 0) then found, count = item, layers end
  end
  return found, count
end

--- find_known(result, bases) -> does a remembered base lie below? The one with the most layers counts. An image that is
--- one of them has no layers of its own.
function base.find_known(result, bases)
  local found, count = longest(result.image, bases)
  if not found then return false end
  base.set(result, { layers = count, name = found.name, digest = found.digest, evidence = "known", guess = false })
  return true
end

--- find_layer(result, digest) -> is it a layer's digest or diff id? Then that layer is the base's last.
function base.find_layer(result, digest)
  for i, layer in ipairs(result.image.layers) do
    if layer.digest == digest or layer.diff_id == digest then
      local old = result.image.base or {}
      base.set(result, { layers = i, name = old.name or "", digest = old.digest or "", evidence = "given",
        guess = false })
      return true
    end
  end
  return false
end

--- find_given(result, other) -> are the layers of `other`, a result, the lowest of this one?
function base.find_given(result, other)
  local about = base.of_result(other, "")
  local count = shared(result.image, about.layers)
  if not count or result.image.base and result.image.base.evidence == "given" and result.image.base.layers >= count then
    return count ~= nil
  end
  base.set(result, { layers = count, name = about.name, digest = about.digest, evidence = "given", guess = false })
  return true
end

-- ---- a rebuild ------------------------------------------------------------------------------------------------------

local function ends_of(findings)
  local ends, seen = { total = #findings, severity = {}, ids = {} }, {}
  for _, finding in ipairs(findings) do
    ends.severity[finding.severity] = (ends.severity[finding.severity] or 0) + 1
    if not seen[finding.id] then table.insert(ends.ids, finding.id) end
    seen[finding.id] = true
  end
  return ends
end

--- rebuild(result, other) -> { reference, ends, brings }: what building on the image of `other`, a result, would end of
--- the findings in the base's layers, and what it would bring | nil if nothing tells which those are
function base.rebuild(result, other)
  local lower = {}
  for _, finding in ipairs(result.findings) do
    if finding.layer and finding.layer.base then lower[#lower + 1] = finding end
  end
  if not result.image.base or result.image.base.layers == 0 then return nil end
  local brings, ended = baseline.compare(lower, other.findings or {})
  return { reference = base.of_result(other, "").name, ends = ends_of(ended),
    brings = ends_of(brings) }
end

return base
