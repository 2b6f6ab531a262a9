-- Reads the JSON report of an earlier scan back into a result, so that it can be judged and reported again.

local core = require "tarsier.core"

local saved = {}

--- Limit of a report's size, the same as the engine's: about half a million findings.
saved.MAX_BYTES = 512 << 20

local PIECE = 64 << 10 -- bytes of a file that are read at once

-- Errors are tables with a text, which distinguishes them from faults of this module.
local function fail(...)
  error({ text = string.format(...) }, 0)
end

local function fail_limit()
  error({ text = ("larger than %d MiB"):format(saved.MAX_BYTES >> 20), code = "LIMIT" }, 0)
end

local names = { string = "text", number = "a number", boolean = "true or false", table = "an object or a list" }

-- ---- readers: read(value, place, key) -> value, as the schema has it
-- ------------------------------------------------- The place of the value, and its key there, are for messages: they
-- are joined only if one is needed.

local function name_of(place, key)
  if not key then return place end
  return math.type(key) and ("%s[%d]"):format(place, key) or place .. "." .. key
end

local function of_type(kind, default)
  return function(value, place, key)
    if value == nil then return default end
    if type(value) == kind then return value end
    fail("%s must be %s, is %s", name_of(place, key), names[kind], names[type(value)] or type(value))
  end
end

-- JSON has no infinity, but 1e999 is read as one.
local function finite(read)
  return function(value, place, key)
    value = read(value, place, key)
    if value and (value ~= value or math.abs(value) == math.huge) then
      fail("%s is not a finite number", name_of(place, key))
    end
    return value
  end
end

local read_number = of_type("number", 0)

local function whole(value, place, key)
  value = read_number(value, place, key)
  return math.tointeger(value) or fail("%s must be a whole number, is %s", name_of(place, key), tostring(value))
end

local text, count, flag = of_type("string", ""), whole, of_type("boolean", false)
local number, score = finite(of_type("number")), finite(of_type("number", 0)) -- the first may be absent
local word, any_table = of_type "string", of_type "table"

local function record(fields)
  return function(value, place, key)
    value, place = any_table(value, place, key) or {}, name_of(place, key)
    for field, read in pairs(fields) do value[field] = read(value[field], place, field) end
    return value
  end
end

local function optional(read)
  return function(value, place, key)
    if value ~= nil then return read(value, place, key) end
  end
end

local function list(read)
  return function(value, place, key)
    value = any_table(value, place, key) or {}
    if next(value) == nil then return value end
    place = name_of(place, key)
    for i, item in pairs(value) do
      if math.type(i) ~= "integer" then fail("%s must be a list", place) end
      value[i] = read and read(item, place, i) or item
    end
    return value
  end
end

local function one_of(what, choices, default)
  return function(value, place, key)
    if value == nil then return default end
    if not choices[value] then fail("%s must be a %s, is %s", name_of(place, key), what, tostring(value)) end
    return value
  end
end

local function required(read)
  return function(value, place, key)
    if value == nil then fail("it has no %s", name_of(place, key)) end
    return read(value, place, key)
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
  module = text, vendor = text, licenses = list(text), owner = text, found_by = text, sha512 = word,
  kernel = flag, layer = count, requires = optional(list(text)), essential = optional(flag) }

-- What a finding has beside its package and its layer, which a report repeats in each: read_package and read_layer.
local function finding_record(read_package, read_layer)
  return record { id = text, aliases = list(text), severity = severity, severity_source = text,
    severities = list(record { source = text, severity = severity, vector = word, score = number }),
    status = status, status_source = text, cwes = list(text), eu_exploited = text, nvd_status = text,
    ssvc = optional(record { exploitation = text, automatable = text, impact = text }), risk = number,
    fixed_by = word, summary = text, description = text, url = text, published = text, modified = text,
    references = list(text), informational = flag, symbol = text, backend = text,
    cvss = optional(record { vector = text, score = score }),
    epss = optional(record { score = score, percentile = score }),
    kev = optional(record { added = text, due = text, ransomware = flag }),
    package = read_package, layer = optional(read_layer) }
end

local image = record { reference = text, name = text, digest = text, id = text, os = text, architecture = text,
  variant = text, created = text, ecosystem = text, layers = list(layer),
  distro = record { id = text, version = text, codename = text, name = text, support_ends = text,
    extended_support_ends = text },
  config = record { user = text, working_dir = text, env = list(text), entrypoint = list(text), cmd = list(text),
    exposed_ports = list(text), labels = of_type("table", {}), volumes = list(text), healthcheck = list(text) },
  secrets = optional(list(record { kind = text, title = text, path = text, offset = count, layer = optional(count) })),
  files = optional(list(record { path = text, size = count, mode = count, is_folder = flag, layer = count,
    deleted_by = number })),
  annotations = of_type("table", {}), history = list(record { created = text, created_by = text, comment = text,
    empty_layer = flag }),
  base = optional(record { layers = count, name = text, digest = text, evidence = text, guess = flag,
    signed = optional(flag), signature = word }) }
local problem = record { kind = text, subject = text, message = text, layer = optional(count),
  ignored = optional(flag) }
