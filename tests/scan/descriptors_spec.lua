-- What is opened is closed, whatever becomes of it.

local core = require "tarsier.core"
local images = require "support.images"
local tarsier = require "tarsier"

local function open_files()
  collectgarbage()
  collectgarbage()
  local listed = core.list "/proc/self/fd"
  return listed and #listed
end

describe("descriptors", function()
  it("are as many after scans as before", function()
    if not open_files() then return pending "needs /proc" end
    local folder = images.folder()
    finally(function() images.remove(folder) end)
    local layout = images.layout()
    local tar = images.tar { { "etc/os-release", "ID=alpine\nVERSION_ID=3.20\n" },
      { "lib/apk/db/installed", "P:musl\nV:1.2\nA:x86_64\n\n" } }
    layout:add(layout:image { layers = { { tar = tar, blob = images.gzip(tar), type = images.types.gzip } } }, "app")
    local path = layout:write(folder .. "/image")
    images.write(folder .. "/image.tar", layout:tar())
    images.write(folder .. "/image.tar.gz", images.gzip(layout:tar()))
    images.write(folder .. "/cut.tar", layout:tar():sub(1, 3000))
    images.write(folder .. "/broken.tar.gz", images.gzip(layout:tar()):sub(1, -20))
    images.write(folder .. "/text", "no image")
    images.run("cp -r %s %s", path, folder .. "/damaged")
    for name in pairs(layout.files) do
      if name:find "^blobs/" then images.write(folder .. "/damaged/" .. name, "damaged") end
    end
    images.run("mkdir -p %s/root/etc && ln -s nowhere %s/root/etc/os-release", folder, folder)
    images.write(folder .. "/bom.json",
      '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"a","version":"1"}]}')

    local function scan_all()
      for _, reference in ipairs { path, "oci:" .. path, folder .. "/image.tar", folder .. "/image.tar.gz", folder .. "/cut.tar",
        folder .. "/broken.tar.gz", folder .. "/text", folder .. "/damaged", "dir:" .. folder .. "/root", folder .. "/nowhere",
        "sbom:" .. folder .. "/bom.json", "sbom:" .. folder .. "/text", "docker://127.0.0.1:1/app:1" } do
        for _, cache in ipairs { folder .. "/cache", folder .. "/cache", "", "/dev/null/x" } do
          local engine = core.open { database = "build/starter.db", cache_dir = cache }
          local result = engine and engine:scan(reference)
          if result then result:close() end
          if engine then engine:close() end
        end
      end
      core.open { database = folder .. "/text" }
      tarsier.import(folder .. "/x.db", { "engine/starter/CVE-2021-44228.json" })
      tarsier.import(folder .. "/x.db", { folder .. "/text" })
    end
    scan_all() -- libraries that are loaded now keep what they open
    local before = open_files()
    scan_all()
    assert.equal(before, open_files())
  end)
end)
