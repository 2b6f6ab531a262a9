-- Readers in Lua: what they find, and what becomes of those that break, run on, or are none.
local core = require "tarsier.core"
local images = require "support.images"

local EXAMPLE = "engine/examples/reader.lua"

describe("a reader in Lua", function()
  local folder
  before_each(function() folder = images.folder() end)
  after_each(function() images.remove(folder) end)

  local function write(...)
    local layout, tars = images.layout(), {}
    for i, members in ipairs { ... } do tars[i] = { tar = images.tar(members) } end
    layout:add(layout:image { layers = tars }, "latest")
    return "oci:" .. layout:write(folder .. "/image")
  end

  local function scan(reference, ...)
    local engine <close> = assert(core.open { cache_dir = folder .. "/cache", readers = { ... } })
    return assert(engine:scan(reference))
  end

  local function rows(report)
    local list = {}
    for i, p in ipairs(report:packages()) do
      list[i] = ("%s %s %s %s@%d"):format(p.reader, p.type, p.name, p.version, p.layer)
    end
    return table.concat(list, ", ")
  end

  local function problem_of(report)
    for _, problem in ipairs(report:problems()) do
      if problem.kind == "unreadable" then return problem.subject .. ": " .. problem.message end
    end
  end

  local function reader(text)
    return images.write(folder .. "/own.lua", text)
  end

  it("has examples that are its tests", function()
    assert.equal(1, core.test_reader(EXAMPLE))
    local text = images.read(EXAMPLE)
    local _, message, code = core.test_reader(reader((text:gsub('version = "4.2.0"', 'version = "4.2.1"'))))
    assert.equal("POLICY", code)
    assert.truthy(message:find("'version' is \"4.2.0\", expected \"4.2.1\"", 1, true), message)
    local function test(examples, found)
      return core.test_reader(reader(("return { name = 'own', evidence = { 'x' }, read = function() return %s end, examples = { %s } }")
        :format(found or "{ { name = 'a', version = '1' }, { name = 'b', version = '2' } }", examples)))
    end
    local one = "{ path = 'x', content = '', expect = { { name = 'a' }, { version = '2' } } }"
    assert.equal(2, test(one .. ", " .. one))
    assert.equal(1, (test("{ path = 'x', content = '', expect = {} }", "nil")))
    for words, case in pairs {
      ["example 1 must have 'path', 'content'"] = { "{ content = '', expect = {} }" },
      ["example 2 must have 'path', 'content'"] = { one .. ", { path = 'x', expect = {} }" },
      ["and a list 'expect'"] = { "{ path = 'x', content = '', expect = 'x' }" },
      ["example 1: read found 2 packages, expected 1"] = { "{ path = 'x', content = '', expect = { { name = 'a' } } }" },
      ["example 1: read found 0 packages, expected 1"] = { "{ path = 'x', content = '', expect = { { name = 'a' } } }", "nil" },
      ["example 2 is not a table"] = { one .. ", 7" },
      ["example 1, package 2: not a table"] = { "{ path = 'x', content = '', expect = { { name = 'a' }, 7 } }" },
      ["example 1, package 1: not a table"] = { "{ path = 'x', content = '', expect = { { name = 'a' } } }", "{ 7 }" },
      ["example 2, package 2: 'name' is \"b\", expected \"a\""] =
        { one .. ", { path = 'x', content = '', expect = { {}, { name = 'a' } } }" },
      ["read must return a list of packages, or nil, not a number"] = { one, "7" },
    } do
      local count, said = test(case[1], case[2])
      assert.is_nil(count, words)
      assert.truthy(said:find(words, 1, true), said)
    end
  end)

  it("finds what the image shows, with its layer, and again from the cache", function()
    local reference = write({ { "opt/acme/shop/VERSION", "version: 1.0\n" }, { "opt/acme/gone/VERSION", "version: 1\n" } },
      { { "opt/acme/shop/VERSION", "version: 2.0\nlicense: expat\n" }, { "opt/acme/gone/.wh.VERSION", "" } },
      { { "opt/acme/shop/VERSION", "version: 2.0\nlicense: expat\n" } })
    for _ = 1, 2 do
      local report = scan(reference, EXAMPLE)
      assert.equal("acme generic acme/shop 2.0@2", rows(report))
      assert.same({ "MIT" }, report:packages()[1].licenses)
    end
    assert.equal("", rows(scan(reference)), "without the reader")
    assert.equal("acme generic acme/shop 2.0@2", rows(scan(reference, EXAMPLE)))
    -- The function may change without a new look at the layers; evidence may not.
    local changed = reader((images.read(EXAMPLE):gsub("version = version", 'version = version .. "-x"')))
    assert.equal("acme generic acme/shop 2.0-x@2", rows(scan(reference, changed)))
  end)

  it("that breaks, runs on or takes too much makes its file unreadable, and is named", function()
    local reference = write { { "opt/x", "hello" } }
    for words, body in pairs {
      ["reader own: "] = "error 'no'", ["instructions"] = "while true do end",
      ["memory"] = "local s = 'x' while true do s = s .. s end",
      ["must return a list"] = "return 7", ["is not a table"] = "return { 7 }", ["without a name"] = "return { { version = '1' } }",
      ["has no version"] = "return { { name = 'x' } }", ["control bytes"] = "return { { name = 'a\\0b', version = '1\\n' } }",
      ["must be a string"] = "return { { name = {}, version = '1' } }", ["global 'io'"] = "io.open 'x'",
      ["global 'require'"] = "require 'x'",
    } do
      local report = scan(reference, reader("return { name = 'own', evidence = { 'opt/x' }, read = function() " .. body .. " end }"))
      assert.equal("", rows(report), body)
      local problem = problem_of(report)
      assert.truthy(problem and problem:find(words, 1, true), body .. ": " .. tostring(problem))
    end
  end)

  it("gets no more than its limit", function()
    local own = reader "return { name = 'own', limit = 4, evidence = { 'opt/x' }, read = function() end }"
    assert.truthy(problem_of(scan(write { { "opt/x", "hello" } }, own)):find("larger than the 4 bytes", 1, true))
  end)

  it("of another name or limit does not get what the cache has of the first", function()
    local reference = write { { "opt/x", "hello" } }
    local text = [[return { name = "%s", limit = %d, evidence = { "opt/x" },
      read = function() return { { name = "x", version = "1" } } end }]]
    for _, case in ipairs { { "one", 4, "" }, { "one", 5, "one generic x 1@1" }, { "two", 5, "two generic x 1@1" },
      { "one", 4, "" } } do
      local report = scan(reference, reader(text:format(case[1], case[2])))
      assert.equal(case[3], rows(report))
      assert.equal(case[3] == "", problem_of(report) ~= nil)
    end
  end)

  it("that is none is refused when the engine is opened", function()
    for words, text in pairs {
      ["a reader is a table"] = "return 7", ["no 'name'"] = "return {}", ["'evidence' must"] = "return { name = 'own', read = print }",
      ["'evidence' must be a list of patterns"] = "return { name = 'own', evidence = 'x', read = function() end }",
      ["must be a list of patterns"] = "return { name = 'own', evidence = { 'x', 7 }, read = function() end }",
      ["'evidence' must have 1 to 100 patterns"] = "return { name = 'own', evidence = {}, read = function() end }",
      ["have 1 to 100 patterns"] = "local t = {} for i = 1, 101 do t[i] = 'x' .. i end "
        .. "return { name = 'own', evidence = t, read = function() end }",
      ["its limit must be at most 16777216 bytes"] =
        "return { name = 'own', limit = (16 << 20) + 1, evidence = { 'x' }, read = function() end }",
      ["'read' must be a function"] = "return { name = 'own', evidence = { 'x' } }",
      ["another reader of this name"] = "return { name = 'dpkg', evidence = { 'x' }, read = function() end }",
      ["1 to 64 letters"] = "return { name = 'a b', evidence = { 'x' }, read = function() end }",
      ["number of bytes"] = "return { name = 'own', limit = -1, evidence = { 'x' }, read = function() end }",
      ["syntax error"] = "return {,",
    } do
      local engine, message = core.open { cache_dir = "", readers = { reader(text) } }
      assert.is_nil(engine, text)
      assert.truthy(message:find(words, 1, true) or words == "'read' must be a function" or words == "'evidence' must"
        or words == "syntax error", message)
    end
    local _, _, code = core.open { cache_dir = "", readers = { folder .. "/none.lua" } }
    assert.equal("NOT_FOUND", code)
  end)

  it("is an option of the command, as a file or a module", function()
    local reference = write { { "opt/acme/shop/VERSION", "version: 3\n" } }
    local command = "LUA_PATH='lua/?.lua;lua/?/init.lua;engine/examples/?.lua' LUA_CPATH='build/?.so;;' lua5.4 lua/bin/tarsier packages "
      .. "-f tsv --no-cache --reader %s %s"
    for _, name in ipairs { EXAMPLE, "reader" } do
      assert.truthy(images.run(command:format(name, reference) .. " || true"):find("generic\tacme/shop\t3\n", 1, true), name)
    end
    assert.truthy(images.run(command:format("none.such", reference) .. " 2>&1 || true"):find("no Lua module of this name", 1, true))
  end)
end)
