-- JSON that comes in pieces, cut into values: the same whatever the pieces are.
local stream = require "tarsier.probe".clair.json_stream

local TEXT = [==[ { "a" : {"b":[1, -2.5e3 ,true,{"c":"x\"]},"}],"d":{}} , "e\u0041":null, "-f":{"g":[{"h":"\\"},2]},
  "i":[], "j":[[[ [1] ]]], "k":"z"}
]==]

local VALUES = { ".a.b[] = 1", ".a.b[] = -2500.0", ".a.b[] = true", '.a.b[].c = "x\\"]},"', ".eA = null",
  '.-f = {"g":[{"h":"\\\\"},2]}', ".j[][][] = [1]", '.k = "z"' }

describe("a JSON stream", function()
  it("gives the same values for pieces of every size", function()
    for size = 1, #TEXT do assert.same(VALUES, stream(TEXT, size), size) end
  end)

  it("takes an empty object", function()
    assert.same({}, stream("{}", 1))
    assert.same({}, stream(" \r\n\t{ } ", 2))
  end)

  for text, why in pairs {
    [""] = "it ends", [" "] = "it ends", ["["] = "no brace", ["1"] = "no brace", ["{"] = "it ends", ["{1"] = "no key",
    ["{,"] = "no key", ['{"a"'] = "it ends", ['{"a",'] = "no colon", ['{"a":'] = "it ends", ['{"a":}'] = "no value",
    ['{"a":1'] = "it ends", ['{"a":1,}'] = "no key", ['{"a":1 "b"'] = "no comma", ['{"a":1]'] = "no comma",
    ['{"a":[1}'] = "no comma", ['{"a":[1,]}'] = "no value", ['{"a":[,1]}'] = "no value", ['{"a":x}'] = "no value",
    ['{"a":01}'] = "JSON", ['{"a":truth}'] = "JSON", ['{"a":"\\x"}'] = "JSON", ['{"\xff":1}'] = "JSON",
    ['{"a":"\xff"}'] = "JSON", ['{"-a":{"b":1,}}'] = "JSON", ['{"-a":[1}]}'] = "JSON", ['{}x'] = "more text",
    ['{}{}'] = "more text", ['{"a":1,"a":2}'] = 'key "a" twice', ['{"a":{"b":1,"c":{},"b":2}}'] = 'key "b" twice',
    ['{"a":1,"\\u0061":2}'] = 'key "a" twice', ['{"-a":{"b":1,"b":2}}'] = "duplicate", ['{"a":"b'] = "it ends",
  } do
    it("refuses " .. text, function()
      for size = 1, #text + 1 do
        local values, message, code = stream(text, size)
        assert.is_nil(values)
        assert.equal("BACKEND", code)
        assert.is_truthy(message:find("it ", 1, true) == 1 and message:find(why, 1, true), message)
      end
    end)
  end

  it("has limits: of a key, of a value, of the depth inside a value", function()
    for text, size in pairs { ['{"' .. ("k"):rep(2000)] = "1024", ['{"a":"' .. ("v"):rep(2 << 20)] = "1048576",
      ['{"-a":' .. ("["):rep(300) .. ("]"):rep(300) .. "}"] = "200" } do
      local values, message, code = stream(text, 4096)
      assert.is_nil(values)
      assert.equal("LIMIT", code)
      assert.is_truthy(message:find(size, 1, true), message)
    end
  end)
end)
