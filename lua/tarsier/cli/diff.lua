-- tarsier diff: what differs between two images or reports.

local additions = require "tarsier.cli.additions"
local diff = require "tarsier.diff"
local exit = require "tarsier.cli.exit"
local image = require "tarsier.cli.image"
local locate = require "tarsier.cli.locate"
local outputs = require "tarsier.cli.outputs"
local place = require "tarsier.place"
local suggest = require "tarsier.suggest"

local names = { "table", "json", "markdown" }

local function find(name)
  if diff.formats[name] then return diff.formats[name] end
  return nil, ("--format: %q is not one of %s%s"):format(name, table.concat(names, ", "), suggest.hint(name, names))
end

local function scan(name, config, options, terminal)
  local there <close>, wrong, kind = locate.open(name, config, terminal)
  if not there then return nil, wrong, kind end
  local tarsier = require "tarsier"
  local scanned, message, code = there:scan(config, terminal)
  if not scanned then return nil, message, code end
  local result = tarsier.facts(scanned)
  image.settle(result, options, terminal)
  return result
end

local function tell_problems(name, result, terminal)
  for _, problem in ipairs(result.problems) do
    if problem.kind ~= "note" and not problem.ignored then
      terminal:say(("tarsier: %s: %s"):format(name, problem.message))
    end
  end
end

-- -> result | nil, exit code
local function read(name, options, terminal)
  local result, message, code
  if additions.is_report(name) then
    result, message, code = additions.read_report(name)
  else
    local config, wrong = image.engine_options(options, terminal, name)
    if not config then return nil, nil, wrong end
    config.database, wrong, code = place.a_database(options.db)
    if not config.database then return nil, image.failed(terminal, wrong, code) end
    result, message, code = scan(name, config, options, terminal)
  end
  if not result then return nil, image.failed(terminal, message, code) end
  tell_problems(name, result, terminal)
  return result
end

local function run(options, arguments, terminal)
  local list, message = outputs.read(options.format or { "table" }, find)
  if not list then return nil, message end
  local sides = {}
  for i = 1, 2 do
    local result, code, wrong = read(arguments[i], options, terminal)
    if not result then return code, wrong end
    sides[i] = result
  end
  return outputs.write(list, diff.compare(sides[1], sides[2]), {}, terminal) and exit.PASS or exit.USAGE
end

local help = "an image, as for `tarsier scan`, or a report that `tarsier scan -f json=FILE` wrote"

return {
  name = "diff",
  summary = "say what differs between two images or reports",
  arguments = { { name = "A", help = help }, { name = "B", help = help } },
  description = {
    "Lists packages and findings that B has and A has not, that A has and B has not, and that differ: a package's "
      .. "version, a finding's severity, fix or version. Policies do not run, and the exit code is 0 if both could be "
      .. "read. To fail on what is new, give a scan --baseline.",
  },
  options = image.options_with {
    { long = "format", short = "f", value = "FORMAT[=FILE]", many = true,
      help = "table, json or markdown; to FILE, or to standard output; may be repeated; default: table" },
    { long = "db", value = "FILE", env = "TARSIER_DB",
      help = "the vulnerability database; default: $XDG_DATA_HOME/tarsier/vulnerabilities.db, else the "
        .. "starter database" },
  },
  examples = {
    { "tarsier diff app:1 app:2", "two images" },
    { "tarsier diff -f markdown main.json app.tar", "an earlier report and an image, for a merge request" },
  },
  run = run,
}
