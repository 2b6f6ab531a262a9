-- Images in registries: who we are there, and how the registry is spoken to.

local registry = {}

registry.ca_file = { long = "ca-file", value = "FILE",
  help = "certificate authorities to trust for https, of Clair and of registries, in place of the system's" }

registry.options = {
  { long = "registry-user", value = "NAME", env = "TARSIER_REGISTRY_USER",
    help = "who to be at the image's registry; default: as docker, podman and skopeo are logged in" },
  { long = "registry-password-file", value = "FILE",
    help = "that user's password or token, which is the first line of this file, - for standard input; default: "
      .. "$TARSIER_REGISTRY_PASSWORD" },
  { long = "plain-http", help = "speak HTTP without TLS to the image's registry" },
  registry.ca_file,
}

local LONGEST_LINE = 64 << 10 -- tokens of cloud providers take a few KiB

local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- Byte by byte: whoever types a password is not made to end the input after it, and no file is read without end.
local function first_line(file)
  local bytes = {}
  while #bytes <= LONGEST_LINE do
    local byte, message = file:read(1)
    if message then return nil, message end
    if not byte or byte == "\n" then break end
    bytes[#bytes + 1] = byte
  end
  return (table.concat(bytes):gsub("\r$", ""))
end

-- Messages name the file, and show nothing of what is in it.
local function read_password(path)
  local file, message = io.stdin, nil
  if path ~= "-" then file, message = io.open(path, "rb") end
  if not file then return nil, "--registry-password-file " .. message end
  local line
  line, message = first_line(file)
  if path ~= "-" then file:close() end
  local wrong = message or line == "" and "its first line is empty" or line:find "\0" and "its first line is no text"
    or #line > LONGEST_LINE and "its first line is too long for a password"
  if not wrong then return line end
  return nil, ("--registry-password-file %s: %s; a password or a token must stand there"):format(path, wrong)
end

-- What a person must put right before anything is read.
local function check(options, reference)
  local user, file = options.registry_user, options.registry_password_file
  if user and user:find ":" then
    return nil, ("--registry-user: %q has a colon, and no registry could tell it from the password"):format(user)
  elseif user and not file and not variable "TARSIER_REGISTRY_PASSWORD" then
    return nil, "--registry-user goes with a password: give --registry-password-file FILE or set "
      .. "$TARSIER_REGISTRY_PASSWORD"
  elseif not user and (file or variable "TARSIER_REGISTRY_PASSWORD") then
    return nil, (file and "--registry-password-file" or "$TARSIER_REGISTRY_PASSWORD")
      .. " goes with a user: give --registry-user NAME or set $TARSIER_REGISTRY_USER"
  elseif file == "-" and reference and (reference == "-" or reference:find "^%-[:@]") then
    return nil, "standard input cannot hold both the image and the password: give --registry-password-file a file, or "
      .. "set $TARSIER_REGISTRY_PASSWORD"
  end
  return true
end

--- host(name) -> "registry.example:5000" | nil where the name has none, which is Docker Hub's then
function registry.host(name)
  local first = name:match "^([^/]+)/"
  return first and (first:find "[.:]" or first == "localhost") and first or nil
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
