-- Java archives: which artifact a jar is, and what a hostile one costs.

local contents, layer = require "tarsier.probe".contents, require "tarsier.probe".layer
local pace = require "support.pace"
local tar = require "support.tar"
local temporary = require "support.temporary"
local zip = require "support.zip"

local function member(path, content, like)
  local made = { path = path, content = content }
  for key, value in pairs(like or {}) do made[key] = value end
  return made
end

local function properties(group, artifact, version)
  return ("groupId=%s\nartifactId=%s\nversion=%s\n"):format(group, artifact, version)
end

local function maven(group, artifact, version)
  return member(("META-INF/maven/%s/%s/pom.properties"):format(group, artifact), properties(group, artifact, version))
end

local function manifest(lines) return member("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n" .. lines .. "\n") end

-- "group:artifact version" of each package, and the notes, in pieces of each size.
local function read(path, bytes)
  local first
  for _, piece in ipairs { 1 << 20, 4096, 17 } do
    local found = assert(contents.read("java", path, bytes, 0, piece))
    local got = { notes = found.notes }
    for i, package in ipairs(found) do got[i] = package.name .. " " .. package.version end
    first = first or got
    assert.same(first, got)
  end
  return first
end

describe("a jar without pom.properties of its own", function()
  local class = member("org/postgresql/Driver.class", "x")
  local cases = {
    -- path, manifest, what it is
    { "log4j-1.2-api-2.17.1.jar", "", "log4j-1.2-api 2.17.1" },
    { "x-1.0-beta-2.jar", "", "x 1.0-beta-2" },
    { "guava-31.1-jre.jar", "", "guava 31.1-jre" },
    { "x-2.0.0-20220101.101010-3.jar", "", "x 2.0.0-20220101.101010-3" },
    { "postgresql-42.2.13.jar", "", "org.postgresql:postgresql 42.2.13" },
    { "app.jar", "Implementation-Title: shop\nImplementation-Version: 1.2\n", "shop 1.2" },
    { "app.jar", "Implementation-Title: The Shop\nBundle-Version: 1.2\n", "app 1.2" },
    { "x-1.0.jar", "Implementation-Title: The X Library\nImplementation-Version: 1.0.0\n", "x 1.0" },
    { "x-1.0-linux-x86_64.jar", "Implementation-Version: 1.0\n", "x 1.0" },
    { "x-1.0.jar", "Implementation-Vendor-Id: org.acme\n", "org.acme:x 1.0" },
    { "commons-old-3.2.1.jar", "Implementation-Vendor-Id: org.apache\n", "commons-old 3.2.1" },
    { "x-1.0.jar", "Implementation-Vendor-Id: The Acme Company\n", "x 1.0" },
    { "jackson-databind-2.9.jar", "Bundle-SymbolicName: com.fasterxml.jackson.core.jackson-databind\n",
      "com.fasterxml.jackson.core:jackson-databind 2.9" },
    { "jetty-util-9.4.jar", "Bundle-SymbolicName: org.eclipse.jetty.util;singleton:=true\n", "org.eclipse.jetty:jetty-util 9.4" },
    { "snakeyaml-1.30.jar", "Bundle-SymbolicName: org.yaml.snakeyaml\n", "snakeyaml 1.30" }, -- org.yaml: or is it?
    { "git.hpi", "Group-Id: org.jenkins-ci.plugins\nShort-Name: git\nPlugin-Version: 4.11 (private)\n",
      "org.jenkins-ci.plugins:git 4.11" },
    { "x-1.0.jar", "Implementation-Version: ${project.version}\n", "x 1.0" },
    { "x.jar", "Implementation-Version: ${project.version}\nImplementation-Title: x\n", nil },
  }
  for _, case in ipairs(cases) do
    it(("is %s: %s, %s"):format(case[3], case[1], (case[2]:gsub("\n", " "))), function()
      assert.equal(case[3], read("srv/" .. case[1], zip.write { manifest(case[2]), class })[1])
    end)
  end

  it("is in no family whose classes it has not", function()
    local bytes = zip.write { manifest "", member("com/evil/spring/A.class", "x") }
    assert.equal("spring-core 5.3.17", read("spring-core-5.3.17.jar", bytes)[1])
    bytes = zip.write { manifest "", member("org/springframework/core/A.class", "x") }
    assert.equal("org.springframework:spring-core 5.3.17", read("spring-core-5.3.17.jar", bytes)[1])
  end)

  it("has a note if it has no group id, one for all of them", function()
    local got = read("x.war", zip.write { member("WEB-INF/lib/a-1.jar", zip.write { class }),
      member("WEB-INF/lib/b-1.jar", zip.write { class }) })
    assert.same({ "a 1", "b 1" }, { got[1], got[2] })
    assert.equal(1, #got.notes)
    assert.is_false(got.notes[1].unreadable)
    assert.truthy(got.notes[1].text:find("2 archives state no group id", 1, true))
  end)
end)

describe("a jar with pom.properties", function()
  it("is one of them, and the others are shaded into it", function()
    assert.same({ "g:app 1", "h:dep 2" }, read("app-1.jar", zip.write { maven("g", "app", "1"), maven("h", "dep", "2") }))
    assert.same({ "g:app 1" }, read("renamed.jar", zip.write { maven("g", "app", "1") }))
  end)

  it("is something else if it is named after none of them", function()
    assert.same({ "h:dep 2", "com.acme:app 1" }, read("app-1.jar",
      zip.write { manifest "Implementation-Vendor-Id: com.acme\n", maven("h", "dep", "2"), member("a/B.class", "x") }))
  end)

  it("takes licences from the pom.xml in the same folder only", function()
    local xml = "<project><licenses><license><name>MIT</name></license></licenses></project>"
    local found = contents.read("java", "a.jar", zip.write { member("META-INF/maven/g/a/pom.xml", xml), maven("g", "b", "1"),
      member("META-INF/maven/g/c/pom.xml", xml), maven("g", "c", "1") })
    assert.equal("", found[1].licenses)
    assert.equal("MIT", found[2].licenses)
  end)

  it("takes licences from a pom.xml with empty elements", function()
    local xml = "<project><parent/><licenses><license/><license><name>MIT</name><url /></license></licenses></project>"
    local found = contents.read("java", "a.jar", zip.write { member("META-INF/maven/g/a/pom.xml", xml), maven("g", "a", "1") })
    assert.equal("MIT", found[1].licenses)
  end)
end)

describe("a hostile jar", function()
  local function unreadable(got, text)
    for _, note in ipairs(got.notes) do
      if note.unreadable and note.text:find(text, 1, true) then return true end
    end
    error("no note with " .. text, 2)
  end

  it("is nested too deeply", function()
    local bytes = zip.write { maven("g", "deep", "1") }
    for i = 1, 12 do bytes = zip.write { maven("g", "a" .. i, "1"), member("x.jar", bytes) } end
    local got = read("x.jar", bytes)
    assert.equal(8, #got)
    assert.equal("g:a12 1", got[1])
    unreadable(got, "nested too deeply")
  end)

  it("is not hidden behind more notes than are kept", function()
    local members = {}
    for i = 1, 30 do members[i] = member(("META-INF/maven/g/a%d/pom.properties"):format(i), "x=1") end
    local got = read("x.jar", zip.write(members))
    assert.equal(20, #got.notes)
    for _, note in ipairs(got.notes) do assert.is_false(note.unreadable) end
    members[#members + 1] = member("b.jar", zip.write { member("x", "y") }:sub(1, -10))
    got = read("x.jar", zip.write(members))
    assert.equal(20, #got.notes)
    unreadable(got, "there are more such entries")
  end)

  it("keeps what was found before it becomes too large", function()
    local bomb = zip.deflate(("\0"):rep(20 << 20))
    local bytes = zip.write { maven("g", "a", "1"), member("b.jar", "", { method = 8, data = bomb, crc = 0 }) }
    local got = pace.within(5, function() return contents.read("java", "x.jar", bytes, 0, 65536) end)
    assert.equal("g:a", got[1].name)
    unreadable(got, "100 times")
  end)

  it("holds jars that each become large, level by level", function()
    local bytes = ("\0"):rep(1 << 20)
    for _ = 1, 4 do
      local deflated, members = zip.deflate(bytes), {}
      for i = 1, 16 do members[i] = member(i .. ".jar", bytes, { method = 8, data = deflated, crc = 0 }) end
      bytes = zip.write(members)
    end
    local got = pace.within(15, function() return contents.read("java", "42.jar", bytes, 0, 65536) end)
    unreadable(got, "100 times")
  end)

  it("is one of many small ones, which are bounded together", function()
    local bomb = zip.write { member("x", "", { method = 8, data = zip.deflate(("\0"):rep(10 << 20)), crc = 0, streamed = true }),
      maven("g", "a", "1") }
    local entries, name = {}, os.tmpname()
    for i = 1, 5 do entries[i] = { path = i .. ".jar", data = bomb } end
    temporary.write(name, tar.archive(entries))
    local index = assert(layer.index(name, { all_readers = 1, skip_diff_id = 1, tar_limit = 25 << 20 }))
    os.remove(name)
    for i, file in ipairs(index.files) do assert.equal(i <= 3 and 1 or 0, #(file.packages or {}), file.path) end
  end)

  it("has members that overlap in the central directory, each as large as all", function()
    local kernel, members = zip.deflate(("\0"):rep(1 << 20)), {}
    members[1] = member("0", "", { method = 8, data = kernel, crc = 0 })
    local entry = string.pack("<I4HHHHI4I4I4I4HHHHHI4I4", 0x02014b50, 20, 20, 0, 8, 0, 0, #kernel, 1 << 20, 1, 0, 0, 0, 0,
      0, 0)
    local bytes = zip.write(members, { central = (entry .. "0"):rep(60000) })
    local got = pace.within(5, function() return contents.read("java", "x.jar", bytes, 0, 65536) end)
    unreadable(got, "central directory")
  end)

  it("has a name with control bytes, or too long", function()
    local got = read("x.jar", zip.write { member("lib/\27[2J-1.jar", zip.write { maven("g", "a", "1") }),
      member(("d/"):rep(800) .. "x-1.jar", zip.write { maven("g", "b", "1") }), maven("g", ("c"):rep(2000), "1"), maven("g", "d", "1") })
    assert.same({ "g:a 1", "g:d 1" }, { got[1], got[2] })
    unreadable(got, "too long a path")
    for _, note in ipairs(got.notes) do assert.is_nil(note.text:find "%c") end
  end)

  it("has a pom or a manifest without end", function()
    local got = read("x.jar", zip.write { manifest("X: " .. ("y"):rep(300000)),
      member("META-INF/maven/g/a/pom.properties", ("#"):rep(300000), { deflate = true }),
      member("META-INF/maven/g/b/pom.xml", ("<a>"):rep(90000), { deflate = true }), maven("g", "b", "1") })
    assert.equal("g:b 1", got[1])
    unreadable(got, "longer than 256 KiB")
  end)
end)
