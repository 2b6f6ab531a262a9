-- SPDX 3.0.1 by the profile of BSI TR-03183-2 v2.1. What the guideline requires and the scan does not know is told in
-- the document and on standard error.

local write = require "tarsier.report.shared.spdx3"

return {
  name = "spdx-bsi",
  hashes = true,
  summary = "SPDX 3.0.1 as BSI TR-03183-2 v2.1 wants it",
  extension = "json",
  packages = true,
  write = function(result, out, options)
    return write(result, out, { profile = "bsi", creator = options and options.creator })
  end,
}
