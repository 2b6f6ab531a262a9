local images = require "support.images"
local json = require "tarsier.json"
local image = require "tarsier.probe".image
local letters = require "tarsier.probe".letters
local without_rights = require "tarsier.probe".process.without_rights

local folder

--- The image, or an error of the test with the message.
local function open(reference, platform)
  return assert(image.open(reference, platform))
end

--- fails(code, pattern, reference [, platform]): opening and reading it does, so and with these words
local function fails(code, words, reference, platform)
  local opened, message, found = image.open(reference, platform)
  assert.is_nil(opened, "opened: " .. reference)
  assert.equal(code, found, message)
  assert.truthy(message:find(words, 1, true), ("%q says nothing of %q"):format(message, words))
end

--- open("-") in another process: from a pipe, or, where `way` says so, from the file itself.
local function piped(path, way)
  local script = [[
    local image = require "tarsier.probe".image
    local json = require "tarsier.json"
    local opened, message, code = image.open(%q)
    io.write(json.encode { opened or json.null, message, code })]]
  local file = images.write(folder .. "/piped.lua", script:format "-")
  local lua = os.getenv "LUA" or "lua5.4"
  if way == "file" then return json.decode(images.run(lua .. " %s < %s", file, path)) end
  return json.decode(images.run("cat %s | " .. lua .. " %s", path, file))
end

setup(function() folder = images.folder() end)
teardown(function() images.remove(folder) end)

local count = 0
local function fresh(name)
  count = count + 1
  return folder .. "/" .. count .. name
end

local function archive(members)
  return images.write(fresh ".tar", type(members) == "string" and members or images.tar(members))
end

local function write(layout)
  return layout:write(fresh "")
end

local layer_one = images.tar { { "etc/os-release", "ID=one\n" } }
local layer_two = images.tar { { "etc/os-release", "ID=two\n" }, { "usr/wanted", "wanted\n" } }
local layer_three = images.tar { { "three/wanted", "three\n" } }

describe("a reference", function()
  local before
  setup(function()
    before = folder .. "/names"
    images.write_tree(before, { ["x.tar"] = "", ["a:b"] = "", ["dir/oci-layout"] = "", ["oci"] = "",
      ["at@b:c.tar"] = "" })
  end)

  local cases = {
    { "-", "-", "", "", "" },
    { "-:app:1", "-", "", "app:1", "" },
    { "docker-archive:%s/x.tar", "docker-archive", "%s/x.tar", "", "" },
    { "docker-archive:%s/x.tar:repo/app:1.2", "docker-archive", "%s/x.tar", "repo/app:1.2", "" },
    { "docker-archive:%s/x.tar:host:5000/app:1", "docker-archive", "%s/x.tar", "host:5000/app:1", "" },
    { "docker-archive:%s/gone.tar:app:1", "docker-archive", "%s/gone.tar", "app:1", "" },
    { "oci:%s/dir:1.2", "oci", "%s/dir", "1.2", "" },
    { "oci:%s/dir@sha256:00", "oci", "%s/dir", "", "sha256:00" },
    { "oci:%s/dir:1.2@sha256:00", "oci", "%s/dir", "1.2", "sha256:00" },
    { "oci-archive:%s/x.tar:latest", "oci-archive", "%s/x.tar", "latest", "" },
    { "oci:%s/a:b", "oci", "%s/a:b", "", "" },
    { "oci:%s/a:b:tag", "oci", "%s/a:b", "tag", "" },
    { "%s/a:b", "", "%s/a:b", "", "" },
    { "%s/x.tar", "", "%s/x.tar", "", "" },
    { "%s/x.tar:app:1", "", "%s/x.tar", "app:1", "" },
    { "%s/at@b:c.tar", "", "%s/at@b:c.tar", "", "" },
    { "dir:%s/a:b", "dir", "%s/a:b", "", "" },
  }
  for _, case in ipairs(cases) do
    it(case[1] .. " is understood", function()
      local function here(text) return (text:gsub("%%s", before)) end
      local found = assert(image.parse(here(case[1])))
      assert.same({ scheme = case[2], path = here(case[3]), name = case[4], digest = case[5] }, found)
    end)
  end

  local refused = {
    { "", "USAGE", "empty" },
    { "oci:", "USAGE", "the path is missing" },
    { "docker-archive:%s/x.tar:", "USAGE", "a name or a digest" },
    { "oci:%s/dir@", "USAGE", "a name or a digest" },
    { "%s/gone.tar", "IO", "No such file" },
    { "gone.tar", "IO", "No such file" },
    { "./gone", "IO", "No such file" },
    { "alpine", "IO", "docker-daemon:alpine, one in a registry docker://alpine" },
    { "alpine:3.20", "IO", "one in a registry docker://alpine:3.20" },
    { "team/app", "IO", "docker://team/app" },
    { "Team/App", "IO", "No such file" },
    { "docker://host:5000/app@sha256:00", "FORMAT", 'host:5000/app@sha256:00: "sha256:00" is not a digest' },
    { "docker://", "USAGE", "is not a valid repository name" },
    { "docker:///app:1", "USAGE", "is not a valid repository name" },
    { "docker://App", "USAGE", '"App" is not a valid repository name' },
    { "docker://team//app", "USAGE", "is not a valid repository name" },
    { "docker://team/app/", "USAGE", "is not a valid repository name" },
    { "docker://team/-app", "USAGE", "is not a valid repository name" },
    { "docker://team/a___b", "USAGE", "is not a valid repository name" },
    { "docker://a..b", "USAGE", "is not a valid repository name" },
    { "docker://host:0/app", "USAGE", '"host:0" is not a valid registry host' },
    { "docker://host:66000/app", "USAGE", '"host:66000" is not a valid registry host' },
    { "docker://user@host/app", "FORMAT", "is not a digest" },
    { "docker://host.example:/app", "USAGE", '"host.example:" is not a valid registry host' },
    { "docker://ho_st.example/app", "USAGE", "is not a valid registry host" },
    { "docker://../app", "USAGE", "is not a valid registry host" },
    { "docker://app:", "USAGE", '"" is not a valid tag' },
    { "docker://app:.1", "USAGE", '".1" is not a valid tag' },
    { "docker://app:" .. ("t"):rep(129), "USAGE", "is not a valid tag" },
    { "docker://" .. ("p"):rep(256), "USAGE", "is not a valid repository name" },
    { "docker://app@", "FORMAT", "is not a digest" },
    { "podman:app:1", "UNSUPPORTED", "docker save -o image.tar app:1" },
    { "docker-daemon:", "USAGE", "the name of an image is missing" },
    { "docker-daemon:../app", "USAGE", "not a valid image name" },
    { "tape:/dev/st0", "USAGE", "schemes are dir:, docker://, docker-archive:, docker-daemon:, oci:, oci-archive:" },
    { ("x"):rep(9000), "LIMIT", "longer" },
  }
  for _, case in ipairs(refused) do
    it(case[1]:sub(1, 40) .. " is refused", function()
      local found, message, code = image.parse((case[1]:gsub("%%s", before)))
      assert.is_nil(found)
      assert.equal(case[2], code, message)
      assert.truthy(message:find(case[3], 1, true), message)
    end)
  end

  local digest = "sha256:" .. ("0"):rep(64)
  local hub = "registry-1.docker.io"
  -- reference, //domain/path, tag, digest, host, familiar name, loopback
  local remote = {
    { "docker://alpine", "//docker.io/library/alpine", "latest", "", hub, "alpine:latest", false },
    { "docker://team/app", "//docker.io/team/app", "latest", "", hub, "team/app:latest", false },
    { "docker://alpine:3.20", "//docker.io/library/alpine", "3.20", "", hub, "alpine:3.20", false },
    { "docker.io/library/alpine:3.20", "//docker.io/library/alpine", "3.20", "", hub, "alpine:3.20", false },
    { "index.docker.io/team/app:1", "//docker.io/team/app", "1", "", hub, "team/app:1", false },
    { "registry.example/app", "//registry.example/app", "latest", "", "registry.example", "registry.example/app:latest",
      false },
    { "registry:5000/team/app_1/x-y:v1.2-rc_3", "//registry:5000/team/app_1/x-y", "v1.2-rc_3", "", "registry:5000",
      "registry:5000/team/app_1/x-y:v1.2-rc_3", false },
    { "docker://registry:2", "//docker.io/library/registry", "2", "", hub, "registry:2", false },
    { "docker://docker:27", "//docker.io/library/docker", "27", "", hub, "docker:27", false },
    { "host:5000/app.tar:1", "//host:5000/app.tar", "1", "", "host:5000", "host:5000/app.tar:1", false },
    { "localhost/app", "//localhost/app", "latest", "", "localhost", "localhost/app:latest", true },
    { "127.0.0.1:5000/app:1", "//127.0.0.1:5000/app", "1", "", "127.0.0.1:5000", "127.0.0.1:5000/app:1", true },
    { "docker://127.example/app:1", "//127.example/app", "1", "", "127.example", "127.example/app:1", false },
    { "docker://[::1]:5000/app:1", "//[::1]:5000/app", "1", "", "[::1]:5000", "[::1]:5000/app:1", true },
    { "docker://[2001:db8::1]/app", "//[2001:db8::1]/app", "latest", "", "[2001:db8::1]", "[2001:db8::1]/app:latest",
      false },
    { "docker://app@" .. digest, "//docker.io/library/app", "", digest, hub, "app@" .. digest, false },
    { "docker://registry.example/app:1@" .. digest, "//registry.example/app", "1", digest, "registry.example",
      "registry.example/app:1", false },
  }
  for _, case in ipairs(remote) do
    it(case[1]:sub(1, 60) .. " is an image in a registry", function()
      assert.same({ scheme = "docker", path = case[2], name = case[3], digest = case[4], host = case[5],
        familiar = case[6], loopback = case[7] }, assert(image.parse(case[1])))
    end)
  end

  it("keeps terminals safe from what it quotes", function()
    local _, message = image.parse "./\27[31m"
    assert.is_nil(message:find "%c")
  end)
end)

