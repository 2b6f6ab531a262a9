-- Databases for specs, made from OSV records that are written as Lua tables.

local json = require "cjson"
local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local advisories = {}

--- affects(ecosystem, name, events or versions, …): one entry of "affected". Events are { "introduced", "1.0", "fixed",
-- "1.2" };
--- a table with `versions` lists them.
function advisories.affects(ecosystem, name, ...)
  local entry = { package = { ecosystem = ecosystem, name = name } }
  for _, part in ipairs { ... } do
    if part.versions then
      entry.versions = part.versions
    elseif part.severity or part.ecosystem_specific or part.database_specific then
      for key, value in pairs(part) do entry[key] = value end
    else
      local events = {}
      for i = 1, #part, 2 do events[#events + 1] = { [part[i]] = part[i + 1] } end
      entry.ranges = entry.ranges or {}
      entry.ranges[#entry.ranges + 1] = { type = part.type or "ECOSYSTEM", events = events }
    end
  end
  return entry
end

--- record(id, fields) -> an OSV record
function advisories.record(id, fields)
  local record = { id = id, modified = "2024-01-01T00:00:00Z" }
  for key, value in pairs(fields) do record[key] = value end
  return record
end

--- import(folder, records, [options], [name]) -> counts, inputs | nil, message, code. The database is folder/NAME.db.
function advisories.import(folder, records, options, name)
  local file = temporary.write(folder .. "/records.json", json.encode(records))
  return knowledge.import(folder .. "/" .. (name or "test") .. ".db", { file }, options)
end

return advisories
