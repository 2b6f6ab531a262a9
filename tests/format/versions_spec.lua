-- Every scheme in engine/format/versions/ against its data file, the tool whose order it is, and the laws of orders.

local versions = require "tarsier.probe".versions

local support = require "support.versions"

local folder, bits = support.folder, support.bits
local read_data, data_pairs, append = support.read, support.data_pairs, support.append
local lines_of, runs, with_file = support.lines_of, support.runs, support.with_file
local random_version, random_valid, pairs_of = support.random, support.random_valid, support.pairs_of
local expect = support.expect
local sign = { [-1] = "<", [0] = "=", [1] = ">" }

-- What both sides of a line may be besides valid: apk orders what it does not allow, up to where it breaks.
local function check_order(scheme, case)
  local opposite = ({ ["<"] = ">", [">"] = "<", ["="] = "=" })[case.operator]
  assert.equal(case.operator, sign[versions.order(scheme, case.a, case.b)], case.line)
  assert.equal(opposite, sign[versions.order(scheme, case.b, case.a)], "turned round: " .. case.line)
end

-- The schemes whose own order is not transitive: versions each of which is at most the next, the last less than the
-- first; and which versions have an order among them.
local circular = {
  homebrew = {
    circle = { "1b2", "1", "1HEAD" }, -- words are compared as text
    is_lawful = function(version) return not version:gsub("rc%d+", ""):gsub("beta", ""):find "%a" end,
  },
  pacman = {
    circle = { "1-2", "1", "1-1" }, -- a release may be absent, or a separator have nothing behind it
    is_lawful = function(version) return not version:find "[^%w:.]" and not version:find "%.%.?$" and not version:find "%.%." end,
  },
  maven = {
    circle = { "1.x.2", "1-alpha", "1" }, -- a separator follows a word or a separator, or a number "ga" or "final"
    is_lawful = function(version) return not version:find "[^%d][.-]" and not version:find "ga%d" and not version:find "final%d" end,
  },
}

-- An order is transitive if, and only if, of two versions the one with fewer versions below it is the lesser.
local function check_transitive(scheme, list)
  local below, order = {}, {}
  for i, a in ipairs(list) do
    below[i], order[i] = 0, {}
    for j, b in ipairs(list) do
      order[i][j] = versions.order(scheme, a, b)
      if order[i][j] > 0 then below[i] = below[i] + 1 end
    end
  end
  for i, a in ipairs(list) do
    for j, b in ipairs(list) do
      local difference = below[i] - below[j]
      expect(difference == 0 and 0 or difference < 0 and -1 or 1, order[i][j], "%s and %s", a, b)
      expect(-order[i][j], order[j][i], "%s and %s, turned round", a, b)
    end
  end
end

math.randomseed(20240229)

