local ground = require "tarsier.probe".ground

-- Positions of the last of equal keys, and how many different ones there are, by Lua's own table.
local function expected(keys)
  local last, count, positions = {}, 0, {}
  for i, key in ipairs(keys) do
    if not last[key] then count = count + 1 end
    last[key] = i
  end
  for i, key in ipairs(keys) do positions[i] = last[key] end
  return positions, count
end

local function check(keys)
  local positions, count = expected(keys)
  local found, size, other = ground.map(keys)
  assert.same(positions, found)
  assert.equal(count, size)
  assert.is_false(other)
end

describe("a map", function()
  it("has what was put into it last, by text", function()
    local keys = { "", "a", "a", "\0", "\0\0" }
    for i = 1, 5000 do keys[#keys + 1] = ("key %d"):format(i % 3001) .. ("x"):rep(i % 20) end
    check(keys)
  end)

  it("has what was put into it last, by number", function()
    local keys = { 0, 1, -1, 1, math.mininteger, math.maxinteger }
    for i = 1, 5000 do keys[#keys + 1] = (i % 3001) << (i % 50) end
    check(keys)
  end)

  it("is not slow for keys that end alike", function()
    local keys = {}
    for i = 1, 50000 do keys[i] = i << 40 end
    check(keys)
  end)
end)

describe("SipHash-1-3", function()
  it("gives the values of its published test vectors", function()
    assert.equal(0xabac0158050fc4dc, ground.siphash "")
    assert.equal(0xc9f49bf37d57ca93, ground.siphash "\0")
  end)

  it("takes every byte and the length into account", function()
    local seen = {}
    for length = 0, 40 do
      for _, text in ipairs { ("\0"):rep(length), ("\0"):rep(length) .. "\1", ("\255"):rep(length) .. "\2" } do
        local hash = ground.siphash(text)
        assert.is_nil(seen[hash])
        seen[hash] = true
      end
    end
  end)
end)
