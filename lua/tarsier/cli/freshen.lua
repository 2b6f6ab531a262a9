-- Before a scan is judged: fetches the records that the image's packages need, if the database has none or they are
-- old.
-- Only the command does this, and only for its own database: not for one that --db names, nor for one that a person
-- imported, nor with --offline.

local later = require "tarsier.later"
local core = require "tarsier.core"
local place = require "tarsier.place"
local seen = later "tarsier.seen"
local shared = require "tarsier.cli.database.options"
local sources = later "tarsier.sources"
local state = later "tarsier.update.state"
local update = later "tarsier.update"

local freshen = {}

local FRESH_FOR = 6 * 3600     -- seconds for which a publisher's answer is good
local OFFLINE_FOR = 3600       -- … and for which one attempt that nobody answered is enough
local CONNECT_SECONDS = 3      -- a machine without a network must not wait long

local ATTEMPT = "offline"      -- the stamp of such an attempt

-- The families of the packages that records are published for, and may be fetched for without being named.
local function needed(packages)
  local forbidden, list = {}, {}
  for _, file in ipairs(sources.files(sources.families())) do
    if file.own_only then forbidden[file.family] = true end
  end
  for family in pairs(seen.families(packages)) do
    local known = sources.family(family)
    if known and not forbidden[known] then list[#list + 1] = known end
  end
  table.sort(list)
  return list
end

-- May the command change it? Only if it does not exist yet, or its note says that `tarsier db update` made it.
local function is_own(database)
  if not place.exists(database) then return true end
  local info = core.database(database)
  return info ~= nil and next(state.sources(info)) ~= nil
end

local function gave_up_lately(database, now)
  local attempt = state.stamps(database)[ATTEMPT]
  return attempt ~= nil and now >= attempt and now - attempt < OFFLINE_FOR
end

local function tell(result, database, terminal)
  if result.is_offline then
    local info = core.database(database)
    local age = info and state.age(info, state.stamps(database), os.time())
    terminal:say(("tarsier: offline: %s"):format(age and "the database is " .. shared.old_text(age)
      or "no vulnerability records could be fetched (" .. result.files[1].message .. ")"))
    state.stamp(database, { ATTEMPT }, os.time())
    return
  end
  for _, file in ipairs(result.files) do
    if file.outcome == "failed" then terminal:warn(file.message) end
  end
end

local function list_of(names)
  if #names < 2 then return names[1] end
  return table.concat(names, ", ", 1, #names - 1) .. " and " .. names[#names]
end

--- database(packages, options, terminal) -> is there a newer database at place.database()? packages() -> list: it takes
--- a while for a large image, and is asked only if records may be fetched. options: those of the command. Says what it
--- does on standard error; without a network the scan goes on with what there is.
function freshen.database(packages, options, terminal)
  local database, now = place.database(), os.time()
  if options.offline or options.db or not database or not is_own(database) then return false end
  local families = needed(packages())
  if #families == 0 or gave_up_lately(database, now) then return false end
  local result, message, code = update.run { database = database, families = families, mirror = options.mirror,
    ca_file = options.ca_file, connect_seconds = CONNECT_SECONDS, fresh_for = FRESH_FOR, now = now,
    progress = shared.progress(terminal), begin = function()
      terminal:say(("tarsier: fetching the vulnerability records of %s"):format(list_of(families)))
    end }
  terminal:wipe()
  if result then
    tell(result, database, terminal)
    return result.changed > 0
  end
  if code ~= "BUSY" then
    terminal:warn(message)
  elseif not place.exists(database) then
    terminal:say("tarsier: " .. message)
  end
  return false
end

--- check_age(path, options, [built]) -> true | nil, message, "DATABASE": is the database younger than --db-max-age? A
--- shared one is as old as what it was made from.
function freshen.check_age(path, options, built)
  if not options.db_max_age then return true end
  local limit, message = shared.age(options.db_max_age)
  if not limit then return nil, message, "USAGE" end
  local info, wrong, code = core.database(path)
  if not info then return nil, wrong, code end
  local age = state.age(built and { built = built } or info, state.stamps(path), os.time())
  if age and age <= limit then return true end
  return nil, ("%s: %s, but --db-max-age is %s"):format(path, shared.old_text(age), options.db_max_age),
    "DATABASE"
end

return freshen
