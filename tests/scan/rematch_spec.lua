-- An image judged again by another database, without being read: in the same process, and from a JSON report.

local core = require "tarsier.core"
local feed_server = require "support.feed_server"
local json = require "tarsier.json"
local oci = require "support.oci"
local report = require "tarsier.report"
local shell = require "support.shell"
local tarsier = require "tarsier"

local folder = shell.folder()
teardown(function() shell.remove(folder) end)

local function database(name, records)
  local inputs = {}
  for i, one in ipairs(records) do
    inputs[i] = ("%s/%s-%d.json"):format(folder, name, i)
    shell.write(inputs[i], json.encode(one))
  end
  local path = folder .. "/" .. name
  assert(core.import(path, inputs))
  return path
end

local function ids(scanned)
  local list = {}
  for i, finding in ipairs(scanned:findings()) do list[i] = finding.id end
  table.sort(list)
  return table.concat(list, " ")
end

local function kinds(scanned)
  local list = {}
  for i, problem in ipairs(scanned:problems()) do list[i] = problem.kind end
  table.sort(list)
  return table.concat(list, " ")
end

local T1 = "2026-01-01T00:00:00Z"
local curl = feed_server.record("DEBIAN-CVE-2026-0001", T1, "Debian:12", "curl", "8.0-1")
local tar = feed_server.record("DEBIAN-CVE-2026-0002", T1, "Debian:12", "tar", "2.0-1")

describe("a report matched again", function()
  local old = database("old.db", { curl })
  local new = database("new.db", { curl, tar })
  local image = folder .. "/image"
  oci.build(image, { { ["etc/os-release"] = oci.debian }, { ["var/lib/dpkg/status"] = oci.dpkg { { "curl", "7.0-1" },
    { "tar", "1.0" } },
    ["var/lib/rpm/rpmdb.sqlite"] = "this is no database" } })

  local function scan(path)
    local engine <close> = assert(core.open { database = path, cache_dir = "" })
    return assert(engine:scan("oci:" .. image))
  end

  it("has the findings of a scan with that database", function()
    local first, fresh = scan(old), scan(new)
    assert.equal("CVE-2026-0001", ids(first))
    local engine <close> = assert(core.open { database = new, cache_dir = "" })
    local again = assert(engine:rematch(first))
    first:close()
    collectgarbage()
    assert.equal("CVE-2026-0001 CVE-2026-0002", ids(again))
    assert.same(fresh:findings(), again:findings())
    assert.same(fresh:problems(), again:problems())
    assert.same(fresh:image().digest, again:image().digest)
    assert.equal(new, again:database().path)
    local third = assert(engine:rematch(again))
    again:close()
    assert.equal("CVE-2026-0001 CVE-2026-0002", ids(third))
  end)

  it("needs no database the first time", function()
    local engine <close> = assert(core.open { cache_dir = "" })
    local first = assert(engine:scan("oci:" .. image))
    assert.matches("no_database", kinds(first))
    local second <close> = assert(core.open { database = old, cache_dir = "" })
    local again = assert(second:rematch(first))
    assert.equal(kinds(scan(old)), kinds(again))
  end)

  it("may be a stored JSON report", function()
    local fresh = scan(new)
    local text = assert(report.text("json", tarsier.facts(scan(old))))
    local engine <close> = assert(core.open { database = new, cache_dir = "" })
    local again = assert(engine:rematch(assert(core.report_read(text))))
    local function pure(findings)
      for _, finding in ipairs(findings) do finding.layer.cached = nil end
      return findings
    end
    assert.same(pure(fresh:findings()), pure(again:findings()))
    assert.same(fresh:problems(), again:problems())
    assert.same(fresh:image().distro, again:image().distro)
    assert.same(fresh:image().config, again:image().config)
    assert.same(fresh:packages(), again:packages())
  end)

  it("keeps what a stored report says of the image", function()
    local told = folder .. "/told"
    oci.build(told, { { ["etc/os-release"] = oci.debian } }, { User = "jo", WorkingDir = "/srv", Env = { "A=1", "B=2" },
      Entrypoint = { "/run" }, Cmd = { "-v" }, ExposedPorts = { ["80/tcp"] = {} }, Volumes = { ["/data"] = {} },
      Labels = { one = "1", two = "2" }, Healthcheck = { Test = { "CMD", "check" } } }, { annotations = { note = "x" } })
    local engine <close> = assert(core.open { database = new, cache_dir = "" })
    local first = assert(engine:scan("oci:" .. told))
    local text = assert(report.text("json", tarsier.facts(first)))
    local cold, again = first:image(), assert(engine:rematch(assert(core.report_read(text)))):image()
    assert.equal("jo", cold.config.user)
    for key, value in pairs(cold) do
      if key ~= "layers" then assert.same(value, again[key], key) end
    end
  end)

  it("refuses what is no such report", function()
    for _, text in ipairs { "", "[]", "{}", '{"schema":"2","image":{},"packages":[]}', '{"schema":"1","image":{}}',
      '{"schema":"1","image":{},"packages":[{"layer":9}]}',
        '{"schema":"1","image":{"layers":[{}]},"packages":[{"layer":2}]}' } do
      local read, message, code = core.report_read(text)
      assert.is_nil(read)
      assert.equal("FORMAT", code, message)
    end
    local read, _, code = core.report_read '{"schema":"1","image":{},"packages":[],"backend":{"name":"clair-v4"}}'
    assert.is_nil(read)
    assert.equal("UNSUPPORTED", code)
  end)

  it("takes any values for the fields that it does not expect", function()
    local text = '{"schema":"1","image":{"layers":[7,null],"config":[],"distro":"x","history":{},"annotations":{"a":1}},'
      .. '"packages":[{"layer":-1,"name":5,"licenses":[null,"MIT"]},7],"problems":[{"kind":"note"},5,{"kind":"no_feed"}]}'
    local engine <close> = assert(core.open { database = new, cache_dir = "" })
    local again = assert(engine:rematch(assert(core.report_read(text))))
    assert.equal(2, #again:packages())
    assert.same({ "MIT" }, again:packages()[1].licenses)
    assert.equal("", ids(again))
  end)

  it("needs an engine with a database", function()
    local first = scan(old)
    local engine <close> = assert(core.open { cache_dir = "" })
    local again, message, code = engine:rematch(first)
    assert.is_nil(again)
    assert.equal("USAGE", code)
    assert.matches("has no database", message)
  end)
end)
