-- Bills of materials: as input in place of an image, and in an image beside the package database.
local core = require "tarsier.core"
local images = require "support.images"

local FORMS = "tests/data/readers/sbom/forms/root/opt/"

describe("a bill of materials", function()
  local folder
  before_each(function() folder = images.folder() end)
  after_each(function() images.remove(folder) end)

  local function scan(reference)
    local engine <close> = assert(core.open { cache_dir = folder .. "/cache" })
    return assert(engine:scan(reference))
  end

  local function rows(report)
    local list = {}
    for i, p in ipairs(report:packages()) do
      list[i] = ("%s %s %s %s %s"):format(p.type, p.name, p.version, p.found_by, p.ecosystem)
    end
    return table.concat(list, ", ")
  end

  it("is an image with the distribution that it names", function()
    for _, reference in ipairs { "sbom:" .. FORMS .. "spdx2.spdx.json", FORMS .. "spdx2.spdx.json" } do
      local report = scan(reference)
      assert.equal("deb libssl3 3.0.11-1 sbom Debian:12, npm @babel/core 7.0.0 sbom npm", rows(report))
      assert.equal("pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12", report:packages()[1].purl)
      assert.equal("openssl", report:packages()[1].source.name)
      assert.same({ "Apache-2.0" }, report:packages()[1].licenses)
    end
    assert.equal("apk libcrypto3 3.3.2-r0 sbom Alpine:v3.20", rows(scan("sbom:" .. FORMS .. "spdx2.spdx")))
    assert.equal("maven com.google.guava:guava 31.0-jre sbom Maven, rpm bash 1:5.2.26-3.fc40 sbom Fedora:40",
      rows(scan("sbom:" .. FORMS .. "spdx3.spdx.json")))
    assert.equal("gem inner 3 sbom RubyGems, pypi Flask 2.0 sbom PyPI", rows(scan("sbom:" .. FORMS .. "app.cdx.xml")))
    assert.equal("cargo serde 1.0.0 sbom crates.io", rows(scan("sbom:" .. FORMS .. "app.intoto.json")))
  end)

  it("in tags names its distribution by a package's purpose, and sources", function()
    local text = table.concat({ "SPDXVersion: SPDX-2.3", "PackageName: %s", "SPDXID: SPDXRef-1", "PackageVersion: 12",
      "PrimaryPackagePurpose: OPERATING-SYSTEM", "", "PackageName: libssl3", "SPDXID: SPDXRef-2", "PackageVersion: 3.0.11-1",
      "PrimaryPackagePurpose: LIBRARY", "PackageSourceInfo: built package from: openssl 3.0.11-2",
      "ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/libssl3@3.0.11-1?arch=amd64", "" }, "\n")
    local report = scan("sbom:" .. images.write(folder .. "/a.spdx", text:format "debian"))
    assert.equal("deb libssl3 3.0.11-1 sbom Debian:12", rows(report))
    assert.same({ name = "openssl", version = "3.0.11-2" }, report:packages()[1].source)
    for _, name in ipairs { 'my "os', "my\\os", "my\1os", "my\127os" } do
      assert.equal("", scan("sbom:" .. images.write(folder .. "/b.spdx", text:format(name))):image().distro.id)
    end
    assert.equal("my os", scan("sbom:" .. images.write(folder .. "/b.spdx", text:format "my os")):image().distro.id)
  end)

  it("in XML has the components, and not what its metadata describes", function()
    local component = '<component type="library"><name>%s</name><version>1</version><purl>pkg:npm/%s@1</purl></component>'
    local function read(metadata)
      local text = '<bom xmlns="http://cyclonedx.org/schema/bom/1.5">' .. metadata .. "<components>"
        .. component:gsub("%%s", "used") .. "</components></bom>"
      return rows(scan("sbom:" .. images.write(folder .. "/a.cdx.xml", text)))
    end
    local self = component:gsub("%%s", "self")
    for _, metadata in ipairs { "", "<metadata/>", "<metadata></metadata>", self, "<timestamp>2026-01-01</timestamp>" .. self,
      "<tools><components>" .. self .. "</components></tools>" .. self,
      "<tools><tool><name>x</name></tool></tools>" .. self .. "<properties/>" } do
      if metadata:find "^<[^m]" then metadata = "<metadata>" .. metadata .. "</metadata>" end
      assert.equal("npm used 1 sbom npm", read(metadata), metadata)
    end
  end)

  it("has a version behind the last slash of a purl only", function()
    local text = '<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component type="library"><name>x</name>'
      .. "<version>1</version><purl>pkg:npm/%s</purl></component></components></bom>"
    for purl, expected in pairs { ["a@b/c"] = "a@b/c 1", ["@b/c"] = "@b/c 1", ["@b/c@2"] = "@b/c 2", ["b@2"] = "b 2" } do
      assert.equal("npm " .. expected .. " sbom npm",
        rows(scan("sbom:" .. images.write(folder .. "/a.cdx.xml", text:format(purl)))))
    end
  end)

  it("may have slashes too many in a purl", function()
    local text = "SPDXVersion: SPDX-2.3\nPackageName: x\nPackageVersion: 1\nExternalRef: PACKAGE-MANAGER purl pkg:%s\n"
    for _, purl in ipairs { "/npm/b@2", "///npm/b@2", "npm/b/@2", "npm/b//@2", "//npm/b/@2" } do
      assert.equal("npm b 2 sbom npm", rows(scan("sbom:" .. images.write(folder .. "/a.spdx", text:format(purl)))), purl)
    end
  end)

  it("has findings with CISA's decision about their CVE", function()
    local database = folder .. "/test.db"
    assert(core.import(database, { "tests/data/feeds/debian-tracker/data.json", "tests/data/feeds/nvd/2.0.json",
      "tests/data/feeds/kev/known.json" }))
    local path = images.write(folder .. "/a.spdx", "SPDXVersion: SPDX-2.3\nPackageName: debian\nSPDXID: SPDXRef-OperatingSystem-1\n"
      .. "PackageVersion: 12\nPackageName: q\nPackageVersion: 1\nExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/q@1\n"
      .. "PackageName: p\nPackageVersion: 1.0-1\nExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/p@1.0-1\n")
    local engine <close> = assert(core.open { database = database, cache_dir = "" })
    local decided, others = nil, 0
    local report = assert(engine:scan("sbom:" .. path))
    assert.equal("2024-05-01", report:database().kev_date)
    assert.same({ "debian", "12" }, { report:image().distro.id, report:image().distro.version })
    for _, finding in ipairs(report:findings()) do
      if finding.package.name == "q" then decided = finding.ssvc elseif not finding.ssvc then others = others + 1 end
    end
    assert.same({ exploitation = "active", automatable = "yes", impact = "total" }, decided)
    assert.is_true(others > 0)
  end)

  it("comes by standard input, which is recognised by its content", function()
    local command = "LUA_PATH='lua/?.lua;lua/?/init.lua' LUA_CPATH='build/?.so;;' lua5.4 lua/bin/tarsier packages -f tsv --no-cache %s"
    local file = FORMS .. "spdx2.spdx"
    for _, way in ipairs { command:format "-" .. " < " .. file, "cat " .. file .. " | " .. command:format "-",
      "cat " .. file .. " | " .. command:format "sbom:-" } do
      assert.truthy(images.run(way):find("apk\tlibcrypto3\t3.3.2-r0\n", 1, true), way)
    end
  end)

  it("is refused with a name, and told when it is not there or is something else", function()
    local engine <close> = assert(core.open { cache_dir = "" })
    local _, message, code = engine:scan("sbom:" .. folder .. "/none")
    assert.equal("IO", code, message)
    images.write(folder .. "/other.json", "{}")
    local report = scan("sbom:" .. folder .. "/other.json")
    assert.equal("no_packages", report:problems()[1].kind)
  end)

  it("in an image adds what no other reader has found", function()
    local layout = images.layout()
    local status = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.11-1\nSource: openssl\n"
    layout:add(layout:image { layers = { { tar = images.tar {
      { "etc/os-release", 'ID=debian\nVERSION_ID="12"\n' }, { "var/lib/dpkg/status", status },
      { "opt/app/.spdx-app.spdx", images.read(FORMS .. "spdx2.spdx.json") },
      { "opt/again.spdx.json", images.read(FORMS .. "spdx2.spdx.json") } } } } }, "latest")
    local reference = "oci:" .. layout:write(folder .. "/image")
    for _ = 1, 2 do -- once read, once from the cache
      assert.equal("deb libssl3 3.0.11-1 database Debian:12, npm @babel/core 7.0.0 sbom npm", rows(scan(reference)))
    end
  end)
end)
