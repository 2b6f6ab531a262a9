-- Publishers' own files, where they are at hand: each is recognised, taken whole, and tells what its publisher says.

local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local data = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data/"

-- file → its feed, the advisories that are taken of it, and packages with what is told of them
local publishers = {
  { "ubuntu/vex/vex-all.tar.xz", feed = "ubuntu-vex", advisories = 2,
    { "deb", "Ubuntu:22.04", "curl", "7.81.0-1ubuntu1.20", "CVE-2025-0167 Unknown affected " },
    { "deb", "Ubuntu:20.04", "curl", "7.68.0-1ubuntu2.25", false },
    { "deb", "Ubuntu:22.04", "varnish", "6.6.1-1ubuntu0.2+esm0", "CVE-2022-45060 Unknown fixed 6.6.1-1ubuntu0.2+esm1" } },
}

local function there(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

describe("publishers' own files", function()
  if not there(data .. "ubuntu/vex/vex-all.tar.xz") then
    return pending "needs the real feeds: set TARSIER_SHARED to the folder that holds data/ubuntu"
  end

  local folder
  setup(function() folder = temporary.folder() end)
  teardown(function() temporary.remove(folder) end)

  local function told(database, package)
    local list = {}
    for i, finding in ipairs(assert(knowledge.match(database, { { type = package[1], ecosystem = package[2],
      name = package[3], version = package[4] } }))) do
      list[i] = ("%s %s %s %s"):format(finding.id, finding.severity, finding.status, finding.fixed_version)
    end
    return table.concat(list, ", ")
  end

  for i, publisher in ipairs(publishers) do
    it(publisher[1], function()
      local database = ("%s/%d.db"):format(folder, i)
      local counts, inputs = knowledge.import(database, { data .. publisher[1] })
      assert(counts, inputs)
      assert.same({ publisher.feed, publisher.advisories, publisher.unreadable or 0 },
        { inputs[1].feed, counts.advisories, counts.unreadable })
      for n = 2, #publisher do assert.equal(publisher[n][5] or "", told(database, publisher[n]), publisher[n][3]) end
    end)
  end
end)
