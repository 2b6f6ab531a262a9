-- The command on images in registries, with nobody's own log-ins, and with an eye on what must stay secret.

local json = require "tarsier.json"
local shell = require "support.shell"
local temporary = require "support.temporary"

local command = {}
command.__index = command

local NOBODY = "env -u REGISTRY_AUTH_FILE -u DOCKER_CONFIG -u TARSIER_REGISTRY_USER -u TARSIER_REGISTRY_PASSWORD "
  .. "-u XDG_RUNTIME_DIR -u XDG_CONFIG_HOME -u CLAIR_URL -u GITLAB_CI TARSIER_TEST_SECOND=50 DOCKER_HOST=unix:///nowhere HOME=%s "

--- new { secrets } -> a command that never prints one of them, plainly or in base64
function command.new(secrets)
  local self = setmetatable({ folder = shell.folder(), secrets = { "eyJ" } }, command) -- how a JWT begins
  os.execute("mkdir " .. self.folder .. "/home")
  for _, secret in ipairs(secrets) do
    self.secrets[#self.secrets + 1] = secret
    -- The last four letters of base64 may be others where more follows.
    self.secrets[#self.secrets + 1] = command.base64(secret):sub(1, -5)
  end
  return self
end

function command:stop()
  shell.remove(self.folder)
end

--- file(name, content) -> its path
function command:file(name, content)
  local path = self.folder .. "/" .. name
  os.execute("mkdir -p " .. shell.quote(path:match "^(.*)/"))
  return temporary.write(path, type(content) == "table" and json.encode(content) or content)
end

function command.base64(text)
  return (shell.capture("printf %s " .. shell.quote(text) .. " | base64 -w 0"))
end

--- leaks(text) -> the first secret in it
function command:leaks(text)
  for _, secret in ipairs(self.secrets) do
    if text:find(secret, 1, true) then return secret end
  end
end

--- line(words, [variables], [input]) -> the command line
function command:line(words, variables, input)
  local parts = { input and ("printf %s " .. shell.quote(input) .. " |") or "", NOBODY:format(self.folder .. "/home") }
  for name, value in pairs(variables or {}) do parts[#parts + 1] = name .. "=" .. shell.quote(value) end
  parts[#parts + 1] = (os.getenv "LUA" or "lua5.4") .. " lua/bin/tarsier"
  for _, word in ipairs(words) do parts[#parts + 1] = shell.quote(word) end
  return table.concat(parts, " ")
end

--- run { command, reference, options = { … }, variables = { … }, input = … } -> exit code, output, errors
function command:run(given)
  local words = table.move(given.options or {}, 1, #(given.options or {}), 3, { given[1], given[2] })
  if not given.cached then words[#words + 1] = "--no-cache" end
  local code, output, errors = shell.run(self:line(words, given.variables, given.input))
  local leaked = self:leaks(output .. errors)
  if leaked then error(("%s says %q: %s%s"):format(given[2], leaked, output, errors), 2) end
  return code, output, errors
end

--- scan(reference, [{ options, variables, input, cached }]) -> the result as the JSON report has it
function command:scan(reference, given)
  given = setmetatable({ "scan", reference }, { __index = given })
  -- What is attached to images has specs of its own: here requests are counted.
  given.options = table.move(given.options or {}, 1, #(given.options or {}), 5, { "--no-fail", "-f", "json", "--no-attached-vex" })
  local code, output, errors = self:run(given)
  if code ~= 0 then error(("%s: exit %d: %s"):format(reference, code, errors), 2) end
  return json.decode(output), errors
end

local PRINT_CODE = [[
local engine = assert(require "tarsier".open { cache_dir = "" })
local _, message, code = engine:scan(arg[1])
io.write(tostring(code), "\n", tostring(message))]]

--- refused(reference) -> the code that the library refuses it with, to anybody, and its message
function command:refused(reference)
  local line = self:line({ reference }):gsub("lua/bin/tarsier", self:file("refused.lua", PRINT_CODE))
  local _, output, errors = shell.run(line)
  local code, message = output:match "^([^\n]*)\n(.*)$"
  return code or errors, message
end

--- facts(result) -> what has to be the same wherever the image is: all but names, times and what was cached
function command.facts(result)
  local image, verdict = result.image, result.verdict
  local facts = { verdict = { verdict.decision, verdict.pass, verdict.tally, verdict.reasons }, problems = result.problems, findings = result.findings,
    packages = result.packages, digest = image.digest, id = image.id, os = image.os, architecture = image.architecture,
    config = image.config, distro = image.distro, ecosystem = image.ecosystem, layers = image.layers }
  for _, layer in ipairs(image.layers) do layer.cached = nil end
  for _, finding in ipairs(result.findings) do finding.layer.cached = nil end
  return facts
end

return command
