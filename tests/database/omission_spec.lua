-- What could name a package, a fixed version or a CVE is taken whole or reported, never dropped without a word.

local json = require "cjson"
local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local folder, inputs, database

setup(function()
  folder = temporary.folder()
  database, inputs = folder .. "/test.db", folder .. "/inputs"
  temporary.must("mkdir %s", inputs)
  temporary.write(inputs .. "/anchor.json", '[{"id":"ANCHOR-1","modified":"2024-01-01T00:00:00Z","affected":['
    .. '{"package":{"ecosystem":"npm","name":"anchor"},"versions":["1"]}]}]')
end)
teardown(function() temporary.remove(folder) end)

-- Imports one file, beside one that can be used -> its messages, "RECORD: MESSAGE".
local function told(name, text)
  local path = temporary.write(inputs .. "/" .. name, text)
  local _, reports = assert(knowledge.import(database, { inputs }))
  os.remove(path)
  local list = {}
  for _, report in ipairs(reports) do
    local record = report.input:sub(#inputs + 1):gsub("^: ", ""):gsub("^/.*/", ""):gsub("^/", "")
    list[#list + 1] = report.message and (record .. ": " .. report.message):gsub("^: ", "")
  end
  return list
end

local function find(kind, ecosystem, name, version)
  return assert(knowledge.match(database, { { type = kind, ecosystem = ecosystem, name = name, version = version or "1-1" } }))
end

local function filled(text, values)
  return (text:gsub("[A-Z]+", values))
end

local function oval(criteria)
  return '<oval_definitions><definitions><definition id="oval:com.oracle.elsa:def:1"><metadata><title>t</title>'
    .. '<reference source="elsa" ref_id="ELSA-2024-1"/><reference source="CVE" ref_id="CVE-2024-1001"/></metadata>'
    .. criteria .. "</definition></definitions></oval_definitions>"
end
local release = '<criterion comment="Oracle Linux 8 is installed"/>'

local function update(content)
  return '<updates><update type="security"><id>RLSA-2024:1</id>' .. content .. "</update></updates>"
end

local function vex(product, status)
  return ('{"document":{"category":"csaf_vex","publisher":{"namespace":"redhat"}},"product_tree":{"branches":[{"product":{'
    .. '"product_id":"el","product_identification_helper":{"cpe":"cpe:/o:redhat:enterprise_linux:9"}}}],"relationships":[{'
    .. '"full_product_name":{"product_id":"c"},"product_reference":"%s","relates_to_product_reference":"el"}]},'
    .. '"vulnerabilities":[{"cve":"CVE-2024-1001","product_status":%s}]}'):format(product, status)
end

local function photon(record)
  return '[{"cve_id":"CVE-2024-1001","pkg":"q","aff_ver":"","res_ver":"2-1.ph4"},' .. record .. "]"
end

local function ubuntu(products)
  return '{"@context":"https://openvex.dev/ns/v0.2.0","author":"Canonical Ltd.","statements":[{"vulnerability":{"name":'
    .. '"CVE-2024-1001"},"status":"fixed","products":' .. products .. "}]}"
end

local function secdb(fixes)
  return '{"apkurl":"x","distroversion":"v3.20","packages":[{"pkg":{"name":"q","secfixes":{"2-1":["CVE-2024-1001"]}}},'
    .. '{"pkg":{"name":"NAME","secfixes":' .. fixes .. "}}]}"
end

local function osv(affected)
  return '{"id":"A-1","modified":"2024-01-01T00:00:00Z","affected":' .. affected .. "}"
end

-- One record of each feed, of the packages NAME and "q", fixed in VERSION.
local forms = {
  arch = { "alpm", "Arch Linux", '[{"name":"AVG-1","packages":["NAME","q"],"status":"Fixed","fixed":"VERSION",'
    .. '"issues":["CVE-2024-1001"]}]' },
  bodhi = { "rpm", "Fedora:40", '[{"alias":"FEDORA-2024-1","type":"security","content_type":"rpm","release":{'
    .. '"id_prefix":"FEDORA","version":"40"},"builds":[{"nvr":"NAME-VERSION"},{"nvr":"q-2-1"}]}]' },
  ["debian-tracker"] = { "deb", "Debian:12", '{"NAME":{"CVE-2024-1001":{"releases":{"bookworm":{"status":"resolved",'
    .. '"fixed_version":"VERSION","repositories":{},"urgency":"low"}}}},"q":{"CVE-2024-1001":{"releases":{"bookworm":{'
    .. '"status":"open"}}}}}' },
  osv = { "npm", "npm", osv('[{"package":{"ecosystem":"npm","name":"NAME"},"ranges":[{"type":"SEMVER","events":[{'
    .. '"introduced":"0"},{"fixed":"VERSION"}]}]},{"package":{"ecosystem":"npm","name":"q"},"versions":["1-1"]}]') },
  oval = { "rpm", "Oracle Linux:8", oval('<criteria operator="AND">' .. release .. '<criterion comment="NAME is earlier than '
    .. 'VERSION"/><criterion comment="q is earlier than 2-1"/></criteria>') },
  photon = { "rpm", "Photon OS:4.0", photon '{"cve_id":"CVE-2024-1001","pkg":"NAME","aff_ver":"","res_ver":"VERSION.ph4"}' },
  ["redhat-vex"] = { "rpm", "Red Hat:9", vex("NAME-0:VERSION.src", '{"fixed":["c"]}') },
  secdb = { "apk", "Alpine:v3.20", secdb '{"VERSION":["CVE-2024-1001"]}' },
  ["ubuntu-vex"] = { "deb", "Ubuntu:24.04", ubuntu('[{"@id":"pkg:deb/ubuntu/NAME@VERSION?arch=source&distro=noble"},'
    .. '{"@id":"pkg:deb/ubuntu/q@2-1?arch=source&distro=noble"}]') },
  updateinfo = { "rpm", "Rocky Linux:9", update('<pkglist><package name="NAME" version="VERSION" release="1.el9"/>'
    .. '<package name="q" version="2" release="1.el9"/></pkglist>') },
}

describe("a name or a version", function()
  for feed, form in pairs(forms) do
    local kind, ecosystem, text = table.unpack(form)
    local function import(name, version)
      if feed == "updateinfo" then version = version:gsub("%-.*", "") end
      return told(feed .. ".json", filled(text, { NAME = name, VERSION = version }))
    end
    local lone = feed == "redhat-vex"

    it("of 600 bytes is taken whole from " .. feed, function()
      local name, version = ("n"):rep(600), "2." .. ("1"):rep(600) .. "-1"
      if feed == "osv" then version = "2.1." .. ("1"):rep(600) end
      assert.same({}, import(name, version))
      local found = find(kind, ecosystem, name)
      assert.equal(1, #found)
      assert.equal(version:gsub("%-.*", ""), found[1].fixed_version:match "^[^-]*")
      for length = 100, 599 do assert.equal(0, #find(kind, ecosystem, name:sub(1, length))) end
    end)
    it("that is too long is reported, and the rest taken, from " .. feed, function()
      local list = import(("n"):rep(1025), "2-1")
      assert.equal(1, #list)
      assert.matches("the name of a package or release is missing, too long or has several lines$", list[1])
      assert.equal(lone and 0 or 1, #find(kind, ecosystem, "q"))
      list = import("n", "2." .. ("1"):rep(1025) .. "-1")
      assert.is_true(#list > 0)
      assert.matches("the range has a bound that is not a version: 2%.1+$", list[1])
      assert.equal(0, #find(kind, ecosystem, "n"))
      assert.equal((lone or feed == "arch") and 0 or 1, #find(kind, ecosystem, "q"))
    end)
  end
end)

it("a file of which nothing can be kept is an error", function()
  for _, feed in ipairs { "secdb", "arch", "bodhi" } do
    local path = temporary.write(("%s/%s.json"):format(folder, feed), (filled(forms[feed][3], { NAME = ("n"):rep(1025), VERSION = "2-1" })
      :gsub('"q', ("%%0%s"):format(("q"):rep(1025)))))
    local _, message, code = knowledge.import(database, { inputs, path })
    assert.equal("FORMAT", code, feed)
    assert.matches("nothing in it can be used: .*the name of a package or release is missing, too long", message)
  end
end)

describe("many parts of a record are taken:", function()
  local function times(count, one)
    local list = {}
    for i = 1, count do list[i] = one:gsub("#", i) end
    return table.concat(list)
  end

  it("names of an entry of a secdb", function()
    assert.same({}, told("secdb.json", filled(secdb('{"2-1":["' .. times(20, "XSA-# ") .. 'CVE-2024-1002"]}'), { NAME = "p" })))
    local found = find("apk", "Alpine:v3.20", "p")
    assert.same({ "CVE-2024-1002", 21 }, { found[1].id, #found[1].aliases })
  end)
  it("CVEs of an update of Fedora", function()
    assert.same({}, told("bodhi.json", (filled(forms.bodhi[3], { NAME = "p-2", VERSION = "1" }):gsub('"builds"', '"bugs":[' .. times(5000, '{"title":"CVE-2024-#000"},')
      .. '{"title":"CVE-2023-1001"}],%0'))))
    assert.equal(5001, #find("rpm", "Fedora:40", "q"))
  end)
  it("CVEs and packages of an updateinfo.xml", function()
    assert.same({}, told("updateinfo.xml", update("<references>" .. times(5000, '<reference type="cve" id="CVE-2024-#000"/>')
      .. "</references><pkglist>" .. times(100001, '<package name="p#" version="2" release="1.el9"/>') .. "</pkglist>")))
    assert.equal(5000, #find("rpm", "Rocky Linux:9", "p100001"))
  end)
  it("releases and packages of a definition of OVAL", function()
    assert.same({}, told("oval.xml", oval('<criteria operator="AND">'
      .. times(5000, '<criterion comment="Oracle Linux # is installed"/>') .. '<criterion comment="p is earlier than 2-1"/></criteria>'
      .. '<criteria operator="AND">' .. release .. times(100001, '<criterion comment="p# is earlier than 2-1"/>') .. "</criteria>")))
    assert.equal(1, #find("rpm", "Oracle Linux:5000", "p"))
    assert.equal(1, #find("rpm", "Oracle Linux:8", "p100001"))
  end)
  it("streams of a module with one version of OVAL", function()
    local function stream(name)
      return '<criteria operator="AND"><criterion comment="Module m:' .. name .. ' is enabled"/>'
        .. '<criterion comment="p is earlier than 2-1.module"/></criteria>'
    end
    assert.same({}, told("oval.xml", oval('<criteria operator="AND">' .. release .. '<criteria operator="OR">' .. stream "1"
      .. stream "2" .. "</criteria></criteria>")))
    for name, count in pairs { ["m:1"] = 1, ["m:2"] = 1, ["m:3"] = 0 } do
      assert.equal(count, #assert(knowledge.match(database, { { type = "rpm", ecosystem = "Oracle Linux:8", name = "p",
        version = "1-1.module", module = name } })))
    end
  end)
  it("products deep in Red Hat's tree, or beside it", function()
    local text = vex("p", '{"known_affected":["c"]}')
    text = text:gsub('"branches":(%b[])', function(list)
      return '"branches":' .. ('[{"branches":'):rep(40) .. list .. ("}]"):rep(40)
    end)
    assert.same({}, told("vex.json", text))
    assert.equal(1, #find("rpm", "Red Hat:9", "p"))
    text = vex("p", '{"known_affected":["c"]}'):gsub('"branches":%[{"product":(%b{})', '"full_product_names":[%1')
    assert.same({}, told("vex.json", (text:gsub("}}%],", "}],", 1))))
    assert.equal(1, #find("rpm", "Red Hat:9", "p"))
  end)

  for name, text in pairs {
    ["updateinfo.xml"] = update(("<description>%s</description>"):format(("d"):rep(1 << 20)):rep(65)),
    ["oval.xml"] = oval('<criteria operator="AND">' .. times(3000, '<criterion comment="Oracle Linux # is installed"/>')
      .. times(3000, '<criterion comment="p# is earlier than 2-1"/>') .. "</criteria>"),
  } do
    it("but no more than fit in memory from " .. name, function()
      local path = temporary.write(folder .. "/" .. name, text)
      local _, message, code = knowledge.import(database, { path })
      assert.equal("LIMIT", code)
      assert.matches(name .. ": a record takes more than %d+ MiB of memory", message)
    end)
  end
end)

describe("what cannot be read is reported:", function()
  local not_text, no_list = "an element of its lists is not a text", " is not a list"
  for _, case in ipairs {
    { "arch", '[{"name":"AVG-1","packages":"p","issues":[]},{"name":"AVG-2","packages":["p",["q"]],"issues":{"CVE-2024-1":1}}]',
      'AVG-1: "packages"' .. no_list, "AVG-2: " .. not_text, 'AVG-2: "issues"' .. no_list },
    { "arch", '[{"name":"AVG-1","packages":["p"],"issues":["CVE-2024-1"]},{"name":"AVG-2","issues":[]}]',
      'AVG-2: "packages" is missing' },
    { "arch", '[{"name":"AVG-1","packages":["p\\nq"],"fixed":"2-1","issues":[]},{"name":"AVG-2\\n3","packages":["p"]}]',
      "AVG-1: Arch Linux p?q: the name of a package or release is missing, too long or has several lines",
      "AVG-2?3: its id is missing, too long or has several lines" },
    { "bodhi", '[{"alias":"FEDORA-1","content_type":"rpm","release":{"id_prefix":"FEDORA","version":"40"},"builds":[{"nvr":"p-1"},'
      .. '{"nvr":"p-1-1","epoch":"x"},{"nvr":"p-1-1","epoch":3000000000}],"bugs":"CVE-2024-1001"},{"alias":"FEDORA-2"}]',
      'FEDORA-1: "bugs"' .. no_list, "FEDORA-1: a build without a name, a version, a release or a valid epoch",
      "FEDORA-1: a build without a name, a version, a release or a valid epoch",
      "FEDORA-1: a build without a name, a version, a release or a valid epoch", "FEDORA-2: it has no id, or names no release" },
    { "tracker", '{"p":{"CVE-2024-1001":{"releases":{"bookworm":{"status":"resolved","repositories":{},"urgency":"low"}}}}}',
      "p: an entry is resolved, but names no fixed version" },
    { "secdb", filled(secdb '{"1":"CVE-2024-1","2":["CVE_2024_1"],"3":[null]}', { NAME = "p" }), 'p: "1"' .. no_list,
      "p: an entry names no vulnerability", "p: " .. not_text },
    { "secdb", '{"apkurl":"x","distroversion":"v3.20","packages":{"p":1}}', 'secdb.json: "packages"' .. no_list },
    { "photon", photon '{"cve_id":"CVE-2024-1002","pkg":"p","aff_ver":"","res_ver":"2-1"}',
      "CVE-2024-1002: its fixed version is of no release" },
    { "ubuntu", ubuntu '[{"@id":"pkg:deb/ubuntu/p?arch=source&distro=noble"},{"@id":"pkg:deb/ubuntu/p@1?arch=source"},{"id":1}]',
      "pkg:deb/ubuntu/p?arch=source&distro=noble: no address of a package that tells its release, and its version if that is fixed",
      "pkg:deb/ubuntu/p@1?arch=source: no address of a package that tells its release, and its version if that is fixed",
      "ubuntu.json: no address of a package that tells its release, and its version if that is fixed" },
    { "ubuntu", ubuntu '{"@id":1}', 'CVE-2024-1001: "products"' .. no_list },
    { "vex", vex("p", '{"fixed":["c"],"known_affected":"c","known_not_affected":["d",1]}'), "c: a fix without a version",
      'CVE-2024-1001: "known_affected"' .. no_list, "d: it is not in the document's tree of products", "CVE-2024-1001: " .. not_text },
    { "vex", vex("p-0:1-1.src", '{"known_affected":["c"],"known_not_affected":["c"]}'), "c: a version that is not fixed" },
    { "vex", vex("p", "1"), "CVE-2024-1001: it tells no product's status" },
    { "vex", '{"document":{"category":"csaf_vex","publisher":{"namespace":"redhat"}},"vulnerabilities":7}',
      'vex.json: "vulnerabilities"' .. no_list },
    { "nvd", '{"format":"NVD_CVE","vulnerabilities":{"cve":{"id":"CVE-2024-1001"}}}', "vulnerabilities: not a list" },
    { "nvd", '["NVD_CVE"]', "nvd.json: it has no records" },
    { "euvd", '[{"cveId":"CVE-2024-x","euvdId":"EUVD-2024-1","dateAdded":"soon"}]',
      "EUVD-2024-1: the day since which it is exploited is not a date", "EUVD-2024-1: an entry whose CVE id is not one" },
    { "euvd", '[{"id":"EUVD-2024-1","aliases":["CVE-2024-1001"]},{"id":"EUVD-2024-2","aliases":"PYSEC-1\\nCVE-24-1"}]',
      'EUVD-2024-1: its "aliases" are not a text', "EUVD-2024-2: an entry whose CVE id is not one" },
    { "full", '{"result":[{"name":"debian","releases":[{"name":"12","eolFrom":"soon"},{"eolFrom":null},{"name":"13","eoesFrom":7}]},'
      .. '{"name":"fedora","releases":{"1":2}},{"name":"lua","releases":7}]}', "debian: the end of a release is not a date",
      "debian: a release has no name", "debian: the end of a release is not a date", 'fedora: "releases"' .. no_list },
    { "info", "version,codename,series,created,release,eol,eol-lts\n12,a,b,2024-01-01,2024-01-01,soon,\n,Sid,sid,1993-08-16\n",
      "12: the end of a release is not a date" },
    { "updateinfo", update('<references><reference type="cve" id="CVE-24-1"/></references><pkglist>'
      .. '<package name="p" version="1"/><package name="p" release="1.el9"/><package name="p" version="2" release="1"/></pkglist>'),
      "RLSA-2024:1: a reference names no CVE that is one", "RLSA-2024:1: a package without a version or a release",
      "RLSA-2024:1: a package without a version or a release" },
    { "oval", oval('<criteria operator="AND">' .. release .. '<criterion comment="p is earlier than "/>'
      .. '<criterion comment="p q is earlier than 2-1"/></criteria>'),
      "oval:com.oracle.elsa:def:1: a criterion without a package or its version",
      "oval:com.oracle.elsa:def:1: a criterion without a package or its version" },
    { "oval", oval('<criterion comment="p is earlier than 2-1"/>'),
      "oval:com.oracle.elsa:def:1: a criterion outside of all criteria", "oval:com.oracle.elsa:def:1: no criterion names a package" },
    { "oval", (oval('<criteria operator="AND">' .. release .. '<criterion comment="p is earlier than 2-1"/></criteria>'):gsub("ELSA%-",
      "%0" .. ("1"):rep(200))), "ELSA-" .. ("1"):rep(200) .. "2024-1: its id is missing, too long or has several lines" },
    { "osv", osv '7', 'A-1: "affected"' .. no_list, "records that name nothing as affected: 1 left out" },
    { "osv", osv '[{"package":{"ecosystem":"npm","name":"p"},"ranges":[{"events":[]},{"type":"SEMVER"}],"versions":"1"}]',
      'A-1: a range of a type that is not known', 'A-1: "events" is missing', 'A-1: "versions"' .. no_list,
      "A-1: npm p: no affected versions" },
    { "osv", osv '[{"package":{"ecosystem":"npm","name":"p"},"versions":["1",[]]}],"aliases":[{"id":"CVE-2024-1001"}]',
      "A-1: " .. not_text, "A-1: npm p: not a version: " },
    { "osv", osv '[{"package":{"ecosystem":"npm","name":"p"},"ranges":[{"type":"SEMVER","events":[{"introduced":[]}]}]}]',
      "A-1: npm p: the range has a bound that is not a version: " },
  } do
    local name, text = case[1], case[2]
    it(case[3], function()
      assert.same({ table.unpack(case, 3) }, told(name .. (text:find "^<" and ".xml" or ".json"), text))
    end)
  end

  it("columns of distro-info that there is no room for", function()
    local path = temporary.write(folder .. "/info.csv", "version,codename,series,created,release,eol" .. (",x"):rep(20) .. "\n")
    local _, message, code = knowledge.import(database, { path })
    assert.equal("LIMIT", code)
    assert.matches("distro%-info has 26 columns, which is more than 16", message)
  end)
  it("but a version of OSV may be a number", function()
    assert.same({}, told("osv.json", osv '[{"package":{"ecosystem":"npm","name":"p"},"versions":[1.5,"2"]}]'))
    assert.equal(1, #find("npm", "npm", "p", "1.5"))
  end)
  it("a function of Go that cannot be read makes all of the package count", function()
    local function keeps_functions(symbols)
      told("osv.json", osv('[{"package":{"ecosystem":"Go","name":"p"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],'
        .. '"ecosystem_specific":{"imports":[{"path":"go/path","symbols":' .. json.encode(symbols) .. "}]}}]"))
      return temporary.read(database):find("go/path", 1, true) ~= nil
    end
    assert.is_true(keeps_functions { "a", "b" })
    assert.is_false(keeps_functions { "a", "b c" })
    assert.is_false(keeps_functions { "a", ("x"):rep(2000) })
    assert.is_false(keeps_functions { "a", 7 })
  end)
end)
