-- The distribution, from texts: tests/data/distro/NAME.txt holds "== PATH" and what stands there, then "== expected".
-- The inventory, from overlays made of such files: which packages, from which layer, under which name.

local contents = require "tarsier.probe".contents
local pace = require "support.pace"

local function read_file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function detect(files)
  local list = {}
  for path, content in pairs(files) do
    list[#list + 1] = { path = path, reader = "distro", layer = 0, content = content }
  end
  return assert(contents.inventory(list)).distro
end

local function sections(text)
  local files, name = {}, nil
  for line in text:gmatch "([^\n]*)\n" do
    local path = line:match "^== (.+)$"
    if path then
      name, files[path] = path, ""
    else
      files[name] = files[name] .. line .. "\n"
    end
  end
  return files
end

local function pairs_of(text)
  local fields = {}
  for key, value in text:gmatch "([%w_]+)=([^\n]*)\n" do fields[key] = value end
  return fields
end

describe("distribution", function()
  local pipe = assert(io.popen "ls tests/data/distro/*.txt")
  for path in pipe:lines() do
    it("of " .. path:match "([^/]+)%.txt$", function()
      local files = sections(read_file(path))
      local expected = pairs_of(files.expected)
      files.expected = nil
      assert.same(expected, detect(files))
    end)
  end
  pipe:close()

  it("survives hostile texts", function()
    for _, text in ipairs { "", "ID", "=", "ID=", "ID='", 'ID="', "ID=\\", 'ID="\\', "\0", "ID=a\0b\n",
      ("ID=x\n"):rep(10000), "ID=" .. ("x"):rep(65000), "\255\254ID=debian", "ID=debian\r\n",
      ("\n"):rep(65000), " release ",
      "CentOS release ", "CentOS release", "CentOS release (", "SUSE Linux Enterprise", "openSUSE",
      "/sid", ".", "9" } do
      for _, path in ipairs { "etc/os-release", "etc/lsb-release", "etc/alpine-release", "etc/debian_version",
        "etc/redhat-release", "etc/SuSE-release" } do
        local found = detect { [path] = text }
        for key, value in pairs(found) do assert.is_nil(value:find "%c", key .. " of " .. path) end
      end
    end
    assert.equal("Debian:12", detect({ ["etc/os-release"] = "ID=debian\r\nVERSION_ID=12\r\n" }).ecosystem)
  end)
end)

-- ---- inventory ----------------------------------------------------------------------------------------------------

local os_release = { path = "etc/os-release", reader = "distro", layer = 0, content = 'ID=debian\nVERSION_ID="12"\n' }

-- status(layer, { "name version", … }, before) is a dpkg database
local function status(layer, packages, before)
  local text = {}
  for _, package in ipairs(packages) do
    local name, version = package:match "(%S+) (%S+)"
    text[#text + 1] = "Package: " .. name .. "\nArchitecture: amd64\nVersion: " .. version .. "\n\n"
  end
  return { path = "var/lib/dpkg/status", reader = "dpkg", layer = layer, content = table.concat(text), before = before }
end

local function metadata(path, name, version, layer)
  return { path = path, reader = "python", layer = layer or 0, content = "Name: " .. name .. "\nVersion: " .. version }
end

local function build(files)
  local result = assert(contents.inventory(files))
  local layers = {}
  for _, package in ipairs(result.packages) do layers[package.name .. " " .. package.version] = package.layer end
  return result, layers
end

describe("inventory", function()
  it("names the layer from which on every layer holds the version", function()
    local _, layers = build { os_release, status(5, { "a 1", "b 2", "c 1", "d 1", "e 1" },
      status(3, { "a 1", "b 1", "c 1", "d 1" },
        status(1, { "a 1", "b 2", "d 2", "c 1" },
          status(0, { "a 1", "b 2", "d 1" })))) }
    assert.same({ ["a 1"] = 0, ["b 2"] = 5, ["c 1"] = 1, ["d 1"] = 3, ["e 1"] = 5 }, layers)
  end)

  it("does not look below a file that could not be read", function()
    local _, layers = build { status(2, { "a 1" },
      { path = "var/lib/dpkg/status", reader = "dpkg", layer = 1, problem = "broken", before = status(0, { "a 1" }) }) }
    assert.same({ ["a 1"] = 2 }, layers)
  end)

  it("reports what could not be read, with its place", function()
    local result = build { os_release, metadata("b.egg-info", "good", "1"),
      { path = "var/lib/rpm/Packages", reader = "rpm", layer = 3, content = "\0\0\0\0\0\0\0\0\0\0\0\0\97\21\6\0" },
      { path = "c.egg-info", reader = "python", layer = 4, content = "Name: c\n" } }
    assert.equal(1, #result.packages)
    assert.same({ kind = 10, subject = "c.egg-info", message = 'package "c" has no version', layer = 4 }, -- a note
      result.problems[1])
    assert.equal("var/lib/rpm/Packages", result.problems[2].subject)
    assert.equal(3, result.problems[2].layer)
    assert.truthy(result.problems[2].message:find("Berkeley DB", 1, true))
    assert.equal(2, #result.problems)
  end)

  it("sorts by type, name and version, and drops duplicates", function()
    local result = build { os_release, status(0, { "b 2", "a 2", "a 1", "b 2" }), metadata("z.egg-info", "a", "1"),
      metadata("y.egg-info", "a", "1") }
    local rows = {}
    for i, p in ipairs(result.packages) do
      rows[i] = table.concat({ p.type, p.name, p.version, p.path, p.reader }, " ")
    end
    assert.same({ "deb a 1 var/lib/dpkg/status dpkg", "deb a 2 var/lib/dpkg/status dpkg",
      "deb b 2 var/lib/dpkg/status dpkg", "pypi a 1 y.egg-info python", "pypi a 1 z.egg-info python" }, rows)
  end)

  it("takes a file once, though links show it under several paths", function()
    local result = build { metadata("usr/lib/x.egg-info", "x", "1"),
      { path = "lib/x.egg-info", reader = "python", layer = 0, content = "Name: x\nVersion: 1\n", same = 1 } }
    assert.equal(1, #result.packages)
    assert.equal("lib/x.egg-info", result.packages[1].path)
  end)

  it("names the package of the system that brought a language's, and has it matched as that", function()
    local function list(layer, path)
      return { path = "var/lib/dpkg/info/python3-a.list", reader = "dpkg", layer = layer, content = "/usr\n/" .. path .. "\n" }
    end
    local function names(...)
      local found = {}
      for _, package in ipairs(build({ ... }).packages) do
        found[#found + 1] = package.type .. " " .. package.name
        if package.owner ~= "" then found[#found] = found[#found] .. " of " .. package.owner end
        if package.type == "pypi" and package.ecosystem == "" then found[#found] = found[#found] .. " (as that)" end
      end
      return table.concat(found, ", ")
    end
    local path, packages = "usr/lib/a.egg-info", status(1, { "python3-a 1" })
    assert.equal("deb python3-a, pypi a of python3-a (as that)", names(os_release, packages, list(1, path), metadata(path, "a", "1", 1)))
    assert.equal("deb python3-a, pypi a of python3-a (as that)", names(os_release, packages, list(2, path), metadata(path, "a", "1", 1)))
    assert.equal("deb python3-a, pypi a", -- written once more, above
      names(os_release, packages, list(1, path), metadata(path, "a", "1", 2)))
    assert.equal("deb python3-a, pypi a",
      names(os_release, packages, list(1, path), metadata("usr/local/" .. path, "a", "1", 1)))
    assert.equal("deb python3-a, pypi a of python3-a (as that)", -- /lib is /usr/lib
      names(os_release, packages, list(1, "lib/a.egg-info"), metadata(path, "a", "1", 1)))
    assert.equal("deb python3-a, pypi a of python3-a", -- no feed covers the distribution
      names(packages, list(1, path), metadata(path, "a", "1", 1)))
    local gone = list(2, "usr/lib/b.egg-info")
    gone.before = list(1, path)
    assert.equal("deb python3-a, pypi a", names(os_release, packages, gone, metadata(path, "a", "1", 1)))
    local removed = { path = "var/lib/dpkg/status", reader = "dpkg", layer = 1,
      content = "Package: python3-a\nVersion: 1\nStatus: deinstall ok config-files\n\nPackage: b\nVersion: 1\n" }
    assert.equal("deb b, pypi a", names(os_release, removed, list(1, path), metadata(path, "a", "1", 1)))
  end)

  it("judges jars that the distribution's packages brought, and all in them, as its own", function()
    local zip = require "support.zip"
    local function maven(artifact)
      return { path = "META-INF/maven/g/" .. artifact .. "/pom.properties",
        content = "groupId=g\nartifactId=" .. artifact .. "\nversion=1\n" }
    end
    local jar = zip.write { maven "a", { path = "lib/b-1.jar", content = zip.write { maven "b" } } }
    local files = { { path = "etc/os-release", reader = "distro", layer = 0, content = "ID=debian\nVERSION_ID=12\n" },
      status(1, { "liba-java 1" }), { path = "var/lib/dpkg/info/liba-java.list", reader = "dpkg", layer = 1,
        content = "/usr\n/usr/share/java/a-1.jar\n" } }
    for _, path in ipairs { "usr/share/java/a-1.jar", "srv/a-1.jar" } do
      files[#files + 1] = { path = path, reader = "java", layer = 1, content = jar }
    end
    local found = {}
    for _, package in ipairs(build(files).packages) do
      if package.type == "maven" then
        found[#found + 1] = ("%s %s %s %s"):format(package.path, package.name, package.ecosystem, package.owner)
      end
    end
    table.sort(found)
    assert.same({ "srv/a-1.jar g:a Maven ", "srv/a-1.jar!/lib/b-1.jar g:b Maven ",
      "usr/share/java/a-1.jar g:a  liba-java", "usr/share/java/a-1.jar!/lib/b-1.jar g:b  liba-java" }, found)
  end)

  it("judges what an rpm brought by whose rpm it is", function()
    local function rpms(content)
      return { path = "var/lib/rpm/rpmdb.sqlite", reader = "rpm", layer = 0, content = content }
    end
    local function ecosystem(id, content)
      local result = build { { path = "etc/os-release", reader = "distro", layer = 0, content = id }, rpms(content),
        metadata("usr/lib/python3.9/site-packages/requests-2.25.1.dist-info/METADATA", "requests", "2.25.1") }
      for _, package in ipairs(result.packages) do
        if package.type == "pypi" then return package.ecosystem .. " of " .. package.owner end
      end
    end
    local owned = read_file "tests/data/readers/rpm/owned/root/var/lib/rpm/rpmdb.sqlite" -- release 8.el9, no vendor
    assert.equal(" of python3-requests", ecosystem("ID=almalinux\nVERSION_ID=9.4\n", owned))
    assert.equal("PyPI of python3-requests", ecosystem("ID=almalinux\nVERSION_ID=8.4\n", owned)) -- built for another system
    assert.equal("PyPI of python3-requests", ecosystem("ID=plan9\n", owned)) -- nobody's advisories cover it

    local function released(release, id) -- in the room of release, summary and description
      local content, count = owned:gsub("8%.el9\0s\0d", release)
      assert.same({ 9, 1 }, { #release, count }, release)
      return ecosystem(id, content)
    end
    local alma9, alma10, photon = "ID=almalinux\nVERSION_ID=9.4\n", "ID=almalinux\nVERSION_ID=10.0\n", "ID=photon\nVERSION_ID=5.0\n"
    for _, case in ipairs { { "8.el9.1.2", alma9 }, { "el9.alma1", alma9 }, { "8.el9_1.2", alma9 }, { "el10.alma", alma10 },
      { "8.1.2.3.4", alma9 }, { "8.ph5.abc", photon }, { "8.ph4.1.2", photon } } do
      assert.equal(" of python3-requests", released(case[1], case[2]), case[1])
    end
    for _, case in ipairs { { "el9.remi1", alma9 }, { "el9.abcd1", alma9 }, { "el9.zzzz1", alma9 }, { "el9.Alma1", alma9 },
      { "el8.alma1", alma9 }, { "8.el91.12", alma9 }, { "8.el1.1.2", alma10 }, { "8.fc9.1.2", alma9 }, { "8.1.fc9.1", alma9 },
      { "8.rhel9.1", alma9 }, { "8.el5.1.2", photon } } do
      assert.equal("PyPI of python3-requests", released(case[1], case[2]), case[1])
    end
  end)

  it("takes what a better list of the same packages has", function()
    local function names(...)
      local found = {}
      for _, package in ipairs(build({ ... }).packages) do
        found[#found + 1] = package.name .. " " .. package.version .. " " .. package.reader
      end
      return table.concat(found, ", ")
    end
    local best = { path = "var/lib/rpmmanifest/container-manifest-2", reader = "rpm_manifest", layer = 0,
      content = "a\t1-1\t1\t1\tMicrosoft\t(none)\t1\tnoarch\t2\ta-1-1.src.rpm\n" }
    local second = { path = "var/lib/rpmmanifest/container-manifest-1", reader = "rpm_names", layer = 0,
      content = "a-1-1.noarch\nb-1-1.noarch\n" }
    local mariner = { path = "etc/os-release", reader = "distro", layer = 0, content = "ID=mariner\nVERSION_ID=2.0\n" }
    assert.equal("a 2:1-1 rpm_manifest, b 1-1 rpm_names", names(mariner, best, second))
    assert.equal("a 1-1 rpm_names, b 1-1 rpm_names", names(mariner, second))
  end)

  it("gives a package its source's name and version, or its own", function()
    local result = build { os_release, { path = "var/lib/dpkg/status", reader = "dpkg", layer = 0,
      content = "Package: libssl3\nVersion: 3+b1\nSource: openssl (3)\n\nPackage: zlib\nVersion: 1\n" } }
    assert.equal("openssl 3", result.packages[1].source_name .. " " .. result.packages[1].source_version)
    assert.equal("zlib 1", result.packages[2].source_name .. " " .. result.packages[2].source_version)
    assert.equal("Debian:12", result.packages[1].ecosystem)
  end)

  local rpm = read_file "tests/data/readers/rpm/rhel-like/root/var/lib/rpm/rpmdb.sqlite"
  local rpmdb = { path = "var/lib/rpm/rpmdb.sqlite", reader = "rpm", content = rpm }
  local purls = {
    { "debian", 'ID=debian\nVERSION_ID="12"\n', { path = "var/lib/dpkg/status", reader = "dpkg",
      content = "Package: openssl\nVersion: 3.0.11-1~deb12u2\nArchitecture: amd64\n" },
      "pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12" },
    { "alpine", "ID=alpine\nVERSION_ID=3.20.3\n", { path = "lib/apk/db/installed", reader = "apk",
      content = "P:musl\nV:1.2.5-r0\nA:x86_64\n" }, "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3" },
    { "AlmaLinux", "ID=almalinux\nVERSION_ID=9.4\n", rpmdb,
      "pkg:rpm/almalinux/openssl@3.0.7-27.el9?arch=x86_64&distro=almalinux-9.4&epoch=1" },
    { "RHEL", "ID=rhel\nVERSION_ID=9.4\n", rpmdb,
      "pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=x86_64&distro=rhel-9.4&epoch=1" },
    { "Leap", "ID=opensuse-leap\nVERSION_ID=15.6\n", rpmdb,
      "pkg:rpm/opensuse/openssl@3.0.7-27.el9?arch=x86_64&distro=opensuse-leap-15.6&epoch=1" },
    { "Python's", "ID=arch\n", { path = "x/METADATA", reader = "python", content = "Name: Zope_I\nVersion: 1+cpu\n" },
      "pkg:pypi/zope-i@1%2Bcpu" },
    { "a scope's", "ID=arch\n", { path = "x/METADATA", reader = "python", content = "Name: some/scope/name\nVersion: 1" },
      "pkg:pypi/some/scope/name@1" },
    { "Gentoo's", "ID=gentoo\n", { path = "var/db/pkg/app-misc/x-1.0-r1/CONTENTS", reader = "portage", content = "" },
      "pkg:ebuild/app-misc/x@1.0-r1?distro=gentoo" },
    { "Arch's", "ID=arch\n", { path = "var/lib/pacman/local/x-1-1/desc", reader = "pacman",
      content = "%NAME%\nx\n\n%VERSION%\n1:1-1\n\n%ARCH%\nany\n" }, "pkg:alpm/arch/x@1:1-1?arch=any&distro=arch" },
    { "nobody's", "", { path = "var/lib/dpkg/status", reader = "dpkg",
      content = "Package: a\nVersion: 2\nArchitecture: all\n" },
      "pkg:deb/a@2?arch=all" },
  }
  for _, case in ipairs(purls) do
    it("writes the purl of " .. case[1] .. " packages", function()
      local result = build { { path = "etc/os-release", reader = "distro", layer = 0, content = case[2] }, case[3] }
      local seen = {}
      for _, package in ipairs(result.packages) do seen[package.purl] = true end
      assert.is_true(seen[case[4]], next(seen))
    end)
  end

  it("runs out of memory cleanly", function()
    local files = { os_release, status(1, { "a 1", "b 1" }, status(0, { "a 1" })) }
    local failed
    for limit = 16, 4000, 16 do
      local result, _, code = contents.inventory(files, limit)
      assert.is_true(result ~= nil or code == "MEMORY")
      failed = failed or code
    end
    assert.equal("MEMORY", failed)
    assert.is_table(contents.inventory(files, 4000))
  end)

  it("is quick with many layers that rewrite a large database", function()
    local packages = {}
    for i = 1, 3000 do packages[i] = ("package-%d 1.%d"):format(i * 7919 % 3001, i) end
    local file
    for layer = 0, 29 do file = status(layer, packages, file) end
    local _, layers = pace.within(2, function() return build { os_release, file } end)
    assert.equal(0, layers["package-7919 1.1"] or layers[packages[1]])
  end)
end)
