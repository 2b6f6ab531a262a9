-- Habits of the C code that a reader relies on, held by a test because they slip.

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local function sources(pattern)
  local list = {}
  local pipe = assert(io.popen("find engine -name '" .. pattern .. "' | sort"))
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

-- Calls visit(path, line, number) for every line; what it returns is a complaint.
local function complaints(pattern, visit)
  local found = {}
  for _, path in ipairs(sources(pattern)) do
    local number = 0
    for line in (read(path) .. "\n"):gmatch "(.-)\n" do
      number = number + 1
      local complaint = visit(line, path, number)
      if complaint then found[#found + 1] = ("%s:%d: %s"):format(path, number, complaint) end
    end
  end
  return found
end

describe("the C code", function()
  it("spells a failure `code < 0` and a success `code >= 0`", function()
    assert.same({}, complaints("*.c", function(line)
      if not line:find("code", 1, true) and not line:find("result", 1, true) then return end
      for _, spelling in ipairs { "if %(!?code%)", "[^%w>.]code [!=]= TARSIER_OK", "[^%w>.]code [!=]= 0[^%w]", "return code %?", "[^%w>.]result [!=]= TARSIER_OK" } do
        if line:find(spelling) then return line:match "^%s*(.*)$" end
      end
    end))
  end)

  it("cuts texts in messages only, never in data", function()
    local cut = {}
    for _, path in ipairs(sources "*.c") do
      for call in read(path):gmatch "arena_format(%b())" do
        if call:find "SPAN_ARG" then cut[#cut + 1] = ("%s: arena_format%s wants SPAN_WHOLE"):format(path, call) end
      end
    end
    assert.same({}, cut)
  end)

  it("has one definition for each struct's name", function()
    local defined, twice = {}, {}
    complaints("*.[ch]", function(line, path)
      local name = line:match "^struct ([%w_]+) {"
      if not name then return end
      if defined[name] then twice[#twice + 1] = ("struct %s: %s and %s"):format(name, defined[name], path) end
      defined[name] = path
    end)
    assert.same({}, twice)
  end)

  it("has no function of more than 40 lines", function()
    local long = {}
    for _, path in ipairs(sources "*.c") do
      local began, number, last = nil, 0, ""
      for line in (read(path) .. "\n"):gmatch "(.-)\n" do
        number = number + 1
        if line == "{" then began = number end
        if line == "}" and began then
          if number - began > 40 then long[#long + 1] = ("%s:%d: %s has %d lines"):format(path, began, last, number - began) end
          began = nil
        end
        if line:find "^[%a]" then last = line end
      end
    end
    assert.same({}, long)
  end)
end)

describe("the list of slow specs", function()
  it("names files that are there, each once", function()
    local seen = {}
    for path in io.lines "tests/tools/slow-specs" do
      local file = io.open(path)
      assert.is_not_nil(file, path)
      file:close()
      assert.is_nil(seen[path], path)
      seen[path] = true
    end
    assert.is_not_nil(next(seen))
  end)
end)
