-- Every ready policy's examples hold, and every one has some.

local policy = require "tarsier.policy"

describe("ready policies", function()
  local list = assert(policy.list { folders = { "policies" } })

  it("are all there", function()
    local names = {}
    for _, info in ipairs(list) do
      if info.file:find "^policies/" then names[#names + 1] = info.name end
    end
    assert.same({ "conformance", "default", "fixable", "kev", "new", "risk", "threshold", "vex", "whitelist" }, names)
  end)

  for _, info in ipairs(list) do
    if info.file:find "^policies/" then
      it(info.file .. " is well made", function()
        assert.is_nil(info.message)
        assert.equal(info.file, "policies/" .. info.name .. ".lua")
        assert.is_true(info.examples > 0)
      end)

      for _, result in ipairs(assert(policy.test(info.file))) do
        it(("%s, example %d: %s"):format(info.name, result.index, result.expected or "?"), function()
          assert.is_true(result.ok, ("got %s: %s"):format(result.got, result.reason))
        end)
      end
    end
  end
end)
