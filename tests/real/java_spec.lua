-- Real Java archives beside a reading that begins at their ends, as Java's own does: every pom.properties is a package of
-- ours, with the archive that holds it, and every archive without one is a package or explained.

local json = require "tarsier.json"
local temporary = require "support.temporary"
local trees = require "support.trees"

local must = temporary.must

-- Archives that are no package of ours.
local explained = {
  { "framework%-4%.3%.6%.kar$", "a repository of bundles in a zip: it has neither classes nor a manifest with its name" },
}

local function is_explained(path)
  for _, each in ipairs(explained) do
    if path:find(each[1]) then return true end
  end
end

describe("real Java archives", function()
  if not os.getenv "TARSIER_TEST_REAL" then return pending "takes minutes and a package registry: make test-real" end
  local missing = trees.missing { mvn = "maven", python3 = "python3" }
  if missing then return pending(missing) end

  local folder, packages, listed
  setup(function()
    folder = temporary.folder()
    trees.java(folder)
    local lua = os.getenv "LUA" or "lua5.4"
    local text = must("%s lua/bin/tarsier packages --quiet --no-cache --format json dir:%s 2>/dev/null || test $? = 5", lua,
      folder)
    packages = json.decode(text).packages
    listed = must("here=$PWD; cd %s && python3 $here/tests/tools/list_jars.py srv/java/*", folder)
  end)
  teardown(function() temporary.remove(folder) end)

  it("have the packages that their pom.properties state", function()
    local ours, count = {}, 0
    for _, package in ipairs(packages) do ours[package.path .. "\t" .. package.name .. "\t" .. package.version] = true end
    for pom in listed:gmatch "pom\t([^\n]+)" do
      assert.is_true(ours[pom], pom)
      count = count + 1
    end
    assert.is_true(count > 200, count .. " poms")
  end)

  it("are packages themselves, each one of them", function()
    local with, count = {}, 0
    for _, package in ipairs(packages) do with[package.path] = true end
    for path in listed:gmatch "archive\t([^\n]+)" do
      assert.is_true(with[path] or is_explained(path) or false, path)
      with[path], count = nil, count + 1
    end
    assert.same({}, with) -- and nothing else is
    assert.is_true(count > 140, count .. " archives")
  end)
end)
