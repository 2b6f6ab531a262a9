-- The policy that `tarsier scan IMAGE` runs: fail on findings that have a fix or are being exploited, warn on other
-- severe ones.
--
-- This file also explains how to write a policy. A policy is a file that returns one table:
--
--   name, summary   text; `description`, longer text, may follow
--   options         what users may change (--set default.threshold=Medium), with its defaults. A value must be of its
--                   default's type; if the default is a severity, it must be one. --set team.list=@FILE takes the
--                   value from a file in JSON or YAML
--   choices         the values that options may have: { unknown = { "fail", "warn", "pass" } }
--   finding         function(f, so_far, options, image): called for every finding, in the report's order
--   image           function(image, options): called once, before the findings
--   verdict         function(tally, options, findings, image): called once, when all policies have seen all findings
--   examples        cases that `tarsier policy test FILE` runs
--
-- A policy needs at least one of the three hooks and may have no other key. Each hook returns a decision and a reason
-- (one sentence), or nothing:
--
--   finding         "fail", "warn", "accept" (passes, for a given reason), "ignore" (passes, not worth a look)
--   image           "fail", "warn"
--   verdict         "fail", "warn", "accept" (the image passes in any case); a table of plain data may follow
--                   the reason: it is kept with the verdict, as the policy's details
--
-- Policies run in the order given. `so_far` is the last decision on this finding, { decision, reason, policy }, or nil;
-- a hook's result replaces it, and the report keeps the trail. A finding that no policy decided passes. But the verdict
-- is always "fail" if nothing was matched: without a database, without packages, or for a system that the database does
-- not cover. Hooks get
--
--   f               index, id, aliases, severity, severity_source, risk (0 to 100), fixed_by, summary, description,
--                   url, published, modified, references, backend,
--                   status ("fixed", "affected", "will_not_fix", "fix_deferred", "end_of_life", "unimportant",
--                   "under_investigation"), status_source, severities = { { source, severity, vector, score }, … },
--                   cwes, eu_exploited (a date, or ""), nvd_status ("Deferred": NVD will not rate it),
--                   ssvc = { exploitation, automatable, impact } or nil,
--                   cvss = { vector, score }, epss = { score, percentile },
--                   kev = { added, due, ransomware },
--                   informational (true: unmaintained or unsound, not vulnerable),
--                   symbol (of Go's packages: "present", "absent" or "unknown": are the vulnerable functions in the
--                   executable? else ""),
--                   malicious (true: a MAL- record names the package),
--                   kernel (true: the package has only headers of a kernel),
--                   package = { type, ecosystem, name, version, architecture, source = { name, version }, purl, path,
--                   reader, module, vendor, licenses, owner, found_by, kernel, layer, index, requires
--                   (names of packages; nil if its database does not say), essential },
--                   layer = { index, digest, diff_id, created_by, media_type, size, cached, base (true: the base
--                   image's; nil: unknown) }.
--                   upgrade = { to, command (for a shell, or nil), ends = { total, severity = { High = 2, … } } }: the
--                   package's smallest upgrade that ends all its findings; nil without a fix, and unless the policy
--                   has `needs = { "upgrades" }`,
--                   baseline ("new" or "known"; nil without --baseline),
--                   vex = { { file, author, time, id, status, justification, text, signed_by, obeyed, refusal }, … },
--                   oldest first, or nil,
--                   fixed_by, cvss, epss, kev and layer are nil if unknown; text is "" then
--   image           reference, name, digest, id, os, architecture, variant, created, ecosystem, layers, packages,
--                   config = { user, working_dir, env, entrypoint, cmd, exposed_ports, labels, volumes, healthcheck },
--                   annotations, history = { { created, created_by, comment, empty_layer }, … },
--                   base = { layers (how many of the lowest), name, digest, guess, evidence, signed, signature (with
--                   --base-key: the key's file, or why not) }, or nil,
--                   files = { { path, size, mode (a number, 2541 is 04755), is_folder, layer, deleted_by }, … }:
--                   setuid and setgid files, those that anyone may write to, and those that a later layer deletes; nil
--                   unless the policy has `needs = { "files" }`,
--                   secrets = { { kind, title, path, offset, layer (nil: the config's) }, … }: of well-known forms; nil
--                   unless the policy has `needs = { "secrets" }`; `needs` may be a function of the options, too,
--                   baseline = { file, new, known, gone }, counts of findings, or nil,
--                   distro = { id, version, codename, name, support_ends,
--                   extended_support_ends }, problems = { { kind, subject, message, layer }, … },
--                   database = { path, built, newest, kev_date, epss_date, advisories, packages, starter,
--                   ecosystems, feeds = { { name, newest, records, covered }, … },
--                   omissions = { { reason, count }, … } }, or nil if there was none; backend
--   tally           fail, warn, accept, ignore, undecided, total, severity = { Critical = …, … },
--                   decision ("pass", "warn" or "fail", as it stands)
--   findings        all of them, each with decision, reason and policy; made afresh whenever one is read
--
-- Reading any other field is an error, so that a misspelt one cannot decide. Each hook has its own copy: no change is
-- seen elsewhere. Policies may call assert, error, ipairs, next, pairs, select, tonumber, tostring, type, most of
-- string, table and math, and
--
--   at_least(a, b)                    is severity a as severe as b, or more?
--   severities                        their names, least severe first
--   version_compare(scheme, a, b)     -1, 0 or 1; nil for an invalid version; schemes as in `tarsier compare`
--   risk(f, weights)                  0 to 100; weights: { severity = 45, exploitation = 40, fix = 10, own = 5 }
--   glob(pattern, text)               * for any text, ? for one character
--   contains(text, part), starts(text, part), ends(text, part)          without patterns
--   today(), days_since(date)         "2026-11-24"; whole days, nil for text that is not a date
--   require(name)                     a module, "acme.helpers": acme/helpers.lua beside the policy, in the policies'
--                                     folders or on Lua's path; runs in the same sandbox, once for each policy
--
-- Policies run apart from everything else, with a budget of instructions, memory and time, which the work of library
-- functions uses up too. A policy that breaks or uses up its budget fails the scan (exit code 2): it never lets an
-- image pass. tostring of a table is "table", because addresses differ from run to run.
--
-- Examples name the fields that matter; the others are as in a plain scan. `false` removes a field:
--
--   { finding = { severity = "High" }, expect = "warn" }    also: options, image, so_far, today = "2026-11-24",
--   { image = { database = false }, expect = "fail" }       reason = "text that the reason contains"
--   { verdict = { warn = 51 }, expect = "fail" }            also: findings. Without `expect`: no decision

local function advice(f)
  return f.fixed_by and "upgrade to " .. f.fixed_by or "no fix yet"
end

-- Findings of any severity that decide by themselves.
local function decide_by_kind(f)
  if f.malicious then return "fail", "a malicious package: remove it" end
  if f.informational then return "pass" end -- unmaintained, unsound: listed
  if f.kev then return "fail", "known to be exploited; " .. advice(f) end
end

-- What the scan could not see is the first thing to know about its result.
local function check_problems(image, complaints)
  for _, problem in ipairs(image.problems) do
    if problem.kind == "unreadable" then
      return "fail", ("%s cannot be read: %s"):format(problem.subject, problem.message)
    elseif problem.kind == "missing" then
      return "fail", ("%s is %s"):format(problem.subject, problem.message)
    end
    if problem.kind ~= "note" then complaints[#complaints + 1] = problem.message end
  end
end

-- The feeds that an image is judged by: of its packages' ecosystems, "Debian" of "Debian:12", and those of all.
local function feeds_in_use(image)
  local used = { KEV = true, EPSS = true }
  for _, package in ipairs(image.packages or {}) do used[(package.ecosystem or ""):match "^[^:]*"] = true end
  local list = {}
  for _, feed in ipairs(image.database.feeds or {}) do
    if used[feed.name] and feed.covered then list[#list + 1] = feed end
  end
  if not list[1] then list[1] = { name = "the database", newest = image.database.newest } end
  return list
end

-- One feed that is fresh says nothing of another that no longer arrives.
local function check_age(image, options, complain)
  for _, feed in ipairs(feeds_in_use(image)) do
    local age = days_since(feed.newest)
    if age and age > options.max_age then
      complain(("the newest record of %s is %d days old: run tarsier db update"):format(feed.name, age))
    end
  end
end

local function check_database(image, options, complaints)
  local database = image.database
  local function complain(text) complaints[#complaints + 1] = text end
  if database.starter then
    complain "judged by the small database that comes with tarsier: run tarsier db update for a full one"
    return
  end
  if database.kev_date == "" then
    complain "the database does not know what is exploited: run tarsier db update for CISA's KEV"
  end
  check_age(image, options, complain)
end

return {
  name = "default",
  summary = "Fail on what is exploited or has a fix; warn on what is severe and has none.",
  options = {
    threshold = "High", -- findings that are less severe are listed, not judged, unless they are exploited
    unknown = "warn",   -- findings whose severity nothing tells: fail, warn or pass
    max_age = 30,       -- days after which the database is old
  },
  choices = { unknown = { "fail", "warn", "pass" } },

  finding = function(f, _, options)
    local decision, reason = decide_by_kind(f)
    if not decision and f.severity == "Unknown" and options.threshold ~= "Unknown" then
      decision, reason = options.unknown, "severity unknown; " .. advice(f)
    elseif not decision and at_least(f.severity, options.threshold) then
      decision, reason = f.fixed_by and "fail" or "warn", advice(f)
    end
    if not decision or decision == "pass" then return end
    if decision == "fail" and f.kernel and not f.malicious then
      return "warn", "only headers of this kernel are installed; " .. reason
    end
    if f.symbol == "absent" and decision == "fail" and not f.malicious and not f.kev then
      return "warn", "the vulnerable functions are not in this executable; " .. reason
    end
    return decision, reason
  end,

  image = function(image, options)
    local by_clair = starts(image.backend or "", "clair") -- it has a database of its own
    if not image.database and not by_clair then
      return "fail", "there was no vulnerability database: nothing was matched"
    end
    local complaints = {}
    local decision, reason = check_problems(image, complaints)
    if decision then return decision, reason end
    if image.database and not by_clair then check_database(image, options, complaints) end
    if complaints[1] then return "warn", table.concat(complaints, "; ") end
  end,

  examples = {
    { finding = { severity = "Critical", fixed_by = "2.0" }, expect = "fail", reason = "upgrade to 2.0" },
    { finding = { severity = "High", fixed_by = "2.0" }, expect = "fail" },
    { finding = { severity = "Critical" }, expect = "warn", reason = "no fix yet" },
    { finding = { severity = "Medium", fixed_by = "2.0" } },
    { finding = { severity = "Medium", fixed_by = "2.0" }, options = { threshold = "Medium" }, expect = "fail" },
    { finding = { severity = "Low", kev = { added = "2021-12-10", due = "", ransomware = false } }, expect = "fail",
      reason = "known to be exploited; no fix yet" },
    -- unknown severities, malicious packages, notices, kernel headers
    { finding = { severity = "Unknown", fixed_by = "2.0" }, expect = "warn",
      reason = "severity unknown; upgrade to 2.0" },
    { finding = { severity = "Unknown" }, options = { unknown = "fail" }, expect = "fail" },
    { finding = { severity = "Unknown" }, options = { unknown = "pass" } },
    { finding = { severity = "Unknown", fixed_by = "2.0" }, options = { threshold = "Unknown" }, expect = "fail" },
    { finding = { id = "MAL-2026-1", malicious = true }, options = { unknown = "pass" }, expect = "fail",
      reason = "malicious" },
    { finding = { severity = "Critical", informational = true, fixed_by = "2.0" } },
    { finding = { severity = "Critical", informational = true, malicious = true }, expect = "fail" },
    { finding = { severity = "High", fixed_by = "2.0", kernel = true }, expect = "warn",
      reason = "only headers of this kernel are installed; upgrade to 2.0" },
    { finding = { severity = "Low", kernel = true } },
    { finding = { severity = "High", fixed_by = "2.0", symbol = "absent" }, expect = "warn",
      reason = "not in this executable; upgrade to 2.0" },
    { finding = { severity = "High", fixed_by = "2.0", symbol = "unknown" }, expect = "fail" },
    { finding = { severity = "High", fixed_by = "2.0", symbol = "absent",
      kev = { added = "2021-12-10", due = "", ransomware = false } }, expect = "fail" },
    -- the database and the scan
    { image = { database = { kev_date = "2026-11-20" } } },
    { image = { database = false }, expect = "fail" },
    { image = { database = false, backend = "clair-v4" } },
    { image = { database = { starter = true } }, expect = "warn", reason = "comes with tarsier" },
    { image = { database = { kev_date = "" } }, expect = "warn", reason = "KEV" },
    { image = { database = { kev_date = "x", newest = "2026-09-01T00:00:00Z" } }, today = "2026-11-24", expect = "warn",
      reason = "84 days old" },
    { image = { database = { kev_date = "x", newest = "2026-11-01T00:00:00Z" } }, today = "2026-11-24" },
    { image = { database = { kev_date = "x", newest = "2026-11-20T00:00:00Z", feeds = {
      { name = "Debian", newest = "2026-09-01T00:00:00Z", records = 9, covered = true },
      { name = "npm", newest = "2026-11-20T00:00:00Z", records = 9, covered = true } } } }, today = "2026-11-24",
      expect = "warn", reason = "of Debian is 84 days old" },
    { image = { database = { kev_date = "x", newest = "2026-11-20T00:00:00Z", feeds = {
      { name = "Debian", newest = "2026-11-20T00:00:00Z", records = 9, covered = true },
      { name = "npm", newest = "2020-01-01T00:00:00Z", records = 9, covered = true } } } }, today = "2026-11-24" },
    { image = { database = { kev_date = "x", newest = "2026-11-20T00:00:00Z", feeds = {
      { name = "KEV", newest = "2026-09-01", records = 9, covered = true } } } }, today = "2026-11-24",
      expect = "warn", reason = "of KEV is 84 days old" },
    { image = { problems = { { kind = "no_feed", subject = "PyPI", message = "no feed covers PyPI" } } },
      expect = "warn", reason = "PyPI" },
    { image = { database = { kev_date = "x" }, problems = { { kind = "end_of_life", subject = "Debian:10",
      message = "Debian 10 gets no more fixes" } } }, expect = "warn", reason = "Debian 10 gets no more fixes" },
    { image = { database = { kev_date = "x" }, problems = { { kind = "note", subject = "x", message = "x" } } } },
    { image = { problems = { { kind = "unreadable", subject = "var/lib/dpkg/status", message = "line 3: no colon" } } },
      expect = "fail", reason = "var/lib/dpkg/status cannot be read" },
    { image = { problems = { { kind = "missing", subject = "var/lib/dpkg/status", message = "a FIFO, not a file" } } },
      expect = "fail", reason = "var/lib/dpkg/status is a FIFO" },
    { image = { problems = { { kind = "end_of_life", subject = "debian", message = "support ended on 2022-09-10" } } },
      expect = "warn", reason = "2022-09-10" },
    { image = { problems = { { kind = "foreign", subject = "rpm", message = "1 rpm package on Debian" } } },
      expect = "warn", reason = "rpm package" },
    { image = { database = { kev_date = "2026-11-20" },
      problems = { { kind = "note", subject = "a.egg-info", message = "not metadata" } } } },
  },
}
