-- The sample image that `make scan` scans: the same bytes every time, and what its description says it holds.
local json = require "cjson"

local folder = "engine/examples/sample-image/"
-- The image's name for itself. It changes only with the description; then say so here.
local image_id = "f697256f207922198a64e2abd1c20ba62e3735136c53b6bf57c6f518c78fd9e3"

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  return text, pipe:close()
end

local function build(out)
  local lua = arg[-1] or "lua5.4"
  local text, ok = output(("%s %sbuild.lua '%s' 2>&1"):format(lua, folder, out))
  assert.is_true(ok, text)
end

local function count(set)
  local n = 0
  for _ in pairs(set) do n = n + 1 end
  return n
end

describe("the sample image", function()
  local home
  setup(function()
    home = output("mktemp -d"):match "[^\n]+"
    build(home .. "/a")
  end)
  teardown(function() os.execute("rm -rf '" .. home .. "'") end)

  it("is the same every time", function()
    build(home .. "/b")
    assert.equal("", (output(("diff -r '%s/a' '%s/b' 2>&1"):format(home, home))))
    assert.is_truthy(io.open(home .. "/a/blobs/sha256/" .. image_id), "another config than " .. image_id)
  end)

  it("names its blobs by their digests", function()
    local lines = output(("cd '%s/a/blobs/sha256' && sha256sum *"):format(home))
    local blobs = 0
    for digest, name in lines:gmatch "(%x+)  (%x+)\n" do
      assert.equal(digest, name)
      blobs = blobs + 1
    end
    assert.equal(9, blobs) -- a manifest, a config and seven layers
  end)

  it("has layers that tar reads", function()
    local config = io.open(home .. "/a/blobs/sha256/" .. image_id):read "a"
    local layers = 0
    for name in output(("ls '%s/a/blobs/sha256'"):format(home)):gmatch "%x+" do
      local blob = ("'%s/a/blobs/sha256/%s'"):format(home, name)
      if output("head -c 2 " .. blob) == "\31\139" then
        local listing, ok = output("gzip -dc " .. blob .. " | tar tf - 2>&1")
        assert.is_true(ok, listing)
        local known = listing:match "dpkg/status" or listing:match "dist%-info" or listing:match "node_modules"
        assert.is_truthy(known or listing:match "bin/gate" or listing:match "%.jar")
        local diff_id = output("gzip -dc " .. blob .. " | sha256sum"):match "%x+"
        assert.is_truthy(config:find('"sha256:' .. diff_id .. '"', 1, true), diff_id)
        layers = layers + 1
      end
    end
    assert.equal(7, layers)
  end)

  -- What the command says of it; nil where there is no command yet.
  local function tarsier(words)
    local environment = ("HOME='%s' XDG_CACHE_HOME='%s/cache'"):format(home, home)
    return (output(("%s %s lua/bin/tarsier %s 'oci:%s/a' 2>&1"):format(environment, arg[-1] or "lua5.4", words, home)))
  end

  it("holds the packages that it is expected to hold", function()
    local expected = io.open(folder .. "expected.tsv"):read "a"
    assert.equal(expected, tarsier "packages --format tsv")
    assert.equal(expected, tarsier "packages --format tsv") -- from the cache
  end)

  it("shows what a scan can find", function()
    local database = (os.getenv "TARSIER_BUILD" or "build") .. "/starter.db"
    local result = json.decode(tarsier("scan --no-fail --quiet -f json --db " .. database))
    local layers, severities, types, fixable, open, kev = {}, {}, {}, 0, 0, 0
    for _, finding in ipairs(result.findings) do
      layers[finding.package.layer], severities[finding.severity] = true, true
      types[finding.package.type] = true
      if finding.fixed_by then fixable = fixable + 1 else open = open + 1 end
      if finding.kev then kev = kev + 1 end
    end
    assert.is_true(#result.findings >= 12)
    assert.equal(7, count(layers))
    assert.is_true(count(severities) >= 4)
    for _, kind in ipairs { "deb", "pypi", "npm", "golang", "maven" } do assert.is_true(types[kind], kind) end
    assert.is_true(fixable > 0 and open > 0 and kev > 0)
  end)
end)
