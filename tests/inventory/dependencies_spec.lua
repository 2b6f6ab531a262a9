-- Which package needs which: from the records of dpkg, apk, opkg and pacman to reports, and what can be removed.

local core = require "tarsier.core"
local json = require "tarsier.json"
local oci = require "support.oci"
local pace = require "support.pace"
local removal = require "tarsier.advice.removal"
local report = require "tarsier.report"
local shell = require "support.shell"
local tarsier = require "tarsier"

local folder

local function packages(files)
  local layout = folder .. "/image"
  shell.remove(layout)
  oci.build(layout, { files })
  return assert(tarsier.packages("oci:" .. layout, { cache_dir = "" }))
end

-- { name = { needs, …, essential = }, … }
local function needs(files)
  local map, result = {}, packages(files)
  for _, package in ipairs(result.packages) do
    local list = package.requires
    if list then
      table.sort(list)
      list = table.concat(list, " ") .. (package.essential and " !" or "")
    end
    map[package.name] = list or "?"
  end
  return map, result
end

local function stanza(name, fields)
  return ("Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n%s\n"):format(name, fields or "")
end

local function debian(...)
  return { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = table.concat({ ... }, "\n") }
end

describe("dependencies", function()
  setup(function() folder = shell.folder() end)
  teardown(function() shell.remove(folder) end)

  it("are dpkg's, with alternatives, provided names and folded lines", function()
    assert.same({ app = "libc6 mta", libc6 = "", mta = "libc6", init = " !", base = " !", other = "app libc6" },
      (needs(debian(stanza("app", "Depends: libc6 (>= 2.36), mail-agent | exim4 [amd64],\n absent:any\nPre-Depends: libc6\n"),
        stanza "libc6", stanza("mta", "Provides: mail-agent (= 1), x\nDepends: libc6:any\n"), stanza("init", "Essential: yes\n"),
        stanza("base", "Priority: required\n"), stanza("other", "Depends: app, libc6, other\n")))))
  end)

  it("tell long names apart by their ends", function()
    local long = ("a"):rep(500)
    local map = needs(debian(stanza("app", "Depends: " .. long .. "-b\n"), stanza(long .. "-b"), stanza(long .. "-c")))
    assert.equal(long .. "-b", map.app)
  end)

  it("are apk's, by what packages provide", function()
    assert.same({ musl = "", busybox = "musl", app = "busybox musl" }, (needs { ["etc/os-release"] = "ID=alpine\nVERSION_ID=3.20.1\n",
      ["lib/apk/db/installed"] = "P:musl\nV:1-r0\np:so:libc.musl-x86_64.so.1=1\n\nP:busybox\nV:1-r0\nD:so:libc.musl-x86_64.so.1\np:/bin/sh cmd:sh=1-r0\n\n"
        .. "P:app\nV:2-r0\nD:/bin/sh so:libc.musl-x86_64.so.1>=0 !busybox none\n\n" }))
  end)

  it("are pacman's and opkg's", function()
    assert.same({ glibc = "", curl = "glibc" }, (needs { ["etc/os-release"] = "ID=arch\n",
      ["var/lib/pacman/local/glibc-2-1/desc"] = "%NAME%\nglibc\n\n%VERSION%\n2-1\n\n%PROVIDES%\nlibc.so=6-64\n\n",
      ["var/lib/pacman/local/curl-8-1/desc"] = "%NAME%\ncurl\n\n%VERSION%\n8-1\n\n%DEPENDS%\nglibc>=2\nlibc.so=6-64\n\n" }))
    assert.same({ libc = "", wget = "libc" }, (needs { ["etc/os-release"] = "ID=openwrt\nVERSION_ID=23.05\n",
      ["usr/lib/opkg/status"] = stanza "libc" .. "\n" .. stanza("wget", "Depends: libc\n") }))
  end)

  it("of a language's packages are not known", function()
    assert.same({ x = "?" }, (needs { ["etc/os-release"] = oci.debian, ["srv/node_modules/x/package.json"] =
      '{"name":"x","version":"1.0.0","dependencies":{"y":"1"}}' }))
  end)

  it("come out of the cache, and out of a saved report", function()
    packages(debian(stanza("app", "Depends: libc6\n"), stanza "libc6"))
    local options = { cache_dir = folder .. "/cache" }
    for _ = 1, 2 do
      local result = assert(tarsier.packages("oci:" .. folder .. "/image", options))
      assert.same({ { "libc6" }, {} }, { result.packages[1].requires, result.packages[2].requires })
    end
    local result = assert(tarsier.packages("oci:" .. folder .. "/image", options))
    result.findings = {}
    local again = core.report_read(report.text("json", result))
    assert.same({ "libc6" }, again:packages()[1].requires)
    assert.same({}, again:packages()[2].requires)
  end)

  it("are in bills of materials", function()
    local result = packages(debian(stanza("app", "Depends: libc6\n"), stanza "libc6"))
    local function document(format)
      return json.decode(report.text(format, result))
    end
    local found = {}
    for _, item in ipairs(document "cyclonedx".dependencies) do
      found[item.ref:match "/([^/@]+)@" or item.ref] = #(item.dependsOn or {})
    end
    assert.same({ image = 3, app = 1, libc6 = 0 }, found)
    local edges = 0
    for _, item in ipairs(document "spdx-2.3".relationships) do
      if item.relationshipType == "DEPENDS_ON" then edges = edges + 1 end
    end
    assert.equal(1, edges)
    assert.matches('"relationshipType": ?"dependsOn"', (report.text("spdx", result)))
  end)

  -- ---- hostile ------------------------------------------------------------------------------------------------------

  it("survive what no package manager writes", function()
    for _, fields in ipairs { "Depends: ", "Depends: ,,|,|(", "Depends: (((", "Provides: ||||", "Depends: \0\1\n", "Depends: self, self\n" } do
      assert.is_truthy(needs(debian(stanza("self", fields .. "\n"), stanza "libc6")).self, fields)
    end
    -- of a record too long to be kept whole, nothing is claimed: it may need anything, and is never said to be unneeded
    local map = needs(debian(stanza("long", "Depends: " .. ("libc6, "):rep(20000) .. "\n"), stanza "libc6"))
    assert.equal("libc6 !", map.long)
  end)

  it("of packages that all provide and need the same take bounded time, and are then not known", function()
    local list = {}
    for i = 1, 6000 do list[i] = stanza("p" .. i, "Provides: x\nDepends: x\n") end
    local map = pace.within(10, function() return needs(debian(table.unpack(list))) end)
    assert.equal("?", map.p1)
  end)

  it("say what can be removed: what only the removed need", function()
    local index = removal.index {
      { type = "deb", name = "app", requires = { "libapp", "libc6" } }, { type = "deb", name = "libapp", requires = { "libc6" } },
      { type = "deb", name = "libc6", requires = {} }, { type = "deb", name = "bash", requires = { "libc6" }, essential = true },
      { type = "rpm", name = "x" }, { type = "apk", name = "y", requires = {} },
    }
    assert.same({ "app", "libapp" }, removal.of("deb", { "libapp", "app" }, index))
    assert.same({}, removal.of("deb", { "libapp" }, index))
    assert.same({}, removal.of("deb", { "libc6", "bash" }, index))
    assert.same({}, removal.of("rpm", { "x" }, index))
    assert.same({ "y" }, removal.of("apk", { "y", "absent" }, index))
    local many = {}
    for i = 1, 1000 do many[i] = "p" .. i end
    assert.same({}, removal.of("deb", many, index))
  end)
end)
