local events = require "tarsier.probe".events

describe("an event", function()
  it("is delivered as it was posted, though its texts are gone by then", function()
    local posted = { { digest = "sha256:ab", message = "one" }, { message = "two" }, { digest = "sha256:cd" }, {},
      { digest = "", message = "" } }
    assert.same(posted, events.deliver(posted))
    assert.same({}, events.deliver {})
  end)

  it("has a digest of 135 bytes and a message of 1023", function()
    local got = events.deliver { { digest = ("a"):rep(136), message = ("b"):rep(1024) } }
    assert.same({ { digest = ("a"):rep(135), message = ("b"):rep(1023) } }, got)
  end)
end)
