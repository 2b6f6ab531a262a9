-- Folders of the Nix store come and go with layers.

local images = require "support.images"
local tar = require "support.tar"
local tarsier = require "tarsier"
local temporary = require "support.temporary"

local STORE = "nix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-"

local function file(path) return { path = path, data = "x" } end

describe("the Nix store", function()
  local folder, engine
  setup(function()
    folder = temporary.folder()
    engine = assert(tarsier.open { cache_dir = folder .. "/cache" })
  end)
  teardown(function()
    engine:close()
    temporary.remove(folder)
  end)

  local function image(name, layers)
    local path = folder .. "/" .. name
    images.write(path, images.tar(images.old_docker { { names = { "app:1" }, layers = layers } }))
    return path
  end

  -- shown { entries of a layer, … } -> "name version layer path, …"
  local function shown(layers)
    for i, entries in ipairs(layers) do layers[i] = tar.archive(entries) end
    local report = assert(engine:scan(image("image.tar", layers)))
    local list = {}
    for i, p in ipairs(report:packages()) do
      assert.equal("pkg:nix/" .. p.name .. "@" .. p.version, p.purl)
      assert.equal("nix", p.reader)
      list[i] = ("%s %s %d %s"):format(p.name, p.version, p.layer, p.path:gsub("^" .. STORE:gsub("%-", "%%-"), ""))
    end
    return table.concat(list, ", ")
  end

  local jq = STORE .. "jq-1.6/bin/jq"
  local cases = {
    { "lists a folder once, with or without an entry of its own",
      { { file(jq), file(STORE .. "curl-8.0/a"), file(STORE .. "jq-1.6/lib/x"), { path = STORE .. "curl-8.0/", type = "5" } } },
      "curl 8.0 1 curl-8.0, jq 1.6 1 jq-1.6" },
    { "lists one that begins with a link",
      { { { path = jq, type = "2", link = "/nix/store/x" }, { path = STORE .. "jq-1.6/y", type = "1", link = "none" } } },
      "jq 1.6 1 jq-1.6" },
    { "does not list files, links and empty folders",
      { { file(STORE .. "jq-1.6"), { path = STORE .. "a-1", type = "2", link = "/" }, { path = STORE .. "b-1/", type = "5" } } }, "" },
    { "forgets a folder that a layer deletes", { { file(jq) }, { file(STORE:gsub("/h0", "/.wh.h0") .. "jq-1.6") } }, "" },
    { "forgets a store that a layer deletes", { { file(jq) }, { file "nix/.wh.store" } }, "" },
    { "forgets a folder that is a file above", { { file(jq) }, { file(STORE .. "jq-1.6") } }, "" },
    { "forgets a folder that is a file later in its layer", { { file(jq), file(STORE .. "jq-1.6") } }, "" },
    { "forgets what is below an opaque folder", { { file(jq) }, { file "nix/store/.wh..wh..opq" } }, "" },
    { "takes the lowest layer", { { file(jq) }, { file(STORE .. "jq-1.6/new"), file(STORE .. "curl-8.0/a") } },
      "curl 8.0 2 curl-8.0, jq 1.6 1 jq-1.6" },
    { "does not list a folder for what is deleted in it", { { file(STORE .. "jq-1.6/.wh.jq") } }, "" },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      assert.equal(case[3], shown(case[2]))
    end)
  end

  it("is the only thing whose folders are evidence", function()
    -- Another look at the layers is for a path that looks like a folder's.
    for _, name in ipairs { "opt/a.jar", "var/lib/dpkg/status", "usr/lib/x.dist-info/METADATA", "opt/node_modules/x/package.json" } do
      local link = { path = name, type = "2", link = "/srv/x/\127" }
      for _, layers in ipairs { { { link, file "srv/x/y" } }, { { link, file "srv/x/\127", file "srv/x/z" } } } do
        assert.equal("", shown(layers), name)
      end
    end
  end)

  it("is read in a folder on disk", function()
    temporary.must("mkdir -p %s && echo x >%s", folder .. "/root/" .. STORE .. "jq-1.6", folder .. "/root/" .. STORE .. "jq-1.6/x")
    local report = assert(engine:scan("dir:" .. folder .. "/root"))
    assert.equal(STORE .. "jq-1.6", report:packages()[1].path)
    assert.equal(1, #report:packages())
  end)

  it("may lie deep in folders with long names", function()
    local deep = (("x"):rep(200) .. "/"):rep(4)
    assert.equal("hello 1.0 1 " .. deep .. STORE .. "hello-1.0", shown {
      { { path = "long", long_name = deep .. STORE .. "hello-1.0/bin/hello", data = "x" } } })
  end)

  it("may have as many folders as a layer has room for", function()
    local entries = {}
    for i = 1, 30000 do entries[i] = file(("nix/store/%032d-p%d-1.%d/x"):format(i, i, i)) end
    local report = assert(engine:scan(image("many.tar", { tar.archive(entries) })))
    assert.equal(30000, #report:packages())
  end)
end)
