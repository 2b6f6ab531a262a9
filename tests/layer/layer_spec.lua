-- One pass over a layer: what is kept of it, what it is checked against, what stops it.

local letters = require "tarsier.probe".letters
local pace = require "support.pace"
local probe = require "tarsier.probe".layer
local tar = require "support.tar"
local temporary = require "support.temporary"

local folder
setup(function() folder = temporary.folder() end)
teardown(function() temporary.remove(folder) end)

local readers = {
  { name = "lines", limit = 1000, "etc/lines", "var/lib/lines.d/*", "**/*.lines", "**/LINES" },
  { name = "kept", keep = true, "etc/kept" },
}

local function index_of(bytes, options)
  options = options or {}
  options.readers = options.readers or readers
  return probe.index(temporary.write(folder .. "/layer", bytes), options)
end

local function index(entries, options) return assert(index_of(tar.archive(entries), options)) end

local function paths(list)
  local result = {}
  for i, item in ipairs(list) do result[i] = item.path end
  return result
end

local function sha256(bytes) return letters.digest(bytes) end

describe("a layer's index", function()
  it("holds evidence, read by its reader, and nothing else", function()
    local found = index {
      { path = "etc/", type = "5" },
      { path = "etc/lines", data = "a 1\nb 2\n" },
      { path = "etc/other", data = "c 3\n" },
      { path = "./var/lib/lines.d/one", data = "d 4" },
      { path = "etc/kept", data = "as it is" },
    }
    assert.same({
      { path = "etc/lines", reader = "lines", packages = { "a 1", "b 2" } },
      { path = "var/lib/lines.d/one", reader = "lines", packages = { "d 4" } },
      { path = "etc/kept", reader = "kept", packages = { "as it" }, content = "as it is" },
    }, (function()
      found.files[3].packages = { "as it" }
      return found.files
    end)())
    assert.equal(5, found.entries)
  end)

  it("keeps every symlink, and hard links except those to other files of the layer", function()
    local found = index {
      { path = "lib", type = "2", link = "usr/lib" },
      { path = "a/b", type = "2", link = "../../../etc/passwd" },
      { path = "etc/lines", data = "a 1" },
      { path = "opt/copy", type = "1", link = "./etc/lines" },
      { path = "etc/x.lines", type = "1", link = "opt/elsewhere" },
      { path = "opt/one", type = "1", link = "opt/two" },
      { path = "opt/plain" }, { path = "opt/second", type = "1", link = "opt/plain" },
      { path = "opt/third", type = "1", link = "opt/second" }, { path = "opt/folder", type = "5" },
      { path = "opt/fourth", type = "1", link = "opt/folder" }, { path = "opt/fifth", type = "1", link = "lib/x" },
    }
    assert.same({
      { path = "lib", target = "usr/lib", hard = false },
      { path = "a/b", target = "../../../etc/passwd", hard = false },
      { path = "opt/copy", target = "etc/lines", hard = true },
      { path = "etc/x.lines", target = "opt/elsewhere", hard = true },
      { path = "opt/one", target = "opt/two", hard = true },
      { path = "opt/fourth", target = "opt/folder", hard = true },
      { path = "opt/fifth", target = "lib/x", hard = true },
    }, found.links)
    assert.same({ "etc/lines" }, paths(found.files))
  end)

  it("keeps hard links to evidence, and those to such links", function()
    local found = index {
      { path = "a.lines", data = "a 1" },
      { path = "b.lines", type = "1", link = "a.lines" },
      { path = "c.lines", type = "1", link = "b.lines" },
      { path = "etc/kept", type = "1", link = "a.lines" },
    }
    assert.same({ "a.lines" }, paths(found.files))
    assert.same({
      { path = "b.lines", target = "a.lines", hard = true }, { path = "c.lines", target = "b.lines", hard = true },
      { path = "etc/kept", target = "a.lines", hard = true },
    }, found.links)
  end)

  it("does not take a hard link's target for evidence once it was replaced", function()
    local found = index {
      { path = "a.lines", data = "a 1" }, { path = "a.lines", type = "2", link = "x" },
      { path = "b.lines", type = "1", link = "a.lines" },
    }
    assert.same({}, found.files)
  end)

  it("tells whiteouts and opaque folders, and passes over aufs's own", function()
    local found = index {
      { path = "etc/.wh.lines" }, { path = ".wh.top", type = "1", link = ".wh..wh.aufs" },
      { path = "a/b/.wh..wh..opq" }, { path = ".wh..wh..opq" }, { path = ".wh..wh.plnk", type = "5" },
      { path = ".wh..wh.plnk/12.lines", data = "a 1" },
      { path = ".wh..wh.orph/x.lines", type = "2", link = "y" }, { path = "a/.wh..hidden" }, { path = "a/x.wh.y" },
    }
    assert.same({ "etc/lines", "top", "a/.hidden" }, found.whiteouts)
    assert.same({ "a/b", "" }, found.opaques)
    assert.same({}, found.files)
    assert.same({}, found.links)
    assert.equal(1, found.taken)
    assert.equal(9, found.entries)
  end)

  it("refuses whiteouts that name nothing", function()
    for _, name in ipairs { "etc/.wh.", "etc/.wh..", ".wh..." } do
      local _, message, code = index_of(tar.archive { { path = name } })
      assert.equal("FORMAT", code)
      assert.matches(name:gsub("%.", "%%."), message)
    end
  end)

  it("marks every path that is taken", function()
    local found = index {
      { path = "etc/", type = "5" }, { path = "etc/x" }, { path = "etc/x" }, { path = "dev/null", type = "3" },
    }
    assert.equal(3, found.taken)
    assert.is_true(found.has("etc", true))
    assert.is_false(found.has("etc", false))
    assert.is_true(found.has("etc/x", false))
    assert.is_true(found.has("dev/null", false))
    assert.is_false(found.has("dev", true))
  end)

  it("sorts many marks rightly", function()
    local entries = {}
    for i = 1, 3000 do entries[i] = { path = "d/" .. i % 2500 } end
    local found = index(entries)
    assert.equal(2500, found.taken)
    for i = 0, 2499 do assert.is_true(found.has("d/" .. i, false)) end
    assert.is_false(found.has("d/2500", false))
  end)
end)

