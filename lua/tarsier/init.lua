-- require "tarsier": from an image to a verdict.
--
--   local tarsier = require "tarsier"
--   local result = assert(tarsier.scan("oci:./image", { database = "vulnerabilities.db" }))
--   tarsier.report.write("table", result, io.write)
--   os.exit(result.verdict.pass)
--
-- Failures of the outside world return nil, message, "CODE"; misuse raises an error.

local later = require "tarsier.later"
local advice = later "tarsier.advice"
local core = require "tarsier.core"
local policy = require "tarsier.policy"
local report = require "tarsier.report"
local suggest = require "tarsier.suggest"

local tarsier = { _VERSION = core.version, policy = policy, report = report }

-- The options of open; the other options of scan are those of judge.
local engine_options = { "database", "cache_dir", "cache_limit", "platform", "threads", "skip_diff_id", "on_event",
  "clair", "clair_matcher", "clair_api", "clair_key", "clair_issuer", "clair_keep", "clair_timeout", "clair_report",
  "layer_host", "layer_port", "ca_file", "registry_user", "registry_password", "plain_http", "today",
  "severity_sources", "files", "secrets", "advisories", "readers",
  "attestations", "hashes" }

--- open { database =, cache_dir =, cache_limit =, platform =, threads =, skip_diff_id =, on_event = } -> engine. One
--- engine may scan any number of images: engine:scan(reference) -> report; engine:close().
tarsier.open = core.open

--- compare(scheme, a, b) -> -1, 0 or 1, by an ecosystem's order of versions
tarsier.compare = core.compare

--- risk(finding, [weights]) -> 0 to 100: see tarsier(1), RISK. weights = { severity = 45, exploitation = 40, fix = 10,
--- own = 5 }, or some of them.
tarsier.risk = core.risk

--- import(database, { path, … }, [options]) -> what was taken; database(path) -> what a database holds
tarsier.import, tarsier.database = core.import, core.database

--- now() -> "2026-11-24T12:00:00Z"
function tarsier.now()
  return os.date "!%Y-%m-%dT%H:%M:%SZ"
end

--- facts(report, [started]) -> result: what a report holds as plain tables, before policies have judged it
function tarsier.facts(scanned, started)
  return {
    schema = "1", tarsier = { version = core.version }, started = started or tarsier.now(),
    finished = tarsier.now(),
    image = scanned:image(), packages = scanned:packages(), findings = scanned:findings(),
    problems = scanned:problems(), database = scanned:database(), usage = scanned:usage(),
    backend = { name = scanned:backend() },
  }
end

--- decide(result, judgement) -> result, with a judgement's decisions and verdict in it
function tarsier.decide(result, judgement)
  for i, finding in ipairs(result.findings) do
    for key, value in pairs(judgement.findings[i]) do finding[key] = value end
  end
  result.verdict = judgement.verdict
  result.advice = advice.of(result)
  return result
end

-- By an open judge
local function judged(scanned, judge, started)
  if judge:needs().upgrades then return policy.rejudge(tarsier.facts(scanned, started), judge) end
  local judgement, message, code = judge:run(scanned)
  if not judgement then return nil, message, code end
  return tarsier.decide(tarsier.facts(scanned, started), judgement)
end

--- judge(report, request, [started]) -> result, with the findings' decisions and the verdict. The request names
--- policies in order, { policies = { "default" }, set = { ["threshold.threshold"] = "High" } }: see tarsier.policy.
function tarsier.judge(scanned, request, started)
  local judge <close>, message, code = policy.open(request)
  if not judge then return nil, message, code end
  return judged(scanned, judge, started)
end

local scan_options = { table.unpack(engine_options) }
table.move(policy.request_keys, 1, #policy.request_keys, #scan_options + 1, scan_options)

local function split(options)
  local opened, request = {}, {}
  for key, value in pairs(options or {}) do request[key] = value end
  for _, key in ipairs(engine_options) do
    opened[key], request[key] = request[key], nil
  end
  return opened, request
end

-- -> the engine's report | nil, message, code
local function read(reference, config)
  local engine <close>, message, code = core.open(config)
  if not engine then return nil, message, code end
  return engine:scan(reference)
end

--- scan(reference, options) -> result. Options are open's and judge's in one table.
function tarsier.scan(reference, options)
  suggest.check_keys(options, scan_options, "tarsier.scan")
  local config, request = split(options)
  local started = tarsier.now()
  local judge <close>, message, code = policy.open(request)
  if not judge then return nil, message, code end
  local needs = judge:needs()
  config.files, config.secrets = config.files or needs.files, config.secrets or needs.secrets
  local scanned
  scanned, message, code = read(reference, config)
  if not scanned then return nil, message, code end
  return judged(scanned, judge, started)
end

--- packages(reference, options) -> result without findings and verdict: nothing is matched, no database is needed.
--- Options are open's.
function tarsier.packages(reference, options)
  suggest.check_keys(options, engine_options, "tarsier.packages")
  local started = tarsier.now()
  local scanned, message, code = read(reference, options or {})
  if not scanned then return nil, message, code end
  local result = tarsier.facts(scanned, started)
  result.findings, result.database = nil, nil
  return result
end

return tarsier
