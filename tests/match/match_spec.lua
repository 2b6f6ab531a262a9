-- What is found for which version: every kind of event, names that merge, whose word counts.

local advisories = require "support.advisories"
local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local NO_FEED, VERSION, UNUSED = 3, 7, 8 -- enum tarsier_problem_kind

local affects, record = advisories.affects, advisories.record
local folder
setup(function() folder = temporary.folder() end)
teardown(function() temporary.remove(folder) end)

local function find_by(order, records, ...)
  assert(advisories.import(folder, records))
  local packages = {}
  for i, package in ipairs { ... } do
    packages[i] = { type = package.type or "x", ecosystem = package[1], name = package[2], version = package[3],
                    source_name = package.source_name, source_version = package.source_version, path = "evidence",
                    module = package.module }
  end
  local found, problems = knowledge.match(folder .. "/test.db", packages, false, order)
  return assert(found, problems), problems
end

local function find(records, ...)
  return find_by(nil, records, ...)
end

-- A record about the package "p".
local function about(id, ecosystem, events, fields)
  fields = fields or {}
  fields.affected = { affects(ecosystem, "p", events) }
  return record(id, fields)
end

local function up_to(version) return { "introduced", "0", "fixed", version } end

local function packages_of(findings)
  local list = {}
  for i, finding in ipairs(findings) do list[i] = finding.package end
  table.sort(list)
  return table.concat(list, " ")
end

local function names(findings)
  local list = {}
  for i, finding in ipairs(findings) do list[i] = finding.id end
  return table.concat(list, " ")
end

-- Versions of npm's "p" with what fixes each: "" affected and nothing fixes it, nil not affected.
local ranges = {
  ["introduced 0, fixed"] = { { "introduced", "0", "fixed", "1.2.0" }, ["0.0.0-a"] = "1.2.0", ["1.1.9"] = "1.2.0",
    ["1.2.0-rc.1"] = "1.2.0", ["1.2.0"] = false, ["2.0.0"] = false },
  ["introduced later"] = { { "introduced", "1.0.0", "fixed", "1.2.0" }, ["0.9.0"] = false, ["1.0.0"] = "1.2.0",
    ["1.2.0"] = false },
  ["never fixed"] = { { "introduced", "1.0.0" }, ["0.9.0"] = false, ["1.0.0"] = "", ["99.0.0"] = "" },
  ["last affected"] = { { "introduced", "1.0.0", "last_affected", "1.2.0" }, ["1.2.0"] = "", ["1.2.1"] = false },
  ["one version only"] = { { "introduced", "5.15.12", "last_affected", "5.15.12" }, ["5.15.11"] = false,
    ["5.15.12"] = "", ["5.15.13"] = false },
  ["limit"] = { { "introduced", "1.0.0", "limit", "2.0.0" }, ["1.5.0"] = "", ["2.0.0"] = false, ["3.0.0"] = false },
  ["limit *"] = { { "introduced", "1.0.0", "limit", "*" }, ["1.5.0"] = "", ["3.0.0"] = "" },
  ["the highest of two limits"] = { { "introduced", "0", "limit", "2.0.0", "limit", "1.0.0" }, ["1.5.0"] = "",
    ["2.0.0"] = false },
  ["two pairs, out of order"] = { { "fixed", "2.1.0", "introduced", "2.0.0", "fixed", "1.2.0", "introduced", "0" },
    ["1.0.0"] = "1.2.0", ["1.5.0"] = false, ["2.0.5"] = "2.1.0", ["2.1.0"] = false },
  ["nothing at all"] = { { "introduced", "0", "fixed", "0" }, ["0.0.1"] = false, ["1.0.0"] = false },
  ["again where it was fixed"] = { { "introduced", "0", "fixed", "1.0.0", "introduced", "1.0.0", "fixed", "2.0.0" },
    ["0.5.0"] = "2.0.0", ["1.0.0"] = "2.0.0", ["2.0.0"] = false },
  ["again where it was fixed, written the other way round"] = { { "introduced", "1.0.0", "fixed", "2.0.0",
    "introduced", "0", "fixed", "1.0.0" }, ["0.5.0"] = "2.0.0", ["1.0.0"] = "2.0.0", ["2.0.0"] = false },
  ["an empty span before another"] = { { "introduced", "1.0.0", "fixed", "1.0.0", "introduced", "1.1.0", "fixed",
    "1.2.0" }, ["1.0.0"] = false, ["1.0.5"] = false, ["1.1.0"] = "1.2.0", ["1.2.0"] = false },
  ["fixed alone"] = { { "fixed", "1.0.0" }, ["0.5.0"] = "1.0.0", ["1.0.0"] = false },
  ["two ranges"] = { { "introduced", "1.0.0", "fixed", "1.2.0" }, { "introduced", "2.0.0", "fixed", "2.3.0" },
    ["1.1.0"] = "1.2.0", ["1.3.0"] = false, ["2.0.0"] = "2.3.0" },
  ["a fix inside another range"] = { { "introduced", "0", "fixed", "1.2.0" },
    { "introduced", "1.1.0", "fixed", "1.4.0" }, ["1.0.0"] = "1.4.0", ["1.3.0"] = "1.4.0", ["1.4.0"] = false },
  ["a fix of the next line"] = { { "introduced", "0", "last_affected", "1.5.0" },
    { "introduced", "2.0.0", "fixed", "2.3.0" }, ["1.0.0"] = "2.3.0" },
  ["a list"] = { { versions = { "1.0.0", "1.1.0+build" } }, ["1.0.0"] = "", ["1.1.0"] = "", ["1.1.1"] = false },
  ["a list beside a range"] = { { "introduced", "2.0.0", "fixed", "2.1.0" }, { versions = { "1.0.0", "2.1.0" } },
    ["1.0.0"] = "2.1.0", ["2.0.0"] = "2.1.0", ["2.1.0"] = "", ["2.2.0"] = false },
}

