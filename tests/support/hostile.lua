-- Images made by hand, wrong in any place one likes: OCI layouts and docker-archives for the spec of hostile images.

local files = require "support.files"
local letters = require "tarsier.probe".letters
local shell = require "support.shell"
local tar = require "support.tar"

local hostile = {}

hostile.os_release = 'PRETTY_NAME="Debian 12"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'

--- stanza(name) -> what dpkg's status says of an installed package
function hostile.stanza(name)
  local fields = "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nDescription: one\n\n"
  return fields:format(name)
end

--- healthy(extra, …) -> a layer's tar with a system and one package, and the entries given before them
function hostile.healthy(...)
  local entries = { ... }
  entries[#entries + 1] = { path = "usr/lib/os-release", data = hostile.os_release }
  entries[#entries + 1] = { path = "var/lib/dpkg/status", data = hostile.stanza "honest" }
  return tar.archive(entries)
end

function hostile.sha256(path)
  return letters.digest(shell.read(path))
end

--- pipe(bytes, command) -> what the command makes of them
function hostile.pipe(bytes, command)
  local folder = shell.folder()
  shell.write(folder .. "/in", bytes)
  os.execute(("%s <%s/in >%s/out"):format(command, folder, folder))
  local result = shell.read(folder .. "/out")
  shell.remove(folder)
  return result
end

hostile.gzip = require "tarsier.probe".streams.gzip

local zeros -- sixteen mebibytes of them, packed once

--- bomb(path, header, mib, [rest]): a gzip file of the header, `mib` MiB of zeros and the rest, or else a tar's end: one
--- member for each piece
function hostile.bomb(path, header, mib, rest)
  zeros = zeros or shell.capture "head -c 16777216 /dev/zero | gzip -n -9"
  shell.write(path, hostile.gzip(header) .. zeros:rep(mib // 16) .. hostile.gzip(rest or tar.finish))
end

local frames = {} -- by their bytes: the same ones stand in many layers

--- zstd(bytes) -> a frame
function hostile.zstd(bytes)
  frames[bytes] = frames[bytes] or hostile.pipe(bytes, "zstd -q -1")
  return frames[bytes]
end

--- zeros(mib) -> a zstd frame for each MiB of zeros, which take a fourth of a gzip's time to inflate
function hostile.zeros(mib) return hostile.zstd(("\0"):rep(1 << 20)):rep(mib) end

--- stored(block) -> a zstd frame that holds one block of tar as it is (RFC 8878, 3.1.1), made without the tool
function hostile.stored(block)
  assert(#block == 512)
  return "\x28\xb5\x2f\xfd\x60\0\1\x01\x10\x00" .. block
end

--- frames(path, parts): a zstd file of the frames given, and of a tar's end
function hostile.frames(path, parts)
  local file = assert(io.open(path, "wb"))
  for _, part in ipairs(parts) do file:write(part) end
  file:write(hostile.zstd(tar.finish))
  file:close()
end

-- ---- OCI layouts -------------------------------------------------------------------------------------------------

local function descriptor(media_type, digest, size)
  return ('{"mediaType":"%s","digest":"%s","size":%s}'):format(media_type, digest, size)
end

local function blob_path(folder, digest) return folder .. "/blobs/" .. digest:gsub(":", "/") end

-- Puts bytes, or a file that is already there, under its digest (or under another one); the descriptor may lie.
local function put(folder, blob, media_type)
  local digest = blob.file and hostile.sha256(blob.file) or letters.digest(blob.data)
  local path = blob_path(folder, blob.stored or digest)
  if blob.file then os.rename(blob.file, path) else shell.write(path, blob.data) end
  local file = io.open(path)
  local size = file:seek "end"
  file:close()
  return descriptor(blob.media_type or media_type, blob.digest or digest, blob.size or tostring(size)), digest
end

local layer_type = "application/vnd.oci.image.layer.v1.tar"

-- A text that is given, a text made from the right one, or the right one.
local function bent(how, right)
  if type(how) == "function" then return how(right) end
  return how or right
end

--- layout(folder, image) -> reference.
--- image: { layers = { { data = | file =, digest, size, media_type, stored, diff_id } }, config, manifest,
--- index = text or function(text) -> text; config_blob, manifest_blob = { digest, size, stored } }
function hostile.layout(folder, image)
  files.make(folder .. "/blobs/sha256")
  local layers, diff_ids = {}, {}
  for i, layer in ipairs(image.layers or { { data = hostile.healthy() } }) do
    local media_type = (layer.data or ""):sub(1, 2) == "\31\139" and layer_type .. "+gzip" or layer_type
    local digest
    layers[i], digest = put(folder, layer, media_type)
    diff_ids[i] = '"' .. (layer.diff_id or digest) .. '"'
  end
  local config = bent(image.config, ('{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers",'
    .. '"diff_ids":[%s]}}'):format(table.concat(diff_ids, ",")))
  local function stored(bytes, how, media_type)
    local blob = { data = bytes }
    for key, value in pairs(how or {}) do blob[key] = value end
    return (put(folder, blob, media_type))
  end
  local config_descriptor = stored(config, image.config_blob, "application/vnd.oci.image.config.v1+json")
  local manifest = bent(image.manifest, ('{"schemaVersion":2,"config":%s,"layers":[%s]}'):format(
    config_descriptor, table.concat(layers, ",")))
  local manifest_type = image.manifest_type or "application/vnd.oci.image.manifest.v1+json"
  local index = bent(image.index, ('{"schemaVersion":2,"manifests":[%s]}'):format(
    stored(manifest, image.manifest_blob, manifest_type)))
  shell.write(folder .. "/index.json", index)
  shell.write(folder .. "/oci-layout", image.layout or '{"imageLayoutVersion":"1.0.0"}')
  return "oci:" .. folder
end

--- with_layer(bytes, more) -> a maker of a layout with this one layer
function hostile.with_layer(bytes, more)
  return function(folder)
    local layer = { data = type(bytes) == "function" and bytes(folder) or bytes }
    for key, value in pairs(more or {}) do layer[key] = value end
    return hostile.layout(folder, { layers = { layer } })
  end
end

--- with(image) -> a maker of a layout that is bent as `image` says
function hostile.with(image)
  return function(folder) return hostile.layout(folder, image) end
end

-- ---- docker-archives ---------------------------------------------------------------------------------------------

--- saved(members, manifest) -> a maker of a docker-archive; members = { path, data = … } besides manifest.json
function hostile.saved(members, manifest)
  return function(folder)
    local entries = { table.unpack(members) }
    if manifest then entries[#entries + 1] = { path = "manifest.json", data = manifest } end
    shell.write(folder .. ".tar", tar.archive(entries))
    return "docker-archive:" .. folder .. ".tar"
  end
end

--- file(bytes, scheme) -> a maker of a file that holds just these bytes
function hostile.file(bytes, scheme)
  return function(folder)
    shell.write(folder, bytes)
    return (scheme or "") .. folder
  end
end

-- ---- lists of cases ----------------------------------------------------------------------------------------------

hostile.status = "var/lib/dpkg/status"

local function make_random(length)
  local pieces, state = {}, 7
  for i = 1, length // 4 + 1 do
    state = state * 6364136223846793005 + 1442695040888963407
    pieces[i] = ("<I4"):pack(state >> 32)
  end
  return table.concat(pieces)
end

local random = ""

--- random(length) -> bytes, always the same ones
function hostile.random(length)
  if #random < length then random = make_random(math.max(length, 200000)) end
  return random:sub(1, length)
end

--- numbered(count, before, behind) -> "before 1 behind before 2 behind …" without the spaces, each number with leading
--- zeros: a thousand at a time, for there are tens of thousands
local thousand = {}
for i = 0, 999 do thousand[i] = ("%03d"):format(i) end

function hostile.numbered(count, before, behind)
  local pieces = {}
  for first = 1, count, 1000 do
    local head = ("%s%03d"):format(before, first // 1000)
    local last = math.min(first + 999, count)
    pieces[#pieces + 1] = head .. table.concat(thousand, behind .. head, 0, last - first) .. behind
  end
  return table.concat(pieces)
end

--- cases() -> an empty list, and a function (name, how) that adds to it
function hostile.cases()
  local cases = {}
  return cases, function(name, how)
    how.name = name
    cases[#cases + 1] = how
  end
end

return hostile
