--- The records that policies see. Reading a field that does not exist raises an error with the nearest name, because a
-- policy with a misspelt field must not decide.

local prelude = ...
local library, trusted, host = prelude.library, prelude.trusted, prelude.host
local error, ipairs, next, type = library.error, library.ipairs, library.next, library.type
local format, gmatch, floor = library.string.format, library.string.gmatch, library.math.floor
local getmetatable, setmetatable, rawget = trusted.getmetatable, trusted.setmetatable, trusted.rawget
local copy, hint, ordered_keys, an = prelude.copy, prelude.hint, prelude.ordered_keys, prelude.an

-- ---- the records -------------------------------------------------------------------------------------------------
-- { what = "a finding", names = { … }, known = { name = true }, nested = { field = record },
-- lists = { field = record }, meta = its metatable }

local function unknown_field(record, key, level)
  prelude.unknown_name = true
  error(format("%s has no field '%s'%s", record.what, key, hint(key, record.names)), level + 1)
end

local function new_record(what, names, nested, lists)
  local record = { what = what, names = {}, known = {}, nested = nested or {}, lists = lists or {} }
  for name in gmatch(names, "%S+") do
    record.names[#record.names + 1], record.known[name] = name, true
  end
  record.meta = {
    __index = function(_, key)
      if not record.known[key] then unknown_field(record, key, 2) end
    end,
  }
  return record
end

local layer = new_record("a layer", "index digest diff_id created_by media_type size cached base")
local package = new_record("a package", "index type ecosystem name version architecture purl path reader layer source "
  .. "module vendor licenses owner found_by sha512 kernel requires essential",
  { source = new_record("a package's source", "name version") })
local statement = new_record("a VEX statement", "file author time id status justification text signed_by "
  .. "obeyed refusal")
local finding = new_record("a finding", "index id aliases severity severity_source severities status status_source "
  .. "ssvc cwes eu_exploited nvd_status risk "
  .. "fixed_by summary description url "
  .. "published modified references backend informational symbol malicious kernel cvss epss kev package layer decision "
  .. "reason policy baseline vex upgrade", {
  upgrade = new_record("a finding's upgrade", "to command ends",
    { ends = new_record("what an upgrade ends", "total severity") }),
  cvss = new_record("a finding's cvss", "vector score"), epss = new_record("a finding's epss", "score percentile"),
  kev = new_record("a finding's kev", "added due ransomware"),
  ssvc = new_record("a finding's ssvc", "exploitation automatable impact"), package = package, layer = layer,
}, { severities = new_record("a finding's rating", "source severity vector score"), vex = statement })
local problem = new_record("a problem", "kind subject message layer ignored")
local image = new_record("an image", "reference name digest id os architecture variant created ecosystem layers "
  .. "packages config distro problems database backend annotations history base baseline files secrets", {
  config = new_record("an image's config", "user working_dir env entrypoint cmd exposed_ports labels volumes "
    .. "healthcheck"),
  baseline = new_record("an image's baseline", "file new known gone"),
  base = new_record("an image's base", "layers name digest evidence guess signed signature"),
  distro = new_record("an image's distro", "id version codename name support_ends extended_support_ends"),
  database = new_record("a database", "path built newest kev_date epss_date advisories packages starter ecosystems "
    .. "feeds omissions note epss_model ends"),
}, { layers = layer, packages = package, problems = problem,
  files = new_record("a file", "path size mode is_folder layer deleted_by"),
  secrets = new_record("a secret", "kind title path offset layer"),
  history = new_record("an entry of the history", "created created_by comment empty_layer") })
local tally = new_record("a tally", "fail warn accept ignore undecided total severity decision",
  { severity = new_record("a tally's severity", library.table.concat(prelude.severities, " ")) })
local so_far = new_record("a decision so far", "decision reason policy")

prelude.records = { finding = finding, image = image, tally = tally, so_far = so_far }

--- strict(value, record) -> value, as a record of that kind: unknown fields raise errors
local function strict(value, record)
  if type(value) ~= "table" then return value end
  for field, inner in next, record.nested do strict(rawget(value, field), inner) end
  for field, inner in next, record.lists do
    local list = rawget(value, field)
    if type(list) == "table" then
      for _, item in ipairs(list) do strict(item, inner) end
    end
  end
  return setmetatable(value, record.meta)
end
prelude.strict = strict

--- options_record(defaults) -> the record of a policy's options
function prelude.options_record(defaults)
  local record = new_record("the table of options", "")
  record.names = ordered_keys(defaults)
  for _, name in ipairs(record.names) do record.known[name] = true end
  return record
end

--- strict_options(options, defaults) -> options, whose unknown names raise errors
function prelude.strict_options(options, defaults)
  return setmetatable(options, prelude.options_record(defaults).meta)
end

--- check_record(value, record, place): raises if an example's record has an unknown field
function prelude.check_record(value, record, place)
  if type(value) ~= "table" then return end
  for _, key in ipairs(ordered_keys(value)) do
    if not record.known[key] then
      local word = type(key) == "string" and key or type(key)
      error(format("%s%s has no field '%s'%s", place, record.what, word, hint(key, record.names)), 0)
    end
    local item, inner = value[key], record.nested[key]
    if inner then
      if type(item) ~= "table" and item ~= false then
        error(format("%sfield '%s' must be a table or false, is %s", place, key, an(type(item))), 0)
      end
      prelude.check_record(item, inner, place)
    end
    if record.lists[key] and type(item) == "table" then
      for _, one in ipairs(item) do prelude.check_record(one, record.lists[key], place) end
    end
  end
end

-- ---- what the engine gives ----------------------------------------------------------------------------------------

-- A finding arrives with `index`, `id`, `severity`, `fixed_by` and three booleans, because most policies decide by
-- these. The rest is fetched when another field is read. A finding with `kev`, or with one of the booleans true,
-- arrives whole.
local light_meta = {}
local is_light_nil = { fixed_by = true, kev = true, decision = true, reason = true, policy = true }

local function whole(light)
  if type(light) == "table" and getmetatable(light) == light_meta then
    setmetatable(light, nil)
    for key, value in next, host.whole(light.index) do
      if rawget(light, key) == nil then light[key] = value end
    end
    strict(light, finding)
  end
  return light
end

function light_meta.__index(light, key)
  if is_light_nil[key] then return nil end
  if not finding.known[key] then unknown_field(finding, key, 2) end
  return rawget(whole(light), key)
end

function light_meta.__pairs(light)
  return prelude.ordered_pairs(whole(light))
end

host.light(light_meta)

function prelude.everything.next(list, key)
  return next(whole(list), key)
end

local function new_finding(made)
  return getmetatable(made) == light_meta and made or strict(made, finding)
end

--- finding(i) -> the record for the finding hook
function prelude.finding(i)
  return new_finding(host.finding(i))
end

--- so_far(i) -> the last decision on a finding | nil
function prelude.so_far(i)
  return strict(host.so_far(i), so_far)
end

-- image.packages is made when it is read: it may have thousands of entries.
local image_meta = {
  __index = function(made, key)
    if not image.known[key] then unknown_field(image, key, 2) end
    if key ~= "packages" then return nil end
    local list = host.packages()
    for _, item in ipairs(list) do strict(item, package) end
    made.packages = list
    return list
  end,
}

--- image() -> the record for the hooks
function prelude.image()
  return setmetatable(strict(host.image(), image), image_meta)
end

-- All findings with their decisions, each made when it is read.
local findings_meta = {
  __len = function() return host.count() end,
  __index = function(_, i)
    if type(i) ~= "number" or i < 1 or i > host.count() or floor(i) ~= i then return nil end
    return new_finding(host.decided(i))
  end,
}
function findings_meta.__pairs(findings)
  return function(_, i)
    if i < host.count() then return i + 1, findings[i + 1] end
  end, findings, 0
end

--- findings() -> the list for the verdict hook
function prelude.findings()
  return setmetatable({}, findings_meta)
end

-- ---- what examples leave out --------------------------------------------------------------------------------------

-- An example names the fields that matter; the others are as in a plain scan. `false` removes a field.
local plain_package = {
  type = "deb", ecosystem = "Debian:12", name = "example", version = "1.0", architecture = "amd64",
  source = { name = "example", version = "1.0" }, purl = "pkg:deb/debian/example@1.0?arch=amd64",
  path = "var/lib/dpkg/status", reader = "dpkg", module = "", vendor = "", licenses = {}, owner = "",
  found_by = "database", kernel = false, layer = 1,
}
local plain_layer = {
  index = 1, digest = "sha256:0", diff_id = "sha256:0", created_by = "RUN apt-get install example", media_type = "",
  size = 1, cached = false, base = false,
}
local plain_finding = {
  index = 1, id = "CVE-2000-0001", aliases = {}, severity = "Unknown", severity_source = "", severities = {},
  status = "affected", status_source = "", cwes = {}, eu_exploited = "", nvd_status = "", summary = "",
  description = "", url = "", published = "2000-01-01T00:00:00Z", modified = "2000-01-01T00:00:00Z", references = {},
  package = plain_package, layer = plain_layer, backend = "embedded", informational = false, symbol = "",
  malicious = false, kernel = false,
}
local plain_image = {
  reference = "example.tar", name = "example:1", digest = "", id = "", os = "linux", architecture = "amd64",
  variant = "", created = "",
  config = { user = "", working_dir = "", env = {}, entrypoint = {}, cmd = {}, exposed_ports = {}, labels = {},
    volumes = {}, healthcheck = {} },
  annotations = {}, history = {}, files = {}, secrets = {},
  distro = { id = "debian", version = "12", codename = "bookworm", name = "Debian GNU/Linux 12 (bookworm)",
    support_ends = "2026-07-11", extended_support_ends = "2028-06-30" },
  ecosystem = "Debian:12", layers = { plain_layer }, problems = {}, packages = { plain_package },
  database = {
    path = "example.db", built = "", newest = "", kev_date = "", epss_date = "", advisories = 1, packages = 1,
    starter = false, ecosystems = { "Debian:12" }, feeds = {}, omissions = {},
  },
}
local plain_tally = {
  fail = 0, warn = 0, accept = 0, ignore = 0, undecided = 0, total = 0, severity = {}, decision = "pass",
}

prelude.plain = { finding = plain_finding, image = plain_image, tally = plain_tally }

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

--- complete(given, kind) -> a strict record of that kind: the example's fields, and the others as in a plain scan
function prelude.complete(given, kind)
  local record = complete(given, prelude.plain[kind])
  if kind == "finding" and record.risk == nil then record.risk = host.risk(record) end
  return strict(record, prelude.records[kind])
end
