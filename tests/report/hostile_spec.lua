-- Every field of every report is fed with text that attacks terminals, logs, documents, spreadsheets and merge requests.

local attacks = require "support.attacks"
local json = require "tarsier.json"
local make_result = require "support.result"
local poison = require "support.poison"
local report = require "tarsier.report"
local shell = require "support.shell"

local function hostile()
  return poison(make_result(), attacks.ATTACK, attacks.spared)
end

local function written(format)
  local text = report.text(format, hostile())
  return format == "csv" and text:gsub("\r\n", "\n") or text
end

describe("a hostile image", function()
  for _, format in ipairs(report.list()) do
    if format.name ~= "clair-scanner" then -- byte for byte as Go writes it
      it("cannot control what shows the report " .. format.name, function()
        local text = written(format.name)
        assert.is_nil(attacks.complaint(text), format.name)
        assert.is_truthy(text:find(attacks.FORGED, 1, true))
      end)
    end
    if format.extension == "json" or format.extension == "sarif" then
      it("leaves the report " .. format.name .. " JSON, and its texts whole", function()
        assert.is_table(assert(json.decode(report.text(format.name, hostile()))))
      end)
    end
  end
end)

-- RFC 4180
local function parse_csv(text)
  local rows, row, at = {}, {}, 1
  while at <= #text do
    local cell
    if text:sub(at, at) == '"' then
      local first = at + 1
      repeat
        at = assert(text:find('"', at + 1, true), "an open quote")
        local is_pair = text:sub(at + 1, at + 1) == '"'
        if is_pair then at = at + 1 end
      until not is_pair
      cell, at = text:sub(first, at - 1):gsub('""', '"'), at + 1
    else
      local last = text:find("[,\r]", at)
      cell, at = text:sub(at, last - 1), last
    end
    row[#row + 1] = cell
    if text:sub(at, at + 1) == "\r\n" then
      rows[#rows + 1], row, at = row, {}, at + 2
    else
      assert.equal(",", text:sub(at, at))
      at = at + 1
    end
  end
  return rows
end

describe("the CSV", function()
  it("has as many cells in every row, and none that a spreadsheet runs", function()
    for _, attack in ipairs { attacks.ATTACK, "" } do
      local result = poison(make_result(), attack, attacks.spared)
      for i, start in ipairs { "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\"=1", ",=1" } do
        local finding = result.findings[i]
        finding.id, finding.package.name, finding.reason = start, start .. attack, start
      end
      local rows = parse_csv(report.text("csv", result))
      assert.equal(1 + #result.findings, #rows)
      for _, row in ipairs(rows) do
        assert.equal(#rows[1], #row)
        for _, cell in ipairs(row) do
          assert.is_nil(cell:find "^%s*[=+@-]", cell)
          assert.is_nil(cell:find "^%s*＝", cell)
        end
      end
    end
  end)
end)

describe("the Markdown", function()
  it("has no markup, link, mention or quick action of the image's", function()
    local text = written "markdown"
    text = text:gsub("<code>[^<]*</code>", "") -- no reference is looked for in code
    for _, forbidden in ipairs { "<script", "<img", "](javascript", "![", "@everyone", "&#64;everyone", "#1 ", "\n/close",
      "://evil", "www.evil", "`alert" } do
      assert.is_nil(text:find(forbidden, 1, true), forbidden)
    end
    for tag in text:gmatch "</?(%w+)" do
      assert.is_truthy(({ code = true, details = true, summary = true, sub = true })[tag] or tag:find "^https?$", tag)
    end
  end)

  it("ends no block of commands early", function()
    local result = make_result()
    result.advice = { open = {}, refusals = {}, rest = {}, pass = { { kind = "upgrade", text = "x", command = "a ```\n```` b",
      packages = {}, ends = { total = 1, severity = { High = 1 }, ids = { "CVE-1" } } } } }
    local text = report.text("markdown", result)
    assert.is_truthy(text:find("   `````sh\n   a ``` ```` b\n   `````\n", 1, true), text)
  end)
end)

describe("the metrics", function()
  it("are Prometheus' text format, line by line", function()
    for line in (written "prometheus"):gmatch "[^\n]+" do
      local is_comment = line:find "^# HELP tarsier_[%l_]+ [^\n]+$" or line:find "^# TYPE tarsier_[%l_]+ gauge$"
      if not is_comment then
        local labels = line:match "^tarsier_[%l_]+{(.*)} %-?[%d.]+$"
        assert.is_truthy(labels, line)
        assert.equal("", (labels:gsub('\\["\\]', ""):gsub('[%l_]+="[^"]*",?', "")))
      end
    end
  end)
end)

describe("the XML", function()
  it("is well-formed and has only its own elements", function()
    local text = written "junit"
    if os.execute "command -v xmllint >/dev/null" then
      local path = os.tmpname()
      shell.write(path, text)
      local code, _, errors = shell.run("xmllint --nonet --noout " .. path)
      os.remove(path)
      assert.equal(0, code, errors)
    end
    local known = { testsuites = true, testsuite = true, testcase = true, failure = true, skipped = true, properties = true,
      property = true, ["system-out"] = true, ["system-err"] = true }
    for tag in text:gsub("^<%?[^>]*%?>", ""):gmatch "</?([^%s/>]*)" do assert.is_true(known[tag], tag) end
  end)
end)
