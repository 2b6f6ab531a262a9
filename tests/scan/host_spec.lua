-- What tarsier.h promises to hosts in C.

local host = require "support.host"
local shell = require "support.shell"

-- Calls each(name) for every function of the public headers whose declaration fits the pattern.
local function each_function(pattern, each)
  local count = 0
  for _, header in ipairs { "tarsier", "tarsier_policy", "tarsier_report", "tarsier_share", "tarsier_tools" } do
    for name in shell.read("engine/" .. header .. ".h"):gmatch("TARSIER_API void " .. pattern) do
      each(name)
      count = count + 1
    end
  end
  assert.is_true(count > 5)
end

describe("a host in C", function()
  if host.missing() then return pending(host.missing()) end

  local folder
  setup(function() folder = shell.folder() end)
  teardown(function() shell.remove(folder) end)

  it("may have an older or a newer header than the library", function()
    local program = host.build("tests/support/hosts/sizes.c", folder)
    local code, output, errors = shell.run { program, folder .. "/x.db", "engine/starter/CVE-2021-44228.json" }
    assert.equal(0, code, errors)
    local codes, others, zeros = output:match "^(.*no config: OK\n)(.-)(init .*)$"
    assert.equal([[
old config: kept
old judge: kept
old import: kept
same engine: OK
same judge: OK
same import: OK
shorter engine: OK
shorter judge: OK
shorter import: OK
longer, zero engine: OK
longer, zero judge: OK
longer, zero import: OK
longer, set engine: USAGE
longer, set judge: USAGE
longer, set import: USAGE
no size engine: USAGE
no size judge: USAGE
no size import: USAGE
no config: OK
]], codes)
    local expected = {}
    for _, size in ipairs { "same", "shorter", "longer, zero" } do
      expected[#expected + 1] = ("%s scan: IO\n%s source: NOT_FOUND\n%s download: OK\n%s repository: OK\n%s http: IO\n"):gsub("%%s", size)
    end
    for _, size in ipairs { "longer, set", "no size" } do
      for _, what in ipairs { "scan", "source", "download", "repository", "http" } do
        expected[#expected + 1] = size .. " " .. what .. ": USAGE\n"
      end
    end
    assert.equal(table.concat(expected) .. ("bad source: USAGE\n"):rep(3), others)
    each_function("tarsier_([%w_]+)_init_size%(", function(name)
      assert.matches(("init %s: zero\n"):format(name), zeros, 1, true)
    end)
  end)

  it("gets the same code whether or not it asks for the message", function()
    local program = host.build("tests/support/hosts/codes.c", folder)
    shell.write(folder .. "/text", "not an image")
    os.execute(("mkdir -p %s/oci && echo '{\"imageLayoutVersion\":\"1.0.0\"}' >%s/oci/oci-layout"):format(folder, folder))
    shell.write(folder .. "/oci/index.json", '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",'
      .. '"size":2,"digest":"sha256:' .. ("0"):rep(64) .. '"}]}')
    local code, output, errors = shell.run { program, folder .. "/text", "/nowhere", "oci:" .. folder .. "/oci", "oci:", "docker://:",
      "docker-archive:/dev/null", "dir:/nowhere" }
    assert.equal(0, code, errors)
    local count = 0
    for call, with, without, record in output:gmatch "([^\n:]+): (%S+) (%S+) (%S+)\n" do
      count = count + 1
      assert.equal(with, without, call)
      assert.equal("same", record, call)
      assert.not_equal("OK", with, call)
    end
    assert.equal(43, count, output)
  end)

  it("may free what it never got", function()
    local program = shell.read "tests/support/hosts/codes.c" -- which the spec before this one runs
    each_function("(tarsier_[%w_]*free)%(", function(name) assert.matches(name .. "(NULL);", program, 1, true) end)
  end)
end)
