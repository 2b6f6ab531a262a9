-- An import of a few records into a large database changes only their rows in a copy of it. The result must be what the
-- same records give when the file is composed anew.

local advisories = require "support.advisories"
local core = require "tarsier.core"
local json = require "cjson"
local knowledge = require "tarsier.probe".knowledge
local pace = require "support.pace"
local temporary = require "support.temporary"

local affects = advisories.affects
local folder, amended, composed, count

before_each(function()
  folder, count = temporary.folder(), 0
  amended, composed = folder .. "/amended.db", folder .. "/composed.db"
end)
after_each(function() temporary.remove(folder) end)

local function write(content, name)
  count = count + 1
  return temporary.write(("%s/%s"):format(folder, name or count .. ".json"),
    type(content) == "table" and json.encode(content) or content)
end

local function base(records)
  local list = {}
  for i = 1, records or 400 do
    list[i] = advisories.record("CVE-2020-" .. 1000 + i, { details = "about " .. i, affected = {
      affects("npm", "n" .. i % 40, { "introduced", "0", "fixed", i .. ".0.0" }),
      affects(i % 3 == 0 and "PyPI" or "npm", "p" .. i, { "introduced", "0", "fixed", "2.0.0" }) } })
  end
  local file = write(list)
  assert(knowledge.import(amended, { file }))
  assert(knowledge.import(composed, { file }))
end

-- Advisories that an amended file adds stand behind the others: "sorted" is the last number before them.
local function sorted(path)
  return temporary.read(path):match "sorted(%d+)"
end

