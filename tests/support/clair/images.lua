-- The images that a real Clair is tried with.

local images = require "support.images"
local real = require "support.real"

--- The layout of the sample image, which the build makes.
local sets = { sample = (os.getenv "TARSIER_BUILD" or "build") .. "/sample" }

--- archive(layout, file) -> the same image as docker-archive; its layers are then plain tars, with other digests
function sets.archive(layout, file)
  images.run("skopeo --insecure-policy copy -q oci:%s docker-archive:%s:localhost/image:latest", layout, file)
  return file
end

--- bookworm(folder) -> a real Debian's layout, or nil and why there is none
function sets.bookworm(folder)
  local reason = real.missing()
  if reason then return nil, reason end
  real.layout(folder, real.debian())
  return folder
end

-- Alpine's database of what is installed: a package a paragraph, P its name, V its version, o the source it was built
-- from. Clair skips a paragraph's last line; in a real one that names a file's checksum.
local PARAGRAPH = [[
C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=
P:%s
V:%s
A:x86_64
S:1
I:1
T:%s
U:https://example.org
L:MIT
o:%s
t:1717000000
c:0123456789abcdef0123456789abcdef01234567
F:usr/lib
R:%s
Z:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=

]]

local function apk(name, version, origin)
  return PARAGRAPH:format(name, version, name, origin, name)
end

local ALPINE_RELEASE = [[
NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.20.0
PRETTY_NAME="Alpine Linux v3.20"
]]

--- alpine(folder) -> a layout of Alpine 3.20 with old packages, some of them replaced or removed by a second layer
function sets.alpine(folder)
  local base = apk("busybox", "1.36.1-r25", "busybox") .. apk("ssl_client", "1.36.1-r25", "busybox")
    .. apk("musl", "1.2.5-r0", "musl") .. apk("libcrypto3", "3.3.0-r1", "openssl")
    .. apk("libssl3", "3.3.0-r1", "openssl") .. apk("zlib", "1.3.1-r1", "zlib") .. apk("libexpat", "2.6.2-r0", "expat")
  local upper = apk("busybox", "1.36.1-r29", "busybox") .. apk("ssl_client", "1.36.1-r25", "busybox")
    .. apk("musl", "1.2.5-r0", "musl") .. apk("libcrypto3", "3.3.2-r0", "openssl")
    .. apk("libssl3", "3.3.0-r1", "openssl") .. apk("zlib", "1.3.1-r1", "zlib") .. apk("curl", "8.8.0-r0", "curl")
  local layout = images.layout()
  layout:add(layout:image { layers = {
    { tar = images.tar { { "etc/os-release", ALPINE_RELEASE }, { "lib/apk/db/installed", base } } },
    { tar = images.tar { { "lib/apk/db/installed", upper } } },
  } }, "latest")
  return layout:write(folder)
end

local function dpkg(name, version, source)
  return ("Package: %s\nStatus: install ok installed\nArchitecture: amd64\n%sVersion: %s\nDescription: %s\n\n"):format(
    name, source and "Source: " .. source .. "\n" or "", version, name)
end

local DEBIAN_RELEASE = [[
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
]]

local function dist_info(name, version)
  return { ("usr/lib/python3/dist-packages/%s-%s.dist-info/METADATA"):format(name, version),
    ("Metadata-Version: 2.1\nName: %s\nVersion: %s\n"):format(name, version) }
end

-- A jar as Maven makes it: its coordinates in a properties file.
local function jar(group, name, version)
  local folder = images.folder()
  images.write_tree(folder, {
    ["META-INF/MANIFEST.MF"] = "Manifest-Version: 1.0\n",
    [("META-INF/maven/%s/%s/pom.properties"):format(group, name)] =
      ("groupId=%s\nartifactId=%s\nversion=%s\n"):format(group, name, version),
  })
  images.run("cd %s && zip -q -r made.jar META-INF", folder)
  local bytes = images.read(folder .. "/made.jar")
  images.remove(folder)
  return bytes
end

local GEM = 'Gem::Specification.new do |s|\n  s.name = "%s".freeze\n  s.version = "%s"\nend\n'

