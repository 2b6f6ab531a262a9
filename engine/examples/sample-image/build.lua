-- Builds the sample image that sample.lua describes as an OCI layout: `lua5.4 build.lua FOLDER`. The same bytes every
-- time: no clock, no user and no order but the description's. Needs gzip and sha256sum, which every Debian has.

local here = arg[0]:match "^(.*)/[^/]*$" or "."
local out = assert(arg[1], "usage: build.lua FOLDER")
local sample = dofile(here .. "/sample.lua")

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function run(command) assert(os.execute(command), command .. " failed") end

local function write(path, data)
  local file = assert(io.open(path, "wb"))
  assert(file:write(data))
  assert(file:close())
end

local function sha256(path)
  local pipe = assert(io.popen("sha256sum <" .. quote(path)))
  local digest = pipe:read(64)
  pipe:close()
  return assert(digest and digest:match "^%x+$" and digest, "sha256sum failed on " .. path)
end

-- ---- JSON: keys in the order given ---------------------------------------------------------------------------------

local function escaped(c) return c:match "%c" and ("\\u%04x"):format(c:byte()) or "\\" .. c end

local function text(value) return '"' .. value:gsub('[%c"\\]', escaped) .. '"' end

local function list(values, each)
  local items = {}
  for i, value in ipairs(values) do items[i] = (each or text)(value) end
  return "[" .. table.concat(items, ",") .. "]"
end

local function object(pairs_in_order)
  local members = {}
  for i = 1, #pairs_in_order, 2 do members[#members + 1] = text(pairs_in_order[i]) .. ":" .. pairs_in_order[i + 1] end
  return "{" .. table.concat(members, ",") .. "}"
end

