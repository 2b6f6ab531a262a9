-- CycloneDX 1.6, for programs that do not read 1.7 yet.

local write = require "tarsier.report.shared.cyclonedx"

return {
  name = "cyclonedx-1.6",
  summary = "CycloneDX 1.6, the same for what does not read 1.7 yet",
  extension = "json",
  packages = true,
  write = function(result, out, options)
    return write(result, out, { version = "1.6", vulnerabilities = true, creator = options and options.creator })
  end,
}