local database = record { path = text, built = text, newest = text, kev_date = text, epss_date = text,
  epss_model = text, advisories = count, packages = count, starter = flag, ecosystems = list(text),
  feeds = list(record { name = text, newest = text, records = count, covered = flag }),
  omissions = list(record { reason = text, count = count }) }
local document = record {
  schema = required(word), tarsier = record { version = text }, started = text, finished = text,
  image = required(image), problems = required(list(problem)),
  packages = required(list()), findings = required(list()), -- whose items are read one at a time, before this
  backend = record { name = text, url = word }, database = optional(database),
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
  ids = list(text), fails = optional(flag), status = word, since = word, total = count, severity = counts,
  remove = optional(record { names = list(text), all = flag, command = word }) }
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
    justification = word, text = word, signed_by = word, obeyed = flag, refusal = word })) }

-- ---- what several findings share ------------------------------------------------------------------------------------

local function is_same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not is_same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

-- -> a reader that gives the first item again for each that is the same, by its index
local function shared(read)
  local known = {}
  return function(value, place, key)
    local index = type(value) == "table" and value.index
    local first = index and known[index]
    if first and is_same(first, value) then return first end
    value = read(value, place, key)
    first = known[value.index]
    if first and is_same(first, value) then return first end -- the report left out what has a default
    known[value.index] = value
    return value
  end
end

-- ---- reading --------------------------------------------------------------------------------------------------------

-- A finding without what was decided on it.
local function undecided(item)
  item.baseline, item.vex = nil, nil
  item.decision, item.reason, item.policy, item.trail = nil, nil, nil, nil
  item.risk = item.risk or core.risk(item) -- a report of an earlier version has none
  return item
end

local function as_decided(item, place, i)
  item = decided(item, place, i)
  if item.decision == "undecided" then item.decision = nil end -- as judging leaves it
  return item
end

-- Functions that read an item as soon as it is there, so that no more than one is kept as the report has it.
local function takers(finish)
  local read_package = shared(package)
  local read_finding = finding_record(read_package, shared(layer))
  local function check(item, key, i)
    if item == nil then fail("report.%s[%d] must be %s, is null", key, i, names.table) end
  end
  return {
    findings = function(item, i)
      check(item, "findings", i)
      return finish(read_finding(item, "report.findings", i), "report.findings", i)
    end,
    packages = function(item, i)
      check(item, "packages", i)
      return read_package(item, "report.packages", i)
    end,
  }
end

local function decode(pieces, finish)
  local value, message = core.read_json(pieces, takers(finish))
  if message then fail("not JSON: %s", message) end
  if type(value) ~= "table" then fail("not a report: a JSON object is expected") end
  if value.schema ~= "1" then
    fail(value.schema and "a report of schema %s, and this tarsier reads schema 1" or "not a JSON report of a scan",
      tostring(value.schema))
  end
  return value
end

local function read(pieces)
  local value = decode(pieces, undecided)
  if value.packages and not value.findings then
    fail "it only lists packages, which were not matched: scan the image with -f json"
  end
  document(value, "report")
  value.verdict, value.advice, value.baseline = nil, nil, nil -- are made anew
  return value
end

-- The whole report; it may be a list of packages, without findings.
local function read_judged(pieces)
  local value = decode(pieces, as_decided)
  local has_findings = value.findings ~= nil
  value.findings = value.findings or {}
  document(value, "report")
  judged(value, "report")
  if not has_findings then value.findings = nil end
  return value
end

-- -> the result | nil, message, code
local function guarded(reader, pieces, name)
  local ok, result = pcall(reader, pieces)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  return nil, ("%s: %s"):format(name, result.text), result.code or "FORMAT"
end

local function pieces_of(bytes)
  return function()
    local piece = bytes
    if piece and #piece > saved.MAX_BYTES then fail_limit() end
    bytes = nil
    return piece
  end
end

-- The pieces of a file that is read to its end.
local function pieces_in(file)
  local size = 0
  return function()
    local piece, message = file:read(PIECE)
    if message then error({ text = message, code = "IO" }, 0) end
    size = size + #(piece or "")
    if size > saved.MAX_BYTES then fail_limit() end
    return piece
  end
end

local function load(reader, name)
  if name == "-" then return guarded(reader, pieces_in(io.stdin), "standard input") end
  local file, message = io.open(name, "rb")
  if not file then return nil, "report " .. message, "IO" end
  collectgarbage("incremental", 150, 200) -- much is dropped at once: of what is repeated, one copy stays
  local result, code
  result, message, code = guarded(reader, pieces_in(file), name)
  file:close()
  return result, message, code
end

--- read(bytes, name) -> result, not judged | nil, message, code. name is for messages.
function saved.read(bytes, name)
  return guarded(read, pieces_of(bytes), name)
end

--- read_judged(bytes, name) -> result with the decisions, the verdict and the advice of the report | nil, message,
--- code. A report of packages gives a result without findings.
function saved.read_judged(bytes, name)
  return guarded(read_judged, pieces_of(bytes), name)
end

--- load(file), load_judged(file): the same from a file, which is not held whole; "-" is standard input
function saved.load(file)
  return load(read, file)
end

function saved.load_judged(file)
  return load(read_judged, file)
end

return saved
