-- Has a key that the team trusts signed the base image that an image names (org.opencontainers.image.base.*)? Asked
-- only with --base-key, because it needs the base's registry.

local later = require "tarsier.later"
local artifact = later "tarsier.share.artifact"
local attachments = require "tarsier.cli.attached"
local core = require "tarsier.core"
local json = require "tarsier.json"

local base_signature = {}

base_signature.option = { long = "base-key", value = "FILE", many = true,
  help = "ask the registry of the base image that the image names whether this public key has signed it: in PEM, "
    .. "as cosign has it, or minisign's; may be repeated (conformance.unsigned_base)" }

local MOST_MANIFESTS = 16 -- of an index, for one platform: there is one, or one for each variant

--- keys(files) -> { { text, file }, … } | nil, message
function base_signature.keys(files)
  return attachments.keys(files, "--base-key")
end

-- The log-in is for the image's own registry: another one, which the image's author has chosen, must not get it.
local function open(name, image, config)
  local own = image.reference:match "^docker://(.*)$"
  local host = core.image_name(name)
  local is_same = own and host and core.image_name(own) and core.image_name(own).host == host.host
  return core.repository(name, { ca_file = config.ca_file, plain_http = is_same and config.plain_http or nil,
    registry_user = is_same and config.registry_user or nil,
    registry_password = is_same and config.registry_password or nil })
end

local function has_layers(manifest, image)
  if type(manifest) ~= "table" or type(manifest.layers) ~= "table" or #manifest.layers == 0 then return false end
  for i, layer in ipairs(manifest.layers) do
    if not image.layers[i] or type(layer) ~= "table" or layer.digest ~= image.layers[i].digest then return false end
  end
  return true
end

-- Are the image's lowest layers those of this manifest, or of one of this index? An image may name a base that it was
-- not built on.
local function is_built_on(repository, content, image)
  if type(content) ~= "table" or type(content.manifests) ~= "table" then return has_layers(content, image) end
  local count = 0
  for _, entry in ipairs(content.manifests) do
    local platform = type(entry) == "table" and entry.platform
    if artifact.is_descriptor(entry) and type(platform) == "table" and platform.architecture == image.architecture then
      count = count + 1
      local text = count <= MOST_MANIFESTS and repository:manifest(entry.digest)
      if text and has_layers(json.decode(text), image) then return true end
    end
  end
  return false
end

-- -> is it signed?, the key's file or why it is not | nil if that is not known, why
local function verify(image, keys, config)
  local base = image.base
  if not base or base.name == "" or not base.digest:find "^sha256:%x+$" then
    return nil, "the image does not name its base with a digest"
  end
  local name = base.name:gsub("@.*$", "")
  local repository <close>, message = open(name .. "@" .. base.digest, image, config)
  if not repository then return nil, message end
  local text, wrong = repository:manifest(base.digest)
  if not text then return nil, wrong end
  if not is_built_on(repository, json.decode(text), image) then
    return false, "the image's lowest layers are not those of the base that it names"
  end
  local why
  for _, key in ipairs(keys) do
    local ok, reason = artifact.verify(repository, text, base.digest, key.text)
    if ok then return true, key.file end
    why = reason
  end
  return false, why
end

--- apply(result, keys, config, terminal): sets image.base.signed and image.base.signature, and warns if it cannot be
--- known
function base_signature.apply(result, keys, config, terminal)
  local signed, signature = verify(result.image, keys, config)
  if signed == nil then
    terminal:warn(("--base-key: whether the base image is signed is not known: %s"):format(signature))
  end
  if not result.image.base then return end
  result.image.base.signed, result.image.base.signature = signed, signature
end

return base_signature
