-- GitLab's flavour of CycloneDX, for `artifacts: reports: cyclonedx`: its dependency list, licence compliance and
-- continuous vulnerability scanning. Property names: docs.gitlab.com, "GitLab CycloneDX property taxonomy".

local write = require "tarsier.report.shared.cyclonedx"

return {
  name = "gl-sbom",
  summary = "CycloneDX 1.6 with GitLab's properties, for its dependency list",
  extension = "json",
  packages = true,
  write = function(result, out, options)
    return write(result, out, { version = "1.6", profile = "gitlab", creator = options and options.creator })
  end,
}
