-- The rooms of engine/: a file may include its own room and the rooms named before it in the Makefile's PARTS, never a
-- later one; bind/ and the public headers have rules of their own.

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local function sources()
  local list = {}
  local pipe = assert(io.popen "find engine -name '*.[ch]' -not -path 'engine/examples/*' | sort")
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

-- { base = 1, format = 2, … }
local function floors()
  local line = assert(read "Makefile":match "\nPARTS%s*:=%s*([^\n]+)", "the Makefile names the rooms in PARTS")
  local floor, count = {}, 0
  for room in line:gmatch "%S+" do
    count = count + 1
    floor[room] = count
  end
  return floor
end

-- The public headers, lowest first.
local headers = { "tarsier_report.h", "tarsier_tools.h", "tarsier.h", "tarsier_policy.h", "tarsier_share.h" }
local public = {}
for order, name in ipairs(headers) do public[name] = order end

-- What is wrong with one #include of the file, or nil.
local function objection(floor, path, included)
  if public[included] or included:match "%.def$" or included:match "%.inc$" then return nil end
  local own, other = path:match "^engine/(%w+)/", included:match "^(%w+)/"
  if not floor[own] then return "is in no room" end
  if not floor[other] then return "includes " .. included .. ": no room is named" end
  if floor[other] > floor[own] then return "includes " .. included .. ", which stands on a higher floor" end
  if included:match "/internal%.h$" and own ~= other then return "includes " .. included .. ", which belongs to its room" end
end

describe("the rooms of engine/", function()
  local floor, paths = floors(), sources()

  it("are where every source file lives", function()
    for _, path in ipairs(paths) do
      local name = path:match "^engine/([^/]+)$"
      assert.is_true(not name or public[name] ~= nil, path .. " is in no room")
    end
    assert.is_true(#paths > 100)
  end)

  it("are all there", function()
    for room in pairs(floor) do
      local found = false
      for _, path in ipairs(paths) do found = found or path:find("^engine/" .. room .. "/") ~= nil end
      assert.is_true(found, "engine/" .. room .. "/ is empty")
    end
  end)

  it("include nothing above them", function()
    local complaints = {}
    for _, path in ipairs(paths) do
      for included in read(path):gmatch '\n?#include "([^"]+)"' do
        local wrong = not public[path:match "[^/]+$"] and objection(floor, path, included)
        if wrong then complaints[#complaints + 1] = path .. " " .. wrong end
      end
    end
    assert.same({}, complaints)
  end)

  it("have a binding that is an ordinary client of the public headers", function()
    -- What Lua can do, a C host can do. The exceptions: records as Lua tables, which the sandbox shares; templates, which see a Lua report; the unit of
    -- time that tests shrink; the command's files without a name; and characters, for the texts of reports.
    local allowed = { ["policy/push_report.h"] = true, ["policy/template.h"] = true, ["base/clock.h"] = true, ["base/nameless.h"] = true,
      ["base/utf8.h"] = true }
    local complaints = {}
    for _, path in ipairs(paths) do
      for included in read(path):gmatch '#include "([^"]+)"' do
        if path:match "^engine/bind/" and not (public[included] or allowed[included] or included:match "^bind/" or included:match "%.def$") then
          complaints[#complaints + 1] = path .. " includes " .. included
        end
      end
    end
    assert.same({}, complaints)
  end)

  it("stand on the C library and on headers below them where they face the public", function()
    for order, name in ipairs(headers) do
      local text = read("engine/" .. name)
      for included in text:gmatch '#include "([^"]+)"' do
        assert.is_true((public[included] or math.huge) < order, name .. " includes " .. included)
      end
      assert.is_true(select(2, text:gsub("\n", "")) <= 300, name .. " is longer than a manual should be")
    end
  end)
end)
