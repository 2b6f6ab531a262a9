-- Running commands in specs, with what support.files does about files.

local files = require "support.files"
local lfs = require "lfs"
local spawn = require "tarsier.probe".spawn.spawn

local shell = { name = files.name, read = files.read, write = files.write, folder = files.folder, remove = files.remove,
  make = files.make, list = files.list }

--- quote(s) -> s as one word of a shell
function shell.quote(s)
  return "'" .. s:gsub("'", "'\\''") .. "'"
end

-- env(1) as a function of the shell, for one more program takes as long as all else that a shell does here: -u NAME …
-- NAME=VALUE … COMMAND. What begins with another option is left to env(1).
local ENV = [[env() { (
  case $1 in -u|*=*) ;; *) exec env "$@" ;; esac
  while [ "$1" = -u ]; do unset "$2"; shift 2; done
  while case $1 in *=*) ;; *) false ;; esac; do export "$1"; shift; done
  exec "$@"
) }
]]

local function with_env(command)
  return command:find("env ", 1, true) and ENV .. command or command
end

-- The words of a command for which no shell is needed, or nil.
local function words_of(command)
  local words, at = {}, command:find "%S"
  while at do
    local word = ""
    repeat
      local piece, behind = command:match("^([%w_=./:@,+%%-]+)()", at)
      if not piece then piece, behind = command:match("^'([^']*)'()", at) end
      if not piece then return nil end
      word, at = word .. piece, behind
    until at > #command or command:find("^ ", at)
    words[#words + 1] = word
    at = command:find("[^ ]", at)
  end
  return words
end

-- env's options: how many words each takes, and what it does to a program's environment
local options = {
  ["-i"] = { 1, function(changes) changes.empty = true end },
  ["-C"] = { 2, function(changes, folder) changes.folder = folder end },
  ["-u"] = { 2, function(changes, name) changes[#changes + 1] = name end },
}

-- env -i -C FOLDER -u NAME … NAME=VALUE … PROGRAM … -> changes of the environment, the program and its words | nil if env
-- is told something else
local function split_env(words)
  local changes, at = {}, 1
  if words[1] == "env" then
    at = 2
    while options[words[at]] do
      options[words[at]][2](changes, words[at + 1])
      at = at + options[words[at]][1]
    end
  end
  while words[at] and words[at]:find "^[%a_][%w_]*=" do
    changes[#changes + 1] = words[at]
    at = at + 1
  end
  if not words[at] or words[at]:find "^-" then return nil end
  return changes, { table.unpack(words, at) }
end

-- -> exit code | nil if it takes a shell
local function run_words(words, out, err)
  local changes, argv = split_env(words)
  return changes and spawn(argv, changes, out, err)
end

--- capture(command) -> standard output, without the last newline
function shell.capture(command)
  local words, out = words_of(command), files.name()
  local output
  if words and run_words(words, out) then
    output = files.read(out)
    os.remove(out)
  else
    local pipe = assert(io.popen(with_env(command)))
    output = pipe:read "a"
    pipe:close()
  end
  return (output:gsub("\n$", ""))
end

--- background(command) -> the first line that it writes; then it goes on by itself. An error with its messages if it ends
--- before.
function shell.background(command)
  local errors = files.name()
  local pipe = assert(io.popen(("%s 2>%s </dev/null &"):format(command, errors)))
  local line = pipe:read "l"
  pipe:close()
  local said = files.read(errors)
  os.remove(errors)
  return line or error(said)
end

local function is_program(path)
  return lfs.attributes(path, "mode") == "file" and lfs.attributes(path, "permissions"):find "x" ~= nil
end

--- has(tool) -> is it there?
function shell.has(tool)
  if tool:find "/" then return is_program(tool) end
  for folder in os.getenv "PATH":gmatch "[^:]+" do
    if is_program(folder .. "/" .. tool) then return true end
  end
  return false
end

--- python: the command of a quick start. The system's own interpreter comes first: a version manager's wrapper takes half a
--- second. -S -E -B: without site-packages and the environment, and nothing is left beside the sources.
shell.python = (shell.has "/usr/bin/python3" and "/usr/bin/python3" or "python3") .. " -S -E -B"

--- run(command) -> exit code, standard output, standard error. A list of words is quoted.
function shell.run(command)
  local words = command
  if type(command) == "table" then
    local quoted = {}
    for i, word in ipairs(words) do quoted[i] = shell.quote(word) end
    command = table.concat(quoted, " ")
  else
    words = words_of(command)
  end
  local out, err = files.name(), files.name()
  local code = words and run_words(words, out, err)
  if not code then
    local _, how, status = os.execute(("{ %s\n} >%s 2>%s </dev/null"):format(with_env(command), out, err))
    code = how == "signal" and 128 + status or status
  end
  local output, errors = shell.read(out), shell.read(err)
  os.remove(out)
  os.remove(err)
  return code, output, errors
end

return shell
