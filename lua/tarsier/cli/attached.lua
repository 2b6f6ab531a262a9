-- VEX documents that are attached to a scanned image: the keys, the places, and what a person is told.

local later = require "tarsier.later"
local attached = later "tarsier.vex.attached"
local core = require "tarsier.core"
local json = require "tarsier.json"
local layout = later "tarsier.vex.layout"
local place = require "tarsier.place"
local shared = require "tarsier.cli.database.options"
local text = require "tarsier.text"

local attachments = {}

attachments.options = {
  { long = "vex-key", value = "FILE", many = true,
    help = "obey VEX documents attached to the image that this public key has signed: in PEM, as cosign has it, or "
      .. "minisign's; may be repeated. Others are shown and not obeyed" },
  { long = "no-attached-vex", help = "do not look for VEX documents attached to the image where it is stored" },
}

local MOST_KEYS = 64

--- keys(files, [option]) -> { { text, file }, … } | nil, message
function attachments.keys(files, option)
  option = option or "--vex-key"
  local keys = {}
  for i, file in ipairs(files or {}) do
    local key, message = shared.read(file)
    if not key then return nil, option .. " " .. message end
    -- A signature that is none, so that a file that is no key is found before the scan.
    local _, wrong = core.verify(key, "AA==", "")
    if wrong and wrong:find "^not a public key" then return nil, ("%s %s: %s"):format(option, file, wrong) end
    keys[i] = { text = key, file = file }
  end
  if #keys > MOST_KEYS then return nil, ("%s: more than %d keys"):format(option, MOST_KEYS) end
  return keys
end

-- ---- where --------------------------------------------------------------------------------------------------------

-- The folder of "oci:FOLDER[:TAG][@DIGEST]": the longest prefix that is a layout.
local function layout_folder(path)
  for length = #path, 1, -1 do
    local folder = path:sub(1, length)
    local is_path = length == #path or path:find("^[:@]", length + 1)
    if is_path and place.exists(folder .. "/oci-layout") then return folder end
  end
end

-- -> repository | nil if the image is stored where nothing is attached | nil, message
local function open(reference, config)
  local name = reference:match "^docker://(.*)$"
  if name then
    return core.repository(name, { ca_file = config.ca_file, plain_http = config.plain_http,
      registry_user = config.registry_user, registry_password = config.registry_password })
  end
  local folder = layout_folder(reference:match "^oci:(.*)$" or reference)
  if folder then return layout.open(folder) end
end

local function lists(index, digest)
  local content = json.decode(index)
  local entries = type(content) == "table" and type(content.manifests) == "table" and content.manifests or {}
  for _, entry in ipairs(entries) do
    if type(entry) == "table" and entry.digest == digest then return true end
  end
  return false
end

-- The image's digest and those of indexes that list it: signers name what the tag means, which may be an index.
local function digests_of(repository, digest)
  local digests = { [digest] = true }
  local indexes = {}
  if repository.indexes_of then
    indexes = repository:indexes_of(digest)
  else
    local index, of_tag = repository:manifest()
    if index and of_tag ~= digest then indexes[1] = { text = index, digest = of_tag } end
  end
  for _, index in ipairs(indexes) do
    if lists(index.text, digest) then digests[index.digest] = true end
  end
  return digests
end

-- ---- telling ------------------------------------------------------------------------------------------------------

-- How many statements about findings are not obeyed, by the reason, in a stable order.
local function refusals(findings)
  local counts, order = {}, {}
  for _, finding in ipairs(findings) do
    for _, word in ipairs(finding.vex or {}) do
      local why = word.file:find "^attached " and word.refusal
      if why and not counts[why] then order[#order + 1] = why end
      if why then counts[why] = (counts[why] or 0) + 1 end
    end
  end
  table.sort(order)
  return order, counts
end

--- tell(result, terminal): warns of attached statements about findings that are not obeyed
function attachments.tell(result, terminal)
  local order, counts = refusals(result.findings)
  for _, why in ipairs(order) do
    terminal:warn(("%s attached to the image and not obeyed: %s"):format(
      text.plural(counts[why], "VEX statement"), why))
  end
end

--- find(result, keys, config, terminal) -> statements, digests | nil if the image is stored where nothing is attached
function attachments.find(result, keys, config, terminal)
  if #result.findings == 0 or not result.image.digest:find "^sha256:" then return nil end
  local repository <close>, message = open(result.image.reference, config)
  if not repository then
    if message then terminal:warn(("VEX documents attached to the image: %s"):format(message)) end
    return nil
  end
  local digests = digests_of(repository, result.image.digest)
  local statements, notes = attached.find(repository, digests, keys)
  for _, what in ipairs(notes) do terminal:warn("VEX documents attached to the image: " .. what) end
  return statements, digests
end

return attachments
