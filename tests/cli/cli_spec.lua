-- The command itself, end to end, over images and a database that are made here.

local check_gitlab = require "support.gitlab"
local json = require "tarsier.json"
local oci = require "support.oci"
local pace = require "support.pace"
local process = require "support.clair.process"
local shell = require "support.shell"
local temporary = require "support.temporary"

local LUA = os.getenv "LUA" or "lua5.4"

local folder, database

-- The command's environment: nothing of whoever runs the tests.
local function command(line)
  return ("env -u TARSIER_DB -u TARSIER_POLICIES -u CLAIR_URL -u GITLAB_CI -u NO_COLOR -u COLUMNS "
    .. "-u TARSIER_REGISTRY_USER -u TARSIER_REGISTRY_PASSWORD DOCKER_HOST=unix:///nowhere HOME=%s XDG_DATA_HOME=%s/data "
    .. "XDG_CACHE_HOME=%s/cache XDG_CONFIG_HOME=%s/config %s lua/bin/tarsier %s")
    :format(folder, folder, folder, folder, LUA, line)
end

local function expand(line)
  return (line:gsub("@(%w+)", function(name) return name == "db" and "--db " .. database or folder .. "/" .. name end))
end

-- "@name" stands for a file of the test's folder, "@db" for the database option.
local function tarsier(line)
  return shell.run(command(expand(line)))
end

local function record(id, package, fixed, vector)
  return json.encode {
    id = id, modified = "2026-01-01T00:00:00Z", published = "2025-12-01T00:00:00Z", schema_version = "1.6.0",
    summary = "A flaw in " .. package, severity = { { type = "CVSS_V3", score = vector } },
    affected = { {
      package = { ecosystem = "Debian:12", name = package },
      ranges = { { type = "ECOSYSTEM", events = { { introduced = "0" }, fixed and { fixed = fixed } or nil } } },
    } },
  }
end

local CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
local LOW = "CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N"

