-- .NET assemblies: by their version resource, and only where no deps.json covers them.

local contents = require "tarsier.probe".contents
local executable = require "support.executable"
local shell = require "support.shell"
local tarsier = require "tarsier"
local temporary = require "support.temporary"

local function read(bytes, piece, path) return contents.read("binary", path or "app/Some.File.dll", bytes, 0, piece) end

local function names(bytes, piece, path)
  local list = {}
  for i, package in ipairs(assert(read(bytes, piece, path))) do
    assert.same({ "nuget", "NuGet", "binary" }, { package.type, package.ecosystem, package.found_by })
    list[i] = package.name .. " " .. package.version
  end
  return table.concat(list, ", ")
end

local function texts(version, name, file_version)
  return { { "CompanyName", "Acme" }, { "FileVersion", file_version or "1.2.3.4" }, { "InternalName", name or "Acme.Core.dll" },
    { "LegalCopyright", "" }, { "ProductVersion", version or "1.2.3" } }
end

local function assembly(version, name, file_version, more)
  local a = texts(version, name, file_version)
  for key, value in pairs(more or {}) do a[key] = value end
  return executable.assembly(a)
end

describe("a .NET assembly", function()
  for name, bytes in pairs {
    ["64 bits"] = assembly(), ["32 bits"] = assembly(nil, nil, nil, { word = 4 }),
    ["its resources far into the file"] = assembly(nil, nil, nil, { before = ("i"):rep(300000) }),
    ["a small icon"] = assembly(nil, nil, nil, { icon = ("c"):rep(40000) }),
  } do
    it("has the name and version that its resource states: " .. name, function()
      for _, piece in ipairs { 0, 1, 997, 65536 } do
        if piece ~= 1 or #bytes < 20000 then assert.equal("Acme.Core 1.2.3", names(bytes, piece)) end
      end
    end)
  end

  for _, case in ipairs {
    { { "13.0.3+0a2e291c0d9c0c7675d445703e51750363a549ef" }, "Acme.Core 13.0.3" },
    { { "2.0.0-beta.1" }, "Acme.Core 2.0.0-beta.1" },
    { { "3.1.2-servicing.20067.4+6d5d8b5" }, "Acme.Core 3.1.2" },
    { { "4.6.25519.03 built by: dlab-DDVSOWINAGE013. Commit Hash: x" }, "Acme.Core 4.6.25519.03" },
    { { " 5.0 " }, "Acme.Core 5.0" },
    { { "" }, "Acme.Core 1.2.3.4" }, { { "release" }, "Acme.Core 1.2.3.4" }, { { "none", nil, "none" }, "" },
    { { "1.0", "Json.NET" }, "Some.File 1.0" }, { { "1.0", "" }, "Some.File 1.0" }, { { "1.0", "App.EXE" }, "App 1.0" },
    { { "1.0", "n\1m.dll" }, "Some.File 1.0" }, { { "1.0", "Acme.resources.dll" }, "" },
    { { "1." .. ("0"):rep(1000) }, "Acme.Core 1." .. ("0"):rep(254) },
  } do
    it("of the version " .. case[1][1]:sub(1, 20) .. " and the name " .. tostring(case[1][2]), function()
      assert.equal(case[2], names(assembly(table.unpack(case[1], 1, 3))))
    end)
  end

  it("is nothing without a CLI header, resources, or a version among them", function()
    assert.equal("", names(assembly(nil, nil, nil, { cli = false })))
    assert.equal("", names(assembly(nil, nil, nil, { directories = 14 })))
    assert.equal("", names(assembly(nil, nil, nil, { tree = "" })))
    assert.equal("", names(assembly(nil, nil, nil, { tree = ("\0"):rep(300) })))
    assert.equal("", names(assembly(nil, nil, nil, { icon = ("c"):rep(70000) }))) -- beyond what is looked at
    assert.equal("", names(executable.assembly {}))
  end)

  it("with damaged resources is nothing, or has some text of them", function()
    local good = assembly()
    local start = 0x400 + 0x200
    for at = start, #good do
      for _, byte in ipairs { "\0", "\255", "\128" } do
        local bytes = good:sub(1, at - 1) .. byte .. good:sub(at + 1)
        assert.is_table(read(bytes, 4096), "byte " .. at)
      end
    end
    for length = 0x40, #good, 7 do assert.is_table(read(good:sub(1, length), 0)) end
  end)

  it("counts where no deps.json covers it, and has code", function()
    local folder = temporary.folder()
    finally(function() temporary.remove(folder) end)
    local deps = '{"libraries":{"Listed/1.0":{"type":"package"}}}'
    for path, bytes in pairs {
      ["app/app.deps.json"] = deps, ["app/A.dll"] = assembly("1", "A.dll"), ["app/runtimes/win/lib/net6.0/B.dll"] = assembly("1", "B.dll"),
      ["app/refs/C.dll"] = assembly("1", "C.dll"), ["app/plugin/D.dll"] = assembly("1", "D.dll"),
      ["other/runtimes/E.dll"] = assembly("1", "E.dll"), ["packs/x/ref/net8.0/F.dll"] = assembly("1", "F.dll"),
      ["packs/x/ref/G.dll"] = assembly("1", "G.dll"), ["broken/x.deps.json"] = "{", ["broken/H.dll"] = assembly("1", "H.dll"),
      ["I.dll"] = assembly("1", "I.dll"),
    } do
      temporary.must("mkdir -p %s", folder .. "/root/" .. (path:match "^(.*)/" or ""))
      shell.write(folder .. "/root/" .. path, bytes)
    end
    local engine <close> = assert(tarsier.open { cache_dir = "" })
    local list = {}
    for i, p in ipairs(assert(engine:scan("dir:" .. folder .. "/root")):packages()) do list[i] = p.name end
    assert.equal("D E H I Listed", table.concat(list, " "))
  end)
end)
