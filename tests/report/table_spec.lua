-- The table is read from the top: its order, its steps, and what its filters hide.

local make_result = require "support.result"
local report = require "tarsier.report"
local text = require "tarsier.text"

local function lines_of(result, options)
  local list = {}
  for line in report.text("table", result, options):gmatch "[^\n]*" do list[#list + 1] = line end
  return list
end

-- A package of Python at a path.
local function package(name, version, path, layer)
  return { type = "pypi", ecosystem = "PyPI", name = name, version = version, architecture = "", purl = "",
    source = { name = name, version = version }, path = path or "srv/" .. name, reader = "python", layer = layer or 2 }
end

local function finding(fields)
  local made = { id = "CVE-1", severity = "Low", aliases = {}, references = {}, trail = {}, summary = "",
    description = "", url = "", package = package("lib", "1.0"),
    layer = { index = 2, created_by = "COPY app /srv", digest = "sha256:2" } }
  for key, value in pairs(fields) do made[key] = value end
  return made
end

local function result_of(findings, trail)
  local result = make_result()
  result.findings, result.problems, result.verdict.whitelist, result.verdict.trail = findings, {}, nil, trail or {}
  return result
end

-- The second word of each row.
local function ids(result, options)
  local list = {}
  for _, line in ipairs(lines_of(result, options)) do
    local id = line:match "^[%l-]+ +(CVE%S+)"
    if id then list[#list + 1] = id end
  end
  return table.concat(list, " ")
end

local epss = { score = 0.9, percentile = 0.99 }
local kev = { added = "2026-01-01" }

local mixed = {
  finding { id = "CVE-11", severity = "Critical" },
  finding { id = "CVE-5", severity = "High", decision = "fail", fixed_by = "3.0" },
  finding { id = "CVE-12", severity = "High", decision = "accept" },
  finding { id = "CVE-9", severity = "Low", decision = "warn", epss = epss },
  finding { id = "CVE-10", severity = "Low", decision = "warn" },
  finding { id = "CVE-4", severity = "High", decision = "fail", epss = epss },
  finding { id = "CVE-3", severity = "Critical", decision = "fail" },
  finding { id = "CVE-2", severity = "Low", decision = "fail", kev = kev },
  finding { id = "CVE-1", severity = "Medium", decision = "fail", kev = kev },
  finding { id = "CVE-8", severity = "Medium", decision = "warn", fixed_by = "2.0" },
  finding { id = "CVE-13", severity = "Unknown", decision = "ignore" },
}

describe("the table's findings", function()
  it("names the distribution by its id where it has no other name", function()
    for name, distro in pairs {
      ["alpine 3.20"] = { id = "alpine", version = "3.20", codename = "", name = "" },
      ["arch"] = { id = "arch", version = "", codename = "", name = "" },
      ["no distribution recognised"] = { id = "", version = "", codename = "", name = "" },
    } do
      local result = result_of {}
      result.image.distro = distro
      local found
      for _, line in ipairs(lines_of(result)) do found = found or line:match "^system +([^,]+)" end
      assert.equal(name, found)
    end
  end)

  it("come by decision, then KEV, severity and EPSS", function()
    assert.equal("CVE-1 CVE-2 CVE-3 CVE-4 CVE-5 CVE-8 CVE-9 CVE-10 CVE-11", ids(result_of(mixed)))
    assert.equal("CVE-1 CVE-2 CVE-3 CVE-4 CVE-5 CVE-8 CVE-9 CVE-10 CVE-11 CVE-12 CVE-13",
      ids(result_of(mixed), { verbose = true }))
  end)

  for _, case in ipairs {
    { { severity = "High" }, "CVE-3 CVE-4 CVE-5 CVE-11", "5 findings not shown" },
    { { only_fixed = true }, "CVE-5 CVE-8", "7 findings not shown" },
    { { only_fixed = true, severity = "High" }, "CVE-5", "8 findings not shown" },
    { { show = "failing" }, "CVE-1 CVE-2 CVE-3 CVE-4 CVE-5", "4 findings not shown" },
    { { show = "all" }, "CVE-1 CVE-2 CVE-3 CVE-4 CVE-5 CVE-8 CVE-9 CVE-10 CVE-11 CVE-12 CVE-13" },
    { { show = "all", severity = "High" }, "CVE-3 CVE-4 CVE-5 CVE-11 CVE-12", "5 findings not shown" },
  } do
    it(("are %s where filtered so"):format(case[2]), function()
      local whole, filtered = report.text("table", result_of(mixed)), report.text("table", result_of(mixed), case[1])
      assert.equal(case[2], ids(result_of(mixed), case[1]))
      if case[3] then assert.is_truthy(filtered:find(case[3] .. "; all were judged", 1, true), filtered) end
      assert.equal(whole:match "\nFAIL.*", filtered:match "\nFAIL.*") -- the verdict is the same
      local way = assert(whole:match "(To pass:.-\n)Then:") -- and so is the way to pass
      assert.is_truthy(filtered:find(way, 1, true), filtered)
    end)
  end

  it("say where several copies of a library are", function()
    local two = result_of { finding { id = "CVE-1", package = package("requests", "2.0", "srv/a/METADATA"), fixed_by = "3" },
      finding { id = "CVE-2", package = package("requests", "2.1", "srv/b/METADATA"), fixed_by = "3" },
      finding { id = "CVE-3", package = package("flask", "2.1", "srv/c/METADATA") } }
    for _, width in ipairs { 40, 80, 160 } do
      local written = report.text("table", two, { width = width })
      for _, path in ipairs { "a", "b" } do
        assert.is_truthy(written:find(("\n      in srv/%s/METADATA\n"):format(path), 1, true), written)
        assert.is_truthy(written:gsub("%s+", " "):find((" in srv/%s (layer 2: COPY app /srv), ends 1 Low: CVE-%d "):format(
          path, path == "a" and 1 or 2), 1, true), written)
      end
      assert.is_nil(written:find("srv/c/METADATA", 1, true))
    end
  end)

  it("say which architecture a package is for, where there are several", function()
    local function for_architecture(id, architecture)
      local made = package("libc6", "2.36", "var/lib/dpkg/status")
      made.architecture = architecture
      return finding { id = id, package = made }
    end
    local written = report.text("table", result_of { for_architecture("CVE-1", "amd64"),
      for_architecture("CVE-1", "i386") })
    assert.is_truthy(written:find("libc6:amd64", 1, true))
    assert.is_truthy(written:find("libc6:i386", 1, true))
  end)

  for _, version in ipairs { "7.88.1-10+deb12u12", "v0.0.0-20220412211240-33da011f77ad",
    "1:2.0.0-1ubuntu0.22.04.1+esm3-with-a-very-long-tail-that-nobody-wants" } do
    for _, width in ipairs { 80, 100, 160 } do
      it(("show all of the fixed version %s at %d columns"):format(version, width), function()
        local long = finding { id = "GHSA-x84v-xcm2-53pg", severity = "Critical", fixed_by = version, kev = kev,
          decision = "fail", package = package("a-library-with-a-long-name-indeed", "1:2.0.0-1ubuntu0.22.04.1+esm1") }
        local rows = {}
        for _, line in ipairs(lines_of(result_of { long }, { width = width })) do
          if line == "WHAT TO DO" then break end
          assert.is_true(text.columns(line) <= width or line:find "^digest" ~= nil, line)
          rows[#rows + 1] = line
        end
        assert.is_truthy(table.concat(rows, "\n"):find(version, 1, true))
      end)
    end
  end
end)

describe("what to do", function()
  local findings = {
    finding { id = "CVE-1", package = package("later", "1"), fixed_by = "2", severity = "Critical" },
    finding { id = "CVE-2", package = package("needed", "1"), fixed_by = "2", decision = "fail" },
    finding { id = "CVE-3", package = package("needed", "1"), fixed_by = "3" },
    finding { id = "CVE-4", package = package("stuck", "1"), decision = "fail" },
    finding { id = "CVE-5", package = package("stuck", "1") },
    finding { id = "CVE-6", package = package("done", "1"), fixed_by = "2", decision = "accept" },
  }

  it("says first which steps make it pass", function()
    local written = report.text("table", result_of(findings, { { policy = "users", hook = "image", decision = "fail",
      reason = "runs as root" } }), { width = 160 })
    assert.equal([[
WHAT TO DO
Run each command where the image is built (in its Dockerfile), build the image again, then scan it again.
To pass:
  - upgrade needed 1 → 3 in srv (layer 2: COPY app /srv), ends 2 Low: CVE-2, CVE-3
      pip install --upgrade 'needed>=3'
  - no fix yet, and failing: stuck 1 (CVE-4): remove the package, or accept the risk in a whitelist with a reason and an
    end
  - satisfy the policy users: runs as root
Then:
  - upgrade later 1 → 2 in srv (layer 2: COPY app /srv), ends 1 Critical: CVE-1
      pip install --upgrade 'later>=2'
  - no fix yet: stuck 1 (CVE-5)
]], written:match "WHAT TO DO.-\n\n":sub(1, -2))
  end)

  it("has no such heading where nothing fails", function()
    local written = report.text("table", result_of { findings[1] }, { width = 160 })
    assert.is_nil(written:find("To pass", 1, true))
    assert.is_truthy(written:find("then scan it again.\n  - upgrade later", 1, true))
  end)
end)

describe("the table's last lines", function()
  local function with_feeds(feeds, fields)
    local result = result_of { finding { package = package("curl", "1"), fixed_by = "2" } }
    result.started = "2026-11-24T08:00:00Z"
    result.packages = { package("curl", "1"), { type = "deb", ecosystem = "Debian:12" } }
    result.database.feeds, result.database.starter = feeds, false
    for key, value in pairs(fields or {}) do result[key] = value end
    return report.text("table", result)
  end

  local feeds = {
    { name = "Debian", newest = "2026-01-24T00:00:00Z", records = 3, covered = true },
    { name = "EPSS", newest = "2026-11-23", records = 3, covered = true },
    { name = "KEV", newest = "2026-09-01", records = 3, covered = true },
    { name = "PyPI", newest = "2026-11-01T00:00:00Z", records = 3, covered = true },
    { name = "npm", newest = "2020-01-01T00:00:00Z", records = 3, covered = true },
  }

  it("name each old feed that the result rests on", function()
    local written = with_feeds(feeds):gsub("%s+", " ")
    assert.is_truthy(written:find("old feeds Debian (newest of 2026-01-24, 304 days old), KEV (newest of 2026-09-01, "
      .. "84 days old): fetch newer ones", 1, true), written)
  end)

  it("name only KEV and EPSS with a Clair", function()
    local written = with_feeds(feeds, { backend = { name = "clair-v4" } })
    assert.is_truthy(written:find("old feeds KEV", 1, true))
    assert.is_nil(written:find("Debian (", 1, true))
  end)

  it("say nothing where all are new, or for the starter database", function()
    assert.is_nil(with_feeds({ feeds[2], feeds[4], feeds[5] }):find("old feeds", 1, true))
    local result = make_result()
    result.database.feeds, result.database.starter = feeds, true
    assert.is_nil(report.text("table", result):find("old feeds", 1, true))
  end)

  it("name a feed whose date is not known", function()
    local written = with_feeds { { name = "Debian", newest = "", records = 1 } }
    assert.is_truthy(written:find("Debian (of an unknown date)", 1, true))
  end)
end)
