-- Whole systems in whole images: what dpkg, rpm and pip say is there is what is found, whatever it is packed in.

local real = require "support.real"
local temporary = require "support.temporary"

local must = temporary.must

-- Real feeds where they are at hand, else the starter database.
local shared = os.getenv "TARSIER_SHARED" or "../shared"

local function there(path)
  return os.execute("test -e " .. temporary.quote(path)) == true
end

-- "CVE-… package fix severity", in the order they come
local function findings(result)
  local lines = {}
  for i, finding in ipairs(result.findings) do
    lines[i] = ("%s %s %s %s %s"):format(finding.id, finding.package.name, finding.package.version,
      finding.fixed_by or "-", finding.severity)
  end
  return lines
end

-- name → what was found of it
local function by_name(result)
  local names = {}
  for _, package in ipairs(result.packages) do names[package.name] = package end
  return names
end

describe("a real Debian", function()
  local missing = real.missing()
  if missing then return it("is scanned", function() pending(missing) end) end

  local folder, root, layout, database, full, wanted, expected

  setup(function()
    folder = temporary.folder()
    root = real.debian()
    wanted = real.installed(root)
    layout = folder .. "/oci"
    real.layout(layout, root)
    full = there(shared .. "/data/osv/Debian/all.zip")
    database = full and folder .. "/full.db" or (os.getenv "TARSIER_BUILD" or "build") .. "/starter.db"
    if full then
      must("${LUA:-lua5.4} lua/bin/tarsier db import --quiet --db %s %s %s %s", database, shared .. "/data/osv",
        shared .. "/data/kev", shared .. "/data/epss")
    end
    expected = real.scan("oci:" .. layout, "--db " .. database)
  end)

  teardown(function() temporary.remove(folder) end)

  local function same(result)
    assert.same(wanted, real.listed(result))
    assert.same({ "debian", "12", "bookworm" },
      { result.image.distro.id, result.image.distro.version, result.image.distro.codename })
    assert.equal("Debian:12", result.image.ecosystem)
    assert.same(findings(expected), findings(result))
    assert.same({}, result.problems)
  end

  it("has the packages that dpkg says it has", function()
    assert.is_true(#wanted > 70)
    same(expected)
    assert.equal(1, #expected.image.layers)
    assert.equal("COPY root /", expected.image.layers[1].created_by)
  end)

  it("has them in a docker-archive, plain and through a pipe, and in one that is compressed", function()
    real.copy("oci:" .. layout .. ":latest", "docker-archive:" .. folder .. "/docker.tar:localhost/debian:12")
    local options = "--db " .. database
    local result = real.scan("docker-archive:" .. folder .. "/docker.tar", options)
    same(result)
    assert.is_truthy(result.image.name:find "debian:12$")
    same(real.scan(folder .. "/docker.tar:localhost/debian:12", options))
    same(real.scan("-", options, ("gzip -1c %s/docker.tar |"):format(folder)))
    same(real.scan("-", options, ("cat %s/docker.tar |"):format(folder)))
    must("zstd -q --rm %s", folder .. "/docker.tar")
    same(real.scan(folder .. "/docker.tar.zst", options))
    os.remove(folder .. "/docker.tar.zst")
  end)

  it("has them in layers of zstd, in an archive of a layout, and in a folder", function()
    local options = "--db " .. database
    real.copy("oci:" .. layout .. ":latest", "oci:" .. folder .. "/zstd:latest", "--dest-compress-format zstd")
    local result = real.scan("oci:" .. folder .. "/zstd", options)
    same(result)
    assert.is_truthy(result.image.layers[1].media_type:find "zstd")
    assert.equal(expected.image.layers[1].diff_id, result.image.layers[1].diff_id)
    temporary.remove(folder .. "/zstd")
    real.copy("oci:" .. layout .. ":latest", "oci-archive:" .. folder .. "/oci.tar:latest")
    same(real.scan("oci-archive:" .. folder .. "/oci.tar", options))
    os.remove(folder .. "/oci.tar")
    same(real.scan("dir:" .. root, options))
  end)

  it("has findings that are not fixed in what is installed", function()
    if not full then return pending "needs real feeds: set TARSIER_SHARED to the folder that holds data/osv" end
    assert.is_true(#expected.findings > 20, #expected.findings .. " findings")
    local questions = {}
    for i, finding in ipairs(expected.findings) do
      assert.equal("Debian:12", finding.package.ecosystem)
      assert.is_truthy(finding.severity)
      if finding.fixed_by then
        questions[#questions + 1] = ("dpkg --compare-versions %s lt %s || echo %d"):format(
          temporary.quote(finding.package.source.version), temporary.quote(finding.fixed_by), i)
      end
    end
    temporary.write(folder .. "/questions", table.concat(questions, "\n"))
    assert.equal("", must("sh %s", folder .. "/questions"))
    local scored = 0
    for _, finding in ipairs(expected.findings) do scored = scored + (finding.epss and 1 or 0) end
    assert.is_true(scored > #expected.findings // 2, "EPSS knows most CVEs")
  end)

  -- What a chroot's own dpkg does to a package, layer upon layer.
  it("names the layer that brought each package's version", function()
    local copy, image = folder .. "/copy", folder .. "/layers"
    must("cp -a %s %s", root, copy)
    must("cp -a %s %s", layout, image)
    local function build(version)
      must("d=%s; v=%s; mkdir -p $d/pkg/DEBIAN; printf 'Package: tiny\nVersion: %%s\nArchitecture: all\n"
        .. "Maintainer: m <m@example.org>\nDescription: tiny\n' $v >$d/pkg/DEBIAN/control; "
        .. "dpkg-deb --root-owner-group -b $d/pkg $d/copy/tiny.deb", folder, version)
    end
    local function step(instruction)
      must("chroot %s sh -c %s", copy, instruction)
      real.insert(image, "RUN " .. instruction, copy .. "/var/lib/dpkg", "/var/lib/dpkg")
      return real.scan("oci:" .. image, "--db " .. database)
    end
    build "1.0-1"
    step "dpkg -i /tiny.deb"
    build "2.0-1"
    step "dpkg -i /tiny.deb"
    local result = step "dpkg --purge --force-all tzdata gpgv"
    assert.same(real.installed(copy), real.listed(result))
    assert.equal(#wanted + 1 - 2, #result.packages)
    assert.equal(4, #result.image.layers)
    for name, package in pairs(by_name(result)) do assert.equal(name == "tiny" and 3 or 1, package.layer, name) end
    assert.equal("2.0-1", by_name(result).tiny.version)
    result = step "dpkg --purge tiny"
    assert.is_nil(by_name(result).tiny)
    for _, package in ipairs(result.packages) do assert.equal(1, package.layer) end
    -- The file of an earlier layer comes back: everything is as old as its version.
    real.insert(image, "COPY old", root .. "/var/lib/dpkg/status", "/var/lib/dpkg/status")
    result = real.scan("oci:" .. image, "--db " .. database)
    assert.same(wanted, real.listed(result))
    for name, package in pairs(by_name(result)) do
      assert.equal((name == "tzdata" or name == "gpgv") and 6 or 1, package.layer, name)
    end
    for _, finding in ipairs(result.findings) do
      assert.equal(result.image.layers[finding.package.layer].digest, finding.layer.digest)
    end
  end)

  it("has a Python environment beside it, until a layer takes it away", function()
    if not os.execute "python3 -c 'import venv, ensurepip' 2>/dev/null" then
      return pending "needs Python's venv: apt-get install python3-venv"
    end
    local image, venv = folder .. "/python", folder .. "/venv"
    must("python3 -m venv %s", venv)
    local pip = real.lines(must("%s list --format=freeze --disable-pip-version-check | tr A-Z a-z | LC_ALL=C sort",
      venv .. "/bin/pip"))
    local function found(result)
      local lines = {}
      for _, package in ipairs(result.packages) do
        if package.type == "pypi" then
          lines[#lines + 1] = package.name:lower() .. "==" .. package.version
          assert.equal(2, package.layer)
          assert.is_truthy(package.path:find "^opt/venv/lib/python3[^/]*/site%-packages/")
        end
      end
      table.sort(lines)
      return lines
    end
    must("cp -a %s %s", layout, image)
    real.insert(image, "RUN python3 -m venv", venv, "/opt/venv")
    local result = real.scan("oci:" .. image, "--db " .. database)
    assert.is_true(#pip > 0)
    assert.same(pip, found(result))
    assert.same(wanted, real.listed(result, "deb"))
    must("cp -a %s %s", image, image .. "2")
    real.insert(image, "RUN rm -r /opt/venv", "--whiteout", "/opt/venv")
    same(real.scan("oci:" .. image, "--db " .. database))
    must("mkdir %s", folder .. "/empty")
    real.insert(image .. "2", "COPY empty /opt", "--opaque", folder .. "/empty", "/opt")
    same(real.scan("oci:" .. image .. "2", "--db " .. database))
  end)

  it("has no dpkg, and a file for each package, as distroless images have", function()
    local small = folder .. "/distroless"
    must("mkdir -p %s %s", small .. "/etc", small .. "/var/lib/dpkg/status.d")
    must("cp %s %s", root .. "/usr/lib/os-release", small .. "/etc/os-release")
    local want = {}
    for _, name in ipairs { "libc6", "tzdata", "base-files" } do
      must("dpkg-query --admindir %s -s " .. name .. " | grep -v ^Status: >%s", root .. "/var/lib/dpkg",
        small .. "/var/lib/dpkg/status.d/" .. name)
      temporary.write(small .. "/var/lib/dpkg/status.d/" .. name .. ".md5sums", "0  usr/share/doc/" .. name .. "\n")
      for _, line in ipairs(wanted) do
        if line:sub(1, #name + 1) == name .. " " then want[#want + 1] = line end
      end
    end
    table.sort(want)
    real.layout(folder .. "/small", small)
    local result = real.scan("oci:" .. folder .. "/small", "--db " .. database)
    assert.equal(3, #want)
    assert.same(want, real.listed(result))
    local of_libc = 0
    for _, line in ipairs(findings(expected)) do of_libc = of_libc + (line:find(" libc6 ", 1, true) and 1 or 0) end
    for _, line in ipairs(findings(result)) do of_libc = of_libc - (line:find(" libc6 ", 1, true) and 1 or 0) end
    assert.equal(0, of_libc)
  end)
end)

describe("a real rpm database", function()
  local missing = real.missing()
  if not missing and not (temporary.has "rpmbuild" and temporary.has "rpm") then
    missing = "needs rpmbuild and rpm: apt-get install rpm"
  end
  if missing then return it("is read", function() pending(missing) end) end

  it("in an image has the packages that rpm says it has", function()
    local folder = temporary.folder()
    finally(function() temporary.remove(folder) end)
    local body = "Summary: s\nLicense: x\n%description\nd\n%files\n"
    local root = folder .. "/root"
    must("mkdir -p %s", root .. "/etc")
    temporary.write(root .. "/etc/os-release", 'ID="almalinux"\nVERSION_ID="9.4"\nPRETTY_NAME="AlmaLinux 9.4"\n')
    local rpm = "rpm --root " .. root .. " --define '_db_backend sqlite' --dbpath /var/lib/rpm "
    local function install(name, fields)
      temporary.write(folder .. "/x.spec", ("Name: %s\n%s\n%s"):format(name, fields, body))
      must("rpmbuild -bb --quiet --define '_topdir %s' %s", folder .. "/top", folder .. "/x.spec")
      must(rpm .. "-U --nodeps --noscripts $(find %s -name '*.rpm') && rm -rf %s", folder .. "/top", folder .. "/top")
    end
    local function listed()
      return real.lines(must(rpm .. "-qa --qf '%%{NAME} %%{EVR} %%{ARCH}\n' 2>/dev/null | LC_ALL=C sort"))
    end
    local function found()
      local result = real.scan("oci:" .. folder .. "/image", "--db " .. (os.getenv "TARSIER_BUILD" or "build")
        .. "/starter.db")
      local lines, layers = {}, {}
      for i, package in ipairs(result.packages) do
        lines[i] = ("%s %s %s"):format(package.name, package.version, package.architecture)
        layers[package.name] = package.layer
      end
      table.sort(lines)
      return lines, layers, result.image.ecosystem
    end
    install("openssl", "Version: 3.0.7\nEpoch: 1\nRelease: 27.el9")
    install("bash", "Version: 5.1.8~rc1^git2\nRelease: 9.el9")
    install("tzdata", "Version: 2024a\nRelease: 1.el9\nBuildArch: noarch")
    real.layout(folder .. "/image", root)
    local lines, layers, ecosystem = found()
    assert.same({ openssl = 1, bash = 1, tzdata = 1 }, layers)
    assert.equal(3, #listed())
    assert.same(listed(), lines)
    assert.equal("AlmaLinux:9", ecosystem)
    install("openssl", "Version: 3.0.7\nEpoch: 1\nRelease: 28.el9")
    must(rpm .. "-e --nodeps tzdata")
    real.insert(folder .. "/image", "RUN dnf upgrade", root .. "/var/lib/rpm", "/var/lib/rpm")
    lines, layers = found()
    assert.same(listed(), lines)
    assert.same({ openssl = 2, bash = 1 }, layers)
  end)

  it("that another program has open while rpm installs has the packages that rpm says it has", function()
    local folder = temporary.folder()
    finally(function() temporary.remove(folder) end)
    local root = folder .. "/root"
    local rpm = "rpm --root " .. root .. " --define '_db_backend sqlite' --dbpath /var/lib/rpm "
    must("mkdir -p %s", root .. "/etc")
    temporary.write(root .. "/etc/os-release", 'ID="almalinux"\nVERSION_ID="9.4"\n')
    for i, name in ipairs { "first", "second", "third" } do
      temporary.write(folder .. "/x.spec", ("Name: %s\nVersion: %d\nRelease: 1.el9\nSummary: s\nLicense: x\n%%description\nd\n%%files\n")
        :format(name, i))
      must("rpmbuild -bb --quiet --define '_topdir %s' %s", folder .. "/top/" .. name, folder .. "/x.spec")
    end
    local function install(name) return rpm .. "-U --nodeps --noscripts $(find " .. folder .. "/top/" .. name .. " -name '*.rpm')" end
    must(install "first")
    must("mkdir -p %s && cp -a %s/. %s", folder .. "/before", root, folder .. "/before")
    -- A reader keeps rpm from moving its log into the database when it closes it.
    must([[python3 -c '
import sqlite3, subprocess, sys
db = sqlite3.connect(sys.argv[1] + "/var/lib/rpm/rpmdb.sqlite").cursor()
db.execute("BEGIN")
db.execute("SELECT count(*) FROM Packages").fetchall()
for command in sys.argv[2:]: subprocess.run(command, shell=True, check=True)' %s %s %s %s]], root, install "second",
      rpm .. "-e --nodeps first; " .. install "third", ("cp -a %s %s/open"):format(root, folder))
    local listed = real.lines(must(rpm .. "-qa --qf '%%{NAME} %%{EVR} %%{ARCH}\n' 2>/dev/null | LC_ALL=C sort"))
    assert.equal(2, #listed)
    assert.is_true(#temporary.must("find %s -name rpmdb.sqlite-wal -size +8k", folder .. "/open") > 0)
    -- The log in a layer above its database, as a build leaves it that changes nothing else.
    real.layout(folder .. "/image", folder .. "/before")
    real.insert(folder .. "/image", "RUN dnf install", folder .. "/open/var/lib/rpm/rpmdb.sqlite-wal", "/var/lib/rpm/rpmdb.sqlite-wal")
    for _, reference in ipairs { "dir:" .. folder .. "/open", "oci:" .. folder .. "/image" } do
      local lines = {}
      for i, package in ipairs(real.scan(reference, "--db " .. (os.getenv "TARSIER_BUILD" or "build") .. "/starter.db").packages) do
        lines[i] = ("%s %s %s"):format(package.name, package.version, package.architecture)
      end
      table.sort(lines)
      assert.same(listed, lines)
    end
  end)
end)
