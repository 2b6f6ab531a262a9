-- Well-known programs without a package: every file of engine/inventory/programs with text as its program has it.

local contents = require "tarsier.probe".contents
local executable = require "support.executable"
local pace = require "support.pace"
local shell = require "support.shell"

-- file of the folder = { name of a program's file, text in it ("|" is a zero byte), what is found }
local cases = {
  apache = { "httpd", "Server|Apache/2.4.57 (Unix)|", "apache@2.4.57" },
  arangodb = { "arangosh", "|3.11.4 enterprise [linux] 64bit|", "arangodb@3.11.4" },
  aws_lc = { "openssl", "|OpenSSL 1.1.1 (compatible; AWS-LC 1.69.0)|", "aws-lc@1.69.0" },
  bash = { "bash", "@(#)Bash version 5.2.15(1) release GNU|", "bash@5.2.15" },
  busybox = { "[", "|BusyBox v1.36.1 (2023-11-07 18:53:09 UTC)|", "busybox@1.36.1" },
  cabal = { "cabal", "|Cabal-3.8.1.0-inplace|", "cabal@3.8.1.0" },
  chrome = { "chrome", "|127.0.6533.119|Default|", "chrome@127.0.6533.119" },
  composer = { "bin/composer", "'pretty_version' => '2.6.5',", "composer@2.6.5" },
  consul = { "consul", "CONSUL_VERSION: 1.16.2|", "consul@1.16.2" },
  curl = { "curl", "|curl/8.4.0|", "curl@8.4.0" },
  dart = { "dart", "Dart,GC\"|3.5.2 (stable) (Wed Aug 28)|", "dart@3.5.2" },
  deno = { "deno", "Deno/1.41.0", "deno@1.41.0" },
  dropbear = { "dropbear", "SSH-2.0-dropbear_2022.83|", "dropbear@2022.83" },
  elixir = { "bin/elixir", "ELIXIR_VERSION=1.15.0-rc.1\n", "elixir@1.15.0-rc.1" },
  envoy = { "envoy", "|1.20.7|Unable to|", "envoy@1.20.7" },
  erlang = { "beam.smp", "/usr/src/otp_src_25.3.2.6/erts/", "erlang@25.3.2.6" },
  expat = { "libexpat.so.1.8.10", "|expat_2.5.0|", "expat@2.5.0" },
  ffmpeg = { "libavcodec.so.60", "|FFmpeg version 6.0.1|", "ffmpeg@6.0.1" },
  fluent_bit = { "fluent-bit", "|2.2.1|||Fluent Bit|", "fluent-bit@2.2.1" },
  gcc = { "gcc", "GCC: (GNU) 12.3.0|", "gcc@12.3.0" },
  ghc = { "ghc-9.4.7", "|GHC 9.4.7|", "ghc@9.4.7" },
  git = { "git", "|git/2.39.2|", "git@2.39.2" },
  golang = { "go", "|go1.21.3||||", "golang@1.21.3" },
  golang_source = { "usr/local/go/VERSION", "go1.22rc1\ntime 2023-12-19T18:18:44Z\n" },
  grafana = { "grafana", "|||release-12.3.1|||", "grafana@12.3.1" },
  gzip = { "gzip", "|1.12|", "gzip@1.12" },
  haproxy = { "haproxy", "|HAProxy version 2.8.3-86e043a|", "haproxy@2.8.3" },
  helm = { "helm", "|v3.13.1|||", "helm@3.13.1" },
  ingress_nginx = { "nginx-ingress-controller", "|v1.2.0-beta.1||", "ingress-nginx@1.2.0-beta.1" },
  istio = { "pilot-agent", "Clean|||1.8.0|", "istio@1.8.0" },
  java = { "opt/java/release", 'IMPLEMENTOR="x"\nJAVA_VERSION="1.8.0_392"\n', "java@1.8.0_392" },
  jq = { "jq", "|1.6|", "jq@1.6" },
  julia = { "libjulia-internal.so.1", "__init__|1.9.3|verify", "julia@1.9.3" },
  libcurl = { "libcurl.so.4", "|libcurl/8.4.0|", "curl@8.4.0" },
  libpng = { "libpng16.so.16", " libpng version 1.6.39\n", "libpng@1.6.39" },
  lighttpd = { "lighttpd", "|lighttpd/1.4.71|", "lighttpd@1.4.71" },
  lua = { "lua5.4", "Lua 5.4.6  Copyright (C) 1994-2023", "lua@5.4.6" },
  mariadb = { "mariadbd", "|10.6.15-MariaDB-1:10.6.15|", "mariadb@10.6.15" },
  memcached = { "memcached", "|memcached 1.6.21|", "memcached@1.6.21" },
  mongodb = { "mongod", "|7.0.28||heap_size|", "mongodb@7.0.28" },
  mysql = { "mysql", "shutdown|8.0.37|||||mysql_real_esc", "mysql@8.0.37" },
  nginx = { "nginx", "|nginx version: nginx/1.25.1|", "nginx@1.25.1" },
  node = { "node", "node.js/v20.9.0", "node@20.9.0" },
  openldap = { "slapd", "@(#) $OpenLDAP: slapd 2.5.13+dfsg", "openldap@2.5.13" },
  openresty = { "nginx", "|nginx version: openresty/1.21.4.1|", "openresty@1.21.4.1" },
  openssh = { "sshd", "|OpenSSH_9.2p1|", "openssh@9.2p1" },
  openssl = { "libcrypto.so.1.1", "|OpenSSL 1.1.1w  11 Sep 2023||OpenSSL 1.1.1w 11 Sep 2023|", "openssl@1.1.1w" },
  percona_server = { "mysqld", "/build/percona-server-8.0.34/sql", "percona-server@8.0.34" },
  percona_xtrabackup = { "xtrabackup", "/build/percona-xtrabackup-8.0.34/", "percona-xtrabackup@8.0.34" },
  percona_xtradb_cluster = { "mysqld", "/build/Percona-XtraDB-Cluster-8.0.34/", "percona-xtradb-cluster@8.0.34" },
  perl = { "perl5.38.0", "/usr/local/lib/perl5/5.38.0/x", "perl@5.38.0" },
  php = { "php-fpm", "X-Powered-By: PHP/8.2.11|", "php@8.2.11" },
  postgresql = { "postgres", "|PostgreSQL 15.4 on x86_64|", "postgresql@15.4" },
  proftpd = { "proftpd", "|ProFTPD Version 1.3.8a|", "proftpd@1.3.8a" },
  pypy = { "libpypy3.9-c.so", "[PyPy 7.3.13 with GCC", "pypy@7.3.13" },
  python = { "libpython3.11.so.1.0", "|1.2.13|3.11.2|", "python@3.11.2" },
  qtbase = { "libQt5Core.so.5", "||Qt 5.15.8 (x86_64-little_endian", "qtbase@5.15.8" },
  redis = { "redis-server", "x7.0.14buildkitsandbox-1702957741000000000", "redis@7.0.14" },
  ruby = { "libruby.so.3.3", "ruby 3.3.0rc1 (2023-12-11 master a49643340e) [x86_64-linux]", "ruby@3.3.0rc1" },
  rust = { "libstd-0123456789abcdef.so", "clang LLVM (rustc version 1.72.1 (d5c2e9c34 2023-09-13))", "rust@1.72.1" },
  sqlcipher = { "sqlcipher", "x|4.5.5|", "sqlcipher@4.5.5" },
  sqlite = { "libsqlite3.so.0.8.6", "|1.2.3|3.40.1|", "sqlite@3.40.1" },
  squid = { "squid", "squid/5.7", "squid@5.7" },
  stack = { "stack", "Version 2.11.1, Git revision", "stack@2.11.1" },
  swipl = { "swipl", "/usr/lib/swipl-9.0.4/bin", "swipl@9.0.4" },
  tini = { "tini", "tini version 0.19.0", "tini@0.19.0" },
  traefik = { "traefik", "|||v2.10.5|||", "traefik@2.10.5" },
  util_linux = { "getopt", "|util-linux 2.38.1|", "util-linux@2.38.1" },
  valkey = { "valkey-server", "valkey9.0.0buildkitsandbox-1764887574000000000", "valkey@9.0.0" },
  varnish = { "varnishd", "varnish-7.4.1 revision", "varnish@7.4.1" },
  vault = { "vault", "revoke1.18.0", "vault@1.18.0" },
  wp_cli = { "bin/wp", "wp-cli/wp-cli 2.9.0", "wp-cli@2.9.0" },
  xz = { "xz", "|xz (XZ Utils) 5.4.1|", "xz@5.4.1" },
  zlib = { "libz.so.1.2.13", " deflate 1.2.13 Copyright 1995-2022", "zlib@1.2.13" },
  zstd = { "zstd", "|v1.5.5|", "zstd@1.5.5" },
}

local function read(path, bytes, piece)
  local text = path:find "/"
  local found = assert(contents.read(text and "program" or "binary", text and path or "usr/bin/" .. path, bytes, 0, piece))
  local names = {}
  for i, package in ipairs(found) do
    names[i] = package.name .. "@" .. package.version
    assert.equal("content", package.found_by)
    assert.equal("generic", package.type)
  end
  return table.concat(names, " ")
end

local function file_of(path, text, shift)
  text = text:gsub("|", "\0")
  if path:find "/" then return ("x\n"):rep(shift // 2) .. text end
  return executable.elf { rodata = ("x\n"):rep(shift // 2) .. text .. "\nafter", data = "x" }
end

describe("a program without a package:", function()
  for name in shell.capture("ls engine/inventory/programs"):gmatch "([%w_]+)%.c" do
    it(name, function()
      local case = assert(cases[name], "no case for " .. name)
      local path, text, expected = table.unpack(case)
      expected = expected or "golang@1.22rc1"
      assert.equal(expected, read(path, file_of(path, text, 0), 4096))
    end)
  end

  it("is found where its text lies across two windows, or two pieces, whatever their ends", function()
    for _, name in ipairs { "nginx", "python", "redis", "mysql", "composer" } do
      local path, text, expected = table.unpack(cases[name])
      local start = 65536 - (path:find "/" and 0 or 4096)
      for shift = start - 100, start + 20, 2 do
        assert.equal(expected, read(path, file_of(path, text, shift), 1000 + shift % 37))
      end
    end
  end)

  it("is found in a text of any length, across the ends of its windows and far behind them", function()
    for _, name in ipairs { "composer", "elixir", "java" } do
      local path, text, expected = table.unpack(cases[name])
      for _, shift in ipairs { 65530, 65536, 66000, 66552, 66560, 131066, 132000, 132090, 200000 } do
        assert.equal(expected, read(path, file_of(path, text, shift), 1000 + shift % 37), shift)
      end
    end
  end)

  it("is found by a text with a percent sign, and not without it", function()
    for name, text in pairs { ffmpeg = "|%s version 6.0.1|", ["fluent-bit"] = "|2.2.1|%sFluent Bit|" } do
      assert.equal(name .. "@" .. text:match "%d[%d.]+", read(name, file_of(name, text, 0)))
      assert.equal("", read(name, file_of(name, (text:gsub("%%", "x")), 0)))
    end
  end)

  it("has the version of its own name, and no other", function()
    assert.equal("", read("libpython3.11.so.1.0", file_of("x", "|3.12.1|13.11.2|3.110.1|", 0)))
    assert.equal("", read("python", file_of("x", "|3.12.1|", 0)))
  end)

  it("is none in a file of another name, and without a version", function()
    assert.equal("", read("other", file_of("x", "|nginx version: nginx/1.25.1|", 0)))
    assert.equal("", read("nginx", file_of("x", "|nginx version: nginx/x|nginx version: nginx/1|", 0)))
    assert.equal("", read("etc/release", "Debian 12.1"))
  end)

  it("is not listed beside the distribution's package that owns the file, and is where none does", function()
    local bash = executable.elf { rodata = "@(#)Bash version 5.2.15(1) release GNU\0", data = "x" }
    local function listed(path)
      local found = assert(contents.inventory {
        { path = "etc/os-release", reader = "distro", content = "ID=debian\nVERSION_ID=12\n" },
        { path = "var/lib/dpkg/status", reader = "dpkg",
          content = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.15-2+b2\n\n" },
        { path = "var/lib/dpkg/info/bash.list", reader = "dpkg", content = "/.\n/bin\n/bin/bash\n" },
        { path = path, reader = "binary", content = bash },
      })
      local names = {}
      for i, package in ipairs(found.packages) do names[i] = package.type .. " " .. package.name end
      return names
    end
    assert.same({ "deb bash" }, listed "usr/bin/bash")
    assert.same({ "deb bash", "generic bash" }, listed "usr/local/bin/bash")
  end)

  it("cannot make the search slow", function()
    local hostile = ("1."):rep(1 << 19) .. ("\0001.2"):rep(1 << 17) .. ("nginx version: nginx/"):rep(1 << 14)
    hostile = hostile .. ("\0"):rep(1 << 20)
    for _, path in ipairs { "nginx", "mysqld", "gzip", "libpython3.11.so", "traefik" } do
      local bytes = executable.elf { rodata = hostile }
      pace.within(5, function() read(path, bytes) end, path)
    end
  end)
end)
