local cached = require "tarsier.probe".overlay.cached
local files = require "support.files"
local lfs = require "lfs"

local A = "sha256:" .. ("a"):rep(64)
local B = "sha256:" .. ("b"):rep(64)
local layer = require "support.tar".archive {
  { path = "x.word", data = "one two" }, { path = "y", type = "2", link = "z" }, { path = "a/.wh.b" },
}

local function shell(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

describe("layer cache", function()
  local folder
  before_each(function() folder = files.folder() end)
  after_each(function() files.remove(folder) end)

  -- Paths of all regular files in the cache
  local function entry()
    local paths = {}
    for name in lfs.dir(folder .. "/layers") do
      local path = folder .. "/layers/" .. name
      if lfs.symlinkattributes(path, "mode") == "file" then paths[#paths + 1] = path end
    end
    return table.concat(paths)
  end

  it("gives back what was put", function()
    assert.is_nil(cached(folder, A))
    local put = cached(folder, A, layer)
    assert.same({ "one", "two", links = 1, taken = put.taken, whiteouts = 1 }, put)
    assert.same(put, cached(folder, A))
    assert.is_nil(cached(folder, B))
  end)

  it("misses, and removes, an entry with any one byte changed", function()
    cached(folder, A, layer)
    local path = entry()
    local file = assert(io.open(path, "rb"))
    local bytes = file:read "a"
    file:close()
    for at = 1, #bytes, 7 do
      file = assert(io.open(path, "wb"))
      file:write(bytes:sub(1, at - 1), string.char(bytes:byte(at) ~ 0x41), bytes:sub(at + 1))
      file:close()
      assert.is_nil(cached(folder, A), "byte " .. at)
      assert.equal("", entry())
    end
  end)

  it("misses an entry that ends early", function()
    cached(folder, A, layer)
    local path = entry()
    local file = assert(io.open(path, "rb"))
    local bytes = file:read "a"
    file:close()
    for length = 0, #bytes - 1, 5 do
      file = assert(io.open(path, "wb"))
      file:write(bytes:sub(1, length))
      file:close()
      assert.is_nil(cached(folder, A))
    end
  end)

  it("does not follow a link, nor read a pipe", function()
    cached(folder, A, layer)
    local path = entry()
    os.execute("mv " .. path .. " " .. folder .. "/moved && ln -s " .. folder .. "/moved " .. path)
    assert.is_nil(cached(folder, A))
    os.execute("rm " .. path .. " && mkfifo " .. path)
    assert.is_nil(cached(folder, A))
  end)

  it("keeps to its limit, oldest out first", function()
    cached(folder, A, layer)
    local size = tonumber(shell("stat -c %s " .. entry()))
    os.execute("touch -d '2 days ago' " .. entry())
    assert.is_table(cached(folder, B, layer, size + 10))
    assert.is_nil(cached(folder, A))
    assert.is_table(cached(folder, B))
  end)

  it("sweeps up after a writer that was killed", function()
    os.execute("mkdir -p " .. folder .. "/layers && touch -d '2 days ago' " .. folder .. "/layers/.litter")
    cached(folder, A, layer)
    assert.equal("", shell("find " .. folder .. " -name '.litter'"))
  end)

  it("is no failure where it cannot be", function()
    os.execute("touch " .. folder .. "/file")
    assert.is_nil(cached(folder .. "/file", A, layer))
  end)
end)

describe("a layer's index in the cache", function()
  local tar = require "support.tar"
  local stored = require "tarsier.probe".index_file.stored

  it("comes back field by field", function()
    local before, after = stored(tar.archive {
      { path = "k" }, { path = "k", type = "2", link = "d" }, { path = "d/", type = "5" }, { path = "etc/word/", type = "5" },
      { path = "e/f/x.word", data = "one two own:y.word owner:three license:MIT note:four doubt:five" },
      { path = "broken.word", data = "!" }, { path = "large.word", data = ("x"):rep(101) }, { path = "pipe.word", type = "6" },
      { path = "l", type = "2", link = "e/f" }, { path = "l/other" }, { path = "l", type = "2", link = "../up" },
      { path = "second.word", type = "1", link = "e/f/x.word" }, { path = "opt/second", type = "1", link = "e/f/x.word" },
      { path = "e/f/x.word", type = "5" }, { path = "d/.wh.gone" }, { path = "d/.wh..wh..opq" }, { path = ".wh..wh..opq" },
    }, B)
    assert.equal(before, after)
    for _, line in ipairs {
      "whiteout d/gone opaque 0 entry 15 used 0\n", "whiteout d opaque 1 entry 16 used 1\n", "whiteout  opaque 1 entry 17 used 1\n",
      "link l to e/f hard 0 gone 1 entry 9 used 1\n", "link l to ../up hard 0 gone 0 entry 11 used 0\n",
      "link second.word to e/f/x.word hard 1 gone 0 entry 12 used 0\n",
      "link opt/second to e/f/x.word hard 1 gone 0 entry 13 used 0\n",
      "file e/f/x.word problem - entry 5 gone 1 missing 0\n",
      "file broken.word problem it holds a ! entry 6 gone 0", "file large.word problem larger than",
      "listed d size 0 mode 420 type 53\n", "listed large.word size 101 mode 420 type 48\n",
      "  reader words owner three content 63\n", "    owned 0\n", "  owns ", "  note four 0\n", "  note five 1\n",
      "  package two 1\n", "    type word architecture all\n", "    source source 2\n", "    ecosystem Words module m:1\n",
      "    vendor v licenses MIT\nISC\n", "    inner in\n", "  licenses MIT MIT directory 0\n",
      "  licenses - - directory 1\n", "repeated ",
    } do
      assert.is_truthy(before:find(line, 1, true), line .. "is not in\n" .. before)
    end
  end)
end)
