-- Hostile manifests, layouts and archives: as hostile_layers.lua for what is around the layers.

local files = require "support.files"
local hostile = require "support.hostile"
local lfs = require "lfs"
local shell = require "support.shell"
local tar = require "support.tar"

local healthy, with, random, saved = hostile.healthy, hostile.with, hostile.random, hostile.saved
local cases, case = hostile.cases()

local function deep(open, close, levels) return open:rep(levels) .. close:rep(levels) end

-- A document with one member more; `value` is made only when it is needed, for it is large.
local function append(value)
  return function(text) return text:sub(1, -2) .. ',"x":' .. value() .. "}" end
end

-- ---- digests and sizes -------------------------------------------------------------------------------------------

local wrong = "sha256:" .. ("0"):rep(64)

case("a layer that is another one", {
  make = with { layers = { { data = healthy(), digest = wrong, stored = wrong } } }, message = "promised",
})
case("a diff ID that is another one", {
  make = with { layers = { { data = healthy(), diff_id = wrong } } }, message = "promised",
})
case("a manifest that is another one", {
  make = with { manifest_blob = { digest = wrong, stored = wrong } },
  message = wrong,
})
case("a config that is another one", {
  make = with { config_blob = { digest = wrong, stored = wrong } },
  message = wrong,
})
case("a layer that is not there", {
  make = with { layers = { { data = healthy(), digest = wrong } } },
  message = "no such file",
})
case("a layer that is smaller than promised", {
  make = with { layers = { { data = healthy(), size = "99999999" } } }, message = "99999999",
})
case("a layer that is larger than promised", {
  make = with { layers = { { data = healthy(), size = "512" } } },
  message = "512",
})
for name, size in pairs { negative = "-1", huge = "9223372036854775808", fractional = "1.5", ["worded"] = '"many"' } do
  case("a manifest of a " .. name .. " size", { make = with { manifest_blob = { size = size } } })
  case("a layer of a " .. name .. " size", { make = with { layers = { { data = healthy(), size = size } } } })
end
case("a manifest of 8 EiB", { make = with { manifest_blob = { size = "9223372036854775807" } }, message = "8388608" })
for name, digest in pairs {
  ["climbs out"] = "sha256:../../../../../../etc/passwd", ["is short"] = "sha256:00", ["is nothing"] = "",
  ["is of an unknown kind"] = "md5:" .. ("0"):rep(32), ["is upper case"] = "sha256:" .. ("A"):rep(64),
  ["holds a NUL"] = "sha256:\\u0000" .. ("0"):rep(63),
} do
  case("a layer's digest that " .. name, {
    make = with { manifest = function(text)
      return (text:gsub('("layers":%[{[^}]*"digest":)"[^"]*"', '%1"' .. digest .. '"'))
    end },
  })
end

-- ---- JSON --------------------------------------------------------------------------------------------------------

-- Values that stand in each kind of document, made once.
local function once(make)
  local value
  return function()
    value = value or make()
    return value
  end
end

local deep_lists = once(function() return deep("[", "]", 100000) end)
local deep_objects = once(function() return ('{"a":'):rep(100000) .. "0" .. ("}"):rep(100000) end)
local long_text = once(function() return '"' .. ("x"):rep(8 << 20) .. '"' end)
local many_values = once(function() return "[" .. ("0,"):rep(3 << 20) .. "0]" end)

for _, document in ipairs { "index", "manifest", "config" } do
  case("a deep " .. document, { make = with { [document] = append(deep_lists) }, message = "levels deep" })
  case("a deep " .. document .. " of objects", { make = with { [document] = append(deep_objects) } })
  case("an empty " .. document, { make = with { [document] = "" } })
  case("a " .. document .. " of random bytes", { make = with { [document] = random(4096) } })
  case("a " .. document .. " that is a number", { make = with { [document] = "42" } })
  case("a " .. document .. " of more than 8 MiB", {
    make = with { [document] = append(long_text) }, message = "8388608",
  })
  case("a " .. document .. " of many small values", { make = with { [document] = append(many_values) } })
end
case("a config with too many diff IDs", {
  make = with { config = ('{"rootfs":{"type":"layers","diff_ids":["%s","%s"]}}'):format(wrong, wrong) },
  message = "diff IDs",
})
-- The one member of a list many times over.
local function multiplied(pattern, times)
  return function(text)
    return (text:gsub(pattern, function(before, one, after)
      return before .. (one .. ","):rep(times - 1) .. one .. after
    end))
  end