describe("a platform", function()
  local cases = {
    { "linux/amd64", "linux", "amd64", "", true }, { "linux/x86_64", "linux", "amd64", "", true },
    { "linux/arm64", "linux", "arm64", "v8", true }, { "linux/arm64/v8", "linux", "arm64", "", true },
    { "linux/aarch64", "linux", "arm64", "", true }, { "linux/arm", "linux", "arm", "v6", true },
    { "linux/arm/v7", "linux", "arm", "v6", false }, { "linux/arm/v7", "linux", "arm", "", true },
    { "linux/armhf", "linux", "arm", "v7", true }, { "linux/amd64", "linux", "arm64", "", false },
    { "linux/amd64", "windows", "amd64", "", false }, { "linux/amd64/v3", "linux", "amd64", "v2", false },
    { "linux/386", "linux", "i386", "", true }, { "linux/amd64/v1", "linux", "amd64", "", true },
    { "linux/amd64/v2", "linux", "amd64", "", false }, { "linux/amd64", "linux", "amd64", "v1", true },
    { "linux/s390x/v1", "linux", "s390x", "", false }, { "linux/arm64/8", "linux", "arm64", "", true },
  }
  for _, case in ipairs(cases) do
    it(("%s asked of %s/%s/%s"):format(table.unpack(case)), function()
      assert.equal(case[5], (image.platform(case[1], case[2], case[3], case[4])))
    end)
  end

  it("is preferred with its own variant", function()
    for _, case in ipairs {
      { "linux/arm", "linux", "arm", "v6", "near" }, { "linux/arm", "linux", "arm", "v7", "same" },
      { "linux/armel", "linux", "arm", "v6", "same" }, { "linux/armel", "linux", "arm", "v7", "other" },
      { "linux/armhf", "linux", "arm", "", "same" }, { "linux/armel/v7", "linux", "arm", "v7", "same" },
      { "linux/armel/v7", "linux", "arm", "v6", "other" }, { "linux/arm/v6", "linux", "armel", "", "same" },
      { "linux/arm/v6", "linux", "armhf", "v6", "same" }, { "linux/amd64", "", "", "", "unknown" },
      { "linux/amd64", "", "amd64", "", "same" }, { "linux/amd64", "linux", "", "", "other" }, { "linux/amd64", "", "arm64", "", "other" },
      { "linux", "linux", "amd64", "", "other" }, { "LINUX/AMD64", "linux", "amd64", "", "other" },
      { "Linux/X86-64", "linux", "amd64", "", "same" },
    } do
      assert.equal(case[5], select(2, image.platform(case[1], case[2], case[3], case[4])), table.concat(case, " "))
    end
    assert.equal(select(2, image.platform(image.machine(), "linux", image.machine():match "/(.*)")),
      select(2, image.platform("", "linux", image.machine():match "/(.*)")))
  end)

  it("is this machine's by default", function()
    assert.truthy(image.machine():match "^linux/%w+$")
  end)

  for _, wrong in ipairs { "amd64", "linux/", "/amd64", "a/b/c/d", "a/b/" } do
    it(wrong .. " is none", function()
      fails("USAGE", "not a platform", "dir:/", wrong)
    end)
  end
end)

