-- An archive whose name changes: a small file beside it has the name of the newest.

local core = require "tarsier.core"

local latest = {}

local NAME_MOST = 255 -- of a file, on every system

local function read_local(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message, "NOT_FOUND" end
  local text = file:read(NAME_MOST + 2) or ""
  file:close()
  return text
end

local function read_remote(url, options)
  local text = ""
  local answer, message, code = core.http { url = url, blob = true, ca_file = options.ca_file,
    connect_seconds = options.connect_seconds, on_body = function(piece)
      text = text .. piece:sub(1, NAME_MOST + 2)
      return #text <= NAME_MOST + 2
    end }
  if #text > NAME_MOST + 2 then return text end
  if not answer then return nil, message, code, true end
  if answer.status == 200 then return text end
  return nil, ("%s: the server answered HTTP %d"):format(url, answer.status), answer.status == 404 and "NOT_FOUND"
    or "IO"
end

local function beside(path, name) return path:match "^(.*/)" .. name end

--- resolve(file, address, options) -> a file with the .path and .url of the newest archive, and .day = "2024-08-04" if
--- its name has one | nil, message, code; and true if no server answered. address is where file.latest lies.
function latest.resolve(file, address, options)
  local read = address:find "^https?://" and read_remote or read_local
  local text, message, code, unanswered = read(address, options)
  if not text then return nil, message, code, unanswered end
  local name = #text <= NAME_MOST + 1 and text:match "^(%w[%w._-]*)%s*$"
  if not name then return nil, address .. ": not the name of an archive", "FORMAT" end
  return { path = beside(file.path, name), url = beside(file.url, name), optional = file.optional,
    day = name:match "%d%d%d%d%-%d%d%-%d%d" }
end

return latest
