-- What `make install` leaves works by itself: the command, the Lua module, the C library with a host built against it.

local json = require "tarsier.json"
local shell = require "support.shell"

local BUILD = os.getenv "TARSIER_BUILD" or "build"
local LUA = os.getenv "LUA" or "lua5.4"

describe("make install", function()
  if BUILD ~= "build" then return pending "the installed library is tested without sanitizers: make test" end

  local root, folder

  -- Nothing of the source tree or of whoever runs the tests reaches the command.
  local function installed(line)
    return shell.run(("cd / && env -u LUA_PATH -u LUA_CPATH -u TARSIER_BUILD -u TARSIER_DB -u MAKEFLAGS HOME=%s/home "
      .. "XDG_CACHE_HOME= XDG_DATA_HOME= XDG_CONFIG_HOME= %s"):format(folder, line:gsub("@", folder)))
  end

  setup(function()
    root = shell.capture "pwd"
    folder = shell.folder()
    local prefix = shell.read(BUILD .. "/prefix"):match "^%S+" -- another one would build some of it afresh
    local code, output, errors = shell.run(("env -u MAKEFLAGS make install READY=1 DEPS=no LUA=%s PREFIX=%s DESTDIR=%s")
      :format(LUA, prefix, folder))
    os.execute(("ln -s %s%s %s/inst"):format(folder, prefix, folder))
    assert.equal(0, code, output .. errors)
  end)

  teardown(function() shell.remove(folder) end)

  it("installs a command that runs from anywhere", function()
    local code, output, errors = installed "@/inst/bin/tarsier version -f json"
    assert.equal(0, code, errors)
    assert.equal(require "tarsier.core".version, json.decode(output).tarsier)
  end)

  it("installs a link by clair-scanner's name", function()
    local code, _, errors = installed "@/inst/bin/clair-scanner --help"
    assert.equal(0, code, errors)
    code, _, errors = installed "@/inst/bin/clair-scanner -q docker-archive:@/nowhere.tar"
    assert.equal(3, code)
    assert.is_truthy(errors:find("[INFO] ▶ Start clair-scanner", 1, true), errors)
  end)

  it("tells the command where the modules are, for those who link to it", function()
    local prefix = shell.read(BUILD .. "/prefix"):match "^%S+"
    assert.is_truthy(shell.read(folder .. "/inst/bin/tarsier"):find(
      ('local LUADIR, LIBDIR = "%s/share/lua/5.4", "%s/lib/lua/5.4"\n'):format(prefix, prefix), 1, true))
  end)

  it("installs policies, a starter database and report formats", function()
    local _, output = installed "@/inst/bin/tarsier policy list"
    for _, name in ipairs { "default", "fixable", "kev", "threshold", "whitelist" } do
      assert.is_truthy(output:find("\n?" .. name .. " +%u"), name)
    end
    local code, status, errors = installed "@/inst/bin/tarsier db status"
    assert.equal(0, code, errors)
    assert.is_truthy(status:find("the starter database", 1, true))
    code, output, errors = installed(("@/inst/bin/tarsier scan -f json -q --no-fail oci:%s/build/sample"):format(root))
    assert.equal(0, code, errors)
    assert.is_true(#json.decode(output).findings > 0)
  end)

  it("installs a manual page and completions", function()
    assert.is_truthy(shell.read(folder .. "/inst/share/man/man1/tarsier.1"):find("^%.TH TARSIER 1"))
    for _, path in ipairs { "bash-completion/completions/tarsier", "zsh/site-functions/_tarsier",
      "fish/vendor_completions.d/tarsier.fish" } do
      assert.is_truthy(shell.read(folder .. "/inst/share/" .. path):find("tarsier", 1, true))
    end
  end)

  it("installs a library that a host in C is built and run with", function()
    if not shell.has "pkg-config" then return pending "needs pkg-config: apt-get install pkg-config" end
    local code, _, errors = installed(("cc -Wall -Wextra -Werror %s/engine/examples/host.c -o @/host "
      .. "$(PKG_CONFIG_PATH=@/inst/lib/pkgconfig "
      .. "pkg-config --define-variable=prefix=@/inst --cflags --libs tarsier)"):format(root))
    assert.equal("", errors)
    assert.equal(0, code)
    local output
    code, output, errors = installed("LD_LIBRARY_PATH=@/inst/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} @/host "
      .. ("@/inst/share/lua/5.4/tarsier/starter.db oci:%s/build/sample"):format(root))
    assert.equal(0, code, errors)
    assert.is_truthy(output:find "CVE%-%d+%-%d+\t")
  end)

  it("installs an archive that a host links with what pkg-config --static names", function()
    if not shell.has "pkg-config" then return pending "needs pkg-config: apt-get install pkg-config" end
    local code, _, errors = installed(("cc %s/engine/examples/host.c -o @/static-host $(PKG_CONFIG_PATH=@/inst/lib/pkgconfig "
      .. "pkg-config --static --define-variable=prefix=@/inst --cflags --libs tarsier | sed 's/-ltarsier/-l:libtarsier.a/')"):format(root))
    assert.equal(0, code, errors)
    local output
    code, output, errors = installed(("@/static-host @/inst/share/lua/5.4/tarsier/starter.db oci:%s/build/sample"):format(root))
    assert.equal(0, code, errors)
    assert.is_truthy(output:find "CVE%-%d+%-%d+\t")
    assert.is_nil(shell.capture(("ldd %s/static-host"):format(folder)):find("libtarsier", 1, true))
  end)

  it("installs a CMake package with both libraries", function()
    if not shell.has "cmake" then return pending "needs cmake: apt-get install cmake" end
    shell.capture(("mkdir -p %s/cmake"):format(folder))
    shell.write(folder .. "/cmake/CMakeLists.txt", ([[
cmake_minimum_required(VERSION 3.16)
project(host C)
find_package(tarsier 0.1 REQUIRED)
add_executable(shared %s/engine/examples/host.c)
target_link_libraries(shared tarsier::tarsier)
add_executable(static %s/engine/examples/host.c)
target_link_libraries(static tarsier::static)
]]):format(root, root))
    local code, output, errors = installed("cmake -S @/cmake -B @/cmake/build -DCMAKE_PREFIX_PATH=@/inst "
      .. "-DCMAKE_C_COMPILER_WORKS=1 -DCMAKE_C_ABI_COMPILED=1 && cmake --build @/cmake/build")
    assert.equal(0, code, output .. errors)
    for _, program in ipairs { "shared", "static" } do
      code, output, errors = installed(("@/cmake/build/%s @/inst/share/lua/5.4/tarsier/starter.db oci:%s/build/sample"):format(program, root))
      assert.equal(0, code, errors)
      assert.is_truthy(output:find "CVE%-%d+%-%d+\t")
    end
    shell.write(folder .. "/cmake/CMakeLists.txt", "cmake_minimum_required(VERSION 3.16)\nproject(host NONE)\nfind_package(tarsier 9 REQUIRED)\n")
    assert.not_equal(0, (installed "cmake -S @/cmake -B @/cmake/newer -DCMAKE_PREFIX_PATH=@/inst"))
  end)

  it("puts libraries and headers where LIBDIR and INCLUDEDIR say", function()
    local copy = shell.folder()
    finally(function() shell.remove(copy) end)
    local code, output, errors = shell.run(("env -u MAKEFLAGS make install READY=1 LUA=%s BUILD=%s/build DESTDIR=%s PREFIX=/usr "
      .. "LIBDIR=/usr/lib/some-linux INCLUDEDIR=/usr/include/x -n"):format(LUA, copy, copy))
    assert.equal(0, code, errors)
    for _, path in ipairs { "/usr/lib/some-linux/pkgconfig", "/usr/lib/some-linux/cmake/tarsier", "/usr/include/x/tarsier.h",
      "/usr/lib/some-linux/lua/5.4/tarsier/core.so", "/usr/share/lua/5.4/tarsier/starter.db", "/usr/bin/tarsier" } do
      assert.is_truthy(output:find(copy .. path, 1, true), path)
    end
    assert.is_nil(output:find(copy .. "/usr/lib/pkgconfig", 1, true))
  end)

  it("heeds CPPFLAGS, CFLAGS and LDFLAGS, and makes no warning an error unless asked", function()
    local line = shell.capture "env -u MAKEFLAGS -u WERROR make -n READY=1 V=1 BUILD=/nonexistent CPPFLAGS=-DONE CFLAGS=-O3 LDFLAGS=-Wl,-s all"
    assert.is_truthy(line:find("-DONE -O3 ", 1, true))
    assert.is_truthy(line:find("-Wl,-s", 1, true))
    assert.is_nil(line:find("-Werror", 1, true))
  end)

  it("never calls a package manager, and neither do make and make check", function()
    local function calls(options)
      return shell.capture("env -u MAKEFLAGS -u READY -u DEPS make -n " .. options):find(".ci/packages", 1, true) ~= nil
    end
    -- Each target calls make again, with READY=1, in which all targets are asked at once: MAKE=: leaves that out.
    for _, target in ipairs { "all", "check", "install" } do assert.is_false(calls("MAKE=: " .. target), target) end
    for _, target in ipairs { "scan", "test" } do
      assert.is_true(calls("MAKE=: DEPS=yes " .. target), target)
      assert.is_false(calls("MAKE=: DEPS=no " .. target), target)
    end
    assert.is_false(calls "READY=1 all check install scan test")
  end)

  it("installs an archive that exports nothing but tarsier_…", function()
    local symbols = shell.capture(("nm -g --defined-only %s/inst/lib/libtarsier.a | sed -n 's/.* [A-TV-Z] //p'")
      :format(folder))
    assert.is_truthy(symbols:find "tarsier_scan")
    for symbol in symbols:gmatch "%S+" do assert.is_truthy(symbol:match "^tarsier_", symbol) end
  end)

  it("is undone by make uninstall", function()
    local prefix = shell.read(BUILD .. "/prefix"):match "^%S+"
    local copy = shell.folder()
    finally(function() shell.remove(copy) end)
    shell.capture(("cp -a %s%s %s/inst"):format(folder, prefix, copy))
    local code, _, errors = shell.run(("env -u MAKEFLAGS make uninstall PREFIX=/inst DESTDIR=%s"):format(copy))
    assert.equal("", errors)
    assert.equal(0, code)
    assert.equal("", shell.capture(("find %s ! -type d"):format(copy)))
  end)
end)

describe("LuaRocks", function()
  it("installs from the rockspec", function()
    if not os.getenv "TARSIER_TEST_REAL" then return pending "builds everything again: make test-real" end
    if not shell.has "luarocks-5.4" then return pending "needs luarocks-5.4: apt-get install luarocks" end
    local folder = shell.folder()
    finally(function() shell.remove(folder) end)
    shell.write(folder .. "/config.lua",
      'rocks_provided = { ["lua-cjson"] = "2.1.0-1", lyaml = "6.2.8-1" }\nrocks_servers = {}\n')
    local code, output, errors = shell.run((([[mkdir %s/src && git ls-files -z | xargs -0 cp --parents -t %s/src
      cd %s/src && env -u MAKEFLAGS -u TARSIER_BUILD LUAROCKS_CONFIG=%s/config.lua \
        luarocks-5.4 --tree %s/tree make rockspec/tarsier-scm-1.rockspec]]):gsub("%%s", folder)))
    assert.equal(0, code, output .. errors)
    code, output, errors = shell.run((("cd / && env -u LUA_PATH -u LUA_CPATH -u TARSIER_BUILD HOME=%s "
      .. "%s/tree/bin/tarsier policy list"):gsub("%%s", folder)))
    assert.equal(0, code, errors)
    assert.is_truthy(output:find("threshold", 1, true))
    code, output, errors = shell.run((("cd / && env -u LUA_PATH -u LUA_CPATH -u TARSIER_BUILD HOME=%s "
      .. "%s/tree/bin/clair-scanner --help"):gsub("%%s", folder)))
    assert.equal(0, code, errors)
    assert.is_truthy(output:find("clair-scanner [OPTIONS] IMAGE", 1, true), output)
  end)
end)
