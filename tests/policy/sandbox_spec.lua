-- What hostile and clumsy policies do to the judge: each ends in bounded time, as an error that names the policy.

local core = require "tarsier.core"
local pace = require "support.pace"

local subject = {
  image = { reference = "app.tar", name = "app:1", problems = {} },
  findings = { { id = "CVE-2020-0001", severity = "High", aliases = {}, package = { name = "curl" } } },
  problems = {}, packages = { { name = "curl" } },
}

-- Small, so that what runs out runs out soon; several times what an honest policy needs.
local limits = { no_environment = true, memory = 12 << 20, instructions = 3000000, seconds = 60 }

local function open(changes)
  local config = {}
  for key, value in pairs(limits) do config[key] = value end
  for key, value in pairs(changes or {}) do config[key] = value end
  return assert(core.judge(config))
end

local function policy(name, body)
  return ("return { name = %q, summary = 's', finding = function(f, so_far, options, image) %s end }"):format(name,
    body)
end

-- The judgement of a finding hook with this body, or nil, message, code; and what it took.
local function judge_by(body, changes)
  local judge <close> = open(changes)
  local begun = os.clock()
  local ok, message, code = judge:add_text("hostile.lua", policy("hostile", body))
  if not ok then return nil, message, code, os.clock() - begun end
  local result
  result, message, code = judge:run(subject)
  return result, message, code, os.clock() - begun
end

-- What a hook's text results in.
local function evaluate(expression)
  local result, message = judge_by(("return 'warn', '=' .. tostring(%s)"):format(expression))
  return result and result.findings[1].reason:sub(2), message
end

-- Time that one script may take beside its deadline
local patience = pace.limit(5)

-- For what repeats the same until it is stopped: the earlier, the better.
local brief = { instructions = 1000000 }
local narrow = { memory = 3 << 20 }
-- For what takes long only on long texts: they need memory.
local large = { memory = 48 << 20 }
local many = "local s = ('1'):rep(1 << 22) local t = {} for i = 1, 1000 do t[i] = s end "

