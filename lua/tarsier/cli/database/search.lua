-- tarsier db search: what the database has about a CVE or a package. tarsier db diff: what a newer database brings.

local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local json = require "tarsier.json"
local place = require "tarsier.place"
local shared = require "tarsier.cli.database.options"
local text = require "tarsier.text"

local MOST = 10000 -- records that are listed

local format = { long = "format", short = "f", value = "FORMAT", choices = { "table", "json" },
  help = "table or json; default: table" }

local function with_variable(name)
  local copy = {}
  for key, value in pairs(format) do copy[key] = value end
  copy.env = name
  return copy
end

local function printed(terminal, options, as_json, as_table)
  local ok, message
  if options.format == "json" then
    ok, message = terminal:write(as_json() .. "\n")
  else
    ok, message = terminal:print(as_table())
  end
  if ok then return exit.PASS end
  terminal:fail(message)
  return exit.USAGE
end

-- ---- search -------------------------------------------------------------------------------------------------------

local function find(database, id, ecosystem, package)
  local list = {}
  local ok, message, code = core.database_search(database, id, ecosystem, package, function(record)
    list[#list + 1] = record
    return #list >= MOST
  end)
  return ok and list, message, code
end

local function record_lines(list)
  local lines, last = {}, nil
  for _, record in ipairs(list) do
    if record.id ~= last then
      lines[#lines + 1] = ("%s  %s  modified %s"):format(record.id, record.severity, (record.modified
        or "unknown"):sub(1, 10))
      if #record.aliases > 0 then lines[#lines + 1] = "  also " .. table.concat(record.aliases, ", ") end
      if record.summary then lines[#lines + 1] = "  " .. record.summary end
      if record.url then lines[#lines + 1] = "  " .. record.url end
      last = record.id
    end
    lines[#lines + 1] = ("  %s %s: %s%s"):format(record.ecosystem, record.package, record.affected or "no versions",
      record.status and "; " .. record.status or "")
  end
  return table.concat(lines, "\n") .. "\n"
end

local function by_id(a, b)
  if a.id ~= b.id then return a.id < b.id end
  if a.ecosystem ~= b.ecosystem then return a.ecosystem < b.ecosystem end
  return a.package < b.package
end

local function record_json(list)
  local documents = {}
  for i, record in ipairs(list) do
    documents[i] = json.object("id", record.id, "aliases", json.array(record.aliases),
      "severity", record.severity, "vector", record.vector, "ecosystem", record.ecosystem,
      "package", record.package, "affected", record.affected, "fixed_by", record.fixed,
      "status", record.status, "summary", record.summary, "url", record.url, "published",
        record.published,
      "modified", record.modified)
  end
  return json.encode(json.array(documents), { indent = "  " })
end

local function run_search(options, arguments, terminal)
  local path, message = place.a_database(options.db)
  if not path then return shared.failed(terminal, message) end
  local list
  if #arguments == 1 then
    list, message = find(path, arguments[1])
  else
    list, message = find(path, nil, arguments[1], arguments[2])
  end
  if not list then return shared.failed(terminal, message) end
  if #list == 0 then
    terminal:fail(("%s: nothing about %s"):format(path, table.concat(arguments, " ")))
    return exit.FAIL
  end
  table.sort(list, by_id)
  return printed(terminal, options, function() return record_json(list) end, function() return record_lines(list) end)
end

-- ---- diff ---------------------------------------------------------------------------------------------------------

-- -> { [key] = record } | nil, message. Parts of a publisher's own feed may each have a record of one id.
local function all_of(path)
  local records = {}
  local ok, message = core.database_list(path, function(record)
    local key = record.id .. "\n" .. (record.scope or "")
    records[key] = { key = key, id = record.id, modified = record.modified or "", severity = record.severity,
      ecosystem = record.ecosystem or "", summary = record.summary }
  end)
  return ok and records, message
end

local function compare(old, new)
  local result = { added = {}, removed = {}, changed = {} }
  for key, record in pairs(new) do
    local before = old[key]
    if not before then
      result.added[#result.added + 1] = record
    elseif before.modified ~= record.modified or before.severity ~= record.severity then
      record.before = before.severity ~= record.severity and before.severity or nil
      result.changed[#result.changed + 1] = record
    end
  end
  for key, record in pairs(old) do
    if not new[key] then result.removed[#result.removed + 1] = record end
  end
  for _, list in pairs(result) do table.sort(list, function(a, b) return a.key < b.key end) end
  return result
end

local signs = { { "added", "+" }, { "changed", "~" }, { "removed", "-" } }

local function diff_lines(result)
  local lines = {}
  for _, sign in ipairs(signs) do
    for _, record in ipairs(result[sign[1]]) do
      lines[#lines + 1] = ("%s %-24s %-10s %s%s"):format(sign[2], record.id, record.severity, record.ecosystem,
        record.before and " (was " .. record.before .. ")" or record.summary and "  " .. record.summary or "")
    end
  end
  lines[#lines + 1] = ("%s added, %s changed, %s removed"):format(text.thousands(#result.added),
    text.thousands(#result.changed), text.thousands(#result.removed))
  return table.concat(lines, "\n") .. "\n"
end

local function diff_json(result)
  local function each(list)
    local documents = {}
    for i, record in ipairs(list) do
      documents[i] = json.pick(record, "id severity before ecosystem modified summary")
    end
    return json.array(documents)
  end
  return json.encode(json.object("added", each(result.added), "changed", each(result.changed),
    "removed", each(result.removed)), { indent = "  " })
end

local function run_diff(options, arguments, terminal)
  local old, message = all_of(arguments[1])
  if not old then return shared.failed(terminal, message) end
  local new
  new, message = all_of(arguments[2])
  if not new then return shared.failed(terminal, message) end
  local result = compare(old, new)
  return printed(terminal, options, function() return diff_json(result) end, function() return diff_lines(result) end)
end

return {
  {
    name = "search",
    summary = "print what the database has about a vulnerability or a package",
    arguments = { { name = "ID", help = "a CVE or an advisory, such as CVE-2024-6387; or the package's ECOSYSTEM" },
      { name = "PACKAGE", optional = true, help = "after an ECOSYSTEM as images have it: Debian:12 openssl" } },
    description = { "The exit code is 1 if the database has nothing about it." },
    options = { shared.database, with_variable "TARSIER_DB_SEARCH_FORMAT" },
    examples = { { "tarsier db search CVE-2024-6387", "which packages it is in, and what fixes it" },
      { "tarsier db search Debian:12 openssl", "all records of a package" } },
    run = run_search,
  },
  {
    name = "diff",
    summary = "print which records a newer database has, changed or lost",
    arguments = { { name = "OLD", help = "a database" }, { name = "NEW", help = "a later one" } },
    options = { with_variable "TARSIER_DB_DIFF_FORMAT" },
    examples = { { "tarsier db diff yesterday.db today.db", "what came in a day" } },
    run = run_diff,
  },
}
