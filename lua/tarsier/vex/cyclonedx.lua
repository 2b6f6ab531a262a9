-- CycloneDX with vulnerabilities, 1.4 and later: cyclonedx.org, "VEX". The analysis may lie in the SBOM itself, or
-- point into another by BOM-Link, "urn:cdx:SERIAL/VERSION#bom-ref".

local common = require "tarsier.vex.common"

local text, list, map = common.text, common.list, common.map

local DEPTH = 30 -- of components within components

local statuses = { not_affected = "not_affected", false_positive = "not_affected", resolved = "fixed",
  resolved_with_pedigree = "fixed", exploitable = "affected", in_triage = "under_investigation" }

-- bom-ref -> purl
local function collect(refs, component, depth)
  if depth > DEPTH then error(("components nested deeper than %d"):format(DEPTH), 0) end
  local c = map(component, "a component")
  if c["bom-ref"] and c.purl then refs[text(c["bom-ref"], "bom-ref")] = text(c.purl, "purl") end
  for _, inner in ipairs(list(c.components, "components")) do collect(refs, inner, depth + 1) end
end

local function decoded(s)
  return (s:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- The reference itself may be a package URL; a BOM-Link's fragment is one if the SBOM's refs are.
local function purl_of(refs, ref)
  if refs[ref] then return refs[ref] end
  local target = ref:match "^urn:cdx:[^#]*#(.*)$"
  if target then target = decoded(target) end
  target = target or ref
  return target:find "^pkg:" and target or refs[target]
end

local function author_of(metadata)
  for _, author in ipairs(list(metadata.authors, "authors")) do
    local name = text(map(author, "an author").name, "an author's name")
    if name ~= "" then return name end
  end
  for _, key in ipairs { "supplier", "manufacturer", "manufacture" } do
    local name = text(map(metadata[key], key).name, key .. ".name")
    if name ~= "" then return name end
  end
  return ""
end

local function names_of(v)
  local names = { text(v.id, "id") }
  for _, reference in ipairs(list(v.references, "references")) do
    names[#names + 1] = text(map(reference, "a reference").id, "a reference's id")
  end
  return names
end

-- A product of one version, or of each version that `affects` lists as affected or not.
local function add_products(statement, affected, refs, count)
  local url = purl_of(refs, text(map(affected, "affects").ref, "ref"))
  count(1)
  if url then table.insert(statement.products, { purl = url }) end
end

return {
  name = "CycloneDX",
  accepts = function(document) return document.bomFormat == "CycloneDX" end,
  read = function(document)
    local metadata, refs, statements, count = map(document.metadata, "metadata"), {}, {}, common.counter()
    collect(refs, metadata.component, 1)
    for _, component in ipairs(list(document.components, "components")) do collect(refs, component, 1) end
    local author, time = author_of(metadata), text(metadata.timestamp, "timestamp")
    for _, item in ipairs(list(document.vulnerabilities, "vulnerabilities")) do
      local v = map(item, "a vulnerability")
      local analysis = map(v.analysis, "analysis")
      local updated = text(analysis.lastUpdated or v.updated, "updated")
      local statement = { names = names_of(v), status = statuses[analysis.state], products = {},
        justification = text(analysis.justification, "justification"), text = text(analysis.detail, "detail"),
        author = author, time = updated ~= "" and updated or time }
      for _, affected in ipairs(list(v.affects, "affects")) do add_products(statement, affected, refs, count) end
      if statement.status then statements[#statements + 1] = statement end
    end
    return statements
  end,
}
