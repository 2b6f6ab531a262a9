-- Lists of exceptions: tests/data/whitelist/NAME.yaml gives the entries in NAME.expect, or fails with what NAME.error
-- says.

local whitelist = require "tarsier.whitelist"

local folder = "tests/data/whitelist/"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

-- The lists: NAME.yaml, and in other scanners' forms NAME.trivyignore and NAME.toml.
local function names()
  local list = {}
  local pipe = assert(io.popen("ls -A " .. folder))
  for name in pipe:lines() do
    if not name:find "%.expect$" and not name:find "%.error$" then list[#list + 1] = name end
  end
  pipe:close()
  return list
end

-- One entry a line: its fields by name.
local function describe_entry(entry)
  local words = {}
  for _, key in ipairs { "id", "image", "images", "layer", "owner", "package", "path", "reason", "type",
    "until", "version", "fixed", "in_folder" } do
    local value = entry[key]
    if type(value) == "table" then value = table.concat(value, ",") end
    if value ~= nil then words[#words + 1] = key .. "=" .. tostring(value):gsub("\n$", "") end
  end
  return table.concat(words, " ") .. "\n"
end

describe("a whitelist", function()
  for _, name in ipairs(names()) do
    it(name, function()
      local entries, message, code = whitelist.read(folder .. name)
      local stem = folder .. name:gsub("%.yaml$", "")
      local expect = io.open(stem .. ".expect")
      if expect then
        expect:close()
        assert.is_truthy(entries, message)
        local lines = {}
        for i, entry in ipairs(entries) do lines[i] = describe_entry(entry) end
        for _, note in ipairs(message) do lines[#lines + 1] = "note: " .. note:sub(#folder + 1) .. "\n" end
        assert.equal(read(stem .. ".expect"), table.concat(lines))
      else
        assert.is_nil(entries)
        assert.equal("POLICY", code)
        local expected = read(stem .. ".error"):gsub("\n$", "")
        assert.is_truthy(message:find(expected, 1, true), message)
        assert.equal(folder .. name .. ":", message:match "^(.-:)%d+: ")
      end
    end)
  end

  it("may be several files, whose entries say where they are from", function()
    local entries = assert(whitelist.read(folder .. "place.yaml", folder .. "accept.yaml"))
    assert.equal(folder .. "place.yaml", entries[1].file)
    assert.equal(folder .. "accept.yaml", entries[#entries].file)
    assert.is_nil(whitelist.read(folder .. "place.yaml")[1].file)
    local none, message, code = whitelist.read(folder .. "place.yaml", folder .. "broken.yaml")
    assert.is_nil(none)
    assert.equal("POLICY", code)
    assert.is_truthy(message:find("broken.yaml:2:", 1, true), message)
  end)

  it("says in which line an entry stands", function()
    local entries = whitelist.read(folder .. "accept.yaml")
    assert.same({ 2, 9, 10 }, { entries[1].line, entries[2].line, entries[3].line })
  end)

  it("is not endless", function()
    local entries, message, code = whitelist.parse("# " .. ("x"):rep(1 << 20), "big.yaml")
    assert.is_nil(entries)
    assert.equal("POLICY", code)
    assert.matches("^big.yaml: larger than 1024 KiB", message)
    entries, message = whitelist.parse("a: &a [" .. ("x, "):rep(1000) .. "]\nb: [" .. ("*a, "):rep(98) .. "]\n"
      .. "generalwhitelist:\n" .. (" CVE-2020-1: x\n"):rep(1000))
    assert.is_nil(entries)
    assert.matches("more than 100000 values", message)
  end)

  it("survives any bytes", function()
    local text = read(folder .. "accept.yaml")
    for i = 1, #text, 3 do
      for _, byte in ipairs { "\0", "\255", "\t", "{", "]", "*", "&", "!", "'", "\n" } do
        local entries, message, code = whitelist.parse(text:sub(1, i) .. byte .. text:sub(i + 1), "x")
        assert.is_true(entries ~= nil or type(message) == "string" and code == "POLICY")
      end
      whitelist.parse(text:sub(1, i), "x")
    end
  end)

  it("that is not there, or a folder, is an error", function()
    local entries, message, code = whitelist.read(folder .. "none.yaml")
    assert.is_nil(entries)
    assert.equal("IO", code)
    assert.matches("none.yaml", message)
    entries, message, code = whitelist.read(folder)
    assert.is_nil(entries)
    assert.equal("IO", code)
    assert.matches("directory", message)
  end)
end)
