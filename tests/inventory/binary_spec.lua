-- What compilers leave in executables: Go's modules, Rust's crates.

local contents = require "tarsier.probe".contents
local executable = require "support.executable"
local shell = require "support.shell"
local temporary = require "support.temporary"

local MODULES = "path\texample.com/app\nmod\texample.com/app\tv1.2.3\th1:x=\ndep\tgolang.org/x/text\tv0.3.5\th1:y=\n"
  .. "dep\texample.com/old\tv1.0.0\n=>\texample.com/new\tv2.0.0\th1:z=\ndep\texample.com/local\tv1.0.0\n=>\t../local\t\n"
  .. "dep\texample.com/last\tv0.0.1\nbuild\t-compiler=gc\nbuild\tGOARCH=amd64\nbuild\tGOOS=linux\n"
local FOUND = { "stdlib@1.22.1", "example.com/app@v1.2.3", "golang.org/x/text@v0.3.5", "example.com/new@v2.0.0",
                "example.com/local@(devel)", "example.com/last@v0.0.1" }

local function read(bytes, piece) return contents.read("binary", "usr/bin/program", bytes, 0, piece) end

local function names(bytes, piece)
  local list = {}
  for i, package in ipairs(assert(read(bytes, piece))) do list[i] = package.name .. "@" .. package.version end
  return list
end

