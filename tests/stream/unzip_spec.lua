-- Zip files that are pushed: local headers as they come, the central directory compared with them.

local pace = require "support.pace"
local temporary = require "support.temporary"
local unzip = require "tarsier.probe".unzip
local zip = require "support.zip"

local function text_of(length, seed)
  local parts, state = {}, seed or 1
  for i = 1, length do
    state = (state * 1103515245 + 12345) % 2147483648
    parts[i] = string.char(97 + (state >> 16) % 7)
  end
  return table.concat(parts)
end

-- The members in one table, path → content, read in pieces of each of several sizes.
local function read(bytes, skip)
  local first
  for _, most in ipairs { 1 << 20, 61, 7, 1 } do
    if most > 10 or #bytes < 30000 then
      local members, message, code = unzip.read(bytes, most, skip)
      if not members then return nil, message, code end
      local got = { agrees = members.agrees, failures = {}, paths = {} }
      for i, member in ipairs(members) do
        got.paths[i] = member.path
        got[member.path] = member.content
        got.failures[member.path] = member.failure
      end
      first = first or got
      assert.same(first, got, "in pieces of " .. most)
    end
  end
  return first
end

local long = text_of(20000)
local kinds = {
  { "stored", {} }, { "deflated", { deflate = true } }, { "deflated without compression", { blocks = true } },
  { "stored, then a descriptor", { streamed = true } },
  { "deflated, then a descriptor", { deflate = true, streamed = true } },
  { "deflated, then a descriptor without signature", { deflate = true, streamed = true, unsigned = true } },
  { "stored, with zip64 sizes", { zip64 = true } }, { "deflated, with zip64 sizes", { deflate = true, zip64 = true } },
  { "stored, then a zip64 descriptor", { streamed = true, zip64 = true } },
  { "deflated, then a zip64 descriptor", { deflate = true, streamed = true, zip64 = true } },
  { "deflated, then a zip64 descriptor without signature",
    { deflate = true, streamed = true, zip64 = true, unsigned = true } },
}

local function member(path, content, like)
  local made = { path = path, content = content }
  for key, value in pairs(like or {}) do made[key] = value end
  return made
end

describe("a zip file that is pushed", function()
  for _, kind in ipairs(kinds) do
    it("gives members that are " .. kind[1], function()
      local bytes = zip.write { member("a/", ""), member("a/empty", "", kind[2]), member("a/x.txt", "hello", kind[2]),
        member("b", long, kind[2]), member("c", "the last", kind[2]) }
      local got = assert(read(bytes))
      assert.is_true(got.agrees)
      assert.same({ "a/", "a/empty", "a/x.txt", "b", "c" }, got.paths)
      assert.equal("hello", got["a/x.txt"])
      assert.is_true(got.b == long)
      assert.equal("the last", got.c)
      local skipped = assert(read(bytes, "b"))
      assert.is_nil(skipped.b)
      assert.equal("the last", skipped.c)
      assert.is_true(skipped.agrees)
    end)
  end

  it("may be empty, or have a comment and zip64 end records", function()
    assert.is_true(read(zip.write {}).agrees)
    local got = read(zip.write({ member("x", "1") }, { comment = "PK\3\4 is no member", zip64 = true }))
    assert.same({ "x" }, got.paths)
    assert.is_true(got.agrees)
  end)

  it("may follow a shell script, whether or not its offsets count that", function()
    local script = "#!/bin/sh\nexec java -jar \"$0\" \"$@\" # PK PK\3\4\n" .. ("P"):rep(10000) .. "PK\n"
    for _, relative in ipairs { true, false } do
      local got = read(zip.write({ member("x", "1"), member("y", long, { deflate = true, streamed = true }) },
        { prefix = script, relative = relative }))
      assert.same({ "x", "y" }, got.paths)
      assert.is_true(got.agrees)
    end
  end)

  it("may have gaps between its members, and anything behind its end", function()
    local got = read(zip.write { member("x", "1"), member("y", "2", { gap = "PKsomethingPK" }) } .. "trailing PK")
    assert.same({ "x", "y" }, got.paths)
    assert.is_true(got.agrees)
  end)

  it("holds zip files stored with a descriptor, whose own descriptors end nothing", function()
    local inner = zip.write { member("in", "1", { streamed = true }), member("in2", long, { streamed = true, deflate = true }) }
    local got = read(zip.write { member("x.jar", inner, { streamed = true }), member("y", "2") })
    assert.is_true(got["x.jar"] == inner)
    assert.equal("2", got.y)
    assert.is_true(got.agrees)
  end)

  it("is read by what has read another, wherever that was cut", function()
    local other = zip.write { member("x", "1"), member("y", long:sub(1, 300), { deflate = true, streamed = true }),
      member("w", "2", { gap = "PKgap" }) }
    local bytes = zip.write { member("z", "3"), member("y", "4", { deflate = true }) }
    local expected = assert(unzip.read(bytes))
    assert.is_true(expected.agrees)
    for length = 0, #other, 3 do assert.same(expected, unzip.read(bytes, 64, nil, other:sub(1, length))) end
    assert.same(expected, unzip.read(bytes, 64, nil, "not a zip file"))
    assert.is_false(unzip.read(zip.write { member("x", "1", { central_path = "y" }) }, 64, nil, other).agrees)
    assert.is_nil((unzip.read("PK", 64, nil, other)))
  end)

  it("says which members cannot be read", function()
    local members = unzip.read(zip.write { member("locked", "secret", { flags = 1 }), member("lzma", "x", { method = 14 }),
      member("plain", "1") })
    assert.is_false(members[1].readable)
    assert.is_false(members[2].readable)
    assert.equal(14, members[2].method)
    assert.is_nil(members[1].content)
    assert.equal("1", members[3].content)
    assert.is_true(members.agrees)
  end)

  it("is read as Info-ZIP, Python and jar write it", function()
    local name = temporary.name()
    local writers = {
      { "zip", ("cd tests/data && rm -f %s && zip -q -r - versions >%s"):format(name, name) },
      { "python3", ("rm -f %s && %s -m zipfile -c %s tests/data/versions"):format(name, temporary.python, name) },
      { "jar", ("rm -f %s && jar cf %s -C tests/data versions"):format(name, name) },
    }
    local tried = 0
    for _, writer in ipairs(writers) do
      if os.execute(("command -v %s >/dev/null"):format(writer[1])) then
        tried = tried + 1
        assert.is_true(os.execute(writer[2]))
        local got = assert(read(assert(io.open(name, "rb")):read "a"))
        assert.is_true(got.agrees, writer[1])
        assert.equal(assert(io.open "tests/data/versions/deb.txt"):read "a", got["versions/deb.txt"], writer[1])
      end
    end
    os.remove(name)
    if tried == 0 then return pending "needs zip, Python or a JDK: apt-get install zip" end
  end)
end)