local function sorted(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- ---- tar: the ustar form of POSIX 1003.1-1988 ----------------------------------------------------------------------

local mode = { ["0"] = "0000644", ["2"] = "0000777", ["5"] = "0000755" } -- by type: file, link, folder

local function header(entry)
  local prefix, name = "", entry.path
  if #name > 100 then prefix, name = name:match "^(.*)/([^/]+/?)$" end
  local function octal(value, width) return ("%0" .. width - 1 .. "o\0"):format(value) end
  local block = string.pack("c100 c8 c8 c8 c12 c12 c8 c1 c100 c6 c2 c32 c32 c8 c8 c155 c12",
    name, entry.mode or mode[entry.type or "0"],
    octal(0, 8), octal(0, 8), octal(#(entry.data or ""), 12), octal(sample.mtime, 12),
    (" "):rep(8), entry.type or "0", entry.link or "",
    "ustar\0", "00", "root", "root", octal(0, 8), octal(0, 8), prefix, "")
  local sum = 0
  for i = 1, 512 do sum = sum + block:byte(i) end
  return block:sub(1, 148) .. ("%06o\0 "):format(sum) .. block:sub(157)
end

-- Folders come before what is in them, each once.
local function tar(entries)
  local parts, seen = {}, {}
  local function add(entry)
    local data = entry.data or ""
    parts[#parts + 1] = header(entry) .. data .. ("\0"):rep(-#data % 512)
  end
  for _, entry in ipairs(entries) do
    for folder in entry.path:gmatch "()/" do
      local path = entry.path:sub(1, folder)
      if not seen[path] then add { path = path, type = "5" } end
      seen[path] = true
    end
    if not seen[entry.path] then add(entry) end
  end
  return table.concat(parts) .. ("\0"):rep(1024)
end

-- ---- package databases ---------------------------------------------------------------------------------------------

local installed, order = {}, {} -- what dpkg's status lists, through all layers

local function install(lines)
  for line in lines:gmatch "[^\n]+" do
    local name, version, source, section, priority, size, description =
      line:match "^([^|]+)|([^|]+)|([^|]*)|([^|]+)|([^|]+)|(%d+)|(.+)$"
    assert(name, "sample.lua: " .. line)
    installed[name] = { name = name, version = version, source = source, section = section, priority = priority,
                        size = size, description = description }
    order[#order + 1] = name
  end
  table.sort(order)
end

local function stanza(package)
  local lines = { "Package: " .. package.name, "Status: " .. (package.status or "install ok installed"),
                  "Priority: " .. package.priority, "Section: " .. package.section,
                  "Installed-Size: " .. package.size, "Maintainer: Debian Sample <sample@example.org>",
                  "Architecture: " .. (package.section == "localization" and "all" or sample.architecture) }
  local source, version = package.source:match "^(%S+) (%S+)$"
  if version then
    lines[#lines + 1] = ("Source: %s (%s)"):format(source, version)
  elseif package.source ~= "" then
    lines[#lines + 1] = "Source: " .. package.source
  end
  lines[#lines + 1] = "Version: " .. package.version
  lines[#lines + 1] = "Description: " .. package.description
  lines[#lines + 1] = " This entry belongs to a sample image; the package's files are not in it."
  return table.concat(lines, "\n") .. "\n"
end

local function status()
  local stanzas = {}
  for i, name in ipairs(order) do stanzas[i] = stanza(installed[name]) end
  return { path = "var/lib/dpkg/status", data = table.concat(stanzas, "\n") .. "\n" }
end

local release = [[
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
]]

local function base_files(entries)
  for _, folder in ipairs { "bin", "lib", "sbin" } do
    entries[#entries + 1] = { path = folder, type = "2", link = "usr/" .. folder }
  end
  entries[#entries + 1] = { path = "etc/debian_version", data = "12.1\n" }
  entries[#entries + 1] = { path = "etc/os-release", type = "2", link = "../usr/lib/os-release" }
  entries[#entries + 1] = { path = "usr/lib/os-release", data = release }
end

local function dist_info(site, python, entries)
  for _, package in ipairs(python) do
    local name, version, summary = table.unpack(package)
    local folder = ("%s/%s-%s.dist-info/"):format(site, name:gsub("-", "_"), version)
    local metadata = ("Metadata-Version: 2.1\nName: %s\nVersion: %s\nSummary: %s\n\nA sample.\n"):format(
      name, version, summary)
    entries[#entries + 1] = { path = folder .. "INSTALLER", data = "pip\n" }
    entries[#entries + 1] = { path = folder .. "METADATA", data = metadata }
    entries[#entries + 1] = { path = folder .. "WHEEL", data = "Wheel-Version: 1.0\nTag: py3-none-any\n" }
  end
end

local function node_modules(folder, node, entries)
  for _, package in ipairs(node) do
    local name, version, summary, license = table.unpack(package)
    local json = object { "name", text(name), "version", text(version), "description", text(summary), "license",
                          text(license) }
    entries[#entries + 1] = { path = ("%s/%s/package.json"):format(folder, name), data = json .. "\n" }
  end
end

-- A program that cannot run: an ELF header, one segment, and in it what Go's linker writes about the modules within
-- (Go's debug/buildinfo).
local function go_program(program)
  local function counted(bytes)
    assert(#bytes >= 128 and #bytes < 16384 or #bytes < 128)
    return (#bytes < 128 and string.char(#bytes) or string.char(#bytes & 127 | 128, #bytes >> 7)) .. bytes
  end
  local lines = { "path\t" .. program.module, "mod\t" .. program.module .. "\t(devel)\t" }
  for _, dependency in ipairs(program.modules) do
    lines[#lines + 1] = ("dep\t%s\t%s\t"):format(table.unpack(dependency))
  end
  local first = "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"
  local last = "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2"
  local info = ("\xff Go buildinf:\8\2" .. ("\0"):rep(16)) .. counted(program.go)
    .. counted(first .. table.concat(lines, "\n") .. "\n" .. last)
  local start, address = 128, 0x400000 -- after a header of 64 bytes and one of 56 for the segment
  local elf = string.pack("<c16 I2 I2 I4 I8 I8 I8 I4 I2 I2 I2 I2 I2 I2", "\x7fELF\2\1\1", 2, 62, 1, 0, 64, 0, 0, 64, 56,
    1, 64, 0, 0)
  local segment = string.pack("<I4 I4 I8 I8 I8 I8 I8 I8", 1, 6, start, address, address, #info, #info, 16)
  return elf .. segment .. ("\0"):rep(start - #elf - #segment) .. info
end

local function crc32(data)
  local crc = 0xffffffff
  for i = 1, #data do
    crc = crc ~ data:byte(i)
    for _ = 1, 8 do crc = crc >> 1 ~ (crc & 1) * 0xedb88320 end
  end
  return crc ~ 0xffffffff
end

-- A zip of files that are not compressed: { name, data, name, data, … }.
local function zip(files)
  local parts, directory, offset = {}, {}, 0
  for i = 1, #files, 2 do
    local name, data = files[i], files[i + 1]
    local common = string.pack("<I2 I2 I2 I2 I2 I4 I4 I4 I2 I2", 10, 0, 0, 0, 0x21, crc32(data), #data, #data, #name, 0)
    local part = "PK\3\4" .. common .. name .. data
    parts[#parts + 1] = part
    directory[#directory + 1] = "PK\1\2\10\0" .. common .. string.pack("<I2 I2 I2 I4 I4", 0, 0, 0, 0, offset) .. name
    offset = offset + #part
  end
  local central = table.concat(directory)
  return table.concat(parts) .. central .. "PK\5\6"
    .. string.pack("<I2 I2 I2 I2 I4 I4 I2", 0, 0, #files // 2, #files // 2, #central, offset, 0)
end

local function jars(folder, java, entries)
  for _, package in ipairs(java) do
    local group, artifact, version = table.unpack(package)
    local properties = ("groupId=%s\nartifactId=%s\nversion=%s\n"):format(group, artifact, version)
    entries[#entries + 1] = { path = ("%s/%s-%s.jar"):format(folder, artifact, version), data = zip {
      "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n\r\n",
      ("META-INF/maven/%s/%s/pom.properties"):format(group, artifact), properties } }
  end
end

local function entries_of(layer)
  local entries = {}
  if layer.base then base_files(entries) end
  if layer.install then install(layer.install) end
  for _, name in ipairs(layer.removed or {}) do
    install(name .. "|7.2-1||editors|important|2871|small text editor")
    installed[name].status = "deinstall ok config-files"
  end
  for _, name in ipairs(sorted(layer.upgrade or {})) do installed[name].version = layer.upgrade[name] end
  if layer.install or layer.upgrade then
    -- Clair knows dpkg's database by this folder.
    entries[#entries + 1] = { path = "var/lib/dpkg/info/format", data = "1\n" }
    entries[#entries + 1] = status()
  end
  if layer.python then dist_info(layer.site, layer.python, entries) end
  if layer.node then node_modules(layer.modules, layer.node, entries) end
  if layer.java then jars(layer.jars, layer.java, entries) end
  if layer.program then
    entries[#entries + 1] = { path = layer.program.path, mode = "0000755", data = go_program(layer.program) }
  end
  for _, package in ipairs(layer.uninstall or {}) do
    entries[#entries + 1] = { path = ("%s/.wh.%s-%s.dist-info"):format(layer.site, table.unpack(package)) }
  end
  return #entries > 0 and entries or nil
end

-- ---- the layout ----------------------------------------------------------------------------------------------------

run("rm -rf " .. quote(out) .. " && mkdir -p " .. quote(out .. "/blobs/sha256"))

local function blob(path)
  local digest = sha256(path)
  local file = assert(io.open(path, "rb"))
  local size = file:seek "end"
  file:close()
  assert(os.rename(path, out .. "/blobs/sha256/" .. digest))
  return digest, size
end

local function descriptor(media_type, digest, size, ...)
  return object { "mediaType", text("application/vnd.oci.image." .. media_type), "digest", text("sha256:" .. digest),
                  "size", tostring(size), ... }
end

local diff_ids, layers, history = {}, {}, {}
for _, layer in ipairs(sample.layers) do
  local entries, path = entries_of(layer), out .. "/layer.tar"
  local step = { "created", text(sample.created), "created_by", text(layer.created_by) }
  if entries then
    write(path, tar(entries))
    diff_ids[#diff_ids + 1] = "sha256:" .. sha256(path)
    run("gzip -n -9 " .. quote(path))
    layers[#layers + 1] = descriptor("layer.v1.tar+gzip", blob(path .. ".gz"))
  else
    table.move({ "empty_layer", "true" }, 1, 2, #step + 1, step)
  end
  history[#history + 1] = object(step)
end

local function verbatim(value) return value end

local function config()
  local c, ports, labels = sample.config, {}, {}
  for _, port in ipairs(c.ExposedPorts) do table.move({ port, "{}" }, 1, 2, #ports + 1, ports) end
  for _, key in ipairs(sorted(c.Labels)) do table.move({ key, text(c.Labels[key]) }, 1, 2, #labels + 1, labels) end
  return object {
    "created", text(sample.created), "architecture", text(sample.architecture), "os", text "linux",
    "config", object {
      "Env", list(c.Env), "Entrypoint", list(c.Entrypoint), "Cmd", list(c.Cmd), "WorkingDir", text(c.WorkingDir),
      "ExposedPorts", object(ports), "Labels", object(labels),
    },
    "rootfs", object { "type", text "layers", "diff_ids", list(diff_ids) },
    "history", list(history, verbatim),
  }
end

local function put(data)
  write(out .. "/new", data)
  return blob(out .. "/new")
end

local config_digest, config_size = put(config())
local manifest_digest, manifest_size = put(object {
  "schemaVersion", "2", "mediaType", text "application/vnd.oci.image.manifest.v1+json",
  "config", descriptor("config.v1+json", config_digest, config_size), "layers", list(layers, verbatim),
})
local reference = object { "org.opencontainers.image.ref.name", text(sample.name:match ":(.+)$"),
                           "io.containerd.image.name", text(sample.name) }
-- No platform: there is one image, and any machine may scan it.
write(out .. "/oci-layout", object { "imageLayoutVersion", text "1.0.0" })
local manifest = descriptor("manifest.v1+json", manifest_digest, manifest_size, "annotations", reference)
write(out .. "/index.json", object {
  "schemaVersion", "2", "mediaType", text "application/vnd.oci.image.index.v1+json",
  "manifests", list({ manifest }, verbatim),
})
