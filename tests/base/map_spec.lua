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

  it("of few keys is like one of many", function()
    for count = 0, 20 do
      local texts, numbers = {}, {}
      for i = 1, 2 * count do
        texts[i] = ("x"):rep(i % count // 2) .. i % count
        numbers[i] = i % count - 2
      end
      check(texts)
      check(numbers)
    end
  end)

  it("is not slow for keys that end alike", function()
    local keys = {}
    for i = 1, 50000 do keys[i] = i << 40 end
    check(keys)
  end)
end)

describe("the hash of a map", function()
  it("has a seed of the map's own", function()
    local _, one, other = ground.hashes {}
    local _, next_one, next_other = ground.hashes {}
    assert.not_equal(one, next_one)
    assert.not_equal(other, next_other)
    assert.not_equal(0, one)
    assert.not_equal(0, other)
  end)

  it("is another for another half of the seed", function()
    for _, key in ipairs { 7, "seven", "seventy-seven" } do
      local first = ground.hashes({ key }, 1, 2)[1]
      assert.equal(first, ground.hashes({ key }, 1, 2)[1])
      assert.not_equal(first, ground.hashes({ key }, 3, 2)[1])
      assert.not_equal(first, ground.hashes({ key }, 1, 3)[1])
    end
  end)

  -- Chance lets 4096 keys have about 3970 different values of the last 16 bits.
  it("spreads keys that are alike over the slots", function()
    local makers = { function(i) return ("%d is a key that ends alike"):format(i) end, function(i) return ("%08d"):format(i) end,
      function(i) return ("a key that begins alike %d"):format(i) end }
    for shift = 0, 50, 5 do makers[#makers + 1] = function(i) return i << shift end end
    for which, make in ipairs(makers) do
      local keys, slots, count = {}, {}, 0
      for i = 1, 4096 do keys[i] = make(i) end
      for _, hash in ipairs((ground.hashes(keys))) do
        if not slots[hash & 0xffff] then count = count + 1 end
        slots[hash & 0xffff] = true
      end
      assert.is_true(count > 3850, which .. ": " .. count)
    end
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
