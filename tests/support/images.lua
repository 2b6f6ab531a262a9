-- Images for tests: real ones, built by umoci and skopeo from tiny trees, and ones made by hand with true
-- digests, so that a spec can then falsify exactly one thing.

local files = require "support.files"
local json = require "tarsier.json"
local letters = require "tarsier.probe".letters
local tar = require "support.tar"

local images = {}

-- ---- files ---------------------------------------------------------------------------------------------------------

images.run = require "support.temporary".must

images.folder, images.remove, images.write, images.read = files.folder, files.remove, files.write, files.read

--- write_tree(folder, { ["path/to"] = content }); a table as content is a symlink: { "target" }
function images.write_tree(folder, contents)
  for path, content in pairs(contents) do
    local whole = folder .. "/" .. path
    files.make(whole:match "^(.*)/[^/]*$")
    if type(content) == "table" then files.link(content[1], whole) else files.write(whole, content) end
  end
end

images.has = require "support.shell".has

-- ---- tars ----------------------------------------------------------------------------------------------------------

--- tar { { name, data }, { name, link = target, kind = "2" }, … } -> bytes; `size` lies about a size
function images.tar(members)
  local parts = {}
  for _, member in ipairs(members) do
    local data = member[2] or ""
    parts[#parts + 1] = tar.header { path = member[1], type = member.kind, size = member.size or #data, link = member.link }
    parts[#parts + 1] = data
    parts[#parts + 1] = ("\0"):rep(-#data % 512)
  end
  parts[#parts + 1] = ("\0"):rep(1024)
  return table.concat(parts)
end

images.gzip = require "tarsier.probe".streams.gzip

-- ---- OCI layouts by hand -------------------------------------------------------------------------------------------

local OCI = "application/vnd.oci.image."
images.types = {
  manifest = OCI .. "manifest.v1+json", index = OCI .. "index.v1+json", config = OCI .. "config.v1+json",
  tar = OCI .. "layer.v1.tar", gzip = OCI .. "layer.v1.tar+gzip",
  docker_manifest = "application/vnd.docker.distribution.manifest.v2+json",
  docker_index = "application/vnd.docker.distribution.manifest.list.v2+json",
  docker_config = "application/vnd.docker.container.image.v1+json",
  docker_layer = "application/vnd.docker.image.rootfs.diff.tar.gzip",
  foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
}

local Layout = {}
Layout.__index = Layout

--- layout() -> one without images. Its `files` are what will be written, path by path.
function images.layout()
  return setmetatable({ files = { ["oci-layout"] = '{"imageLayoutVersion":"1.0.0"}' }, entries = {} }, Layout)
end

function images.blob_path(digest)
  return "blobs/" .. digest:gsub(":", "/")
end

--- layout:blob(bytes, media type) -> its descriptor
function Layout:blob(bytes, media_type)
  local digest = letters.digest(bytes)
  self.files[images.blob_path(digest)] = bytes
  return { mediaType = media_type, digest = digest, size = #bytes }
end

--- layout:image { layers = { { tar =, blob =, type = }, … }, os, architecture, variant, config, history, edit } -> the
--- manifest's descriptor, whose platform is set. `edit` may spoil the manifest's table before it is written.
function Layout:image(what)
  what = what or {}
  local diff_ids, layers = json.array {}, json.array {}
  for i, layer in ipairs(what.layers or { { tar = images.tar { { "etc/os-release", "ID=test\n" } } } }) do
    diff_ids[i] = letters.digest(layer.tar)
    layers[i] = self:blob(layer.blob or layer.tar, layer.type or images.types.tar)
  end
  local platform = { os = what.os or "linux", architecture = what.architecture or "amd64", variant = what.variant }
  local config = {
    os = platform.os, architecture = platform.architecture, variant = platform.variant,
    created = "2024-01-02T03:04:05Z",
    config = what.config or { Env = json.array { "PATH=/bin" } },
    rootfs = { type = "layers", diff_ids = what.diff_ids or diff_ids }, history = what.history,
  }
  local manifest = {
    schemaVersion = 2, mediaType = what.manifest_type or images.types.manifest, layers = layers,
    config = self:blob(json.encode(config), what.config_type or images.types.config),
  }
  if what.edit then what.edit(manifest) end
  local descriptor = self:blob(json.encode(manifest), what.manifest_type or images.types.manifest)
  descriptor.platform = platform
  descriptor.manifest = nil
  return descriptor
end

--- layout:index { descriptors } -> the descriptor of an index blob that holds them
function Layout:index(descriptors, media_type)
  local index = { schemaVersion = 2, mediaType = media_type or images.types.index, manifests = json.array(descriptors) }
  return self:blob(json.encode(index), media_type or images.types.index)
end

--- What BuildKit writes beside an image that it attests: no image. `statements` may be a list of { type of the predicate,
--- bytes }.
function Layout:attestation(descriptor, statements)
  local statement = self:image { os = "unknown", architecture = "unknown", layers = {}, edit = function(manifest)
    for i, each in ipairs(statements or {}) do
      manifest.layers[i] = self:blob(each[2], "application/vnd.in-toto+json")
      manifest.layers[i].annotations = { ["in-toto.io/predicate-type"] = each[1] }
    end
  end }
  statement.annotations = {
    ["vnd.docker.reference.digest"] = descriptor.digest, ["vnd.docker.reference.type"] = "attestation-manifest",
  }
  return statement
end

--- layout:add(descriptor [, tag [, containerd's name]]): an entry of index.json
function Layout:add(descriptor, tag, name)
  local entry = {}
  for key, value in pairs(descriptor) do entry[key] = value end
  if tag or name then
    entry.annotations = { ["org.opencontainers.image.ref.name"] = tag, ["io.containerd.image.name"] = name }
  end
  self.entries[#self.entries + 1] = entry
  return descriptor
end

function Layout:all_files()
  local all = {}
  for path, bytes in pairs(self.files) do all[path] = bytes end
  all["index.json"] = all["index.json"] or
    json.encode { schemaVersion = 2, mediaType = images.types.index, manifests = json.array(self.entries) }
  return all
end

--- layout:write(folder) -> folder
function Layout:write(folder)
  images.write_tree(folder, self:all_files())
  return folder
end

--- layout:tar([more members]) -> its bytes, index.json last as in a stream that tells everything too late
function Layout:tar(more)
  local paths, members, all = {}, {}, self:all_files()
  for path in pairs(all) do paths[#paths + 1] = path end
  table.sort(paths)
  for i, path in ipairs(paths) do members[i] = { path, all[path] } end
  for _, member in ipairs(more or {}) do members[#members + 1] = member end
  return images.tar(members)
end

-- ---- docker save by hand -------------------------------------------------------------------------------------------

--- config { layers = { tar, … }, … } -> the JSON of an image's config
function images.config(what)
  local diff_ids = json.array {}
  for i, layer in ipairs(what.layers or {}) do diff_ids[i] = letters.digest(layer) end
  return json.encode {
    os = "linux", architecture = what.architecture or "amd64", config = what.config or {}, history = what.history,
    rootfs = { type = "layers", diff_ids = diff_ids },
  }
end

function images.hex(bytes)
  return letters.digest(bytes):match ":(.*)"
end

--- old_docker { { names = { "app:1" }, layers = { tar, … } }, … } -> members of an archive as Docker wrote it before
--- 25: a layer that was there before is a symlink to the first one
function images.old_docker(list)
  local members, manifest, seen = {}, json.array {}, {}
  for number, image in ipairs(list) do
    local config = images.config(image)
    local name = images.hex(config) .. ".json"
    local paths = json.array {}
    for i, layer in ipairs(image.layers) do
      local id = images.hex(layer .. number .. i)
      paths[i] = id .. "/layer.tar"
      members[#members + 1] = { id .. "/", kind = "5" }
      members[#members + 1] = { id .. "/VERSION", "1.0" }
      if seen[layer] then
        members[#members + 1] = { paths[i], kind = "2", link = "../" .. seen[layer] .. "/layer.tar" }
      else
        members[#members + 1] = { paths[i], layer }
        seen[layer] = id
      end
    end
    members[#members + 1] = { name, config }
    manifest[number] = { Config = name, RepoTags = image.names and json.array(image.names) or json.null,
      Layers = paths }
  end
  members[#members + 1] = { "manifest.json", json.encode(manifest) }
  return members
end

-- ---- real ones -----------------------------------------------------------------------------------------------------

images.base = {
  ["etc/os-release"] = "ID=debian\nVERSION_ID=12\n",
  ["var/lib/dpkg/status"] = "Package: base\nStatus: install ok installed\n",
  ["usr/bin/tool"] = "#!/bin/sh\n", ["opt/data/old"] = "old\n", ["usr/lib/os-release"] = "ID=usr\n",
  ["bin"] = { "usr/bin" },
}

--- build(folder) -> builds, with umoci and skopeo: oci (tags "app" and "base"), zstd, oci.tar, docker.tar
--- (localhost/app:1)
function images.build(folder)
  local rootless = images.run "id -u":match "^0" and "" or "--rootless"
  local function umoci(arguments, ...)
    return images.run("cd %s && umoci " .. arguments, folder, ...)
  end
  images.write_tree(folder .. "/base", images.base)
  images.write_tree(folder .. "/upper", { ["var/lib/dpkg/status"] = "Package: upper\nStatus: install ok installed\n" })
  images.write_tree(folder .. "/opaque", { ["new"] = "new\n" })
  umoci "init --layout oci"
  umoci "new --image oci:base"
  umoci("insert " .. rootless .. " --image oci:base --history.created_by 'COPY base /' base /")
  umoci "tag --image oci:base app"
  umoci("insert " .. rootless .. " --image oci:app --history.created_by 'RUN dpkg -i upper' upper /")
  umoci("insert " .. rootless .. " --image oci:app --whiteout /usr/bin/tool")
  umoci("insert " .. rootless .. " --image oci:app --opaque opaque /opt/data")
  umoci("config --image oci:app --config.user 1000:1000 --config.env A=1 --config.env B=2 " ..
    "--config.entrypoint /bin/tool --config.cmd run --config.cmd -v --config.label who=me " ..
    "--config.exposedports 80/tcp --config.workingdir /srv")
  local skopeo = "cd %s && skopeo --insecure-policy copy -q "
  images.run(skopeo .. "oci:oci:app docker-archive:docker.tar:localhost/app:1", folder)
  images.run(skopeo .. "--dest-compress-format zstd docker-archive:docker.tar oci:zstd:app", folder)
  images.run(skopeo .. "oci:oci:app oci-archive:oci.tar:app", folder)
end

return images
