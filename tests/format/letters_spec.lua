-- Floor 1 but for versions and CVSS: digests, JSON, stanzas, package URLs.

local letters = require "tarsier.probe".letters
local pace = require "support.pace"

describe("a digest", function()
  local empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  local abc256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  local abc512 = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" ..
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

  it("is what FIPS 180-4 says", function()
    assert.equal(empty, letters.digest "")
    assert.equal(abc256, letters.digest "abc")
    assert.equal(abc512, letters.digest("abc", abc512))
    assert.equal(abc256, letters.digest("abc", ""))
  end)

  it("does not depend on how the bytes come", function()
    local bytes = ("0123456789"):rep(1000)
    for _, chunk in ipairs { 1, 7, 64, 4096, 10000 } do
      assert.equal(letters.digest(bytes), letters.digest(bytes, abc256, chunk))
    end
  end)

  it("is read where it is whole", function()
    assert.equal(abc256, letters.parse_digest(abc256))
    assert.equal(abc512, letters.parse_digest(abc512))
  end)

  it("is refused where it is not", function()
    local hex = abc256:sub(8)
    for _, text in ipairs {
      "", "sha256", "sha256:", ":", hex, "sha256:" .. hex:sub(2), "sha256:" .. hex .. "0", "sha256:" .. hex:upper(),
      "sha256:" .. hex:sub(2) .. "g", "sha512:" .. hex, "sha256:" .. hex:sub(2) .. "\0", " " .. abc256, "SHA256:" ..
      hex, "+x:" .. hex,
    } do
      local digest, message, code = letters.parse_digest(text)
      assert.is_nil(digest, text)
      assert.equal("FORMAT", code, text)
      assert.truthy(message:find("sha256", 1, true))
    end
  end)

  it("of an unknown algorithm is told apart", function()
    for _, text in ipairs { "md5:900150983cd24fb0d6963f7d28e17f72", "sha384:00", "blake3+x.y-z_1:abc", "sha256b:00" } do
      assert.equal("UNSUPPORTED", (select(3, letters.parse_digest(text))), text)
    end
  end)
end)

describe("JSON", function()
  it("is read", function()
    for _, text in ipairs { "{}", "[]", '{"a":[1,2,{"b":null}]}', "\xef\xbb\xbf{}", '  {"a":"\\u00e9\xc3\xa9"}\n' } do
      assert.is_true(letters.json(text), text)
    end
  end)

  it("that is broken is an error with its place", function()
    for text, place in pairs {
      [""] = "line 1", ["{"] = "line 1", ['{"a":\n1,}'] = "line 2 column 3", ["[1] x"] = "line 1 column 5",
      ["[1]\0"] = "line 1", ['["\\u0000"]'] = "line 1", ["[\xff]"] = "line 1", ["5"] = "line 1",
      ["\xef\xbb\xbf"] = "line 1", ['["\n"]'] = "line 1", ["[01]"] = "line 1", ["[1e999]"] = "line 1",
      ["[99999999999999999999]"] = "line 1", ["[NaN]"] = "line 1", ["{'a':1}"] = "line 1",
    } do
      local json, message, code = letters.json(text)
      assert.is_nil(json, text)
      assert.equal("FORMAT", code, text)
      assert.truthy(message:find("test.json: " .. place, 1, true), message)
    end
  end)

  it("keeps control bytes out of its errors", function()
    local _, message = letters.json '["a\27[31m'
    assert.is_nil(message:find "%c")
  end)

  it("is held to limits of size, depth and number of values", function()
    local function refused(text, limit)
      local json, message, code = letters.json(text, limit)
      assert.is_nil(json)
      assert.equal("LIMIT", code)
      return message
    end
    assert.truthy(refused(("[1]"):rep(1) .. (" "):rep(100), 50):find("limit of 50", 1, true))
    assert.truthy(refused(("["):rep(201) .. ("]"):rep(201)):find("200 levels", 1, true))
    refused(("["):rep(1000000))
    refused(('{"a":'):rep(1000000))
    refused("[" .. ("{},"):rep(1000000) .. "{}]", 4 << 20)
    assert.is_true(letters.json(("["):rep(200) .. ("]"):rep(200)))
    assert.is_true(letters.json("[" .. ("{},"):rep(2000) .. "{}]", 8000))
    assert.is_true(letters.json('["' .. ("[{,"):rep(100000) .. '\\"[[["]'))
    assert.is_nil(letters.json '["\\')
  end)

  it("gives members, forgiving", function()
    local text = '{"s":"x","l":[1,2],"o":{"k":1},"n":7,"neg":-1,"f":1.5,"null":null,"e":""}'
    local function get(key) return select(2, letters.json(text, nil, key)) end
    local function members(key) return { get(key) } end
    assert.same({ "x", -1, false, 0 }, members "s")
    assert.same({ "", 2, false, 0 }, members "l")
    assert.same({ "", -1, true, 0 }, members "o")
    assert.same({ "", -1, false, 7 }, members "n")
    for _, key in ipairs { "neg", "f", "null", "e", "absent" } do
      assert.same({ "", -1, false, 0 }, members(key), key)
    end
    assert.same({ "", -1, false, 0 }, { select(2, letters.json("[]", nil, "s")) })
  end)
end)

