-- The tar walker: against archives that GNU tar and Python write, as libarchive reads them; and against hostile ones.

local letters = require "tarsier.probe".letters
local streams = require "tarsier.probe".streams
local tar = require "support.tar"
local temporary = require "support.temporary"

local function list(entries, options)
  return streams.tar(type(entries) == "table" and tar.archive(entries) or entries, options)
end

local function only(entry) return assert(list { entry })[1] end

local function refused(code, pattern, entries)
  local bytes = type(entries) == "table" and tar.archive(entries) or entries
  for _, options in ipairs { {}, { chunk = 1 }, { chunk = 700, seed = 1 } } do
    local found, message, got = list(bytes, options)
    assert.is_nil(found)
    assert.equal(code, got, message)
    local matches = false
    for one in pattern:gmatch "[^|]+" do matches = matches or message:find(one) end
    assert.is_truthy(matches, message)
  end
end

-- ---- what tools write ----------------------------------------------------------------------------------------------

local tree = [[
  mkdir -p plain/deep/er empty "$(printf 'caf\303\251')" "$(printf 'not\377utf8')"
  echo hello >plain/hello; : >plain/nothing; head -c 5000 /dev/urandom >plain/deep/er/random
  head -c 512 /dev/zero >plain/block; head -c 513 /dev/zero >plain/block1
  echo x >"$(printf 'caf\303\251/cr\303\250me')"; echo y >"$(printf 'not\377utf8/\200\201')"
  ln plain/hello plain/hard; ln -s hello plain/soft; ln -s ../../etc/passwd plain/out; mkfifo plain/pipe
  long=$(printf 'n%.0s' $(seq 1 95)); echo 95 >"plain/$long"
]]
local long_names = [[
  name=$(printf 'l%.0s' $(seq 1 200)); mkdir -p "long/$name/$name"; echo deep >"long/$name/$name/$name"
  ln "long/$name/$name/$name" "long/$name/hard"; ln -s "$name/$name/$name" "long/$name/soft"
  prefix=$(printf 'p%.0s' $(seq 1 90)); mkdir -p "long/$prefix"
  echo prefixed >"long/$prefix/$(printf 'q%.0s' $(seq 1 60))"
]]
local sparse = [[
  truncate -s 1000000 holes; printf start | dd of=holes conv=notrunc status=none
  printf middle | dd of=holes bs=1 seek=300000 conv=notrunc status=none
  truncate -s 2000000 hole
  for i in $(seq 0 40); do printf "piece$i" | dd of=many bs=1 seek=$((i * 20000)) conv=notrunc status=none; done
  truncate -s 900000 many
]]

local folder
setup(function()
  folder = temporary.folder()
  for name, script in pairs { tree = tree, long = long_names, sparse = sparse } do
    temporary.write(folder .. "/" .. name .. ".sh", script)
    temporary.must("cd %s && mkdir %s && cd %s && sh ../%s.sh", folder, name, name, name)
  end
end)
teardown(function() temporary.remove(folder) end)

-- A long file by its digest, so that a failure can be read.
local function short(data) return #data < 100 and data or #data .. " " .. letters.digest(data) end

local function comparable(entries)
  for i, entry in ipairs(entries) do
    local path = entry.path:gsub("^%./", ""):gsub("/$", "")
    local link = entry.type == "1" and entry.link:gsub("^%./", "") or entry.link
    local kind = entry.type:match "[346]" and "device" or entry.type
    entries[i] = { path = path == "." and "" or path, link = link, type = kind,
      data = entry.type == "0" and short(entry.data) or nil }
  end
  return entries
end

