-- What was never matched does not pass, whichever policy runs; and what the verdict says of findings without a severity.

local core = require "tarsier.core"
local policy = require "tarsier.policy"
local tarsier = require "tarsier"

local function subject(changes)
  local made = {
    image = { reference = "app.tar", name = "app:1", ecosystem = "Debian:12" }, findings = {}, problems = {},
    packages = { { name = "curl", ecosystem = "Debian:12" }, { name = "x", ecosystem = "PyPI" } },
    database = { path = "x.db", kev_date = "", newest = "" }, backend = { name = "embedded" },
  }
  for key, value in pairs(changes or {}) do made[key] = value or nil end
  return made
end

local function verdict_of(given, policies, set)
  return assert(policy.judge(given, { policies = policies or { "threshold" }, set = set, folders = { "policies" } })).verdict
end

local function problem(kind, about, ignored)
  return { kind = kind, subject = about, message = "what is wrong with " .. about, ignored = ignored }
end

describe("a verdict", function()
  it("passes if all was matched", function()
    for _, given in ipairs {
      subject(), subject { problems = { problem("no_feed", "PyPI") } },
      subject { database = false, backend = { name = "clair-v4" } },
      subject { problems = { problem("note", "x"), problem("version", "y"), problem("foreign", "z") } },
      subject { problems = { problem("unreadable", "x", true) } },
      subject { image = { reference = "x", ecosystem = "" }, problems = { problem("no_feed", "PyPI") } },
    } do
      local verdict = verdict_of(given)
      assert.equal("pass", verdict.decision)
      assert.same({}, verdict.reasons)
    end
  end)

  local gaps = {
    { subject { database = false }, "nothing was judged: there was no vulnerability database" },
    { subject { database = false, backend = false }, "there was no vulnerability database" },
    { subject { problems = { problem("no_database", "x") } }, "nothing was judged: what is wrong with x" },
    { subject { packages = {} }, "nothing was judged: no packages were found" },
    { subject { packages = {}, database = false, backend = { name = "clair-v1" } }, "no packages were found" },
    { subject { problems = { problem("no_packages", "x") } }, "nothing was judged: what is wrong with x" },
    { subject { problems = { problem("no_distro", "x") } }, "nothing was judged: what is wrong with x" },
    { subject { problems = { problem("unreadable", "var/lib/dpkg/status") } }, "var/lib/dpkg/status cannot be read" },
    { subject { problems = { problem("missing", "x") } }, "x is what is wrong with x, so that its packages are unknown" },
    { subject { problems = { problem("note", "x"), problem("no_feed", "Debian:12") } }, "does not cover Debian:12" },
    { subject { image = { reference = "x", ecosystem = "", distro = { id = "gentoo" } }, problems = { problem("no_feed", "gentoo") } },
      "does not cover gentoo" },
    { subject { image = { reference = "x", ecosystem = "" }, problems = { problem("no_feed", "PyPI"),
      problem("no_feed", "Debian:12") } }, "covers none of the image's packages" },
  }
  for i, case in ipairs(gaps) do
    it("fails where something was not matched, whatever policies say " .. i, function()
      for _, policies in ipairs { { "threshold" }, { "fixable" }, { "whitelist" } } do
        local verdict = verdict_of(case[1], policies)
        assert.equal("fail", verdict.decision)
        assert.is_false(verdict.pass)
        assert.is_truthy(verdict.reasons[1]:find(case[2], 1, true), verdict.reasons[1])
      end
      local judge <close> = assert(core.judge { no_environment = true })
      assert(judge:add_text("a.lua", "return { name = 'a', summary = 's', verdict = function() return 'accept', 'fine' end }"))
      assert.equal("fail", assert(judge:run(case[1])).verdict.decision)
    end)
  end

  it("fails for a scan without a database, in C and in Lua", function()
    for _, name in ipairs { "threshold", "fixable", "whitelist", "default" } do
      local result = assert(tarsier.scan("oci:build/sample", { policies = { name }, cache_dir = "" }))
      assert.equal("fail", result.verdict.decision)
      assert.matches("no vulnerability database", result.verdict.reasons[1])
    end
    local result = assert(tarsier.scan("oci:build/sample", { policies = { "whitelist" }, cache_dir = "", database = "build/starter.db" }))
    assert.equal("pass", result.verdict.decision)
  end)

  local function finding(id, severity, more)
    local made = { id = id, severity = severity, aliases = {}, package = { name = "curl", source = { name = "curl" } } }
    for key, value in pairs(more or {}) do made[key] = value end
    return made
  end

  it("counts findings of unknown severity, and those of them with a fix", function()
    local given = subject { findings = { finding("A", "Unknown", { fixed_by = "2" }), finding("B", "Unknown"),
      finding("C", "Unknown", { fixed_by = "3" }), finding("D", "High") } }
    local verdict = verdict_of(given, { "threshold" }, { ["threshold.threshold"] = "Critical" })
    assert.same({ "3 findings warn (3 Unknown)", "3 findings have an unknown severity; 2 of them have a fix" }, verdict.reasons)
    assert.equal("warn", verdict.decision)
    verdict = verdict_of(given, { "threshold" }, { ["threshold.threshold"] = "Critical", ["threshold.unknown"] = "fail" })
    assert.equal("fail", verdict.decision)
    verdict = verdict_of(given, { "threshold" }, { ["threshold.threshold"] = "Critical", ["threshold.unknown"] = "pass" })
    assert.same({ "pass" }, { verdict.decision, verdict.reasons[1] })
    given = subject { findings = { finding("A", "Unknown", { fixed_by = "2" }) } }
    assert.equal("1 finding has an unknown severity; 1 of them has a fix",
      verdict_of(given, { "fixable" }).reasons[2])
    given = subject { findings = { finding("A", "Unknown", { nvd_status = "Deferred" }), finding("B", "Unknown",
      { nvd_status = "Awaiting Analysis" }) } }
    assert.equal("2 findings have an unknown severity; 0 of them have a fix; NVD no longer rates 1",
      verdict_of(given, { "threshold" }, { ["threshold.threshold"] = "High" }).reasons[2])
  end)

  it("fails for a malicious package by any of its names, and lists what is only informational", function()
    for _, name in ipairs { "default", "threshold" } do
      local set = { [name .. ".threshold"] = "Defcon1", [name .. ".unknown"] = "pass" }
      for _, one in ipairs { finding("MAL-2026-1", "Unknown"), finding("GHSA-1", "Low", { aliases = { "MAL-2026-1" } }),
        finding("MAL-2026-1", "High", { informational = true }) } do
        assert.equal(1, verdict_of(subject { findings = { one } }, { name }, set).tally.fail)
      end
      assert.equal(1, verdict_of(subject { findings = { finding("RUSTSEC-1", "Critical", { informational = true }) } }, { name },
        { [name .. ".threshold"] = "Low" }).tally.undecided)
    end
    local kernel = finding("CVE-1", "High", { fixed_by = "2", package = { name = "linux-libc-dev", kernel = true } })
    assert.same({ 1, 0 }, (function(t) return { t.warn, t.fail } end)(verdict_of(subject { findings = { kernel } }, { "default" }).tally))
  end)

  it("refuses a choice that an option does not have", function()
    for _, name in ipairs { "default", "threshold", "fixable" } do
      local _, message, code = policy.judge(subject(), { policies = { name }, set = { [name .. ".unknown"] = "wran" } })
      assert.equal("POLICY", code)
      assert.matches("option 'unknown': 'wran' is not a choice %(did you mean 'warn'%?%); there are fail, warn or pass", message)
    end
    local function declared(fields)
      local judge <close> = assert(core.judge { no_environment = true })
      return select(2, judge:add_text("a.lua", "return { name = 'a', summary = 's', image = function() end, " .. fields .. " }"))
    end
    assert.matches("there is no option 'x'", declared "choices = { x = { 'a' } }")
    assert.matches("must be a list that has the option's default", declared "options = { x = 'b' }, choices = { x = { 'a' } }")
    assert.matches("must be a list", declared "options = { x = 'b' }, choices = { x = 'b' }")
  end)
end)
