-- A damaged database is told: no flipped bit makes a scan find less.

local advisories = require "support.advisories"
local core = require "tarsier.core"
local knowledge = require "tarsier.probe".knowledge
local temporary = require "support.temporary"

local folder, database, content, expected

local packages = {
  { ecosystem = "npm", name = "p", version = "1.0.0" }, { ecosystem = "npm", name = "q17", version = "1.0.0" },
  { ecosystem = "Debian:12", name = "p", version = "1" }, { ecosystem = "PyPI", name = "none", version = "1" },
}

local function answer()
  local found, message, code = knowledge.match(database, packages)
  if not found then return nil, message, code end
  local list = {}
  for i, finding in ipairs(found) do
    list[i] = table.concat({ finding.id, finding.package, finding.severity, finding.summary, finding.kev_due,
      ("%g"):format(finding.epss) }, " ")
  end
  return table.concat(list, "\n")
end

setup(function()
  folder = temporary.folder()
  database = folder .. "/test.db"
  local records = {}
  for i = 1, 120 do
    records[i] = advisories.record("CVE-2024-" .. 1000 + i, { summary = "about " .. i, details = ("words "):rep(i % 40),
      affected = { advisories.affects("npm", "q" .. i, { "introduced", "0", "fixed", "2.0.0" }),
        advisories.affects(i % 2 == 0 and "npm" or "Debian:12", "p", { "introduced", "0", "fixed", i .. ".5.0" }) } })
  end
  local json = require "cjson"
  assert(knowledge.import(database, { temporary.write(folder .. "/r.json", json.encode(records)),
    temporary.write(folder .. "/e.csv", "#model_version:v1,score_date:2024-05-01\ncve,epss,percentile\nCVE-2024-1002,0.5,0.5\n"),
    temporary.write(folder .. "/k.csv", "cveID,vendorProject,dateAdded,dueDate\nCVE-2024-1004,x,2024-04-01,2024-06-01\n") }))
  content = temporary.read(database)
  expected = assert(answer())
  assert.matches("CVE%-2024%-1004", expected)
end)
teardown(function() temporary.remove(folder) end)

local function check(changed, what)
  temporary.write(database, changed)
  local found, message, code = answer()
  if found then return assert.equal(expected, found, what) end
  assert.equal("DATABASE", code, what .. ": " .. tostring(message))
  return true, message
end

it("by a flipped bit, wherever it is", function()
  math.randomseed(11)
  local noticed = 0
  for i = 1, 400 do
    local at = i <= 100 and i or math.random(#content) -- the whole header, too
    local byte = content:byte(at) ~ (1 << math.random(0, 7))
    local found = select(2, check(content:sub(1, at - 1) .. string.char(byte) .. content:sub(at + 1), "byte " .. at))
    noticed = noticed + (found and 1 or 0)
  end
  assert.is_true(noticed > 100, noticed .. " noticed") -- the others are in pages that nothing asked for
end)

it("by a page that is missing, empty, or another", function()
  local size = 4096
  local pages = #content // size
  for page = 0, pages - 1 do
    local before, after = content:sub(1, page * size), content:sub((page + 1) * size + 1)
    check(before .. ("\0"):rep(size) .. after, "empty page " .. page)
    local other = (page + 1) % pages
    check(before .. content:sub(other * size + 1, (other + 1) * size) .. after, "another page at " .. page)
    if page > 0 then check(before .. after, "without page " .. page) end
  end
end)

it("by an end that is missing", function()
  for _, length in ipairs { 0, 50, 100, 4095, 4096, 8192, #content - 4096, #content - 1 } do
    check(content:sub(1, length), length .. " bytes")
  end
end)

it("by pages of another file of the same kind", function()
  local records = advisories.record("A-1", { affected = { advisories.affects("npm", "p", { "introduced", "0" }) } })
  assert(advisories.import(folder, { records }, nil, "other"))
  local other = temporary.read(folder .. "/other.db")
  for page = 1, math.min(#content, #other) // 4096 - 1 do
    check(content:sub(1, page * 4096) .. other:sub(page * 4096 + 1, (page + 1) * 4096) .. content:sub((page + 1) * 4096 + 1),
      "page " .. page)
  end
end)

it("in words that say what to do", function()
  local _, message = check(content:sub(1, 4096 + 200) .. "x" .. content:sub(4096 + 202), "in the second page")
  if message then assert.matches("damaged[:;] build it again with `tarsier db import PATH", message) end
end)

it("to a search and to an import of it, whichever page it is", function()
  local function search()
    local count = 0
    local done, message, code = core.database_search(database, "CVE-2024-1100", nil, nil, function() count = count + 1 end)
    return done and count, message, code
  end
  temporary.write(database, content)
  local whole, failed = search(), 0
  assert.equal(2, whole)
  for page = 0, #content // 4096 - 1 do
    local at = page * 4096 + 100
    temporary.write(database, content:sub(1, at) .. string.char(content:byte(at + 1) ~ 1) .. content:sub(at + 2))
    local count, message, code = search()
    assert.is_true(count == whole or code == "DATABASE", "page " .. page .. ": " .. tostring(message))
    failed = failed + (count and 0 or 1)
    local done
    done, message, code = knowledge.import(folder .. "/other.db", { database })
    assert.is_nil(done, "page " .. page)
    assert.equal("DATABASE", code, message)
  end
  assert.is_true(failed > 0)
end)

it("by pages of another size", function()
  for bits = 8, 16 do
    local size = bits == 16 and 1 or 1 << bits
    if size ~= 4096 then
      assert.is_true(check(content:sub(1, 16) .. (">I2"):pack(size) .. content:sub(19), size .. " bytes"))
    end
  end
end)
