rockspec_format = "3.0"
package = "tarsier"
version = "scm-1"
-- A placeholder until there is a public place: `luarocks make`, in a checkout, does not look at it.
source = { url = "git+https://example.org/tarsier.git" }
description = {
  summary = "An embeddable container-image scanner, scripted in Lua",
  detailed = [[
    Finds what is inside a container image and what is known to be wrong with it, and lets Lua policies decide what to do
    about it: the tarsier command, and require "tarsier".
  ]],
  license = "MIT",
}
supported_platforms = { "linux" }
dependencies = { "lua ~> 5.4", "lua-cjson >= 2.1.0", "lyaml >= 6.2" }
-- Headers that luarocks looks for, so that what is missing is named before anything is built. Debian's packages:
-- libssl-dev libjansson-dev libyajl-dev libexpat1-dev libsqlite3-dev libzstd-dev zlib1g-dev liblzma-dev libbz2-dev libarchive-dev
-- libcurl4-openssl-dev libmicrohttpd-dev, and libisal-dev for twice the speed.
external_dependencies = {
  OPENSSL = { header = "openssl/evp.h" },
  JANSSON = { header = "jansson.h" },
  EXPAT = { header = "expat.h" },
  EXPAT = { header = "expat.h" },
  YAJL = { header = "yajl/yajl_parse.h" },
  SQLITE = { header = "sqlite3.h" },
  ZSTD = { header = "zstd.h" },
  ZLIB = { header = "zlib.h" },
  LZMA = { header = "lzma.h" },
  BZIP2 = { header = "bzlib.h" },
  ARCHIVE = { header = "archive.h" },
  -- curl/curl.h is not asked for: Debian has it in a folder that LuaRocks does not look in
  MICROHTTPD = { header = "microhttpd.h" },
}
build = {
  type = "make",
  build_target = "rock",
  install_target = "install-rock",
  build_variables = { CC = "$(CC)", LUA = "$(LUA)", LUA_INCDIR = "$(LUA_INCDIR)", DEPS = "no" },
  install_variables = {
    LUA = "$(LUA)", LUA_INCDIR = "$(LUA_INCDIR)", DEPS = "no",
    ROCK_LUADIR = "$(LUADIR)", ROCK_LIBDIR = "$(LIBDIR)", ROCK_BINDIR = "$(BINDIR)",
  },
  copy_directories = {},
}
