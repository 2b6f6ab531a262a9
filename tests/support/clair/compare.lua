-- Two results of one image, Clair's and ours, laid side by side: every difference is a record, and every record wants
-- an explanation.

local compare = {}

local PACKAGE_FIELDS = { "name", "architecture", "source", "purl", "path", "ecosystem", "layer" }
local FINDING_FIELDS = { "id", "severity", "cvss", "fixed_by", "layer" }

-- As PyPI says that names are equal; other names have no such letters to differ in.
local function normal(package)
  if package.type ~= "pypi" then return package.name end
  return (package.name:lower():gsub("[-_.]+", "-"))
end

local function place(package)
  return package.type .. " " .. normal(package) .. " " .. package.version
end

local function names(finding)
  local all = { [finding.id] = true }
  for _, alias in ipairs(finding.aliases) do all[alias] = true end
  return all
end

local function by_place(list, place_of)
  local index = {}
  for _, item in ipairs(list) do
    local key = place_of(item)
    index[key] = index[key] or {}
    table.insert(index[key], item)
  end
  return index
end

local function partner(finding, candidates)
  local wanted = names(finding)
  for i, candidate in ipairs(candidates or {}) do
    for name in pairs(names(candidate)) do
      if wanted[name] then return table.remove(candidates, i) end
    end
  end
end

local function text(value)
  if type(value) ~= "table" then return value == nil and "" or tostring(value) end
  return tostring(value.name or value.index or value.score) .. " " .. tostring(value.version or value.vector or "")
end

local function record(differences, what, package, fields)
  fields.what, fields.type, fields.package = what, package.type, normal(package)
  differences[#differences + 1] = fields
end

local function compare_fields(differences, fields, theirs, ours, package, id)
  for _, field in ipairs(fields) do
    local clair, tarsier = text(theirs[field]), text(ours[field])
    if clair ~= tarsier then record(differences, field, package, { id = id, clair = clair, tarsier = tarsier }) end
  end
end

local function compare_packages(differences, theirs, ours)
  local left = by_place(ours, place)
  for _, package in ipairs(theirs) do
    local own = table.remove(left[place(package)] or {}, 1)
    if own then
      compare_fields(differences, PACKAGE_FIELDS, package, own, package)
    else
      record(differences, "package", package, { only = "clair" })
    end
  end
  for _, rest in pairs(left) do
    for _, package in ipairs(rest) do record(differences, "package", package, { only = "tarsier" }) end
  end
end

local function compare_findings(differences, theirs, ours)
  local function of_package(finding) return place(finding.package) end
  local left = by_place(ours, of_package)
  for _, finding in ipairs(theirs) do
    local own = partner(finding, left[of_package(finding)])
    if own then
      compare_fields(differences, FINDING_FIELDS, finding, own, finding.package, finding.id)
    else
      record(differences, "finding", finding.package, { only = "clair", id = finding.id })
    end
  end
  for _, rest in pairs(left) do
    for _, finding in ipairs(rest) do
      record(differences, "finding", finding.package, { only = "tarsier", id = finding.id })
    end
  end
end

--- results(clair's, tarsier's) -> a list of differences { what =, type =, package =, id =, clair =, tarsier =, only = }
function compare.results(theirs, ours)
  local differences = {}
  compare_packages(differences, theirs.packages, ours.packages)
  compare_findings(differences, theirs.findings, ours.findings)
  return differences
end

local function fits(difference, explanation)
  for key, value in pairs(explanation) do
    if key ~= "because" then
      local found = difference[key] or ""
      if key == "type" then
        if not (" " .. value .. " "):find(" " .. found .. " ", 1, true) then return false end
      elseif not found:match("^" .. value .. "$") then
        return false
      end
    end
  end
  return true
end

local function line(difference)
  local parts = {}
  for _, key in ipairs { "what", "only", "type", "package", "id", "clair", "tarsier" } do
    if difference[key] then parts[#parts + 1] = ("%s=%s"):format(key, difference[key]) end
  end
  return table.concat(parts, " ")
end

--- unexplained(differences, explanations, used) -> those that none fits, one a line; what fits is marked in used
function compare.unexplained(differences, explanations, used)
  local left = {}
  for _, difference in ipairs(differences) do
    local found
    for i, explanation in ipairs(explanations) do
      if fits(difference, explanation) then
        found, used[i] = true, true
        break
      end
    end
    if not found then left[#left + 1] = line(difference) end
  end
  return table.concat(left, "\n")
end

return compare