setup(function()
  folder = shell.folder()
  database = folder .. "/v.db"
  os.execute("mkdir -p " .. folder .. "/osv")
  shell.write(folder .. "/osv/a.json", record("CVE-2099-0001", "curl", "8.0-1", CRITICAL))
  shell.write(folder .. "/osv/b.json", record("CVE-2099-0002", "tar", nil, LOW))
  local etc = { ["etc/os-release"] = oci.debian }
  local status = { ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" }, { "tar", "1.0" }, { "zlib1g", "1.0" } } }
  oci.build(folder .. "/bad", { etc, status })
  oci.build(folder .. "/good", { etc, { ["var/lib/dpkg/status"] = oci.dpkg { { "zlib1g", "1.0" } } } })
  oci.build(folder .. "/low", { etc, { ["var/lib/dpkg/status"] = oci.dpkg { { "tar", "1.0" } } } })
  oci.build(folder .. "/empty", { { ["hello"] = "world" } })
  oci.build(folder .. "/other", { { ["etc/os-release"] = 'ID=alpine\nVERSION_ID=3.20.1\n',
    ["lib/apk/db/installed"] = "P:musl\nV:1.2.5-r0\nA:x86_64\n\n" } })
  oci.build(folder .. "/broken", { etc, status, { ["var/lib/rpm/rpmdb.sqlite"] = "this is no database" } })
  oci.build(folder .. "/half", { etc, { ["var/lib/dpkg/status"] = oci.dpkg { { "zlib1g", "1.0" } },
    ["var/lib/rpm/rpmdb.sqlite"] = "this is no database" } })
  oci.build(folder .. "/mixed", { etc, { ["var/lib/dpkg/status"] = oci.dpkg { { "zlib1g", "1.0" } },
    ["usr/lib/python3/dist-packages/flask-1.0.dist-info/METADATA"] =
      "Metadata-Version: 2.1\nName: flask\nVersion: 1.0\n" } })
  local digests = oci.build(folder .. "/forged", { etc, status })
  shell.write(("%s/forged/blobs/sha256/%s"):format(folder, digests[2]:sub(8)), ("x"):rep(10240))
  shell.write(folder .. "/allow.yaml", "generalwhitelist:\n  CVE-2099-0001: not reachable\n")
  shell.write(folder .. "/loud.lua",
    'return { name = "loud", summary = "Warns.", finding = function() return "warn", "x" end }')
  shell.write(folder .. "/secret", "s3cr3t\n")
  shell.write(folder .. "/blank", "\r\n")
  shell.write(folder .. "/long", ("s3cr3t"):rep(20000))
  local code, _, errors = tarsier "db import --quiet @db @osv"
  assert.equal("", errors)
  assert.equal(0, code)
end)

teardown(function() shell.remove(folder) end)

describe("tarsier's exit code", function()
  local cases = {
    { 0, "scan @db @good", "the verdict passes" },
    { 0, "scan @db -t High @low", "the verdict passes" },
    { 1, "scan @db -t High @bad", "the verdict fails" },
    { 1, "scan @db @bad", "the verdict fails" },
    { 1, "scan @db -t low @low", "the verdict fails" },
    { 0, "scan @db -t High --no-fail @bad", "--no-fail lets it pass" },
    { 0, "scan @db -t High -w @allow.yaml @bad", "the verdict passes" },
    { 0, "scan @db -p @loud.lua @bad", "the verdict passes" },
    { 2, "", "which command?" },
    { 2, "scna x", 'did you mean "scan"?' },
    { 2, "scan", "missing IMAGE" },
    { 2, "scan @db --thresold High @bad", 'did you mean "--threshold"?' },
    { 2, "scan @db -t Hihg @bad", "High" },
    { 2, "scan @db -f jsn @bad", 'did you mean "json"?' },
    { 2, "scan @db -f json -f table @bad", "two reports go to standard output" },
    { 2, "scan @db -f json=@x -f gitlab=@x @bad", "two reports go to" },
    { 2, "scan @db -p no-such-policy @bad", "no-such-policy" },
    { 2, "scan @db --set threshold @bad", "POLICY.OPTION=VALUE" },
    { 2, "scan @db -t High --set threshold.thresh=Low @bad", "threshold" },
    { 2, "scan @db -w @no.yaml @bad", "no.yaml" },
    { 2, "scan @db --platform nonsense @bad", "nonsense" },
    { 3, "scan @db @nowhere", "nowhere" },
    { 3, "scan @db --no-cache @forged", "sha256:" },
    { 3, "scan @db @broken", "rpmdb.sqlite" },
    { 3, "scan @db --no-fail @broken", "rpmdb.sqlite" },
    { 1, "scan @db -t High --ignore-unreadable @broken", "rpmdb.sqlite" },
    { 3, "scan @db @half", "rpmdb.sqlite" },
    { 0, "scan @db --ignore-unreadable @half", "(ignored)" },
    { 0, "scan @db @mixed", "PyPI" },
    { 4, "scan --db @no.db @good", "no.db" },
    { 4, "scan --db @allow.yaml @good", "allow.yaml" },
    { 5, "scan @db @empty", "nothing to judge" },
    { 5, "scan @db --no-fail @empty", "nothing to judge" },
    { 5, "scan @db @other", "Alpine" },
    { 0, "packages @good", "zlib1g" },
    { 0, "packages @other", "musl" },
    { 3, "packages @broken", "rpmdb.sqlite" },
    { 3, "packages @nowhere", "nowhere" },
    { 5, "packages @empty", "nothing to judge" },
    { 2, "packages -f yaml @good", "is not one of table, json, tsv" },
    { 0, "db status @db", "Debian:12" },
    { 4, "db status --db @no.db", "no.db" },
    { 4, "db import @db @nowhere", "nowhere" },
    { 2, "db import @db", "missing PATH" },
    { 2, "db", "which command?" },
    { 2, "db imprt x", 'did you mean "import"?' },
    { 2, "compare debb 1 2", 'did you mean "deb"?' },
    { 2, "compare deb 1", "missing the second version" },
    { 2, "compare deb 1 ''", "invalid" },
    { 0, "compare deb 1 2", "<" },
    { 0, "version", "tarsier 0." },
    { 0, "--version", "tarsier 0." },
    { 0, "--help", "Usage: tarsier" },
    { 0, "scan --help", "Usage: tarsier scan" },
    { 0, "help db import", "Usage: tarsier db import" },
    { 2, "help nothing", "unknown command" },
    { 2, "scan @db --registry-user jo @good", "give --registry-password-file FILE or set $TARSIER_REGISTRY_PASSWORD" },
    { 2, "scan @db --registry-user j:o @good", "has a colon" },
    { 2, "scan @db --registry-password-file @secret @good", "give --registry-user NAME or set $TARSIER_REGISTRY_USER" },
    { 2, "packages --registry-user jo --registry-password-file @nowhere @good", "/nowhere: No such file" },
    { 2, "packages --registry-user jo --registry-password-file @osv @good", "/osv: Is a directory" },
    { 2, "packages --registry-user jo --registry-password-file @blank @good", "/blank: it is empty" },
    { 2, "packages --registry-user jo --registry-password-file /dev/null @good", "/dev/null: it is empty" },
    { 2, "packages --registry-user jo --registry-password-file /dev/zero @good", "/dev/zero: it is not text" },
    { 2, "packages --registry-user jo --registry-password-file @long @good", "/long: it is too long" },
    { 2, "packages --registry-user jo --registry-password-file - -", "cannot hold both the image and the password" },
    { 2, "scan @db --registry-user jo --registry-password-file - -- -:app:1", "cannot hold both the image and the password" },
    { 0, "scan @db --registry-user jo --registry-password-file @secret --plain-http --ca-file @nowhere @good", "passes" },
  }
  for _, case in ipairs(cases) do
    it(("is %d for tarsier %s"):format(case[1], case[2]), function()
      local code, output, errors = tarsier(case[2])
      assert.equal(case[1], code, output .. errors)
      assert.is_truthy((output .. errors):find(case[3], 1, true), output .. errors)
      assert.is_nil((output .. errors):find("s3cr3t", 1, true))
    end)
  end
end)

describe("tarsier packages", function()
  it("writes several reports in one run", function()
    local code, output = tarsier "packages -f tsv -f json=@p.json -f table=@p.txt @good"
    assert.equal(0, code)
    assert.equal("deb\tzlib1g\t1.0\n", output)
    assert.equal("zlib1g", json.decode(shell.read(folder .. "/p.json")).packages[1].name)
    assert.is_truthy(shell.read(folder .. "/p.txt"):find("zlib1g", 1, true))
    assert.equal(2, (tarsier "packages -f tsv -f json @good"))
    assert.equal(2, (tarsier "packages -f json=@no/where.json @good"))
  end)

  it("says why a list is not whole", function()
    local code, output, errors = tarsier "packages @half"
    assert.equal(3, code)
    assert.is_truthy(output:find("zlib1g", 1, true))
    assert.is_truthy(errors:find("tarsier: var/lib/rpm/rpmdb.sqlite: ", 1, true), errors)
    assert.is_truthy(errors:find("file is not a database", 1, true) or errors:find("SQLite", 1, true), errors)
  end)
end)

describe("tarsier scan", function()
  it("writes several reports in one run", function()
    local code, output, errors =
      tarsier "scan @db -t High -f table -f json=@r.json -f gitlab=@g.json -f clair-scanner=@c.json @bad"
    assert.equal("", errors)
    assert.equal(1, code)
    assert.is_truthy(output:find("CVE-2099-0001", 1, true))
    local document = assert(json.decode(shell.read(folder .. "/r.json")))
    assert.equal("1", document.schema)
    assert.equal("fail", document.verdict.decision)
    assert.equal("CVE-2099-0001", document.findings[1].id)
    assert.equal("COPY layer2 /", document.findings[1].layer.created_by)
    assert.equal(3, #document.packages)
    assert.same({}, check_gitlab(assert(json.decode(shell.read(folder .. "/g.json")))))
    assert.same({ "CVE-2099-0001" }, json.decode(shell.read(folder .. "/c.json")).unapproved)
  end)

  it("says the verdict in a line where no table does", function()
    local _, output, errors = tarsier "scan @db -t High -f json @bad"
    assert.is_table(json.decode(output))
    assert.is_truthy(errors:find("the verdict fails", 1, true))
    _, output, errors = tarsier "scan @db -t High -q -f json @bad"
    assert.is_table(json.decode(output))
    assert.equal("", errors)
  end)

  it("takes several images: one verdict each, and the worst exit code", function()
    local code, output, errors = tarsier "scan @db -t High -f table -f json=@n%n.json @good @bad @low"
    assert.equal(1, code, errors)
    local verdicts = {}
    for word in output:gmatch "\nexit (%d)" do verdicts[#verdicts + 1] = word end
    assert.equal("0 1 0", table.concat(verdicts, " "))
    assert.is_truthy(errors:find("3 images: 2 passed, 1 failed, 0 without a verdict; exit code 1", 1, true), errors)
    for number, name in ipairs { "good", "bad", "low" } do
      local document = json.decode(shell.read(("%s/n%d.json"):format(folder, number)))
      assert.equal(("%s/%s"):format(folder, name), document.image.reference)
    end
  end)

  for line, wanted in pairs {
    ["@good @empty"] = 5, ["@empty @bad"] = 5, ["@bad @nowhere @good"] = 3, ["@empty @half @bad"] = 3,
    ["@good @good"] = 0, ["--no-fail @bad @bad"] = 0, ["@good -f json=@no/%n.json @bad"] = 2,
  } do
    it(("ends with %d for the images %s"):format(wanted, line), function()
      local code, _, errors = tarsier("scan @db -t High " .. line)
      assert.equal(wanted, code, errors)
    end)
  end

  it("writes one document after the other for several images", function()
    for _, format in ipairs { "json", "gitlab", "clair-scanner" } do
      local _, output = tarsier(("scan @db -q -f %s @good @bad"):format(format))
      local first, second = output:match "^({.-\n})\n*({.*})\n*$"
      assert.is_table(json.decode(first))
      assert.is_table(json.decode(second))
    end
  end)

  it("wants a file for each of several images, and standard input once", function()
    local code, _, errors = tarsier "scan @db -f json=@one.json @good @bad"
    assert.equal(2, code)
    assert.is_truthy(errors:find("several images cannot share the file", 1, true), errors)
    assert.equal(0, (tarsier "scan @db -q -f json=/dev/null @good @good"))
    code, _, errors = tarsier "scan @db - -"
    assert.equal(2, code)
    assert.is_truthy(errors:find("standard input can hold one image only", 1, true), errors)
  end)

  it("filters what the table lists, and nothing that is judged", function()
    local code, output = tarsier "scan @db -t High --severity critical -f table -f json=@f.json @bad"
    assert.equal(1, code)
    assert.is_truthy(output:find("FINDINGS (1 of 2)", 1, true), output)
    assert.equal(2, #json.decode(shell.read(folder .. "/f.json")).findings)
    local _, more = tarsier "scan @db -t Low --only-fixed --show failing @bad"
    assert.is_truthy(more:find("FINDINGS (1 of 2)", 1, true), more)
    assert.is_truthy(more:find("FAIL  2 fail", 1, true), more)
  end)

  it("writes the other reports where one cannot be written", function()
    local code, output, errors = tarsier "scan @db -f json=@no/where.json -f table -f gitlab=@g2.json @good"
    assert.equal(2, code)
    assert.is_truthy(errors:find(("report was not written: %s/no/where.json: No such file"):format(folder), 1, true))
    assert.is_truthy(output:find("\nWARN  no findings", 1, true))
    assert.is_table(json.decode(shell.read(folder .. "/g2.json")))
  end)

  it("still reports an image that it cannot judge whole", function()
    local code, output = tarsier "scan @db -f json -q @broken"
    assert.equal(3, code)
    assert.equal("unreadable", json.decode(output).problems[1].kind)
    code, output = tarsier "scan @db @other"
    assert.equal(5, code)
    assert.is_truthy(output:find("NOT JUDGED", 1, true))
  end)

  it("notices that nobody reads", function()
    local run = command(expand "scan @db -f table -f json=@piped.json @good")
    os.execute(("{ sleep 0.2; %s 2>%s/err; echo $? >%s/rc; } | true"):format(run, folder, folder))
    assert.equal("2\n", shell.read(folder .. "/rc"))
    assert.is_truthy(shell.read(folder .. "/err"):find("not written: standard output: Broken pipe", 1, true))
    assert.is_table(json.decode(shell.read(folder .. "/piped.json")))
    os.execute(("%s >&- 2>%s/err; echo $? >%s/rc"):format(run, folder, folder))
    assert.equal("2\n", shell.read(folder .. "/rc"))
    os.execute(("%s >/dev/full 2>%s/err; echo $? >%s/rc"):format(run, folder, folder))
    assert.equal("2\n", shell.read(folder .. "/rc"))
    assert.is_truthy(shell.read(folder .. "/err"):find("No space left", 1, true))
  end)

  it("and every other command notice a full disk, and a closed standard output", function()
    for _, line in ipairs { "help", "help scan", "--help", "help --man", "help --completion zsh", "version",
      "version -f json", "packages @good", "packages -f tsv @good", "packages -f json @good", "db status @db",
      "db status -f json @db", "policy list", "policy list -f json", "policy check @loud.lua", "policy test @loud.lua",
      "compare deb 1 2", "scan @db -f gitlab @good", "scan @db -f clair-scanner @good", "scan @db @good @good",
      "scan @db -q -f json=/dev/full @good", "packages -q -f table=/dev/full @good" } do
      for _, sink in ipairs { ">/dev/full", ">&-" } do
        local code, output, errors = shell.run(command(expand(line)) .. " " .. sink)
        assert.equal(2, code, line .. sink .. output .. errors)
        assert.is_truthy(errors:find("No space left", 1, true) or errors:find("Bad file descriptor", 1, true), errors)
      end
    end
  end)

  it("takes the database from $TARSIER_DB, from the data folder, or the starter's", function()
    local run = command(expand "scan -t High -f json @bad"):gsub(" HOME=", " TARSIER_DB=" .. database .. "%0", 1)
    local code, output = shell.run(run)
    assert.equal(1, code)
    assert.equal(database, json.decode(output).database.path)
    code, output = tarsier "scan @good"
    assert.is_truthy(output:find("starter database", 1, true))
    assert.equal(0, code)
    local errors
    code, output, errors = tarsier "db import @osv"
    assert.equal(0, code, output .. errors)
    code, output = tarsier "scan -t High @bad"
    assert.equal(1, code)
    assert.is_nil(output:find("starter database", 1, true))
    shell.remove(folder .. "/data")
  end)

  it("explains itself with -v", function()
    local _, output = tarsier "scan @db -v -t High -w @allow.yaml @bad"
    assert.is_truthy(output:find("whitelist: accept", 1, true))
    assert.is_truthy(output:find "policy threshold: [%d,]+ instructions")
    assert.is_truthy(output:find "scan: %d")
  end)

  it("ends by a signal at once, and leaves nothing half done", function()
    oci.build(folder .. "/large", { { ["etc/os-release"] = oci.debian }, { ["opt/noise"] = temporary.noise(1 << 16):rep(48) },
      { ["var/lib/dpkg/status"] = oci.dpkg { { "zlib1g", "1.0" } } } })
    os.execute(expand "tar -cf @tar -C @large . && mkdir @tmp && mkfifo @pipe")
    local archive = shell.read(expand "@tar")
    local line = "scan @db --quiet --cache-dir @kept -f json=@old - "
    shell.write(expand "@old", "old")
    for signal, code in pairs { INT = 130, TERM = 143 } do
      local scan = process.start { "env TMPDIR=" .. folder .. "/tmp " .. command(expand(line .. "<@pipe")), log = folder .. "/stopped" .. signal }
      local pipe <close> = assert(io.open(expand "@pipe", "wb"))
      assert(pipe:write(archive:sub(1, 2 << 20))) -- a pipe holds much less: the scan has read most of it
      pipe:flush()
      scan:signal(signal)
      assert(process.wait(15, function() return not scan:running() end), scan:log())
      assert.equal(code, scan:code(), scan:log())
      assert.equal("", scan:log())
      assert.equal("", shell.capture("ls -A " .. expand "@tmp"))
      assert.equal("old", shell.read(expand "@old"))
    end
    local _, _, errors = tarsier(line .. "<@tar")
    assert.equal("", errors)
    local document = json.decode(shell.read(expand "@old"))
    assert.equal(1, #document.packages)
    assert.equal(3, #document.image.layers)
  end)

  it("keeps to its cache", function()
    local code, output = tarsier "scan @db -f json --cache-dir @layers @good"
    assert.equal(0, code)
    assert.equal(0, json.decode(output).usage.layers_cached)
    code, output = tarsier "scan @db -f json --cache-dir @layers @good"
    assert.equal(0, code)
    assert.equal(2, json.decode(output).usage.layers_cached)
    code, output = tarsier "scan @db -f json --cache-dir @layers --no-cache @good"
    assert.equal(0, code)
    assert.equal(0, json.decode(output).usage.layers_cached)
  end)

  it("makes hostile names printable", function()
    local name = "curl\27[2J"
    oci.build(folder .. "/hostile", { { ["etc/os-release"] = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="a\27]0;b\7"\n',
      ["var/lib/dpkg/status"] = oci.dpkg { { name, "1\u{202e}0" } } } })
    for _, line in ipairs { "scan @db @hostile", "packages @hostile", "packages -f tsv @hostile" } do
      local _, output, errors = tarsier(line)
      assert.is_nil((output .. errors):find "[\0-\8\11-\31]", line)
    end
  end)
end)

describe("on a terminal", function()
  -- script(1) gives the command a terminal of so many columns.
  local function on_terminal(columns, line, before)
    local inner = ("stty cols %d; %s%s"):format(columns, before or "", command(expand(line)))
    local _, output = shell.run("TERM=xterm script -qec " .. shell.quote(inner) .. " /dev/null")
    return (output:gsub("\r\n", "\n"))
  end

  local function pended()
    if not shell.has "script" then return pending "needs script: apt-get install bsdutils" end
  end

  it("there is colour, but for NO_COLOR and --color never", function()
    if pended() then return end
    assert.is_truthy(on_terminal(100, "scan @db -t High @bad"):find("\27[1;31mCritical", 1, true))
    assert.is_nil(on_terminal(100, "scan @db -t High --no-progress --color never @bad"):find("\27", 1, true))
    local run = command(expand "scan @db -t High --no-progress @bad"):gsub("%-u NO_COLOR", "NO_COLOR=1", 1)
    local _, output = shell.run("TERM=xterm script -qec " .. shell.quote(run) .. " /dev/null")
    assert.is_nil(output:find("\27", 1, true))
  end)

  it("and only there, but for --color always", function()
    local _, output = tarsier "scan @db -t High @bad"
    assert.is_nil(output:find("\27", 1, true))
    _, output = tarsier "scan @db -t High --color always @bad"
    assert.is_truthy(output:find("\27[1;31mCritical", 1, true))
  end)

  it("the table keeps to the width", function()
    if pended() then return end
    for _, columns in ipairs { 50, 80, 120 } do
      local output = on_terminal(columns, "scan @db -t High --no-progress --color never @bad")
      for line in output:gmatch "[^\n]+" do
        if not line:match "sha256:" and not line:match "%S/%S*$" then
          assert.is_true(utf8.len(line) <= columns, line)
        end
      end
    end
  end)

  it("progress is drawn and wiped, but for --quiet", function()
    if pended() then return end
    assert.is_truthy(on_terminal(100, "scan @db @good --no-cache"):find("\27[K", 1, true))
    assert.is_nil(on_terminal(100, "scan @db --quiet --color never --no-cache @good"):find("\27", 1, true))
  end)
end)

describe("tarsier packages", function()
  it("writes lines of type, name and version", function()
    local _, output = tarsier "packages -f tsv @bad"
    assert.equal("deb\tcurl\t7.0-1\ndeb\ttar\t1.0\ndeb\tzlib1g\t1.0\n", output)
  end)

  it("writes JSON with neither findings nor verdict", function()
    local _, output = tarsier "packages -f json @bad"
    local document = assert(json.decode(output))
    assert.equal(3, #document.packages)
    assert.is_nil(document.findings)
    assert.is_nil(document.verdict)
    assert.equal("curl", document.packages[1].name)
  end)
end)

describe("tarsier db", function()
  it("says what it took and what it could not read", function()
    shell.run("cp -r " .. folder .. "/osv " .. folder .. "/mixed")
    shell.write(folder .. "/mixed/junk.json", '{"id": ')
    local code, _, errors = tarsier "db import --db @two.db @mixed"
    assert.equal(0, code)
    assert.is_truthy(errors:find("junk.json", 1, true))
    assert.is_truthy(errors:find("2 advisories", 1, true))
    assert.is_truthy(errors:find("1 record, or a part of it, could not be read: not in the database", 1, true))
    local _, output = tarsier "db status --db @two.db -f json"
    local status = json.decode(output)
    assert.equal(2, status.advisories)
    assert.equal(1, status.omissions[1].count)
    assert.equal("records, or parts of them, that could not be read", status.omissions[1].reason)
    assert.is_true(#status.feeds > 0)
    for _, feed in ipairs(status.feeds) do
      assert.is_true(feed.covered)
      assert.is_true(feed.records > 0)
      assert.is_string(feed.newest)
    end
    _, output = tarsier "db status --db @two.db"
    assert.matches("feeds +%S+: %d+ records?, newest ", output)
    assert.matches("left out +records, or parts of them, that could not be read: 1", output)
  end)

  it("fails, and keeps the database, if what it is given cannot be used", function()
    shell.write(folder .. "/known_exploited_vulnerabilities.json", "<html>502 Bad Gateway</html>")
    tarsier "db import --db @kept.db @osv"
    local code, _, errors = tarsier "db import --db @kept.db @osv @known_exploited_vulnerabilities.json"
    assert.equal(4, code)
    assert.is_truthy(errors:find("known_exploited_vulnerabilities.json: nothing in it can be used", 1, true))
    assert.is_truthy(errors:find("kept.db is left as it is", 1, true))
    _, _, errors = tarsier "db import --db @none.db @known_exploited_vulnerabilities.json"
    assert.is_nil(errors:find("is left as it is", 1, true), errors)
    local _, output = tarsier "db status --db @kept.db -f json"
    assert.equal(2, json.decode(output).advisories)
  end)
end)

describe("tarsier compare -", function()
  it("answers a line a pair", function()
    shell.write(folder .. "/pairs", "1.0\t2.0\n1.0\t1.0\n2.0\t1.0\n1.0~rc1\t1.0\n1.0\n\n1\t\n1\t2\t3\n1:2\t3\n")
    local code, output = shell.run(command "compare deb -" .. " <" .. folder .. "/pairs")
    assert.equal(0, code)
    assert.equal("<\n=\n>\n<\ninvalid\ninvalid\ninvalid\ninvalid\n>\n", output)
  end)

  it("is quick over a hundred thousand", function()
    local lines = {}
    for i = 1, 100000 do lines[i] = ("1.%d-1\t1.%d-1\n"):format(i, 50000) end
    shell.write(folder .. "/many", table.concat(lines))
    local started = os.time()
    local code, output = shell.run(command "compare deb -" .. " <" .. folder .. "/many")
    assert.equal(0, code)
    assert.equal(100000, select(2, output:gsub("\n", "\n")))
    assert.equal(49999, select(2, output:gsub("<", "<")))
    assert.is_true(os.time() - started <= pace.patience(10))
  end)
end)

describe("tarsier version", function()
  it("lists what this build knows", function()
    local _, output = tarsier "version -f json"
    local document = assert(json.decode(output))
    assert.equal(require "tarsier.core".version, document.tarsier)
    for _, key in ipairs { "sources", "readers", "schemes", "reports" } do assert.is_true(#document[key] > 0) end
  end)
end)
