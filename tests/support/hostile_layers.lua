-- Hostile layers, and what each must come to: exit code (3 unless said) and a piece of the message. `make` gets the
-- path that the image is to have, and that of a folder outside of it, and returns the image's reference.

local executable = require "support.executable"
local files = require "support.files"
local hostile = require "support.hostile"
local tar = require "support.tar"

local healthy, with_layer, random, status = hostile.healthy, hostile.with_layer, hostile.random, hostile.status
local cases, case = hostile.cases()

-- ---- paths that lead out -----------------------------------------------------------------------------------------

case("a path with dots that leads out", {
  make = function(folder, host)
    local path = ("../"):rep(12) .. host:sub(2) .. "/escaped"
    return with_layer(tar.archive { { path = "long", long_name = path, data = "x" } })(folder)
  end,
  message = 'a path that holds ".."',
})
case("an absolute path", {
  make = function(folder, host)
    return with_layer(healthy { path = "long", long_name = host .. "/escaped", data = "x" })(folder)
  end,
  code = 0,
})
case("a hard link to a path with dots", {
  make = with_layer(healthy { path = "etc/x", type = "1", link = "../../../etc/passwd" }),
  message = 'a path that holds ".."',
})
case("a symlink for the package database that leads to the host's", {
  make = function(folder, host)
    return with_layer(tar.archive {
      { path = "usr/lib/os-release", data = hostile.os_release },
      { path = status, type = "2", link = host .. "/status" },
    })(folder)
  end,
  code = 5, absent = "host-secret",
})
case("a symlink for the database's folder that leads to the host's", {
  make = function(folder, host)
    return with_layer(tar.archive {
      { path = "usr/lib/os-release", data = hostile.os_release },
      { path = "var/lib/dpkg", type = "2", link = host },
    })(folder)
  end,
  code = 5, absent = "host-secret",
})
case("a symlink that climbs above the root", {
  make = function(folder, host)
    return with_layer(tar.archive {
      { path = "usr/lib/os-release", data = hostile.os_release },
      { path = status, type = "2", link = ("../"):rep(12) .. host:sub(2) .. "/status" },
    })(folder)
  end,
  code = 5, absent = "host-secret",
})
case("symlinks in a circle", {
  make = with_layer(tar.archive {
    { path = "usr/lib/os-release", data = hostile.os_release },
    { path = "var/lib/dpkg", type = "2", link = "dpkg2" }, { path = "var/lib/dpkg2", type = "2", link = "dpkg" },
    { path = "etc/os-release", type = "2", link = "os-release" },
  }),
  code = 5,
})
case("hard links in a circle", {
  make = with_layer(tar.archive {
    { path = "usr/lib/os-release", data = hostile.os_release },
    { path = status, type = "1", link = "var/lib/dpkg/status-old" },
    { path = "var/lib/dpkg/status-old", type = "1", link = status },
  }),
  code = 5,
})
case("whiteouts that name dots", {
  make = with_layer(healthy({ path = "etc/.wh..", data = "" }, { path = "etc/.wh...", data = "" })),
  message = "whiteout",
})
case("a whiteout that names nothing", { make = with_layer(healthy { path = "etc/.wh." }), message = "whiteout" })
case("device nodes and pipes where databases should be", {
  make = with_layer(tar.archive {
    { path = "usr/lib/os-release", data = hostile.os_release }, { path = status, type = "3" },
    { path = "lib/apk/db/installed", type = "4" }, { path = "var/lib/rpm/rpmdb.sqlite", type = "6" },
  }),
  code = 5,
})
case("paths that are not UTF-8 and hold escape sequences", {
  make = with_layer(healthy({ path = "\xff\xfe/\27[31m", data = "x" },
    { path = "opt/\xc3\x28\27]0;owned\7-1.0.dist-info/METADATA", data = "Name: x\nVersion: 1\n\n" })),
  code = 0,
})
case("a package whose name holds escape sequences", {
  make = with_layer(healthy {
    path = "opt/\27[31m-1.0.dist-info/METADATA", data = "Name: \27[31mx\nVersion: \27]0;owned\7\n\n",
  }),
  message = "dist-info/METADATA",
})

