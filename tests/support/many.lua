-- many(count) -> a result with that many findings, as a large image and a full database give it: 40 layers, a package for
-- every five findings, texts of usual length.

local make_result = require "support.result"

local severities = { "Critical", "High", "Medium", "Low", "Negligible", "Unknown" }
local decisions = { "fail", "warn", nil, "accept" }

local TEXT = ("A flaw was found in how the library parses a length from untrusted input; a crafted file makes it write "
  .. "beyond a buffer, and an attacker may run code or read memory of the process. "):rep(3)

local function layers_of(result)
  local list = {}
  for i = 1, 40 do
    list[i] = { index = i, digest = ("sha256:%064x"):format(i), diff_id = ("sha256:%064x"):format(i + 1000), size = i * 1000,
      cached = false, created_by = "RUN install step " .. i, media_type = "application/vnd.oci.image.layer.v1.tar+gzip" }
  end
  result.image.layers = list
  return list
end

local function package_of(i)
  local name, version = ("package-%d"):format(i), ("%d.%d-1"):format(i % 9, i % 50)
  return { index = i, type = i % 4 == 0 and "pypi" or "deb", ecosystem = "Debian:12", name = name, version = version,
    architecture = "amd64", source = { name = name, version = version }, licenses = { "MIT" },
    purl = ("pkg:deb/debian/%s@%s?arch=amd64"):format(name, version), path = "var/lib/dpkg/status", reader = "dpkg",
    layer = i % 40 + 1 }
end

return function(count)
  local result = make_result()
  local layers, packages, findings = layers_of(result), {}, {}
  for i = 1, math.max(1, count // 5) do packages[i] = package_of(i) end
  for i = 1, count do
    local package = packages[(i - 1) % #packages + 1]
    local severity, decision = severities[i % #severities + 1], decisions[i % 4 + 1]
    findings[i] = { index = i, id = ("CVE-2024-%d"):format(10000 + i % (count * 3 // 4 + 1)), aliases = { "GHSA-" .. i }, severity = severity,
      severity_source = "cvss", summary = "Buffer overflow " .. i, description = TEXT .. i,
      cvss = { vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", score = 9.8 },
      fixed_by = i % 3 > 0 and ("%d.%d-2"):format(i % 9, i % 50) or nil, url = "https://example.org/CVE-" .. i,
      references = { "https://example.org/a/" .. i, "https://example.org/b/" .. i }, published = "2024-01-01T00:00:00Z",
      modified = "2024-02-01T00:00:00Z", epss = { score = i % 100 / 100, percentile = 0.5 }, risk = i % 1000 / 10,
      package = package, layer = layers[package.layer], backend = "embedded", decision = decision, policy = "default",
      reason = "a fix is there", trail = { { policy = "default", decision = decision or "warn", reason = "a fix is there" } } }
  end
  result.packages, result.findings = packages, findings
  return result
end
