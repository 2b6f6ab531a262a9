-- A shared database as a client has it: pulled from a registry or a web server, verified, and kept in the cache.
--
--   databases/layers/HEX.db        an unpacked layer, by the digest of the packed one
--   databases/joined/HEX.db        layers joined into one database
--   databases/REFERENCE.json       what a reference was the last time: { digest, built, manifest }

local later = require "tarsier.later"
local artifact = later "tarsier.share.artifact"
local core = require "tarsier.core"
local json = require "tarsier.json"
local place = require "tarsier.place"

local share = {}

local host = core.host

local function folder_of(cache_dir)
  local base = cache_dir ~= "" and cache_dir or place.cache()
  if not base then return nil, "neither $XDG_CACHE_HOME nor $HOME is set: a shared database needs a cache", "IO" end
  local folder = base .. "/databases"
  for _, path in ipairs { folder .. "/layers", folder .. "/joined" } do
    local ok, message, code = host.make_folder(path)
    if not ok then return nil, message, code end
  end
  return folder
end

-- ---- what is remembered of a reference
-- --------------------------------------------------------------------------------

local function memory_path(folder, reference)
  return ("%s/%s.json"):format(folder, reference:gsub("[^%w.-]",
    function(c) return ("_%02x"):format(c:byte()) end):sub(-200))
end

local function recall(folder, reference)
  local file = io.open(memory_path(folder, reference), "rb")
  local value = file and json.decode(file:read(8 << 20) or "")
  if file then file:close() end
  return type(value) == "table" and type(value.built) == "string" and value or {}
end

local function remember(folder, reference, memory)
  host.write_file(memory_path(folder, reference), json.encode(memory))
end

local function check_age(reference, built, before, options)
  if options.allow_older or not before or built >= before then return true end
  return nil,
    ("%s: its database was built %s, before the one of %s that was used the last time: somebody has put back an "
    .. "older one; --allow-older takes it"):format(reference, built, before), "OLDER"
end

-- ---- layers
-- -----------------------------------------------------------------------------------------------------------

local function hex(digest) return digest:match ":(%x+)$" end

local function layer_path(folder, layer) return ("%s/layers/%s.db"):format(folder, hex(layer.digest)) end

-- Fetches a layer, or the difference that makes it from the layer at `prefix` -> true | nil, message, code
local function fetch_layer(repository, path, layer, blob, prefix)
  local packed = path .. ".zst"
  local content, message, code = repository:blob(blob.digest, blob.size, packed)
  if content then content, message, code = core.unpack(packed, path .. ".new", layer.unpacked, prefix) end
  os.remove(packed)
  local ok = content
  if content and content ~= layer.content then
    ok, message, code = nil, ("the layer of %s is not what its manifest says"):format(layer.ecosystem), "DIGEST"
  end
  if ok then ok, message, code = core.database(path .. ".new") end
  if ok then ok, message = os.rename(path .. ".new", path) end
  if ok then return true end
  os.remove(path .. ".new")
  return nil, message, code or "IO"
end

local function pull_layer(repository, folder, layer)
  local path = layer_path(folder, layer)
  if place.exists(path) then return path, 0 end
  for _, difference in ipairs(layer.differences) do
    local prefix = layer_path(folder, { digest = difference.from })
    if place.exists(prefix) and fetch_layer(repository, path, layer, difference, prefix) then return path,
      difference.size end
  end
  local ok, message, code = fetch_layer(repository, path, layer, layer)
  if ok then return path, layer.size end
  return nil, message, code
end

-- A name for the joined database, from the layers' digests.
local function join_name(layers)
  local names = {}
  for i, layer in ipairs(layers) do names[i] = hex(layer.digest):sub(1, 16) end
  table.sort(names)
  return table.concat(names, "-"):sub(1, 200)
end

local function join(folder, layers, paths)
  if #paths == 1 then return paths[1] end
  local joined = ("%s/joined/%s.db"):format(folder, join_name(layers))
  if place.exists(joined) then return joined end
  local ok, message, code = core.import(joined, paths)
  return ok and joined, message, code
end

-- What the last database needed, and this one does not.
local function forget(folder, kept)
  for _, kind in ipairs { "layers", "joined" } do
    for _, name in ipairs(core.list(folder .. "/" .. kind) or {}) do
      local path = ("%s/%s/%s"):format(folder, kind, name)
      local status = host.stat(path)
      if not kept[path] and status and os.time() - status.modified > 14 * 86400 then os.remove(path) end
    end
  end
end

local function assemble(repository, folder, parsed, packages)
  local layers, paths, kept, bytes = artifact.needed(parsed, packages), {}, {}, 0
  for i, layer in ipairs(layers) do
    local path, size, code = pull_layer(repository, folder, layer)
    if not path then return nil, size, code end
    paths[i], kept[path], bytes = path, true, bytes + size
  end
  local joined, message, code = join(folder, layers, paths)
  if not joined then return nil, message, code end
  kept[joined] = true
  forget(folder, kept)
  return joined, bytes
