-- JSON that is walked without building values.

local probe = require "tarsier.probe".json_walk

local function members(text)
  local found, kind, code = probe.walk(text)
  if not found then return nil, kind, code end
  local list = {}
  for i, member in ipairs(found) do list[i] = member[1] .. "=" .. member[2] end
  return table.concat(list, " "), kind
end

describe("a JSON text that is walked", function()
  it("gives its members as they are written", function()
    local list, kind = members ' {"a" : 1, "b":[1, {"c":[]}],"\\u0061":"x\\n" , "d":null,"e":-1.5E+3, "":true} '
    assert.equal('a=1 b=[1, {"c":[]}] \\u0061="x\\n" d=null e=-1.5E+3 =true', list)
    assert.equal("object", kind)
    list, kind = members '\xef\xbb\xbf[1,"a",[]]'
    assert.equal('=1 ="a" =[]', list)
    assert.equal("array", kind)
    assert.equal("", members "{}")
    assert.equal("", members "[ ]")
  end)

  it("has numbers as RFC 8259 writes them", function()
    for _, number in ipairs { "0", "-0", "10", "0.5", "1e5", "1E-5", "1e+5", "-1.25e9", "9" } do
      assert.equal("=" .. number, members("[" .. number .. "]"))
    end
    for _, text in ipairs { "01", "1.", ".5", "-", "+1", "1e", "1e+", "0x1", "1 2", "NaN", "-a", ":", "/" } do
      assert.is_nil(members("[" .. text .. "]"), text)
    end
  end)

  it("has escapes of every hexadecimal digit", function()
    for digit in ("0123456789abcdefABCDEF"):gmatch "." do
      for place = 1, 4 do
        local escape = "\\u" .. ("0"):rep(place - 1) .. digit .. ("0"):rep(4 - place)
        assert.is_truthy(members('["' .. escape .. '"]'), escape)
      end
    end
    for wrong in ("gG/:@`xz -"):gmatch "." do assert.is_nil(members('["\\u00' .. wrong .. '0"]'), wrong) end
    for _, text in ipairs { '\\u123', "\\x", "\\", "\\'", "\n", "\t", "\0", "\31" } do
      assert.is_nil(members('["' .. text .. '"]'), text)
    end
    assert.equal('"\\/\b\f\n\r\té€😀\127 ', probe.walk [==[["\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00\u0000\u0020"]]==][1][3])
    for _, half in ipairs { "\\ud83d", "\\ude00", "\\ud83dx", "\\ud83d\\u0041" } do
      assert.equal("\127", probe.walk('["' .. half .. '"]')[1][3]:sub(1, 1), half)
    end
    for text, meant in pairs { ["\\ude00\\ude00"] = "\127\127", ["\\ud83dxude00"] = "\127xude00", ["\\ud83d\\nde00"] = "\127\nde00",
      ["\\ud83d\\udc00"] = "\u{1f400}", ["\\udbff\\udfff"] = "\u{10ffff}", ["\\ud800\\udc00"] = "\u{10000}",
      ["\\ud7ff\\ue000"] = "\u{d7ff}\u{e000}", ["\\u007f\\u0080\\u07ff\\u0800"] = "\127\u{80}\u{7ff}\u{800}" } do
      assert.equal(meant, probe.walk('["' .. text .. '"]')[1][3], text)
    end
    for _, other in ipairs { "1", "123", "[1]", "null", '{"a":"b"}' } do
      assert.equal("", probe.walk("[" .. other .. "]")[1][3], other)
    end
  end)

  it("is refused if anything is missing, left over or out of place", function()
    for _, text in ipairs { "", " ", "1", '"a"', "null", "{", "[", "[1", '{"a"', '{"a":', '{"a":1', '{"a":1,}', "[1,]", "[,1]",
      "{,}", '{1:2}', '{"a" 1}', '{"a":1 "b":2}', "[1 2]", "[]]", "{}{}", "[] x", "[tru]", "[nul]", "[True]", '["a]', "[[1}",
      '{"a":}', "\xef\xbb[]", "[1]\xef\xbb\xbf" } do
      local found, _, code = members(text)
      assert.is_nil(found, text)
      assert.equal("FORMAT", code)
    end
    local _, message = members '{"a":1,\n\n  "b":x}'
    assert.matches("the text.*line 3", message)
  end)

  it("has values of 200 levels", function()
    assert.equal(1, #probe.walk(("["):rep(201) .. ("]"):rep(201)))
    local found, _, code = probe.walk(("["):rep(202) .. ("]"):rep(202))
    assert.is_nil(found)
    assert.equal("LIMIT", code)
    found, _, code = probe.walk(('{"a":'):rep(100000))
    assert.is_nil(found)
    assert.equal("LIMIT", code)
  end)

  it("has keys that mean a name", function()
    for key, name in pairs { name = "name", ["n\\u0061me"] = "name", ["\\u006eame"] = "name", [""] = "" } do
      assert.is_true(probe.key_is(key, name), key)
    end
    for _, key in ipairs { "nam", "names", "Name", "n\\u0041me", ("name"):rep(20), "" } do
      assert.is_false(probe.key_is(key, "name"), key)
    end
  end)
end)

describe("the head of a JSON text", function()
  it("has the names of its object, whatever the values are", function()
    for text, names in pairs {
      ['{"a":1,"b":"x,y","c":{"no":[1,{"no":2}],"no":3},"d":[[],[1,2]],"e":null}'] = "a b c d e ",
      ['\xef\xbb\xbf \t\n\v\f\r{ "a" : 1 , "b" : "\\"}," }'] = "a b ", [' [ {"a":{"no":1},"b":2},{"no":3}]'] = "a b ",
      ['{"a\\"b":1,"":2}'] = 'a\\"b  ', ['{"a":1},"no":2'] = "a ", ['{"a":[1,2]],"no":2'] = "a ", ['{"a":1}}'] = "a ",
      ["{}"] = "", ["[]"] = "", ["[1"] = "", [""] = "", ["x{}"] = "", ["[[{"] = "", ["{1:2}"] = "", ['{"a" 1}'] = "", ['"a":1'] = "",
      ['{\0"a":1}'] = "",
    } do
      assert.equal(names, probe.names(text), text)
    end
  end)

  it("may end anywhere", function()
    local text = '{"a":"x\\"y","bc":[1,{}],"d":2}'
    local names = { [0] = "", [5] = "a ", [17] = "a bc ", [28] = "a bc d " }
    local expected = names[0]
    for length = 0, #text do
      expected = names[length] or expected
      assert.equal(expected, probe.names(text, length), text:sub(1, length))
    end
  end)
end)
