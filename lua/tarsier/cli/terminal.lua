-- The command's outputs: standard output for results, standard error for everything else. What a person reads
-- is escaped on its way (tarsier.styled).

local core = require "tarsier.core"
local styled = require "tarsier.styled"
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

--- colour(descriptor) -> is text coloured there? See no-color.org for NO_COLOR.
function terminal:colour(descriptor)
  if self.color ~= "auto" then return self.color == "always" end
  return host.isatty(descriptor) and not set "NO_COLOR" and os.getenv "TERM" ~= "dumb"
end

--- width() -> columns of standard output | nil if it is not a terminal
function terminal:width() -- luacheck: no self
  local columns = math.tointeger(tonumber(os.getenv "COLUMNS" or ""))
  if columns and columns > 0 then return columns end
  return host.columns(1)
end

function terminal:wipe()
  if self.drawn then io.stderr:write "\r\27[K" end
  self.drawn = false
end

-- Every line on standard error.
local function put(self, line)
  self:wipe()
  io.stderr:write(styled.render(line, self:colour(2)), "\n")
end

--- say(message): a line on standard error, unless --quiet
function terminal:say(message)
  if not self.quiet then put(self, message) end
end

--- warn(message), fail(message): messages that a person must see
function terminal:warn(message)
  put(self, { "tarsier: ", styled.text("warn", "warning"), ": ", message })
end

function terminal:fail(message)
  put(self, { "tarsier: ", message })
end

--- log(line): a line on standard error, whether or not --quiet is given
function terminal:log(line)
  put(self, line)
end

--- write(document) -> true | nil, message: to standard output as it is, and know whether it arrived
function terminal:write(document)
  return self:stream(function(out) out(document) end)
end

--- stream(write) -> true | nil, message: the same with what write(out) passes to out(piece), piece by piece
function terminal:stream(write)
  self:wipe()
  local ok, message = true, nil
  write(function(piece)
    if ok then ok, message = io.stdout:write(piece) end
  end)
  if ok then ok, message = io.stdout:flush() end
  if ok then return true end
  return nil, "standard output: " .. message
end

--- print(page) -> true | nil, message: lines for a person, escaped, to standard output
function terminal:print(page)
  return self:write((page:gsub("[^\n]+", text.printable)))
end

--- show(lines) -> true | nil, message: styled lines, to standard output
function terminal:show(lines)
  local shown, colour = {}, self:colour(1)
  for i, line in ipairs(lines) do shown[i] = styled.render(line, colour) .. "\n" end
  return self:write(table.concat(shown))
end

local BAR = 24

local function bar(done, all)
  local filled = math.min(BAR, done * BAR // all)
  return ("[%s%s] %3d%%"):format(("#"):rep(filled), (" "):rep(BAR - filled), math.min(100, done * 100 // all))
end

-- Is there a terminal to draw progress on?
local function shows(self)
  return not self.quiet and not self.no_progress and host.isatty(2) and os.getenv "TERM" ~= "dumb"
end

--- draw(line): a line of progress in the place of the last one, if standard error is a terminal
function terminal:draw(line)
  if not shows(self) then return end
  io.stderr:write("\r", text.clip(styled.plain(line), (host.columns(2) or 80) - 1), "\27[K")
  io.stderr:flush()
  self.drawn = true
end

local SLOW = 5 -- seconds after which a scan tells a log where it stands

-- What an event says about where a scan stands | nil
local function position(event, layers, finished)
  if event.kind == "serving" then
    return ("Clair can fetch the layers at port %d"):format(event.total)
  elseif event.kind == "analyzing" then
    return ("Clair reads layer %d of %d: %s"):format(event.index, event.total, event.digest)
  elseif event.kind == "layer" then
    return ("layer %d of %d is read"):format(finished, layers)
  elseif event.kind == "match" then
    return ("matching %s"):format(text.plural(event.total or 0, "package"))
  end
end

--- reporter([verbose]) -> a function for the engine's on_event, for commands that scan: progress is drawn on a
--- terminal, and written line by line if the scan is verbose, or slow without a terminal
function terminal:reporter(verbose)
  if self.quiet or self.no_progress or (shows(self) and not verbose) then return self:progress() end
  local clock = self.clock or os.time
  local started, layers, finished, held = clock(), 0, 0, nil
  return self:progress(function(event)
    if event.kind == "image" then layers = event.total or 0 end
    if event.kind == "layer" then finished = finished + 1 end
    held = position(event, layers, finished) or held
    if held and (verbose or clock() - started >= SLOW) then
      self:say("tarsier: " .. held)
      held = nil
    end
  end)
end

--- progress([tell]) -> a function for the engine's on_event, that draws where standard error is a terminal, passes
--- every event but warnings to tell(event), and warns
function terminal:progress(tell)
  local is_shown = shows(self)
  local layers, finished, last = 0, 0, ""
  local function draw(line)
    if line ~= last then self:draw(line) end -- the same percent again
    last = line
  end
  return function(event)
    if event.kind == "warning" then
      if not self.quiet then self:warn(event.message or "") end
      return
    end
    if tell then tell(event) end
    if not is_shown then
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
