-- Readers, from data: tests/data/readers/READER/CASE/root is a piece of an image, expected.tsv beside it what is found:
--
--   path TAB type TAB name TAB version TAB architecture TAB source name TAB source version TAB ecosystem
--
-- with TAB module TAB vendor behind it if the package has either;
--
--   path TAB licenses TAB what the package in the line above, or the owner, states; " | " between two statements
--   path TAB inside TAB where in the evidence the package in the line above was found
--   path TAB owns TAB a file TAB the package that installed it, in any order: there may be more
--   path TAB unreadable TAB an entry that could not be read; path TAB note TAB what only looks like evidence
--   path TAB ! CODE TAB part of the message
--
-- A file FOLDER stands for the folder that it is in, of which a reader wants the name only.
--
-- A file that no line names gives no packages. A reader without a case fails. rpm/rhel-like is made by rpmbuild and rpm
-- from the spec files below and a key, then reduced to its table Packages with pages of 1 KiB, to be small.

local contents = require "tarsier.probe".contents
local data = "tests/data/readers/"

local function read_file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function run(command) return (os.execute(command)) end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  return text, pipe:close()
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

-- The files of the cases: { [reader] = { folder of a case, …, [folder] = { path of a file in its root, … } } }. One find
-- for all: there are two hundred cases.
local function all_cases()
  local readers = {}
  for _, file in ipairs(lines_of((output_of("find " .. data .. " -type f | LC_ALL=C sort")))) do
    local case, reader, path = file:match("^(" .. data .. "([^/]+)/[^/]+/)(.*)$")
    if case then
      local cases = readers[reader] or {}
      readers[reader] = cases
      if not cases[case] then cases[#cases + 1], cases[case] = case, {} end
      table.insert(cases[case], path:match "^root/(.*)")
    end
  end
  return readers
end

local cases_of = all_cases()

local function have(tool)
  return run("command -v " .. tool .. " >/dev/null 2>&1")
end

local function row(path, package)
  local fields = { path, package.type, package.name, package.version, package.architecture, package.source_name,
    package.source_version, package.ecosystem }
  if package.module .. package.vendor ~= "" then
    table.move({ package.module, package.vendor }, 1, 2, #fields + 1, fields)
  end
  return table.concat(fields, "\t")
end

-- owners(found) -> { [hash of a path] = the name of the package that installed it }
local function owners(found)
  local map, at = {}, 0
  for _, package in ipairs(found) do
    for i = at + 1, at + package.owned do map[found.owned[i]] = package.name end
    at = at + package.owned
  end
  for i = at + 1, #(found.owned or {}) do map[found.owned[i]] = found.owner end
  return map
end

local function licenses_row(path, licenses)
  return path .. "\tlicenses\t" .. licenses:gsub("\n", " | ")
end

local function expectations(path)
  local packages, failures, owned = {}, {}, {}
  for _, line in ipairs(lines_of(read_file(path))) do
    local file, code, message = line:match "^([^\t]+)\t! (%u+)\t(.+)$"
    local list, owns, owner = line:match "^([^\t]+)\towns\t([^\t]+)\t([^\t]+)$"
    if file then
      failures[file] = { code, message }
    elseif list then
      owned[list] = owned[list] or {}
      owned[list][owns] = owner
    else
      local of = line:match "^[^\t]+"
      packages[of] = packages[of] or {}
      table.insert(packages[of], line)
    end
  end
  return packages, failures, owned
end

describe("reader", function()
  for _, reader in ipairs(contents.readers()) do
    describe(reader.name, function()
      local cases = cases_of[reader.name] or {}

      it("has a case in " .. data .. reader.name, function() assert.is_true(#cases > 0) end)

      for _, case in ipairs(cases) do
        it("reads " .. case, function()
          local packages, failures, owned = expectations(case .. "expected.tsv")
          assert.is_true(#cases[case] > 0)
          for _, file in ipairs(cases[case]) do
            local content = read_file(case .. "root/" .. file)
            local path = file:gsub("/FOLDER$", "/\127") -- EVIDENCE_FOLDER
            assert.equal(reader.name, contents.match(path, content), path)
            local found, message, code = contents.read(reader.name, path, content)
            local rows, failure = {}, failures[path]
            if failure then
              assert.is_nil(found, path)
              assert.equal(failure[1], code, path .. ": " .. tostring(message))
              assert.truthy(message:find(failure[2], 1, true), path .. ": " .. message)
            else
              assert.is_table(found, path .. ": " .. tostring(message))
              for _, package in ipairs(found) do
                rows[#rows + 1] = row(path, package)
                if package.inner ~= "" then rows[#rows + 1] = path .. "\tinside\t" .. package.inner end
                if package.licenses ~= "" then rows[#rows + 1] = licenses_row(path, package.licenses) end
              end
              if found.licenses then rows[#rows + 1] = licenses_row(path, found.licenses) end
              for _, note in ipairs(found.notes or {}) do
                rows[#rows + 1] = path .. (note.unreadable and "\tunreadable\t" or "\tnote\t") .. note.text
              end
              assert.same(packages[path] or {}, rows)
              for owned_path, owner in pairs(owned[path] or {}) do
                assert.equal(owner, owners(found)[contents.path_hash(owned_path)], owned_path)
              end
            end
            packages[path], failures[path], owned[path] = nil, nil, nil
          end
          assert.is_nil(next(packages), "expected.tsv names a file that is not there")
          assert.is_nil(next(owned), "expected.tsv names a file that is not there")
          assert.is_nil(next(failures), "expected.tsv names a file that is not there")
        end)
      end
    end)
  end

  it("fails for lack of memory and nothing else", function()
    local status = read_file(data .. "dpkg/debian/root/var/lib/dpkg/status")
    for limit = 16, 2000, 100 do
      local found, _, code = contents.read("dpkg", "var/lib/dpkg/status", status, limit)
      assert.is_true(found ~= nil or code == "MEMORY", tostring(code))
    end
  end)
end)

describe("hostile bytes", function()
  -- Whatever comes of them, it is a result or a failure with a code; a crash or a hang is what this looks for.
  local function survives(reader, path, text)
    local found, message, code = contents.read(reader, path, text)
    -- plain assert: this is called 40,000 times
    assert(type(found) == "table" or (message ~= "" and code ~= nil and code ~= "UNKNOWN"), "neither a result nor a code")
    return found, message, code
  end

  local inputs = {}
  for _, reader in ipairs(contents.readers()) do
    for _, case in ipairs(cases_of[reader.name] or {}) do
      for _, path in ipairs(cases_of[reader.name][case]) do
        local text = read_file(case .. "root/" .. path)
        if #text <= 63 << 10 then inputs[#inputs + 1] = { reader = reader.name, path = path, text = text } end
      end
    end
  end

  it("cut short", function()
    for _, input in ipairs(inputs) do
      local step = math.max(1, #input.text // 40)
      for length = 0, #input.text, step do survives(input.reader, input.path, input.text:sub(1, length)) end
    end
  end)

  it("with bytes changed", function()
    math.randomseed(7, 7)
    for _, input in ipairs(inputs) do
      for _ = 1, #input.text > 0 and 60 or 0 do
        local at = math.random(#input.text)
        local text = input.text:sub(1, at - 1) .. string.char(math.random(0, 255)) .. input.text:sub(at + 1)
        survives(input.reader, input.path, text)
      end
    end
  end)

  it("an rpm database whose pages are changed", function()
    local path = "var/lib/rpm/rpmdb.sqlite"
    local good = read_file(data .. "rpm/rhel-like/root/" .. path)
    local refused = 0
    for at = 1, #good, 23 do
      for _, byte in ipairs { "\0", "\255" } do
        local found = survives("rpm", path, good:sub(1, at - 1) .. byte .. good:sub(at + 1))
        if not found or found.notes then refused = refused + 1 end
      end
    end
    assert.is_true(refused > 20, "only " .. refused .. " were noticed")
  end)

  it("rpm's older databases whose pages are changed", function()
    for _, case in ipairs { "berkeley-little/root/var/lib/rpm/Packages", "berkeley-big/root/usr/lib/sysimage/rpm/Packages",
      "ndb-suse/root/usr/lib/sysimage/rpm/Packages.db" } do
      local good, path = read_file(data .. "rpm/" .. case), case:match "root/(.*)"
      local refused = 0
      for at = 1, #good, 7 do
        for _, byte in ipairs { "\0", "\255" } do
          local found = survives("rpm", path, good:sub(1, at - 1) .. byte .. good:sub(at + 1))
          if not found or found.notes then refused = refused + 1 end
        end
      end
      assert.is_true(refused > 20, case .. ": only " .. refused .. " were noticed")
    end
  end)

  it("more broken entries than are reported: later packages are found, and the last note says that there are more", function()
    local found = survives("apk", "lib/apk/db/installed", ("C:x\nP:\nV:1\n\n"):rep(30) .. "P:z\nV:1-r0\nA:x86\n\n")
    assert.same({ "z" }, { found[1].name })
    assert.equal(20, #found.notes)
    assert.equal("line 73: a package without a name", found.notes[19].text)
    assert.equal("there are more such entries; only the first are reported", found.notes[20].text)
  end)

  it("an rpm record that is larger than its file", function()
    local function broken(case, at, bytes, words)
      local good, path = read_file(data .. "rpm/" .. case), case:match "root/(.*)"
      local found = survives("rpm", path, good:sub(1, at - 1) .. bytes .. good:sub(at + #bytes))
      assert.is_true(#found > 0, "one broken header does not hide the others")
      assert.is_true(found.notes[1].unreadable)
      assert.truthy(found.notes[1].text:find(words, 1, true), found.notes[1].text)
    end
    local function find(case, bytes) return assert(read_file(data .. "rpm/" .. case):find(bytes, 1, true)) end
    local little, ndb = "berkeley-little/root/var/lib/rpm/Packages", "ndb-suse/root/usr/lib/sysimage/rpm/Packages.db"
    broken(little, find(little, ("<I4"):pack(6356)), "\255\255\255\127", "larger than the file") -- an item's length
    broken(ndb, find(ndb, "BlbS") + 12, "\255\255\255\127", "larger than its place")
    broken(ndb, 61, "\1\0\0\0", "larger than its place") -- the second slot's blocks
    -- An index entry's count of bytes, in the header itself: u32 entries, u32 bytes before the first tag.
    local header = find(ndb, "BlbS") + 16
    broken(ndb, header + 4, "\0\255\255\255", "not an rpm header")
    broken(ndb, header, "\0\255\255\255", "not an rpm header")
  end)

  it("an rpm record whose slot is the last of its page", function()
    local case = "ndb-suse/root/usr/lib/sysimage/rpm/Packages.db"
    local good, path = read_file(data .. "rpm/" .. case), case:match "root/(.*)"
    local slot, free, last = good:sub(49, 64), "Slot" .. ("\0"):rep(12), 4096 - 16
    assert.equal(free, good:sub(last + 1, last + 16))
    local moved = good:sub(1, 48) .. free .. good:sub(65, last) .. slot .. good:sub(last + 17)
    assert.equal(#survives("rpm", path, good), #survives("rpm", path, moved))
  end)

  it("an rpm header that counts more than it has", function()
    local path = "var/lib/rpm/rpmdb.sqlite"
    local good = read_file(data .. "rpm/rhel-like/root/" .. path)
    local name = good:find("\0\0\3\232\0\0\0\6", 1, true) -- the index entry of NAME, a string
    local function broken(at, bytes)
      local found = survives("rpm", path, good:sub(1, at - 1) .. bytes .. good:sub(at + #bytes))
      assert.is_true(#found > 0, "one broken header does not hide the others")
      assert.is_true(found.notes[1].unreadable)
      assert.truthy(found.notes[1].text:find "rpm header" or found.notes[1].text:find "package", found.notes[1].text)
    end
    broken(name + 8, "\255\255\255\255") -- its offset
    broken(name + 4, "\0\0\0\4")         -- its type
  end)

  it("an rpm list of files that does not fit together", function()
    local path = "var/lib/rpm/rpmdb.sqlite"
    local good = read_file(data .. "rpm/owned/root/" .. path)
    local folders = good:find("\0\0\4\94\0\0\0\8", 1, true) -- the index entry of DIRNAMES, strings
    local numbers = good:find("\0\0\4\92\0\0\0\4", 1, true)  -- … of DIRINDEXES, int32
    local function broken(at, bytes)
      local found = survives("rpm", path, good:sub(1, at - 1) .. bytes .. good:sub(at + #bytes))
      assert.is_nil(found.owned)
      assert.truthy(found.notes[1].text:find "rpm header" or found.notes[1].text:find "list of files", found.notes[1].text)
    end
    broken(folders + 12, "\0\0\0\1")      -- one folder only
    broken(folders + 12, "\0\0\15\255")   -- more than there are
    broken(folders + 12, "\0\0\1\0")      -- more than there are, and fewer than there are bytes
    broken(folders + 12, "\255\255\255\255")
    broken(folders + 8, "\255\255\255\255") -- nowhere
    broken(folders, "\0\0\4\95")           -- none
    broken(numbers + 12, "\0\0\0\1")       -- a number for one file only
    broken(numbers + 4, "\0\0\0\8")        -- no numbers
    broken(numbers + 8, "\127\255\255\255")
  end)

  it("an rpm database of SQLite whose rows are one and the same", function()
    if not have "sqlite3" then return pending "needs sqlite3: apt-get install sqlite3" end
    local file = os.tmpname()
    finally(function() os.remove(file) end)
    -- The first row fills a page's least share of it and eight pages more; the others are short.
    assert(run("sqlite3 " .. file .. " 'PRAGMA page_size = 512; CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB);"
      .. "INSERT INTO Packages VALUES (1, zeroblob(4103)), (2, \"x\"), (3, \"x\")'"))
    local good, page = read_file(file), 512 -- the table's page is the second
    local path, first = "var/lib/rpm/rpmdb.sqlite", good:sub(page + 9, page + 10)
    assert.equal(3, #survives("rpm", path, good).notes)
    local _, message, code = survives("rpm", path, good:sub(1, page + 8) .. first:rep(3) .. good:sub(page + 15))
    assert.equal("FORMAT", code)
    assert.matches("its rows overlap", message)
  end)

  it("an encrypted Berkeley DB", function()
    local good, path = read_file(data .. "rpm/berkeley-little/root/var/lib/rpm/Packages"), "var/lib/rpm/Packages"
    local _, message, code = survives("rpm", path, good:sub(1, 24) .. "\1" .. good:sub(26))
    assert.same({ "UNSUPPORTED", "this Berkeley DB is encrypted" }, { code, message })
  end)

  it("a bill of materials that is nested too deeply", function()
    local function json(depth)
      return '{"bomFormat":"CycloneDX","specVersion":"1.5","components":['
        .. ('{"type":"library","name":"a","version":"1","components":['):rep(depth) .. ("]}"):rep(depth) .. "]}"
    end
    local function xml(depth)
      return '<bom xmlns="http://cyclonedx.org/schema/bom/1.5">' .. ("<x>"):rep(depth - 1) .. ("</x>"):rep(depth - 1) .. "</bom>"
    end
    for _, case in ipairs { { "opt/a.cdx.json", json, 99, "200 levels" }, { "opt/a.cdx.xml", xml, 200, "200" } } do
      assert.is_table((survives("sbom", case[1], case[2](case[3]))))
      local _, message, code = survives("sbom", case[1], case[2](case[3] + 1))
      assert.equal("LIMIT", code, case[1])
      assert.matches(("nested more than %s deep"):format(case[4]), message)
    end
  end)

  it("a million empty lines, a line without end, a field that never stops", function()
    for _, text in ipairs { ("\n"):rep(1000000), ("x"):rep(1000000), "Package: " .. ("x"):rep(1000000),
      "Package: x\n" .. (" \n"):rep(500000), ("\r\n"):rep(500000), ("a:\n"):rep(300000), (":"):rep(1000000) } do
      survives("dpkg", "var/lib/dpkg/status", text)
      survives("apk", "lib/apk/db/installed", text)
      survives("python", "x.egg-info", text)
      survives("python_egg", "x.egg", "PK\3\4" .. text)
      survives("node", "node_modules/x/package.json", text)
      survives("composer", "vendor/composer/installed.json", text)
      survives("rpm", "var/lib/rpm/rpmdb.sqlite", text)
    end
  end)

  it("more packages than any system has", function()
    local _, message, code = survives("apk", "lib/apk/db/installed", ("P:a\nV:1\n\n"):rep(200001))
    assert.equal("LIMIT", code, message)
  end)
end)

describe("the systems themselves", function()
  it("dpkg-query -W agrees with the dpkg reader on this machine", function()
    local file = io.open "/var/lib/dpkg/status"
    if not (file and have "dpkg-query") then return pending "needs a Debian system with dpkg-query" end
    file:close()
    local format = "'${db:Status-Status}\\t${Package}\\t${Version}\\t${Architecture}\\t" ..
      "${source:Package}\\t${source:Version}\\n'"
    local want, got = {}, {}
    for _, line in ipairs(lines_of((output_of("dpkg-query -W -f " .. format)))) do
      local state, rest = line:match "^([^\t]+)\t(.*)$"
      if state ~= "config-files" and state ~= "not-installed" then want[#want + 1] = rest end
    end
    for _, p in ipairs(assert(contents.read("dpkg", "var/lib/dpkg/status", read_file "/var/lib/dpkg/status"))) do
      got[#got + 1] = table.concat({ p.name, p.version, p.architecture, p.source_name ~= "" and p.source_name or p.name,
        p.source_version ~= "" and p.source_version or p.version }, "\t")
    end
    table.sort(want)
    table.sort(got)
    assert.is_true(#want > 10)
    assert.same(want, got)
  end)

  it("rpm -qa agrees with the rpm reader", function()
    if not (have "rpmbuild" and have "rpm") then return pending "needs rpmbuild and rpm: apt-get install rpm" end
    local folder = output_of("mktemp -d"):gsub("\n", "")
    finally(function() run("rm -rf '" .. folder .. "'") end)
    local specs = {
      "Name: openssl\nEpoch: 1\nVersion: 3.0.7\nRelease: 27.el9\nSummary: s\nLicense: x\n%description\nd\n" ..
        "%package libs\nSummary: s\n%description libs\nd\n%files\n%files libs\n",
      "Name: java-17-openjdk\nVersion: 17.0.9.0.9\nRelease: 2.el9\nEpoch: 0\nSummary: s\nLicense: x\n" ..
        "BuildArch: noarch\n%description\nd\n%package -n tzdata-java\nVersion: 2024a\nRelease: 1.el9\nEpoch: 3\n" ..
        "Summary: s\n%description -n tzdata-java\nd\n%files\n%files -n tzdata-java\n",
      "Name: bash\nVersion: 5.1.8~rc1^git2\nRelease: 9.el9\nSummary: s\nLicense: x\n%description\nd\n" ..
        "%install\nmkdir -p %{buildroot}/usr/lib/x.dist-info/z %{buildroot}/opt\n" ..
        "touch %{buildroot}/opt/y.egg-info; cd %{buildroot}/usr/lib/x.dist-info; touch METADATA a z/b\n" ..
        "%files\n/usr\n/opt\n",
    }
    for i, spec in ipairs(specs) do
      assert(assert(io.open(folder .. "/" .. i .. ".spec", "w")):write(spec)):close()
    end
    -- without the scripts that would look for what to strip and to compress in the three files
    local build = "rpmbuild -bb --quiet --define '_topdir %s/top' --define '__os_install_post %%{nil}' %s/*.spec >%s/log 2>&1"
    assert(run(build:format(folder, folder, folder)))
    local rpm = "rpm --root " .. folder .. "/root --define '_db_backend sqlite' --dbpath /var/lib/rpm "
    assert(run(rpm .. "-i --nodeps --noscripts $(find " .. folder .. "/top -name '*.rpm') >" .. folder .. "/log 2>&1"))
    local want = lines_of((output_of(rpm .. "-qa --qf '%{NAME}\\t%{EVR}\\t%{ARCH}\\n' 2>/dev/null")))
    local got = {}
    local path = "var/lib/rpm/rpmdb.sqlite"
    local found = assert(contents.read("rpm", path, read_file(folder .. "/root/" .. path)))
    for _, file in ipairs { "opt/y.egg-info", "usr/lib/x.dist-info/METADATA", "usr/lib/x.dist-info/z/b" } do
      assert.equal("bash", owners(found)[contents.path_hash(file)], file)
    end
    for i, p in ipairs(found) do
      got[i] = table.concat({ p.name, p.version, p.architecture }, "\t")
    end
    table.sort(want)
    table.sort(got)
    assert.equal(5, #want)
    assert.same(want, got)
  end)

  it("pacman -Q agrees with the pacman reader", function()
    if not have "pacman" then return pending "needs pacman: apt-get install pacman-package-manager" end
    local case = data .. "pacman/arch/root/var/lib/pacman/local"
    local folder = output_of("mktemp -d"):gsub("\n", "")
    finally(function() run("rm -rf '" .. folder .. "'") end)
    assert(run(("cp -r %s %s/local && echo 9 > %s/local/ALPM_DB_VERSION"):format(case, folder, folder)))
    local want = lines_of((output_of("pacman -Q -b " .. folder .. " --config /dev/null 2>/dev/null")))
    local got = {}
    for _, file in ipairs(lines_of((output_of("find " .. case .. " -name desc | sort")))) do
      local package = assert(contents.read("pacman", file:match "root/(.*)", read_file(file)))[1]
      got[#got + 1] = package.name .. " " .. package.version
    end
    table.sort(got)
    assert.equal(2, #want)
    assert.same(want, got)
    for _, line in ipairs(lines_of((output_of("pacman -Ql -b " .. folder .. " --config /dev/null gcc-libs 2>/dev/null")))) do
      local path = line:match "^gcc%-libs /(.*[^/])$"
      if path then
        local list = case:match "root/(.*)" .. "/gcc-libs-13.2.1-3/files"
        local found = contents.read("pacman", list, read_file(data .. "pacman/arch/root/" .. list))
        assert.equal("gcc-libs", owners(found)[contents.path_hash(path)], path)
      end
    end
  end)

  it("importlib.metadata agrees with the python reader on this machine", function()
    if not have "python3" then return pending "needs python3: apt-get install python3" end
    local script = "import importlib.metadata as m\n" ..
      "for d in m.distributions():\n" ..
      "  p = getattr(d, '_path', None)\n" ..
      "  for f in ('METADATA', 'PKG-INFO', ''):\n" ..
      "    q = p / f if f else p\n" ..
      "    if q.is_file():\n" ..
      "      print(q, d.metadata['Name'], d.version, sep='\\t'); break\n"
    local lines = lines_of((output_of("python3 -c \"" .. script .. "\" 2>/dev/null")))
    if #lines == 0 then return pending "needs a python3 with something installed: apt-get install python3-pip" end
    for _, line in ipairs(lines) do
      local path, name, version = line:match "^([^\t]+)\t([^\t]+)\t([^\t]+)$"
      assert.equal("python", contents.match(path:sub(2)), path)
      local found = assert(contents.read("python", path:sub(2), read_file(path)))
      assert.same({ name, version }, { found[1].name, found[1].version })
    end
  end)
end)
