-- The command line's grammar, read by a command's own table:
--   options = { { long = "format", short = "f", value = "FORMAT", many = true, help = "…" }, … }
-- An option without `value` is a flag. `many` collects a list; `choices` lists the values there are; `integer` wants a
-- whole number; `env` names the variable that stands in for a missing option; `also` is another long name.
--
-- A command with `lenient` is written as clair-scanner was: -t=High is -t High, flags may say --all=false, and an empty
-- FILE is none, as in -w "$WHITELIST" of a pipeline that has no whitelist.

local nearest = require "tarsier.nearest"

local arguments = {}

--- Options that every command has.
arguments.common = { { long = "help", short = "h", help = "show this help" } }

--- all(command) -> its options and the common ones
function arguments.all(command)
  local list = { table.unpack(command.options or {}) }
  table.move(arguments.common, 1, #arguments.common, #list + 1, list)
  return list
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
      nearest.hint(value, option.choices))
  end
  if option.integer then
    local number = value:match "^%d+$" and math.tointeger(tonumber(value))
    if not number or number < option.integer then
      return nil, ("%s: %q is not a whole number of at least %d"):format(shown(option), value, option.integer)
    end
    return number
  end
  if value == "" then return nil, ("%s wants a %s, not nothing"):format(shown(option), option.value) end
  return value
end

local booleans = { ["true"] = true, ["false"] = false }

local function set(parsed, option, value, lenient)
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
  return nil, ("%s wants a %s after it"):format(shown(option), option.value)
end

function Reader:long(argument)
  local name, given = argument:match "^%-%-([^=]*)=(.*)$"
  name = name or argument:sub(3)
  local option = self.longs[name]
  if not option then
    return nil, ("unknown option --%s%s"):format(name, nearest.hint("--" .. name, self.names))
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

local function from_environment(parsed, options)
  for _, option in ipairs(options) do
    local value = option.env and os.getenv(option.env)
    if value and value ~= "" and parsed[arguments.key(option)] == nil then
      local ok, message = set(parsed, option, value)
      if not ok then return nil, ("$%s: %s"):format(option.env, message) end
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

--- parse(command, argv) -> options by name, list of arguments | nil, message
function arguments.parse(command, argv)
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
  return reader.parsed, positionals
end

return arguments
