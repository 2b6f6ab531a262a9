local streams = require "tarsier.probe".streams
local temporary = require "support.temporary"

local folder, path
setup(function()
  folder = temporary.folder()
  path = temporary.write(folder .. "/file", "0123456789")
end)
teardown(function() temporary.remove(folder) end)

local function fails(code, pattern, ...)
  local found, message, got = streams.read(...)
  assert.is_nil(found)
  assert.equal(code, got, message)
  assert.matches(pattern, message)
end

describe("a stream", function()
  it("reads a file", function()
    assert.equal("0123456789", streams.read(path))
    assert.equal("0123456789", streams.read(path, { limit = 10 }))
  end)

  it("reads a range of one", function()
    assert.equal("345", streams.read(path, { offset = 3, length = 3 }))
    assert.equal("", streams.read(path, { offset = 30, length = 0 }))
    assert.equal("789", streams.read(path, { offset = 7, length = 3 }))
  end)

  it("does not take a file for longer than it is", function()
    fails("FORMAT", "ends after 3 of the 4 bytes", path, { offset = 7, length = 4 })
    fails("FORMAT", "outside any file", path, { offset = 1, length = -1 })
  end)

  it("gives again what was looked at", function()
    for head = 1, 12 do assert.equal("0123456789", streams.read(path, { head = head })) end
  end)

  it("is not read beyond a limit", function()
    fails("LIMIT", "more than the 9 bytes", path, { limit = 9 })
  end)

  it("names the file that is not there, or none", function()
    local shown = folder:gsub("%p", "%%%0")
    fails("IO", shown .. "/none: No such file", folder .. "/none")
    fails("IO", shown .. ": Is a directory", folder)
    fails("IO", shown .. ": Is a directory", folder, { offset = 0, length = 1 })
  end)
end)

describe("a zip", function()
  it("is read member by member", function()
    if not temporary.has "zip" then return pending "needs zip: apt-get install zip" end
    temporary.must("cd %s && mkdir d && printf %s >d/one && printf %s >two && zip -q -r a.zip d two", folder, "first",
      ("2"):rep(5000))
    local members, message, code = streams.zip(folder .. "/a.zip")
    if code == "UNSUPPORTED" then return pending(message) end
    assert.same({
      { path = "d/", file = false, size = 0, content = "" },
      { path = "d/one", file = true, size = 5, content = "first" },
      { path = "two", file = true, size = 5000, content = ("2"):rep(5000) },
    }, members)
  end)

  it("may have no members", function()
    local function read(bytes) return streams.zip(temporary.write(folder .. "/empty.zip", bytes)) end
    local zeros = ("\0"):rep(16)
    assert.same({}, read("PK\5\6" .. zeros .. "\0\0"))
    assert.same({}, read("PK\5\6" .. zeros .. "\5\0hello"))
    for _, damaged in ipairs { "PK\5\6", "PK\5\6" .. zeros, "PK\5\6" .. zeros .. "\5\0hell", "PK\5\6" .. zeros .. "\0\0hello",
      "PK\5\6\0\0\0\0\1\0\1\0" .. ("\0"):rep(10) } do
      local members, message, code = read(damaged)
      if code == "UNSUPPORTED" then return pending(message) end
      assert.same({ nil, "FORMAT" }, { members, code })
    end
  end)

  it("that is none, or is broken, is an error", function()
    local members, _, code = streams.zip(path)
    if code ~= "UNSUPPORTED" then assert.same({ nil, "FORMAT" }, { members, code }) end
    _, _, code = streams.zip(folder .. "/none")
    assert.equal("IO", code)
    if not temporary.has "zip" then return pending "needs zip: apt-get install zip" end
    temporary.must("cd %s && printf %s >three && zip -q -0 b.zip three", folder, "content")
    local bytes = temporary.read(folder .. "/b.zip"):gsub("content", "Content")
    temporary.write(folder .. "/c.zip", bytes)
    members = streams.zip(folder .. "/c.zip")
    assert.is_truthy(not members or members[1].problem)
  end)
end)

describe("an archive", function()
  local function members(name, bytes)
    temporary.write(folder .. "/" .. name, bytes)
    return streams.zip(folder .. "/" .. name)
  end

  local function newc(name, mode, content)
    local numbers = { 1, mode, 0, 0, 1, 0, #content, 0, 0, 0, 0, #name + 1, 0 }
    for i, number in ipairs(numbers) do numbers[i] = ("%08x"):format(number) end
    local head = "070701" .. table.concat(numbers) .. name .. "\0"
    return head .. ("\0"):rep(-#head % 4) .. content .. ("\0"):rep(-#content % 4)
  end

  it("may be cpio, ar or 7z", function()
    local hello = { { path = "hello", file = true, size = 12, content = "hello world\n" } }
    assert.same(hello, members("a.cpio", newc("hello", tonumber("100644", 8), "hello world\n") .. newc("TRAILER!!!", 0, "")))
    assert.same(hello, members("a.ar", "!<arch>\n" .. ("%-16s%-12d%-6d%-6d%-8s%-10d`\n"):format("hello/", 0, 0, 0, "100644", 12)
      .. "hello world\n"))
    local seven = ("377abcaf271c0003fdec9a600c000000000000003a0000000000000022b08e3868656c6c6f20776f726c640a0104060001090c00"
      .. "070b01000101000c0c00080a012d3b08af000005011111006200e9002e006a0073006f006e000000150601002080a4810000")
    local found = members("a.7z", (seven:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end)))
    assert.same({ { path = "b\u{e9}.json", file = true, size = 12, content = "hello world\n" } }, found)
  end)

  it("that ends too soon, or goes on as something else, is broken", function()
    local hello = newc("hello", tonumber("100644", 8), "hello world\n")
    for _, more in ipairs { "", "garbage", hello:sub(1, 50), ("x"):rep(1000) } do
      local found, message, code = members("a.cpio", hello .. more)
      if code == "UNSUPPORTED" then return pending(message) end
      assert.same({ nil, "FORMAT" }, { found, code })
      assert.truthy(message:find(folder .. "/a.cpio: ", 1, true), message)
    end
  end)

  it("keeps the names of its members, and leaves the locale alone", function()
    local function zip(name, flags)
      local crc, size = 0x3610a686, 5 -- "hello"
      local fields = ("<I2I2I2I2I2I4I4I4I2I2"):pack(20, flags, 0, 0, 0, crc, size, size, #name, 0)
      local body = "PK\3\4" .. fields .. name .. "hello"
      local entry = "PK\1\2" .. ("<I2"):pack(0x314) .. fields .. ("<I2I2I2I4I4"):pack(0, 0, 0, tonumber("100644", 8) << 16, 0)
        .. name
      return body .. entry .. "PK\5\6" .. ("<I2I2I2I2I4I4I2"):pack(0, 0, 1, 1, #entry, #body, 0)
    end
    local before = os.setlocale(nil)
    assert.equal("kaputt-\u{e4}.json", members("utf8.zip", zip("kaputt-\u{e4}.json", 0x800))[1].path)
    assert.equal("\u{65e5}\u{672c}", members("utf8-too.zip", zip("\u{65e5}\u{672c}", 0x800))[1].path)
    assert.equal("latin-\xe4", members("bytes.zip", zip("latin-\xe4", 0))[1].path)
    assert.equal(before, os.setlocale(nil))
  end)
end)
