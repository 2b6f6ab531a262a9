-- The command line: finds the command, reads its arguments, runs it, and turns its result into an exit code.
-- Nothing but tarsier.cli prints or decides on exit codes, and only bin/tarsier exits.

local arguments = require "tarsier.cli.arguments"
local exit = require "tarsier.cli.exit"
local suggest = require "tarsier.suggest"

local cli = {}

local names = { "scan", "rescan", "judge", "convert", "diff", "base", "packages", "clair", "clair-scanner", "db",
  "policy", "whitelist", "compare", "version", "help" }

local function module_of(name)
  return require("tarsier.cli." .. name:gsub("-", "_"))
end

--- commands() -> every command's table, in the order of the help
function cli.commands()
  local list = {}
  for i, name in ipairs(names) do list[i] = module_of(name) end
  return list
end

local function command_named(name)
  for _, known in ipairs(names) do
    if known == name then return module_of(name) end
  end
end

local function names_of(commands)
  local list = {}
  for i, command in ipairs(commands) do list[i] = command.name end
  return list
end

local function inner_named(command, name)
  for _, inner in ipairs(command.commands) do
    if inner.name == name then return inner end
  end
end

--- find(words) -> command, path, how many of the words name it | nil, message, path as far as it was found
function cli.find(words)
  local command = command_named(words[1])
  if not command then
    return nil, ("unknown command %q%s"):format(words[1], suggest.hint(words[1], names))
  end
  local path = "tarsier " .. command.name
  if not command.commands or not words[2] or words[2]:sub(1, 1) == "-" then return command, path, 1 end
  local inner = inner_named(command, words[2])
  if not inner then
    return nil, ("unknown command \"%s %s\"%s"):format(command.name, words[2],
      suggest.hint(words[2], names_of(command.commands))), path
  end
  return inner, path .. " " .. inner.name, 2
end

local function new_terminal(options)
  return require "tarsier.cli.terminal".new(options) -- after host.command_line
end

local function usage_error(message, path)
  local help = path:gsub("^tarsier", "tarsier help", 1)
  new_terminal():fail(("%s; see `%s`"):format(message, help))
  return exit.USAGE
end

local function print_help(command, path)
  local terminal = new_terminal()
  local manual = require "tarsier.cli.manual"
  local page = command and manual.help(command, path) or
    manual.overview(cli.commands(), require "tarsier.core".version)
  local ok, message = terminal:write(page)
  if not ok then terminal:fail(message) end
  return ok and exit.PASS or exit.USAGE
end

-- Tells which options a configuration file set if it was found and not named: it may come from the repository whose
-- image is scanned. The file cannot turn this off.
local function tell_found(found, is_quiet)
  for _, name in ipairs(found) do
    if name == "quiet" then is_quiet = false end
  end
  if #found == 0 or is_quiet then return end
  new_terminal():say(("tarsier: options from %s: %s"):format(require "tarsier.cli.config".FOUND,
    table.concat(found, ", ")))
end

local aliases = { ["--version"] = "version", ["-V"] = "version", ["--help"] = "help", ["-h"] = "help" }

local function dispatch(argv)
  local words = { table.unpack(argv) }
  if #words == 0 then return usage_error("which command?", "tarsier") end
  words[1] = aliases[words[1]] or words[1]
  local command, path, used = cli.find(words)
  if not command then return usage_error(path, used or "tarsier") end
  local options, rest, found = arguments.parse(command, { table.unpack(words, used + 1) }, path:match " (.*)$")
  if not options then return usage_error(rest, path) end
  if found then tell_found(found, options.quiet) end
  if options.help then return print_help(command, path) end
  if not command.run then return usage_error(("%s: which command?"):format(command.name), path) end
  local terminal = new_terminal(options)
  local code, message = command.run(options, rest, terminal)
  return code or usage_error(message, path)
end

local function bug(trace)
  local terminal = new_terminal()
  terminal:fail "this is a bug in tarsier, not a verdict on the image:"
  for line in tostring(trace):gmatch "[^\n]+" do terminal:fail(line) end
  return exit.BUG
end

--- main(argv) -> exit code
function cli.main(argv)
  local ok, code = xpcall(function()
    local host = require "tarsier.core".host
    host.command_line()
    local second = tonumber(os.getenv "TARSIER_TEST_SECOND") -- milliseconds: tarsier's own tests pause for less
    if second then host.set_second(second) end
    return dispatch(argv)
  end, debug.traceback)
  return ok and code or bug(code)
end

return cli
