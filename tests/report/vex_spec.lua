-- VEX documents: what is read, which findings a statement is about, and what is refused.

local json = require "tarsier.json"
local purl = require "tarsier.purl"
local shell = require "support.shell"
local vex = require "tarsier.vex"

local function matches(wanted, have)
  return purl.matches(assert(purl.parse(wanted)), assert(purl.parse(have)))
end

describe("a package URL", function()
  it("means a package by type, name, version and what tells packages apart", function()
    for _, case in ipairs {
      { true, "pkg:deb/debian/curl", "pkg:deb/debian/curl@7.88?arch=amd64&distro=debian-12" },
      { true, "pkg:deb/debian/curl@7.88?arch=amd64", "pkg:deb/debian/curl@7.88?arch=amd64" },
      { false, "pkg:deb/debian/curl@7.89", "pkg:deb/debian/curl@7.88" },
      { false, "pkg:deb/ubuntu/curl", "pkg:deb/debian/curl@7.88" },
      { false, "pkg:deb/debian/curl?arch=arm64", "pkg:deb/debian/curl@7.88?arch=amd64" },
      { false, "pkg:deb/debian/curl?distro=debian-11", "pkg:deb/debian/curl@7.88?distro=debian-12" },
      { true, "pkg:npm/%40scope/x", "pkg:npm/%40scope/x@1.0" },
      { true, "pkg:npm/@scope/x@1.0", "pkg:npm/%40scope/x@1.0" },
      { true, "pkg:pypi/My_Package", "pkg:pypi/my-package@1" },
      { true, "pkg:golang/golang.org/x/net@0.7.0#http2", "pkg:golang/golang.org/x/net@v0.7.0" },
      { false, "pkg:golang/golang.org/x", "pkg:golang/golang.org/x/net@v0.7.0" },
      { true, "pkg:deb/debian/g%2B%2B@1%3A2", "pkg:deb/debian/g++@1:2" },
    } do
      assert.equal(case[1], matches(case[2], case[3]), case[2])
    end
    for _, text in ipairs { "", "pkg:", "pkg:deb", "cpe:/a:b", "pkg:deb/", ("pkg:deb/x"):rep(1000) } do
      assert.is_nil(purl.parse(text))
    end
  end)
end)

local DIGEST = "sha256:" .. ("a"):rep(64)

local function finding(id, url, fields)
  local made = { id = id, aliases = {}, package = { purl = url, path = "bin/app" } }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

