--- The environment of policies in the sandbox, first part: small functions for the other parts, and the functions for
-- policies. The files of this folder are built into the engine and run before any policy, in the order of the Makefile.
-- They share one table, `prelude`. The engine and the later parts call its functions.
--
-- prelude.library: the functions for policies, by name. prelude.trusted: functions for these files only. prelude.host:
-- the engine's functions. Policies get copies of the libraries, so that one policy cannot change what another sees.

local prelude = ...
local library, trusted, host = prelude.library, prelude.trusted, prelude.host
local error, ipairs, next, tonumber, type = library.error, library.ipairs, library.next, library.tonumber, library.type
local find, format, lower = library.string.find, library.string.format, library.string.lower
local match, sub = library.string.match, library.string.sub
local concat, sort = library.table.concat, library.table.sort
local getmetatable, setmetatable = trusted.getmetatable, trusted.setmetatable

local function copy(value)
  if type(value) ~= "table" then return value end
  local result = {}
  for key, item in next, value do result[key] = copy(item) end
  return result
end

-- Returns the keys of a table in the same order in every run: numbers, then text, then all others.
local function ordered_keys(list)
  local numbers, words, rest = {}, {}, {}
  for key in next, list do
    local kind = type(key)
    local into = kind == "number" and numbers or kind == "string" and words or rest
    into[#into + 1] = key
  end
  sort(numbers)
  sort(words)
  for _, key in ipairs(words) do numbers[#numbers + 1] = key end
  for _, key in ipairs(rest) do numbers[#numbers + 1] = key end
  return numbers
end

local function hint(word, known)
  local nearest = type(word) == "string" and host.nearest(word, known)
  return nearest and format(" (did you mean '%s'?)", nearest) or ""
end

local function an(kind)
  return (match(kind, "^[aeiou]") and "an " or "a ") .. kind
end

local function one_of(names)
  return names[2] and concat(names, ", ", 1, #names - 1) .. " or " .. names[#names] or names[1]
end

-- ---- helpers ------------------------------------------------------------------------------------------------------

local severities = { "Unknown", "Negligible", "Low", "Medium", "High", "Critical", "Defcon1" }
local rank, is_severity = {}, {}
for i, name in ipairs(severities) do rank[name], rank[lower(name)], is_severity[name] = i, i, true end

local function check_text(helper, position, value)
  if type(value) == "string" then return value end
  error(format("%s: argument %d must be text, is a %s", helper, position, type(value)), 3)
end

local function severity_rank(value)
  return rank[value] or type(value) == "string" and rank[lower(value)] or nil
end

-- Days since 1970-01-01 in the Gregorian calendar. Years begin in March, so that the leap day comes last.
local function day_number(date)
  local year, month, day = match(date, "^(%d%d%d%d)%-(%d%d)%-(%d%d)")
  if not year then return nil end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if month < 1 or month > 12 or day < 1 or day > 31 then return nil end
  if month <= 2 then year = year - 1 end
  local day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  return year * 365 + year // 4 - year // 100 + year // 400 + day_of_year - 719468
end

local helpers = {
  severities = severities,
  glob = host.glob,
  version_compare = host.version_compare,
  risk = host.risk,
}

-- Returns true if severity `a` is at least as severe as `b`. Names in any case.
function helpers.at_least(a, b)
  local left, right = severity_rank(a), severity_rank(b)
  if left and right then return left >= right end
  local position, wrong = left and 2 or 1, left and b or a
  if type(wrong) ~= "string" then
    error(format("at_least: argument %d must be a severity, is a %s", position, type(wrong)), 2)
  end
  error(format("at_least: '%s' is not a severity%s; there are %s", wrong, hint(wrong, severities),
    one_of(severities)), 2)
end

function helpers.contains(text, needle)
  return find(check_text("contains", 1, text), check_text("contains", 2, needle), 1, true) ~= nil
end

function helpers.starts(text, prefix)
  return sub(check_text("starts", 1, text), 1, #check_text("starts", 2, prefix)) == prefix
end

function helpers.ends(text, suffix)
  return #check_text("ends", 2, suffix) == 0 or sub(check_text("ends", 1, text), -#suffix) == suffix
end

-- "2026-11-24"
function helpers.today()
  return prelude.today
end

-- Returns the whole days from a date, or a time that begins with one, to today; nil if the text is not a date.
function helpers.days_since(date)
  local day = day_number(check_text("days_since", 1, date))
  return day and day_number(prelude.today) - day
end

-- pairs in the same order in every run, because judgements are reproducible.
local function ordered_pairs(list)
  local meta = getmetatable(list)
  if meta and meta.__pairs then return meta.__pairs(list) end
  if type(list) ~= "table" then error("pairs: a table expected, got " .. (list == nil and "nil" or type(list)), 2) end
  local keys, i = ordered_keys(list), 0
  return function()
    local key, value
    repeat
      i = i + 1
      key = keys[i]
      if key ~= nil then value = list[key] end
    until key == nil or value ~= nil -- removed in the meantime
    return key, value
  end
end

local everything, names = {}, {}
for name, value in next, library do everything[name] = value end
for name, value in next, helpers do everything[name] = value end
everything.pairs = ordered_pairs
everything.require = error -- each environment has its own
for _, name in ipairs(ordered_keys(everything)) do names[#names + 1] = name end

-- ---- environments -------------------------------------------------------------------------------------------------

local environment_meta = {
  __index = function(_, name)
    prelude.unknown_name = true
    error(format("policies have no global '%s'%s", name, hint(name, names)), 2)
  end,
}

local MAX_MODULES = 100

-- Returns the function `require` of one policy and its modules. Each module runs once, in its own environment.
local function new_require(position)
  local modules, loading, count = {}, {}, 0
  local function require_module(name)
    check_text("require", 1, name)
    if modules[name] ~= nil then return modules[name] end
    if loading[name] then error(format("require: module '%s' requires itself", name), 2) end
    count = count + 1
    if count > MAX_MODULES then error(format("require: more than %d modules", MAX_MODULES), 2) end
    loading[name] = true
    local run, text = host.module(position, name, prelude.new_environment(require_module))
    prelude.sources[#prelude.sources + 1] = { name = name, text = text }
    local result = run(name)
    modules[name] = result == nil and true or result
    return modules[name]
  end
  return require_module
end

--- new_environment(require): a policy's or a module's globals
function prelude.new_environment(require_module)
  local environment = copy(everything)
  environment.require = require_module
  return setmetatable(environment, environment_meta)
end

--- compile(position) -> the policy's file as a function, in its own environment
function prelude.compile(position)
  local run, text = host.compile(position, prelude.new_environment(new_require(position)))
  prelude.sources = { { text = text } }
  return run
end

prelude.copy, prelude.ordered_keys, prelude.ordered_pairs = copy, ordered_keys, ordered_pairs
prelude.hint, prelude.one_of, prelude.an = hint, one_of, an
prelude.severities, prelude.severity_rank, prelude.is_severity = severities, severity_rank, is_severity
prelude.everything, prelude.names = everything, names
