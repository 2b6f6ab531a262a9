-- CycloneDX 1.7: a bill of materials. After a scan it has the vulnerabilities too, with what was decided on them (VDR,
-- VEX).

local write = require "tarsier.report.shared.cyclonedx"

return {
  name = "cyclonedx",
  summary = "CycloneDX 1.7: a bill of materials, with vulnerabilities if it is of a scan",
  extension = "json",
  packages = true,
  write = function(result, out, options)
    return write(result, out, { version = "1.7", vulnerabilities = true, creator = options and options.creator })
  end,
}
