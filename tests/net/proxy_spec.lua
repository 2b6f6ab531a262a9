-- Proxies of the environment: which requests go through them, and how messages name them.

local json = require "tarsier.json"
local shell = require "support.shell"
local stand_in = require "support.stand_in"
local url = require "tarsier.probe".url

local LUA = os.getenv "LUA" or "lua5.4"

describe("no_proxy", function()
  it("takes hosts, domains, ports, addresses and networks", function()
    local cases = {
      { "clair.example", 6060, "clair.example" }, { "clair.example", 6060, "a, CLAIR.example:6060 b" },
      { "clair.example", 6060, ".example" }, { "clair.example", 6060, "*.example" }, { "clair.example", 6060, "example" },
      { "clair.example", 6060, "example:6060" }, { "clair.example.", 6060, "clair.example" },
      { "example", 80, ".example" }, { "anything", 1, "*" }, { "anything", 1, "x,*" },
      { "10.1.2.3", 80, "10.0.0.0/8" }, { "10.1.2.3", 80, "10.1.2.3" }, { "10.1.2.3", 80, "10.1.2.3:80" },
      { "10.1.2.3", 80, "10.1.2.2/31" }, { "fd00::5", 80, "fd00::/8" }, { "fd00::5", 80, "fd00:0::5" },
      { "fd00::5", 81, "[fd00::5]:81" }, { "fd00::5", 81, "[fd00::5]" }, { "10.1.2.3", 80, "0.0.0.0/0" },
    }
    for _, case in ipairs(cases) do assert.is_true(url.bypassed(table.unpack(case)), table.concat(case, " ")) end
  end)

  it("takes nothing else", function()
    local cases = {
      { "clair.example", 6060, "" }, { "clair.example", 6060, "clair.example:6061" }, { "clair.example", 6060, "air.example" },
      { "clair.example", 6060, "www.clair.example" }, { "clair.example", 6060, ",, ." }, { "clair.example", 6060, ":6060" },
      { "10.1.2.3", 80, "3" }, { "10.1.2.3", 80, "2.3" }, { "10.1.2.3", 80, "11.0.0.0/8" }, { "10.1.2.3", 80, "10.0.0.0/33" },
      { "10.1.2.3", 80, "10.0.0.0/" }, { "10.1.2.3", 80, "10.1.2.3:81" }, { "10.1.2.3", 80, "::/0" },
      { "fd00::5", 81, "[fd00::5]:80" }, { "fd00::5", 81, "fd00::6" }, { "name", 80, "10.0.0.0/8" },
    }
    for _, case in ipairs(cases) do assert.is_false(url.bypassed(table.unpack(case)), table.concat(case, " ")) end
  end)

  it("need not name this machine", function()
    for _, host in ipairs { "localhost", "127.0.0.1", "::1" } do assert.is_true(url.bypassed(host, 80, "")) end
  end)
end)

