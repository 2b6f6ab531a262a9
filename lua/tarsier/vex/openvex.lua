-- OpenVEX 0.2.0 and 0.0.1: github.com/openvex/spec, OPENVEX-SPEC.md.

local common = require "tarsier.vex.common"

local text, list, map = common.text, common.list, common.map

-- Both forms: 0.2.0 has an object with name and aliases, 0.0.1 text.
local function names_of(vulnerability)
  if type(vulnerability) == "string" then return { vulnerability } end
  local names, v = {}, map(vulnerability, "vulnerability")
  local name = text(v.name, "vulnerability.name")
  if name == "" then name = text(v["@id"], "vulnerability.@id"):match "[^/]*$" end
  names[1] = name ~= "" and name or nil
  for _, alias in ipairs(list(v.aliases, "vulnerability.aliases")) do
    names[#names + 1] = text(alias, "an alias")
  end
  return names
end

local function identifier(component)
  if type(component) == "string" then return component, {} end
  local c = map(component, "a product")
  local identifiers = map(c.identifiers, "identifiers")
  return text(identifiers.purl or c["@id"], "a product's @id"), c
end

local function digest_of(hashes)
  for name, value in pairs(map(hashes, "hashes")) do
    if tostring(name):lower():gsub("-", "") == "sha256" then return "sha256:" .. text(value, "a hash"):lower() end
  end
end

local function product_of(item, shared, count)
  local id, object = identifier(item)
  local product = { within = nil, digest = digest_of(object.hashes) or id:match "@(sha256:%x+)$" }
  if id:find "^pkg:" then product.purl = id end
  local inner = object.subcomponents and list(object.subcomponents, "subcomponents") or shared
  for _, component in ipairs(inner) do
    product.within = product.within or {}
    table.insert(product.within, (identifier(component)))
  end
  count(1 + #inner)
  return product
end

local function statement_of(item, document, count)
  local s = map(item, "a statement")
  local statement = { names = names_of(s.vulnerability), status = text(s.status, "status"), products = {},
    justification = text(s.justification, "justification"),
    text = text(s.impact_statement or s.action_statement, "a statement's text"),
    author = text(document.author, "author"),
    time = text(s.last_updated or s.timestamp or document.last_updated or document.timestamp, "timestamp") }
  local shared = list(s.subcomponents, "subcomponents") -- of 0.0.1
  for i, product in ipairs(list(s.products, "products")) do
    statement.products[i] = product_of(product, shared, count)
  end
  return statement
end

return {
  name = "OpenVEX",
  accepts = function(document)
    return type(document["@context"]) == "string" and document["@context"]:find("openvex", 1, true) ~= nil
  end,
  read = function(document)
    local statements, count = {}, common.counter()
    for i, item in ipairs(list(document.statements, "statements")) do
      statements[i] = statement_of(item, document, count)
    end
    return statements
  end,
}
