local core = require "tarsier.core"
local suggest = require "tarsier.suggest"
local text = require "tarsier.text"

describe("text out of an image", function()
  local cases = {
    { "plain", "plain" }, { "\27[31mred", "\\x1b[31mred" }, { "a\nb\r\n\tc", "a b c" }, { "\0\127", "\\x00\\x7f" },
    { "evil\u{202E}txt", "evil\\u{202e}txt" }, { "a\u{200B}b\u{FEFF}", "a\\u{200b}b\\u{feff}" },
    { "\u{9B}31m", "\\u{9b}31m" }, { "\155", "\u{FFFD}" }, { "naïve 日本 ✓", "naïve 日本 ✓" },
    { "\u{E0041}", "\\u{e0041}" },
  }
  for _, case in ipairs(cases) do
    it("shows " .. case[2], function() assert.equal(case[2], text.printable(case[1])) end)
  end

  it("is escaped for a format, and so is what shows a hidden character", function()
    local escape = text.escaper { ["<"] = "&lt;", ["\\"] = "\\\\", ["{"] = "{{", [" "] = "_" }
    for given, shown in pairs { [""] = "", plain = "plain", ["<é<"] = "&lt;é&lt;", ["a\n\tb"] = "a_b", ["\27"] = "\\\\x1b",
      ["\u{202E}"] = "\\\\u{{202e}", ["\255<"] = "\u{FFFD}&lt;" } do assert.equal(shown, escape(given)) end
    for _, map in ipairs { { "x" }, { ["é"] = "e" }, { [""] = "x" }, { a = 1 } } do
      assert.has_error(function() text.escaper(map) end)
    end
  end)

  it("is an address without its password", function()
    for given, shown in pairs {
      ["http://jo:secret@host:1/x"] = "http://host:1/x", ["https://a@b@host"] = "https://host",
      ["http://host/a@b"] = "http://host/a@b", ["http://host?u=a@b"] = "http://host?u=a@b", ["http://host"] = "http://host",
    } do assert.equal(shown, text.address(given)) end
  end)

  it("is cut and padded by columns", function()
    assert.equal(4, text.columns "日本")
    assert.equal(1, text.columns "e\u{301}")
    assert.equal("日…", text.clip("日本語", 4))
    assert.equal("abc", text.clip("abc", 3))
    assert.equal("ab…", text.clip("abcd", 3))
    assert.equal("abc\u{301}…", text.clip("abc\u{301}de", 4)) -- the accent takes no column
    assert.equal("…", text.clip("abc", 0))
    assert.equal("é  ", text.pad("é", 3))
  end)

  it("wraps without cutting words", function()
    assert.same({ "a bb", "ccc", "ddddddd" }, text.wrap("a bb  ccc ddddddd", 5))
    assert.same({}, text.wrap("", 5))
  end)

  it("counts for people", function()
    assert.equal("45,826", text.thousands(45826))
    assert.equal("999", text.thousands(999))
    assert.equal("1,000", text.thousands(1000))
    assert.equal("1 layer", text.plural(1, "layer"))
    assert.equal("0 layers", text.plural(0, "layer"))
    assert.equal("1.5 KiB", text.size(1536))
  end)
end)

describe("the suggested word", function()
  local known = { "policy", "threshold", "whitelist", "db", "scan" }
  for typed, meant in pairs {
    polcy = "policy", thershold = "threshold", SCAN = "scan", thresh = "threshold", bd = "db",
  } do
    it(typed .. " means " .. meant, function() assert.equal(meant, core.suggest(typed, known)) end)
  end
  it("is none where nothing is near", function()
    assert.is_nil(core.suggest("elephant", known))
    assert.is_nil(core.suggest(("x"):rep(1e6), known))
    assert.equal("", suggest.hint("elephant", known))
  end)
end)
