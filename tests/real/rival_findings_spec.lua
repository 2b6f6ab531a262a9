-- Grype beside us, with a database that its own builder makes of the records that we import: both find the same, apart
-- from what the table here explains. `make test-rivals` builds it.

local json = require "tarsier.json"
local real = require "support.real"
local rival_databases = require "support.rival_databases"
local rival_images = require "support.rival_images"
local temporary = require "support.temporary"

local must = temporary.must

-- Patterns of "image whose: type name version: names", and why only one of us finds that.
local explained = {
  { "^languages ours: golang .* %(symbol absent%)$", "Grype leaves out what is in functions that a Go program lacks; we "
    .. "report it and say that they are absent, so that a policy may judge" },
}

local function explanation(text)
  for _, each in ipairs(explained) do
    if text:find(each[1]) then return each[2] end
  end
end

local function add(set, package, names)
  set[package] = set[package] or {}
  table.insert(set[package], names)
end

-- -> package → findings, each a list of all names of one flaw
local function our_findings(layout, database)
  local text = must((os.getenv "LUA" or "lua5.4")
    .. " lua/bin/tarsier scan --quiet --no-fail --no-cache --format json --db %s oci:%s", database, layout)
  local set = {}
  for _, finding in ipairs(json.decode(text).findings) do
    local package, names = finding.package, { finding.id }
    for _, alias in ipairs(finding.aliases or {}) do names[#names + 1] = alias end
    names.note = finding.symbol == "absent" and " (symbol absent)" or nil
    add(set, rival_images.key(package.type, package.name, package.version), names)
  end
  return set
end

local function their_findings(program, layout, cache)
  local text = must("GRYPE_DB_AUTO_UPDATE=false GRYPE_DB_VALIDATE_AGE=false GRYPE_CHECK_FOR_APP_UPDATE=false "
    .. "GRYPE_DB_CACHE_DIR=%s %s --quiet --output json oci-dir:%s", cache, program, layout)
  local set = {}
  for _, match in ipairs(json.decode(text).matches) do
    local package, names = match.artifact, { match.vulnerability.id }
    for _, related in ipairs(match.relatedVulnerabilities or {}) do names[#names + 1] = related.id end
    add(set, rival_images.key(package.type, package.name, package.version), names)
  end
  return set
end

-- Findings of one that the other has under none of their names, and how many both have.
local function missing(who, found, other)
  local list, same = {}, 0
  for package, findings in pairs(found) do
    local known = {}
    for _, names in ipairs(other[package] or {}) do
      for _, name in ipairs(names) do known[name] = true end
    end
    for _, names in ipairs(findings) do
      local both = false
      for _, name in ipairs(names) do both = both or known[name] end
      if both then
        same = same + 1
      else
        list[#list + 1] = ("%s %s: %s%s"):format(who, package, table.concat(names, " "), names.note or "")
      end
    end
  end
  return list, same
end

-- Which records each image is judged with, and how many findings both must have for the comparison to mean something.
local images = {
  { "debian", { "Debian" }, 20 },
  { "languages", { "npm", "PyPI", "RubyGems", "Packagist", "Go" }, 5 },
}

describe("with the same records, Grype and we", function()
  if not os.getenv "TARSIER_TEST_RIVALS" then return pending "takes minutes and other scanners: make test-rivals" end
  local absent = real.missing()
  if absent then return pending(absent) end

  local folder, layout
  setup(function()
    folder = temporary.folder()
    layout = rival_images.layouts(folder)
  end)
  teardown(function() temporary.remove(folder) end)

  for _, image in ipairs(images) do
    it("find the same on an image: " .. image[1], function()
      local scanner, needed = rival_databases.program "grype"
      if not scanner then return pending(needed) end
      local builder
      builder, needed = rival_databases.program "grype-db"
      if not builder then return pending(needed) end
      local zips
      zips, needed = rival_databases.zips(image[2])
      if not zips then return pending(needed) end

      local place = folder .. "/db-" .. image[1]
      rival_databases.feeds(place .. "/feeds", zips)
      rival_databases.grype(builder, place .. "/feeds", place .. "/grype")
      rival_databases.ours(place .. "/tarsier.db", zips)
      local we = our_findings(layout(image[1]), place .. "/tarsier.db")
      local they = their_findings(scanner, layout(image[1]), place .. "/grype")

      local theirs, same = missing("theirs:", they, we)
      local differences = {}
      for _, list in ipairs { theirs, (missing("ours:", we, they)) } do
        for _, text in ipairs(list) do
          if not explanation(image[1] .. " " .. text) then differences[#differences + 1] = text end
        end
      end
      table.sort(differences)
      assert.same({}, differences)
      assert.is_true(same >= image[3], "only " .. same .. " findings in common")
    end)
  end
end)
