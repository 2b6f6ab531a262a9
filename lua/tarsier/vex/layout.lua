-- An OCI image layout in a folder, read as core.repository reads one of a registry: manifest, text, referrers. Its
-- index.json lists everything; what refers to an image is an entry of it, by the manifest's `subject`, or by the tags
-- that registries without the referrers API use.

local core = require "tarsier.core"
local data_file = require "tarsier.data_file"
local json = require "tarsier.json"

local MANIFEST_MOST = 4 << 20
local ENTRIES_MOST = 1000 -- of index.json that are looked into

local layout = {}
layout.__index = layout
layout.__close = function() end

--- open(folder) -> layout | nil, message, code
function layout.open(folder)
  local text, message, code = data_file.text(folder .. "/index.json", "index", MANIFEST_MOST)
  if not text then return nil, message, code end
  local index = json.decode(text)
  local entries = type(index) == "table" and type(index.manifests) == "table" and index.manifests or {}
  return setmetatable({ folder = folder, entries = entries }, layout)
end

local function is_file(path)
  local status = core.host.stat(path)
  return status and status.type == "file"
end

-- -> bytes, verified | nil, message, code
local function read(self, digest, limit)
  local hex = type(digest) == "string" and digest:match "^sha256:(%x+)$"
  if not hex or #hex ~= 64 then return nil, "a digest that is not SHA-256", "UNSUPPORTED" end
  local path = ("%s/blobs/sha256/%s"):format(self.folder, hex)
  if not is_file(path) then return nil, path .. ": there is no such blob", "FORMAT" end
  local text, message, code = data_file.text(path, "blob", limit)
  if text and core.sha256(text) ~= digest then return nil, path .. ": the blob is damaged", "DIGEST" end
  return text, message, code
end

local function tag_of(entry)
  local notes = type(entry.annotations) == "table" and entry.annotations or {}
  local name = notes["org.opencontainers.image.ref.name"]
  return type(name) == "string" and name:match "[^:/]*$" or nil
end

-- -> text, digest | nil, message, code
local function read_manifest(self, digest)
  local text, message, code = read(self, digest, MANIFEST_MOST)
  if not text then return nil, message, code end
  return text, digest
end

--- manifest(tag or digest) -> text, digest | nil, message, code
function layout:manifest(which)
  if which:find "^sha%d+:" then return read_manifest(self, which) end
  for _, entry in ipairs(self.entries) do
    if type(entry) == "table" and tag_of(entry) == which then return read_manifest(self, entry.digest) end
  end
  return nil, "the layout has no " .. which, "NOT_FOUND"
end

--- text(digest, size) -> bytes | nil, message, code
function layout:text(digest, size)
  local text, message, code = read(self, digest, size)
  if text and #text ~= size then
    return nil, digest .. ": the blob has another size than its manifest says", "DIGEST"
  end
  return text, message, code
end

local function subject_of(manifest)
  local subject = type(manifest) == "table" and manifest.subject
  return type(subject) == "table" and subject.digest
end

--- indexes_of(digest) -> { { text, digest }, … } of the indexes in index.json that name this manifest
function layout:indexes_of(digest)
  local found = {}
  for i = 1, math.min(#self.entries, ENTRIES_MOST) do
    local entry = self.entries[i]
    local text = type(entry) == "table" and tostring(entry.mediaType):find("index", 1, true)
      and read(self, entry.digest, MANIFEST_MOST)
    if text and text:find(digest, 1, true) then found[#found + 1] = { text = text, digest = entry.digest } end
  end
  return found
end

--- referrers(digest) -> index as text, are there more? | nil, message, code
function layout:referrers(digest)
  local tagged, message, code = self:manifest((digest:gsub(":", "-")))
  if tagged then return tagged, false end
  if code ~= "NOT_FOUND" then return nil, message, code end
  local found = {}
  for i = 1, math.min(#self.entries, ENTRIES_MOST) do
    local entry = self.entries[i]
    local text = type(entry) == "table" and read(self, entry.digest, MANIFEST_MOST)
    local manifest = text and json.decode(text)
    if subject_of(manifest) == digest then
      entry.artifactType = entry.artifactType or manifest.artifactType
      found[#found + 1] = entry
    end
  end
  local are_more = #self.entries > ENTRIES_MOST
  if #found == 0 and not are_more then return nil, "nothing refers to " .. digest, "NOT_FOUND" end
  return json.encode { manifests = json.array(found) }, are_more
end

return layout
