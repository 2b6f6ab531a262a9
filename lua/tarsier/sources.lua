-- Where vulnerability records come from: one file a publisher in tarsier/sources/, which returns a table.
--
--   name, summary, licence
--   hours      how often it makes sense to ask
--   is_extra   true: fetched only if it is asked for by its name, and then with every update of that database
--   families   ecosystems, without their releases, whose records it has; nil: facts about CVEs of all of them
--   files(family) -> its files, each with
--     path       in a mirror, "osv/Debian/all.zip"; it also names the file in messages and in a database's note
--     url        the publisher's own address; mirrors = others, asked in order if that one fails
--     changes    { path =, url = } of a list of changed records, newest first: TIME,ID, or what line(text) -> time, id
--                reads; most = how many are fetched one by one; with record(id) -> { path =, url = }
--     latest     { path =, url = } of a file that has the name of the newest archive, which lies beside it; path and
--                url of the file itself are then names that nothing is fetched by
--     repository the address of a repository of rpm packages, or of a list of its mirrors: the file is its
--                updateinfo.xml
--     whole      true: it replaces what it said before, rather than adding to it
--     optional   true: it may be missing
--     compressed true: the server may send it packed with gzip
--     own_only   true: its publisher forbids copies; fetched if it is named, and left out of a shared database

local suggest = require "tarsier.suggest"

local sources = {}

local names = { "osv", "amazon", "fedora", "oracle", "azurelinux", "arch", "kev", "epss", "debian", "ubuntu", "redhat",
  "photon", "secdb", "euvd", "nvd", "cvelist", "endoflife" }

--- list() -> all sources
function sources.list()
  local list = {}
  for i, name in ipairs(names) do list[i] = require("tarsier.sources." .. name) end
  return list
end

--- families() -> the ecosystems that there are sources for, without their releases, sorted
function sources.families()
  local seen, list = {}, {}
  for _, source in ipairs(sources.list()) do
    for _, family in ipairs(source.families or {}) do
      if not seen[family] then list[#list + 1] = family end
      seen[family] = true
    end
  end
  table.sort(list, function(a, b) return a:lower() < b:lower() end)
  return list
end

--- family(name) -> "Debian" for "Debian:12" and "debian" | nil, message, "USAGE"
function sources.family(name)
  local wanted = (name:match "^([^:]*)" or name):lower()
  local all = sources.families()
  for _, family in ipairs(all) do
    if family:lower() == wanted then return family end
  end
  return nil, ("%q is not an ecosystem that records are published for%s"):format(name, suggest.hint(name, all)), "USAGE"
end

--- extras() -> the sources that are fetched if they are asked for, sorted by name
function sources.extras()
  local list = {}
  for _, source in ipairs(sources.list()) do
    if source.is_extra then list[#list + 1] = source end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- extra(name) -> the source of that name that is fetched if it is asked for | nil, message, "USAGE"
function sources.extra(name)
  local known = {}
  for i, source in ipairs(sources.extras()) do
    if source.name == name then return source end
    known[i] = source.name
  end
  return nil, ("%q is not a further source%s; there are %s"):format(name, suggest.hint(name, known),
    table.concat(known, ", ")), "USAGE"
end

--- files(families, [extras], [known]) -> the files that hold the records of these ecosystems, and the facts about CVEs
--- of all; each also has .source. extras: names of further sources; known: { [path] = … } of files that a database has:
--- those of further sources belong to it.
function sources.files(families, extras, known)
  local list, asked = {}, {}
  for _, name in ipairs(extras or {}) do asked[name] = true end
  local function add(source, family)
    for _, file in ipairs(source.files(family)) do
      file.source = source
      if not source.is_extra or asked[source.name] or (known and known[file.path]) then list[#list + 1] = file end
    end
  end
  for _, source in ipairs(sources.list()) do
    local has = {}
    for _, family in ipairs(source.families or {}) do has[family] = true end
    if not source.families then add(source) end
    for _, family in ipairs(families) do
      if has[family] then add(source, family) end
    end
  end
  return list
end

return sources
