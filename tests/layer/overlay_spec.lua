local overlay = require "tarsier.probe".overlay

local tar = require "support.tar"

local STATUS = "var/lib/words/status"

local function file(path, content) return { path = path, data = content or "word" } end
local function dir(path) return { path = path .. "/", type = "5" } end
local function link(path, target) return { path = path, type = "2", link = target } end
local function hard(path, target) return { path = path, type = "1", link = target } end
local function whiteout(path) return file((path:gsub("([^/]+)$", ".wh.%1")), "") end
local function opaque(path) return file(path .. "/.wh..wh..opq", "") end

local function lay(layers)
  local tars = {}
  for i, entries in ipairs(layers) do tars[i] = tar.archive(entries) end
  return overlay.lay(tars)
end

-- "path@layer …" of what the top shows
local function shown(layers)
  local list = {}
  for i, each in ipairs(assert(lay(layers))) do list[i] = each.path .. "@" .. each.layer end
  return table.concat(list, " ")
end

local function wanted(layers)
  local _, wants = assert(lay(layers))
  return table.concat(wants, " ")
end

local function tool(path) return file(path, "#! tool " .. ("word "):rep(20)) end

local cases = {
  { "a claimed file", { { tool "bin/x" } }, "bin/x@1" },
  { "a claimed file, deleted", { { tool "bin/x" }, { whiteout "bin/x" } }, "" },
  { "a claimed file, replaced by one that is not", { { tool "bin/x" }, { file("bin/x", ("y"):rep(100)) } }, "" },
  { "a claimed file, replaced by another", { { tool "bin/x" }, { tool "bin/x" } }, "bin/x@2" },
  { "a claimed file behind an opaque folder", { { tool "bin/x" }, { opaque "bin" } }, "" },
  { "a claimed file below a link", { { link("bin", "usr/bin"), tool "bin/x" } }, "usr/bin/x@1" },
  { "a symlink to a claimed file", { { tool "bin/x", link("bin/y", "x"), link("y.word", "bin/x") } }, "bin/x@1" },
  { "hard links to a claimed file", { { tool "bin/x", hard("bin/b", "bin/x"), hard("bin/z", "bin/b") } }, "bin/b@1" },
  { "a hard link to a claimed file that is deleted", { { tool "bin/x", hard("bin/y", "bin/x") }, { whiteout "bin/x" } },
    "bin/y@1" },
  { "all hard links to a claimed file are deleted",
    { { tool "bin/x", hard("bin/y", "bin/x") }, { whiteout "bin/x", whiteout "bin/y" } }, "" },
  { "a pattern comes before a claim", { { tool "bin/x.word" } }, "bin/x.word@1" },

  { "one layer", { { file(STATUS) } }, STATUS .. "@1" },
  { "the upper layer's file wins", { { file(STATUS) }, { file(STATUS) } }, STATUS .. "@2" },
  { "a layer that says nothing changes nothing", { { file(STATUS) }, { file "etc/passwd" } }, STATUS .. "@1" },

  { "a whiteout deletes a file", { { file(STATUS) }, { whiteout(STATUS) } }, "" },
  { "a whiteout deletes a folder", { { file "a/b/x.word" }, { whiteout "a" } }, "" },
  { "a whiteout leaves its neighbours", { { file "a/x.word", file "ab/x.word" }, { whiteout "a" } }, "ab/x.word@1" },
  { "a whiteout spares its own layer", { { file "a/x.word" }, { whiteout "a", file "a/y.word" } }, "a/y.word@2" },
  { "deleted and brought back", { { file(STATUS) }, { whiteout(STATUS) }, { file(STATUS) } }, STATUS .. "@3" },

  { "an opaque folder hides what is below", { { file "a/x.word" }, { opaque "a", file "a/y.word" } }, "a/y.word@2" },
  { "an opaque folder spares what is beside", { { file "b.word", file "a/x.word" }, { opaque "a" } }, "b.word@1" },
  { "an opaque folder hides all depths", { { file "a/b/c/x.word" }, { opaque "a" } }, "" },

  { "a file where a folder stood", { { file "a/b/x.word" }, { file "a" } }, "" },
  { "a file where a folder stood, and back", { { file "a/b/x.word" }, { file "a" }, { dir "a", file "a/b/y.word" } }, "a/b/y.word@3" },
  { "a folder where the evidence stood", { { file(STATUS) }, { dir(STATUS) } }, "" },
  { "a folder entry over a folder", { { file "a/x.word" }, { dir "a" } }, "a/x.word@1" },
  { "a link where a folder stood", { { file "a/x.word" }, { link("a", "b") } }, "" },
  { "a folder where a link stood", { { link("lib", "usr/lib"), file "usr/lib/x.word" }, { dir "lib", file "lib/y.word" } },
    "lib/y.word@2 usr/lib/x.word@1" },

  { "an entry below a link of a lower layer", { { link("lib", "usr/lib"), file "usr/lib/x.word" }, { file "lib/x.word" } }, "usr/lib/x.word@2" },
  { "an entry below a link of its own layer", { { link("lib", "usr/lib"), file "lib/x.word" } }, "usr/lib/x.word@1" },
  { "a whiteout below a link", { { link("lib", "usr/lib"), file "usr/lib/x.word" }, { whiteout "lib/x.word" } }, "" },

  { "a link to evidence is not seen twice", { { link("y.word", "x.word"), file "x.word" } }, "x.word@1" },
  { "kept evidence is seen under its link", { { link("etc/release", "../usr/lib/release"), file "usr/lib/release" } },
    "etc/release@1 usr/lib/release@1" },
  { "absolute links stay inside", { { link("etc/release", "/usr/lib/release"), file "usr/lib/release" } },
    "etc/release@1 usr/lib/release@1" },
  { "too many .. stay inside", { { link("etc/release", "../../../../usr/lib/release"), file "usr/lib/release" } },
    "etc/release@1 usr/lib/release@1" },
  { "a link to itself", { { link("x.word", "x.word"), file "y.word" } }, "y.word@1" },
  { "links in a ring", { { link("a", "b"), link("b", "a"), file "a/x.word", file "y.word" } }, "y.word@1" },

  { "a hard link keeps what its target was when that is deleted",
    { { file "a.word", hard("b.word", "a.word") }, { whiteout "a.word" } }, "b.word@1" },
  { "… when it is replaced", { { file "a.word", hard("b.word", "a.word") }, { file "a.word" } }, "a.word@2 b.word@1" },
  { "… when its folder is deleted", { { file "d/a.word", hard("b.word", "d/a.word") }, { whiteout "d" } }, "b.word@1" },
  { "… when it is replaced in the same layer", { { file "a.word", hard("b.word", "a.word"), dir "a.word" } }, "b.word@1" },
  { "a hard link to a lower layer's file", { { file "a.word" }, { hard("b.word", "a.word"), whiteout "a.word" } }, "b.word@1" },
  { "a hard link over what stood there", { { file "a.word", file "b/x.word" }, { hard("b", "a.word") } }, "a.word@1" },
  { "a name for evidence that is none, and back",
    { { file(STATUS), hard("opt/x", STATUS) }, { whiteout(STATUS) }, { hard(STATUS, "opt/x") } }, STATUS .. "@1" },
  { "a hard link to a symlink", { { link("a.word", "x.word"), file "x.word", hard("d/a.word", "a.word"), file "d/x.word" } },
    "d/x.word@1 x.word@1" },
  { "a hard link through a link", { { link("l", "d"), file "d/a.word", hard("b.word", "l/a.word") }, { whiteout "d" } }, "b.word@1" },
  { "a hard link to nothing", { { hard("b.word", "gone"), file "a.word" } }, "a.word@1" },

  { "a file in a folder's place, through a link", { { link("lib", "usr/lib"), file "usr/lib/d/x.word" }, { file "lib/d" } }, "" },
  { "a link in a folder's place, through a link", { { link("lib", "usr/lib"), file "usr/lib/d/x.word" }, { link("lib/d", "y") } }, "" },
  { "a folder in a file's place, through a link", { { link("lib", "usr/lib"), file "usr/lib/x.word" }, { dir "lib/x.word" } }, "" },
  { "a folder in a folder's place, through a link", { { link("lib", "usr/lib"), file "usr/lib/d/x.word" }, { dir "lib/d" } },
    "usr/lib/d/x.word@1" },
  { "a file in a folder's place, through two links",
    { { link("a", "b"), link("b/lib", "../usr/lib"), file "usr/lib/d/x.word" }, { file "a/lib/d" } }, "" },
  { "a file in a folder's place, through a link of its own layer", { { file "usr/lib/d/x.word" }, { link("lib", "usr/lib"), file "lib/d" } }, "" },
  { "nothing is hidden behind a link that its layer replaces", { { link("lib", "usr/lib"), file "usr/lib/d/x.word" }, { dir "lib", file "lib/d" } },
    "usr/lib/d/x.word@1" },
  { "… or deletes", { { link("lib", "usr/lib"), file "usr/lib/d/x.word" }, { whiteout "lib", file "lib/d" } }, "usr/lib/d/x.word@1" },
  { "a whiteout through a link of its own layer", { { file "d/x.word" }, { link("l", "d"), whiteout "l/x.word" } }, "" },
  { "an opaque folder that is a link", { { link("l", "d"), file "d/x.word" }, { opaque "l" } }, "" },
  { "a whiteout of a link leaves what it leads to", { { link("l", "d"), file "d/x.word" }, { whiteout "l" } }, "d/x.word@1" },
  { "a whiteout after its layer's own files", { { file "a/x.word" }, { file "a/y.word", opaque "a", whiteout "a" } }, "a/y.word@2" },
  { "a link that is moved within a layer, and what was written through it before",
    { { link("l", "a"), file "l/x.word", link("l", "b"), file "l/y.word" } }, "a/x.word@1 b/y.word@1" },
  { "a file, then an entry below its path", { { file "a.word", file "a.word/b.word" } }, "a.word/b.word@1" },
  { "an entry, then a file above its path", { { file "a.word/b.word", file "a.word" } }, "a.word@1" },
  { "a file, then an entry below its path in the layer above", { { file "a.word" }, { file "a.word/b.word" } }, "a.word/b.word@2" },
  { "an entry, then a file above its path in the layer above", { { file "a.word/b.word" }, { file "a.word" } }, "a.word@2" },
}

