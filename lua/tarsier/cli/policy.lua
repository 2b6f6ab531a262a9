-- tarsier policy: lists policies, checks them and runs their examples.

local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local json = require "tarsier.json"
local text = require "tarsier.text"

local folder_option = { long = "policy-dir", value = "DIR", many = true,
  help = "look for policies here first; may be repeated" }

local arguments = { { name = "POLICY", optional = true, many = true,
  help = "a policy by name, by file, as a Lua module, or a folder of policies; default: all that are found" } }

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

local function append(to, items)
  for _, item in ipairs(items) do to[#to + 1] = item end
end

-- Returns the named policies, those of a named folder, or all that can be found.
local function chosen(options, names)
  local policies, policy = {}, require "tarsier.policy"
  for _, name in ipairs(names) do
    local there, found, message, code = core.host.stat(name), { name }, nil, nil
    if there and there.type == "folder" then found, message, code = policy.files(name) end
    if not found then return nil, message, code end
    append(policies, found)
  end
  if #names > 0 then return policies end
  local found, message, code = policy.list { folders = options.policy_dir }
  if not found then return nil, message, code end
  for i, item in ipairs(found) do policies[i] = item.file end
  return policies
end

-- Calls visit(policy) -> line | nil, messages for each. A failure does not stop the others.
local function each(options, names, terminal, visit)
  local policies, message, code = chosen(options, names)
  if not policies then return failed(terminal, message, code) end
  local lines, worst = {}, exit.PASS
  for _, name in ipairs(policies) do
    local line, messages = visit(name)
    if line then lines[#lines + 1] = line end
    for _, wrong in ipairs(messages or {}) do
      terminal:fail(wrong)
      worst = exit.USAGE
    end
  end
  return print_or_fail(terminal, table.concat(lines), worst)
end

local function check(options, names, terminal)
  return each(options, names, terminal, function(name)
    local info, message = require "tarsier.policy".check(name, { folders = options.policy_dir })
    if not info then return nil, { message } end
    return ("%s: valid: %s, %s\n"):format(text.printable(info.name), table.concat(info.hooks, ", "),
      text.plural(info.examples, "example"))
  end)
end

local function broken(name, result)
  if result.got == "error" then
    return ("%s: example %d (%s): expected %s, but the hook broke: %s"):format(name, result.index, result.hook,
      result.expected, result.reason)
  end
  return ("%s: example %d (%s): expected %s, got %s%s"):format(name, result.index, result.hook, result.expected,
    result.got, result.reason and ": " .. result.reason or "")
end

local function test(options, names, terminal)
  return each(options, names, terminal, function(name)
    local results, message = require "tarsier.policy".test(name, { folders = options.policy_dir })
    if not results then return nil, { message } end
    if #results == 0 and options.require_examples then return nil, { name .. ": has no examples" } end
    local wrong = {}
    for _, result in ipairs(results) do
      if not result.ok then wrong[#wrong + 1] = broken(name, result) end
    end
    if #wrong > 0 then return nil, wrong end
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
      summary = "check what policies declare and look for names that do not exist",
      arguments = arguments,
      options = { folder_option },
      run = check,
    },
    {
      name = "test",
      summary = "run policies' examples",
      arguments = arguments,
      options = { folder_option, { long = "quiet", short = "q", help = "print only examples that do not hold" },
        { long = "require-examples", help = "fail for a policy without examples" } },
      run = test,
    },
  },
}
