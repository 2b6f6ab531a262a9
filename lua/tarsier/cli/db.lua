-- tarsier db: fetch, make, share and ask the vulnerability database.

local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local feeds = require "tarsier.cli.database.feeds"
local json = require "tarsier.json"
local place = require "tarsier.place"
local shared = require "tarsier.cli.database.options"
local state = require "tarsier.update.state"
local text = require "tarsier.text"

local function failed(terminal, message)
  terminal:fail(message)
  return exit.DATABASE
end

-- Called for each input when it is done.
local function teller(terminal, origins)
  return function(path, feed, records, message)
    local input = origins[path] or path
    if message then
      terminal:warn(("%s: %s"):format(input, message))
    else
      terminal:say(("%s: %s, %s"):format(input, feed, text.plural(records, "record")))
    end
  end
end

local function import(options, arguments, terminal)
  terminal.quiet = options.quiet
  local path, message = shared.target(options.db)
  if not path then return failed(terminal, message) end
  local paths, origins, kept <const> = feeds.paths(options.feed, arguments)
  if not paths then return failed(terminal, origins) end
  local taken
  taken, message = core.import(path, paths, { starter = options.starter, merge = options.merge,
    -- Warnings about the starter's records are for those who write them, and a test checks them.
    on_input = not (options.starter and options.quiet) and teller(terminal, origins) or nil })
  for _, file in ipairs(kept) do file:close() end
  if not taken then return failed(terminal, feeds.named(message, origins)) end
  if taken.unreadable > 0 then
    local what = text.plural(taken.unreadable, "record, or a part of it,", "records, or parts of records,")
    terminal:warn(("%s could not be read: not in the database"):format(what))
  end
  terminal:say(("%s: %s, %s withdrawn, KEV %s, EPSS %s"):format(path,
    text.plural(taken.advisories, "advisory", "advisories"), text.thousands(taken.withdrawn),
    text.thousands(taken.kev), text.thousands(taken.epss)))
  return exit.PASS
end

-- How many advisories of each family have no severity, in { [family] = count }.
local function unrated(path)
  local counts = {}
  local ok, message = core.database_list(path, function(record)
    local family = (record.ecosystem or ""):match "^[^:]+"
    if family and record.severity == "Unknown" then counts[family] = (counts[family] or 0) + 1 end
  end)
  return ok and counts, message
end

-- Where records came from, as the database's note says, in order.
local function origins(info, now)
  local stamps, list = state.stamps(info.path), {}
  for path, entry in pairs(state.sources(info)) do
    local asked = stamps[path] or state.time(entry.fetched)
    list[#list + 1] = { path = path, from = entry.from and text.address(entry.from), fetched = entry.fetched,
      size = entry.size,
      asked = asked and os.date("!%Y-%m-%dT%H:%M:%SZ", asked), age = asked and math.max(0, now - asked) }
  end
  table.sort(list, function(a, b) return a.path < b.path end)
  return list
end

