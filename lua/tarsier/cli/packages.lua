-- tarsier packages: what is installed in an image.

local columns = require "tarsier.columns"
local exit = require "tarsier.cli.exit"
local image = require "tarsier.cli.image"
local locate = require "tarsier.cli.locate"
local report = require "tarsier.report"
local styled = require "tarsier.styled"
local text = require "tarsier.text"

local formats = {}

function formats.tsv(result)
  local lines = {}
  for i, package in ipairs(result.packages) do
    lines[i] = ("%s\t%s\t%s\n"):format(text.printable(package.type), text.printable(package.name),
      text.printable(package.version))
  end
  return table.concat(lines)
end

function formats.json(result)
  return report.text("json", result)
end

function formats.table(result, terminal)
  local titles = { "TYPE", "NAME", "VERSION", "ARCH", "SOURCE", "LAYER", "FOUND IN" }
  local rows = {}
  for i, package in ipairs(result.packages) do
    local source = package.source
    local from = source.name ~= package.name and source.name or ""
    if source.version ~= package.version then from = source.name .. " " .. source.version end
    local cells = { package.type, package.name, package.version, package.architecture, from, tostring(package.layer),
      package.path }
    rows[i] = cells
  end
  local width = terminal:width() or math.huge
  local shrink = { { 7, 12 }, { 5, 12 }, { 2, 20 }, { 3, 16 }, { 7, 8 }, { 5, 6 }, { 2, 10 }, { 3, 10 } }
  local widths = columns.fit(titles, rows, width, shrink) or columns.fit(titles, rows, math.huge, {})
  local lines = { columns.line(titles, widths) }
  for i, cells in ipairs(rows) do lines[i + 1] = columns.line(cells, widths) end
  lines[#lines + 1] = ""
  for i, line in ipairs(lines) do lines[i] = styled.plain(line) end
  return table.concat(lines, "\n")
end

-- -> result | nil, message, code
local function read(name, config, terminal)
  local there <close>, wrong, kind = locate.open(name, config, terminal)
  if not there then return nil, wrong, kind end
  local result, message, code = require "tarsier".packages(there.reference, config)
  if not result then return nil, there:message(message), code end
  there:settle(result)
  return result
end

local function run(options, arguments, terminal)
  local config, message = image.engine_options(options, terminal, arguments[1])
  if not config then return nil, message end
  local result, code
  result, message, code = read(arguments[1], config, terminal)
  terminal:wipe()
  if not result then return image.failed(terminal, message, code) end
  image.settle(result, options, terminal)
  local ok
  ok, message = terminal:write(formats[options.format or "table"](result, terminal))
  if not ok then
    terminal:fail(message)
    return exit.USAGE
  end
  local exit_code, meaning = exit.of_inventory(result)
  if exit_code then terminal:fail(meaning) end
  return exit_code or exit.PASS
end

return {
  name = "packages",
  summary = "list what is installed in an image",
  arguments = { image.argument },
  description = { "No vulnerability database is needed: nothing is matched. The format tsv has a line a package: type, "
    .. "name and version with tabs between." },
  options = image.options_with {
    { long = "format", short = "f", value = "FORMAT", choices = { "table", "json", "tsv" },
      help = "table, json or tsv; default: table" },
  },
  examples = { { "tarsier packages -f tsv app.tar", "type, name and version, a package a line" } },
  run = run,
}