describe("stanzas", function()
  it("are paragraphs of fields", function()
    assert.same({ { { "Package", "a" }, { "Version", "1" } }, { { "Package", "b" } } },
      letters.stanzas "Package: a\nVersion: 1\n\nPackage: b\n")
    assert.same({}, letters.stanzas "")
    assert.same({}, letters.stanzas "\n\r\n\n")
  end)

  it("may lack the last newline, begin and end with empty lines, and be apart by many", function()
    assert.same({ { { "a", "1" } }, { { "b", "2" } } }, letters.stanzas "\n\na: 1\n\n\n\nb: 2")
  end)

  it("keep continuation lines in the value", function()
    assert.same({ { { "Conffiles", "/etc/a 1\n /etc/b 2" }, { "D", "x\n .\n\ty" } } },
      letters.stanzas "Conffiles:\n /etc/a 1\n /etc/b 2\nD: x\n .\n\ty\n")
  end)

  it("may have Windows' line ends", function()
    assert.same({ { { "a", "1\r\n 2" }, { "b", "3" } }, { { "c", "4" } } },
      letters.stanzas "a: 1\r\n 2\r\nb: 3\r\n\r\nc: 4\r\n")
  end)

  it("skip what is no field, with what continues it", function()
    assert.same({ { { "a", "1" }, { "b", "2" } } },
      letters.stanzas " lost: x\na: 1\nno colon\n goes: on\n: no key\nb: 2\n")
  end)

  it("allow no space, many, colons in values, empty values, and a line of blanks within", function()
    assert.same({ { { "P", "musl" }, { "url", "https://x:1/" }, { "e", "" }, { "k", "v\n \n w" } } },
      letters.stanzas "P:musl\nurl:   https://x:1/  \ne:\nk : v\n \n w\n")
  end)

  it("hold any bytes", function()
    assert.same({ { { "a", "1\0002" }, { "\0b", "\xff" } } }, letters.stanzas "a: 1\0002\n\0b: \xff\n")
  end)

  it("take enormous lines and many of them in good time", function()
    local line = ("x"):rep(1 << 22)
    pace.within(5, function() -- a square of these would be hours
      assert.equal(line, letters.stanzas("a: " .. line)[1][1][2])
      assert.equal(2, #letters.stanzas(("b: 1\n"):rep(2) .. (" c\n"):rep(300000))[1])
      assert.equal(0, #letters.stanzas(("\n"):rep(3000000)))
      assert.equal(1, #letters.stanzas(("no colon\n"):rep(300000)))
    end)
  end)
end)

describe("package URLs", function()
  local cases = {}
  for line in io.lines "tests/data/purl/cases.txt" do
    if not line:match "^#" then
      local fields = {}
      for field in (line .. "|"):gmatch "(.-)|" do fields[#fields + 1] = field:match "^%s*(.-)%s*$" end
      assert(#fields == 6, line)
      local qualifiers = {}
      for key, value in fields[5]:gmatch "([^%s=]+)=(%S*)" do
        qualifiers[#qualifiers + 1] = key
        qualifiers[#qualifiers + 1] = value
      end
      cases[#cases + 1] = { fields = fields, qualifiers = qualifiers }
    end
  end

  for _, case in ipairs(cases) do
    it("write " .. case.fields[6], function()
      local f = case.fields
      assert.equal(f[6], letters.purl(f[1], f[2], f[3], f[4], case.qualifiers))
    end)
  end

  it("take any byte", function()
    local all = {}
    for i = 1, 255 do all[i] = string.char(i) end
    local bytes = table.concat(all)
    local purl = letters.purl("generic", bytes, bytes, bytes, { "k", bytes })
    assert.is_nil(purl:find "[^%w%%%.%-_~:/@?=]")
  end)

  it("are NULL where memory runs out", function()
    assert.is_nil(letters.purl("deb", "debian", "curl", "1", { "arch", "amd64" }, 0))
    assert.is_nil(letters.purl("deb", "debian", ("x"):rep(10000), "1", { "arch", "amd64" }, 1))
    assert.is_string(letters.purl("deb", "debian", ("x"):rep(10000), "1", { "arch", "amd64" }, 2))
  end)
end)
