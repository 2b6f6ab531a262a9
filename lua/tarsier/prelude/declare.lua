--- Checks a policy's declaration: its fields, its examples and its options.

local prelude = ...
local library = prelude.library
local error, ipairs, next, tonumber, type = library.error, library.ipairs, library.next, library.tonumber, library.type
local format, gmatch, lower, match = library.string.format, library.string.gmatch, library.string.lower,
  library.string.match
local concat = library.table.concat
local copy, hint, an, one_of, ordered_keys = prelude.copy, prelude.hint, prelude.an, prelude.one_of,
  prelude.ordered_keys
local severities, is_severity, severity_rank = prelude.severities, prelude.is_severity, prelude.severity_rank
local records, check_record = prelude.records, prelude.check_record

-- ---- fields -------------------------------------------------------------------------------------------------------

local fields = {
  name = "string", summary = "string", description = "string", options = "table", choices = "table",
  needs = "table", finding = "function", image = "function", verdict = "function", examples = "table",
}
local example_fields = {
  finding = "table", image = "table", verdict = "table", findings = "table", options = "table", so_far = "table",
  hook = "string", expect = "string", reason = "string", today = "string",
}
local hooks = { "finding", "image", "verdict" }
prelude.hooks = hooks

-- Checks that every field is known and of its type. `place` precedes the field in messages.
local function check_fields(object, known, place)
  for _, key in ipairs(ordered_keys(object)) do
    local expected = known[key]
    if not expected then
      local word = type(key) == "string" and key or type(key)
      error(format("%sunknown field '%s'%s", place, word, hint(key, ordered_keys(known))), 0)
    end
    if type(object[key]) ~= expected and not (key == "needs" and type(object[key]) == "function") then
      error(format("%sfield '%s' must be %s, is %s", place, key, an(expected), an(type(object[key]))), 0)
    end
  end
end

local function check_options(options)
  for _, key in ipairs(ordered_keys(options)) do
    if type(key) ~= "string" or not match(key, "^[%w_-]+$") then
      error("field 'options': names must be text of letters, digits, _ and -", 0)
    end
    local kind = type(options[key])
    if kind ~= "string" and kind ~= "number" and kind ~= "boolean" and kind ~= "table" then
      error(format("field 'options': the default of '%s' must be text, a number, a boolean or a table, is %s", key,
        an(kind)), 0)
    end
  end
end

local function is_one_of(value, list)
  for _, item in ipairs(list) do
    if item == value then return true end
  end
  return false
end

-- What a scan gathers only for policies that need it.
local known_needs = { "files", "secrets", "upgrades" }

--- needs_of(policy, options) -> a copy of the list; raises unless it is one. A function decides by the options.
function prelude.needs_of(policy, options)
  local needs = policy.needs or {}
  if type(needs) == "function" then needs = needs(options) end
  if type(needs) ~= "table" then error("field 'needs': a list is expected, is " .. an(type(needs)), 0) end
  for _, key in ipairs(ordered_keys(needs)) do
    local word = type(needs[key]) == "string" and needs[key] or type(needs[key])
    if type(key) ~= "number" or not is_one_of(word, known_needs) then
      error(format("field 'needs': '%s' is not known%s; there are %s", word, hint(word, known_needs),
        one_of(known_needs)), 0)
    end
  end
  return copy(needs)
end

local function check_choices(choices, options)
  for _, key in ipairs(ordered_keys(choices)) do
    if options[key] == nil then error(format("field 'choices': there is no option '%s'", key), 0) end
    if type(choices[key]) ~= "table" or not is_one_of(options[key], choices[key]) then
      error(format("field 'choices': '%s' must be a list that has the option's default", key), 0)
    end
  end
end

--- example_hook(example) -> the name of the hook that the example calls
local function example_hook(example)
  return example.hook or example.finding and "finding" or example.verdict and "verdict" or example.image and "image"
end

prelude.example_hook = example_hook

local function check_example_records(example, place)
  check_record(example.finding, records.finding, place)
  check_record(example.image, records.image, place)
  check_record(example.verdict, records.tally, place)
  check_record(example.so_far, records.so_far, place)
  for _, item in ipairs(example.findings or {}) do check_record(item, records.finding, place) end
end

