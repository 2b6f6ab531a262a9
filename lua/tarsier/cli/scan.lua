-- tarsier scan: an image's findings, the policies' verdict, and reports of both.

local backend = require "tarsier.cli.backend"
local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local gitlab = require "tarsier.cli.gitlab"
local image = require "tarsier.cli.image"
local locate = require "tarsier.cli.locate"
local place = require "tarsier.place"
local filter = require "tarsier.table.filter"
local report = require "tarsier.report"

-- "FORMAT[=FILE]" -> { format =, file = } | nil, message
local function read_output(text)
  local name, file = text:match "^([^=]*)=(.*)$"
  local format, message = report.find(name or text)
  if not format then return nil, message end
  if file == "" then return nil, ("--format %s wants a file after the ="):format(text) end
  return { format = format, file = file or "-" }
end

local function read_outputs(texts)
  local outputs, taken = {}, {}
  for _, text in ipairs(texts or gitlab.formats() or { "table" }) do
    local output, message = read_output(text)
    if not output then return nil, message end
    if taken[output.file] then
      local where = output.file == "-" and "standard output" or output.file
      return nil, ("two reports go to %s: give one of them a file, as in --format json=report.json"):format(where)
    end
    taken[output.file] = true
    outputs[#outputs + 1] = output
  end
  return outputs
end

-- "policy.key=value" -> ["policy.key"] = value
local function read_settings(texts)
  local set = {}
  for _, text in ipairs(texts or {}) do
    local key, value = text:match "^([^=.]+%.[^=]+)=(.*)$"
    if not key then return nil, ("--set %s: it is written POLICY.OPTION=VALUE"):format(text) end
    set[key] = value
  end
  return set
end

local function has(list, name)
  for _, item in ipairs(list) do
    if item == name then return true end
  end
end

-- The policies in the order they speak: those named, else `threshold` where -t asks for that rule, else `default`; the
-- whitelist last, for it amends what the others said.
local function read_request(options)
  local set, message = read_settings(options.set)
  if not set then return nil, message end
  local policies = options.policy or { options.threshold and "threshold" or "default" }
  if options.threshold then
    if not has(policies, "threshold") then table.insert(policies, "threshold") end
    set["threshold.threshold"] = options.threshold
  end
  if options.whitelist and not has(policies, "whitelist") then table.insert(policies, "whitelist") end
  return { policies = policies, set = set, folders = options.policy_dir, whitelist = options.whitelist,
    strict_whitelist = options.strict_whitelist }
end

local function render(output, result, options, terminal, code, meaning)
  local pieces = {}
  local to_terminal = output.file == "-"
  output.format.write(result, function(piece) pieces[#pieces + 1] = piece end, {
    colour = to_terminal and terminal:colour(1), width = to_terminal and terminal:width() or nil,
    verbose = options.verbose, severity = options.severity, only_fixed = options.only_fixed, show = options.show,
    exit = { code = code, meaning = meaning }, default_branch_image = gitlab.default_branch_image(),
  })
  return table.concat(pieces)
end

-- What is judged: the report; where evidence that cannot be read is to be ignored, the report without those problems;
-- where the image is called otherwise than its file, the report on that.
local function subject(scanned, result, is_renamed)
  local problems = {}
  for _, problem in ipairs(result.problems) do
    if not problem.ignored then problems[#problems + 1] = problem end
  end
  if #problems == #result.problems and not is_renamed then return scanned end
  return { image = result.image, findings = result.findings, packages = result.packages, database = result.database,
    backend = result.backend, problems = problems }
end

-- -> the engine's report, where the image was | nil, message, code
local function read(name, is_pipelines, config, terminal)
  local there <close>, wrong, kind = locate.open(name, config, terminal, nil, is_pipelines)
  if not there then return nil, wrong, kind end
  local engine, message, code = require "tarsier".open(config)
  if not engine then return nil, message, code end
  local scanned
  scanned, message, code = engine:scan(there.reference)
  engine:close()
  if scanned then return scanned, there end
  return nil, there:message(message), code
end

-- Policies are opened first: what is wrong with them is known before a long scan, and is nobody's verdict.
local function scan(name, is_pipelines, config, request, options, terminal)
  local tarsier = require "tarsier"
  local judge <close>, message = tarsier.policy.open(request)
  if not judge then return image.failed(terminal, message, "POLICY") end
  local started = tarsier.now()
  local scanned, there, code = read(name, is_pipelines, config, terminal)
  terminal:wipe()
  if not scanned then return image.failed(terminal, there, code) end
  local result = tarsier.facts(scanned, started)
  backend.describe(result, config)
  there:settle(result)
  image.settle(result, options, terminal)
  local judgement
  judgement, message = judge:run(subject(scanned, result, there.from ~= nil))
  if not judgement then return image.failed(terminal, message, "POLICY") end
  return nil, tarsier.decide(result, judgement)
end

-- Every report is tried, whatever became of the one before.
local function write_reports(outputs, result, options, terminal, code, meaning)
  local written = true
  for _, output in ipairs(outputs) do
    local text = render(output, result, options, terminal, code, meaning)
    local ok, message
    if output.file == "-" then
      ok, message = terminal:write(text)
    else
      ok, message = core.host.write_file(output.file, text)
    end
    if not ok then
      terminal:fail(("the %s report was not written: %s"):format(output.format.name, message))
      written = false
    end
  end
  return written
end

-- Where no table tells it, one line does.
local function tell(outputs, result, terminal, meaning)
  for _, output in ipairs(outputs) do
    if output.file == "-" and output.format.name == "table" then return end
  end
  local tally = result.verdict.tally
  terminal:say(("tarsier: %s: %d findings, %d fail, %d warn: %s"):format(result.image.reference, tally.total,
    tally.fail, tally.warn, meaning))
  if result.database and result.database.starter then
    terminal:say "tarsier: this was the starter database; `tarsier help db` says how to get a full one"
  end
end

local function run(options, arguments, terminal)
  local outputs, message = read_outputs(options.format)
  if not outputs then return nil, message end
  local request
  request, message = read_request(options)
  if not request then return nil, message end
  local clair
  clair, message = backend.config(options)
  if not clair then return nil, message end
  local name, is_pipelines = gitlab.source(arguments[1])
  if not name then return nil, is_pipelines end
  local config
  config, message = image.engine_options(options, terminal, arguments[1])
  if not config then return nil, message end
  local database, is_starter, code = place.a_database(options.db)
  if clair.clair and (not database or is_starter == true) then
    database = nil -- it would only add what the starter knows to be exploited
  elseif not database then
    return image.failed(terminal, is_starter, code)
  end

  config.database = database
  for key, value in pairs(clair) do config[key] = value end
  local failed, result = scan(name, is_pipelines, config, request, options, terminal)
  if failed then return failed end
  local exit_code, meaning = exit.of_result(result, options.no_fail)
  local written = write_reports(outputs, result, options, terminal, exit_code, meaning)
  tell(outputs, result, terminal, meaning)
  return written and exit_code or exit.USAGE
end

local function with_clair(own)
  return table.move(backend.options, 1, #backend.options, #own + 1, own)
end

return {
  name = "scan",
  summary = "scan an image, judge it and report",
  arguments = { { name = image.argument.name, optional = true, help = image.argument.help
    .. "; in a GitLab job it may be left out: $CS_IMAGE, else the image the pipeline built" } },
  description = {
    "Reads the image's layers, verifies their digests, lists the packages, matches them with the vulnerability "
      .. "database, lets the policies decide on every finding, and writes the reports.",
    "Policies speak in the order they are given and each may amend the last one's word. Without --policy that is "
      .. "`default`, or `threshold` where --threshold is given; the whitelist speaks last.",
    "With --clair, a Clair of either generation lists and matches the packages, and the database only adds KEV and "
      .. "EPSS. Policies and reports are the same. What goes wrong with Clair is exit code 4.",
    "An image in a container engine, Docker's or Podman's, is exported to a nameless file in $TMPDIR, which is gone "
      .. "with the command. A NAME without a host is never taken for Docker Hub's: that is docker://NAME.",
    "An image in a registry is read as docker, podman or skopeo are logged in there, or as --registry-user. Its layers "
      .. "are not stored. Clair fetches them from the registry by itself, or with --layer-host or --layer-port through "
      .. "this machine.",
    "In a GitLab job ($GITLAB_CI) the reports default to the table and to gl-container-scanning-report.json.",
  },
  options = with_clair(image.options_with {
    { long = "policy", short = "p", value = "POLICY", many = true,
      help = "a policy by name, by file, or as a Lua module; may be repeated, the order counts; default: "
        .. "default" },
    { long = "threshold", short = "t", value = "SEVERITY",
      help = "fail on findings of this severity and above: the policy `threshold`" },
    { long = "whitelist", short = "w", value = "FILE", many = true,
      help = "accept what this file lists: the policy `whitelist`; may be repeated" },
    { long = "strict-whitelist", help = "fail on whitelist entries that are expired or match nothing" },
    { long = "set", value = "POLICY.OPTION=VALUE", many = true, help = "set an option of a policy, "
      .. "@FILE for a value from JSON or YAML; may be repeated" },
    { long = "policy-dir", value = "DIR", many = true, help = "look for policies here first; may be repeated" },
    { long = "format", short = "f", value = "FORMAT[=FILE]", many = true,
      help = "a report: table, json, gitlab or clair-scanner; to FILE, or to standard output; may be "
        .. "repeated; default: table" },
    { long = "db", value = "FILE", env = "TARSIER_DB",
      help = "the vulnerability database; default: $XDG_DATA_HOME/tarsier/vulnerabilities.db, else the "
        .. "starter database" },
    { long = "severity", value = "SEVERITY", choices = filter.severities,
      help = "show only findings of this severity and above in the table; all are judged" },
    { long = "only-fixed", help = "show only findings with a fix in the table; all are judged" },
    { long = "show", value = "WHICH", choices = { "all", "failing" },
      help = "what the table lists: all findings, accepted and ignored ones too, or failing ones only; default: those "
        .. "that are not accepted or ignored" },
    { long = "no-fail", help = "exit code 0 where the verdict fails; the other codes stay" },
    { long = "verbose", short = "v",
      help = "every finding with its trail of decisions, what the policies used, timings" },
  }),
  examples = {
    { "tarsier scan oci:./image", "what `default` makes of an OCI layout" },
    { "tarsier scan app:1", "what `docker build -t app:1` or `podman build -t app:1` made" },
    { "tarsier scan docker://registry.example:5000/team/app:1", "an image in a registry" },
    { "tarsier scan -t High -w allow.yaml app.tar", "clair-scanner's rule and whitelist" },
    { "tarsier scan -f table -f gitlab=gl-container-scanning-report.json app.tar", "to read, and for GitLab" },
    { "tarsier scan --clair http://clair:6060 --layer-host runner app.tar", "judged by a Clair, which fetches the "
      .. "layers from here" },
    { "tarsier scan -p fixable -p kev --set fixable.threshold=Medium app.tar", "two policies, one of them set" },
  },
  run = run,
}
