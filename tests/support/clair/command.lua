-- tarsier as a command, against a real Clair.

local json = require "tarsier.json"
local shell = require "support.shell"

local command = {}

local lua = os.getenv "LUA" or "lua5.4"

--- line(words) -> the command line, each word quoted
function command.line(words)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = shell.quote(tostring(word)) end
  return "env -u CLAIR_URL " .. lua .. " lua/bin/tarsier " .. table.concat(quoted, " ")
end

--- run(words) -> exit code, standard output, standard error
function command.run(words)
  return shell.run(command.line(words))
end

--- scan(words) -> the result as the JSON report has it; an error where the command fails
function command.scan(words)
  local folder = shell.folder()
  local all = table.move(words, 1, #words, 6, { "scan", "--quiet", "--no-fail", "-f", "json=" .. folder .. "/report" })
  local code, out, err = shell.run(command.line(all))
  local result = code == 0 and json.decode(shell.read(folder .. "/report"))
  shell.remove(folder)
  if not result then error(("exit %d: %s%s"):format(code, out, err), 2) end
  return result
end

--- fails(code, words, arguments): an error unless the command ends with that exit code and these words -> its errors
function command.fails(code, words, arguments)
  local found, out, err = command.run(arguments)
  if found ~= code then error(("exit %d and not %d: %s%s"):format(found, code, out, err), 2) end
  if not err:find(words, 1, true) then error(("%q is not in: %s"):format(words, err), 2) end
  return err
end

--- all(lines) runs commands side by side -> what each printed and its exit code, in order
function command.all(lines)
  local folder, pieces = shell.folder(), {}
  for i, line in ipairs(lines) do
    pieces[i] = ("{ %s; echo $? >%s/%d.code; } >%s/%d 2>&1 </dev/null &"):format(line, folder, i, folder, i)
  end
  os.execute(table.concat(pieces, "\n") .. "\nwait")
  local done = {}
  for i = 1, #lines do
    local base = folder .. "/" .. i
    done[i] = { code = tonumber(shell.read(base .. ".code")), output = shell.read(base) }
  end
  shell.remove(folder)
  return done
end

return command
