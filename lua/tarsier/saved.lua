-- Reads the JSON report of an earlier scan back into a result, so that it can be judged and reported again.

local cjson = require "cjson.safe"
local core = require "tarsier.core"

local saved = {}

--- Limit of a report's size, the same as the engine's: about half a million findings.
saved.MAX_BYTES = 512 << 20

-- Errors are tables with a text, which distinguishes them from faults of this module.
local function fail(...)
  error({ text = string.format(...) }, 0)
end

local names = { string = "text", number = "a number", boolean = "true or false", table = "an object or a list" }

-- ---- readers: read(value, place) -> value, as the schema has it; place is for messages ------------------------------

local function of_type(kind, default)
  return function(value, place)
    if value == nil then return default end
    if type(value) ~= kind then fail("%s must be %s, is %s", place, names[kind], names[type(value)] or type(value)) end
    return value
  end
end

-- JSON has no infinity, but 1e999 is read as one.
local function finite(read)
  return function(value, place)
    value = read(value, place)
    if value and (value ~= value or math.abs(value) == math.huge) then fail("%s is not a finite number", place) end
    return value
  end
end

local function whole(value, place)
  value = of_type("number", 0)(value, place)
  return math.tointeger(value) or fail("%s must be a whole number, is %s", place, tostring(value))
end

local text, count, flag = of_type("string", ""), whole, of_type("boolean", false)
local number, score = finite(of_type("number")), finite(of_type("number", 0)) -- the first may be absent
local word = of_type "string"

local function record(fields)
  return function(value, place)
    value = of_type("table", {})(value, place)
    for key, read in pairs(fields) do value[key] = read(value[key], place .. "." .. key) end
    return value
  end
end

local function optional(read)
  return function(value, place)
    if value ~= nil then return read(value, place) end
  end
end

local function list(read)
  return function(value, place)
    value = of_type("table", {})(value, place)
    for key, item in pairs(value) do
      if math.type(key) ~= "integer" then fail("%s must be a list", place) end
      value[key] = read(item, ("%s[%d]"):format(place, key))
    end
    return value
  end
end

local function one_of(what, choices, default)
  return function(value, place)
    if value == nil then return default end
    if not choices[value] then fail("%s must be a %s, is %s", place, what, tostring(value)) end
    return value
  end
end

local function required(read)
  return function(value, place)
    if value == nil then fail("it has no %s", place) end
    return read(value, place)
  end
end

-- ---- the schema: README.md, "The JSON report" -----------------------------------------------------------------------

local severity = one_of("severity", { Unknown = true, Negligible = true, Low = true, Medium = true, High = true,
  Critical = true,
  Defcon1 = true }, "Unknown")
local status = one_of("status", { affected = true, fixed = true, not_affected = true, will_not_fix = true,
  fix_deferred = true, end_of_life = true, under_investigation = true, unimportant = true }, "affected")
local layer = record { index = count, digest = text, diff_id = text, created_by = text, media_type = text, size = count,
  cached = flag, base = optional(flag) }
local package = record { index = count, type = text, ecosystem = text, name = text, version = text,
  architecture = text, source = record { name = text, version = text }, purl = text, path = text, reader = text,
  module = text, vendor = text, licenses = list(text), owner = text, found_by = text,
  kernel = flag, layer = count }
local finding = record { id = text, aliases = list(text), severity = severity, severity_source = text,
  severities = list(record { source = text, severity = severity, vector = word, score = number }),
  status = status, status_source = text, cwes = list(text), eu_exploited = text,
  ssvc = optional(record { exploitation = text, automatable = text, impact = text }), risk = number, fixed_by = word,
  summary = text, description = text, url = text, published = text, modified = text, references = list(text),
  informational = flag, symbol = text, backend = text, package = package, layer = optional(layer),
  cvss = optional(record { vector = text, score = score }),
  epss = optional(record { score = score, percentile = score }),
  kev = optional(record { added = text, due = text, ransomware = flag }) }
local image = record { reference = text, name = text, digest = text, id = text, os = text, architecture = text,
  variant = text, created = text, ecosystem = text, layers = list(layer),
  distro = record { id = text, version = text, codename = text, name = text, support_ends = text,
    extended_support_ends = text },
  config = record { user = text, working_dir = text, env = list(text), entrypoint = list(text), cmd = list(text),
    exposed_ports = list(text), labels = of_type("table", {}), volumes = list(text), healthcheck = list(text) },
  files = optional(list(record { path = text, size = count, mode = count, is_folder = flag, layer = count,
    deleted_by = number })),
  annotations = of_type("table", {}), history = list(record { created = text, created_by = text, comment = text,
    empty_layer = flag }),
  base = optional(record { layers = count, name = text, digest = text, evidence = text, guess = flag }) }
local problem = record { kind = text, subject = text, message = text, layer = optional(count),
  ignored = optional(flag) }
