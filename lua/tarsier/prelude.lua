--- What surrounds policies inside the sandbox: the helpers they may call, the check of what they declare, the loops
-- that run their hooks. It is built into the engine and runs before any policy, with what only it may have; policies
-- get copies of the libraries, so that none can change what another sees.
--
-- library: what policies may call, by name; trusted: what only this file may call; host: the engine's functions.

local library, trusted, host = ...
local error, ipairs, next, tonumber, type = library.error, library.ipairs, library.next, library.tonumber, library.type
local find, format, gmatch = library.string.find, library.string.format, library.string.gmatch
local lower, match, sub = library.string.lower, library.string.match, library.string.sub
local concat, sort = library.table.concat, library.table.sort
local floor = library.math.floor
local getmetatable, setmetatable = trusted.getmetatable, trusted.setmetatable

local function copy(value)
  if type(value) ~= "table" then return value end
  local result = {}
  for key, item in next, value do result[key] = copy(item) end
  return result
end

-- The keys of a table in an order that is the same in every run: numbers, then text, then whatever else.
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

local function one_of(names)
  return names[2] and concat(names, ", ", 1, #names - 1) .. " or " .. names[#names] or names[1]
end

-- ---- helpers ------------------------------------------------------------------------------------------------------

local severities = { "Unknown", "Negligible", "Low", "Medium", "High", "Critical", "Defcon1" }
local rank, is_severity = {}, {}
for i, name in ipairs(severities) do rank[name], rank[lower(name)], is_severity[name] = i, i, true end

local today -- the host's; an example may name another

local function check_text(helper, position, value)
  if type(value) == "string" then return value end
  error(format("%s: argument %d must be text, is a %s", helper, position, type(value)), 3)
end

local function severity_rank(value)
  return rank[value] or type(value) == "string" and rank[lower(value)] or nil
end

-- Days since 1970-01-01 in the Gregorian calendar; years are counted from March, so that the leap day comes last.
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
}

-- Is severity `a` as severe as `b`, or more? Names in any case.
function helpers.at_least(a, b)
  local left, right = severity_rank(a), severity_rank(b)
  if left and right then return left >= right end
  local position, wrong = left and 2 or 1, left and b or a
  if type(wrong) ~= "string" then
    error(format("at_least: argument %d must be a severity, is a %s", position, type(wrong)), 2)
  end
  error(format("at_least: '%s' is no severity%s; there are %s", wrong, hint(wrong, severities), one_of(severities)), 2)
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
  return today
end

-- Whole days from a date, or a time that begins with one, to today; nil for what is no date.
function helpers.days_since(date)
  local day = day_number(check_text("days_since", 1, date))
  return day and day_number(today) - day
end

-- pairs in an order that is the same in every run: judgements are reproducible.
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
    until key == nil or value ~= nil -- what was taken out meanwhile
    return key, value
  end
end

