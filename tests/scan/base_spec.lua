-- Which layers are the base image's, as the image itself tells; and the risk of findings.

local core = require "tarsier.core"
local oci = require "support.oci"
local shell = require "support.shell"
local tarsier = require "tarsier"

local folder
setup(function() folder = shell.folder() end)
teardown(function() shell.remove(folder) end)

local number = 0
local function base_of(layer_count, more, config)
  number = number + 1
  local layout, layers = folder .. "/" .. number, {}
  for i = 1, layer_count do layers[i] = { ["file" .. i] = tostring(i) } end
  oci.build(layout, layers, config, more)
  local result = assert(tarsier.packages("oci:" .. layout, { cache_dir = "" }))
  return result.image.base, result.image
end

local function history(...)
  local list = {}
  for i, text in ipairs { ... } do
    local empty = text:match "^%-(.*)"
    list[i] = { created_by = empty or text, empty_layer = empty and true or nil }
  end
  return { history = list }
end

describe("the base image is", function()
  it("what stands below the topmost CMD that has layers above it", function()
    for _, case in ipairs {
      { 2, history("ADD rootfs", '-/bin/sh -c #(nop)  CMD ["bash"]', "RUN apt-get install x"), 1 },
      { 3, history("ADD rootfs", '-CMD ["bash"]', "RUN python", '-CMD ["python3"]', "COPY app /", '-CMD ["/app"]'), 2 },
      { 2, history("ADD rootfs", '-ENTRYPOINT ["/bin/x"]', "COPY app /", "-USER 1"), 1 },
      { 2, history("ADD rootfs", "COPY app /", '-CMD ["/app"]') },      -- nothing tells
      { 1, history("ADD rootfs", '-CMD ["bash"]') },                    -- a base image itself
      { 3, history("ADD rootfs", '-CMD ["bash"]', "RUN x") },           -- a history of another number of layers
      { 2, { history = {} } },
    } do
      local base = base_of(case[1], case[2])
      assert.equal(case[3], base and base.layers)
      if base then assert.same({ "history", true }, { base.evidence, base.guess }) end
    end
  end)

  it("what buildah names in a comment, but no image's id", function()
    local named = history("ADD rootfs", '-CMD ["bash"]', "RUN a", "RUN b")
    named.history[3].comment = "FROM registry.example/debian:12"
    named.history[4].comment = "FROM b54b3d0ea7ea"
    local base, image = base_of(3, named)
    assert.same({ layers = 1, name = "registry.example/debian:12", digest = "", evidence = "history", guess = true }, base)
    assert.is_true(image.layers[1].base)
    assert.is_false(image.layers[2].base)
  end)

  it("named by annotations, or labels", function()
    local key = "org.opencontainers.image.base."
    local base, image = base_of(1, { annotations = { [key .. "name"] = "debian:12", [key .. "digest"] = "sha256:00" } })
    assert.same({ layers = 0, name = "debian:12", digest = "sha256:00", evidence = "annotation", guess = false }, base)
    assert.equal("debian:12", image.annotations[key .. "name"])
    assert.is_nil(image.layers[1].base)
    assert.equal("alpine:3", base_of(1, nil, { Labels = { [key .. "name"] = "alpine:3" } }).name)
  end)

  it("a part of what the config says", function()
    local _, image = base_of(1, nil, { Volumes = { ["/data"] = {} }, Healthcheck = { Test = { "CMD", "true" } } })
    assert.same({ "/data" }, image.config.volumes)
    assert.same({ "CMD", "true" }, image.config.healthcheck)
    assert.equal("COPY layer1 /", image.history[1].created_by)
  end)
end)

describe("the risk", function()
  local function risk(fields, weights)
    fields.severity = fields.severity or "Unknown"
    return core.risk(fields, weights)
  end

  it("is severity, exploitation, fix and own layer, as the manual says", function()
    assert.equal(45 * 0.8 + 40 * 0.1 + 5, risk { severity = "High" })
    assert.equal(45 * 0.8 + 40 * 0.1 + 10, risk { severity = "High", fixed_by = "2", layer = { base = true } })
    assert.equal(47.3, risk { severity = "Critical", cvss = { score = 7.5 } }) -- 45 × 0.85 + 4 + 5, rounded
    assert.equal(45 * 0.5 + 40 * 0.9 * 0.5 + 5, risk { epss = { score = 0.25 } })
    assert.equal(100, risk { severity = "Defcon1", kev = { ransomware = true }, fixed_by = "2" })
    assert.equal(11.3, risk { severity = "Low", package = { kernel = true } }) -- half of 13.5 + 4 + 5, rounded
  end)

  it("is 100 for malware and 0 for notices", function()
    assert.equal(100, risk { severity = "Low", malicious = true, informational = true })
    assert.equal(0, risk { severity = "Critical", informational = true })
  end)

  it("takes other weights", function()
    assert.equal(80, risk({ severity = "High" }, { severity = 100, exploitation = 0, own = 0 }))
    assert.has_error(function() risk({}, { fix = "much" }) end, "risk: 'fix' must be a number, is a string")
  end)
end)
