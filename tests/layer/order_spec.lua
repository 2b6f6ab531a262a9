-- Entries of one layer that have to do with each other: what a scan finds is what an engine unpacks, entry by entry. The
-- shapes lie side by side in one image; umoci_spec.lua tries thousands of others.

local core = require "tarsier.core"
local oci = require "support.oci"
local tar = require "support.tar"
local temporary = require "support.temporary"

-- for the readers of Python and R
local function package(name) return ("Name: %s\nVersion: 1\nPackage: %s\nBuilt: R\n"):format(name, name) end
local function file(path, name) return { path = path, data = name and package(name) or "plain" } end
local function dir(path) return { path = path .. "/", type = "5" } end
local function link(path, target) return { path = path, type = "2", link = target } end
local function hard(path, target) return { path = path, type = "1", link = target } end
local function whiteout(path) return { path = (path:gsub("([^/]+)$", ".wh.%1")), data = "" } end
local function opaque(path) return { path = path .. "/.wh..wh..opq", data = "" } end
local DEEP = (("x"):rep(200) .. "/"):rep(3) -- longer than what a message shows of a path

-- { what, { layer, … }, "path package …" }; "/" at the beginning of a link's target is the shape's own folder
local shapes = {
  { "a file over a symlink", { { link("l", "d.dist-info"), file("d.dist-info/METADATA", "old") }, { file "l" } },
    "d.dist-info/METADATA old" },
  { "a file over a symlink, through a hard link to another", {
    { link("x", "d"), link("d/t", "../old"), file("old", "old"), hard("h", "x") },
    { file("h/t", "new"), hard("e.dist-info/METADATA", "d/t") } }, "e.dist-info/METADATA new" },
  { "a symlink over a symlink, and a file through it", {
    { link("l", "d.dist-info"), file("d.dist-info/METADATA", "old") },
    { link("l", "e.dist-info"), file("l/METADATA", "new") } }, "d.dist-info/METADATA old e.dist-info/METADATA new" },
  { "a symlink over a symlink, and what is not a file through it", {
    { link("l", "d.dist-info"), file("d.dist-info/METADATA", "old") },
    { link("l", "e"), dir "l/METADATA" } }, "d.dist-info/METADATA old" },
  { "a symlink over a symlink, after a file through the first", {
    { link("l", "d.dist-info") }, { file("l/METADATA", "new"), link("l", "nowhere") } }, "d.dist-info/METADATA new" },
  { "a directory over a symlink", {
    { link("l.dist-info", "d.dist-info"), file("d.dist-info/METADATA", "old") },
    { dir "l.dist-info", file("l.dist-info/METADATA", "new") } },
    "d.dist-info/METADATA old l.dist-info/METADATA new" },
  { "a directory over a symlink, through another link", {
    { link("l", "d") },
    { link("d/k.dist-info", "../empty"), dir "l/k.dist-info", file("d/k.dist-info/METADATA", "new") } },
    "d/k.dist-info/METADATA new" },
  { "a symlink over a directory, with an entry of one name in both", {
    { file("e.dist-info/METADATA", "old") }, { dir "l/METADATA", link("l", "e.dist-info"), file "l/other" } },
    "e.dist-info/METADATA old" },
  { "a symlink in the place of the link that it was written through", {
    { file("a/METADATA", "old"), link("a/c.dist-info/a", "/a"), link("a/c.dist-info/a/c.dist-info", "../a") },
    { file "a/c.dist-info/a" } }, "a/METADATA old" },
  { "a file through a link to what becomes a link", {
    { file "c" }, { link("a", "c"), link("c", "d.dist-info"), file("a/METADATA", "new") } }, "d.dist-info/METADATA new" },
  { "a file through a link of a lower layer to what becomes a link", {
    { link("a/c.dist-info", "/a/c.dist-info"), link("b", "/a/c.dist-info") },
    { link("a", "/d"), file("b/METADATA", "new") } }, "d/c.dist-info/METADATA new" },
  { "a file through a link, and through one that lies behind it", {
    { link("a", "/b"), hard("b/b", "a"), hard("b/b/c.dist-info", "a"), file("a/b/METADATA", "new") } },
    "b/METADATA new" },
  { "a whiteout of a link after a file through it", {
    { link("l", "d.dist-info") }, { file("l/METADATA", "new"), whiteout "l" } }, "d.dist-info/METADATA new" },
  { "a whiteout of a link before a file through another to it", {
    { link("b", "a/c.dist-info") }, { link("a", "/b/c.dist-info"), whiteout "b", file("a/METADATA", "new") } },
    "b/c.dist-info/METADATA new" },
  { "a file over the folder of a hard link's target", {
    { file("a/x.egg-info", "old"), hard("y.egg-info", "a/x.egg-info"), file "a" } }, "y.egg-info old" },
  { "a file over the folder of a symlink that has another name", {
    { link("a/l", "/d.dist-info"), hard("y", "a/l"), file("d.dist-info/METADATA", "old"), file "a" } },
    "d.dist-info/METADATA old" },
  { "a symlink through folders that are not there, and back", {
    { link("l", "gone/more/../../d.dist-info"), file("d.dist-info/x", "x") }, { file("l/METADATA", "new") } },
    "d.dist-info/METADATA new" },
  { "a hard link to a symlink of a lower layer", {
    { link("l", "real"), file("real/METADATA", "old") }, { hard("d.dist-info", "l") } }, "real/METADATA old" },
  { "a hard link, and then a file over its target through a link", {
    { link("l", "d"), file("d/t", "old") }, { hard("e.dist-info/METADATA", "d/t"), file("l/t", "new") } },
    "e.dist-info/METADATA old" },
  { "a file over a hard link's target through a link, and then the hard link", {
    { link("l", "d"), file("d/t", "old") }, { file("l/t", "new"), hard("e.dist-info/METADATA", "d/t") } },
    "e.dist-info/METADATA new" },
  { "a hard link, and then a file over its target's folder through a link", {
    { file("a/t", "old"), link("l", ".") }, { hard("e.dist-info/METADATA", "a/t"), file "l/a" } },
    "e.dist-info/METADATA old" },
  { "hard links to hard links, layer by layer", {
    { file("t", "old") }, { hard("a", "t") }, { hard("b", "a") }, { hard("c", "b"), hard("e.dist-info/METADATA", "c") } },
    "e.dist-info/METADATA old" },
  { "a hard link, a file over its target, and then a hard link to the first", {
    { file("d.dist-info/METADATA", "old") },
    { hard("a", "d.dist-info/METADATA"), file("d.dist-info/METADATA", "new"), hard("e.dist-info/METADATA", "a") } },
    "d.dist-info/METADATA new e.dist-info/METADATA old" },
  { "the same, all in one layer", {
    { file("d.dist-info/METADATA", "old"), hard("a", "d.dist-info/METADATA"), file("d.dist-info/METADATA", "new"),
      hard("e.dist-info/METADATA", "a") } },
    "d.dist-info/METADATA new e.dist-info/METADATA old" },
  { "a file, a hard link to it, and then a hard link to that", {
    { file("d.dist-info/METADATA", "old") },
    { file("d.dist-info/METADATA", "new"), hard("a", "d.dist-info/METADATA"), hard("e.dist-info/METADATA", "a") } },
    "d.dist-info/METADATA new e.dist-info/METADATA new" },
  { "a hard link for another reader to one that was known", {
    { file("x/d.egg-info", "old"), hard("d.egg-info", "x/d.egg-info"), hard("DESCRIPTION", "d.egg-info") },
    { whiteout "x" } },
    "DESCRIPTION old d.egg-info old" },
  { "a directory after what is in it, under a name that is evidence elsewhere", {
    { link("b/a/b", "/b/a"), dir "b/a", hard("d.egg-info", "b/a/b") }, { file("b/a", "new") } }, "b/a new" },
  { "an opaque folder behind a link, before a file over the link", {
    { link("l", "d"), file("d/d.egg-info", "old") }, { opaque "l", file "l" } }, "" },
  { "an opaque folder behind a link, before a directory over the link", {
    { link("l", "d"), file("d/d.egg-info", "old") }, { opaque "l", file "other", dir "l" } }, "" },
  { "an opaque folder in the place of a link", {
    { link("l", "d"), file("d/d.egg-info", "old") }, { dir "l", opaque "l" } }, "d/d.egg-info old" },
  { "an opaque folder behind a link, before a directory through another over the link", {
    { link("l", "d"), link("k", "."), file("d/d.egg-info", "old") }, { opaque "l", dir "k/l" } }, "" },
  { "a whiteout behind a link, before a file over the link", {
    { link("l", "d"), file("d/d.egg-info", "old") }, { whiteout "l/d.egg-info", file "l" } }, "" },
  { "a file through a link, before a directory over the link", {
    { link("l", "d") }, { file("l/d.egg-info", "new"), dir "l" } }, "d/d.egg-info new" },
  { "a file through a link, a whiteout of the link, and the file again", {
    { link("l", "d") }, { file("l/d.egg-info", "first"), whiteout "l", file("l/d.egg-info", "second") } },
    "d/d.egg-info first l/d.egg-info second" },
  { "a file through a link, a file over the link, and the file again", {
    { link("l", "d") }, { file("l/d.egg-info", "first"), file "l", dir "l", file("l/d.egg-info", "second") } },
    "d/d.egg-info first l/d.egg-info second" },
  { "a file over a link, a hard link to a hard link to it, and a link in its place", {
    { link("l", "nowhere") }, { file("l", "new"), hard("h", "l"), hard("d.egg-info", "h"), link("l", "elsewhere") } },
    "d.egg-info new" },
  { "a file over a link, a hard link to it, and a file in its place", {
    { link("l", "l/nowhere"), hard("d.egg-info", "l") },
    { file("l", "first"), hard("d.egg-info", "l"), file("l", "second") } }, "d.egg-info first" },
  { "what is no evidence in a folder that is opaque, where a link was", {
    { link("a/l", "../b"), file("b/d.egg-info", "old") },
    { dir "a", file "a/x", opaque "a", file "a/l/d.egg-info", file "a/l" } }, "b/d.egg-info old" },
  { "what is no evidence through a link, before its folder is opaque", {
    { link("a/l", "../b"), file("b/d.egg-info", "old") },
    { dir "a/l/d.egg-info", opaque "a", file "a/l/x" } }, "" },
  { "a hard link through a link over a file, and a hard link to that file", {
    { link("l", "d"), file("d/x.egg-info", "old"), file("t", "new") },
    { file("d/x.egg-info", "first"), hard("l/x.egg-info", "t"), hard("e.egg-info", "d/x.egg-info") } },
    "d/x.egg-info new e.egg-info new" },
  { "a file through a link to a link, before a file over the folder of the second", {
    { link("f/l", "/t"), link("k", "f/l") }, { file("k/d.egg-info", "new"), file "f" } }, "t/d.egg-info new" },
  { "what is no evidence through a link to a link, before a file over the folder of the second", {
    { link("f/l", "/t.dist-info"), link("k", "f/l"), file("t.dist-info/METADATA", "old") },
    { file "k/METADATA", file "f" } }, "" },
  { "a directory through a link, and through one that the layer has laid behind it", {
    { link("c", "b"), file("b/d.egg-info", "old") }, { link("b/k", "../c"), dir "c/k/d.egg-info", file "c" } }, "" },
  { "what is no evidence through a link, before a directory over the link", {
    { link("l", "d.dist-info"), file("d.dist-info/METADATA", "old") }, { file "l/METADATA", dir "l" } }, "" },
  { "what is no evidence in a directory in the place of a link, which has two entries", {
    { link("l", "d.dist-info"), file("d.dist-info/METADATA", "old") }, { dir "l", file "l/METADATA", dir "l" } },
    "d.dist-info/METADATA old" },
  { "what is no evidence through a link, before a file over the link's folder", {
    { link("a/l", "../d.dist-info"), file("d.dist-info/METADATA", "old") }, { file "a/l/METADATA", file "a" } }, "" },
  { "a directory through a link, and through one that the layer has laid far behind it", {
    { link("c", "b"), file("b/d.egg-info", "old") },
    { link("b/" .. DEEP .. "k", "/c"), dir("c/" .. DEEP .. "k/d.egg-info"), file "c" } }, "" },
}

