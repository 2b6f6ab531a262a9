-- tarsier policy: which policies there are, whether they are well made, and whether their examples hold.

local exit = require "tarsier.cli.exit"
local json = require "tarsier.json"
local text = require "tarsier.text"

local folder_option = { long = "policy-dir", value = "DIR", many = true,
  help = "look for policies here first; may be repeated" }

local arguments = { { name = "POLICY", optional = true, many = true,
  help = "a policy by name, by file, or as a Lua module; default: all that are found" } }

local function print_or_fail(terminal, page, code)
  local ok, message = terminal:print(page)
  if ok then return code end
  terminal:fail(message)
  return exit.USAGE
end

local function list(options, _, terminal)
  local found = require "tarsier.policy".list { folders = options.policy_dir }
  if options.format == "json" then
    local rows = json.array {}
    for i, item in ipairs(found) do rows[i] = json.pick(item, "name summary file") end
    return print_or_fail(terminal, json.encode(rows, { indent = "  " }) .. "\n", exit.PASS)
  end
  local lines = {}
  for i, item in ipairs(found) do
    lines[i] = ("%-12s %s\n"):format(text.printable(item.name), text.printable(item.summary or item.message or ""))
  end
  return print_or_fail(terminal, table.concat(lines), exit.PASS)
end

return {
  name = "policy",
  summary = "list, check and test policies",
  commands = {
    {
      name = "list",
      summary = "list the policies that a name finds",
      arguments = {},
      options = {
        folder_option,
        { long = "format", short = "f", value = "FORMAT", choices = { "table", "json" },
          help = "table or json; default: table" },
      },
      run = list,
    },
    {
      name = "check",
      summary = "check that policies are well made, without running them on anything",
      arguments = arguments,
      options = { folder_option },
      run = function() error "not yet" end,
    },
    {
      name = "test",
      summary = "run policies' examples",
      arguments = arguments,
      options = { folder_option, { long = "quiet", short = "q", help = "say only what does not hold" } },
      run = function() error "not yet" end,
    },
  },
}
