-- Clair as the backend, against servers that answer by a script: v1 as Clair v2.1.8 was recorded, v4 as its source
-- says; and everything that can go wrong on the way.
local core = require "tarsier.core"
local images = require "support.images"
local json = require "tarsier.json"
local pace = require "support.pace"
local replay = require "support.clair_replay"
local shell = require "support.shell"

local KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ="

-- ---- a Clair v4, as rules ------------------------------------------------------------------------------------------

local INDEX = { manifest_hash = "{hash}", state = "IndexFinished", success = true, err = "", packages = {} }

local function vulnerability(id, fields)
  local record = {
    id = id, updater = "debian/updater", name = "CVE-2024-00" .. id, description = "about " .. id,
    issued = "2024-05-06T00:00:00Z",
    links = "https://tracker.example/" .. id .. " https://other.example/" .. id, severity = "high",
    normalized_severity = "High",
    package = { id = "", name = "advisory's", version = "" }, fixed_in_version = "2.0",
  }
  for key, value in pairs(fields or {}) do record[key] = value end
  return record
end

local function package(id, name, fields)
  local record = { id = id, name = name, version = "1.0-1", kind = "binary", arch = "amd64", normalized_version = "",
                   source = { id = id .. "s", name = name .. "-source", version = "1.0", kind = "source" } }
  for key, value in pairs(fields or {}) do record[key] = value end
  return record
end

local function report(fields)
  local document = {
    manifest_hash = "{hash}",
    packages = { ["1"] = package("1", "libfoo"), ["2"] = package("2", "bar") },
    distributions = { ["1"] = { id = "1", did = "debian", name = "Debian GNU/Linux", version = "12 (bookworm)",
      version_id = "12",
                                version_code_name = "bookworm", arch = "", cpe = "",
                                pretty_name = "Debian GNU/Linux 12 (bookworm)" } },
    repository = {},
    environments = {
      ["1"] = json.array { { package_db = "var/lib/dpkg/status", introduced_in = "{layer:0}", distribution_id = "1" } },
      ["2"] = json.array { { package_db = "var/lib/dpkg/status", introduced_in = "{layer:1}", distribution_id = "1" } },
    },
    vulnerabilities = { ["10"] = vulnerability "10" },
    package_vulnerabilities = { ["2"] = json.array { "10" } },
    enrichments = {},
  }
  for key, value in pairs(fields or {}) do document[key] = value end
  return document
end

local STATE = { method = "GET", path = "/indexer/api/v1/index_state", status = 200, body = { state = "abc" } }
local UNKNOWN = { method = "GET", path = "/matcher/api/v1/vulnerability_report/sha256:0{64}", status = 404,
                  body = { code = "not-found", message = "index report not found" } }
local function post(rule)
  rule.method, rule.path = "POST", "/indexer/api/v1/index_report"
  return rule
end
local function get(rule)
  rule.method, rule.path = "GET", "/matcher/api/v1/vulnerability_report/sha256:.*"
  return rule
