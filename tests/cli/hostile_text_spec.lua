-- Whatever a person reads is escaped, wherever it came from: every field of every message and table is fed with text
-- that would forge a line, colour it, reorder it or hide it.

local attacks = require "support.attacks"
local clair_v4 = require "support.clair_v4"
local json = require "tarsier.json"
local make_result = require "support.result"
local oci = require "support.oci"
local replay = require "support.clair_replay"
local report = require "tarsier.report"
local shell = require "support.shell"
local stand_in = require "support.stand_in"
local styled = require "tarsier.styled"

local LUA = os.getenv "LUA" or "lua5.4"

local ATTACK, FORGED = attacks.TERMINAL, attacks.FORGED
-- The same where UTF-8 is required.
local VALID = "x\n" .. FORGED .. "\r" .. FORGED .. "\27[2J\7\8\127\u{9B}31m\u{202E}\u{200B}\u{2028}" .. FORGED .. "\u{E0041}."
local BASIC = VALID:gsub("\u{E0041}", "")
-- The same where only a line's bytes are possible, as in a header or a path of a URL.
local LINE = "x\27[2J\u{9B}31m\u{202E}" .. FORGED

local function assert_clean(shown, what)
  if what:find "tsv" then shown = shown:gsub("\t", " ") end
  local complaint = attacks.complaint(shown)
  assert.is_nil(complaint, complaint and what .. ": " .. shown)
end

describe("a line", function()
  it("is escaped, and only its own colours are in it", function()
    assert_clean(styled.plain { ATTACK, { ATTACK }, styled.text("fail", ATTACK) }, "a line")
    assert.equal("\27[1;31ma\\x1b[0m\27[0m b", styled.render({ styled.text("fail", "a\27[0m"), { " ", "b" } }, true))
    assert.equal("a", styled.render(styled.text("plain", "a"), true))
  end)
end)

describe("the table", function()
  local words = { decision = true, kind = true }

  -- Every string in it attacks; what the table compares keeps its beginning.
  local function poison(value, key, spares)
    if type(value) == "string" then return spares and words[key] and value or value .. ATTACK end
    if type(value) ~= "table" then return value end
    local copy = {}
    for inner, item in pairs(value) do copy[inner] = poison(item, inner, spares) end
    return copy
  end

  for _, width in ipairs { false, 40, 80, 160 } do
    for _, is_verbose in ipairs { true, false } do
      for _, spares in ipairs { true, false } do
        it(("escapes every field (width %s, verbose %s, %s)"):format(width, is_verbose, spares), function()
          local result = poison(make_result(), nil, spares)
          assert_clean(report.text("table", result, { width = width or nil, verbose = is_verbose,
            exit = { code = 3, meaning = ATTACK } }), "the table")
        end)
      end
    end
  end
end)

describe("the command's outputs", function()
  it("are written by the terminal alone", function()
    local allowed = { ["lua/bin/tarsier"] = true, ["lua/tarsier/cli/terminal.lua"] = true,
      ["lua/tarsier/styled.lua"] = true }
    -- what a person reads is escaped there
    for path in io.popen("find lua -type f"):lines() do
      local file <close> = assert(io.open(path))
      local code = file:read("a"):gsub("%-%-[^\n]*", "")
      if not allowed[path] then
        assert.is_nil(code:find("io%.std[oe]%w+:") or code:find "io%.write" or code:find "[^%w_:.]print%s*[(\"]", path)
        assert.is_nil(code:find("\\27[", 1, true), path)
      end
    end
  end)
end)

-- ---- the command --------------------------------------------------------------------------------------------------

local folder

local function tarsier(line, variables)
  line = line:gsub("@(%w+)", function(name) return folder .. "/" .. name end)
  return shell.run(("env -u TARSIER_DB -u TARSIER_POLICIES -u CLAIR_URL -u GITLAB_CI -u COLUMNS "
    .. "-u TARSIER_REGISTRY_USER -u TARSIER_REGISTRY_PASSWORD -u http_proxy TARSIER_TEST_SECOND=50 DOCKER_HOST=unix:///nowhere HOME=%s "
    .. "XDG_DATA_HOME=%s/data XDG_CACHE_HOME=%s/cache XDG_CONFIG_HOME=%s/config %s %s lua/bin/tarsier %s")
    :format(folder, folder, folder, folder, variables or "", LUA, line))
end

-- Runs it, and looks at both of its outputs. is_quiet: nothing of the attack need be shown.
local function assert_command_clean(line, variables, is_quiet)
  local code, output, errors = tarsier(line, variables)
  assert.not_equal(70, code, errors)
  assert_clean(output, line)
  assert_clean(errors, line)
  if not is_quiet then assert.is_truthy((output .. errors):find(FORGED, 1, true), output .. errors) end
  return code
