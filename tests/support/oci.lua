-- Makes OCI image layouts out of files' contents, with tar and sha256sum.

local json = require "tarsier.json"
local shell = require "support.shell"

local oci = {}

local function blob(layout, path)
  local hex = shell.capture("sha256sum < " .. shell.quote(path)):match "^%x+"
  local size = tonumber(shell.capture("stat -c %s " .. shell.quote(path)))
  os.rename(path, ("%s/blobs/sha256/%s"):format(layout, hex))
  return "sha256:" .. hex, size
end

local function text_blob(layout, document)
  local path = layout .. "/.new"
  shell.write(path, json.encode(document))
  return blob(layout, path)
end

-- One layer's tree as a tar with a fixed owner and time, so that a digest is the same in every run.
local function layer(layout, files)
  local tree = layout .. "/.tree"
  os.execute("mkdir -p " .. shell.quote(tree))
  for path, content in pairs(files) do
    os.execute("mkdir -p " .. shell.quote(tree .. "/" .. (path:match "^(.*)/" or "")))
    shell.write(tree .. "/" .. path, content)
  end
  os.execute(("tar -C %s --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf %s ."):format(shell.quote(tree),
    shell.quote(layout .. "/.tar")))
  shell.remove(tree)
  return blob(layout, layout .. "/.tar")
end

--- build(layout, { { ["etc/os-release"] = "…", … }, … }, [config], [more]) -> digests of the layers;
--- more = { history = { … }, annotations = { … } } of the image's config and manifest
function oci.build(layout, layers, config, more)
  more = more or {}
  os.execute("mkdir -p " .. shell.quote(layout .. "/blobs/sha256"))
  local digests, descriptors, history = {}, json.array {}, json.array {}
  for i, files in ipairs(layers) do
    local digest, size = layer(layout, files)
    digests[i] = digest
    descriptors[i] = { mediaType = "application/vnd.oci.image.layer.v1.tar", digest = digest, size = size }
    history[i] = { created_by = "COPY layer" .. i .. " /" }
  end
  local config_digest, config_size = text_blob(layout, {
    architecture = "amd64", os = "linux", config = config or {},
    history = more.history and json.array(more.history) or history,
    rootfs = { type = "layers", diff_ids = json.array { table.unpack(digests) } },
  })
  local manifest_digest, manifest_size = text_blob(layout, {
    schemaVersion = 2, mediaType = "application/vnd.oci.image.manifest.v1+json", layers = descriptors,
    annotations = more.annotations,
    config = { mediaType = "application/vnd.oci.image.config.v1+json", digest = config_digest, size = config_size },
  })
  shell.write(layout .. "/oci-layout", '{"imageLayoutVersion":"1.0.0"}')
  shell.write(layout .. "/index.json", json.encode { schemaVersion = 2, manifests = { {
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
