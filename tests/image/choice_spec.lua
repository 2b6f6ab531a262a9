-- One image among several: in the manifest.json of docker-archives and in the index.json of layouts.
local images = require "support.images"
local image = require "tarsier.probe".image
local json = require "tarsier.json"
local letters = require "tarsier.probe".letters

local folder
setup(function() folder = images.folder() end)
teardown(function() images.remove(folder) end)

local count = 0
local function fresh(name)
  count = count + 1
  return folder .. "/" .. count .. name
end

local function layer(id)
  return images.tar { { "etc/os-release", "ID=" .. id .. "\n" } }
end

local function fails(code, words, reference, platform)
  local opened, message, found = image.open(reference, platform)
  assert.is_nil(opened, "opened: " .. reference)
  assert.equal(code, found, message)
  assert.is_truthy(message:find(words, 1, true), message)
end

--- An entry of manifest.json, with the files that it names put into `files`.
local function entry(files, config, layers, names)
  local path = config and images.hex(config) .. ".json"
  local paths = layers and json.array {} or json.null
  if path then files[path] = config end
  for i, bytes in ipairs(layers or {}) do
    paths[i] = images.hex(bytes) .. ".tar"
    files[paths[i]] = bytes
  end
  return { Config = path, RepoTags = names and json.array(names) or json.null, Layers = paths }
end

local function archive(files, entries, way)
  local members = { { "manifest.json", json.encode(json.array(entries)) } }
  for name, bytes in pairs(files) do members[#members + 1] = { name, bytes } end
  local bytes = images.tar(members)
  return images.write(fresh ".tar", way == "in passing" and images.gzip(bytes) or bytes)
end

-- Each gives an entry that is not an image.
local beside = {
  ["neither config nor layers"] = function(files) return entry(files) end,
  ["an empty config and no layers"] = function(files) return entry(files, "{}") end,
  ["an artifact's config and no layers"] = function(files) return entry(files, '{"name":"chart","version":"1.0"}') end,
  ["a config that is not an object"] = function(files) return entry(files, "[1]") end,
  ["a config that is not in the archive"] = function()
    return { Config = "blobs/sha256/" .. ("ab"):rep(32), RepoTags = json.null, Layers = json.null }
  end,
  ["an artifact's config and a blob"] = function(files) return entry(files, "{}", { '{"spdxVersion":"SPDX-2.3"}' }) end,
  ["BuildKit's attestation"] = function(files)
    local statement = '{"_type":"https://in-toto.io/Statement/v0.1"}'
    return entry(files, json.encode { os = "unknown", architecture = "unknown",
      rootfs = { type = "layers", diff_ids = json.array { letters.digest(statement) } } }, { statement })
  end,
}

describe("a docker-archive whose manifest.json has an image beside", function()
  for what, make in pairs(beside) do
    for _, way in ipairs { "in place", "in passing" } do
      it(what .. " has one image, " .. way, function()
        for first = 1, 2 do
          local files = {}
          local own = entry(files, images.config { layers = { layer "one" } }, { layer "one" }, { "app:1" })
          local other = make(files)
          local path = archive(files, first == 1 and { own, other } or { other, own }, way)
          local found = assert(image.open(path))
          assert.equal("app:1", found.name)
          assert.equal("ID=one\n", found.layers[1].files["etc/os-release"])
          assert.equal("app:1", assert(image.open(path .. ":app:1")).name)
        end
      end)
    end
  end

  it("an image without layers has two", function()
    local files = {}
    local own = entry(files, images.config { layers = { layer "one" } }, { layer "one" }, { "app:1" })
    local scratch = entry(files, images.config { layers = {} }, nil, { "scratch:1" })
    local path = archive(files, { own, scratch })
    fails("NOT_FOUND", ("holds 2 images; name one: $:app:1, $:scratch:1"):gsub("%$", "docker-archive:" .. path),
      "docker-archive:" .. path)
    assert.equal(0, #assert(image.open(path .. ":scratch:1")).layers)
  end)

  it("a damaged image has two", function()
    local files = {}
    local own = entry(files, images.config { layers = { layer "one" } }, { layer "one" }, { "app:1" })
    local damaged = entry(files, images.config { layers = { layer "two" } }, { layer "two" }, { "app:2" })
    files[damaged.Config] = "{}"
    local path = archive(files, { own, damaged })
    fails("NOT_FOUND", "holds 2 images", path)
    fails("DIGEST", "config", path .. ":app:2")
  end)

  it("nothing but what is not an image has none", function()
    local files = {}
    fails("UNSUPPORTED", "not an image", archive(files, { entry(files, "{}") }))
    fails("UNSUPPORTED", "not an image", archive(files, { entry(files, "{}"), entry(files, '{"name":"chart"}') }))
    fails("FORMAT", "entry 1 has no Config", archive({}, { entry {} }))
    fails("FORMAT", "entry 2 has no Config or no Layers",
      archive({}, { entry {}, { Layers = json.array { "x.tar" } } }))
  end)
end)

describe("images of one name", function()
  it("in a docker-archive are chosen by platform", function()
    local files, entries = {}, {}
    for i, architecture in ipairs { "s390x", "amd64", "arm64" } do
      entries[i] = entry(files, images.config { architecture = architecture, layers = { layer(architecture) } },
        { layer(architecture) }, { "app:1" })
    end
    local path = archive(files, entries)
    for _, reference in ipairs { path, path .. ":app:1" } do
      for _, architecture in ipairs { "s390x", "amd64", "arm64" } do
        assert.equal(architecture, assert(image.open(reference, "linux/" .. architecture)).architecture)
      end
    end
    fails("NOT_FOUND", "no image for linux/riscv64; choose with --platform among linux/s390x, linux/amd64, "
      .. "linux/arm64", path, "linux/riscv64")
  end)

  it("in a layout are the image that has just this name", function()
    local layout = images.layout()
    local one = layout:image { layers = { { tar = layer "one" } } }
    local two = layout:image { layers = { { tar = layer "two" } } }
    layout:add(one, nil, "here.example/app:1")
    layout:add(two, nil, "there.example/app:1")
    layout:add(one, nil, "app:1")
    local path = layout:write(fresh "")
    local found = assert(image.open("oci:" .. path .. ":app:1"))
    assert.equal("app:1", found.name)
    assert.equal(one.digest, found.digest)
    fails("NOT_FOUND", ("holds 2 images; name one: $:here.example/app:1, $:app:1, $:there.example/app:1")
      :gsub("%$", "oci:" .. path), "oci:" .. path)
  end)
end)
