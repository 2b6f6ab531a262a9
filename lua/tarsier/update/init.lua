-- Brings a database up to date: asks the publishers what is new, fetches only that, and builds the new database beside
-- the old one. Whatever goes wrong, at any step, the old database stands.

local address = require "tarsier.update.address"
local build = require "tarsier.update.build"
local changes = require "tarsier.update.changes"
local core = require "tarsier.core"
local job_list = require "tarsier.update.jobs"
local latest = require "tarsier.update.latest"
local place = require "tarsier.place"
local sources = require "tarsier.sources"
local state = require "tarsier.update.state"
local suggest = require "tarsier.suggest"

local update = {}

local fail, host, join, is_remote = job_list.fail, core.host, address.join, address.is_remote

-- ---- where files are fetched to -----------------------------------------------------------------------------------

local function staging(database)
  return (place.cache() or database .. ".files") .. "/downloads"
end

local function make_room(path)
  return host.make_folder(path:match "^(.*)/")
end

-- ---- one step of an update ----------------------------------------------------------------------------------------

-- Which of a local mirror's files are new: by size and time.
local function look_local(job)
  local status, message, code = host.stat(job.from)
  if not status and host.stat(job.from .. ".gz") then
    job.from = job.from .. ".gz"
    status = host.stat(job.from)
  end
  if not status and job.file.optional and code == "NOT_FOUND" then
    job.outcome = "absent"
    return
  end
  if not status then return fail(job, message, code) end
  if status.type ~= "file" then return fail(job, job.from .. ": not a regular file", "FORMAT") end
  local tag = ("%d-%d"):format(status.size, status.modified)
  if job.known.etag == tag and job.known.from == job.from then
    job.outcome = "unchanged"
    return
  end
  job.outcome, job.inputs = "changed", { job.from }
  job.entry = { from = job.from, etag = tag, size = status.size, upto = job.upto }
end

-- Asks for the changes; where that is possible, job.records says which records to fetch instead of the archive.
local function ask_changes(job, request, now)
  local list = job.file.changes
  if not list then return end
  local since = changes.is_recent(job.known, now) and job.known.upto or nil
  local found, message, code, unanswered = changes.since(list, address.of(list, request.mirror), since, request)
  if not found then
    if code ~= "NOT_FOUND" and code ~= "FORMAT" then fail(job, message, code, unanswered) end
    return
  end
  job.upto = found.newest
  if found.is_whole then return end
  if #found.ids == 0 then
    job.outcome = "unchanged"
  else
    job.records = found.ids
  end
end

-- Where the file is now -> a file | nil, message, code, unanswered
local function resolve(file, request)
  if file.latest then return latest.resolve(file, address.of(file.latest, request.mirror), request) end
  return latest.updateinfo(file, request)
end

-- Finds out what the newest archive is called, if that changes. Changes since its day are fetched the next time.
local function find_archive(job, request)
  local file = job.file
  local moves = file.latest or (file.repository and not request.mirror)
  if job.outcome or job.records or job.archive or not moves then return end
  local archive, message, code, unanswered = resolve(file, request)
  if not archive and code == "NOT_FOUND" and file.optional then
    job.outcome = "absent"
    return
  end
  if not archive then return fail(job, message, code, unanswered) end
  job.archive, job.from = archive, address.of(archive, request.mirror)
  job.upto = archive.day and archive.day .. "T00:00:00Z" or nil
end

-- The downloads that a job needs now; each has .job.
local function downloads_of(job, folder, mirror)
  local list = {}
  local function add(file, conditional)
    list[#list + 1] = { job = job, file = file, url = address.of(file, mirror), path = join(folder, file.path),
      gzip = file.compressed,
      etag = conditional and job.known.etag or nil, modified = conditional and job.known.modified or nil }
  end
  if job.records then
    for _, id in ipairs(job.records) do add(job.file.record(id)) end
  else
    add(job.archive or job.file, job.known.from == job.from)
  end
  return list
end

local function fetch(list, request, total_files)
  for _, one in ipairs(list) do
    local ok, message, code = make_room(one.path)
    if not ok then return nil, message, code end
  end
  local wanted = {}
  for i, one in ipairs(list) do
    wanted[i] = { url = one.url, path = one.path, etag = one.etag, modified = one.modified, gzip = one.gzip }
  end
  return core.download(wanted, { ca_file = request.ca_file, connect_seconds = request.connect_seconds,
    on_progress = request.progress and function(done, total, finished) request.progress(done, total, finished,
      total_files) end })
end

-- An older file than the one that is known adds nothing: a mirror that has fallen behind, or somebody who holds back.
local function is_older(result, known)
  local sent, before = state.http_time(result.modified), state.http_time(known.modified)
  return sent ~= nil and before ~= nil and sent < before