-- ---- tars --------------------------------------------------------------------------------------------------------

case("a layer of random bytes", { make = with_layer(random(65536)), message = "layer" })
case("an empty file for a layer", { make = with_layer "", code = 5, message = "nothing to judge" })
case("a file of eight exbibytes", {
  make = with_layer(tar.header { path = status, size = tar.base256(1 << 62, 12) } .. ("x"):rep(4096)),
  message = "ends inside",
})
case("the largest size that a header can say", {
  make = with_layer(tar.header { path = status, size = "\x80" .. ("\xff"):rep(11) } .. ("x"):rep(4096)),
})
case("a negative size", {
  make = with_layer(tar.header { path = status, size = ("\xff"):rep(12) } .. ("x"):rep(4096)),
})
case("a size that is no number", {
  make = with_layer(tar.header { path = status, size = "12x4567\0" } .. ("x"):rep(4096)),
  message = "its size is not a number",
})
case("a tar that ends inside a header", { make = with_layer(healthy():sub(1, 1100)), message = "ends inside" })
case("a tar that ends inside a file", {
  make = with_layer(tar.header { path = status, size = 5000 } .. ("x"):rep(512)), message = "ends inside",
})
case("a header with a wrong checksum", {
  make = with_layer(tar.header { path = status, checksum = "000001\0 " } .. tar.finish), message = "checksum",
})
case("a pax header of a gibibyte", {
  make = with_layer(tar.header { path = "x", type = "x", size = 1 << 30 } .. ("x"):rep(8192)),
  message = "a pax header of 1073741824 bytes",
})
case("a pax size that no number holds", {
  make = with_layer(tar.archive { { path = status, data = "x", pax = { "size", ("9"):rep(30) } } }),
  message = "size",
})
case("pax records that lie about their length", {
  make = with_layer(tar.archive { { path = status, data = "x", pax = "99999999 path=x\n" } }),
  message = "what is not a record",
})
case("a path of a mebibyte", {
  make = with_layer(tar.archive { { path = "x", long_name = ("a/"):rep(1 << 19), data = "x" } }), message = "bytes",
})
case("a path of sixty thousand slashes", {
  make = with_layer(healthy { path = "x", pax = { "path", ("/"):rep(60000) .. "etc/x" }, data = "x" }), code = 0,
})
case("something after the end of the tar", {
  make = with_layer(healthy():sub(1, -513) .. random(512)), message = "zeros",
})

-- ---- what is compressed ------------------------------------------------------------------------------------------

-- The digest of 272 MiB of zeros, more than a scan may take, as the file x/zeros in a tar.
local zeros_diff_id = "sha256:bdd51c5c1b40dcf10f0f774d26211018c9c510ca2d65b60106f8c107634f44f4"

local function exploding(diff_id, mib, header, rest)
  return function(folder)
    files.make(folder)
    hostile.bomb(folder .. "/bomb", header, mib, rest)
    return hostile.layout(folder, { layers = { {
      file = folder .. "/bomb", diff_id = diff_id, media_type = "application/vnd.oci.image.layer.v1.tar+gzip",
    } } })
  end
end

local function bomb(path, diff_id, mib)
  return exploding(diff_id, mib, tar.header { path = path, size = mib << 20 })
end

