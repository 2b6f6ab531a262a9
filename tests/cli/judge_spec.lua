-- tarsier judge: a saved report judged again, with the exit codes of a scan that finds the same.

local json = require "tarsier.json"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local folder

local function run(command)
  local code, output, errors = shell.run(("XDG_DATA_HOME=%s %s lua/bin/tarsier %s"):format(folder, LUA,
    command:gsub("@", folder .. "/")))
  return code, output .. errors
end

-- A report with these changes, in a file.
local function write(name, changes)
  local report = {
    schema = "1", tarsier = { version = "0" }, started = "", finished = "",
    image = { reference = "app.tar", name = "team/app:1", ecosystem = "Debian:12" }, problems = {},
    packages = { { name = "curl", version = "1", type = "deb", ecosystem = "Debian:12", layer = 1 } },
    findings = { { id = "CVE-2020-0001", severity = "High", fixed_by = "2", decision = "accept", reason = "said before",
      package = { name = "curl", version = "1", type = "deb", path = "var/lib/dpkg/status" } } },
    database = { newest = "2026-11-01T00:00:00Z", kev_date = "2026-11-01" }, backend = { name = "embedded" },
    verdict = { decision = "pass", pass = true },
  }
  for key, value in pairs(changes or {}) do report[key] = value end
  local text = json.encode(report):gsub('"findings":{}', '"findings":[]'):gsub('"problems":{}', '"problems":[]')
    :gsub('"packages":{}', '"packages":[]')
  shell.write(folder .. "/" .. name, text)
end

describe("tarsier judge", function()
  setup(function()
    folder = shell.folder()
    write "report.json"
    shell.write(folder .. "/allow.yaml", "generalwhitelist: { CVE-2020-0001: fine }\n")
  end)
  teardown(function() shell.remove(folder) end)

  it("judges by the policies given now, whatever the report says of its verdict", function()
    local code, output = run "judge @report.json -t High -f json=@again.json"
    assert.equal(1, code, output)
    assert.matches("1 finding, 1 fail, 0 warn: the verdict fails", output)
    local again = json.decode(shell.read(folder .. "/again.json"))
    assert.equal("fail", again.verdict.decision)
    assert.equal("threshold", again.findings[1].policy)
    assert.equal("2", again.findings[1].fixed_by)
    assert.equal("0", again.tarsier.version)
    code = run "judge @report.json -t Critical"
    assert.equal(0, code)
    code, output = run "judge @report.json -t High --whitelist @allow.yaml"
    assert.equal(0, code, output)
    code = run "judge @report.json -t High --no-fail"
    assert.equal(0, code)
    code = run "judge @report.json -p fixable --set fixable.threshold=Low -f clair-scanner"
    assert.equal(1, code)
    code = run "judge - -t High < @report.json"
    assert.equal(1, code)
    code, output = run "judge @again.json -t High"
    assert.equal(1, code, output)
  end)

  it("comes to what the scan came to", function()
    local scanned = run "scan oci:build/sample --db build/starter.db --no-cache --quiet -f json=@scan.json"
    local judged, output = run "judge @scan.json -f json=@judged.json"
    assert.equal(scanned, judged, output)
    local one, other = shell.read(folder .. "/scan.json"), shell.read(folder .. "/judged.json")
    local function facts(text)
      local report = json.decode(text)
      for _, policy in ipairs(report.verdict.policies) do policy.usage = nil end
      return report
    end
    assert.same(facts(one), facts(other))
  end)

  it("has the exit codes of a scan", function()
    for expected, changes in pairs {
      [3] = { problems = { { kind = "unreadable", subject = "var/lib/dpkg/status", message = "x" } } },
      [4] = { database = json.null },
      [5] = { packages = {}, findings = {} },
    } do
      write("changed.json", changes)
      local code, output = run "judge @changed.json -t Defcon1"
      assert.equal(expected, code, output)
    end
    write("changed.json", { problems = { { kind = "unreadable", subject = "x", message = "x", ignored = true } }, findings = {} })
    local code, output = run "judge @changed.json"
    assert.equal(0, code, output)
    write("changed.json", { database = json.null, backend = { name = "clair-v4" } })
    assert.equal(0, (run "judge @changed.json -t Critical"))
    assert.equal(2, (run "judge @report.json -p nosuch"))
    assert.equal(2, (run "judge"))
  end)

  it("refuses what is not a report, and says where", function()
    for text, expected in pairs {
      [""] = "not JSON", ["[]"] = "not a JSON report of a scan", ["1"] = "a JSON object is expected", ["{"] = "not JSON",
      ['{"schema":"2"}'] = "schema 2, and this tarsier reads schema 1",
      ['{"schema":"1","packages":[]}'] = "only lists packages",
      ['{"schema":"1","image":{},"packages":[],"findings":[]}'] = "it has no report.problems",
      ['{"schema":"1","image":{},"packages":[],"problems":[],"findings":[{"id":3}]}'] = "report.findings%[1%].id must be text, is a number",
      ['{"schema":"1","image":{},"packages":[],"problems":[],"findings":[{"severity":"Hihg"}]}'] = "findings%[1%].severity must be a severity, is Hihg",
      ['{"schema":"1","image":{"config":[1]},"packages":[{"layer":"x"}],"problems":[],"findings":[]}'] = "report.packages%[1%].layer must be a number",
      ['{"schema":"1","image":3,"packages":[],"problems":[],"findings":[]}'] = "report.image must be an object or a list",
      ['{"schema":"1","image":{},"packages":{"a":1},"problems":[],"findings":[]}'] = "report.packages must be a list",
    } do
      shell.write(folder .. "/broken.json", text)
      local code, output = run "judge @broken.json"
      assert.equal(3, code, output)
      assert.matches(expected, output)
      assert.is_nil(output:find "bug in tarsier")
    end
    assert.equal(3, (run "judge @nosuch.json"))
  end)

  it("reports in every format, however little a report says", function()
    write("little.json", { image = {}, findings = { {} }, packages = { {} } })
    for _, format in ipairs { "table", "json", "gitlab", "clair-scanner" } do
      local code, output = run("judge @little.json -f " .. format)
      assert.is_true(code == 0 or code == 1 or code == 5, format .. output)
      assert.is_nil(output:find "bug in tarsier")
    end
  end)
end)
