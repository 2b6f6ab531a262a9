-- Where a scan stands, for a log: `scan -v`, and a scan without a terminal that has become slow.

local terminal = require "tarsier.cli.terminal"

local EVENTS = {
  { kind = "image", total = 2 }, { kind = "serving", total = 9279 }, { kind = "bytes", done = 0, total = 10 },
  { kind = "analyzing", index = 1, total = 2, digest = "sha256:aa" }, { kind = "bytes", done = 5, total = 10 },
  { kind = "layer", index = 1, digest = "sha256:aa" },
  { kind = "analyzing", index = 2, total = 2, digest = "sha256:bb" }, { kind = "bytes", done = 5, total = 10 },
}

-- told(options, verbose, times) -> what is written while the events come at these times
local function told(options, verbose, times)
  local out, now = terminal.new(options), 0
  local said = {}
  function out.clock() return now end
  function out:say(line) if not self.quiet then said[#said + 1] = line end end -- luacheck: no redefined
  local on_event = out:reporter(verbose)
  for i, event in ipairs(EVENTS) do
    now = times and times[i] or 0
    on_event(event)
  end
  return said
end

describe("progress without a terminal", function()
  local ALL = { "tarsier: Clair can fetch the layers at port 9279", "tarsier: Clair reads layer 1 of 2: sha256:aa",
    "tarsier: layer 1 of 2 is read", "tarsier: Clair reads layer 2 of 2: sha256:bb" }

  it("is told from the start where the scan is verbose", function()
    assert.same(ALL, told({}, true))
  end)

  it("is told once the scan is slow: where it stands, and where it goes on", function()
    assert.same({}, told({}, false))
    assert.same({ ALL[2], ALL[3], ALL[4] }, told({}, false, { 0, 0, 0, 1, 9, 9, 9, 9 }))
    assert.same({ ALL[4] }, told({}, false, { 0, 0, 0, 0, 0, 0, 1, 9 }))
  end)

  it("is not told with --quiet or --no-progress", function()
    assert.same({}, told({ quiet = true }, true, { 9, 9, 9, 9, 9, 9, 9, 9 }))
    assert.same({}, told({ no_progress = true }, false, { 9, 9, 9, 9, 9, 9, 9, 9 }))
  end)
end)
