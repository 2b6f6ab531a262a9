-- CycloneDX by the profile of BSI TR-03183-2 v2.1: a bill of materials without vulnerabilities. What the guideline
-- requires and the scan does not know is told in the document and on standard error.

local write = require "tarsier.report.shared.cyclonedx"

return {
  name = "cyclonedx-bsi",
  hashes = true,
  summary = "CycloneDX 1.7 as BSI TR-03183-2 v2.1 wants it, without vulnerabilities",
  extension = "json",
  packages = true,
  write = function(result, out, options)
    return write(result, out, { version = "1.7", profile = "bsi", creator = options and options.creator })
  end,
}
