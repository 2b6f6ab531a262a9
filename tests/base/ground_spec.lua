local ground = require "tarsier.probe".ground

describe("floor 0", function()
  it("splits spans", function()
    assert.same({ "a", "", "b" }, ground.split("a,,b", ","))
    assert.same({}, ground.split("", ","))
    assert.same({ "a" }, ground.split("a,", ","))
  end)

  it("reads decimal numbers and nothing else", function()
    assert.equal(120, ground.number "120")
    for _, text in ipairs { "", "-1", "1x", " 1", "99999999999999999999" } do
      assert.is_nil(ground.number(text))
    end
  end)

  it("keeps control bytes out of messages", function()
    assert.equal("a?[31mb", (ground.error "a\27[31mb"))
    assert.equal("?? ~?\u{80}", (ground.error "\1\31 ~\127\u{80}"))
    assert.equal("?p?: ?t?m?", (ground.error("\1t", "\2p\3", "\4m\5")))
    assert.equal("?t: No such file or directory", (ground.error("\1t", nil, nil, 2)))
  end)

  it("makes messages of a prefix, a text and what is appended, cut between characters", function()
    assert.same({ "p: t: Permission denied, m", "IO" }, { ground.error("t", "p", ", m", 13) })
    assert.same({ "p: t", "FORMAT" }, { ground.error("t", "p") })
    for length = 1010, 1040 do
      local long = ("a"):rep(length % 2) .. ("é"):rep(length // 2)
      for _, message in ipairs { ground.error(long), (ground.error("é", long)), (ground.error(long, "é")),
        (ground.error(long, nil, "é")), (ground.error("é", nil, long)), (ground.error(long, nil, nil, 2)) } do
        assert.is_truthy(message == "FORMAT" or utf8.len(message), length)
        assert.is_true(message == "FORMAT" or #message >= math.min(length, 1018) and #message <= 1019, #message)
      end
    end
  end)

  it("has a name for every code, and one for others", function()
    for code, name in pairs { [0] = "OK", [-1] = "MEMORY", [-12] = "CANCELLED", [-13] = "UNKNOWN", [1] = "UNKNOWN",
      [math.mininteger >> 32 | -1 << 31] = "UNKNOWN" } do
      assert.equal(name, ground.code(code))
    end
  end)

  it("counts to a moment later in whole seconds and less", function()
    for wait = 0, 3000, 7 do
      local distance, nanoseconds = ground["until"](wait)
      assert.is_true(distance >= wait - 1 and distance < wait + 5000, wait .. " is " .. distance)
      assert.is_true(nanoseconds >= 0 and nanoseconds < 1000000000)
    end
  end)

  it("holds an arena to its limit", function()
    assert.equal(10, ground.arena(160, 16))
    assert.equal(0, ground.arena(160, 161))
    assert.equal(1, ground.arena(160, 160))
  end)

  it("grows an array and keeps what is in it and beside it", function()
    for _, size in ipairs { 2, 24, 4096, 30000, 32768, 40000 } do
      local room = 8
      local count, used = ground.grow(0, size, 100)
      local expected = 16 + 8 * size -- the piece beside it
      while room < 100 do
        -- What has a block of its own grows there; else the array is copied.
        expected = expected + (room * size > 262144 and room or room * 2) * size
        room = room * 2
      end
      assert.same({ 100, expected }, { count, used }, size)
    end
  end)

  it("grows an array that shares a full-sized block by a copy", function()
    local count, used = ground.grow(0, 30000, 9, 131072) -- 8 elements take 240000 of 262144 bytes
    assert.same({ 9, 131072 + 240000 + 16 + 480000 }, { count, used })
  end)

  it("holds a growing array to the arena's limit", function()
    assert.equal(16, (ground.grow(16 * 40000 + 16, 40000, 17)))
    assert.equal(8, (ground.grow(16 * 40000 + 15, 40000, 17)))
    assert.equal(0, (ground.grow(8 * 40000 - 1, 40000, 17)))
  end)

  it("formats nothing as an empty text", function()
    assert.equal("", ground.format "")
    assert.equal("a", ground.format "a")
  end)
end)
