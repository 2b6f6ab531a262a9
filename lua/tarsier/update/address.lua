-- Where a source's file is fetched from: its publisher, or a mirror.

local address = {}

local function url_path(path)
  return (path:gsub("[^%w%._/-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- join(base, path) -> both with one slash between them
function address.join(base, path)
  return (base:gsub("/+$", "")) .. "/" .. path
end

--- is_remote(where) -> is it on a web server, and not in a folder?
function address.is_remote(where)
  return where:find "^https?://" ~= nil
end

--- of(file, [mirror]) -> URL or path of a file of tarsier.sources. A mirror is a folder, on a disk or a web server,
--- with files under the paths that the sources name.
function address.of(file, mirror)
  if not mirror then return file.url end
  if address.is_remote(mirror) then return address.join(mirror, url_path(file.path)) end
  return address.join(mirror:gsub("^file://", ""), file.path)
end

return address
