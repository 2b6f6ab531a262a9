-- Names that do not exist, modules, data from files: what `tarsier policy check` finds, and what policies may read.

local core = require "tarsier.core"
local policy = require "tarsier.policy"
local shell = require "support.shell"

local folder = shell.folder()

local function write(name, text)
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

-- nil if the policy with this text passes the check, else the message without its place.
local function check(text)
  local file = write("checked.lua", text)
  local info, message, code = policy.check(file)
  if info then return nil end
  assert.equal("POLICY", code)
  return (message:gsub("^policy [^:]*: ", ""))
end

local function hook(body)
  return ("return { name = 'a', summary = 's', finding = function(f, so_far, options, image) %s end }"):format(body)
end

describe("policy check", function()
  local wrong = {
    -- fields, in ways that a plain record does not take too
    { hook "if f.sevrity == 'High' then return 'fail' end", "a finding has no field 'sevrity' (did you mean 'severity'?)" },
    { hook "return f.package.nmae == 'x' and 'fail' or nil", "a package has no field 'nmae' (did you mean 'name'?)" },
    { hook "if f.id == 'CVE-9' then return 'fail', f.package.source.nam end", "a package's source has no field 'nam'" },
    { hook "if f.id == 'CVE-9' then return 'fail', image.config.usre end", "an image's config has no field 'usre'" },
    { hook "if f.id == 'CVE-9' then local p = f.cvss.scroe end", "a finding's cvss has no field 'scroe'" },
    { hook "if so_far then return so_far.decison end", "a decision so far has no field 'decison' (did you mean 'decision'?)" },
    { hook "local p = f.package if p.vresion == '1' then return 'fail' end", "a package has no field 'vresion'" },
    { hook "return options.treshold", "the table of options has no field 'treshold'" },
    { hook "for _, p in ipairs(image.packages) do if p.nam then return 'fail' end end", "a package has no field 'nam'" },
    { hook "return image.database.kev_dat", "a database has no field 'kev_dat' (did you mean 'kev_date'?)" },
    { "return { name = 'a', summary = 's', verdict = function(t) if t.total > 1e6 then return 'fail', t.fial end end }",
      "a tally has no field 'fial' (did you mean 'fail'?)" },
    { "return { name = 'a', summary = 's', verdict = function(t, o, all) return all[1].severty end }", "no field 'severty'" },
    { "local function judge(f) if f.id == 'CVE-9' then return f.fixd_by end end return { name = 'a', summary = 's', finding = judge }",
      "no field 'fixd_by'" },
    { "local judge = function(f) if f.id == 'CVE-9' then return f.fixd_by end end return { name = 'a', summary = 's', finding = judge }",
      "no field 'fixd_by'" },
    { hook "if f.id == 'CVE-9' then return options.treshold end", "the table of options has no field 'treshold'" },
    { hook "local p = f.package if f.id == 'CVE-9' then return p.nmae end", "a package has no field 'nmae' (did you mean 'name'?)" },
    { "return { name = 'a', summary = 's', image = function(i) local c = i.config if i.id == 'x' then return c.usre end end }",
      "an image's config has no field 'usre' (did you mean 'user'?)" },
    -- globals
    { hook "if f.id == 'CVE-9' and at_lest(f.severity, 'High') then return 'fail' end", "no global 'at_lest' (did you mean 'at_least'?)" },
    { hook "if f.id == 'CVE-9' then return string.fromat('x') end", "no 'string.fromat' (did you mean 'string.format'?)" ,
      "no 'string.fromat' (did you mean 'format'?)" },
    { hook "if f.id == 'CVE-9' then os.exit() end", "no global 'os'" },
    { "local x = { y = function() return z end } " .. hook "", "no global 'z'" },
    { hook "" .. " -- [[ x ]]\n", false },
    -- examples
    { "return { name = 'a', summary = 's', finding = function() end, examples = { { finding = { sevrity = 'High' } } } }",
      "example 1: a finding has no field 'sevrity' (did you mean 'severity'?)" },
    { "return { name = 'a', summary = 's', finding = function() end, examples = { { finding = { package = { nmae = 'x' } } } } }",
      "example 1: a package has no field 'nmae'" },
    { "return { name = 'a', summary = 's', image = function() end, examples = { {}, } }", "example 1: needs" },
    { "return { name = 'a', summary = 's', image = function() end, examples = { { image = { problems = { { knd = 'x' } } } } } }",
      "example 1: a problem has no field 'knd' (did you mean 'kind'?)" },
    { "return { name = 'a', summary = 's', finding = function() end, examples = { { finding = {}, so_far = { reson = 'x' } } } }",
      "a decision so far has no field 'reson'" },
    { "return { name = 'a', summary = 's', finding = function() end, examples = { { finding = { package = 'x' } } } }",
      "field 'package' must be a table or false" },
  }
  for i, case in ipairs(wrong) do
    it("finds the wrong name " .. i .. ": " .. case[1]:gsub("\n", " "), function()
      local message = check(case[1])
      if not case[2] then return assert.is_nil(message) end
      assert.is_truthy(message, "nothing was found")
      assert.is_truthy(message:find(case[2], 1, true) or case[3] and message:find(case[3], 1, true), message)
    end)
  end

  local right = {
    hook "f.mine = 1 if f.mine then return end local kev, fixed = f.kev, f.fixed_by return kev and fixed and 'fail' or nil",
    hook "local f = { sevrity = 1 } return f.sevrity == 2 and 'fail' or nil",
    hook "for f = 1, 2 do end return image.config.labels.anything and 'fail' or nil",
    "at = 1 " .. hook "at = at + 1",
    "local a <const>, b = 1, 2 " .. hook "goto done ::done:: return a == b and 'fail' or nil",
    "x, y = 1, 2 local t = { z = 1, [x] = 2; w = y } function t.f(p) return p end function t:g() return self end " .. hook "return t.f()",
    "local s = [==[ at_lest ]] ]==] .. 'it\\'s at_lest' .. \"\\\"at_lest\" .. '' --[[ at_lest\n at_lest ]] -- at_lest\n" .. hook "return nil",
    hook "return ('x'):rep(2) == f.package.name and 'fail' or nil",
    "local n = 0xA.8p1 + 3e-2 + .5 + 1 // 2 ~= 4 " .. hook "local _ = f.package.source.name",
    hook "local function f(f) return f.any end",
    hook "local p = f.package local q = { p = 1 } if q.p == 2 then local p = { nmae = 1 } return p.nmae end",
    hook "local p = f.package or {} local x = p.name",
    hook "local p = f.package.source local x = p.name",
    hook "local p = f.package local function g(p) return p.nmae end",
    hook "local p = f.package p.mine = 1 if p.mine == 2 then return 'fail' end",
    "local inner = { f = { sevrity = 1 } } " .. hook "return inner.f.sevrity == 2 and 'fail' or nil",
  }
  for i, text in ipairs(right) do
    it("accepts right names " .. i, function() assert.is_nil(check(text)) end)
  end

  it("leaves other errors of hooks to their examples", function()
    assert.is_nil(check(hook "assert(image.config.labels.team, 'no team')"))
    assert.is_nil(check(hook "return 'fail', f.cvss.score"))
  end)

  it("knows every field that a scan gives", function()
    local engine <close> = assert(core.open { database = "build/starter.db", cache_dir = "" })
    local report = assert(engine:scan "oci:build/sample")
    local names, records = {}, { f = report:findings()[1], image = report:image(), ["image.database"] = report:database() }
    records["f.package"], records["f.layer"], records["image.config"] = records.f.package, records.f.layer, records.image.config
    for what, record in pairs(records) do
      for key in pairs(record) do names[#names + 1] = ("local _ = %s.%s"):format(what, key) end
    end
    assert.is_true(#names > 50)
    assert.is_nil(check(hook("image.database = image.database or {} " .. table.concat(names, " "))))
  end)
end)

describe("a policy's modules", function()
  local function judge_by(text, config)
    config = config or {}
    config.no_environment, config.ready_dir = true, ""
    local judge <close> = assert(core.judge(config))
    local file = write("main.lua", text)
    local ok, message, code = judge:add(file)
    if not ok then return nil, message, code end
    return judge:run { image = { reference = "x" }, problems = {}, packages = { {} },
      findings = { { id = "CVE-1", severity = "High" } } }
  end

  it("are found beside it, in the folders and on Lua's path, and run once", function()
    assert(core.host.make_folder(folder .. "/acme"))
    assert(core.host.make_folder(folder .. "/other/team"))
    assert(core.host.make_folder(folder .. "/third/deep/module"))
    write("acme/helpers.lua", "local count = 0 return { ask = function() count = count + 1 return count end, name = ... }")
    write("other/team/rules.lua", "local helpers = require 'acme.helpers' return function() return helpers.ask() end")
    write("third/deep/module/init.lua", "return 'deep'")
    local judgement = assert(judge_by(
      "local helpers, rules = require 'acme.helpers', require 'team.rules' local deep = require 'deep.module' "
        .. hook "return 'warn', rules() .. helpers.ask() .. helpers.name .. deep",
      { policy_dirs = { folder .. "/other" }, module_path = folder .. "/nowhere/?.lua;;" .. folder .. "/third/?/init.lua" }))
    assert.equal("12acme.helpersdeep", judgement.findings[1].reason)
  end)

  it("are as sandboxed as the policy", function()
    for text, expected in pairs {
      ["return os"] = "no global 'os'", ["while true do end"] = "more instructions", ["return {"] = "unexpected symbol|expected",
      ["string.format = nil x = 1"] = false, ["return require 'bad'"] = "module 'bad' requires itself",
      ["\27Lua"] = "binary chunk", ["return (require 'nosuch')"] = "no module 'nosuch' beside the policy",
    } do
      write("bad.lua", text)
      local judgement, message, code = judge_by("local _ = require 'bad' " .. hook "return 'warn', ('%d'):format(1)", { instructions = 1000000 })
      if expected then
        assert.equal("POLICY", code)
        local found = false
        for pattern in expected:gmatch "[^|]+" do found = found or message:find(pattern) end
        assert.is_truthy(found, message)
      else
        assert.equal("1", judgement.findings[1].reason)
      end
    end
  end)

  it("are named as modules are, whatever else is on the disk", function()
    for _, name in ipairs { "../bad", "/etc/passwd", "a..b", ".a", "a.", "", "a/b", "a\\0b" } do
      local _, message, code = judge_by(("local _ = require '%s' "):format(name) .. hook "")
      assert.equal("POLICY", code)
      assert.matches("is not a module's name", message)
    end
    assert.matches("argument 1 must be text", select(2, judge_by("require(1) " .. hook "")))
  end)

  it("are checked with it", function()
    write("bad.lua", "return function(x) if x then return at_lest(x, 'High') end end")
    assert.matches("module bad, line 1: policies have no global 'at_lest'", check("local _ = require 'bad' " .. hook ""))
  end)
end)

describe("options from files", function()
  local team = [[return { name = "team", summary = "s", options = { exceptions = {}, word = "w", count = 1 },
    verdict = function(_, options) return nil, nil, options end }]]

  local function options(set)
    local file = write("team.lua", team)
    local judgement, message, code = policy.judge({ image = { reference = "x" }, findings = {}, problems = {}, packages = {} },
      { policies = { file }, set = set })
    if not judgement then return nil, message, code end
    return judgement.verdict.policies[1].options
  end

  it("fill tables, from JSON and YAML alike", function()
    local expected = { { id = "CVE-1", until_day = "2027-01-01", count = 2, on = true }, { id = "3", share = 0.5 } }
    write("data.yaml", "- id: CVE-1\n  until_day: 2027-01-01\n  count: 2\n  on: true\n  none: ~\n- &x\n  id: '3'\n  share: 0.5\n")
    write("data.json", '[{"id": "CVE-1", "until_day": "2027-01-01", "count": 2, "on": true, "none": null}, {"id": "3", "share": 0.5}]')
    for _, name in ipairs { "data.yaml", "data.json" } do
      assert.same(expected, options({ ["team.exceptions"] = "@" .. folder .. "/" .. name }).exceptions)
    end
    assert.same({ a = { "b" } }, options({ ["team.exceptions"] = { a = { "b" } } }).exceptions)
    write("word.yaml", "hello\n")
    assert.equal("hello", options({ ["team.word"] = "@" .. folder .. "/word.yaml" }).word)
    assert.equal("@", options({ ["team.word"] = "@" }).word)
  end)

  it("are refused with the file's name and line", function()
    for text, expected in pairs {
      ["- a\n- b: [\n"] = "data.yaml:%d: not YAML", ["a: 1\na: 2\n"] = 'data.yaml:2: "a" again', [""] = "holds no value",
      ["- ~\n"] = "no room for null", ["? [a]\n: 1\n"] = "a key must be text", ["1\n"] = "must be a table, is a number",
      ["- &a [" .. ("x, "):rep(100) .. "]\n" .. ("- [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"):rep(100)] = "more than 100000 values",
    } do
      write("data.yaml", text)
      local _, message, code = options { ["team.exceptions"] = "@" .. folder .. "/data.yaml" }
      assert.equal("POLICY", code)
      assert.matches(expected, message)
    end
    write("data.json", "{")
    assert.matches("data.json: not JSON", select(2, options { ["team.exceptions"] = "@" .. folder .. "/data.json" }))
    assert.matches("No such file", select(2, options { ["team.exceptions"] = "@" .. folder .. "/nosuch.yaml" }))
    assert.matches("no option 'exeptions'", select(2, options { ["team.exeptions"] = { 1 } }))
  end)
end)

describe("tarsier policy", function()
  local function run(command)
    return shell.capture(("$LUA lua/bin/tarsier policy %s 2>&1; echo exit $?"):gsub("%$LUA", os.getenv "LUA" or "lua5.4"):format(command))
  end

  it("names every example that does not hold in a line of its own, and says what a broken hook said", function()
    local tests = folder .. "/tests"
    assert(core.host.make_folder(tests))
    write("tests/a.lua", [[return { name = "a", summary = "s", finding = function(f) return "warn", "hm" end, examples = {
      { finding = { severity = "High" }, expect = "fail" }, { finding = {} }, { finding = {}, expect = "warn" } } }]])
    write("tests/b.lua", [[return { name = "b", summary = "s", finding = function(f) return "fail", f.cvss.score end,
      examples = { { finding = {}, expect = "fail" } } }]])
    write("tests/c.lua", [[return { name = "c", summary = "s", finding = function(f) end }]])
    local output = run("test " .. tests)
    assert.is_truthy(output:find("a.lua: example 1 (finding): expected fail, got warn: hm\n", 1, true), output)
    assert.is_truthy(output:find("a.lua: example 2 (finding): expected none, got warn: hm\n", 1, true), output)
    assert.is_nil(output:find("example 3", 1, true))
    assert.matches("b.lua: example 1 %(finding%): expected fail, but the hook broke: [^\n]*attempt to index a nil value", output)
    assert.is_truthy(output:find("c.lua: has no examples\n", 1, true), output)
    assert.matches("exit 2$", output)
    assert.matches("exit 0$", run("test " .. tests .. "/c.lua"))
    assert.matches("c.lua: has no examples\nexit 2$", run("test --require-examples " .. tests .. "/c.lua"))
    assert.matches("has no policies", run("test " .. folder .. "/third"))
  end)

  it("names the policies that there are", function()
    assert.matches("no policy 'nosuch'.-there are conformance, default, fixable, kev, new, risk, threshold, vex, whitelist", run "check nosuch")
  end)
end)
