-- tarsier convert: writes a saved JSON report in other formats, with the verdict that it has.

local exit = require "tarsier.cli.exit"
local judging = require "tarsier.cli.judging"
local outputs = require "tarsier.cli.outputs"
local report = require "tarsier.report"
local saved = require "tarsier.saved"

-- Lists of packages have no findings to write.
local function check_formats(list, result)
  for _, output in ipairs(list) do
    if output.format.needs then
      return nil, ("the format %s needs a scan: a saved report does not have what it writes"):format(output.format.name)
    elseif not result.findings and not output.format.packages then
      return nil, ("the report only lists packages, and the format %s writes findings"):format(output.format.name)
    end
  end
  return true
end

local function run(options, arguments, terminal)
  local list, message = outputs.read(options.format or { "table" }, report.find)
  if not list then return nil, message end
  local result, code
  result, message, code = saved.load_judged(arguments[1])
  if not result then
    terminal:fail(message)
    return exit.of_error(code)
  end
  local ok
  ok, message = check_formats(list, result)
  if not ok then
    terminal:fail(message)
    return exit.USAGE
  end
  local are_written = outputs.write(list, result, { verbose = options.verbose, severity = options.severity,
    only_fixed = options.only_fixed, show = options.show, sort = options.sort, creator = options.creator }, terminal)
  return are_written and exit.PASS or exit.USAGE
end

return {
  name = "convert",
  summary = "write a saved JSON report in other formats",
  arguments = { { name = "REPORT", help = "a report that `tarsier scan -f json=FILE` or `tarsier packages -f "
    .. "json=FILE` wrote; - for standard input" } },
  description = {
    "Writes what the report has, with its verdict, its decisions and its advice: nothing is scanned or judged. To "
      .. "judge it again, use `tarsier judge`.",
    "The exit code does not depend on the verdict: 0 if all reports were written.",
  },
  options = {
    outputs.option, outputs.creator,
    judging.shown.severity, judging.shown.only_fixed, judging.shown.show, judging.shown.sort,
    { long = "quiet", short = "q", help = "no notes or warnings on standard error" },
    { long = "color", value = "WHEN", choices = { "auto", "always", "never" },
      help = "colour: auto, always or never; auto obeys NO_COLOR" },
    { long = "verbose", short = "v", help = "every finding with its trail of decisions, and what the policies used" },
  },
  examples = {
    { "tarsier convert report.json -f html=report.html -f sarif=report.sarif", "two more reports of an earlier scan" },
    { "tarsier convert report.json -f markdown=summary.md", "a comment on a merge request" },
  },
  run = run,
}