local function statuses(findings, document, packages)
  local result = { findings = findings, packages = packages or {},
    image = { digest = DIGEST, id = "", name = "registry.example/team/app:1", reference = "docker://registry.example/team/app:1" } }
  local statements = assert(vex.parse(json.encode(document), "a.json"))
  vex.apply(result, statements)
  local list = {}
  for i, item in ipairs(findings) do
    list[i] = item.vex and (item.vex[#item.vex].obeyed and "" or "not obeyed: ") .. item.vex[#item.vex].status or "-"
  end
  return table.concat(list, ", ")
end

local function openvex(...)
  return { ["@context"] = "https://openvex.dev/ns/v0.2.0", author = "Acme", timestamp = "2026-01-01T00:00:00Z", statements = { ... } }
end

local function statement(id, product, status, fields)
  local made = { vulnerability = { name = id }, products = { product }, status = status or "not_affected" }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

describe("OpenVEX", function()
  local zlib = "pkg:apk/alpine/zlib@1.3-r0?arch=x86_64"

  it("is about a package, or an image and a package in it", function()
    for _, case in ipairs {
      { "not_affected", { ["@id"] = "pkg:apk/alpine/zlib" } },
      { "-", { ["@id"] = "pkg:apk/alpine/zlib@1.2" } },
      { "not_affected", { ["@id"] = "pkg:oci/app@sha256%3A" .. ("a"):rep(64), subcomponents = { { ["@id"] = "pkg:apk/alpine/zlib" } } } },
      { "-", { ["@id"] = "pkg:oci/app@sha256%3A" .. ("a"):rep(64), subcomponents = { { ["@id"] = "pkg:apk/alpine/curl" } } } },
      { "-", { ["@id"] = "pkg:oci/app@sha256%3A" .. ("b"):rep(64), subcomponents = { { ["@id"] = "pkg:apk/alpine/zlib" } } } },
      { "not_affected", { ["@id"] = "pkg:oci/app?repository_url=registry.example/team/app" } },
      { "-", { ["@id"] = "pkg:oci/app?repository_url=elsewhere.example/team/app" } },
      { "-", { ["@id"] = "pkg:oci/app" } },
      { "not_affected", { ["@id"] = "registry.example/team/app@" .. DIGEST } },
      { "not_affected", { ["@id"] = "urn:x", hashes = { ["sha-256"] = ("a"):rep(64) } } },
      { "-", { ["@id"] = "our product" } },
    } do
      assert.equal(case[1], statuses({ finding("CVE-1", zlib) }, openvex(statement("CVE-1", case[2]))), json.encode(case[2]))
    end
  end)

  it("is about a module within a program that is in the image, and in no other", function()
    local net = "pkg:golang/golang.org/x/net@v0.7.0"
    local document = openvex(statement("CVE-1", { ["@id"] = "pkg:golang/example.org/app", subcomponents = { { ["@id"] = net } } }))
    local app = { purl = "pkg:golang/example.org/app@v1.0.0", path = "bin/app" }
    assert.equal("not_affected", statuses({ finding("CVE-1", net) }, document, { app }))
    assert.equal("-", statuses({ finding("CVE-1", net) }, document, { { purl = app.purl, path = "bin/other" } }))
  end)

  it("knows a vulnerability by its other names, and its newest statement", function()
    local document = openvex(statement("GHSA-1", { ["@id"] = zlib }, "affected", { timestamp = "2026-03-01T00:00:00Z" }),
      statement("CVE-1", { ["@id"] = zlib }, "not_affected", { timestamp = "2026-02-01T00:00:00Z" }))
    document.statements[1].vulnerability.aliases = { "GO-1" }
    assert.equal("affected, affected", statuses({ finding("CVE-1", zlib, { aliases = { "GHSA-1" } }), finding("GO-1", zlib) },
      document))
    local found = finding("CVE-1", zlib)
    statuses({ found }, document)
    assert.same({ file = "a.json", author = "Acme", time = "2026-02-01T00:00:00Z", id = "CVE-1", status = "not_affected",
      justification = "", text = "", obeyed = true }, found.vex[1])
  end)
end)

describe("CSAF", function()
  local function csaf(component, relates)
    return { document = { csaf_version = "2.0", publisher = { name = "Red Hat" }, tracking = { current_release_date = "2026-01-01" } },
      product_tree = { branches = { { branches = {
        { product = { product_id = "zlib", name = "zlib", product_identification_helper = { purl = component } } },
        { product = { product_id = "os", name = "Enterprise Linux 8", product_identification_helper = { purl = relates } } } } } },
        relationships = { { product_reference = "zlib", relates_to_product_reference = "os",
          full_product_name = { product_id = "os:zlib", name = "zlib of Enterprise Linux 8" } } } },
      vulnerabilities = { { cve = "CVE-1", product_status = { known_not_affected = { "os:zlib" } },
        flags = { { label = "component_not_present", product_ids = { "os:zlib" } } } } } }
  end

  it("obeys a component of a platform only if it names the version", function()
    local have = { finding("CVE-1", "pkg:rpm/redhat/zlib@1.2.11-1.el8?arch=x86_64") }
    assert.equal("not_affected", statuses(have, csaf "pkg:rpm/redhat/zlib@1.2.11-1.el8?arch=x86_64"))
    have[1].vex = nil
    assert.equal("not obeyed: not_affected", statuses(have, csaf "pkg:rpm/redhat/zlib"))
    assert.matches("about Enterprise Linux 8", have[1].vex[1].refusal)
    have[1].vex = nil
    assert.equal("-", statuses(have, csaf "pkg:rpm/redhat/zlib@1.2.11-2.el8"))
  end)

  it("is about a component of an image", function()
    local have = { finding("CVE-1", "pkg:rpm/redhat/zlib@1.2.11-1.el8") }
    assert.equal("not_affected", statuses(have, csaf("pkg:rpm/redhat/zlib", "pkg:oci/app@" .. DIGEST)))
    have[1].vex = nil
    assert.equal("-", statuses(have, csaf("pkg:rpm/redhat/zlib", "pkg:oci/app@sha256:" .. ("b"):rep(64))))
  end)
end)

describe("CycloneDX VEX", function()
  it("points at components by reference, package URL or BOM-Link", function()
    local url = "pkg:npm/x@1.0"
    for _, ref in ipairs { "c1", url, "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg:npm%2Fx@1.0" } do
      local document = { bomFormat = "CycloneDX", components = { { ["bom-ref"] = "c1", purl = url } }, metadata = {},
        vulnerabilities = { { id = "CVE-1", affects = { { ref = ref } }, analysis = { state = "false_positive", detail = "no" } } } }
      assert.equal("not_affected", statuses({ finding("CVE-1", url) }, document), ref)
    end
  end)
end)

describe("a VEX document", function()
  it("is refused with a message if it is not one, or is malformed", function()
    for text, message in pairs {
      ["{"] = "not JSON", ["[]"] = "neither OpenVEX, CSAF nor CycloneDX", ["7"] = "an object is expected",
      ['{"@context":"https://openvex.dev/ns","statements":[{"status":7}]}'] = "status must be text",
      ['{"@context":"https://openvex.dev/ns","statements":7}'] = "statements must be a list",
      ['{"bomFormat":"CycloneDX","vulnerabilities":[7]}'] = "must be an object",
      ['{"document":{"csaf_version":"2.0"},"product_tree":{"branches":' .. ('[{"branches":'):rep(40) .. "[]" .. ("}]"):rep(40) .. "}}"] =
        "nested deeper",
    } do
      local statements, wrong, code = vex.parse(text, "a.json")
      assert.is_nil(statements, text)
      assert.is_truthy(wrong:find(message, 1, true), wrong)
      assert.equal("FORMAT", code)
    end
  end)

  local shared = os.getenv "TARSIER_SHARED"
  if not shared then return pending "real documents: set TARSIER_SHARED to the folder of shared data" end

  it("is read as suppliers write them", function()
    local folder = shell.folder()
    finally(function() shell.remove(folder) end)
    shell.capture(("cd %s && unzip -qo %s/data/vex/openvex/vexhub-main.zip && unzip -qo %s/data/vex/cyclonedx/bom-examples-vex.zip")
      :format(folder, shared, shared))
    local files = shell.capture(("find %s %s/data/vex/csaf/oasis-examples/csaf/csaf_vex -name '*.json'"):format(folder, shared))
    local documents, statements = 0, 0
    for file in files:gmatch "[^\n]+" do
      local read, message = vex.read(file)
      if read then
        documents, statements = documents + 1, statements + #read
      else
        assert.matches("neither OpenVEX, CSAF nor CycloneDX VEX", message)
      end
    end
    assert.is_true(documents > 90, documents)
    assert.is_true(statements > 10000, statements)
  end)
end)
