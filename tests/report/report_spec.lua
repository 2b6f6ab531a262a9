-- Every report format over one result that has everything in it, against golden files. After a wanted change:
-- UPDATE=1 make test SPECS=tests/report/report_spec.lua, and read the difference.

local check_gitlab = require "support.gitlab"
local json = require "tarsier.json"
local make_result = require "support.result"
local report = require "tarsier.report"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read "a"
  file:close()
  return content
end

local function golden(name, content)
  local path = "tests/data/reports/" .. name
  if os.getenv "UPDATE" then
    local file = assert(io.open(path, "wb"))
    file:write(content)
    file:close()
  end
  assert.equal(read(path), content)
end

local exit = { code = 1, meaning = "the verdict fails" }

-- A result of an image in which nothing was found.
local function clean()
  local result = make_result()
  result.findings, result.problems, result.packages = {}, {}, {}
  result.image.name, result.image.distro = "", { id = "", version = "", codename = "", name = "" }
  result.database = nil
  result.verdict.decision, result.verdict.pass, result.verdict.reasons, result.verdict.whitelist = "pass", true, {}, nil
  result.verdict.tally = { fail = 0, warn = 0, accept = 0, ignore = 0, undecided = 0, total = 0, severity = {} }
  return result
end

describe("the report format", function()
  for _, format in ipairs(report.list()) do
    it(format.name .. " writes what it wrote", function()
      golden(format.name .. "." .. format.extension, report.text(format.name, make_result(), { exit = exit }))
    end)

    it(format.name .. " writes a clean image", function()
      golden(format.name .. "-clean." .. format.extension, report.text(format.name, clean()))
    end)

    it(format.name .. " writes valid UTF-8 without a control character", function()
      local written = report.text(format.name, make_result())
      if format.name == "csv" then written = written:gsub("\r\n", "\n") end
      assert.is_truthy(utf8.len(written))
      assert.is_nil(written:find "[\0-\9\11-\31\127]")
      if format.name == "table" then assert.is_nil(written:find("\u{202e}", 1, true)) end
    end)
  end

  for _, width in ipairs { 50, 80, 100, 132 } do
    it("table fits " .. width .. " columns", function()
      local written = report.text("table", make_result(), { width = width, exit = exit, verbose = width == 132 })
      golden(("table-%d.txt"):format(width), written)
      for line in written:gmatch "[^\n]+" do
        local columns = utf8.len(line)
        if not line:match "^digest" and not line:match "^  sha256" then -- digests are one word
          assert.is_true(columns <= math.max(width, 72), line)
        end
      end
    end)
  end

  it("table colours what it says and nothing that the image says", function()
    local plain = report.text("table", make_result(), { width = 132 })
    local coloured = report.text("table", make_result(), { width = 132, colour = true })
    assert.is_truthy(coloured:find("\27[1;31mCritical", 1, true))
    assert.equal(plain, (coloured:gsub("\27%[[%d;]*m", "")))
  end)

  it("table advises by package, and by the base image", function()
    local written = report.text("table", make_result()):gsub("%s+", " ")
    for _, advice in ipairs {
      "upgrade libwebp 1.2.4-0.2 → 1.2.4-0.2+deb12u1, curl 7.88.1-10+deb12u1 → 7.88.1-10+deb12u5",
      "ends 1 Critical, 1 High, 1 Medium: CVE-2023-4863, CVE-2023-38545, CVE-2023-46218",
      "rebuild on a newer base image: openssl 3.0.9-1 → 3.0.14-1~deb12u1, ends",
      "zlib 1:1.2.13.dfsg-1 (CVE-2023-45853)",
      "whitelist: CVE-2023-38545 (jo) expired on 2026-01-01",
      "whitelist: CVE-2010-0001 (jo) matches nothing",
    } do
      assert.is_truthy(written:find(advice, 1, true), advice)
    end
    assert.is_nil(written:find("glibc", 1, true)) -- accepted: nothing to do
  end)
end)

