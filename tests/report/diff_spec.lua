-- What is new since a baseline, and what differs between two results.

local baseline = require "tarsier.baseline"
local diff = require "tarsier.diff"
local json = require "tarsier.json"
local cjson = require "cjson"
local shell = require "support.shell"

local function package(type, name, version, path)
  return { type = type, name = name, version = version, architecture = "amd64", path = path or "var/lib/dpkg/status" }
end

local function finding(id, of, fields)
  local made = { id = id, severity = "High", aliases = {}, package = of }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

local function ids(list)
  local names = {}
  for i, item in ipairs(list) do names[i] = item.id end
  return table.concat(names, " ")
end

describe("a baseline", function()
  it("tells new from known by name and package, whatever the version", function()
    local old = { findings = { finding("CVE-1", package("deb", "curl", "1")), finding("CVE-2", package("deb", "curl", "1")),
      finding("GHSA-3", package("npm", "x", "1", "srv/a")), finding("CVE-4", package("npm", "x", "1", "srv/a")) } }
    local new = { findings = { finding("CVE-1", package("deb", "curl", "2")), finding("CVE-1", package("deb", "wget", "2")),
      finding("CVE-3", package("npm", "x", "2", "srv/a"), { aliases = { "GHSA-3" } }),
      finding("CVE-4", package("npm", "x", "1", "srv/b")) } }
    baseline.apply(new, old, "a.json")
    local words = {}
    for i, item in ipairs(new.findings) do words[i] = item.baseline end
    assert.same({ "known", "new", "known", "new" }, words)
    assert.same({ "a.json", 2, 2, "CVE-2 CVE-4" }, { new.baseline.file, new.baseline.new, new.baseline.known,
      ids(new.baseline.gone) })
  end)
end)

describe("a difference", function()
  local a = { image = { reference = "a", name = "", digest = "" },
    packages = { package("deb", "curl", "1"), package("deb", "gone", "1"), package("deb", "linux", "5"),
      package("deb", "linux", "6") },
    findings = { finding("CVE-1", package("deb", "curl", "1")), finding("CVE-2", package("deb", "gone", "1")),
      finding("CVE-5", package("deb", "same", "1")) } }
  local b = { image = { reference = "b", name = "b:1", digest = "" },
    packages = { package("deb", "curl", "2"), package("deb", "new", "1"), package("deb", "linux", "6"),
      package("deb", "linux", "7") },
    findings = { finding("CVE-1", package("deb", "curl", "2"), { severity = "Low", fixed_by = "3" }),
      finding("CVE-3", package("deb", "n|<b>`\27[2J", "1")), finding("CVE-5", package("deb", "same", "1")) } }
  local made = diff.compare(a, b)

  local function written(name)
    local pieces = {}
    diff.formats[name].write(made, function(piece) pieces[#pieces + 1] = piece end, {})
    return table.concat(pieces)
  end

  it("has what is added, removed and changed", function()
    assert.equal("CVE-3", ids(made.findings.added))
    assert.equal("CVE-2", ids(made.findings.removed))
    assert.equal(1, made.findings.unchanged)
    assert.same({ id = "CVE-1", severity = "Low", type = "deb", package = "curl", version = "2", fixed_by = "3",
      from = { severity = "High", version = "1", fixed_by = "" } }, made.findings.changed[1])
    assert.same({ "new" }, { made.packages.added[1].name, made.packages.added[2] })
    assert.same({ "gone" }, { made.packages.removed[1].name, made.packages.removed[2] })
    assert.same({ "curl 1 2", "linux 5 7" }, { ("%s %s %s"):format(made.packages.changed[1].name, made.packages.changed[1].from,
      made.packages.changed[1].to), ("%s %s %s"):format(made.packages.changed[2].name, made.packages.changed[2].from,
      made.packages.changed[2].to) })
  end)

  it("is written as table, JSON and Markdown, with hostile names inert", function()
    local table_text, markdown = written "table", written "markdown"
    assert.is_truthy(table_text:find("~  CVE-1  High → Low  curl           1 → 2    - → 3", 1, true), table_text)
    assert.is_nil((table_text .. markdown):find "\27")
    assert.is_nil(markdown:find("<b>", 1, true))
    local document = cjson.decode(written "json")
    assert.equal("CVE-3", document.findings.added[1].id)
    local same = diff.compare(a, a)
    assert.same({ 0, 0, 0, 3 }, { #same.findings.added, #same.findings.removed, #same.findings.changed,
      same.findings.unchanged })
  end)
end)

describe("the command", function()
  local folder, LUA = shell.folder(), os.getenv "LUA" or "lua5.4"
  local root = shell.capture "pwd"
  teardown(function() shell.remove(folder) end)

  local function run(command)
    local paths = ("LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;;' LUA_CPATH='%s/build/?.so;;'"):format(root, root, root)
    local output = shell.capture(("cd %s && %s XDG_DATA_HOME=%s %s %s/lua/bin/tarsier %s 2>&1; echo exit $?"):format(folder,
      paths, folder, LUA, root, command:gsub("@sample", "oci:" .. root .. "/build/sample")))
    return tonumber(output:match "exit (%d+)$"), output
  end

  it("diff compares a report and an image", function()
    assert.equal(0, (run "scan --no-fail -q --no-cache -f json=report.json @sample"))
    local code, output = run "diff --no-cache -q report.json @sample"
    assert.equal(0, code, output)
    assert.matches("FINDINGS: 0 added, 0 removed, 0 changed", output)
    code, output = run "diff report.json nothing.json"
    assert.equal(3, code, output)
    assert.equal(2, (run "diff report.json"))
    assert.equal(2, (run "diff -f xml report.json report.json"))
  end)

  it("judge fails on the new alone, with a baseline that is named or found", function()
    local report = cjson.decode(shell.read(folder .. "/report.json"))
    local whole = report.findings
    report.findings = { table.unpack(whole, 2) }
    shell.write(folder .. "/earlier.json", json.encode(report))
    local code, output = run "judge report.json --baseline earlier.json"
    assert.equal(1, code, output)
    assert.matches("1 fail", output)
    assert.matches("baseline earlier.json: 1 new, %d+ known, 0 gone", output)
    assert.equal(0, (run "judge report.json --baseline report.json"))
    shell.write(folder .. "/tarsier-baseline.json", shell.read(folder .. "/report.json"))
    code, output = run "judge report.json"
    assert.equal(0, code, output)
    assert.matches("compared with the baseline tarsier%-baseline%.json", output)
    shell.write(folder .. "/broken.json", "{")
    assert.equal(3, (run "judge report.json --baseline broken.json"))
    assert.equal(3, (run "judge report.json --baseline no/such.json"))
  end)
end)
