-- SPDX 3.0.1: a bill of materials.

local write = require "tarsier.report.shared.spdx3"

return {
  name = "spdx",
  summary = "SPDX 3.0.1: a bill of materials",
  extension = "json",
  packages = true,
  write = function(result, out, options) return write(result, out, { creator = options and options.creator }) end,
}
