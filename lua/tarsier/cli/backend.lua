-- The options that let a Clair match the packages.

local text = require "tarsier.text"

local backend = {}

backend.clair = { long = "clair", value = "URL", env = "CLAIR_URL",
  help = "let the Clair at this address match the packages, instead of the vulnerability database" }

backend.connection = {
  { long = "clair-matcher", value = "URL", help = "the address of Clair v4's matcher; default: that of its indexer" },
  { long = "clair-api", value = "API", choices = { "v1", "v4" },
    help = "v1 (Clair 2) or v4 (Clair 4); default: detected automatically" },
  { long = "clair-key-file", value = "FILE",
    help = "the pre-shared key of Clair v4, in base64, as in its configuration" },
  { long = "clair-issuer", value = "NAME", help = "the issuer that Clair v4 expects with that key; default: tarsier" },
}

backend.layers = {
  { long = "layer-host", value = "HOST",
    help = "this machine's name or address as Clair sees it, from which Clair fetches the layers; default: "
      .. "localhost, or the image's registry" },
  { long = "layer-port", value = "PORT", integer = 1,
    help = "the port from which Clair fetches the layers; default: any free one" },
  { long = "clair-timeout", value = "SECONDS", integer = 1, help = "the time limit for Clair; default: 600" },
  { long = "keep",
    help = "leave what Clair knows of the image in its database, for the next scan; default: delete it" },
}

--- Those of `tarsier scan`, without --ca-file, which also belongs to the registries.
backend.options = { backend.clair, table.unpack(backend.connection) }
table.move(backend.layers, 1, #backend.layers, #backend.options + 1, backend.options)

local function key(option)
  return (option.long:gsub("-", "_"))
end

local function check_url(name, url)
  if url == nil or url:match "^https?://[^/%s]" then return true end
  return nil, ("%s: %q is not an address such as http://127.0.0.1:6060"):format(name, text.address(url))
end

-- The first word of the file; the client for Clair checks it.
local function read_key(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, "--clair-key-file " .. message end
  local word = (file:read(4096) or ""):match "^%s*(%S+)%s*$"
  file:close()
  if word then return word end
  return nil, ("--clair-key-file %s: must contain only the key, in base64"):format(path)
end

local function check(options)
  if not options.clair then
    for _, option in ipairs(backend.options) do
      if options[key(option)] then
        return nil, ("--%s requires a Clair: name one with --clair URL or $CLAIR_URL"):format(option.long)
      end
    end
    return true
  end
  local ok, message = check_url("--clair", options.clair)
  if not ok then return nil, message end
  ok, message = check_url("--clair-matcher", options.clair_matcher)
  if not ok then return nil, message end
  if options.clair_issuer and not options.clair_key_file then
    return nil, "--clair-issuer requires --clair-key-file: without a key, Clair does not check the issuer"
  elseif options.layer_port and options.layer_port > 65535 then
    return nil, ("--layer-port: %d is not a port"):format(options.layer_port)
  end
  return true
end

--- config(options) -> what the engine wants to know about Clair: an empty table where none is named | nil, message
function backend.config(options)
  local ok, message = check(options)
  if not ok then return nil, message end
  local psk
  if options.clair_key_file then
    psk, message = read_key(options.clair_key_file)
    if not psk then return nil, message end
  end
  return {
    clair = options.clair, clair_matcher = options.clair_matcher, clair_api = options.clair_api, clair_key = psk,
    clair_issuer = options.clair_issuer, layer_host = options.layer_host, layer_port = options.layer_port,
    clair_keep = options.keep, clair_timeout = options.clair_timeout, ca_file = options.ca_file,
  }
end

--- describe(result, config): where Clair judged, a result says which one, and not who we are there
function backend.describe(result, config)
  result.backend.url = config.clair and text.address(config.clair)
end

return backend
