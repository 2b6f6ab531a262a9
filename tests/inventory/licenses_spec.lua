-- Licences from the image to the package list: what Debian's copyright files state goes to the packages they are of.

local core = require "tarsier.core"
local images = require "support.images"

local status = [[
Package: perl-base
Status: install ok installed
Version: 5.36.0-7
Architecture: amd64
Source: perl

Package: perl
Status: install ok installed
Version: 5.36.0-7
Architecture: amd64

Package: zlib1g
Status: install ok installed
Version: 1
Architecture: amd64
Source: zlib

Package: bare
Status: install ok installed
Version: 1
Architecture: amd64
]]
local function copyright(license)
  return "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: " .. license .. "\n"
end
local os_release = 'ID=debian\nVERSION_ID="12"\n'


-- licenses_of(layer, …) -> { ["deb perl"] = "…" }; layers as images.tar has them. Read twice: the second time from the cache.
local function licenses_of(...)
  local layout, tars, folder = images.layout(), {}, images.folder()
  finally(function() images.remove(folder) end)
  for i, members in ipairs { ... } do tars[i] = { tar = images.tar(members) } end
  layout:add(layout:image { layers = tars }, "latest")
  local reference, found = "oci:" .. layout:write(folder .. "/image"), nil
  for _ = 1, 2 do
    local engine <close> = assert(core.open { cache_dir = folder .. "/cache" })
    local report = assert(engine:scan(reference))
    local now = {}
    for _, package in ipairs(report:packages()) do
      now[package.type .. " " .. package.name] = table.concat(package.licenses, " | ")
    end
    for _, problem in ipairs(report:problems()) do assert.equal("no_database", problem.kind, problem.message) end
    found = found or now
    assert.same(found, now)
  end
  return found
end

local base = {
  { "etc/os-release", os_release }, { "var/lib/dpkg/status", status },
  { "usr/share/doc/perl/copyright", copyright "GPL-1+ or Artistic" .. "\nFiles: x\nLicense: Expat\n" },
  { "usr/share/doc/zlib1g/copyright", copyright "Zlib" },
  { "usr/share/doc/other/copyright", copyright "BSD-3-clause" },
}

describe("licences", function()
  it("of a copyright file go to its package, and to those of its source without one", function()
    assert.same({ ["deb perl"] = "GPL-1+ or Artistic | MIT", ["deb perl-base"] = "GPL-1+ or Artistic | MIT",
      ["deb zlib1g"] = "Zlib", ["deb bare"] = "" }, licenses_of(base))
  end)

  it("are those of the file that the image shows", function()
    assert.same({ ["deb perl"] = "", ["deb perl-base"] = "", ["deb zlib1g"] = "ISC", ["deb bare"] = "" }, licenses_of(base,
      { { "usr/share/doc/zlib1g/copyright", copyright "ISC" }, { "usr/share/doc/perl/.wh.copyright", "" } }))
  end)

  it("that cannot be read are no problem: they hide no package", function()
    local found = licenses_of { base[1], base[2], { "usr/share/doc/perl/copyright", "", kind = "2", link = "nowhere" },
      { "usr/share/doc/bare/copyright", ("x\0"):rep(600000) }, { "usr/share/doc/zlib1g/copyright", "", kind = "6" } }
    assert.same({ ["deb perl"] = "", ["deb perl-base"] = "", ["deb zlib1g"] = "", ["deb bare"] = "" }, found)
  end)
end)
