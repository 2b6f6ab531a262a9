-- Judging: order, trail, tally, verdict, options, metadata, and where policies are found.

local core = require "tarsier.core"
local policy = require "tarsier.policy"
local probe = require "tarsier.probe".policy
local set_environment = require "tarsier.probe".process.set
local json = require "tarsier.json"

local function finding(id, severity, fields)
  local made = { id = id, severity = severity, aliases = {}, references = {}, summary = "", description = "long text",
    package = { type = "deb", name = "curl", version = "1.0", source = { name = "curl", version = "1.0" }, layer = 1 } }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

local function subject()
  return {
    image = { reference = "app.tar", name = "app:1", config = { user = "" }, layers = {} },
    problems = {}, packages = { { name = "curl" }, { name = "bash" } }, database = { kev_date = "2026-11-01",
      newest = "" },
    findings = {
      finding("CVE-2020-0001", "Critical", { fixed_by = "2.0" }), finding("CVE-2020-0002", "High"),
      finding("CVE-2020-0003", "Medium", { fixed_by = "2.0" }), finding("CVE-2020-0004", "Low"),
    },
  }
end

-- Judges by texts, in order: { name, body of the table } or the whole text.
local function judge_by(policies, settings, report)
  local judge <close> = assert(core.judge { no_environment = true, ready_dir = "policies", today = "2026-11-24" })
  for _, item in ipairs(policies) do
    local text = item.text or ("return { name = %q, summary = 's', %s }"):format(item[1], item[2])
    local ok, message, code = judge:add_text(item.file or item[1] .. ".lua", text, item.options)
    if not ok then return nil, message, code end
  end
  for _, setting in ipairs(settings or {}) do
    local ok, message, code = judge:set(setting[1], setting[2])
    if not ok then return nil, message, code end
  end
  return judge:run(report or subject())
end

local function decisions(judgement)
  local list = {}
  for i, decided in ipairs(judgement.findings) do list[i] = decided.decision or "-" end
  return table.concat(list, " ")
end

