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

local cases = {
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
}

local wants = {
  { "evidence that is a link to elsewhere", { { link(STATUS, "/opt/real"), file "opt/real" } }, "opt/real" },
  { "evidence below a linked folder", { { link("var/lib/words", "/opt/words"), file "opt/words/status" } },
    "opt/words/status opt/words/status.d/*" },
  { "a hard link to what nobody wanted", { { file "opt/real", hard("x.word", "opt/real") } }, "opt/real" },
  { "what two links lead to, once", { { link("a.word", "there"), link("b.word", "there"), file "there" } }, "there" },
  { "nothing where a link dangles", { { link("a.word", "gone"), link("var/lib/words", "gone") } }, "var/lib/gone/status.d/*" },
  { "what was written through a link itself", { { link("lib", "usr/lib"), link("a.word", "lib/there"), file "lib/there" } }, "usr/lib/there" },
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
