-- What the command tells the engine about registries: options, variables and files become settings.

local registry = require "tarsier.cli.registry"
local shell = require "support.shell"

local LUA = os.getenv "LUA" or "lua5.4"

-- In a process of its own, for variables and standard input: settings as "user password plain ca", or the message.
local function settings(options, variables, input)
  local script = ([[
    local registry, arguments = require "tarsier.cli.registry", require "tarsier.cli.arguments"
    local command = { arguments = { { name = "IMAGE" } }, options = registry.options }
    local options, rest = assert(arguments.parse(command, arg))
    local config, message = registry.config(options, rest[1])
    if not config then print(message) return end
    io.write(("%%s|%%s|%%s|%%s|"):format(config.registry_user, config.registry_password, config.plain_http,
      config.ca_file), io.read "a")]])
  local folder = shell.folder()
  finally(function() shell.remove(folder) end)
  shell.write(folder .. "/script.lua", script:gsub("%%%%", "%%"))
  shell.write(folder .. "/input", input or "")
  shell.write(folder .. "/password", "s3 cr3t\r\n")
  local _, output, errors = shell.run(("env -u SSL_CERT_FILE -u TARSIER_REGISTRY_USER -u TARSIER_REGISTRY_PASSWORD %s %s %s/script.lua %s "
    .. "<%s/input"):format(variables or "", LUA, folder, options:gsub("@", folder .. "/"), folder))
  assert.equal("", errors)
  return output
end

describe("the registry's settings", function()
  local cases = {
    { "image", nil, nil, "nil|nil|nil|nil|" },
    { "--plain-http --ca-file ca.pem image", nil, nil, "nil|nil|true|ca.pem|" },
    { "image", "SSL_CERT_FILE=all.pem", nil, "nil|nil|nil|all.pem|" },
    { "--ca-file ca.pem image", "SSL_CERT_FILE=all.pem", nil, "nil|nil|nil|ca.pem|" },
    { "--registry-user jo --registry-password-file @password image", nil, nil, "jo|s3 cr3t|nil|nil|" },
    { "--registry-user jo --registry-password-file - image", nil, "of\nlines\n", "jo|of\nlines|nil|nil|" },
    { "--registry-user jo --registry-password-file - image", nil, "no newline", "jo|no newline|nil|nil|" },
    { "image", "TARSIER_REGISTRY_USER=env TARSIER_REGISTRY_PASSWORD='from env'", nil, "env|from env|nil|nil|" },
    { "--registry-user jo --registry-password-file @password -", "TARSIER_REGISTRY_USER=env TARSIER_REGISTRY_PASSWORD=x",
      "archive", "jo|s3 cr3t|nil|nil|archive" },
    { "--registry-user jo image", "TARSIER_REGISTRY_PASSWORD=x", nil, "jo|x|nil|nil|" },
    { "--registry-password-file @password image", "TARSIER_REGISTRY_USER=env", nil, "env|s3 cr3t|nil|nil|" },
    { "image", "TARSIER_REGISTRY_USER= TARSIER_REGISTRY_PASSWORD=", nil, "nil|nil|nil|nil|" },
    { "image", "TARSIER_REGISTRY_USER=env", nil, "--registry-user requires a password: give --registry-password-file "
      .. "FILE or set $TARSIER_REGISTRY_PASSWORD\n" },
    { "image", "TARSIER_REGISTRY_PASSWORD=x", nil, "$TARSIER_REGISTRY_PASSWORD requires a user: give --registry-user "
      .. "NAME or set $TARSIER_REGISTRY_USER\n" },
  }
  for _, case in ipairs(cases) do
    it(("of %s, with %s"):format(case[1], case[2] or "no variables"), function()
      assert.equal(case[4], settings(case[1], case[2], case[3]))
    end)
  end

  it("are options of every command that reads an image, once each", function()
    for _, name in ipairs { "scan", "packages", "clair_scanner" } do
      local count = 0
      for _, option in ipairs(require("tarsier.cli." .. name).options) do
        for _, known in ipairs(registry.options) do
          if option.long == known.long then count = count + 1 end
        end
      end
      assert.equal(#registry.options, count, name)
    end
  end)

  it("reach the engine by way of the module", function()
    local tarsier = require "tarsier"
    local settings_of = { registry_user = "jo", registry_password = "x", plain_http = true, ca_file = "ca.pem",
      cache_dir = "" }
    local engine <close> = assert(tarsier.open(settings_of))
    assert.is_truthy(engine)
    local folder = shell.folder()
    finally(function() shell.remove(folder) end)
    os.execute("mkdir " .. folder .. "/root")
    assert(tarsier.packages("dir:" .. folder .. "/root", settings_of))
  end)
end)
