-- tarsier rescan: the images that were scanned here, judged by today's database, without reading one of them.

local later = require "tarsier.later"
local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local filter = require "tarsier.table.filter"
local freshen = later "tarsier.cli.freshen"
local image = require "tarsier.cli.image"
local json = require "tarsier.json"
local place = require "tarsier.place"
local seen = later "tarsier.seen"
local shared = require "tarsier.cli.database.options"
local text = require "tarsier.text"

-- ---- one image ----------------------------------------------------------------------------------------------------

-- -> its findings today | nil, message, code
local function findings_of(one, engine, cache_dir)
  local inventory = seen.inventory(one.key, cache_dir)
  if not inventory then return nil, "its inventory is no longer in the cache", "NOT_FOUND" end
  local stored <close>, message, code = core.report_read(inventory)
  if not stored then return nil, message, code end
  local again <close>, wrong, kind = engine:rematch(stored)
  if not again then return nil, wrong, kind end
  return again:findings()
end

-- Returns those of `findings` that the last scan did not have.
local function news(findings, before)
  local known, list = {}, {}
  for _, key in ipairs(before) do known[key] = true end
  for _, finding in ipairs(findings) do
    if not known[seen.finding_key(finding)] then list[#list + 1] = finding end
  end
  return list
end

-- Returns the findings of the last scan that are gone.
local function gone(findings, before)
  local now, count = {}, 0
  for _, finding in ipairs(findings) do now[seen.finding_key(finding)] = true end
  for _, key in ipairs(before) do
    if not now[key] then count = count + 1 end
  end
  return count
end

local function of_severity(findings, least)
  local list = {}
  for _, finding in ipairs(findings) do
    if filter.is_wanted({ severity = least }, finding) then list[#list + 1] = finding end
  end
  return list
end

-- ---- what is printed -----------------------------------------------------------------------------------------------

local function table_lines(results)
  local lines = {}
  for _, result in ipairs(results) do
    lines[#lines + 1] = ("%s: %s, %s new, %s gone"):format(result.image.reference, text.plural(result.total, "finding"),
      text.thousands(#result.findings), text.thousands(result.gone))
    for _, finding in ipairs(result.findings) do
      lines[#lines + 1] = ("  %-10s %-18s %s %s%s%s"):format(finding.severity, finding.id, finding.package.name,
        finding.package.version, finding.fixed_by and ", fixed by " .. finding.fixed_by or "",
        finding.kev and ", known to be exploited" or "")
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

local function json_document(results, database)
  local images = {}
  for i, result in ipairs(results) do
    local list = {}
    for k, finding in ipairs(result.findings) do
      list[k] = json.object("id", finding.id, "severity", finding.severity, "fixed_by", finding.fixed_by,
        "kev", finding.kev ~= nil, "summary", finding.summary,
        "package", json.pick(finding.package, "type ecosystem name version purl path"))
    end
    images[i] = json.object("reference", result.image.reference, "name", result.image.name,
      "digest", result.image.digest, "scanned", result.image.scanned, "total", result.total,
      "gone", result.gone, "findings", json.array(list))
  end
  return json.encode(json.object("database", json.pick(database, "path built newest"),
    "images", json.array(images)), { indent = "  " }) .. "\n"
end

-- ---- the command ----------------------------------------------------------------------------------------------------

-- Only images whose reference, name or digest is one of these, if there are any.
local function wanted(list, names)
  if #names == 0 then return list end
  local kept, found = {}, {}
  for _, one in ipairs(list) do
    for _, name in ipairs(names) do
      if name == one.reference or name == one.name or name == one.digest then
        kept[#kept + 1], found[name] = one, true
      end
    end
  end
  for _, name in ipairs(names) do
    if not found[name] then return nil, ("%s: not among the images that were scanned here"):format(name) end
  end
  return kept
end

local function rescan(list, engine, options, terminal)
  local results, code = {}, exit.PASS
  local built = core.database(engine.path).built
  for _, one in ipairs(list) do
    local findings, message, kind = findings_of(one, engine.engine, options.cache_dir)
    if findings then
      local shown = options.since_last and news(findings, one.findings) or findings
      results[#results + 1] = { image = one, total = #findings, gone = gone(findings, one.findings),
        findings = of_severity(shown, options.severity) }
      seen.settle(one, findings, built, options.cache_dir)
    else
      terminal:warn(("%s: %s"):format(one.reference, message))
      code = exit.worse(code, exit.of_error(kind))
    end
  end
  return results, code
end

local function freshened(list, options, terminal)
  local packages = {}
  for _, one in ipairs(list) do
    for _, family in ipairs(one.families) do packages[#packages + 1] = { ecosystem = tostring(family) } end
  end
  freshen.database(function() return packages end, options, terminal)
  local path, message, code = place.a_database(options.db)
  if not path then return nil, message, code end
  local ok
  ok, message, code = freshen.check_age(path, options)
  return ok and path, message, code
end

local function has_findings(results)
  for _, result in ipairs(results) do
    if #result.findings > 0 then return true end
  end
end

local function run(options, arguments, terminal)
  if options.fail_on_new and not options.since_last then return nil, "--fail-on-new requires --since-last" end
  if options.db_max_age then
    local _, bad = shared.age(options.db_max_age)
    if bad then return nil, bad end
  end
  local list, wrong = wanted(seen.list(options.cache_dir), arguments)
  if not list then return image.failed(terminal, wrong, "NOT_FOUND") end
  if #list == 0 then
    terminal:fail "no image was scanned here yet, or the cache was deleted"
    return exit.NOTHING
  end
  local path, message, code = freshened(list, options, terminal)
  if not path then return image.failed(terminal, message, code) end
  local engine <close>, broken, kind = core.open { database = path, cache_dir = "" }
  if not engine then return image.failed(terminal, broken, kind) end
  local results, worst = rescan(list, { engine = engine, path = path }, options, terminal)
  local ok
  if options.format == "json" then
    ok, message = terminal:write(json_document(results, core.database(path)))
  else
    ok, message = terminal:print(table_lines(results))
  end
  if not ok then
    terminal:fail(message)
    return exit.USAGE
  end
  return options.fail_on_new and has_findings(results) and exit.worse(worst, exit.FAIL) or worst
end

return {
  name = "rescan",
  summary = "match the images scanned here with today's database, without reading them",
  arguments = { { name = "IMAGE", optional = true, many = true,
    help = "a reference, name or digest as it was scanned; default: all of them" } },
  description = {
    "Every scan keeps what is installed in the image in the cache. `rescan` matches that with the database as it is "
      .. "now: what became known since, in images that nobody built again. Policies are not run: scan an image "
      .. "to judge it.",
    "The database is brought up to date first, as by a scan.",
  },
  options = {
    { long = "since-last", help = "only what is new since the image was scanned or rescanned the last time" },
    { long = "fail-on-new", help = "with --since-last: exit with code 1 if anything is new" },
    { long = "severity", value = "SEVERITY", choices = filter.severities,
      help = "only findings of this severity and above" },
    { long = "format", short = "f", value = "FORMAT", env = "TARSIER_RESCAN_FORMAT", choices = { "table", "json" },
      help = "table or json; default: table" },
    { long = "cache-dir", value = "DIR", help = "the folder of the cache; default: $XDG_CACHE_HOME/tarsier" },
    shared.database, shared.offline, shared.max_age, shared.fetching[1], shared.fetching[2],
    { long = "quiet", short = "q", help = "print only errors and the result" },
    { long = "no-progress", help = "no progress on a terminal" },
  },
  examples = {
    { "tarsier rescan --since-last", "what is new since yesterday, in all images scanned here" },
    { "tarsier rescan --since-last --severity High --fail-on-new", "for a nightly job" },
  },
  run = run,
}
