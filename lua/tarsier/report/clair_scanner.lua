-- The JSON report of arminc/clair-scanner 12 and 13, byte for byte as Go's MarshalIndent writes it, so that programs
-- which read those files continue to work. "unapproved" names the findings that the policies fail; all are listed.

local json = require "tarsier.json"
local text = require "tarsier.text"

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(character)
  return escapes[character] or ("\\u%04x"):format(utf8.codepoint(character))
end

-- Go's encoding/json: HTML's three characters, both line separators and invalid UTF-8 are escaped, DEL is not.
local function go_string(s)
  if not s:find "[^ !#-%'-;=?-[%]^-~]" then return '"' .. s .. '"' end
  s = s:gsub('[%c"\\<>&]', function(c) return c ~= "\127" and escape(c) or nil end)
  s = text.utf8(s, "\\ufffd"):gsub("\u{2028}", escape):gsub("\u{2029}", escape)
  return '"' .. s .. '"'
end

-- Clair v2's names: "debian:12", "alpine:v3.20", "ubuntu:22.04", "pypi".
local function namespace(image, package)
  local distro = image.distro
  if package.type == "deb" or package.type == "apk" or package.type == "rpm" then
    if distro.id ~= "" and distro.version ~= "" then
      local version = distro.id == "alpine" and distro.version:match "^%d+%.%d+" or distro.version
      return distro.id .. (distro.id == "alpine" and ":v" or ":") .. version
    end
  end
  return package.ecosystem:lower()
end

-- Clair v2 names dpkg's packages by their source, and has one row for all that come from it.
local function feature(package)
  if package.type == "deb" then return package.source.name, package.source.version end
  return package.name, package.version
end

-- Its rows, most severe first: { finding, name, version, fails = is it unapproved? }
local function rows(result)
  local list, seen = {}, {}
  for _, finding in ipairs(result.findings) do
    local name, version = feature(finding.package)
    local key = table.concat({ finding.id, name, version, finding.package.type }, "\0")
    if not seen[key] then
      seen[key] = { finding = finding, name = name, version = version }
      list[#list + 1] = seen[key]
    end
    seen[key].fails = seen[key].fails or finding.decision == "fail"
  end
  return list
end

local function vulnerability(row, image)
  local finding = row.finding
  return json.object(
    "featurename", row.name,
    "featureversion", row.version,
    "vulnerability", finding.id,
    "namespace", namespace(image, finding.package),
    "description", finding.description ~= "" and finding.description or finding.summary,
    "link", finding.url,
    "severity", finding.severity,
    "fixedby", finding.fixed_by or ""
  )
end

return {
  name = "clair-scanner",
  summary = "the JSON of arminc/clair-scanner, byte for byte",
  extension = "json",
  rows = rows,
  write = function(result, out)
    local unapproved, vulnerabilities = json.array {}, json.array {}
    for _, row in ipairs(rows(result)) do
      if row.fails then unapproved[#unapproved + 1] = row.finding.id end
      vulnerabilities[#vulnerabilities + 1] = vulnerability(row, result.image)
    end
    local image = result.image.name ~= "" and result.image.name or result.image.reference
    json.write(json.object(
      "image", image, "unapproved", unapproved, "vulnerabilities", vulnerabilities
    ), out, { indent = "    ", string = go_string })
  end,
}
