-- Databases of Grype and Trivy made from the records that we import, with their own builders. `make test-rivals` builds
-- those; bench/database.lua and the specs in real/ compare.

local core = require "tarsier.core"
local shell = require "support.shell"

local rival_databases = {}

local quote = shell.quote

local function must(command, ...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = quote(word) end
  local code, output, errors = shell.run(command:format(table.unpack(words)))
  if code ~= 0 then error(("%s: exit %d\n%s%s"):format(command, code, output, errors)) end
end

--- program(name) -> a scanner's path if it is built, or nil and how to: it takes too long to build it in a spec.
function rival_databases.program(name)
  local cache = os.getenv "XDG_CACHE_HOME" or (os.getenv "HOME" or "") .. "/.cache"
  local path = ("%s/rivals/%s"):format(os.getenv "TARSIER_TOOLS" or cache .. "/tarsier-tools", name)
  if shell.run("test -x " .. quote(path)) == 0 then return path end
  return nil, ("needs %s: tests/tools/build-rival %s"):format(name, name)
end

--- zips(ecosystems) -> the paths of the real feeds' zips, or nil and what is missing
function rival_databases.zips(ecosystems)
  local data, list = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data/osv", {}
  for i, ecosystem in ipairs(ecosystems) do
    list[i] = ("%s/%s/all.zip"):format(data, ecosystem)
    if shell.run("test -e " .. quote(list[i])) ~= 0 then
      return nil, "needs the real feeds: set TARSIER_SHARED to the folder that holds data/osv"
    end
  end
  return list
end

local function quoted(list)
  local words = {}
  for i, word in ipairs(list) do words[i] = quote(word):gsub("%%", "%%%%") end -- for must, which formats
  return table.concat(words, " ")
end

--- feeds(folder, zips): the records, laid out for the builders of the others
function rival_databases.feeds(folder, zips)
  must(shell.python .. " tests/tools/rival_feeds.py %s " .. quoted(zips), folder)
end

function rival_databases.ours(path, zips)
  must((os.getenv "LUA" or "lua5.4") .. " lua/bin/tarsier db import --quiet --db %s " .. quoted(zips), path)
end

--- grype(program, feeds, cache) -> the database's path; cache is a folder to name in $GRYPE_DB_CACHE_DIR
function rival_databases.grype(program, feeds, cache)
  must("mkdir -p %s && %s %s %s", cache .. "/6", program, feeds .. "/grype", cache .. "/6")
  return cache .. "/6/vulnerability.db"
end

local sources = { -- of Trivy, and where it looks for them
  { "debian", "vuln-list-debian" }, { "alpine", "vuln-list/alpine" }, { "bitnami", "bitnami-vulndb" }, { "ghsa", "ghsa" },
  { "govulndb", "govulndb" },
}

--- trivy(program, bbolt, feeds, cache) -> the database's path; cache is a folder to name in --cache-dir
function rival_databases.trivy(program, bbolt, feeds, cache)
  local options = {}
  for _, source in ipairs(sources) do
    if shell.run(("test -d %s/trivy/%s"):format(quote(feeds), source[2])) == 0 then
      options[#options + 1] = "--only-update " .. source[1]
    end
  end
  must("mkdir -p %s && %s build --cache-dir %s --output-dir %s " .. table.concat(options, " "), cache .. "/db", program,
    feeds .. "/trivy", cache .. "/built")
  must("%s compact -o %s %s && cp %s %s", bbolt, cache .. "/db/trivy.db", cache .. "/built/trivy.db",
    cache .. "/built/metadata.json", cache .. "/db/metadata.json")
  return cache .. "/db/trivy.db"
end

--- The sets of records whose files are compared.
rival_databases.sets = {
  { "Debian's records", { "Debian" } },
  { "languages' records", { "npm", "PyPI", "RubyGems", "Packagist", "Maven", "NuGet", "crates.io", "Go" } },
  { "Alpine's and Bitnami's", { "Alpine", "Bitnami" } }, -- trivy-db cannot build from Alpine's alone: it has no texts
}

local function compressed(path) return tonumber((shell.capture("zstd -q -19 -c " .. quote(path) .. " | wc -c"))) end

--- compare(folder, set) -> { tarsier =, grype =, trivy = }, each { bytes, compressed }; or nil and what is missing.
--- Leaves tarsier.db in folder.
function rival_databases.compare(folder, set)
  local programs = {}
  for _, name in ipairs { "grype-db", "trivy-db", "bbolt" } do
    local program, missing = rival_databases.program(name)
    if not program then return nil, missing end
    programs[name] = program
  end
  local zips, missing = rival_databases.zips(set[2])
  if not zips then return nil, missing end
  rival_databases.feeds(folder .. "/feeds", zips)
  local paths = { tarsier = folder .. "/tarsier.db" }
  rival_databases.ours(paths.tarsier, zips)
  paths.grype = rival_databases.grype(programs["grype-db"], folder .. "/feeds", folder .. "/grype")
  paths.trivy = rival_databases.trivy(programs["trivy-db"], programs.bbolt, folder .. "/feeds", folder .. "/trivy")
  local sizes = {}
  for name, path in pairs(paths) do sizes[name] = { bytes = core.host.stat(path).size, compressed = compressed(path) } end
  return sizes
end

return rival_databases
