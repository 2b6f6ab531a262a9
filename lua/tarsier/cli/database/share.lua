-- tarsier db push: puts the database into a registry. tarsier db pull: takes one out of it, into a file.

local later = require "tarsier.later"
local artifact = later "tarsier.share.artifact"
local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local place = require "tarsier.place"
local registry = require "tarsier.cli.registry"
local share = later "tarsier.share"
local shared = require "tarsier.cli.database.options"
local text = require "tarsier.text"

local function name_of(reference)
  local name = reference:match "^oci://(.+)$"
  if name then return name end
  return nil, ("%q: a shared database is written oci://HOST/NAME:TAG"):format(reference)
end

local function repository_of(options, name, writes)
  local config, message = registry.config(options)
  if not config then return nil, message end
  config.writes = writes
  local repository, wrong, code = core.repository(name, config)
  return repository, wrong, code
end

local function first_line(path)
  local content, message = shared.read(path)
  return content and content:match "^[^\r\n]*", message
end

-- Signs a manifest -> signature | nil, message
local function sign(options, manifest)
  local key, message = shared.read(options.sign_key)
  if not key then return nil, message end
  local password = place.variable "TARSIER_SIGN_PASSWORD"
  if options.sign_password_file then
    password, message = first_line(options.sign_password_file)
    if not password then return nil, message end
  end
  local signature, wrong = core.sign(key, password, manifest, "tarsier database of " .. os.date "!%Y-%m-%dT%H:%M:%SZ")
  if signature then return signature end
  return nil, ("--sign-key %s: %s"):format(options.sign_key, wrong)
end

-- A folder for files in between -> path, function that removes it
local function workshop()
  local base = place.variable "TMPDIR" or "/tmp"
  local path = ("%s/tarsier-%d-%d"):format(base, os.time(), math.random(1 << 30))
  local ok, message = core.host.make_folder(path)
  if not ok then return nil, message end
  return path, function()
    for _, name in ipairs(core.list(path) or {}) do os.remove(path .. "/" .. name) end
    os.remove(path)
  end
end

local function push(repository, options, database, folder, terminal)
  local total = 0
  local digest, manifest, code = artifact.push(repository, database, folder, { level = options.level,
    tell = function(ecosystem, bytes)
      total = total + bytes
      terminal:say(("%s: %s"):format(ecosystem, text.size(bytes)))
    end })
  if not digest then return nil, manifest, code end
  if options.sign_key then
    local signature, message = sign(options, manifest)
    if not signature then return nil, message, "USAGE" end
    local ok, wrong, kind = artifact.push_signature(repository, digest, signature, folder)
    if not ok then return nil, wrong, kind end
  end
  return digest, total
end

local function run_push(options, arguments, terminal)
  local name, message = name_of(arguments[1])
  if not name then return nil, message end
  if options.sign_key then -- before anything is sent
    local made
    made, message = sign(options, "")
    if not made then return nil, message end
  end
  local database = options.db or place.database()
  local repository <close>, wrong, code = repository_of(options, name, true)
  if not repository then
    terminal:fail(wrong)
    return code and exit.of_error(code) or exit.USAGE
  end
  local folder, remove = workshop()
  if not folder then return shared.failed(terminal, remove) end
  local digest, total, kind = push(repository, options, database, folder, terminal)
  remove()
  if not digest then
    terminal:fail(total)
    return kind == "USAGE" and exit.USAGE or exit.DATABASE
  end
  terminal:say(("%s: pushed, %s, %s"):format(arguments[1], text.size(total), options.sign_key and "signed"
    or "not signed"))
  local ok
  ok, message = terminal:write(("oci://%s@%s\n"):format(name:gsub("@.*$", ""):gsub(":[^/:]*$", ""), digest))
  if not ok then terminal:fail(message) end
  return ok and exit.PASS or exit.USAGE
end

local function run_pull(options, arguments, terminal)
  if not place.is_shared(arguments[1]) then return nil, select(2, name_of(arguments[1])) end
  local config, message = registry.config(options)
  if not config then return nil, message end
  config.verify_key, message = shared.verify_key(options)
  if message then return nil, message end
  config.allow_older, config.cache_dir = options.allow_older, options.cache_dir
  local packages = {}
  for i = 2, #arguments do packages[#packages + 1] = { ecosystem = arguments[i] } end
  if #packages == 0 then return nil, "which ecosystems? Name them as images have them: Debian:12, PyPI" end
  local target
  target, message = shared.target(options.db)
  if not target then return shared.failed(terminal, message) end
  local got, wrong = share.database(arguments[1], packages, config)
  if not got then return shared.failed(terminal, wrong) end
  if got.unreachable then return shared.failed(terminal, got.unreachable) end
  local ok
  ok, message = core.import(target, { got.path })
  if not ok then return shared.failed(terminal, message) end
  terminal:say(("%s: the database of %s, %s fetched"):format(target, got.built, text.size(got.bytes)))
  return exit.PASS
end

local function with_registry(own)
  return table.move(registry.options, 1, #registry.options, #own + 1, own)
end

return {
  {
    name = "push",
    summary = "put the database into a registry, for others to scan with",
    arguments = { { name = "oci://HOST/NAME:TAG", help = "where in which registry" } },
    description = {
      "The database becomes an artifact of one layer an ecosystem and release, so that a client fetches only what its "
        .. "image needs, and after the next push the difference to what it has. It prints the artifact's address by "
        .. "digest. `tarsier scan --db oci://…` takes it.",
      "With --sign-key, a signature by minisign's secret key goes along; clients verify it with --verify-key. "
        .. "`cosign sign --key` works as well. Records whose publishers forbid copies, Wolfi's and Chainguard's, are "
        .. "left out.",
    },
    options = with_registry { shared.database,
      { long = "sign-key", value = "FILE", help = "minisign's secret key, to sign with" },
      { long = "sign-password-file", value = "FILE",
        help = "a file whose first line is the password of that key; default: $TARSIER_SIGN_PASSWORD" },
      { long = "level", value = "N", integer = 1,
        help = "how hard zstd packs, 1 to 19; default: 9, and 12 for differences to the last push" }, shared.quiet },
    examples = { { "tarsier db push oci://registry.example/sec/tarsier-db:latest --sign-key k.sec",
      "after `tarsier db update`: the team's one job a day" } },
    run = run_push,
  },
  {
    name = "pull",
    summary = "take a database out of a registry, or from a web server, into a file",
    arguments = { { name = "oci://HOST/NAME:TAG", help = "or @DIGEST instead of the tag, or https://HOST/FILE" },
      { name = "ECOSYSTEM", many = true, optional = true, help = "as images have them: Debian:12, PyPI" } },
    description = { "Scans need no pull: `tarsier scan --db oci://…` fetches what the image needs. This is for "
      .. "machines that scan without a network later." },
    options = with_registry { shared.database, shared.verify, shared.allow_older,
      { long = "cache-dir", value = "DIR", help = "the folder of the cache; default: $XDG_CACHE_HOME/tarsier" },
        shared.quiet },
    examples = { { "tarsier db pull oci://registry.example/sec/tarsier-db:latest Debian:12 PyPI",
      "into the default file" } },
    run = run_pull,
  },
}