case("272 MiB of zeros in a file that no reader wants", { make = bomb("x/zeros", zeros_diff_id, 272), code = 5 })
case("272 MiB of zeros as the package database", {
  make = bomb(status, nil, 272), arguments = { "--skip-diff-id" }, message = "status",
})
case("a gzip in a gzip", { make = with_layer(function() return hostile.gzip(hostile.gzip(healthy())) end) })
case("a gzip that ends early", {
  make = with_layer(function() return hostile.gzip(healthy()):sub(1, -20) end), message = "end early",
})
case("a gzip with another checksum", {
  make = with_layer(function() return hostile.gzip(healthy()):sub(1, -9) .. "\1\2\3\4\5\6\7\8" end),
  message = "checksum",
})
case("random bytes after a gzip", {
  make = with_layer(function() return hostile.gzip(healthy()) .. random(100) end),
})
case("a gzip header that does not end", {
  make = with_layer(function() return "\31\139\8\8" .. ("\0"):rep(6) .. ("x"):rep(2 << 20) end), message = "header",
})
case("a zstd frame that wants a window of 2 GiB", {
  make = with_layer("\x28\xb5\x2f\xfd\x00\xa8" .. "\x01\x00\x00"), message = "window",
})
case("random bytes after a zstd magic", { make = with_layer("\x28\xb5\x2f\xfd" .. random(5000)) })
case("random bytes after an xz magic", { make = with_layer("\xfd7zXZ\0" .. random(5000)) })
case("random bytes after a bzip2 magic", { make = with_layer("BZh9" .. random(5000)) })

-- ---- evidence ----------------------------------------------------------------------------------------------------

local function evidence(path, data)
  return with_layer(function()
    return tar.archive { { path = "usr/lib/os-release", data = hostile.os_release }, { path = path, data = data } }
  end)
end

case("a package database of random bytes", { make = evidence(status, random(100000)) })
case("a package database of one long line", { make = evidence(status, "Package: " .. ("x"):rep(1 << 20)) })
case("a package database of NUL bytes", { make = evidence(status, ("\0"):rep(100000)) })
case("an rpm database of random bytes", { make = evidence("var/lib/rpm/rpmdb.sqlite", random(100000)) })
case("an rpm database that only begins like one", {
  make = evidence("var/lib/rpm/rpmdb.sqlite", "SQLite format 3\0" .. random(100000)),
})
case("an os-release of a mebibyte", {
  make = with_layer(function()
    return tar.archive { { path = "usr/lib/os-release", data = ("ID=debian\n"):rep(200000) },
                         { path = status, data = hostile.stanza "honest" } }
  end),
  message = "os-release",
})

-- ---- numbers -----------------------------------------------------------------------------------------------------

-- Layers of many small frames.
local function framed(parts, layers)
  return function(folder)
    files.make(folder)
    local list = {}
    for i = 1, layers or 1 do
      local path = folder .. "/layer" .. i
      hostile.frames(path, parts(i))
      list[i] = { file = path, media_type = "application/vnd.oci.image.layer.v1.tar+zstd" }
    end
    return hostile.layout(folder, { layers = list })
  end
end

local function rpm_database(layer)
  local header = tar.header { path = "var/lib/rpm/rpmdb.sqlite", size = 128 << 20, mode = layer }
  return { hostile.stored(header), hostile.zeros(128) }
end

local function million()
  local headers, parts = {}, {}
  for i = 1, 1000 do headers[i] = tar.header { path = ("x"):rep(90) .. i } end
  local thousand = hostile.zstd(table.concat(headers))
  for i = 1, 1000 do parts[i] = thousand end
  return parts
end