describe("a config", function()
  local full = json.encode {
    os = "linux", architecture = "arm", variant = "v7", created = "2024-01-02T03:04:05Z",
    config = {
      User = "app", WorkingDir = "/srv", Env = json.array { "A=1" }, Entrypoint = json.array { "/e" },
      Cmd = json.array { "c", "d" },
      ExposedPorts = { ["80/tcp"] = {} }, Labels = { a = "1", b = "2" },
    },
    rootfs = { type = "layers", diff_ids = json.array { letters.digest "1", letters.digest "2" } },
    history = json.array { { created_by = "FROM" }, { created_by = "ENV", empty_layer = true },
      { created_by = "RUN" } },
  }

  it("tells what there is to tell", function()
    local found = assert(image.config(full, 2))
    assert.same({ "linux", "arm", "v7", "2024-01-02T03:04:05Z", "app", "/srv" },
      { found.os, found.architecture, found.variant, found.created, found.user, found.working_dir })
    assert.same({ { "A=1" }, { "/e" }, { "c", "d" }, { "80/tcp" } },
      { found.env, found.entrypoint, found.cmd, found.exposed_ports })
    assert.same({ a = "1", b = "2" }, found.labels)
    assert.same({ { diff_id = letters.digest "1", created_by = "FROM" },
      { diff_id = letters.digest "2", created_by = "RUN" } },
      found.layers)
  end)

  it("guesses no instruction where the history has not one a layer", function()
    for _, history in ipairs { { { created_by = "FROM" } }, { {}, {}, { created_by = "x" } }, {} } do
      local found = assert(image.config(json.encode { history = json.array(history), rootfs = {
        diff_ids = json.array { letters.digest "1", letters.digest "2" } } }, 2))
      assert.same({ "", "" }, { found.layers[1].created_by, found.layers[2].created_by })
    end
  end)

  it("may be sparse and of the wrong types", function()
    for _, text in ipairs { "{}", '{"config":null,"rootfs":null,"history":null}', '{"config":[],"history":{},"os":1}',
      '{"config":{"Env":"x","Labels":[],"Cmd":[1,null],"Entrypoint":{"a":1}},"history":[1,null]}' } do
      local found = assert(image.config(text, 0))
      assert.equal("", found.os)
      assert.same({}, found.env)
    end
  end)

  local refused = {
    { "[]", 0, "FORMAT", "not a JSON object" }, { "", 0, "FORMAT", "config" }, { "{", 0, "FORMAT", "config" },
    { full, 1, "FORMAT", "2 diff IDs for 1 layers" }, { full, 3, "FORMAT", "2 diff IDs for 3 layers" },
    { '{"rootfs":{"type":"volume"}}', 0, "UNSUPPORTED", "volume" },
    { '{"rootfs":{"diff_ids":["sha256:xyz"]}}', 1, "FORMAT", "diff ID of layer 1" },
    { '{"rootfs":{"diff_ids":[7]}}', 1, "FORMAT", "diff ID of layer 1" },
    { ("["):rep(100000), 0, "LIMIT", "deep" }, { (" "):rep(9 << 20), 0, "LIMIT", "config" },
    { "{}", 1001, "LIMIT", "1001 layers" },
  }
  for i, case in ipairs(refused) do
    it(("is refused, case %d"):format(i), function()
      local found, message, code = image.config(case[1], case[2])
      assert.is_nil(found)
      assert.equal(case[3], code, message)
      assert.truthy(message:find(case[4], 1, true), message)
    end)
  end
end)

describe("a manifest", function()
  local digest = letters.digest "x"
  local function manifest(edit)
    local t = {
      schemaVersion = 2, config = { mediaType = images.types.config, digest = digest, size = 1 },
      layers = json.array { { mediaType = images.types.gzip, digest = digest, size = 10 } },
    }
    edit(t)
    return json.encode(t)
  end

  it("is OCI's or Docker's", function()
    assert.equal(digest, (assert(image.manifest(manifest(function() end)))))
    assert.equal(digest, (assert(image.manifest(manifest(function(t)
      t.mediaType = images.types.docker_manifest
      t.config.mediaType = images.types.docker_config
      t.layers[1].mediaType = images.types.docker_layer
    end)))))
  end)

  local refused = {
    ["not a JSON object"] = { "FORMAT", "[1]" },
    ["schema 1"] = { "UNSUPPORTED", '{"schemaVersion":1,"fsLayers":[]}' },
    ["schemaVersion is not 2"] = { "FORMAT", function(t) t.schemaVersion = 3 end },
    ["an index instead of a manifest"] = { "FORMAT", function(t) t.mediaType = images.types.index end },
    ["unsupported media type"] = { "UNSUPPORTED", function(t) t.mediaType = "text/plain" end },
    ["an artifact of the type \"application/vnd.cncf.helm.config"] =
      { "UNSUPPORTED", function(t) t.config.mediaType = "application/vnd.cncf.helm.config.v1+json" end },
    ["config: no descriptor"] = { "FORMAT", function(t) t.config = nil end },
    ["the list of layers is missing"] = { "FORMAT", function(t) t.layers = nil end },
    ["layer 1: encrypted"] = { "UNSUPPORTED",
      function(t) t.layers[1].mediaType = images.types.gzip .. "+encrypted" end },
    ["but an artifact of the type"] = { "UNSUPPORTED",
      function(t) t.layers[1].mediaType = "application/vnd.in-toto+json" end },
    ["layer 1: the size is missing"] = { "FORMAT", function(t) t.layers[1].size = -1 end },
    ["1: the size is missing, or is not a whole number"] = { "FORMAT", function(t) t.layers[1].size = "10" end },
    ["layer 1: "] = { "FORMAT", function(t) t.layers[1].digest = "sha256:../../etc/passwd" end },
    ["layer 1:"] = { "UNSUPPORTED", function(t) t.layers[1].digest = "md5:00000000000000000000000000000000" end },
    ["1001 layers"] = { "LIMIT", function(t) for i = 1, 1001 do t.layers[i] = t.layers[1] end end },
  }
  for words, case in pairs(refused) do
    it("is refused: " .. words, function()
      local found, message, code = image.manifest(type(case[2]) == "string" and case[2] or manifest(case[2]))
      assert.is_nil(found)
      assert.equal(case[1], code, message)
      assert.truthy(message:find(words, 1, true), message)
    end)
  end
end)

