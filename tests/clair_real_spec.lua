-- A real Clair v4 on a real PostgreSQL, filled from the shared feeds: what it says, and what tarsier makes of it.

local clair = require "support.clair"
local data = require "support.clair.data"
local json = require "tarsier.json"
local shell = require "support.shell"

local missing = clair.missing "v4"
local ground

local function real(name, test)
  it(name, function()
    if missing then return pending(missing) end
    test()
  end)
end

local sample = (os.getenv "TARSIER_BUILD" or "build") .. "/sample"

local function manifest_of(layout)
  local digest = json.decode(shell.read(layout .. "/index.json")).manifests[1].digest
  return digest, json.decode(shell.read(layout .. "/blobs/sha256/" .. digest:sub(8)))
end

describe("a real Clair v4", function()
  local server

  setup(function()
    if missing then return end
    ground = clair.ground()
    server = ground:clair()
  end)
  teardown(function() if ground then ground:stop() end end)

  describe("by itself", function()
    local layers, address

    setup(function()
      if not missing then layers, address = data.serve(sample .. "/blobs/sha256", ground.folder .. "/layers.log") end
    end)
    teardown(function() if layers then layers:stop() end end)

    -- What a client posts, by hand.
    local function body()
      local digest, manifest = manifest_of(sample)
      local list = {}
      for i, layer in ipairs(manifest.layers) do
        list[i] = { hash = layer.digest, uri = address .. "/" .. layer.digest:sub(8) }
      end
      local file = ground.folder .. "/manifest.json"
      shell.write(file, json.encode { hash = digest, layers = list })
      return digest, "--data-binary @" .. file
    end

    real("indexes the sample image and knows vulnerabilities of its packages", function()
      local digest, post = body()
      local status, answer = clair.get(server.url .. "/indexer/api/v1/index_report", post)
      assert.equal(201, status, answer)
      assert.equal("IndexFinished", json.decode(answer).state)
      status, answer = clair.get(server.url .. "/matcher/api/v1/vulnerability_report/" .. digest)
      assert.equal(200, status, answer)
      local report, updaters = json.decode(answer), {}
      for _, vulnerability in pairs(report.vulnerabilities) do updaters[vulnerability.updater] = true end
      assert.same({ ["debian/updater"] = true, ["osv/pypi"] = true }, updaters)
      assert.is_truthy(next(report.enrichments))
    end)

    real("says 412 to If-None-Match of a manifest that it has never seen", function()
      local _, post = body()
      local _, state = clair.get(server.url .. "/indexer/api/v1/index_state")
      state = json.decode(state).state
      local unknown = post .. (" -H 'If-None-Match: \"%s\"'"):format(state)
      shell.write(ground.folder .. "/manifest.json", shell.read(ground.folder .. "/manifest.json"):gsub(
        '"hash":"sha256:%x%x%x%x', '"hash":"sha256:0000', 1))
      assert.equal(412, (clair.get(server.url .. "/indexer/api/v1/index_report", unknown)))
    end)

    real("says 202 with an empty database, 401 without a token", function()
      local digest, post = body()
      local empty, locked = ground:clair { database = "empty" }, ground:clair { key = "c2VjcmV0" }
      assert.equal(201, (clair.get(empty.url .. "/indexer/api/v1/index_report", post)))
      assert.equal(202, (clair.get(empty.url .. "/matcher/api/v1/vulnerability_report/" .. digest)))
      assert.equal(401, (clair.get(locked.url .. "/indexer/api/v1/index_state")))
      empty:stop()
      locked:stop()
    end)
  end)
end)
