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
    assert.equal("a?[31mb", ground.error "a\27[31mb")
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
  end)
end)
