-- The engine's floors: a file may include headers of its own floor and of lower ones, never of a higher one.
-- Each header's first line names its floor; a source file stands on its header's floor, a plug-in on its folder's.

local plugin_floor = { versions = 1, sources = 3, readers = 4, feeds = 5 }

local function lines_of(path)
  local file = assert(io.open(path))
  local lines = {}
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  return lines
end

local function find(pattern)
  local list = {}
  local pipe = assert(io.popen("find engine -name '" .. pattern .. "' -not -path '*/examples/*' | sort"))
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

local floors = {}
for _, path in ipairs(find "*.h") do
  local name = path:match "([^/]+)%.h$"
  floors[name] = tonumber((lines_of(path)[1]:match "^/%* floor (%d): ."))
end

local function floor_of(path)
  local folder, name = path:match "engine/(%w+)/", path:match "([^/]+)%.[ch]$"
  if floors[name] then return floors[name] end
  if plugin_floor[folder] then return plugin_floor[folder] end
  if name == "engine" then return 6 end
  if name:match "^lua_" then return 7 end
  local first = lines_of(path)[1]
  return tonumber((first:match "^/%* floor (%d): ."))
end

describe("the floors of engine/", function()
  for _, path in ipairs(find "*.h") do
    it(path .. " names its floor", function()
      if path:match "tarsier[_a-z]*%.h$" then return end -- the face
      assert.is_number(floor_of(path), path .. " must begin with /* floor N: its job */")
    end)
  end

  for _, pattern in ipairs { "*.c", "*.h" } do
    for _, path in ipairs(find(pattern)) do
      it(path .. " includes nothing above it", function()
        local own = floor_of(path)
        if path:match "tarsier[_a-z]*%.h$" then return end
        assert.is_number(own, path .. " has no header: its first line must be /* floor N: its job */")
        for _, line in ipairs(lines_of(path)) do
          local included = line:match '^#include "([^"]+)%.h"'
          local floor = included and floors[included]
          assert.is_true(not floor or floor <= own, path .. " (floor " .. own .. ") includes " .. tostring(included) .. ".h (floor " .. tostring(floor) .. ")")
        end
      end)
    end
  end
end)