-- What core.http gives in a process with these variables: { status, body } or the message.
local function get(variables, address)
  local code, output, errors = shell.run(([[env -u http_proxy -u https_proxy -u HTTPS_PROXY -u all_proxy -u ALL_PROXY
    -u no_proxy -u NO_PROXY %s %s -e 'local answer, message = require "tarsier.core".http { url = "%s", seconds = 20 }
    io.write(answer and answer.status .. " " .. answer.body or message)']]):gsub("\n", " "):format(variables, LUA, address))
  assert.equal(0, code, errors)
  return output
end

describe("a request", function()
  local server, proxy

  setup(function()
    if not stand_in.available() then return end
    server = stand_in.start { ["GET /hello"] = { { body = "direct" } },
      ["GET /away"] = { { status = 302, headers = { Location = "http://far.invalid/hello" } } } }
    proxy = stand_in.start { ["GET http://far.invalid/hello"] = { { body = "through" } },
      ["GET http://far.invalid:8080/hello"] = { { body = "through" } },
      ["GET http://near.invalid/back"] = { { status = 302, headers = { Location = server.url .. "/hello" } } } }
  end)

  teardown(function()
    if server then server:stop() end
    if proxy then proxy:stop() end
  end)

  it("goes through the proxy, but not to this machine", function()
    if not server then return pending(stand_in.needs) end
    for _, variable in ipairs { "http_proxy", "all_proxy", "ALL_PROXY" } do
      local set = variable .. "=" .. proxy.url
      assert.equal("200 through", get(set, "http://far.invalid/hello"))
      assert.equal("200 direct", get(set, server.url .. "/hello"))

    end
  end)

  it("is judged anew after each redirect", function()
    if not server then return pending(stand_in.needs) end
    local set = "http_proxy=" .. proxy.url
    assert.equal("200 through", get(set, server.url .. "/away"))
    assert.equal("200 direct", get(set, "http://near.invalid/back"))
  end)

  it("goes past the proxy to what no_proxy names with its port", function()
    if not server then return pending(stand_in.needs) end
    local set = "http_proxy=" .. proxy.url .. " no_proxy=far.invalid:8080"
    assert.equal("200 through", get(set, "http://far.invalid/hello"))
    assert.is_truthy(get(set, "http://far.invalid:8080/hello"):find "resolve host")
  end)

  it("that fails names the proxy, without its password", function()
    if not server then return pending(stand_in.needs) end
    for _, address in ipairs { "http://far.invalid/hello", "https://far.invalid/hello" } do
      local message = get("all_proxy=http://jo:s3cr3t@127.0.0.1:1", address)
      assert.is_truthy(message:find(" (through the proxy http://127.0.0.1:1)", 1, true), message)
      assert.is_nil(message:find "s3cr3t")
    end
    local message = get("https_proxy=" .. proxy.url, "https://far.invalid/hello")
    assert.is_truthy(message:find("(through the proxy " .. proxy.url .. ")", 1, true), message)
  end)

  it("keeps its log-in from other hosts, behind a redirect too", function()
    if not server then return pending(stand_in.needs) end
    local target = stand_in.start { ["GET /blob"] = { { body = "blob" } } }
    local first = stand_in.start { ["GET /same"] = { { status = 307, headers = { Location = "/there" } } },
      ["GET /there"] = { { status = 307, headers = { Location = target.url .. "/blob" } } } }
    finally(function() target:stop() first:stop() end)
    local answer = assert(require "tarsier.core".http { url = first.url:gsub("//", "//jo:s3cr3t@") .. "/same",
      headers = { ["X-Kept"] = "1" } })
    assert.equal("blob", answer.body)
    answer = assert(require "tarsier.core".http { url = first.url .. "/same", headers = { authorization = "Basic x", ["X-Kept"] = "1" } })
    assert.equal("blob", answer.body)
    for _, asked in ipairs(first:requests()) do assert.is_truthy(json.encode(asked.headers):find "uthorization\":\"Basic") end
    for _, asked in ipairs(target:requests()) do
      assert.is_nil(json.encode(asked.headers):lower():find "authorization")
      assert.equal("1", asked.headers["X-Kept"])
    end
  end)

  it("is redirected five times at most", function()
    if not server then return pending(stand_in.needs) end
    local script = { ["GET /5"] = { { body = "end" } } }
    for i = 0, 4 do script["GET /" .. i] = { { status = 301, headers = { Location = "/" .. i + 1 } } } end
    script["GET /more"] = { { status = 301, headers = { Location = "/0" } } }
    local steps = stand_in.start(script)
    finally(function() steps:stop() end)
    assert.equal("200 end", get("", steps.url .. "/0"))
    assert.is_truthy(get("", steps.url .. "/more"):find "redirects")
  end)

  it("that has a body is not sent elsewhere", function()
    if not server then return pending(stand_in.needs) end
    local target = stand_in.start { ["POST /there"] = { { body = "taken" } } }
    local script = {}
    for _, status in ipairs { 301, 302, 303, 307, 308 } do
      script["POST /" .. status] = { { status = status, headers = { Location = target.url .. "/there" } } }
    end
    local first = stand_in.start(script)
    finally(function() target:stop() first:stop() end)
    for _, status in ipairs { 301, 302, 303, 307, 308 } do
      local answer = assert(require "tarsier.core".http { method = "POST", url = first.url .. "/" .. status, body = "secret" })
      assert.equal(status, answer.status)
      assert.equal(target.url .. "/there", answer.headers.location)
    end
    assert.same({}, target:requests())
  end)
end)