describe("the gitlab report", function()
  it("keeps the rules of 15.0.7", function()
    for _, result in ipairs { make_result(), clean() } do
      assert.same({}, check_gitlab(assert(json.decode(report.text("gitlab", result)))))
    end
  end)

  it("has a checker that can fail", function()
    local document = assert(json.decode(report.text("gitlab", make_result())))
    document.scan.start_time = document.scan.start_time .. "Z"
    document.vulnerabilities[1].severity = "Defcon1"
    document.vulnerabilities[2].id = document.vulnerabilities[1].id
    document.vulnerabilities[3].location.image = ""
    assert.equal(4, #check_gitlab(document))
  end)

  it("leaves out what is settled, and names the same finding the same", function()
    local one = json.decode(report.text("gitlab", make_result()))
    local two = json.decode(report.text("gitlab", make_result()))
    assert.equal(10, #one.vulnerabilities)
    assert.same(one, two)
  end)

  it("keeps long texts to the schema's limits, in characters", function()
    local result = make_result()
    result.findings[1].summary = ("é"):rep(300)
    result.findings[1].description = ("\u{10348}"):rep(1048577)
    for i = 1, 50 do result.findings[1].aliases[i] = "X-" .. i end
    local document = json.decode(report.text("gitlab", result))
    assert.same({}, check_gitlab(document))
    assert.equal(255, utf8.len(document.vulnerabilities[1].name))
  end)

  it("leaves out a vector that the schema does not know", function()
    local result = make_result()
    local short = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H"
    for _, vector in ipairs { "CVSS:3.1/AV:X", "CVSS:4.0/AV:N", "nonsense", "", short } do
      result.findings[1].cvss = { vector = vector, score = 1.0 }
      assert.is_nil(json.decode(report.text("gitlab", result)).vulnerabilities[1].cvss_vectors)
    end
  end)
end)

describe("the clair-scanner report", function()
  it("escapes as Go does", function()
    local result = make_result()
    result.findings[1].description = "<a href=\"x\">&\u{2028}\127\1\t\255"
    local written = report.text("clair-scanner", result)
    assert.is_truthy(written:find([["\u003ca href=\"x\"\u003e\u0026\u2028]] .. "\127" .. [[\u0001\t\ufffd"]], 1, true))
    assert.is_nil(written:match "\n$")
  end)

  it("has all eight strings in order, and names dpkg's packages by source, once", function()
    local document = json.decode(report.text("clair-scanner", make_result()))
    local keys = { "featurename", "featureversion", "vulnerability", "namespace", "description", "link", "severity",
      "fixedby" }
    for _, item in ipairs(document.vulnerabilities) do
      for _, key in ipairs(keys) do assert.is_string(item[key]) end
    end
    assert.equal(11, #document.vulnerabilities) -- of 12: libssl3 and openssl are one source
    assert.same({ "CVE-2023-4863", "GHSA-x84v-xcm2-53pg", "CVE-2024-5535", "CVE-2023-38545" }, document.unapproved)
  end)

  it("names Alpine's release as Clair does", function()
    local result = make_result()
    result.image.distro = { id = "alpine", version = "3.20.1", codename = "", name = "Alpine" }
    result.findings[1].package.type = "apk"
    assert.equal("alpine:v3.20", json.decode(report.text("clair-scanner", result)).vulnerabilities[1].namespace)
  end)
end)

describe("a report's name", function()
  it("that is unknown is answered with the known ones", function()
    local format, message, code = report.find "jsn"
    assert.is_nil(format)
    assert.equal("USAGE", code)
    assert.is_truthy(message:find('did you mean "json"?', 1, true))
    assert.is_nil((report.find "../json"))
    assert.is_nil((report.find "init.x"))
  end)

  it("whose module is broken raises that module's error", function()
    package.preload["tarsier.report.broken"] = function() error "the format's own mistake" end
    assert.has_error(function() report.find "broken" end)
    package.preload["tarsier.report.broken"] = nil
  end)

  it("may be anybody's", function()
    package.preload["tarsier.report.my_own"] = function()
      return { name = "my-own", write = function(_, out) out "mine" end }
    end
    assert.equal("mine", report.text("my-own", make_result()))
    package.preload["tarsier.report.my_own"] = nil
    package.loaded["tarsier.report.my_own"] = nil
  end)
end)
