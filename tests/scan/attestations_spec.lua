-- Bills of materials that BuildKit attaches to an image in its index.
local core = require "tarsier.core"
local images = require "support.images"
local json = require "tarsier.json"
local shared = os.getenv "TARSIER_SHARED"
local small_registry = require "support.small_registry"

local SPDX, CYCLONEDX = "https://spdx.dev/Document", "https://cyclonedx.org/bom/v1.6"

local function statement(kind, document)
  return json.encode { _type = "https://in-toto.io/Statement/v0.1", predicateType = kind, predicate = document }
end

local function spdx(...)
  local packages = json.array {}
  for i, purl in ipairs { ... } do
    packages[i] = { name = "x", SPDXID = "SPDXRef-" .. i, externalRefs = json.array {
      { referenceCategory = "PACKAGE-MANAGER", referenceType = "purl", referenceLocator = purl } } }
  end
  return { SPDX, statement(SPDX, { spdxVersion = "SPDX-2.3", SPDXID = "SPDXRef-DOCUMENT", packages = packages }) }
end

local STATUS = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.11-1\nSource: openssl\n"
local SSL, APP = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64", "pkg:npm/app@1.2.3"

describe("an attested bill of materials", function()
  local folder
  before_each(function() folder = images.folder() end)
  after_each(function() images.remove(folder) end)

  -- new_layout(statements[, edit(the attestation)]) -> a layout as buildx writes it: index.json, an index, the image beside its attestation
  local function new_layout(statements, edit)
    local layout = images.layout()
    local image = layout:image { layers = { { tar = images.tar { { "etc/os-release", 'ID=debian\nVERSION_ID="12"\n' },
      { "var/lib/dpkg/status", STATUS } } } } }
    local attestation = layout:attestation(image, statements)
    if edit then edit(attestation, layout) end
    layout:add(layout:index { image, attestation }, "latest")
    return layout
  end

  local function rows(report)
    local list = {}
    for i, p in ipairs(report:packages()) do
      list[i] = ("%s %s %s %s %d"):format(p.type, p.name, p.version, p.found_by, p.layer)
    end
    return table.concat(list, ", ")
  end

  local function scan(reference, options)
    options = options or { attestations = true }
    options.cache_dir = ""
    local engine <close> = assert(core.open(options))
    local report, message, code = engine:scan(reference)
    return report and rows(report), message, code, report
  end

  local OWN, BOTH = "deb libssl3 3.0.11-1 database 1", "deb libssl3 3.0.11-1 database 1, npm app 1.2.3 sbom 1"

  it("adds what no reader has found, if it is asked for", function()
    local layout = new_layout { spdx(SSL, APP), { "https://slsa.dev/provenance/v0.2", "{}" } }
    local reference = "oci:" .. layout:write(folder .. "/image")
    assert.equal(OWN, (scan(reference, {})))
    local found, _, _, report = scan(reference)
    assert.equal(BOTH, found)
    assert.same({ "attestation:sha256:", "sbom" }, { report:packages()[2].path:sub(1, 19), report:packages()[2].reader })
  end)

  it("is read in archives, plain, compressed and piped, and in a registry", function()
    local layout = new_layout { spdx(SSL, APP) }
    images.write(folder .. "/image.tar", layout:tar())
    images.write(folder .. "/image.tar.gz", images.gzip(layout:tar()))
    for _, reference in ipairs { "oci-archive:image.tar", "image.tar", "oci-archive:image.tar.gz" } do
      assert.equal(BOTH, (scan((reference:gsub("image", folder .. "/image")))), reference)
    end
    local command = "LUA_PATH='lua/?.lua;lua/?/init.lua' LUA_CPATH='build/?.so;;' lua5.4 lua/bin/tarsier packages -f tsv " ..
      "--no-cache --attestations - < %s"
    assert.truthy(images.run(command:format(folder .. "/image.tar.gz")):find("npm\tapp\t1.2.3", 1, true))
  end)

  it("is read in a registry", function()
    local layout = new_layout { spdx(SSL, APP) }
    local server = small_registry.start(layout:write(folder .. "/image"), "team/app", "1")
    finally(function() server:stop() end)
    assert.equal(BOTH, (scan(("docker://%s/team/app:1"):format(server.host), { attestations = true, plain_http = true })))
  end)

  it("is read once, though two tags name its index", function()
    local statements = {}
    for i = 1, 15 do statements[i] = spdx("pkg:npm/p" .. i .. "@1") end
    local layout = new_layout(statements)
    layout:add(layout.entries[1], "other")
    local found = scan("oci:" .. layout:write(folder .. "/image"))
    assert.equal(15, select(2, found:gsub("npm", "")))
  end)

  it("may be CycloneDX, and there may be several", function()
    local cyclonedx = { CYCLONEDX, statement(CYCLONEDX, { bomFormat = "CycloneDX", specVersion = "1.6",
      components = json.array { { type = "library", name = "serde", version = "1.0", purl = "pkg:cargo/serde@1.0" } } }) }
    local layout = new_layout { spdx(APP), cyclonedx, spdx(APP, "pkg:npm/other@2") }
    assert.equal("cargo serde 1.0 sbom 1, " .. BOTH .. ", npm other 2 sbom 1", (scan("oci:" .. layout:write(folder .. "/image"))))
  end)

  it("without a digest in the index is an error only if it is asked for", function()
    for _, spoil in ipairs { function(one) one.digest = nil end, function(one) one.digest = "sha256:x" end,
      function(one) one.size = -1 end } do
      local reference = "oci:" .. new_layout({ spdx(APP) }, spoil):write(folder .. "/image")
      assert.equal(OWN, (scan(reference, {})))
      local found, message, code = scan(reference)
      assert.same({ nil, "FORMAT" }, { found, code })
      assert.truthy(message:find("the image's attestation has no digest or size", 1, true), message)
      images.remove(folder .. "/image")
    end
  end)

  it("of another image or kind is not taken, and its absence is told", function()
    local other = "sha256:" .. ("a"):rep(64)
    for _, layout in ipairs {
      new_layout({ spdx(APP) }, function(one) one.annotations["vnd.docker.reference.digest"] = other end),
      new_layout({ spdx(APP) }, function(one) one.annotations["vnd.docker.reference.type"] = "other" end),
      new_layout { { "https://slsa.dev/provenance/v1", spdx(APP)[2] } },
      new_layout {},
    } do
      local found, _, _, report = scan("oci:" .. layout:write(folder .. "/image"))
      assert.equal(OWN, found)
      assert.equal("no bill of materials is attached to the image in its index", report:problems()[1].message)
      assert.equal("note", report:problems()[1].kind)
      images.remove(folder .. "/image")
    end
  end)

  it("that is not what its digest says, or is not there, ends the scan", function()
    local wanted = spdx(APP)
    for message, spoil in pairs {
      ["digest"] = function(layout, path) layout.files[path] = layout.files[path]:gsub("app", "apq") end,
      ["bytes"] = function(layout, path) layout.files[path] = layout.files[path] .. " " end,
      ["No such file"] = function(layout, path) layout.files[path] = nil end,
    } do
      local layout = new_layout { wanted }
      spoil(layout, images.blob_path(layout:blob(wanted[2]).digest))
      if message == "No such file" then layout.files[images.blob_path(images.layout():blob(wanted[2]).digest)] = nil end
      local found, text, code = scan("oci:" .. layout:write(folder .. "/image"))
      assert.is_nil(found)
      assert.truthy(code == "DIGEST" or code == "NOT_FOUND" or code == "IO", code)
      assert.truthy(text:find("attest", 1, true), text)
      images.remove(folder .. "/image")
    end
  end)

  it("that cannot be read is a problem, and many of them are an error", function()
    local layout = new_layout { { SPDX, "{" }, { SPDX, '"text"' }, spdx(APP) }
    local found, _, _, report = scan("oci:" .. layout:write(folder .. "/image"))
    assert.equal(BOTH, found)
    assert.truthy(report:problems()[1].subject:find("attestation:sha256:", 1, true))
    local many = {}
    for i = 1, 21 do many[i] = spdx("pkg:npm/p" .. i .. "@1") end
    local _, message, code = scan("oci:" .. new_layout(many):write(folder .. "/many"))
    assert.equal("LIMIT", code)
    assert.truthy(message:find("more than 20 bills of materials", 1, true), message)
    for count = 20, 21 do
      layout = images.layout()
      local entries = { layout:image() }
      for i = 1, count do
        entries[i + 1] = layout:attestation(entries[1], { { "https://slsa.dev/provenance/v1", ("%d"):format(i) } })
      end
      layout:add(layout:index(entries))
      _, message, code = scan("oci:" .. layout:write(folder .. "/" .. count))
      assert.equal(count == 21 and "LIMIT" or nil, code, message)
    end
    assert.truthy(message:find("the image has more than 20 attestations", 1, true), message)
    _, message, code = scan("oci:" .. new_layout({ { SPDX, spdx(APP)[2] .. (" "):rep(33 << 20) } }):write(folder .. "/large"))
    assert.equal("LIMIT", code, message)
  end)

  it("of a real image is read", function()
    local path = shared and shared .. "/data/sbom/attestations/centos-7-cyclonedx.intoto.jsonl"
    if not path or not io.open(path) then return pending "needs TARSIER_SHARED with data/sbom/attestations" end
    local found = scan("oci:" .. new_layout({ { CYCLONEDX, images.read(path) } }):write(folder .. "/image"))
    assert.truthy(found:find("rpm bash 4.2.46-31.el7 sbom 1", 1, true), found)
  end)
end)
