-- The SHA-512 of components that are one file: jars and executables.
local core = require "tarsier.core"
local images = require "support.images"
local report = require "tarsier.report"
local shell = require "support.shell"
local tarsier = require "tarsier"
local zip = require "support.zip"

local function pom(group, artifact, version)
  return { path = ("META-INF/maven/%s/%s/pom.properties"):format(group, artifact),
    content = ("groupId=%s\nartifactId=%s\nversion=%s\n"):format(group, artifact, version) }
end

local INNER = zip.write { pom("org.in", "inner", "2.0") }
-- Larger than the pieces in which a layer is read, with bytes behind the last that its reader needs.
local JAR = zip.write({ pom("org.out", "outer", "1.0"), { path = "lib/inner.jar", content = INNER },
  { path = "big", content = ("0123456789abcdef"):rep(30000), method = 0 } }, { comment = ("c"):rep(60000) })
local FILES = { { "etc/os-release", 'ID=debian\nVERSION_ID="12"\n' }, { "opt/app/outer.jar", JAR },
  { "var/lib/dpkg/status", "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.11-1\n" } }

local function sha512(path)
  return (shell.run("sha512sum < " .. path)) == 0 and select(2, shell.run("sha512sum < " .. path)):match "^%x+"
end

describe("the hash of a component", function()
  local folder
  before_each(function() folder = images.folder() end)
  after_each(function() images.remove(folder) end)

  -- -> { name = sha512 or false }
  local function scan(reference, options)
    options = options or { hashes = true }
    options.cache_dir = options.cache_dir or ""
    local engine <close> = assert(core.open(options))
    local found = {}
    for _, package in ipairs(assert(engine:scan(reference)):packages()) do found[package.name] = package.sha512 or false end
    return found
  end

  local function write()
    local layout = images.layout()
    layout:add(layout:image { layers = { { tar = images.tar(FILES) } } }, "latest")
    return "oci:" .. layout:write(folder .. "/image"), sha512(images.write(folder .. "/outer.jar", JAR))
  end

  it("is the whole file's, and an archive within it has none", function()
    local reference, hash = write()
    assert.same({ ["org.out:outer"] = hash, ["org.in:inner"] = false, libssl3 = false }, scan(reference))
    assert.same({ ["org.out:outer"] = false, ["org.in:inner"] = false, libssl3 = false }, scan(reference, {}))
  end)

  it("is the same from a folder", function()
    local _, hash = write()
    shell.run(("mkdir -p %s/root/opt && cp %s/outer.jar %s/root/opt/"):format(folder, folder, folder))
    assert.equal(hash, scan("dir:" .. folder .. "/root")["org.out:outer"])
  end)

  it("is kept in the cache, under a key of its own", function()
    local reference, hash = write()
    local cache = folder .. "/cache"
    for _, case in ipairs { { nil, false }, { true, hash }, { true, hash }, { nil, false } } do
      local found = scan(reference, { hashes = case[1], cache_dir = cache })
      assert.equal(case[2], found["org.out:outer"])
    end
  end)

  it("is an executable's, for all that is linked into it", function()
    local path = "usr/local/bin/gate"
    local got, expected = scan "oci:build/sample", nil
    for _, blob in ipairs(core.host.list "build/sample/blobs/sha256") do
      local file = "build/sample/blobs/sha256/" .. blob
      local code, output = shell.run(("tar -xOf %s %s 2>/dev/null | sha512sum"):format(file, path))
      if code == 0 and not output:find "^cf83e1357eefb8bd" then expected = output:match "^%x+" end -- not nothing's
    end
    assert.is_string(expected)
    assert.equal(expected, got.stdlib)
  end)

  it("is gathered by the command for the reports that write it, and by no other", function()
    local reference, hash = write()
    local base = ("lua5.4 lua/bin/tarsier packages %s --no-cache -q"):format(reference)
    local code, _, errors = shell.run(("%s -f cyclonedx-bsi=%s/bsi.json -f json=%s/p.json"):format(base, folder, folder))
    assert.equal(0, code, errors)
    assert.is_truthy(shell.read(folder .. "/bsi.json"):find('"alg": "SHA%-512",%s+"content": "' .. hash))
    assert.is_truthy(shell.read(folder .. "/p.json"):find(hash, 1, true))
    shell.run(("%s -f cyclonedx=%s/c.json -f json=%s/p.json"):format(base, folder, folder))
    assert.is_nil(shell.read(folder .. "/p.json"):find("sha512", 1, true))
  end)

  it("stands in every form of the guideline's profile, beside a count of those that lack it", function()
    local reference, hash = write()
    local result = assert(tarsier.packages(reference, { hashes = true, cache_dir = "" }))
    for _, format in ipairs { "cyclonedx-bsi", "spdx-bsi" } do
      local text = assert(report.text(format, result))
      assert.is_truthy(text:find(hash, 1, true), format)
      assert.is_truthy(text:find("2 of 3 components lack a SHA-512", 1, true), format)
      assert.is_nil(text:find("vulnerabilit", 1, true), format)
    end
  end)
end)
