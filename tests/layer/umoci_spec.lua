-- Random stacks of layers: the evidence that umoci's unpacked trees show is the evidence that a scan finds, from the
-- layers and from the cache. TARSIER_TEST_SEED=n makes other stacks.

local core = require "tarsier.core"
local temporary = require "support.temporary"

local seed = tonumber(os.getenv "TARSIER_TEST_SEED" or 1)

local folder
setup(function() folder = temporary.folder() end)
teardown(function() temporary.remove(folder) end)

-- { image = { ["real path package"] = true, … } }, and why umoci refuses the images that it refuses
local function unpacked(from, count, stacks)
  local command = (temporary.python .. " tests/support/stacks.py %s/%d %d %d %d"):format(folder, from, from, count, stacks)
  local pipe = assert(io.popen(command))
  local images, refused = {}, {}
  for i = 0, count - 1 do images["t" .. i] = {} end
  for line in pipe:lines() do
    local image, path, package = line:match "^(.-)\t(.-)\t(.*)$"
    if path == "refused" then refused[image] = package else images[image][path .. " " .. package] = true end
  end
  assert(pipe:close())
  return images, refused
end

local function scanned(engine, from, image)
  local report = assert(engine:scan(("oci:%s/%d/layout:%s"):format(folder, from, image)))
  local found = {}
  for _, package in ipairs(report:packages()) do found[package.path .. " " .. package.name] = true end
  return found
end

-- { "t1: s2/x.egg-info p3 is missing", … }
local function differences(image, expected, found)
  local list = {}
  for each in pairs(expected) do if not found[each] then list[#list + 1] = image .. ": " .. each .. " is missing" end end
  for each in pairs(found) do if not expected[each] then list[#list + 1] = image .. ": " .. each .. " is not there" end end
  table.sort(list)
  return list
end

local function compare(from, count, stacks)
  if not temporary.has "umoci" then return pending "needs umoci: apt-get install umoci" end
  if not temporary.has "python3" then return pending "needs python3: apt-get install python3" end
  local images, refused = unpacked(from, count, stacks)
  local engine <close> = assert(core.open { cache_dir = folder .. "/cache" })
  local compared = 0
  for image, expected in pairs(images) do
    if not refused[image] then
      assert.same({}, differences(image, expected, scanned(engine, from, image)), "from the layers, seed " .. from)
      assert.same({}, differences(image, expected, scanned(engine, from, image)), "from the cache, seed " .. from)
      compared = compared + 1
    end
  end
  assert.is_true(compared >= count * 0.9, ("umoci refuses %d of %d: %s"):format(count - compared, count,
    select(2, next(refused)) or ""))
end

describe("an image of random layers shows what umoci unpacks:", function()
  it("2,000 stacks of layers, a hundred side by side", function() compare(seed, 20, 100) end)
  it("40 stacks with dpkg's folder, and links from the root", function() compare(seed + 1, 40, 1) end)
end)