end

local function settle_archive(job, one, result)
  if result.message and job.file.optional and result.code == "NOT_FOUND" then
    job.outcome = "absent"
    return
  end
  if result.message then return fail(job, result.message, result.code, result.status == 0) end
  if result.status == 304 then
    job.outcome = "unchanged"
  elseif is_older(result, job.known) then
    os.remove(one.path)
    fail(job, ("%s: older than what is known (%s, before %s); ignored"):format(one.url, result.modified,
      job.known.modified),
      "OLDER")
  else
    job.outcome, job.inputs = "changed", { one.path }
    job.entry = { from = one.url, etag = result.etag, modified = result.modified, size = result.size, upto = job.upto }
  end
end

-- A record that cannot be had makes the whole archive necessary; a network that is gone does not.
local function settle_records(job, list, results)
  local from = #list[1].path - #list[1].file.path
  local folder = list[1].path:sub(1, from) .. job.file.path:match "^(.*)/"
  for _, result in ipairs(results) do
    if result.message and result.code ~= "NOT_FOUND" then
      return fail(job, result.message, result.code, result.status == 0)
    end
    if result.message then
      job.records = nil
      return
    end
  end
  job.outcome, job.inputs = "changed", { folder }
  job.entry = { from = job.known.from, etag = job.known.etag, modified = job.known.modified, size = job.known.size,
    upto = job.upto, whole = job.known.whole or job.known.fetched }
end

local function settle(list, results)
  local from = 1
  while list[from] do
    local job, to = list[from].job, from
    while list[to + 1] and list[to + 1].job == job do to = to + 1 end
    local part = table.move(list, from, to, 1, {})
    if job.records then
      settle_records(job, part, table.move(results, from, to, 1, {}))
    else
      settle_archive(job, part[1], results[from])
    end
    from = to + 1
  end
end

-- ---- fetching -----------------------------------------------------------------------------------------------------

-- Removes records; publishers may have a folder for each year.
local function clear(folder)
  for _, name in ipairs(core.list(folder) or {}) do
    local path = folder .. "/" .. name
    if name:find "%.json$" then os.remove(path) end
    if name:find "^%d%d%d%d$" then clear(path) end
  end
end

