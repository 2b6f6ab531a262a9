-- What is known about where a database's records came from, and when the publishers were asked last.
--
-- Where records came from is a note in the database itself, so that both change together:
--   { "sources": { "osv/Debian/all.zip": { "from": URL, "etag":, "modified":, "upto":, "size":, "fetched": TIME } } }
-- When a publisher was asked last also changes if there was nothing new. That is a small file beside the database; if
-- it is lost, the publishers are asked again.

local core = require "tarsier.core"
local json = require "tarsier.json"

local state = {}

local function decode(text)
  local value = text and text ~= "" and json.decode(text)
  return type(value) == "table" and value or {}
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read(1 << 20)
  file:close()
  return text
end

-- Only what has the types that are written: the file or the database may be anybody's.
local function sources_of(note)
  local list = {}
  for path, entry in pairs(type(note.sources) == "table" and note.sources or {}) do
    if type(path) == "string" and type(entry) == "table" then
      local one = {}
      for _, key in ipairs { "from", "etag", "modified", "upto", "fetched", "whole" } do
        one[key] = type(entry[key]) == "string" and not entry[key]:find "%c" and entry[key] or nil
      end
      one.size = math.type(entry.size) == "integer" and entry.size or nil
      list[path] = one
    end
  end
  return list
end

--- sources(info) -> { [path] = { from =, etag =, modified =, upto =, size =, fetched = } } of core.database's result
function state.sources(info)
  return sources_of(decode(info and info.note))
end

--- note(sources) -> the text to keep in a database
function state.note(sources)
  return json.encode { sources = sources }
end

local function stamps_path(database) return database .. ".asked" end

--- stamps(database) -> { [path] = seconds since 1970 at which its publisher was asked last }
function state.stamps(database)
  local list = {}
  for path, time in pairs(decode(read(stamps_path(database)))) do
    if type(path) == "string" and math.type(time) == "integer" then list[path] = time end
  end
  return list
end

--- stamp(database, paths, now): these were asked now
function state.stamp(database, paths, now)
  local list = state.stamps(database)
  for _, path in ipairs(paths) do list[path] = now end
  core.host.write_file(stamps_path(database), json.encode(list)) -- a folder that is read-only: they are asked again
end

--- time(text) -> seconds since 1970 of "2026-11-28T10:00:00Z" | nil
function state.time(text)
  local year, month, day, hour, min, sec = (text or ""):match "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)"
  if not year then return nil end
  local function integer(digits) return math.tointeger(tonumber(digits)) end
  -- Days from 1970 by the proleptic Gregorian calendar: os.time knows local time only.
  local y, m = integer(year), integer(month)
  if m <= 2 then y, m = y - 1, m + 12 end
  local days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * (m - 3) + 2) // 5 + integer(day) - 719469
  return ((days * 24 + integer(hour)) * 60 + integer(min)) * 60 + integer(sec)
end

local months = { Jan = "01", Feb = "02", Mar = "03", Apr = "04", May = "05", Jun = "06", Jul = "07", Aug = "08",
  Sep = "09",
  Oct = "10", Nov = "11", Dec = "12" }

--- http_time(text) -> "2026-11-28T10:00:00Z" of an HTTP date, "Sat, 28 Nov 2026 10:00:00 GMT" | nil
function state.http_time(text)
  local day, month, year, time = (text or ""):match "^%a%a%a, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d:%d%d:%d%d) GMT$"
  return day and months[month] and ("%s-%s-%sT%sZ"):format(year, months[month], day, time) or nil
end

--- age(info, stamps, now) -> seconds since the publishers were asked, or since the database was built | nil if
--- neither is
--- known
function state.age(info, stamps, now)
  local last = state.time(info and info.built)
  for path in pairs(state.sources(info)) do
    local asked = stamps[path]
    if asked and (not last or asked > last) then last = asked end
  end
  return last and math.max(0, now - last) or nil
end

return state
