-- VEX: what suppliers say of whether a vulnerability is one in their product. OpenVEX, CSAF VEX and CycloneDX VEX
-- become statements, which are matched with findings by the product's package URL or the image's digest:
--
--   { names = { "CVE-…", aliases … }, status = "not_affected" | "affected" | "fixed" | "under_investigation",
--     products = { { purl | digest | text, within = { purl, … }, platform }, … }, justification, text, author, time,
--     file, signed_by = the key's file, refusal = why it is not obeyed }
--
-- A product that is not named by a package URL or a digest cannot be told to be in the image: its statements are
-- counted and not used.

local cjson = require "cjson.safe"
local data_file = require "tarsier.data_file"
local purl = require "tarsier.purl"

local vex = {}

--- The largest document: Red Hat's of one CVE has 30 MB with 2,400 products.
vex.MAX_BYTES = 64 << 20

local readers = { require "tarsier.vex.openvex", require "tarsier.vex.csaf", (require "tarsier.vex.cyclonedx") }

-- ---- reading ------------------------------------------------------------------------------------------------------

local function without_null(value)
  for key, item in pairs(value) do
    if item == cjson.null then value[key] = nil elseif type(item) == "table" then without_null(item) end
  end
  return value
end

-- Package URLs are parsed once. A purl that is none is treated as text.
local function prepare(statement, file)
  statement.file = file
  for _, product in ipairs(statement.products) do
    product.parsed = product.purl and purl.parse(product.purl)
    for i, inner in ipairs(product.within or {}) do product.within[i] = purl.parse(inner) or false end
  end
  return statement
end

--- of_document(document, file) -> statements | nil, message, "FORMAT". `document`: what JSON was decoded to.
function vex.of_document(document, file)
  without_null(document)
  for _, reader in ipairs(readers) do
    if reader.accepts(document) then
      local ok, statements = pcall(reader.read, document)
      if not ok then
        return nil, ("%s: not a valid %s document: %s"):format(file, reader.name, vex.clean(statements)), "FORMAT"
      end
      for _, statement in ipairs(statements) do prepare(statement, file) end
      return statements
    end
  end
  return nil, ("%s: neither OpenVEX, CSAF nor CycloneDX VEX"):format(file), "FORMAT"
end

--- parse(text, file) -> statements | nil, message, "FORMAT"
function vex.parse(text, file)
  local document, wrong = cjson.decode(text)
  if wrong or type(document) ~= "table" then
    return nil, ("%s: not JSON: %s"):format(file, wrong or "an object is expected"), "FORMAT"
  end
  return vex.of_document(document, file)
end

--- clean(message) -> an error's text without the place in our source
function vex.clean(message)
  return (tostring(message):gsub("^[^:]*%.lua:%d+: ", ""))
end

--- read(file) -> statements | nil, message, code
function vex.read(file)
  local text, message, code = data_file.text(file, "VEX document", vex.MAX_BYTES)
  if not text then return nil, message, code end
  return vex.parse(text, file)
end

-- ---- matching -----------------------------------------------------------------------------------------------------

-- The digests that an image is known by, and the names without tag and digest.
local function identity(image, digests)
  local own = { digests = {}, names = {} }
  for _, digest in ipairs { image.digest or "", image.id or "" } do
    if digest ~= "" then own.digests[digest] = true end
  end
  for digest in pairs(digests or {}) do own.digests[digest] = true end
  for _, name in ipairs { image.name or "", image.reference or "" } do
    local digest = name:match "@(sha%d+:%x+)$"
    if digest then own.digests[digest] = true end
    name = name:gsub("^docker://", ""):gsub("@.*$", "")
    own.names[name:match "^(.*):[^/:]*$" or name] = true
  end
  return own
end

-- pkg:oci/app@sha256:…?repository_url=registry/team/app, or Docker's pkg:docker/team/app@sha256:…
local function is_image(parsed, own)
  if parsed.type ~= "oci" and parsed.type ~= "docker" then return false end
  if parsed.version and parsed.version:find "^sha%d+:" then return own.digests[parsed.version] or false end
  local repository = parsed.qualifiers.repository_url or parsed.path
  return parsed.version == nil and own.names[repository] or false
end

-- Parsed package URLs of the image's packages, made when they are first asked for.
local function url_of(cache, package)
  if cache[package.purl] == nil then cache[package.purl] = purl.parse(package.purl or "") or false end
  return cache[package.purl]
end

local function is_one_of(list, have)
  for _, wanted in ipairs(list) do
    if wanted and purl.matches(wanted, have) then return true end
  end
  return false
end

-- A product that is a program with the package inside: both were found in the same file.
local function is_beside(product, finding, scope)
  for _, other in ipairs(scope.by_path[finding.package.path] or {}) do
    local url = url_of(scope.urls, other)
    if url and purl.matches(product.parsed, url) then return true end
  end
  return false
end

local function applies(product, finding, scope)
  local have = url_of(scope.urls, finding.package)
  if not have then return false end
  local is_whole_image = product.digest and scope.own.digests[product.digest]
    or product.parsed and is_image(product.parsed, scope.own)
  if is_whole_image then return not product.within or is_one_of(product.within, have) end
  if not product.parsed then return false end
  if not product.within then return purl.matches(product.parsed, have) end
  return is_one_of(product.within, have) and is_beside(product, finding, scope)
end

-- A component's statement for one platform, without a version, says nothing about another platform's package.
local function refusal_of(statement, product)
  if statement.refusal then return statement.refusal end
  if product.platform and not (product.parsed and product.parsed.version) then
    return ("it is about %s, which an image does not name"):format(product.platform)
  end
end

local function word_of(statement, refusal)
  return { file = statement.file, author = statement.author, time = statement.time, id = statement.names[1],
    status = statement.status, justification = statement.justification, text = statement.text,
    signed_by = statement.signed_by, obeyed = refusal == nil, refusal = refusal }
end

local function scope_of(result, digests)
  local scope = { own = identity(result.image, digests), urls = {}, by_path = {} }
  for _, package in ipairs(result.packages or {}) do
    local list = scope.by_path[package.path] or {}
    scope.by_path[package.path] = list
    list[#list + 1] = package
  end
  return scope
end

local function by_name(statements)
  local map = {}
  for _, statement in ipairs(statements) do
    for _, name in ipairs(statement.names) do
      map[name] = map[name] or {}
      table.insert(map[name], statement)
    end
  end
  return map
end

-- Adds what is said of a finding under one of its names, each statement once.
local function collect(finding, statements, scope, words, seen)
  for _, statement in ipairs(statements or {}) do
    for _, product in ipairs(seen[statement] and {} or statement.products) do
      if applies(product, finding, scope) then
        seen[statement] = true
        words[#words + 1] = word_of(statement, refusal_of(statement, product))
        break
      end
    end
  end
end

--- apply(result, statements, [digests]) -> how many statements were about a finding: sets finding.vex, the oldest word
--- first. `digests`: more digests that the image is known by, such as that of its index, as keys.
function vex.apply(result, statements, digests)
  local map, scope, count = by_name(statements), scope_of(result, digests), 0
  for _, finding in ipairs(result.findings) do
    local words, seen = {}, {}
    collect(finding, map[finding.id], scope, words, seen)
    for _, alias in ipairs(finding.aliases or {}) do collect(finding, map[alias], scope, words, seen) end
    for i, word in ipairs(words) do word.order = i end
    table.sort(words, function(a, b)
      if a.time ~= b.time then return a.time < b.time end
      return a.order < b.order
    end)
    for _, word in ipairs(words) do word.order = nil end
    if #words > 0 then finding.vex, count = words, count + #words end
  end
  return count
end

return vex
