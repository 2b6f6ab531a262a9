-- Where vulnerability records come from: one file a publisher in tarsier/sources/, which returns a table.
--
--   name, summary, licence
--   hours      how often it makes sense to ask
--   families   ecosystems, without their releases, whose records it has; nil: facts about CVEs of all of them
--   files(family) -> its files, each with
--     path       in a mirror, "osv/Debian/all.zip"; it also names the file in messages and in a database's note
--     url        the publisher's own address; mirrors = others, asked in order if that one fails
--     changes    { path =, url = } of a list of changed records, newest first: TIME,ID; with record(id) -> { path,
-- url }
--     whole      true: it replaces what it said before, rather than adding to it
--     own_only   true: its publisher forbids copies; fetched if it is named, and left out of a shared database

local suggest = require "tarsier.suggest"

local sources = {}

local names = { "osv", "kev", "epss" }

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

--- files(families) -> the files that hold the records of these ecosystems, and the facts about CVEs of all; each also
--- has .source
function sources.files(families)
  local list = {}
  local function add(source, family)
    for _, file in ipairs(source.files(family)) do
      file.source = source
      list[#list + 1] = file
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
