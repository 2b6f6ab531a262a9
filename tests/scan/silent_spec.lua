-- Never a silent pass: of an image whose packages could not be found, read or matched, no policy says that it passes, in
-- whichever way tarsier is used. Each system is broken in each way, beside a healthy package of another kind.

local advisories = require "support.advisories"
local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local host = require "support.host"
local images = require "support.images"
local shell = require "support.shell"
local tarsier = require "tarsier"
local temporary = require "support.temporary"

local POLICIES = { "default", "fixable", "kev", "threshold", "whitelist" }

local DPKG = "Package: base\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
local APK = "P:base\nV:1-r0\nA:x86_64\no:base\n\n"
local RPM = images.read "tests/data/readers/rpm/rhel-like/root/var/lib/rpm/rpmdb.sqlite"
local NDB = images.read "tests/data/readers/rpm/ndb/root/usr/lib/sysimage/rpm/Packages.db"
local PIP = { "usr/lib/python3/dist-packages/healthy-1.0.dist-info/METADATA",
              "Metadata-Version: 2.1\nName: healthy\nVersion: 1.0\n" }

-- os-release, ecosystem, evidence, its content
local systems = {
  debian = { 'ID=debian\nVERSION_ID="12"\n', "Debian:12", "var/lib/dpkg/status", DPKG },
  distroless = { 'ID=debian\nVERSION_ID="12"\n', "Debian:12", "var/lib/dpkg/status.d/base", DPKG },
  ubuntu = { 'ID=ubuntu\nVERSION_ID="22.04"\n', "Ubuntu:22.04:LTS", "var/lib/dpkg/status", DPKG },
  alpine = { "ID=alpine\nVERSION_ID=3.20.3\n", "Alpine:v3.20", "lib/apk/db/installed", APK },
  wolfi = { "ID=wolfi\nVERSION_ID=20230201\n", "Wolfi", "lib/apk/db/installed", APK },
  almalinux = { 'ID="almalinux"\nVERSION_ID="9.4"\n', "AlmaLinux:9", "var/lib/rpm/rpmdb.sqlite", RPM },
  rocky = { 'ID="rocky"\nVERSION_ID="9.4"\n', "Rocky Linux:9", "usr/lib/sysimage/rpm/rpmdb.sqlite", RPM },
  rhel = { 'ID="rhel"\nVERSION_ID="9.4"\n', "Red Hat:enterprise_linux:9::baseos", "var/lib/rpm/rpmdb.sqlite", RPM },
  sles = { 'ID="sles"\nVERSION_ID="15.6"\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP6"\n',
           "SUSE:Linux Enterprise Server 15 SP6", "usr/lib/sysimage/rpm/Packages.db", NDB },
  azurelinux = { 'ID=azurelinux\nVERSION_ID="3.0"\n', "Azure Linux:3", "var/lib/rpm/rpmdb.sqlite", RPM },
}

local function parent(path) return (path:match "^(.*)/") end
local function base(path) return (path:match "([^/]+)$") end

-- What a second layer does to the evidence; nil: it was never there.
local breakages = {
  ["never there"] = false,
  ["deleted"] = function(path) return { parent(path) .. "/.wh." .. base(path), "" } end,
  ["deleted with its folder"] = function(path) return { parent(parent(path)) .. "/.wh." .. base(parent(path)), "" } end,
  ["hidden by an opaque folder"] = function(path) return { parent(path) .. "/.wh..wh..opq", "" } end,
  ["empty"] = function(path) return { path, "" } end,
  ["garbage"] = function(path) return { path, ("\1\2garbage\255\n"):rep(50) } end,
  ["a dangling link"] = function(path) return { path, link = "nowhere", kind = "2" } end,
  ["a link to itself"] = function(path) return { path, link = base(path), kind = "2" } end,
  ["a link out of the image"] = function(path) return { path, link = ("../"):rep(20) .. "outside", kind = "2" } end,
  ["a folder"] = function(path) return { path, kind = "5" } end,
  ["a pipe"] = function(path) return { path, kind = "6" } end,
  ["a device"] = function(path) return { path, kind = "3" } end,
}

local function layer(members) return { tar = images.tar(members) } end

