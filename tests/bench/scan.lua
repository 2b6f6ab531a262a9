-- make bench: cold and warm scans of an image of over 1 GB beside the yardstick, `gzip -dc LAYER | sha256sum` of the same
-- layers, in one run on one machine; then an import and a match. Ratios are what counts: the times are this machine's.
--
--   lua5.4 tests/bench/scan.lua FOLDER     FOLDER keeps the image between runs

package.path = "lua/?.lua;lua/?/init.lua;tests/?.lua;" .. package.path
local shell = require "support.shell"

local folder = arg[1] or "build/bench" -- absolute, as make gives it
local runs = tonumber(os.getenv "BENCH_RUNS") or 5
local pwd = assert(io.popen "pwd")
local here = pwd:read "l"
pwd:close()
local tarsier = os.getenv "TARSIER" or "lua5.4 " .. here .. "/lua/bin/tarsier"

local function sh(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1"))
  local output = pipe:read "a"
  assert(pipe:close(), command .. "\n" .. output)
  return output
end

-- The real files of the machine that runs this, as layers: what a distribution's image with a few tools holds.
local parts = {
  { "base", "/etc /usr/lib/os-release /var/lib/dpkg /usr/bin /usr/sbin /usr/share/doc /usr/share/perl" },
  { "libraries", "/usr/lib/$(uname -m)-linux-gnu /usr/lib/gcc /usr/lib/python3" },
  { "rest", "/usr/share /usr/include" },
}

local TYPE = "application/vnd.oci.image"

-- An image of these tars, gzipped, which are then gone.
local function pack(image, tars)
  sh("mkdir -p " .. image .. "/blobs/sha256")
  local layers, diff_ids = {}, {}
  for i, tar in ipairs(tars) do
    diff_ids[i] = "sha256:" .. sh("sha256sum <" .. tar):match "^%x+"
    sh(("gzip -6 -n -f %s"):format(tar))
    local hex = sh(("sha256sum <%s.gz"):format(tar)):match "^%x+"
    local size = tonumber(sh(("stat -c %%s %s.gz"):format(tar)))
    sh(("mv %s.gz %s/blobs/sha256/%s"):format(tar, image, hex))
    layers[i] = ('{"mediaType":"%s.layer.v1.tar+gzip","digest":"sha256:%s","size":%d}'):format(TYPE, hex, size)
  end
  local function blob(text)
    local path = folder .. "/blob"
    shell.write(path, text)
    local hex = sh("sha256sum <" .. path):match "^%x+"
    sh(("mv %s %s/blobs/sha256/%s"):format(path, image, hex))
    return ('"digest":"sha256:%s","size":%d'):format(hex, #text)
  end
  local config = blob(('{"os":"linux","architecture":"amd64","config":{},"rootfs":{"type":"layers","diff_ids":["%s"]}}')
    :format(table.concat(diff_ids, '","')))
  config = ('{"mediaType":"%s.config.v1+json",%s}'):format(TYPE, config)
  local manifest = blob(('{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":%s,"layers":[%s]}')
    :format(TYPE, config, table.concat(layers, ",")))
  shell.write(image .. "/oci-layout", '{"imageLayoutVersion":"1.0.0"}')
  manifest = ('{"mediaType":"%s.manifest.v1+json",%s}'):format(TYPE, manifest)
  shell.write(image .. "/index.json", ('{"schemaVersion":2,"manifests":[%s]}'):format(manifest))
end

local function is_made(image)
  local made = io.open(image .. "/index.json")
  if made then made:close() end
  return made ~= nil
end

local function make_image()
  if is_made(folder .. "/image") then return end
  print("building an image out of this machine's files …")
  local tars = {}
  for i, part in ipairs(parts) do
    tars[i] = ("%s/%s.tar"):format(folder, part[1])
    sh(("mkdir -p %s && tar -C / -cf %s --ignore-failed-read --warning=none $(for p in %s; do [ -e $p ] && echo ${p#/}; done)")
      :format(folder, tars[i], part[2]))
  end
  pack(folder .. "/image", tars)
end

-- One run: wall seconds, CPU seconds, peak KiB.
local function once(command)
  local times = folder .. "/times"
  sh(("/usr/bin/time -f '%%e %%U %%S %%M' -o %s sh -c %s >/dev/null 2>&1 || true")
    :format(times, shell.quote(command)))
  local file = assert(io.open(times))
  local text = file:read "a"
  file:close()
  local wall, user, system, peak = text:match "([%d.]+) ([%d.]+) ([%d.]+) (%d+)%s*$"
  return { wall = tonumber(wall), cpu = user + system, peak = tonumber(peak) }
end

local function median(list, key)
  local values = {}
  for i, each in ipairs(list) do values[i] = each[key] end
  table.sort(values)
  return values[(#values + 1) // 2]
end

-- Each round runs every contender once, so that a noisy minute hurts them all.
local function measure(contenders)
  local results = {}
  for _ = 1, runs do
    for _, contender in ipairs(contenders) do
      if contender.before then sh(contender.before) end
      results[contender] = results[contender] or {}
      table.insert(results[contender], once(contender.command))
    end
  end
  local first
  print(("%-34s %9s %9s %9s %9s"):format("", "wall s", "cpu s", "peak MiB", "ratio"))
  for _, contender in ipairs(contenders) do
    local list = results[contender]
    local wall = median(list, "wall")
    first = first or wall
    local cpu, peak = median(list, "cpu"), median(list, "peak") / 1024
    print(("%-34s %9.3f %9.3f %9.1f %9.3f"):format(contender.name, wall, cpu, peak, wall / first))
  end
end

-- ---- the image ------------------------------------------------------------------------------------------------------

make_image()
local blobs = {}
for path in sh("ls -S " .. folder .. "/image/blobs/sha256/*"):gmatch "%S+" do
  if tonumber(sh("stat -c %s " .. path)) > 100000 then blobs[#blobs + 1] = path end
end
local names = table.concat(blobs, " ")
print(("scan: %d layers, %s compressed, %.2f GB inflated"):format(#blobs, sh("du -shc " .. names):match "(%S+)%s+total",
  tonumber(sh("cat " .. names .. " | gzip -dc | wc -c")) / 1e9))

local cache = folder .. "/cache"
local scan = ("%s packages --quiet --cache-dir %s oci:%s/image"):format(tarsier, cache, folder)
measure {
  { name = "gzip -dc LAYER | sha256sum", command = "for b in " .. names .. "; do gzip -dc $b | sha256sum; done" },
  { name = "tarsier, cold", command = scan, before = "rm -rf " .. cache },
  { name = "tarsier, warm", command = scan },
}

-- ---- many small files of evidence ------------------------------------------------------------------------------------

local PACKAGES = 50000

-- 1.5 KiB each, as npm's own dependencies have on average.
local function package_json(i)
  local files = {}
  for k = 1, 20 do files[k] = ('    "lib/module-%d-%d.js"'):format(i % 97, k) end
  return ([[
{
  "name": "package-%d",
  "version": "%d.%d.0",
  "description": "An example of a package with a description of the usual length",
  "main": "index.js",
  "license": "MIT",
  "author": { "name": "Somebody", "email": "somebody@example.org", "url": "https://example.org/somebody" },
  "repository": { "type": "git", "url": "git+https://example.org/owner/package-%d.git" },
  "scripts": { "test": "node --test", "lint": "eslint .", "build": "rollup -c" },
  "files": [
%s
  ],
  "engines": { "node": ">=14" },
  "keywords": ["example", "package", "bench"],
  "dependencies": { "left-pad": "^1.3.0", "debug": "~4.3.4", "ms": "2.1.3" },
  "_resolved": "https://example.org/package-%d/-/package-%d.tgz"
}
]]):format(i, i % 9 + 1, i % 23, i, table.concat(files, ",\n"), i, i)
end

local node = folder .. "/node"
if not is_made(node) then
  print(("building an image with %d package.json files …"):format(PACKAGES))
  local tar = require "support.tar"
  local file = assert(io.open(folder .. "/node.tar", "wb"))
  for i = 1, PACKAGES do
    file:write(tar.entry { path = ("srv/app-%d/node_modules/package-%d/package.json"):format(i % 50, i),
      data = package_json(i) })
  end
  file:write(tar.finish)
  file:close()
  pack(node, { folder .. "/node.tar" })
end
local layer = sh("ls -S " .. node .. "/blobs/sha256/* | head -1"):match "%S+"
print(("\nscan: %d package.json files"):format(PACKAGES))
measure {
  { name = "gzip -dc LAYER | sha256sum", command = "gzip -dc " .. layer .. " | sha256sum" },
  { name = "tarsier, cold", before = "rm -rf " .. cache,
    command = ("%s packages --quiet --format tsv --cache-dir %s oci:%s"):format(tarsier, cache, node) },
}

-- ---- a jar with a hundred nested jars ---------------------------------------------------------------------------------

-- The bounds are the project's: twice the yardstick, and 64 MiB above the largest evidence, which is never held.
local java = folder .. "/java"
if not is_made(java) then
  print "building an image with a jar of a hundred jars …"
  sh(("mkdir -p %s/app && python3 tests/bench/nested_jars.py %s/app/app.jar"):format(folder, folder))
  sh(("tar -C %s -cf %s/java.tar app && rm -r %s/app"):format(folder, folder, folder))
  pack(java, { folder .. "/java.tar" })
end
layer = sh("ls -S " .. java .. "/blobs/sha256/* | head -1"):match "%S+"
print("\nscan: a jar with 100 nested jars, at most 2.0")
measure {
  { name = "gzip -dc LAYER | sha256sum", command = "gzip -dc " .. layer .. " | sha256sum" },
  { name = "tarsier, cold", before = "rm -rf " .. cache,
    command = ("%s packages --quiet --format tsv --cache-dir %s oci:%s"):format(tarsier, cache, java) },
}

-- ---- the same in a registry -----------------------------------------------------------------------------------------

local registry = require "support.registry"
if registry.absent() then
  print("\nregistry: skipped, it " .. registry.absent())
else
  local server <close> = registry.start()
  server:push("oci:" .. folder .. "/image", "app:1")
  local scan_there = ("%s packages --quiet --cache-dir %s docker://%s/app:1"):format(tarsier, cache, server.address)
  local copy = folder .. "/copy"
  print "\nregistry: the same image in a docker-registry on this machine"
  measure {
    { name = "curl BLOB | gzip -dc | sha256sum",
      command = ("for b in %s; do curl -s %s/v2/app/blobs/sha256:${b##*/} | gzip -dc | sha256sum; done"):format(names,
        server.url) },
    { name = "skopeo copy to a folder", before = "rm -rf " .. copy,
      command = ("skopeo --insecure-policy copy -q --src-tls-verify=false docker://%s/app:1 oci:%s"):format(server.address,
        copy) },
    { name = "tarsier, cold", command = scan_there, before = "rm -rf " .. cache },
    { name = "tarsier, warm", command = scan_there },
  }
  sh("rm -rf " .. copy)
end

-- ---- the database ---------------------------------------------------------------------------------------------------

local feeds = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data"
if not io.open(feeds .. "/osv/Debian/all.zip") then
  print("import and match: skipped, they need real feeds: set TARSIER_SHARED to the folder that holds data/osv")
  os.exit(0)
end

local database = folder .. "/full.db"
print("\nimport: every OSV zip, KEV and EPSS")
measure {
  { name = "unzip -p FEED | sha256sum",
    command = ("for z in %s/osv/*/all.zip; do unzip -p $z; done | sha256sum"):format(feeds) },
  { name = "tarsier db import", before = "rm -f " .. database,
    command = ("cd %s && %s db import --quiet --db %s osv kev/known_exploited_vulnerabilities.json epss")
      :format(feeds, tarsier, database) },
}

local core = require "tarsier.core"

local function seconds(root, config)
  local times, packages, findings = {}, 0, 0
  for i = 1, 2 * runs + 1 do
    local engine <close> = assert(core.open(config))
    local report <close> = assert(engine:scan("dir:" .. root))
    times[i] = { wall = report:usage().seconds }
    packages, findings = #report:packages(), #report:findings()
  end
  return median(times, "wall"), packages, findings
end

local function match(name, status)
  local root = folder .. "/" .. name:gsub(" ", "-")
  sh(("mkdir -p %s/etc %s/var/lib/dpkg"):format(root, root))
  shell.write(root .. "/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
  shell.write(root .. "/var/lib/dpkg/status", status)
  local without = seconds(root, { cache_dir = "" })
  local with, packages, findings = seconds(root, { cache_dir = "", database = database })
  print(("match, %s: %d packages, %d findings: %.1f ms")
    :format(name, packages, findings, (with - without) * 1000))
end

-- What is installed here, and worse than any image: a thousand packages with advisories, so old that all of them hold.
local function worst()
  local list = sh(([[unzip -p %s/osv/Debian/all.zip | grep -oE '"Debian:12","name":"[a-z0-9.+-]+"' |
    sort -u | awk 'NR %% 3 == 1' | head -1000]]):format(feeds))
  local status = {}
  for name in list:gmatch '"name":"([^"]+)"' do
    status[#status + 1] = ("Package: %s\nStatus: install ok installed\nVersion: 1.0-1\n"):format(name)
  end
  return table.concat(status, "\n")
end

print ""
match("what is installed here", shell.read "/var/lib/dpkg/status")
match("all of it vulnerable", worst())
