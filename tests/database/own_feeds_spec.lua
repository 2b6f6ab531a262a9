-- Publishers' own feeds: what is taken of each, and how it stands beside copies of it.

local advisories = require "support.advisories"
local json = require "cjson"
local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local data = "tests/data/feeds/"
local folder, database

setup(function()
  folder = temporary.folder()
  database = folder .. "/test.db"
end)
teardown(function() temporary.remove(folder) end)

local affects = advisories.affects

local function record(id, ecosystem, events, fields)
  fields = fields or {}
  fields.upstream = fields.upstream or { (id:match "CVE%-.*") }
  fields.affected = { affects(ecosystem, "p", events) }
  return advisories.record(id, fields)
end

-- Imports feeds and OSV records.
local function import(feeds, records, options)
  local paths = {}
  for i, feed in ipairs(feeds) do paths[i] = data .. feed end
  for i, one in ipairs(records or {}) do
    paths[#paths + 1] = temporary.write(("%s/%d.json"):format(folder, i), json.encode(one))
  end
  return assert(knowledge.import(database, paths, options))
end

local function find(ecosystem, name, version, kind)
  local found = {}
  for _, finding in ipairs(assert(knowledge.match(database, { { type = kind or "deb", ecosystem = ecosystem, name = name,
    version = version } }))) do
    found[finding.id], found[#found + 1] = finding, finding
  end
  return found
end

local function told(finding)
  return finding and ("%s %s/%s %s"):format(finding.severity, finding.status, finding.status_source, finding.fixed_version)
end

describe("Debian's tracker", function()
  it("tells each release's status", function()
    local counts = import { "debian-tracker/data.json" }
    assert.equal(1, counts.unreadable)
    local found = find("Debian:12", "p", "1.0-1")
    assert.equal("High fixed/debian 2.0-1", told(found["CVE-2024-1001"]))
    assert.equal("Negligible unimportant/debian ", told(found["CVE-2024-1002"]))
    assert.is_nil(found["CVE-2024-1003"])
    assert.equal("Unknown fix_deferred/debian ", told(found["CVE-2024-1004"]))
    assert.equal("Low will_not_fix/debian ", told(found["CVE-2024-1005"]))
    assert.equal("Unknown end_of_life/debian ", told(found["CVE-2024-1006"]))
    assert.equal("Unknown under_investigation/debian ", told(found["CVE-2024-1007"]))
    assert.equal("Low affected/debian ", told(found["TEMP-0000001-ABCDEF"] or found["DEBIAN-TEMP-0000001-ABCDEF"]))
    assert.equal(7, #found)
    assert.equal("High affected/debian ", told(find("Debian:11", "p", "1.0-1")["CVE-2024-1001"]))
    assert.equal(6, #find("Debian:12", "p", "2.0-1"))
  end)

  it("says of one CVE something else for each package", function()
    import { "debian-tracker/data.json" }
    local q = find("Debian:12", "q", "9")
    assert.equal("Medium affected/debian ", told(q["CVE-2024-1001"]))
    assert.equal(1, #q)
    assert.equal("A hole in p.", q[1].description)
    assert.equal("https://security-tracker.debian.org/tracker/CVE-2024-1001", q[1].url)
  end)

  it("replaces OSV's copies of it, which keep their texts and scores", function()
    local v31 = { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }
    import({ "debian-tracker/data.json" }, {
      record("DEBIAN-CVE-2024-1001", "Debian:12", { "introduced", "0", "fixed", "9.0-1" }),
      record("DEBIAN-CVE-2024-1003", "Debian:12", { "introduced", "0" }),
      record("DEBIAN-CVE-2024-1004", "Debian:12", { "introduced", "0" }, { severity = { v31 }, details = "Long",
        references = { { type = "WEB", url = "https://example.org" } } }),
      record("DSA-1-1", "Debian:12", { "introduced", "0", "fixed", "3" }, { upstream = { "CVE-2024-1003" } }),
      record("DEBIAN-CVE-2024-1009", "Debian:12", { "introduced", "0" }),
    })
    local found = find("Debian:12", "p", "1.0-1")
    assert.equal("2.0-1", found["CVE-2024-1001"].fixed_version)
    assert.same({ "DEBIAN-CVE-2024-1001" }, found["CVE-2024-1001"].aliases)
    assert.is_nil(found["CVE-2024-1003"]) -- whatever others say
    assert.equal("Critical fix_deferred/debian ", told(found["CVE-2024-1004"]))
    assert.same({ "nvd", "Long" }, { found["CVE-2024-1004"].severity_source, found["CVE-2024-1004"].description })
    assert.is_truthy(found["CVE-2024-1009"]) -- what it does not know
  end)

  it("replaces what an older import took of it", function()
    import { "debian-tracker/data.json" }
    local newer = temporary.write(folder .. "/newer.json", [[{"p": {"CVE-2024-1002": {"releases": {"bookworm": {"status":
      "open", "repositories": {}, "urgency": "high"}}}}}]])
    assert(knowledge.import(database, { newer }, { merge = true }))
    local found = find("Debian:12", "p", "1.0-1")
    assert.equal(1, #found)
    assert.equal("High affected/debian ", told(found[1]))
    import({ "euvd/exploited.json" }, {}, { merge = true })
    assert.equal(1, #find("Debian:12", "p", "1.0-1"))
  end)
end)

describe("a secdb", function()
  it("names the version that fixes, or that was never affected", function()
    local counts = import { "secdb/main.json" }
    assert.equal(3, counts.unreadable)
    local found = find("Alpine:v3.20", "p", "1.0-r0")
    assert.equal(3, #found)
    assert.equal("Unknown fixed/alpine 2.0-r0", told(found["CVE-2024-1001"]))
    assert.same({ "ALPINE-CVE-2024-1002", "XSA-1" }, found["CVE-2024-1002"].aliases)
    assert.equal(1, #find("Alpine:v3.20", "q", "1.0-r0"))
    assert.equal(0, #find("Alpine:v3.20", "p", "2.0-r0"))
    assert.equal(0, #find("Alpine:v3.19", "p", "1.0-r0"))
  end)

  for publisher, address in pairs { Wolfi = "https://packages.wolfi.dev", MinimOS = "https://packages.mini.dev",
    Chainguard = "https://packages.cgr.dev/chainguard" } do
    it("of " .. publisher .. " is known by its address", function()
      local path = temporary.write(folder .. "/secdb.json", json.encode {
        apkurl = "x", urlprefix = address, reponame = "os",
        packages = { { pkg = { name = "p", secfixes = { ["2-r0"] = { "CVE-2024-1001" } } } } } })
      assert(knowledge.import(database, { path }))
      assert.equal("fixed " .. publisher:lower(), find(publisher, "p", "1-r0")[1].status .. " "
        .. find(publisher, "p", "1-r0")[1].status_source)
    end)
  end

  it("must say of which release it is", function()
    local path = temporary.write(folder .. "/secdb.json", '{"apkurl":"x","packages":[]}')
    local _, message, code = knowledge.import(database, { path })
    assert.equal("FORMAT", code)
    assert.matches("does not say of which release", message)
  end)
end)

describe("Red Hat's VEX", function()
  local function status(release, name, version, module)
    local found = assert(knowledge.match(database, { { type = "rpm", ecosystem = release, name = name, version = version,
      module = module } }))
    assert.is_true(#found < 2)
    return told(found[1])
  end

  it("tells each product's status", function()
    import { "redhat-vex/cve-2024-1001.json" }
    assert.equal("Medium fixed/redhat 2.0-1.el9", status("Red Hat:9", "p", "1.0-1.el9"))
    assert.is_nil(status("Red Hat:9", "p", "2.0-1.el9"))
    assert.equal("Medium end_of_life/redhat ", status("Red Hat:8", "p", "1.0-1.el8"))
    assert.equal("Critical will_not_fix/redhat ", status("Red Hat:8", "q", "1.0-1.el8"))
    assert.equal("Critical fix_deferred/redhat ", status("Red Hat:9", "r", "1.0-1.el9"))
    assert.equal("Critical under_investigation/redhat ", status("Red Hat:9", "s", "1.0-1.el9"))
    assert.is_nil(status("Red Hat:9", "q", "1.0-1.el9"))
    assert.equal("Critical fixed/redhat 1:3-1.module+el8", status("Red Hat:8", "m", "1:2-1.module+el8", "m:1"))
    assert.is_nil(status("Red Hat:8", "m", "1:2-1.module+el8", "m:2"))
  end)
  it("names a module and its package, or a container", function()
    local text = temporary.read(data .. "redhat-vex/cve-2024-1001.json")
    local function import_as(name)
      local changed = text:gsub(':q"', ":" .. name .. '"'):gsub('("product_reference": *)"q"', '%1"' .. name .. '"')
      assert(knowledge.import(database, { temporary.write(folder .. "/named.json", changed) }))
    end
    import_as "n:1/q"
    assert.equal("Critical will_not_fix/redhat ", status("Red Hat:8", "q", "1.0-1.module+el8", "n:1"))
    assert.is_nil(status("Red Hat:8", "q", "1.0-1.module+el8", "n:2"))
    assert.is_nil(status("Red Hat:8", "q", "1.0-1.el8"))
    import_as "openshift4/q"
    assert.is_nil(status("Red Hat:8", "q", "1.0-1.el8"))
    assert.is_nil(status("Red Hat:8", "q", "1.0-1.module+el8", "openshift4"))
  end)
  it("is replaced document by document when a later import merges", function()
    local other = folder .. "/other.json"
    temporary.must("sed 's/CVE-2024-1001/CVE-2024-1002/g; s/RHSA-2024:/RHSA-2025:/g' %s >%s",
      data .. "redhat-vex/cve-2024-1001.json", other)
    import { "redhat-vex/cve-2024-1001.json" }
    assert(knowledge.import(database, { other }, { merge = true }))
    local found = find("Red Hat:9", "p", "1.0-1.el9", "rpm")
    assert.same({ "CVE-2024-1001", "CVE-2024-1002" }, { found[1].id, found[2] and found[2].id })
  end)
  it("keeps to one vulnerability what a document says of it", function()
    local document = json.decode(temporary.read(data .. "redhat-vex/cve-2024-1001.json"))
    document.vulnerabilities[2] = { cve = "CVE-2024-1002", title = "another",
      product_status = { known_affected = { "red_hat_enterprise_linux_8:q" } } }
    assert(knowledge.import(database, { temporary.write(folder .. "/two.json", json.encode(document)) }))
    local found = find("Red Hat:8", "q", "1.0-1.el8", "rpm")
    assert.equal("Critical will_not_fix/redhat ", told(found["CVE-2024-1001"]))
    assert.equal("Unknown affected/redhat ", told(found["CVE-2024-1002"]))
  end)
  it("overrules an advisory for what is not affected", function()
    import({ "redhat-vex/cve-2024-1001.json" }, { advisories.record("RHSA-2024:1", { upstream = { "CVE-2024-1001" },
      affected = { affects("Red Hat:enterprise_linux:9::baseos", "q", { "introduced", "0", "fixed", "5-1.el9" }) } }) })
    assert.is_nil(status("Red Hat:9", "q", "1.0-1.el9"))
  end)
end)

describe("Ubuntu's VEX", function()
  local function status(release, name, version)
    local found = find(release, name, version)
    assert.is_true(#found < 2)
    return told(found[1])
  end

  it("tells each release's status", function()
    local counts = import { "ubuntu-vex/cve-2024-1001.json" }
    assert.equal(5, counts.unreadable)
    assert.is_nil(status("Ubuntu:20.04", "p", "1.0-1"))
    assert.equal("Unknown affected/ubuntu ", status("Ubuntu:22.04", "p", "1.0-2"))
    assert.equal("Unknown affected/ubuntu ", status("Ubuntu:22.04", "q++", "1.0-2"))
    assert.equal("Unknown will_not_fix/ubuntu ", status("Ubuntu:22.04", "r", "1.0-2"))
    assert.equal("Unknown end_of_life/ubuntu ", status("Ubuntu:22.04", "s", "1.0-2"))
    assert.equal("Unknown under_investigation/ubuntu ", status("Ubuntu:22.04", "t", "1.0-2"))
    assert.equal("Unknown fixed/ubuntu 2.0-1", status("Ubuntu:24.04", "p", "1.0-2"))
    assert.is_nil(status("Ubuntu:24.04", "p", "2.0-1"))
    assert.is_nil(status("Ubuntu:24.04", "w", "1"))
    assert.equal("Unknown fixed/ubuntu 1.0-1ubuntu1+esm2", status("Ubuntu:16.04", "p", "1.0-1ubuntu1+esm1"))
    local finding = find("Ubuntu:22.04", "p", "1.0-2")[1]
    assert.same({ "What Ubuntu says.", "https://ubuntu.com/security/CVE-2024-1001", "2024-02-05T00:00:00Z",
      "2024-02-06T16:37:20Z" }, { finding.description, finding.url, finding.published, finding.modified })
  end)
  it("takes the priority from OSV's copy, and overrules its versions", function()
    import({ "ubuntu-vex/cve-2024-1001.json" }, {
      record("UBUNTU-CVE-2024-1001", "Ubuntu:22.04:LTS", { "introduced", "0", "fixed", "9.0-1" },
        { severity = { { type = "Ubuntu", score = "high" } } }),
      record("UBUNTU-CVE-2024-1002", "Ubuntu:22.04:LTS", { "introduced", "0" },
        { severity = { { type = "Ubuntu", score = "low" } } }) })
    local found = find("Ubuntu:22.04", "p", "1.0-2")
    assert.equal("High affected/ubuntu ", told(found["CVE-2024-1001"]))
    assert.equal("Low affected/ubuntu ", told(found["CVE-2024-1002"]))
  end)
  it("names what a notice fixes", function()
    import { "ubuntu-vex/cve-2024-1001.json", "ubuntu-vex/usn-1.json" }
    local found = find("Ubuntu:22.04", "p", "1.0-2")
    assert.equal("Unknown fixed/ubuntu 1.0-3", told(found["CVE-2024-1003"]))
    assert.equal(3, #found)
    assert.equal("https://ubuntu.com/security/notices/USN-7372-1", found["CVE-2024-1002"].url)
  end)
  it("is replaced document by document when a later import merges", function()
    local other = folder .. "/other.json"
    temporary.must("sed 's/CVE-2024-1001/CVE-2024-1009/g' %s >%s", data .. "ubuntu-vex/cve-2024-1001.json", other)
    import { "ubuntu-vex/cve-2024-1001.json" }
    assert(knowledge.import(database, { other }, { merge = true }))
    assert.equal(2, #find("Ubuntu:22.04", "p", "1.0-2"))
  end)
  it("comes as a tar archive of documents", function()
    temporary.must("tar -C %s -cJf %s/vex-all.tar.xz ubuntu-vex", data, folder)
    local counts = assert(knowledge.import(database, { folder .. "/vex-all.tar.xz" }))
    assert.equal(2, counts.advisories)
  end)
end)

describe("OVAL definitions", function()
  local function status(release, name, version, module)
    local list = {}
    for i, finding in ipairs(assert(knowledge.match(database, { { type = "rpm", ecosystem = release, name = name,
      version = version, module = module } }))) do
      list[i] = ("%s %s"):format(finding.id, told(finding))
    end
    table.sort(list)
    return table.concat(list, ", ")
  end

  it("of Oracle name what each advisory fixes, for each release", function()
    local counts = import { "oval/oracle.xml" }
    assert.same({ 1, 1 }, { counts.advisories, counts.unreadable })
    assert.equal("CVE-2024-1001 High fixed/oracle 1:2.0-6.el8", status("Oracle Linux:8", "p", "1:1.0-1.el8"))
    assert.equal("", status("Oracle Linux:8", "p", "1:2.0-6.el8"))
    assert.equal("CVE-2024-1001 High fixed/oracle 1:2.0-6.el9", status("Oracle Linux:9", "p", "1:1.0-1.el9"))
    assert.equal("CVE-2024-1001 High fixed/oracle 2.0-6.el8", status("Oracle Linux:8", "q", "1.0-1.el8"))
    assert.equal("", status("Oracle Linux:8", "q", "2.0-6.el8")) -- Ksplice's builds are others
    assert.equal("CVE-2024-1001 High fixed/oracle 3-1.module+el8", status("Oracle Linux:8", "m", "2-1.module+el8", "m:1"))
    assert.equal("", status("Oracle Linux:8", "m", "2-1.module+el8", "m:2"))
    local finding = find("Oracle Linux:8", "p", "1:1.0-1.el8", "rpm")[1]
    assert.same({ "ELSA-2024-1001:  p security update (IMPORTANT)", "2024-05-03T00:00:00Z",
      "https://linux.oracle.com/errata/ELSA-2024-1001.html", 9.8 },
      { finding.summary, finding.published, finding.url, finding.cvss_score })
    assert.matches("p < q: a hole", finding.description, 1, true)
  end)
  it("of Oracle have the page of the advisory, wherever its reference stands", function()
    local text, count = temporary.read(data .. "oval/oracle.xml"):gsub('(<reference source="elsa".-/>\n)(<reference source="CVE".-/>)',
      "%2%1")
    assert.is_true(count > 0)
    assert(knowledge.import(database, { temporary.write(folder .. "/oracle.xml", text) }))
    assert.equal("https://linux.oracle.com/errata/ELSA-2024-1001.html", find("Oracle Linux:8", "p", "1:1.0-1.el8", "rpm")[1].url)
  end)
  it("of SUSE tell each product's status", function()
    import { "oval/suse.xml" }
    for _, level in ipairs { "SP5", "SP6" } do
      local release = "SUSE:Linux Enterprise Server 15 " .. level
      assert.equal("", status(release, "p", "1.0-1"))
      assert.equal("CVE-2024-1001 Medium affected/suse ", status(release, "q", "1.0-1"))
      assert.equal("CVE-2024-1001 Medium fixed/suse 2.0-150500.3.1", status(release, "r-devel", "1.0-1"))
    end
    assert.equal("CVE-2024-1002 Low fixed/suse 2.1-1", status("openSUSE:Leap 15.5", "r", "1.0-1"))
    assert.equal("What SUSE says.", find("SUSE:Linux Enterprise Server 15 SP5", "q", "1.0-1", "rpm")[1].description)
  end)
  it("of SUSE are replaced file by file when a later import merges", function()
    import { "oval/suse.xml" }
    local other = folder .. "/leap.xml"
    temporary.must("sed 's/SUSE Linux Enterprise Server/openSUSE Leap/g' %s >%s", data .. "oval/suse.xml", other)
    assert(knowledge.import(database, { other }, { merge = true }))
    assert.matches("CVE%-2024%-1001", status("SUSE:Linux Enterprise Server 15 SP5", "q", "1.0-1"))
    assert.matches("CVE%-2024%-1001", status("openSUSE:Leap 15 SP5", "q", "1.0-1"))
  end)
  it("of Azure Linux begin and end where they say", function()
    import { "oval/azurelinux-3.0-oval.xml" }
    assert.equal("CVE-2024-1001 High fixed/azure 2.0-1.azl3, CVE-2024-1002 Critical affected/azure ",
      status("Azure Linux:3", "p", "1.9-1.azl3"))
    assert.equal("CVE-2024-1002 Critical affected/azure ", status("Azure Linux:3", "p", "1.4-1.azl3"))
    assert.equal("CVE-2024-1002 Critical affected/azure ", status("Azure Linux:3", "p", "2.35-4.azl3"))
    assert.equal("", status("Azure Linux:3", "p", "2.35-5.azl3"))
    assert.equal("CVE-2024-1003 Low fixed/azure 1.21.6-1.azl3", status("Azure Linux:3", "q", "1.20-1.azl3"))
  end)
  it("of Azure Linux need the name of the file", function()
    local path = folder .. "/oval.xml"
    temporary.must("cp %s %s", data .. "oval/azurelinux-3.0-oval.xml", path)
    local _, message, code = knowledge.import(database, { path })
    assert.equal("FORMAT", code)
    assert.matches("oval.xml: only the name of this OVAL file tells the release", message, 1, true)
  end)

  local head = '<oval_definitions><definitions><definition id="oval:com.oracle.elsa:def:1">'
  for title, text in pairs {
    ["a document type"] = '<!DOCTYPE x [<!ENTITY a "b">]>' .. head .. "&a;</definition></definitions></oval_definitions>",
    ["a cut"] = head .. "<criteria>",
    ["elements without end"] = head .. ("<criteria>"):rep(100),
    ["no XML"] = head .. "<criterion comment=x/>",
  } do
    it("fail on " .. title, function()
      local path = temporary.write(folder .. "/oracle.xml", text)
      local _, message, code = knowledge.import(database, { path })
      assert.equal("FORMAT", code)
      assert.matches("oracle.xml: ", message, 1, true)
      assert.equal(title == "a document type", message:find("document type declaration", 1, true) ~= nil, message)
    end)
  end
  it("without a package or a CVE are left out", function()
    local path = temporary.write(folder .. "/oracle.xml", head
      .. '<criteria/><criteria operator="AND"><criterion comment=" is earlier than "/><criterion/></criteria>'
      .. "</definition></definitions></oval_definitions>")
    local _, message = knowledge.import(database, { path })
    assert.matches("nothing in it can be used", message)
  end)
end)

describe("Photon's metadata", function()
  local function status(name, version, release)
    local list = {}
    for i, finding in ipairs(find(release or "Photon OS:4.0", name, version, "rpm")) do
      list[i] = ("%s %s"):format(finding.id, told(finding))
    end
    table.sort(list)
    return list
  end

  it("tells what is fixed, open and not affected", function()
    local counts = import { "photon/cve_data_photon4.0.json" }
    assert.equal(4, counts.unreadable)
    assert.same({ "CVE-2024-1001 High fixed/photon 2.0-1.ph4", "CVE-2024-1003 Low affected/photon ",
      "PHOTON-BDSA-2024-1 Critical fixed/photon 3.0-1.ph4" }, status("p", "1.0-1.ph4"))
    assert.same({}, status("p-devel", "2.0-1.ph4"))
    assert.same({}, status("p", "1.0-1.ph4", "Photon OS:5.0"))
  end)
  it("needs a release", function()
    local path = temporary.write(folder .. "/some.json",
      '[{"cve_id":"CVE-2024-1001","pkg":"p","aff_ver":"","res_ver":"NA","status":"Not Fixed"}]')
    local _, message = knowledge.import(database, { path })
    assert.matches("some.json.*without a package, a vulnerability or a release", message)
  end)
  it("takes the release of the file's name if that is a digit from 1 to 9", function()
    for name, release in pairs { ["photon1"] = "1", ["photon9"] = "9", ["photon0"] = "4", ["photon-all"] = "4",
      ["photon:"] = "4", ["photon"] = "4" } do
      local path = temporary.write(("%s/%s.json"):format(folder, name), '[{"cve_id":"CVE-2024-1001","pkg":"p",'
        .. '"cve_score":7.5,"aff_ver":"","res_ver":"2.0-1.ph4","status":"Fixed"}]')
      assert(knowledge.import(database, { path }))
      assert.equal(1, #status("p", "1.0-1", ("Photon OS:%s.0"):format(release)), name)
    end
  end)
end)

describe("Arch's tracker", function()
  it("tells each group's status", function()
    local counts = import { "arch/all.json" }
    assert.same({ 4, 5 }, { counts.advisories, counts.unreadable })
    local found = find("Arch Linux", "p-libs", "1.0-1", "alpm")
    assert.equal("Critical fixed/arch 2.0-1", told(found["CVE-2024-1001"]))
    assert.same({ "AVG-1", "ASA-202401-1" }, found["CVE-2024-1002"].aliases)
    assert.equal("https://security.archlinux.org/AVG-1", found[1].url)
    assert.same({}, find("Arch Linux", "p", "2.0-1", "alpm"))
    assert.equal("High affected/arch ", told(find("Arch Linux", "q", "1:9-1", "alpm")[1]))
    assert.same({}, find("Arch Linux", "r", "1-1", "alpm"))
    assert.equal("Unknown under_investigation/arch ", told(find("Arch Linux", "s", "1-1", "alpm")[1]))
  end)
end)

describe("Bodhi", function()
  it("names what each update of Fedora fixes", function()
    local counts = import { "bodhi/updates.json" }
    assert.same({ 1, 3 }, { counts.advisories, counts.unreadable })
    local found = find("Fedora:40", "p-q", "1:1.0-1.fc40", "rpm")
    assert.same({ "High fixed/fedora 1:2.0-1.fc40", "High fixed/fedora 1:2.0-1.fc40" },
      { told(found["CVE-2024-1001"]), told(found["CVE-2024-1002"]) })
    assert.equal(2, #found)
    assert.same({ "What Fedora says.", "2024-05-03T17:15:38Z", "2024-05-03T17:15:38Z" },
      { found[1].description, found[1].published, found[1].modified })
    assert.equal(0, #find("Fedora:40", "p-q", "1:2.0-1.fc40", "rpm"))
    assert.equal(2, #find("Fedora:40", "r", "2-1.fc40", "rpm"))
  end)
end)

describe("updateinfo.xml", function()
  local function ids(release, version)
    local list = {}
    for i, finding in ipairs(assert(knowledge.match(database, { { type = "rpm", ecosystem = release, name = "p",
      version = version } }))) do
      list[i] = ("%s %s"):format(finding.id, told(finding))
    end
    return list
  end

  it("names what each update fixes, for each release", function()
    local counts = import { "updateinfo/updateinfo.xml" }
    assert.equal(1, counts.unreadable)
    assert.same({ "CVE-2024-1001 High fixed/rocky 1:2.0-6.el9_5", "CVE-2024-1002 High fixed/rocky 1:2.0-6.el9_5" },
      ids("Rocky Linux:9", "1:1.0-1.el9"))
    assert.same({}, ids("Rocky Linux:9", "1:2.0-6.el9_5"))
    assert.same({ "CVE-2024-1001 Low fixed/amazon 2.0-1.amzn2" }, ids("Amazon Linux:2", "1.0-1.amzn2")) -- no other topic's
    assert.same({ "CVE-2024-1001 Low fixed/fedora 2.0-1.fc43", "CVE-2024-1002 Low fixed/fedora 2.0-1.fc43" },
      ids("Fedora:43", "1.0-1.fc43")) -- Fedora names CVEs in the titles of bugs
    assert.equal("Low fixed/fedora 2.0-1.module_f38+1+2", told(find("Fedora:38", "m", "1-1.module_f38+1+2", "rpm")[1]))
    assert.same({ "Amazon Linux:2", "Amazon Linux:2023:nvidia", "Amazon Linux:2:kernel-5.15", "Fedora:38", "Fedora:43",
      "Rocky Linux:9" }, knowledge.info(database).ecosystems)
    local finding = find("Rocky Linux:9", "p", "1:1.0-1.el9")[1]
    assert.same({ "Important: p & q security update", "What Rocky says.", "2024-05-04T00:00:00Z" },
      { finding.summary, finding.description, finding.modified })
  end)

  for title, text in pairs {
    ["a document type"] = '<!DOCTYPE x [<!ENTITY a "b">]><updates><update type="security"><id>&a;</id></update></updates>',
    ["a cut"] = '<updates><update type="security"><id>RLSA-1</id>',
    ["no XML"] = '<updates><update type=security></updates>',
  } do
    it("fails on " .. title, function()
      local path = temporary.write(folder .. "/updateinfo.xml", text)
      local _, message, code = knowledge.import(database, { path })
      assert.equal("FORMAT", code)
      assert.matches("updateinfo.xml: ", message, 1, true)
      assert.equal(title == "a document type", message:find("document type declaration", 1, true) ~= nil, message)
    end)
  end
end)

describe("facts about CVEs", function()
  local tracked = { "debian-tracker/data.json" }

  local function of(...)
    import({ tracked[1], ... })
    return find("Debian:12", "q", "1")[1]
  end

  it("come from NVD's API", function()
    local finding = of "nvd/2.0.json"
    assert.same({ "debian Medium", "cna Low", "nvd Critical" }, finding.severities)
    assert.equal("CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", finding.cvss_vector)
    assert.same({ "CWE-20", "CWE-917" }, finding.cwes)
    assert.equal("active yes total", finding.ssvc)
  end)
  it("and whether it will have one", function()
    local function outcome(status, vector)
      local metrics = vector and (',"metrics":{"cvssMetricV31":[{"source":"%s","cvssData":{"vectorString":'
        .. '"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]}'):format(vector) or ""
      local path = temporary.write(folder .. "/status.json", ('{"format":"NVD_CVE","version":"2.0","vulnerabilities":[{"cve":{'
        .. '"id":"CVE-2024-1001","vulnStatus":"%s","descriptions":[]%s}}]}'):format(status, metrics))
      assert(knowledge.import(database, { path }, { merge = true }))
      return find("Debian:12", "q", "1")[1].nvd_status
    end
    of "nvd/2.0.json"
    assert.equal("Deferred", outcome "Deferred")
    assert.equal("Deferred", outcome("Deferred", "cna@example.org"))
    assert.equal("Awaiting Analysis", outcome "Awaiting Analysis")
    assert.is_nil(outcome "Analyzed")
    assert.is_nil(outcome("Deferred", "nvd@nist.gov")) -- it was rated before
    assert.is_nil(outcome "a word that nobody knows")
  end)
  it("and its older feeds", function()
    local finding = of "nvd/1.1.json"
    assert.same({ "debian Medium", "nvd Medium" }, finding.severities)
    assert.same({ "CWE-79" }, finding.cwes)
  end)
  it("and CVE records, with what CISA adds", function()
    local finding = of "cve/CVE-2024-1001.json"
    assert.same({ "debian Medium", "cna Medium", "cisa High" }, finding.severities)
    assert.same({ "CWE-787" }, finding.cwes)
    assert.equal("poc no total", finding.ssvc)
  end)
  it("and the EU's list of what is exploited", function()
    local finding = of "euvd/exploited.json"
    assert.equal("2025-08-07", finding.eu_exploited)
    assert.same({ "DEBIAN-CVE-2024-1001", "EUVD-2024-9001" }, finding.aliases)
    assert.is_nil(find("Debian:12", "p", "1")["CVE-2024-1002"].eu_exploited)
  end)
  it("and the list of all that the EU and CISA list", function()
    local finding = of "euvd/dump.json"
    assert.equal("2025-10-06", finding.eu_exploited)
    assert.same({ "DEBIAN-CVE-2024-1001", "EUVD-2024-9001" }, finding.aliases)
    local other = find("Debian:12", "p", "1")["CVE-2024-1002"]
    assert.is_nil(other.eu_exploited) -- only CISA's
    assert.same({ "DEBIAN-CVE-2024-1002", "EUVD-2024-9002" }, other.aliases)
  end)
  it("replace the copies of them, and no other source's", function()
    local low = { { type = "CVSS_V3", score = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N" } }
    import({ "nvd/2.0.json" }, { record("ALPINE-CVE-2024-1001", "Alpine:v3.20", { "introduced", "0" }),
      record("UBUNTU-CVE-2024-1001", "Ubuntu:22.04", { "introduced", "0" }, { severity = low }), -- a copy of NVD's
      record("GHSA-aaaa-bbbb-cccc", "npm", { "introduced", "0" }, { upstream = { "CVE-2024-1001" }, severity = low }) })
    assert.same({ "cna Low", "ghsa Low", "nvd Critical" }, find("Alpine:v3.20", "p", "1-r0")[1].severities)
  end)
  it("are of the highest vector where one source has several of a CVE, in any order", function()
    local vectors = { CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", LOW = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N" }
    for first, second in pairs { CRITICAL = "LOW", LOW = "CRITICAL" } do
      import({}, { record("ALPINE-CVE-2024-1001", "Alpine:v3.20", { "introduced", "0" }),
        record("GHSA-aaaa-bbbb-cccc", "npm", { "introduced", "0" }, { upstream = { "CVE-2024-1001" },
          severity = { { type = "CVSS_V3", score = vectors[first] } } }),
        record("GHSA-bbbb-cccc-dddd", "npm", { "introduced", "0" }, { upstream = { "CVE-2024-1001" },
          severity = { { type = "CVSS_V3", score = vectors[second] } } }) })
      assert.same({ "ghsa Critical" }, find("Alpine:v3.20", "p", "1-r0")[1].severities)
    end
  end)
  it("describe only what records about packages name, if these have no text", function()
    import({ "nvd/2.0.json" }, { record("ALPINE-CVE-2024-1001", "Alpine:v3.20", { "introduced", "0" }) })
    assert.equal("What NVD says.", find("Alpine:v3.20", "p", "1-r0")[1].description)
    assert.equal(2, knowledge.info(database).advisories)
    import({ "nvd/2.0.json" }, { record("ALPINE-CVE-2024-1009", "Alpine:v3.20", { "introduced", "0" }) })
    assert.equal(1, knowledge.info(database).advisories)
  end)
  it("stay when a later import merges", function()
    import({ "nvd/2.0.json", "cve/CVE-2024-1001.json", "euvd/exploited.json" },
      { record("ALPINE-CVE-2024-1001", "Alpine:v3.20", { "introduced", "0" }) })
    import({}, { record("DEBIAN-CVE-2024-1001", "Debian:12", { "introduced", "0" }) }, { merge = true })
    local finding = find("Alpine:v3.20", "p", "1-r0")[1]
    assert.same({ "cna Medium", "nvd Critical", "cisa High" }, finding.severities)
    assert.equal("2025-08-07", finding.eu_exploited)
    assert.matches("^What ", finding.description)
  end)
end)
