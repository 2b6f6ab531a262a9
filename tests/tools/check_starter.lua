-- Checks the starter database's facts against real feeds kept as files:
-- `lua5.4 tests/tools/check_starter.lua [STARTER] [SHARED]`, or `require "tools.check_starter" (starter, shared)`, which returns
-- { agree, explained, missing = counts, disagree = { messages } }. A difference counts as explained
-- when the record's database_specific.note says why.
local json = require "cjson"

local suites = { ["11"] = "bullseye", ["12"] = "bookworm", ["13"] = "trixie" }
local languages = { PyPI = 1, npm = 1, Go = 1, Maven = 1, ["crates.io"] = 1, RubyGems = 1, Packagist = 1, NuGet = 1 }

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local function records(folder)
  local list = {}
  for path in output("ls " .. quote(folder)):gmatch "[^\n]+" do
    if path:match "%.json$" and not path:match "^known_" then
      list[#list + 1] = json.decode(assert(read(folder .. "/" .. path)))
    end
  end
  return list
end

-- The introduced-to-end pairs of an affected entry, as a set of strings: "0 < 1.2", "1.0 <= 1.3", "2.0 < ".
local function pairs_of(entry, into)
  for _, range in ipairs(entry.ranges or {}) do
    local from
    for _, event in ipairs(range.type ~= "GIT" and range.events or {}) do
      if event.introduced then
        if from then into[from .. " < "] = true end
        from = event.introduced:gsub("^0[.0]*%-?0?$", "0")
      elseif event.fixed or event.last_affected then
        into[(from or "0") .. (event.fixed and " < " or " <= ") .. (event.fixed or event.last_affected)] = true
        from = nil
      end
    end
    if from then into[from .. " < "] = true end
  end
  return into
end

local function shown(set)
  local list = {}
  for item in pairs(set) do list[#list + 1] = item end
  table.sort(list)
  return #list == 0 and "nothing" or table.concat(list, ", ")
end

local function fixed_of(entry)
  for _, event in ipairs(entry.ranges[1].events) do
    if event.fixed then return event.fixed end
  end
end

-- Each source answers true (agrees), a message (does not) or nil (does not know).
local function debian_source(shared)
  local path = shared .. "/data/debian/tracker/data/json.gz"
  if not read(path) then return function() end end
  local tracker = json.decode(output("gzip -dc " .. quote(path)))
  return function(record, entry, release)
    local source = tracker[entry.package.name]
    local known = source and source[record.id] and source[record.id].releases[suites[release]]
    if not known then return nil end
    local theirs, ours = known.status == "resolved" and known.fixed_version or nil, fixed_of(entry)
    return theirs == ours or ("fixed " .. tostring(ours) .. ", the tracker says " .. tostring(theirs))
  end
end

local function alpine_source(shared)
  local fixes = {} -- "v3.20 openssl CVE-…" → set of versions
  local function fill(release)
    fixes[release] = {}
    for _, repository in ipairs { "main", "community" } do
      local text = read(shared .. "/data/alpine-secdb/" .. release .. "/" .. repository .. ".json")
      for _, package in ipairs(text and json.decode(text).packages or {}) do
        for version, ids in pairs(package.pkg.secfixes or {}) do
          for _, names in ipairs(type(ids) == "table" and ids or {}) do
            for id in tostring(names):gmatch "CVE%-[%d-]+" do
              local key = package.pkg.name .. " " .. id
              fixes[release][key] = fixes[release][key] or {}
              fixes[release][key][version] = true
            end
          end
        end
      end
    end
  end
  return function(record, entry, release)
    if not fixes[release] then fill(release) end
    local known, ours = fixes[release][entry.package.name .. " " .. record.id], fixed_of(entry)
    if not known then return nil end
    return known[ours] or ("fixed " .. tostring(ours) .. ", the secdb says " .. shown(known))
  end
end

-- Takes the named records out of an all.zip in one go; names that are not in it are no error here.
local function unzip(shared, ecosystem, names, folder)
  local zip = shared .. "/data/osv/" .. ecosystem .. "/all.zip"
  if #names == 0 or not read(zip) then return end
  local list = {}
  for i, name in ipairs(names) do list[i] = quote((name:gsub("[%[%]*?]", "?")) .. ".json") end
  os.execute(("unzip -q -o %s %s -d %s >/dev/null 2>&1"):format(
    quote(zip), table.concat(list, " "), quote(folder .. "/" .. ecosystem)))
end

local function errata_of(record)
  local list = {}
  for _, reference in ipairs(record.references) do
    local id = reference.url:match "errata%.almalinux%.org/%d+/(AL.A%-%d+%-%w+)%.html$"
    if id then list[#list + 1] = (id:gsub("^(AL.A%-%d+)%-", "%1:")) end
  end
  return list
end

local function alma_source(folder)
  return function(record, entry, release)
    local ours, found = fixed_of(entry), nil
    for _, id in ipairs(errata_of(record)) do
      local text = read(folder .. "/AlmaLinux/" .. id .. ".json")
      local erratum = text and json.decode(text)
      local says = false
      for _, cve in ipairs(erratum and erratum.related or {}) do says = says or cve == record.id end
      for _, affected in ipairs(says and erratum.affected or {}) do
        if affected.package.ecosystem == "AlmaLinux:" .. release then
          local theirs = fixed_of(affected)
          -- Early errata list only some of a build's packages: the same build's version then speaks for the others.
          if theirs == ours then return true end
          if affected.package.name == entry.package.name then found = theirs end
        end
      end
    end
    return found and ("fixed " .. ours .. ", the errata say " .. found) or nil
  end
end

local function redhat_source(shared)
  return function(record, entry, release)
    local year = record.id:match "^CVE%-(%d+)" or "0"
    local text = read(shared .. "/data/redhat/csaf/v2/vex/" .. year .. "/" .. record.id:lower() .. ".json")
    if not text then return nil end
    local epoch, rest = fixed_of(entry):match "^(%d+):(.*)$"
    local build = entry.package.name .. "-" .. (epoch or "0") .. ":" .. (rest or fixed_of(entry)) .. "."
    return text:find(build, 1, true) ~= nil or ("no " .. build .. " among the VEX document's products of el" .. release)
  end
end

local function language_source(folder)
  return function(record, entry)
    local ecosystem, ours, best = entry.package.ecosystem, pairs_of(entry, {}), nil
    for _, id in ipairs { record.id, table.unpack(record.aliases or {}) } do
      local text = read(folder .. "/" .. ecosystem .. "/" .. id .. ".json")
      local theirs
      for _, affected in ipairs(text and json.decode(text).affected or {}) do
        if affected.package.ecosystem == ecosystem and affected.package.name:lower() == entry.package.name:lower() then
          theirs = pairs_of(affected, theirs or {})
        end
      end
      if theirs and shown(theirs) == shown(ours) then return true end
      best = best or theirs and ("ranges " .. shown(ours) .. "; " .. id .. " says " .. shown(theirs))
    end
    return best
  end
end

local function check_kev(starter, shared, result)
  local text = read(shared .. "/data/kev/known_exploited_vulnerabilities.json")
  if not text then return end
  local known = {}
  for _, v in ipairs(json.decode(text).vulnerabilities) do known[v.cveID] = v end
  local own = json.decode(assert(read(starter .. "/known_exploited_vulnerabilities.json")))
  for _, ours in ipairs(own.vulnerabilities) do
    local theirs, same = known[ours.cveID], true
    for _, key in ipairs { "dateAdded", "dueDate", "knownRansomwareCampaignUse" } do
      same = same and theirs ~= nil and theirs[key] == ours[key]
    end
    if same then
      result.agree = result.agree + 1
    else
      result.disagree[#result.disagree + 1] = ours.cveID .. ": its dates in the KEV catalogue differ"
    end
  end
end

local function count(result, record, entry, answer)
  if answer == nil then
    result.missing = result.missing + 1
  elseif answer == true then
    result.agree = result.agree + 1
  elseif record.database_specific and record.database_specific.note then
    result.explained = result.explained + 1
  else
    local where = record.id .. " " .. entry.package.ecosystem .. " " .. entry.package.name
    result.disagree[#result.disagree + 1] = where .. ": " .. answer
  end
end

local function check(starter, shared)
  local list, result = records(starter), { agree = 0, explained = 0, missing = 0, disagree = {} }
  local folder = output("mktemp -d"):match "[^\n]+"
  local errata, names = {}, {}
  for _, record in ipairs(list) do
    table.move(errata_of(record), 1, 99, #errata + 1, errata)
    table.move({ record.id, table.unpack(record.aliases or {}) }, 1, 99, #names + 1, names)
  end
  unzip(shared, "AlmaLinux", errata, folder)
  for ecosystem in pairs(languages) do unzip(shared, ecosystem, names, folder) end
  local language = language_source(folder)
  local sources = {
    Debian = debian_source(shared), Alpine = alpine_source(shared),
    AlmaLinux = alma_source(folder), ["Red Hat"] = redhat_source(shared),
  }
  for _, record in ipairs(list) do
    for _, entry in ipairs(record.affected) do
      local ecosystem, release = entry.package.ecosystem:match "^([^:]+):?(.*)$"
      local source = languages[ecosystem] and language or sources[ecosystem]
      count(result, record, entry, source and source(record, entry, release))
    end
  end
  os.execute("rm -rf " .. quote(folder))
  check_kev(starter, shared, result)
  return result
end

if ... == "tools.check_starter" then return check end

local result = check(arg[1] or "engine/starter", arg[2] or os.getenv "TARSIER_SHARED" or "../shared")
for _, message in ipairs(result.disagree) do print(message) end
print(("%d agree, %d differ, %d differ for a reason that the record gives, %d not in these feeds"):format(
  result.agree, #result.disagree, result.explained, result.missing))
os.exit(#result.disagree == 0)
