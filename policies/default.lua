-- What `tarsier scan IMAGE` runs: fail on what can be repaired today or is being exploited, warn on what has to wait.
--
-- This file is also the place to learn how to write a policy. A policy is a file that returns one table:
--
--   name, summary   text; `description`, longer text, may follow
--   options         what users may change (--set default.threshold=Medium), with its defaults. A value must be of its
--                   default's type; one whose default is a severity must be a severity
--   finding         function(f, so_far, options, image): called for every finding, in the report's order
--   image           function(image, options): called once, before the findings
--   verdict         function(tally, options, findings, image): called once, when all policies have seen all findings
--   examples        cases that `tarsier policy test FILE` runs
--
-- At least one of the three hooks must be there, and nothing else may: an unknown key is an error. Each hook returns a
-- decision and a reason (one sentence), or nothing:
--
--   finding         "fail", "warn", "accept" (passes; somebody answers for it), "ignore" (passes; not worth a look)
--   image           "fail", "warn"
--   verdict         "fail", "warn", "accept" (the image passes, whatever was said); a table of plain data may follow
--                   the reason: it is kept with the verdict, as the policy's details
--
-- Policies run in the order given. `so_far` is the last decision on this finding, { decision, reason, policy }, or nil;
-- what a hook returns replaces it, and the report keeps the trail. What no policy decided passes. What hooks are shown:
--
--   f               index, id, aliases, severity, severity_source, fixed_by, summary, description, url, published,
--                   modified, references, backend, cvss = { vector, score }, epss = { score, percentile },
--                   kev = { added, due, ransomware },
--                   package = { type, ecosystem, name, version, architecture, source = { name, version }, purl, path,
--                   reader, layer, index },
--                   layer = { index, digest, diff_id, created_by, media_type, size, cached }.
--                   fixed_by, cvss, epss, kev and layer are nil where unknown; text is "" then
--   image           reference, name, digest, id, os, architecture, variant, created, ecosystem, layers, packages,
--                   config = { user, working_dir, env, entrypoint, cmd, exposed_ports, labels },
--                   distro = { id, version, codename, name, support_ends,
--                   extended_support_ends }, problems = { { kind, subject, message, layer }, … },
--                   database = { path, built, newest, kev_date, epss_date, advisories, packages, starter,
--                   ecosystems, feeds = { { name, newest, records, covered }, … },
--                   omissions = { { reason, count }, … } }, or nil where there was none
--   tally           fail, warn, accept, ignore, undecided, total, severity = { Critical = …, … },
--                   decision ("pass", "warn" or "fail", as it stands)
--   findings        all of them, each with decision, reason and policy; made afresh whenever one is looked at
--
-- All of it is the hook's own: what it changes, nobody else sees. Policies may call assert, error, ipairs, next, pairs,
-- select, tonumber, tostring, type, most of string, table and math, and
--
--   at_least(a, b)                    is severity a as severe as b?
--   severities                        their names, least severe first
--   version_compare(scheme, a, b)     -1, 0 or 1; nil for what is no version; schemes as in `tarsier compare`
--   glob(pattern, text)               * for any text, ? for one character
--   contains(text, part), starts(text, part), ends(text, part)          without patterns
--   today(), days_since(date)         "2026-11-24"; whole days, nil for what is no date
--
-- They run apart from everything else, with a budget of instructions, memory and time. One that breaks or uses up its
-- budget fails the scan (exit code 2): it never lets an image pass.
--
-- Examples say what matters and leave the rest as in a plain scan; `false` takes a field away:
--
--   { finding = { severity = "High" }, expect = "warn" }    also: options, image, so_far, today = "2026-11-24",
--   { image = { database = false }, expect = "fail" }       reason = "text that the reason contains"
--   { verdict = { warn = 51 }, expect = "fail" }            also: findings. Without `expect`: no decision

local function advice(f)
  return f.fixed_by and "upgrade to " .. f.fixed_by or "no fix yet"
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
      complain(("the newest record of %s is %d days old: run tarsier db import"):format(feed.name, age))
    end
  end
end

local function check_database(image, options, complaints)
  local database = image.database
  local function complain(text) complaints[#complaints + 1] = text end
  if database.starter then
    complain "judged by the small database that comes with tarsier: run tarsier db import for a full one"
    return
  end
  if database.kev_date == "" then
    complain "the database does not know what is exploited: run tarsier db import with CISA's KEV file"
  end
  check_age(image, options, complain)
end

return {
  name = "default",
  summary = "Fail on what is exploited or has a fix; warn on what is severe and has none.",
  options = {
    threshold = "High", -- what is less severe is listed, not judged, unless it is exploited
    max_age = 30,       -- days after which the database is old
  },

  finding = function(f, _, options)
    if f.kev then return "fail", "known to be exploited; " .. advice(f) end
    if not at_least(f.severity, options.threshold) then return end
    return f.fixed_by and "fail" or "warn", advice(f)
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
