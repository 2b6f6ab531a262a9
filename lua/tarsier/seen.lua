-- The images that were scanned here: what was found in each, kept in the cache, so that a later database can be asked
-- about them without reading them again, and an update knows which ecosystems matter.
--
-- Two files an image below images/ in the cache's folder: KEY.json, what it is and which findings it had, and
-- KEY.inventory.json, the report of its packages.

local core = require "tarsier.core"
local json = require "tarsier.json"
local place = require "tarsier.place"
local shapes = require "tarsier.shapes"

local seen = {}

local MOST = 500            -- images: the oldest are forgotten
local BYTES_MOST = 256 << 20 -- … and those beyond this size in all
local LARGEST = 64 << 20    -- bytes of an inventory: a hundred thousand packages have 40 MB

local function folder(cache_dir)
  if cache_dir == "" then return nil end
  local base = cache_dir or place.cache()
  return base and base .. "/images"
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local content = file:read(LARGEST + 1)
  file:close()
  if not content or #content > LARGEST then return nil end
  local value = json.decode(content)
  return type(value) == "table" and value or nil
end

--- families(packages) -> { Debian = true, PyPI = true }: whose records they need, without releases
function seen.families(packages)
  local set, last = {}, ""
  for _, package in ipairs(packages) do
    if package.ecosystem ~= last then -- packages of one ecosystem stand together
      last = package.ecosystem
      local family = last:match "^[^:]+"
      if family then set[family] = true end
    end
  end
  return set
end

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return json.array(list)
end

-- A name for files, of the manifest's digest where there is one.
local function key_of(image)
  local hex = image.digest:match "^%w+:(%x+)$" or image.id:match "^%w+:(%x+)$"
  return hex or image.reference:gsub("[^%w]", function(c) return ("_%02x"):format(c:byte()) end):sub(-120)
end

--- finding_key(finding) -> what makes it the same finding in another scan
function seen.finding_key(finding)
  return ("%s %s %s %s"):format(finding.id, finding.package.type, finding.package.name, finding.package.version)
end

local function forget_oldest(where)
  local list = {}
  for _, name in ipairs(core.list(where) or {}) do
    local status = name:find "%.inventory%.json$" and core.host.stat(where .. "/" .. name)
    if status then list[#list + 1] = { name = name:gsub("%.inventory%.json$", ""), modified = status.modified,
      size = status.size } end
  end
  table.sort(list, function(a, b) return a.modified > b.modified end)
  local bytes = 0
  for i, one in ipairs(list) do
    bytes = bytes + one.size
    if i > MOST or (bytes > BYTES_MOST and i > 1) then
      os.remove(("%s/%s.json"):format(where, one.name))
      os.remove(("%s/%s.inventory.json"):format(where, one.name))
    end
  end
end

-- For core.report_read, which takes {} for an empty list. The packages are written piece by piece, so that those of a
-- large image are never in memory as text.
local function write_inventory(path, result)
  return core.host.write_file(path, function(out)
    json.write(json.object("schema", result.schema, "tarsier", result.tarsier, "image", result.image,
      "problems", result.problems, "packages", json.list(result.packages, shapes.package)), out)
  end)
end

-- What a digest's packages depend on besides its bytes: the readers and their versions, and how much they found.
local function readers_of(result)
  local words = {}
  for i, reader in ipairs(core.readers()) do words[i] = reader.name .. ":" .. reader.version end
  words[#words + 1] = #result.packages
  return table.concat(words, " ")
end

-- Is the inventory of this image there already?
local function is_kept(where, key, meta)
  local old = read(("%s/%s.json"):format(where, key))
  local status = core.host.stat(("%s/%s.inventory.json"):format(where, key))
  return old and status and meta.digest ~= "" and old.digest == meta.digest and old.readers == meta.readers
    and old.bytes == status.size
end

--- keep(result, [cache_dir]): keeps what a scan found. A cache that cannot be written to keeps nothing.
function seen.keep(result, cache_dir)
  local where = folder(cache_dir)
  if not where or #result.packages == 0 then return end
  local findings = {}
  for i, finding in ipairs(result.findings or {}) do findings[i] = seen.finding_key(finding) end
  local key = key_of(result.image)
  local inventory = ("%s/%s.inventory.json"):format(where, key)
  local meta = { reference = result.image.reference, name = result.image.name, digest = result.image.digest,
    scanned = result.finished, families = sorted(seen.families(result.packages)), findings = json.array(findings),
    database = result.database and result.database.built, readers = readers_of(result) }
  if not core.host.make_folder(where) then return end
  if not is_kept(where, key, meta) and not write_inventory(inventory, result) then return end
  local status = core.host.stat(inventory)
  meta.bytes = status and status.size
  if core.host.write_file(("%s/%s.json"):format(where, key), json.encode(meta)) then forget_oldest(where) end
end

--- list([cache_dir]) -> { { key, reference, name, digest, scanned, families = { … }, findings = { … } }, … }, by
--- reference
function seen.list(cache_dir)
  local where, list = folder(cache_dir), {}
  for _, name in ipairs(where and core.list(where) or {}) do
    local key = name:match "^([^.]+)%.json$"
    local meta = key and read(where .. "/" .. name)
    if meta and type(meta.reference) == "string" and type(meta.families) == "table"
      and type(meta.findings) == "table" then
      meta.key = key
      list[#list + 1] = meta
    end
  end
  table.sort(list, function(a, b) return a.reference < b.reference end)
  return list
end

--- inventory(key, [cache_dir]) -> the report of its packages, as JSON | nil
function seen.inventory(key, cache_dir)
  local where = folder(cache_dir)
  local file = where and io.open(("%s/%s.inventory.json"):format(where, key), "rb")
  if not file then return nil end
  local content = file:read(LARGEST)
  file:close()
  return content
end

--- settle(one, findings, database, [cache_dir]): which findings an image has now, for the next comparison
function seen.settle(one, findings, database, cache_dir)
  local where, keys = folder(cache_dir), {}
  for i, finding in ipairs(findings) do keys[i] = seen.finding_key(finding) end
  core.host.write_file(("%s/%s.json"):format(where, one.key), json.encode { reference = one.reference, name = one.name,
    digest = one.digest, scanned = one.scanned, families = json.array(one.families), findings = json.array(keys),
    database = database, readers = one.readers, bytes = one.bytes })
end

return seen