local function agree(bytes)
  local theirs, message = streams.libarchive(bytes)
  if not theirs then return pending(message) end
  theirs = comparable(theirs)
  assert.is_true(#theirs > 2)
  for _, options in ipairs { { limit = 1 << 22 }, { limit = 1 << 22, chunk = 3001, seed = 7 }, { limit = 1 << 22,
    chunk = 512 } } do
    assert.same(theirs, comparable(assert(list(bytes, options))))
  end
end

describe("what GNU tar writes", function()
  local cases = {
    { "--format=v7", "tree" }, { "--format=oldgnu", "tree", "long" }, { "--format=gnu", "tree", "long" },
    { "--format=ustar", "tree" }, { "--format=pax", "tree", "long" }, { "--format=posix --pax-option=delete=mtime",
      "tree" },
    { "--sparse --format=oldgnu", "sparse" }, { "--sparse --format=gnu", "sparse" },
    { "--sparse --format=pax --sparse-version=0.0", "sparse" }, { "--sparse --format=pax --sparse-version=0.1",
      "sparse" },
    { "--sparse --format=pax --sparse-version=1.0", "sparse" },
  }
  for _, case in ipairs(cases) do
    for i = 2, #case do
      it("is read as libarchive reads it: " .. case[1] .. " " .. case[i], function()
        temporary.must("cd %s && tar " .. case[1] .. " -cf %s . 2>/dev/null || true", folder .. "/" .. case[i],
          folder .. "/archive.tar")
        agree(temporary.read(folder .. "/archive.tar"))
      end)
    end
  end
end)

describe("what Python writes", function()
  for _, format in ipairs { "USTAR", "GNU", "PAX" } do
    it("is read as libarchive reads it: " .. format, function()
      if not temporary.has "python3" then return pending "needs python3: apt-get install python3" end
      local script = ([[
import tarfile, os
with tarfile.open("../archive.tar", "w", format=tarfile.%s_FORMAT, errors="surrogateescape") as t:
    t.add(".")
]]):format(format)
      temporary.write(folder .. "/write.py", script)
      for _, which in ipairs(format == "USTAR" and { "tree" } or { "tree", "long" }) do
        temporary.must("cd %s && " .. temporary.python .. " ../write.py", folder .. "/" .. which)
        agree(temporary.read(folder .. "/archive.tar"))
      end
    end)
  end
end)

-- ---- headers -------------------------------------------------------------------------------------------------------

describe("a header", function()
  it("gives path, type, size and mode", function()
    assert.same({ path = "a/b", link = "", type = "0", size = 3, mode = 420, data = "abc" }, only { path = "a/b",
      data = "abc" })
  end)

  it("may be old: v7, with signed checksums, with spaces round its numbers", function()
    assert.equal("abc", only { path = "a", magic = "", data = "abc", prefix = "no prefix" }.data)
    assert.equal("a", only { path = "a", magic = "", data = "abc", prefix = "no prefix" }.path)
    assert.equal("\xe9\xff", only { path = "\xe9\xff", data = "abc", signed = true }.path)
    assert.equal("abc", only { path = "a", size = "      3 ", data = "abc" }.data)
    assert.equal("5", only { path = "d/", type = "\0" }.type)
    assert.equal("0", only { path = "d", type = "\0" }.type)
    assert.equal("0", only { path = "d/", type = "0" }.type)
  end)

  it("may have a prefix, of ustar's kind and of star's", function()
    assert.equal("a/b/c", only { path = "b/c", prefix = "a" }.path)
    assert.equal("long/name", only { path = "b/c", prefix = "a", long_name = "long/name" }.path)
    local star = ("p"):rep(131) .. ("0"):rep(12) .. ("1"):rep(12) .. ("\0"):rep(8) .. "tar\0"
    assert.equal(("p"):rep(131) .. "/x", only { path = "x", tail = star }.path)
    assert.equal("x", only { path = "x", magic = "ustar  ", tail = "atime and ctime" }.path)
  end)

  it("may have numbers in base 256", function()
    assert.equal("abc", only { path = "a", size = tar.base256(3, 12), data = "abc" }.data)
    local found = list(tar.header { path = "a", size = tar.base256(1 << 40, 12) })
    assert.is_nil(found)
    refused("FORMAT", "not a number", { { path = "a", size = ("\xff"):rep(12) } })
    refused("FORMAT", "not a number", { { path = "a", size = "\x80" .. ("\xff"):rep(11) } })
    refused("FORMAT", "a size of", { { path = "a", size = "\x80\0\0\0\x7f" .. ("\xff"):rep(7) } })
  end)

  it("must have its checksum", function()
    refused("FORMAT", "byte 0: .*checksum", { { path = "a", checksum = "0000000\0" } })
    refused("FORMAT", "byte 512: .*checksum", { { path = "a" }, { path = "b", checksum = "nothing\0" } })
    refused("FORMAT", "checksum", ("this is no tar. "):rep(64))
  end)

  it("must have a size that is one", function()
    refused("FORMAT", "its size is not a number", { { path = "a", size = "12345x\0" } })
    refused("FORMAT", "its size is not a number", { { path = "a", size = "9\0" } })
    refused("FORMAT", "its size is not a number", { { path = "a", size = "-1\0" } })
    refused("FORMAT", "its size is not a number", { { path = "a", pax = { "size", "-3" } } })
    refused("FORMAT", "its size is not a number", { { path = "a", pax = { "size", "99999999999999999999" } } })
    assert.equal(0, only { path = "a", size = ("\0"):rep(12) }.size)
  end)

  it("of a folder, a link or a device has no data, whatever its size says", function()
    for kind in ("123456"):gmatch "." do
      local found = assert(list { { path = "a", type = kind, link = "x", size = 700 }, { path = "b", data = "bbb" } })
      assert.same({ kind, 0, "bbb" }, { found[1].type, found[1].size, found[2].data })
    end
  end)

  it("of a kind that nobody knows is a file's", function()
    for kind in ("07ZQ"):gmatch "." do assert.equal("0", only({ path = "a", type = kind, data = "abc" }).type) end
  end)

  it("of GNU's kind of folder has its names behind it", function()
    local found = assert(list { { path = "d", type = "D", data = "Yfile\0\0" }, { path = "b", data = "bbb" } })
    assert.same({ "5", 0, "bbb" }, { found[1].type, found[1].size, found[2].data })
  end)

  it("has twelve bits of a mode, or none", function()
    for written, mode in pairs { ["0100644"] = 420, ["0007777"] = 4095, ["odd"] = 0 } do
      assert.equal(mode, only({ path = "a", mode = written .. "\0" }).mode, written)
    end
  end)

  it("that is a volume's, a continued file's or a global pax header is no entry", function()
    local found = assert(list {
      { path = "volume", type = "V", data = "x" }, { path = "more", type = "M", data = ("x"):rep(600) },
      { path = "global", type = "g", data = tar.pax { "path", "renamed", "size", "7" } }, { path = "a", data = "abc" },
    })
    assert.equal(1, #found)
    assert.same({ "a", "abc" }, { found[1].path, found[1].data })
  end)
end)

describe("a path", function()
  it("is cleaned", function()
    local cases = {
      ["./a"] = "a", ["/a"] = "a", ["//a//b//"] = "a/b", ["a/./b"] = "a/b", ["./././a/"] = "a", ["."] = "",
        ["./"] = "", ["/"] = "",
      ["a/."] = "a", ["/./a"] = "a", ["a..b/..c/d.."] = "a..b/..c/d..", ["..."] = "...", [".a"] = ".a",
        ["a/.b"] = "a/.b", [" a "] = " a ",
      ["a/b/../c"] = "a/c", ["a/.."] = "", ["a//..//b"] = "b", ["a/b/.."] = "a", ["./a/./../b/c/../../d"] = "d",
    }
    for raw, clean in pairs(cases) do
      assert.equal(clean, only({ path = raw }).path, raw)
      assert.equal(clean, only({ path = "x", long_name = raw }).path, raw)
      assert.equal(clean, only({ path = "x", pax = { "path", raw } }).path, raw)
      assert.equal(clean, only({ path = "x", type = "1", link = raw }).link, raw)
      assert.equal(raw, only({ path = "x", type = "2", link = raw }).link, raw)
    end
  end)

  it("is cleaned by itself, whatever came before it", function()
    local found = assert(list { { path = "a/./b" }, { path = "c//d", type = "1", link = "e/./f" }, { path = "./g/.." } })
    assert.same({ "a/b", "c/d", "e/f", "" }, { found[1].path, found[2].path, found[2].link, found[3].path })
  end)

  it("may be in a pax header alone, before a header that begins with a NUL", function()
    local found = assert(list { { path = "", pax = { "path", "one" }, data = "1" }, { path = "two", data = "2" } })
    assert.same({ "one", "two" }, { found[1].path, found[2].path })
    assert.same({ "1", "2" }, { found[1].data, found[2].data })
  end)

  it("may not lead out", function()
    for _, path in ipairs { "..", "../a", "a/../..", "a/../../b", "/..", "./../a", "a//..//../b", "a/b/../../../a/b" } do
      refused("FORMAT", '"%.%."', { { path = path } })
      refused("FORMAT", '"%.%."', { { path = "x", long_name = path } })
      refused("FORMAT", '"%.%."', { { path = "x", pax = { "path", path } } })
      refused("FORMAT", "x, a hard link: .*%.%.", { { path = "x", type = "1", link = path } })
      assert.equal(path, only({ path = "x", type = "2", link = path }).link)
    end
  end)

  it("may be long, and is then the last word in the engines' order", function()
    local long = ("d/"):rep(1000) .. "x"
    assert.equal(long, only({ path = "short", long_name = long }).path)
    assert.equal(long, only({ path = "short", pax = { "path", long } }).path)
    assert.equal(long, only({ path = "x", type = "2", long_link = long }).link)
    assert.equal("gnu", only({ path = "short", long_name = "gnu", pax = { "path", "pax" } }).path)
    assert.equal("gnu", only({ path = "x", type = "2", link = "short", long_link = "gnu", pax = { "linkpath",
      "pax" } }).link)
    assert.equal("short", only({ path = "short", pax = { "path", "" } }).path)
    local found = assert(list { { path = "one", long_name = "gnu" }, { path = "two", type = "2", long_link = "gnu" },
      { path = "three", type = "2", link = "short" } })
    assert.same({ "gnu", "two", "gnu", "three", "short" },
      { found[1].path, found[2].path, found[2].link, found[3].path, found[3].link })
  end)

  it("may hold anything but a NUL", function()
    refused("FORMAT", "pax header", { { path = "x", pax = { "path", "a\0b" } } })
    refused("FORMAT", "pax header", { { path = "x", pax = { "path", "\0b" } } })
    assert.equal("a", only({ path = "x", long_name = "a\0b" }).path)
    assert.equal("\1\xff\n", only({ path = "x", pax = { "path", "\1\xff\n" } }).path)
  end)

  it("has a limit", function()
    local long = ("x"):rep(65536)
    assert.equal(long, only({ path = "x", pax = { "path", long } }).path)
    assert.equal(long, only({ path = "x", type = "2", pax = { "linkpath", long } }).link)
    assert.equal(long:sub(2), only({ path = "x", long_name = long:sub(2) }).path)
    refused("LIMIT", "65536 are allowed", { { path = "x", type = "2", pax = { "linkpath", long .. "x" } } })
    refused("LIMIT", "65536 are allowed", { { path = "x", long_name = ("x"):rep(65536) } })
    refused("LIMIT", "65536 are allowed", { { path = "x", pax = { "path", ("x"):rep(65537) } } })
    refused("LIMIT", "65536 are allowed", { { path = "x", type = "2", long_link = ("x"):rep(70000) } })
    refused("LIMIT", "65536 are allowed", { tar.header { path = "x", type = "L", size = 8589934591 } })
  end)
end)

describe("a pax header", function()
  it("is read", function()
    local found = only { path = "x", data = "abc", size = 0, pax = { "mtime", "1.5", "size", "3", "comment", "a=b\nc",
      "path", "y" } }
    assert.same({ "y", "abc" }, { found.path, found.data })
    assert.equal("abc", only({ path = "x", data = "abc", pax = "" }).data)
  end)

  it("must be records", function()
    local bad = { "x", "5 a=b\n", "7 a=b\n", "6 ab\n\n", "6 a=bc", " 6 a=b\n", "6a=bc\n", "-6 a=b\n", "0 a=b\n", "1\n",
      "6 =bc\n",
      "99999999999999999999 a=b\n", "100 a=b\n", "6 a=b\n6 a=" }
    assert.equal("y", only({ path = "x", pax = "00000016 path=y\n" }).path)
    bad[#bad + 1] = "000000017 path=y\n"
    -- What an earlier header left in memory does not end a record that is too long.
    refused("FORMAT", "pax header", { { path = "x", pax = { "comment", ("\n"):rep(200) } }, { path = "y", pax = "100 a=b\n" } })
    for _, records in ipairs(bad) do refused("FORMAT", "pax header", { { path = "x", pax = records } }) end
  end)

  it("has a limit", function()
    refused("LIMIT", "1048576 are allowed", { tar.header { path = "x", type = "x", size = 1048577 } })
    refused("LIMIT", "1048576 are allowed", { tar.header { path = "x", type = "X", size = 1048577 } })
    refused("FORMAT", "ends", tar.header { path = "x", type = "x", size = 1048576 })
  end)
end)

describe("a sparse file", function()
  local function pax(...)
    return { path = "x", data = "abcd", pax = { "GNU.sparse.major", "0", "GNU.sparse.minor", "1", ... } }
  end

  it("is given whole", function()
    local found = only(pax("GNU.sparse.name", "real", "GNU.sparse.size", "10", "GNU.sparse.map", "1,2,5,2"))
    assert.same({ "real", 10, "\0ab\0\0cd\0\0\0" }, { found.path, found.size, found.data })
    found = only { path = "x", data = "", pax = { "GNU.sparse.size", "3", "GNU.sparse.map", "3,0" } }
    assert.equal("\0\0\0", found.data)
    found = only { path = "x", data = "ab", pax = { "GNU.sparse.size", "6", "GNU.sparse.offset", "1",
      "GNU.sparse.numbytes", "1",
      "GNU.sparse.offset", "4", "GNU.sparse.numbytes", "1" } }
    assert.equal("\0a\0\0b\0", found.data)
    found = only(pax("GNU.sparse.size", "10", "GNU.sparse.map", "0,1", "GNU.sparse.map", "1,2,4,0,5,2"))
    assert.equal("\0ab\0\0cd\0\0\0", found.data) -- the last map counts
  end)

  it("is one by a version that is known, or by its map where there is no version", function()
    local map = { "GNU.sparse.name", "real", "GNU.sparse.size", "10", "GNU.sparse.map", "1,2,5,2" }
    local function read(...)
      local records = { ... }
      return only { path = "x", data = "abcd", pax = table.move(map, 1, #map, #records + 1, records) }
    end
    for _, version in ipairs { {}, { "GNU.sparse.major", "0", "GNU.sparse.minor", "0" } } do
      local found = read(table.unpack(version))
      assert.same({ "real", "\0ab\0\0cd\0\0\0" }, { found.path, found.data })
    end
    for _, version in ipairs { { "0", "2" }, { "1", "1" }, { "2", "0" }, { "0", "" }, { "", "1" } } do
      local found = read("GNU.sparse.major", version[1], "GNU.sparse.minor", version[2])
      assert.same({ "x", "abcd" }, { found.path, found.data }, table.concat(version, "."))
    end
    local found = only { path = "x", data = "abcd", pax = { "GNU.sparse.name", "real", "GNU.sparse.size", "10" } }
    assert.same({ "x", "abcd" }, { found.path, found.data })
    found = only(pax("GNU.sparse.size", "10", "GNU.sparse.realsize", "11", "GNU.sparse.map", "1,2,5,2"))
    assert.equal(10, found.size)
    refused("FORMAT", "its size is not a number", { pax("GNU.sparse.size", "x", "GNU.sparse.map", "1,2,5,2") })
  end)

  it("that nobody wants is walked over", function()
    local big = pax("GNU.sparse.size", "9000000000000000000", "GNU.sparse.map", "1,2,5,2")
    assert.equal("after", assert(list { big, { path = "after" } })[2].path)
  end)

  it("must have a map that fits", function()
    for _, map in ipairs { "1,2,2,2", "5,2,1,2", "1,2", "1,5", "9,4", "8,4", "1,x", "1", "18446744073709551615,4" } do
      refused("FORMAT", "a sparse file|pax header", { pax("GNU.sparse.size", "10", "GNU.sparse.map", map) })
    end
  end)

  it("of version 1.0 must have a map that ends", function()
    local function one(data)
      return { path = "x", data = data, pax = { "GNU.sparse.major", "1", "GNU.sparse.minor", "0",
        "GNU.sparse.realsize", "10" } }
    end
    assert.equal("\0ab\0\0cd\0\0\0", only(one(tar.pad "2\n1\n2\n5\n2\n" .. "abcd")).data)
    assert.equal(("\0"):rep(10), only(one(tar.pad "0\n")).data)
    assert.equal("\0ab\0\0cd\0\0\0", only(one(tar.pad(("%020d\n1\n2\n5\n2\n"):format(2)) .. "abcd")).data)
    refused("FORMAT", "not a number", { one(tar.pad(("%021d\n1\n2\n5\n2\n"):format(2)) .. "abcd") })
    refused("FORMAT", "not a number", { one(tar.pad "3\n1\n2\n5\n2\n" .. "abcd") })
    refused("FORMAT", "not a number", { one(tar.pad "x\n") })
    refused("FORMAT", "not a number", { one(("1"):rep(512)) })
    refused("FORMAT", "does not end", { one "1\n" })
    refused("LIMIT", "262144 pieces", { one(tar.pad "262145\n") })
    refused("FORMAT", "not a number", { one(tar.pad "262144\n") })
    local twice = one(tar.pad "1\n0\n4\n" .. "abcd")
    table.move({ "GNU.sparse.map", "1,2,5,2" }, 1, 2, #twice.pax + 1, twice.pax)
    assert.equal("abcd" .. ("\0"):rep(6), only(twice).data) -- the map before the data is the one that counts
  end)

  it("of the old kind must be GNU's", function()
    refused("FORMAT", "GNU's format", { { path = "x", type = "S" } })
    local function old(map, real, more) -- the map begins at 386: 41 bytes after where the tail does
      return ("\0"):rep(41) .. map .. ("\0"):rep(96 - #map) .. (more or "\0") .. real .. "\0"
    end
    local two = "00000000001\00000000000002\00000000000005\00000000000002\0"
    local header = { path = "x", type = "S", magic = "ustar  ", data = "abcd", tail = old(two, "00000000012") }
    assert.equal("\0ab\0\0cd\0\0\0", only(header).data)
    header.tail = old(two, "00000000003")
    refused("FORMAT", "outside it", { header })
    header.tail = old("0000000000x\00000000000002\0", "00000000012")
    refused("FORMAT", "the map .* not a number", { header })
    header.tail = old(two, "0000000000x")
    refused("FORMAT", "the size .* not a number", { header })

    local pair = ("0"):rep(11) .. "\0" .. ("0"):rep(11) .. "\0"
    local function many(count) -- 4 pieces in the header, 21 in each block behind it
      local blocks = { tar.header { path = "x", type = "S", magic = "ustar  ", tail = old(pair:rep(4), "00000000012", "\1") } }
      for left = count - 4, 1, -21 do
        blocks[#blocks + 1] = pair:rep(math.min(21, left)) .. ("\0"):rep(24 * math.max(0, 21 - left)) .. (left > 21 and "\1" or "\0")
          .. ("\0"):rep(7)
      end
      return list { table.concat(blocks) }
    end
    assert.equal(("\0"):rep(10), assert(many(262144))[1].data)
    local found, message, code = many(262145)
    assert.same({ false, "LIMIT" }, { found ~= nil, code })
    assert.matches("262144 pieces", message)
  end)
end)

describe("the end", function()
  local whole = tar.entry { path = "a", data = ("x"):rep(1000) } .. tar.entry { path = "b", long_name = ("n"):rep(600),
    data = "y" }

  it("may come where an entry could begin, and in the last padding, and nowhere else", function()
    local good = { [0] = true, [1536] = true, [#whole] = true } -- 512 + 1024; L has 512 + 1024 more
    for cut = 0, #whole do
      local in_padding = cut >= 512 + 1000 and cut <= 1536 or cut >= #whole - 511
      local found, message, code = list(whole:sub(1, cut))
      if good[cut] or in_padding then
        assert(found, "cut at " .. cut)
      else
        assert(code == "FORMAT" and found == nil, message)
      end
    end
  end)

  it("is two blocks of zeros, and what follows is not read", function()
    assert.equal(1, #assert(list(tar.entry { path = "a" } .. tar.finish .. "anything at all")))
    assert.equal(1, #assert(list(tar.entry { path = "a" } .. tar.finish .. tar.entry { path = "b" })))
    refused("FORMAT", "after a block of zeros", tar.entry { path = "a" } .. ("\0"):rep(512) .. tar.entry { path = "b" })
    assert.equal(1, #assert(list(tar.entry { path = "a" } .. ("\0"):rep(700))))
  end)

  it("may not part a long name from its entry", function()
    local long = tar.header { path = "@", type = "L", size = 3 } .. tar.pad "abc"
    refused("FORMAT", "ends", long)
    refused("FORMAT", "between a long name and its entry", long .. tar.finish)
    refused("FORMAT", "ends", tar.entry { path = "x" } .. tar.header { path = "@", type = "x", size = 0 })
  end)
end)
