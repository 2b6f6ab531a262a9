-- tarsier policy: which policies there are, whether they are well made, and whether their examples hold.

local exit = require "tarsier.cli.exit"
local json = require "tarsier.json"
local text = require "tarsier.text"

local folder_option = { long = "policy-dir", value = "DIR", many = true,
  help = "look for policies here first; may be repeated" }

local arguments = { { name = "POLICY", optional = true, many = true,
  help = "a policy by name, by file, or as a Lua module; default: all that are found" } }

local function failed(terminal, message, code)
  terminal:fail(message)
  return exit.of_error(code or "POLICY")
end

local function print_or_fail(terminal, page, code)
  local ok, message = terminal:print(page)
  if ok then return code end
  terminal:fail(message)
  return exit.USAGE
end

local function list(options, _, terminal)
  local found, message, code = require "tarsier.policy".list { folders = options.policy_dir }
  if not found then return failed(terminal, message, code) end
  if options.format == "json" then
    local rows = json.array {}
    for i, item in ipairs(found) do rows[i] = json.pick(item, "name summary file message") end
    return print_or_fail(terminal, json.encode(rows, { indent = "  " }) .. "\n", exit.PASS)
  end
  local lines = {}
  for i, item in ipairs(found) do
    lines[i] = ("%-12s %s\n"):format(text.printable(item.name), text.printable(item.summary or item.message or ""))
  end
  return print_or_fail(terminal, table.concat(lines), exit.PASS)
end

-- Those named, else all that there are.
local function chosen(options, names)
  if #names > 0 then return names end
  local found, message, code = require "tarsier.policy".list { folders = options.policy_dir }
  if not found then return nil, message, code end
  local files = {}
  for i, item in ipairs(found) do files[i] = item.file end
  return files
end

-- Calls visit(policy) -> lines | nil, message for each; what went wrong with one does not stop the others.
local function each(options, names, terminal, visit)
  local policies, message, code = chosen(options, names)
  if not policies then return failed(terminal, message, code) end
  local lines, worst = {}, exit.PASS
  for _, name in ipairs(policies) do
    local line
    line, message = visit(name)
    if line then lines[#lines + 1] = line end
    if message then
      terminal:fail(message)
      worst = exit.USAGE
    end
  end
  return print_or_fail(terminal, table.concat(lines), worst)
end

local function check(options, names, terminal)
  return each(options, names, terminal, function(name)
    local info, message = require "tarsier.policy".check(name, { folders = options.policy_dir })
    if not info then return nil, message end
    return ("%s: well made: %s, %s\n"):format(text.printable(info.name), table.concat(info.hooks, ", "),
      text.plural(info.examples, "example"))
  end)
end

local function broken(name, result)
  return ("%s: example %d (%s): expected %s, got %s%s"):format(name, result.index, result.hook or "?",
    result.expected or "?", result.got or "?", result.reason and ": " .. result.reason or "")
end

local function test(options, names, terminal)
  return each(options, names, terminal, function(name)
    local results, message = require "tarsier.policy".test(name, { folders = options.policy_dir })
    if not results then return nil, message end
    local wrong = {}
    for _, result in ipairs(results) do
      if not result.ok then wrong[#wrong + 1] = broken(name, result) end
    end
    if #wrong > 0 then return nil, table.concat(wrong, "\n") end
    if options.quiet then return nil end
    return ("%s: %s\n"):format(text.printable(name), #results == 0 and "has no examples"
      or text.plural(#results, "example") .. (#results == 1 and " holds" or " hold"))
  end)
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
        { long = "format", short = "f", value = "FORMAT", env = "TARSIER_POLICY_LIST_FORMAT",
          choices = { "table", "json" },
          help = "table or json; default: table" },
      },
      run = list,
    },
    {
      name = "check",
      summary = "check that policies are well made, without running them on anything",
      arguments = arguments,
      options = { folder_option },
      run = check,
    },
    {
      name = "test",
      summary = "run policies' examples",
      arguments = arguments,
      options = { folder_option, { long = "quiet", short = "q", help = "say only what does not hold" } },
      run = test,
    },
  },
}
