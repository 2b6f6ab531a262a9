-- A Clair v4 by script, for specs of the command: one image with one vulnerable package. See clair_replay.py.

local json = require "tarsier.json"

local clair_v4 = {}

local function vulnerability(severity, fixed)
  return {
    id = "10", updater = "debian/updater", name = "CVE-2099-0001", description = "A flaw in curl.",
    issued = "2099-01-01T00:00:00Z", links = "https://example.org/CVE-2099-0001", severity = severity:lower(),
    normalized_severity = severity, package = { id = "", name = "curl", version = "" },
    fixed_in_version = fixed or "",
  }
end

local function package(id, name, version)
  return { id = id, name = name, version = version, kind = "binary", arch = "amd64", normalized_version = "",
    source = { id = id .. "0", name = name, version = version, kind = "source" } }
end

local function environment()
  return json.array { { package_db = "var/lib/dpkg/status", introduced_in = "{layer:0}", distribution_id = "1" } }
end

local empty = json.object()

--- report { severity = "High", fixed = "8.0-1", empty = true, clean = true } -> a vulnerability report
function clair_v4.report(options)
  options = options or {}
  local document = { manifest_hash = "{hash}", repository = empty, enrichments = empty, packages = empty,
    distributions = empty, environments = empty, vulnerabilities = empty, package_vulnerabilities = empty }
  if options.empty then return document end
  document.distributions = { ["1"] = { id = "1", did = "debian", name = "Debian GNU/Linux", version = "12 (bookworm)",
    version_id = "12", version_code_name = "bookworm", arch = "", cpe = "",
    pretty_name = "Debian GNU/Linux 12 (bookworm)" } }
  document.packages = { ["1"] = package("1", "curl", "7.0-1"), ["2"] = package("2", "zlib1g", "1.0") }
  document.environments = { ["1"] = environment(), ["2"] = environment() }
  if options.clean then return document end
  document.vulnerabilities = { ["10"] = vulnerability(options.severity or "High", options.fixed) }
  document.package_vulnerabilities = { ["1"] = json.array { "10" } }
  return document
end

--- script(report, [more]) -> a script for clair_replay; rules of `more` come first
function clair_v4.script(report, more)
  local rules = json.array { table.unpack(more or {}) }
  for _, rule in ipairs {
    { method = "GET", path = "/indexer/api/v1/index_state", status = 200, body = { state = "abc" } },
    { method = "GET", path = "/matcher/api/v1/vulnerability_report/sha256:0{64}", status = 404,
      body = { code = "not-found", message = "index report not found" } },
    { method = "POST", path = "/indexer/api/v1/index_report", status = 201, body = { manifest_hash = "{hash}",
      state = "IndexFinished", success = true, err = "", packages = empty } },
    { method = "GET", path = "/matcher/api/v1/vulnerability_report/sha256:.*", status = 200, body = report },
  } do rules[#rules + 1] = rule end
  return { rules = rules }
end

return clair_v4
