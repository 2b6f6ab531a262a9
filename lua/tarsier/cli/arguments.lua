-- The command line's grammar, read by a command's own table:
--   options = { { long = "format", short = "f", value = "FORMAT", many = true, help = "…" }, … }
-- `help` may be a function that returns the text, where that loads what a command does not need to run. An option
-- without `value` is a flag. `many` collects a list; `choices` lists the values there are; `integer` wants a
-- whole number; `also` is another long name; `env` names a variable of the environment that stands in for it.
--
-- Every option may also be given as $TARSIER_ and its long name, and in the configuration file (tarsier.cli.config).
-- Where `env` is another name that begins with TARSIER_, that one is used alone: the long name means something else in
-- other commands.
--
-- A command with `lenient` is written as clair-scanner was: -t=High is -t High, flags may say --all=false, and an empty
-- FILE is none, as in -w "$WHITELIST" of a pipeline that has no whitelist.

local suggest = require "tarsier.suggest"

local arguments = {}

local help_option = { long = "help", short = "h", help = "show this help" }
local config_option = { long = "config", value = "FILE", env = "TARSIER_CONFIG",
  help = "options from this YAML file; default: .tarsier.yaml in the working directory" }

local function has_long(options, long)
  for _, option in ipairs(options) do
    if option.long == long then return true end
  end
  return false
end

