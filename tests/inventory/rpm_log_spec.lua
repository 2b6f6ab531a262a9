-- rpm's databases with a write-ahead log, as SQLite leaves and reads them; tests/support/rpm_logs.py makes them.

local contents = require "tarsier.probe".contents
local images = require "support.images"
local oci = require "support.oci"
local tar = require "support.tar"
local tarsier = require "tarsier"
local temporary = require "support.temporary"

local sample = "tests/data/readers/rpm/rhel-like/root/var/lib/rpm/rpmdb.sqlite"

local function read_file(path)
  local file = io.open(path, "rb")
  local text = file and file:read "a"
  if file then file:close() end
  return text
end

local function names(found)
  local list = {}
  for i, package in ipairs(found) do list[i] = package.name .. " " .. package.version end
  table.sort(list)
  return table.concat(list, ", ")
end

local function read(database, log)
  local found, message, code = contents.read("rpm", "var/lib/rpm/rpmdb.sqlite", database, nil, nil, nil, log)
  return found and names(found), message, code, found and found.notes
end

describe("rpm's write-ahead log", function()
  local folder, cases
  setup(function()
    folder, cases = temporary.folder(), {}
    for line in temporary.must(temporary.python .. " tests/support/rpm_logs.py %s %s", sample, folder):gmatch "[^\n]+" do
      local number, name = line:match "^(%d+) (.*)$"
      local base = folder .. "/" .. number
      local case = { name = name, database = read_file(base .. ".db"), log = read_file(base .. ".wal"),
        read = read_file(base .. ".read") }
      cases[#cases + 1], cases[name] = case, case
    end
  end)
  teardown(function() temporary.remove(folder) end)

  it("is applied as SQLite applies it", function()
    assert.is_true(#cases > 150)
    local differing, failed = 0, 0
    for _, case in ipairs(cases) do
      local want = case.read and read(case.read)
      local got, message, code, notes = read(case.database, case.log)
      -- SQLite itself can fail later than we do: it reads no more pages than it needs.
      if want then
        assert.equal(want, got, case.name .. ": " .. tostring(message))
        assert.is_true(notes == nil or case.name == "another file's log", case.name)
        if got ~= read(case.database) then differing = differing + 1 end
      else
        assert.is_true(got == nil and code == "FORMAT" or case.database == "" or case.name:find "future",
          case.name .. ": " .. tostring(got))
        failed = failed + 1
      end
    end
    assert.is_true(differing > 60, "only " .. differing .. " logs mattered")
    assert.is_true(failed < 10, failed .. " databases were not read by SQLite")
  end)

  it("may not make the database larger than a database may be", function()
    local case = cases["pages of 65536"]
    -- Commits say how many pages there are; the checksums are made anew.
    local log = temporary.must(temporary.python .. [[ - %s <<'PYTHON'
import struct, sys
log = bytearray(open(sys.argv[1], "rb").read())
size = 65536
a, b = struct.unpack(">II", log[24:32])
def add(data, a, b):
    words = struct.unpack("<%%dI" %% (len(data) // 4), bytes(data))
    for i in range(0, len(words), 2):
        a = (a + words[i] + b) & 0xffffffff
        b = (b + words[i + 1] + a) & 0xffffffff
    return a, b
for at in range(32, len(log), size + 24):
    if struct.unpack(">I", log[at + 4:at + 8])[0]: log[at + 4:at + 8] = struct.pack(">I", 0xffffffff)
    a, b = add(log[at:at + 8], a, b)
    a, b = add(log[at + 24:at + 24 + size], a, b)
    log[at + 16:at + 24] = struct.pack(">II", a, b)
open(sys.argv[1] + ".large", "wb").write(log)
PYTHON
      echo %s]], folder .. "/7.wal", folder .. "/7.wal.large"):match "%S+"
    local got, message, code = read(case.database, read_file(log))
    assert.is_nil(got)
    assert.equal("LIMIT", code)
    assert.truthy(message:find "write%-ahead log", message)
  end)

  it("may not put something else in the place of the first page", function()
    local case = cases["the first page is lost"]
    local _, message, code = read(case.database, case.log)
    assert.same({ "FORMAT", "not a readable rpm database: its write-ahead log replaces the first page" }, { code, message })
  end)

  it("of an unknown version is a problem", function()
    local _, message, code = contents.read("rpm_log", "var/lib/rpm/rpmdb.sqlite-wal", cases["a version of the future"].log)
    assert.equal("UNSUPPORTED", code)
    assert.truthy(message:find("version 3007001", 1, true), message)
  end)

  describe("in an image", function()
    local release = 'ID=almalinux\nVERSION_ID="9.4"\n'

    -- scan(layers of files[, "dir" or how the image comes]) -> "name layer, …", messages of problems
    local function scan(layers)
      local layout = folder .. "/image"
      layers[1]["etc/os-release"] = release
      oci.build(layout, layers)
      local engine = assert(tarsier.open { cache_dir = folder .. "/cache" })
      local seen
      for _ = 1, 2 do -- the second time from the cache
        local result = assert(engine:scan("oci:" .. layout))
        local list, problems = {}, {}
        for i, package in ipairs(result:packages()) do
          list[i] = ("%s %s %d"):format(package.name, package.reader, package.layer)
        end
        for _, problem in ipairs(result:problems()) do
          if problem.kind == "unreadable" then problems[#problems + 1] = problem.message end
        end
        local text = table.concat(list, ", ") .. table.concat(problems, "; ")
        assert.equal(seen or text, text)
        seen = text
      end
      engine:close()
      temporary.remove(layout)
      return seen
    end

    local function case(name) return cases[name].database, cases[name].log end

    it("counts in either order in a layer, and in a layer of its own", function()
      local database, log = case "pages of 4096"
      local path = "usr/lib/sysimage/rpm/rpmdb.sqlite"
      local before = scan { { [path] = database } }
      local both = scan { { [path] = database, [path .. "-wal"] = log } }
      assert.is_true(#both > #before)
      assert.truthy(both:find(before, 1, true) or both:find(before:match "^(%S+)", 1, true))
      assert.equal(both, scan { { [path] = database, [path .. "-wal"] = log, [path .. "-shm"] = ("\255"):rep(32768) } })
      local above = scan { { [path] = database }, { [path .. "-wal"] = log } }
      assert.equal((both:gsub(" 1", " ")), (above:gsub(" [12]", " ")))
      assert.truthy(above:find(" rpm 1", 1, true), above)
      assert.truthy(above:find(" rpm 2", 1, true), above)
      -- A later layer has moved the log into the database, and emptied it.
      assert.equal(before, scan { { [path] = database, [path .. "-wal"] = log }, { [path .. "-wal"] = "" } })
      -- In a layer of its own a log belongs to the database that is there, even if that came later.
      assert.equal(#above, #scan { { [path .. "-wal"] = log }, { [path] = database } })
    end)

    it("is found behind links", function()
      local database, log = case "pages of 4096"
      local engine <close> = assert(tarsier.open { cache_dir = "" })
      local function count(place, target)
        local layer = tar.archive { { path = "etc/os-release", data = release }, { path = "var/lib/rpm", type = "2", link = target },
          { path = place .. "/rpmdb.sqlite-wal", data = log }, { path = place .. "/rpmdb.sqlite", data = database } }
        images.write(folder .. "/image.tar", images.tar(images.old_docker { { names = { "app:1" }, layers = { layer } } }))
        local report = assert(engine:scan(folder .. "/image.tar"))
        for _, problem in ipairs(report:problems()) do assert.not_equal("unreadable", problem.kind, problem.message) end
        return #report:packages()
      end
      local all = #assert(contents.read("rpm", "var/lib/rpm/rpmdb.sqlite", database, nil, nil, nil, log))
      assert.equal(all, count("usr/lib/sysimage/rpm", "../../usr/lib/sysimage/rpm"))
      for _, place in ipairs { "srv/r*m", "srv/r**m", "**/rpm", "srv/***/**", "srv/?[a" } do
        assert.equal(all, count(place, "/" .. place), place)
      end
      assert.equal(all, count("srv/rpm", "/srv/rpm"))
    end)

    it("is told where an archive cannot be read twice", function()
      local database, log = case "pages of 4096"
      local path = "var/lib/rpm/rpmdb.sqlite"
      local layer = tar.archive { { path = "etc/os-release", data = release }, { path = path, data = database },
        { path = path .. "-wal", data = log } }
      local archive = images.tar(images.old_docker { { names = { "app:1" }, layers = { layer } } })
      images.write(folder .. "/image.tar", archive)
      images.write(folder .. "/image.tar.gz", images.gzip(archive))
      local engine <close> = assert(tarsier.open { cache_dir = "" })
      local function unreadable(report)
        for _, problem in ipairs(report:problems()) do
          if problem.kind == "unreadable" then return problem.message end
        end
      end
      local whole = assert(engine:scan(folder .. "/image.tar"))
      assert.is_nil(unreadable(whole))
      local part = assert(engine:scan(folder .. "/image.tar.gz"))
      assert.is_true(#part:packages() < #whole:packages())
      assert.truthy(unreadable(part):find("scan a plain file instead", 1, true))
    end)

    it("without a database, or with one that it damages, is told", function()
      local _, log = case "pages of 4096"
      local path = "var/lib/rpm/rpmdb.sqlite"
      assert.equal("a write-ahead log without its database", scan { { [path .. "-wal"] = log } })
      local other = scan { { [path] = "SQLite format 3\0" .. ("\255"):rep(5000), [path .. "-wal"] = log:sub(1, -4000) } }
      assert.truthy(other:find("not a readable rpm database", 1, true), other)
    end)
  end)
end)