describe("a zip file whose directories differ", function()
  local function disagrees(bytes)
    assert.is_false(assert(read(bytes)).agrees)
  end

  it("by a name, a member more or less, a size, an offset", function()
    disagrees(zip.write { member("x", "1", { central_path = "y" }) })
    disagrees(zip.write { member("x", "1", { hidden = true }), member("y", "2") })
    disagrees(zip.write({ member("x", "1") }, { central = string.pack("<I4HHHHI4I4I4I4HHHHHI4I4", 0x02014b50, 20, 20, 0,
      0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 3) .. "z" }))
    disagrees(zip.write { member("x", "12345", { local_packed = 3 }) })
  end)

  it("by a member that lies inside another", function()
    local inner = zip.write { member("hidden/META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n") }
    local at = 30 + 1
    disagrees(zip.write({ member("x", inner) }, { central = string.pack("<I4HHHHI4I4I4I4HHHHHI4I4", 0x02014b50, 20, 20,
      0, 0, 0, 0, 22, 22, 27, 0, 0, 0, 0, 0, at) .. "hidden/META-INF/MANIFEST.MF" }))
  end)
end)

describe("a zip file that is broken", function()
  it("is not one at all", function()
    for _, bytes in ipairs { "", "hello", ("x"):rep(100000), "PK", "PK\3\4" } do
      local got, message, code = read(bytes)
      assert.is_nil(got)
      assert.equal("NOT_FOUND", code)
      assert.truthy(message:find "zip file" or message:find "ends early", message)
    end
    local _, message, code = unzip.read(("x"):rep(5 << 20))
    assert.equal("FORMAT", code)
    assert.truthy(message:find("no member begins", 1, true))
  end)

  it("ends early, wherever it is cut", function()
    local bytes = zip.write { member("x", "1"), member("y", long:sub(1, 400), { deflate = true, streamed = true }) }
    for length = 1, #bytes - 1, 3 do
      local got, _, code = unzip.read(bytes:sub(1, length), 64)
      assert.is_nil(got, length)
      assert.equal(length < 31 and "NOT_FOUND" or "FORMAT", code)
    end
    assert.truthy(unzip.read(bytes))
  end)

  it("has a member that is broken, and others that are not", function()
    local broken = "\7" .. zip.deflate(long) -- a block of the type that does not exist
    local got = read(zip.write { member("x", long, { method = 8, data = broken }), member("y", "2") })
    assert.truthy(got.failures.x:find "broken")
    assert.equal("2", got.y)
    assert.is_true(got.agrees) -- it is the same to all readers
    got = read(zip.write { member("x", long, { method = 8, data = broken, streamed = true }), member("y", "2") })
    assert.truthy(got.failures.x:find "broken")
    assert.equal("2", got.y) -- found again
    assert.is_false(got.agrees)
    -- So is one that is skipped and not in the central directory.
    local lost = member("x", long, { method = 8, data = broken, streamed = true, hidden = true })
    assert.is_false(read(zip.write { lost, member("y", "2") }, "x").agrees)
    got = read(zip.write { member("x", long, { method = 8, data = zip.deflate(long):sub(1, -50) }), member("y", "2") })
    assert.truthy(got.failures.x:find "end early")
    assert.equal("2", got.y)
  end)

  it("becomes too large", function()
    local bomb = zip.deflate(("\0"):rep(20 << 20))
    local bytes = zip.write { member("bomb", "", { method = 8, data = bomb, crc = 0 }) }
    local got, message, code = pace.within(5, function() return unzip.read(bytes) end)
    assert.is_nil(got)
    assert.equal("LIMIT", code)
    assert.truthy(message:find("100 times", 1, true))
  end)

  it("has too many members", function()
    local central = string.pack("<I4HHHHI4I4I4I4HHHHHI4I4", 0x02014b50, 20, 20, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 3) .. "z"
    local _, message, code = unzip.read(zip.write({ member("x", "1") }, { central = central:rep(1000001) }))
    assert.equal("LIMIT", code)
    assert.truthy(message:find("1000000 members", 1, true))
  end)
end)
