-- Makes OCI image layouts out of files' contents.

local files = require "support.files"
local json = require "tarsier.json"
local letters = require "tarsier.probe".letters
local tar = require "support.tar"

local oci = {}

local function blob(layout, bytes)
  local digest = letters.digest(bytes)
  files.write(("%s/blobs/%s"):format(layout, (digest:gsub(":", "/"))), bytes)
  return digest, #bytes
end

local function entry(path, more)
  more.path, more.long_name = path, #path > 100 and path or nil
  if more.long_name then more.path = path:sub(1, 100) end
  return more
end

-- One layer's files as a tar, with the folders before what is in them, as tar writes them: "./", "./etc/", …
local function layer(contents)
  local entries = { ["./"] = entry("./", { type = "5", mode = 493 }) }
  for path, content in pairs(contents) do
    for at in path:gmatch "()/" do
      local folder = "./" .. path:sub(1, at)
      entries[folder] = entry(folder, { type = "5", mode = 493 })
    end
    entries["./" .. path] = entry("./" .. path, { data = content })
  end
  local paths, list = {}, {}
  for path in pairs(entries) do paths[#paths + 1] = path end
  table.sort(paths)
  for i, path in ipairs(paths) do list[i] = entries[path] end
  return tar.archive(list)
end

--- build(layout, { { ["etc/os-release"] = "…", … }, … }, [config], [more]) -> digests of the layers; a layer may be a tar
--- instead, more = { history = { … }, annotations = { … } } of the image's config and manifest
function oci.build(layout, layers, config, more)
  more = more or {}
  files.make(layout .. "/blobs/sha256")
  local digests, descriptors, history = {}, json.array {}, json.array {}
  for i, contents in ipairs(layers) do
    local digest, size = blob(layout, type(contents) == "string" and contents or layer(contents))
    digests[i] = digest
    descriptors[i] = { mediaType = "application/vnd.oci.image.layer.v1.tar", digest = digest, size = size }
    history[i] = { created_by = "COPY layer" .. i .. " /" }
  end
  local config_digest, config_size = blob(layout, json.encode {
    architecture = "amd64", os = "linux", config = config or {},
    history = more.history and json.array(more.history) or history,
    rootfs = { type = "layers", diff_ids = json.array { table.unpack(digests) } },
  })
  local manifest_digest, manifest_size = blob(layout, json.encode {
    schemaVersion = 2, mediaType = "application/vnd.oci.image.manifest.v1+json", layers = descriptors,
    annotations = more.annotations,
    config = { mediaType = "application/vnd.oci.image.config.v1+json", digest = config_digest, size = config_size },
  })
  files.write(layout .. "/oci-layout", '{"imageLayoutVersion":"1.0.0"}')
  files.write(layout .. "/index.json", json.encode { schemaVersion = 2, manifests = { {
    mediaType = "application/vnd.oci.image.manifest.v1+json", digest = manifest_digest, size = manifest_size,
    platform = { os = "linux", architecture = "amd64" },
    annotations = { ["org.opencontainers.image.ref.name"] = "latest" },
  } } })
  return digests
end

--- dpkg { { "name", "version" }, … } -> the status file
function oci.dpkg(packages)
  local stanzas = {}
  for i, package in ipairs(packages) do
    stanzas[i] = ("Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n"):format(package[1],
      package[2])
  end
  return table.concat(stanzas, "\n")
end

oci.debian = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'

return oci
