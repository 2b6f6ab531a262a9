-- Images in a real registry, Debian's docker-registry: whatever it asks for and however it is damaged.

local registry = require "support.registry"
local shell = require "support.shell"
local temporary = require "support.temporary"

local missing = registry.missing()

local function real(name, test)
  it(name, function()
    if missing then return pending(missing) end
    test()
  end)
end

local BUILD = os.getenv "TARSIER_BUILD" or "build"
local sample = BUILD .. "/sample"

describe("the registry of these specs", function()
  local variants = {
    { "in plain HTTP" }, { "behind a password", users = { reader = "r" } }, { "over TLS", tls = true },
    { "behind a password over TLS", tls = true, users = { reader = "r" } },
    { "with tokens", token = {} }, { "with tokens over TLS", tls = true, token = {} },
    { "by redirects", redirect = true },
  }
  for _, given in ipairs(variants) do
    real("gives back what was pushed: " .. given[1], function()
      local server = registry.start(given)
      finally(function() server:stop() end)
      local digest = server:push("oci:" .. sample, "team/app:1")
      assert.equal(digest, "sha256:" .. temporary.must("sha256sum <%s", server:stored(digest)):match "%x+")
      server:pull("team/app:1", "oci:" .. server.folder .. "/back:latest")
      assert.equal("", temporary.must("diff -r %s %s && :", sample .. "/blobs", server.folder .. "/back/blobs"))
      assert.equal(200, server:requests("GET /v2/team/app/manifests/1$")[1].status)
      if given.users or given.token then
        local code = shell.run { "skopeo", "inspect", "--no-creds", "--cert-dir", server.folder .. "/certs",
          server.ca and "--tls-verify=true" or "--tls-verify=false", "docker://" .. server.address .. "/team/app:1" }
        assert.equal(1, code)
      end
    end)
  end
end)