end

local function metadata(name)
  return "Metadata-Version: 2.1\nName: " .. name .. "\nVersion: 1.0" .. LINE .. "\n"
end

setup(function()
  folder = shell.folder()
  os.execute(("mkdir -p %s/osv %s/evil"):format(folder, folder))
  shell.write(folder .. "/osv/a.json", json.encode { id = "CVE-2099-0001", modified = "2026-01-01T00:00:00Z",
    summary = VALID, details = VALID, schema_version = "1.6.0",
    severity = { { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } },
    affected = { { package = { ecosystem = "Debian:12", name = "curl" },
      ranges = { { type = "ECOSYSTEM", events = { { introduced = "0" }, { fixed = "8.0-1" } } } } } } })
  local etc = { ["etc/os-release"] = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="' .. LINE .. '"\n' }
  local status = { ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" }, { "tar", "1.0" } } }
  local python = "srv/" .. ATTACK:gsub("/", "") .. "/"
  oci.build(folder .. "/named", { etc, status, { [python .. "a-1.0.dist-info/METADATA"] = metadata "evil" } },
    { User = VALID })
  oci.build(folder .. "/broken", { etc, status, { [python .. "a-1.0.dist-info/METADATA"] = "\0\1\2 no metadata" },
    { [python .. "usr/lib/x"] = "x", ["var/lib/rpm/rpmdb.sqlite"] = "this is not a database" } })
  assert.equal(0, (tarsier "db import -q --db @v.db @osv"))
end)

teardown(function()
  replay.finish()
  shell.remove(folder)
end)

describe("the command escapes", function()
  local evil = shell.quote(ATTACK)
  for _, line in ipairs {
    "%s", "help %s", "help db %s", "scan --%s", "scan --threads %s @named",
    "scan -f %s @named", "scan -f table=%s/x @named", "scan --db %s @named", "scan --db @v.db -p %s @named",
    "scan --db @v.db --set %s @named", "scan --db @v.db --set default.%s=1 @named", "scan --db @v.db -w %s @named",
    "scan --db @v.db -t %s @named", "scan --db @v.db --policy-dir %s -p nothing%s @named",
    "scan --clair %s @named", "scan --clair http://%s @named", "scan --db @v.db --platform %s @named",
    "scan --db @v.db --registry-password-file %s --registry-user x @named",
    "scan --db @v.db %s", "scan --db @v.db docker://%s", "scan --db @v.db oci:%s", "scan --db @v.db @named:%s",
    "scan --db @v.db docker-daemon:%s", "policy list --format %s", "compare deb 1 1 %s", "packages %s", "packages -f %s @named",
    "packages @named", "packages -f tsv @named", "packages @broken",
    "clair %s", "clair status --clair http://%s", "clair wait --timeout 1 --clair http://%s", "clair up --engine %s",
    "clair up --config %s", "db %s", "db import --db @v.db %s", "db status --db %s", "policy %s", "policy check %s",
    "policy test %s", "policy list %s", "compare %s 1 2", "compare deb %s 1", "version %s",
    "clair-scanner --%s x", "clair-scanner -w %s @named", "clair-scanner -c %s @named", "clair-scanner -t %s @named",
    "clair-scanner -l %s/x @named", "clair-scanner %s",
    "convert %s", "convert -f %s @named", "convert -f ./%s.lua @named", "packages -f ./%s.lua @named",
  } do
    it("tarsier " .. line, function()
      assert_command_clean(line:gsub("%%s", function() return evil end), nil,
        line:find "^packages @broken" or line:find "tsv")
    end)
  end

  for variable, line in pairs { DOCKER_HOST = "scan --db @v.db docker-daemon:app:1", TARSIER_DB = "db status",
    CLAIR_URL = "clair status", TARSIER_REGISTRY_USER = "scan --db @v.db @named" } do
    it("$" .. variable, function()
      assert_command_clean(line, variable .. "=" .. evil .. (variable:find "USER" and ":" or ""), variable:find "USER")
    end)
  end

  it("an image's names, system, instructions and paths", function()
    assert_command_clean "scan --db @v.db -v @named"
    assert.equal(3, assert_command_clean "scan --db @v.db @broken")
    assert.equal(3, (assert_command_clean("scan --db @v.db -q -f json=/dev/null @broken", nil, true)))
    assert_command_clean "scan --db @v.db --ignore-unreadable @broken"
  end)

  it("JSON for the log of a job", function()
    local _, output = tarsier "scan --db @v.db -f json @broken"
    assert_clean(output, "JSON")
    _, output = tarsier "scan --db @v.db -f gitlab @broken"
    assert_clean(output, "JSON for GitLab")
  end)

  it("feeds' names and records", function()
    local path = folder .. "/evil/" .. ATTACK:gsub("/", "")
    shell.write(path, "{ \"not\": 1 }")
    shell.write(path .. ".zip", "PK\3\4 no zip")
    shell.write(path .. ".json", json.encode { id = VALID, modified = VALID, affected = { { package = {
      ecosystem = VALID, name = VALID }, ranges = { { type = VALID, events = { { introduced = VALID } } } } } } })
    for _, name in ipairs { path, path .. ".zip", path .. ".json", folder .. "/evil" } do
      assert_command_clean("db import --db @x.db " .. shell.quote(name))
    end
    assert_command_clean("db status --db @x.db", nil, true)
  end)

  it("policies' names, words and failures", function()
    local word = ("%q"):format(VALID)
    local function policy(name, body)
      shell.write(folder .. "/" .. name .. ".lua", 'return { name = "' .. name .. '", summary = ' .. word .. ", "
        .. body .. " }")
    end
    policy("loud", "finding = function() return 'fail', " .. word .. " end, "
      .. "image = function() return 'warn', " .. word .. " end, verdict = function() return 'fail', " .. word
      .. " end, examples = { { finding = {}, expect = 'ignore' } }")
    policy("broken", "finding = function() error(" .. word .. ") end, examples = { { finding = {}, expect = 'fail' } }")
    policy("strange", "finding = function() return " .. word .. " end")
    shell.write(folder .. "/syntax.lua", "return {\n'" .. LINE .. "' oops")
    shell.write(folder .. "/unnamed.lua", "return { name = " .. word .. ", summary = 'x' }")
    for _, name in ipairs { "loud", "broken", "strange", "syntax", "unnamed" } do
      assert_command_clean("scan --db @v.db -v -p @" .. name .. ".lua @named", nil, true)
      assert_command_clean("policy check @" .. name .. ".lua", nil, true)
      assert_command_clean("policy test @" .. name .. ".lua", nil, true)
    end
    assert_command_clean "scan --db @v.db -v -p @loud.lua @named"
    assert_command_clean("policy list --policy-dir @evil", nil, true)
  end)

  it("whitelists", function()
    shell.write(folder .. "/allow.yaml", json.encode { generalwhitelist = { [BASIC] = BASIC, ["CVE-2099-0001"] = BASIC },
      images = { [BASIC] = { [BASIC] = BASIC } }, accept = { { id = BASIC, reason = BASIC, owner = BASIC,
        package = BASIC, images = { BASIC }, ["until"] = "2020-01-01" } } })
    shell.write(folder .. "/wrong.yaml", json.encode { [BASIC] = 1 })
    assert_command_clean "scan --db @v.db -v -w @allow.yaml @named"
    assert_command_clean "scan --db @v.db -w @wrong.yaml @named"
  end)

  it("what a registry answers", function()
    if not stand_in.available() then return pending(stand_in.needs) end
    local evil_json = { errors = { { code = VALID, message = VALID, detail = VALID } } }
    for _, answer in ipairs {
      { status = 403, json = evil_json }, { status = 429, body = ATTACK }, { status = 200, body = VALID },
      { status = 401, headers = { ["WWW-Authenticate"] = "Bearer realm=\"http://" .. "x\27[2J" .. "\"" } },
      { status = 200, headers = { ["Content-Type"] = "x\27[2J/y" }, json = evil_json },
      { status = 200, json = { schemaVersion = 2, mediaType = VALID, config = { mediaType = VALID, digest = VALID,
        size = 2 }, layers = { { mediaType = VALID, digest = VALID, size = 2 } } } },
    } do
      local server = stand_in.start { ["*"] = { answer } }
      local host = server.url:match "//(.*)$"
      local code = assert_command_clean("scan --db @v.db docker://" .. host .. "/app:1", nil, true)
      server:stop()
      assert.equal(3, code)
    end
  end)

  it("what a Clair answers, in the table, the messages and the log", function()
    if not replay.has() then return pending "needs python3: apt-get install python3" end
    local found = clair_v4.report { fixed = VALID }
    local flaw = found.vulnerabilities["10"]
    flaw.name, flaw.description, flaw.links = "CVE-2099-0001" .. VALID, VALID, "https://" .. VALID
    found.packages["1"].version = "7.0-1"
    local failed = { method = "POST", path = "/indexer/api/v1/index_report", status = 500,
      body = { code = VALID, message = VALID } }
    for _, more in ipairs { {}, { failed } } do
      local clair = replay.start(clair_v4.script(found, more))
      assert_command_clean("scan --clair " .. clair.url .. " -v @named")
      assert_command_clean("clair-scanner -l @log -c " .. clair.url .. " @named")
      clair:stop()
    end
    assert_clean(shell.read(folder .. "/log"):gsub("▶", ">"), "the log")
  end)
end)
