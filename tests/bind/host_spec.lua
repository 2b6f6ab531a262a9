local core = require "tarsier.core"
local host = core.host
local json = require "tarsier.json"

local function sh(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read "a"
  pipe:close()
  return (output:gsub("\n$", ""))
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read "a"
  file:close()
  return content
end

describe("core.host.sleep", function()
  it("takes no time, but none less", function()
    host.sleep(0)
    for _, seconds in ipairs { -0.001, 3600.001, 0 / 0, 1 / 0 } do
      assert.has_error(function() host.sleep(seconds) end)
    end
  end)
end)

describe("core.uuid5", function()
  local dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
  it("makes the UUID of RFC 9562's appendix", function()
    assert.equal("2ed6657d-e927-568b-95e1-2665a8aea6a2", core.uuid5(dns, "www.example.com"))
    assert.equal(core.uuid5(dns, "a\0b"), core.uuid5(dns:upper(), "a\0b"))
    assert.not_equal(core.uuid5(dns, "a"), core.uuid5(dns, "a\0b"))
  end)
  it("wants a UUID", function()
    for _, text in ipairs { "", dns:sub(2), dns .. "0", (dns:gsub("%-", "0")), (dns:gsub("6", "g")) } do
      assert.has_error(function() core.uuid5(text, "x") end)
    end
  end)
end)

describe("core.host", function()
  local folder
  before_each(function() folder = sh "mktemp -d" end)
  after_each(function() os.execute("rm -rf " .. folder) end)

  it("writes a file whole and leaves nothing beside it", function()
    assert.is_true(host.write_file(folder .. "/a", "one\0two"))
    assert.equal("one\0two", read(folder .. "/a"))
    assert.is_true(host.write_file(folder .. "/a", ""))
    assert.equal("", read(folder .. "/a"))
    assert.equal("a", sh("ls -A " .. folder))
  end)

  it("gives a new file what the mask allows and keeps an old one's mode", function()
    host.write_file(folder .. "/a", "x")
    assert.equal(sh("touch " .. folder .. "/b; stat -c %a " .. folder .. "/b"), sh("stat -c %a " .. folder .. "/a"))
    os.execute("chmod 640 " .. folder .. "/a")
    host.write_file(folder .. "/a", "y")
    assert.equal("640", sh("stat -c %a " .. folder .. "/a"))
  end)

  it("writes through a link and into what is no file", function()
    os.execute(("cd %s && echo old > target && ln -s target link"):format(folder))
    assert.is_true(host.write_file(folder .. "/link", "new"))
    assert.equal("new", read(folder .. "/target"))
    assert.is_true(host.write_file("/dev/null", "x"))
    assert.equal("character special file", sh "stat -c %F /dev/null")
  end)

  it("writes what a function gives it, and leaves the old file if that fails", function()
    assert.is_true(host.write_file(folder .. "/a", function(out) for i = 1, 3 do out("piece " .. i .. "\n") end end))
    assert.equal("piece 1\npiece 2\npiece 3\n", read(folder .. "/a"))
    local kept
    assert.has_error(function() host.write_file(folder .. "/a", function(out) out "half" kept = out error("no", 0) end) end, "no")
    assert.equal("piece 1\npiece 2\npiece 3\n", read(folder .. "/a"))
    assert.has_error(function() kept "more" end) -- the file is closed
    local ok, message = host.write_file("/dev/full", function(out) for _ = 1, 100 do out(("x"):rep(1000)) end end)
    assert.is_nil(ok)
    assert.matches("No space left", message)
    assert.equal("a", sh("ls -A " .. folder))
  end)

  it("writes JSON that is given to it, of which no piece becomes a string of Lua", function()
    local value, kept = json.list { ("x"):rep(100000), 1, ("y"):rep(100000) }, nil
    local taken
    assert.is_true(host.write_file(folder .. "/a", function(out)
      collectgarbage()
      local before = collectgarbage "count"
      json.write(value, out)
      taken, kept = collectgarbage "count" - before, out
    end))
    assert.equal(json.encode(value), read(folder .. "/a"))
    assert.is_true(taken < 64, taken .. " KiB for 200 KiB of text")
    assert.matches("the file is closed", select(2, pcall(json.write, value, kept)))
    local ok, message = host.write_file("/dev/full", function(out) json.write(value, out) end)
    assert.is_nil(ok)
    assert.matches("No space left", message)
  end)

  it("lists a folder", function()
    os.execute(("cd %s && touch b a .hidden && mkdir c"):format(folder))
    assert.same({ "a", "b", "c" }, host.list(folder))
    assert.is_nil((host.list(folder .. "/nothing")))
  end)

  it("says which place refused and why", function()
    for path, why in pairs { ["/no/such/place"] = "No such file or directory", [folder] = "Is a directory",
      ["/dev/full"] = "No space left on device",
      [folder .. ("/" .. ("x"):rep(99)):rep(41):sub(1, 4090 - #folder)] = "File name too long", [folder .. "/" .. ("x"):rep(5000)] = "File name too long" } do
      local ok, message, code = host.write_file(path, "x")
      assert.is_nil(ok)
      assert.equal(path .. ": " .. why, message)
      assert.equal("IO", code)
    end
    assert.equal("", sh("ls -A " .. folder))
  end)

  it("says that the place was taken while the file was written, and leaves nothing beside it", function()
    local ok, message, code = host.write_file(folder .. "/a", function(out) out "x" host.make_folder(folder .. "/a") end)
    assert.same({ folder .. "/a: Is a directory", "IO" }, { message, code })
    assert.is_nil(ok)
    assert.equal("a", sh("ls -A " .. folder))
  end)

  it("makes a folder and those above it", function()
    assert.is_true(host.make_folder(folder .. "/a/b//c/"))
    assert.is_true(host.make_folder(folder .. "/a/b/c"))
    assert.equal("700", sh("stat -c %a " .. folder .. "/a/b/c"))
    host.write_file(folder .. "/file", "")
    assert.is_nil((host.make_folder(folder .. "/file/x")))
    assert.is_nil((host.make_folder(folder .. "/file")))
  end)

  it("tells what a path is, through links, without opening it", function()
    host.write_file(folder .. "/file", "12345")
    os.execute(("cd %s && mkfifo fifo && ln -s file link && ln -s nowhere dangling && ln -s loop loop"):format(folder))
    local modified = host.stat(folder .. "/file").modified
    assert.is_true(math.abs(os.time() - modified) < 600)
    assert.same({ type = "file", size = 5, is_link = false, modified = modified }, host.stat(folder .. "/file"))
    assert.same({ type = "file", size = 5, is_link = true, modified = modified }, host.stat(folder .. "/link"))
    assert.equal("folder", host.stat(folder).type)
    assert.equal("fifo", host.stat(folder .. "/fifo").type)
    assert.equal("device", host.stat("/dev/null").type)
    for _, name in ipairs { "nothing", "dangling", "loop", "file/below", ("x"):rep(300) } do
      local found, message, code = host.stat(folder .. "/" .. name)
      assert.is_nil(found)
      assert.equal(1, message:find(folder .. "/" .. name .. ": ", 1, true))
      assert.equal("NOT_FOUND", code)
    end
  end)
end)
