-- Files that stand out: special modes, and what a later layer deletes; gathered only if they are asked for.

local core = require "tarsier.core"
local images = require "support.images"
local tar = require "support.tar"

local folder
setup(function() folder = images.folder() end)
teardown(function() images.remove(folder) end)

local function file(path, size, mode) return { path = path, data = ("x"):rep(size), mode = mode } end
local function directory(path, mode) return { path = path, type = "5", mode = mode } end
local function whiteout(path) return { path = path:gsub("([^/]*)$", ".wh.%1"), data = "" } end

local number = 0
local function write(...)
  number = number + 1
  local layout, layers = images.layout(), {}
  for i, entries in ipairs { ... } do layers[i] = { tar = tar.archive(entries) } end
  layout:add(layout:image { layers = layers }, "latest")
  return "oci:" .. layout:write(folder .. "/image" .. number)
end

local function scan(reference, config)
  config = config or {}
  config.cache_dir = config.cache_dir or ""
  local engine <close> = assert(core.open(config))
  local report <close> = assert(engine:scan(reference))
  local image = report:image()
  return image.files, image.layers
end

-- "path mode size layer[-deleted_by]", one a line
local function told(files)
  local lines = {}
  for i, item in ipairs(files) do
    lines[i] = ("%s %o %d %d%s"):format(item.path, item.mode, item.size, item.layer,
      item.deleted_by and "-" .. item.deleted_by or "")
  end
  return table.concat(lines, "\n")
end

describe("the files of an image", function()
  it("are told if they are setuid or setgid, or anyone may write to them", function()
    local reference = write { file("bin/su", 3, 2541), file("bin/wall", 1, 1517), file("bin/ls", 1, 493), -- 04755 02755 0755
      file("etc/open", 2, 438), directory("tmp", 1023), directory("var/open", 511), directory("var/shut", 493) } -- 0666 01777 0777
    assert.equal("bin/su 4755 3 1\nbin/wall 2755 1 1\netc/open 666 2 1\nvar/open 777 0 1", told(scan(reference, { files = true })))
    assert.is_nil((scan(reference)))
  end)

  it("are told if a later layer deletes them, by themselves or with their folder", function()
    local reference = write({ file("a/secret", 5, 420), file("a/b/c", 7, 420), file("d/e", 9, 420), file("d/empty", 0, 420),
      file("keep", 1, 420), file("ab", 2, 420) },
      { whiteout "a/secret", whiteout "a/b", { path = "d/.wh..wh..opq", data = "" }, file("d/new", 1, 420) })
    assert.equal("a/secret 644 5 1-2\na/b/c 644 7 1-2\nd/e 644 9 1-2", told(scan(reference, { files = true })))
  end)

  it("are those of the last layer that has them", function()
    local reference = write({ file("bin/su", 3, 2541), file("x", 4, 420) }, { file("bin/su", 3, 493), whiteout "x" },
      { file("x", 6, 438) })
    assert.equal("x 644 4 1-2\nx 666 6 3", told(scan(reference, { files = true })))
  end)

  it("are remembered by the cache, apart from scans that do not ask for them", function()
    local reference = write({ file("bin/su", 3, 2541) })
    local cache = folder .. "/cache"
    assert.is_nil((scan(reference, { cache_dir = cache })))
    local files, layers = scan(reference, { cache_dir = cache, files = true })
    assert.equal("bin/su 4755 3 1", told(files))
    assert.is_false(layers[1].cached)
    files, layers = scan(reference, { cache_dir = cache, files = true })
    assert.equal("bin/su 4755 3 1", told(files))
    assert.is_true(layers[1].cached)
    local none
    none, layers = scan(reference, { cache_dir = cache })
    assert.is_nil(none)
    assert.is_true(layers[1].cached)
  end)

  it("are gathered for a policy that needs them", function()
    local tarsier = require "tarsier"
    local reference = write { file("etc/open", 2, 438) }
    local result = assert(tarsier.scan(reference, { cache_dir = "", database = "build/starter.db", policies = { "conformance" } }))
    assert.equal("etc/open 666 2 1", told(result.image.files))
    assert.matches("anyone may write to 1 file: etc/open", result.verdict.trail[1].reason)
    result = assert(tarsier.scan(reference, { cache_dir = "", database = "build/starter.db" }))
    assert.is_nil(result.image.files)
    assert.same({ files = true }, tarsier.policy.needs { policies = { "default", "conformance" } })
    assert.same({}, tarsier.policy.needs())
  end)
end)
