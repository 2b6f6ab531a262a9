-- What is in the sample image, by name: a Debian 12 with some packages left at old, known-vulnerable versions and some
-- at fixed ones, applications in Python, Node.js and Java, and a program in Go. It is evidence only: package
-- databases without the packages' files.
--
-- Debian packages, one a line: name, version, source (name, or name and version), section, priority, installed size in
-- KiB, description.

local base = [[
adduser|3.134||admin|important|1020|add and remove users and groups
apt|2.6.1||admin|required|4232|command-line package manager
base-files|12.4+deb12u1||admin|required|344|Debian base system miscellaneous files
base-passwd|3.6.1||admin|required|250|Debian base system password and group files
bash|5.2.15-2+b2|bash 5.2.15-2|shells|required|7164|the GNU Bourne Again shell
bsdutils|1:2.38.1-5+deb12u1|util-linux 2.38.1-5+deb12u1|utils|required|419|basic utilities from 4.4BSD-Lite
coreutils|9.1-1||utils|required|18062|GNU core utilities
dash|0.5.12-2||shells|required|191|POSIX-compliant shell
debconf|1.5.82||admin|important|508|Debian configuration management
debian-archive-keyring|2023.3||misc|important|274|OpenPGP keys of the Debian archive
debianutils|5.7-0.4||utils|required|243|utilities specific to Debian
diffutils|1:3.8-4||utils|required|1597|file comparison utilities
dpkg|1.21.22||admin|required|6361|Debian's package manager
e2fsprogs|1.47.0-2||admin|important|1499|utilities for ext2, ext3 and ext4 file systems
findutils|4.9.0-4||utils|required|1973|finding files
gcc-12-base|12.2.0-14|gcc-12|libs|required|100|the GNU compiler collection, base package
gpgv|2.2.40-1.1|gnupg2|utils|important|868|signature verification tool
grep|3.8-5||utils|required|1238|GNU grep
gzip|1.12-1||utils|required|247|GNU compression utilities
hostname|3.23+nmu1||admin|required|46|setting and showing the host name
init-system-helpers|1.65.2||admin|required|133|helper tools for all init systems
libacl1|2.3.1-3|acl|libs|optional|62|access control lists
libapt-pkg6.0|2.6.1|apt|libs|optional|3274|package management library
libattr1|1:2.5.1-4|attr|libs|optional|59|extended attributes
libblkid1|2.38.1-5+deb12u1|util-linux|libs|optional|413|block device identification
libbz2-1.0|1.0.8-5+b1|bzip2 1.0.8-5|libs|important|98|block-sorting compression
libc-bin|2.36-9+deb12u1|glibc|libs|required|2024|GNU C library: binaries
libc6|2.36-9+deb12u1|glibc|libs|optional|12985|GNU C library: shared libraries
libcap2|1:2.66-4|libcap2|libs|optional|93|POSIX 1003.1e capabilities
libcom-err2|1.47.0-2|e2fsprogs|libs|optional|108|common error descriptions
libcrypt1|1:4.4.33-2|libxcrypt|libs|optional|228|password hashing
libdb5.3|5.3.28+dfsg2-1|db5.3|libs|optional|1814|Berkeley DB 5.3
libffi8|3.4.4-1|libffi|libs|optional|74|foreign function interface
libgcc-s1|12.2.0-14|gcc-12|libs|optional|140|GCC support library
libgcrypt20|1.10.1-3||libs|optional|1505|LGPL crypto library
libgmp10|2:6.2.1+dfsg1-1.1|gmp|libs|optional|852|multiprecision arithmetic
libgnutls30|3.7.9-2+deb12u3|gnutls28|libs|optional|3183|GNU TLS library
libgpg-error0|1.46-1|libgpg-error|libs|optional|194|GnuPG error values
liblz4-1|1.9.4-1|lz4|libs|optional|156|fast LZ compression
liblzma5|5.4.1-0.2|xz-utils|libs|optional|366|XZ-format compression
libmount1|2.38.1-5+deb12u1|util-linux|libs|optional|472|device mounting
libnettle8|3.8.1-2|nettle|libs|optional|441|low-level cryptography
libpam-modules|1.5.2-6|pam|admin|required|1045|pluggable authentication modules
libpam0g|1.5.2-6|pam|libs|optional|239|pluggable authentication modules library
libpcre2-8-0|10.42-1|pcre2|libs|optional|685|Perl 5 compatible regular expressions
libselinux1|3.4-1+b6|libselinux 3.4-1|libs|optional|211|SELinux runtime library
libsmartcols1|2.38.1-5+deb12u1|util-linux|libs|optional|306|smart column output
libstdc++6|12.2.0-14|gcc-12|libs|important|2706|GNU standard C++ library
libsystemd0|252.26-1~deb12u2|systemd|libs|optional|978|systemd utility library
libtasn1-6|4.19.0-2||libs|optional|128|ASN.1 structures
libtinfo6|6.4-4|ncurses|libs|optional|528|low-level terminfo library
libudev1|252.26-1~deb12u2|systemd|libs|optional|297|libudev shared library
libuuid1|2.38.1-5+deb12u1|util-linux|libs|optional|110|universally unique identifiers
libxxhash0|0.8.1-1|xxhash|libs|optional|109|fast hash algorithm
libzstd1|1.5.4+dfsg2-5|libzstd|libs|optional|739|fast lossless compression
login|1:4.13+dfsg1-1+b1|shadow 1:4.13+dfsg1-1|admin|required|2658|system login tools
mawk|1.3.4.20200120-3.1||interpreters|required|226|pattern scanning and text processing
mount|2.38.1-5+deb12u1|util-linux|admin|required|393|mounting file systems
ncurses-base|6.4-4|ncurses|misc|required|391|basic terminal type definitions
passwd|1:4.13+dfsg1-1+b1|shadow 1:4.13+dfsg1-1|admin|required|2791|changing passwords
perl-base|5.36.0-7+deb12u1|perl|perl|required|7807|minimal Perl system
sed|4.9-1||utils|required|907|GNU stream editor
tar|1.34+dfsg-1.2||utils|required|3148|GNU tar
tzdata|2023c-5||localization|required|3391|time zone data
util-linux|2.38.1-5+deb12u1||utils|required|5101|miscellaneous system utilities
zlib1g|1:1.2.13.dfsg-1|zlib|libs|optional|168|compression library
]]

