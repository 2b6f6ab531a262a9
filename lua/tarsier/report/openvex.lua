-- OpenVEX 0.2.0: one statement for each finding that a person accepted, so that programs which consume the image know
-- of it. An accepted risk is not "not affected": only what a VEX document or the whitelist entry says of the finding
-- itself is stated so. https://github.com/openvex/spec, OPENVEX-SPEC.md.

local common = require "tarsier.report.shared.common"
local json = require "tarsier.json"

local object, array = json.object, json.array

local justifications = { component_not_present = true, vulnerable_code_not_present = true,
  vulnerable_code_not_in_execute_path = true, vulnerable_code_cannot_be_controlled_by_adversary = true,
  inline_mitigations_already_exist = true }

-- Returns the statement that was obeyed, or nil.
local function obeyed(finding)
  for _, statement in ipairs(finding.vex or {}) do
    if statement.obeyed then return statement end
  end
end

-- -> key, value, …
local function status(finding)
  local statement = obeyed(finding)
  if statement and statement.status == "fixed" then return "status", "fixed" end
  if statement and statement.status == "not_affected" then
    local known = justifications[statement.justification] and statement.justification or nil
    return "status", "not_affected", "justification", known, "impact_statement",
      common.filled(statement.text, not known and (finding.reason or "not affected") or nil)
  end
  return "status", "affected", "action_statement", "risk accepted: " .. (finding.reason or "no reason given")
    .. (finding.fixed_by and "; fixed in " .. finding.fixed_by or "")
end

-- The product is the image, and its subcomponent the package; without a digest it is the package itself.
local function products(finding, product)
  local purl = common.filled(finding.package.purl, nil)
  local package = object("@id", purl or "urn:uuid:" .. common.uuid("package", finding.package.type,
    finding.package.name, finding.package.version), "identifiers", purl and object("purl", purl))
  if not product then return array { package } end
  return array { object("@id", product, "identifiers", object("purl", product),
    "subcomponents", array { package }) }
end

local function aliases(finding)
  local list, seen = array {}, { [finding.id] = true }
  for _, alias in ipairs(finding.aliases) do
    if not seen[alias] then list[#list + 1] = alias end
    seen[alias] = true
  end
  return list
end

local function statement(finding, product, time)
  return object(
    "vulnerability", object("name", finding.id, "description", common.filled(finding.summary, nil),
      "aliases", aliases(finding)),
    "timestamp", time,
    "products", products(finding, product),
    status(finding)
  )
end

local function write(result, out)
  local time = result.finished
  local product = common.image_purl(result.image)
  -- the same package may be there twice, for two architectures: statements are unique
  local list = common.unique(result.findings, function(finding)
    local package = finding.package
    return finding.decision == "accept" and table.concat({ finding.id, package.type, package.name, package.version,
      package.purl, finding.reason or "" }, "\0")
  end)
  json.write(object(
    "@context", "https://openvex.dev/ns/v0.2.0",
    "@id", "urn:uuid:" .. common.uuid("openvex", common.image_name(result.image), result.image.digest, time),
    "author", "tarsier", "role", "vulnerability scanner, for the owners of the accepted findings",
    "timestamp", time, "version", 1, "tooling", "tarsier " .. result.tarsier.version,
    "statements", json.list(list, function(finding) return statement(finding, product, time) end)
  ), out, { indent = "  " })
  out "\n"
  if #list > 0 then return nil end
  return { "no finding is accepted, so that it has no statements; OpenVEX requires at least one, and other tools may "
    .. "refuse the document" }
end

return { name = "openvex", summary = "OpenVEX 0.2.0 of what was accepted", extension = "json", write = write }
