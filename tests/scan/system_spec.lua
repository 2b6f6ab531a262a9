-- What could not be judged of an image's operating system is a problem, in layers and in a folder: a package database that
-- is gone, empty or no file, packages of another system or vendor, a feed that is borrowed, an end of life.
local core = require "tarsier.core"
local images = require "support.images"

local OS = {
  debian = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  alpine = 'ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n',
  almalinux = 'ID=almalinux\nVERSION_ID="8.9"\nPRETTY_NAME="AlmaLinux 8.9"\n',
  centos = 'ID="centos"\nVERSION_ID="9"\nPRETTY_NAME="CentOS Stream 9"\n',
  plan9 = "ID=plan9\n",
}
local STATUS = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
local APK = "P:musl\nV:1.2.4-r0\nA:x86_64\n\n"
local PIP = { "usr/lib/python3/site-packages/flask-2.0.dist-info/METADATA", "Name: flask\nVersion: 2.0\n" }
local RPMS = images.read "tests/data/readers/rpm/vendors/root/var/lib/rpm/rpmdb.sqlite"
local NO_RPMS = images.read "tests/data/readers/rpm/empty/root/var/lib/rpm/rpmdb.sqlite"

describe("system", function()
  local folder
  before_each(function() folder = images.folder() end)
  after_each(function() images.remove(folder) end)

  local function scan(reference, today)
    local engine <close> = assert(core.open { cache_dir = folder .. "/cache", today = today or "2025-01-01" })
    return assert(engine:scan(reference))
  end

  -- Each layer is a list of members, as images.tar has them.
  local function write(layers)
    local layout, tars = images.layout(), {}
    for i, members in ipairs(layers) do tars[i] = { tar = images.tar(members) } end
    layout:add(layout:image { layers = tars }, "latest")
    return "oci:" .. layout:write(folder .. "/image")
  end

  -- "kind subject, …" and the messages; that there is no database to match with is not what these tests are about
  local function problems(report)
    local list, messages = {}, {}
    for _, problem in ipairs(report:problems()) do
      if problem.kind ~= "no_database" then
        list[#list + 1], messages[#messages + 1] = problem.kind .. " " .. problem.subject, problem.message
      end
    end
    return table.concat(list, ", "), table.concat(messages, "\n")
  end

  local function ecosystems(report)
    local list = {}
    for i, package in ipairs(report:packages()) do list[i] = package.name .. "=" .. package.ecosystem end
    return table.concat(list, " ")
  end

  local function os_release(name) return { "etc/os-release", OS[name] } end

  describe("whose packages are gone, beside one of Python's:", function()
    local gone = {
      ["dpkg's database deleted in a later layer"] = { "debian",
        { { "var/lib/dpkg/status", STATUS } }, { { "var/lib/dpkg/.wh.status", "" } } },
      ["dpkg's folder deleted in a later layer"] = { "debian",
        { { "var/lib/dpkg/status", STATUS } }, { { "var/lib/.wh.dpkg", "" } } },
      ["dpkg's folder made opaque"] = { "debian",
        { { "var/lib/dpkg/status", STATUS } }, { { "var/lib/dpkg/.wh..wh..opq", "" } } },
      ["dpkg's database empty"] = { "debian", { { "var/lib/dpkg/status", "" } } },
      ["dpkg's database of removed packages"] = { "debian", { { "var/lib/dpkg/status",
        "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n" } } },
      ["status.d empty"] = { "debian", { { "var/lib/dpkg/status.d/", "", kind = "5" } } },
      ["apk's database deleted"] = { "alpine", { { "lib/apk/db/installed", APK } }, { { "lib/apk/db/.wh.installed", "" } } },
      ["apk's database empty"] = { "alpine", { { "lib/apk/db/installed", "" } } },
      ["rpm's database deleted"] = { "almalinux",
        { { "var/lib/rpm/rpmdb.sqlite", RPMS } }, { { "var/lib/rpm/.wh.rpmdb.sqlite", "" } } },
      ["rpm's database without packages"] = { "almalinux", { { "var/lib/rpm/rpmdb.sqlite", NO_RPMS } } },
      ["no database at all"] = { "debian", {} },
      ["a system that no feed covers"] = { "plan9", {} },
    }
    for name, case in pairs(gone) do
      it(name, function()
        local layers = { { os_release(case[1]), PIP } }
        table.move(case, 2, #case, 2, layers)
        local report = scan(write(layers))
        local found, message = problems(report)
        assert.equal("no_packages " .. case[1], found)
        assert.matches("none of its packages were found, only 1 package of other kinds", message)
        assert.equal("flask=PyPI", ecosystems(report))
      end)
    end
  end)

  describe("whose database is no file:", function()
    local odd = {
      ["a dangling link"] = { "a link to ../gone, where nothing is", link = "../gone", kind = "2" },
      ["a link to itself"] = { "a link to status, which leads in a circle", link = "status", kind = "2" },
      ["a link out of the image"] = { "a link to ../../../../../../etc/hostname, where nothing is",
        link = "../../../../../../etc/hostname", kind = "2" },
      ["a link to a directory"] = { "a link to /etc, which is a directory", link = "/etc", kind = "2" },
      ["a FIFO"] = { "a FIFO, not a file", kind = "6" },
      ["a character device"] = { "a device, not a file", kind = "3" },
      ["a block device"] = { "a device, not a file", kind = "4" },
      ["a directory"] = { "a directory, not a file", kind = "5" },
      ["a hard link to nothing"] = { "a link to var/lib/other, where nothing is", link = "var/lib/other", kind = "1" },
    }
    for name, case in pairs(odd) do
      it(name, function()
        local entry = { "var/lib/dpkg/status" .. (case.kind == "5" and "/" or ""), "", link = case.link, kind = case.kind }
        local layers = { { os_release "debian", { "etc/", "", kind = "5" }, { "var/lib/dpkg/status", STATUS }, PIP }, { entry } }
        for _ = 1, 2 do -- from the layers and from the cache
          local found, message = problems(scan(write(layers)))
          assert.equal("no_packages debian, missing var/lib/dpkg/status", found)
          assert.truthy(message:find(case[1], 1, true), message)
        end
      end)
    end

    it("a link to what a later layer deletes", function()
      local found, message = problems(scan(write { { os_release "debian", { "var/lib/dpkg/status", link = "/opt/status", kind = "2" },
        { "opt/status", STATUS }, PIP }, { { "opt/.wh.status", "" } } }))
      assert.equal("no_packages debian, missing var/lib/dpkg/status", found)
      assert.truthy(message:find("a link to /opt/status, where nothing is", 1, true), message)
    end)

    it("a note tells of a jar that is a link to nothing, which hides no package", function()
      for _, path in ipairs { "usr/share/java/gone.jar", "srv/app/node_modules/gone/package.json", "usr/lib/go/VERSION" } do
        local found, message = problems(scan(write { { os_release "debian", { "var/lib/dpkg/status", STATUS },
          { path, link = "gone", kind = "2" } } }))
        assert.equal("note " .. path, found)
        assert.matches("a link to gone, where nothing is", message)
      end
    end)

    it("and others of the same system are read", function()
      local report = scan(write { { os_release "debian", { "var/lib/dpkg/status.d/a", STATUS },
        { "var/lib/dpkg/status.d/b", link = "gone", kind = "2" } } })
      assert.equal("missing var/lib/dpkg/status.d/b", (problems(report)))
      assert.equal("a=Debian:12", ecosystems(report))
    end)

    it("in a folder", function()
      local root = folder .. "/root"
      images.write_tree(root, { ["etc/os-release"] = OS.alpine, [PIP[1]] = PIP[2], ["usr/lib/apk/db/x"] = "",
        ["var/lib/dpkg/status"] = { "/host" } })
      images.run("mkdir -p %s; mkfifo %s", root .. "/lib/apk/db", root .. "/lib/apk/db/installed")
      assert.equal("no_packages alpine, missing lib/apk/db/installed, missing var/lib/dpkg/status",
        (problems(scan("dir:" .. root))))
    end)

    it("a link to os-release matters if nothing else names the system", function()
      local dangling = { "etc/os-release", link = "../usr/lib/os-release", kind = "2" }
      assert.equal("missing etc/os-release", (problems(scan(write { { dangling, PIP } }))))
      assert.equal("note etc/os-release",
        (problems(scan(write { { dangling, { "etc/debian_version", "12.5\n" }, { "var/lib/dpkg/status", STATUS } } }))))
    end)

    it("a link in the place of a folder is followed", function()
      local report = scan(write { { { "opt/real/METADATA", PIP[2] },
        { "usr/lib/python3/site-packages/flask-2.0.dist-info", link = "/opt/real", kind = "2" } } })
      assert.equal("", (problems(report)))
      assert.equal("flask=PyPI", ecosystems(report))
    end)

    it("a directory or a link to one is not, where names have patterns", function()
      local report = scan(write { { { "x.egg-info/", "", kind = "5" }, { "x.egg-info/PKG-INFO", PIP[2] },
        { "opt/y.egg-info", link = "../x.egg-info", kind = "2" } } })
      assert.equal("", (problems(report)))
      assert.equal("flask=PyPI", ecosystems(report))
    end)
  end)

  it("is not needed: languages' packages alone are judged", function()
    local report = scan(write { { PIP } })
    assert.equal("", (problems(report)))
    assert.equal("flask=PyPI", ecosystems(report))
  end)

  it("matches another system's packages with nothing", function()
    local report = scan(write { { os_release "alpine", { "lib/apk/db/installed", APK }, { "var/lib/dpkg/status", STATUS } } })
    local found, message = problems(report)
    assert.equal("foreign deb", found)
    assert.matches("1 deb package on Alpine Linux v3.20 %(a%)", message)
    assert.equal("musl=Alpine:v3.20 a=", ecosystems(report))
    assert.equal("pkg:deb/a@1?arch=amd64", report:packages()[2].purl)
    report = scan(write { { os_release "debian", { "var/lib/dpkg/status", STATUS }, { "var/lib/rpm/rpmdb.sqlite", RPMS } } })
    found, message = problems(report)
    assert.equal("foreign rpm", found)
    assert.matches("5 rpm packages on Debian GNU/Linux 12", message)
  end)

  it("keeps Python's packages that another system's database claims", function()
    local report = scan(write { { os_release "alpine", { "lib/apk/db/installed", APK }, PIP,
      { "var/lib/rpm/rpmdb.sqlite", images.read "tests/data/readers/rpm/owned/root/var/lib/rpm/rpmdb.sqlite" } } })
    assert.truthy(ecosystems(report):find("flask=PyPI", 1, true))
  end)

  it("tells rpms of other vendors apart, by the header or the release's tag", function()
    local report = scan(write { { os_release "almalinux", { "var/lib/rpm/rpmdb.sqlite", RPMS } } })
    assert.equal("bash=AlmaLinux:8 nodejs=AlmaLinux:8 php= postgresql16= redis=", ecosystems(report))
    local found, message = problems(report)
    assert.equal("foreign Remi's RPM repository <https://rpms.remirepo.net/>, foreign rpm", found)
    assert.matches("1 package of Remi's RPM repository", message)
    assert.matches("2 packages on AlmaLinux 8.9 that others have built", message)
    assert.equal("nodejs:20 AlmaLinux", report:packages()[2].module .. " " .. report:packages()[2].vendor)
  end)

  it("tells the first ten vendors, each with its packages", function()
    local lines, expected = {}, {}
    for i = 1, 25 do
      local vendor = i < 25 and "vendor" .. (i + 1) // 2 or "AlmaLinux"
      lines[i] = ("p%02d\t1-1\t1\t2\t%s\t(none)\t5\tnoarch\t0\tp-1-1.src.rpm\n"):format(i, vendor)
      if i % 2 == 1 and i <= 20 then
        expected[#expected + 1] = ("2 packages of %s on AlmaLinux 8.9 (p%02d): "):format(vendor, i)
          .. "the system's advisories do not cover them, and they were not matched"
      end
    end
    local manifest = { "var/lib/rpmmanifest/container-manifest-2", table.concat(lines) }
    local _, messages = problems(scan(write { { os_release "almalinux", manifest } }))
    assert.equal(table.concat(expected, "\n"), messages)
  end)

  it("matches CentOS with Red Hat's advisories, and says so", function()
    local report = scan(write { { os_release "centos",
      { "var/lib/rpm/rpmdb.sqlite", images.read "tests/data/readers/rpm/rhel-like/root/var/lib/rpm/rpmdb.sqlite" } } })
    local found, message = problems(report)
    assert.equal("note centos", found)
    assert.matches("CentOS Stream 9 publishes no advisories: its packages were matched with those of Red Hat:9", message)
    assert.equal("Red Hat:9", report:image().ecosystem)
  end)

  describe("past its end of life", function()
    local cases = {
      { "Debian 12 has LTS", OS.debian, "2028-06-30" },
      { "Debian 12 without LTS", OS.debian, "2028-07-01", "support ended on 2026%-07%-11, extended support ended on 2028%-06%-30" },
      { "Alpine 3.20", OS.alpine, "2026-04-01" },
      { "Alpine 3.20 later", OS.alpine, "2026-04-02", "Alpine Linux v3.20 is past its end of life: support ended on 2026%-04%-01$" },
      { "Ubuntu 20.04", "ID=ubuntu\nVERSION_ID=20.04\n", "2026-01-01",
        "ubuntu is past its end of life: support ended on 2025%-05%-31, extended support ends on 2030%-04%-02" },
      { "CentOS Linux 8", 'ID=centos\nVERSION_ID=8\nPRETTY_NAME="CentOS Linux 8"\n', "2022-01-01", "ended on 2021%-12%-31" },
      { "CentOS Stream 8", 'ID=centos\nVERSION_ID=8\nPRETTY_NAME="CentOS Stream 8"\n', "2022-01-01" },
      { "SLES 15", 'ID=sles\nVERSION_ID=15\nPRETTY_NAME="SUSE Linux Enterprise Server 15"\n', "2025-01-01", "ended on 2019%-12%-31" },
      { "Alpine 3.2 is not 3.20", "ID=alpine\nVERSION_ID=3.2.0\n", "2018-01-01", "ended on 2017%-05%-01" },
      { "an unknown release", "ID=debian\nVERSION_ID=99\n", "2100-01-01" },
    }
    for _, case in ipairs(cases) do
      it(case[1], function()
        local type = case[2]:find "ID=alpine" and { "lib/apk/db/installed", APK }
          or case[2]:find "ID=debian" and { "var/lib/dpkg/status", STATUS } or PIP
        local report = scan(write { { { "etc/os-release", case[2] }, type } }, case[3])
        local told
        for _, problem in ipairs(report:problems()) do
          if problem.kind == "end_of_life" then told = problem.message end
        end
        if not case[4] then return assert.is_nil(told) end
        assert.matches(case[4], told)
      end)
    end

    it("both dates are in the report", function()
      local distro = scan(write { { os_release "debian", { "var/lib/dpkg/status", STATUS } } }):image().distro
      assert.same({ "2026-07-11", "2028-06-30" }, { distro.support_ends, distro.extended_support_ends })
    end)
  end)
end)
