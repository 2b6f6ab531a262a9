-- Report templates: the examples, what the sandbox keeps them from, and that one that fails leaves the old report.

local attacks = require "support.attacks"
local core = require "tarsier.core"
local json = require "tarsier.json"
local make_result = require "support.result"
local many = require "support.many"
local poison = require "support.poison"
local report = require "tarsier.report"
local shell = require "support.shell"

local EXAMPLES = "engine/examples/templates/"
local LUA = os.getenv "LUA" or "lua5.4"

local folder
setup(function() folder = shell.folder() end)
teardown(function() shell.remove(folder) end)

local function golden(name, content)
  local path = "tests/data/reports/" .. name
  if os.getenv "UPDATE" then shell.write(path, content) end
  assert.equal(shell.read(path), content)
end

-- What a template of this text writes, or nil and its message.
local function run(text, result)
  shell.write(folder .. "/t.lua", text)
  return report.text(folder .. "/t.lua", result or make_result())
end

local function writing(body)
  return "return { write = function(report, out) " .. body .. " end }"
end

describe("the example template", function()
  for _, name in ipairs { "wiki", "chat", "teams" } do
    it(name .. " writes what it wrote", function()
      golden("template-" .. name .. ".txt", assert(report.text(EXAMPLES .. name .. ".lua", make_result())))
    end)

    it(name .. " lets nothing of a hostile image through", function()
      local text = assert(report.text(EXAMPLES .. name .. ".lua", poison(make_result(), attacks.ATTACK, attacks.spared)))
      assert.is_nil(attacks.complaint((text:gsub("\r\n", "\n"))), name)
      if name == "chat" then assert.is_table(json.decode(text)) end
    end)
  end

  it("is listed here", function()
    assert.same({ "chat.lua", "teams.lua", "wiki.lua" }, core.host.list(EXAMPLES))
  end)
end)

