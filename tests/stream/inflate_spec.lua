-- Codecs: every split of input and output gives the same bytes, and nothing broken passes.

local pace = require "support.pace"
local streams = require "tarsier.probe".streams
local temporary = require "support.temporary"

local folder
setup(function() folder = temporary.folder() end)
teardown(function() temporary.remove(folder) end)

local function compress(command, bytes)
  temporary.write(folder .. "/plain", bytes)
  temporary.must(command .. " <%s >%s", folder .. "/plain", folder .. "/packed")
  return temporary.read(folder .. "/packed")
end

local plain = temporary.noise(60000) .. ("long runs "):rep(12000)

local tools = {
  { name = "gzip", package = "gzip", command = "gzip -c" },
  { name = "gzip", package = "gzip", command = "gzip -1 -c" },
  { name = "gzip", package = "pigz", command = "pigz -c" },
  { name = "zstd", package = "zstd", command = "zstd -q -c" },
  { name = "zstd", package = "zstd", command = "zstd -q -19 --no-check -c" },
  { name = "xz", package = "xz-utils", command = "xz -c" },
  { name = "bzip2", package = "bzip2", command = "bzip2 -c" },
}

-- Is the tool here? Otherwise the spec is skipped.
local function needs(tool)
  local program = tool.command:match "%S+"
  if temporary.has(program) then return true end
  pending("needs " .. program .. ": apt-get install " .. tool.package)
  return false
end

-- what the tool makes of the bytes, or nil
local function packed_by(tool, bytes)
  return needs(tool) and compress(tool.command, bytes) or nil
end

local splits = {
  {}, { chunk = 1, out = 1000 }, { chunk = 7, out = 13 }, { chunk = 4096, seed = 1, out = 70000 },
  { chunk = 300, seed = 2, out = 1 << 20 },
}

describe("the codec", function()
  it("is told by the first bytes", function()
    local cases = {
      ["\x1f\x8b\8"] = "gzip", ["\x28\xb5\x2f\xfd"] = "zstd", ["\x5f\x2a\x4d\x18"] = "zstd", ["\xfd7zXZ\0"] = "xz",
      ["BZh91A"] = "bzip2", ["BZh1\x17\x72"] = "bzip2", ["BZh99."] = "none", ["BZh91"] = "none", ["etc/"] = "none",
      [""] = "none", ["\x1f"] = "none", ["\x1f\x9d\x90"] = "compress", ["\x04\x22\x4d\x18"] = "lz4",
      ["LZIP\1"] = "lzip", ["LZIP\0"] = "none", ["7z\xbc\xaf"] = "none",
    }
    for head, name in pairs(cases) do assert.equal(name, streams.codec(head), ("%q"):format(head)) end
  end)

  it("may be none", function()
    assert.equal("as it is", streams.inflate("as it is", { chunk = 3 }))
    assert.equal("", streams.inflate "")
  end)
end)

-- "hello world\n" as libarchive's writer packs it. A program `compress` writes no end, so that nothing shows a cut.
local by_libarchive = {
  lz4 = "04224d186470b90d000000c068656c6c6f20776f726c640a00000000b08d52a4",
  lzip = "4c5a4950011700341949ee8de917893a335ffcb209822ffffde280002d3b08af0c000000000000003000000000000000",
  compress = "1f9d9068cab061f306c49d3772d8905100",
}

for name, hex in pairs(by_libarchive) do
  describe(name, function()
    local packed = hex:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end)

    it("gives back what it was given, however it is cut", function()
      assert.equal(name, streams.codec(packed))
      for _, split in ipairs(splits) do assert.equal("hello world\n", streams.inflate(packed, split)) end
    end)

    it("is an error if it is broken", function()
      local _, _, code = streams.inflate(packed:sub(1, 6) .. ("x"):rep(600))
      assert.equal("FORMAT", code)
      if name == "compress" then return end
      for cut = 6, #packed - 1 do
        assert.equal("FORMAT", (select(3, streams.inflate(packed:sub(1, cut)))), "cut at " .. cut)
      end
    end)

    it("fails as the stream underneath does", function()
      local theirs = { streams.inflate("as it is", { chunk = 4, breaks = 1 }) }
      assert.is_nil(theirs[1])
      assert.same(theirs, { streams.inflate(packed, { chunk = 4, breaks = 1 }) })
    end)
  end)
end

