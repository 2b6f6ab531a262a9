-- Fills a folder with published records, laid out as `tarsier db update --mirror` expects it. Any web server may
-- serve it.

local address = require "tarsier.update.address"
local core = require "tarsier.core"
local json = require "tarsier.json"
local latest = require "tarsier.update.latest"
local sources = require "tarsier.sources"

local mirror = {}

local STATE = ".tarsier-mirror.json" -- what the publishers call the versions of the files there

local function known_in(folder)
  local file = io.open(folder .. "/" .. STATE, "rb")
  local known = file and json.decode(file:read(1 << 20) or "")
  if file then file:close() end
  return type(known) == "table" and known or {}
end

-- Where the file is now -> a file | nil, message, code
local function resolve(file, request)
  if file.latest then return latest.resolve(file, address.of(file.latest, request.mirror), request) end
  if file.repository and not request.mirror then return latest.updateinfo(file, request) end
  return file
end

-- -> the files to fetch, those whose address cannot be had
local function wanted(request, known)
  local list, lost = {}, {}
  local function add(file, source)
    local path, url = request.folder .. "/" .. file.path, address.of(file, request.mirror)
    local before = core.host.stat(path) and known[file.path]
    before = type(before) == "table" and before.from == url and before or {}
    list[#list + 1] = { file = file, source = source, url = url, path = path, etag = before.etag,
      modified = before.modified }
  end
  for _, file in ipairs(sources.files(request.families, request.extras)) do
    -- The list first: a record that changes in between is then fetched twice, and not missed.
    if file.changes then add(file.changes, file.source) end
    if file.latest then add(file.latest, file.source) end
    local archive, message, code = resolve(file, request)
    if archive then
      add(archive, file.source)
    elseif not (file.optional and code == "NOT_FOUND") then
      lost[#lost + 1] = { path = file.path, source = file.source.name, outcome = "failed", message = message,
        code = code }
    end
  end
  return list, lost
end

local function take(list, results, known, folder, lost)
  local result = { files = {}, changed = 0, failed = 0, is_offline = true }
  for i, one in ipairs(list) do
    local got = results[i]
    local is_absent = got.code == "NOT_FOUND" and one.file.optional
    local outcome = is_absent and "absent" or got.message and "failed" or got.status == 304 and "unchanged" or "changed"
    if outcome == "changed" then known[one.file.path] = { from = one.url, etag = got.etag, modified = got.modified } end
    if outcome == "failed" or outcome == "changed" then result[outcome] = result[outcome] + 1 end
    if got.status ~= 0 then result.is_offline = false end
    result.files[i] = { path = one.file.path, source = one.source.name, outcome = outcome, message = not is_absent
      and got.message or nil,
      code = got.code }
  end
  for _, file in ipairs(lost) do
    result.files[#result.files + 1], result.failed = file, result.failed + 1
  end
  core.host.write_file(folder .. "/" .. STATE, json.encode(known))
  return result
end

--- fill { folder =, families =, mirror = the address of another one, ca_file =, progress = } -> as update.run
function mirror.fill(request)
  if request.mirror and not address.is_remote(request.mirror) then
    return nil, request.mirror .. ": a folder is filled from a web server", "USAGE"
  end
  local known, downloads = known_in(request.folder), {}
  local list, lost = wanted(request, known)
  for i, one in ipairs(list) do
    local ok, message, code = core.host.make_folder(one.path:match "^(.*)/")
    if not ok then return nil, message, code end
    downloads[i] = { url = one.url, path = one.path, etag = one.etag, modified = one.modified,
      gzip = one.file.compressed }
  end
  local results = core.download(downloads, { ca_file = request.ca_file,
    on_progress = request.progress and function(done, total, finished) request.progress(done, total, finished,
      #list) end })
  return take(list, results, known, request.folder, lost)
end

return mirror
