-- CSAF 2.0 and 2.1 in the profile VEX, and security advisories of the same shape: OASIS CSAF 2.0, 3.2 and 4.5.

local common = require "tarsier.vex.common"

local text, list, map = common.text, common.list, common.map

local DEPTH = 30 -- of branches: the standard's own limit for tools

-- ---- the tree of products -----------------------------------------------------------------------------------------

-- Adds id -> { purls, name }
local function add_product(products, object)
  local p = map(object, "a product")
  local id = text(p.product_id, "product_id")
  local helper, purls = map(p.product_identification_helper, "product_identification_helper"), {}
  if helper.purl then purls[1] = text(helper.purl, "purl") end
  for _, url in ipairs(list(helper.purls, "purls")) do purls[#purls + 1] = text(url, "purl") end -- 2.1
  products[id] = { purls = purls, name = text(p.name, "a product's name") }
end

local function walk(products, branches, depth)
  if depth > DEPTH then error(("branches nested deeper than %d"):format(DEPTH), 0) end
  for _, branch in ipairs(list(branches, "branches")) do
    branch = map(branch, "a branch")
    if branch.product then add_product(products, branch.product) end
    walk(products, branch.branches, depth + 1)
  end
end

-- "openssl as a component of Red Hat Enterprise Linux 8" is a product of its own.
local function relate(products, relationships)
  for _, item in ipairs(list(relationships, "relationships")) do
    local r = map(item, "a relationship")
    local component = products[text(r.product_reference, "product_reference")]
    local whole = products[text(r.relates_to_product_reference, "relates_to_product_reference")]
    local full = map(r.full_product_name, "full_product_name")
    local id = text(full.product_id, "product_id")
    if component and #component.purls > 0 then
      products[id] = { purls = component.purls, name = text(full.name, "name"), whole = whole }
    elseif id ~= "" then
      products[id] = { purls = {}, name = text(full.name, "name") }
    end
  end
end

local function products_of(document)
  local products, tree = {}, map(document.product_tree, "product_tree")
  walk(products, tree.branches, 1)
  for _, product in ipairs(list(tree.full_product_names, "full_product_names")) do add_product(products, product) end
  relate(products, tree.relationships)
  return products
end

-- ---- statements ---------------------------------------------------------------------------------------------------

local statuses = { known_not_affected = "not_affected", fixed = "fixed", first_fixed = "fixed",
  known_affected = "affected",
  first_affected = "affected", last_affected = "affected", under_investigation = "under_investigation" }
local order = { "known_affected", "first_affected", "last_affected", "under_investigation", "known_not_affected",
  "first_fixed", "fixed" }

-- product id -> what `field` of the items says of it
local function said(items, field, what)
  local map_of = {}
  for _, item in ipairs(list(items, what)) do
    for _, id in ipairs(list(map(item, what).product_ids, "product_ids")) do
      map_of[id] = map_of[id] or text(item[field], what .. "." .. field)
    end
  end
  return map_of
end

-- A component within a product that has a purl of its own, such as an image, is in that product only.
local function add_products(statement, product, count)
  local whole = product.whole
  for _, url in ipairs(product.purls) do
    count(1)
    if whole and #whole.purls > 0 then
      for _, outer in ipairs(whole.purls) do table.insert(statement.products, { purl = outer, within = { url } }) end
    else
      table.insert(statement.products, { purl = url, platform = whole and whole.name or nil })
    end
  end
end

local function names_of(v)
  local names = {}
  if v.cve then names[1] = text(v.cve, "cve") end
  for _, id in ipairs(list(v.ids, "ids")) do names[#names + 1] = text(map(id, "an id").text, "an id's text") end
  return names
end

local function read_vulnerability(v, products, base, statements, count)
  local names, product_status = names_of(v), map(v.product_status, "product_status")
  local flags, threats = said(v.flags, "label", "flags"), said(v.threats, "details", "threats")
  for _, key in ipairs(order) do
    for _, id in ipairs(list(product_status[key], key)) do
      local statement = { names = names, status = statuses[key], products = {}, justification = flags[id] or "",
        text = threats[id] or "", author = base.author, time = base.time }
      if products[id] then add_products(statement, products[id], count) end
      if #statement.products > 0 then statements[#statements + 1] = statement end
    end
  end
end

return {
  name = "CSAF",
  accepts = function(document) return type(document.document) == "table" and document.document.csaf_version ~= nil end,
  read = function(document)
    local about = map(document.document, "document")
    local base = { author = text(map(about.publisher, "publisher").name, "publisher.name"),
      time = text(map(about.tracking, "tracking").current_release_date, "current_release_date") }
    local products, statements, count = products_of(document), {}, common.counter()
    for _, v in ipairs(list(document.vulnerabilities, "vulnerabilities")) do
      read_vulnerability(map(v, "a vulnerability"), products, base, statements, count)
    end
    return statements
  end,
}