local hostile = {
  -- loops
  { "while true do end", "more instructions", brief },
  { "::again:: goto again", "more instructions", brief },
  { "repeat until false", "more instructions", brief },
  { "for i = 1, math.huge do end", "more instructions", brief },
  { "for i = math.mininteger, math.maxinteger do end", "more instructions", brief },
  { "local function f() return f() end f()", "more instructions", brief },
  { "local function f() return f() + 1 end f()", "more memory", narrow },
  { "local f, g f = function() return g() + 1 end g = function() return f() + 1 end f()", "more memory", narrow },
  { "local t = {} for k in pairs(t) do end while next({}) == nil do end", "more instructions", brief },
  { "for _ in ipairs({ 1 }) do while true do end end", "more instructions", brief },
  { "for _ in function() return 1 end do end", "more instructions", brief },
  -- memory
  { "local t = {} while true do t[#t + 1] = {} end", "more", narrow },
  { "local s = 'x' while true do s = s .. s end", "more memory" },
  { "local s = ('x'):rep(1 << 20) local t = {} while true do t[#t + 1] = s .. #t end", "more memory" },
  { "local t = {} for i = 1, 1e9 do t[i] = i end", "more", narrow },
  { "local t = {} for i = 1, 1e9 do t[i .. ''] = i end", "more", narrow },
  { "local f = function() end while true do local g = f f = function() return g end end", "more", narrow },
  { "return 'fail', ('x'):rep(1e9)", "rep: the result would be larger" },
  { "return 'fail', ('x'):rep(1 << 24) .. ('y'):rep(1 << 24)", "more memory" },
  { "return 'fail', string.rep('x', 10, ('y'):rep(1 << 23))", "rep: the result would be larger",
    { memory = 48 << 20 } },
  { "return 'fail', string.rep('x', math.maxinteger)", "rep: the result would be larger" },
  { "local t = {} for i = 1, 100 do t[i] = ('x'):rep(1 << 17) end return 'fail', table.concat(t)", "more" },
  { "return 'fail', ('x'):rep(1 << 21):gsub('x', ('y'):rep(1 << 10))", "more memory" },
  { "return table.unpack({}, 1, 1e8)", "too many results" },
  { "return 'fail', select('#', ('x'):rep(1 << 23):byte(1, -1))", "string slice too long", { memory = 48 << 20 } },
  { "local t = {} for i = 1, 60 do t[i] = ('x'):rep(1 << 20) end return 'fail', string.format(('%s'):rep(60), "
    .. "table.unpack(t))", "more memory" },
  { "local t = {} for i = 1, 200000 do t[i] = i end while true do t = { table.unpack(t) } end", "hostile.lua:1: " },
  -- much work in few instructions
  { "local t = {} for i = 1, 50000 do t[i] = i end while true do table.insert(t, 1, 0) end", "more", brief },
  { "local t = {} for i = 1, 50000 do t[i] = i end while true do table.remove(t, 1) t[#t + 1] = 0 end", "more", brief },
  { "local t = {} for i = 1, 50000 do t[i] = -i end while true do table.sort(t) t[1] = t[#t] end", "more", brief },
  { "local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end)",
    "invalid order function" },
  { "local t = { 3, 1, 2 } table.sort(t, function() while true do end end)", "more instructions", brief },
  { "local t = { 3, 'x', {} } table.sort(t)", "attempt to compare" },
  { "local s = ('x'):rep(1 << 22) while true do local t = s .. 'y' end", "more" },
  { "local s = ('x'):rep(1 << 20) while true do s:upper() end", "more" },
  { "local t = {} for i = 1, 20000 do t[i] = ('x'):rep(100) end while true do table.concat(t) end", "more" },
  -- one long text given many times, to what C does
  { many .. "table.sort(t)", "more instructions", large },
  { many .. "return string.format(('%.0s'):rep(1000), table.unpack(t))", "more than 64 MiB", large },
  { many .. "return string.format(('%d'):rep(1000), table.unpack(t))", "more than 64 MiB", large },
  { many .. "return math.max(table.unpack(t))", "more than 64 MiB", large },
  { many .. "return string.char(table.unpack(t))", "more than 64 MiB", large },
  { many .. "return table.concat(t, '', 1, 6)", "more", large },
  { many .. "while true do tonumber(s) end", "more instructions", large },
  { many .. "while true do tonumber(s, 3) end", "more instructions", large },
  { many .. "while true do s:byte(-1) end", "more instructions", large },
  { many .. "while true do s:sub(-1) end", "more instructions", large },
  { many .. "while true do contains(s, 'x') end", "more instructions", large },
  { many .. "while true do starts(s, s) end", "more", large },
  { many .. "while true do days_since(s) end", "more instructions", large },
  { many .. "for i = 1, 1e4 do version_compare('rpm', '1', s) end", nil, large, passes = true },
  { many .. "while true do ('x'):gsub('x', s) end", "more", large },
  { "local s = (('a'):rep(100000):gsub('(b*)', ('%1'):rep(1 << 20)))", "more" },
  { "local s = (('a'):rep(100000):gsub('(b*)', ('%%'):rep(1 << 20)))", "more" },
  { "local t = {} for i = 1, 100000 do t[i] = '' end while true do table.concat(t) end", "more instructions", brief },
  { "while true do local all = image.packages image.packages = nil end", "more instructions", brief },
  -- patterns
  { "return ('a'):rep(3000):find(('a-'):rep(20) .. 'b')", "steps on a text", { instructions = 1e7 } },
  { "return ('a'):rep(3000):match(('a*'):rep(20) .. 'b')", "steps on a text", { instructions = 1e7 } },
  { "return ('a'):rep(30):match(('a?'):rep(30) .. ('a'):rep(31))", "steps on a text", { instructions = 1e7 } },
  { "return ('a'):rep(3000):gsub('.-.-.-.-b', '')", "steps on a text", { instructions = 1e7 } },
  { "return ('('):rep(1 << 20):find('%b()%b()')", "steps on a text", { instructions = 1e7 } },
  { "for _ in ('a'):rep(20000):gmatch('a-a-b') do end", "steps on a text", { instructions = 1e7 } },
  { "return ('ab'):rep(2000):match('(.*)(.*)%1%2x')", "steps on a text", { instructions = 1e7 } },
  { "while true do ('a'):rep(100000):find('b', 1, true) end", "more" },
  { "return ('x'):find(('('):rep(33))", "too many captures" },
  { "return ('x'):find(('x*'):rep(300))", "too complex" },
  { "return ('x'):find('[a')", "malformed pattern" },
  { "return ('x'):find('%')", "malformed pattern" },
  { "return ('x'):gsub('x', '%2')", "invalid capture index" },
  { "return ('x'):gsub('x', '%')", "invalid use of '%%'" },
  { "return ('x'):gsub('x', {}, 'y')", "number expected" },
  { "return ('x'):gsub('x', function() return {} end)", "invalid replacement value" },
  { "local function f(s) return (s:gsub('.', f)) end f('x')", "stack overflow" },
  { "return glob(('*a'):rep(2000), ('a'):rep(4096) .. 'b') and 'fail' or glob(('*'):rep(5000), 'x')",
    "longer than 4096" },
  { "while true do glob(('*a'):rep(2000) .. 'c', ('a'):rep(4096)) end", "more", brief },
  -- errors of every kind
  { "error({})", "called with a table" },
  { "error(nil)", "called with a nil" },
  { "error(print or 1)", "no global 'print'" },
  { "error(function() end)", "called with a function" },
  { "error(('x'):rep(1000000))", "xxxx" },
  { "error('\\27[31mred')", "?%[31mred" },
  { "error('\\xff\\xfe')", "hostile" },
  { "assert(false)", "assertion failed" },
  { "assert(nil, {})", "called with a table" },
  { "return 1 // 0", "divide by zero" },
  { "return f.package.source.name", "attempt to index a nil value" },
  { "return f.cvss.score", "hostile.lua:1: attempt to index a nil value %(field 'cvss'%)" },
  { "local x <close> = {}", "non%-closable" },
  { "for _ in next, {}, nil, {} do end", "non%-closable" },
  { "return #nil", "attempt to get length" },
  { "return {} .. 'x'", "attempt to concatenate" },
  { "return next({}, 1)", "invalid" },
  { "return string.format('%99999d', 1)", "invalid" },
  { "return string.format('%d', 1.5)", "no integer representation" },
  { "return string.format('%p', {})", "'%%p' is not available" },
  { "return string.format('%s %-10p', 1, f)", "'%%p' is not available" },
  { "return string.char(256)", "out of range" },
  { "return at_least(f.severity, 'Hihg')", "'Hihg' is not a severity %(did you mean 'High'%?%)" },
  { "return at_least(nil, 'High')", "argument 1 must be a severity, is a nil" },
  { "return version_compare('debb', '1', '2')", "debb" },
  { "return contains(nil, 'x')", "contains: argument 1 must be text" },
  { "return days_since(1)", "days_since: argument 1" },
  -- decisions that are none
  { "return 'deny'", "returned \"deny\", which is not a decision" },
  { "return true", "returned a boolean as decision" },
  { "return 'fail', {}", "returned a table as reason" },
  { "return nil, 'because'", "a reason without a decision" },
  { "return f", "returned a table as decision" },
  -- ways out
  { "return ('x'):dump()", "attempt to call a nil value %(method 'dump'%)" },
  { "return string.dump(function() end)", "field 'dump'" },
  { "return ('x').pack('i', 1)", "field 'pack'" },
  { "return math.random()", "field 'random'" },
  { "return table.move({}, 1, 1 << 40, 2)", "field 'move'" },
  { "return _G.load", "no global '_G'" },
  { "return tpye(f)", "no global 'tpye' %(did you mean 'type'%?%)" },
  { "local _ENV <const> = { x = 1 } return x", "returned a number as decision" },
  { "local _ENV = {} return load", "returned" , passes = true },
}
for _, name in ipairs { "load", "loadstring", "loadfile", "dofile", "pcall", "xpcall", "setmetatable",
  "getmetatable",
  "rawget", "rawset", "rawequal", "rawlen", "collectgarbage", "coroutine", "debug", "io", "os", "package", "print",
    "utf8",
  "warn", "_VERSION" } do
  hostile[#hostile + 1] = { "return " .. name, "no global '" .. name .. "'" }
end

describe("the sandbox", function()
  for i, case in ipairs(hostile) do
    it(("survives %d: %s"):format(i, case[1]:sub(1, 70)), function()
      local result, message, code, took = judge_by(case[1], case[3])
      assert.is_true(took < patience, "took " .. took .. " s")
      if case.passes then return assert.is_truthy(result) end
      assert.is_nil(result)
      assert.equal("POLICY", code)
      assert.matches(case[2], message)
      assert.matches("^policy hostile %(hostile.lua%), finding hook at CVE%-2020%-0001: ", message)
      assert.is_nil(message:find "[%z\1-\31\127]")
    end)
  end

  it("says at which line a policy was stopped", function()
    local _, message = judge_by("\n\n  while true do end\n")
    assert.matches("hostile.lua:3: it ran more instructions than it may", message)
    _, message = judge_by("\n local s = 'x'\n while true do s = s .. s end\n")
    assert.matches("hostile.lua:3: it needed more memory than it may", message)
  end)

  it("holds the clock where instructions would not", function()
    for _, body in ipairs {
      "while true do end",
      "local t = {} for i = 1, 100000 do t[i] = i end while true do table.insert(t, 1, 0) end",
      "local t = {} for i = 1, 100000 do t[i] = -i % 1000 end while true do table.sort(t) t[1] = t[#t] end",
      "local s = ('x'):rep(1 << 22) while true do local t = s .. 'y' end",
      "local s, t = ('x'):rep(1 << 22), ('x'):rep((1 << 22) - 1) .. 'y' while true do local b = s < t end",
      "while true do ('a'):rep(3000):find('.-b') end",
      "while true do ('a'):rep(1 << 20):reverse() end",
      "while true do local t = { table.unpack({}, 1, 100000) } end",
      "while true do glob(('*a'):rep(2000) .. 'c', ('a'):rep(4096)) end",
      "local s = ('\\0'):rep(1 << 23) local t = s:sub(1, -2) .. 'x' while true do local b = s < t end",
      "local s = ('\\0'):rep(1 << 23) local t = s:sub(1, -2) .. 'x' local b " .. ("b = s < t "):rep(200),
      many .. "while true do table.sort(t, function(a, b) return a .. '' < b end) end",
      "local s = ('1'):rep(1 << 23) local n " .. ("n = s + 1 "):rep(200),
      "local t = {} for i = 1, 1e6 do t[i] = i end for i = 1, 1e6 do t[i] = nil end while true do next(t) end",
      "local t = {} for i = 1, 2e5 do t[i] = { i } end while true do local s = ('x'):rep(60000) end", -- near the limit
    } do
      local changes = { instructions = 1e12, seconds = body:find "%de%d" and 0.05 or 0.02, memory = 32 << 20 }
      local result, message, code, took = judge_by(body, changes)
      assert.is_nil(result, body)
      assert.equal("POLICY", code)
      assert.matches("more time than it may", message)
      assert.is_true(took < patience / 5, body .. " took " .. took .. " s")
    end
  end)

  it("stops what a policy does while it is loaded, too", function()
    for text, expected in pairs {
      ["while true do end"] = "more instructions",
      ["local s = 'x' while true do s = s .. s end"] = "more memory",
      ["error {}"] = "called with a table",
      [""] = "must return a table, returns nothing",
      ["return 1"] = "must return a table, returns a number",
      ["return {"] = "unexpected symbol near <eof>|expected",
      ["\27Lua"] = "attempt to load a binary chunk",
      ["return " .. ("("):rep(300) .. ("1" .. (")"):rep(300))] = "overflow",
      ["local " .. ("x,"):rep(300) .. "y"] = "too many local variables",
      ["\0"] = "unexpected symbol",
      ["\xff\xfe"] = "unexpected symbol",
      ["x = x + 1"] = "no global 'x'",
      ["return setmetatable({}, {})"] = "no global 'setmetatable'",
      [("x"):rep(1100000)] = "larger than 1024 KiB",
    } do
      local judge <close> = open()
      local ok, message, code = judge:add_text("folder/hostile.lua", text)
      assert.is_nil(ok)
      assert.equal("POLICY", code)
      assert.matches("^policy folder/hostile.lua: ", message)
      local matched = false
      for pattern in expected:gmatch "[^|]+" do matched = matched or message:find(pattern) ~= nil end
      assert.is_true(matched, message)
    end
  end)

  it("holds the clock while it compiles", function()
    for _, text in ipairs {
      "local a if a then " .. ("elseif a then "):rep(74000) .. "end", -- quadratic in Lua's compiler
      "local a return a" .. (" or a"):rep(200000),
    } do
      local judge <close> = open { instructions = 1e12, seconds = 0.05 }
      local begun = os.clock()
      local ok, message = judge:add_text("long.lua", text)
      assert.is_nil(ok)
      assert.matches("more time than it may", message)
      assert.is_true(os.clock() - begun < patience / 5)
    end
  end)

  it("bounds what leaves, however often one value is referred to", function()
    local shared = "local s = ('x'):rep(1 << 20) local t = {} for i = 1, 1000 do t[i] = s end "
    local keys = "local k = { [('k'):rep(1 << 20)] = 1 } local t = {} for i = 1, 1000 do t[i] = k end "
    local tables = "local t = { 1 } for i = 1, 25 do t = { t, t } end "
    local escapes = "local t = ('\\1'):rep(3 << 20) "
    local hollow = "local h = {} for i = 1, 1e5 do h[i] = i end for i = 1, 1e5 do h[i] = nil end "
      .. "local t = {} for i = 1, 1e5 do t[i] = h end "
    for name, body in pairs { shared = shared, keys = keys, tables = tables, escapes = escapes, hollow = hollow } do
      local changes = { seconds = 0.06, instructions = 1e9 }
      local head = "return { name = 'a', summary = 's', "
      for _, text in ipairs {
        head .. ("verdict = function() %s return nil, nil, { t = t } end }"):format(body),
        body .. head .. "options = { t = t }, verdict = function() end }",
      } do
        local judge <close> = open(changes)
        local begun = os.clock()
        local ok, message, code = judge:add_text("a.lua", text)
        if ok then ok, message, code = judge:run(subject) end
        assert.is_nil(ok, name)
        assert.equal("POLICY", code)
        assert.matches("more ", message)
        assert.is_true(os.clock() - begun < patience, name)
      end
    end
  end)

  it("shows no addresses", function()
    for _, value in ipairs { "{}", "f", "print", "at_least", "string.format", "image" } do
      if value ~= "print" then
        assert.matches("^[a-z]+$", evaluate(("tostring(%s)"):format(value)))
        assert.matches("^[a-z]+ +[a-z]+ *$", evaluate(("string.format('%%s %%-10s', %s, %s)"):format(value, value)))
      end
    end
    assert.equal("nil true 1 1.5 x", evaluate "string.format('%s %s %s %s %s', nil, true, 1, 1.5, 'x')")
    assert.equal("100%  x", evaluate "string.format('%d%% %2s', 100, 'x')")
    assert.equal('"a\\nb" 0x1p+0 ff', (evaluate "string.format('%q %a %x', 'a\\nb', 1, 255)":gsub("\\\n", "\\n"):gsub("\\ ", "\\n")))
  end)

  it("refuses bytecode, mutated or not", function()
    local code = string.dump(load "return { name = 'x', summary = 's', finding = function() end }")
    local judge <close> = open()
    for _, text in ipairs { code, code:sub(1, 40), (code:gsub("%z", "\1")) } do
      local ok, message = judge:add_text("x.lua", text)
      assert.is_nil(ok)
      assert.matches("binary chunk", message)
    end
  end)

  it("lets no policy change what another sees", function()
    local judge <close> = open()
    assert(judge:add_text("a.lua", policy("tamperer", [[
      string.lower, table.concat, math.max, ipairs, at_least, severities[1] = nil, nil, nil, nil, nil, "x"
      string.format = function() return "tampered" end
      f.severity, f.package.name, f.aliases[1] = "Low", "other", "CVE-0"
      if so_far then so_far.decision = "ignore" end
      image.name, image.packages[1].name, options.x = "other", "other", 1
      shared = "mine" ]])))
    assert(judge:add_text("b.lua", policy("victim", [[
      for _, name in ipairs { "lower", "format" } do assert(string[name]) end
      assert(("X"):lower() == "x" and table.concat { "a", "b" } == "ab" and math.max(1, 2) == 2)
      assert(("%s"):format("y") == "y" and severities[1] == "Unknown")
      local found = {}
      for name in pairs(_ENV) do found[name] = true end
      assert(not found.shared)
      assert(f.package.name == "curl" and #f.aliases == 0)
      assert(image.name == "app:1" and image.packages[1].name == "curl")
      return at_least(f.severity, "High") and "fail" or "ignore", "severity " .. f.severity]])))
    local result = assert(judge:run(subject))
    assert.equal("fail", result.findings[1].decision)
    assert.equal("severity High", result.findings[1].reason)
  end)

  it("gives every judgement a fresh state", function()
    local judge <close> = open()
    assert(judge:add_text("a.lua", [[
      local seen = 0
      return { name = "a", summary = "s", finding = function() seen = seen + 1 return "warn", tostring(seen) end }]]))
    for _ = 1, 3 do
      assert.equal("1", assert(judge:run(subject)).findings[1].reason)
    end
  end)

  it("goes on judging after a policy was stopped", function()
    for _, body in ipairs { "while true do end", "local s = 'x' while true do s = s .. s end", "error()" } do
      local judge <close> = open()
      assert(judge:add_text("a.lua", policy("a", body)))
      assert.is_nil(judge:run(subject))
      assert.is_nil(judge:run(subject))
      local other <close> = open()
      assert(other:add_text("b.lua", policy("b", "return 'fail'")))
      assert.equal("fail", assert(other:run(subject)).verdict.decision)
    end
  end)

  it("makes the same answer in every run", function()
    local body = [[ local words = {}
      for key in pairs { zeta = 1, alpha = 2, [3] = 3, [1] = 1, mid = 4, omega = 5,
        [2.5] = 1 } do words[#words + 1] = tostring(key) end
      return "warn", table.concat(words, " ") ]]
    for _ = 1, 5 do
      assert.equal("1 2.5 3 alpha mid omega zeta", assert(judge_by(body)).findings[1].reason)
    end
    assert.equal("1.5", evaluate "tonumber '1.5'")
  end)

  it("reports what was used", function()
    local judge <close> = open()
    assert(judge:add_text("cheap.lua", policy("cheap", "return 'warn'")))
    assert(judge:add_text("dear.lua", policy("dear",
      "for i = 1, 50000 do local x = i * 2 end local s = ('x'):rep(1 << 20)")))
    local policies = assert(judge:run(subject)).verdict.policies
    local cheap, dear = policies[1].usage, policies[2].usage
    assert.is_true(cheap.instructions > 0 and cheap.instructions < 20000, cheap.instructions)
    assert.is_true(dear.instructions > 100000 and dear.instructions < 400000, dear.instructions)
    assert.is_true(cheap.memory > 1000 and cheap.memory < 1 << 17, cheap.memory)
    assert.is_true(dear.memory > 1 << 20 and dear.memory < 4 << 20)
    assert.is_true(dear.seconds > 0 and dear.seconds < patience)
  end)

  it("charges for what a function of C looks at", function()
    local text = "local s = ('x'):rep(1 << 20) "
    local function used(body)
      local result = assert(judge_by("local r = '' " .. body .. " return 'warn', r", { memory = 48 << 20 }))
      return result.verdict.policies[1].usage.instructions
    end
    for _, case in ipairs {
      { text, "r = s", 1 << 16 }, -- as a reason
      { text, "s:find('b', 1, true)", 2 << 16 }, { text, "s:find('b')", 2 << 16 }, { text, "s:byte(-1)", 1 << 16 },
      { text, "starts(s, s)", 2 << 16 }, { text, "s:upper()", 3 << 16 }, -- its result, too
      { text .. "local t = { s .. 1, s .. 2 } ", "table.sort(t)", 1 << 16 },
      { "local t = {} for i = 1, 1000 do t[i] = i % 7 end ", "table.sort(t)", 9000 },
      { "local t = {} for i = 1, 1000 do t[i] = i % 7 end ", "table.sort(t, function(a, b) return a < b end)", 38000 },
      { "local t = {} for i = 1, 50000 do t[i] = '' end ", "table.concat(t)", 50000 },
      { "local t = {} for i = 1, 50000 do t[i] = '' end ", "table.insert(t, 1, '')", 50000 },
      { "local t = {} for i = 1, 50000 do t[i] = '' end ", "table.remove(t, 1)", 50000 },
      { "", "table.unpack({}, 1, 50000)", 50000 }, { "", "('x'):rep(1 << 20)", 200000 },
      { "local p, a = ('*a'):rep(2000) .. 'c', ('a'):rep(4096) ", "glob(p, a)", 2000 },
      { "local v = ('1'):rep(4096) ", "version_compare('rpm', v, v)", 2048 },
      { "", "local n = #image.packages", 250 }, { "", "risk(f)", 600 },
    } do
      local cost = used(case[1] .. case[2]) - used(case[1])
      assert.is_true(cost >= case[3] - 1, case[1] .. case[2] .. " costs only " .. cost)
    end
  end)

  it("leaves the edges of the guarded functions as Lua has them", function()
    assert.equal("", evaluate "('').rep('', 1e10)")
    assert.equal("", evaluate "('x'):rep(0)")
    assert.equal("x,x,x", evaluate "('x'):rep(3, ',')")
    for n = 1, 7 do
      assert.equal(("abc"):rep(n, "--") .. ("ab"):rep(n), (evaluate(("('abc'):rep(%d, '--') .. ('ab'):rep(%d)"):format(n, n))))
    end
    assert.equal("3", evaluate "select('#', table.unpack({}, 1, 3))")
    assert.equal("a-b", evaluate "table.concat({ 'a', 'b' }, '-')")
    assert.equal("1 2 3", evaluate "(function() local t = { 3, 1, 2 } table.sort(t) return table.concat(t, ' ') end)()")
  end)
end)

describe("the allow-list", function()
  local function names_of(expression)
    return evaluate(([[(function() local names = {} for name in pairs(%s) do names[#names + 1] = name end
      return table.concat(names, " ") end)()]]):format(expression))
  end

  it("is the lint's", function()
    local rc = { files = {}, stds = {} }
    assert(loadfile(".luacheckrc", "t", rc))()
    local allowed, libraries = {}, {}
    for key, value in pairs(rc.stds.policy.read_globals) do
      allowed[#allowed + 1] = type(key) == "number" and value or key
      if type(key) == "string" then libraries[key] = value.fields end
    end
    table.sort(allowed)
    assert.equal(table.concat(allowed, " "), names_of "_ENV")
    for library, fields in pairs(libraries) do
      table.sort(fields)
      assert.equal(table.concat(fields, " "), names_of(library))
    end
  end)
end)

describe("patterns in the sandbox", function()
  -- Both sides get the same call as text.
  local calls = {}
  local texts = { "", "hello world", "aaa", "key = value; other=thing", "f(a(b)c)d", "CVE-2021-3711 in openssl",
    "a,b,,c", "\0x\0", "x\ny", "f(a(b)" }
  local patterns = { "", "l+", "(%w+)", "^%s*(.-)%s*$", "%a+", "[^,]*", "(%w+)%s*=%s*(%w+)", "%b()", "%f[%w]%w+",
    "()a()", "^a", "a$",
    "$", "^", "a-b", "[%a_][%w_]*", "[]]", "[^]]", "[a-]", "[%]]", "(.)%1", "%.", "x*", "%d%d%d%d", "[0-9]+%-[0-9]+",
      ".", "%c", "%S+",
    "(a)(a)(a)", "(a*(.)%w(%s*))", "%u", "[%l%d]+", "a?", "a?b?", ".-", "^(.*)%-(%d+)", "%x+", "%p", "%g+",
      "[\0-\31]", "\0", "^$", "(()())" }
  for _, text in ipairs(texts) do
    for _, pattern in ipairs(patterns) do
      for _, call in ipairs {
        "%q:find(%q)", "%q:find(%q, 2)", "%q:find(%q, -3)", "%q:match(%q)", "%q:match(%q, 3)", "%q:gsub(%q, '<%%0>')",
          "%q:gsub(%q, '', 2)",
        "%q:gsub(%q, { a = 'A', hello = false, x = 1 })",
          "%q:gsub(%q, function(a) return a ~= 'l' and ('[' .. a .. ']') end)",
        "(function(s, p) local t = {} for a in s:gmatch(p, 3) do t[#t + 1] = tostring(a) end "
          .. "return #t, table.concat(t, '|') end)(%q, %q)",
        "(function(s, p) local t = {} for a, b in s:gmatch(p) do t[#t + 1] = tostring(a) .. tostring(b) end "
          .. "return #t, table.concat(t, '|') end)(%q, %q)",
      } do
        local subject_text, pattern_text = ("%q"):format(text), ("%q"):format(pattern)
        call = call:gsub("%%q:", function() return "(" .. subject_text .. "):" end)
        call = call:gsub("%(%%q, %%q%)$", function() return "(" .. subject_text .. ", " .. pattern_text .. ")" end)
        call = call:gsub("%%q", function() return pattern_text end):gsub("%%%%", "%%")
        calls[#calls + 1] = call
      end
    end
  end

  it("answer as Lua's do", function()
    local body = { "local list, out = {}, {}\n" }
    for i, call in ipairs(calls) do
      body[#body + 1] = ("list[%d] = function() return %s end\n"):format(i, call)
    end
    -- In one hook there is no room for so many functions: constants are by the chunk.
    local text = table.concat(body) .. [[
      return { name = "p", summary = "s", finding = function() end, verdict = function()
        for i = 1, #list do
          local got = table.pack(list[i]())
          for k = 1, got.n do got[k] = tostring(got[k]) end
          out[i] = table.concat(got, "\1")
        end
        return nil, nil, out
      end }]]
    local judge <close> = open { instructions = 1e8, memory = 64 << 20, seconds = patience * 4 }
    assert(judge:add_text("patterns.lua", text))
    local answers = assert(judge:run(subject)).verdict.policies[1].details
    assert.equal(#calls, #answers)
    for i, call in ipairs(calls) do
      local expected = table.pack(load("return " .. call)())
      for k = 1, expected.n do expected[k] = tostring(expected[k]) end
      assert.equal(table.concat(expected, "\1"), answers[i], call)
    end
  end)

  for _, pattern in ipairs { "[", "[a", "[a%", "[]", "[^", "[^]", "[a-", "%f[", "%f[a", "%", "a%", ")", "a)", "(a))", "%1", "(%1)",
    "(a)%2", "%0", "%9", "%b", "%bx", "a%b(", "%f", "%fa", "(", "(a", "((a)", "()(", "(a*(.)" } do
    it("are refused in Lua's words: " .. pattern, function()
      local _, expected = pcall(string.match, "aaa", pattern)
      local result, message = judge_by(("return 'warn', ('aaa'):match(%q)"):format(pattern))
      assert.is_nil(result)
      assert.equal(": " .. expected, message:sub(-#expected - 2))
    end)
  end
end)
