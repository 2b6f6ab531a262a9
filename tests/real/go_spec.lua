-- Real Go executables: what is found in them is what `go version -m` lists, and what of it is vulnerable what govulncheck
-- says. Needs go, its module proxy, and for the second govulncheck (go install golang.org/x/vuln/cmd/govulncheck@latest)
-- and the real records.

local cjson = require "cjson"
local contents = require "tarsier.probe".contents
local shell = require "support.shell"
local temporary = require "support.temporary"

local MAIN = [[package main
import ("fmt"; "net/http"; "os"; "golang.org/x/text/language")
func main() { t, _ := language.Parse("de"); fmt.Println(t); if len(os.Args) > 1 { http.ListenAndServe(os.Args[1], nil) } }
]]
local MODULE = "module example.com/app\ngo 1.21\nrequire golang.org/x/text v0.3.5\n"

local TARGETS = { { "linux", "amd64", "" }, { "linux", "s390x", "" }, { "linux", "386", "-ldflags=-s" },
                  { "windows", "amd64", "" }, { "darwin", "arm64", "" } }

-- What go itself lists, as tarsier names it.
local function listed(file)
  local lines = {}
  for line in shell.capture("go version -m " .. file):gmatch "[^\n]+" do
    local release = line:match ": go(%S+)$"
    local name, version = line:match "^\t%a+\t(%S+)\t(%S+)"
    if release then lines[#lines + 1] = "stdlib@" .. release end
    if name and not line:find "\tbuild\t" then lines[#lines + 1] = name .. "@" .. version end
  end
  table.sort(lines)
  return lines
end

local function found(file)
  local lines = {}
  for i, package in ipairs(assert(contents.read("binary", "usr/bin/app", shell.read(file), 0, 60000))) do
    lines[i] = package.name .. "@" .. package.version
  end
  table.sort(lines)
  return lines
end

-- id of a record = is a function of it in the executable?
local function checked(file, folder)
  local shared = os.getenv "TARSIER_SHARED" or "../shared"
  local zip = shared .. "/data/osv/Go/all.zip"
  assert(os.execute(("python3 tests/tools/vulndb.py %s %s/vulndb"):format(zip, folder)))
  local text = shell.capture(("govulncheck -db file://%s/vulndb -mode binary -format json %s 2>/dev/null"):format(folder, file))
  local records = {}
  for object in text:gmatch "%b{}" do
    local finding = cjson.decode(object).finding
    if finding then
      records[finding.osv] = records[finding.osv] or "absent"
      if finding.trace[1]["function"] then records[finding.osv] = "present" end
    end
  end
  return records, zip
end

local function scanned(file, folder, zip)
  shell.run { "mkdir", "-p", folder .. "/root/usr/bin" }
  shell.run { "cp", file, folder .. "/root/usr/bin/app" }
  shell.run(("lua5.4 lua/bin/tarsier db import --quiet --db %s/db %s"):format(folder, zip))
  shell.run(("lua5.4 lua/bin/tarsier scan --no-cache --no-fail --db %s/db -f json=%s/report dir:%s/root"):format(folder,
    folder, folder))
  local records = {}
  for _, finding in ipairs(cjson.decode(shell.read(folder .. "/report")).findings) do
    for _, id in ipairs { finding.id, table.unpack(finding.aliases) } do
      if id:find "^GO%-" then records[id] = finding.symbol end
    end
  end
  return records
end

describe("an executable built by go", function()
  local why = not os.getenv "TARSIER_TEST_REAL" and "takes a minute: TARSIER_TEST_REAL=1"
    or not shell.has "go" and "needs go: install Go's toolchain"
  if why then return it("is read", function() pending(why) end) end

  local folder
  local function build(name, environment, flags)
    temporary.fetched("sh -c %s", ("cd %s/app && GOFLAGS=-mod=mod CGO_ENABLED=0 %s go build %s -o ../%s ."):format(folder,
      environment, flags, name))
    return folder .. "/" .. name
  end

  setup(function()
    folder = temporary.folder()
    shell.run { "mkdir", "-p", folder .. "/app" }
    temporary.write(folder .. "/app/main.go", MAIN)
    temporary.write(folder .. "/app/go.mod", MODULE)
  end)
  teardown(function() temporary.remove(folder) end)

  for _, target in ipairs(TARGETS) do
    local system, processor, flags = table.unpack(target)
    it(("for %s on %s holds what go version -m lists"):format(system, processor), function()
      local file = build(system .. processor, "GOOS=" .. system .. " GOARCH=" .. processor, flags)
      assert.same(listed(file), found(file))
    end)
  end

  it("holds the vulnerable functions that govulncheck finds, also if it is stripped", function()
    if not shell.has "govulncheck" then
      return pending "needs govulncheck: go install golang.org/x/vuln/cmd/govulncheck@latest"
    end
    local file = build("old", "GOTOOLCHAIN=go1.21.0", "")
    local expected, zip = checked(file, folder)
    local records = scanned(file, folder, zip)
    assert.is_true(next(expected) ~= nil)
    for id, state in pairs(expected) do assert.equal(state, records[id], id) end
    local stripped = scanned(build("bare", "GOTOOLCHAIN=go1.21.0", "-ldflags='-s -w'"), folder, zip)
    for id, state in pairs(expected) do assert.equal(state, stripped[id], id .. ", stripped") end
  end)
end)
