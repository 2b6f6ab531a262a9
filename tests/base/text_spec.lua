local ground = require "tarsier.probe".ground
local text = require "tarsier.probe".text

-- By lead byte: the first and the last character of each length, and what lies just outside.
local characters = {
  ["\0"] = 1, ["\x7f"] = 1, ["\x80"] = 0, ["\xbf"] = 0, ["\xc0\x80"] = 0, ["\xc1\xbf"] = 0,
  ["\xc2\x80"] = 2, ["\xdf\xbf"] = 2, ["\xc2\x7f"] = 0, ["\xc2\xc0"] = 0, ["\xc2"] = 0,
  ["\xe0\x9f\xbf"] = 0, ["\xe0\xa0\x80"] = 3, ["\xe0\xa0"] = 0, ["\xec\x80\x80"] = 3, ["\xed\x9f\xbf"] = 3,
  ["\xed\xa0\x80"] = 0, ["\xee\x80\x80"] = 3, ["\xef\xbf\xbf"] = 3, ["\xef\xbf\xc0"] = 0,
  ["\xf0\x8f\xbf\xbf"] = 0, ["\xf0\x90\x80\x80"] = 4, ["\xf0\x90\x80"] = 0, ["\xf3\xbf\xbf\xbf"] = 4,
  ["\xf4\x8f\xbf\xbf"] = 4, ["\xf4\x90\x80\x80"] = 0, ["\xf5\x80\x80\x80"] = 0, ["\xff"] = 0, [""] = 0,
}

describe("UTF-8", function()
  it("gives the length of the first character, by its lead byte", function()
    for bytes, length in pairs(characters) do
      assert.equal(length, text.character(bytes), ("%q"):format(bytes))
      if length > 0 then assert.equal(length, text.character(bytes .. "\x80")) end
    end
  end)

  it("agrees with Lua's own utf8 on every pair and triple of interesting bytes", function()
    local interesting = { 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff }
    for _, a in ipairs(interesting) do
      for _, b in ipairs(interesting) do
        for _, c in ipairs(interesting) do
          local bytes = string.char(a, b, c, 0xbf)
          local length = text.character(bytes)
          local expected = 0
          for n = 1, 4 do
            if utf8.len(bytes:sub(1, n)) == 1 then expected = n end
          end
          assert(length == expected, ("%02x %02x %02x: %d"):format(a, b, c, length))
        end
      end
    end
  end)

  it("tells which characters are not seen, and which is which", function()
    local found, first = {}, nil
    local function see(code)
      local read, hidden = text.code(utf8.char(code))
      if read ~= code then error(code .. " is read as " .. read) end -- an assert for each takes seconds
      if hidden and not first then first = code end
      if not hidden and first then
        found[#found + 1] = ("%x-%x"):format(first, code - 1)
        first = nil
      end
    end
    for code = 0, 0xd7ff do see(code) end
    for code = 0xe000, 0x1ffff do see(code) end
    for code = 0xdff00, 0xe1100 do see(code) end
    for code = 0x10ff00, 0x10ffff do see(code) end
    assert.equal("80-9f ad-ad 34f-34f 61c-61c 115f-1160 17b4-17b5 180b-180f 200b-200f 2028-202e 2060-206f 3164-3164 "
      .. "fe00-fe0f feff-feff ffa0-ffa0 fff0-fffb 1bca0-1bca3 1d173-1d17a e0000-e0fff", table.concat(found, " "))
  end)

  it("cuts between characters, whatever their length", function()
    for _, character in ipairs { "a", "é", "€", "\u{1F412}", "\xff" } do
      local long = character:rep(20)
      for limit = 0, #long do
        local kept = text.cut(long, limit)
        assert.equal(long:sub(1, limit - limit % #character), kept)
      end
    end
    assert.equal("a\x80\x80", text.cut("a\x80\x80\x80", 3))
    assert.equal("\x82", text.cut("€uro", 1, 1)) -- what stands before the text does not matter
    assert.equal("\x9f\x90", text.cut("\u{1F412}s", 2, 1))
  end)

  it("cuts messages of errors between characters", function()
    for _, character in ipairs { "é", "€", "\u{1F412}" } do
      for shift = 0, 3 do
        local message = ground.error(("a"):rep(shift) .. character:rep(1000))
        assert.truthy(utf8.len(message))
        assert.truthy(#message > 1015)
      end
    end
  end)
end)

describe("globs", function()
  local matching = {
    { "*", "" }, { "*", "abc" }, { "a*c", "ac" }, { "a*c", "abbc" }, { "a?c", "abc" }, { "a?c", "aéc" }, { "?", "€" },
    { "*??", "é€" }, { "*.json", "a.json" }, { "a**b", "ab" }, { "*a*b*", "xaxbx" }, { "?", "\xff" },
  }
  local other = {
    { "", "a" }, { "a", "" }, { "?", "" }, { "??", "é" }, { "*??", "€" }, { "a*c", "abb" }, { "*.json", "a.jsonl" },
    { "a", "A" }, { "a?c", "ac" }, { "ab*b", "ab" }, { "ab*ab", "ab" }, { "a*b*b", "ab" },
  }
  it("match any text by a star and one character by a question mark", function()
    for _, case in ipairs(matching) do assert.is_true(text.glob(case[1], case[2]), case[1] .. " " .. case[2]) end
    for _, case in ipairs(other) do assert.is_false(text.glob(case[1], case[2]), case[1] .. " " .. case[2]) end
  end)
end)