local everything, names = {}, {}
for name, value in next, library do everything[name] = value end
for name, value in next, helpers do everything[name] = value end
everything.pairs = ordered_pairs
for _, name in ipairs(ordered_keys(everything)) do names[#names + 1] = name end

local environment_meta = {
  __index = function(_, name)
    error(format("policies have no global '%s'%s", name, hint(name, names)), 2)
  end,
}

local function new_environment()
  return setmetatable(copy(everything), environment_meta)
end

-- ---- what a policy declares ---------------------------------------------------------------------------------------

local fields = {
  name = "string", summary = "string", description = "string", options = "table",
  finding = "function", image = "function", verdict = "function", examples = "table",
}
local example_fields = {
  finding = "table", image = "table", verdict = "table", findings = "table", options = "table", so_far = "table",
  hook = "string", expect = "string", reason = "string", today = "string",
}
local hooks = { "finding", "image", "verdict" }

local function an(kind)
  return (match(kind, "^[aeiou]") and "an " or "a ") .. kind
end

-- Every field known and of its type; `place` is what precedes the field in messages.
local function check_fields(object, known, place)
  for _, key in ipairs(ordered_keys(object)) do
    local expected = known[key]
    if not expected then
      local word = type(key) == "string" and key or type(key)
      error(format("%sunknown field '%s'%s", place, word, hint(key, ordered_keys(known))), 0)
    end
    if type(object[key]) ~= expected then
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

local function example_hook(example)
  return example.hook or example.finding and "finding" or example.verdict and "verdict" or example.image and "image"
end

local function check_examples(policy)
  for i, example in ipairs(policy.examples or {}) do
    local place = format("example %d: ", i)
    if type(example) ~= "table" then error(place .. "must be a table, is " .. an(type(example)), 0) end
    check_fields(example, example_fields, place)
    local hook = example_hook(example)
    if not hook then error(place .. "needs a 'finding', an 'image' or a 'verdict' to show to a hook", 0) end
    if hook ~= "finding" and hook ~= "image" and hook ~= "verdict" then
      error(format("%sthere is no hook '%s'%s", place, hook, hint(hook, hooks)), 0)
    end
    if not policy[hook] then error(format("%sthe policy has no %s hook", place, hook), 0) end
  end
end

local function check_policy(policy)
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
  check_options(policy.options or {})
  check_examples(policy)
end

-- ---- options ------------------------------------------------------------------------------------------------------

local booleans = {
  ["true"] = true, yes = true, on = true, ["1"] = true, ["false"] = false, no = false, off = false, ["0"] = false,
}

-- What `text`, from a command line, means for an option with this default.
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
    local wanted = kind == "table" and "a table, which no text can give" or an(kind)
    error(format("option '%s' must be %s, and '%s' is none", key, wanted, text), 0)
  end
  return value
end

-- An option whose default is a severity takes severities, in any case.
local function check_severity(key, value, default)
  if not is_severity[default] then return value end
  local position = severity_rank(value)
  if not position then
    error(format("option '%s': '%s' is no severity%s; there are %s", key, value, hint(value, severities),
      one_of(severities)), 0)
  end
  return severities[position]
end

local function override(options, defaults, key, value, is_text)
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
  options[key] = check_severity(key, value, default)
end

local function resolve_options(policy, overrides, settings)
  local defaults = policy.options or {}
  local options = copy(defaults)
  for _, key in ipairs(ordered_keys(overrides or {})) do override(options, defaults, key, overrides[key]) end
  for _, setting in ipairs(settings or {}) do override(options, defaults, setting[1], setting[2], true) end
  return options
end

-- ---- records ------------------------------------------------------------------------------------------------------

-- A finding comes with `index`, `id`, `severity` and `fixed_by`, which most policies decide by; the rest is fetched
-- at the first look at anything else. (One with `kev` comes whole.)
local finding_meta = {}

local function whole(finding)
  if type(finding) == "table" and getmetatable(finding) == finding_meta then
    setmetatable(finding, nil)
    for key, value in next, host.whole(finding.index) do
      if finding[key] == nil then finding[key] = value end
    end
  end
  return finding
end

function finding_meta.__index(finding, key)
  if key == "fixed_by" or key == "kev" then return nil end
  return whole(finding)[key]
end

function finding_meta.__pairs(finding)
  return ordered_pairs(whole(finding))
end

host.light(finding_meta)

function everything.next(list, key)
  return next(whole(list), key)
end

-- image.packages is made when somebody asks: there may be thousands.
local image_meta = {
  __index = function(image, key)
    if key ~= "packages" then return nil end
    image.packages = host.packages()
    return image.packages
  end,
}

local function new_image()
  return setmetatable(host.image(), image_meta)
end

-- All findings with their decisions, each made when somebody asks.
local findings_meta = {
  __len = function() return host.count() end,
  __index = function(_, i)
    if type(i) ~= "number" or i < 1 or i > host.count() or floor(i) ~= i then return nil end
    return host.decided(i)
  end,
}
function findings_meta.__pairs(findings)
  return function(_, i)
    if i < host.count() then return i + 1, findings[i + 1] end
  end, findings, 0
end

-- ---- what the engine calls ----------------------------------------------------------------------------------------

local loaded = {} -- by position: { policy =, options =, image = }
local run = {}

function run.names()
  return names
end

--- load(position, overrides, settings, today) --> what the policy says about itself
function run.load(position, overrides, settings, date)
  today = date
  local policy = host.compile(position, new_environment())()
  check_policy(policy)
  local options = resolve_options(policy, overrides, settings)
  loaded[position] = { policy = policy, options = options }
  local present = {}
  for _, hook in ipairs(hooks) do
    if policy[hook] then present[#present + 1] = hook end
  end
  return {
    name = policy.name, summary = policy.summary, description = policy.description, options = options,
    defaults = policy.options or {}, hooks = present, examples = #(policy.examples or {}),
  }
end

local function say(hook, where, decision, reason)
  if decision ~= nil or reason ~= nil then host.word(hook, where, decision, reason) end
end

function run.image(position)
  local entry = loaded[position]
  entry.image = new_image()
  local hook = entry.policy.image
  if hook then say(hook, "image", hook(entry.image, entry.options)) end
end

function run.findings(position)
  local entry = loaded[position]
  local hook, options, image = entry.policy.finding, entry.options, entry.image
  if not hook then return end
  for i = 1, host.count() do
    say(hook, i, hook(host.finding(i), host.so_far(i), options, image))
  end
end

--- verdict(position, tally) --> details, or nil
function run.verdict(position, tally)
  local entry = loaded[position]
  local hook = entry.policy.verdict
  if not hook then return nil end
  local decision, reason, details = hook(tally, entry.options, setmetatable({}, findings_meta), entry.image)
  say(hook, "verdict", decision, reason)
  return details
end

-- ---- examples -----------------------------------------------------------------------------------------------------

-- An example says what matters; the rest is as in a plain scan. `false` stands for what is not there.
local plain_package = {
  type = "deb", ecosystem = "Debian:12", name = "example", version = "1.0", architecture = "amd64",
  source = { name = "example", version = "1.0" }, purl = "pkg:deb/debian/example@1.0?arch=amd64",
  path = "var/lib/dpkg/status", reader = "dpkg", kernel = false, layer = 1,
}
local plain_layer = {
  index = 1, digest = "sha256:0", diff_id = "sha256:0", created_by = "RUN apt-get install example", media_type = "",
  size = 1, cached = false,
}
local plain_finding = {
  index = 1, id = "CVE-2000-0001", aliases = {}, severity = "Unknown", severity_source = "", summary = "",
  description = "", url = "", published = "2000-01-01T00:00:00Z", modified = "2000-01-01T00:00:00Z", references = {},
  package = plain_package, layer = plain_layer, backend = "embedded", informational = false,
}
local plain_image = {
  reference = "example.tar", name = "example:1", digest = "", id = "", os = "linux", architecture = "amd64",
  variant = "", created = "",
  config = { user = "", working_dir = "", env = {}, entrypoint = {}, cmd = {}, exposed_ports = {}, labels = {} },
  distro = { id = "debian", version = "12", codename = "bookworm", name = "Debian GNU/Linux 12 (bookworm)" },
  ecosystem = "Debian:12", layers = { plain_layer }, problems = {}, packages = { plain_package },
  database = {
    path = "example.db", built = "", newest = "", kev_date = "", epss_date = "", advisories = 1, packages = 1,
    starter = false, ecosystems = { "Debian:12" },
  },
}
local plain_tally = {
  fail = 0, warn = 0, accept = 0, ignore = 0, undecided = 0, total = 0, severity = {}, decision = "pass",
}

local function is_list(value)
  return type(value) == "table" and (value[1] ~= nil or next(value) == nil)
end

local function complete(given, plain)
  local result = copy(plain)
  for key, value in next, given or {} do
    if value == false and type(plain[key]) ~= "boolean" then
      result[key] = nil
    elseif type(value) == "table" and not is_list(value) and type(result[key]) == "table" then
      result[key] = complete(value, result[key])
    else
      result[key] = copy(value)
    end
  end
  return result
end

local function run_hook(hook, example, policy, options)
  local image = complete(example.image, plain_image)
  if hook == "finding" then
    return policy.finding(complete(example.finding, plain_finding), copy(example.so_far), options, image)
  elseif hook == "image" then
    return policy.image(image, options)
  end
  local findings = {}
  for i, finding in ipairs(example.findings or {}) do findings[i] = complete(finding, plain_finding) end
  return policy.verdict(complete(example.verdict, plain_tally), options, findings, image)
end

--- example(position, index) --> { ok, hook, expected, got, reason }, of the policy that was loaded at that position
function run.example(position, index)
  local policy = loaded[position].policy
  local example = policy.examples[index]
  local hook = example_hook(example)
  today = example.today or today
  local got, reason = run_hook(hook, example, policy, resolve_options(policy, example.options))
  host.check_word(policy[hook], hook, got, reason)
  got = got or "none"
  local expected = example.expect or "none"
  local is_told = not example.reason or reason ~= nil and find(reason, example.reason, 1, true) ~= nil
  return {
    ok = got == expected and is_told, hook = hook, got = got, reason = reason,
    expected = expected .. (example.reason and format(" with '%s' in the reason", example.reason) or ""),
  }
end

return run
