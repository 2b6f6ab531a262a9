local core = require "tarsier.core"
local json = require "tarsier.json"

describe("JSON", function()
  local cases = {
    { "hello", '"hello"' }, { "a/b", '"a/b"' }, { "\\/", '"\\\\/"' }, { '"', '"\\""' },
    { "\n\1\127", '"\\n\\u0001\\u007f"' }, { "\\u007f", '"\\\\u007f"' },
    { "\u{9B}31m \u{202E} \u{E0041}", '"\\u009b31m \\u202e \\udb40\\udc41"' }, { "é日", '"é日"' },
    { "\255é\237\160\128", '"\u{FFFD}é\u{FFFD}\u{FFFD}\u{FFFD}"' }, { true, "true" }, { json.null, "null" },
    { 5, "5" }, { 5.0, "5" }, { -0.5, "-0.5" }, { 0.1, "0.1" }, { 1 / 3, "0.3333333333333333" },
    { 2 ^ 53, "9007199254740992" },
    { math.maxinteger, "9223372036854775807" }, { {}, "{}" }, { json.array {}, "[]" }, { { 1, "a" }, '[1,"a"]' },
    { { b = 1, a = { c = 2 } }, '{"a":{"c":2},"b":1}' },
    { json.object("z", 1, "no", nil, "a", false), '{"z":1,"a":false}' },
    { json.object(), "{}" }, { json.pick({ x = 1, y = 2, z = 3 }, "z x no"), '{"z":3,"x":1}' },
  }
  for _, case in ipairs(cases) do
    it("writes " .. case[2]:gsub("%c", "?"), function()
      assert.equal(case[2], json.encode(case[1]))
    end)
  end

  it("sees every byte, wherever in a text it is", function()
    for byte = 0, 255 do
      local char = string.char(byte)
      local escaped = json.encode(char):sub(2, -2)
      assert.equal(byte >= 0x20 and byte < 0x7f and not char:find '["\\]', escaped == char)
      assert.equal('"' .. escaped:rep(16) .. '"', json.encode(char:rep(16)))
      for before = 0, 9 do
        for behind = 0, 8, 8 do
          local text = ("a"):rep(before) .. "%s" .. ("~"):rep(behind)
          if json.encode((text:gsub("%%s", function() return char end)))
            ~= '"' .. text:gsub("%%s", function() return escaped end) .. '"' then
            error(("byte %d behind %d and before %d"):format(byte, before, behind))
          end
        end
      end
    end
  end)

  it("indents as Go does", function()
    local value = json.object("a", json.array {}, "b", { 1, { c = "d" } }, "e", {})
    assert.equal([[
{
    "a": [],
    "b": [
        1,
        {
            "c": "d"
        }
    ],
    "e": {}
}]], json.encode(value, { indent = "    " }))
  end)

  it("has no word for infinity, for functions and for keys that are no strings", function()
    for _, value in ipairs { { math.huge }, { 0 / 0 }, { print }, { a = { [true] = 1 } } } do
      assert.has_error(function() json.encode(value) end)
    end
  end)

  it("writes texts that are longer than a piece, and passes them on in pieces", function()
    local long, pieces = ("a/\"é\n"):rep(50000), {}
    json.write({ long }, function(piece) pieces[#pieces + 1] = piece end)
    assert.is_true(#pieces > 3)
    assert.equal('["' .. ('a/\\"é\\n'):rep(50000) .. '"]', table.concat(pieces))
  end)

  it("makes the items of a list when they are written", function()
    local made = 0
    local list = json.list({ 1, 2 }, function(n) made = made + 1 return json.object("n", n) end)
    assert.equal(0, made)
    assert.equal('[{"n":1},{"n":2}]', json.encode(list))
    assert.equal('["a"]', json.encode(json.list { "a" }))
    assert.equal("[]", json.encode(json.list {}))
  end)

  it("writes objects by their shape, without a function for each", function()
    local person = { name = "n", age = 3, home = { street = "s", town = "t", no = 1 }, friends = { { name = "f", age = 4 } },
      words = { "a", "b" }, off = false }
    for shape, expected in pairs {
      ["age\n  name  gone"] = '{"age":3,"name":"n"}', ["home{town street}"] = '{"home":{"town":"t","street":"s"}}',
      ["friends[name] age"] = '{"friends":[{"name":"f"}],"age":3}', ["words[]"] = '{"words":["a","b"]}',
      ["gone[] gone[a] gone{a} off[]"] = '{"gone":[],"gone":[],"off":[]}', ["off"] = '{"off":false}',
      ["off? gone[]? gone{a}? words[]? off[]? off{a}?"] = '{"words":["a","b"]}', ["off{a}"] = '{"off":false}',
      ["gone=none name=none off=on gone[]?"] = '{"gone":"none","name":"n","off":false}',
      ["home{} words[]"] = '{"home":{},"words":["a","b"]}', ["friends[home{x}? age]"] = '{"friends":[{"age":4}]}',
    } do
      assert.equal(expected, json.encode(json.pick(person, shape)), shape)
      assert.equal("[" .. expected .. "," .. expected .. "]", json.encode(json.list({ person, person }, shape)), shape)
    end
    assert.equal('{\n "home": {\n  "town": "t"\n },\n "words": [\n  "a",\n  "b"\n ],\n "gone": []\n}',
      json.encode(json.pick(person, "home{town} words[] gone[]"), { indent = " " }))
    assert.equal("{<a>:<b>}", json.encode(json.pick({}, "a=b"), { string = function(s) return "<" .. s .. ">" end }))
    for _, shape in ipairs { "home{town", "friends[name{}", "age[]", "name[x]", "words[x]" } do
      assert.has_error(function() json.encode(json.pick(person, shape)) end)
    end
    local loop = {}
    loop.a = loop
    local deep = ("a{"):rep(250) .. ("}"):rep(250)
    assert.matches("nests too deep", select(2, pcall(json.encode, json.pick(loop, deep))))
  end)

  it("writes strings another program's way", function()
    assert.equal("{<a>:[<b>]}", json.encode(json.object("a", { "b" }), { string = function(s) return "<" .. s .. ">" end }))
    assert.has_error(function() json.encode("a", { string = function() return {} end }) end)
  end)

  it("refuses objects without a key for each value, and tables that contain themselves", function()
    local message = "a key without a value, or a function that returned two values"
    assert.matches(message, select(2, pcall(json.object, "a", ("b"):gsub("b", "c"))), 1, true)
    assert.has_error(function() json.object(1, 2) end)
    local loop = {}
    loop[1] = loop
    assert.matches("nests too deep", select(2, pcall(json.encode, loop)))
    local deep = json.array {}
    for _ = 2, 200 do deep = { deep } end
    assert.equal(("["):rep(200) .. ("]"):rep(200), json.encode(deep))
    assert.has_error(function() json.encode { deep } end)
  end)

  it("passes an error of the function that takes the pieces on", function()
    local told = {}
    assert.equal(told, select(2, pcall(json.write, { 1 }, function() error(told) end)))
  end)

  it("reads whole numbers as integers", function()
    local value = json.decode '{"a":5,"b":[1,2.5,null]}'
    assert.equal("integer", math.type(value.a))
    assert.same({ 1, 2.5, json.null }, value.b)
  end)

  it("says why it cannot read", function()
    local value, message = json.decode "{"
    assert.is_nil(value)
    assert.is_string(message)
  end)

  it("reads what it wrote", function()
    local value = { list = { "x", "\0\1\u{10FFFF}/" }, number = 0.1 + 0.2 }
    assert.same(value, json.decode(json.encode(value)))
  end)
end)

-- read(text, [takers], [size]): the text in pieces of that many bytes
local function read(text, takers, size)
  local at = 1
  return core.read_json(function()
    if at > #text then return nil end
    at = at + (size or #text)
    return text:sub(at - (size or #text), at - 1)
  end, takers or {})
end

describe("JSON that is read in pieces", function()
  local text = '{"a":[{"x":"é\\u00e9\\n"},null,[true,false]],"b":{"a":[1]},"c":-1.5e2,"n":null,"list":[1,2,3]}'

  it("is the same wherever it is cut", function()
    for size = 1, #text do
      local value = assert(read(text, {}, size))
      assert.same({ a = { { x = "éé\n" }, nil, { true, false } }, b = { a = { 1 } }, c = -150.0, list = { 1, 2, 3 } }, value)
    end
  end)

  it("gives the items of the outermost object's lists away, and keeps what it gets for them", function()
    local taken = {}
    local value = read(text, { list = function(item, i) taken[i] = item return item * 2 end,
      a = function(item, i) return i .. type(item) end })
    assert.same({ 1, 2, 3 }, taken)
    assert.same({ 2, 4, 6 }, value.list)
    assert.same({ "1table", "2nil", "3table" }, value.a)
    assert.same({ 1 }, value.b.a)
    assert.same({ a = { x = 1 } }, read('{"a":{"x":1}}', { a = function() return 7 end }))
    assert.same({ { a = { 1 } } }, read('[{"a":[1]}]', { a = function() return 7 end }))
  end)

  it("has floats only, as lua-cjson has", function()
    for written, number in pairs { ["5"] = 5.0, ["-0"] = -0.0, ["1e3"] = 1000.0, ["12345678901234567890"] = 12345678901234567890.0,
      ["1e999"] = math.huge } do
      assert.equal(number, read(written))
      assert.equal("float", math.type(read(written)))
    end
  end)

  it("is refused if it is not JSON, or nests too deep", function()
    for _, wrong in ipairs { "", "{", "[1,]", '{"a"}', "[1] 2", "nul", '"\255"', "[1", "\239\187\191[]" } do
      local value, message = read(wrong)
      assert.is_nil(value, wrong)
      assert.is_string(message)
    end
    assert.is_table(read(("["):rep(200) .. ("]"):rep(200)))
    assert.has_error(function() read(("["):rep(201)) end, "it nests more than 200 levels deep")
    assert.has_error(function() read(("1"):rep(64)) end)
  end)

  it("passes errors of the functions on", function()
    local told = {}
    assert.equal(told, select(2, pcall(read, text, { list = function() error(told) end })))
    assert.equal(told, select(2, pcall(core.read_json, function() error(told) end, {})))
    assert.has_error(function() core.read_json(function() end) end, "bad argument #2 to 'read_json' (table expected, got no value)")
  end)
end)
