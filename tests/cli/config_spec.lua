-- The configuration file and the environment: what they may say, which comes first, and what a file that was found in a
-- checked-out repository may not do.

local json = require "tarsier.json"
local oci = require "support.oci"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"
local COMMAND = shell.capture "pwd" .. "/lua/bin/tarsier"
local KEPT = {} -- of the environment
for _, name in ipairs { "PATH", "LUA_PATH", "LUA_CPATH", "LUA_INIT", "SPEC_CODE", "ASAN_OPTIONS", "LD_PRELOAD" } do
  KEPT[#KEPT + 1] = name .. "=" .. shell.quote(os.getenv(name) or "")
end
KEPT = table.concat(KEPT, " ")

local folder

-- In the folder work/, with the configuration there. Variables: "TARSIER_X=y …".
local function tarsier(line, configuration, variables)
  local file = folder .. "/work/.tarsier.yaml"
  os.remove(file)
  if configuration then shell.write(file, configuration) end
  return shell.run(("env -i -C %s/work %s DOCKER_HOST=unix:///nowhere HOME=%s %s %s %s %s")
    :format(folder, KEPT, folder, variables or "", LUA, COMMAND, line))
end

setup(function()
  folder = shell.folder()
  os.execute(("mkdir -p %s/work/osv %s/work/sub %s/out"):format(folder, folder, folder))
  os.execute(("ln -s %s/out %s/work/link"):format(folder, folder))
  shell.write(folder .. "/work/osv/a.json", json.encode { id = "CVE-2099-0001", modified = "2026-01-01T00:00:00Z",
    severity = { { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } },
    affected = { { package = { ecosystem = "Debian:12", name = "curl" },
      ranges = { { type = "ECOSYSTEM", events = { { introduced = "0" } } } } } } })
  oci.build(folder .. "/work/image", { { ["etc/os-release"] = oci.debian,
    ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" } } } })
  shell.write(folder .. "/out/allow.yaml", "generalwhitelist: { CVE-2099-0001: x }\n")
  shell.write(folder .. "/work/allow.yaml", "generalwhitelist: { CVE-2099-0001: x }\n")
  assert.equal(0, (tarsier "db import -q --db v.db osv"))
end)

teardown(function() shell.remove(folder) end)

local SCAN = "scan --db v.db image"

describe("an option's value", function()
  -- what stands where, the exit code of the scan: default warns (0), a threshold of High fails (1)
  for _, case in ipairs {
    { 0, SCAN },
    { 1, SCAN, "threshold: High" }, { 1, SCAN, nil, "TARSIER_THRESHOLD=High" }, { 1, SCAN .. " -t High" },
    { 0, SCAN, "threshold: Defcon1" }, { 1, SCAN .. " -t High", "threshold: Defcon1" },
    { 1, SCAN .. " -t High", nil, "TARSIER_THRESHOLD=Defcon1" },
    { 1, SCAN, "threshold: Defcon1", "TARSIER_THRESHOLD=High" },
    { 0, SCAN, "threshold: High", "TARSIER_THRESHOLD=Defcon1" },
    { 0, SCAN, "threshold: High\nno-fail: true" }, { 1, SCAN, "threshold: High\nno-fail: false" },
    { 0, SCAN, "threshold: High", "TARSIER_NO_FAIL=1" }, { 1, SCAN, "threshold: High", "TARSIER_NO_FAIL=false" },
    { 1, SCAN, "scan:\n  threshold: High\nthreshold: Defcon1" }, { 0, SCAN, "packages:\n  platform: linux/amd64" },
    { 0, SCAN, "threshold: High\nwhitelist: allow.yaml" },
    { 1, SCAN, "policy: threshold\nset: { threshold.threshold: High }" },
    { 1, SCAN, "policy: [default, threshold]\nset: [threshold.threshold=High]" },
    { 1, SCAN, nil, "TARSIER_POLICY=default,threshold TARSIER_SET=threshold.threshold=High" },
    { 0, SCAN, "" }, { 0, SCAN, "# nothing" }, { 0, SCAN, "quiet: true\ncolor: never" },
    { 0, "version", "format: gitlab=x.json" }, { 0, "help scan", "nonsense: [" }, { 0, "scan --help", "nonsense: [" },
    { 0, SCAN .. " --config /dev/null", "threshold: High" }, { 0, SCAN, "threshold: High", "TARSIER_CONFIG=/dev/null" },
    { 1, SCAN .. " --config ../named.yaml", "threshold: Defcon1", nil, "threshold: High" },
    { 1, SCAN, "threshold: Defcon1", "TARSIER_CONFIG=../named.yaml", "threshold: High" },
    { 1, "scan image", nil, "TARSIER_CONFIG=../named.yaml", "db: v.db\nthreshold: High" },
    { 0, "db status", nil, "TARSIER_CONFIG=../named.yaml", "db: v.db" },
  } do
    local name = ("%s / %s / %s"):format(case[2], (case[3] or "-"):gsub("\n", " ; "), case[4] or "-")
    it(name .. (" gives %d"):format(case[1]), function()
      if case[5] then shell.write(folder .. "/named.yaml", case[5]) end
      local code, output, errors = tarsier(case[2], case[3], case[4])
      assert.equal(case[1], code, output .. errors)
    end)
  end

  it("may be several, in the file and in the environment", function()
    for _, source in ipairs { { "format: [table, json=a.json, gitlab=sub/b.json]" },
      { nil, "TARSIER_FORMAT=table,json=a.json,gitlab=sub/b.json" } } do
      local code, output, errors = tarsier(SCAN, source[1], source[2])
      assert.equal(0, code, errors)
      assert.is_truthy(output:find("CVE-2099-0001", 1, true))
      assert.equal("1", json.decode(shell.read(folder .. "/work/a.json")).schema)
      assert.equal("15.0.7", json.decode(shell.read(folder .. "/work/sub/b.json")).version)
    end
    os.execute(("rm -f %s/work/a.json"):format(folder))
  end)

  it("for one command stands below its name", function()
    local _, output = tarsier("version", "version: { format: json }")
    assert.is_table(json.decode(output))
    _, output = tarsier("version", nil, "TARSIER_VERSION_FORMAT=json")
    assert.is_table(json.decode(output))
    _, output = tarsier("db status --db v.db", "db status:\n  format: json\npolicy list: { format: json }")
    assert.is_table(json.decode(output))
  end)
end)

describe("a configuration that is wrong", function()
  for configuration, message in pairs {
    ["treshold: High"] = '.tarsier.yaml:1: the configuration has no key "treshold" (did you mean "threshold"?)',
    ["threshold: High\nscan:\n  sevrity: High"] = '.tarsier.yaml:3: scan has no key "sevrity" (did you mean "severity"?)',
    ["packages: { threshold: High }"] = 'packages has no key "threshold"',
    ["scn: { threshold: High }"] = 'no key "scn" (did you mean "scan"?)',
    ["scan: High"] = "scan is a command: its options stand below it",
    ["severity: Hih"] = 'severity: "Hih" is not one of Unknown',
    ["threads: many"] = 'threads: "many" is not a whole number',
    ["no-fail: perhaps"] = "no-fail is true or false",
    ["threshold:"] = "threshold is empty", ["threshold: [High]"] = "threshold must be text, is a list",
    ["policy: { a: b }"] = "policy must be text, is a map", ["- threshold"] = "the configuration must be a map, is a list",
    ["threshold: ["] = "not YAML", ["a: 1\n---\nb: 2"] = "more than one document",
    ["threshold: High\nthreshold: Low"] = "again",
  } do
    it(configuration:gsub("\n", " ; "), function()
      local code, output, errors = tarsier(SCAN, configuration)
      assert.equal(2, code, output .. errors)
      assert.equal("", output)
      assert.is_truthy(errors:find(message, 1, true), errors)
    end)
  end

  it("is told where a variable is wrong", function()
    local code, _, errors = tarsier(SCAN, nil, "TARSIER_SEVERITY=Hih")
    assert.equal(2, code)
    assert.is_truthy(errors:find("$TARSIER_SEVERITY", 1, true))
  end)

  it("is one that was named and is not there, or is not a file", function()
    for _, path in ipairs { "nowhere.yaml", "sub" } do
      local code, _, errors = tarsier(SCAN .. " --config " .. path)
      assert.equal(2, code)
      assert.is_truthy(errors:find("configuration " .. path, 1, true), errors)
    end
  end)

  it("is a pipe, for which nothing waits", function()
    os.execute(("rm -f %s/work/.tarsier.yaml; mkfifo %s/work/.tarsier.yaml"):format(folder, folder))
    local code, _, errors = shell.run(("cd %s/work && timeout 10 %s %s scan image"):format(folder, LUA, COMMAND))
    os.remove(folder .. "/work/.tarsier.yaml")
    assert.equal(2, code)
    assert.is_truthy(errors:find("not a regular file", 1, true), errors)
  end)
end)

describe("a configuration that was found", function()
  it("says what it has set, and cannot keep that quiet", function()
    local _, _, errors = tarsier(SCAN, "threshold: High\nno-fail: true\nquiet: true")
    assert.equal("tarsier: options from .tarsier.yaml: no-fail, quiet, threshold\n", errors)
    _, _, errors = tarsier(SCAN .. " -q", "threshold: High")
    assert.equal("", errors)
    shell.write(folder .. "/named.yaml", "threshold: High")
    _, _, errors = tarsier(SCAN .. " --config ../named.yaml")
    assert.equal("", errors)
  end)

  for _, configuration in ipairs {
    "clair: http://127.0.0.1:1", "clair-key-file: /etc/passwd", "registry-user: x", "registry-password-file: x",
    "ca-file: x", "plain-http: true", "cache-dir: x", "skip-diff-id: true", "db: v.db", "layer-host: x", "keep: true",
    "format: json=/tmp/x", "format: json=../x", "format: [table, json=link/x]", "format: json=sub/../../x",
    "format: own", "format: own=x.json", "whitelist: ../out/allow.yaml", "whitelist: link/allow.yaml",
    "policy: /etc/passwd", "policy: ../x.lua", "policy-dir: link", "set: { whitelist.entries: '@/etc/passwd' }",
    "set: [default.x=@../x.yaml]", "scan: { db: v.db }", "config: x",
  } do
    it("may not say " .. configuration, function()
      local name = configuration:match "^scan: { (%S+):" or configuration:match "^[^:]+"
      local line = name == "db" and "scan image" or SCAN
      local code, output, errors = tarsier(line, configuration)
      assert.equal(2, code, output .. errors)
      assert.is_truthy(errors:find(name, 1, true) and errors:find(".tarsier.yaml:1: ", 1, true), errors)
      assert.equal("allow.yaml\n", (shell.capture("ls -A " .. folder .. "/out") .. "\n"))
    end)
  end

  it("is looked for in the working directory only", function()
    shell.write(folder .. "/work/.tarsier.yaml", "threshold: High")
    local code = shell.run(("cd %s/work/sub && %s %s scan -q --db ../v.db ../image"):format(folder, LUA, COMMAND))
    assert.equal(0, code)
  end)
end)