-- Symlinks whose targets are nearly as long as a path may be: a frame that is always the same, then a header.
local function links(count)
  return function(layer)
    local target = ("y"):rep(60000)
    local before = hostile.zstd(tar.header { path = "before", type = "K", size = #target } .. tar.pad(target))
    local parts = {}
    for i = 1, count do
      parts[2 * i - 1] = before
      parts[2 * i] = hostile.stored(tar.header { path = layer .. "/" .. i, type = "2" })
    end
    return parts
  end
end

local unchecked = { "--skip-diff-id" }

case("an rpm database of as many zeros as its reader takes, in each of four layers", {
  make = framed(rpm_database, 4), arguments = { "--skip-diff-id", "--threads", "4" }, message = "rpmdb.sqlite",
})
case("a million entries", { make = framed(million), arguments = unchecked, code = 5 })
case("more links than may be kept of a layer", {
  make = framed(links(2000)), arguments = unchecked, message = "would have to be kept",
})
case("fewer links than that in each of four layers", {
  make = framed(links(1200), 4), arguments = unchecked, message = "would have to be kept",
})
-- A database of many packages, each of its own name; `more` are fields of all of them.
local function packages(count, more)
  return function(folder)
    local behind = "\nStatus: install ok installed\nArchitecture: amd64\n" .. more .. "\n\n"
    return evidence(status, hostile.numbered(count, "Package: p", behind))(folder)
  end
end

case("seventy thousand packages", { make = packages(70000, "Version: 1.0-1"), scan = true, code = 0 })
case("fifty thousand packages with strings as long as those of pnpm's packages, path included", {
  make = packages(50000, "Version: 1." .. ("0"):rep(130)), scan = true, code = 0,
})
case("a package more than an image may have", { make = packages(80001, "Version: 1.0-1"), message = "80001 packages" })
case("sixteen thousand packages with long versions", {
  make = packages(16000, "Version: 1." .. ("0"):rep(1000)), message = "names and versions of more than",
})
case("packages with nearly too many findings", {
  make = packages(1800, "Source: openssl\nVersion: 0.1"), scan = true, code = 0, message = "0 warn: the verdict fails",
})
case("packages with more findings than anybody reads", {
  make = packages(41667, "Source: openssl\nVersion: 0.1"), scan = true, message = "findings",
})

-- ---- executables ---------------------------------------------------------------------------------------------------

-- Made when the case runs: they are large.
local function program(make)
  return function(folder) return with_layer(healthy { path = "usr/bin/app", data = make() })(folder) end
end

local go = executable.go_inline("go1.22.1", "path\ta\nmod\ta\tv1.0.0\n")

local function functions(count)
  return executable.go_table({ magic = 0xf1, count = count }, { hostile.numbered(count, "a/p.F", "\0"):sub(1, -2) })
end

local function rodata(bytes) return executable.elf { rodata = bytes, data = go } end
local function modules(text) return executable.elf { data = executable.go_inline("go1.22.1", text) } end

-- With the mark that Go leaves behind 64 MiB of zeros
local function large_program()
  local before, behind = executable.around({ data = go }, 64 << 20)
  local header = tar.header { path = "usr/bin/app", size = #before + (64 << 20) + #behind }
  return exploding(nil, 64, header .. before, tar.pad(behind) .. healthy())
end

case("an executable of 64 MiB", { make = large_program(), arguments = unchecked, code = 0, message = "stdlib" })
case("an executable with 200,000 functions", {
  make = program(function() return rodata(functions(200000)) end),
  code = 0, message = "stdlib",
})
case("an executable with names that do not end", {
  make = program(function() return rodata(executable.go_table({ magic = 0xf1 }, { ("a/b."):rep(1 << 20) })) end),
  code = 0, message = "stdlib",
})
case("an executable with a list of modules that does not end", {
  make = program(function() return modules(("dep\tb\tv1\n"):rep(1 << 20)) end), code = 0,
})
case("an executable with a hundred thousand modules", {
  make = program(function() return modules(("dep\tb\tv1\n"):rep(100000)) end), message = "100002 packages",
})
case("an executable full of what may be a list of crates", {
  make = program(function() return executable.elf { data = "x", tail = ("x\x9c\5"):rep(4 << 20) } end), code = 0,
})
case("an executable whose module names would drive a terminal", {
  make = program(function() return modules "dep\ta\27[2J\tv1\n" end), code = 0, absent = "\27",
})
case("thousands of executables with holes", {
  make = function(folder)
    local entries, data = {}, tar.pad(("\x7fELF"):rep(16))
    local pax = tar.pax { "GNU.sparse.major", "0", "GNU.sparse.minor", "1", "GNU.sparse.size", tostring(8 << 30),
      "GNU.sparse.map", "0,64" }
    local before = tar.header { path = "before", type = "x", size = #pax } .. tar.pad(pax)
    for i = 1, 3000 do entries[i] = before .. tar.header { path = "bin/" .. i, size = 64 } .. data end
    return with_layer(healthy(table.unpack(entries)))(folder)
  end,
  code = 0,
})

return cases
