-- tarsier packages: what is installed in an image.

local columns = require "tarsier.columns"
local Page = require "tarsier.page"
local exit = require "tarsier.cli.exit"
local image = require "tarsier.cli.image"
local locate = require "tarsier.cli.locate"
local suggest = require "tarsier.suggest"
local outputs = require "tarsier.cli.outputs"
local report = require "tarsier.report"
local text = require "tarsier.text"

local titles = { "TYPE", "NAME", "VERSION", "ARCH", "SOURCE", "LAYER", "FOUND IN" }
local shrink = { { 7, 12 }, { 5, 12 }, { 2, 20 }, { 3, 16 }, { 7, 8 }, { 5, 6 }, { 2, 10 }, { 3, 10 } }

local function row(package, with_licenses)
  local source = package.source
  local from = source.name ~= package.name and source.name or ""
  if source.version ~= package.version then from = source.name .. " " .. source.version end
  return { package.type, package.name, package.version, package.architecture, from, tostring(package.layer),
    package.path, with_licenses and table.concat(package.licenses, ", ") or nil }
end

local function write_table(result, out, options)
  local page, rows = Page.new(out, options), {}
  local head, give_way = titles, shrink
  if options.licenses then
    head, give_way = { table.unpack(titles) }, { { 8, 16 }, table.unpack(shrink) }
    head[8] = "LICENSES"
  end
  for i, package in ipairs(result.packages) do rows[i] = row(package, options.licenses) end
  local widths = columns.fit(head, rows, page.width, give_way) or columns.fit(head, rows, math.huge, {})
  page:line(columns.line(head, widths))
  for _, cells in ipairs(rows) do page:line(columns.line(cells, widths)) end
end

local function write_tsv(result, out)
  for _, package in ipairs(result.packages) do
    out(("%s\t%s\t%s\n"):format(text.printable(package.type), text.printable(package.name),
      text.printable(package.version)))
  end
end

local formats = {
  table = { name = "table", write = write_table },
  tsv = { name = "tsv", write = write_tsv },
}

-- and the reports that need no findings: JSON and the bills of materials
local function names()
  local list = { "table", "json", "tsv" }
  for _, name in ipairs(report.names()) do
    if name ~= "json" and report.find(name).packages then list[#list + 1] = name end
  end
  return list
end

local function find(name)
  if formats[name] then return formats[name] end
  if require "tarsier.template".is_file(name) then return report.find(name) end
  local format = report.is_own(name) and report.find(name)
  if format and format.packages then return format end
  local known = names()
  return nil, ("--format: %q is not one of %s%s"):format(name, table.concat(known, ", "), suggest.hint(name, known))
end

-- -> result | nil, message, code
local function read(name, config, terminal)
  local there <close>, wrong, kind = locate.open(name, config, terminal)
  if not there then return nil, wrong, kind end
  local result, message, code = require "tarsier".packages(there.reference, config)
  if not result then return nil, there:message(message), code end
  return result
end

-- Warns if the list may be incomplete. --ignore-unreadable has warned already.
local function tell_problems(result, terminal)
  for _, problem in ipairs(result.problems) do
    if problem.kind == "unreadable" and not problem.ignored then
      terminal:say(("tarsier: %s: %s"):format(problem.subject, problem.message))
    end
  end
end

local function run(options, arguments, terminal)
  local list, message = outputs.read(options.format or { "table" }, find)
  if not list then return nil, message end
  local config
  config, message = image.engine_options(options, terminal, arguments[1])
  if not config then return nil, message end
  config.hashes = outputs.need_hashes(list)
  local result, code
  result, message, code = read(arguments[1], config, terminal)
  terminal:wipe()
  if not result then return image.failed(terminal, message, code) end
  image.settle(result, options, terminal)
  local shown = { licenses = options.licenses, creator = options.creator }
  if not outputs.write(list, result, shown, terminal) then return exit.USAGE end
  tell_problems(result, terminal)
  local exit_code, meaning = exit.of_inventory(result)
  if exit_code then terminal:fail(meaning) end
  return exit_code or exit.PASS
end

return {
  name = "packages",
  summary = "list what is installed in an image",
  arguments = { image.argument },
  description = { "No vulnerability database is needed: nothing is matched. The format tsv has one line for each "
    .. "package: type, name and version, separated by tabs." },
  options = image.options_with {
    { long = "format", short = "f", value = "FORMAT[=FILE]", many = true,
      help = function()
        return table.concat(names(), ", ") .. "; to FILE, or to standard output; may be repeated; default: table"
      end },
    outputs.creator,
    { long = "licenses",
      help = "a column with the licences in the table: SPDX expressions where the package states some" },
  },
  examples = { { "tarsier packages -f cyclonedx=app.cdx.json -f spdx=app.spdx.json app.tar", "two bills of materials" },
    { "tarsier packages -f tsv app.tar", "type, name and version, one package on each line" },
    { "tarsier packages --licenses app.tar", "with the licences that the packages state" } },
  run = run,
}