end

-- ---- registries
-- ---------------------------------------------------------------------------------------------------------

-- What the reference is now, verified | what it was, where no registry answers
local function resolve(repository, folder, reference, options)
  local memory = recall(folder, reference)
  local text, digest, code = repository:manifest()
  if not text then
    if code ~= "IO" or not memory.manifest then return nil, digest, code end
    return memory.manifest, memory, digest
  end
  local parsed, message, kind = artifact.parse(text)
  if not parsed then return nil, ("%s: %s"):format(reference, message), kind end
  local ok
  ok, message, kind = check_age(reference, parsed.built, memory.built, options)
  if not ok then return nil, message, kind end
  if options.verify_key and not (memory.digest == digest and memory.key == options.verify_key) then
    ok, message, kind = artifact.verify(repository, text, digest, options.verify_key)
    if not ok then return nil, ("%s: %s"):format(reference, message), kind end
  end
  memory = { digest = digest, built = parsed.built, manifest = text, key = options.verify_key }
  remember(folder, reference, memory)
  return text, memory
end

local function from_registry(reference, packages, folder, options)
  local repository <close>, message, code = core.repository(reference:match "^oci://(.*)$", { ca_file = options.ca_file,
    plain_http = options.plain_http, registry_user = options.registry_user,
      registry_password = options.registry_password })
  if not repository then return nil, message, code end
  local text, memory, unreachable = resolve(repository, folder, reference, options)
  if not text then return nil, memory, unreachable end
  if unreachable and options.verify_key and memory.key ~= options.verify_key then return nil, unreachable, "IO" end
  local path, bytes, kind = assemble(repository, folder, artifact.parse(text), packages)
  if not path then return nil, bytes, kind end
  return { path = path, bytes = bytes, digest = memory.digest, built = memory.built, unreachable = unreachable }
end

-- ---- web servers
-- -----------------------------------------------------------------------------------------------------------

local function fetch(url, path, memory, options)
  local got = core.download({ { url = url, path = path, etag = memory.etag, modified = memory.modified } },
    { ca_file = options.ca_file })[1]
  if got.message then return nil, got.message, got.code end
  return got
end

local function read(path)
  local file = io.open(path, "rb")
  local content = file and file:read "a"
  if file then file:close() end
  return content
end

-- The signature stands beside the file, as URL.minisig.
local function verify_file(url, path, folder, options)
  if not options.verify_key then return true end
  local got, message, code = fetch(url .. ".minisig", folder .. "/signature", {}, options)
  if not got then return nil, ("%s: %s"):format(url, code == "NOT_FOUND" and "it is not signed" or message),
    "DIGEST" end
  local comment
  comment, message, code = core.verify(options.verify_key, read(folder .. "/signature"), read(path))
  return comment and true, message and ("%s: %s"):format(url, message), code
end

local function take_file(url, path, fetched, folder, memory, options)
  local ok, message, code = verify_file(url, fetched, folder, options)
  if ok then ok, message, code = core.unpack(fetched, path .. ".new", 16 << 30) end
  local info
  if ok then info, message, code = core.database(path .. ".new") end
  if info then ok, message, code = check_age(url, info.built, memory.built, options) end
  if info and ok then ok, message = os.rename(path .. ".new", path) end
  os.remove(fetched)
  if info and ok then return info end
  os.remove(path .. ".new")
  return nil, message, code or "IO"
end

local function from_server(url, folder, options)
  local memory, path = recall(folder, url), memory_path(folder, url):gsub("%.json$", ".db")
  local fetched = path .. ".fetched"
  if not place.exists(path) or memory.key ~= options.verify_key then memory.etag, memory.modified = nil, nil end
  local got, message, code = fetch(url, fetched, memory, options)
  if not got then
    if code ~= "IO" or not place.exists(path) or memory.key ~= options.verify_key then return nil, message, code end
    return { path = path, bytes = 0, built = memory.built, unreachable = message }
  end
  if got.status == 304 then return { path = path, bytes = 0, built = memory.built } end
  local info, wrong, kind = take_file(url, path, fetched, folder, memory, options)
  if not info then return nil, wrong, kind end
  remember(folder, url, { built = info.built, etag = got.etag, modified = got.modified, key = options.verify_key })
  return { path = path, bytes = got.received, built = info.built }
end

--- database(reference, packages, { cache_dir =, verify_key = text of a public key, allow_older =, ca_file =,
--- plain_http =, registry_user =, registry_password = }) -> { path =, bytes = that were fetched, built =,
--- digest =, unreachable = why an older copy is used } | nil, message, code. `reference`:
--- oci://HOST/NAME[:TAG][@DIGEST] or https://….
function share.database(reference, packages, options)
  local folder, message, code = folder_of(options.cache_dir)
  if not folder then return nil, message, code end
  if reference:find "^oci://" then return from_registry(reference, packages, folder, options) end
  return from_server(reference, folder, options)
end

return share
