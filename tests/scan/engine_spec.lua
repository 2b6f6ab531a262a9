-- The engine from end to end, through require "tarsier.core": images in, packages and their layers out.
local advisories = require "support.advisories"
local core = require "tarsier.core"
local host = require "tarsier.probe".host
local images = require "support.images"
local json = require "tarsier.json"

local OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'

local function status(...)
  local paragraphs = {}
  for i, package in ipairs { ... } do
    local name, version = package:match "^(.-)=(.+)$"
    paragraphs[i] = ("Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n"):format(name, version)
  end
  return table.concat(paragraphs, "\n")
end

local function dist_info(name, version)
  return { ("usr/lib/python3/dist-packages/%s-%s.dist-info/METADATA"):format(name, version),
           ("Metadata-Version: 2.1\nName: %s\nVersion: %s\n"):format(name, version) }
end

local function layer(members, instruction)
  return { tar = images.tar(members), instruction = instruction }
end

describe("engine", function()
  local folder, cache
  before_each(function()
    folder = images.folder()
    cache = folder .. "/cache"
  end)
  after_each(function() images.remove(folder) end)

  local function write(layers, name)
    local layout = images.layout()
    local history = {}
    for i, each in ipairs(layers) do history[i] = { created_by = each.instruction or ("RUN step " .. i) } end
    layout:add(layout:image { layers = layers, history = history }, "latest")
    return "oci:" .. layout:write(folder .. "/" .. (name or "image"))
  end

  local function scan(reference, config)
    config = config or {}
    config.cache_dir = config.cache_dir or cache
    local engine <close> = assert(core.open(config))
    return engine:scan(reference)
  end

  -- "name=version@layer …"
  local function packages(report)
    local list = {}
    for i, package in ipairs(report:packages()) do
      list[i] = ("%s=%s@%d"):format(package.name, package.version, package.layer)
    end
    return table.concat(list, " ")
  end

  local three_layers = {
    layer { { "etc/os-release", OS_RELEASE }, { "var/lib/dpkg/status", status("a=1", "b=1") } },
    layer { { "var/lib/dpkg/status", status("a=1", "b=2", "c=1") }, dist_info("flask", "2.0") },
    layer { { "var/lib/dpkg/status", status("a=1", "b=2") }, dist_info("jinja2", "3.0"),
            { "usr/lib/python3/dist-packages/.wh.flask-2.0.dist-info", "" } },
  }

  it("remembers what belongs to the distribution's packages", function()
    local flask = dist_info("flask", "2.0")
    local image = write { layer { { "etc/os-release", OS_RELEASE }, flask,
      { "var/lib/dpkg/status", status("python3-flask=2.0-1") },
      { "var/lib/dpkg/info/python3-flask.list", "/.\n/usr\n/" .. flask[1] .. "\n" } },
      layer { dist_info("jinja2", "3.0") } }
    for _, cached in ipairs { false, true } do
      local report = assert(scan(image))
      assert.equal("python3-flask=2.0-1@1 flask=2.0@1 jinja2=3.0@2", packages(report))
      assert.same({ "", "python3-flask", "" }, { report:packages()[1].owner, report:packages()[2].owner,
        report:packages()[3].owner })
      assert.same({ "", "PyPI" }, { report:packages()[2].ecosystem, report:packages()[3].ecosystem })
      assert.equal(cached, report:image().layers[1].cached)
    end
  end)

  local function kinds(report)
    local list = {}
    for i, problem in ipairs(report:problems()) do list[i] = problem.kind end
    return list
  end

  local function npm(folder_of, name, version)
    return { folder_of .. "node_modules/" .. name .. "/package.json",
             ('{"name": "%s", "version": "%s"}'):format(name, version) }
  end

  it("lists npm's packages with their layers, except what was deleted, and leaves the distribution's to it", function()
    local owned = npm("usr/share/nodejs/acorn/", "acorn-node", "1.0.0")
    local image = write { layer { { "etc/os-release", OS_RELEASE }, owned,
        { "var/lib/dpkg/status", status("node-acorn=8.8.1-1") },
        { "var/lib/dpkg/info/node-acorn.list", "/.\n/usr\n/" .. owned[1] .. "\n" },
        npm("srv/", "express", "4.18.1"), npm("srv/", "gone", "1.0.0"), npm("srv/", "@s/gone", "1.0.0"),
        npm("srv/", "replaced", "1.0.0"), { "srv/package.json", '{"name": "srv", "version": "1.0.0"}' } },
      layer { npm("srv/", "replaced", "2.0.0"), npm("srv/node_modules/express/", "@s/debug", "2.6.9"),
        { "srv/node_modules/.wh.gone", "" }, { "srv/node_modules/@s/.wh.gone", "" },
        { "srv/node_modules/odd/package.json", "{" } } }
    for _, cached in ipairs { false, true } do
      local report = assert(scan(image))
      assert.equal("node-acorn=8.8.1-1@1 @s/debug=2.6.9@2 acorn-node=1.0.0@1 express=4.18.1@1 replaced=2.0.0@2", packages(report))
      assert.same({ "pkg:npm/%40s/debug@2.6.9", "npm", "npm" },
        { report:packages()[2].purl, report:packages()[2].type, report:packages()[2].ecosystem })
      assert.same({ "", "node-acorn" }, { report:packages()[3].ecosystem, report:packages()[3].owner })
      assert.same({ "note", "no_database" }, kinds(report))
      assert.equal(cached, report:image().layers[1].cached)
    end
  end)

  it("matches npm's packages by the name in the file and semantic versions", function()
    local function affects(name, ...) return advisories.affects("npm", name, { "introduced", ... }) end
    assert(advisories.import(folder, {
      advisories.record("GHSA-1", { affected = { affects("lodash", "0", "fixed", "4.17.21") } }),
      advisories.record("GHSA-2", { affected = { affects("@s/debug", "1.0.0", "fixed", "1.10.0"),
        affects("debug", "0"), affects("old", "0") } }),
    }, nil, "npm"))
    local alias = { "srv/node_modules/old/package.json", npm("", "lodash", "4.17.20")[2] }
    local image = write { layer { { "etc/os-release", OS_RELEASE }, { "var/lib/dpkg/status", status("a=1") }, alias,
      npm("opt/", "lodash", "4.17.21"), npm("opt/", "@s/debug", "1.9.0"), npm("srv/", "@s/debug", "1.10.0-rc.1"),
      npm("usr/lib/", "@s/debug", "1.10.0") } }
    local found = {}
    for i, finding in ipairs(assert(scan(image, { database = folder .. "/npm.db" })):findings()) do
      found[i] = ("%s %s %s -> %s"):format(finding.id, finding.package.name, finding.package.version, finding.fixed_by)
    end
    table.sort(found)
    assert.same({ "GHSA-1 lodash 4.17.20 -> 4.17.21", "GHSA-2 @s/debug 1.10.0-rc.1 -> 1.10.0",
      "GHSA-2 @s/debug 1.9.0 -> 1.10.0" }, found)
  end)

  it("replaces a database's finding by an own one of the same id and package, and no other", function()
    local function affects(name, fixed) return advisories.affects("npm", name, { "introduced", "0", "fixed", fixed }) end
    assert(advisories.import(folder, { advisories.record("GHSA-1", { affected = { affects("one", "2.0.0"), affects("two", "2.0.0") } }) },
      nil, "both"))
    local own = folder .. "/own.json"
    images.write(own, json.encode(advisories.record("GHSA-1", { affected = { affects("one", "3.0.0") } })))
    local image = write { layer { { "etc/os-release", OS_RELEASE }, { "var/lib/dpkg/status", status("a=1") },
      npm("opt/", "one", "1.0.0"), npm("opt/", "two", "1.0.0") } }
    local found = {}
    for i, finding in ipairs(assert(scan(image, { database = folder .. "/both.db", advisories = { own } })):findings()) do
      found[i] = ("%s %s -> %s"):format(finding.id, finding.package.name, finding.fixed_by)
    end
    table.sort(found)
    assert.same({ "GHSA-1 one -> 3.0.0", "GHSA-1 two -> 2.0.0" }, found)
  end)

  it("lists Composer's packages with their layers, and matches them by the versions that a record lists", function()
    local function installed(twig)
      return { "srv/vendor/composer/installed.json",
               ('{"packages": [{"name": "Psr/Log", "version": "1.1.4"}, {"name": "twig/twig", "version": "%s"}]}'):format(twig) }
    end
    assert(advisories.import(folder, { advisories.record("GHSA-1", { affected = {
      advisories.affects("Packagist", "twig/twig", { versions = { "v2.11.2", "v2.11.3" } }) } }) }, nil, "php"))
    local report = assert(scan(write { layer { installed "v2.11.2" }, layer { installed "v2.11.3" } },
      { database = folder .. "/php.db" }))
    assert.equal("Psr/Log=1.1.4@1 twig/twig=v2.11.3@2", packages(report))
    assert.equal("pkg:composer/psr/log@1.1.4", report:packages()[1].purl)
    assert.equal("twig/twig", report:findings()[1].package.name)
    assert.equal(1, #report:findings())
  end)

  it("reports nothing twice that this Debian brought", function()
    local pipe = assert(io.popen "ls /var/lib/dpkg/info/python3-*.list 2>/dev/null")
    local files, infos = { ["etc/os-release"] = OS_RELEASE }, 0
    for list in pipe:lines() do
      files[list:sub(2)] = images.read(list)
      for path in io.lines(list) do
        if path:find "%-info/METADATA$" or path:find "%-info/PKG%-INFO$" then
          files[path:sub(2)] = images.read(path)
          infos = infos + 1
        end
      end
    end
    pipe:close()
    if infos == 0 then return pending "needs a Debian with Python packages: apt-get install python3-wheel" end
    files["var/lib/dpkg/status"] = images.read "/var/lib/dpkg/status"
    images.write_tree(folder .. "/root", files)
    local report = assert(scan("dir:" .. folder .. "/root"))
    for _, package in ipairs(report:packages()) do
      assert.equal(package.type ~= "deb", package.owner ~= "", package.name)
      assert.equal(package.type == "deb" and "Debian:12" or "", package.ecosystem, package.name)
    end
  end)

  it("lists what the top shows, each with the layer that brought its version", function()
    local report = assert(scan(write(three_layers)))
    assert.equal("a=1@1 b=2@2 jinja2=3.0@3", packages(report))
    local image = report:image()
    assert.equal("Debian:12", image.ecosystem)
    assert.equal("RUN step 2", image.layers[2].created_by)
    assert.equal("bookworm", image.distro.codename)
    assert.same({ "no_database" }, kinds(report))
  end)

  it("tells headers of a kernel from a kernel", function()
    local function marked(list)
      local entries = {}
      for _, entry in ipairs(list) do
        entries[#entries + 1] = ("Package: %s\nStatus: install ok installed\nArchitecture: amd64\nSource: %s\nVersion: 6.1\n\n")
          :format(entry[1], entry[2])
      end
      local layers = { layer { { "etc/os-release", OS_RELEASE }, { "var/lib/dpkg/status", table.concat(entries) },
        { "usr/lib/python3/site-packages/k.dist-info/METADATA", "Metadata-Version: 2.1\nName: kernel-headers\nVersion: 1\n" } } }
      local names = {}
      for _, package in ipairs(assert(scan(write(layers, "kernel"))):packages()) do
        if package.kernel then names[#names + 1] = package.name end
      end
      return table.concat(names, " ")
    end
    local headers = { { "linux-libc-dev", "linux" }, { "linux-headers-6.1.0-9-amd64", "linux" }, { "linux-perf", "linux" },
      { "linux-base", "linux-base" }, { "libc6", "glibc" } }
    assert.equal("linux-headers-6.1.0-9-amd64 linux-libc-dev", marked(headers))
    headers[#headers + 1] = { "linux-image-6.1.0-9-amd64", "linux-signed" }
    assert.equal("", marked(headers))
    local others = {}
    for name in ("kernel-headers kernel-devel kernel-uek-headers kernel-default-devel kernel-macros kernel-syms "
      .. "linux-api-headers linux-glibc-devel linux-kbuild-6.1 linux-lts-dev"):gmatch "%S+" do
      others[#others + 1] = { name, name:match "^%l+" }
    end
    for name in ("kernel-tools kernel-rpm linux-tools linux-doc headers-linux"):gmatch "%S+" do
      assert.equal("", marked { { name, "linux" } })
    end
    assert.equal(#others, select(2, marked(others):gsub("%S+", "")), marked(others))
    others[#others + 1], others[#others + 2] = { "linux-image-6", "linux" }, { "kernel-core", "kernel" }
    assert.equal("", marked(others))
    assert.equal("linux-hwe-5.15-headers-5.15.0-91", marked { { "linux-hwe-5.15-headers-5.15.0-91", "linux-hwe-5.15" },
      { "linux-image-6.1.0-9-amd64", "linux" } })
  end)

  it("reads no layer the second time", function()
    local reference = write(three_layers)
    local first = assert(scan(reference)):usage()
    local report = assert(scan(reference))
    local second = report:usage()
    assert.same({ 3, 0 }, { first.layers_read, first.layers_cached })
    assert.same({ 0, 3, 0 }, { second.layers_read, second.layers_cached, second.bytes_read })
    assert.equal("a=1@1 b=2@2 jinja2=3.0@3", packages(report))
  end)

  it("does without a cache, and writes none", function()
    local reference = write(three_layers)
    assert(scan(reference, { cache_dir = "" }))
    assert.equal(3, assert(scan(reference, { cache_dir = "" })):usage().layers_read)
    assert.equal("", images.run("find %s -path '*/layers/*'", folder))
  end)

  it("warns once a scan of a cache that it cannot write", function()
    local reference, warnings = write(three_layers), {}
    local function warned(dir)
      warnings = {}
      local engine <close> = assert(core.open { cache_dir = dir, on_event = function(event)
        if event.kind == "warning" then warnings[#warnings + 1] = event.message end
      end })
      assert(engine:scan(reference))
      local first = #warnings
      assert(engine:scan(reference))
      return first, #warnings
    end
    assert.same({ 0, 0 }, { warned(cache) })
    images.write_tree(folder, { file = "no folder" })
    assert.same({ 1, 2 }, { warned(folder .. "/file/cache") })
    assert.matches(folder .. "/file/cache/layers (Not a directory)", warnings[1], 1, true)
    images.run("mkdir -p %s/gone", folder)
    local engine <close> = assert(core.open { cache_dir = folder .. "/gone", on_event = function(event)
      if event.kind == "warning" then warnings[#warnings + 1] = event.message end
    end })
    images.run("rm -r %s/gone", folder) -- open, and nothing can be put there
    assert(engine:scan(reference))
    assert.matches("/gone/layers %(No such file", warnings[3])
    assert.equal(3, #warnings)
  end)

  it("reads again what the cache holds without the check that is asked for now", function()
    local zipped = {}
    for i, each in ipairs(three_layers) do
      zipped[i] = { tar = each.tar, blob = images.gzip(each.tar), type = images.types.gzip }
    end
    local reference = write(zipped)
    assert(scan(reference, { skip_diff_id = true }))
    assert.equal(3, assert(scan(reference)):usage().layers_read)
  end)

  it("survives a cache that anybody spoilt", function()
    local reference = write(three_layers)
    assert(scan(reference))
    os.execute("for f in " .. cache .. "/layers/*; do echo nonsense > $f; done")
    assert.equal("a=1@1 b=2@2 jinja2=3.0@3", packages(assert(scan(reference))))
    assert.equal(3, assert(scan(reference)):usage().layers_cached)
  end)

  it("may be killed while it writes, and read while it writes", function()
    local reference = write(three_layers)
    local script = folder .. "/loop.lua"
    images.write(script, [[
      local core, lfs = require "tarsier.core", require "lfs"
      for _ = 1, 30 do
        local engine <close> = assert(core.open { cache_dir = arg[1] })
        local report = assert(engine:scan(arg[2]))
        assert(#report:packages() == 3)
        for name in lfs.dir(arg[1] .. "/layers") do os.remove(arg[1] .. "/layers/" .. name) end
      end]])
    local ok = os.execute(([[
      for i in 1 2 3 4; do lua5.4 %s %s %s & pids="$pids $!"; done
      timeout -s KILL 0.05 lua5.4 %s %s %s >/dev/null 2>&1
      for p in $pids; do wait $p || exit 1; done]]):format(script, cache, reference, script, cache, reference))
    assert.is_true(ok)
  end)

  it("tells the same from the cache as from the layers, of an image with all there is", function()
    local python = "usr/lib/python3/dist-packages/"
    local reference = write {
      layer { { "etc/os-release", link = "../usr/lib/os-release", kind = "2" }, { "usr/lib/os-release", OS_RELEASE },
        { "var/lib/dpkg/status", status("a=1", "python3-flask=2.0-1", "gone=1") }, dist_info("flask", "2.0"),
        { "var/lib/dpkg/info/python3-flask.list", "/" .. dist_info("flask", "2.0")[1] .. "\n" },
        { "lib", link = "usr/lib", kind = "2" }, { "x", link = "/var/lib/dpkg", kind = "2" },
        { "opt/kept", status "kept=1" }, { "srv/a.egg-info", "Name: egg\nVersion: 1\n" } },
      layer { { "x/status", status("a=1", "python3-flask=2.0-1", "new=1") }, { "x/status.d/b", status "b=1" },
        { "srv/b.egg-info", link = "srv/a.egg-info", kind = "1" }, { "srv/.wh.a.egg-info", "" },
        { "var/lib/dpkg/status.d/k", link = "/opt/kept", kind = "2" }, { "var/lib/dpkg/status.d/k2", link = "opt/kept", kind = "1" },
        { python .. "bad.dist-info/METADATA", "Name: \1\n" }, { python .. "nothing.egg-info", link = "nowhere", kind = "2" } },
      layer { dist_info("jinja2", "3.0"), { "lib/python3/dist-packages/six.dist-info/METADATA", "Name: six\nVersion: 1\n" },
        { "opt/.wh..wh..opq", "" }, { "lib/python3/dist-packages/bad.dist-info", "a file in the place of a folder" },
        { python .. "new.dist-info", link = "/srv/info", kind = "2" }, { "srv/info/METADATA", "Name: linked\nVersion: 1\n" } },
      layer { { "lib/apk/db/installed", "P:musl\nV:1.2\nA:x86_64\n\n" }, { "a/METADATA", "Name: none\nVersion: 1\n" } },
    }
    local cold, warm = assert(scan(reference)), assert(scan(reference))
    assert.equal(0, warm:usage().bytes_read)
    assert.is_true(cold:usage().bytes_read > 0)
    assert.same(cold:packages(), warm:packages())
    assert.same(cold:problems(), warm:problems())
    local before, after = cold:image(), warm:image()
    for i, each in ipairs(before.layers) do
      assert.same({ false, true }, { each.cached, after.layers[i].cached })
      each.cached = true
    end
    assert.same(before, after)
    local list = " " .. packages(warm) .. " "
    for _, package in ipairs { "a=1@1", "b=1@2", "egg=1@1", "jinja2=3.0@3", "kept=1@1", "linked=1@3", "new=1@2", "six=1@3" } do
      assert.is_truthy(list:find(" " .. package .. " ", 1, true), package .. " is not in" .. list)
    end
    assert.is_nil(list:find(" gone=", 1, true))
  end)

  describe("links among the evidence", function()
    local cases = {
      ["a status that is a link"] = {
        layer { { "etc/os-release", OS_RELEASE }, { "var/lib/dpkg/status", link = "../../../opt/dpkg", kind = "2" }, { "opt/dpkg", status "a=1" } },
        layer { { "opt/dpkg", status("a=1", "b=1") } },
      },
      ["a folder that is a link"] = {
        layer { { "etc/os-release", OS_RELEASE }, { "var/lib/dpkg", link = "/opt/dpkg", kind = "2" }, { "opt/dpkg/status", status "a=1" } },
        layer { { "opt/dpkg/status", status("a=1", "b=1") } },
      },
      ["a folder of status.d that is a link"] = {
        layer { { "etc/os-release", OS_RELEASE }, { "var/lib/dpkg/status.d", link = "/opt/dpkg", kind = "2" },
                { "opt/dpkg/a", "Package: a\nVersion: 1\nArchitecture: amd64\n" } },
        layer { { "opt/dpkg/b", "Package: b\nVersion: 1\nArchitecture: amd64\n" } },
      },
      ["a hard link to what nobody wanted"] = {
        layer { { "etc/os-release", OS_RELEASE }, { "opt/dpkg", status("a=1") }, { "var/lib/dpkg/status", link = "opt/dpkg", kind = "1" } },
        layer { { "opt/two", status("a=1", "b=1") }, { "var/lib/dpkg/status", link = "opt/two", kind = "1" } },
      },
    }
    for name, layers in pairs(cases) do
      it("follows " .. name .. ", from the layers and from the cache", function()
        local reference = write(layers)
        local expected = name:match "hard" and "a=1@2 b=1@2" or "a=1@1 b=1@2"
        assert.equal(expected, packages(assert(scan(reference))))
        local report = assert(scan(reference))
        assert.equal(expected, packages(report))
        assert.equal(0, report:usage().bytes_read)
      end)
    end

    it("bring what two readers want of one file", function()
      local both = "Metadata-Version: 2.1\nName: snake\n" .. status "duck=1"
      local os_release, links = { "etc/os-release", OS_RELEASE }, {
        { "var/lib/dpkg/status", link = "/opt/both", kind = "2" }, { "srv/snake.egg-info", link = "/opt/both", kind = "2" } }
      local ways = {
        ["both by links"] = { os_release, { "opt/both", both }, links[1], links[2] },
        ["one by a link to the other's"] = { os_release, { "var/lib/dpkg/status", both },
          { "srv/snake.egg-info", link = "/var/lib/dpkg/status", kind = "2" } },
        ["one by a hard link to the other's"] = { os_release, { "var/lib/dpkg/status", both },
          { "srv/snake.egg-info", link = "var/lib/dpkg/status", kind = "1" } },
      }
      for name, members in pairs(ways) do
        local reference = write { layer(members) }
        for _ = 1, 2 do assert.equal("duck=1@1 snake=1@1", packages(assert(scan(reference))), name) end
      end
    end)

    it("never leave the image", function()
      images.write(folder .. "/secret", status "host=1")
      local reference = write { layer { { "etc/os-release", OS_RELEASE }, { "var/lib/dpkg/status", link = folder .. "/secret", kind = "2" } } }
      local report = assert(scan(reference))
      assert.equal("", packages(report))
      assert.equal("no_packages", report:problems()[1].kind)
      os.execute(("mkdir -p %s/root/var/lib/dpkg && ln -s %s/secret %s/root/var/lib/dpkg/status"):format(folder, folder, folder))
      assert.equal("", packages(assert(scan("dir:" .. folder .. "/root"))))
    end)
  end)

  it("says what it cannot judge", function()
    local function told(layers)
      local list = kinds(assert(scan(write(layers, "image" .. #layers))))
      assert.equal("no_database", table.remove(list))
      return table.concat(list, " ")
    end
    assert.equal("no_packages", told { layer { { "etc/os-release", OS_RELEASE } } })
    assert.equal("no_distro", told { layer { { "var/lib/dpkg/status", status "a=1" } }, layer {} })
    assert.equal("no_feed", told { layer { { "etc/os-release", "ID=plan9\n" }, { "var/lib/dpkg/status", status "a=1" } }, layer {}, layer {} })
    assert.equal("unreadable", told { layer { { "etc/os-release", OS_RELEASE }, { "var/lib/dpkg/status", status "a=1" },
      { "var/lib/rpm/rpmdb.sqlite", "not a database" } }, layer {}, layer {}, layer {} })
  end)

  it("says which languages no feed covers, each once", function()
    local function rock(name) return { ("usr/lib/luarocks/rocks-5.4/%s/1.0-1/%s-1.0-1.rockspec"):format(name, name), "" } end
    local report = assert(scan(write { layer { { "etc/os-release", OS_RELEASE }, { "var/lib/dpkg/status", status "a=1" },
      rock "two", rock "one", { "opt/ebin/ssl.app", '{application, ssl, [{vsn, "1"}]}.' } } }))
    assert.same({ "no_feed", "no_feed", "no_database" }, kinds(report))
    local problems = report:problems()
    assert.equal("luarocks no vulnerability feed covers packages of this kind: 2 were not matched (one)",
      problems[1].subject .. " " .. problems[1].message)
    assert.equal("otp no vulnerability feed covers packages of this kind: 1 was not matched (ssl)",
      problems[2].subject .. " " .. problems[2].message)
  end)

  it("reads a pipe in passing, layers that are there twice too", function()
    local twice = { three_layers[1], three_layers[1], three_layers[2] }
    local layout = images.layout()
    layout:add(layout:image { layers = twice }, "latest")
    images.write(folder .. "/image.tar", layout:tar())
    local script = folder .. "/pipe.lua"
    images.write(script, [[
      local core = require "tarsier.core"
      local engine <close> = assert(core.open { cache_dir = "" })
      local report <close> = assert(engine:scan "-")
      io.write(#report:image().layers, " ", #report:packages())]])
    assert.equal("3 4", images.run("cat %s | lua5.4 %s", folder .. "/image.tar", script))
  end)

  it("names the layer whose digest is wrong", function()
    local reference = write(three_layers)
    local image = assert(scan(reference)):image()
    local path = folder .. "/image/" .. images.blob_path(image.layers[2].digest)
    local bytes = images.read(path)
    images.write(path, bytes:sub(1, -2) .. string.char(bytes:byte(-1) ~ 1))
    local report, message, code = scan(reference, { cache_dir = "" })
    assert.is_nil(report)
    assert.equal("DIGEST", code)
    assert.matches("layer 2 of 3", message, 1, true)
    assert.matches(image.layers[2].digest, message, 1, true)
  end)

  it("tells what it does", function()
    local told = {}
    local function on_event(event) told[event.kind] = (told[event.kind] or 0) + 1 end
    assert(scan(write(three_layers), { on_event = on_event }))
    assert.equal(1, told.image)
    assert.equal(3, told.layer)
    assert.is_true(told.bytes >= 1)
  end)

  it("hands on a callback's error, and can scan again", function()
    local reference = write(three_layers)
    local angry = true
    local engine <close> = assert(core.open { cache_dir = cache, on_event = function() if angry then error "enough" end end })
    local ok, message = pcall(engine.scan, engine, reference)
    assert.is_false(ok)
    assert.matches("enough", message)
    angry = false
    assert.equal(3, #assert(engine:scan(reference)):packages())
  end)

  it("raises on misuse", function()
    assert.error_matches(function() core.open { databse = "x" } end, "did you mean 'database'")
    assert.error_matches(function() core.open { threads = -1 } end, "threads must be a whole number")
    assert.error_matches(function() core.open { database = 5 } end, "database must be a string, not a number")
    assert.error_matches(function() core.open { advisories = 5 } end, "option 'advisories' must be a list, is a number")
    assert.error_matches(function() core.open { advisories = { "a", {} } } end, "option 'advisories' must be a list of strings")
  end)

  it("knows the sources that may rate", function()
    assert(core.open { severity_sources = " distribution, ghsa,cisa,suse , other", cache_dir = "" }):close()
    for order, words in pairs { ["nvd,ghs"] = "unknown source 'ghs'; did you mean 'ghsa'?",
      vendro = "unknown source 'vendro'; did you mean 'vendor'?", qqqqqqqq = "unknown source 'qqqqqqqq'" } do
      local opened, message, code = core.open { severity_sources = order, cache_dir = "" }
      assert.is_nil(opened)
      assert.equal("USAGE", code)
      assert.equal("severity sources: " .. words, message)
    end
  end)

  it("gives reports that tell which image they are of", function()
    local engine <close> = assert(core.open { cache_dir = "" })
    local reference = "sbom:tests/data/readers/sbom/forms/root/opt/spdx2.spdx"
    local report = assert(engine:scan(reference))
    assert.equal("tarsier.report: " .. reference, tostring(report))
    report:close()
    assert.equal("tarsier.report (closed)", tostring(report))
    local closed = assert(core.open { cache_dir = "" })
    closed:close()
    closed:close()
    assert.error_matches(function() closed:scan "x" end, "the engine is closed")
    assert.matches("closed", tostring(closed))
  end)

  it("fails in three values", function()
    local engine, message, code = core.open { database = folder .. "/none.db" }
    assert.is_nil(engine)
    assert.equal("DATABASE", code)
    assert.matches("none.db", message, 1, true)
    local report
    report, message, code = scan(folder .. "/nothing")
    assert.is_nil(report)
    assert.matches("nothing", message, 1, true)
    assert.is_string(code)
  end)

  it("gives a host in C back all that its allocator gave, whichever allocation fails", function()
    assert.is_true(host.starve((os.getenv "TARSIER_BUILD" or "build") .. "/starter.db", write(three_layers), 1) > 20)
  end)

  it("takes a shorter config of an older header, and none that was not initialised", function()
    assert.equal("USAGE", host.open_short(0))
    for size = 8, host.config_size, 8 do assert.equal("OK", host.open_short(size), "of " .. size .. " bytes") end
  end)

  it("tells a host in C what a call lacks, or has too much of", function()
    for what, expected in pairs { scan = "tarsier_scan: give a reference or a source", http = "tarsier_http: the request has no URL",
      clair = "tarsier_clair_ask: the config has no Clair address", readers = "more than 100 readers" } do
      assert.same({ "USAGE", expected }, { host.refuse(what) })
    end
  end)

  it("calls a host's reader for a thousand files, and tells of the others", function()
    local many = {}
    for i = 1, 1001 do many[i] = { "opt/" .. i, "" } end
    local calls, told = host.read_with(write { layer(many) }, "opt/*")
    assert.equal(1000, calls)
    assert.same({ "not read: readers are called for at most 1000 files" }, told)
  end)

  it("lists its plug-ins: a file each", function()
    for kind, place in pairs { readers = "engine/inventory/readers", feeds = "engine/database/feeds", sources = "engine/image/sources" } do
      local listed, files = {}, {}
      for i, plugin in ipairs(core[kind]()) do
        listed[i] = plugin.name == "-" and "stdin.c" or plugin.name:gsub("-", "_") .. ".c"
      end
      table.sort(listed)
      for _, name in ipairs(assert(core.host.list(place))) do
        if name:find "%.c$" then files[#files + 1] = name end
      end
      assert.same(files, listed)
    end
  end)
end)
