-- What can be removed instead of upgraded: packages of the system that nothing installed depends on. Only where the
-- package database says what needs what (package.requires).

local removal = {}

local MOST_NAMES = 200 -- binary packages of one source: the most in Debian are about 100

local function key(package) return package.type .. "\0" .. package.name end

--- index(packages) -> { known = set of keys "type\0name" whose requirements are known and that the system does not need
--- itself, needed_by = { [key] = { names of packages that need it, … } } }
function removal.index(packages)
  local known, needed_by = {}, {}
  for _, package in ipairs(packages or {}) do
    local name = package.requires and key(package)
    if name and known[name] == nil then known[name] = true end
    if name and package.essential then known[name] = false end
    for _, other in ipairs(package.requires or {}) do
      local inner = package.type .. "\0" .. other
      needed_by[inner] = needed_by[inner] or {}
      table.insert(needed_by[inner], package.name)
    end
  end
  return { known = known, needed_by = needed_by }
end

-- The name of one that is needed by a package that stays, or nil.
local function needed_one(kind, set, index)
  for name in pairs(set) do
    for _, other in ipairs(index.needed_by[kind .. "\0" .. name] or {}) do
      if not set[other] then return name end
    end
  end
end

--- of(type, names, index) -> those of the names, sorted, that only each other need
function removal.of(type, names, index)
  local set, list = {}, {}
  if #names > MOST_NAMES then return list end
  for _, name in ipairs(names) do
    if index.known[type .. "\0" .. name] then set[name] = true end
  end
  local needed = needed_one(type, set, index)
  while needed do
    set[needed] = nil
    needed = needed_one(type, set, index)
  end
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

return removal
