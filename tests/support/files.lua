-- Files and folders, made and removed without a process for each: specs make thousands.

local lfs = require "lfs" -- busted brings it

local files = {}

function files.read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read "a"
  file:close()
  return content
end

--- write(path, bytes) -> path
function files.write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

local prefix -- of this process: no other one that runs has it, but a dead one may have left files
local count = 0

--- name([above]) -> a path at which nothing is, in the folder `above`, or else in $TMPDIR or /tmp. os.tmpname does not ask
--- $TMPDIR.
function files.name(above)
  local path
  prefix = prefix or ("lua_%s_"):format(files.read("/proc/self/stat"):match "^%d+")
  repeat
    count = count + 1
    path = ("%s/%s%d"):format(above or os.getenv "TMPDIR" or "/tmp", prefix, count)
  until not lfs.symlinkattributes(path)
  return path
end

--- folder([above]) -> an empty one of its own, where `name` puts it
function files.folder(above)
  local path = files.name(above)
  assert(lfs.mkdir(path))
  return path
end

--- make(path) -> path: the folder, and those above it that are not there
function files.make(path)
  if lfs.attributes(path, "mode") == "directory" then return path end
  local above = path:match "^(.+)/[^/]+/*$"
  if above then files.make(above) end
  assert(lfs.mkdir(path))
  return path
end

--- link(target, path): a symlink
function files.link(target, path)
  assert(lfs.link(target, path, true))
end

--- list(folder) -> the paths of the files below it, relative to it
function files.list(folder, above, found)
  above, found = above or "", found or {}
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    if lfs.attributes(path, "mode") ~= "directory" then
      found[#found + 1] = above .. name
    elseif name ~= "." and name ~= ".." then
      files.list(path, above .. name .. "/", found)
    end
  end
  return found
end

local function remove(path)
  if lfs.symlinkattributes(path, "mode") == "directory" then
    local names = {}
    for name in lfs.dir(path) do names[#names + 1] = name end
    for _, name in ipairs(names) do
      if name ~= "." and name ~= ".." then remove(path .. "/" .. name) end
    end
  end
  os.remove(path)
end

--- remove(path): a file, or a folder with all that is in it; it need not be there
function files.remove(path)
  pcall(remove, path)
  if not lfs.symlinkattributes(path) then return end
  path = "'" .. path:gsub("'", "'\\''") .. "'" -- not ours to read, or too deep for a path
  os.execute(("chmod -R u+rwx %s; rm -rf %s"):format(path, path))
end

return files
