-- The sample image that `make scan` scans: the same bytes every time, and what its description says it holds.
local folder = "engine/examples/sample-image/"
-- The image's name for itself. It changes only with the description; then say so here.
local image_id = "6a4228cce07a143420a1335856c269cf372776d7c3bd5aed9d46683e8d8f48d5"

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
    local count = 0
    for digest, name in lines:gmatch "(%x+)  (%x+)\n" do
      assert.equal(digest, name)
      count = count + 1
    end
    assert.equal(6, count) -- a manifest, a config and four layers
  end)

  it("has layers that tar reads", function()
    local config = io.open(home .. "/a/blobs/sha256/" .. image_id):read "a"
    local layers = 0
    for name in output(("ls '%s/a/blobs/sha256'"):format(home)):gmatch "%x+" do
      local blob = ("'%s/a/blobs/sha256/%s'"):format(home, name)
      if output("head -c 2 " .. blob) == "\31\139" then
        local listing, ok = output("gzip -dc " .. blob .. " | tar tf - 2>&1")
        assert.is_true(ok, listing)
        assert.is_truthy(listing:match "dpkg/status" or listing:match "dist%-info")
        local diff_id = output("gzip -dc " .. blob .. " | sha256sum"):match "%x+"
        assert.is_truthy(config:find('"sha256:' .. diff_id .. '"', 1, true), diff_id)
        layers = layers + 1
      end
    end
    assert.equal(4, layers)
  end)
end)
