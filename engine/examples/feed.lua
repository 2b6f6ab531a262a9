-- A feed for tarsier: a team's list of holes in its own packages, as text with a header.
--
--   tarsier db import --merge --feed engine/examples/feed.lua holes.csv
--
-- # acme security
-- id,package,fixed,severity,title
-- ACME-7,acme-shop,4.2.0,high,Prices may be changed

local columns -- of the header, which comes first

return {
  name = "acme",
  summary = "Acme's list of holes in its own npm packages",
  format = "lines",
  recognise = function(head) return head:find("# acme security", 1, true) == 1 end,
  read = function(line)
    if line == "" or line:find "^#" then return end
    local fields = {}
    for field in (line .. ","):gmatch "([^,]*)," do fields[#fields + 1] = field end
    if ("," .. line .. ","):find(",id,", 1, true) then
      columns = fields
      return
    end
    local entry = {}
    for i, name in ipairs(columns or { "id", "package", "fixed", "severity", "title" }) do entry[name] = fields[i] end
    local events = { { introduced = "0" } }
    if entry.fixed ~= "" then events[2] = { fixed = entry.fixed } end
    return { {
      id = entry.id, summary = entry.title, modified = "2026-01-01T00:00:00Z",
      database_specific = { severity = entry.severity },
      affected = { { package = { ecosystem = "npm", name = entry.package },
        ranges = { { type = "SEMVER", events = events } } } },
    } }
  end,
  examples = {
    { content = "# acme security", expect = {} },
    { content = "ACME-7,acme-shop,4.2.0,high,Prices may be changed",
      expect = { { id = "ACME-7", summary = "Prices may be changed", modified = "2026-01-01T00:00:00Z",
        database_specific = { severity = "high" }, affected = { { package = { ecosystem = "npm", name = "acme-shop" },
          ranges = { { type = "SEMVER", events = { { introduced = "0" }, { fixed = "4.2.0" } } } } } } } } },
  },
}