end
local function v4(document, ...)
  local rules = { ... }
  for _, rule in ipairs { STATE, UNKNOWN, post { status = 201, body = INDEX },
    get { status = 200, body = document or report() } } do
    rules[#rules + 1] = rule
  end
  return { rules = json.array(rules) }
end

-- The one report in which a package of ours is somewhere else.
local function placed(environment)
  local document = report()
  document.environments["1"] = json.array { environment }
  return document
end

-- changed(document, "vulnerabilities.10.links", 7): the document with another value there; nil takes the key out.
local function changed(document, place, value)
  local at, last = document, nil
  for key in place:gmatch "[^.]+" do
    if last then at = at[last] end
    last = math.tointeger(key) and #at > 0 and math.tointeger(key) or key
  end
  at[last] = value
  return document
end

-- As the server fills it in where it was told of the image.
local function fill(document, digest, layers)
  return (json.encode(document):gsub("{hash}", digest):gsub("{layer:(%d)}", function(index)
    return layers[tonumber(index) + 1].digest
  end))
end

-- ---- one scan ------------------------------------------------------------------------------------------------------

describe("Clair", function()
  local folder
  before_each(function() folder = images.folder() end)
  after_each(function() images.remove(folder) end)
  setup(function() core.host.set_second(100) end) -- pauses are short
  teardown(function()
    core.host.set_second(1000)
    replay.finish()
  end)

  local function image(count, edit)
    local layout, layers, history = images.layout(), {}, {}
    for i = 1, count do
      local tar = images.tar { { "opt/layer" .. i, "layer " .. i } }
      layers[i] = { tar = tar, blob = images.gzip(tar), type = images.types.gzip }
      history[i] = { created_by = "RUN step " .. i }
    end
    if edit then edit(layers) end
    local manifest = layout:add(layout:image { layers = layers, history = history }, "app")
    local path = layout:write(folder .. "/image")
    local written = json.decode(images.read(path .. "/" .. images.blob_path(manifest.digest)))
    return "oci:" .. path, manifest.digest, written.layers
  end

  local function scan(server, reference, config)
    config = config or {}
    config.clair = config.clair or type(server) == "string" and server or server.url
    config.cache_dir = ""
    local engine <close> = assert(core.open(config))
    return engine:scan(reference)
  end

  local function fails(code, pattern, server, reference, config)
    local result, message, found = scan(server, reference, config)
    assert.is_nil(result, "no error, and there should be " .. code .. ": " .. pattern)
    assert.equal(code, found, message)
    assert.matches(pattern, message)
    return message
  end

  local function needs(recorded)
    if not replay.has() then return "needs python3: apt-get install python3" end
    if recorded and not replay.recorded() then
      return "needs the recorded exchanges: set TARSIER_SHARED to the folder that holds clair-v1"
    end
  end

  local function test(name, body)
    it(name, function()
      local lack = needs(false)
      if lack then return pending(lack) end
      body()
    end)
  end

  local function test_v1(name, body)
    it(name, function()
      local lack = needs(true)
      if lack then return pending(lack) end
      body()
    end)
  end

  local function v1(chain, ...)
    return { exchanges = replay.recorded(), chain = chain, rules = json.array { ... } }
  end

  local function find(findings, id, name)
    for _, finding in ipairs(findings) do
      if finding.id == id and (not name or finding.package.name == name) then return finding end
    end
  end

  -- ---- v1 ----------------------------------------------------------------------------------------------------------

  test_v1("v1: posts the layers from the bottom up, reads the top, and deletes them", function()
    local server <close> = replay.start(v1("rec-multi", { method = "DELETE", path = "/v1/layers/.*", status = 200 }))
    local result = assert(scan(server, (image(5))))
    local posts = server:requests("POST", "^/v1/layers$")
    assert.equal(5, #posts)
    local names, parent = {}, nil
    for i, request in ipairs(posts) do
      local layer = json.decode(request.body).Layer
      assert.equal(parent, layer.ParentName)
      assert.equal("Docker", layer.Format)
      assert.matches("^http://localhost:%d+/%x+/sha256:%x+$", layer.Path)
      assert.is_nil(names[layer.Name])
      names[layer.Name], parent = i, layer.Name
    end
    assert.equal("/v1/layers/" .. parent .. "?features&vulnerabilities", server:requests("GET", "/v1/layers/")[1].path)
    local deleted = server:requests("DELETE")
    assert.equal(1, #deleted) -- the lowest takes its children along
    assert.equal(1, names[deleted[1].path:match "[^/]+$"])

    assert.equal(79, #result:packages())
    assert.equal(33, #result:findings())
    assert.same({}, result:problems())
    local about = result:image()
    assert.equal("Debian:12", about.ecosystem)
    assert.same({ "debian", "12" }, { about.distro.id, about.distro.version })
    assert.equal("RUN step 3", about.layers[3].created_by)
    assert.is_nil(result:database())
    assert.equal(5, result:usage().layers_read)
  end)

  test_v1("v1: each layer is told before Clair is given it, and the port before all", function()
    local server <close> = replay.start(v1("rec-multi"))
    local told = {}
    local result = assert(scan(server, (image(5)), { on_event = function(event)
      if event.kind == "analyzing" then told[#told + 1] = { event.index, event.total, event.digest } end
      if event.kind == "serving" then told.port = event.total end
    end }))
    assert.equal(5, #told)
    for i, each in ipairs(told) do assert.same({ i, 5, result:image().layers[i].digest }, each) end
    assert.matches("^http://localhost:" .. told.port .. "/", json.decode(server:requests("POST")[1].body).Layer.Path)
  end)

  test_v1("v1: what it says of a package and a vulnerability becomes our records", function()
    local server <close> = replay.start(v1("rec-multi", { method = "DELETE", path = ".*", status = 200 }))
    local result = assert(scan(server, (image(5))))
    local recorded = {}
    for _, exchange in ipairs(assert(json.decode(shell.read(replay.recorded()))).exchanges) do
      if exchange.note == "multi-oci: top layer with everything" then
        recorded = json.decode(exchange.response.body).Layer.Features
      end
    end
    local expected, count = {}, 0
    for _, feature in ipairs(recorded) do
      for _, each in ipairs(feature.Vulnerabilities or {}) do
        expected[feature.Name .. " " .. feature.Version .. " " .. each.Name] = { feature, each }
        count = count + 1
      end
    end
    assert.equal(count, #result:findings())
    local last = math.huge
    local rank = { Unknown = 0, Negligible = 1, Low = 2, Medium = 3, High = 4, Critical = 5 }
    for _, finding in ipairs(result:findings()) do
      local pair = expected[finding.package.name .. " " .. finding.package.version .. " " .. finding.id]
      assert.is_table(pair, finding.id)
      assert.equal(pair[2].Severity, finding.severity)
      assert.equal(pair[2].FixedBy, finding.fixed_by)
      assert.equal(pair[2].Link or "", finding.url)
      assert.equal(pair[2].Description or "", finding.description)
      assert.equal(tonumber(pair[1].AddedBy:match "%d+$") + 1, finding.layer.index)
      assert.equal("clair-v1", finding.backend)
      assert.matches("^pkg:deb/debian/", finding.package.purl)
      assert.is_true(rank[finding.severity] <= last)
      last = rank[finding.severity]
    end
  end)

  test_v1("v1: Alpine's and rpm's packages are what they are, whatever Clair calls their versions", function()
    local server <close> = replay.start(v1("rec-alpine", { method = "DELETE", path = ".*", status = 200 }))
    local result = assert(scan(server, (image(1))))
    local musl = find(result:findings(), "CVE-2020-28928")
    assert.same({ "apk", "Alpine:v3.20", "1.1.24-r0", "1.2.2_pre2-r0", "Unknown" },
      { musl.package.type, musl.package.ecosystem, musl.package.version, musl.fixed_by, musl.severity })
    local rocky <close> = replay.start(v1("rec-rpm-bdb-oci", { method = "DELETE", path = ".*", status = 200 }))
    result = assert(scan(rocky, (image(1))))
    local bash
    for _, each in ipairs(result:packages()) do bash = each.name == "bash" and each or bash end
    assert.same({ "rpm", "Rocky Linux:9", "5.1.8-6.el9", "pkg:rpm/rocky/bash@5.1.8-6.el9?distro=rocky-9" },
      { bash.type, bash.ecosystem, bash.version, bash.purl })
  end)

  test_v1("v1: no features are no clean image", function()
    local server <close> = replay.start(v1("rec-rpm-sqlite-oci", { method = "DELETE", path = ".*", status = 200 }))
    local result = assert(scan(server, (image(1))))
    assert.same({}, result:packages())
    assert.equal("no_packages", result:problems()[1].kind)
  end)

  test_v1("v1: another scan has other names; --keep has the same ones, and deletes nothing", function()
    local function names(keep)
      local server <close> = replay.start(v1("rec-multi"))
      assert(scan(server, (image(5)), { clair_keep = keep }))
      local list = {}
      for i, request in ipairs(server:requests "POST") do list[i] = json.decode(request.body).Layer.Name end
      assert.equal(keep and 0 or 1, #server:requests "DELETE")
      return table.concat(list, " ")
    end
    assert.not_equal(names(false), names(false))
    assert.equal(names(true), names(true))
  end)

  test_v1("v1: an empty database is an error", function()
    local server <close> = replay.start { rules = json.array {
      { path = "/v1/namespaces", status = 200, body = '{"Namespaces":null}' } } }
    fails("BACKEND", "database of Clair at .* is empty", server, (image(1)))
    local status = assert(core.clair_status { clair = server.url })
    assert.same({ "v1", false }, { status.generation, status.ready })
  end)

  test_v1("v1: a system without vulnerabilities in its database is a gap", function()
    local server <close> = replay.start(v1("rec-multi", { method = "DELETE", path = ".*", status = 200 },
      { path = "/v1/namespaces", status = 200, body = '{"Namespaces":[{"Name":"other:1"}]}' }))
    local found = {}
    for _, problem in ipairs(assert(scan(server, (image(5)))):problems()) do
      if problem.kind == "no_feed" then found[#found + 1] = problem.subject .. ": " .. problem.message end
    end
    assert.matches("Clair has no vulnerability data for this system: its packages were not matched$", found[1])
  end)

  for note, expected in pairs {
    ["address answers 404"] = { "BACKEND", "cannot fetch layer 1 of 1 from http://localhost:%d+/.*%-%-layer%-host" },
    ["unknown parent"] = { "BACKEND", "it was deleted" },
    ["unsupported format word"] = { "BACKEND", "400: unsupported image format" },
    ["no name"] = { "BACKEND", "does not have a name" },
    ["body is not JSON"] = { "BACKEND", "invalid character" },
    ["empty object"] = { "BACKEND", "failed to provide layer" },
    ["zstd layer"] = { "FORMAT", "layer 1 of 1.*could not extract the archive" },
    ["unknown path"] = { "BACKEND", "with 404: 404 page not found" },
  } do
    test_v1("v1: explains what was recorded as \"" .. note .. "\", and cleans up", function()
      local server <close> = replay.start(v1("rec-alpine", { method = "POST", path = "/v1/layers", note = note }))
      fails(expected[1], expected[2], server, (image(1)))
      assert.equal(1, #server:requests "POST")
      assert.equal(1, #server:requests "DELETE")
    end)
  end

  for words, expected in pairs {
    ["worker: OS and/or package manager are not supported"] = "UNSUPPORTED",
    ["tarutil: could not extract: file too big"] = "LIMIT",
  } do
    test_v1("v1: 422 \"" .. words .. "\" is about the image", function()
      local server <close> = replay.start(v1("rec-alpine",
        { method = "POST", path = "/v1/layers", status = 422, body = { Error = { Message = words } } }))
      fails(expected, "layer 1 of 1", server, (image(1)))
    end)
  end

  test_v1("v1: says that it reads no zstd before it posts anything", function()
    if not images.has "zstd" then return pending "needs zstd: apt-get install zstd" end
    local server <close> = replay.start(v1 "rec-alpine")
    local reference = image(1, function(layers)
      images.write(folder .. "/tar", layers[1].tar)
      images.run("zstd -q %s", folder .. "/tar")
      layers[1].blob, layers[1].type = images.read(folder .. "/tar.zst"), images.types.tar .. "+zstd"
    end)
    fails("UNSUPPORTED", "compressed with zstd, which Clair v2 cannot read", server, reference)
    assert.equal(0, #server:requests "POST")
  end)

  for _, status in ipairs { 200, 204, 302, 403 } do
    test_v1("v1: " .. status .. " is no 201", function()
      local server <close> = replay.start(v1("rec-alpine",
        { method = "POST", path = "/v1/layers", status = status, body = '{"Layer":{"Name":"x"}}' }))
      fails("BACKEND", "POST /v1/layers with " .. status, server, (image(1)))
    end)
  end

  test_v1("v1: a 201 of another layer, or of none, is no yes", function()
    for _, body in ipairs { '{"Layer":{"Name":"x"}}', "{}", "", "[]", "nonsense" } do
      local server <close> = replay.start(v1("rec-alpine",
        { method = "POST", path = "/v1/layers", status = 201, body = body }))
      fails("BACKEND", body:match "^{" and "layer 1 of 1" or "not a JSON object", server, (image(1)))
    end
  end)

  test_v1("v1: layers that vanish, and answers about others, are errors", function()
    for note, expected in pairs { ["unknown layer"] = "they were deleted",
      ["features only"] = "about another layer" } do
      local server <close> = replay.start(v1("rec-multi", { method = "GET", path = "/v1/layers/.*", note = note }))
      fails("BACKEND", expected, server, (image(5)))
    end
  end)

  test_v1("v1: what is there and is not as it has to be is an error that names the place", function()
    local top, about
    for _, exchange in ipairs(assert(json.decode(shell.read(replay.recorded()))).exchanges) do
      if exchange.note == "alpine-old-oci: top layer with everything" then top = exchange.response.body end
    end
    for i, feature in ipairs(json.decode(top).Layer.Features) do
      if feature.Vulnerabilities then about = i break end
    end
    local reference = image(1)
    local feature = "Layer.Features." .. about
    local null, list, object = json.null, json.array {}, json.object()
    local words = { [feature .. ".Name"] = "holds a package without a name or a version",
      [feature .. ".Version"] = "holds a package without a name or a version",
      [feature .. ".Vulnerabilities.1.Name"] = "holds a vulnerability without a name",
      [feature .. ".Vulnerabilities.1.Severity"] = "unknown severity" }
    for place, wrong in pairs {
      ["Layer"] = { false, null, list }, ["Layer.NamespaceName"] = { null, 7 },
      ["Layer.Features"] = { null, object, "x" }, [feature] = { null, list, 7 },
      [feature .. ".Name"] = { false, null, 7, "" }, [feature .. ".Version"] = { false, null, 7, "" },
      [feature .. ".AddedBy"] = { false, null, 7 }, [feature .. ".NamespaceName"] = { null, 7 },
      [feature .. ".VersionFormat"] = { null, list }, [feature .. ".Vulnerabilities"] = { null, object, "x" },
      [feature .. ".Vulnerabilities.1"] = { null, list, 7 },
      [feature .. ".Vulnerabilities.1.Name"] = { false, null, 7, "" },
      [feature .. ".Vulnerabilities.1.Severity"] = { false, null, 7, list, "", "Odd" },
      [feature .. ".Vulnerabilities.1.FixedBy"] = { null, 7, list, object },
      [feature .. ".Vulnerabilities.1.Link"] = { null, 7 }, [feature .. ".Vulnerabilities.1.Description"] = { null, 7 },
      [feature .. ".Vulnerabilities.1.Metadata"] = { null, "x", { NVD = 7 }, { NVD = { CVSSv3 = "x" } },
        { NVD = { CVSSv3 = { Score = "9.8" } } }, { NVD = { CVSSv2 = { Vectors = 7 } } } },
    } do
      for _, value in ipairs(wrong) do
        local body = changed(json.decode(top), place, value or nil) -- false: it is not there
        local server <close> = replay.start(v1("rec-alpine",
          { method = "GET", path = "/v1/layers/.*", status = 200, body = body, renamed = true }))
        local said = (value == "" or value == "Odd") and words[place]
        local message = fails("BACKEND", said or "^Clair's answer is not whole: Layer", server, reference)
        local key = place:match "(%a+)[.%d]*$"
        assert.is_truthy(said or key == "Severity" or message:find(key, 1, true), message)
      end
    end
  end)

  test_v1("v1: the format of versions tells the type of packages of an unknown system", function()
    local top
    for _, exchange in ipairs(assert(json.decode(shell.read(replay.recorded()))).exchanges) do
      if exchange.note == "alpine-old-oci: top layer with everything" then top = exchange.response.body end
    end
    local answer = json.decode(top)
    local features = answer.Layer.Features
    features[1].NamespaceName, features[1].VersionFormat, features[1].Version = "weird:1", "rpm", "0:1-2"
    features[2].NamespaceName, features[2].VersionFormat, features[2].Version = "odd", "dpkg", "1-2"
    features[3].NamespaceName, features[3].VersionFormat, features[3].Version = "oracle:8", "rpm", "0:1-2.el8"
    local server <close> = replay.start(v1("rec-alpine",
      { method = "GET", path = "/v1/layers/.*", status = 200, body = answer, renamed = true },
      { method = "DELETE", path = ".*", status = 200 }))
    local types = {}
    for _, told in ipairs(assert(scan(server, (image(1)))):packages()) do
      types[told.name] = told.ecosystem .. " " .. told.type .. " " .. told.version
    end
    assert.same({ "weird:1 rpm 1-2", "odd deb 1-2", "Oracle Linux:8 rpm 1-2.el8" },
      { types[features[1].Name], types[features[2].Name], types[features[3].Name] })
  end)

  test_v1("v1: top layers that it does not give are an error", function()
    local server <close> = replay.start(v1("rec-alpine",
      { method = "GET", path = "/v1/layers/.*", status = 403, body = { Error = { Message = "not you" } } },
      { method = "DELETE", path = ".*", status = 200 }))
    fails("BACKEND", "answers GET /v1/layers/.* with 403: not you", server, (image(1)))
    assert.equal(1, #server:requests("DELETE"))
  end)

  test("v1: a list of namespaces that is none is an error, and not an empty database", function()
    for _, namespaces in ipairs { 7, "x", json.object(), json.array { json.null }, json.array { { Name = 7 } },
      json.array { json.object() } } do
      local server <close> = replay.start { rules = json.array {
        { path = "/v1/namespaces", status = 200, body = { Namespaces = namespaces } } } }
      fails("BACKEND", "GET /v1/namespaces is not whole: Namespaces", server, (image(1)))
    end
  end)

  test("a status counts the namespaces of v1", function()
    for count, expected in pairs { "1 namespace", "2 namespaces" } do
      local list = {}
      for i = 1, count do list[i] = { Name = "debian:" .. i } end
      local server <close> = replay.start { rules = json.array {
        { path = "/v1/namespaces", status = 200, body = { Namespaces = json.array(list) } } } }
      assert.same({ generation = "v1", ready = true, detail = expected }, core.clair_status { clair = server.url })
    end
  end)

  test("the API that was asked for, and the one that answers", function()
    local reference = image(1)
    local new <close> = replay.start(v4())
    local old <close> = replay.start { rules = json.array {
      { path = "/v1/namespaces", status = 200, body = { Namespaces = json.array { { Name = "debian:12" } } } } } }
    local function says(server, given, spoken)
      local pattern = ("has the API %s, not %s: give %%-%%-clair%%-api %s"):format(spoken, given, spoken)
      fails("BACKEND", pattern, server, reference, { clair_api = given })
      assert.equal(2, #server:requests "GET")
    end
    says(new, "v1", "v4")
    says(old, "v4", "v1")
  end)

  -- ---- v4 ----------------------------------------------------------------------------------------------------------

  test("v4: posts the manifest with its layers, and reads the report", function()
    local server <close> = replay.start(v4())
    local reference, digest = image(2)
    local result = assert(scan(server, reference, { clair_keep = true }))
    local posted = server:requests("POST", "index_report$")
    assert.equal(1, #posted)
    local manifest = json.decode(posted[1].body)
    assert.equal(digest, manifest.hash)
    assert.equal("application/json", posted[1].content_type)
    local about = result:image()
    assert.equal(2, #manifest.layers)
    for i, layer in ipairs(manifest.layers) do
      assert.equal(about.layers[i].digest, layer.hash)
      assert.matches("^http://localhost:%d+/%x+/" .. layer.hash .. "$", layer.uri)
    end
    assert.equal("/matcher/api/v1/vulnerability_report/" .. digest,
      server:requests("GET", "vulnerability_report")[1].path)
    assert.same({ 2, 0 }, { result:usage().layers_read, result:usage().layers_cached })
    assert.same({ "Debian:12", "bookworm", "Debian GNU/Linux 12 (bookworm)" },
      { about.ecosystem, about.distro.codename, about.distro.name })
    assert.same({}, result:problems())

    local list = result:packages()
    assert.equal(2, #list)
    assert.same({ "deb", "Debian:12", "bar", "1.0-1", "amd64", "bar-source", "1.0", "var/lib/dpkg/status", 2 },
      { list[1].type, list[1].ecosystem, list[1].name, list[1].version, list[1].architecture, list[1].source.name,
        list[1].source.version, list[1].path, list[1].layer })
    assert.equal("pkg:deb/debian/bar@1.0-1?arch=amd64&distro=debian-12", list[1].purl)
    assert.equal(1, list[2].layer)
    local findings = result:findings()
    assert.equal(1, #findings)
    local found = findings[1]
    assert.same({ "CVE-2024-0010", "High", "distribution", "2.0", "clair-v4", "bar", "about 10",
      "https://tracker.example/10" },
      { found.id, found.severity, found.severity_source, found.fixed_by, found.backend, found.package.name,
        found.description,
        found.url })
    assert.same({ "https://tracker.example/10", "https://other.example/10" }, found.references)
    assert.equal("2024-05-06T00:00:00Z", found.published)
  end)

  local function one(fields, more)
    local document = report { vulnerabilities = { ["10"] = vulnerability("10", fields) } }
    for key, value in pairs(more or {}) do document[key] = value end
    local server <close> = replay.start(v4(document))
    return assert(scan(server, (image(2)))):findings()[1]
  end

  test("v4: fixes are decoded, and what says that there is none is none", function()
    for written, expected in pairs {
      ["1.2.3-4"] = "1.2.3-4", ["fixed=1.2&introduced=1.0"] = "1.2",
      ["introduced=0&fixed=2.0%2Blocal+1"] = "2.0+local 1",
      ["lastAffected=1.1"] = false, ["introduced=1"] = false, [""] = false, ["0"] = false, ["fixed="] = false,
      ["fixed=%zz"] = "%zz",
    } do
      assert.equal(expected or nil, one { fixed_in_version = written }.fixed_by, written)
    end
  end)

  test("v4: severities of both scales; the CVSS enrichment where there is no word", function()
    for word, expected in pairs { Negligible = "Negligible", Low = "Low", Medium = "Medium", Critical = "Critical",
      Unknown = "Unknown" } do
      local found = one { normalized_severity = word }
      assert.same({ expected, expected == "Unknown" and "" or "distribution" },
        { found.severity, found.severity_source })
    end
    local function scores(list)
      local kind = "message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=https://example/x.schema"
      return { enrichments = { [kind] = json.array { { ["10"] = json.array(list) } },
                               ["message/vnd.other; enricher=other"] =
                                 json.array { { ["10"] = json.array { { baseScore = 1 } } } } } }
    end
    local v3 = { version = "3.1", vectorString = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", baseScore = 9.8 }
    local v2 = { version = "2.0", vectorString = "AV:N/AC:L/Au:N/C:P/I:P/A:P", baseScore = 7.5 }
    local found = one({ normalized_severity = "Unknown" }, scores { v2, v3 })
    assert.same({ "Critical", "cvss", v3.vectorString, 9.8 },
      { found.severity, found.severity_source, found.cvss.vector, found.cvss.score })
    found = one({ normalized_severity = "Low" }, scores { v2 })
    assert.same({ "Low", "distribution", 7.5 }, { found.severity, found.severity_source, found.cvss.score })
    found = one({ normalized_severity = "Unknown" }, scores { { vectorString = "CVSS:9.9/X:Y", baseScore = 5.0 } })
    assert.same({ "Medium", "cvss", 5.0 }, { found.severity, found.severity_source, found.cvss.score })
    for score, word in pairs { [0] = "Negligible", [10] = "Critical" } do
      found = one({ normalized_severity = "Unknown" }, scores { { vectorString = "CVSS:9.9/X:Y", baseScore = score } })
      assert.same({ word, "cvss", score }, { found.severity, found.severity_source, found.cvss.score })
    end
    local longer = { vectorString = v3.vectorString .. "/E:X" } -- the first of equal scores
    assert.equal(v3.vectorString, one({}, scores { v3, longer }).cvss.vector)
    assert.equal(longer.vectorString, one({}, scores { longer, v3 }).cvss.vector)
    found = one { severity = v3.vectorString, normalized_severity = "Critical" } -- OSV's records bring theirs along
    assert.same({ "Critical", "cvss", 9.8 }, { found.severity, found.severity_source, found.cvss.score })
  end)

  test("v4: the CVE of a longer name, an alias or a link is the id, where there is just one", function()
    local function names(fields)
      local found = one(fields)
      table.sort(found.aliases)
      return found.id .. " | " .. table.concat(found.aliases, " ") .. " | " .. found.summary
    end
    assert.equal("CVE-2022-3219 |  | on Ubuntu 22.04 LTS (jammy) - low",
      names { name = "CVE-2022-3219 on Ubuntu 22.04 LTS (jammy) - low" })
    assert.equal("CVE-2023-0001 | GHSA-a-b-c | ",
      names { name = "GHSA-a-b-c", links = "https://osv.dev/vulnerability/CVE-2023-0001" })
    assert.equal("ELSA-2024-1 | CVE-2023-0001 CVE-2023-0002 | bash security update (IMPORTANT)",
      names { name = "ELSA-2024-1: bash security update (IMPORTANT)",
              links = "https://example/CVE-2023-0001.html https://example/CVE-2023-0002.html" })
    assert.equal("CVE-2023-0007 | GHSA-a-b-c | ",
      names { name = "GHSA-a-b-c", links = "", Aliases = json.array { { space = "CVE", name = "2023-0007" } } })
    assert.equal("CVE-2023-0007 | GHSA-a-b-c | ",
      names { name = "GHSA-a-b-c", links = "https://x/CVE-2023-0007 https://y/CVE-2023-0007",
        Aliases = json.array { { space = "CVE", name = "2023-0007" } } })
    assert.equal("CVE-2023-0008 | GHSA-a-b-c | ",
      names { name = "CVE-2023-0008", links = "https://x/CVE-1999-0001",
        Aliases = json.array { { space = "GHSA", name = "GHSA-a-b-c" } } })
  end)

  test("v4: only package_vulnerabilities tells, and a vendor's \"not affected\" is not told", function()
    local server <close> = replay.start(v4(report {
      vulnerabilities = { ["10"] = vulnerability "10", ["11"] = vulnerability("11", { Invert = true }),
        ["12"] = vulnerability "12" },
      package_vulnerabilities = { ["2"] = json.array { "10", "11" }, ["1"] = json.null },
      PackageNotVulnerable = { ["2"] = json.array { "11" } },
    }))
    local findings = assert(scan(server, (image(2)))):findings()
    assert.equal(1, #findings)
    assert.equal("CVE-2024-0010", findings[1].id)
  end)

  test("v4: languages' packages, each place once; two updaters' words joined", function()
    local server <close> = replay.start(v4(report {
      packages = {
        ["1"] = package("1", "Flask", { source = json.null, arch = "" }),
        ["2"] = package("2", "org.example:lib", { source = { name = "" } }),
        ["3"] = package("3", "github.com/a/b", { version = "v1.2.3" }), ["4"] = package("4", "rack"),
        ["5"] = package("5", "bash"),
        ["6"] = package("6", "odd"),
      },
      environments = {
        ["1"] = json.array { { package_db = "python:usr/lib/python3/site-packages", introduced_in = "{layer:1}" },
                             { package_db = "python:usr/lib/python3/site-packages", introduced_in = "{layer:0}" },
                             { package_db = "python:opt/venv", introduced_in = "{layer:1}" } },
        ["2"] = json.array { { package_db = "maven:opt/app.jar", introduced_in = "{layer:0}" } },
        ["3"] = json.array { { package_db = "go:usr/bin/b", introduced_in = "{layer:0}" } },
        ["4"] = json.array { { package_db = "ruby:usr/share/gems", introduced_in = "{layer:0}" } },
        ["5"] = json.array { { package_db = "sqlite:var/lib/rpm", introduced_in = "{layer:0}",
          distribution_id = "9" } },
        ["6"] = json.array { { package_db = "", introduced_in = "{layer:0}" } },
      },
      distributions = { ["9"] = { id = "9", did = "rhel", version_id = "9.4", version_code_name = "",
        pretty_name = "RHEL 9.4" } },
      vulnerabilities = {
        ["10"] = vulnerability("10", { name = "PYSEC-1", links = "https://x/CVE-2024-0005", normalized_severity = "Low",
          fixed_in_version = "" }),
        ["11"] = vulnerability("11", { name = "GHSA-1", links = "https://x/CVE-2024-0005",
          normalized_severity = "Critical" }),
      },
      package_vulnerabilities = { ["1"] = json.array { "10", "11" } },
    }))
    local result = assert(scan(server, (image(2))))
    local seen = {}
    for i, each in ipairs(result:packages()) do
      seen[i] = ("%s %s %s %s %d"):format(each.purl, each.ecosystem, each.path, each.source.name, each.layer)
    end
    assert.same({
      "pkg:gem/rack@1.0-1?arch=amd64 RubyGems usr/share/gems rack-source 1",
      "pkg:generic/odd@1.0-1?arch=amd64   odd-source 1",
      "pkg:golang/github.com/a/b@v1.2.3?arch=amd64 Go usr/bin/b github.com/a/b-source 1",
      "pkg:maven/org.example/lib@1.0-1?arch=amd64 Maven opt/app.jar org.example:lib 1",
      "pkg:pypi/flask@1.0-1 PyPI opt/venv Flask 2",
      "pkg:pypi/flask@1.0-1 PyPI usr/lib/python3/site-packages Flask 1",
      "pkg:rpm/redhat/bash@1.0-1?arch=amd64&distro=rhel-9.4 Red Hat:9 var/lib/rpm bash-source 1",
    }, seen)
    local findings = result:findings()
    assert.equal(2, #findings) -- in both places
    for _, finding in ipairs(findings) do
      table.sort(finding.aliases)
      assert.same({ "CVE-2024-0005", "Critical", "2.0", { "GHSA-1", "PYSEC-1" } },
        { finding.id, finding.severity, finding.fixed_by, finding.aliases })
    end
    assert.equal("no_feed", result:problems()[1].kind) -- what is "odd"?
  end)

  test("v4: what the most severe word on a vulnerability lacks is another's", function()
    local found = one({ fixed_in_version = "", description = "" }, {
      vulnerabilities = { ["10"] = vulnerability("10", { fixed_in_version = "", description = "" }),
        ["11"] = vulnerability("11", { name = "CVE-2024-0010", normalized_severity = "Low" }) },
      package_vulnerabilities = { ["2"] = json.array { "10", "11" } } })
    assert.same({ "CVE-2024-0010", "High", "2.0", "about 11", "fixed" },
      { found.id, found.severity, found.fixed_by, found.description, found.status })
  end)

  test("v4: no packages are no clean image; empty and null are answers", function()
    for _, nothing in ipairs { {}, json.null } do
      local server <close> = replay.start(v4(report { packages = nothing, vulnerabilities = nothing,
        environments = nothing,
        package_vulnerabilities = nothing, distributions = nothing }))
      local result = assert(scan(server, (image(2))))
      assert.same({}, result:findings())
      assert.equal("no_packages", result:problems()[1].kind)
    end
  end)

  local function without(key)
    local document = report()
    document[key] = nil
    return document
  end

  for name, case in pairs {
    ["of another image"] = { report { manifest_hash = "sha256:" .. ("0"):rep(64) }, "about another image" },
    ["without manifest_hash"] = { without "manifest_hash", "about another image" },
    ["whose manifest_hash is an object"] = { report { manifest_hash = { a = { b = 1 } } }, "about another image" },
    ["whose manifest_hash is a list"] = { report { manifest_hash = json.array { "a" } }, "about another image" },
    ["without packages"] = { without "packages", "packages is missing" },
    ["without vulnerabilities"] = { without "vulnerabilities", "vulnerabilities is missing" },
    ["without package_vulnerabilities"] = { without "package_vulnerabilities", "package_vulnerabilities is missing" },
    ["with a list for an object"] = { report { packages = json.array {} }, "packages is not an object" },
    ["that names a vulnerability it does not hold"] = { report { vulnerabilities = {} },
      "no record of the vulnerability \"10\"" },
    ["that names a package it does not hold"] =
      { report { package_vulnerabilities = { ["99"] = json.array { "10" } } }, "no record of the package \"99\"" },
    ["with a layer of another image"] = { placed { introduced_in = "sha256:beef" },
      "a layer that the image does not have, \"sha256:beef\"" },
    ["with a nameless vulnerability"] = { report { vulnerabilities = { ["10"] = vulnerability("10", { name = "" }) } },
      "no name" },
    ["with a nameless package"] = { report { packages = { ["1"] = package("1", "libfoo"), ["2"] = package("2", "") } },
      "package without a name" },
    ["that is a list"] = { json.array {}, "not a JSON object" },
    ["that is empty"] = { "", "not a JSON object" },
    ["that is no JSON"] = { "<html>", "not a JSON object" },
    ["that ends early"] = { '{"manifest_hash": "', "not a JSON object" },
  } do
    test("v4: a report " .. name .. " is an error", function()
      local server <close> = replay.start(v4(case[1]))
      fails("BACKEND", case[2], server, (image(2)))
    end)
  end

  local CVSS = "message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=x"

  local function scored(list)
    return report { enrichments = { [CVSS] = json.array { { ["10"] = list } } } }
  end

  test("v4: a value of another kind than it has to be is an error that names the place", function()
    local reference = image(2)
    local null, list, object = json.null, json.array {}, json.object()
    for place, wrong in pairs {
      ["packages"] = { 7, "x", list }, ["packages.1"] = { null, 7, list }, ["packages.1.name"] = { null, 7, object },
      ["packages.1.version"] = { null, true, list }, ["packages.1.arch"] = { 7 }, ["packages.1.source"] = { "x", list },
      ["packages.1.source.name"] = { 7 }, ["packages.1.source.version"] = { false },
      ["distributions"] = { list, "x" }, ["distributions.1"] = { null, 7 }, ["distributions.1.did"] = { 7 },
      ["distributions.1.version_id"] = { 12 }, ["distributions.1.version_code_name"] = { list },
      ["distributions.1.pretty_name"] = { object }, ["repository"] = { list, 7 },
      ["environments"] = { list, "x" }, ["environments.1"] = { null, object, "x" },
      ["environments.1.1"] = { null, 7, list }, ["environments.1.1.introduced_in"] = { null, 7, list, false },
      ["environments.1.1.package_db"] = { 7 }, ["environments.1.1.distribution_id"] = { 1 },
      ["environments.1.1.repository_ids"] = { "x", object },
      ["vulnerabilities"] = { list, true }, ["vulnerabilities.10"] = { null, list, "x" },
      ["vulnerabilities.10.name"] = { null, 7 }, ["vulnerabilities.10.normalized_severity"] = { null, 7, list },
      ["vulnerabilities.10.fixed_in_version"] = { null, false, 7, list, object },
      ["vulnerabilities.10.severity"] = { 7 }, ["vulnerabilities.10.links"] = { list },
      ["vulnerabilities.10.description"] = { 7 }, ["vulnerabilities.10.issued"] = { 7 },
      ["vulnerabilities.10.Invert"] = { "true", 1 }, ["vulnerabilities.10.Aliases"] = { "x" },
      ["package_vulnerabilities"] = { list, "x" }, ["package_vulnerabilities.2"] = { "10", object },
      ["package_vulnerabilities.2.1"] = { null, 10, object },
      ["enrichments"] = { list, 7 },
    } do
      for _, value in ipairs(wrong) do
        local server <close> = replay.start(v4(changed(report(), place, value)))
        local named = place:gsub("^(%a+%.%d)%.1", "%1[0]"):gsub("^(package_vulnerabilities%.%d)%.1", "%1[0]")
        local message = fails("BACKEND", "^Clair's vulnerability report is not whole: ", server, reference)
        assert.is_truthy(message:find(": " .. named .. " is n", 1, true), message)
      end
    end
  end)

  test("v4: a key is missing where Clair always writes one", function()
    local reference = image(2)
    for _, place in ipairs { "packages.1.name", "environments.1.1.introduced_in", "vulnerabilities.10.name",
      "vulnerabilities.10.normalized_severity", "vulnerabilities.10.fixed_in_version" } do
      local server <close> = replay.start(v4(changed(report(), place, nil)))
      fails("BACKEND", place:match "[^.]+$" .. " is missing", server, reference)
    end
    local rest = report { repository = json.null, enrichments = json.null }
    for _, place in ipairs { "packages.1.arch", "packages.1.source", "distributions.1.pretty_name",
      "vulnerabilities.10.links", "vulnerabilities.10.severity", "vulnerabilities.10.issued",
      "vulnerabilities.10.description" } do
      changed(rest, place, place:find "vuln" and json.null or nil)
    end
    local server <close> = replay.start(v4(rest))
    assert.equal(1, #assert(scan(server, reference)):findings())
  end)

  test("v4: scores that are none are errors", function()
    local reference = image(2)
    local vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    for _, score in ipairs { {}, { baseScore = "9.8", vectorString = vector }, { baseScore = 99 }, { baseScore = -1 },
      { vectorString = 7, baseScore = 9.8 }, { vectorString = "nonsense" }, "x", json.null, json.array {} } do
      local server <close> = replay.start(v4(scored(json.array { score })))
      fails("BACKEND", "report is not whole: .*[CVSScv]", server, reference)
    end
    for _, blocks in ipairs { "x", json.object() } do
      local server <close> = replay.start(v4(report { enrichments = { [CVSS] = blocks } }))
      fails("BACKEND", "enrichments%.message.* is not a list", server, reference)
    end
    for _, block in ipairs { "x", json.null, json.array {} } do
      local server <close> = replay.start(v4(report { enrichments = { [CVSS] = json.array { block } } }))
      fails("BACKEND", "enrichments.cvss%[0%] is n", server, reference)
    end
    for _, list in ipairs { json.null, "x", json.object() } do
      local server <close> = replay.start(v4(scored(list)))
      fails("BACKEND", "enrichments.cvss%[0%]%.10 is n", server, reference)
    end
    local stray <close> = replay.start(v4(report {
      enrichments = { [CVSS] = json.array { { ["11"] = json.array {} } } } }))
    fails("BACKEND", "a CVSS score but no record of its vulnerability \"11\"", stray, reference)
  end)

  test("v4: a vulnerability that no package has is an error, unless a vendor took one back", function()
    local reference = image(2)
    for _, references in ipairs { json.null, json.object(), { ["2"] = json.array {} }, { ["1"] = json.null } } do
      local server <close> = replay.start(v4(report { package_vulnerabilities = references }))
      fails("BACKEND", "package_vulnerabilities names no package of the vulnerability \"10\"", server, reference)
    end
    local inverted <close> = replay.start(v4(report { package_vulnerabilities = json.null,
      vulnerabilities = { ["10"] = vulnerability("10", { Invert = true }) } }))
    assert.same({}, assert(scan(inverted, reference)):findings())
  end)

  for name, case in pairs {
    ["the report"] = { "^{", '{"packages":{},', 'has the key "packages" twice' },
    ["a section"] = { '"vulnerabilities":{', '%0"10":{},', "not whole" },
    ["a section, later"] = { '"package_vulnerabilities":{', '%0"2":[],', 'has the key "2" twice' },
    ["a record"] = { '"normalized_severity":"High"', '%0,"normalized_severity":"Low"', "duplicate object key" },
    ["a block of scores"] = { '"10":%[{"b', '"10":[],%0', 'has the key "10" twice' },
    ["a score"] = { '"baseScore":9.8', '%0,"baseScore":1', "duplicate object key" },
    ["what is not read"] = { '"repository":{}', '"repository":{"1":{"a":1,"a":2}}', "duplicate object key" },
  } do
    test("v4: a key twice in one object is an error: in " .. name, function()
      local text = json.encode(report { enrichments = { [CVSS] = json.array {
        { ["10"] = json.array { { baseScore = 9.8 } } } } } })
      local changed_text, count = text:gsub(case[1], case[2], 1)
      assert.equal(1, count)
      local server <close> = replay.start(v4(changed_text))
      fails("BACKEND", case[3], server, (image(2)))
    end)
  end

  for name, case in pairs {
    ["a severity that is no word of Clair's"] = { "vulnerabilities.10.normalized_severity", "Odd",
      "CVE%-2024%-0010 with the unknown severity \"Odd\"" },
    ["an empty severity"] = { "vulnerabilities.10.normalized_severity", "", "unknown severity \"\"" },
    ["an empty layer"] = { "environments.1.1.introduced_in", "", "a layer that the image does not have" },
    ["a distribution of no record"] = { "environments.1.1.distribution_id", "7", "record of the distribution \"7\"" },
    ["a package that is nowhere"] = { "environments.1", nil, "there is no environment of the package \"1\"" },
    ["a place of nothing"] = { "packages.1", nil, "no record of its package \"1\"" },
  } do
    test("v4: " .. name .. " is an error", function()
      local document = changed(report(), case[1], case[2])
      if case[1]:find "severity" then document.vulnerabilities["10"].name = "CVE-2024-0010" end
      local server <close> = replay.start(v4(document))
      fails("BACKEND", case[3], server, (image(2)))
    end)
  end

  test("v4: a system of which Clair sees no package is a problem", function()
    local document = report()
    for _, places in pairs(document.environments) do places[1].package_db = "python:opt/venv" end
    local function problems(answer)
      local server <close> = replay.start(v4(answer))
      return assert(scan(server, (image(2)))):problems()
    end
    assert.same({}, problems(report()))
    local found = problems(document)
    assert.equal("no_packages debian", found[1].kind .. " " .. found[1].subject)
    assert.matches("Debian GNU/Linux 12 %(bookworm%) was recognised, and none of its packages were found, only 2 packages",
      found[1].message)
    assert.equal(1, #found)
  end)

  for name, case in pairs {
    ["of another image"] = { { manifest_hash = "sha256:0", state = "IndexFinished", success = true },
      "about another image" },
    ["that failed"] = { { manifest_hash = "{hash}", state = "IndexError", success = false, err = "the reason" },
      "the reason" },
    ["that is not finished"] = { { manifest_hash = "{hash}", state = "ScanLayers", success = true }, "\"ScanLayers\"" },
    ["that is empty"] = { "", "not a JSON object" },
  } do
    test("v4: an index report " .. name .. " is an error", function()
      local server <close> = replay.start(v4(nil, post { status = 201, body = case[1] }))
      fails("BACKEND", case[2], server, (image(2)))
      assert.equal(0, #server:requests("GET", "vulnerability_report"))
    end)
  end

  for name, case in pairs {
    ["post 400, no tar"] = { post { status = 400,
      body = { code = "bad-request", message = "failed to start scan: not a tar" } },
                             "FORMAT", "cannot read the layers: failed to start scan: not a tar" },
    ["post 400, other"] = { post { status = 400, body = { code = "bad-request", message = "bogus manifest" } },
                            "BACKEND", "400: bogus manifest" },
    ["post 404"] = { post { status = 404, body = "404 page not found" }, "BACKEND", "no indexer" },
    ["post 405"] = { post { status = 405 }, "BACKEND", "with 405" },
    ["report 202"] = { get { status = 202 }, "BACKEND", "was never filled %(202%)" },
    ["report 404"] = { get { status = 404, body = { code = "not-found", message = "index report not found" } },
                       "BACKEND", "use different databases" },
    ["report 400"] = { get { status = 400, body = { code = "bad-request", message = "malformed path" } }, "BACKEND",
      "400: malformed path" },
    ["report 204"] = { get { status = 204 }, "BACKEND", "with 204" },
    ["report 401"] = { get { status = 401 }, "BACKEND", "requires a token" },
  } do
    test("v4: " .. name .. " is explained", function()
      local server <close> = replay.start(v4(nil, UNKNOWN, case[1]))
      fails(case[2], case[3], server, (image(2)))
    end)
  end

  test("v4: a status says how the matcher refuses", function()
    local server <close> = replay.start(v4(nil, { method = "GET", path = UNKNOWN.path, status = 403,
      body = { code = "forbidden", message = "not you" } }))
    local status, message, code = core.clair_status { clair = server.url }
    assert.is_nil(status)
    assert.equal("BACKEND", code)
    assert.matches("answers GET /matcher/.* with 403: not you$", message)
  end)

  test("v4: a report that is broken leaves no file open", function()
    local server <close> = replay.start(v4 '{"packages":7}')
    local reference = image(1)
    local function opened()
      fails("BACKEND", "not whole", server, reference, { clair_report = folder .. "/report.json" })
      collectgarbage()
      return #core.list "/proc/self/fd"
    end
    assert.equal(opened(), opened())
  end)

  test("v4: 412 means that nothing is to be done", function()
    local reference, digest, layers = image(2)
    local known = fill(report(), digest, layers) -- nothing is posted that the server could fill in
    local server <close> = replay.start(v4(known, post { status = 412 }))
    local result = assert(scan(server, reference, { clair_keep = true }))
    assert.equal(1, #result:findings())
    assert.same({ 0, 2 }, { result:usage().layers_read, result:usage().layers_cached })
    assert.is_true(result:image().layers[1].cached)
  end)

  test("v4: the indexer and the matcher may be two", function()
    local indexer <close> = replay.start { rules = json.array { STATE, post { status = 201, body = INDEX } } }
    local reference, digest, layers = image(2)
    local matcher <close> = replay.start { rules = json.array { UNKNOWN, get { status = 200,
      body = fill(report(), digest, layers) } } }
    local result = assert(scan(indexer, reference, { clair_matcher = matcher.url .. "/", clair_keep = true }))
    assert.equal(1, #result:findings())
    assert.equal(0, #indexer:requests("GET", "matcher"))
    local status = assert(core.clair_status { clair = indexer.url, clair_matcher = matcher.url })
    assert.same({ "v4", true }, { status.generation, status.ready })
  end)

  test("v4: an old docker save, which has no manifest, has a hash of its own, always the same", function()
    local tars = { images.tar { { "a", "1" } }, images.tar { { "b", "2" } } }
    images.write(folder .. "/save.tar", images.tar(images.old_docker { { names = { "app:1" }, layers = tars } }))
    local hashes = {}
    for i = 1, 2 do
      local server <close> = replay.start(v4())
      assert(scan(server, "docker-archive:" .. folder .. "/save.tar", { clair_keep = true }))
      hashes[i] = json.decode(server:requests("POST")[1].body).hash
    end
    assert.matches("^sha256:%x+$", hashes[1])
    assert.equal(hashes[1], hashes[2])
  end)

  test("v4: the index report of a scan is its own and is deleted, whatever became of the scan; --keep keeps it", function()
    local reference, digest = image(2)
    local function hash_of(server, keep)
      local hash, deleted = json.decode(server:requests("POST")[1].body).hash, server:requests "DELETE"
      assert.equal(keep and 0 or 1, #deleted)
      if not keep then assert.equal("/indexer/api/v1/index_report/" .. hash, deleted[1].path) end
      return hash
    end
    local gone = { method = "DELETE", path = ".*", status = 204 }
    local hashes = {}
    for i, config in ipairs { {}, {}, { clair_keep = true }, { clair_keep = true } } do
      local server <close> = replay.start(v4(nil, gone))
      assert(scan(server, reference, config))
      hashes[i] = hash_of(server, config.clair_keep)
    end
    assert.is_true(hashes[1] ~= hashes[2] and hashes[1] ~= digest)
    assert.same({ digest, digest }, { hashes[3], hashes[4] })
    local server <close> = replay.start(v4(nil, gone, get { status = 404 }))
    fails("BACKEND", "use different databases", server, reference)
    hash_of(server)
  end)

  test("v4: an index report that cannot be deleted is a warning", function()
    local server <close> = replay.start(v4(nil, { method = "DELETE", path = ".*", status = 405 }))
    local heard = {}
    assert(scan(server, (image(2)), { on_event = function(event)
      if event.kind == "warning" then heard[#heard + 1] = event.message end
    end }))
    assert.equal(1, #heard)
    assert.matches("^the image's index report stays in Clair's database: .*405", heard[1])
  end)

  -- ---- keys --------------------------------------------------------------------------------------------------------

  test("v4: a pre-shared key, and what is said without it or with a wrong one", function()
    local script = v4()
    script.key, script.issuer = KEY, "ci"
    local server <close> = replay.start(script)
    local reference = image(2)
    local result = assert(scan(server, reference, { clair_key = KEY, clair_issuer = "ci" }))
    assert.equal(1, #result:findings())
    fails("BACKEND", "requires a token %(401%).*%-%-clair%-key%-file", server, reference)
    fails("BACKEND", "rejected our token.*issuer \"tarsier\"", server, reference, { clair_key = KEY })
    local message = fails("BACKEND", "rejected our token", server, reference,
      { clair_key = "b3RoZXI=", clair_issuer = "ci" })
    assert.is_nil(message:find("b3RoZXI", 1, true))
    local status = assert(core.clair_status { clair = server.url, clair_key = KEY, clair_issuer = "ci" })
    assert.is_true(status.ready)
    local none, text, code = core.clair_status { clair = server.url }
    assert.is_nil(none)
    assert.equal("BACKEND", code)
    assert.matches("401", text)
  end)

  -- ---- faults ------------------------------------------------------------------------------------------------------

  test("500 three times, then well, is well", function()
    local server <close> = replay.start(v4(nil,
      post { status = 500, times = 3, body = { code = "internal-error", message = "oh" } },
      get { status = 503, times = 1 }))
    assert.equal(1, #assert(scan(server, (image(2)), { clair_api = "v4" })):findings())
    assert.equal(4, #server:requests("POST", "index_report"))
  end)

  test("500 again and again is an error", function()
    local server <close> = replay.start(v4(nil,
      post { status = 500, body = { code = "internal-error", message = "database gone" } }))
    fails("BACKEND", "with 500 again and again: database gone", server, (image(2)))
    assert.equal(5, #server:requests("POST", "index_report"))
  end)

  test_v1("v1: 500 and 503, then well, with the same words", function()
    local server <close> = replay.start(v1("rec-alpine",
      { method = "POST", path = "/v1/layers", status = 500, times = 2 },
      { method = "POST", path = "/v1/layers", status = 503, times = 1 }))
    assert.equal(5, #assert(scan(server, (image(1)))):findings())
    local posts = server:requests "POST"
    assert.equal(4, #posts)
    assert.equal(posts[1].body, posts[4].body)
  end)

  test("429 waits as long as it is told, and is an error when it stays", function()
    local server <close> = replay.start(v4(nil, post { status = 429, times = 2, headers = { ["Retry-After"] = "1" },
      body = { code = "too-many-requests" } }))
    assert.equal(1, #assert(scan(server, (image(2)))):findings())
    local posts = server:requests "POST"
    assert.equal(3, #posts)
    for i = 2, 3 do assert.is_true(posts[i].time - posts[i - 1].time >= 0.1, "a second is a tenth of one here") end
    local busy <close> = replay.start(v4(nil, post { status = 429, body = { code = "too-many-requests" } }))
    fails("BACKEND", "rate%-limited the request %(429%)", busy, (image(2)), { clair_timeout = 10 })
  end)

  test("half a body, and a connection that breaks, are errors when they stay", function()
    for _, fault in ipairs { "half", "reset" } do
      local server <close> = replay.start(v4(nil, get { fault = fault, body = report() }))
      fails("BACKEND", "Clair does not answer: GET http", server, (image(2)), { clair_timeout = 10 })
      local once <close> = replay.start(v4(nil, get { fault = fault, times = 2, body = report() }))
      assert.equal(1, #assert(scan(once, (image(2)))):findings())
    end
  end)

  test("never is an error in time", function()
    core.host.set_second(100, 100)
    finally(function() core.host.set_second(100) end)
    local server <close> = replay.start(v4(nil, post { fault = "never" }))
    fails("BACKEND", "did not answer POST /indexer/api/v1/index_report within 10 seconds", server, (image(2)),
      { clair_timeout = 10 })
    assert.equal(1, #server:requests("POST"))
  end)

  test("Clair killed in mid-scan is an error", function()
    local server <close> = replay.start(v4(nil, post { fault = "die" }))
    fails("BACKEND", "Clair does not answer: POST http", server, (image(2)), { clair_timeout = 20 })
  end)

  test_v1("v1: Clair killed in mid-scan is an error", function()
    local server <close> = replay.start(v1("rec-multi", { method = "GET", path = "/v1/layers/.*", fault = "die" }))
    fails("BACKEND", "Clair does not answer: GET http", server, (image(5)), { clair_timeout = 20 })
  end)

  test("nothing that listens is an error at once", function()
    local gone = replay.start(v4())
    gone:kill()
    local before = os.time()
    fails("BACKEND", "Clair does not answer: GET " .. gone.url:gsub("%p", "%%%0"), gone.url, (image(2)))
    assert.is_true(os.time() - before <= pace.patience(2))
  end)

  test("what is no Clair is told", function()
    local server <close> = replay.start { rules = json.array { { path = ".*", status = 200,
      body = "<html>hello</html>" } } }
    fails("BACKEND", "is not Clair: GET /v1/namespaces gives 200, GET /indexer/api/v1/index_state gives 200", server,
      (image(1)))
    local other <close> = replay.start { rules = json.array {} }
    fails("BACKEND", "is not Clair: .* gives 404", other, (image(1)))
    fails("BACKEND", "404", other, (image(1)), { clair_api = "v1" })
    fails("BACKEND", "404", other, (image(1)), { clair_api = "v4" })
  end)

  test("a POST that is sent elsewhere is told where to", function()
    local reference = image(2)
    for status, location in pairs { [301] = "https://jo:secret@clair.example:8443/x/indexer/api/v1/index_report",
      [302] = "https://clair.example:8443/x", [307] = "https://clair.example:8443/x/indexer/api/v1/index_report",
      [308] = "https://jo@clair.example:8443/x" } do
      local server <close> = replay.start(v4(nil, post { status = status, headers = { Location = location } }))
      local message = fails("BACKEND", "^Clair at http://.* has moved to https://clair.example:8443/x %(" .. status
        .. " for POST /indexer/api/v1/index_report%): give that address$", server, reference)
      assert.is_nil(message:find("secret", 1, true))
      assert.equal(1, #server:requests "POST")
    end
    local nowhere <close> = replay.start(v4(nil, post { status = 301 }))
    fails("BACKEND", "POST /indexer/api/v1/index_report with 301$", nowhere, reference)
  end)

  test("Clair that cannot reach us is told to reach us", function()
    local server <close> = replay.start(v4(nil, post { status = 500, body = { code = "internal-error",
      message = "failed to start scan: failed to fetch layers: dial tcp 127.0.0.1:1: connection refused" } }))
    fails("BACKEND", "Clair cannot fetch layer 1 of 2 from http://localhost:%d+/.*%-%-layer%-host", server, (image(2)),
      { clair_timeout = 10 })
  end)

  test("an address that only Clair may reach is a warning, and named again when Clair cannot reach it", function()
    local heard = {}
    local function config()
      return { layer_host = "no-such-host.invalid", on_event = function(event)
        if event.kind == "warning" then heard[#heard + 1] = event.message end
      end }
    end
    local words = "http://no%-such%-host.invalid:%d+, where Clair fetches the layers, does not answer from this machine.*"
      .. "%-%-layer%-host"
    local reference, script = image(2), v4()
    script.fetch = false -- as if it could
    local able <close> = replay.start(script)
    assert.equal(1, #assert(scan(able, reference, config())):findings())
    assert.equal(1, #heard)
    assert.matches("^" .. words, heard[1])
    local unable <close> = replay.start(v4())
    fails("BACKEND", "Clair cannot fetch layer 1 of 2 from .*" .. words, unable, reference, config())
    assert.is_true(#unable:requests "POST" > 0)
  end)

  test("a Clair that is not well any more is given up before its time is over", function()
    finally(function() core.host.set_second(100) end)
    for _, rule in ipairs { { status = 500, body = { code = "internal-error", message = "database gone" } },
      { fault = "never" } } do
      core.host.set_second(30, rule.body and 1000 or 30)
      rule.method, rule.path = "DELETE", "/indexer/api/v1/index_report/.*"
      local server <close> = replay.start(v4(nil, post { fault = "never" }, rule))
      fails("BACKEND", "^Clair at http://.* failed while it worked on POST /indexer/api/v1/index_report: 3 health checks "
        .. "in a row failed.*DELETE /indexer/api/v1/index_report/sha256:%x+ was "
        .. (rule.body and "500: database gone" or ".*within"), server, (image(2)))
      assert.is_true(#server:requests("DELETE", "index_report/sha256") >= 3)
    end
  end)

  test("what is deleted to see whether Clair is well is no report of anybody's", function()
    core.host.set_second(20, 50)
    finally(function() core.host.set_second(100) end)
    local server <close> = replay.start(v4(nil, post { fault = "never" }))
    fails("BACKEND", "did not answer POST /indexer/api/v1/index_report within 60 seconds", server, (image(2)),
      { clair_timeout = 60, clair_keep = true }) -- it is busy, and well
    local posted, asked = server:requests("POST")[1].body, server:requests("DELETE", "index_report/sha256")
    assert.is_true(#asked >= 3)
    for _, request in ipairs(asked) do
      assert.is_nil(posted:find(request.path:match "sha256:%x+", 1, true))
    end
  end)

  test("a layer that is not what its digest promises is an error, whatever Clair says", function()
    local script = v4()
    local server <close> = replay.start(script)
    local reference = image(2)
    local about = assert(scan(server, reference)):image()
    local path = folder .. "/image/" .. images.blob_path(about.layers[2].digest)
    images.write(path, images.read(path):sub(1, -2) .. "\1")
    fails("DIGEST", "layer 2 of 2: expected sha256:.*, got sha256:", server, reference)
    script.careless = true
    local satisfied <close> = replay.start(script)
    fails("DIGEST", "layer 2 of 2: expected sha256:.*, got sha256:", satisfied, reference)
  end)

  -- ---- what cannot be ----------------------------------------------------------------------------------------------

  test("pipes, folders and archives that are compressed as a whole are told the way out", function()
    local server <close> = replay.start(v4())
    fails("UNSUPPORTED", "standard input cannot be scanned with Clair", server, "-")
    images.run("mkdir %s", folder .. "/root")
    fails("UNSUPPORTED", "a root file system has no layers", server, "dir:" .. folder .. "/root")
    local layout = images.layout()
    layout:add(layout:image {}, "app")
    images.write(folder .. "/app.tar.gz", images.gzip(layout:tar()))
    fails("UNSUPPORTED", "not compressed as a whole", server, folder .. "/app.tar.gz")
    assert.equal(0, #server:requests())
  end)

  it("checks what it is told", function()
    for _, address in ipairs { "http://a", "https://a", "https://a:1/b/" } do
      local engine <close>, message = core.open { clair = address, clair_matcher = address }
      assert.is_truthy(engine, message)
    end
    for pattern, config in pairs {
      ["not a valid address of Clair:"] = { clair = "localhost:6060" },
      ['"https://" is not a valid address'] = { clair = "https://" },
      ["not a valid address of Clair's matcher"] = { clair = "http://a", clair_matcher = "ftp://b" },
      ["not an API of Clair"] = { clair = "http://a", clair_api = "v2" },
      ["key is not valid base64"] = { clair = "http://a", clair_key = "?" },
      ["not a host"] = { clair = "http://a", layer_host = "http://me" },
      ["port 70000"] = { clair = "http://a", layer_port = 70000 },
    } do
      local engine, message, code = core.open(config)
      assert.is_nil(engine, pattern)
      assert.equal("USAGE", code)
      assert.matches(pattern, message)
    end
    assert.has_error(function() core.open { clair_ley = "" } end)
    assert.has_error(function() core.clair_status {} end)
    assert.has_error(function() core.clair_status { clair = "http://a", kye = "" } end)
  end)

  -- ---- with a database, with others, in between --------------------------------------------------------------------

  test("a database gives KEV and EPSS, and nothing else", function()
    local feeds = folder .. "/feeds"
    images.run("mkdir %s", feeds)
    images.write(feeds .. "/kev.json", json.encode { title = "CISA Catalog of Known Exploited Vulnerabilities",
      catalogVersion = "2024.06.01",
      dateReleased = "2024-06-01T00:00:00Z", count = 1,
      vulnerabilities = json.array { { cveID = "CVE-2024-0010", vendorProject = "v", product = "p",
      vulnerabilityName = "n", dateAdded = "2024-05-01", shortDescription = "d", requiredAction = "a",
      dueDate = "2024-05-22",
      knownRansomwareCampaignUse = "Known", notes = "" } } })
    images.write(feeds .. "/epss.csv",
      "#model_version:v2024,score_date:2024-06-01T00:00:00+0000\n" ..
      "cve,epss,percentile\nCVE-2024-0010,0.5,0.9\n")
    images.write(feeds .. "/osv.json", json.encode { id = "DEBIAN-CVE-2024-0010", modified = "2024-01-01T00:00:00Z",
      aliases = json.array { "CVE-2024-0010" },
      affected = json.array { { package = { ecosystem = "Debian:12", name = "libfoo-source" },
        ranges = json.array { { type = "ECOSYSTEM", events = json.array { { introduced = "0" } } } } } } })
    assert(core.import(folder .. "/db", { feeds }))
    -- The second is about several CVEs.
    local server <close> = replay.start(v4(report {
      vulnerabilities = { ["10"] = vulnerability "10", ["11"] = vulnerability("11", { name = "ELSA-2024-1",
        links = "https://example/CVE-2024-0009 https://example/CVE-2024-0010" }) },
      package_vulnerabilities = { ["2"] = json.array { "10", "11" } } }))
    local result = assert(scan(server, (image(2)), { database = folder .. "/db" }))
    local findings = result:findings()
    assert.equal(2, #findings)
    for _, id in ipairs { "CVE-2024-0010", "ELSA-2024-1" } do
      local found = assert(find(findings, id), id)
      assert.same({ added = "2024-05-01", due = "2024-05-22", ransomware = true }, found.kev)
      assert.same({ score = 0.5, percentile = 0.9 }, found.epss)
    end
    assert.equal("2024-06-01", result:database().kev_date:sub(1, 10))
  end)

  test("cancelling ends a scan that waits for Clair, and cleans up", function()
    local server <close> = replay.start { rules = json.array {
      { path = "/v1/namespaces", status = 200, body = { Namespaces = json.array { { Name = "debian:12" } } } },
      { method = "POST", path = "/v1/layers", fault = "never" }, { method = "DELETE", path = ".*", status = 200 } } }
    local engine <close> = assert(core.open { clair = server.url, on_event = function() error "enough" end })
    local before = os.time()
    assert.has_error(function() engine:scan((image(1))) end, "enough")
    assert.is_true(os.time() - before < pace.patience(10))
  end)

  test("events tell of layers; many scans may go on at once", function()
    local server <close> = replay.start(v4())
    local reference = image(2)
    local events = {}
    assert(scan(server, reference, { on_event = function(event) events[#events + 1] = event.kind .. event.index end }))
    assert.matches("image1 .*serving1 .*analyzing1 .*analyzing2 .*layer1 .*layer2 .*match1", table.concat(events, " "))
    local script = ([[local core = require "tarsier.core"
      local engine <close> = assert(core.open { clair = %q, cache_dir = "" })
      assert(#assert(engine:scan(%q)):findings() == 1)]]):format(server.url, reference)
    images.write(folder .. "/scan.lua", script)
    local code, _, errors = shell.run(("for i in 1 2 3 4 5 6; do lua5.4 %s & pids=\"$pids $!\"; done; " ..
      "for p in $pids; do wait $p || exit 1; done"):format(folder .. "/scan.lua"))
    assert.equal(0, code, errors)
    assert.equal(7, #server:requests "POST")
  end)
end)
