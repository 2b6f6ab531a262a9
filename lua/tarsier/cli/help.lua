-- tarsier help: the same facts for people, for man and for shells, made from the commands' tables.

local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"

local function page_of(options, arguments)
  local cli = require "tarsier.cli" -- not above: it requires this module
  local manual = require "tarsier.cli.manual"
  if options.man then return manual.page(cli.commands(), core.version) end
  if options.completion then
    return require "tarsier.cli.completion"[options.completion](cli.commands())
  end
  if #arguments == 0 then return manual.overview(cli.commands(), core.version) end
  local command, path, used = cli.find(arguments)
  if not command then return nil, path end
  if arguments[used + 1] then return nil, ("unexpected argument %q"):format(arguments[used + 1]) end
  return manual.help(command, path)
end

return {
  name = "help",
  is_fixed = true, -- it answers whatever the configuration says
  summary = "explain a command",
  arguments = { { name = "COMMAND", optional = true, many = true, help = "a command, such as scan or db import" } },
  options = {
    { long = "man", help = "print the manual page, as roff" },
    { long = "completion", value = "SHELL", choices = { "bash", "zsh", "fish" },
      help = "print completions for bash, zsh or fish" },
  },
  examples = { { "tarsier help db import", "the same as tarsier db import --help" } },
  run = function(options, arguments, terminal)
    local page, message = page_of(options, arguments)
    if not page then return nil, message end
    local ok
    ok, message = terminal:write(page)
    if not ok then terminal:fail(message) end
    return ok and exit.PASS or exit.USAGE
  end,
}
