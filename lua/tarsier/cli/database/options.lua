-- What the commands about the database share.

local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local place = require "tarsier.place"
local text = require "tarsier.text"

local options = {}

options.database = { long = "db", value = "FILE", env = "TARSIER_DB",
  help = "the vulnerability database; default: $XDG_DATA_HOME/tarsier/vulnerabilities.db" }

options.quiet = { long = "quiet", short = "q", help = "print only errors" }

options.fetching = {
  { long = "mirror", value = "URL",
    help = "fetch from this folder on a web server or a disk, as `tarsier db fetch` fills one, instead of from the "
      .. "publishers" },
  { long = "ca-file", value = "FILE", env = "SSL_CERT_FILE",
    help = "certificate authorities to trust for https, instead of the system's" },
}

options.offline = { long = "offline", help = "fetch no vulnerability records: use the database as it is" }

options.max_age = { long = "db-max-age", value = "AGE",
  help = "exit with code 4 if the publishers were asked longer ago than that: 12h, 7d" }

options.verify = { long = "verify-key", value = "FILE",
  help = "refuse a shared database that this public key has not signed: minisign's, or in PEM as cosign has it" }

options.allow_older = { long = "allow-older",
  help = "take a shared database that is older than the one used the last time" }

--- read(path) -> content | nil, message: a small file, such as a key
function options.read(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local content
  content, message = file:read(64 << 10)
  file:close()
  if content then return content end
  return nil, ("%s: %s"):format(path, message or "it is empty")
end

--- verify_key(given) -> text of --verify-key, nil without one | nil, message
function options.verify_key(given)
  if not given.verify_key then return nil end
  local key, message = options.read(given.verify_key)
  if key then return key end
  return nil, "--verify-key " .. message
end

--- target(given) -> path of the database to write, in a folder that exists | nil, message
function options.target(given)
  if given then return given end
  local path = place.database()
  if not path then return nil, "neither $XDG_DATA_HOME nor $HOME is set: name the database with --db" end
  local ok, message = core.host.make_folder(path:match "^(.*)/")
  if not ok then return nil, message end
  return path
end

local units = { h = 3600, d = 86400, w = 7 * 86400 }

--- age(text) -> seconds of "12h", "7d", "2w" | nil, message
function options.age(given)
  local number, unit = given:match "^(%d+)([hdw])$"
  if number and #number <= 5 then return tonumber(number) * units[unit] end
  return nil, ("--db-max-age: %q is not an age such as 12h, 7d or 2w"):format(given)
end

--- age_text(seconds) -> "3 hours", "12 days"
function options.age_text(seconds)
  if seconds < 2 * 3600 then return text.plural(seconds // 60, "minute") end
  if seconds < 2 * 86400 then return text.plural(seconds // 3600, "hour") end
  return text.plural(seconds // 86400, "day")
end

--- old_text(seconds) -> "3 hours old"; "of unknown age" for nil
function options.old_text(seconds)
  return seconds and options.age_text(seconds) .. " old" or "of unknown age"
end

--- failed(terminal, message) -> exit code
function options.failed(terminal, message)
  terminal:fail(message)
  return exit.DATABASE
end

local function rate_text(done, total, seconds)
  if seconds < 1 or done == 0 or total <= done then return "" end
  local left = math.ceil((total - done) * seconds / done)
  return (", %s left"):format(left >= 120 and text.plural(left // 60, "minute") or text.plural(left, "second"))
end

--- progress(terminal) -> a function for tarsier.update's progress
function options.progress(terminal)
  local started = core.host.seconds()
  return function(done, total, finished, files)
    if total == 0 then return end
    terminal:draw(("fetching %d of %s: %s of %s%s"):format(math.min(finished + 1, files), text.plural(files, "file"),
      text.size(done), text.size(total), rate_text(done, total, core.host.seconds() - started)))
  end
end

return options
