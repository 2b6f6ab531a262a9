-- Which records of a feed have changed since a time, from its list of changes: a time and a record in each line, newest
-- first. Only as much of the list is read as is newer.

local core = require "tarsier.core"
local is_remote = require "tarsier.update.address".is_remote
local state = require "tarsier.update.state"

local changes = {}

local MOST = 2000       -- records that are fetched one by one; beyond, the whole archive is less work for all
local LINE_MOST = 512

-- OSV's lists: TIME,ID
local function osv_line(text)
  return text:match "^(%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*Z),([%w][%w._:-]*)%s*$"
end

-- Reads lines until one is not newer than `since`. -> { ids =, newest = } | nil if it is not such a list
local function reader(since, list)
  local found, rest, last, is_good = { ids = {} }, "", nil, true
  local parse, most = list.line or osv_line, list.most or MOST
  local function line(text)
    local time, id = parse(text)
    if not time or (last and time:sub(1, 19) > last:sub(1, 19)) then
      is_good = false
      return false
    end
    last, found.newest = time, found.newest or time
    if not since or time <= since then return false end
    found.ids[#found.ids + 1] = id
    return #found.ids <= most
  end
  local function take(piece)
    rest = rest .. piece
    local from = 1
    for text, after in rest:gmatch "([^\n]*)\n()" do
      from = after
      if not line(text) then
        rest = ""
        return false
      end
    end
    rest = rest:sub(from)
    is_good = #rest <= LINE_MOST
    return is_good
  end
  return take, function()
    if is_good and rest ~= "" then line(rest) end
    return is_good and found.newest and found or nil
  end
end

local function read_local(path, take)
  local file, message = io.open(path, "rb")
  if not file then return nil, message, "NOT_FOUND" end
  repeat
    local piece = file:read(1 << 16)
  until not piece or not take(piece)
  file:close()
  return true
end

local function read_remote(url, take, options)
  local ended = false
  local answer, message, code = core.http { url = url, blob = true, ca_file = options.ca_file,
    connect_seconds = options.connect_seconds, on_body = function(piece)
      if take(piece) then return true end
      ended = true
      return false
    end }
  if ended then return true end
  if not answer then return nil, message, code, true end
  if answer.status == 200 then return true end
  return nil, ("%s: the server answered HTTP %d"):format(url, answer.status), answer.status == 404 and "NOT_FOUND"
    or "IO"
end

--- since(list, address, upto, options) -> { newest = time of the newest record, ids = of those newer than `upto`,
--- is_whole = there are too many, or upto is nil } | nil, message, code: NOT_FOUND if there is no such list, FORMAT if
--- it is not one; and true if no server answered
function changes.since(list, address, upto, options)
  local take, finish = reader(upto, list)
  local read = is_remote(address) and read_remote or read_local
  local ok, message, code, unanswered = read(address, take, options)
  if not ok then return nil, message, code, unanswered end
  local found = finish()
  if not found then return nil, address .. ": not a list of changed records", "FORMAT" end
  found.is_whole = not upto or #found.ids > (list.most or MOST)
  return found
end

--- is_recent(entry, now) -> may the changes since then be asked for, or is it time for the whole archive again? Records
--- that a publisher deletes are in no list of changes.
function changes.is_recent(entry, now)
  local fetched = state.time(entry.whole or entry.fetched)
  return fetched ~= nil and now - fetched < 30 * 86400
end

return changes