local database = record { path = text, built = text, newest = text, kev_date = text, epss_date = text,
  epss_model = text, advisories = count, packages = count, starter = flag, ecosystems = list(text),
  feeds = list(record { name = text, newest = text, records = count, covered = flag }),
  omissions = list(record { reason = text, count = count }) }
local document = record {
  schema = required(word), tarsier = record { version = text }, started = text, finished = text,
  image = required(image), packages = required(list(package)), problems = required(list(problem)),
  findings = required(list(finding)), backend = record { name = text, url = word }, database = optional(database),
  usage = optional(record { seconds = score, bytes_read = count, layers_read = count, layers_cached = count }),
}

-- What judging adds, for reports that are only written again.

local said = record { policy = text, hook = word, decision = text, reason = word }
local some = optional(count)
local counts = record { Defcon1 = some, Critical = some, High = some, Medium = some, Low = some, Negligible = some,
  Unknown = some }
local ends = record { total = count, severity = counts, ids = list(text) }
local step = record { kind = text, text = text, command = word, layer = optional(count), base = optional(flag),
  instruction = word, place = text, ends = ends, packages = list(record { type = text, name = text, version = text,
    to = word, names = list(text), paths = list(text) }) }
local open = record { type = text, name = text, version = text, layer = optional(count), base = optional(flag),
  ids = list(text), fails = optional(flag), status = word, since = word, total = count, severity = counts }
local entry = record { id = text, package = word, image = word, images = optional(list(text)), owner = word,
  reason = word, ["until"] = word }
local verdict = record {
  decision = required(one_of("decision", { pass = true, warn = true, fail = true })), pass = flag, reasons = list(text),
  tally = record { fail = count, warn = count, accept = count, ignore = count, undecided = count, total = count,
    severity = counts },
  trail = list(said), whitelist = optional(record { file = word, unused = list(entry), expired = list(entry) }),
  policies = list(record { name = text, summary = text, file = text, options = of_type("table", {}),
    usage = optional(record { instructions = count, memory = count, seconds = score }) }),
}
local judged = record {
  verdict = optional(verdict),
  advice = optional(record { pass = list(step), rest = list(step), open = list(open), refusals = list(said) }),
  baseline = optional(record { file = text, new = count, known = count, gone = list(record { id = text,
    severity = severity, package = text, version = text, type = text }) }),
}
local decided = record { decision = one_of("decision", { fail = true, warn = true, accept = true, ignore = true,
  undecided = true }), reason = word, policy = word, trail = list(said), baseline = word,
  vex = optional(list(record { file = word, author = word, time = word, id = word, status = word,
    justification = word, text = word, obeyed = flag, refusal = word })) }

-- ---- reading --------------------------------------------------------------------------------------------------------

local function without_null(value)
  for key, item in pairs(value) do
    if item == cjson.null then
      value[key] = nil
    elseif type(item) == "table" then
      without_null(item)
    end
  end
end

local function decode(bytes)
  local value, message = cjson.decode(bytes)
  if message then fail("not JSON: %s", message) end
  if type(value) ~= "table" then fail("not a report: a JSON object is expected") end
  without_null(value)
  if value.schema ~= "1" then
    fail(value.schema and "a report of schema %s, and this tarsier reads schema 1" or "not a JSON report of a scan",
      tostring(value.schema))
  end
  return value
end

-- A scan's findings without what was decided on them.
local function read(bytes)
  local value = decode(bytes)
  if value.packages and not value.findings then
    fail "it only lists packages, which were not matched: scan the image with -f json"
  end
  document(value, "report")
  value.verdict, value.advice, value.baseline = nil, nil, nil -- are made anew
  for _, item in ipairs(value.findings) do
    item.baseline, item.vex = nil, nil
    item.decision, item.reason, item.policy, item.trail = nil, nil, nil, nil
    item.risk = item.risk or core.risk(item) -- a report of an earlier version has none
  end
  return value
end

-- The whole report; it may be a list of packages, without findings.
local function read_judged(bytes)
  local value = decode(bytes)
  local has_findings = value.findings ~= nil
  value.findings = value.findings or {}
  document(value, "report")
  judged(value, "report")
  for i, item in ipairs(value.findings) do
    decided(item, ("findings[%d]"):format(i))
    if item.decision == "undecided" then item.decision = nil end -- as judging leaves it
  end
  if not has_findings then value.findings = nil end
  return value
end

local function guarded(reader, bytes, name)
  if #bytes > saved.MAX_BYTES then
    return nil, ("%s: larger than %d MiB"):format(name, saved.MAX_BYTES >> 20), "LIMIT"
  end
  local ok, result = pcall(reader, bytes)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  return nil, ("%s: %s"):format(name, result.text), "FORMAT"
end

--- read(bytes, name) -> result, not judged | nil, message, "FORMAT"
function saved.read(bytes, name)
  return guarded(read, bytes, name)
end

--- read_judged(bytes, name) -> result with the decisions, the verdict and the advice of the report | nil, message,
--- "FORMAT". A report of packages gives a result without findings.
function saved.read_judged(bytes, name)
  return guarded(read_judged, bytes, name)
end

return saved