describe("ranges:", function()
  for title, case in pairs(ranges) do
    it(title, function()
      local packages, expected = {}, {}
      for version, fix in pairs(case) do
        if type(version) == "string" then
          packages[#packages + 1] = { "npm", "p", version }
          expected[#packages] = { version = version, fix = fix }
        end
      end
      local found = find({ record("A-1", { affected = { affects("npm", "p", table.unpack(case)) } }) },
        table.unpack(packages))
      local fixes = {}
      for _, finding in ipairs(found) do fixes[finding.package_index] = finding.fixed_version end
      for i, want in ipairs(expected) do
        assert.equal(want.fix or nil, fixes[i], want.version)
      end
    end)
  end

  it("each by its ecosystem's order", function()
    local cases = {
      { "Debian:12", "deb", "1.0~rc1", "1.0", true },
      { "Debian:12", "deb", "1.0+deb12u1", "1.0+deb12u2", true },
      { "Debian:12", "deb", "1:0.9", "1.0", false },
      { "Alpine:v3.20", "apk", "1.2.3-r9", "1.2.3-r10", true },
      { "AlmaLinux:9", "rpm", "0:1.0-1.el9", "1.0-2.el9", true },
      { "PyPI", "pypi", "1.0.dev1", "1.0a1", true },
      { "PyPI", "pypi", "1.0.post1", "1.0", false },
    }
    for _, case in ipairs(cases) do
      local found = find({ about("A-1", case[1], up_to(case[4])) }, { case[1], "p", case[3], type = case[2] })
      assert.equal(case[5], #found == 1, table.concat({ case[1], case[3], case[4] }, " "))
    end
  end)

  it("in an ecosystem whose order is not known count by name only, and say so", function()
    local entry = affects("ConanCenter", "p", up_to "2", { versions = { "1.0" } })
    local found, problems = find({ record("A-1", { affected = { entry } }) },
                                 { "ConanCenter", "p", "1.0" }, { "ConanCenter", "p", "1.1" })
    assert.equal(1, #found)
    assert.equal(1, #problems)
    assert.matches("2 packages of ConanCenter are matched by exact version only", problems[1].message, 1, true)
  end)

  it("of one rpm built for several module streams: each named build is fixed", function()
    local function range(stream)
      return { "introduced", "0", "fixed", "2.3.4-2.git8.module_el8." .. stream .. ".0+1+ab" }
    end
    local builds = {}
    for i, stream in ipairs { "5", "4", "3" } do builds[i] = affects("AlmaLinux:8", "p", range(stream)) end
    local records = { record("ALSA-2024:1", { affected = builds }) }
    local found = find(records, { "AlmaLinux:8", "p", "2.3.4-2.git8.module_el8.3.0+1+ab", type = "rpm" },
      { "AlmaLinux:8", "p", "2.3.4-1.git8.module_el8.3.0+1+ab", type = "rpm" })
    assert.equal(1, #found)
    assert.equal(2, found[1].package_index)
    assert.equal("2.3.4-2.git8.module_el8.3.0+1+ab", found[1].fixed_version)
  end)
end)

describe("a module stream's advisory", function()
  local function modular(summary, stream_build)
    return record("M-1", { summary = summary, affected = { affects("AlmaLinux:8", "p",
      up_to("12.5-1.module_el8" .. stream_build)) } })
  end
  local function look(records, version, module)
    return #find(records, { "AlmaLinux:8", "p", version, type = "rpm", module = module })
  end

  it("speaks of that stream only", function()
    local records = { modular("Important: p:12 security update", ".3.0+1+ab") }
    assert.equal(1, look(records, "12.1-1.module_el8.1.0+1+ab", "p:12"))
    assert.equal(0, look(records, "12.5-1.module_el8.3.0+1+ab", "p:12"))
    assert.equal(0, look(records, "9.6-1.module_el8.1.0+1+ab", "p:9.6"))
    assert.equal(0, look(records, "9.6-1.el8"))
    assert.equal(1, look(records, "9.6-1.module_el8.1.0+1+ab"))
  end)

  it("may be for two", function()
    local records = { modular("Moderate: virt:rhel and virt-devel:rhel security update", ".3.0+1+ab") }
    assert.equal(1, look(records, "12.1-1.module_el8.1.0+1+ab", "virt:rhel"))
    assert.equal(1, look(records, "12.1-1.module_el8.1.0+1+ab", "virt-devel:rhel"))
    assert.equal(0, look(records, "12.1-1.module_el8.1.0+1+ab", "virt:av"))
  end)

  it("may have any letters and digits", function()
    for _, stream in ipairs { "p:0", "p:9", "p:a", "p:z", "p:A", "p:Z", "p:1.2", "p:az_09-AZ+1" } do
      local records = { modular(("Important: %s security update"):format(stream), ".3.0+1+ab") }
      assert.equal(1, look(records, "12.1-1.module_el8.1.0+1+ab", stream), stream)
      assert.equal(0, look(records, "12.1-1.module_el8.1.0+1+ab", "p:other"), stream)
    end
  end)

  it("may name them itself, in 1,024 bytes", function()
    for length, expected in pairs { [1024] = 0, [1025] = 1 } do -- for every stream if not
      local streams = "p:12 q:"
      local entry = affects("AlmaLinux:8", "p", up_to "12.5-1.module_el8.3.0+1+ab",
        { ecosystem_specific = { rpm_modularity = streams .. ("x"):rep(length - #streams) } })
      local records = { record("M-1", { affected = { entry } }) }
      assert.equal(1, look(records, "12.1-1.module_el8.1.0+1+ab", "p:12"))
      assert.equal(expected, look(records, "9.6-1.module_el8.1.0+1+ab", "p:9.6"), length)
    end
  end)

  it("counts for every stream if it names none", function()
    local records = { modular("Important: p security update", "+1+ab") }
    assert.equal(1, look(records, "9.6-1.module_el8.1.0+1+ab", "p:9.6"))
    assert.equal(0, look(records, "9.6-1.el8"))
  end)

  it("is what counts in a module: others say nothing of it", function()
    local records = { record("A-1", { summary = "Important: p:12 update",
      affected = { affects("AlmaLinux:8", "p", up_to "12.5-1.el8") } }) }
    assert.equal(1, look(records, "9.6-1.el8"))
    assert.equal(0, look(records, "9.6-1.module_el8.1.0+1+ab", "p:9.6"))
  end)

  it("may also be for packages outside modules", function()
    local records = { record("A-1", { summary = "Important: p:12 update", affected = {
      affects("AlmaLinux:8", "p", up_to "12.5-1.el8"),
      affects("AlmaLinux:8", "p", up_to "12.5-1.module_el8.1.0+1+ab") } }) }
    assert.equal(1, look(records, "9.6-1.el8"))
    assert.equal(1, look(records, "9.6-1.module_el8.1.0+1+ab", "p:12"))
    assert.equal(0, look(records, "9.6-1.module_el8.1.0+1+ab", "p:9.6"))
  end)

  it("is kept when an import adds to a database", function()
    assert(advisories.import(folder, { modular("Important: p:12 security update", ".3.0+1+ab") }))
    assert(advisories.import(folder, { about("N-1", "npm", up_to "9") }, { merge = true }))
    local function count(module)
      return #assert(knowledge.match(folder .. "/test.db", { { type = "rpm", ecosystem = "AlmaLinux:8", name = "p",
        version = "9.6-1.module_el8.1.0+1+ab", module = module } }))
    end
    assert.equal(1, count "p:12")
    assert.equal(0, count "p:9.6")
  end)
end)

describe("records of another product", function()
  local fixed = up_to "9"

  it("count if they are for a module of the service pack", function()
    local records = { about("S-1", "SUSE:Linux Enterprise Module for Basesystem 15 SP6", fixed),
      about("S-2", "SUSE:Linux Enterprise Module for Basesystem 15 SP5", fixed) }
    local found, problems = find(records, { "SUSE:Linux Enterprise Server 15 SP6", "p", "1", type = "rpm" })
    assert.equal("S-1", names(found))
    assert.same({}, problems)
  end)

  it("count for builds of extended support, before the system's own", function()
    local record_of = record("UBUNTU-CVE-2024-1", { upstream = { "CVE-2024-1" }, affected = {
      affects("Ubuntu:22.04:LTS", "p", { "introduced", "0" }),
      affects("Ubuntu:Pro:22.04:LTS", "p", up_to "2-1ubuntu0.1~esm2"),
      affects("Ubuntu:Pro:FIPS:22.04:LTS", "p", up_to "2-1ubuntu0.1+Fips1"),
      affects("Ubuntu:Pro:Realtime:22.04:LTS", "p", up_to "9") } })
    local function look(version)
      local found = find({ record_of }, { "Ubuntu:22.04", "p", version, type = "deb" })
      return found[1] and found[1].fixed_version
    end
    assert.equal("", look "2-1")
    assert.equal("2-1ubuntu0.1~esm2", look "2-1ubuntu0.1~esm1")
    assert.is_nil(look "2-1ubuntu0.1~esm2")
    assert.is_nil(look "2-1ubuntu0.1+Fips1")
  end)

  it("are told of if they were not used", function()
    local records = { about("R-1", "Red Hat:enterprise_linux:9::baseos", up_to "1"),
      about("R-2", "Red Hat:rhel_eus:9.2::baseos", fixed), about("R-3", "Red Hat:rhel_eus:9.2::appstream", up_to "1"),
      about("R-4", "Red Hat:ocp_tools:4.15::el9", fixed), about("R-5", "Red Hat:rhel_eus:8.8::baseos", fixed) }
    local found, problems = find(records, { "Red Hat:9", "p", "5", type = "rpm" })
    assert.same({}, found)
    assert.equal(2, #problems)
    assert.equal(UNUSED, problems[1].kind)
    assert.equal("Red Hat:9", problems[1].subject)
    assert.matches("1 advisory for 1 package of Red Hat:9 was not used, because it is for its extended support",
      problems[1].message, 1, true)
    assert.matches("other products", problems[2].message, 1, true)
  end)

  it("do not cover a system", function()
    local problems = select(2, find({ about("R-2", "Red Hat:rhel_eus:9.2::baseos", fixed) },
      { "Red Hat:9", "p", "9", type = "rpm" }))
    assert.equal(NO_FEED, problems[1].kind)
  end)
end)

describe("a package is looked up", function()
  local fixed = up_to "9"

  it("in its release, and in what is said of all releases", function()
    local records = { about("A-12", "Debian:12", fixed), about("A-11", "Debian:11", fixed),
      about("A-ALL", "Debian", fixed) }
    assert.equal("A-12 A-ALL", names(find(records, { "Debian:12", "p", "1", type = "deb" })))
  end)

  it("under the forms of a release", function()
    local records = {
      about("U-1", "Ubuntu:22.04:LTS", fixed),
      about("U-PRO", "Ubuntu:Pro:22.04:LTS", fixed),
      about("R-1", "Red Hat:enterprise_linux:9::baseos", fixed),
      about("R-EUS", "Red Hat:rhel_eus:9.2::baseos", fixed),
    }
    assert.equal("U-1", names(find(records, { "Ubuntu:22.04", "p", "1", type = "deb" })))
    assert.equal("R-1", names(find(records, { "Red Hat:9", "p", "1", type = "rpm" })))
  end)

  it("by source where the distribution's records name sources", function()
    local sources, binaries = {}, {}
    for i, ecosystem in ipairs { "Debian:12", "Alpine:v3.20", "Rocky Linux:9", "AlmaLinux:9" } do
      sources[i], binaries[i] = affects(ecosystem, "source", fixed), affects(ecosystem, "binary", fixed)
    end
    local records = { record("S", { affected = sources }), record("B", { affected = binaries }) }
    local function look(ecosystem, type)
      return names(find(records, { ecosystem, "binary", "1", type = type, source_name = "source",
        source_version = "2" }))
    end
    assert.equal("S", look("Debian:12", "deb"))
    assert.equal("S", look("Alpine:v3.20", "apk"))
    assert.equal("B", look("AlmaLinux:9", "rpm"))
    assert.equal("B S", look("Rocky Linux:9", "rpm"))
  end)

  it("with its source's version and epoch, which a source rpm's name lacks", function()
    local records = { record("A-1", { affected = { affects("Debian:12", "source", up_to "2"),
                                                   affects("Rocky Linux:9", "source", up_to "1:2-1") } }) }
    local function look(ecosystem, type, version, source_version)
      return #find(records, { ecosystem, "b", version, type = type, source_name = "source",
        source_version = source_version })
    end
    assert.equal(0, look("Debian:12", "deb", "1", "2"))
    assert.equal(1, look("Debian:12", "deb", "3", "1"))
    assert.equal(0, look("Rocky Linux:9", "rpm", "1:2-1", "2-1"))
    assert.equal(1, look("Rocky Linux:9", "rpm", "2-1", "2-1"))
  end)

  it("without regard to the source's epoch if no package has it", function()
    local records = { record("A-1", { affected = { affects("Rocky Linux:9", "s", up_to "4:2-2") } }) }
    local function rpm(name, version, source_version)
      return { "Rocky Linux:9", name, version, type = "rpm", source_name = "s", source_version = source_version }
    end
    assert.equal(0, #find(records, rpm("s-errno", "1.30-2", "2-2")))
    assert.equal(0, #find(records, rpm("s-errno", "9:1.30-2", "2-2")))
    assert.equal(1, #find(records, rpm("s-errno", "1.30-1", "2-1")))
    assert.equal(0, #find(records, rpm("s-errno", "1.30-2", "2-2"), rpm("s-libs", "4:2-2", "2-2")))
    assert.equal(0, #find(records, rpm("s-errno", "1.30-2", "1.30-2"), rpm("s-libs", "4:2-2", "2-2")))
    assert.equal("s-errno s-libs", packages_of(find(records, rpm("s-errno", "1.30-2", "2-2"), rpm("s-libs", "3:2-2", "2-2"))))
  end)

  it("by the name its ecosystem makes of several spellings", function()
    local records = { record("A-1", { affected = {
      affects("PyPI", "Zope.Interface_X", fixed), affects("NuGet", "Newtonsoft.Json", { versions = { "1" } }),
      affects("npm", "Case", fixed) } }) }
    assert.equal(1, #find(records, { "PyPI", "zope--interface.x", "1" }))
    assert.equal(1, #find(records, { "NuGet", "newtonsoft.json", "1" }))
    assert.equal(0, #find(records, { "npm", "case", "1.0.0" }))
  end)

  it("or named as a problem where nothing is known of its ecosystem", function()
    local found, problems = find({ about("A-1", "Debian:12", fixed) }, { "Debian:14", "p", "1", type = "deb" },
                                 { "Debian:14", "q", "1", type = "deb" }, { "Debian:12", "q", "1", type = "deb" },
                                   { "", "p", "1" })
    assert.same({}, found)
    assert.equal(1, #problems)
    assert.equal("Debian:14", problems[1].subject)
    assert.matches("2 packages of Debian:14 are not matched", problems[1].message, 1, true)
    problems = select(2, find({ about("A-1", "Debian:12", fixed) }, { "Debian:14", "p", "1", type = "deb" }))
    assert.matches("1 package of Debian:14 is not matched", problems[1].message, 1, true)
  end)

  it("and named if its version cannot be compared and an advisory names it", function()
    local entry = affects("PyPI", "p", fixed, { versions = { "odd one" } })
    local found, problems = find({ record("A-1", { affected = { entry } }) },
                                 { "PyPI", "p", "odd one" }, { "PyPI", "p", "odd two" })
    assert.equal(1, #found)
    assert.equal(2, #problems)
    assert.matches("p has version odd one, which is not valid for pep440", problems[1].message, 1, true)
    assert.equal("evidence", problems[1].subject)
    assert.equal(VERSION, problems[1].kind)
    assert.same({}, select(2, find({ record("A-1", { affected = { entry } }) }, { "PyPI", "q", "odd one" })))
  end)

  it("by itself, however little tells it from another", function()
    local build = "12.1-1.module_el8.1.0+1+ab"
    local records = {
      about("A-1", "Debian:12", fixed), about("A-2", "Debian:11", up_to "1"),
      record("A-3", { affected = { affects("Debian:12", "q", up_to "1") } }),
      record("A-4", { summary = "Important: m:12 security update",
        affected = { affects("AlmaLinux:8", "m", up_to "12.5-1.module_el8.3.0+1+ab") } }),
      record("A-5", { affected = { affects("Rocky Linux:9", "s", up_to "4:2-2"),
        affects("Rocky Linux:9", "t", up_to "1:1-1") } }),
    }
    local function rpm(module, source, source_version)
      return { source and "Rocky Linux:9" or "AlmaLinux:8", source and "b" or "m", source and "1-1" or build,
        type = "rpm", module = module, source_name = source, source_version = source_version }
    end
    local pairs_of = {
      ecosystem = { { "Debian:12", "p", "2" }, { "Debian:11", "p", "2" } },
      name = { { "Debian:12", "p", "2" }, { "Debian:12", "q", "2" } },
      version = { { "Debian:12", "p", "2" }, { "Debian:12", "p", "9" } },
      type = { rpm "m:9", { "AlmaLinux:8", "m", build, module = "m:9" } },
      module = { rpm "m:12", rpm "m:9" },
      source = { rpm(nil, "s", "2-1"), rpm(nil, "u", "2-1") },
      ["source's version"] = { rpm(nil, "s", "2-1"), rpm(nil, "s", "2-2") },
    }
    for what, pair in pairs(pairs_of) do
      local one, other = pair[1], pair[2]
      assert.are_not.equal(#find(records, one), #find(records, other), what)
      for _, order in ipairs { { one, other }, { other, one } } do
        local expected, counts = {}, { 0, 0 }
        for i, package in ipairs(order) do expected[i] = #find(records, package) end
        for _, finding in ipairs(find(records, table.unpack(order))) do
          counts[finding.package_index] = counts[finding.package_index] + 1
        end
        assert.same(expected, counts, what)
      end
    end
  end)

  it("once for all packages of one source, and findings are sorted", function()
    local high = { { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } }
    local records = { record("A-1", { affected = { affects("Debian:12", "s", fixed) } }),
      record("A-2", { severity = high, affected = { affects("Debian:12", "s", fixed) } }) }
    local found = find(records, { "Debian:12", "z", "1", type = "deb", source_name = "s" },
      { "Debian:12", "a", "1", type = "deb", source_name = "s" })
    local list = {}
    for i, finding in ipairs(found) do
      list[i] = finding.id .. " " .. finding.package .. " " .. finding.package_index
    end
    assert.same({ "A-2 a 2", "A-2 z 1", "A-1 a 2", "A-1 z 1" }, list)
  end)
end)

describe("one finding a vulnerability:", function()
  it("advisories that name the same CVE", function()
    local records = {
      about("PYSEC-1", "PyPI", up_to "1.5", { aliases = { "CVE-2024-1001" } }),
      about("GHSA-1", "PyPI", up_to "1.6", { aliases = { "cve-2024-1001" }, summary = "GitHub's" }),
      about("CVE-2024-1001", "PyPI", { "introduced", "0", "last_affected", "1.4" }),
    }
    local found = find(records, { "PyPI", "p", "1.0" })
    assert.equal(1, #found)
    assert.same({ "GHSA-1", "PYSEC-1" }, found[1].aliases)
    assert.equal("1.6", found[1].fixed_version) -- what clears all three
    assert.equal("GitHub's", found[1].summary)
  end)

  it("is told in the words of the CVE's own record, then of GitHub's, then of any other", function()
    local range, records = { "introduced", "0" }, {}
    for i, id in ipairs { "PYSEC-1", "GHSA-1", "CVE-2024-1001" } do
      table.insert(records, 1, about(id, "PyPI", range, { aliases = { "CVE-2024-1001" }, summary = "of " .. id }))
      assert.equal("of " .. id, find(records, { "PyPI", "p", "1.0" })[1].summary)
      local turned = {}
      for at = i, 1, -1 do turned[#turned + 1] = records[at] end
      assert.equal("of " .. id, find(turned, { "PyPI", "p", "1.0" })[1].summary)
    end
    -- The record of another CVE that the advisory also names does not count as its own.
    local found = find({ about("CVE-2024-1002", "PyPI", range, { aliases = { "CVE-2024-1001" }, summary = "another's" }),
      about("GHSA-1", "PyPI", range, { aliases = { "CVE-2024-1001" }, summary = "of GHSA-1" }) }, { "PyPI", "p", "1.0" })
    for _, finding in ipairs(found) do
      if finding.id == "CVE-2024-1001" then assert.equal("of GHSA-1", finding.summary) end
    end
  end)

  it("an advisory without a CVE joins by any name they share", function()
    local range = { "introduced", "0" }
    local records = {
      about("GHSA-1", "npm", range, { aliases = { "CVE-2024-1001", "GO-1" } }),
      about("GO-1", "npm", range),
      about("GMS-1", "npm", range, { aliases = { "GHSA-2" } }),
      about("GHSA-2", "npm", range),
      about("GMS-3", "npm", range),
    }
    local found = find(records, { "npm", "p", "1.0.0" })
    assert.equal("CVE-2024-1001 GHSA-2 GMS-3", names(found))
    assert.same({ "GHSA-1", "GO-1" }, found[1].aliases)
    assert.same({ "GMS-1" }, found[2].aliases)
  end)

  it("names join through a third advisory, in any order", function()
    local range = { "introduced", "0" }
    local chain = { about("AAA-1", "npm", range, { aliases = { "X-1" } }),
      about("BBB-1", "npm", range, { aliases = { "Y-1" } }),
      about("CCC-1", "npm", range, { aliases = { "X-1", "Y-1" } }) }
    local known = { about("GHSA-1", "npm", range, { aliases = { "CVE-2024-1002", "Z-1" } }),
      about("GHSA-2", "npm", range, { aliases = { "CVE-2024-1001", "Z-1" } }),
      about("GHSA-3", "npm", range, { aliases = { "W-1" } }), about("GHSA-4", "npm", range, { aliases = { "Z-1", "W-1" } }) }
    for _, order in ipairs { { 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } } do
      local records = {}
      for i, at in ipairs(order) do records[i] = chain[at] end
      local found = find(records, { "npm", "p", "1.0.0" })
      assert.equal("AAA-1", names(found))
      assert.same({ "X-1", "BBB-1", "Y-1", "CCC-1" }, found[1].aliases)
      for i, at in ipairs(order) do records[i] = known[at] end
      table.insert(records, order[1], known[4])
      found = find(records, { "npm", "p", "1.0.0" })
      assert.equal("CVE-2024-1001 CVE-2024-1002", names(found))
      assert.equal("GHSA-2 Z-1 GHSA-3 W-1 GHSA-4", table.concat(found[1].aliases, " "))
    end
  end)

  it("a group without a CVE takes the lowest that any of it is known with", function()
    local range = { "introduced", "0" }
    local function aliases_of(third, fourth)
      local found = find({ about("GHSA-1", "npm", range, { aliases = { "CVE-2024-1001", "Y-1" } }),
        about("GHSA-2", "npm", range, { aliases = { "CVE-2024-1002", "Z-1" } }),
        about("GHSA-3", "npm", range, { aliases = third }), about("GHSA-4", "npm", range, { aliases = fourth }) },
        { "npm", "p", "1.0.0" })
      assert.equal("CVE-2024-1001 CVE-2024-1002", names(found))
      return table.concat(found[1].aliases, " ")
    end
    assert.equal("GHSA-1 Y-1 GHSA-3 W-1 GHSA-4", aliases_of({ "Y-1", "W-1" }, { "W-1" }))
    assert.equal("GHSA-1 Y-1 GHSA-3 W-1 GHSA-4 Z-1", aliases_of({ "Y-1", "W-1" }, { "W-1", "Z-1" }))
    assert.equal("GHSA-1 Y-1 GHSA-3 Z-1 W-1 GHSA-4", aliases_of({ "Z-1", "W-1" }, { "W-1", "Y-1" }))
  end)

  it("several trackers' records of one package, in any order", function()
    local records = {}
    for i, cve in ipairs { 1005, 1001, 1004, 1002, 1003 } do
      records[i] = about("DEBIAN-CVE-2024-" .. cve, "Debian:12", cve % 2 == 1 and up_to "1" or { "introduced", "0" },
        { upstream = { "CVE-2024-" .. cve } })
    end
    local all = { "CVE-2024-1003", "CVE-2024-1001", "CVE-2024-1004", "CVE-2024-1005", "CVE-2024-1002", "CVE-2024-1006" }
    records[6] = about("DSA-1-1", "Debian:12", up_to "3", { upstream = all })
    assert.equal("CVE-2024-1002 CVE-2024-1004 CVE-2024-1006", names(find(records, { "Debian:12", "p", "2", type = "deb" })))
    assert.same({}, find(records, { "Debian:12", "p", "3", type = "deb" }))
    records[6] = nil
    assert.equal("CVE-2024-1002 CVE-2024-1004", names(find(records, { "Debian:12", "p", "3", type = "deb" })))
  end)

  it("trackers' records whose ids sort otherwise than their CVEs", function()
    local records, all = {}, {}
    for cve = 9996, 10003 do
      all[#all + 1] = "CVE-2024-" .. cve
      records[#all] = about("DEBIAN-CVE-2024-" .. cve, "Debian:12", up_to "1", { upstream = { "CVE-2024-" .. cve } })
    end
    for order = 1, 2 do
      local given = { about("DSA-1-1", "Debian:12", up_to "3", { upstream = all }) }
      for i = 1, #records do given[i + 1] = records[order == 1 and i or #records + 1 - i] end
      assert.equal("", names(find(given, { "Debian:12", "p", "2", type = "deb" })))
    end
  end)

  it("an advisory that is newer than the tracker's record counts beside it", function()
    local function look(published, version)
      local found = find({
        about("DEBIAN-CVE-2024-1001", "Debian:12", up_to "2", { upstream = { "CVE-2024-1001" } }),
        about("DSA-1-1", "Debian:12", up_to "4", { upstream = { "CVE-2024-1001" }, published = published }),
      }, { "Debian:12", "p", version, type = "deb" })
      return found[1] and found[1].fixed_version
    end
    assert.equal("4", look("2024-02-01T00:00:00Z", "3"))
    assert.equal("4", look("2024-02-01T00:00:00Z", "1"))
    assert.is_nil(look("2023-12-31T00:00:00Z", "3"))
    assert.equal("2", look("2023-12-31T00:00:00Z", "1"))
  end)

  it("an advisory of several CVEs is several", function()
    local records = {
      about("ALSA-2024:1", "AlmaLinux:9", up_to "2-1",
            { related = { "CVE-2024-1001", "CVE-2024-1002" }, summary = "Important: p security update" }),
      about("GO-1", "Go", { "introduced", "0" }, { related = { "CVE-2024-1003" } }),
    }
    local found = find(records, { "AlmaLinux:9", "p", "1-1", type = "rpm" })
    assert.equal("CVE-2024-1001 CVE-2024-1002", names(found))
    assert.same({ "ALSA-2024:1" }, found[1].aliases)
    assert.equal("High", found[1].severity)
    assert.equal("GO-1", names(find(records, { "Go", "p", "1.0.0" }))) -- what is related elsewhere is not the same
  end)

  -- tracker's events, advisory's fix, installed → affected?, fix
  for title, case in pairs {
    ["the tracker has the last word"] = { { "introduced", "0", "fixed", "2" }, "3", "2" },
    ["and the fix"] = { { "introduced", "0", "fixed", "2" }, "3", "1", "2" },
    ["also where it was never affected"] = { { "introduced", "0", "fixed", "0" }, "3", "1" },
    ["what it calls open an advisory may have fixed"] = { { "introduced", "0" }, "3", "3" },
    ["or tell the fix of"] = { { "introduced", "0" }, "3", "2", "3" },
    ["open, and nobody fixed it"] = { { "introduced", "0" }, nil, "2", "" },
  } do
    it(title, function()
      local records = { about("DEBIAN-CVE-2024-1001", "Debian:12", case[1], { upstream = { "CVE-2024-1001" } }) }
      if case[2] then
        records[2] = about("DSA-1-1", "Debian:12", up_to(case[2]), { upstream = { "CVE-2024-1001" } })
      end
      local found = find(records, { "Debian:12", "p", case[3], type = "deb" })
      assert.equal(case[4] and 1 or 0, #found)
      if case[4] then assert.equal(case[4], found[1].fixed_version) end
    end)
  end

  it("of an advisory for several CVEs the others stay", function()
    local found = find({
      about("DEBIAN-CVE-2024-1001", "Debian:12", up_to "1", { upstream = { "CVE-2024-1001" } }),
      about("DSA-1-1", "Debian:12", up_to "3", { upstream = { "CVE-2024-1001", "CVE-2024-1002",
        "DEBIAN-CVE-2024-1002" } }),
    }, { "Debian:12", "p", "2", type = "deb" })
    assert.equal("CVE-2024-1002", names(found))
    assert.same({ "DSA-1-1", "DEBIAN-CVE-2024-1002" }, found[1].aliases)
  end)
end)

describe("severity", function()
  local v2 = { type = "CVSS_V2", score = "AV:N/AC:L/Au:N/C:C/I:C/A:C" }
  local v31 = { type = "CVSS_V3", score = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N" }
  local v4 = { type = "CVSS_V4", score = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N" }
  local range = { "introduced", "0" }

  local function one(ecosystem, fields, ...)
    fields.affected = { affects(ecosystem, "p", range, ...) }
    local publisher = ({ npm = "GHSA", ["Debian:12"] = "DEBIAN", ["Ubuntu:22.04"] = "UBUNTU" })[ecosystem] or "RLSA"
    return find({ record(publisher .. "-1", fields) }, { ecosystem, "p", "1", type = "x" })[1]
  end
  local function is(severity, source, finding)
    assert.equal(severity .. " " .. source, finding.severity .. " " .. finding.severity_source)
  end

  it("is the distribution's word for the package", function()
    is("Low", "ubuntu", one("Ubuntu:22.04", { severity = { v4 } }, { ecosystem_specific = { severity = "low" } }))
    is("Negligible", "debian", one("Debian:12", { severity = { v4 } },
      { ecosystem_specific = { urgency = "unimportant" } }))
  end)
  it("or for the advisory", function()
    is("Medium", "rocky", one("Rocky Linux:9", { summary = "Moderate: p security update", severity = { v4 } }))
    is("High", "ubuntu", one("Ubuntu:22.04", { severity = { { type = "Ubuntu", score = "high" } } }))
  end)
  it("but not a word that says nothing", function()
    is("Critical", "nvd", one("Debian:12", { severity = { v4 } },
      { ecosystem_specific = { urgency = "not yet assigned" } }))
    is("Critical", "nvd", one("Debian:12", { severity = { v4 }, summary = "p: something" }))
  end)
  it("else CVSS of the highest version", function()
    local finding = one("npm", { severity = { v2, v4, v31 }, database_specific = { severity = "LOW" } })
    is("Critical", "ghsa", finding)
    assert.equal(v4.score, finding.cvss_vector)
    is("Low", "ghsa", one("npm", { severity = { v2, v31 } }))
    is("High", "ghsa", one("npm", { severity = { v2 } }))
  end)
  it("the package's own vector before the advisory's", function()
    is("Critical", "ghsa", one("npm", {}, { severity = { v4 } }))
    local records = { record("GHSA-1", { severity = { v31 },
      affected = { affects("npm", "p", range, { severity = { v4 } }), affects("npm", "q", range) } }) }
    is("Critical", "ghsa", find(records, { "npm", "p", "1.0.0" })[1])
    is("Low", "ghsa", find(records, { "npm", "q", "1.0.0" })[1])
    local medium = { type = "CVSS_V3", score = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:L" }
    local function against(own, other)
      return find({ record("GHSA-1", { severity = { v4 }, aliases = { "CVE-2024-1001" },
        affected = { affects("npm", "p", range, { severity = { own } }), affects("npm", "q", range) } }),
        about("GHSA-2", "npm", range, { aliases = { "CVE-2024-1001" }, severity = { other } }) }, { "npm", "p", "1.0.0" })[1]
    end
    is("Medium", "ghsa", against(v31, medium)) -- of two records, the worse
    is("Medium", "ghsa", against(medium, v31))
    is("Critical", "ghsa", against(v31, v4)) -- or the one of the higher version
  end)
  it("else anybody's word", function()
    is("Medium", "ghsa", one("npm", { database_specific = { severity = "MODERATE" } }))
  end)
  it("the worse of two records' words", function()
    for _, words in ipairs { { "HIGH", "LOW" }, { "LOW", "HIGH" } } do
      local records = {}
      for i, word in ipairs(words) do
        records[i] = about("GHSA-" .. i, "npm", range, { aliases = { "CVE-2024-1001" }, database_specific = { severity = word } })
      end
      is("High", "ghsa", find(records, { "npm", "p", "1.0.0" })[1])
    end
  end)
  it("of two publishers of one kind, by CVSS's version, then by the score, then by the word", function()
    local medium = { type = "CVSS_V3", score = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:L" }
    local v4_low = { type = "CVSS_V4", score = "CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N" }
    local function of(ghsa, pysec)
      local records = {}
      for id, said in pairs { ["GHSA-1"] = ghsa, ["PYSEC-2024-1"] = pysec } do
        records[#records + 1] = about(id, "PyPI", range, { aliases = { "CVE-2024-1001" },
          severity = said.score and { said }, database_specific = type(said) == "string" and { severity = said } or nil })
      end
      return find(records, { "PyPI", "p", "1.0" })[1]
    end
    is("Low", "pypa", of(medium, v4_low))
    is("Low", "ghsa", of(v4_low, medium))
    is("Medium", "pypa", of(v31, medium))
    is("Medium", "ghsa", of(medium, v31))
    local worse = { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:N" } -- medium, too
    is("Medium", "pypa", of(medium, worse))
    is("Medium", "ghsa", of(worse, medium))
    is("Medium", "ghsa", of(medium, medium))
    is("High", "pypa", of("LOW", "HIGH"))
    is("High", "ghsa", of("HIGH", "LOW"))
  end)
  it("else the vector that another ecosystem's record has", function()
    local finding = find({
      about("ALPINE-CVE-2024-1001", "Alpine:v3.20", up_to "2-r0", { upstream = { "CVE-2024-1001" } }),
      record("GHSA-1", { aliases = { "CVE-2024-1001" }, severity = { v2, v31 }, summary = "Short", details = "Long",
                         references = { { type = "WEB", url = "https://example.com/why" } },
                         affected = { affects("npm", "other", range) } }),
    }, { "Alpine:v3.20", "p", "1-r0", type = "apk" })[1]
    is("Low", "ghsa", finding)
    assert.equal("Long", finding.description) -- and its words, where there are none
    assert.equal("Short", finding.summary)
    assert.same({ "https://example.com/why" }, finding.references)
  end)
  it("else unknown", function()
    local finding = one("npm", {})
    is("Unknown", "", finding)
    assert.equal("", finding.cvss_vector)
    assert.equal(-1, finding.cvss_score)
  end)
  it("of an advisory for several CVEs is each one's, unless that has its own", function()
    is("Critical", "ghsa", one("npm", { aliases = { "CVE-2024-1001", "CVE-2024-1002" }, severity = { v4 } }))
    local found = find({
      about("GHSA-1", "npm", range, { aliases = { "CVE-2024-1001", "CVE-2024-1002" }, severity = { v4 } }),
      record("GHSA-2", { aliases = { "CVE-2024-1002" }, severity = { v31 },
                         affected = { affects("npm", "other", range) } }),
    }, { "npm", "p", "1.0.0" })
    assert.equal("CVE-2024-1001 CVE-2024-1002", names(found))
    is("Critical", "ghsa", found[1])
    is("Low", "ghsa", found[2])
  end)

  describe("of several sources", function()
    local v31_high = { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" }
    local function of(order)
      return find_by(order, {
        about("UBUNTU-CVE-2024-1001", "Ubuntu:22.04", range, { upstream = { "CVE-2024-1001" },
          severity = { v31_high, { type = "Ubuntu", score = "low" } } }),
        record("GHSA-2", { aliases = { "CVE-2024-1001" }, severity = { v4 },
                           affected = { affects("npm", "other", range) } }),
      }, { "Ubuntu:22.04", "p", "1", type = "deb" })[1]
    end

    it("is the distribution's, with GitHub's score", function()
      local finding = of(nil)
      is("Low", "ubuntu", finding)
      assert.equal(v4.score, finding.cvss_vector)
      assert.same({ "ubuntu Low", "ghsa Critical", "nvd High" }, finding.severities)
    end)
    it("in another order if it is asked for", function()
      is("High", "nvd", of "nvd")
      is("Critical", "ghsa", of "vendor,distribution")
      is("Critical", "ghsa", of " ghsa , nvd")
      is("Low", "ubuntu", of "debian")
      assert.equal(v31_high.score, of("nvd").cvss_vector)
    end)
  end)
end)

describe("the status of a finding", function()
  local function status(urgency, ...)
    local found = find({ record("DEBIAN-CVE-2024-1001", { upstream = { "CVE-2024-1001" },
      affected = { affects("Debian:12", "p", { "introduced", "0", ... }, { ecosystem_specific = { urgency = urgency } }) } }),
    }, { "Debian:12", "p", "1", type = "deb" })[1]
    return found.status .. " " .. found.status_source
  end

  it("is what the publisher says, and who that is", function()
    assert.equal("unimportant debian", status("unimportant"))
    assert.equal("end_of_life debian", status("end-of-life"))
    assert.equal("unimportant debian", status("unimportant", "fixed", "2"))
  end)
  it("else whether a fix is known", function()
    assert.equal("affected debian", status("low"))
    assert.equal("fixed debian", status("low", "fixed", "2"))
    assert.equal("fixed debian", status("end-of-life", "fixed", "2"))
  end)
end)

it("KEV and EPSS join by CVE", function()
  local json = require "cjson"
  local advisory = about("GHSA-1", "npm", { "introduced", "0" }, { aliases = { "CVE-2021-44228" } })
  local file = temporary.write(folder .. "/a.json", json.encode(advisory))
  assert(knowledge.import(folder .. "/kev.db", { file, "tests/data/feeds/kev/known.json",
    "tests/data/feeds/epss/scores.csv" }))
  local finding = assert(knowledge.match(folder .. "/kev.db",
    { { type = "npm", ecosystem = "npm", name = "p", version = "1.0.0" } }))[1]
  assert.same({ true, true, "2021-12-10", "2021-12-24", 0.94358, 0.99958 },
              { finding.kev, finding.kev_ransomware, finding.kev_added, finding.kev_due, finding.epss,
                finding.epss_percentile })
end)

describe("an image of many packages", function()
  local function packages_of_kernel(count)
    local packages = {}
    for i = 1, count do
      packages[i] = { type = "deb", ecosystem = "Debian:12", name = "linux-part-" .. i, version = "6.1",
        source_name = "linux", source_version = "6.1" }
    end
    return packages
  end

  setup(function()
    local records = {}
    for i = 1, 500 do
      records[i] = record(("DEBIAN-CVE-2024-%d"):format(i), { details = tostring(i):rep(500),
        affected = { affects("Debian:12", "linux", up_to "7") } })
    end
    assert(advisories.import(folder, records, nil, "kernel"))
  end)

  it("has more than 25,000 findings", function()
    assert.equal(30000, #assert(knowledge.match(folder .. "/kernel.db", packages_of_kernel(60))))
  end)

  it("has a limited number of findings", function()
    local found, message, code = knowledge.match(folder .. "/kernel.db", packages_of_kernel(1001))
    assert.is_nil(found)
    assert.matches("more than 500000 findings", message, 1, true)
    assert.equal("LIMIT", code)
  end)

  it("is not matched further once the scan is cancelled", function()
    local found, _, code = knowledge.match(folder .. "/kernel.db", packages_of_kernel(1), true)
    assert.is_nil(found)
    assert.equal("CANCELLED", code)
  end)
end)
