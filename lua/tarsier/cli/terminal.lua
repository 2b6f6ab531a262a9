-- Where the command line speaks: standard output for results, standard error for everything else.

local core = require "tarsier.core"
local text = require "tarsier.text"

local host = core.host

local terminal = {}
terminal.__index = terminal

local set = require("tarsier.place").variable

--- new { quiet =, color = "auto"|"always"|"never", no_progress = } -> terminal
function terminal.new(options)
  options = options or {}
  return setmetatable({ quiet = options.quiet, color = options.color or "auto", no_progress = options.no_progress,
    drawn = false }, terminal)
end

--- colour(descriptor) -> is text there to be coloured? See no-color.org for NO_COLOR.
function terminal:colour(descriptor)
  if self.color ~= "auto" then return self.color == "always" end
  return host.isatty(descriptor) and not set "NO_COLOR" and os.getenv "TERM" ~= "dumb"
end

--- width() -> columns of standard output | nil where it has none
function terminal:width() -- luacheck: no self
  local columns = math.tointeger(tonumber(os.getenv "COLUMNS" or ""))
  if columns and columns > 0 then return columns end
  return host.columns(1)
end

function terminal:wipe()
  if self.drawn then io.stderr:write "\r\27[K" end
  self.drawn = false
end

--- say(message): a line on standard error, unless --quiet
function terminal:say(message)
  if self.quiet then return end
  self:wipe()
  io.stderr:write(text.printable(message), "\n")
end

--- warn(message), fail(message): what a person must see
function terminal:warn(message)
  self:wipe()
  local word = self:colour(2) and "\27[33mwarning\27[0m" or "warning"
  io.stderr:write("tarsier: ", word, ": ", text.printable(message), "\n")
end

function terminal:fail(message)
  self:wipe()
  io.stderr:write("tarsier: ", text.printable(message), "\n")
end

--- print(s) -> true | nil, message: to standard output, and know whether it arrived
function terminal:print(s)
  self:wipe()
  local ok, message = io.stdout:write(s)
  if ok then ok, message = io.stdout:flush() end
  if ok then return true end
  return nil, "standard output: " .. message
end

local BAR = 24

local function bar(done, all)
  local filled = math.min(BAR, done * BAR // all)
  return ("[%s%s] %3d%%"):format(("#"):rep(filled), (" "):rep(BAR - filled), math.min(100, done * 100 // all))
end

--- draw(line): a line of progress in the place of the last one, where standard error is a terminal
function terminal:draw(line)
  if self.quiet or self.no_progress or not host.isatty(2) or os.getenv "TERM" == "dumb" then return end
  io.stderr:write("\r", text.clip(text.printable(line), (host.columns(2) or 80) - 1), "\27[K")
  io.stderr:flush()
  self.drawn = true
end

--- progress() -> a function for the engine's on_event, that draws where standard error is a terminal
function terminal:progress()
  local shows = not self.quiet and not self.no_progress and host.isatty(2) and os.getenv "TERM" ~= "dumb"
  local layers, finished, last = 0, 0, ""
  local function draw(line)
    if line == last then return end -- the same percent again
    last = line
    io.stderr:write("\r", line, "\27[K")
    io.stderr:flush()
    self.drawn = true
  end
  return function(event)
    if event.kind == "warning" then
      if not self.quiet then self:warn(event.message or "") end
    elseif not shows then
      return
    elseif event.kind == "image" then
      layers = event.total or 0
    elseif event.kind == "layer" then
      finished = finished + 1
    elseif event.kind == "bytes" and (event.total or 0) > 0 then
      draw(("layer %d of %d %s of %s"):format(math.min(finished + 1, layers), layers, bar(event.done, event.total),
        text.size(event.total)))
    elseif event.kind == "match" then
      draw(("matching %s"):format(text.plural(event.total or 0, "package")))
    end
  end
end

return terminal
