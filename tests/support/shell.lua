-- Running commands in specs, with what support.files does about files.

local files = require "support.files"

local shell = { name = files.name, read = files.read, write = files.write, folder = files.folder, remove = files.remove }

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

--- capture(command) -> standard output, without the last newline
function shell.capture(command)
  local pipe = assert(io.popen(with_env(command)))
  local output = pipe:read "a"
  pipe:close()
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

local is_there = {}

--- has(tool) -> is it there?
function shell.has(tool)
  if is_there[tool] == nil then is_there[tool] = os.execute("command -v " .. tool .. " >/dev/null 2>&1") == true end
  return is_there[tool]
end

--- python: the command of a quick start. The system's own interpreter comes first: a version manager's wrapper takes half a
--- second. -S -E: without site-packages and the environment.
shell.python = (os.execute "[ -x /usr/bin/python3 ]" and "/usr/bin/python3" or "python3") .. " -S -E"

--- run(command) -> exit code, standard output, standard error. A list of words is quoted.
function shell.run(command)
  if type(command) == "table" then
    local words = {}
    for i, word in ipairs(command) do words[i] = shell.quote(word) end
    command = table.concat(words, " ")
  end
  local out, err = files.name(), files.name()
  local _, how, code = os.execute(("{ %s\n} >%s 2>%s </dev/null"):format(with_env(command), out, err))
  local output, errors = shell.read(out), shell.read(err)
  os.remove(out)
  os.remove(err)
  return how == "signal" and 128 + code or code, output, errors
end

return shell
