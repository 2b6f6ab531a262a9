-- Images in registries: the login, and the protocol.

local place = require "tarsier.place"

local registry = {}

registry.ca_file = { long = "ca-file", value = "FILE", env = "SSL_CERT_FILE",
  help = "certificate authorities to trust for https, for Clair and registries, instead of the system's" }

registry.options = {
  { long = "registry-user", value = "NAME", env = "TARSIER_REGISTRY_USER",
    help = "the user at the image's registry; default: the logins of docker, podman and skopeo" },
  { long = "registry-password-file", value = "FILE",
    help = "a file that contains only this user's password or token, - for standard input; default: "
      .. "$TARSIER_REGISTRY_PASSWORD" },
  { long = "plain-http",
    help = "use plain HTTP for the image's registry; detected automatically for loopback addresses" },
  registry.ca_file,
}

local LONGEST = 64 << 10 -- bytes: tokens and keys of cloud providers take a few KiB

local variable = place.variable

-- All of it but the line end after it, as `docker login --password-stdin` takes it: the keys of some providers are JSON
-- of many lines. Messages name the file, and show nothing of what is in it.
local function read_password(path)
  local file, message = io.stdin, nil
  if path ~= "-" then file, message = io.open(path, "rb") end
  if not file then return nil, "--registry-password-file " .. message end
  local content
  content, message = file:read(LONGEST + 2)
  if path ~= "-" then file:close() end
  local password = (content or ""):gsub("\r?\n$", "")
  local wrong = message or password == "" and "it is empty" or password:find "\0" and "it is not text"
    or #password > LONGEST and "it is too long for a password"
  if not wrong then return password end
  return nil, ("--registry-password-file %s: %s; a password or a token must stand there"):format(path, wrong)
end

-- Returns what is wrong with the options, before anything is read.
local function check(options, reference)
  local user, file = options.registry_user, options.registry_password_file
  if user and user:find ":" then
    return nil, ("--registry-user: %q has a colon, which registries read as the end of the name"):format(user)
  elseif user and not file and not variable "TARSIER_REGISTRY_PASSWORD" then
    return nil, "--registry-user requires a password: give --registry-password-file FILE or set "
      .. "$TARSIER_REGISTRY_PASSWORD"
  elseif not user and (file or variable "TARSIER_REGISTRY_PASSWORD") then
    return nil, (file and "--registry-password-file" or "$TARSIER_REGISTRY_PASSWORD")
      .. " requires a user: give --registry-user NAME or set $TARSIER_REGISTRY_USER"
  elseif file == "-" and reference and (reference == "-" or reference:find "^%-[:@]") then
    return nil, "standard input cannot hold both the image and the password: give --registry-password-file a file, or "
      .. "set $TARSIER_REGISTRY_PASSWORD"
  end
  return true
end

--- config(options, [reference]) -> what the engine wants to know about registries | nil, message
function registry.config(options, reference)
  local ok, message = check(options, reference)
  if not ok then return nil, message end
  local password
  if options.registry_password_file then
    password, message = read_password(options.registry_password_file)
    if not password then return nil, message end
  else
    password = variable "TARSIER_REGISTRY_PASSWORD"
  end
  return { registry_user = options.registry_user, registry_password = password, plain_http = options.plain_http,
    ca_file = options.ca_file }
end

return registry
