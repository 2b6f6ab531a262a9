-- What is new since an earlier report: findings, and packages. A finding is the same if one of its names is the same
-- and it is about the same package in the same place, whatever the version: an upgrade that does not end it does not
-- make it new.

local baseline = {}

local of_system = { deb = true, apk = true, rpm = true }

-- A system's packages are one set; a language's may be there in several places. rpm and deb evidence may move.
local function place(package)
  return of_system[package.type] and package.architecture or package.path
end

local function keys(finding)
  local package, list = finding.package, {}
  local tail = table.concat({ package.type, package.name, place(package) }, "\0")
  list[1] = finding.id .. "\0" .. tail
  for _, alias in ipairs(finding.aliases or {}) do list[#list + 1] = alias .. "\0" .. tail end
  return list
end

local function index(findings)
  local by_key = {}
  for _, finding in ipairs(findings) do
    for _, key in ipairs(keys(finding)) do by_key[key] = by_key[key] or finding end
  end
  return by_key
end

local function partner(finding, by_key)
  for _, key in ipairs(keys(finding)) do
    if by_key[key] then return by_key[key] end
  end
end

--- compare(old, new) -> added, removed, pairs: lists of findings, pairs of { old, new }
function baseline.compare(old, new)
  local before, after = index(old), index(new)
  local added, removed, both = {}, {}, {}
  for _, finding in ipairs(new) do
    local there = partner(finding, before)
    if there then both[#both + 1] = { there, finding } else added[#added + 1] = finding end
  end
  for _, finding in ipairs(old) do
    if not partner(finding, after) then removed[#removed + 1] = finding end
  end
  return added, removed, both
end

--- describe(finding) -> { id, severity, type, package, version, fixed_by }
function baseline.describe(finding)
  return { id = finding.id, severity = finding.severity, type = finding.package.type, package = finding.package.name,
    version = finding.package.version, fixed_by = finding.fixed_by }
end

--- apply(result, earlier, file) -> result: with finding.baseline, "new" or "known", and result.baseline
function baseline.apply(result, earlier, file)
  local added, removed, both = baseline.compare(earlier.findings, result.findings)
  for _, finding in ipairs(added) do finding.baseline = "new" end
  for _, pair in ipairs(both) do pair[2].baseline = "known" end
  local gone = {}
  for i, finding in ipairs(removed) do gone[i] = baseline.describe(finding) end
  result.baseline = { file = file, new = #added, known = #both, gone = gone }
  return result
end

-- ---- packages -----------------------------------------------------------------------------------------------------

local function package_key(package)
  return table.concat({ package.type, package.name, place(package) }, "\0")
end

-- -> { key = list of packages }, keys in order. Several versions of one package may be there, as kernels are.
local function by_package(packages)
  local lists, order = {}, {}
  for _, package in ipairs(packages) do
    local key = package_key(package)
    if not lists[key] then
      lists[key] = {}
      order[#order + 1] = key
    end
    table.insert(lists[key], package)
  end
  return lists, order
end

-- What one list has beyond the other, by version.
local function without(list, other)
  local left, versions = {}, {}
  for _, package in ipairs(other or {}) do versions[package.version] = (versions[package.version] or 0) + 1 end
  for _, package in ipairs(list or {}) do
    local count = versions[package.version] or 0
    if count > 0 then versions[package.version] = count - 1 else left[#left + 1] = package end
  end
  return left
end

--- packages(old, new) -> added, removed, changed: lists of packages, and of pairs { old, new }
function baseline.packages(old, new)
  local before, old_order = by_package(old)
  local after, new_order = by_package(new)
  local added, removed, changed = {}, {}, {}
  for _, key in ipairs(new_order) do
    local more, less = without(after[key], before[key]), without(before[key], after[key])
    for i, package in ipairs(more) do
      if less[i] then changed[#changed + 1] = { less[i], package } else added[#added + 1] = package end
    end
    for i = #more + 1, #less do removed[#removed + 1] = less[i] end
  end
  for _, key in ipairs(old_order) do
    if not after[key] then table.move(before[key], 1, #before[key], #removed + 1, removed) end
  end
  return added, removed, changed
end

return baseline
