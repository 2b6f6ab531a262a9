-- The beginning of the table: what was scanned, with what, and what could not be judged.

local age = require "tarsier.table.age"
local styled = require "tarsier.styled"
local text = require "tarsier.text"

local paint, plural = styled.text, text.plural

local function day(time)
  return (time or ""):sub(1, 10)
end

local function count_types(packages)
  local counts, types = {}, {}
  for _, package in ipairs(packages) do
    if not counts[package.type] then table.insert(types, package.type) end
    counts[package.type] = (counts[package.type] or 0) + 1
  end
  table.sort(types)
  for i, type in ipairs(types) do types[i] = ("%s %s"):format(text.thousands(counts[type]), type) end
  return #packages .. (#types > 0 and " (" .. table.concat(types, ", ") .. ")" or "")
end

-- A release file, or a bill of materials, may name the distribution without a name for people.
local function distribution(distro)
  if distro.name ~= "" then return distro.name end
  return distro.id ~= "" and (distro.id .. " " .. distro.version):match "^(.-)%s*$" or "no distribution recognised"
end

local function system(image)
  local name = distribution(image.distro)
  local platform = { image.os, image.architecture, image.variant ~= "" and image.variant or nil }
  platform = table.concat(platform, "/")
  return name .. (platform:find "%w" and ", " .. platform or "")
end

local function layers(result)
  local cached = 0
  for _, layer in ipairs(result.image.layers) do cached = cached + (layer.cached and 1 or 0) end
  return #result.image.layers .. (cached > 0 and (" (%d from the cache)"):format(cached) or "")
end

local function database(result)
  local d = result.database
  if not d then return "none: nothing was matched" end
  local days = age.days_between(d.newest, result.started)
  local parts = { ("%s, newest of %s"):format(plural(d.advisories, "advisory", "advisories"), day(d.newest)) }
  if days then parts[1] = ("%s (%s old)"):format(parts[1], plural(days, "day")) end
  if d.kev_date ~= "" then table.insert(parts, "KEV " .. day(d.kev_date)) end
  if d.epss_date ~= "" then table.insert(parts, "EPSS " .. day(d.epss_date)) end
  return table.concat(parts, ", ")
end

local backends = { ["clair-v1"] = "Clair 2 (API v1)", ["clair-v4"] = "Clair 4 (API v4)" }

local function judge_of(result)
  local b = result.backend
  local name = b and backends[b.name]
  return name and b.url and ("%s at %s"):format(name, b.url) or name or ""
end

local how = { given = "", known = ", remembered", annotation = ", by its annotations",
  history = ", guessed from the history" }

local function base(image)
  local b = image.base
  if not b then return "" end
  local which = b.layers > 1 and ("layers 1 to %d"):format(b.layers) or b.layers == 1 and "layer 1" or "layers unknown"
  local name = b.name ~= "" and b.name or b.digest
  return (name ~= "" and name .. ", " or "") .. which .. (how[b.evidence] or "")
end

--- heading(page, result)
local function heading(page, result)
  local image = result.image
  local function field(name, value)
    if value ~= "" then page:sentence(paint("dim", ("%-10s"):format(name)), value) end
  end
  local name = image.name ~= "" and image.name or image.reference
  page:line(paint("title", name))
  if image.name ~= "" then field("from", image.reference) end
  field("digest", image.digest ~= "" and image.digest or image.id)
  field("system", system(image))
  if #image.layers > 0 then field("layers", layers(result)) end
  field("base", base(image))
  field("packages", count_types(result.packages))
  field("judged by", judge_of(result))
  if result.database or judge_of(result) == "" then field("database", database(result)) end
  if result.database and result.database.starter then
    page:sentence(paint("warn", "note      "), "this is the starter database: a few well-known vulnerabilities to "
      .. "try things out with. Finding none of them means little. `tarsier db update` makes a full one; "
      .. "`tarsier help db` says how.")
  end
end

--- problems(page, result)
local function problems(page, result)
  if #result.problems == 0 then return end
  page:title "NOT JUDGED"
  for _, problem in ipairs(result.problems) do
    local where = problem.layer and (" (layer %d)"):format(problem.layer) or ""
    local subject = problem.subject ~= "" and problem.subject .. where .. ": " or ""
    page:sentence({ "  ", paint("warn", "!"), " " }, subject .. problem.message)
  end
end

return { heading = heading, problems = problems }
