-- Feeds in Lua: what they give, and what becomes of those that break, run on, or are none.
local core = require "tarsier.core"
local json = require "cjson"
local shell = require "support.shell"

local EXAMPLE = "engine/examples/feed.lua"
local HOLES = "# acme security\nid,package,fixed,severity,title\nACME-7,acme-shop,4.2.0,high,Prices may be changed\n"
  .. "ACME-8,acme-shop,,low,Names may be read"

describe("a feed in Lua", function()
  local folder
  before_each(function() folder = shell.folder() end)
  after_each(function() shell.remove(folder) end)

  local function file(name, text)
    shell.write(folder .. "/" .. name, text)
    return folder .. "/" .. name
  end

  -- -> records | false | nil, message, code
  local function convert(script, path)
    local out = assert(io.open(folder .. "/out.json", "wb"))
    local count, message, code = core.convert_feed(script, path, out)
    out:close()
    if not count then return count, message, code end
    local records = json.decode(shell.read(folder .. "/out.json"))
    assert.equal(count, #records)
    return records
  end

  local function script(body, fields)
    return file("own.lua", ("return { name = 'own', %s read = function(value, name) %s end }"):format(fields or "", body))
  end

  it("has examples that are its tests", function()
    assert.equal(2, core.test_feed(EXAMPLE))
    local text = shell.read(EXAMPLE)
    local changed = file("changed.lua", (text:gsub('fixed = "4.2.0"', 'fixed = "4.2.1"')))
    local _, message, code = core.test_feed(changed)
    assert.equal("POLICY", code)
    assert.truthy(message:find("example 2, record 1: read gives", 1, true), message)
    changed = file("changed.lua", (text:gsub('"# acme security", expect = {}', '"# acme security", expect = { { id = "x" } }')))
    assert.matches("example 1: read gives 0 records, expected 1", select(2, core.test_feed(changed)))
  end)

  it("has examples with a content and a list of records", function()
    for _, wrong in ipairs { "{ expect = {} }", "{ content = 'x' }", "{ content = 'x', expect = 'x' }" } do
      local _, message, code = core.test_feed(script("return nil", "examples = { { content = 'x', expect = {} }, " .. wrong .. " },"))
      assert.equal("POLICY", code)
      assert.truthy(message:find("example 2 must have 'content' and a list 'expect'", 1, true), message)
    end
  end)

  it("reads lines, and remembers what came before", function()
    local records = convert(EXAMPLE, file("holes.csv", HOLES))
    assert.same({ "ACME-7", "ACME-8" }, { records[1].id, records[2].id })
    assert.same({ { introduced = "0" } }, records[2].affected[1].ranges[1].events)
    local reordered = HOLES:gsub("id,package", "package,id"):gsub("ACME%-7,acme%-shop", "acme-shop,ACME-7")
      :gsub("ACME%-8,acme%-shop", "acme-shop,ACME-8"):gsub("\n", "\r\n")
    assert.same(records, convert(EXAMPLE, file("holes.csv", reordered)))
  end)
  it("reads a packed file", function()
    file("holes.csv", HOLES)
    shell.capture(("gzip -k %s/holes.csv"):format(folder))
    assert.equal(2, #convert(EXAMPLE, folder .. "/holes.csv.gz"))
  end)
  it("reads only what it recognises", function()
    assert.is_false(convert(EXAMPLE, file("other.csv", "id,package")))
    assert.equal(0, #convert(EXAMPLE, file("empty.csv", "# acme security")))
  end)
  it("reads JSON, each element of a list or the document", function()
    local own = script("return { { id = value.id, n = value.n, first = value.list and value.list[1], file = name } }",
      "format = 'json',")
    local path = file("x.json", '[{"id":"A","n":1,"list":[null,2],"none":null},{"id":"B","n":1.5,"list":["x"]}]')
    assert.same({ { id = "A", n = 1, first = false, file = path }, { id = "B", n = 1.5, first = "x", file = path } },
      convert(own, path))
    assert.same({ { id = "C", n = 1, file = path } }, convert(own, file("x.json", '{"id":"C","n":1}')))
  end)
  it("reads a text", function()
    assert.same({ { id = "hello\n" } }, convert(script "return { { id = value } }", file("x", "hello\n")))
    assert.same({}, convert(script "return nil", file("x", "")))
  end)
  it("gives the same in each file", function()
    local own = script "n = (n or 0) + 1 return { { id = 'ID-' .. n } }"
    for _ = 1, 2 do
      local records, message = convert(own, file("x", "hello"))
      assert.truthy(records and records[1].id == "ID-1" or message:find("global 'n'", 1, true), message)
    end
  end)

  for words, body in pairs {
    ["own.lua"] = "error 'no'", ["instructions"] = "while true do end",
    ["memory"] = "local s = 'x' while true do s = s .. s end", ["must return a list"] = "return 7",
    ["record 1 is not a table"] = "return { 7 }", ["a record without an 'id'"] = "return { { name = 'x' } }",
    ["global 'io'"] = "io.open 'x'", ["global 'require'"] = "require 'x'", ["global 'load'"] = "load 'x'",
    ["deep"] = "local t = { id = 'x' } t.t = t return { t }",
    ["neither a list nor has text keys"] = "return { { id = 'x', [{}] = 1 } }", ["not finite"] = "return { { id = 'x', n = 1/0 } }",
    ["function"] = "return { { id = 'x', f = print or error } }",
    ["limit"] = "local t = { ('x'):rep(1 << 20) } for i = 1, 30 do t = { t, t } end return { { id = 'x', t = t } }",
  } do
    it("fails with its name: " .. body, function()
      local _, message, code = convert(script(body), file("x", "hello"))
      assert.truthy(code == "POLICY" or code == "LIMIT" or code == "FORMAT", code)
      assert.truthy(words == "deep" or words == "limit" or message:find(words, 1, true), message)
      assert.truthy(message:find("own.lua", 1, true), message)
    end)
  end

  it("is bounded in what it reads", function()
    local lines = script("return nil", "format = 'lines',")
    local _, message, code = convert(lines, file("x", ("x"):rep((1 << 20) + 70000)))
    assert.equal("LIMIT", code)
    assert.matches("a line of more than", message)
    _, message, code = convert(script "return nil", file("x", ("x"):rep((8 << 20) + 1)))
    assert.equal("LIMIT", code)
    assert.truthy(message:find('a larger file needs format = "lines"', 1, true), message)
    local own = script("return nil", "format = 'json',")
    _, message, code = convert(own, file("x", ("[" .. ("["):rep(100) .. ("]"):rep(100) .. "]")))
    assert.equal("POLICY", code)
    assert.matches("JSON nests more than", message)
    assert.equal("FORMAT", select(3, convert(own, file("x", "[{]"))))
    assert.matches("/none", select(2, convert(own, folder .. "/none")))
  end)

  for words, text in pairs {
    ["a feed is a table"] = "return 7", ["no 'name'"] = "return {}", ["'read' must be a function"] = "return { name = 'own' }",
    ["'format' must be text, lines or json"] = "return { name = 'own', format = 'xml', read = function() end }",
    ["'recognise' must be a function"] = "return { name = 'own', recognise = 1, read = function() end }",
    ["own.lua"] = "return {,",
  } do
    it("is refused: " .. text, function()
      local _, message, code = convert(file("own.lua", text), file("x", "hello"))
      assert.equal("POLICY", code)
      assert.truthy(message:find(words, 1, true), message)
    end)
  end

  local function tarsier(line)
    return shell.run(("env -u TARSIER_DB HOME=%s LUA_PATH='lua/?.lua;lua/?/init.lua;engine/examples/?.lua' LUA_CPATH='build/?.so;;' "
      .. "lua5.4 lua/bin/tarsier %s"):format(folder, (line:gsub("@", folder .. "/"))))
  end

  it("is an option of the command, as a file or a module", function()
    file("holes.csv", HOLES)
    for _, name in ipairs { EXAMPLE, "feed" } do
      local code, _, err = tarsier("db import --db @x.db --feed " .. name .. " @holes.csv tests/data/feeds/osv/plain.json")
      assert.equal(0, code, err)
      assert.matches("holes.csv: osv, 2 records", err)
      local _, out = tarsier "db search --db @x.db npm acme-shop"
      assert.matches("ACME%-7  High.*npm acme%-shop: < 4.2.0.*ACME%-8  Low", out)
    end
    local code, _, err = tarsier "db import --db @x.db --feed none.such @holes.csv"
    assert.equal(4, code)
    assert.matches("%-%-feed none.such: no file none.such.lua", err)
  end)
  it("that fails leaves the old database, and names the file", function()
    file("holes.csv", HOLES)
    assert.equal(0, (tarsier("db import --db @x.db --feed " .. EXAMPLE .. " @holes.csv")))
    script "error 'no'"
    local code, _, err = tarsier "db import --db @x.db --feed @own.lua @holes.csv"
    assert.equal(4, code)
    assert.truthy(err:find("holes.csv", 1, true) and err:find("own.lua", 1, true), err)
    script "return { { id = 'X-1' } }" -- nothing is affected
    code, _, err = tarsier "db import --db @x.db --feed @own.lua @holes.csv"
    assert.equal(4, code)
    assert.matches("holes.csv: nothing in it can be used: not an OSV record", err)
    local _, out = tarsier "db search --db @x.db npm acme-shop"
    assert.matches("ACME%-7", out)
  end)
end)