-- The entries of all shapes' layers number `n`, each shape in a folder of its own.
local function layer(n)
  local entries = {}
  for i, shape in ipairs(shapes) do
    local top = "s" .. i .. "/"
    for _, entry in ipairs(shape[2][n] or {}) do
      local moved = { path = top .. entry.path, type = entry.type, data = entry.data, link = entry.link }
      if entry.type == "1" then moved.link = top .. entry.link
      elseif entry.type == "2" then moved.link = entry.link:gsub("^/", "/" .. top) end
      if #moved.path > 100 then moved.path, moved.long_name = "long", moved.path end
      if #(moved.link or "") > 100 then moved.link, moved.long_link = "long", moved.link end
      entries[#entries + 1] = moved
    end
  end
  return tar.archive(entries)
end

local function scanned(engine, reference)
  local found = {}
  for i = 1, #shapes do found[i] = {} end
  local report = assert(engine:scan(reference))
  for _, each in ipairs(report:packages()) do
    local shape, path = each.path:match "^s(%d+)/(.*)$"
    table.insert(found[tonumber(shape)], path .. " " .. each.name)
  end
  for i, list in ipairs(found) do
    table.sort(list)
    found[i] = table.concat(list, " ")
  end
  return found
end

-- A layer with a file and `count` hard links, each to the one before; and one with a hard link to the last.
local function chain(count)
  local entries = { file("h0", "old") }
  for i = 1, count do entries[i + 1] = hard("h" .. i, "h" .. i - 1) end
  return { tar.archive(entries), tar.archive { hard("e.dist-info/METADATA", "h" .. count) } }
end

describe("in one image", function()
  local cold, warm
  setup(function()
    local folder = temporary.folder()
    oci.build(folder .. "/image", { layer(1), layer(2), layer(3), layer(4) })
    local engine <close> = assert(core.open { cache_dir = folder .. "/cache" })
    cold = scanned(engine, "oci:" .. folder .. "/image")
    warm = scanned(engine, "oci:" .. folder .. "/image")
    temporary.remove(folder)
  end)

  for i, shape in ipairs(shapes) do
    it(shape[1], function()
      assert.equal(shape[3], cold[i])
      assert.equal(shape[3], warm[i])
    end)
  end
end)

it("a layer whose tar has every entry twice can be scanned", function()
  local folder = temporary.folder()
  local entries = { file("d.egg-info", "old") }
  for i = 1, 1100 do entries[i + 1] = link("l" .. i, "d.egg-info") end
  table.move(entries, 1, #entries, #entries + 1)
  oci.build(folder .. "/image", { tar.archive(entries) })
  local engine <close> = assert(core.open { cache_dir = folder .. "/cache" })
  assert.equal(1, #assert(engine:scan("oci:" .. folder .. "/image")):packages())
  temporary.remove(folder)
end)

describe("a chain of hard links in a lower layer", function()
  local folder
  setup(function() folder = temporary.folder() end)
  teardown(function() temporary.remove(folder) end)

  local function scan(count)
    oci.build(folder .. "/" .. count, chain(count))
    local engine <close> = assert(core.open { cache_dir = folder .. "/cache" })
    return engine:scan("oci:" .. folder .. "/" .. count)
  end

  it("is followed to its file", function()
    for count = 1, 5 do assert.equal("old", assert(scan(count)):packages()[1].name) end
  end)

  it("is an error if it is too long, and not an image without packages", function()
    local report, message, code = scan(20)
    assert.is_nil(report)
    assert.equal("LIMIT", code)
    assert.matches("behind the image's links is not found in 8 looks at its layers", message)
  end)
end)