describe("Go's build information", function()
  local inline = executable.go_inline("go1.22.1", MODULES)
  local forms = {
    ["ELF, 64 bits"] = executable.elf { word = 8, data = inline },
    ["ELF, 32 bits, big-endian"] = executable.elf { word = 4, big = true, data = inline },
    ["far into the data"] = executable.elf { data = ("\0"):rep(200000) .. inline },
    PE = executable.pe { data = ("x"):rep(512) .. inline },
    ["Mach-O"] = executable.macho { data = inline },
    ["Mach-O, big-endian"] = executable.macho { data = inline, big = true },
    ["Mach-O for several processors"] = executable.macho { data = inline, fat = true },
  }
  for _, word in ipairs { 4, 8 } do
    for _, big in ipairs { false, true } do
      forms["pointers of " .. word .. (big and ", big-endian" or "")] =
        executable.go_pointers({ word = word, big = big }, "go1.22.1", MODULES)
      forms["pointers of " .. word .. (big and ", big-endian" or "") .. ", far"] = executable.go_pointers(
        { word = word, big = big, before = ("go1.9 devel "):rep(30) .. ("x"):rep(131000) }, "go1.22.1", MODULES)
    end
  end

  for name, bytes in pairs(forms) do
    it("is read from " .. name .. ", whatever the pieces", function()
      for _, piece in ipairs { 0, 1, 997, 65536 } do
        if piece ~= 1 or #bytes < 20000 then assert.same(FOUND, names(bytes, piece)) end
      end
    end)
  end

  it("marks packages as Go's, found in a binary", function()
    local package = assert(read(forms.PE))[3]
    assert.equal("golang", package.type)
    assert.equal("Go", package.ecosystem)
    assert.equal("binary", package.found_by)
  end)

  it("tells the release of every way in which Go names one", function()
    for version, release in pairs { go1 = "1", ["go1.21rc2"] = "1.21rc2", ["go1.22.1 X:loopvar"] = "1.22.1",
                                    ["devel go1.23-abcdef Tue Jan 2"] = "1.23-abcdef", ["devel +abcdef Tue"] = "(devel)" } do
      assert.same({ "stdlib@" .. release }, names(executable.elf { data = executable.go_inline(version, "") }))
    end
  end)

  it("is not believed outside of the data segment, or out of line", function()
    assert.same({}, names(executable.elf { rodata = inline, data = "x" }))
    assert.same({}, names(executable.elf { data = "12345678" .. inline }))
  end)

  it("may begin and end with its segment", function()
    assert.same(FOUND, names(executable.elf { data = inline:sub(1, 32), tail = inline:sub(33) }))
    assert.same({}, names(executable.elf { data = inline:sub(1, 31), tail = inline:sub(32) }))
    for _, word in ipairs { 4, 8 } do
      assert.same(FOUND, names(executable.go_pointers({ word = word, before = "", tight = true }, "go1.22.1", MODULES)))
    end
  end)

  it("is nothing where lengths or pointers lead nowhere", function()
    local header = inline:sub(1, 32)
    for _, rest in ipairs { "", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x08go1.2", "\0" } do
      assert.same({}, names(executable.elf { data = header .. rest }))
    end
    assert.same({ "stdlib@1.2" }, names(executable.elf { data = header .. "\5go1.2\xff\xff\xff\x7f" }))
    local pointers = executable.go_pointers({ word = 8 }, "go1.22.1", MODULES)
    for cut = 0, #pointers, 61 do names(pointers:sub(1, cut)) end
    for at = 1, #pointers, 7 do names(pointers:sub(1, at - 1) .. "\xff" .. pointers:sub(at + 1), 500) end
  end)

  it("leaves out a module with a hostile name, and says so", function()
    local found = assert(read(executable.elf { data = executable.go_inline("go1.2", "dep\ta\1b\tv1\ndep\tc\tv1\n") }))
    assert.equal("c", found[2].name)
    assert.equal(1, #found.notes)
  end)
end)

describe("the functions of a Go executable", function()
  local NAMES = { "main.main", "main.(*T).run", "net/http.(*Server).Serve", "net/http.ListenAndServe",
                  "gopkg.in/yaml%2ev2.Unmarshal", "example.com/g.Map[go.shape.int]", "example.com/g.(*Set[go.shape.int]).Add",
                  "example.com/f.Outer.func1", "type:.eq.net/url.URL", "runtime.gopanic" }

  local function state(bytes, symbols, piece) return assert(contents.read("binary", "usr/bin/x", bytes, 0, piece or 0, symbols)).symbol end

  local expected = {
    ["net/http ListenAndServe"] = "present", ["net/http Server.Serve"] = "present", ["net/http Server.Close"] = "absent",
    ["net/http"] = "present", ["net/url"] = "absent", ["net/http A B\nruntime x gopanic"] = "present",
    ["gopkg.in/yaml.v2 Unmarshal"] = "present", ["gopkg.in/yaml.v2 Marshal"] = "absent",
    ["example.com/g Map"] = "present", ["example.com/g Set.Add"] = "present", ["example.com/f Outer"] = "absent",
    ["example.com/app T.run"] = "present", ["example.com/app main"] = "present", ["main main"] = "absent",
    ["net/http os=windows ListenAndServe"] = "absent", ["net/http os=windows os=linux ListenAndServe"] = "present",
    ["net/http os=linux arch=ppc64le"] = "absent", ["net/http arch=amd64"] = "present",
    ["net/http Serve"] = "absent", ["after name"] = "absent", [""] = "absent",
  }

  for _, magic in ipairs { 0xfb, 0xfa, 0xf0, 0xf1 } do
    for _, e in ipairs { { word = 8 }, { word = 8, aligned = true }, { word = 4 }, { word = 8, big = true } } do
      local kind = (e.big and ", big-endian" or "") .. (e.aligned and ", aligned" or "")
      it(("are read from table %x, %d bytes%s"):format(magic, e.word, kind), function()
        e.magic = magic
        local rodata = ("\0"):rep(4096) .. executable.go_table(e, NAMES)
        local bytes = executable.elf { word = e.word, big = e.big, rodata = rodata, data = executable.go_inline("go1.20", MODULES) }
        for symbols, answer in pairs(expected) do assert.equal(answer, state(bytes, symbols), symbols) end
      end)
    end
  end

  it("are read across windows and pieces, wherever they end", function()
    local many = {}
    for i = 1, 9000 do many[i] = ("example.com/many/p%d.F%d"):format(i % 7, i) end
    for _, magic in ipairs { 0xfb, 0xf1 } do
      local rodata = executable.go_table({ word = 8, magic = magic }, many)
      local bytes = executable.elf { rodata = rodata, data = executable.go_inline("go1.20", MODULES) }
      for i = 1, 9000, 997 do
        assert.equal("present", state(bytes, ("example.com/many/p%d F%d"):format(i % 7, i), 4099))
      end
      assert.equal(9011, contents.read("binary", "x", bytes, 0, 333).function_count)
    end
  end)

  it("are none without a table, and where the table is hostile", function()
    local go = executable.go_inline("go1.20", MODULES)
    assert.equal(0, contents.read("binary", "x", executable.elf { data = go }).function_count)
    local good = executable.go_table({ word = 8, magic = 0xf1 }, NAMES)
    for at = 1, #good do
      assert(read(executable.elf { rodata = good:sub(1, at - 1) .. "\xff\xff\xff" .. good:sub(at + 3), data = go }))
      assert(read(executable.elf { rodata = good:sub(1, at), data = go }))
    end
  end)
end)

-- GO-2000-0001 names a function, GO-2000-0002 one that is not linked, GO-2000-0003 none; GHSA's record is of the first.
local RECORDS = [[ [
  {"id": "GO-2000-0001", "modified": "2026-01-01T00:00:00Z", "aliases": ["CVE-2000-0001"], "affected": [{
    "package": {"ecosystem": "Go", "name": "golang.org/x/text"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.3.7"}]}],
    "ecosystem_specific": {"imports": [{"path": "golang.org/x/text/language", "symbols": ["Parse", "MatchStrings"]}]}}]},
  {"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z", "aliases": ["CVE-2000-0001"], "affected": [{
    "package": {"ecosystem": "Go", "name": "golang.org/x/text"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.3.7"}]}]}],
    "database_specific": {"severity": "HIGH"}},
  {"id": "GO-2000-0002", "modified": "2026-01-01T00:00:00Z", "aliases": ["CVE-2000-0002"], "affected": [{
    "package": {"ecosystem": "Go", "name": "stdlib"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.22.9"}]}],
    "database_specific": {"severity": "HIGH"}, "ecosystem_specific": {"imports": [{"path": "net/http", "symbols": ["Server.Serve"]}]}}]},
  {"id": "GO-2000-0003", "modified": "2026-01-01T00:00:00Z", "aliases": ["CVE-2000-0003"], "affected": [{
    "package": {"ecosystem": "Go", "name": "example.com/last"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]}
] ]]

describe("a finding of a Go executable", function()
  local folder
  setup(function() folder = temporary.folder() end)
  teardown(function() temporary.remove(folder) end)

  it("says whether the vulnerable functions are in it, and the default policy weighs that", function()
    local table = executable.go_table({ word = 8, magic = 0xf1 }, { "golang.org/x/text/language.Parse", "main.main" })
    shell.run { "mkdir", "-p", folder .. "/root/usr/bin" }
    temporary.write(folder .. "/root/usr/bin/app", executable.elf { rodata = table, data = executable.go_inline("go1.22.1", MODULES) })
    local records = temporary.write(folder .. "/records.json", RECORDS)
    local command = "lua5.4 lua/bin/tarsier "
    assert.equal(0, shell.run(command .. "db import --quiet --db " .. folder .. "/db " .. records))
    shell.run(command .. ("scan --no-cache --db %s/db -f json=%s/report dir:%s/root"):format(folder, folder, folder))
    local report = require "cjson".decode(shell.read(folder .. "/report"))
    local found = {}
    for _, finding in ipairs(report.findings) do found[finding.id] = finding.symbol .. " " .. (finding.decision or "undecided") end
    assert.same({ ["CVE-2000-0001"] = "present fail", ["CVE-2000-0002"] = "absent warn", ["CVE-2000-0003"] = "unknown warn" }, found)
  end)
end)

describe("the list of cargo-auditable", function()
  local JSON = [[{"packages":[{"name":"app","version":"0.1.0","source":"local","root":true},]]
    .. [[{"name":"cc","version":"1.0.1","source":"crates.io","kind":"build"},]]
    .. [[{"name":"serde","version":"1.0.2","source":"crates.io"}]} ]]
  local folder, packed
  setup(function()
    folder = temporary.folder()
    local file = temporary.write(folder .. "/json", JSON)
    shell.capture(shell.python .. ([[ -c 'import sys,zlib; open(sys.argv[2],"wb").write(zlib.compress(open(sys.argv[1],"rb").read(),9))' %s %s]])
      :format(file, folder .. "/packed"))
    packed = shell.read(folder .. "/packed")
  end)
  teardown(function() temporary.remove(folder) end)

  it("is found in ELF behind the segments, among other sections", function()
    local noise = ("x\x9c x\1y x\xda"):rep(2000)
    for _, piece in ipairs { 0, 1000, 65536 } do
      assert.same({ "app@0.1.0", "serde@1.0.2" }, names(executable.elf { data = "x", tail = noise .. packed .. noise }, piece))
    end
  end)

  it("is found in PE by its section", function()
    assert.same({ "app@0.1.0", "serde@1.0.2" }, names(executable.pe { data = ("x"):rep(100), section = packed }))
  end)

  it("is found in Mach-O by its section, if the segment counts that", function()
    local function macho(fields)
      fields.data, fields.section = ("x"):rep(100), packed
      return names(executable.macho(fields))
    end
    for _, big in ipairs { false, true } do
      assert.same({ "app@0.1.0", "serde@1.0.2" }, macho { big = big })
      assert.same({ "app@0.1.0", "serde@1.0.2" }, macho { big = big, fat = true })
      assert.same({}, macho { big = big, sections = 0 })
    end
  end)

  it("is an error if it is cut short, and nothing if it is not there", function()
    local found, message, code = read(executable.pe { data = "x", section = packed:sub(1, -20) })
    assert.is_nil(found)
    assert.equal("FORMAT", code)
    assert.matches("%.dep%-v0", message)
    assert.same({}, names(executable.elf { data = "x", tail = "x\x9c" .. ("\0"):rep(100) }))
  end)
end)

describe("hostile executables", function()
  it("are read to their end without harm", function()
    for _, bytes in ipairs { executable.elf { data = "x" }, executable.pe { data = "x" }, executable.macho { data = "x" } } do
      for at = 1, 400 do
        assert(read(bytes:sub(1, at - 1) .. "\xff\xff\xff\xff" .. bytes:sub(at + 4)))
        assert(read(bytes:sub(1, at)))
      end
    end
  end)

  it("of any size take a window of memory", function()
    local bytes = executable.elf { rodata = ("go1.1 x\x9c"):rep(3 << 20), data = executable.go_inline("go1.22.1", MODULES), note = true }
    assert.same(FOUND, names(bytes))
  end)
end)