for _, tool in ipairs(tools) do
  describe(tool.command, function()
    local packed
    setup(function() packed = temporary.has(tool.command:match "%S+") and compress(tool.command, plain) end)

    it("gives back what it was given, however it is cut", function()
      if not needs(tool) then return end
      for _, split in ipairs(splits) do assert.is_true(plain == streams.inflate(packed, split)) end
    end)

    it("may be given several times over, with nothing in between and zeros at the end", function()
      if not needs(tool) then return end
      local empty = packed_by(tool, "")
      for _, split in ipairs { { chunk = 4096, seed = 3 }, { chunk = 1 << 20 } } do
        assert.is_true(plain .. plain == streams.inflate(packed .. empty .. packed, split))
        assert.is_true(plain == streams.inflate(packed .. ("\0"):rep(1000), split))
      end
      assert.equal("", streams.inflate(empty))
    end)

    it("is not whole when it is cut short", function()
      if not needs(tool) then return end
      for i = 1, 40 do
        local cut = 6 + i * 1537 % (#packed - 6)
        local found, message, code = streams.inflate(packed:sub(1, cut), { chunk = 5000, seed = i })
        assert.is_nil(found)
        assert.equal("FORMAT", code)
        assert.matches("ends? early", message)
      end
      for cut = #packed - 9, #packed - 1 do
        local _, _, code = streams.inflate(packed:sub(1, cut))
        assert.equal("FORMAT", code, "cut at " .. cut .. " of " .. #packed)
      end
    end)

    it("suffers nothing after its end", function()
      if not needs(tool) then return end
      for _, garbage in ipairs { "x", "garbage that is longer than any header", "\0\0\0\0x",
        ("\0"):rep(70000) .. "x" } do
        local _, message, code = streams.inflate(packed .. garbage)
        assert.equal("FORMAT", code, message)
      end
    end)

    it("notices changed bytes", function()
      if tool.command:match "no%-check" or not needs(tool) then return end
      for i = 1, 40 do
        local at = 20 + i * 7001 % (#packed - 30)
        local changed = packed:sub(1, at - 1) .. string.char(packed:byte(at) ~ (1 << i % 8)) .. packed:sub(at + 1)
        local found, _, code = streams.inflate(changed)
        assert.is_true(not found and (code == "FORMAT" or code == "LIMIT" or code == "UNSUPPORTED"), "byte " .. at)
      end
    end)

    it("passes on what goes wrong below it", function()
      if not needs(tool) then return end
      local _, message, code = streams.inflate(packed:sub(1, 5000), { breaks = 1 })
      assert.equal("IO", code)
      assert.equal("the disk is gone", message)
    end)
  end)
end

-- ---- gzip in particular --------------------------------------------------------------------------------------------

local function crc32(bytes)
  local crc = 0xffffffff
  for i = 1, #bytes do
    crc = crc ~ bytes:byte(i)
    for _ = 1, 8 do crc = crc & 1 == 1 and crc >> 1 ~ 0xedb88320 or crc >> 1 end
  end
  return ~crc & 0xffffffff
end

local EXTRA, NAME, COMMENT, HEADER_CRC = 4, 8, 16, 2

--- A member whose header has these flags, around raw deflate data and trailer.
local function member(flags, body, bend, extra)
  local header = "\x1f\x8b\8" .. string.char(flags) .. "\1\2\3\4\0\3"
  if flags & EXTRA ~= 0 then header = header .. ("<s2"):pack(extra or ("extra"):rep(100)) end
  if flags & NAME ~= 0 then header = header .. ("name"):rep(30) .. "\0" end
  if flags & COMMENT ~= 0 then header = header .. "comment\0" end
  if flags & HEADER_CRC ~= 0 then header = header .. ("<I2"):pack((crc32(header) + (bend or 0)) & 0xffff) end
  return header .. body
end

describe("gzip", function()
  local plain = plain:sub(58000, 68000) -- luacheck: ignore 431
  local body
  setup(function() body = compress("gzip -n -c", plain):sub(11) end)

  for _, by in ipairs { "isal", "zlib" } do
    local function inflate(bytes, options)
      options.by = by
      local found, message, code = streams.inflate(bytes, options)
      if code == "UNSUPPORTED" then pending("this build has no ISA-L: apt-get install libisal-dev") end
      return found, message, code
    end

    it("takes every header, wherever it is cut: " .. by, function()
      for flags = 0, 30, 2 do
        local bytes = member(flags, body)
        local cuts = { { chunk = 1 << 20 }, { chunk = 1 }, { chunk = 9, seed = flags + 1 }, { chunk = 200, seed = 5 } }
        for _, split in ipairs(cuts) do
          assert.is_true(plain == inflate(bytes, split), "flags " .. flags)
        end
      end
    end)

    it("takes an extra field of any length: " .. by, function()
      for _, length in ipairs { 0, 1, 255, 256, 65535 } do
        local bytes = member(EXTRA | NAME | HEADER_CRC, body, 0, ("\1"):rep(length))
        for _, chunk in ipairs { 1, 1 << 20 } do assert.is_true(plain == inflate(bytes, { chunk = chunk }), length) end
      end
    end)

    it("refuses broken headers: " .. by, function()
      local cases = {
        member(HEADER_CRC | EXTRA, body, 1), member(0x20, body), member(0x80 | NAME, body),
        "\x1f\x8b\7" .. member(0, body):sub(4),
        "\x1f\x8c" .. member(0, body):sub(3), "",
      }
      for i, bytes in ipairs(cases) do
        for _, chunk in ipairs { 1, 1 << 20 } do
          local found, _, code = inflate(bytes, { chunk = chunk })
          assert.is_nil(found)
          assert.equal("FORMAT", code, "case " .. i)
        end
      end
    end)

    it("refuses a wrong checksum and a wrong length: " .. by, function()
      for at = #body - 7, #body do
        local bytes = member(0, body:sub(1, at - 1) .. string.char(body:byte(at) ~ 1) .. body:sub(at + 1))
        local _, _, code = inflate(bytes, { chunk = 1000, seed = at })
        assert.equal("FORMAT", code)
      end
    end)

    it("is read as the other reads it, when it is broken at random: " .. by, function()
      for i = 1, 200 do
        local at = i * 104729 % #body + 1
        local bytes = member(NAME, body:sub(1, at - 1) .. string.char(i & 0xff) .. body:sub(at + 1))
        local found = inflate(bytes, { chunk = 700, seed = i })
        assert.is_true(found == (streams.inflate(bytes, { by = by == "zlib" and "any" or "zlib" })), "byte " .. at)
      end
    end)

    it("may have very many members: " .. by, function()
      local small = member(0, compress("gzip -n -c", "abc"):sub(11))
      assert.is_true(("abc"):rep(3000) == inflate(small:rep(3000), { chunk = 1000, seed = 1 }))
    end)
  end

  it("may not have a header without an end", function()
    local _, message, code = streams.inflate("\x1f\x8b\8\8\0\0\0\0\0\3" .. ("x"):rep(1 << 21))
    assert.is_true(code == "LIMIT" or code == "FORMAT", message)
  end)
end)

-- ---- limits and bombs ----------------------------------------------------------------------------------------------

describe("windows", function()
  it("of more than 128 MiB are refused: zstd", function()
    -- RFC 8878, 3.1.1.1: descriptor 0, window descriptor: exponent 18 (28 bits), mantissa 0; one raw last block of
    -- nothing
    local _, message, code = streams.inflate "\x28\xb5\x2f\xfd\0\x90\1\0\0"
    assert.equal("LIMIT", code)
    assert.matches("128 MiB", message)
    assert.equal("", streams.inflate "\x28\xb5\x2f\xfd\0\x88\1\0\0")
  end)

  it("of more than 128 MiB are refused: xz", function()
    if not temporary.has "xz" then return pending "needs xz: apt-get install xz-utils" end
    local big = compress("xz --lzma2=dict=1MiB -c", "tiny")
    -- 12 bytes of stream header, then the block's: size, flags, id 21, size 1, dictionary
    assert.equal("\x21\x01", big:sub(15, 16))
    local block = big:sub(13, 16) .. "\x22" .. big:sub(18, 20)
    local _, message, code = streams.inflate(big:sub(1, 12) .. block .. ("<I4"):pack(crc32(block)) .. big:sub(25))
    assert.equal("LIMIT", code)
    assert.matches("128 MiB", message)
  end)
end)

describe("a frame", function()
  local function unsupported(words, bytes)
    local found, message, code = streams.inflate(bytes)
    assert.same({ nil, "UNSUPPORTED" }, { found, code }, message)
    assert.truthy(message:find(words, 1, true), message)
  end

  it("of zstd that wants a dictionary says so", function()
    -- descriptor: a dictionary's number of one byte; window, number; one raw last block of nothing
    unsupported("wants a dictionary", "\x28\xb5\x2f\xfd\1\0\7\1\0\0")
    assert.equal("", streams.inflate "\x28\xb5\x2f\xfd\1\0\0\1\0\0") -- number 0 is none
  end)

  it("of xz with options of the future says so", function()
    for _, flags in ipairs { "\1\4", "\0\x14" } do
      unsupported("does not know", "\xfd7zXZ\0" .. flags .. ("<I4"):pack(crc32(flags)) .. ("\0"):rep(20))
    end
  end)
end)

describe("a bomb", function()
  it("is inflated in little room and in no time", function()
    for _, command in ipairs { "gzip -c", "zstd -q -c" } do
      if temporary.has(command:match "%S+") then
        temporary.must("head -c 2000000 /dev/zero | " .. command .. " >%s", folder .. "/bomb")
        local bomb = temporary.read(folder .. "/bomb"):rep(100)
        pace.within(5, function() assert.equal(200000000, streams.inflate(bomb, { discard = 1 })) end)
      end
    end
  end)
end)
