local layer = require "tarsier.probe".layer
local pace = require "support.pace"

local readers = {
  { name = "python", "**/*.dist-info/METADATA", "**/*.egg-info", "**/*.egg-info/PKG-INFO" },
  { name = "dpkg", "var/lib/dpkg/status", "var/lib/dpkg/status.d/*" },
  { name = "apk", "lib/apk/db/installed" },
  { name = "npm", "**/node_modules/*/package.json", "**/node_modules/@*/*/package.json" },
  { name = "go", "usr/bin/*", "bin/*" },
  { name = "jar", "**/*.jar" },
  { name = "zz", "**/*", "opt/*/v*.*/x" },
  { name = "a-first", "usr/bin/a*z" },
}

local cases = {
  ["var/lib/dpkg/status"] = "dpkg", ["lib/dpkg/status"] = "zz", ["x/var/lib/dpkg/status"] = "zz",
  ["var/lib/dpkg/status.d/base"] = "dpkg", ["var/lib/dpkg/status.d/a/b"] = "zz", ["lib/apk/db/installed"] = "apk",
  ["a.dist-info/METADATA"] = "python", ["usr/lib/python3/dist-packages/a-1.dist-info/METADATA"] = "python",
  [".dist-info/METADATA"] = "python", ["x/METADATA"] = "zz", ["x.dist-info/y/METADATA"] = "zz",
  ["x/y.egg-info"] = "python", ["x/y.egg-info/PKG-INFO"] = "python", ["x/y.egg-infos"] = "zz",
  ["node_modules/a/package.json"] = "npm", ["x/node_modules/@s/a/package.json"] = "npm",
  ["x/node_modules/s/a/package.json"] = "zz", ["package.json"] = "zz",
  ["usr/bin/x"] = "go", ["usr/bin/az"] = "a-first", ["usr/bin/abcz"] = "a-first", ["usr/bin/azy"] = "go",
    ["usr/bin/x/y"] = "zz",
  ["bin/sh"] = "go", ["sbin/sh"] = "zz", ["x.jar"] = "jar", ["a/b/c.d.jar"] = "jar", ["a/.jar"] = "jar",
    ["x.jar.gz"] = "zz",
  ["opt/x/v1.2/x"] = "zz", [""] = false,
}

describe("the matcher", function()
  it("knows who wants a path", function()
    local paths, expected = {}, {}
    for path, name in pairs(cases) do
      paths[#paths + 1] = path
      expected[#expected + 1] = name
    end
    local found = assert(layer.match(readers, paths))
    for i, path in ipairs(paths) do assert.equal(expected[i], found[i], path) end
  end)

  it("wants nothing that no reader does", function()
    assert.same({ false, false, false }, layer.match({}, { "a", "a/b", "" }))
    assert.same({ false, true }, (function()
      local found = layer.match({ { name = "x", "a/*" } }, { "a", "a/b" })
      return { found[1], found[2] == "x" }
    end)())
  end)

  it("takes exact paths in addition, stars in them meaning nothing", function()
    local added = { ["opt/real/status"] = 1, ["opt/*/x"] = 2 }
    for i = 1, 2000 do added["many/" .. i] = 2 end
    local two = { { name = "dpkg", "var/lib/dpkg/status" }, { name = "apk", "lib/apk/db/installed" } }
    assert.same({ "dpkg", "apk", false, "apk", "apk", "dpkg" },
      layer.match(two, { "opt/real/status", "opt/*/x", "opt/y/x", "many/1", "many/2000", "var/lib/dpkg/status" },
        added))
  end)

  it("is not slowed down by hostile paths", function()
    local many, paths = { { name = "x", "**/a*a*a*a*b" } }, { ("a"):rep(60000), ("a/"):rep(30000) .. "a" }
    assert.same({ false, false }, pace.within(2, function() return layer.match(many, paths) end))
  end)

  it("refuses patterns that are none", function()
    for _, pattern in ipairs { "", "/etc/passwd", "etc/", "a//b", "a/**/b", "**", "**/", "a**" } do
      local _, message, code = layer.match({ { name = "bad", pattern } }, {})
      assert.equal("USAGE", code, pattern)
      assert.matches("reader bad", message)
    end
  end)
end)

describe("the readers' fingerprint", function()
  it("names each with its version", function()
    assert.equal("python:1 dpkg:1", layer.fingerprint { readers[1], readers[2] })
    assert.equal("", layer.fingerprint {})
  end)
end)