--- mixed(folder) -> a layout of Debian 12 with packages that ecosystems name in different ways, and of what not every
--- scanner reads: a gem, a jar, an egg, a package that a later layer removed, one in two places
function sets.mixed(folder)
  local status = dpkg("libssl3", "3.0.9-1", "openssl") .. dpkg("libexpat1", "2.5.0-1", "expat")
    .. dpkg("perl-base", "5.36.0-7+deb12u1", "perl") .. dpkg("login", "1:4.13+dfsg1-1+b1", "shadow (1:4.13+dfsg1-1)")
    .. dpkg("git", "1:2.39.2-1.1") .. dpkg("libtiff6", "4.5.0-6", "tiff")
  local layout = images.layout()
  layout:add(layout:image { layers = {
    { tar = images.tar { { "etc/os-release", DEBIAN_RELEASE }, { "var/lib/dpkg/status", status },
      { "var/lib/dpkg/info/format", "1\n" } } },
    { tar = images.tar { dist_info("Jinja2", "3.1.2"), dist_info("Django", "3.2.1"), dist_info("ruamel.yaml", "0.17.0"),
      dist_info("PyYAML", "5.3"), dist_info("requests", "2.19.0"),
      { "opt/lib/python3.9/site-packages/urllib3-1.24.1.egg-info/PKG-INFO",
        "Metadata-Version: 1.2\nName: urllib3\nVersion: 1.24.1\n" },
      { "opt/lib/python3.9/site-packages/Jinja2-2.10.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: Jinja2\nVersion: 2.10\n" } } },
    { tar = images.tar {
      { "usr/share/gems/specifications/rack-2.0.1.gemspec", GEM:format("rack", "2.0.1") },
      { "opt/app/log4j-core-2.14.1.jar", jar("org.apache.logging.log4j", "log4j-core", "2.14.1") } } },
    { tar = images.tar { { "usr/lib/python3/dist-packages/.wh.requests-2.19.0.dist-info", "" } } },
  } }, "latest")
  return layout:write(folder)
end

local count = 0

--- fresh(folder) -> a layout of two layers that no Clair has ever seen
function sets.fresh(folder)
  count = count + 1
  local unique = ("%d %d %s\n"):format(count, os.time(), folder)
  local layout = images.layout()
  layout:add(layout:image { layers = {
    { tar = images.tar { { "etc/os-release", DEBIAN_RELEASE }, { "var/lib/dpkg/info/format", "1\n" },
      { "var/lib/dpkg/status", dpkg("libssl3", "3.0.9-1", "openssl") }, { "etc/machine", unique } } },
    { tar = images.tar { { "etc/unique", unique } } },
  } }, "latest")
  return layout:write(folder)
end

--- huge(file, bytes) -> a docker-archive whose one layer is a plain tar of that size: a system and a file of zeros
function sets.huge(file, bytes)
  local system = images.tar { { "etc/os-release", DEBIAN_RELEASE },
    { "var/lib/dpkg/status", dpkg("libssl3", "3.0.9-1", "openssl") }, { "var/lib/dpkg/info/format", "1\n" } }
  local head = system:sub(1, -1025) -- without its end
  local header = images.tar { { "big", "", size = bytes } }:sub(1, 512)
  local layer, size = file .. ".layer", #head + 512 + bytes + 1024
  images.write(layer, head .. header)
  images.run("truncate -s %s %s", tostring(size), layer)
  local diff_id = images.run("sha256sum <%s", layer):match "%x+"
  local config = '{"os":"linux","architecture":"amd64","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:'
    .. diff_id .. '"]}}'
  local manifest = '[{"Config":"config.json","RepoTags":["localhost/huge:latest"],"Layers":["layer.tar"]}]'
  images.write(file, images.tar { { "layer.tar", "", size = size } }:sub(1, 512))
  images.run("cat %s >>%s && rm %s", layer, file, layer)
  local rest = assert(io.open(file, "ab"))
  rest:write(("\0"):rep(-size % 512), images.tar { { "config.json", config }, { "manifest.json", manifest } })
  rest:close()
  return file
end

return sets