describe("a template", function()
  it("sees the report as it is, findings and packages as lists", function()
    local seen = assert(run(writing [[
      local count = 0
      for i, finding in ipairs(report.findings) do count = count + 1 end
      out(count, " ", #report.findings, " ", report.findings[1].id, " ", tostring(report.findings[13]), " ",
        #report.packages, " ", report.packages[1].name, " ", tostring(report.verdict.pass), " ", report.image.layers[1].index)
    ]]))
    assert.equal("12 12 CVE-2023-4863 nil 10 curl false 1", seen)
    assert.equal("nil nil", (assert(run(writing "out(tostring(report.findings.id), ' ', tostring(report.findings[1.5]))"))))
  end)

  it("has what makes text safe", function()
    local s = '=<b>\27 "@x"'
    local seen = assert(run(writing("local s = " .. ("%q"):format(s) .. [[
      for _, kind in ipairs { "html", "markdown", "csv", "json", "text" } do out(escape[kind](s), "\n") end]])))
    assert.equal('=&lt;b&gt;\\x1b &quot;@x&quot;\n&#61;&#60;b&#62;&#92;x1b &#34;&#64;&#8203;x&#34;\n"\'=<b>\\x1b ""@x"""\n'
      .. '"=<b>\\u001b \\"@x\\""\n=<b>\\x1b "@x"\n', seen)
  end)

  it("reaches nothing outside", function()
    for _, name in ipairs { "io", "os", "debug", "package", "load", "loadfile", "dofile", "require", "getmetatable",
      "setmetatable", "rawget", "rawset", "pcall", "collectgarbage", "coroutine", "print", "_G" } do
      assert.equal("nil", (assert(run(writing("out(tostring(" .. name .. "))")))), name)
    end
    assert.equal("nil nil", (assert(run(writing 'out(tostring(string.dump), " ", tostring(("x").dump))'))))
  end)

  it("cannot change the report", function()
    local result = make_result()
    assert(run(writing 'report.image.name = "x"; report.findings[1].id = "x"; report.findings = {}; out "done"', result))
    assert.same(make_result(), result)
  end)

  for what, body in pairs { instructions = "while true do end", memory = 'local t = {} while true do t[#t + 1] = ("x"):rep(99999) .. #t end',
    pattern = '("a"):rep(100000):find(("a*"):rep(30) .. "b")', output = 'while true do out(("x"):rep(1000000)) end' } do
    it("that takes too much is stopped: " .. what, function()
      local count = 0
      local template = require "tarsier.template"
      template.instructions = what == "memory" and 20000000 or 2000000
      finally(function() template.instructions = nil end)
      shell.write(folder .. "/t.lua", writing(body))
      local ok, message, code = report.write(folder .. "/t.lua", make_result(), function(s) count = count + #s end)
      assert.is_nil(ok)
      assert.equal("POLICY", code)
      assert.matches("^template t%.lua: ", message)
    end)
  end

  it("is charged for the bytes that it writes, has made safe, or looks at", function()
    local template = require "tarsier.template"
    finally(function() template.instructions = nil end)
    local function check(body, limit, result)
      template.instructions = limit
      local text, message = run(writing(body), result)
      assert.is_nil(text, body)
      assert.matches("ran more instructions than it may", message)
      template.instructions = 2 * limit
      assert(run(writing(body), result))
    end
    check('local s = ("x"):rep(1 << 20) for i = 1, 8 do out(s) end', 600000)
    check('local s = ("x"):rep(1 << 20) for i = 1, 4 do escape.html(s) end', 1200000)
    local result = make_result()
    result.image.name = ("x"):rep(1 << 22)
    check("local s = report.image.name", 400000, result)
  end)

  it("says why the report could not be written", function()
    shell.write(folder .. "/t.lua", writing 'out "x"')
    local format = assert(report.find(folder .. "/t.lua"))
    for said, raised in pairs { ["the disk is full"] = "the disk is full", ["the report cannot be written"] = {} } do
      local ok, message = format.write(make_result(), function() error(raised, 0) end)
      assert.is_false(ok)
      assert.truthy(message:find(said, 1, true), message)
    end
  end)

  it("does not follow a report without end", function()
    local result = make_result()
    result.image.itself = result.image
    local text, message = run(writing 'out "x"', result)
    assert.is_nil(text)
    assert.matches("the report is nested too deeply", message)
  end)

  it("that is malformed is refused before anything is scanned", function()
    for text, why in pairs { ["return {"] = "unexpected symbol", ["return 1"] = "returns a table", ["return {}"] = "has a function `write`",
      ["error 'no'"] = "no", ["\27Lua"] = "binary" } do
      shell.write(folder .. "/t.lua", text)
      local format, message = report.find(folder .. "/t.lua")
      assert.is_nil(format)
      assert.is_truthy(message:find(why, 1, true), message)
    end
    assert.is_nil((report.find "./no/such/template.lua"))
  end)

  it("that fails half way leaves the old report, and the exit code 2", function()
    shell.write(folder .. "/report.json", report.text("json", make_result()))
    shell.write(folder .. "/half.lua", writing 'out "half"; error "gone"')
    shell.write(folder .. "/old.txt", "old")
    local code, _, errors = shell.run(("%s lua/bin/tarsier convert %s/report.json -f %s/half.lua=%s/old.txt"):format(LUA, folder,
      folder, folder))
    assert.equal(2, code)
    assert.matches("half%.lua:1: gone", errors)
    assert.equal("old", shell.read(folder .. "/old.txt"))
  end)

  it("visits twenty thousand findings", function()
    local result = many(3)
    for i = 4, 20000 do result.findings[i] = result.findings[i - 3] end
    local seen = assert(run(writing [[
      local count = 0
      for _, finding in ipairs(report.findings) do if finding.fixed_by then count = count + 1 end end
      out(count)]], result))
    assert.equal("13334", seen)
  end)
end)
