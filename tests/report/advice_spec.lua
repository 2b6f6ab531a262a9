-- What to do: steps, their order and their commands.

local advice = require "tarsier.advice"
local commands = require "tarsier.advice.commands"
local shell = require "support.shell"

local function package(type, name, version, fields)
  local made = { type = type, name = name, version = version, source = { name = name, version = version },
    path = type == "deb" and "var/lib/dpkg/status" or "srv/app/" .. name, layer = 2 }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

local own = { index = 2, created_by = "RUN /bin/sh -c make # buildkit", base = false }
local base = { index = 1, created_by = "ADD rootfs /", base = true }

local function finding(id, of, fields)
  local made = { id = id, severity = "High", package = of, layer = own, decision = "fail", published = "2024-05-06T00:00:00Z" }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

local apt, apk = package("deb", "apt", "2.6"), package("apk", "apk-tools", "2.14")

local function advise(findings, fields)
  local result = { findings = findings, image = { layers = { base, own } }, packages = { apt, apk } }
  for key, value in pairs(fields or {}) do result[key] = value end
  return advice.of(result)
end

describe("advice", function()
  it("needs the highest of the smallest fixes, by the order of versions", function()
    local curl = package("deb", "curl", "7.9")
    local plan = advise { finding("CVE-1", curl, { fixed_by = "7.10" }), finding("CVE-2", curl, { fixed_by = "7.9.1" }) }
    assert.equal(1, #plan.pass)
    assert.equal("7.10", plan.pass[1].packages[1].to)
    assert.same({ total = 2, severity = { High = 2 }, ids = { "CVE-1", "CVE-2" } }, plan.pass[1].ends)
    assert.equal("upgrade curl 7.9 → 7.10", plan.pass[1].text)
    assert.equal("apt-get update && apt-get install -y --only-upgrade curl", plan.pass[1].command)
    assert.same({ 2, false, "RUN make" }, { plan.pass[1].layer, plan.pass[1].base, plan.pass[1].instruction })
  end)

  it("is one step for the binary packages of one source, and for two layers", function()
    local source = { source = { name = "openssl", version = "3.0" } }
    local plan = advise { finding("CVE-1", package("deb", "libssl3", "3.0", source), { fixed_by = "3.1", layer = base }),
      finding("CVE-1", package("deb", "openssl", "3.0", source), { fixed_by = "3.1" }) }
    assert.equal(1, #plan.pass)
    assert.same({ "upgrade", 1, { "libssl3", "openssl" } }, { plan.pass[1].kind, #plan.pass[1].packages,
      plan.pass[1].packages[1].names })
    assert.same({ total = 2, severity = { High = 2 }, ids = { "CVE-1" } }, plan.pass[1].ends)
  end)

  it("tells the base's packages from one's own", function()
    local findings = { finding("CVE-1", package("deb", "tar", "1"), { fixed_by = "2", layer = base }) }
    local plan = advise(findings, { image = { layers = { base, own }, base = { name = "debian:12" } } })
    assert.same({ "rebase", true, "FROM" }, { plan.pass[1].kind, plan.pass[1].base, plan.pass[1].instruction })
    assert.equal("rebuild on a newer base image (now debian:12), or upgrade its packages: tar 1 → 2", plan.pass[1].text)
    plan = advise(findings, { packages = {} }) -- no package manager in it
    assert.is_nil(plan.pass[1].command)
    assert.equal("rebuild on a newer base image: tar 1 → 2", plan.pass[1].text)
  end)

  it("puts what makes it pass first, then what ends the most", function()
    local function npm(name, id, severity, decision)
      return finding(id, package("npm", name, "1.0.0", { path = ("srv/%s/node_modules/%s/package.json"):format(name, name) }),
        { fixed_by = "1.0.1", severity = severity, decision = decision })
    end
    local plan = advise { npm("a", "CVE-1", "High", "warn"), npm("b", "CVE-2", "Critical", "warn"), npm("c", "CVE-3", "Low"),
      npm("d", "CVE-4", "High"), npm("d", "CVE-5", "High"), npm("e", "CVE-6", "Defcon1", "accept") }
    local places = {}
    for _, steps in ipairs { plan.pass, plan.rest } do
      for _, step in ipairs(steps) do places[#places + 1] = step.place end
    end
    assert.same({ "srv/d", "srv/c", "srv/b", "srv/a" }, places)
    assert.equal("npm install d@1.0.1", plan.pass[1].command)
  end)

  it("names what can be removed instead, because nothing needs it", function()
    local tool = package("deb", "tool", "1", { requires = { "libtool" } })
    local lib = package("deb", "libtool", "1", { requires = {}, source = { name = "tool", version = "1" } })
    local plan = advise({ finding("CVE-1", tool) }, { packages = { apt, tool, lib } })
    assert.same({ names = { "tool" }, all = true, command = "apt-get remove -y tool" }, plan.open[1].remove)
    plan = advise({ finding("CVE-1", tool), finding("CVE-1", lib) }, { packages = { apt, tool, lib } })
    assert.same({ "libtool", "tool" }, plan.open[1].remove.names)
    local app = package("deb", "app", "1", { requires = { "libtool" } })
    plan = advise({ finding("CVE-1", tool), finding("CVE-1", lib) }, { packages = { tool, lib, app } })
    assert.same({ names = { "tool" }, all = false }, plan.open[1].remove)
    plan = advise({ finding("CVE-1", lib) }, { packages = { tool, lib, app } })
    assert.is_nil(plan.open[1].remove)
    local evil = package("deb", "x;reboot", "1", { requires = {} })
    plan = advise({ finding("CVE-1", evil) }, { packages = { apt, evil } })
    assert.is_nil(plan.open[1].remove.command)
  end)

  it("names what has no fix, why and since when", function()
    local zlib = package("deb", "zlib", "1")
    local plan = advise { finding("CVE-1", zlib, { status = "will not fix" }),
      finding("CVE-2", zlib, { published = "2023-01-02T00:00:00Z" }), finding("CVE-3", zlib, { decision = "warn" }) }
    assert.equal(2, #plan.open)
    assert.same({ true, "will not fix", "2023-01-02", { "CVE-1", "CVE-2" }, 2 }, { plan.open[1].fails, plan.open[1].status,
      plan.open[1].since, plan.open[1].ids, plan.open[1].total })
    assert.same({ false, { "CVE-3" } }, { plan.open[2].fails, plan.open[2].ids })
  end)

  it("repeats what policies say about the image", function()
    local plan = advise({}, { verdict = { trail = { { policy = "users", decision = "fail", reason = "root" },
      { policy = "users", decision = "warn" } } } })
    assert.same({ { policy = "users", reason = "root" } }, plan.refusals)
  end)
end)

describe("a policy that needs upgrades", function()
  it("sees what each package's upgrade ends", function()
    local policy = require "tarsier.policy"
    local folder = shell.folder()
    finally(function() shell.remove(folder) end)
    shell.write(folder .. "/worth.lua", [[return { name = "worth", summary = "Fail on what one upgrade ends twice.",
      needs = { "upgrades" },
      finding = function(f)
        local u = f.upgrade
        if u and u.ends.total > 1 then return "fail", u.to .. " ends " .. u.ends.severity.High .. ": " .. u.command end
      end }]])
    local curl, tarball = package("deb", "curl", "1"), package("deb", "tar", "1")
    local result = { image = { reference = "x", layers = { base, own }, ecosystem = "Debian:12" }, problems = {},
      packages = { apt }, backend = { name = "embedded" }, database = { newest = "", kev_date = "" },
      findings = { finding("CVE-1", curl, { fixed_by = "2" }), finding("CVE-2", curl, { fixed_by = "3" }),
        finding("CVE-3", tarball, { fixed_by = "2" }), finding("CVE-4", curl) } }
    for _, item in ipairs(result.findings) do item.decision, item.aliases = nil, {} end
    local judged = assert(policy.rejudge(result, { policies = { folder .. "/worth.lua" } }))
    assert.equal("3 ends 2: apt-get update && apt-get install -y --only-upgrade curl", judged.findings[1].reason)
    assert.equal("fail", judged.findings[2].decision)
    assert.is_nil(judged.findings[3].decision)
    assert.is_nil(judged.findings[4].decision)
    shell.write(folder .. "/bad.lua", "return { name = 'bad', summary = 'x', needs = { 'upgrade' }, finding = function() end }")
    local _, message = policy.check(folder .. "/bad.lua")
    assert.is_truthy(message:find("'upgrade' is not known (did you mean 'upgrades'?)", 1, true), message)
  end)
end)

describe("the command", function()
  local function command(type, name, path, to, installed)
    local item = { name = name, to = to or "1.2.3", names = { name }, paths = { path } }
    return commands.upgrade(type, { item }, commands.is_system(type) and "" or
      commands.place { type = type, path = path or "" }, installed or { ["deb\0apt"] = true, ["apk\0apk-tools"] = true })
  end

  for _, case in ipairs {
    { "apk upgrade --no-cache zlib", "apk", "zlib" },
    { "dnf upgrade -y zlib", "rpm", "zlib", "", "1", { ["rpm\0dnf"] = true, ["rpm\0yum"] = true } },
    { "zypper --non-interactive update zlib", "rpm", "zlib", "", "1", { ["rpm\0zypper"] = true } },
    { "microdnf update -y zlib", "rpm", "zlib", "", "1", { ["rpm\0microdnf"] = true } },
    { "npm install @a/b@1.2.3", "npm", "@a/b", "srv/node_modules/@a/b/package.json" },
    { "yarn upgrade x@1.2.3", "npm", "x", "srv/yarn.lock" },
    { "npm install -g npm@latest", "npm", "tar", "usr/local/lib/node_modules/npm/node_modules/tar/package.json" },
    { "npm install -g x@1.2.3", "npm", "x", "usr/local/lib/node_modules/x/package.json" },
    { "pip install --upgrade 'x>=1.2.3'", "pypi", "x", "usr/lib/python3.11/site-packages/x.dist-info/METADATA" },
    { "/opt/v/bin/pip install --upgrade 'x>=1.2.3'", "pypi", "x", "opt/v/lib/python3.11/site-packages/x.dist-info/METADATA" },
    { "poetry update x", "pypi", "x", "srv/poetry.lock" },
    { "uv lock --upgrade-package x", "pypi", "x", "srv/uv.lock" },
    { "bundle update rack", "gem", "rack", "srv/Gemfile.lock" },
    { "gem install rack -v '>= 1.2.3'", "gem", "rack", "usr/lib/specifications/rack-1.gemspec" },
    { "composer require --update-with-dependencies 'a/b:^1.2.3'", "composer", "a/b", "srv/composer.lock", "v1.2.3" },
    { "go get golang.org/x/net@v1.2.3", "golang", "golang.org/x/net", "bin/app" },
    { "go get toolchain@go1.2.3", "golang", "stdlib", "bin/app" },
    { "mvn versions:use-dep-version -Dincludes=a.b:c -DdepVersion=1.2.3 -DforceVersion=true", "maven", "a.b:c", "a.jar" },
    { "cargo update -p x --precise 1.2.3", "cargo", "x", "srv/Cargo.lock" },
    { "dotnet add package X --version 1.2.3", "nuget", "X", "app.deps.json" },
  } do
    it("is " .. case[1], function() assert.equal(case[1], command(table.unpack(case, 2))) end)
  end

  it("is none for what is not a package's name or version", function()
    for _, name in ipairs { "-rf", "a b", "a;b", "$(id)", "`id`", "a\nb", "a'b", "", "../x", "a/../b", "a\0b", "a|b", "\27[2J",
      "a&b", "é", ("a"):rep(300) } do
      for _, type in ipairs { "deb", "npm", "pypi", "gem", "golang", "maven", "cargo" } do
        assert.is_nil(command(type, name, "srv/x"), name)
      end
    end
    for _, version in ipairs { "1;id", "$(id)", "1 2", "-1", "1\n2", "" } do
      assert.is_nil(command("npm", "x", "srv/x", version), version)
      assert.is_nil(command("pypi", "x", "srv/x", version), version)
    end
    assert.is_nil(command("npm", "x", "usr/lib/node_modules/$(id)/node_modules/x/package.json"))
    assert.is_nil(command("unheard-of", "x", "srv/x"))
    assert.is_nil(command("deb", "x", "", "1", {})) -- no package manager there
  end)

  it("quotes a folder that could be more than that", function()
    local text = command("pypi", "x", "opt/a $(touch b);'c/lib/python3.11/site-packages/x.dist-info/METADATA")
    assert.equal([['/opt/a $(touch b);'\''c/bin/pip' install --upgrade 'x>=1.2.3']], text)
  end)

  it("has words that a shell gives back as they are", function()
    for _, word in ipairs { "a b", "'", "$HOME", "`id`", "a\\b", "~", "~root", "*", "a=b", "=a", "-x", "", "#a", "a\nb", "!x" } do
      assert.equal(word, shell.capture("printf %s " .. commands.quote(word)))
    end
  end)
end)
