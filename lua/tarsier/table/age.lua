-- How old what is known of vulnerabilities is, feed by feed: a database with one new feed is not new.

local text = require "tarsier.text"

local age = {}

-- Days after which a feed is old. All feeds that a database is made of are published daily or weekly.
local OLD = 30

local function seconds(time)
  local year, month, day = (time or ""):match "^(%d%d%d%d)-(%d%d)-(%d%d)"
  return year and os.time { year = year, month = month, day = day, hour = 12 }
end

--- days_between(from, to) -> whole days between two times of RFC 3339, at least 0 | nil if one is not such a time
function age.days_between(from, to)
  local a, b = seconds(from), seconds(to)
  return a and b and math.max(0, math.floor((b - a) / 86400 + 0.5))
end

-- The names of the feeds that this result rests on. With a Clair, the database only adds KEV and EPSS.
local function used(result)
  local names = { KEV = true, EPSS = true }
  if result.backend and result.backend.name ~= "embedded" then return names end
  for _, package in ipairs(result.packages) do names[package.ecosystem:match "^[^:]*"] = true end
  return names
end

local function described(feed, started)
  local days = age.days_between(feed.newest, started)
  if not days then return feed.newest == "" and feed.name .. " (of an unknown date)" or nil end
  if days <= OLD then return nil end
  return ("%s (newest of %s, %s old)"):format(feed.name, feed.newest:sub(1, 10), text.plural(days, "day"))
end

--- old_feeds(result) -> { "Debian (newest of 2026-01-01, 331 days old)", … }: the feeds that this result rests on and
--- that are old. The starter database is not meant to be new.
function age.old_feeds(result)
  local list, database = {}, result.database
  if type(database) ~= "table" or database.starter then return list end
  local is_used = used(result)
  for _, feed in ipairs(database.feeds or {}) do
    list[#list + 1] = is_used[feed.name] and described(feed, result.started) or nil
  end
  return list
end

return age