for _, scheme in ipairs(versions.schemes()) do
  describe("version scheme " .. scheme, function()
    local cases = read_data(scheme)

    it("has a data file", function()
      assert.is_table(cases, folder .. scheme .. ".txt is missing: a scheme is a file and its data")
      assert.is_true(#cases >= 60, "only " .. #cases .. " cases")
      assert.is_table(bits[scheme], "the spec has no bits to make random versions of " .. scheme .. " from")
    end)

    it("orders what its data file says", function()
      for _, case in ipairs(cases) do
        if case.operator then check_order(scheme, case) end
      end
    end)

    it("tells versions from other text", function()
      for _, case in ipairs(cases) do
        if case.invalid then
          assert.is_false(versions.valid(scheme, case.invalid), case.line)
          local order, message, code = versions.compare(scheme, case.invalid, case.invalid)
          assert.is_nil(order)
          assert.equal("FORMAT", code)
          assert.truthy(message:find(scheme, 1, true))
        elseif not case.line:match "# not a version" then
          assert.is_true(versions.valid(scheme, case.a), case.line)
          assert.is_true(versions.valid(scheme, case.b), case.line)
        end
      end
    end)

    it("is an order: reflexive, antisymmetric, transitive", function()
      local rule, some = circular[scheme], {}
      for i = 1, 120 do
        some[i] = random_valid(scheme, rule and rule.is_lawful)
        if scheme == "rpm" and math.random(2) == 1 then some[i] = some[i] .. "-" .. random_valid(scheme) end
      end
      check_transitive(scheme, some)
    end)

    it("says whether its order is circular", function()
      local circle = circular[scheme] and circular[scheme].circle
      assert.equal(circle ~= nil, versions.circular(scheme))
      if not circle then return end
      assert.is_true(versions.order(scheme, circle[1], circle[2]) <= 0)
      assert.is_true(versions.order(scheme, circle[2], circle[3]) <= 0)
      assert.equal(-1, versions.order(scheme, circle[3], circle[1]))
    end)

    it("survives any bytes", function()
      for _ = 1, 2000 do
        local a = string.pack("jI4", math.random(0), math.random(0, 0xFFFFFFFF)):sub(1, math.random(0, 12))
        local b = random_version(scheme)
        versions.valid(scheme, a)
        expect(-versions.order(scheme, a, b), versions.order(scheme, b, a), "%q and %q", a, b)
      end
      local long = ("1."):rep(200000) .. "1"
      assert.equal(0, versions.order(scheme, long, long))
      assert.equal(1, versions.order(scheme, ("9"):rep(100000), ("8"):rep(100000)))
    end)
  end)
end

describe("version schemes beside their tools", function()
  local function check(scheme, list, answers)
    assert.equal(#list, #answers)
    for i, pair in ipairs(list) do
      expect(answers[i], sign[versions.order(scheme, pair[1], pair[2])], "%s: %s and %s", scheme, pair[1], pair[2])
    end
  end

  it("pacman orders as vercmp does", function()
    if not runs "command -v vercmp" then return pending "needs vercmp: apt-get install makepkg" end
    local list = append(data_pairs "pacman", pairs_of("pacman", 400))
    local script = {}
    for _, pair in ipairs(list) do script[#script + 1] = ("vercmp '%s' '%s'"):format(pair[1], pair[2]) end
    with_file(table.concat(script, "\n"), function(name)
      local answers = lines_of("sh " .. name)
      for i, answer in ipairs(answers) do answers[i] = sign[math.max(-1, math.min(1, math.tointeger(answer)))] end
      check("pacman", list, answers)
    end)
  end)

  it("deb orders as dpkg does", function()
    if not runs "dpkg --version" then return pending "needs dpkg: apt-get install dpkg" end
    local sorted, has = {}, {}
    for _, pair in ipairs(append(data_pairs "deb", pairs_of("deb", 70))) do
      for _, version in ipairs(pair) do
        if not has[version] then sorted[#sorted + 1], has[version] = version, true end
      end
    end
    table.sort(sorted, function(a, b) return versions.order("deb", a, b) < 0 end)
    local list, script = {}, {}
    for i = 2, #sorted do -- neighbours: dpkg's order is transitive, and one process compares one pair
      local a, b = sorted[i - 1], sorted[i]
      list[#list + 1] = { a, b }
      local ours = sign[versions.order("deb", a, b)]
      script[#script + 1] = ("dpkg --compare-versions '%s' '%s' '%s' && echo '%s' || echo 'not %s'"):format(a,
        ours == "=" and ours or ours .. ours, b, ours, ours) -- dpkg's < is <=
    end
    with_file(table.concat(script, "\n"), function(name)
      check("deb", list, lines_of("sh " .. name .. " 2>/dev/null"))
    end)
  end)

  it("deb allows what dpkg allows", function()
    if not runs "dpkg --version" then return pending "needs dpkg: apt-get install dpkg" end
    local list, script = {}, {}
    for i = 1, 60 do -- what is valid has been ordered by dpkg above
      local version
      repeat version = random_version "deb" until i <= 10 or not versions.valid("deb", version)
      list[i] = version
      script[i] = ("dpkg --compare-versions '%s' eq 1; test $? -le 1 && echo yes || echo no"):format(version)
    end
    with_file(table.concat(script, "\n"), function(name)
      for i, answer in ipairs(lines_of("sh " .. name .. " 2>/dev/null")) do
        assert.equal(answer == "yes", versions.valid("deb", list[i]), list[i])
      end
    end)
  end)

  it("rpm orders as rpm does", function()
    if not runs "rpm --version" then return pending "needs rpm: apt-get install rpm" end
    local list = append(data_pairs "rpm", pairs_of("rpm", 1000))
    for _ = 1, 5000 do -- near each other, the release missing or empty on either side
      local base = random_valid "rpm"
      local function evr()
        local epoch = math.random(3) == 1 and math.random(0, 2) .. ":" or ""
        local version = math.random(3) == 1 and random_valid "rpm" or base
        local release = ({ "", "", "-", "-" .. random_valid "rpm", "-" .. math.random(0, 2) })[math.random(5)]
        return epoch .. version .. release
      end
      list[#list + 1] = { evr(), evr() }
    end
    local calls = {}
    for i, pair in ipairs(list) do calls[i] = ("%q,%q"):format(pair[1], pair[2]) end
    local script = "local t = {" .. table.concat(calls, ",") .. "}\n" ..
      "for i = 1, #t, 2 do io.write(({'<', '=', '>'})[rpm.vercmp(t[i], t[i + 1]) + 2], '\\n') end\n"
    with_file(script, function(name) check("rpm", list, lines_of("rpm --eval '%{lua:dofile(\"" .. name .. "\")}'")) end)
  end)

  local python_versions = [[
import sys
from packaging.version import Version, InvalidVersion
for line in sys.stdin.read().split("\n")[:-1]:
    texts = line.split("\t")
    try:
        a, b = [Version(text) for text in texts]
        print("<" if a < b else "=" if a == b else ">")
    except InvalidVersion:
        print("invalid")
]]

  it("pep440 orders and allows what Python's packaging does", function()
    -- the interpreter itself: `python3` may be a version manager's script
    local python = lines_of((os.getenv "TARSIER_PYTHON" or "python3")
      .. " -c 'import packaging.version, sys; print(sys.executable)' 2>/dev/null")[1]
    if not python then
      return pending "needs Python's packaging: apt-get install python3-packaging"
    end
    local list = append(data_pairs "pep440", pairs_of("pep440", 4000))
    for _, case in ipairs(read_data "pep440") do
      if case.invalid then list[#list + 1] = { case.invalid, "1" } end
    end
    for _ = 1, 4000 do list[#list + 1] = { random_version "pep440", "1" } end
    local input = {}
    for i, pair in ipairs(list) do input[i] = pair[1] .. "\t" .. pair[2] .. "\n" end
    with_file(python_versions, function(script)
      with_file(table.concat(input), function(name)
        local answers = lines_of(("%s %s < %s"):format(python, script, name))
        assert.equal(#list, #answers)
        for i, pair in ipairs(list) do
          local order = versions.compare("pep440", pair[1], pair[2])
          expect(answers[i], order and sign[order] or "invalid", "%s and %s", pair[1], pair[2])
        end
      end)
    end)
  end)
end)

describe("version schemes beside tools that read pairs", function()
  -- answers_of(list, command) -> the tool's answers to lines of two versions
  local function answers_of(list, command)
    local input = {}
    for i, pair in ipairs(list) do input[i] = pair[1] .. "\t" .. pair[2] .. "\n" end
    local answers
    with_file(table.concat(input), function(name) answers = lines_of(command .. " <" .. name) end)
    assert.equal(#list, #answers)
    return answers
  end

  -- Pairs that have most of their letters in common: where orders differ.
  local function near_pairs(scheme, count)
    local list, pieces = {}, bits[scheme]
    for i = 1, count do
      local a = random_version(scheme)
      local at = math.random(0, #a)
      list[i] = { a, a:sub(1, at) .. pieces[math.random(#pieces)] .. a:sub(at + math.random(1, 2)) }
    end
    return list
  end

  local function check_all(scheme, list, answers)
    for i, pair in ipairs(list) do
      local order = versions.compare(scheme, pair[1], pair[2])
      expect(answers[i], order and sign[order] or "invalid", "%s and %s", pair[1], pair[2])
    end
  end

  local function all_pairs(scheme)
    local list = near_pairs(scheme, 4000)
    for _, case in ipairs(read_data(scheme)) do
      if case.operator then list[#list + 1] = { case.a, case.b } end
    end
    for _ = 1, 2000 do list[#list + 1] = { random_version(scheme), random_version(scheme) } end
    return list
  end

  it("maven orders as Maven's ComparableVersion does", function()
    local jar = os.getenv "TARSIER_MAVEN_ARTIFACT" or "/usr/share/java/maven-artifact-3.x.jar"
    if not runs "command -v java" or not runs("test -e " .. jar) then
      return pending "needs Java and Maven 3: apt-get install default-jdk-headless libmaven3-core-java"
    end
    local words = {}
    for _, pair in ipairs(all_pairs "maven") do append(words, pair) end
    local list, answers = {}, {}
    with_file(table.concat(words, "\n"), function(name) -- its own main compares each with the next one
      for _, line in ipairs(lines_of(("xargs -a %s -d '\\n' -x -s 1000000 java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "
        .. "-cp %s:/usr/share/java/commons-lang3.jar org.apache.maven.artifact.versioning.ComparableVersion"):format(name, jar))) do
        local a, order, b = line:match "^   (%S+) ([<=>])=? (%S+)$"
        if a then list[#list + 1], answers[#answers + 1] = { a, b }, order end
      end
    end)
    assert.equal(#words - 1, #list)
    check_all("maven", list, answers)
  end)

  -- The SDK has the library that NuGet itself uses. A project is built once, in a folder that is removed afterwards.
  it("nuget orders and allows what NuGet.Versioning does", function()
    local dotnet = os.getenv "TARSIER_DOTNET" or "dotnet"
    local sdk = runs(dotnet .. " --version") and lines_of(dotnet .. " --list-sdks")[1]
    if not sdk then return pending "needs a .NET SDK: set TARSIER_DOTNET to its dotnet" end
    local version, folder_of_sdks = sdk:match "^(%S+) %[(.*)%]$"
    local library = ("%s/%s/NuGet.Versioning.dll"):format(folder_of_sdks, version)
    local list = all_pairs "nuget"
    for _, case in ipairs(read_data "nuget") do
      if case.invalid then list[#list + 1] = { case.invalid, "1" } end
    end
    local place = lines_of("mktemp -d")[1]
    assert.is_true(runs(("cp tests/tools/compare-nuget/* %s && cd %s && %s build -nologo -o out -p:NuGetVersioning=%s " ..
      "-p:TargetFramework=netcoreapp%s"):format(place, place, dotnet, library, version:match "^%d+%.%d+")))
    local answers = answers_of(list, ("%s %s/out/compare-nuget.dll"):format(dotnet, place))
    os.execute("rm -rf " .. place)
    check_all("nuget", list, answers)
  end)
end)

describe("what an advisory means by a version", function()
  local expected = {
    -- bound, what it means, what it does not mean
    { "pep440", "2.0.1", { "2.0.1", "2.0.1+cu118", "2.0.1.0+local.1", "v2.0.1" }, { "2.0.1.post1", "2.0.1rc1", "2.0.2" } },
    { "pep440", "2.0.1+cu118", { "2.0.1+cu118", "2.0.1+CU118" }, { "2.0.1", "2.0.1+cu117", "2.0.1+cu118.1" } },
    { "pep440", "1!1.0a1", { "1!1.0a1+x" }, { "1.0a1+x", "1!1.0+x" } },
    { "rpm", "1.2", { "1.2", "1.2-1", "1.2-9.el9", "0:1.2-1" }, { "1.2.1-1", "1:1.2-1", "1.2~rc1-1" } },
    { "rpm", "1.2-1", { "1.2-1" }, { "1.2", "1.2-2" } },
    { "apk", "1.2.3", { "1.2.3", "1.2.3-r0", "1.2.3-r7" }, { "1.2.3_p1-r0", "1.2.3.1-r0", "1.2.3a-r1" } },
    { "apk", "1.2.3-r1", { "1.2.3-r1" }, { "1.2.3-r2", "1.2.3" } },
    { "deb", "1.2", { "1.2", "0:1.2", "1.2-0" }, { "1.2-1", "1.2+b1" } },
    { "maven", "1.2", { "1.2", "1.2.0", "1.2.Final" }, { "1.2.1", "1.2-rc1", "1.2-sp1" } },
    { "nuget", "1.2", { "1.2.0", "1.2.0.0", "1.2+x" }, { "1.2.0.1", "1.2.0-rc1" } },
    { "semver", "1.2", { "1.2.0", "1.2.0+build" }, { "1.2.1", "1.2.0-rc1" } },
  }
  for _, case in ipairs(expected) do
    it(case[1] .. " " .. case[2], function()
      for _, version in ipairs(case[3]) do assert.is_true(versions.meant(case[1], case[2], version), version) end
      for _, version in ipairs(case[4]) do assert.is_false(versions.meant(case[1], case[2], version), version) end
    end)
  end
end)

describe("a bound of an advisory", function()
  it("is usable where its scheme can order it beside others", function()
    for _, version in ipairs { "1.0-r1", "1.9.5p2-r0", "70.3.0-rc0", "20.10.11.r0" } do
      assert.is_true(versions.usable("apk", version), version)
    end
    for _, version in ipairs { "", "abc", "-r1", "v1" } do assert.is_false(versions.usable("apk", version), version) end
    assert.is_false(versions.usable("pep440", "1.0-final"))
    assert.is_false(versions.usable("deb", "1:"))
  end)
  it("has no order beside what is the same up to where it breaks off", function()
    for _, pair in ipairs { { "70.3.0-0", "70.3.0-r1" }, { "1.0-foo", "1.0" }, { "1.0_x1", "1.0_x2" } } do
      local order, _, code = versions.compare("apk", pair[1], pair[2])
      assert.is_nil(order, pair[1])
      assert.equal("FORMAT", code)
    end
  end)
end)

describe("tarsier_compare", function()
  it("answers -1, 0 and 1", function()
    assert.equal(-1, versions.compare("deb", "1", "2"))
    assert.equal(0, versions.compare("semver", "v1", "1.0.0"))
    assert.equal(1, versions.compare("rpm", "1:1", "2"))
  end)

  it("knows a scheme by the ecosystems that it orders, too", function()
    for name, scheme in pairs { npm = "semver", pypi = "pep440", PyPI = "pep440", ["crates.io"] = "semver", go = "go",
      debian = "deb", rubygems = "gem", packagist = "composer", hex = "semver", hackage = "numbers" } do
      assert.equal(0, versions.compare(name, "1.2.3", "1.2.3"), name)
      local _, message = versions.compare(name, "", "")
      assert.truthy(message:find(("valid %s version"):format(scheme), 1, true), message)
    end
  end)

  it("names what is wrong", function()
    local _, message, code = versions.compare("jam", "1", "2")
    assert.equal("USAGE", code)
    assert.truthy(message:find('"jam"', 1, true))
    _, message, code = versions.compare("apk", "1", "hello")
    assert.equal("FORMAT", code)
    assert.truthy(message:find('"hello"', 1, true))
  end)
end)

describe("the scheme of an ecosystem", function()
  local expected = {
    deb = { "opam", "Debian", "Debian:12", "Debian:13", "Ubuntu:22.04:LTS", "Ubuntu:Pro:18.04:LTS", "Raspbian" },
    apk = { "Alpine", "Alpine:v3.20", "Wolfi", "Chainguard", "Alpaquita:stream", "MinimOS", "CleanStart",
      "BellSoft Hardened Containers:23" },
    rpm = { "AlmaLinux", "AlmaLinux:9", "Rocky Linux:8", "Red Hat:enterprise_linux:9::appstream", "openSUSE:Leap 15.6",
      "SUSE:Linux Enterprise Server 15 SP5", "Oracle", "Oracle Linux:9", "Amazon Linux:2023", "Photon OS:5.0",
      "Azure Linux:3", "Mageia:9", "openEuler:24.03-LTS", "Fedora:40" },
    pep440 = { "PyPI" },
    maven = { "Maven", "Maven:https://repo.example.org" },
    nuget = { "NuGet" },
    semver = { "npm", "crates.io", "SwiftURL", "Hex", "GitHub Actions", "Kubernetes", "VSCode:https://example.org" },
    go = { "Go" }, bitnami = { "Bitnami" }, gem = { "RubyGems" }, pub = { "Pub", "Julia" },
    composer = { "Packagist", "Packagist:https://packages.drupal.org/8" },
    numbers = { "CRAN", "Bioconductor:3.18", "Hackage", "GHC" },
  }
  for scheme, names in pairs(expected) do
    it("is " .. scheme, function()
      for _, name in ipairs(names) do assert.equal(scheme, versions.of_ecosystem(name), name) end
    end)
  end

  it("is none for what nobody here knows", function()
    for _, name in ipairs { "", ":", "maven", "debian", "DebianX", "Deb", "Linux", "PyPI2" } do
      assert.is_nil(versions.of_ecosystem(name), name)
    end
  end)
end)
