-- tarsier convert: a saved report is written as the scan would have written it, and a report that lies is refused.

local json = require "tarsier.json"
local make_result = require "support.result"
local many = require "support.many"
local measure = require "support.measure"
local report = require "tarsier.report"
local saved = require "tarsier.saved"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local folder

setup(function() folder = shell.folder() end)
teardown(function() shell.remove(folder) end)

local function run(line)
  return shell.run(("XDG_DATA_HOME=%s %s lua/bin/tarsier %s"):format(folder, LUA, line:gsub("@", folder .. "/")))
end

describe("a saved report", function()
  it("is written in every format as the scan's own result is", function()
    -- once read, so that it has the fields that a scan's result has and the fixture lacks
    local original = assert(saved.read_judged(report.text("json", make_result()), "report"))
    assert.equal(report.text("table", make_result()), report.text("table", original))
    local again = assert(saved.read_judged(report.text("json", original), "report"))
    for _, format in ipairs(report.list()) do
      assert.equal(report.text(format.name, original), report.text(format.name, again), format.name)
    end
  end)

  -- Every value of a report in turn becomes what it must not be.
  local wrong = { "text", 1.5, -1, true, {}, { 1, "x" }, { x = { y = 1 } }, "\27[2J\255" }

  local function each_place(value, visit)
    for key, item in pairs(value) do
      visit(value, key, item)
      if type(item) == "table" then each_place(item, visit) end
    end
  end

  it("that is not what it should be is refused, or written without a fault", function()
    local document = assert(json.decode(report.text("json", make_result())))
    local formats, refused, written = report.list(), 0, 0
    document.findings = { document.findings[1], document.findings[5] }
    document.packages = { document.packages[1], document.packages[9] }
    local turn = 0
    each_place(document, function(parent, key, item)
      turn = turn + 1
      parent[key] = wrong[turn % #wrong + 1]
      local read, message = saved.read_judged(json.encode(document), "report")
      parent[key] = item
      if read then
        local format = formats[turn % #formats + 1]
        if read.findings or format.packages then
          assert.is_string((report.text(format.name, read)), format.name)
          written = written + 1
        end
      else
        assert.matches("^report: ", message)
        refused = refused + 1
      end
    end)
    assert.is_true(refused > 100 and written > 50, refused .. " " .. written)
  end)

  it("has one table for a package and for a layer, however often the report repeats it", function()
    local result = assert(saved.read_judged(report.text("json", many(50)), "report"))
    assert.is_true(rawequal(result.findings[1].package, result.findings[11].package))
    assert.is_true(rawequal(result.findings[1].package, result.packages[1]))
    assert.is_true(rawequal(result.findings[1].layer, result.findings[11].layer))
    -- of those with one number, each keeps what it has
    local document = assert(json.decode(report.text("json", many(50))))
    document.findings[11].package.version, document.findings[11].layer.digest = "other", "other"
    result = assert(saved.read_judged(json.encode(document), "report"))
    assert.equal("other", result.findings[11].package.version)
    assert.equal("other", result.findings[11].layer.digest)
    assert.equal(many(1).findings[1].package.version, result.findings[1].package.version)
  end)

  it("without an item where one is expected is refused", function()
    for _, list in ipairs { "findings", "packages" } do
      local changed = report.text("json", make_result()):gsub('"' .. list .. '": %[', "%0null,")
      local result, message = saved.read_judged(changed, "report")
      assert.is_nil(result)
      assert.equal(("report: report.%s[1] must be an object or a list, is null"):format(list), message)
    end
  end)

  it("with numbers that are none is refused", function()
    for _, text in ipairs { '"score": 1e999', '"index": 1.5', '"decision": "maybe"' } do
      local name = text:match '"(%a+)"'
      local changed = report.text("json", make_result()):gsub('"' .. name .. '": *[%w."]+', text)
      assert.is_nil((saved.read_judged(changed, "report")), text)
    end
  end)
end)

describe("tarsier convert", function()
  it("writes several reports, and does not judge", function()
    local original = assert(saved.read_judged(report.text("json", make_result()), "report"))
    shell.write(folder .. "/report.json", report.text("json", original))
    local code, output, errors = run "convert @report.json -f html=@a.html -f sarif=@a.sarif -f json"
    assert.equal(0, code, errors)
    assert.equal(shell.read(folder .. "/report.json"), output)
    assert.is_truthy(shell.read(folder .. "/a.html"):find "</html>")
    assert.is_truthy(json.decode(shell.read(folder .. "/a.sarif")))
    code = run "convert - < @report.json"
    assert.equal(0, code)
  end)

  it("holds the report's result and not its text", function()
    shell.write(folder .. "/large.json", report.text("json", many(5000)))
    local got = measure({ LUA, "lua/bin/tarsier", "convert", folder .. "/large.json", "-f", "json=" .. folder .. "/b.json" }, 600)
    assert.equal(0, got.code, got.output)
    if (os.getenv "TARSIER_SANITIZE" or "") ~= "" then return pending "sanitizers take memory of their own: make test" end
    assert.is_true(got.rss < 36 << 10, ("%d KiB"):format(got.rss)) -- 20,000 findings take under 128 MiB
  end)

  it("writes lists of packages as bills of materials, and as nothing else", function()
    local made = make_result()
    made.findings, made.verdict, made.database = nil, nil, nil
    shell.write(folder .. "/packages.json", report.text("json", made))
    assert.equal(0, (run "convert @packages.json -f cyclonedx=@a.json -f spdx=@b.json"))
    local code, _, errors = run "convert @packages.json -f html"
    assert.equal(2, code)
    assert.matches("only lists packages", errors)
  end)

  it("says what is wrong", function()
    shell.write(folder .. "/not.json", "{")
    assert.equal(3, (run "convert @not.json"))
    assert.equal(3, (run "convert @missing.json"))
    assert.equal(2, (run "convert"))
    assert.equal(2, (run "convert @report.json -f clair"))
    assert.equal(2, (run "convert @report.json -f nothing"))
    assert.equal(2, (run "convert @report.json -f html=/no/such/place"))
  end)
end)