local tools = [[
ca-certificates|20230311||misc|standard|384|common CA certificates
curl|7.88.1-10+deb12u1||web|optional|501|transferring data with URLs
git|1:2.39.5-0+deb12u2||vcs|optional|46536|fast, scalable, distributed revision control
libcurl4|7.88.1-10+deb12u1|curl|libs|optional|855|client-side URL transfer library
libexpat1|2.5.0-1|expat|libs|optional|408|XML parsing
libgssapi-krb5-2|1.20.1-2+deb12u2|krb5|libs|optional|427|MIT Kerberos, GSS-API
libkrb5-3|1.20.1-2+deb12u2|krb5|libs|optional|1082|MIT Kerberos
libnghttp2-14|1.52.0-1+deb12u2|nghttp2|libs|optional|211|HTTP/2 framing
libpython3.11-stdlib|3.11.2-6+deb12u5|python3.11|python|optional|8274|Python's standard library
libsqlite3-0|3.40.1-2+deb12u1|sqlite3|libs|optional|1693|SQLite 3
libssl3|3.0.9-1|openssl|libs|optional|6021|secure sockets layer, shared libraries
libwebp7|1.2.4-0.2|libwebp|libs|optional|545|lossy and lossless images
openssh-client|1:9.2p1-2|openssh|net|standard|5903|secure shell client
openssl|3.0.9-1||utils|optional|2287|secure sockets layer, the command
python3|3.11.2-1+b1|python3-defaults 3.11.2-1|python|optional|86|interactive high-level language
python3.11|3.11.2-6+deb12u5||python|optional|596|Python 3.11
]]

local pinned = { openssl = "3.0.15-1~deb12u1", libssl3 = "3.0.15-1~deb12u1" }