-- Records for all systems and for PyPI, none of which any package here is affected by.
local function records(ecosystems)
  local affected = {}
  for _, ecosystem in ipairs(ecosystems) do
    affected[#affected + 1] = advisories.affects(ecosystem, "other", { "introduced", "0", "fixed", "2" })
  end
  return { advisories.record("A-1", { affected = affected }) }
end

describe("no silent pass", function()
  local folder, database, foreign
  local judges = {} -- by each policy, as tarsier.judge opens them

  setup(function()
    folder = temporary.folder()
    for i, policy in ipairs(POLICIES) do judges[i] = assert(tarsier.policy.open { policies = { policy } }) end
    local ecosystems = { "PyPI" }
    for _, system in pairs(systems) do ecosystems[#ecosystems + 1] = system[2] end
    assert(advisories.import(folder, records(ecosystems), nil, "all"))
    assert(advisories.import(folder, records { "npm" }, nil, "npm"))
    database, foreign = folder .. "/all.db", folder .. "/npm.db"
  end)
  teardown(function() temporary.remove(folder) end)

  local function write(name, layers)
    local layout = images.layout()
    layout:add(layout:image { layers = layers }, "latest")
    return "oci:" .. layout:write(folder .. "/" .. name:gsub("%W", "-"))
  end

  local function image(name, system, breakage)
    local members = { { "etc/os-release", system[1] }, PIP }
    if breakage == false then return write(name, { layer(members) }) end
    members[3] = { system[3], system[4] }
    return write(name, { layer(members), breakage and layer { breakage(system[3]) } })
  end

  -- Who lets it pass: "policy (as a command)", "policy (as a host)".
  local function passing(reference, database_path)
    local list = {}
    local engine <close> = assert(core.open { database = database_path, cache_dir = "" })
    local report = assert(engine:scan(reference))
    for i, policy in ipairs(POLICIES) do
      local result = tarsier.decide(tarsier.facts(report), assert(judges[i]:run(report)))
      if exit.of_result(result, false) == exit.PASS then list[#list + 1] = policy .. " (as a command)" end
      if result.verdict.pass then list[#list + 1] = policy .. " (as a host)" end
    end
    return list
  end

  for name, system in pairs(systems) do
    for how, breakage in pairs(breakages) do
      it(("if the packages of %s are %s"):format(name, how), function()
        assert.same({}, passing(image(name .. " " .. how, system, breakage), database))
      end)
    end

    if name ~= "azurelinux" and name ~= "sles" then -- the packages of the test data are built for Red Hat's releases
      it("but a pass if the packages of " .. name .. " are there", function()
        local reference = image(name .. " good", system, nil)
        local list = passing(reference, database)
        assert.equal(2 * (#POLICIES - 1), #list, table.concat(list, ", ")) -- kev wants a database with KEV
        assert.same({}, passing(reference, nil))
        assert.same({}, passing(reference, foreign))
      end)
    end
  end

  -- In the root file system of a directory, what a shell makes of the evidence.
  for how, command in pairs {
    ["empty"] = ": > %s", ["a dangling link"] = "ln -s nowhere %s", ["a link to itself"] = "ln -s status %s",
    ["a link out of it"] = "ln -s ../../../../../etc/passwd %s", ["a folder"] = "mkdir %s", ["a pipe"] = "mkfifo %s",
    ["never there"] = ": %s",
  } do
    it("if the packages in a directory are " .. how, function()
      local root = folder .. "/root-" .. how:gsub("%W", "-")
      images.write_tree(root, { ["etc/os-release"] = systems.debian[1], [PIP[1]] = PIP[2], ["var/lib/dpkg/lock"] = "" })
      images.run(command, root .. "/var/lib/dpkg/status")
      assert.same({}, passing("dir:" .. root, database))
    end)
  end

  it("if nothing is installed, or no system is named", function()
    local function none(title, members) assert.same({}, passing(write(title, { layer(members) }), database)) end
    none("empty", {})
    none("only a system", { { "etc/os-release", systems.debian[1] } })
    none("no system", { { "var/lib/dpkg/status", DPKG } })
    none("unknown system", { { "etc/os-release", "ID=plan9\n" }, { "var/lib/dpkg/status", DPKG } })
  end)

  it("with a database that is not one", function()
    local reference = image("for databases", systems.debian, nil)
    local states = { [""] = "empty", ["SQLite format 3\0garbage"] = "garbage" }
    for content, state in pairs(states) do
      local path = temporary.write(folder .. "/database-" .. state, content)
      local code = select(3, tarsier.scan(reference, { database = path, cache_dir = "" }))
      assert.equal("DATABASE", code, state)
    end
    assert.equal("DATABASE", (select(3, tarsier.scan(reference, { database = folder .. "/none", cache_dir = "" }))))
  end)

  it("by the command and by hosts in C", function()
    local references = {}
    for _, how in ipairs { "deleted", "empty", "a dangling link" } do
      for _, name in ipairs { "debian", "alpine", "almalinux" } do
        references[#references + 1] = image(name .. " " .. how .. " again", systems[name], breakages[how])
      end
    end
    for _, reference in ipairs(references) do
      local code = shell.run { "lua5.4", "lua/bin/tarsier", "scan", reference, "--db", database, "--no-cache", "-p",
        "fixable", "--quiet" }
      assert.truthy(code == exit.NOTHING or code == exit.IMAGE, reference .. ": exit " .. tostring(code))
    end
    if host.missing() then return pending(host.missing()) end
    local program = host.build("tests/support/hosts/silent.c", folder)
    local function judge(...)
      local _, output = shell.run { program, ... }
      assert.truthy(#output > 0)
      for line in output:gmatch "[^\n]+" do assert.matches("fail$", line) end
    end
    local policies = table.concat(POLICIES, ",")
    judge(database, "policies", policies, table.unpack(references))
    judge("", "policies", policies, image("good for hosts", systems.debian, nil))
    judge(foreign, "policies", policies, image("good for hosts", systems.debian, nil))
  end)
end)