end

case("a manifest of five thousand layers", {
  make = with { manifest = multiplied('("layers":%[)(.-)(%])', 5000) },
  message = "5000 layers",
})
case("a thousand layers", {
  make = with {
    config = multiplied('("diff_ids":%[)(.-)(%])', 1000), manifest = multiplied('("layers":%[)(.-)(%])', 1000),
  },
  code = 0,
})
case("indexes nested a hundred deep", {
  make = function(folder)
    local index_type = "application/vnd.oci.image.index.v1+json"
    hostile.layout(folder, {})
    local index = shell.read(folder .. "/index.json")
    for _ = 1, 100 do
      shell.write(folder .. "/new", index)
      local digest = hostile.sha256(folder .. "/new")
      os.rename(folder .. "/new", folder .. "/blobs/sha256/" .. digest:sub(8))
      index = ('{"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"%s","size":%d}]}'):format(
        index_type, digest, #index)
    end
    shell.write(folder .. "/index.json", index)
    return "oci:" .. folder
  end,
  message = "nested",
})
case("an index of an image more than there may be to choose from", {
  make = with { index = function(text)
    local one, many = text:match '"manifests":%[(.*)%]', {}
    for i = 1, 4001 do many[i] = one:gsub("sha256:%x+", ("sha256:%064x"):format(i)) end
    return ('{"schemaVersion":2,"manifests":[%s]}'):format(table.concat(many, ","))
  end },
  message = "more than 4000 images to choose from",
})

-- ---- layouts on disk ---------------------------------------------------------------------------------------------

local function largest(folder)
  local size, found = -1, nil
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    if lfs.attributes(path, "mode") == "file" and lfs.attributes(path, "size") > size then
      size, found = lfs.attributes(path, "size"), path
    end
  end
  return found
end

-- What make(path, host) puts in a file's place
local function replaced(what, make)
  return function(folder, host)
    local reference = hostile.layout(folder, {})
    local path = what == "blob" and largest(folder .. "/blobs/sha256") or folder .. "/" .. what
    files.remove(path)
    make(path, host)
    return reference
  end
end

local function pipe(path) os.execute("mkfifo " .. path) end
local function nothing() end
local function link_to_status(path, host) files.link(host .. "/status", path) end

case("a blob that is a pipe", { make = replaced("blob", pipe), message = "not a regular file" })
case("a blob that is a folder", { make = replaced("blob", files.make) })
case("a blob that is a symlink to an endless device", {
  make = replaced("blob", function(path) files.link("/dev/zero", path) end),
})
case("a blob that is a symlink to the host", { make = replaced("blob", link_to_status), absent = "host-secret" })
case("a blob that is a symlink to itself", { make = replaced("blob", function(path) files.link(path, path) end) })
case("an index that is a pipe", { make = replaced("index.json", pipe) })
case("an index that is a symlink to the host", { make = replaced("index.json", link_to_status), absent = "host-secret" })
case("no index", { make = replaced("index.json", nothing) })
case("no blobs", { make = replaced("blobs", nothing) })
case("an empty folder", { make = function(folder) return "oci:" .. files.make(folder) end })

-- ---- archives ----------------------------------------------------------------------------------------------------

case("an empty file", { make = hostile.file "" })
case("random bytes", { make = hostile.file(random(100000)) })
case("random bytes as a docker-archive", { make = hostile.file(random(100000), "docker-archive:") })
case("random bytes as an OCI archive", { make = hostile.file(random(100000), "oci-archive:") })
case("an empty docker-archive", { make = hostile.file("", "docker-archive:") })
case("a text", { make = hostile.file "This is no image.\n" })

local function config_of(diff_id)
  return ('{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["%s"]}}'):format(diff_id)
end

local function manifest_of(config, layer, tags)
  return ('[{"Config":"%s","RepoTags":[%s],"Layers":["%s"]}]'):format(config, tags or '"x:latest"', layer)
end

local config = { path = "config.json", data = config_of(wrong) }
case("a docker-archive whose layer climbs out", {
  make = saved({ config }, manifest_of("config.json", "../../../../etc/passwd")),
})
case("a docker-archive whose layer is the host's", {
  make = saved({ config }, manifest_of("config.json", "/etc/passwd")),
})
case("a docker-archive whose config climbs out", { make = saved({}, manifest_of("../../../etc/passwd", "l.tar")) })
case("a docker-archive whose layer is not there", {
  make = saved({ config }, manifest_of("config.json", "l.tar")),
  message = "l.tar",
})
case("a docker-archive whose layer is another one", {
  make = saved({ config, { path = "l.tar", data = healthy() } }, manifest_of("config.json", "l.tar")),
  message = "promised",
})
case("a docker-archive whose layers are links in a circle", {
  make = saved(
    { config, { path = "l.tar", type = "2", link = "m.tar" }, { path = "m.tar", type = "2", link = "l.tar" } },
    manifest_of("config.json", "l.tar")),
  message = "circle",
})
case("a docker-archive whose layer is a link to the host", {
  make = function(folder, host)
    local link = { path = "l.tar", type = "2", link = host .. "/status" }
    return saved({ config, link }, manifest_of("config.json", "l.tar"))(folder)
  end,
  absent = "host-secret",
})
case("a docker-archive with a deep manifest", { make = saved({}, deep("[", "]", 100000)), message = "levels deep" })
case("a docker-archive without an image", { make = saved({}, "[]"), message = "no image" })
case("a docker-archive whose manifest is an object", { make = saved({}, "{}") })
case("a docker-archive without a manifest", { make = saved({ { path = "x", data = "x" } }), message = "no image" })
case("a docker-archive with escape sequences for names", {
  make = saved({ config, { path = "l.tar", data = healthy() } },
    '[{"Config":"config.json","RepoTags":["\\u001b[31mx:1"],"Layers":["l.tar"]},'
    .. '{"Config":"config.json2","RepoTags":["b:\\u0007"],"Layers":["l.tar","l.tar"]}]'),
  message = "name one",
})
case("a docker-archive that ends inside a layer", {
  make = function(folder)
    local layer = { path = "l.tar", data = healthy() }
    local reference = saved({ config, layer }, manifest_of("config.json", "l.tar"))(folder)
    local path = folder .. ".tar"
    shell.write(path, shell.read(path):sub(1, 2000))
    return reference
  end,
})
case("a docker-archive whose manifest has 8 EiB", {
  make = hostile.file(tar.header { path = "manifest.json", size = tar.base256(1 << 62, 12) } .. ("x"):rep(4096),
    "docker-archive:"),
})

-- ---- standard input ----------------------------------------------------------------------------------------------

local function on_stdin(make)
  return function(folder, host)
    return "-", (make(folder, host):gsub("^[%w-]*:", ""))
  end
end

case("nothing on standard input", { make = on_stdin(hostile.file "") })
case("random bytes on standard input", { make = on_stdin(hostile.file(random(200000))) })
case("a broken archive on standard input", {
  make = on_stdin(saved({ config, { path = "l.tar", data = healthy() } }, manifest_of("config.json", "l.tar"))),
  message = "promised",
})

-- ---- root file systems -------------------------------------------------------------------------------------------

-- A system of which make(the folder of dpkg, host) makes the rest
local function root(make)
  return function(folder, host)
    files.make(folder .. "/usr/lib")
    make(files.make(folder .. "/var/lib/dpkg"), host)
    shell.write(folder .. "/usr/lib/os-release", hostile.os_release)
    return "dir:" .. folder
  end
end

case("a root whose database is a link to the host's", {
  make = root(function(dpkg, host) files.link(host .. "/status", dpkg .. "/status") end), code = 5, absent = "host-secret",
})
case("a root whose database's folder is a link to the host's", {
  make = root(function(dpkg, host)
    files.remove(dpkg)
    files.link(host, dpkg)
  end),
  code = 5, absent = "host-secret",
})
case("a root whose database is a pipe", { make = root(function(dpkg) pipe(dpkg .. "/status") end), code = 5 })
case("a root with links in a circle", {
  make = root(function(dpkg)
    local top = dpkg:match "^(.*)/var/lib/dpkg$"
    files.link(".", top .. "/loop")
    files.link("loop/loop", top .. "/var/loop")
    files.link("dpkg2", dpkg .. "/status")
    files.link("status", dpkg .. "/dpkg2")
  end),
  code = 5,
})

return cases
