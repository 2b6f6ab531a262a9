-- Ends of support that a database has: they count before the dates that this build knows.
local core = require "tarsier.core"
local images = require "support.images"
local shell = require "support.shell"

local data = "tests/data/feeds/endoflife/"
local STATUS = "Package: p\nStatus: install ok installed\nVersion: 1.0\nArchitecture: all\n\n"

describe("ends of support in a database", function()
  local folder, database
  before_each(function()
    folder = images.folder()
    database = folder .. "/ends.db"
  end)
  after_each(function() images.remove(folder) end)

  local function import(feeds, options)
    local paths = options and options.merge and {} or { "tests/data/feeds/osv/plain.json" }
    for _, feed in ipairs(feeds) do paths[#paths + 1] = feed:find "/" and feed or data .. feed end
    return assert(core.import(database, paths, options))
  end

  -- -> "SUPPORT EXTENDED", the problem's message
  local function ends(os_release, today)
    local layout = images.layout()
    layout:add(layout:image { layers = { { tar = images.tar { { "etc/os-release", os_release },
      { "var/lib/dpkg/status", STATUS } } } } }, "latest")
    local engine <close> = assert(core.open { cache_dir = "", database = database, today = today })
    local report = assert(engine:scan("oci:" .. layout:write(folder .. "/image")))
    local told
    for _, problem in ipairs(report:problems()) do
      if problem.kind == "end_of_life" then told = problem.message end
    end
    local distro = report:image().distro
    return ("%s %s"):format(distro.support_ends or "-", distro.extended_support_ends or "-"), told
  end

  local BOOKWORM, FOCAL = "ID=debian\nVERSION_ID=12\n", "ID=ubuntu\nVERSION_ID=20.04\n"

  for feed, unreadable in pairs { ["full.json"] = 4, ["debian.json"] = 1, ["debian.csv"] = 1 } do
    it("come from " .. feed, function()
      assert.equal(unreadable, import { feed }.unreadable)
      assert.equal("2026-01-31 2029-01-31", (ends(BOOKWORM)))
      assert.equal(feed == "debian.json" and 1 or 2, core.database(database).ends)
      assert.is_nil(select(2, ends(BOOKWORM, "2029-01-31")))
      assert.matches("support ended on 2026%-01%-31, extended support ended on 2029%-01%-31",
        select(2, ends(BOOKWORM, "2029-02-01")))
      -- Of releases without a date, this build's own table tells.
      assert.equal("2024-08-14 2026-08-31", (ends "ID=debian\nVERSION_ID=11\n"))
    end)
  end
  it("come from ubuntu.csv", function()
    import { "ubuntu.csv" }
    assert.equal("2026-05-31 2031-04-23", (ends(FOCAL)))
  end)
  it("are the later ones of two, in any order", function()
    shell.write(folder .. "/debian.json", '[{"cycle": "12", "eol": "2026-03-31"}]')
    local first = { data .. "debian.json", folder .. "/debian.json" }
    import(first)
    assert.equal("2026-03-31 ", (ends(BOOKWORM)))
    import { first[2], first[1] }
    assert.equal("2026-03-31 ", (ends(BOOKWORM)))
  end)
  it("stay when a later import merges, and are replaced by its own", function()
    import { "debian.json", "ubuntu.csv" }
    shell.write(folder .. "/debian.json", '[{"cycle": "12", "eol": "2025-12-31"}]')
    import({ folder .. "/debian.json" }, { merge = true })
    assert.equal("2025-12-31 ", (ends(BOOKWORM)))
    assert.equal("2026-05-31 2031-04-23", (ends(FOCAL)))
    import({ "tests/data/feeds/kev/known.json" }, { merge = true })
    assert.equal("2025-12-31 ", (ends(BOOKWORM)))
  end)
  it("are kept in what is taken of a database", function()
    import { "debian.json" }
    local part = folder .. "/part.db"
    assert(core.import(part, { database }, {}))
    database = part
    assert.equal("2026-01-31 2029-01-31", (ends(BOOKWORM)))
  end)
  it("are told of a file that has none", function()
    shell.write(folder .. "/php.json", '[{"cycle": "8.0", "eol": "2023-11-26"}]')
    local _, message = core.import(database, { folder .. "/php.json" })
    assert.matches("nothing in it can be used: it has no records", message)
  end)
  for title, text in pairs { ["cut"] = '[{"cycle": "12", "eol": "2026', ["deep"] = '{"releases": "eolFrom", "result": '
    .. ("["):rep(5000), ["lines without end"] = "version,codename,series,created,release,eol\n" .. ("x,"):rep(1 << 20) } do
    it("are not read of a file that is hostile: " .. title, function()
      shell.write(folder .. "/debian.json", title == "deep" and text:gsub('"releases"', '"eolFrom": 1, "releases"') or text)
      local taken, message = core.import(database, { folder .. "/debian.json" })
      assert.is_nil(taken)
      assert.matches("debian.json", message)
    end)
  end
end)