local function feed_line(feed, count)
  local share = count and feed.records > 0 and ("; %s without a severity (%d %%)"):format(text.thousands(count),
    count * 100 // feed.records) or ""
  return ("%s: %s, newest %s%s%s"):format(feed.name, text.plural(feed.records, "record"),
    feed.newest ~= "" and feed.newest:sub(1, 10) or "unknown", share,
    feed.covered and "" or "; not a feed: only records that name it")
end

local function as_table(info)
  local lines = {}
  local function line(name, value)
    if value ~= "" then lines[#lines + 1] = ("%-10s %s\n"):format(name, value) end
  end
  line("file", info.path .. (info.starter and " (the starter database)" or ""))
  line("built", info.built)
  line("newest", info.newest)
  line("advisories", text.thousands(info.advisories))
  line("packages", text.thousands(info.packages))
  line("KEV", info.kev_date ~= "" and info.kev_date or "not imported")
  local model = info.epss_model ~= "" and ", model " .. info.epss_model or ""
  line("EPSS", info.epss_date ~= "" and info.epss_date .. model or "not imported")
  line("ends", info.ends > 0 and ("of support of %s"):format(text.plural(info.ends, "release")) or "")
  line("covers", table.concat(info.ecosystems, ", "))
  for i, feed in ipairs(info.feeds) do
    line(i == 1 and "feeds" or "", feed_line(feed, info.unrated[feed.name]))
  end
  for i, origin in ipairs(info.origins) do
    line(i == 1 and "sources" or "", ("%s: asked %s ago, from %s"):format(origin.path,
      origin.age and shared.age_text(origin.age) or "an unknown time", origin.from or "an unknown place"))
  end
  for i, omission in ipairs(info.omissions) do
    line(i == 1 and "left out" or "", ("%s: %s"):format(omission.reason, text.thousands(omission.count)))
  end
  return table.concat(lines)
end

local function as_json(info)
  json.array(info.ecosystems)
  for i, feed in ipairs(info.feeds) do
    feed.unrated = info.unrated[feed.name] or 0
    info.feeds[i] = json.pick(feed, "name newest records covered unrated")
  end
  for i, origin in ipairs(info.origins) do info.origins[i] = json.pick(origin, "path from fetched asked size") end
  info.sources = json.array(info.origins)
  for i, omission in ipairs(info.omissions) do info.omissions[i] = json.pick(omission, "reason count") end
  json.array(info.feeds)
  json.array(info.omissions)
  return json.encode(json.pick(info,
    "path built newest kev_date epss_date epss_model advisories packages ends starter ecosystems feeds sources "
      .. "omissions"),
    { indent = "  " }) .. "\n"
end

local function status(options, _, terminal)
  local path, message = place.a_database(options.db)
  if not path then return failed(terminal, message) end
  local info
  info, message = core.database(path)
  if not info then return failed(terminal, message) end
  info.unrated, message = unrated(path)
  if not info.unrated then return failed(terminal, message) end
  info.origins = origins(info, os.time())
  local ok
  ok, message = terminal:print((options.format == "json" and as_json or as_table)(info))
  if not ok then terminal:fail(message) end
  return ok and exit.PASS or exit.USAGE
end

-- Each file has some of the commands.
local function with_others(commands)
  for _, name in ipairs { "update", "search", "share" } do
    local others = require("tarsier.cli.database." .. name)
    table.move(others, 1, #others, #commands + 1, commands)
  end
  return commands
end

return {
  name = "db",
  summary = "fetch, share and search the vulnerability database",
  description = {
    "The database is one SQLite file made from published records, recognised by their content: OSV records (one in a "
      .. "file, a folder of them, or the all.zip that osv.dev publishes for an ecosystem), CISA's catalogue of known "
      .. "exploited vulnerabilities (KEV) and FIRST's EPSS scores.",
    "A scan fetches what its image needs by itself, and `db update` does it for all. `db import` takes files that you "
      .. "have. For a team, one machine runs `db update` and `db push`, and every job scans with --db oci://….",
    "Without a network and a database, a scan uses the starter database that comes with tarsier: a few well-known "
      .. "vulnerabilities to try tarsier out. Do not rely on it.",
  },
  commands = with_others {
    {
      name = "import",
      summary = "make a database from files of vulnerability records",
      arguments = { { name = "PATH", many = true,
        help = "a file, folder or archive of OSV records, KEV, EPSS, or of a publisher's own feed" } },
      description = { "The new database is written beside the old one and renamed into place: a scan sees the old "
        .. "or the new one, never a half. Without --merge it contains only these inputs." },
      options = {
        shared.database,
        { long = "merge", help = "add to the existing database" },
        feeds.option,
        { long = "starter", help = "mark the result as a starter database" },
        shared.quiet,
      },
      examples = { { "tarsier db import Debian/all.zip PyPI/all.zip known_exploited_vulnerabilities.json "
        .. "epss_scores-current.csv.gz", "Debian and Python with KEV and EPSS" },
        { "tarsier db import --merge --feed acme.lua holes.csv", "records of your own form, which acme.lua reads" } },
      run = import,
    },
    {
      name = "status",
      summary = "print what the database contains and how old it is",
      arguments = {},
      options = {
        shared.database,
        { long = "format", short = "f", value = "FORMAT", env = "TARSIER_DB_STATUS_FORMAT",
          choices = { "table", "json" },
          help = "table or json; default: table" },
      },
      examples = { { "tarsier db status -f json", "for scripts" } },
      run = status,
    },
  },
}
