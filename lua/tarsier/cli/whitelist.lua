-- tarsier whitelist: adds to a list of exceptions, lists it, and removes what has expired.

local core = require "tarsier.core"
local data_file = require "tarsier.data_file"
local edit = require "tarsier.whitelist.edit"
local exit = require "tarsier.cli.exit"
local place = require "tarsier.place"
local text = require "tarsier.text"
local whitelist = require "tarsier.whitelist"
local yaml = require "tarsier.yaml"

local file_option = { long = "whitelist", short = "w", value = "FILE", many = true,
  help = "the list, in our own form; `add` makes it if it is not there" }

-- -> file | nil, message
local function file_of(options)
  local files = options.whitelist or {}
  if #files == 1 then return files[1] end
  return nil, #files == 0 and "which list? Name it with -w FILE" or "only one list can be edited: name one with -w FILE"
end

local function failed(terminal, message)
  terminal:fail(message)
  return exit.USAGE
end

-- notes: what was changed, which is said only when it is written.
local function save(file, new, notes, terminal)
  local ok, message = core.host.write_file(file, new)
  if not ok then return failed(terminal, message) end
  for _, note in ipairs(notes) do terminal:say(("tarsier: %s: %s"):format(file, note)) end
  return exit.PASS
end

local function add(options, arguments, terminal)
  local file, wrong = file_of(options)
  if not file then return nil, wrong end
  if not options.reason or not options["until"] then
    return nil, "an exception needs --reason and --until: say why, and how long"
  end
  local old, new, message = ""
  if place.exists(file) then
    old, message = data_file.text(file, "whitelist", yaml.MAX_BYTES)
    if not old then return failed(terminal, message) end
  end
  local entry = { id = arguments[1], reason = options.reason, ["until"] = options["until"], owner = options.owner,
    package = options.package, version = options.version, images = options.image, path = options.path,
    layer = options.layer }
  new, message = edit.add(old, entry, file)
  if not new then return failed(terminal, message) end
  return save(file, new, { ("%s is accepted until %s"):format(entry.id, entry["until"]) }, terminal)
end

local function today()
  return os.date "!%Y-%m-%d"
end

local function list(options, _, terminal)
  local file, wrong = file_of(options)
  if not file then return nil, wrong end
  local entries, message = whitelist.read(file)
  if not entries then return failed(terminal, message) end
  local lines = {}
  for i, entry in ipairs(entries) do
    local limit = entry["until"]
    local state = limit and limit < today() and "expired" or "valid"
    local cells = { state, entry.id, limit or "-", entry.owner or "-", entry.package or "*", entry.reason or "" }
    for k, cell in ipairs(cells) do cells[k] = text.printable(cell) end
    lines[i] = table.concat(cells, "\t") .. "\n"
  end
  local ok, why = terminal:write(table.concat(lines))
  return ok and exit.PASS or failed(terminal, why)
end

-- -> set of the entries' lines that a report says match nothing | nil, message
local function unused_in(report, file)
  local bytes, message = data_file.text(report, "report", require "tarsier.saved".MAX_BYTES)
  if not bytes then return nil, message end
  local document = require "cjson.safe".decode(bytes)
  local used = type(document) == "table" and type(document.verdict) == "table" and document.verdict.whitelist
  if type(used) ~= "table" or type(used.unused) ~= "table" then
    return nil, report .. ": a report of a scan with this whitelist is expected (-w FILE -f json=REPORT)"
  end
  if used.file ~= file then return nil, ("%s: it is about the list %s"):format(report, tostring(used.file)) end
  local set = {}
  for _, entry in ipairs(used.unused) do
    local line = type(entry) == "table" and type(entry.line) == "number" and math.tointeger(entry.line)
    if line then set[line] = entry.id end
  end
  return set
end

local function prune(options, _, terminal)
  local file, wrong = file_of(options)
  if not file then return nil, wrong end
  local old, message = data_file.text(file, "whitelist", yaml.MAX_BYTES)
  if not old then return failed(terminal, message) end
  local unused = {}
  if options.unused then
    unused, message = unused_in(options.unused, file)
    if not unused then return failed(terminal, message) end
  end
  local new, removed = edit.remove(old, function(entry)
    return entry["until"] ~= nil and entry["until"] < today() or unused[entry.line] == entry.id
  end, file)
  if not new then return failed(terminal, removed) end
  if #removed == 0 then return exit.PASS end
  local notes = {}
  for i, entry in ipairs(removed) do
    notes[i] = ("removed %s, accepted until %s"):format(entry.id, entry["until"])
  end
  return save(file, new, notes, terminal)
end

return {
  name = "whitelist",
  summary = "edit and list exceptions",
  description = { "Works on the list `accept` of a YAML file, whose other lines and comments stay as they are." },
  arguments = {}, options = {},
  commands = {
    { name = "add", summary = "accept a vulnerability", run = add,
      arguments = { { name = "ID", help = "the vulnerability, CVE-2023-4911, or one of its other names" } },
      options = { file_option,
        { long = "reason", value = "TEXT", help = "why it is accepted" },
        { long = "until", value = "DATE", help = "the last day it is accepted, 2027-01-31" },
        { long = "owner", value = "NAME", help = "who answers for it" },
        { long = "package", value = "NAME", help = "only in this package; * stands for any text" },
        { long = "version", value = "VERSION", help = "only in this version, or within bounds: \">= 1.2, < 2\"" },
        { long = "image", value = "NAME", many = true,
          help = "only in this image; * stands for any text; may be repeated" },
        { long = "path", value = "PATH", help = "only where the package was found there" },
        { long = "layer", value = "DIGEST", help = "only in this layer" } },
      examples = { { "tarsier whitelist add CVE-2023-4911 -w allow.yaml --reason unreachable --until 2027-01-31",
        "with a reason and an end" } } },
    { name = "list", summary = "list the exceptions", run = list, arguments = {}, options = { file_option },
      description = { "Prints one line for each: valid or expired, id, end, owner, package and reason, separated by "
        .. "tabs." },
      examples = { { "tarsier whitelist list -w allow.yaml", "what is accepted, and until when" } } },
    { name = "prune", summary = "remove exceptions that have expired", run = prune, arguments = {},
      options = { file_option, { long = "unused", value = "REPORT",
        help = "also those that match nothing in a scan: its JSON report" } },
      examples = { { "tarsier whitelist prune -w allow.yaml", "those that have expired" },
        { "tarsier whitelist prune -w allow.yaml --unused report.json", "also those that matched nothing" } } },
  },
}
