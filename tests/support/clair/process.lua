-- Programs that a spec starts, waits for, and stops by their own process ids.

local lfs = require "lfs"
local pace = require "support.pace"
local shell = require "support.shell"
local sleep = require "tarsier.probe".spawn.sleep

local process = {}
process.__index = process

-- A shell stays beside the program: it keeps the exit code, and ends what it started when the specs end without doing
-- so, as after an interrupt.
local WATCHED = [[cd %s || exit
(echo $BASHPID >%s; exec %s) &
while kill -0 $! && kill -0 %d; do sleep 0.1; done 2>/dev/null
kill $! 2>/dev/null
wait $!
echo $? >%s.code]]

local function own_pid()
  return tonumber(shell.read "/proc/self/stat":match "^%d+")
end

local function file_has(path)
  local file = io.open(path)
  local line = file and file:read "l"
  if file then file:close() end
  return line
end

--- start { command, log = FILE, [user = NAME], [folder = FOLDER] } -> process
function process.start(given)
  local pid_file = given.log .. ".pid"
  os.remove(pid_file)
  local command = given[1]
  local user = given.user
  if user then command = ("setpriv --reuid=%s --regid=%s --init-groups %s"):format(user, user, command) end
  local script = WATCHED:format(shell.quote(given.folder or "."), shell.quote(pid_file), command, own_pid(),
    shell.quote(given.log))
  assert(os.execute(("setsid bash -c %s >>%s 2>&1 </dev/null &"):format(shell.quote(script), shell.quote(given.log))))
  assert(process.wait(5, function() return file_has(pid_file) end), "nothing was started: " .. command)
  return setmetatable({ pid = shell.read(pid_file):match "%d+", log_file = given.log, name = command }, process)
end

function process:running()
  local file = io.open("/proc/" .. self.pid .. "/stat")
  if not file then return false end
  local state = (file:read "a" or ""):match "%) (%a)" -- nothing is read of what ended meanwhile
  file:close()
  return state ~= nil and state ~= "Z" and state ~= "X"
end

function process:signal(name)
  return os.execute(("kill -%s %s 2>/dev/null"):format(name, self.pid))
end

--- stop([signal]) waits until it is gone; after ten seconds it is killed
function process:stop(signal)
  if not self:running() then return end
  self:signal(signal or "TERM")
  if not process.wait(10, function() return not self:running() end) then
    self:signal "KILL"
    process.wait(5, function() return not self:running() end)
  end
  self:code() -- its shell writes no more after that
end

--- received() -> how many bytes it has read, from whatever
function process:received()
  local file = io.open("/proc/" .. self.pid .. "/io")
  if not file then return 0 end
  local count = (file:read "a" or ""):match "rchar: (%d+)"
  file:close()
  return tonumber(count) or 0
end

--- code() -> the exit code of what has ended
function process:code()
  local file = self.log_file .. ".code"
  return tonumber(process.wait(5, function() return file_has(file) end) or "")
end

function process:log()
  return shell.read(self.log_file)
end

--- ready(seconds, question, ...) waits until the question is answered; an error with the log where it is not
function process:ready(seconds, question)
  local function over() return question() or not self:running() end
  if process.wait(seconds, over) and self:running() then return self end
  local log = self:log()
  self:stop()
  error(("%s was not ready within %.0f s: %s"):format(self.name, pace.patience(seconds), log:sub(-2000)), 2)
end

--- wait(seconds, question) -> what the question returned, or nil after pace.patience(seconds)
function process.wait(seconds, question)
  local deadline = os.time() + pace.patience(seconds)
  repeat
    local answer = question()
    if answer then return answer end
    sleep(0.02)
  until os.time() > deadline
end

-- Spec files run in parallel, and two could choose the same port before either listens on it. run-specs empties this folder
-- before a run; the spec that creates PORTS/NUMBER has that port.
local PORTS = (os.getenv "TARSIER_BUILD" or "build") .. "/specs/ports"

local function claim(port)
  return lfs.mkdir(("%s/%d"):format(PORTS, port)) or not lfs.attributes(PORTS)
end

--- ports(n) -> n ports of 127.0.0.1 that nobody listens on
function process.ports(n)
  local taken, found = {}, {}
  for line in io.lines "/proc/net/tcp" do
    local port = line:match "^%s*%d+: %x+:(%x+)"
    if port then taken[tonumber(port, 16)] = true end
  end
  while #found < n do
    local port = math.random(20000, 32000) -- below what the kernel gives to outgoing connections
    if not taken[port] and claim(port) then
      taken[port] = true
      found[#found + 1] = port
    end
  end
  return table.unpack(found)
end

return process
