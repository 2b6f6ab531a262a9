-- make bench: the size of a database, what it costs to open it, and what an update of a few records costs.
--
--   lua5.4 tests/bench/database.lua FOLDER     FOLDER keeps the databases between runs

package.path = "lua/?.lua;lua/?/init.lua;tests/?.lua;" .. package.path
local core = require "tarsier.core"
local json = require "tarsier.json"
local rival_databases = require "support.rival_databases"
local shell = require "support.shell"

local folder = arg[1] or "build/bench"
local feeds = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data"
local tarsier = os.getenv "TARSIER" or "lua5.4 lua/bin/tarsier"
local runs = tonumber(os.getenv "BENCH_RUNS") or 5

local debian_zip = feeds .. "/osv/Debian/all.zip"
local probe = io.open(debian_zip)
if not probe then
  print "database: skipped, it needs real feeds: set TARSIER_SHARED to the folder that holds data/osv"
  return
end
probe:close()

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

-- CPU seconds of a command, its own and the kernel's for it, and its memory in MiB.
local function cost(command)
  local log = folder .. "/cost"
  assert(os.execute(("/usr/bin/time -o %s -f '%%U %%S %%M' %s >/dev/null 2>&1"):format(log, command)), command)
  local user, system, kib = shell.read(log):match "([%d.]+) ([%d.]+) (%d+)"
  return tonumber(user), tonumber(system), kib // 1024
end

local function import(database, inputs, options)
  return ("%s db import --quiet %s --db %s %s"):format(tarsier, options or "", database, inputs)
end

-- ---- size, and opening ------------------------------------------------------------------------------------------------

local databases = {
  { "Debian's records", "debian.db", debian_zip },
  { "every OSV zip, KEV and EPSS", "full.db", ("%s/osv %s/kev/known_exploited_vulnerabilities.json %s/epss"):format(feeds, feeds,
    feeds) },
}

print "\ndatabase: bytes a record, and opening it"
for _, one in ipairs(databases) do
  local path = folder .. "/" .. one[2]
  local user, system, mib = cost(import(path, one[3]))
  local info, size = assert(core.database(path)), core.host.stat(path).size
  local times = {}
  for i = 1, 20 do
    local before = os.clock()
    local engine <close> = assert(core.open { database = path, cache_dir = "" }) -- luacheck: ignore
    times[i] = (os.clock() - before) * 1000
  end
  print(("  %-28s %d advisories, %.1f MB, %d bytes each; built in %.2f + %.2f s CPU, %d MiB; opened in %.2f ms CPU"):format(one[1],
    info.advisories, size / 1e6, size // info.advisories, user, system, mib, median(times)))
end

-- ---- the others' files ------------------------------------------------------------------------------------------------

print "\nthe same records in the databases of others: bytes a record; in brackets compressed by zstd -19"
for _, set in ipairs(rival_databases.sets) do
  local place = folder .. "/rival-databases"
  shell.remove(place)
  shell.capture("mkdir -p " .. place)
  local sizes, missing = rival_databases.compare(place, set)
  if not sizes then
    print("  skipped, it " .. missing)
    break
  end
  local records, columns = assert(core.database(place .. "/tarsier.db")).advisories, {}
  for i, name in ipairs { "tarsier", "grype", "trivy" } do
    columns[i] = ("%s %d (%d)"):format(name, sizes[name].bytes // records, sizes[name].compressed // records)
  end
  print(("  %-28s %d records: %s"):format(set[1], records, table.concat(columns, ", ")))
  shell.remove(place)
end

-- ---- updates ----------------------------------------------------------------------------------------------------------

-- The records of a day, as an update fetches them one by one: changed ones, one in so many of the archive.
local function changed(count)
  local day = ("%s/changed-%d"):format(folder, count)
  shell.capture(("rm -rf %s && mkdir -p %s"):format(day, day))
  local names = {}
  for name in shell.capture("unzip -Z1 " .. debian_zip):gmatch "[^\n]+" do names[#names + 1] = name end
  for i = 1, count do names[i] = names[1 + (i - 1) * (#names // count)] end
  shell.write(day .. "/names", table.concat(names, "\n", 1, count))
  shell.capture(("xargs -a %s/names unzip -qq -o -j -d %s %s && rm %s/names"):format(day, day, debian_zip, day))
  for name in shell.capture("ls " .. day):gmatch "[^\n]+" do
    local record = json.decode(shell.read(day .. "/" .. name))
    record.modified, record.details = "2030-01-01T00:00:00Z", "changed"
    shell.write(day .. "/" .. name, json.encode(record))
  end
  return day
end

print "\nupdate: changed records in a database that stays, CPU seconds"
for _, one in ipairs(databases) do
  local path, copy = folder .. "/" .. one[2], folder .. "/updated.db"
  for _, count in ipairs { 1, 10, 1000 } do
    local day, users, systems = changed(count), {}, {}
    for i = 1, runs do
      shell.capture(("cp %s %s"):format(path, copy))
      users[i], systems[i] = cost(import(copy, day, "--merge"))
    end
    print(("  %-28s %4d changed: %.2f + %.2f"):format(one[1], count, median(users), median(systems)))
  end
  os.remove(copy)
end
