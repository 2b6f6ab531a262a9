-- A registry that holds one image of an OCI layout, scripted: for what the command does around it, in specs that are
-- quick. What a real one makes of us, tests/real/registry_spec.lua has.

local json = require "tarsier.json"
local shell = require "support.shell"
local stand_in = require "support.stand_in"

local small_registry = {}

local MANIFEST = "application/vnd.oci.image.manifest.v1+json"

-- Asks once who it is.
local function guarded(answer)
  return { { status = 401, headers = { ["WWW-Authenticate"] = 'Basic realm="specs"' } }, answer }
end

--- start(layout, "group/app", "1", [{ guarded = true }]) -> stand_in's server, with .host
function small_registry.start(layout, repository, tag, options)
  local function blob(digest) return layout .. "/blobs/" .. digest:gsub(":", "/") end
  local digest = json.decode(shell.read(layout .. "/index.json")).manifests[1].digest
  local manifest = json.decode(shell.read(blob(digest)))
  local base = "/v2/" .. repository
  local answer = { file = blob(digest), headers = { ["Content-Type"] = manifest.mediaType or MANIFEST, ["Docker-Content-Digest"] = digest } }
  local script = {}
  for _, method in ipairs { "GET", "HEAD" } do
    for _, reference in ipairs { tag, digest } do
      script[("%s %s/manifests/%s"):format(method, base, reference)] = options and options.guarded and guarded(answer)
        or { answer }
    end
  end
  -- An index: its manifests and their blobs.
  for path in shell.capture(manifest.manifests and "ls -d " .. shell.quote(layout) .. "/blobs/*/*" or "true"):gmatch "%S+" do
    local of = path:gsub(".*/blobs/(.*)/", "%1:")
    script[("GET %s/manifests/%s"):format(base, of)] = { { file = path } }
    script[("GET %s/blobs/%s"):format(base, of)] = { { file = path } }
  end
  for _, descriptor in ipairs(manifest.manifests and {} or { manifest.config, table.unpack(manifest.layers) }) do
    script[("GET %s/blobs/%s"):format(base, descriptor.digest)] = { { file = blob(descriptor.digest) } }
  end
  script["GET /v2/"] = options and options.guarded and guarded { json = {} } or { { json = {} } }
  local server = stand_in.start(script)
  server.host = server.url:match "//(.*)$"
  return server
end

--- users(server) -> { ["jo:secret"] = true, … }: who it was asked by; "" for nobody
function small_registry.users(server)
  local users = {}
  for _, request in ipairs(server:requests()) do
    local given = request.headers.Authorization
    local word = given and given:match "^Basic (%S+)$"
    local user = word and shell.capture(("printf %%s %s | base64 -d"):format(shell.quote(word))) or given or ""
    users[user] = true
  end
  return users
end

return small_registry
