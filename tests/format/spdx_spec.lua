-- Licence statements as SPDX expressions.

local text = require "tarsier.probe".text
local core = require "tarsier.core"

describe("a licence statement", function()
  for statement, expression in pairs {
    -- identifiers in the list's spelling, deprecated ones as their successors
    ["mit"] = "MIT", [" apache-2.0 "] = "Apache-2.0", ["GPL-2.0"] = "GPL-2.0-only", ["GPL-2.0+"] = "GPL-2.0-or-later",
    ["LGPL-2.1-or-later"] = "LGPL-2.1-or-later", ["AGPL-3.0"] = "AGPL-3.0-only", ["MPL-1.1+"] = "MPL-1.1+",
    ["LicenseRef-Fedora-Public-Domain"] = "LicenseRef-Fedora-Public-Domain",
    -- expressions
    ["MIT OR Apache-2.0"] = "MIT OR Apache-2.0", ["( mit and ( isc or zlib ) )"] = "(MIT AND (ISC OR Zlib))",
    ["GPL-2.0-only WITH Classpath-exception-2.0"] = "GPL-2.0-only WITH Classpath-exception-2.0",
    ["GPL-2.0+ with autoconf-exception-2.0 and MIT"] = "GPL-2.0-or-later WITH Autoconf-exception-2.0 AND MIT",
    ["MIT/Apache-2.0"] = "MIT OR Apache-2.0",
    -- Debian's
    ["Expat"] = "MIT", ["GPL-2"] = "GPL-2.0-only", ["LGPL-2.1+"] = "LGPL-2.1-or-later",
    ["GFDL-NIV-1.3+"] = "GFDL-1.3-no-invariants-or-later", ["GPL-1+ or Artistic-2.0, and BSD-3-clause"] =
      "(GPL-1.0-or-later OR Artistic-2.0) AND BSD-3-Clause", ["Expat and GPL-3+"] = "MIT AND GPL-3.0-or-later",
    -- Fedora's
    ["GPLv2+ and LGPLv2+ and ASL 2.0"] = "GPL-2.0-or-later AND LGPL-2.0-or-later AND Apache-2.0",
    ["(GPLv3+ or LGPLv3+) and MPLv2.0"] = "(GPL-3.0-or-later OR LGPL-3.0-or-later) AND MPL-2.0",
    ["GPL+"] = "GPL-1.0-or-later", ["AGPLv3"] = "AGPL-3.0-only",
    -- PyPI's and Maven's
    ["GNU General Public License v3 (GPLv3)"] = "GPL-3.0-only", ["MIT License"] = "MIT",
    ["GNU Lesser General Public License v2 or later (LGPLv2+)"] = "LGPL-2.0-or-later",
    ["The Apache Software License, Version 2.0"] = "Apache-2.0", ["GPL v2 or later"] = "GPL-2.0-or-later",
  } do
    it(("%q means %s"):format(statement, expression), function()
      assert.equal(expression, text.spdx(statement))
      assert.equal(expression, text.spdx(expression), "an expression is its own")
    end)
  end

  it("that has no identifier means none", function()
    for _, statement in ipairs { "", "BSD", "GPL", "public-domain", "GPL-2+ and public-domain", "GPLv2+ with exceptions",
      "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT ISC", "MIT OR (ISC", "()", "MIT WITH ISC", "LicenseRef-", "LicenseRef-a b",
      "GPL-9.9", "GPL-2.0.0.0.0.0.0.0", "MIT,", "MIT, and", ", and MIT", "MIT\0", "Distributable, see COPYING", "/", "+",
      "WITH", "GPL-2+ with OpenSSL exception", ("("):rep(2000), ("(MIT"):rep(17), ("MIT OR "):rep(200) .. "MIT" } do
      assert.is_nil(text.spdx(statement), statement)
    end
  end)

  it("of any bytes ends in an expression that is its own, or none", function()
    math.randomseed(3, 7)
    local words = { "MIT", "GPL-2+", "(", ")", "and", "OR", "with", ",", "/", "Classpath-exception-2.0", "LicenseRef-x", "BSD",
      "+", "\0", "\255", " " }
    local known = 0
    for _ = 1, 5000 do
      local statement = {}
      for i = 1, math.random(8) do statement[i] = words[math.random(#words)] end
      local found = text.spdx(table.concat(statement, " "))
      if found then
        known = known + 1
        assert.equal(found, text.spdx(found))
      end
    end
    assert.is_true(known > 100, known)
  end)

  it("is told from an expression by is_spdx", function()
    assert.is_true(core.is_spdx "MIT OR Apache-2.0")
    assert.is_false(core.is_spdx "mit")
    assert.is_false(core.is_spdx "BSD")
    assert.is_false(core.is_spdx "")
  end)
end)

describe("the licences of a package", function()
  it("are kept once, as expressions or as written, without control bytes", function()
    assert.equal("MIT\nPublic domain\nGPL-2.0-or-later", text.licenses {
      "MIT", "Expat", "", " ", "Public\tdomain\n", "GPL-2+", "GPLv2+", ("x"):rep(1024) })
  end)

  it("have a limit", function()
    local many = {}
    for i = 1, 3000 do many[i] = "licence " .. i end
    local kept = text.licenses(many)
    assert.is_true(#kept > 4000 and #kept <= 4096, #kept)
    assert.equal("licence 1\nlicence 2\n", kept:sub(1, 20))
  end)
end)