describe("real images", function()
  local real, reason
  setup(function()
    real = folder .. "/real"
    os.execute("mkdir " .. real)
    for _, tool in ipairs { "umoci", "skopeo" } do
      if not images.has(tool) then reason = "needs " .. tool .. ": apt-get install " .. tool end
    end
    if not reason then images.build(real) end
  end)

  local function check(found)
    assert.equal("linux", found.os)
    assert.same({ "A=1", "B=2" }, found.env)
    assert.same({ "/bin/tool" }, found.entrypoint)
    assert.same({ "run", "-v" }, found.cmd)
    assert.same({ "80/tcp" }, found.exposed_ports)
    assert.same({ who = "me" }, found.labels)
    assert.equal("1000:1000", found.user)
    assert.equal("/srv", found.working_dir)
    assert.equal(4, #found.layers)
    assert.equal("COPY base /", found.layers[1].created_by)
    assert.equal("RUN dpkg -i upper", found.layers[2].created_by)
    assert.equal(images.base["etc/os-release"], found.layers[1].files["etc/os-release"])
    assert.equal("Package: upper\nStatus: install ok installed\n", found.layers[2].files["var/lib/dpkg/status"])
    assert.equal("usr/bin", found.layers[1].links.bin)
    for _, layer in ipairs(found.layers) do assert.equal(layer.diff_id, layer.found_diff_id) end
  end

  local function opens(what, reference)
    it(what, function()
      if reason then return pending(reason) end
      check(open((reference:gsub("%%s", real))))
    end)
  end

  opens("as a layout, by tag", "oci:%s/oci:app")
  opens("as a layout with zstd layers", "oci:%s/zstd")
  opens("as skopeo's docker-archive", "docker-archive:%s/docker.tar")
  opens("as skopeo's docker-archive, by name", "docker-archive:%s/docker.tar:localhost/app:1")
  opens("as skopeo's docker-archive, by the last part of the name", "%s/docker.tar:app:1")
  opens("as a layout in a tar", "oci-archive:%s/oci.tar")
  opens("as a layout in a tar that nobody named", "%s/oci.tar")

  for _, codec in ipairs { "gzip -k", "zstd -qk", "xz -k", "bzip2 -k" } do
    local program = codec:match "%w+"
    local suffix = ({ gzip = ".gz", zstd = ".zst", xz = ".xz", bzip2 = ".bz2" })[program]
    for _, name in ipairs { "docker.tar", "oci.tar" } do
      it(name .. suffix .. " is read in passing", function()
        if reason then return pending(reason) end
        if not images.has(program) then
          return pending("needs " .. program .. ": apt-get install " .. (program == "xz" and "xz-utils" or program))
        end
        images.run(codec .. " %s", real .. "/" .. name)
        local found = open(real .. "/" .. name .. suffix)
        check(found)
        assert.is_true(found.layers[1].passed)
      end)
    end
  end

  for _, name in ipairs { "docker.tar", "oci.tar", "docker.tar.gz" } do
    it(name .. " comes through a pipe", function()
      if reason then return pending(reason) end
      local found = piped(real .. "/" .. name)[1]
      assert.is_table(found)
      check(found)
      assert.is_true(found.layers[1].passed)
    end)
  end

  it("is read in place where standard input is a file", function()
    if reason then return pending(reason) end
    local found = piped(real .. "/docker.tar", "file")[1]
    assert.is_table(found)
    check(found)
    assert.is_false(found.layers[1].passed)
  end)

  it("has one config, whatever it is packed in", function()
    if reason then return pending(reason) end
    local id = open("oci:" .. real .. "/oci:app").id
    assert.equal(id, open(real .. "/docker.tar").id)
    assert.equal(id, open(real .. "/oci.tar").id)
  end)

  it("is named where there are several", function()
    if reason then return pending(reason) end
    local stem = "oci:" .. real .. "/oci"
    fails("NOT_FOUND", ("holds 2 images; name one: %s:base, %s:app"):format(stem, stem), stem)
    fails("NOT_FOUND", "no image nobody in it; it contains " .. stem .. ":base", stem .. ":nobody")
    assert.equal("base", open(stem .. ":base").name)
    local digest = open(stem .. ":app").digest
    assert.equal(digest, open(stem .. "@" .. digest).digest)
    fails("USAGE", "oci-archive:", "oci:" .. real .. "/oci.tar")
    fails("USAGE", "oci:", "docker-archive:" .. real .. "/oci")
  end)
end)

describe("docker-archives before 25", function()
  local many = { { names = { "app:1", "app:latest" }, layers = { layer_one, layer_two } },
    { names = { "other/app:1" }, layers = { layer_one, layer_three } }, { layers = { layer_one } } }

  for _, way in ipairs { "in place", "in passing" } do
    local function make(members)
      local bytes = images.tar(members)
      return archive(way == "in place" and bytes or images.gzip(bytes))
    end

    it("share layers by symlinks, " .. way, function()
      local found = open(make(images.old_docker(many)) .. ":other/app:1")
      assert.equal("other/app:1", found.name)
      assert.equal("ID=one\n", found.layers[1].files["etc/os-release"])
      assert.equal("three\n", found.layers[2].files["three/wanted"])
      assert.equal("", found.layers[1].blob)
      assert.equal(way == "in passing", found.layers[1].passed)
      assert.equal(letters.digest(images.config(many[2])), found.id)
      assert.equal("", found.digest)
    end)

    it("may hold the same layer twice in one image, " .. way, function()
      local found = open(make(images.old_docker { { names = { "app:1" },
        layers = { layer_one, layer_two, layer_one } } }))
      assert.equal("ID=one\n", found.layers[3].files["etc/os-release"])
    end)

    it("ask for a name where there are several, " .. way, function()
      local path = make(images.old_docker(many))
      local third = letters.digest(images.config(many[3]))
      fails("NOT_FOUND", ("holds 3 images; name one: $:app:1, $:app:latest, $:other/app:1, $@" .. third)
        :gsub("%$", "docker-archive:" .. path), "docker-archive:" .. path)
      assert.equal("app:latest", open(path .. ":app").name)
      assert.equal(third, open(path .. "@" .. third).id)
      fails("NOT_FOUND", "no image app:2 in it", path .. ":app:2")
      fails("NOT_FOUND", "no image", path .. "@" .. letters.digest "nothing")
    end)

    it("verify, " .. way, function()
      local function spoiled(change)
        local members = images.old_docker { { names = { "app:1" }, layers = { layer_one, layer_two } } }
        change(members)
        return make(members)
      end
      local function find(members, pattern)
        for _, member in ipairs(members) do
          if member[1]:match(pattern) and member.kind ~= "5" then return member end
        end
      end
      fails("DIGEST", "config", spoiled(function(m)
        local config = find(m, "^%x+%.json$")
        config[2] = config[2]:gsub("amd64", "arm64")
      end))
      fails("DIGEST", letters.digest(layer_one), spoiled(function(m) find(m, "layer.tar")[2] = layer_three end))
      fails("NOT_FOUND", "layer 1", spoiled(function(m) find(m, "layer.tar")[1] = "elsewhere" end))
      fails("NOT_FOUND", "config", spoiled(function(m) find(m, "^%x+%.json$")[1] = "elsewhere" end))
      fails("FORMAT", "manifest.json", spoiled(function(m) find(m, "manifest.json")[2] = "{}" end))
      fails("FORMAT", "entry 1 has no Config", spoiled(function(m) find(m, "manifest.json")[2] = "[{}]" end))
      fails("FORMAT", "manifest.json: layer 2 is not a path", spoiled(function(m)
        local manifest = find(m, "manifest.json")
        manifest[2] = manifest[2]:gsub(',"[^"]*/layer.tar"%]', ",7]")
      end))
      fails("FORMAT", "not a tar header", spoiled(function(m) m[6][2] = ("x"):rep(600) end))
      fails("FORMAT", way == "in passing" and "manifest.json: not the JSON document" or "manifest.json",
        spoiled(function(m) find(m, "manifest.json")[2] = "Config: x" end))
      fails("NOT_FOUND", "manifest.json is empty", spoiled(function(m) find(m, "manifest.json")[2] = "[]" end))
      fails("FORMAT", "neither manifest.json", spoiled(function(m) find(m, "manifest.json")[1] = "x" end))
    end)

    it("may have links, but not to outside or in circles, " .. way, function()
      local function linked(target, more)
        local members = images.old_docker { { names = { "app:1" }, layers = { layer_one } } }
        for i, member in ipairs(members) do
          if member[1]:match "layer.tar" then members[i] = { member[1], kind = "2", link = target } end
        end
        for _, member in ipairs(more or {}) do members[#members + 1] = member end
        return make(members)
      end
      assert.equal("ID=one\n", open(linked("../x.tar", { { "x.tar", layer_one } })).layers[1].files["etc/os-release"])
      fails("FORMAT", "leads outside", linked "../../../../etc/passwd")
      fails("FORMAT", "leads outside", linked "/etc/passwd")
      fails("NOT_FOUND", "which is not in there", linked "../x.tar")
      fails("FORMAT", "in a circle", linked("../x.tar", { { "x.tar", kind = "2", link = "y.tar" },
        { "y.tar", kind = "2", link = "x.tar" } }))
      fails("FORMAT", "in a circle", linked("../x.tar", { { "x.tar", kind = "1", link = "x.tar" } }))
      assert.equal(1, #open(linked("../x.tar", { { "y.tar", layer_one },
        { "x.tar", kind = "1", link = "y.tar" } })).layers)
    end)
  end

  it("cannot be from before Docker 1.10", function()
    fails("UNSUPPORTED", "before 1.10", archive { { "repositories", "{}" }, { "x/json", "{}" } })
  end)

  it("written by other tools have other names inside", function()
    local zipped = images.gzip(layer_one)
    local config = images.config { layers = { layer_one } }
    local manifest = json.encode(json.array { { Config = letters.digest(config), RepoTags = json.array { "x:1" },
      Layers = json.array { images.hex(zipped) .. ".tar.gz" } } })
    local members = { { letters.digest(config), config }, { images.hex(zipped) .. ".tar.gz", zipped },
      { "manifest.json", manifest } }
    assert.equal("ID=one\n", open(archive(members)).layers[1].files["etc/os-release"])
    members[1][2] = config .. " "
    fails("DIGEST", "config", archive(members))
  end)