local function fetch_jobs(jobs, folder, request)
  local list = {}
  for _, job in ipairs(jobs) do
    if job.records then clear(join(folder, job.file.path):match "^(.*)/") end
    find_archive(job, request)
    for _, one in ipairs(job.outcome and {} or downloads_of(job, folder, request.mirror)) do list[#list + 1] = one end
  end
  if #list == 0 then return true end
  local results, message, code = fetch(list, request, #list)
  if not results then return nil, message, code end
  settle(list, results)
  return true
end

-- A host that did not answer is not asked again for every file: each time would take as long.
local function ask_unless_dead(job, request, now, dead)
  local origin = job.from:match "^https?://[^/]*"
  if origin and dead[origin] then return fail(job, dead[origin], "IO", true) end
  ask_changes(job, request, now)
  if origin and job.unanswered then dead[origin] = job.message end
end

-- Two rounds: records that could not be had make their archive necessary. Then the mirrors that a source names.
local function fetch_all(jobs, folder, request, now)
  local dead = {}
  for _, job in ipairs(job_list.open(jobs)) do
    job.from = address.of(job.file, request.mirror)
    ask_unless_dead(job, request, now, dead)
    if not is_remote(job.from) then job.records = nil end -- a folder has archives only
    find_archive(job, request)
    if not job.outcome and not job.records and not is_remote(job.from) then look_local(job) end
  end
  for _ = 1, 2 do
    local ok, message, code = fetch_jobs(job_list.open(jobs), folder, request)
    if not ok then return nil, message, code end
  end
  for _, job in ipairs(jobs) do
    local mirrors = job.outcome == "failed" and not request.mirror and job.file.mirrors or {}
    for _, url in ipairs(mirrors) do
      if job.outcome ~= "failed" then break end
      job.outcome, job.message, job.code, job.unanswered, job.from = nil, nil, nil, nil, url
      local one = { job = job, file = job.file, url = url, path = join(folder, job.file.path) }
      local results, message, code = fetch({ one }, request, 1)
      if not results then return nil, message, code end
      settle({ one }, results)
    end
  end
  return true
end

-- A file that replaces what it said before cannot be merged: what the database has of its ecosystem is left out, and
-- everything of it, and the facts about CVEs, is fetched anew. -> { [family] = true } of those
local function begin_anew(jobs, info)
  local families, has_any = {}, false
  for _, job in ipairs(jobs) do
    if job.outcome == "changed" and job.file.whole and not job.records and info and job.known.from then
      families[job.file.family], has_any = true, true
    end
  end
  for _, job in ipairs(jobs) do
    local affected = has_any and (not job.file.family or families[job.file.family])
    local is_whole = job.outcome == "changed" and not job.records
    if affected and not is_whole and job.outcome ~= "failed" and job.outcome ~= "absent" then
      job.outcome, job.records, job.inputs, job.known = nil, nil, nil, {}
    end
  end
  return families
end

-- ---- all of it ----------------------------------------------------------------------------------------------------

local function tidy(jobs, folder)
  for _, job in ipairs(jobs) do
    for _, input in ipairs(job.inputs or {}) do
      if input:sub(1, #folder) == folder then
        if job.records then clear(input) else os.remove(input) end
      end
    end
  end
end

local function make_jobs(request, info, now)
  local known, stamps, jobs = state.sources(info), state.stamps(request.database), {}
  for _, file in ipairs(sources.files(request.families, request.extras, known)) do
    local job = { file = file, known = known[file.path] or {} }
    local asked = known[file.path] and stamps[file.path]
    if request.fresh_for and asked and now >= asked and now - asked < request.fresh_for then job.outcome = "fresh" end
    jobs[#jobs + 1] = job
  end
  return jobs
end

-- What keeps an ecosystem that is fetched anew from being complete -> message | nil
local function first_failure(jobs, anew)
  for _, job in ipairs(jobs) do
    if job.outcome == "failed" and (anew[job.file.family or ""] or not job.file.family) then return job.message end
  end
end

local function stamp(database, jobs, now)
  local paths = {}
  for _, job in ipairs(jobs) do
    if job.outcome == "unchanged" or job.outcome == "changed" then paths[#paths + 1] = job.file.path end
  end
  if #paths > 0 then state.stamp(database, paths, now) end
end

local function summarise(jobs)
  local result = { files = {}, changed = 0, failed = 0, asked = 0, is_offline = true }
  for i, job in ipairs(jobs) do
    result.files[i] = { path = job.file.path, source = job.file.source.name, family = job.file.family,
      outcome = job.outcome,
      records = job.records and #job.records or nil, message = job.message, code = job.code, from = job.from }
    if job.outcome == "changed" then result.changed = result.changed + 1 end
    if job.outcome == "failed" then result.failed = result.failed + 1 end
    if job.outcome ~= "fresh" then result.asked = result.asked + 1 end
    if job.outcome ~= "fresh" and not job.unanswered then result.is_offline = false end
  end
  result.is_offline = result.is_offline and result.asked > 0
  return result
end

local request_keys = { "database", "families", "mirror", "ca_file", "connect_seconds", "fresh_for", "progress",
  "on_input", "begin", "now", "extras" }

--- run { database =, families = { "Debian", … }, mirror =, ca_file =, connect_seconds =, progress =, on_input = }
--- -> { changed = how many files were new, failed =, asked =, is_offline = no server answered, files = { { path,
--- source, family, outcome, records, message, code }, … } } | nil, message, code: BUSY if another process updates it.
---
--- extras = names of further sources, such as "nvd", which the database keeps from then on. fresh_for = seconds for
--- which an answer of a publisher is good; nil: it is asked now. progress(done, total, finished, files) gets bytes and
--- files; begin() is called if anybody is asked; on_input is as for tarsier.import.
function update.run(request)
  suggest.check_keys(request, request_keys, "tarsier.update")
  local now = request.now or os.time()
  local ok, message, code = make_room(request.database)
  if not ok then return nil, message, code end
  local lock <close>, busy, kind = core.lock(request.database .. ".lock")
  if not lock then
    return nil, kind == "BUSY" and request.database .. ": another process is updating it" or busy, kind
  end
  local info = core.database(request.database)
  local jobs, folder = make_jobs(request, info, now), staging(request.database)
  if request.begin and #job_list.open(jobs) > 0 then request.begin() end
  ok, message, code = fetch_all(jobs, folder, request, now)
  if not ok then return nil, message, code end
  local taken
  local anew = begin_anew(jobs, info)
  if next(anew) then ok, message, code = fetch_all(jobs, folder, request, now) end
  if not ok then return nil, message, code end
  if next(anew) and first_failure(jobs, anew) then return nil, first_failure(jobs, anew), "IO" end
  taken, message, code = build.run(request, info, jobs, now, anew)
  tidy(jobs, folder)
  if not taken and message then return nil, message, code end
  stamp(request.database, jobs, now)
  return summarise(jobs)
end

return update
