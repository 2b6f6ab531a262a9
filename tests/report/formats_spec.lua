-- What the readers of the formats require beyond their schemas.

local json = require "tarsier.json"
local make_result = require "support.result"
local many = require "support.many"
local report = require "tarsier.report"
local shell = require "support.shell"

local limits_file = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data/schemas/sarif/github-limits.json"

local function written(result)
  local pieces = {}
  local _, notes = assert(report.write("sarif", result, function(s) pieces[#pieces + 1] = s end))
  return table.concat(pieces), notes or {}
end

local function sarif(result)
  local text, notes = written(result)
  return assert(json.decode(text)).runs[1], notes
end

-- A result with that many findings, the last of so many ids, and as little as may be known of each.
local function bare(count, ids)
  local result = make_result()
  local finding = result.findings[1]
  result.findings = {}
  for i = 1, count do
    result.findings[i] = { index = i, id = ("CVE-2024-%05d"):format(math.max(1, i - count + ids)), aliases = {}, severity = "High", summary = "x",
      description = "", url = "", references = {}, package = finding.package, layer = finding.layer }
  end
  return result
end

describe("the SARIF report", function()
  it("has each rule once, with its results' highest score, and every result's rule", function()
    local run = sarif(make_result())
    local rules = run.tool.driver.rules
    local seen = {}
    for _, rule in ipairs(rules) do
      assert.is_nil(seen[rule.id])
      seen[rule.id] = true
      local score = tonumber(rule.properties["security-severity"] or "0")
      assert.is_true(score >= 0 and score <= 10)
      assert.is_true(#rule.properties.tags <= 10)
    end
    assert.equal(11, #rules)
    assert.equal(12, #run.results)
    for _, result in ipairs(run.results) do assert.equal(result.ruleId, rules[result.ruleIndex + 1].id) end
    assert.equal("CVE-2023-4863", rules[1].id)
    assert.equal("9.6", rules[1].properties["security-severity"])
  end)

  it("takes the severity of the distribution where CVSS says otherwise", function()
    local result = make_result()
    result.findings[1].severity, result.findings[1].cvss.score = "Low", 9.8
    for _, rule in ipairs(sarif(result).tool.driver.rules) do
      if rule.id == "CVE-2023-4863" then assert.equal("2.0", rule.properties["security-severity"]) end
    end
  end)

  it("names a finding the same in the next build of the image", function()
    local function prints(result)
      local list = {}
      for i, found in ipairs(sarif(result).results) do list[i] = found.partialFingerprints.primaryLocationLineHash end
      return list
    end
    local later = make_result()
    later.image.name, later.image.digest, later.started = "example/app:2", "sha256:" .. ("8"):rep(64), "2026-12-01T00:00:00Z"
    for _, finding in ipairs(later.findings) do finding.package.version = finding.package.version .. ".1" end
    assert.same(prints(make_result()), prints(later))
    local other = make_result()
    other.image.name = "example/other:1"
    assert.not_same(prints(make_result()), prints(other))
  end)

  it("suppresses what was accepted, and tells what could not be judged", function()
    local run = sarif(make_result())
    local suppressed = 0
    for _, result in ipairs(run.results) do suppressed = suppressed + (result.suppressions and 1 or 0) end
    assert.equal(2, suppressed)
    assert.is_false(run.invocations[1].executionSuccessful)
  end)

  it("keeps GitHub's limits, and tells", function()
    local file = io.open(limits_file)
    if not file then return pending "needs GitHub's limits: set TARSIER_SHARED to a folder with data/schemas" end
    local limits = json.decode(file:read "a")
    file:close()
    local kept, refused = limits.kept_only.results_per_run, limits.rejected_above.results_per_run
    assert.same({}, (select(2, written(bare(kept, 10)))))
    local text, notes -- to decode them would take longer than all else here
    local function count(words)
      local found, at = 0, text:find(words, 1, true)
      while at do found, at = found + 1, text:find(words, at + 1, true) end
      return found
    end
    text, notes = written(bare(kept + 1, 10))
    assert.equal(kept + 1, count 'Index": ')
    assert.matches("keeps the 5,000 most severe", notes[1])
    text, notes = written(bare(refused + 10, 100))
    assert.equal(refused, count 'Index": ')
    assert.equal(90, count 'VulnerablePackage"')
    assert.is_true(refused <= limits.rejected_above.rules_per_run)
    assert.matches("10 are left out", notes[1])
    assert.matches("10 are left out", text:match '"toolExecutionNotifications": (%b[])')
  end)
end)

describe("GitLab's remediations", function()
  local base64 = require "tarsier.report.shared.base64"
  local dockerfile = require "tarsier.report.shared.dockerfile"

  it("have base64 as RFC 4648 has it", function()
    for plain, coded in pairs { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", ["\255\254\253"] = "//79" } do
      assert.equal(coded, base64(plain))
    end
  end)

  local files = {
    ["FROM a\nRUN x\nUSER app\nCMD y\n"] = "FROM a\nRUN x\nRUN up\nUSER app\nCMD y\n",
    ["FROM a AS b\nUSER x\nFROM c\nRUN one && \\\n  USER two\nENTRYPOINT [\"z\"]"] =
      "FROM a AS b\nUSER x\nFROM c\nRUN one && \\\n  USER two\nRUN up\nENTRYPOINT [\"z\"]",
    ["# c\nFROM a"] = "# c\nFROM a\nRUN up\n",
    ["FROM a\n"] = "FROM a\nRUN up\n",
  }
  for before, after in pairs(files) do
    it("apply with git: " .. before:gsub("%c", " "), function()
      if not os.execute "command -v git >/dev/null" then return pending "needs git: apt-get install git" end
      local folder = shell.folder()
      finally(function() shell.remove(folder) end)
      shell.write(folder .. "/Dockerfile", before)
      shell.write(folder .. "/patch", dockerfile.patch("Dockerfile", before, "RUN up"))
      local code, _, errors = shell.run(("cd %s && git apply patch"):format(folder))
      assert.equal(0, code, errors)
      assert.equal(after, shell.read(folder .. "/Dockerfile"))
    end)
  end

  it("need a Dockerfile", function()
    assert.is_nil(dockerfile.patch("x", "", "RUN up"))
    assert.is_nil(dockerfile.patch("x", "no instruction\n", "RUN up"))
  end)

  it("are the steps for the distribution's packages, with the findings that they end", function()
    local result = make_result()
    result.advice = { open = {}, refusals = {}, rest = {}, pass = { { kind = "upgrade", text = "upgrade curl",
      command = "apt-get install -y curl", ends = { total = 2, severity = {}, ids = { "CVE-2023-38545", "CVE-2023-46218" } },
      packages = { { type = "deb", name = "curl", version = "7", to = "8", names = { "curl", "libcurl4" }, paths = {} } } },
      { kind = "upgrade", text = "upgrade requests", command = "pip install x", ends = { total = 1, severity = {}, ids = {} },
        packages = { { type = "pypi", name = "requests", version = "1", to = "2", names = {}, paths = {} } } } } }
    local document = json.decode(report.text("gitlab", result, { dockerfile = { path = "Dockerfile", text = "FROM a\n" } }))
    assert.equal(1, #document.remediations)
    assert.equal(2, #document.remediations[1].fixes)
    local ids = {}
    for _, item in ipairs(document.vulnerabilities) do ids[item.id] = true end
    for _, fix in ipairs(document.remediations[1].fixes) do assert.is_true(ids[fix.id]) end
  end)
end)

describe("the bills of materials", function()
  it("have references that no two components share, and only known ones in use", function()
    local result = make_result()
    table.insert(result.packages, 2, result.packages[1])
    local document = json.decode(report.text("cyclonedx", result))
    local seen = { image = true }
    for _, component in ipairs(document.components) do
      assert.is_nil(seen[component["bom-ref"]])
      seen[component["bom-ref"]] = true
    end
    for _, ref in ipairs(document.dependencies[1].dependsOn) do assert.is_true(seen[ref]) end
    for _, vulnerability in ipairs(document.vulnerabilities) do
      assert.is_true(#vulnerability.affects > 0)
      for _, affected in ipairs(vulnerability.affects) do assert.is_true(seen[affected.ref]) end
    end
  end)

  it("say what was decided, and what a VEX document says", function()
    local result = make_result()
    result.findings[5].vex = { { status = "not_affected", justification = "vulnerable_code_not_in_execute_path", obeyed = true } }
    local states = {}
    for _, item in ipairs(json.decode(report.text("cyclonedx", result)).vulnerabilities) do
      states[item.id] = item.analysis
    end
    assert.equal("not_affected", states["CVE-2023-4911"].state)
    assert.equal("code_not_reachable", states["CVE-2023-4911"].justification)
    assert.equal("in_triage", states["CVE-2023-4863"].state)
    assert.same({ "update" }, states["CVE-2023-4863"].response)
    local statement = json.decode(report.text("openvex", result)).statements[1]
    assert.equal("not_affected", statement.status)
    assert.equal("vulnerable_code_not_in_execute_path", statement.justification)
  end)

  it("name the file and its SHA-512 for BSI where the scan knows them, and tell what is missing", function()
    local result = make_result()
    local package = result.packages[9]
    package.type, package.path, package.sha512 = "maven", "opt/app/lib/x-1.jar", ("ab"):rep(64)
    local pieces = {}
    local _, notes = report.write("cyclonedx-bsi", result, function(s) pieces[#pieces + 1] = s end)
    local document = json.decode(table.concat(pieces))
    local component = document.components[10]
    assert.equal("SHA-512", component.hashes[1].alg)
    local properties = {}
    for _, property in ipairs(component.properties) do properties[property.name] = property.value end
    assert.equal("x-1.jar", properties["bsi:component:filename"])
    assert.equal("archive", properties["bsi:component:archive"])
    assert.matches("9 of 10 components lack a SHA%-512", notes[1])
    assert.is_nil(document.vulnerabilities)
  end)
end)

describe("a report", function()
  it("has the same bytes for the same input", function()
    for _, format in ipairs(report.list()) do
      assert.equal(report.text(format.name, many(80)), report.text(format.name, many(80)), format.name)
    end
  end)

  it("of a result that no policy judged is written all the same", function()
    for _, format in ipairs(report.list()) do
      local result = make_result()
      result.verdict, result.advice = nil, nil
      for _, finding in ipairs(result.findings) do finding.decision, finding.reason, finding.policy = nil, nil, nil end
      assert.is_string((report.text(format.name, result)), format.name)
    end
  end)

  it("for merge requests stays below the smallest limit, and tells", function()
    local text = report.text("markdown", many(3000))
    assert.is_true(#text < 65536, #text)
    assert.matches("findings are not shown here", text)
    local most = many(3000) -- and if every list is full
    for i = 1, 300 do
      most.verdict.reasons[i] = ("reason <%d> "):format(i):rep(9)
      most.problems[i] = { kind = "unreadable", subject = ("f&"):rep(90) .. i, message = ("m*"):rep(200), layer = 1 }
    end
    most.verdict.whitelist = { expired = {}, unused = {}, notes = {} }
    for i = 1, 300 do most.verdict.whitelist.expired[i] = { id = "CVE-" .. i, owner = ("o_"):rep(50) } end
    text = report.text("markdown", most)
    assert.is_true(#text < 65536, #text)
    for _, told in ipairs { "more reasons", "more remarks", "findings are not shown here", "and %d+ more\n", "<sub>tarsier" } do
      assert.matches(told, text)
    end
  end)
end)

describe("what to do, in the reports for people", function()
  -- -> the report as text: without markup, entities and the HTML report's style and script
  local function plain(name, result, options)
    local s = report.text(name, result, options):gsub("<style>.-</style>", ""):gsub("<script>.-</script>", ""):gsub("<[^>]*>", "")
    s = s:gsub("&#(%d+);", function(code) return utf8.char(math.tointeger(code)) end):gsub("%s+", " ")
    return s
  end

  it("tells of a newer base at hand, and of what fails without a fix", function()
    local result = many(8)
    result.advice = { pass = {}, rest = {}, refusals = {}, open = {
      { type = "deb", name = "stuck", version = "1", ids = { "CVE-1" }, fails = true, status = "will_not_fix", since = "2024-01-31" },
      { type = "deb", name = "other", version = "2", ids = { "CVE-2" }, fails = false, status = "", since = "" } },
      rebuild = { { reference = "debian:12.9", ends = { total = 3, severity = { High = 3 } }, brings = { total = 0, severity = {} } } } }
    for _, name in ipairs { "table", "markdown", "html" } do
      local text = plain(name, result, { width = 400 })
      assert.matches("rebuild on debian:12.9 ends 3 of the base's findings %(3 High%) and brings 0", text)
      assert.matches("[Nn]o fix yet, and failing: [^:]*: remove the package, or accept the risk in a whitelist with a reason", text:gsub(
        "stuck 1 %(CVE.-%)", "it"))
      assert.is_truthy(text:find("CVE-1", 1, true) and text:find("since 2024-01-31; will not be fixed", 1, true), name)
    end
  end)

  it("lists the findings in the order that --sort gives", function()
    local result = many(40)
    for _, name in ipairs { "table", "markdown", "html" } do
      local orders = {}
      for _, by in ipairs { "risk", "severity", "package" } do
        local ids = {}
        for id in report.text(name, result, { sort = by, width = 400, show = "all" }):gmatch "CVE%-2024%-%d+" do ids[#ids + 1] = id end
        orders[table.concat(ids, " ")] = true
      end
      local count = 0
      for _ in pairs(orders) do count = count + 1 end
      assert.equal(3, count, name)
    end
  end)
end)

describe("the identity of a finding", function()
  -- -> set of what the pattern finds in the report of the image under this name
  local function ids(format, pattern, name)
    local result, set, count = many(20), {}, 0
    result.image.name = name
    for id in report.text(format, result):gmatch(pattern) do
      if not set[id] then count = count + 1 end
      set[id] = true
    end
    assert.is_true(count > 0)
    return set
  end

  it("stays the same under another tag, and is another one in another image", function()
    for format, pattern in pairs { gitlab = '\n      "id": "([%x-]+)"', sarif = '"primaryLocationLineHash": "([^"]+)"' } do
      local first = ids(format, pattern, "registry.example:5000/app:1")
      assert.same(first, ids(format, pattern, "registry.example:5000/app:2"))
      for id in pairs(ids(format, pattern, "registry.example:5000/other:1")) do assert.is_nil(first[id]) end
    end
  end)
end)
