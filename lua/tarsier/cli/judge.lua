-- tarsier judge: judges a saved JSON report again, with other policies or a newer whitelist, without the image.

local additions = require "tarsier.cli.additions"
local exit = require "tarsier.cli.exit"
local judging = require "tarsier.cli.judging"
local outputs = require "tarsier.cli.outputs"
local report = require "tarsier.report"
local saved = require "tarsier.saved"
local text = require "tarsier.text"

-- A report of a scan without a database has no findings because nothing was matched. Reports this as a scan does.
local function outcome(result, no_fail)
  local by_clair = result.backend.name:find "^clair"
  if not result.database and not by_clair then
    return exit.DATABASE, "the scan had no vulnerability database: nothing was matched"
  end
  return exit.of_result(result, no_fail)
end

local function failed(terminal, message, code)
  terminal:fail(message)
  return exit.of_error(code)
end

local function tell(result, terminal, meaning)
  local tally = result.verdict.tally
  terminal:say(("tarsier: %s: %s, %d fail, %d warn: %s"):format(result.image.reference,
    text.plural(tally.total, "finding"), tally.fail, tally.warn, meaning))
end

local function run(options, arguments, terminal)
  local file = arguments[1]
  local list, message = outputs.read(options.format or { "table" }, report.find)
  if not list then return nil, message end
  local request
  request, message = judging.request(options)
  if not request then return nil, message end
  local result, code, added
  added, message, code = additions.open(options, terminal)
  if not added then return failed(terminal, message, code) end
  result, message, code = saved.load(file)
  if not result then return failed(terminal, message, code) end
  local ok
  ok, message, code = added:apply(result)
  if not ok then return failed(terminal, message, code) end
  result, message = require "tarsier.policy".rejudge(result, request)
  if not result then return failed(terminal, message, "POLICY") end
  local exit_code, meaning = outcome(result, options.no_fail)
  local are_written = outputs.write(list, result, { verbose = options.verbose, severity = options.severity,
    only_fixed = options.only_fixed, show = options.show, sort = options.sort,
    exit = { code = exit_code, meaning = meaning } }, terminal)
  if not outputs.shows_table(list) then tell(result, terminal, meaning) end
  return are_written and exit_code or exit.USAGE
end

local function with_judging(own)
  return table.move(own, 1, #own, #judging.options + 1, { table.unpack(judging.options) })
end

return {
  name = "judge",
  summary = "judge a saved JSON report again",
  arguments = { { name = "REPORT", help = "a report that `tarsier scan -f json=FILE` wrote; - for standard input" } },
  description = {
    "Judges what an earlier scan found by the policies given now, and writes reports as scan does. So a whitelist or a "
      .. "policy can be tried without the image, the database or Clair.",
    "The exit codes are those of a scan with these findings. The earlier verdict in the report is ignored.",
  },
  options = with_judging {
    outputs.option,
    judging.shown.severity, judging.shown.only_fixed, judging.shown.show, judging.shown.sort,
    { long = "no-fail", help = "exit code 0 if the verdict fails; the other codes stay" },
    { long = "quiet", short = "q", help = "no notes or warnings on standard error" },
    { long = "color", value = "WHEN", choices = { "auto", "always", "never" },
      help = "colour: auto, always or never; auto heeds NO_COLOR" },
    { long = "verbose", short = "v", help = "every finding with its trail of decisions, and what the policies used" },
  },
  examples = {
    { "tarsier judge report.json -w allow.yaml", "does the new whitelist accept what failed?" },
    { "tarsier judge report.json -p ./strict.lua -f gitlab=gl-container-scanning-report.json",
      "another policy, and a report for GitLab" },
  },
  run = run,
}