--- all(command) -> its options and the common ones
function arguments.all(command)
  local list = { table.unpack(command.options or {}) }
  if not command.commands and not command.is_fixed and not has_long(list, "config") then
    list[#list + 1] = config_option
  end
  list[#list + 1] = help_option
  return list
end

--- help(option) -> what the option does, in words
function arguments.help(option)
  return type(option.help) == "function" and option.help() or option.help
end

local function shared_variable(option)
  return "TARSIER_" .. option.long:upper():gsub("-", "_")
end

--- is_own(option) -> does its long name mean something else in other commands?
function arguments.is_own(option)
  return option.env ~= nil and option.env:find "^TARSIER_" ~= nil and option.env ~= shared_variable(option)
end

--- variables(option) -> the names of the environment's variables that stand in for it, in order
function arguments.variables(option)
  if option == help_option then return {} end
  if arguments.is_own(option) or option.env == shared_variable(option) then return { option.env } end
  return { shared_variable(option), option.env }
end

--- key(option) -> its name in the table of parsed options: "no_fail"
function arguments.key(option)
  return (option.long:gsub("-", "_"))
end

local function index(options)
  local longs, shorts, names = {}, {}, {}
  for _, option in ipairs(options) do
    longs[option.long] = option
    if option.also then longs[option.also] = option end
    if option.short then shorts[option.short] = option end
    names[#names + 1] = "--" .. option.long
  end
  return longs, shorts, names
end

local function shown(option)
  return "--" .. option.long
end

local function check(option, value)
  if option.choices then
    for _, choice in ipairs(option.choices) do
      if choice:lower() == value:lower() then return choice end
    end
    return nil, ("%s: %q is not one of %s%s"):format(shown(option), value, table.concat(option.choices, ", "),
      suggest.hint(value, option.choices))
  end
  if option.integer then
    local number = value:match "^%d+$" and math.tointeger(tonumber(value))
    if not number or number < option.integer then
      return nil, ("%s: %q is not a whole number of at least %d"):format(shown(option), value, option.integer)
    end
    return number
  end
  if value == "" then return nil, ("%s requires a %s that is not empty"):format(shown(option), option.value) end
  return value
end

local booleans = { ["true"] = true, ["false"] = false }

--- set(parsed, option, value, [lenient]) -> true | nil, message: puts a value, as text, into the table of parsed
--- options
function arguments.set(parsed, option, value, lenient)
  local key = arguments.key(option)
  if lenient and value == "" and option.value == "FILE" then
    parsed[key] = nil
    return true
  end
  if not option.value then
    if value and booleans[value] == nil then
      return nil, ("%s is true or false, not %q"):format(shown(option), value)
    end
    parsed[key] = not value or booleans[value]
    return true
  end
  local checked, message = check(option, value)
  if not checked then return nil, message end
  if option.many then
    parsed[key] = parsed[key] or {}
    table.insert(parsed[key], checked)
  else
    parsed[key] = checked
  end
  return true
end

local set = arguments.set

-- A reader of argv that takes one argument after the other.
local Reader = {}
Reader.__index = Reader

function Reader:next()
  self.at = self.at + 1
  return self.argv[self.at]
end

function Reader:value_of(option, given)
  local value = given or self:next()
  if value then return value end
  return nil, ("%s requires a %s"):format(shown(option), option.value)
end

function Reader:long(argument)
  local name, given = argument:match "^%-%-([^=]*)=(.*)$"
  name = name or argument:sub(3)
  local option = self.longs[name]
  if not option then
    return nil, ("unknown option --%s%s"):format(name, suggest.hint("--" .. name, self.names))
  end
  if not option.value then
    if given and not self.lenient then return nil, ("%s is a flag and takes no value"):format(shown(option)) end
    return set(self.parsed, option, given)
  end
  local value, message = self:value_of(option, given)
  if not value then return nil, message end
  return set(self.parsed, option, value, self.lenient)
end

-- -qf json, -qfjson, -q -f json
function Reader:short(argument)
  local at = 2
  while at <= #argument do
    local letter = argument:sub(at, at)
    local option = self.shorts[letter]
    if not option then
      local long = argument:sub(2)
      local hint = self.longs[long] and (" (did you mean --%s?)"):format(long) or ""
      return nil, ("unknown option -%s%s"):format(letter, hint)
    end
    at = at + 1
    local value, message
    local rest = argument:sub(at)
    if self.lenient and rest:sub(1, 1) == "=" then
      value, at = rest:sub(2), #argument + 1
    elseif option.value then
      value, message = self:value_of(option, rest ~= "" and rest or nil)
      if not value then return nil, message end
      at = #argument + 1
    end
    local ok
    ok, message = set(self.parsed, option, value, self.lenient)
    if not ok then return nil, message end
  end
  return true
end

function Reader:read()
  local positionals = {}
  for argument in self.next, self do
    local ok, message = true, nil
    if argument == "--" then
      for rest in self.next, self do positionals[#positionals + 1] = rest end
    elseif argument:sub(1, 2) == "--" then
      ok, message = self:long(argument)
    elseif argument:sub(1, 1) == "-" and argument ~= "-" then
      ok, message = self:short(argument)
    else
      positionals[#positionals + 1] = argument
    end
    if not ok then return nil, message end
  end
  return positionals
end

-- "a,b\,c" -> { "a", "b,c" }
local function split_list(value)
  local list = {}
  for item in (value:gsub("\\,", "\0") .. ","):gmatch "([^,]*)," do list[#list + 1] = item:gsub("%z", ",") end
  return list
end

local flags = { ["1"] = "true", ["0"] = "false" }

local function from_variable(parsed, option, name)
  local value = os.getenv(name)
  if not value or value == "" or parsed[arguments.key(option)] ~= nil then return true end
  for _, item in ipairs(option.many and split_list(value) or { value }) do
    local ok, message = set(parsed, option, not option.value and flags[item] or item)
    if not ok then return nil, ("$%s: %s"):format(name, message) end
  end
  return true
end

local function from_environment(parsed, options)
  for _, option in ipairs(options) do
    for _, name in ipairs(arguments.variables(option)) do
      local ok, message = from_variable(parsed, option, name)
      if not ok then return nil, message end
    end
  end
  return true
end

local function count(command, positionals)
  local least, most = 0, 0
  for _, argument in ipairs(command.arguments or {}) do
    if not argument.optional then least = least + 1 end
    most = argument.many and math.huge or most + 1
  end
  if #positionals < least then
    return nil, ("missing %s"):format(command.arguments[#positionals + 1].name)
  elseif #positionals > most then
    return nil, ("unexpected argument %q"):format(positionals[most + 1])
  end
  return true
end

--- parse(command, argv, [path]) -> options by name, list of arguments, names of the options that a configuration file
--- set which was found and not named | nil, message. Where the path is given, such as "db import", the configuration
--- file is read; the command line comes first, then the environment.
function arguments.parse(command, argv, path)
  local options = arguments.all(command)
  local longs, shorts, names = index(options)
  local reader = setmetatable({ argv = argv, at = 0, parsed = {}, lenient = command.lenient }, Reader)
  reader.longs, reader.shorts, reader.names = longs, shorts, names
  local positionals, message = reader:read()
  if not positionals then return nil, message end
  if reader.parsed.help then return reader.parsed, positionals end
  local ok
  ok, message = count(command, positionals)
  if not ok then return nil, message end
  ok, message = from_environment(reader.parsed, options)
  if not ok then return nil, message end
  if not path or command.is_fixed then return reader.parsed, positionals, {} end
  local found
  found, message = require "tarsier.cli.config".fill(reader.parsed, command, path) -- it requires this module
  if not found then return nil, message end
  return reader.parsed, positionals, found
end

return arguments
