-- The sample image's reports in all formats, tests/data/reports/sample: what a newcomer gets to see. They are written from
-- a saved scan, json.json there, so that a newer database does not change them. UPDATE=1 scans the sample again first.

local report = require "tarsier.report"
local saved = require "tarsier.saved"
local shell = require "support.shell"

local FOLDER = "tests/data/reports/sample/"
local BUILD = os.getenv "TARSIER_BUILD" or "build"
local LUA = os.getenv "LUA" or "lua5.4"

-- What differs from scan to scan and from machine to machine.
local function settle(result)
  result.started, result.finished = "2026-11-24T12:00:00Z", "2026-11-24T12:00:01Z"
  result.usage = { seconds = 1.0, bytes_read = 0, layers_read = 0, layers_cached = 0 }
  result.image.reference, result.database.path, result.database.built = "oci:sample", "starter.db", ""
  for _, layer in ipairs(result.image.layers) do layer.cached = false end
  for _, finding in ipairs(result.findings) do if finding.layer then finding.layer.cached = false end end
  for _, policy in ipairs(result.verdict.policies) do policy.usage, policy.file = nil, "policies/" .. policy.name .. ".lua" end
  return result
end

local function scan()
  local path = os.tmpname()
  local code, _, errors = shell.run(("%s lua/bin/tarsier scan oci:%s/sample --db %s/starter.db --no-cache -q --no-fail -f json=%s")
    :format(LUA, BUILD, BUILD, path))
  assert.equal(0, code, errors)
  local result = settle(assert(saved.read_judged(shell.read(path), "scan")))
  os.remove(path)
  shell.write(FOLDER .. "json.json", report.text("json", result))
end

local function sample()
  return assert(saved.read_judged(shell.read(FOLDER .. "json.json"), "sample"))
end

describe("the sample image's report", function()
  if os.getenv "UPDATE" then scan() end

  for _, format in ipairs(report.list()) do
    it(format.name .. " is what it was", function()
      local path = FOLDER .. format.name .. "." .. format.extension
      local text = report.text(format.name, sample(), format.name == "table" and { width = 120 } or nil)
      if os.getenv "UPDATE" then shell.write(path, text) end
      assert.equal(shell.read(path), text)
    end)
  end

  -- A person who has never seen the tool can say which commands to run next.
  for _, name in ipairs { "table", "markdown", "html" } do
    it(name .. " names the next two commands before it names a finding", function()
      local text = report.text(name, sample()):gsub("<script>.-</script>", ""):gsub("<style>.-</style>", "")
      text = text:gsub("</?span>", "") -- of a command's words
      local function place(command) return assert(text:find(command, 1, true), command) end
      place "Run each command where the image is built"
      local upgrade, install = place "apt-get install -y --only-upgrade", place "pip install --upgrade"
      if name ~= "table" then
        local first = text:find("CVE-2023-4863", 1, true)
        assert.is_true(upgrade < first and install < first)
      end
    end)
  end
end)
