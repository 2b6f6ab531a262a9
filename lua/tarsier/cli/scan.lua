-- tarsier scan: an image's findings, the policies' verdict, and reports of both.

local later = require "tarsier.later"
local additions = require "tarsier.cli.additions"
local advice = later "tarsier.advice"
local advisories = require "tarsier.cli.advisories"
local backend = require "tarsier.cli.backend"
local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local freshen = later "tarsier.cli.freshen"
local gitlab = require "tarsier.cli.gitlab"
local image = require "tarsier.cli.image"
local judging = require "tarsier.cli.judging"
local locate = require "tarsier.cli.locate"
local outputs = require "tarsier.cli.outputs"
local place = require "tarsier.place"
local policy = require "tarsier.policy"
local report = require "tarsier.report"
local seen = later "tarsier.seen"
local share = later "tarsier.share"
local shared = require "tarsier.cli.database.options"
local text = require "tarsier.text"

local function report_options(options, code, meaning)
  return { verbose = options.verbose, severity = options.severity, only_fixed = options.only_fixed,
    show = options.show, sort = options.sort, exit = { code = code, meaning = meaning },
    default_branch_image = gitlab.default_branch_image(), dockerfile = gitlab.dockerfile(), creator = options.creator }
end

-- What is judged: the report; if facts were added to it, or evidence that cannot be read is to be ignored, the result
-- with those facts and without those problems.
local function subject(scanned, result, has_additions)
  local problems = {}
  for _, problem in ipairs(result.problems) do
    if not problem.ignored then problems[#problems + 1] = problem end
  end
  if #problems == #result.problems and not has_additions then return scanned end
  return { image = result.image, findings = result.findings, packages = result.packages, database = result.database,
    backend = result.backend, problems = problems }
end

-- Matched with the part of a shared database that the image needs -> report | nil, message, code
local function with_shared_database(scanned, config, options, terminal)
  local got, message = share.database(options.db, scanned:packages(), { cache_dir = config.cache_dir,
    verify_key = options.verify_key_text, allow_older = options.allow_older, ca_file = options.ca_file,
    plain_http = options.plain_http })
  if not got then return nil, message, "DATABASE" end
  if got.unreachable then
    terminal:warn(("%s; using the database of %s from the cache"):format(got.unreachable, got.built))
  end
  local ok, old, code = freshen.check_age(got.path, options, got.built)
  if not ok then return nil, old, code end
  config.database = got.path
  local engine <close>, wrong, kind = require "tarsier".open(config)
  if not engine then return nil, wrong, kind end
  return engine:rematch(scanned)
end

-- The report as it is, or matched again if newer records had to be fetched first -> report | nil, message, code
local function with_fresh_records(scanned, config, options, terminal)
  if config.clair then return scanned end
  if place.is_shared(options.db) then return with_shared_database(scanned, config, options, terminal) end
  local is_newer = freshen.database(function() return scanned:packages() end, options, terminal)
  if is_newer then config.database = place.database() end
  if not config.database then return nil, select(2, place.a_database()), "DATABASE" end
  local ok, message, code = freshen.check_age(config.database, options)
  if not ok then return nil, message, code end
  if not is_newer then return scanned end
  local engine <close>, wrong, kind = require "tarsier".open(config)
  if not engine then return nil, wrong, kind end
  return engine:rematch(scanned)
end

-- -> the engine's report | nil, message, code
local function read(there, config, options, terminal)
  local scanned, message, code = there:scan(config, terminal)
  if not scanned then return nil, message, code end
  return with_fresh_records(scanned, config, options, terminal)
end

-- Scans the images that --base names: name -> result | nil, message, code
local function base_reader(config, options, terminal)
  local tarsier = require "tarsier"
  return function(name)
    local there <close>, wrong, kind = locate.open(name, config, terminal)
    if not there then return nil, wrong, kind end
    local scanned, message, code = read(there, config, options, terminal)
    if not scanned then return nil, message, code end
    return tarsier.facts(scanned, tarsier.now())
  end
end

local function scan(name, is_pipelines, config, job, terminal)
  local options, judge = job.options, job.judge
  local tarsier = require "tarsier"
  local needs = judge:needs()
  local started = tarsier.now()
  local there <close>, absent, reason = locate.open(name, config, terminal, nil, is_pipelines)
  if not there then return image.failed(terminal, absent, reason) end
  local scanned, wrong, code = read(there, config, options, terminal)
  if not scanned then return image.failed(terminal, wrong, code) end
  local result = tarsier.facts(scanned, started)
  if not config.clair then seen.keep(result, config.cache_dir) end
  backend.describe(result, config)
  image.settle(result, options, terminal)
  local ok, has_additions, failure = job.additions:apply(result, base_reader(config, options, terminal), config)
  if not ok then return image.failed(terminal, has_additions, failure) end
  if needs.upgrades then advice.upgrades(result) end
  local judgement, message = judge:run(subject(scanned, result, has_additions or needs.upgrades))
  if not judgement then return image.failed(terminal, message, "POLICY") end
  return nil, tarsier.decide(result, judgement)
end

-- If no table shows the verdict, one line does.
local function tell(result, terminal, meaning)
  local tally = result.verdict.tally
  terminal:say(("tarsier: %s: %s, %d fail, %d warn: %s"):format(result.image.reference,
    text.plural(tally.total, "finding"), tally.fail, tally.warn, meaning))
  if result.database and result.database.starter then
    terminal:say "tarsier: this was the starter database; `tarsier help db` says how to get a full one"
  end
end

-- Where Clair's own report waits for the format `clair` -> a file to close, or nil if that is not wanted
local function keep_clairs_report(job, config)
  for _, output in ipairs(job.outputs) do
    if output.format.name == "clair" then
      local file, path = core.host.temporary()
      config.clair_report = file and path
      return file, path
    end
  end
end

-- One image -> exit code. Its number is nil if it is the only one.
local function scan_one(job, source, terminal, number)
  local options, config = job.options, {}
  for key, value in pairs(job.config) do config[key] = value end
  -- A database may have come with the last image.
  if not config.clair and not options.db then config.database = place.a_database() end
  config.on_event = terminal:reporter(options.verbose)
  local kept <close>, why = keep_clairs_report(job, config)
  if why and not kept then return image.failed(terminal, why, "IO") end
  local failed, result = scan(source.name, source.is_pipelines, config, job, terminal)
  if failed then return failed end
  result.clair_report = config.clair_report
  local code, meaning = exit.of_result(result, options.no_fail)
  local are_written = outputs.write(job.outputs, result, report_options(options, code, meaning), terminal, number)
  if not outputs.shows_table(job.outputs) then tell(result, terminal, meaning) end
  return are_written and code or exit.USAGE
end

local function scan_all(job, sources, terminal)
  if #sources == 1 then return scan_one(job, sources[1], terminal) end
  local worst, counts = exit.PASS, {}
  for number, source in ipairs(sources) do
    local code = scan_one(job, source, terminal, number)
    worst, counts[code] = exit.worse(worst, code), (counts[code] or 0) + 1
  end
  local passed, failed = counts[exit.PASS] or 0, counts[exit.FAIL] or 0
  terminal:say(("tarsier: %d images: %d passed, %d failed, %d without a verdict; exit code %d"):format(#sources, passed,
    failed, #sources - passed - failed, worst))
  return worst
end

-- ---- what it was asked --------------------------------------------------------------------------------------------

-- -> { { name =, is_pipelines = }, … }, the one that is standard input | nil, message
local function read_sources(names)
  local sources, input = {}, nil
  for i = 1, math.max(1, #names) do
    local name, is_pipelines = gitlab.source(names[i])
    if not name then return nil, is_pipelines end
    if name == "-" or name:find "^%-[:@]" then
      if input then return nil, "standard input can hold one image only" end
      input = name
    end
    sources[i] = { name = name, is_pipelines = is_pipelines }
  end
  return sources, input
end

-- With a Clair, the starter database would only add what it knows to be exploited.
local function find_database(options, has_clair)
  if place.is_shared(options.db) then return nil end
  local database, is_starter, code = place.a_database(options.db)
  if has_clair and is_starter == true then return nil end
  return database, is_starter, code
end

local function run(options, arguments, terminal)
  local sources, input = read_sources(arguments)
  if not sources then return nil, input end
  local job, message = { options = options }
  job.outputs, message = outputs.read(options.format or gitlab.formats() or { "table" }, report.find, #sources)
  if not job.outputs then return nil, message end
  local request
  request, message = judging.request(options)
  if not request then return nil, message end
  -- First, so that an error in a policy is known before a long scan.
  local judge <close>, wrong_policy = policy.open(request)
  if not judge then return image.failed(terminal, wrong_policy, "POLICY") end
  local failure
  job.additions, message, failure = additions.open(options, terminal)
  if not job.additions then return image.failed(terminal, message, failure) end
  local clair
  clair, message = backend.config(options)
  if not clair then return nil, message end
  job.config, message = image.engine_options(options, terminal, input)
  if not job.config then return nil, message end
  for key, value in pairs(clair) do job.config[key] = value end
  local needs = judge:needs()
  job.config.files, job.config.secrets, job.judge = needs.files, needs.secrets, judge
  job.config.hashes = outputs.need_hashes(job.outputs)
  for _, output in ipairs(job.outputs) do
    if output.format.name == "clair" and not clair.clair then
      return nil, "--format clair is Clair's own report: name a Clair with --clair URL or $CLAIR_URL"
    end
  end
  if options.db_max_age then
    local _, bad = shared.age(options.db_max_age)
    if bad then return nil, bad end
  end
  local database, wrong, code = find_database(options, clair.clair)
  local is_elsewhere = clair.clair or place.is_shared(options.db) or not (options.offline or options.db)
  if not database and not is_elsewhere then return image.failed(terminal, wrong, code) end
  options.verify_key_text, wrong = shared.verify_key(options)
  if wrong then return nil, wrong end
  if place.is_shared(options.db) and clair.clair then return nil, "--db oci://… and --clair exclude each other" end
  job.config.database, job.config.severity_sources = database, options.severity_source
  job.config.advisories, job.kept = advisories.paths(options.advisories)
  if not job.config.advisories then return nil, job.kept end
  return scan_all(job, sources, terminal)
end

local function with_shared(own)
  local options = table.move(own, 1, #own, #judging.options + 1, { table.unpack(judging.options) })
  return table.move(backend.options, 1, #backend.options, #options + 1, options)
end

return {
  name = "scan",
  summary = "scan an image, judge it and report",
  arguments = { { name = image.argument.name, optional = true, many = true, help = image.argument.help
    .. "; may be repeated; in a GitLab job it may be left out: $CS_IMAGE, else the image the pipeline built" } },
  description = {
    "Reads the image's layers, verifies their digests, lists the packages, matches them with the vulnerability "
      .. "database, lets the policies decide on each finding, and writes the reports.",
    "Policies run in the given order, and each may change the decision of the one before. Without --policy, the policy "
      .. "is `default`, or `threshold` if --threshold is given. The whitelist runs last.",
    "Without --db, the scan first asks the publishers for what the image's packages need, at most every six hours, and "
      .. "fetches only what is new (`tarsier help db update`). --offline fetches nothing. Without a network, one line "
      .. "says so, and the database that is there is used, or the starter database.",
    "With --clair, a Clair of either generation lists and matches the packages, and the database only adds KEV and "
      .. "EPSS. Policies and reports are the same. If Clair fails, the exit code is 4.",
    "An image in a container engine, Docker's or Podman's, streams out of it into the scan; for a Clair, which fetches "
      .. "layers one by one, it goes through a nameless file in $TMPDIR, which is gone with the command. A NAME "
      .. "without a host is never taken for Docker Hub's: that is docker://NAME.",
    "For an image in a registry, the logins of docker, podman and skopeo are used, or --registry-user. Its layers are "
      .. "not stored. Clair fetches them from the registry, or through this machine with --layer-host or --layer-port.",
    "Several images are scanned one after the other, each with a verdict of its own; the exit code is the worst of "
      .. "theirs, in the order 2, 4, 3, 5, 1, 0. Reports to standard output follow each other, JSON as one document "
      .. "after the other; in the name of a file, %n stands for the number of the image, from 1.",
    "In a GitLab job ($GITLAB_CI) the reports default to the table and to gl-container-scanning-report.json.",
  },
  options = with_shared(image.options_with {
    outputs.option, outputs.creator,
    { long = "db", value = "FILE", env = "TARSIER_DB",
      help = "the vulnerability database; default: $XDG_DATA_HOME/tarsier/vulnerabilities.db, which a scan keeps up to "
        .. "date, else the starter database" },
    shared.offline, shared.max_age, shared.fetching[1], shared.verify, shared.allow_older,
    advisories.option,
    { long = "severity-source", value = "LIST",
      help = "whose rating counts, best first, such as nvd,ghsa: sources, or distribution, vendor, nvd, cisa, other, "
        .. "which is the default order" },
    judging.shown.severity, judging.shown.only_fixed, judging.shown.show, judging.shown.sort,
    { long = "no-fail", help = "exit with code 0 if the verdict fails; other codes stay" },
    { long = "verbose", short = "v",
      help = "every finding with its trail of decisions, what the policies used, timings" },
  }),
  examples = {
    { "tarsier scan oci:./image", "an OCI layout, judged by `default`" },
    { "tarsier scan app:1", "what `docker build -t app:1` or `podman build -t app:1` made" },
    { "tarsier scan docker://registry.example:5000/team/app:1", "an image in a registry" },
    { "tarsier scan -t High -w allow.yaml app.tar", "clair-scanner's rule and whitelist" },
    { "tarsier scan -f table -f gitlab=gl-container-scanning-report.json app.tar", "to read, and for GitLab" },
    { "tarsier scan -f table -f json=report-%n.json app:1 web:1", "several images: report-1.json, report-2.json" },
    { "tarsier scan --clair http://clair:6060 --layer-host runner app.tar", "matched by a Clair, which fetches the "
      .. "layers from this machine" },
    { "tarsier scan -p fixable -p kev --set fixable.threshold=Medium app.tar", "two policies, one of them set" },
  },
  run = run,
}