-- A file without the time at which it was made, and without the sum of the page that has it.
local function timeless(path, built)
  local pages = {}
  local content = temporary.read(path)
  for first = 1, #content, 4096 do
    local page = content:sub(first, first + 4095)
    local at = page:find(built, 1, true)
    pages[#pages + 1] = at and page:sub(1, at - 1) .. page:sub(at + #built, -9) or page
  end
  return table.concat(pages)
end

-- Both, composed of what they hold, are the same file.
local function assert_same(what)
  local a_path, c_path = folder .. "/a.db", folder .. "/c.db"
  assert(knowledge.import(a_path, { amended }))
  assert(knowledge.import(c_path, { composed }))
  local a, c = core.database(a_path), core.database(c_path)
  assert.is_true(timeless(c_path, c.built) == timeless(a_path, a.built), what)
  a.path, a.built = c.path, c.built
  assert.same(c, a, what)
end

-- Amends one, and composes the other.
local function change(...)
  local a = assert(knowledge.import(amended, { ... }, { merge = true }))
  assert(knowledge.import(folder .. "/next.db", { composed, ... }))
  assert(os.rename(folder .. "/next.db", composed))
  return a
end

local function new(id, fields)
  local record = { modified = "2025-01-01T00:00:00Z", affected = { affects("npm", "n1", { "introduced", "0" }) } }
  for key, value in pairs(fields or {}) do record[key] = value end
  return advisories.record(id, record)
end

describe("an import of a few records", function()
  it("does not compose a large database anew", function()
    base()
    local before = sorted(amended)
    assert.equal("400", before)
    change(write { new "CVE-2020-1001", new "CVE-2021-1" })
    assert.equal(before, sorted(amended)) -- composed anew, it would be 401
    assert.equal("401", sorted(composed))
    assert_same()
    change(write { new "CVE-2019-1" })
    local last = ""
    assert(core.database_list(amended, function(record)
      assert.is_true(last < record.id, record.id)
      last = record.id
    end))
  end)

  it("gives what all records give, if one is new, changed, withdrawn, older, or loses packages", function()
    base()
    for i, records in ipairs {
      { new "CVE-2019-1" }, { new "CVE-2020-1003" }, { new("CVE-2020-1004", { withdrawn = "2025-01-01T00:00:00Z" }) },
      { new("CVE-2020-1005", { modified = "2010-01-01T00:00:00Z" }) },
      { new("CVE-2020-1006", { affected = { affects("Go", "example.org/x", { "introduced", "0" }) } }) },
      { new("CVE-2020-1007", { affected = { affects("Go", "example.org/y", { "introduced", "0" }) },
        modified = "2010-01-01T00:00:00Z" }) },
      { new("GHSA-2222-3333-4444", { aliases = { "CVE-2020-1008" },
        severity = { { type = "CVSS_V3", score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } } }) },
      { new("GHSA-2222-3333-4444", { aliases = { "CVE-2020-1008" }, withdrawn = "2026-01-01T00:00:00Z",
        modified = "2026-01-01T00:00:00Z" }) },
      { new "CVE-2019-1", new("CVE-2019-1", { modified = "2026-01-01T00:00:00Z", affected = {} }) },
    } do
      change(write(records))
      assert_same("step " .. i)
    end
  end)

  it("gives what all records give, in a long row of changes at random", function()
    base(150)
    math.randomseed(7)
    local function pick(...) return (select(math.random(select("#", ...)), ...)) end
    for step = 1, 15 do
      local records = {}
      for i = 1, math.random(4) do
        local packages = {}
        for j = 1, math.random(3) do
          packages[j] = affects(pick("npm", "PyPI", "Go", "Debian:12"), "n" .. math.random(12),
            { "introduced", "0", "fixed", math.random(9) .. ".0" })
        end
        records[i] = new("CVE-2020-" .. 990 + math.random(40), { affected = packages, details = pick("a", "b", ""),
          aliases = { pick("CVE-2018-1", "GHSA-x", "CVE-2020-1010") },
          modified = ("%d-01-01T00:00:00Z"):format(pick(2020, 2024, 2025, 2025 + step)),
          withdrawn = math.random(5) == 1 and "2025-01-01T00:00:00Z" or nil })
      end
      change(write(records))
      if step % 5 == 0 then assert_same("step " .. step) end
    end
  end)

  it("counts CVEs with scores and in the catalogue, those of the old file among them", function()
    base()
    local catalogue = write("cveID,vendorProject,dateAdded,dueDate\nCVE-2020-1002,x,2024-04-01,2024-06-01\n", "k.csv")
    local scores = "#model_version:v1,score_date:2024-05-0%d\ncve,epss,percentile\n%s,0.5,0.5\n"
    local function counts()
      local records = {}
      for _, feed in ipairs(core.database(amended).feeds) do records[feed.name] = feed.records end
      return { records.KEV, records.EPSS }
    end
    change(catalogue, write(scores:format(1, "CVE-2020-1001"), "e1.csv"))
    assert.same({ 1, 1 }, counts())
    change(write(scores:format(2, "CVE-2020-1003"), "e2.csv"))
    assert.same({ 1, 2 }, counts())
  end)

  it("gives what all facts about CVEs give", function()
    base()
    change(write("#model_version:v1,score_date:2024-05-01\ncve,epss,percentile\nCVE-2020-1001,0.5,0.5\nCVE-1999-1,0.1,0.2\n",
      "e1.csv"), write("cveID,vendorProject,dateAdded,dueDate\nCVE-2020-1002,x,2024-04-01,2024-06-01\n", "k1.csv"))
    assert_same "EPSS and KEV"
    change(write("#model_version:v1,score_date:2024-05-02\ncve,epss,percentile\nCVE-2020-1001,0.6,0.7\n", "e2.csv"))
    assert_same "later scores"
    change(write("#model_version:v1,score_date:2024-04-01\ncve,epss,percentile\nCVE-2020-1001,0.1,0.1\n", "e3.csv"))
    assert_same "older scores"
    change(write("cveID,vendorProject,dateAdded,dueDate\nCVE-2020-1002,x,2024-04-01,2024-07-01\n", "k2.csv"))
    assert_same "a later date"
    change(write("cveID,vendorProject,dateAdded,dueDate\nCVE-2020-1002,x,2024-03-01,2024-05-01\n", "k3.csv"))
    assert_same "earlier dates"
  end)

  local function nvd(id, score)
    return write { format = "NVD_CVE", version = "2.0", timestamp = "2026-01-01T00:00:00.000", vulnerabilities = { { cve = { id = id,
      published = "2020-01-01T00:00:00.000", lastModified = "2020-01-02T00:00:00.000", vulnStatus = "Analyzed",
      descriptions = { { lang = "en", value = "NVD's words about " .. id } },
      metrics = { cvssMetricV31 = { { source = "nvd@nist.gov", type = "Primary", cvssData = { version = "3.1",
        vectorString = score } } } } } } } }
  end

  it("gives what NVD's records give", function()
    base()
    change(nvd("CVE-2020-1001", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"))
    assert_same "a score"
    change(nvd("CVE-2020-1001", "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"))
    assert_same "another score"
    change(write { new "CVE-2020-1001" })
    assert_same "and the record"
    change(write { new("GHSA-2222-3333-4444", { aliases = { "CVE-2026-1001" }, affected = {} }), new "CVE-2020-1002" },
      nvd("CVE-2026-1001", "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"))
    assert_same "of a CVE that is named by what affects nothing"
  end)

  local function secdb(fixes)
    return write { distroversion = "v3.20", reponame = "main", urlprefix = "https://dl-cdn.alpinelinux.org/alpine",
      apkurl = "{{urlprefix}}", archs = { "x86_64" }, packages = { { pkg = { name = "busybox", secfixes = { ["1.36-r1"] = fixes } } } } }
  end

  it("leaves nothing of what a publisher's own feed said before", function()
    base()
    change(secdb { "CVE-2026-0001", "CVE-2026-0002" })
    assert_same "first"
    change(secdb { "CVE-2026-0002", "CVE-2026-0003" })
    assert_same "second"
  end)

  it("reads the old file once for all parts of a publisher's own feed", function()
    local list, groups = {}, {}
    for i = 1, 12000 do
      list[i] = advisories.record("CVE-2020-" .. 1000 + i, { affected = { affects("npm", "n" .. i, { "introduced", "0" }) } })
    end
    for i = 1, 1500 do
      groups[i] = { name = "AVG-" .. i, packages = { "p" .. i }, status = "Fixed", fixed = "2-1",
        issues = { "CVE-2018-" .. 1000 + i } }
    end
    assert(knowledge.import(amended, { write(list) }))
    local before = sorted(amended)
    pace.within(4, function() -- a walk for each part would take twelve seconds
      for _ = 1, 4 do assert(knowledge.import(amended, { write(groups) }, { merge = true })) end
    end)
    assert.equal(before, sorted(amended))
    assert.equal(13500, core.database(amended).advisories)
  end)

  it("composes the file anew when many records have been added", function()
    base(40)
    for i = 1, 12 do change(write { new("CVE-2021-" .. 1000 + i) }) end
    assert.is_true(tonumber(sorted(amended)) > 40)
    assert_same()
  end)
end)

describe("an import into a damaged database", function()
  it("fails, whichever page it is, and leaves it", function()
    base()
    local content = temporary.read(amended)
    local record = write { new "CVE-2021-1" }
    for page = 0, #content // 4096 - 1 do
      local at = page * 4096 + 1 + (page * 997) % 4096
      local changed = content:sub(1, at - 1) .. string.char(content:byte(at) ~ 4) .. content:sub(at + 1)
      temporary.write(amended, changed)
      local done, message, code = knowledge.import(amended, { record }, { merge = true })
      assert.is_nil(done, "page " .. page)
      assert.equal("DATABASE", code, message)
      assert.equal(changed, temporary.read(amended))
    end
    temporary.write(amended, content:sub(1, #content - 100))
    assert.is_nil((knowledge.import(amended, { record }, { merge = true })))
  end)

  it("fails if its numbers are not in order of the ids, or finds what there is", function()
    base()
    local content = temporary.read(amended)
    for _, number in ipairs { "000", "999", "001" } do -- a file may be anybody's: of whole pages with right sums
      temporary.write(amended, (content:gsub("sorted400", "sorted" .. number)))
      local done, _, code = knowledge.import(amended, { write { new "CVE-2021-1" } }, { merge = true })
      assert.is_true(done ~= nil or code == "DATABASE")
    end
  end)
end)