end)

describe("docker-archives since 25", function()
  local function modern()
    local layout = images.layout()
    local one = layout:image { layers = { { tar = layer_one }, { tar = layer_two } } }
    local manifest = json.decode(layout.files[images.blob_path(one.digest)])
    layout:add(one, "1", "registry.example/library/app:1")
    layout:add(layout:attestation(one))
    local entry = { Config = images.blob_path(manifest.config.digest), RepoTags = json.array { "app:1" },
      Layers = json.array { images.blob_path(manifest.layers[1].digest), images.blob_path(manifest.layers[2].digest) } }
    return layout, one, entry
  end

  local function members(entry)
    return { { "manifest.json", json.encode(json.array { entry }) }, { "repositories", "{}" } }
  end

  for _, way in ipairs { "in place", "in passing" } do
    it("are layouts too, " .. way, function()
      local layout, one, entry = modern()
      local bytes = layout:tar(members(entry))
      local path = archive(way == "in place" and bytes or images.gzip(bytes))
      for _, reference in ipairs { path, "docker-archive:" .. path .. ":app:1", path .. "@" .. one.digest,
        path .. "@" .. letters.digest(layout.files[entry.Config]) } do
        local found = open(reference)
        assert.equal(one.digest, found.digest)
        assert.equal(letters.digest(layer_two), found.layers[2].blob)
        assert.equal("ID=two\n", found.layers[2].files["etc/os-release"])
      end
      assert.equal("registry.example/library/app:1", open("oci-archive:" .. path .. ":app:1").name)
      assert.equal("app:1", open(path).name)
    end)
  end

  it("are good without their index", function()
    local layout, _, entry = modern()
    layout.entries = {}
    local found = open(archive(layout:tar(members(entry))))
    assert.equal("", found.digest)
    assert.equal(letters.digest(layer_one), found.layers[1].blob)
  end)

  it("are good with an index that leads nowhere", function()
    local layout, _, entry = modern()
    local all = members(entry)
    all[#all + 1] = { "index.json", kind = "2", link = "gone.json" }
    for _, bytes in ipairs { layout:tar(all), images.gzip(layout:tar(all)) } do
      local found = open(archive(bytes))
      assert.equal("", found.digest)
      assert.equal("ID=two\n", found.layers[2].files["etc/os-release"])
    end
  end)

  it("may begin their documents with a byte order mark", function()
    local layout, one, entry = modern()
    local all = members(entry)
    all[1][2] = "\xef\xbb\xbf" .. all[1][2]
    for _, bytes in ipairs { layout:tar(all), images.gzip(layout:tar(all)) } do
      assert.equal(one.digest, open(archive(bytes)).digest)
    end
  end)

  it("have indexes nested four deep and no deeper", function()
    for _, depth in ipairs { 4, 5 } do
      local layout, one, entry = modern()
      local nested = one
      for _ = 1, depth do nested = layout:index { nested } end
      layout.entries = {}
      layout:add(nested)
      local path = archive(layout:tar(members(entry)))
      if depth == 4 then assert.equal(one.digest, open(path).digest)
      else fails("LIMIT", "nested too deep", path) end
    end
  end)

  it("are good with an index of which only their part was saved", function()
    local layout, _, entry = modern()
    local gone = letters.digest "of another platform"
    table.insert(layout.entries, 1, { mediaType = layout.entries[1].mediaType, digest = gone, size = 19 })
    local found = open(archive(layout:tar(members(entry))))
    assert.equal(layout.entries[2].digest, found.digest)
    assert.equal(letters.digest(layer_one), found.layers[1].blob)
  end)

  it("tell what is wrong with an index that may have them", function()
    local layout, one, entry = modern()
    layout.entries = {}
    local nested = layout:add(layout:index { one })
    local path = images.blob_path(nested.digest)
    layout.files[path] = layout.files[path]:sub(1, -2) .. " "
    for _, bytes in ipairs { layout:tar(members(entry)), images.gzip(layout:tar(members(entry))) } do
      fails("DIGEST", nested.digest, archive(bytes))
    end
  end)

  it("must not say one thing here and another there", function()
    local layout, _, entry = modern()
    entry.Layers = json.array { entry.Layers[2], entry.Layers[1] }
    fails("FORMAT", "name different layers", archive(layout:tar(members(entry))))
  end)
end)

describe("OCI layouts", function()
  it("choose a platform, and pass over attestations", function()
    local layout = images.layout()
    local list = {}
    for i, platform in ipairs { { "linux", "amd64" }, { "linux", "arm64", "v8" }, { "linux", "arm", "v6" },
      { "linux", "arm", "v7" },
      { "windows", "amd64" } } do
      list[#list + 1] = layout:image { os = platform[1], architecture = platform[2], variant = platform[3],
        layers = { { tar = images.tar { { "etc/os-release", "ID=" .. i .. "\n" } } } } }
      list[#list + 1] = layout:attestation(list[#list])
    end
    local top = layout:index { layout:index(list), }
    layout:add(top, "app")
    local path = "oci:" .. write(layout)
    local function id(platform) return open(path, platform).layers[1].files["etc/os-release"]:match "%d" end
    assert.equal("1", id "linux/amd64")
    assert.equal("2", id "linux/arm64")
    assert.equal("2", id "linux/aarch64/v8")
    assert.equal("4", id "linux/arm")
    assert.equal("3", id "linux/arm/v6")
    assert.equal("5", id "windows/amd64")
    fails("NOT_FOUND", "no image for linux/s390x; choose with --platform among linux/amd64, linux/arm64/v8", path,
      "linux/s390x")
    local machine = image.machine()
    if machine == "linux/amd64" or machine == "linux/arm64" then
      assert.equal(machine, open(path).os .. "/" .. open(path).architecture)
    end
    assert.equal("5", open(path .. "@" .. list[9].digest).layers[1].files["etc/os-release"]:match "%d")
    fails("NOT_FOUND", "windows/amd64", path .. "@" .. list[9].digest, "linux/amd64")
    assert.equal("1", open(path .. "@" .. top.digest, "linux/amd64").layers[1].files["etc/os-release"]:match "%d")
  end)

  it("take the only image there is, unless another platform is asked for", function()
    local layout = images.layout()
    layout:add(layout:image { architecture = "s390x" })
    local path = "oci:" .. write(layout)
    assert.equal("s390x", open(path).architecture)
    fails("NOT_FOUND", "linux/s390x", path, "linux/amd64")
    layout.entries[1].platform = nil -- then only the config knows
    path = "oci:" .. write(layout)
    assert.equal("s390x", open(path).architecture)
    fails("NOT_FOUND", "linux/s390x", path, "linux/amd64")
  end)

  it("know Docker's media types", function()
    local layout = images.layout()
    local one = layout:image { manifest_type = images.types.docker_manifest, config_type = images.types.docker_config,
      layers = { { tar = layer_one, blob = images.gzip(layer_one), type = images.types.docker_layer } } }
    layout:add(layout:index({ one }, images.types.docker_index))
    local found = open("oci:" .. write(layout))
    assert.equal("ID=one\n", found.layers[1].files["etc/os-release"])
    assert.equal(images.types.docker_layer, found.layers[1].media_type)
  end)

  it("hold one image under two tags", function()
    local layout = images.layout()
    local one = layout:image()
    layout:add(one, "1.0")
    layout:add(one, "latest")
    assert.equal("1.0", open("oci:" .. write(layout)).name)
  end)

  it("without tags are chosen from by digest", function()
    local layout = images.layout()
    local one = layout:add(layout:image { layers = { { tar = layer_one } } })
    local two = layout:add(layout:image { layers = { { tar = layer_two } } })
    local path = "oci:" .. write(layout)
    fails("NOT_FOUND", ("name one: %s@%s, %s@%s"):format(path, one.digest, path, two.digest), path)
    assert.equal("ID=two\n", open(path .. "@" .. two.digest).layers[1].files["etc/os-release"])
  end)

  it("may be empty", function()
    fails("NOT_FOUND", "holds no image", "oci:" .. write(images.layout()))
  end)

  it("may lack an index, of another platform or not", function()
    local layout = images.layout()
    local gone = layout:add(layout:index { layout:image() })
    layout.files[images.blob_path(gone.digest)] = nil
    fails("NOT_FOUND", "holds no image, but " .. gone.digest .. " (a missing index)", "oci:" .. write(layout))
    layout:add(layout:image(), "app")
    assert.equal("app", open("oci:" .. write(layout)).name)
  end)

  it("may hold artifacts beside images", function()
    local layout = images.layout()
    layout:add(layout:blob("{}", "application/vnd.example+json"), "chart")
    layout:add(layout:image(), "app")
    assert.equal("app", open("oci:" .. write(layout)).name)
  end)

  it("list no more than one can read", function()
    local layout = images.layout()
    for i = 1, 30 do layout:add(layout:image { config = { User = "u" .. i } }, "tag" .. i) end
    fails("NOT_FOUND", "holds 30 images", "oci:" .. write(layout))
    local _, message = image.open("oci:" .. write(layout))
    assert.truthy(message:find "tag10, …$", message)
  end)

  -- Each change leaves every other digest true.
  local spoiled = {
    ["the index's digest of the manifest"] = { "DIGEST", "manifest", function(layout, one)
      layout.files[images.blob_path(one.digest)] = layout.files[images.blob_path(one.digest)]:gsub("schema", "Schema")
    end },
    ["the index's size of the manifest"] = { "DIGEST", "size mismatch",
      function(layout) layout.entries[1].size = 5 end },
    ["an absurd size of the manifest"] = { "LIMIT", "is said to have",
      function(layout) layout.entries[1].size = 1 << 60 end },
    ["a layer of another kind"] = { "UNSUPPORTED", 'layer 2: the media type "application/vnd.example" is not that of',
      function(layout)
        layout.entries = {}
        layout:add(layout:image { layers = { { tar = layer_one }, { tar = layer_two, type = "application/vnd.example" } } })
      end },
    ["a missing manifest"] = { "NOT_FOUND", "manifest", function(layout, one)
      layout.files[images.blob_path(one.digest)] = nil
    end },
    ["the manifest's digest of the config"] = { "DIGEST", "config", function(layout, _, manifest)
      layout.files[images.blob_path(manifest.config.digest)] = "{}" .. (" "):rep(manifest.config.size - 2)
    end },
    ["the manifest's size of the config"] = { "DIGEST", "config", function(layout, _, manifest)
      layout.files[images.blob_path(manifest.config.digest)] = "{}"
    end },
    ["a missing config"] = { "NOT_FOUND", "config", function(layout, _, manifest)
      layout.files[images.blob_path(manifest.config.digest)] = nil
    end },
    ["the manifest's digest of a layer"] = { "DIGEST", letters.digest(layer_two), function(layout)
      layout.files[images.blob_path(letters.digest(layer_two))] = layer_two:gsub("ID=two", "ID=2wo")
    end },
    ["the manifest's size of a layer"] = { "DIGEST", "layer 2", function(layout)
      layout.files[images.blob_path(letters.digest(layer_two))] = layer_two .. ("\0"):rep(512)
    end },
    ["a missing layer"] = { "NOT_FOUND", "layer 2", function(layout)
      layout.files[images.blob_path(letters.digest(layer_two))] = nil
    end },
    ["a layout of the future"] = { "UNSUPPORTED", "version 2", function(layout)
      layout.files["oci-layout"] = '{"imageLayoutVersion":"2.0.0"}'
    end },
    ["an index that is none"] = { "FORMAT", "no list of manifests",
      function(layout) layout.files["index.json"] = "[]" end },
    ["an index that does not end"] = { "FORMAT", "image index",
      function(layout) layout.files["index.json"] = '{"manifests":[' end },
    ["an index nested too deep"] = { "LIMIT", "deep",
      function(layout) layout.files["index.json"] = ("["):rep(50000) end },
    ["an index too long"] = { "LIMIT", "",
      function(layout) layout.files["index.json"] = "{" .. (" "):rep(8 << 20) .. "}" end },
    ["a digest that is a path"] = { "FORMAT", "an entry of the index",
      function(layout) layout.entries[1].digest = "sha256:../../index.json" end },
  }
  for what, case in pairs(spoiled) do
    local function spoil()
      local layout = images.layout()
      local one = layout:image { layers = { { tar = layer_one }, { tar = layer_two } } }
      layout:add(one, "app")
      case[3](layout, one, json.decode(layout.files[images.blob_path(one.digest)]))
      return layout
    end
    it("are verified against " .. what, function()
      local layout = spoil()
      local bytes = layout:tar()
      fails(case[1], case[2], "oci:" .. write(layout))
      fails(case[1], case[2], "oci-archive:" .. archive(bytes))
      fails(case[1], case[2], "oci-archive:" .. archive(images.gzip(bytes)))
    end)
  end

  it("verify diff IDs", function()
    local layout = images.layout()
    layout:add(layout:image { layers = { { tar = layer_one } }, diff_ids = json.array { letters.digest "else" } })
    fails("DIGEST", letters.digest "else", "oci:" .. write(layout))
    fails("DIGEST", letters.digest "else", "oci-archive:" .. archive(images.gzip(layout:tar())))
  end)

  it("say which blob may not be read", function()
    local layout = images.layout()
    layout:add(layout:image { layers = { { tar = layer_one } } })
    local path, blob = write(layout), images.blob_path(letters.digest(layer_one))
    images.run("chmod 0 %s", path .. "/" .. blob)
    without_rights(fails, "IO", "open " .. blob .. ": Permission denied", "oci:" .. path)
  end)

  it("say so where a layer may not be handed out", function()
    local layout = images.layout()
    layout:add(layout:image { layers = { { tar = layer_one, type = images.types.foreign } } })
    layout.files[images.blob_path(letters.digest(layer_one))] = nil
    fails("NOT_FOUND", "its vendor", "oci:" .. write(layout))
  end)

  it("nest indexes four deep and no deeper", function()
    local function nested(depth)
      local layout = images.layout()
      local entry = layout:image()
      for _ = 1, depth do entry = layout:index { entry } end
      layout:add(entry)
      return "oci:" .. write(layout)
    end
    assert.equal("linux", open(nested(4)).os)
    fails("LIMIT", "nested more than 4 deep", nested(5))
  end)

  it("do not run in circles, whatever an index lists", function()
    local layout = images.layout()
    local entry = layout:index { layout:image() }
    local list = {}
    for i = 1, 50 do list[i] = entry end
    local second = layout:index(list)
    for i = 1, 50 do list[i] = second end
    layout:add(layout:index(list))
    fails("LIMIT", "more than 100 indexes", "oci:" .. write(layout))
    -- A circle needs an index that holds its own digest: the nearest thing is one that does not verify.
    local circle = images.layout()
    local index = circle:index { circle:image() }
    circle.files[images.blob_path(index.digest)] = json.encode { schemaVersion = 2, manifests = json.array { index } }
    circle:add(index)
    fails("DIGEST", index.digest, "oci:" .. write(circle))
  end)

  it("are read through links that stay inside, and no others", function()
    local layout = images.layout()
    layout:add(layout:image { layers = { { tar = layer_one } } })
    local path = images.blob_path(letters.digest(layer_one))
    layout.files["hidden/one"], layout.files[path] = layer_one, { "../../hidden/one" }
    assert.equal("ID=one\n", open("oci:" .. write(layout)).layers[1].files["etc/os-release"])
    local outside = images.write(fresh ".tar", layer_one)
    layout.files[path] = { outside }
    fails("FORMAT", "leads outside", "oci:" .. write(layout))
    layout.files[path] = { "../../../" .. outside:match "[^/]+$" }
    fails("FORMAT", "leads outside", "oci:" .. write(layout))
    layout.files[path] = { path:match "[^/]+$" }
    fails("FORMAT", "in a circle", "oci:" .. write(layout))
  end)

  it("hold files, not pipes and folders", function()
    local layout = images.layout()
    layout:add(layout:image { layers = { { tar = layer_one } } })
    local path = images.blob_path(letters.digest(layer_one))
    layout.files[path] = nil
    local root = write(layout)
    images.run("mkfifo %s", root .. "/" .. path)
    fails("FORMAT", "not a regular file", "oci:" .. root)
    images.run("rm %s; mkdir %s", root .. "/" .. path, root .. "/" .. path)
    fails("FORMAT", "not a regular file", "oci:" .. root)
  end)
end)

describe("archives", function()
  local function good()
    local layout = images.layout()
    layout:add(layout:image { layers = { { tar = layer_one } } }, "app")
    return layout
  end

  it("are recognised by their bytes", function()
    fails("FORMAT", "neither a tar archive's", images.write(fresh ".tar", "hello"))
    fails("FORMAT", "neither a tar archive's", images.write(fresh ".tar", ""))
    fails("FORMAT", "no image", archive { { "etc/passwd", "root" } })
    fails("FORMAT", "lz4", images.write(fresh ".tar.lz4", "\4\34\77\24" .. ("x"):rep(600)))
  end)

  for _, way in ipairs { "in place", "in passing" } do
    local function make(bytes) return archive(way == "in place" and bytes or images.gzip(bytes)) end

    it("may not hold paths that climb, " .. way, function()
      fails("FORMAT", "..", make(good():tar { { "../../etc/passwd", "x" } }))
    end)

    it("may not end too soon, " .. way, function()
      local bytes = good():tar()
      for _, length in ipairs { 1, 300, 512, 700, 1024, #bytes // 2, #bytes - 1024 - 500 } do
        local opened, message, code = image.open("docker-archive:" .. make(bytes:sub(1, length)))
        assert.is_nil(opened)
        assert.is_true(code == "FORMAT" or code == "NOT_FOUND", message)
      end
    end)

    it("may lie about sizes, and be caught, " .. way, function()
      local endless = { { "x", "21 size=300000000000\n", kind = "x" }, { "huge", "x" } }
      fails(way == "in place" and "FORMAT" or "LIMIT", way == "in place" and "ends inside" or "bytes, inflated",
        make(good():tar(endless)))
      fails("FORMAT", "ends inside", make(good():tar { { "huge", "x", size = 8 ^ 11 - 1 } }))
    end)

    it("may hold a path twice: the last one counts, " .. way, function()
      local layout = good()
      local config
      for path, bytes in pairs(layout.files) do if bytes:find "rootfs" then config = path end end
      assert.equal("linux", open(make(images.tar { { config, "{}" } }:sub(1, -1025) .. layout:tar())).os)
      fails("DIGEST", "config", make(layout:tar { { config, "{}" } }))
    end)

    it("have a bounded number of members, " .. way, function()
      local one = images.tar { { "a", kind = "1", link = "b" } }:sub(1, 512)
      local path = make(one:rep(1000))
      local some = images.read(path)
      local file <close> = assert(io.open(path, "ab"))
      for _ = 2, 100 do file:write(some) end -- several gzip files in one are one
      file:write(images.read(make(one .. ("\0"):rep(1024))))
      file:flush()
      fails("LIMIT", "more than 100000 members", path)
    end)

    it("may end without zeros, " .. way, function()
      assert.equal("linux", open(make(good():tar():sub(1, -1025))).os)
    end)
  end

  it("may hold layers that look like something else, or like nothing", function()
    local bracket = images.tar { { "[", "x" }, { "usr/wanted", "here\n" } }
    local layout = images.layout()
    layout:add(layout:image { layers = { { tar = bracket }, { tar = "" }, { tar = ("\0"):rep(1024) } } })
    local old = images.tar(images.old_docker { { names = { "a:1" }, layers = { bracket, "", ("\0"):rep(1024) } } })
    for _, bytes in ipairs { layout:tar(), images.gzip(layout:tar()), old, images.gzip(old) } do
      local found = open(archive(bytes))
      assert.equal("here\n", found.layers[1].files["usr/wanted"])
      assert.equal(0, found.layers[2].entries)
      assert.equal(0, found.layers[3].entries)
    end
  end)

  it("may not be sparse", function()
    local path = folder .. "/sparse"
    images.run("cd %s && truncate -s 1M sparse && echo end >> sparse && tar -S -cf sparse.tar sparse", folder)
    fails("UNSUPPORTED", "sparse", path .. ".tar")
  end)

  it("may hold what is no layer where nobody looks", function()
    local bytes = images.gzip(good():tar { { "broken.tar", ("x"):rep(600) }, { "broken.gz", "\31\139\8\0garbage" } })
    assert.equal("linux", open(archive(bytes)).os)
  end)

  it("may not hold text for a layer", function()
    local layout = images.layout()
    layout:add(layout:image { layers = { { tar = layer_one }, { tar = "hello" } } })
    fails("FORMAT", "ends inside a header", archive(layout:tar()))
    fails("FORMAT", images.blob_path(letters.digest "hello") .. " is not a layer", archive(images.gzip(layout:tar())))
  end)

  it("say that they may not be read", function()
    local path = archive(good():tar())
    images.run("chmod 0 %s", path)
    for _, scheme in ipairs { "", "oci-archive:" } do
      without_rights(fails, "IO", "open " .. path .. ": Permission denied", scheme .. path)
    end
  end)

  it("say that they cannot be read", function()
    local memory = "/proc/self/mem" -- it opens, but nothing is mapped at its start, so reading fails
    for _, scheme in ipairs { "", "docker-archive:" } do fails("IO", "read " .. memory .. ": ", scheme .. memory) end
  end)

  it("have a bounded number of layers, in passing", function()
    local one = images.tar { { "x.tar" } }:sub(1, 512)
    fails("LIMIT", "more than 4096 layers in one stream", archive(images.gzip(one:rep(4097) .. ("\0"):rep(1024))))
  end)

  it("do not keep more documents than there is room for", function()
    local big = '{"a":"' .. ("x"):rep((8 << 20) - 10) .. '"}'
    local one = images.gzip(images.tar { { "j", big } }:sub(1, -1025))
    fails("LIMIT", "all of them together", archive(one:rep(9) .. images.gzip(good():tar())))
  end)

  it("may be followed by a little, not by a lot", function()
    local bytes = good():tar()
    assert.equal("linux", open(archive(images.gzip(bytes .. ("\0"):rep(20480)))).os)
    fails("FORMAT", "follow the archive's end", archive(images.gzip(bytes .. ("\0"):rep(3 << 20))))
  end)

  it("come through pipes that have a path", function()
    local path, pipe = archive(good():tar()), fresh ".pipe"
    images.run("mkfifo %s", pipe)
    for _, scheme in ipairs { "", "docker-archive:", "oci-archive:" } do
      os.execute(("cat %s > %s &"):format(path, pipe))
      assert.is_true(open(scheme .. pipe).layers[1].passed)
    end
  end)

  it("fail through a pipe as they do from a file", function()
    local answer = piped(archive "no image, only a long line of text that nobody would take for a tar")
    assert.equal("FORMAT", answer[3])
    answer = piped(archive { { "x", "" } })
    assert.truthy(answer[2]:find("standard input", 1, true))
  end)
end)

describe("a root file system", function()
  local function tree(files)
    local path = fresh ""
    images.run("mkdir %s", path)
    images.write_tree(path, files)
    return path
  end

  it("is walked without following links", function()
    local path = tree { ["etc/os-release"] = "ID=x\n", ["a/b/c/wanted"] = "deep\n", ["usr/lib/x"] = "",
      ["lib"] = { "usr/lib" },
      ["out"] = { "/etc" }, ["usr/wanted"] = { "/etc/passwd" }, ["loop"] = { "loop" } }
    for _, reference in ipairs { path, "dir:" .. path } do
      local found = open(reference)
      assert.same({ ["etc/os-release"] = "ID=x\n", ["a/b/c/wanted"] = "deep\n" }, found.tree.files)
      assert.same({ lib = "usr/lib", out = "/etc", ["usr/wanted"] = "/etc/passwd", loop = "loop" }, found.tree.links)
      assert.equal("", found.id)
    end
  end)

  it("may hold pipes, sockets and devices", function()
    local path = tree { ["etc/os-release"] = "ID=x\n" }
    images.run("mkfifo %s", path .. "/etc/pipe")
    assert.same({ ["etc/os-release"] = "ID=x\n" }, open(path).tree.files)
  end)

  it("may be deep, but not endlessly", function()
    local path = tree { ["etc/os-release"] = "ID=x\n" }
    images.run("cd %s && mkdir -p " .. ("d/"):rep(400), path)
    assert.truthy(open(path).tree.files["etc/os-release"])
    images.run("cd %s && mkdir -p " .. ("d/"):rep(600), path)
    fails("LIMIT", "nested more than 512 deep", path)
  end)

  it("says what it may not read", function()
    local path = tree { ["closed/x"] = "" }
    images.run("chmod 0 %s", path .. "/closed")
    without_rights(fails, "IO", "open " .. path .. "/closed (a scan as root can): Permission denied", path)
    local root = tree {}
    images.run("chmod 0 %s", root)
    without_rights(fails, "IO", "open " .. root .. ": Permission denied", "dir:" .. root)
  end)

  it("stops when it is cancelled, as archives do", function()
    local layout = images.layout()
    layout:add(layout:image { layers = {} })
    for _, path in ipairs { tree { ["x"] = "" }, archive(layout:tar()), archive(images.gzip(layout:tar())) } do
      assert.is_table(image.open(path))
      assert.equal("CANCELLED", select(3, image.open(path, nil, true)))
    end
  end)

  it("has no names to choose by", function()
    fails("USAGE", "no name or digest", "dir:" .. tree {} .. ":tag")
    fails("IO", "No such file", "dir:" .. folder .. "/gone")
    fails("USAGE", "not a directory", "dir:" .. archive {})
  end)
end)

it("every source says what it is", function()
  local sources = image.sources()
  for _, name in ipairs { "docker-archive", "oci", "oci-archive", "dir", "-" } do
    assert.truthy(#sources[name] > 10, name)
  end
end)
