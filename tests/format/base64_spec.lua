-- base64: RFC 4648, with its vectors (section 10).

local base64 = require "tarsier.probe".base64

local VECTORS = { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=", foobar = "Zm9vYmFy" }

describe("base64", function()
  it("is written with padding, and for URLs without", function()
    for bytes, text in pairs(VECTORS) do
      assert.equal(text, base64.encode(bytes))
      assert.equal((text:gsub("=", "")), base64.encode(bytes, true))
    end
    assert.equal("+/+/", base64.encode "\xfb\xff\xbf")
    assert.equal("-_-_", base64.encode("\xfb\xff\xbf", true))
  end)

  it("is read with padding and without, in both alphabets", function()
    for bytes, text in pairs(VECTORS) do
      assert.equal(bytes, base64.decode(text))
      assert.equal(bytes, base64.decode((text:gsub("=", ""))))
    end
    assert.equal("\xfb\xff\xbf", base64.decode "+/+/")
    assert.equal("\xfb\xff\xbf", base64.decode "-_-_")
  end)

  it("has nothing else in it", function()
    for _, text in ipairs { "Zg===", "===", "Z", "Zm9vY", "Zm 9v", "Zm9v\n", "Zg=Zg", "Zm9v!", "Zm9v\0", "\xc3\xa9aa" } do
      assert.is_nil(base64.decode(text), text)
    end
  end)

  it("keeps every byte", function()
    local bytes = {}
    for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
    for length = 250, 256 do
      local text = table.concat(bytes, "", 1, length)
      assert.equal(text, base64.decode(base64.encode(text)))
      assert.equal(text, base64.decode(base64.encode(text, true)))
    end
  end)
end)
