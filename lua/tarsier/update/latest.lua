-- Files whose address changes. An archive: a small file beside it has the name of the newest. The updateinfo.xml of a
-- repository of rpm packages: its repomd.xml names it, and a list of mirrors may name the repository.

local core = require "tarsier.core"
local is_remote = require "tarsier.update.address".is_remote

local latest = {}

local NAME_MOST = 255 -- of a file, on every system
local TEXT_MOST = 1 << 20 -- of a list of mirrors, and of a repomd.xml, which has some kilobytes

local function read_local(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message, "NOT_FOUND" end
  local text = file:read(NAME_MOST + 2) or ""
  file:close()
  return text
end

local function read_remote(url, options, most)
  local text = ""
  local answer, message, code = core.http { url = url, blob = true, ca_file = options.ca_file,
    connect_seconds = options.connect_seconds, on_body = function(piece)
      text = text .. piece:sub(1, most + 2)
      return #text <= most + 1
    end }
  if #text > most + 1 then return text end
  if not answer then return nil, message, code, true end
  if answer.status == 200 then return text end
  return nil, ("%s: the server answered HTTP %d"):format(url, answer.status), answer.status == 404 and "NOT_FOUND"
    or "IO"
end

local function beside(path, name) return path:match "^(.*/)" .. name end

--- resolve(file, address, options) -> a file with the .path and .url of the newest archive, and .day = "2024-08-04" if
--- its name has one | nil, message, code; and true if no server answered. address is where file.latest lies.
function latest.resolve(file, address, options)
  local read = is_remote(address) and read_remote or read_local
  local text, message, code, unanswered = read(address, options, NAME_MOST)
  if not text then return nil, message, code, unanswered end
  local name = #text <= NAME_MOST + 1 and text:match "^(%w[%w._-]*)%s*$"
  if not name then return nil, address .. ": not the name of an archive", "FORMAT" end
  return { path = beside(file.path, name), url = beside(file.url, name), optional = file.optional,
    day = name:match "%d%d%d%d%-%d%d%-%d%d" }
end

-- A list of mirrors has an address in each line, the best first.
local function base_of(repository, options)
  if repository:find "/$" then return repository end
  local text, message, code, unanswered = read_remote(repository, options, TEXT_MOST)
  if not text then return nil, message, code, unanswered end
  local base = text:match "^(https?://[%w._~/:-]+)%s"
  local is_weaker = base and repository:find "^https:" and not base:find "^https:"
  if not base or is_weaker then return nil, repository .. ": not a list of mirrors", "FORMAT" end
  return (base:gsub("/+$", "")) .. "/"
end

--- updateinfo(file, options) -> a file with the .url of the repository's updateinfo.xml | nil, message, code; and true
--- if no server answered. file.repository is the repository's address, with a slash at its end, or that of a list of
--- mirrors.
function latest.updateinfo(file, options)
  local base, message, code, unanswered = base_of(file.repository, options)
  if not base then return nil, message, code, unanswered end
  local address = base .. "repodata/repomd.xml"
  local text
  text, message, code, unanswered = read_remote(address, options, TEXT_MOST)
  if not text then return nil, message, code, unanswered end
  local data = #text <= TEXT_MOST and text:match '<data type="updateinfo">(.-)</data>'
  local href = data and data:match '<location[^>]- href="(repodata/[%w._-]+)"'
  if not href then return nil, address .. ": it names no updateinfo.xml", "FORMAT" end
  return { path = file.path, url = base .. href, optional = file.optional }
end

return latest