-- A path through `count` links, one after the other.
local function chain(count)
  local layer = { file "end/x.word", file "etc/file" }
  for i = 1, count do layer[#layer + 1] = link("l" .. i, i == count and "end" or "l" .. i + 1) end
  return layer
end
cases[#cases + 1] = { "a whiteout through 40 links", { chain(40), { whiteout "l1/x.word" } }, "" }
cases[#cases + 1] = { "no whiteout through 41 links", { chain(41), { whiteout "l1/x.word" } }, "end/x.word@1" }
cases[#cases + 1] = { "a file through 40 links", { chain(40), { file "l1/y.word" } }, "end/x.word@1 end/y.word@2" }
cases[#cases + 1] = { "no file through 41 links", { chain(41), { file "l1/y.word" } }, "end/x.word@1" }

local wants = {
  { "evidence that is a link to elsewhere", { { link(STATUS, "/opt/real"), file "opt/real" } }, "opt/real" },
  { "evidence below a linked folder", { { link("var/lib/words", "/opt/words"), file "opt/words/status" } },
    "opt/words/status opt/words/status.d/*" },
  { "a hard link to what nobody wanted", { { file "opt/real", hard("x.word", "opt/real") } }, "opt/real" },
  { "what two links lead to, once", { { link("a.word", "there"), link("b.word", "there"), file "there" } }, "there" },
  { "nothing where a link dangles", { { link("a.word", "gone"), link("var/lib/words", "gone") } }, "var/lib/gone/status.d/*" },
  { "a status written through a link", { { link("x", "var/lib/words"), file "x/status" } }, "x/status" },
  { "a status written through a lower layer's link", { { link("x", "var/lib/words") }, { file "x/status" } }, "x/status" },
  { "a status written through two links", { { link("a", "b"), link("b/lib", "/var/lib") }, { file "a/lib/words/status" } },
    "a/lib/words/status" },
  { "names with a star written through a link", { { link("x", "var/lib") }, { file "x/words/status.d/a" } }, "x/words/status.d/*" },
  { "nothing where a link leads to evidence and nothing is written through it", { { link("x", "var/lib/words"), file "y/status" } }, "" },
  { "evidence in a folder that is a link", { { link("a.words", "/opt"), file "opt/INFO" } }, "opt/INFO" },
  { "what a link leads to in a folder that is a link",
    { { link("var/lib/words/status.d", "/opt"), link("opt/a", "/there"), file "there" } }, "opt/* there" },
  { "nothing through a link that was deleted in a folder that is a link",
    { { link("var/lib/words/status.d", "/opt"), link("opt/a", "/there"), file "there" }, { whiteout "opt/a" } }, "opt/*" },
  { "what was written through a link itself", { { link("lib", "usr/lib"), link("a.word", "lib/there"), file "lib/there" } }, "lib/there" },
}

describe("overlay", function()
  for _, case in ipairs(cases) do
    it(case[1], function() assert.equal(case[3], shown(case[2])) end)
  end

  for _, case in ipairs(wants) do
    it("asks for " .. case[1], function() assert.equal(case[3], wanted(case[2])) end)
  end

  it("remembers what the layers below showed", function()
    local files = assert(lay { { file(STATUS, "a") }, { file(STATUS, "a b") }, { file(STATUS, "a b c") } })
    assert.same({ "a", "b", "c" }, files[1].words)
    assert.same({ "a", "b" }, files[1].before.words)
    assert.same({ "a" }, files[1].before.before.words)
  end)

  it("forgets what was deleted in between", function()
    local files = assert(lay { { file(STATUS, "a") }, { whiteout(STATUS) }, { file(STATUS, "a") } })
    assert.is_nil(files[1].before)
  end)

  it("ends when it is cancelled", function()
    local layer, folder = {}, ("d/"):rep(40)
    for i = 1, 2000 do layer[i] = link(folder .. i, "x") end
    local tars = { tar.archive(layer), tar.archive { file "a.word" } }
    assert.equal(1, #assert(overlay.lay(tars)))
    local files, _, code = overlay.lay(tars, true)
    assert.same({ nil, "CANCELLED" }, { files, code })
  end)

  it("gives up on a thousand links to elsewhere", function()
    local layer = {}
    for i = 1, 1200 do
      layer[#layer + 1] = link(i .. ".word", "elsewhere/" .. i)
      layer[#layer + 1] = file("elsewhere/" .. i)
    end
    local files, message, code = lay { layer }
    assert.is_nil(files)
    assert.equal("LIMIT", code)
    assert.matches("links lead to evidence elsewhere", message)
  end)
end)
