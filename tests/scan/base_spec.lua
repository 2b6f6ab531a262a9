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

describe("a base that is named or remembered", function()
  local base = require "tarsier.base"

  local function result(layers, findings)
    local made = { image = { layers = {}, name = "app:1", reference = "app.tar", digest = "", id = "", created = "" },
      findings = {} }
    for i, digest in ipairs(layers) do made.image.layers[i] = { index = i, digest = digest, diff_id = digest .. "d" } end
    for i, item in ipairs(findings or {}) do
      made.findings[i] = { id = item[1], severity = "High", aliases = {}, layer = { index = item[2] }, fixed_by = "2",
        package = { type = "deb", name = item[3] or "p", version = "1", architecture = "", path = "" } }
    end
    return made
  end

  it("has the image's lowest layers, and the one with most of them counts", function()
    local known = { { name = "a:1", digest = "", layers = { "1d" } }, { name = "b:1", digest = "", layers = { "1d", "2d" } },
      { name = "c:1", digest = "", layers = { "1d", "9d" } }, { name = "d:1", digest = "", layers = {} } }
    local app = result({ "1", "2", "3" }, { { "CVE-1", 2 }, { "CVE-2", 3 } })
    assert.is_true(base.find_known(app, known))
    assert.same({ layers = 2, name = "b:1", digest = "", evidence = "known", guess = false }, app.image.base)
    assert.same({ true, true, false }, { app.image.layers[1].base, app.image.layers[2].base, app.image.layers[3].base })
    assert.same({ true, false }, { app.findings[1].layer.base, app.findings[2].layer.base })
    assert.same({ 50, 55 }, { app.findings[1].risk, app.findings[2].risk })
    assert.is_false(base.find_known(result { "9" }, known))
  end)

  it("may be a layer's digest, or another image", function()
    local app = result { "1", "2", "3" }
    assert.is_false(base.find_layer(app, "9"))
    assert.is_true(base.find_layer(app, "2d"))
    assert.equal(2, app.image.base.layers)
    app = result { "1", "2", "3" }
    assert.is_false(base.find_given(app, result { "1", "9" }))
    assert.is_nil(app.image.base)
    assert.is_true(base.find_given(app, result { "1" }))
    assert.same({ 1, "given" }, { app.image.base.layers, app.image.base.evidence })
  end)

  it("tells what a rebuild on another one ends and brings", function()
    local app = result({ "1", "2" }, { { "CVE-1", 1 }, { "CVE-2", 1 }, { "CVE-3", 2 } })
    local newer = result({ "9" }, { { "CVE-2", 1 }, { "CVE-4", 1, "new" } })
    assert.is_nil(base.rebuild(app, newer)) -- nothing tells which layers are the base's
    base.find_layer(app, "1")
    assert.same({ reference = "app:1", ends = { total = 1, severity = { High = 1 }, ids = { "CVE-1" } },
      brings = { total = 1, severity = { High = 1 }, ids = { "CVE-4" } } }, base.rebuild(app, newer))
  end)

  it("is remembered by tarsier base, and obeyed by a scan", function()
    local home = shell.folder()
    finally(function() shell.remove(home) end)
    local function run(command)
      local output = shell.capture(("XDG_DATA_HOME=%s TARSIER_OFFLINE=1 %s lua/bin/tarsier %s 2>&1; echo exit $?"):format(home,
        os.getenv "LUA" or "lua5.4", (command:gsub("@", home .. "/"))))
      return tonumber(output:match "exit (%d+)$"), output
    end
    local lower = { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "openssl", "3.0.9-1" } } }
    local newer = { ["etc/os-release"] = oci.debian, ["var/lib/dpkg/status"] = oci.dpkg { { "openssl", "3.0.18-1~deb12u2" } } }
    oci.build(home .. "/base", { lower })
    oci.build(home .. "/newer", { newer })
    local digests = oci.build(home .. "/app", { lower, { app = "x" } })
    local _, code, output
    code, output = run "base add oci:@base"
    assert.equal(0, code, output)
    _, output = run "base list"
    assert.matches("^oci:.-/base\t.-\t1 layer\t", output)
    code, output = run "scan --no-fail --no-cache -q oci:@app --base oci:@newer"
    assert.equal(0, code, output)
    assert.matches("base      oci:.-/base, layer 1, remembered", output)
    assert.matches("a rebuild on oci:.-/newer ends [1-9]%d* of the base's findings", output)
    assert.equal(0, (run "base remove oci:@base"))
    assert.equal(2, (run "base remove oci:@base"))
    code, output = run "scan --no-fail --no-cache -q oci:@app --base oci:@newer"
    assert.equal(2, code, output)
    assert.matches("nothing tells which of its layers", output)
    _, output = run("scan --no-fail --no-cache -q oci:@app --base " .. digests[1])
    assert.matches("base      layer 1\n", output)
    code, output = run "scan --no-fail --no-cache -q oci:@app --base sha256:00"
    assert.equal(2, code, output)
    shell.write(home .. "/tarsier/bases.json", "[]")
    code, output = run "base list"
    assert.is_not.equal(0, code)
    assert.matches("not a list of base images", output)
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
    assert.equal(100, risk({ severity = "High" }, { severity = 200 }))
    assert.equal(50, risk({ severity = "High", package = { kernel = true } }, { severity = 200 }))
    assert.equal(0, risk({ severity = "High" }, { severity = -200 }))
    assert.has_error(function() risk({}, { fix = "much" }) end, "risk: 'fix' must be a number, is a string")
  end)
end)