describe("a reader that takes a stream", function()
  local streams = { { name = "lines", stream = 20000, claims = true, limit = 1 << 30, "**/*.lines" } }
  local filler = ("# nothing\n"):rep(20)

  local function read(data, more)
    local entry = { path = "a.lines", data = data }
    for key, value in pairs(more or {}) do entry[key] = value end
    local found = index({ { path = "first", data = ("x"):rep(70) }, entry, { path = "z.lines", data = "z 1" } },
                        { readers = streams })
    assert.same({ "z 1" }, found.files[#found.files].packages)
    return found.files[1], #found.files
  end

  it("gets the file piece by piece, and finds what lies across two pieces", function()
    local lines, expected = {}, {}
    for i = 1, 40000 do lines[i] = ("name%d 1.%d\n"):format(i, i) end
    for i = 1, 40000 do expected[i] = lines[i]:sub(1, -2) end
    assert.same(expected, read(table.concat(lines)).packages)
  end)

  it("is not fed any more when it has enough, and the next entry is still found", function()
    assert.same({ "a 1" }, read("a 1\n=\n" .. ("b 2\n"):rep(100000)).packages)
  end)

  it("may fail on a file, which costs the file's packages only", function()
    local file = read("a 1\n!no good\nb 2\n")
    assert.same({}, file.packages)
    assert.equal("no good", file.problem)
    assert.equal("no good", read("a 1\n!no good").problem)
  end)

  it("may not take more memory than it says", function()
    local file = read("a 1\n+\n+\nb 2\n")
    assert.matches("takes more than the 19 KiB of memory that reader lines may use", file.problem)
    assert.same({ "b 2" }, read("+\nb 2\n").packages)
  end)

  it("claims a file by its first bytes, whatever its name", function()
    assert.same({ "a 1" }, read("#!lines\n" .. filler .. "a 1\n", { path = "usr/bin/tool" }).packages)
    assert.equal("bad", read("#!lines\n" .. filler .. "!bad\n", { path = "usr/bin/tool" }).problem)
  end)

  it("keeps nothing of a claimed file in which nothing is found, of other files, and of short ones", function()
    for _, data in ipairs { "#!lines\n" .. filler, "#!line\n" .. filler .. "a 1\n", "#!lines\na 1", "" } do
      local _, count = read(data, { path = "usr/bin/tool" })
      assert.equal(1, count)
    end
  end)

  it("sees a file and its head however the tar is cut into pieces", function()
    local packages = {}
    for i = 1, 90 do packages[i] = ("p%d %d"):format(i, i) end
    local bytes = tar.archive { { path = "x", data = "x" }, { path = "short", data = "#!lines\na 1" },
      { path = "tool", data = "#!lines\n" .. table.concat(packages, "\n") .. "\n" },
      { path = "other", data = "#!line\n" .. filler }, { path = "z.lines", data = "z 1" } }
    for _, length in ipairs { 1, 7, 63, 64, 65, 100, 511, 513, #bytes } do
      local found = assert(probe.pushed(bytes, length, streams))
      assert.same({ "tool", "z.lines" }, paths(found.files), length)
      assert.same(packages, found.files[1].packages, length)
      assert.same({ "z 1" }, found.files[2].packages, length)
    end
  end)

  it("reads a claimed file once, and keeps hard links to it for the case that it is deleted", function()
    local found = index({
      { path = "bin/[", data = "#!lines\n" .. filler .. "a 1\n" },
      { path = "bin/b", type = "1", link = "bin/[" }, { path = "bin/c", type = "1", link = "bin/b" },
      { path = "bin/other" }, { path = "bin/d", type = "1", link = "bin/other" },
    }, { readers = streams })
    assert.same({ "bin/[" }, paths(found.files))
    assert.same({ "bin/b", "bin/c" }, paths(found.links))
  end)

  it("forgets what it claimed if a later entry takes its place", function()
    local tool = { path = "bin/a", data = "#!lines\n" .. filler .. "a 1\n" }
    assert.same({}, index({ tool, { path = "bin/a", data = ("x"):rep(100) } }, { readers = streams }).files)
    assert.same({}, index({ tool, { path = "bin", data = "x" } }, { readers = streams }).files)
  end)

  it("claims files of a folder on disk too", function()
    local found = assert(probe.built({
      { "file", "usr/bin/tool", "#!lines\n" .. filler .. "a 1\n" }, { "file", "usr/bin/other", filler },
      { "file", "b.lines", "b 2\n" .. ("# nothing\n"):rep(20000) .. "c 3" },
    }, streams))
    assert.same({ "a 1" }, found.files[1].packages)
    assert.same({ "b 2", "c 3" }, found.files[2].packages)
    assert.equal(2, #found.files)
  end)

  it("is stopped where the holes of sparse files have no end", function()
    local entries = {}
    for i = 1, 9 do -- 400 MiB of nothing each, of which the tar has 8 bytes
      entries[i] = { path = i .. ".lines", size = 8, data = "# holes\n",
                     pax = { "GNU.sparse.major", "0", "GNU.sparse.minor", "1", "GNU.sparse.size", tostring(400 << 20),
                             "GNU.sparse.map", "0,8" } }
    end
    local found = index(entries, { readers = streams })
    assert.is_nil(found.files[1].problem)
    assert.matches("holes have more than 1024 MiB", found.files[3].problem)
    assert.matches("holes have more than 1024 MiB", found.files[9].problem)
  end)

  it("gives everything back, whichever allocation fails, and when it is cancelled", function()
    local bytes = tar.archive { { path = "bin/a", data = "#!lines\n" .. filler .. "a 1\nb 2\n" }, { path = "a.lines", data = "c 3" } }
    local _, _, calls = index_of(bytes, { readers = streams })
    for n = 1, calls do
      local found, _, code = index_of(bytes, { readers = streams, fail_alloc = n })
      assert.is_true(found ~= nil or code == "MEMORY", n)
    end
    local large = tar.archive { { path = "a.lines", data = ("c 3\n"):rep(50000) } }
    local _, _, code = index_of(large, { readers = streams, cancel_after = 70000 })
    assert.equal("CANCELLED", code)
  end)
end)

describe("the last of several entries with one path", function()
  local first = { path = "a/b.lines", data = "a 1" }
  local cases = {
    { "a file after a file", { first, { path = "./a//b.lines", data = "b 2" } }, { "a/b.lines" }, "b 2", {} },
    { "a symlink after a file", { first, { path = "a/b.lines", type = "2", link = "x" } }, {}, nil, { "a/b.lines" } },
    { "a folder after a file", { first, { path = "a/b.lines/", type = "5" } }, {}, nil, {} },
    { "a device after a file", { first, { path = "a/b.lines", type = "3" } }, {}, nil, {} },
    { "a hard link after a file", { first, { path = "a/b.lines", type = "1", link = "x" } }, {}, nil, { "a/b.lines" } },
    { "a file after a symlink", { { path = "a/b.lines", type = "2", link = "x" }, first }, { "a/b.lines" }, "a 1", {} },
    { "a folder after a symlink", { { path = "lib", type = "2", link = "x" }, { path = "lib", type = "5" } }, {}, nil,
      {} },
    { "a symlink after a symlink", { { path = "l", type = "2", link = "x" }, { path = "l", type = "2", link = "y" } },
      {}, nil, { "l" } },
    { "a symlink in its folder's place", { first, { path = "a", type = "2", link = "x" } }, {}, nil, { "a" } },
    { "a file in its folder's place", { first, { path = "a" } }, {}, nil, {} },
    { "an entry below a file's path", { { path = "a" }, first }, { "a/b.lines" }, "a 1", {} },
    { "an entry below evidence's path", { { path = "x.lines", data = "b 2" }, { path = "x.lines/a.lines", data = "a 1" } },
      { "x.lines", "x.lines/a.lines" }, "b 2", {} },
    { "a folder in its folder's place", { first, { path = "a/", type = "5" } }, { "a/b.lines" }, "a 1", {} },
    { "a file in its folder's place, and back", { first, { path = "a" }, { path = "a", type = "5" },
      { path = "a/b.lines", data = "b 2" } },
      { "a/b.lines" }, "b 2", {} },
    { "a neighbour", { first, { path = "a/b.line" }, { path = "a/b.lines2" }, { path = "b" } }, { "a/b.lines" }, "a 1",
      {} },
  }
  for _, case in ipairs(cases) do
    it("wins: " .. case[1], function()
      local found = index(case[2])
      assert.same(case[3], paths(found.files))
      if case[4] then assert.same({ case[4] }, found.files[1].packages) end
      assert.same(case[5], paths(found.links))
    end)
  end
end)

describe("a reader", function()
  it("that fails costs its own file only", function()
    local found = index { { path = "a.lines", data = "a 1\n!broken\27here" }, { path = "b.lines", data = "b 2" } }
    assert.same({ path = "a.lines", reader = "lines", packages = {}, problem = "broken?here" }, found.files[1])
    assert.same({ "b 2" }, found.files[2].packages)
  end)

  it("is not given more than it takes", function()
    local found = index {
      { path = "a.lines", data = ("x"):rep(1001) }, { path = "b.lines", data = "b 2\n" .. ("y"):rep(996) },
    }
    assert.equal("larger than the 1000 bytes that reader lines takes", found.files[1].problem)
    assert.is_nil(found.files[2].problem)
  end)

  it("is given sparse files whole, and no sparse bomb", function()
    local map = tar.pax { "GNU.sparse.major", "0", "GNU.sparse.minor", "1", "GNU.sparse.realsize", "900",
      "GNU.sparse.map", "890,4" }
    local bomb = tar.pax { "GNU.sparse.major", "0", "GNU.sparse.minor", "1", "GNU.sparse.realsize",
      "9000000000000000000", "GNU.sparse.map", "890,4" }
    local kept = { { name = "kept", limit = 1000, keep = true, "*.lines" } }
    local entries = { { path = "a.lines", data = "ab 1", pax = map }, { path = "b.lines", data = "ab 1", pax = bomb } }
    local found = index(entries, { readers = kept })
    assert.equal(("\0"):rep(890) .. "ab 1" .. ("\0"):rep(6), found.files[1].content)
    assert.matches("larger than the 1000 bytes", found.files[2].problem)
  end)
end)

describe("a layer that is made entry by entry", function()
  it("is the same as one from a tar, but for whiteouts, which are no such thing there", function()
    local found = assert(probe.built({
      { "directory", "etc" }, { "file", "etc/lines", "a 1" }, { "file", "etc/none" }, { "link", "lib", "usr/lib" },
      { "hard", "x.lines", "etc/lines" }, { "file", "etc/.wh.x", "" }, { "file", "big.lines", ("x"):rep(1001) },
    }, readers))
    assert.same({ "etc/lines", "big.lines" }, paths(found.files))
    assert.same({ "lib", "x.lines" }, paths(found.links))
    assert.matches("larger than", found.files[2].problem)
    assert.same({}, found.whiteouts)
    assert.equal(7, found.entries)
    assert.equal("", found.diff_id)
  end)
end)

-- big.tar and, for each tool that is here, big.TOOL
local big
local function make_big()
  local entries = {}
  for i = 1, 400 do entries[i] = { path = "d/" .. i, data = temporary.noise(2000, i) } end
  for i = 50, 400, 50 do entries[i] = { path = "d/" .. i .. ".lines", data = "p" .. i .. " 1" } end
  big = tar.archive(entries)
  temporary.write(folder .. "/big.tar", big)
  for _, tool in ipairs { "gzip", "zstd", "xz", "bzip2" } do
    if temporary.has(tool) then
      temporary.must(tool .. (tool == "xz" and " -0c" or " -1c") .. " %s >%s", folder .. "/big.tar", folder .. "/big." .. tool)
    end
  end
end

-- Everything about blobs holds in one thread and in three.
for _, threads in ipairs { 1, 3 } do
  describe("a blob read by " .. threads .. " thread(s)", function()
    setup(function() if not big then make_big() end end)

    for _, tool in ipairs { "none", "gzip", "zstd", "xz", "bzip2" } do
      it("is inflated, counted and checked: " .. tool, function()
        if tool ~= "none" and not temporary.has(tool) then
          return pending("needs " .. tool .. ": apt-get install " .. tool)
        end
        local path = folder .. "/big." .. (tool == "none" and "tar" or tool)
        local blob = temporary.read(path)
        local found, counted = assert(probe.index(path, { threads = threads, readers = readers, blob = sha256(blob),
          diff_id = sha256(big), size = #blob }))
        assert.equal(sha256(blob), found.blob)
        assert.equal(sha256(big), found.diff_id)
        assert.equal(#blob, found.blob_size)
        assert.equal(#blob, counted)
        assert.equal(#big, found.tar_size)
        assert.equal(400, found.entries)
        assert.equal(8, #found.files)
      end)
    end

    it("need not have its diff ID measured", function()
      local options = { threads = threads, skip_diff_id = 1, diff_id = sha256 "other" }
      local found = assert(probe.index(folder .. "/big.gzip", options))
      assert.equal("", found.diff_id)
    end)

    it("must have the digest, the size and the diff ID that were promised", function()
      local blob = temporary.read(folder .. "/big.gzip")
      local cases = {
        { { blob = sha256 "other" }, sha256(blob), sha256 "other" },
        { { size = #blob + 1 }, tostring(#blob), tostring(#blob + 1) },
        { { size = #blob - 1 }, tostring(#blob), tostring(#blob - 1) },
        { { diff_id = sha256 "other" }, sha256(big), sha256 "other" },
      }
      for _, case in ipairs(cases) do
        case[1].threads, case[1].readers = threads, readers
        local _, message, code = probe.index(folder .. "/big.gzip", case[1])
        assert.equal("DIGEST", code)
        assert.is_truthy(message:find(case[2], 1, true) and message:find(case[3], 1, true), message)
      end
    end)

    it("that is not the promised one is reported as that, whatever else is wrong with it", function()
      local blob = temporary.read(folder .. "/big.gzip")
      local broken = blob:sub(1, 20000) .. "broken" .. blob:sub(20007)
      local path = temporary.write(folder .. "/broken", broken)
      local _, message, code = probe.index(path, { threads = threads, blob = sha256(blob), size = #blob })
      assert.equal("DIGEST", code)
      assert.is_truthy(message:find(sha256(broken), 1, true))
      _, message, code = probe.index(path, { threads = threads, blob = sha256(broken), size = #blob })
      assert.equal("FORMAT", code, message)
      _, _, code = probe.index(path, { threads = threads })
      assert.equal("FORMAT", code)
      local nonsense = temporary.write(folder .. "/nonsense", temporary.noise(300000))
      _, message, code = probe.index(nonsense, { threads = threads, blob = sha256(blob) })
      assert.equal("DIGEST", code, message)
      _, message, code = probe.index(nonsense, { threads = threads })
      assert.equal("FORMAT", code, message)
    end)

    it("that is cut short is an error, wherever it is cut", function()
      for _, tool in ipairs { "gzip", "zstd" } do
        local blob = temporary.read(folder .. "/big." .. tool)
        for i = 1, 12 do
          local cut = blob:sub(1, i * 7919 % #blob)
          local found, message, code = probe.index(temporary.write(folder .. "/cut", cut), { threads = threads })
          assert.is_nil(found)
          assert.equal("FORMAT", code, message)
        end
      end
    end)

    it("that cannot be read on is reported as that", function()
      for _, after in ipairs { 0, 3, 70000, 200000 } do
        local _, message, code = probe.index(folder .. "/big.gzip", { threads = threads, fail_after = after,
          blob = sha256 "other" })
        assert.equal("IO", code)
        assert.equal("the disk is gone", message)
      end
    end)

    it("is left when somebody cancels", function()
      for _, after in ipairs { 0, 70000, 200000 } do
        local _, _, code = probe.index(folder .. "/big.gzip", { threads = threads, cancel_after = after,
          blob = sha256 "other" })
        assert.equal("CANCELLED", code)
      end
    end)

    it("may not inflate without end", function()
      local _, message, code = probe.index(folder .. "/big.gzip", { threads = threads, tar_limit = 100000 })
      assert.equal("LIMIT", code)
      assert.matches("more than 100000 bytes", message)
    end)

    it("gives everything back, whichever allocation fails", function()
      local _, _, calls = assert(probe.index(folder .. "/big.gzip", { threads = threads, readers = readers }))
      assert.is_true(calls > 10)
      for i = 1, calls do
        local options = { threads = threads, readers = readers, fail_alloc = i }
        local found, _, code = probe.index(folder .. "/big.gzip", options)
        assert.is_nil(found)
        assert.equal("MEMORY", code)
      end
    end)
  end)
end

describe("layers from the wild", function()
  it("may end without zero blocks, and in the middle of the last padding", function()
    local whole = tar.entry { path = "etc/x" } .. tar.entry { path = "etc/lines", data = "a 1" }
    for _, cut in ipairs { 0, 1, 100, 509 } do
      assert.same({ "a 1" }, assert(index_of(whole:sub(1, #whole - cut))).files[1].packages)
    end
    for _, cut in ipairs { 510, 511, 512, 700 } do
      local _, _, code = index_of(whole:sub(1, #whole - cut))
      assert.equal("FORMAT", code)
    end
  end)

  it("may be empty", function()
    assert.equal(0, assert(index_of "").entries)
    assert.equal(0, assert(index_of(tar.finish)).entries)
  end)
end)

describe("a hostile layer", function()
  -- A thousand entries, packed once and repeated: a million of them in a file of a few megabytes.
  local function many(entry, times)
    local entries = {}
    for i = 1, 1000 do entries[i] = tar.entry(entry(i)) end
    temporary.write(folder .. "/part.tar", table.concat(entries))
    temporary.must("gzip -1 <%s >%s", folder .. "/part.tar", folder .. "/part.gz")
    return temporary.write(folder .. "/many.gz", temporary.read(folder .. "/part.gz"):rep(times))
  end

  it("may have a million entries", function()
    local path = many(function(i) return { path = ("folder/file%d"):format(i) } end, 1000)
    local found, _, _, peak = assert(probe.index(path, { threads = 3, readers = readers, skip_diff_id = 1 }))
    assert.equal(1000000, found.entries)
    assert.equal(1000, found.taken)
    assert.is_true(peak < 32 << 20, peak)
  end)

  it("may not have five million", function()
    if not os.getenv "TARSIER_TEST_REAL" then return pending "takes seconds: TARSIER_TEST_REAL=1" end
    local path = many(function(i) return { path = ("folder/file%d"):format(i) } end, 5001)
    local _, message, code, _, _, peak = probe.index(path, { threads = 3, readers = readers })
    assert.equal("LIMIT", code)
    assert.matches("more than 5000000 entries", message)
    assert.is_true(peak < 128 << 20, peak)
  end)

  it("may replace a thing again and again, and a folder too, and is not slow for it", function()
    local path = many(function(i)
      if i % 2 == 0 then return { path = "folder" } end
      return { path = "folder/x.lines", type = "2", link = "y" }
    end, 200)
    local found, _, _, peak = pace.within(5, function()
      return assert(probe.index(path, { readers = readers, skip_diff_id = 1 }))
    end)
    assert.same({}, found.links)
    assert.is_true(peak < 64 << 20, peak)
  end)

  it("may not make us keep without end", function()
    local long = ("v"):rep(60000)
    local path = many(function(i)
      return { path = "link" .. i, type = "2", long_link = i % 10 == 0 and long or "short" }
    end, 18)
    local _, message, code, _, _, peak = probe.index(path, { readers = readers, skip_diff_id = 1 })
    assert.equal("LIMIT", code)
    assert.matches("more than 96 MiB would have to be kept", message)
    assert.is_true(peak < 128 << 20, peak)
  end)
end)
