-- require "tarsier", over an image and a database that are made here.

local json = require "tarsier.json"
local oci = require "support.oci"
local shell = require "support.shell"
local tarsier = require "tarsier"

describe("require 'tarsier'", function()
  local folder, options

  setup(function()
    folder = shell.folder()
    oci.build(folder .. "/image", {
      { ["etc/os-release"] = oci.debian },
      { ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" }, { "zlib1g", "1.0" } } },
    })
    os.execute("mkdir " .. shell.quote(folder .. "/osv")) -- a folder of records is a feed
    shell.write(folder .. "/osv/one.json", json.encode {
      id = "CVE-2099-0001", modified = "2026-01-01T00:00:00Z", affected = { {
        package = { ecosystem = "Debian:12", name = "curl" },
        ranges = { { type = "ECOSYSTEM", events = { { introduced = "0" }, { fixed = "8.0-1" } } } },
      } },
    })
    local taken = assert(tarsier.import(folder .. "/v.db", { folder .. "/osv" }))
    assert.equal(1, taken.advisories)
    options = { database = folder .. "/v.db", cache_dir = "" }
  end)

  teardown(function() shell.remove(folder) end)

  local function with(more)
    local copy = {}
    for key, value in pairs(options) do copy[key] = value end
    for key, value in pairs(more) do copy[key] = value end
    return copy
  end

  it("scans and judges", function()
    local result = assert(tarsier.scan(folder .. "/image", with { policies = { "threshold" } }))
    assert.equal("1", result.schema)
    assert.is_false(result.verdict.pass)
    assert.equal(1, #result.findings)
    local finding = result.findings[1]
    assert.equal("fail", finding.decision)
    assert.equal("threshold", finding.policy)
    assert.equal("threshold", finding.trail[1].policy)
    assert.equal("8.0-1", finding.fixed_by)
    assert.equal("COPY layer2 /", finding.layer.created_by)
    assert.equal(2, #result.packages)
    assert.is_truthy(result.started:match "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$")
  end)

  it("refuses an option that is misspelt, in every function that takes a table", function()
    local image, result = folder .. "/image", nil
    for who, call in pairs {
      ["tarsier.open"] = function() tarsier.open { databse = "x" } end,
      ["tarsier.scan"] = function() tarsier.scan(image, { databse = "x" }) end,
      ["tarsier.packages"] = function() tarsier.packages(image, { databse = "x" }) end,
      ["tarsier.import"] = function() tarsier.import(folder .. "/n.db", { image }, { strater = true }) end,
      ["judging"] = function() tarsier.judge(result, { polices = {} }) end,
      ["judging "] = function() tarsier.policy.open { polices = {} } end,
      ["judging  "] = function() tarsier.policy.list { foldres = {} } end,
      ["judging   "] = function() tarsier.policy.check("default", { foldres = {} }) end,
      ["tarsier.report"] = function() tarsier.report.text("table", result, { widht = 80 }) end,
      ["tarsier.report "] = function() tarsier.report.write("json", result, print, { widht = 80 }) end,
    } do
      result = result or assert(tarsier.scan(image, options))
      local ok, message = pcall(call)
      assert.is_false(ok, who)
      assert.is_truthy(message:find(who:match "^(.-) *$", 1, true), message)
      assert.is_truthy(message:find "did you mean .[%w]+.%?", message)
    end
    assert.is_nil(require "tarsier.core".host.stat(folder .. "/n.db"))
  end)

  it("takes options of policies", function()
    local result = assert(tarsier.scan(folder .. "/image", with {
      policies = { "threshold" }, set = { ["threshold.threshold"] = "High", ["threshold.unknown"] = "pass" } }))
    assert.is_true(result.verdict.pass)
    assert.is_nil(result.findings[1].decision)
    assert.equal(1, result.verdict.tally.undecided)
  end)

  it("lists packages without a database", function()
    local result = assert(tarsier.packages(folder .. "/image", { cache_dir = "" }))
    assert.equal("curl", result.packages[1].name)
    assert.is_nil(result.findings)
    assert.is_nil(result.verdict)
  end)

  it("keeps an engine for many scans, and tells how far it is", function()
    local kinds = {}
    local engine <close> = assert(tarsier.open(with { on_event = function(event) kinds[event.kind] = true end }))
    for _ = 1, 2 do
      local scanned = assert(engine:scan(folder .. "/image"))
      local result = assert(tarsier.judge(scanned, { policies = { "threshold" } }))
      assert.is_false(result.verdict.pass)
    end
    assert.is_true(kinds.image and kinds.layer)
  end)

  it("writes every report", function()
    local result = assert(tarsier.scan(folder .. "/image", options))
    -- Bills of materials list packages, OpenVEX what was accepted, Prometheus numbers; all others name the finding.
    local others = { ["cyclonedx-bsi"] = "curl", ["gl-sbom"] = "curl", spdx = "curl", ["spdx-2.3"] = "curl",
      ["spdx-bsi"] = "curl", openvex = "https://openvex.dev/ns", prometheus = "tarsier_findings{" }
    for _, format in ipairs(tarsier.report.list()) do
      local expected = others[format.name] or "CVE-2099-0001"
      assert.is_truthy(tarsier.report.text(format.name, result):find(expected, 1, true), format.name)
    end
  end)

  it("returns what the world does wrong", function()
    local cases = {
      { "IO", folder .. "/nowhere", {} }, { "DATABASE", folder .. "/image", { database = folder .. "/no.db" } },
      { "NOT_FOUND", folder .. "/image", { policies = { "no-such-policy" } } },
      { "USAGE", folder .. "/image", { platform = "x" } },
    }
    for _, case in ipairs(cases) do
      local result, message, code = tarsier.scan(case[2], with(case[3]))
      assert.is_nil(result)
      assert.is_string(message)
      assert.equal(case[1], code)
    end
  end)

  it("raises what its caller does wrong", function()
    assert.has_error(function() tarsier.scan(folder .. "/image", with { polices = {} }) end)
    assert.has_error(function() tarsier.open { databse = "x" } end)
    assert.has_error(function() tarsier.scan(nil, options) end)
  end)
end)
