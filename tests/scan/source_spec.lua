-- Images whose bytes the host gives, in Lua and in C, and scans that a token ends.

local core = require "tarsier.core"
local host = require "support.host"
local json = require "tarsier.json"
local shell = require "support.shell"
local tarsier = require "tarsier"

local SAMPLE = "build/sample"
local STARTER = (os.getenv "TARSIER_BUILD" or "build") .. "/starter.db"

-- What a build tool would hold of the sample image: { name, manifest, blobs }.
local function held()
  local blobs = {}
  for path in shell.capture("find " .. SAMPLE .. "/blobs -type f"):gmatch "[^\n]+" do
    blobs[path:match "/([^/]+/[^/]+)$":gsub("/", ":")] = shell.read(path)
  end
  return { name = "app:1", manifest = shell.read(SAMPLE .. "/index.json"), blobs = blobs }
end

local function scan(source)
  return tarsier.scan(source, { database = STARTER, cache_dir = "" })
end

local function manifest_digest()
  return json.decode(shell.read(SAMPLE .. "/index.json")).manifests[1].digest
end

describe("an image whose bytes the host gives", function()
  local layer -- the digest of its first layer
  setup(function()
    layer = json.decode(held().blobs[manifest_digest()]).layers[1].digest
  end)

  it("gives what its layout gives", function()
    local given = assert(scan(held()))
    local read = assert(scan("oci:" .. SAMPLE))
    assert.equal("app:1", given.image.reference)
    assert.equal(read.image.digest, given.image.digest)
    assert.same(read.packages, given.packages)
    assert.same(read.findings, given.findings)
    assert.is_true(#given.packages > 0)
  end)

  it("may give a manifest in place of an index, and blobs from files", function()
    local source = held()
    source.manifest = source.blobs[manifest_digest()]
    source.blobs[layer] = { file = SAMPLE .. "/blobs/" .. layer:gsub(":", "/") }
    assert.same(assert(scan(held())).packages, assert(scan(source)).packages)
  end)

  it("is verified: bytes that are not what the digest says are refused", function()
    for _, digest in ipairs { layer, manifest_digest() } do
      local source = held()
      source.blobs[digest] = source.blobs[digest]:gsub("^(.*)(.)$", function(all, last) return all .. string.char((last:byte() + 1) % 256) end)
      local result, message, code = scan(source)
      assert.is_nil(result)
      assert.equal("DIGEST", code, message)
      assert.matches(digest, message, 1, true)
    end
  end)

  it("must be for the platform that is asked for", function()
    local source = held()
    source.manifest = source.blobs[manifest_digest()] -- then only the config tells
    local result, message, code = tarsier.scan(source, { cache_dir = "", platform = "linux/s390x" })
    assert.is_nil(result)
    assert.equal("NOT_FOUND", code, message)
    assert.matches("linux/s390x", message, 1, true)
  end)

  it("names what the host does not have", function()
    local source = held()
    source.blobs[layer] = nil
    local result, message, code = scan(source)
    assert.is_nil(result)
    assert.equal("NOT_FOUND", code)
    assert.matches(layer, message, 1, true)
    source.blobs[layer] = { file = "/nonexistent" }
    assert.equal("IO", select(3, scan(source)))
  end)

  it("has a name, a manifest and blobs, and nothing else", function()
    local engine = assert(core.open { cache_dir = "" })
    finally(function() engine:close() end)
    for message, source in pairs {
      ["'name' must be a string"] = { manifest = "{}", blobs = {} }, ["'manifest' must be a string"] = { name = "x", blobs = {} },
      ["'blobs' must be a table"] = { name = "x", manifest = "{}" }, ["not 'blob'"] = { name = "x", manifest = "{}", blob = {} },
      ["digests as keys"] = { name = "x", manifest = "{}", blobs = { "x" } }, ["must be a string or { file"] = { name = "x", manifest = "{}", blobs = { a = 1 } },
    } do
      local ok, raised = pcall(engine.scan, engine, source)
      assert.is_false(ok)
      assert.matches(message, raised, 1, true)
    end
  end)

  it("is told of in events by its name", function()
    local names = {}
    local engine = assert(core.open { cache_dir = "", on_event = function(event) names[event.reference] = true end })
    assert(engine:scan(held()))
    assert(engine:scan("oci:" .. SAMPLE))
    engine:close()
    assert.same({ ["app:1"] = true, ["oci:" .. SAMPLE] = true }, names)
  end)
end)

describe("a host in C", function()
  if host.missing() then return pending(host.missing()) end
  local folder
  setup(function() folder = shell.folder() end)
  teardown(function() shell.remove(folder) end)

  it("scans an image of its own store, as engine/examples/store.c does", function()
    local program = host.build("engine/examples/store.c", folder)
    local code, output, errors = shell.run { "env", "HOME=" .. folder, program, STARTER, SAMPLE }
    assert.equal(0, code, errors)
    assert.matches("^%d+ packages, [1-9]%d* findings\n$", output)
    code, output, errors = shell.run { "env", "HOME=" .. folder, program, STARTER, folder }
    assert.equal(3, code, output)
    assert.matches("NOT_FOUND: ", errors, 1, true)
  end)

  it("ends one scan by its token, before it begins and while it runs, and leaves the others", function()
    local program = host.build("tests/support/hosts/tokens.c", folder)
    local code, output, errors = shell.run { program, "oci:" .. SAMPLE }
    assert.equal(0, code, errors)
    assert.equal("before: CANCELLED\nwhile it runs: CANCELLED\nanother token: OK\nno token: OK\nevents: own\n", output)
  end)
end)
