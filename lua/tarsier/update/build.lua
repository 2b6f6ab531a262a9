-- Builds the new database of an update from the files that have changed, by a merge into the old one, or beside it.

local core = require "tarsier.core"
local job_list = require "tarsier.update.jobs"
local state = require "tarsier.update.state"

local build = {}

-- The note of the new database: what was known, and what has come now.
local function note_of(info, jobs, now)
  local known = state.sources(info)
  for _, job in ipairs(jobs) do
    job.entry.fetched = os.date("!%Y-%m-%dT%H:%M:%SZ", now)
    known[job.file.path] = job.entry
  end
  return state.note(known)
end

-- The ecosystems of the database that stay as they are, for core.import's `only`; nil: all of them.
local function kept(info, anew)
  if not info or not next(anew) then return nil end
  local list = {}
  for _, name in ipairs(info.ecosystems) do
    if not anew[name:match "^[^:]+"] then list[#list + 1] = name end
  end
  return list
end

local function import(request, info, jobs, now, anew)
  local only = kept(info, anew)
  local is_merge = info and not only -- then an import of a few records costs what they are
  local inputs = { only and #only > 0 and request.database or nil }
  for _, job in ipairs(jobs) do table.move(job.inputs, 1, #job.inputs, #inputs + 1, inputs) end
  if is_merge then
    return core.import(request.database, inputs, { note = note_of(info, jobs, now), merge = true,
      on_input = request.on_input })
  end
  local beside = request.database .. ".next"
  local taken, message, code = core.import(beside, inputs, { note = note_of(info, jobs, now), only = only,
    on_input = request.on_input })
  if not taken then
    os.remove(beside)
    return nil, message, code
  end
  local ok
  ok, message = os.rename(beside, request.database)
  if ok then return taken end
  os.remove(beside)
  return nil, message, "IO"
end

-- The job whose input a message is about.
local function blamed(jobs, message)
  for _, job in ipairs(jobs) do
    for _, input in ipairs(job.inputs) do
      if message:find(input, 1, true) then return job end
    end
  end
end

--- run(request, info, jobs, now, anew) -> core.import's result, nil if nothing has changed | nil, message, code. A file
--- that cannot be used is left out, and the rest is imported all the same. `info` is core.database's of the old one,
--- `anew` the set of families that the new one takes nothing of the old one for.
function build.run(request, info, jobs, now, anew)
  local list = job_list.changed(jobs)
  while #list > 0 do
    local taken, message, code = import(request, info, list, now, anew)
    if taken then return taken end
    local job = blamed(list, message)
    if not job then return nil, message, code end
    job_list.fail(job, (message:gsub("; [^;]* is left as it is$", "")), code)
    if anew[job.file.family or ""] or (next(anew) and not job.file.family) then
      return nil, job.message, code -- the rest of that ecosystem would be missing
    end
    list = job_list.changed(jobs)
  end
end

return build