describe("judging", function()
  it("runs policies in order, each amending what the last one said", function()
    local judgement = assert(judge_by {
      { "first", [[finding = function(f) if at_least(f.severity, "High") then return "fail", "severe" end end]] },
      { "second", [[finding = function(f, so_far)
        if so_far and f.id == "CVE-2020-0001" then return "accept",
          so_far.policy .. " said " .. so_far.decision .. ": " .. so_far.reason end
        if not so_far and f.severity == "Low" then return "ignore" end end]] },
      { "third", [[finding = function(f,
        so_far) if so_far and so_far.decision == "accept" then return "warn" end end]] },
    })
    assert.equal("warn fail - ignore", decisions(judgement))
    assert.same({
      decision = "warn", policy = "third",
      trail = { { policy = "first", hook = "finding", decision = "fail", reason = "severe" },
        { policy = "second", hook = "finding", decision = "accept", reason = "first said fail: severe" },
        { policy = "third", hook = "finding", decision = "warn" } },
    }, judgement.findings[1])
    assert.same({ trail = {} }, judgement.findings[3])
    local tally = judgement.verdict.tally
    assert.same({ fail = 1, warn = 1, accept = 0, ignore = 1, undecided = 1, total = 4 },
      { fail = tally.fail, warn = tally.warn, accept = tally.accept, ignore = tally.ignore, undecided = tally.undecided,
        total = tally.total })
    assert.same({ Unknown = 0, Negligible = 0, Low = 1, Medium = 1, High = 1, Critical = 1, Defcon1 = 0 },
      tally.severity)
    assert.equal("fail", judgement.verdict.decision)
    assert.is_false(judgement.verdict.pass)
    assert.same({ "1 finding fails (1 High)", "1 finding warns (1 Critical)" }, judgement.verdict.reasons)
  end)

  it("comes to a verdict", function()
    local fail_finding, warn_finding = { "f", "finding = function() return 'fail' end" }, { "w",
      "finding = function() return 'warn' end" }
    local function image(decision) return { "i" .. decision,
      ("image = function() return %q, 'the image' end"):format(decision) } end
    local function verdict(decision) return { "v" .. decision,
      ("verdict = function() return %q, 'all in all' end"):format(decision) } end
    for _, case in ipairs {
      { "pass", {}, { "n", "finding = function() end" } },
      { "pass", {}, { "n", "finding = function() return 'ignore' end" } },
      { "warn", { "4 findings warn (1 Critical, 1 High, 1 Medium, 1 Low)" }, warn_finding },
      { "fail", { "4 findings fail (1 Critical, 1 High, 1 Medium, 1 Low)" }, fail_finding },
      { "warn", { "policy iwarn warns: the image" }, image "warn" },
      { "fail", { "policy ifail fails the image: the image", "policy iwarn warns: the image" }, image "warn",
        image "fail" },
      { "fail", { "policy vfail fails the image: all in all" }, verdict "fail" },
      { "warn", { "policy vwarn warns: all in all" }, verdict "warn" },
      { "pass", { "policy vaccept accepts the image: all in all", "policy ifail fails the image: the image",
        "4 findings fail (1 Critical, 1 High, 1 Medium, 1 Low)" }, image "fail", fail_finding, verdict "accept" },
      { "fail", { "4 findings fail (1 Critical, 1 High, 1 Medium, 1 Low)", "policy vwarn warns: all in all" },
        fail_finding, verdict "warn" },
      { "fail", { "policy vfail fails the image: all in all" }, verdict "accept", verdict "fail" },
      { "pass", { "policy vaccept accepts the image: all in all" }, verdict "fail", verdict "accept" },
    } do
      local result = assert(judge_by { table.unpack(case, 3) }).verdict
      assert.equal(case[1], result.decision)
      assert.equal(case[1] ~= "fail", result.pass)
      assert.same(case[2], result.reasons)
    end
  end)

  it("shows the verdict hook everything, and takes its details", function()
    local judgement = assert(judge_by {
      { "first", [[finding = function(f) return f.severity == "Low" and "ignore" or "fail", "because" end,
        image = function() return "warn", "hm" end]] },
      { "last", [[verdict = function(tally, options, findings, image)
        local said = {}
        for i, f in ipairs(findings) do
          said[i] = table.concat({ f.id, f.package.name, tostring(f.decision), tostring(f.policy) }, " ")
        end
        local count = 0
        for _, f in pairs(findings) do count = count + 1 end
        return nil, nil, { said = said, count = count, length = #findings, past = tostring(findings[5]),
          name = image.name,
          fail = tally.fail, decision = tally.decision, high = tally.severity.High, empty = {}, no = false }
      end]] },
    })
    assert.same({
      said = { "CVE-2020-0001 curl fail first", "CVE-2020-0002 curl fail first", "CVE-2020-0003 curl fail first",
        "CVE-2020-0004 curl ignore first" },
      count = 4, length = 4, past = "nil", name = "app:1", fail = 3, decision = "fail", high = 1, empty = {},
        no = false,
    }, judgement.verdict.policies[2].details)
    assert.is_nil(judgement.verdict.policies[1].details)
    assert.same({ { policy = "first", hook = "image", decision = "warn", reason = "hm" } }, judgement.verdict.trail)
  end)

  it("refuses details that are no plain data", function()
    for body, expected in pairs {
      ["{ x = print_me }"] = "no global", ["{ x = function() end }"] = "not plain data in the field x",
        ["{ 1, nil, 3 }"] = "text keys",
      ["{ n = 0 / 0 }"] = "not finite in the field n",
        ["(function() local t = {} t.t = t return t end)()"] = "nest too deep",
      ["{ ['\\xff'] = 1 }"] = "a key that is not UTF%-8",
    } do
      local _, message, code = judge_by { { "d", ("verdict = function() return nil, nil, %s end"):format(body) } }
      assert.equal("POLICY", code)
      assert.matches("^policy d %(d.lua%), verdict hook: ", message)
      assert.matches(expected, message)
    end
  end)

  it("lets each hook say only what it can mean", function()
    for _, case in ipairs {
      { "image = function() return 'accept' end", "not a decision for it; return \"fail\", \"warn\" or nil",
        "image hook" },
      { "image = function() return 'ignore' end", "image hook", "image hook" },
      { "verdict = function() return 'ignore' end", "return \"fail\", \"warn\", \"accept\" or nil", "verdict hook" },
      { "verdict = function() return 'pass' end", "not a decision for it", "verdict hook" },
      { "finding = function() return 'pass' end", "return \"fail\", \"warn\", \"accept\", \"ignore\" or nil",
        "finding hook at CVE%-2020%-0001" },
    } do
      local _, message, code = judge_by { { "x", case[1] } }
      assert.equal("POLICY", code)
      assert.is_truthy(message:find(case[2], 1, true), message)
      assert.matches("^policy x %(x.lua%), " .. case[3] .. ": x.lua:1: the hook that begins here returned ", message)
    end
  end)

  it("makes reasons one line of bounded length", function()
    local judgement = assert(judge_by { { "x", [[finding = function() return "warn",
      "a\nb\27[31m" .. ("ä"):rep(2000) end]] } })
    local reason = judgement.findings[1].reason
    assert.matches("^a b %[31mää", reason)
    assert.matches("ä…$", reason)
    assert.is_true(#reason <= 1010)
    assert.is_truthy(utf8.len(reason))
  end)

  it("hands findings out whole when they are looked at", function()
    local judgement = assert(judge_by {
      { "x", [[finding = function(f)
        local keys = {}
        for key in pairs(f) do keys[#keys + 1] = key end
        return "warn", f.index .. ":" .. table.concat(keys, " ") end]] },
      { "y", [[finding = function(f, so_far)
        f.severity = "mine"
        local description, severity, kev, unheard = f.description, f.severity, f.kev, f.epss
        local first = next(f)
        return "warn", ("%s,%s,%s,%s,%s"):format(description, severity, kev, unheard, first ~= nil) end]] },
    })
    assert.equal("3:aliases description fixed_by id index informational kernel malicious package references severity summary symbol",
      judgement.findings[3].trail[1].reason)
    assert.equal("long text,mine,nil,nil,true", judgement.findings[3].reason)
  end)

  it("shows packages of the image to whoever asks", function()
    local judgement = assert(judge_by { { "x", [[image = function(image)
      for _, p in ipairs(image.packages) do if p.name == "bash" then return "fail", "has a shell" end end end]] } })
    assert.equal("policy x fails the image: has a shell", judgement.verdict.reasons[1])
  end)

  it("wants at least one policy, and none twice", function()
    local _, message, code = judge_by {}
    assert.equal("USAGE", code)
    assert.matches("no policy to judge by", message)
    _, message, code = judge_by { { "x", "finding = function() end" }, { "x", "image = function() end",
      file = "other.lua" } }
    assert.equal("USAGE", code)
    assert.matches("'x' is given twice: x.lua and other.lua", message)
  end)

  it("refuses what is no report", function()
    for _, broken in ipairs { {}, { image = {} }, { image = {}, findings = {} }, { image = {}, findings = { 1 },
      problems = {} } } do
      local _, message, code = judge_by({ { "x", "finding = function() end" } }, nil, broken)
      assert.equal("FORMAT", code)
      assert.matches("not a json report of a scan", message)
    end
    assert.has_error(function() judge_by({ { "x", "finding = function() end" } }, nil, io.stdout) end)
  end)
end)

describe("a policy's metadata", function()
  local function message_of(text)
    local ok, message, code = judge_by { { "x", text = text } }
    assert.is_nil(ok)
    assert.equal("POLICY", code)
    assert.matches("^policy x.lua: ", message)
    return message:sub(#"policy x.lua: " + 1)
  end
  for text, expected in pairs {
    ["summary = 's', finding = f"] = "field 'name' is missing",
    ["name = 'x', finding = f"] = "field 'summary' is missing",
    ["name = '', summary = 's', finding = f"] = "field 'name' is missing",
    ["name = 'a b', summary = 's', finding = f"] = "field 'name' must be up to 64",
    ["name = 1, summary = 's', finding = f"] = "field 'name' must be a string, is a number",
    ["name = 'x', summary = 's'"] = "has none of the hooks",
    ["name = 'x', summary = 's', finding = 1"] = "field 'finding' must be a function, is a number",
    ["name = 'x', summary = 's', finding = f, exmaples = {}"] = "unknown field 'exmaples' (did you mean 'examples'?)",
    ["name = 'x', summary = 's', findng = f"] = "unknown field 'findng' (did you mean 'finding'?)",
    ["name = 'x', summary = 's', finding = f, 1"] = "unknown field 'number'",
    ["name = 'x', summary = 's', finding = f, options = 1"] = "field 'options' must be a table, is a number",
    ["name = 'x', summary = 's', finding = f, options = { 1 }"] = "field 'options': names must be text",
    ["name = 'x', summary = 's', finding = f, options = { ['a.b'] = 1 }"] = "field 'options': names must be text",
    ["name = 'x', summary = 's', finding = f, options = { a = f }"] = "the default of 'a' must be",
    ["name = 'x', summary = 's', finding = f, examples = { 1 }"] = "example 1: must be a table",
    ["name = 'x', summary = 's', finding = f, examples = { {} }"] = "example 1: needs a 'finding'",
    ["name = 'x', summary = 's', finding = f, examples = { { image = {} } }"] =
      "example 1: the policy has no image hook",
    ["name = 'x', summary = 's', finding = f, examples = { { finding = {}, hook = 'fnding' } }"] =
      "unknown hook 'fnding' (did you mean 'finding'?)",
    ["name = 'x', summary = 's', finding = f, examples = { { finding = {}, expects = 'fail' } }"] =
      "example 1: unknown field 'expects' (did you mean 'expect'?)",
  } do
    it("is refused: " .. text, function()
      local message = message_of("local function f() end return { " .. text .. " }")
      assert.is_truthy(message:find(expected, 1, true), message)
    end)
  end
end)

describe("options", function()
  local text = [[options = { level = "High", word = "abc", count = 3, share = 0.5, on = false, list = { "a" },
    numbers = { 1 }, map = { a = 1 } },
    verdict = function(_, options) return nil, nil, options end]]
  local defaults = { level = "High", word = "abc", count = 3, share = 0.5, on = false, list = { "a" },
    numbers = { 1 }, map = { a = 1 } }

  local function options(overrides, settings)
    local judgement, message, code = judge_by({ { "x", text, options = overrides } }, settings)
    if not judgement then return nil, message, code end
    assert.same(judgement.verdict.policies[1].details, judgement.verdict.policies[1].options)
    return judgement.verdict.policies[1].options
  end

  it("are the defaults unless overridden", function()
    assert.same(defaults, options())
    local changed = options({ level = "low", count = 4, list = {}, map = { b = 2 } })
    assert.equal("Low", changed.level)
    assert.equal(4, changed.count)
    assert.same({}, changed.list)
    assert.same({ b = 2 }, changed.map)
  end)

  it("come from text", function()
    local changed = options(nil, { { "x.level", "CRITICAL" }, { "x.word", "x=1,2" }, { "x.count", "0x10" },
      { "x.share", "1" }, { "x.on", "Yes" },
      { "x.list", "b, c ,,d" }, { "x.numbers", "1,2.5" } })
    assert.same({ level = "Critical", word = "x=1,2", count = 16, share = 1, on = true, list = { "b", "c", "d" },
      numbers = { 1, 2.5 },
      map = { a = 1 } }, changed)
    assert.same({}, options(nil, { { "x.list", "" } }).list)
    assert.is_false(options({ on = true }, { { "x.on", "off" } }).on)
    assert.equal(2, options(nil, { { "x.count", "1" }, { "x.count", "2" } }).count)
  end)

  it("are refused with the nearest known", function()
    for _, case in ipairs {
      { { lvel = "High" }, nil, "POLICY", "has no option 'lvel' (did you mean 'level'?); it has count, level, list" },
      { { "High" }, nil, "USAGE", "options of policy x.lua: a JSON object is expected" },
      { { level = "Hihg" }, nil, "POLICY", "option 'level': 'Hihg' is not a severity (did you mean 'High'?)" },
      { { count = "3" }, nil, "POLICY", "option 'count' must be a number, is a string" },
      { { list = "a" }, nil, "POLICY", "option 'list' must be a table, is a string" },
      { nil, { { "x.lvel", "High" } }, "POLICY", "has no option 'lvel' (did you mean 'level'?)" },
      { nil, { { "x.count", "three" } }, "POLICY", "option 'count' must be a number, not 'three'" },
      { nil, { { "x.on", "maybe" } }, "POLICY", "option 'on' must be a boolean, not 'maybe'" },
      { nil, { { "x.map", "a" } }, "POLICY", "must be a table in a JSON or YAML file, written as @FILE, not 'a'" },
      { nil, { { "xx.count", "3" } }, "USAGE", "no policy 'xx' takes part" },
      { nil, { { "count", "3" } }, "USAGE", "'count' names no option: write policy.option" },
      { nil, { { "x.", "3" } }, "USAGE", "names no option" },
    } do
      local _, message, code = options(case[1], case[2])
      assert.equal(case[3], code)
      assert.is_truthy(message:find(case[4], 1, true), message)
    end
  end)

  it("are bounded in length", function()
    local judge <close> = assert(core.judge { no_environment = true, ready_dir = "policies" })
    assert(judge:add_text("x.lua", ("return { name = 'x', summary = 's', %s }"):format(text)))
    local _, message, code = judge:set_value("x.word", ("x"):rep((8 << 20) - 1)) -- and two quotes
    assert.same({ "LIMIT", "option x.word: larger than 8 MiB" }, { code, message })
  end)

  it("do not leak from one judgement into the next", function()
    local judge <close> = assert(core.judge { no_environment = true, ready_dir = "policies" })
    assert(judge:add_text("x.lua", [[return { name = "x", summary = "s", options = { list = { "a" } },
      finding = function(_, _, options)
      options.list[#options.list + 1] = "b" return "warn", #options.list .. "" end }]]))
    for _ = 1, 2 do
      assert.equal("5", assert(judge:run(subject())).findings[4].reason)
    end
  end)
end)

describe("examples", function()
  local path
  before_each(function() path = os.tmpname() os.rename(path, path .. ".lua") path = path .. ".lua" end)
  after_each(function() os.remove(path) end)

  local function test(text)
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
    return policy.test(path, { instructions = 1000000 })
  end

  it("are run, each on its own", function()
    local results = assert(test [[
      local calls = 0
      return { name = "x", summary = "s", options = { limit = 1 },
        finding = function(f, so_far, options, image)
          calls = calls + 1
          assert(calls == 1)
          if f.severity == "Low" then while true do end end
          if f.severity == "Medium" then error "broken" end
          if so_far then return so_far.decision, "as before" end
          if image.config.user == "root" then return "fail", "root" end
          return f.cvss and f.cvss.score > options.limit and "fail" or nil, nil
        end,
        verdict = function(tally, _, findings) if tally.fail > #findings then return "fail", today() end end,
        examples = {
          { finding = { severity = "High" } },
          { finding = { cvss = { score = 5 } }, expect = "fail" },
          { finding = { cvss = { score = 5 } }, options = { limit = 6 } },
          { finding = {}, so_far = { decision = "warn" }, expect = "warn", reason = "before" },
          { finding = {}, image = { config = { user = "root" } }, expect = "fail" },
          { verdict = { fail = 2 }, findings = { {} }, today = "2030-01-01", expect = "fail", reason = "2030" },
          { finding = { severity = "High" }, expect = "fail" },
          { finding = {}, so_far = { decision = "warn" }, expect = "warn", reason = "after" },
          { finding = {}, so_far = { decision = "deny" }, expect = "warn" },
          { finding = { severity = "Low" } },
          { finding = { severity = "Medium" } },
          { finding = { severity = "High" } },
        } }]])
    local outcome = {}
    for i, result in ipairs(results) do
      assert.equal(i, result.index)
      outcome[i] = result.ok and "ok" or result.got
    end
    assert.equal("ok ok ok ok ok ok none warn error error error ok", table.concat(outcome, " "))
    assert.equal("fail", results[7].expected)
    assert.equal("warn with 'after' in the reason", results[8].expected)
    assert.matches("not a decision", results[9].reason)
    assert.matches("more %a+ than it may", results[10].reason)
    assert.matches("lua:7: broken", results[11].reason)
  end)

  it("of a malformed policy are not", function()
    local results, message, code = test "return { name = 'x' }"
    assert.is_nil(results)
    assert.equal("POLICY", code)
    assert.matches("'summary' is missing", message)
  end)
end)

describe("helpers", function()
  local function evaluate(expression)
    local judgement = assert(judge_by { { "x",
      ("verdict = function() local function all(...) local t = table.pack(...) for i = 1, t.n do "
      .. "t[i] = tostring(t[i]) end return table.concat(t, ' ') end return 'warn', all(%s) end"):format(expression) } })
    return judgement.verdict.trail[1].reason
  end
  for expression, expected in pairs {
    ["at_least('High', 'Medium'), at_least('High', 'High'), at_least('High', 'Critical')"] = "true true false",
    ["at_least('unknown', 'Negligible'), at_least('DEFCON1', 'critical')"] = "false true",
    ["table.concat(severities, ' ')"] = "Unknown Negligible Low Medium High Critical Defcon1",
    ["version_compare('deb', '1:1.0', '2.0'), version_compare('apk', '1.0-r1', '1.0-r1')"] = "1 0",
    ["version_compare('semver', '1.2.0', '1.10.0')"] = "-1",
    ["version_compare('semver', 'x', '1.0.0') == nil"] = "true",
    ["glob('lib*', 'libssl3'), glob('lib*', 'xlib'), glob('*ssl?', 'libssl3')"] = "true false true",
    ["glob('a*b*c', 'aXbYc'), glob('*', ''), glob('reg:5000/*', 'reg:5000/team/app:1')"] = "true true true",
    ["glob('', ''), glob('', 'a'), glob('?', ''), glob('a*', 'a'), glob('*a', 'ba')"] = "true false false true true",
    ["contains('a.b', '.'), contains('ab', '.'), contains('', '')"] = "true false true",
    ["starts('abc', 'ab'), starts('abc', 'b'), starts('abc', '')"] = "true false true",
    ["ends('abc', 'bc'), ends('abc', 'b'), ends('abc', '')"] = "true false true",
    ["today(), days_since('2026-11-23'), days_since('2026-11-24T23:00:00Z')"] = "2026-11-24 1 0",
    ["days_since('2024-02-29'), days_since('2027-01-01')"] = "999 -38",
    ["days_since('soon'), days_since(''), days_since('2026-13-01')"] = "nil nil nil",
  } do
    it(expression, function() assert.equal(expected, evaluate(expression)) end)
  end
end)

describe("policies are found", function()
  local folder
  local function write(path, text)
    local file = assert(io.open(folder .. "/" .. path, "w"))
    file:write(text)
    file:close()
  end
  local function text(name)
    return ("return { name = %q, summary = 's', finding = function() end }"):format(name)
  end

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir -p " .. folder .. "/team " .. folder .. "/acme/policies"))
    write("team/strict.lua", text "strict")
    write("team/fixable.lua", text "fixable")
    write("team/broken.lua", "return {")
    write("acme/policies/strict.lua", text "acme.strict")
  end)
  teardown(function() os.execute("rm -r " .. folder) end)

  it("by name, in the folders given first", function()
    assert.equal(folder .. "/team/strict.lua", policy.find("strict", { folders = { folder .. "/team" } }))
    assert.equal(folder .. "/team/fixable.lua", policy.find("fixable", { folders = { folder .. "/nowhere",
      folder .. "/team" } }))
    assert.matches("policies/fixable.lua$", policy.find "fixable")
  end)

  it("by file", function()
    assert.equal("strict", policy.check(folder .. "/team/strict.lua").name)
    local found, message, code = policy.check(folder .. "/team/none.lua")
    assert.is_nil(found)
    assert.equal("NOT_FOUND", code)
    assert.matches("none.lua: no such file", message)
    write("long.lua", ("-"):rep((1 << 20) + 1))
    found, message, code = policy.check(folder .. "/long.lua")
    assert.is_nil(found)
    assert.equal("POLICY", code)
    assert.equal("policy " .. folder .. "/long.lua: larger than 1024 KiB", message)
  end)

  it("by name, in the folders that the environment names", function()
    finally(function() set_environment("TARSIER_POLICIES", "") end)
    set_environment("TARSIER_POLICIES", folder .. "/nowhere:" .. folder .. "/team")
    assert.equal(folder .. "/team/strict.lua", policy.find "strict")
    local judge <close> = assert(core.judge { no_environment = true, ready_dir = "policies" })
    assert.is_nil((judge:find "strict"))
  end)

  it("as a Lua module, read as text", function()
    local path = package.path
    package.path = folder .. "/?.lua;" .. path
    local info = policy.check "acme.policies.strict"
    package.path = path
    assert.equal("acme.strict", info.name)
    assert.is_nil(package.loaded["acme.policies.strict"])
  end)

  it("or not, naming the nearest and the folders", function()
    local found, message, code = policy.check "treshold"
    assert.is_nil(found)
    assert.equal("NOT_FOUND", code)
    assert.matches("no policy 'treshold' %(did you mean 'threshold'%?%) in ", message)
    for i = 1, 10 do write(("team/%s%d.lua"):format(("x"):rep(60), i), text "x") end
    finally(function() os.execute("rm " .. folder .. "/team/xxx*") end)
    local many = select(2, policy.check("none", { folders = { folder .. "/team" } }))
    assert.matches("; there are broken, fixable, [^ ].*, …$", many)
    for _, name in ipairs { "", "-x", "a b" } do
      found, message, code = policy.check(name)
      assert.is_nil(found)
      assert.equal("USAGE", code, message)
    end
  end)

  it("in lists, the malformed ones too", function()
    local by_name = {}
    for _, info in ipairs(assert(policy.list { folders = { folder .. "/team" } })) do by_name[info.name] = info end
    assert.equal(folder .. "/team/fixable.lua", by_name.fixable.file)
    assert.matches("^policy .*broken.lua: ", by_name.broken.message)
    assert.same({ "finding", "image" }, by_name.default.hooks)
    assert.is_true(by_name.default.examples > 5)
    assert.same({ threshold = "High", max_age = 30, unknown = "warn" }, by_name.default.options)
  end)
end)

describe("tarsier.policy", function()
  it("judges by default, and fills a result in", function()
    local result = policy.rejudge(subject())
    assert.equal("fail warn - -", (function()
      local list = {}
      for i, f in ipairs(result.findings) do list[i] = f.decision or "-" end
      return table.concat(list, " ")
    end)())
    assert.equal("upgrade to 2.0", result.findings[1].reason)
    assert.equal("default", result.verdict.policies[1].name)
    -- once more: what was said before is not seen
    result = policy.rejudge(result, { policies = { "fixable" }, set = { ["fixable.threshold"] = "Defcon1" } })
    assert.is_nil(result.findings[1].decision)
    assert.equal("pass", result.verdict.decision)
  end)

  it("takes options, settings and a whitelist", function()
    local path = os.tmpname()
    local file, lines = assert(io.open(path, "w")), {}
    for id, reason in pairs { ["CVE-2020-0001"] = "known", ["CVE-2020-0009"] = "gone" } do
      lines[#lines + 1] = ("- { id: %s, reason: %s, until: 2030-01-01 }\n"):format(id, reason)
    end
    file:write("accept:\n", table.concat(lines))
    file:close()
    local judgement = assert(policy.judge(subject(), { policies = { { "threshold",
      options = { threshold = "High" } } }, whitelist = path,
      today = "2026-11-24" }))
    local strict = assert(policy.judge(subject(), { policies = { "whitelist", "kev" }, whitelist = path,
      strict_whitelist = true }))
    os.remove(path)
    assert.equal("accept fail - -", decisions(judgement))
    assert.equal(path, judgement.verdict.whitelist.file)
    assert.equal("CVE-2020-0009", judgement.verdict.whitelist.unused[1].id)
    assert.equal("2030-01-01", judgement.verdict.whitelist.unused[1]["until"])
    assert.same({}, judgement.verdict.whitelist.expired)
    assert.same({ "whitelist", "kev" }, { strict.verdict.policies[1].name, strict.verdict.policies[2].name })
    assert.equal("policy whitelist fails the image: unused exceptions: CVE-2020-0009",
      strict.verdict.reasons[1])
  end)

  it("refuses what it does not know", function()
    assert.error_matches(function() policy.judge(subject(), { polices = {} }) end, "polices.*did you mean \"policies\"")
    assert.error_matches(function() policy.judge(subject(), { policies = { 1 } }) end, "policies%[1%] must be a name")
    local _, message, code = policy.judge(subject(), { whitelist = "/nonexistent/file" })
    assert.equal("IO", code)
    assert.matches("whitelist /nonexistent/file", message)
  end)

  it("has judges that say what they are, and close", function()
    local judge = assert(core.judge { ready_dir = "policies" })
    assert(judge:add "kev")
    assert.equal("tarsier.judge: 1 policies", tostring(judge))
    judge:close()
    judge:close()
    assert.equal("tarsier.judge (closed)", tostring(judge))
    assert.error_matches(function() judge:add "kev" end, "closed")
    assert.error_matches(function() core.judge { seconds = -1 } end, "'seconds' must be a number above 0")
    assert.error_matches(function() core.judge { today = 1 } end, "'today' must be a string")
    assert.error_matches(function() core.judge { policy_dirs = { "a", 1 } } end, "policy_dirs must be a list of strings")
    local other <close> = assert(core.judge { ready_dir = "policies" })
    assert.error_matches(function() other:add("kev", { f = print }) end, "bad argument #2 to 'add' %(a function .* in the field f%)")
    assert.error_matches(function() other:set_value("kev.x", print) end, "bad argument #2 to 'set_value' %(a function")
    local _, message, code = core.judge { today = "tomorrow" }
    assert.equal("USAGE", code)
    assert.matches("2026%-11%-24", message)
  end)
end)

describe("judging in C", function()
  it("comes to the same, from a scan's report", function()
    local verdict, findings = probe.run(14, { "fixable", "default" })
    assert.equal("fail", verdict.decision)
    assert.equal("warn", findings[1].decision)
    assert.equal("fail", findings[2].decision)
    assert.same({ "fixable", "default" }, { findings[2].trail[1].policy, findings[2].trail[2].policy })
    assert.equal(14, verdict.tally.total)
    assert.equal(2, verdict.tally.severity.Defcon1)
    assert.same({ threshold = "High", unknown = "warn" }, verdict.policies[1].options)
  end)

  it("takes a policy so many instructions a finding, however many there are", function()
    local verdict = probe.run(1000, { "threshold", "fixable", "default" })
    for _, used in ipairs(verdict.policies) do
      local each = used.usage.instructions / 1000
      assert.is_true(each < 200, used.name .. " takes " .. each .. " instructions a finding")
    end
  end)

  it("says so when its host runs out of memory, and gives everything back", function()
    local allowed, code, message, held = 0
    repeat
      code, message, held = probe.starve(allowed, { "kev" })
      assert.equal(0, held)
      if code ~= "OK" then assert.same({ "MEMORY", "memory" }, { code, message:match "memory" }) end
      allowed = allowed + (allowed < 200 and 1 or 67)
    until code == "OK"
    assert.is_true(allowed > 200)
  end)

  it("judges json reports once more", function()
    local text = assert(probe.render("json", { "fixable" }))
    local verdict = assert(probe.json(text, { "threshold" }))
    assert.equal("fail", verdict.decision)
    assert.same({ 5, 5 }, { verdict.tally.fail, verdict.tally.total })
    for _, broken in ipairs { "", "[]", "{}", text:sub(1, -10), "\0", text:gsub('"problems"', '"prolbems"') } do
      local nothing, message, code = probe.json(broken, { "threshold" })
      assert.is_nil(nothing)
      assert.equal("FORMAT", code)
      assert.matches("json report", message)
    end
    local _, message, code = probe.json('{"image":{},"problems":[],"findings":[{},1]}', { "threshold" })
    assert.same({ "FORMAT", "not a json report of a scan: finding 2 is not an object" }, { code, message })
  end)

  it("renders reports", function()
    local document = json.decode(assert(probe.render("json", { "fixable" })))
    assert.equal("fail", document.verdict.decision)
    assert.equal("fixable", document.findings[1].policy)
    assert.matches("FINDINGS %(5%)", probe.render("table", { "fixable" }))
    local _, message, code = probe.render("tabel", { "fixable" })
    assert.equal("USAGE", code)
    assert.matches("did you mean \"table\"", message)
    _, message, code = probe.render("json", { "fixable" }, 100)
    assert.equal("IO", code)
    assert.matches("cannot write the", message)
  end)
end)