local site = "opt/app/lib/python3.11/site-packages"

return {
  name = "sample:latest",
  created = "2025-02-01T00:00:00Z",
  mtime = 1738368000, -- the same instant
  architecture = "amd64",
  config = {
    Env = { "PATH=/opt/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8" },
    Entrypoint = { "python", "-m", "flask" },
    Cmd = { "run", "--host=0.0.0.0" },
    WorkingDir = "/opt/app",
    ExposedPorts = { "5000/tcp" },
    Labels = {
      ["org.opencontainers.image.title"] = "tarsier sample",
      ["org.opencontainers.image.description"] =
        "A sample to scan: package databases only, old on purpose, made by engine/examples/sample-image/build.lua",
    },
  },
  layers = {
    {
      created_by = "ADD debian-12.tar /",
      base = true,
      install = base,
      removed = { "nano" }, -- its configuration stays: dpkg still lists it, and no scanner should
    },
    { created_by = "ENV PATH=/opt/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8" },
    {
      created_by = "RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl git "
        .. "libwebp7 openssh-client openssl python3 # sample",
      install = tools,
    },
    {
      created_by = "RUN python3 -m venv /opt/app && /opt/app/bin/pip install -r requirements.txt # sample",
      site = site,
      python = {
        { "Flask", "2.2.5", "A simple framework for complex web applications" },
        { "Jinja2", "3.1.2", "A template engine" },
        { "MarkupSafe", "2.1.3", "Escaping of untrusted text" },
        { "Pillow", "9.5.0", "Imaging library" },
        { "PyYAML", "6.0.1", "YAML parser and emitter" },
        { "Werkzeug", "2.2.3", "WSGI web application library" },
        { "certifi", "2022.12.7", "Mozilla's CA bundle" },
        { "click", "8.1.7", "Command line interfaces" },
        { "cryptography", "41.0.7", "Cryptographic recipes and primitives" },
        { "idna", "3.4", "Internationalised domain names" },
        { "pip", "23.0.1", "Package installer" },
        { "requests", "2.31.0", "HTTP for humans" },
        { "setuptools", "66.1.1", "Build and install packages" },
        { "urllib3", "1.26.18", "HTTP client" },
      },
    },
    {
      created_by = "RUN apt-get install -y --only-upgrade openssl && /opt/app/bin/pip uninstall -y setuptools # sample",
      upgrade = pinned,
      site = site,
      uninstall = { { "setuptools", "66.1.1" } },
    },
    {
      created_by = "COPY --from=web /src/node_modules /opt/web/node_modules # sample",
      modules = "opt/web/node_modules",
      node = {
        { "@hapi/hoek", "9.3.0", "General purpose node utilities", "BSD-3-Clause" },
        { "express", "4.21.2", "Fast, unopinionated, minimalist web framework", "MIT" },
        { "lodash", "4.17.20", "Lodash modular utilities", "MIT" },
        { "minimist", "1.2.5", "parse argument options", "MIT" },
        { "semver", "7.5.4", "The semantic version parser used by npm", "ISC" },
        { "ws", "7.5.10", "WebSocket client and server", "MIT" },
      },
    },
    {
      created_by = "COPY --from=report /src/target/lib /opt/report/lib # sample",
      jars = "opt/report/lib",
      java = {
        { "org.apache.commons", "commons-lang3", "3.12.0" },
        { "org.apache.commons", "commons-text", "1.9" },
        { "org.slf4j", "slf4j-api", "2.0.16" },
      },
    },
    {
      created_by = "COPY --from=gate /out/gate /usr/local/bin/gate # sample",
      program = {
        path = "usr/local/bin/gate",
        go = "go1.22.4",
        module = "example.org/gate",
        modules = {
          { "golang.org/x/net", "v0.17.0" },
          { "golang.org/x/text", "v0.13.0" },
          { "google.golang.org/protobuf", "v1.33.0" },
        },
      },
    },
    { created_by = "WORKDIR /opt/app" },
    { created_by = 'CMD ["run" "--host=0.0.0.0"]' },
  },
}