local function check_examples(policy)
  for i, example in ipairs(policy.examples or {}) do
    local place = format("example %d: ", i)
    if type(example) ~= "table" then error(place .. "must be a table, is " .. an(type(example)), 0) end
    check_fields(example, example_fields, place)
    local hook = example_hook(example)
    if not hook then error(place .. "needs a 'finding', an 'image' or a 'verdict' to show to a hook", 0) end
    if hook ~= "finding" and hook ~= "image" and hook ~= "verdict" then
      error(format("%sunknown hook '%s'%s", place, hook, hint(hook, hooks)), 0)
    end
    if not policy[hook] then error(format("%sthe policy has no %s hook", place, hook), 0) end
    check_example_records(example, place)
  end
end

--- check_policy(policy): raises unless it is a table as policies/default.lua describes it
function prelude.check_policy(policy)
  if type(policy) ~= "table" then
    error("the file must return a table, returns " .. (policy == nil and "nothing" or an(type(policy))), 0)
  end
  check_fields(policy, fields, "")
  for _, key in ipairs { "name", "summary" } do
    if policy[key] == nil or policy[key] == "" then error(format("field '%s' is missing", key), 0) end
  end
  if not match(policy.name, "^%w[%w_.-]*$") or #policy.name > 64 then
    error("field 'name' must be up to 64 letters, digits, '_', '-' and '.'", 0)
  end
  if not (policy.finding or policy.image or policy.verdict) then
    error("has none of the hooks 'finding', 'image' and 'verdict': it decides nothing", 0)
  end
  if type(policy.needs) == "table" then prelude.needs_of(policy) end
  check_options(policy.options or {})
  check_choices(policy.choices or {}, policy.options or {})
  check_examples(policy)
end

-- ---- options ------------------------------------------------------------------------------------------------------

local booleans = {
  ["true"] = true, yes = true, on = true, ["1"] = true, ["false"] = false, no = false, off = false, ["0"] = false,
}

-- Returns the value of `text`, from a command line, for an option with this default.
local function convert(key, text, default)
  local kind = type(default)
  if kind == "string" then return text end
  local value
  if kind == "number" then
    value = tonumber(text)
  elseif kind == "boolean" then
    value = booleans[lower(text)]
  elseif next(default) == nil or default[1] ~= nil and type(default[1]) ~= "table" then
    value = {}
    for item in gmatch(text, "[^,]+") do
      item = match(item, "^%s*(.*)$")
      item = match(item, "^(.*%S)") or ""
      if type(default[1]) == "number" then item = tonumber(item) end
      if item ~= "" then value[#value + 1] = item end
    end
  end
  if value == nil then
    local table_wanted = "a table in a JSON or YAML file, written as @FILE"
    local wanted = kind == "table" and table_wanted or an(kind)
    error(format("option '%s' must be %s, not '%s'", key, wanted, text), 0)
  end
  return value
end

-- An option whose default is a severity accepts severities, in any case.
local function check_severity(key, value, default)
  if not is_severity[default] then return value end
  local position = severity_rank(value)
  if not position then
    error(format("option '%s': '%s' is not a severity%s; there are %s", key, value, hint(value, severities),
      one_of(severities)), 0)
  end
  return severities[position]
end

local function check_choice(key, value, choices)
  if not choices or is_one_of(value, choices) then return end
  local word = type(value) == "string" and value or type(value)
  error(format("option '%s': '%s' is not a choice%s; there are %s", key, word, hint(word, choices), one_of(choices)), 0)
end

local function override(policy, options, key, value, is_text)
  local defaults = policy.options or {}
  local default = defaults[key]
  if default == nil then
    local known = ordered_keys(defaults)
    local those = known[1] and concat(known, ", ") or "none"
    error(format("has no option '%s'%s; it has %s", key, hint(key, known), those), 0)
  end
  if is_text then value = convert(key, value, default) end
  if type(value) ~= type(default) then
    error(format("option '%s' must be %s, is %s", key, an(type(default)), an(type(value))), 0)
  end
  check_choice(key, value, policy.choices and policy.choices[key])
  options[key] = check_severity(key, value, default)
end

--- resolve_options(policy, overrides, settings) -> its options: the defaults, then overrides by name, then settings
-- { name, text or value }
function prelude.resolve_options(policy, overrides, settings)
  local defaults = policy.options or {}
  local options = copy(defaults)
  for _, key in ipairs(ordered_keys(overrides or {})) do override(policy, options, key, overrides[key]) end
  for _, setting in ipairs(settings or {}) do override(policy, options, setting[1], setting[2], setting[3]) end
  return prelude.strict_options(options, defaults)
end
