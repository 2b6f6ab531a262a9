-- An image in a real registry, whose layers a real Clair is to fetch there.

local command = require "support.clair.command"
local registry = require "support.registry"
local shell = require "support.shell"

local hosted = { missing = registry.missing }

local PASSWORD = "hush-hush-4711"
local BASE64 = shell.capture("printf reader:" .. PASSWORD .. " | base64")

--- Registries as registry.start takes them, by what they are.
hosted.kinds = {
  ["for anybody"] = {},
  ["behind a password"] = { users = { reader = PASSWORD } },
  ["with tokens for anybody"] = { token = { anonymous = { "team/app" } } },
  ["with tokens behind a password"] = { token = { users = { reader = PASSWORD } } },
  ["by redirects"] = { redirect = true },
}

local Image = {}
Image.__index = Image

--- push(kind, layout) -> the image in a registry of its own: .reference, .registry; image:stop()
function hosted.push(kind, layout)
  local wants_login = kind.users or kind.token and kind.token.users
  local self = setmetatable({ registry = registry.start(kind), options = {} }, Image)
  self.registry:push("oci:" .. layout, "team/app:1")
  self.reference = "docker://" .. self.registry.address .. "/team/app:1"
  if wants_login then
    local file = self.registry.folder .. "/reader"
    shell.write(file, PASSWORD .. "\n")
    self.options = { "--registry-user", "reader", "--registry-password-file", file }
  end
  if kind.tls then self.options = { "--ca-file", self.registry.ca, table.unpack(self.options) } end
  self.registry:mark()
  return self
end

function Image:stop()
  self.registry:stop()
end

local function check(self, text)
  for _, secret in ipairs { PASSWORD, BASE64, "eyJ" } do -- how a token begins
    if text:find(secret, 1, true) then error(self.reference .. ": a secret is told: " .. text, 3) end
  end
end

local function words(self, more, first)
  local all = table.move(self.options, 1, #self.options, #first + 1, first)
  table.move(more, 1, #more, #all + 1, all)
  all[#all + 1] = self.reference
  return all
end

--- image:scan { "--clair", … } -> the result as the JSON report has it
function Image:scan(more)
  return command.scan(words(self, more, {}))
end

--- image:fails(code, what, { "--clair", … }) -> the errors, which tell no secret
function Image:fails(code, what, more)
  local errors = command.fails(code, what, words(self, more, { "scan" }))
  check(self, errors)
  return errors
end

--- image:fetched(layers) -> who fetched each of the result's layers from the registry: user agents, sorted
function Image:fetched(layers)
  local agents = {}
  for i, layer in ipairs(layers) do
    local seen, list = {}, {}
    for _, request in ipairs(self.registry:requests("^GET /v2/team/app/blobs/" .. layer.digest .. "$")) do
      local agent = request.agent:match "^[^/]*"
      if request.status < 400 and not seen[agent] then
        seen[agent] = true
        list[#list + 1] = agent
      end
    end
    table.sort(list)
    agents[i] = table.concat(list, " ")
  end
  return agents
end

return hosted
