-- Databases of Grype and Trivy, which their own builders make of the records that we import: ours is smaller.
-- `make test-rivals` builds the builders, and bench/database.lua prints the numbers.

local rival_databases = require "support.rival_databases"
local temporary = require "support.temporary"

describe("the database file", function()
  if not os.getenv "TARSIER_TEST_RIVALS" then return pending "takes minutes and other scanners: make test-rivals" end

  for _, set in ipairs(rival_databases.sets) do
    it("is smaller than Grype's and Trivy's for " .. set[1], function()
      local folder = temporary.folder()
      finally(function() temporary.remove(folder) end)
      local sizes, missing = rival_databases.compare(folder, set)
      if not sizes then return pending(missing) end
      for _, rival in ipairs { "grype", "trivy" } do
        local text = ("%s: ours %d bytes, %s's %d"):format(set[1], sizes.tarsier.bytes, rival, sizes[rival].bytes)
        assert.is_true(sizes[rival].bytes > 100000, text) -- it holds the records
        assert.is_true(sizes.tarsier.bytes < sizes[rival].bytes, text)
      end
    end)
  end
end)
