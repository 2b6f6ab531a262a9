-- When failed requests are sent again, without a request.

local pauses = require "tarsier.probe".retry.pauses

local function times(count, answer)
  local list = {}
  for i = 1, count do list[i] = answer end
  return list
end

describe("a pause before a retry", function()
  it("doubles up to half a minute", function()
    assert.same({ 0.25, 0.5, 1, 2, 4, 8, 16, 30, 30 }, pauses({ tries = 100, seconds = 1000 }, times(9, 503)))
  end)

  it("is made between the attempts, as many as there may be", function()
    for _, status in ipairs { 500, 502, 503, 504, "broken" } do
      assert.same({ 0.25, 0.5, 0 }, pauses({ tries = 3, seconds = 1000 }, times(3, status)), status)
    end
  end)

  it("is not made after answers that will be the same", function()
    for _, answer in ipairs { 200, 404, 499, 501, 505, "timeout", "no connection", "no memory" } do
      assert.same({ 0 }, pauses({ tries = 3, seconds = 1000 }, { answer }), answer)
    end
  end)

  it("is made for a host that may be starting, if the caller says so", function()
    local starting = { tries = 3, seconds = 1000, unreachable = true }
    assert.same({ 0.25, 0.5, 0 }, pauses(starting, times(3, "no connection")))
    assert.same({ 0 }, pauses(starting, { "timeout" }))
  end)

  it("is as long as the server asks for, and no longer than half a minute", function()
    for asked, given in pairs { ["0"] = 0.25, ["1"] = 1, ["29"] = 29, ["30"] = 30, ["31"] = 30, ["99999999999999999999"] = 0.25,
      ["Sat, 28 Nov 2026 10:00:00 GMT"] = 0.25 } do
      assert.same({ given }, pauses({ tries = 1, seconds = 1000 }, { "Retry-After: " .. asked .. "\r\n" }), asked)
    end
  end)

  it("after too many requests comes until all of them took the time that there is", function()
    assert.same({ 0.25, 0.5, 1, 2, 0 }, pauses({ tries = 1, seconds = 4 }, times(5, 429)))
    local asked = "Retry-After: 2\n"
    assert.same({ 2, 2, 0 }, pauses({ tries = 1, seconds = 4 }, times(3, asked)))
  end)
end)
