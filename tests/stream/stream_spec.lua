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
    fails("IO", folder .. "/none: No such file", folder .. "/none")
    fails("IO", folder .. ": Is a directory", folder)
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
