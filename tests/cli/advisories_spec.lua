-- --advisories: records of a team's own beside the database.

local core = require "tarsier.core"
local json = require "tarsier.json"
local oci = require "support.oci"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local folder, image

local function tarsier(line)
  return shell.run(("env -u TARSIER_DB -u TARSIER_POLICIES -u CLAIR_URL -u GITLAB_CI HOME=%s XDG_DATA_HOME=%s/data "
    .. "XDG_CACHE_HOME=%s/cache TMPDIR=%s/tmp %s lua/bin/tarsier %s"):format(folder, folder, folder, folder, LUA, line))
end

local function record(id, package, fixed)
  return json.encode { id = id, modified = "2026-01-01T00:00:00Z", aliases = { "CVE-2099-0001" }, affected = { {
    package = { ecosystem = "Debian:12", name = package },
    ranges = { { type = "ECOSYSTEM", events = { { introduced = "0" }, { fixed = fixed } } } } } } }
end

local yaml = [[
id: ACME-1
modified: 2026-01-01T00:00:00Z
summary: Our tar
affected:
- package: {ecosystem: "Debian:12", name: tar}
  ranges:
  - type: ECOSYSTEM
    events:
    - introduced: 0
    - fixed: 1.10
]]

setup(function()
  folder = shell.folder()
  os.execute(("mkdir -p %s/osv %s/tmp"):format(folder, folder))
  shell.write(folder .. "/osv/a.json", record("A-1", "curl", "8.0-1"))
  shell.write(folder .. "/own.json", record("ACME-2", "curl", "9.0-1"))
  shell.write(folder .. "/own.yaml", yaml)
  image = folder .. "/image"
  oci.build(image, { { ["etc/os-release"] = oci.debian,
    ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" }, { "tar", "1.9" } } } })
  assert.equal(0, (tarsier(("db import -q --db %s/v.db %s/osv"):format(folder, folder))))
end)
teardown(function() shell.run("rm -rf " .. folder) end)

local function findings(options)
  local _, out, wrong = tarsier(("scan -q -f json --no-fail --db %s/v.db %s %s"):format(folder, options, image))
  local list = {}
  for _, finding in ipairs(assert(json.decode(out), wrong).findings) do
    list[#list + 1] = ("%s %s %s"):format(finding.id, finding.package.name, finding.fixed_by or "-")
  end
  table.sort(list)
  return list
end

describe("own advisories", function()
  it("are matched beside the database, as JSON and as YAML, whose versions are no numbers", function()
    assert.same({ "CVE-2099-0001 curl 8.0-1" }, findings "")
    assert.same({ "ACME-1 tar 1.10", "CVE-2099-0001 curl 8.0-1" }, findings(("--advisories %s/own.yaml"):format(folder)))
  end)
  it("replace the database's finding of the same id and package", function()
    assert.same({ "ACME-1 tar 1.10", "CVE-2099-0001 curl 9.0-1" },
      findings(("--advisories %s/own.yaml --advisories %s/own.json"):format(folder, folder)))
  end)
  it("leave nothing behind", function()
    findings(("--advisories %s/own.json"):format(folder))
    assert.equal("", (select(2, shell.run("ls " .. folder .. "/tmp"))))
  end)

  it("must be readable, each record", function()
    local broken = '{"id":"A","modified":"x","affected":[{"package":{"ecosystem":"npm","name":"p"}}]}'
    shell.write(folder .. "/list.json", ("[%s,%s]"):format(record("ACME-3", "curl", "9.0-1"), broken))
    local engine, message, code = core.open { cache_dir = "", advisories = { folder .. "/list.json" } }
    assert.is_nil(engine)
    assert.same({ "FORMAT", "own advisories: " .. folder .. "/list.json: A: npm p: no affected versions" }, { code, message })
  end)

  for title, case in pairs {
    ["a missing file"] = { "nowhere.json", nil, "nowhere.json" },
    ["no YAML"] = { "bad.yaml", "a: [", "bad.yaml:" },
    ["no record"] = { "bad.json", '{"id":"A","modified":"x","affected":[{"package":{"ecosystem":"npm","name":"p"}}]}',
      "no affected versions" },
    ["something else"] = { "bad.json", "[1,2]", "bad.json" },
  } do
    it("must be readable: " .. title, function()
      local path = folder .. "/" .. case[1]
      if case[2] then shell.write(path, case[2]) end
      local code, _, wrong = tarsier(("scan --no-fail --db %s/v.db --advisories %s %s"):format(folder, path, image))
      assert.is_true(code ~= 0)
      assert.matches(case[3], wrong, 1, true)
    end)
  end
end)
