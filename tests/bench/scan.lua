-- make bench: cold and warm scans of an image of over 1 GB beside the yardstick, `gzip -dc LAYER | sha256sum` of the same
-- layers, in one run on one machine; then an import and a match. Ratios are what counts: the times are this machine's.
--
--   lua5.4 tests/bench/scan.lua FOLDER     FOLDER keeps the image between runs

package.path = "lua/?.lua;lua/?/init.lua;tests/?.lua;" .. package.path
local shell = require "support.shell"

local folder = arg[1] or "build/bench"
local runs = tonumber(os.getenv "BENCH_RUNS") or 5
local tarsier = os.getenv "TARSIER" or "lua5.4 lua/bin/tarsier"

local function sh(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1"))
  local output = pipe:read "a"
  assert(pipe:close(), command .. "\n" .. output)
  return output
end

-- The real files of the machine that runs this, as three layers: what a distribution's image with a few tools holds.
local parts = {
  { "base", "/etc /usr/lib/os-release /var/lib/dpkg /usr/bin /usr/sbin /usr/share/doc /usr/share/perl /usr/share/zoneinfo" },
  { "libraries", "/usr/lib/$(uname -m)-linux-gnu /usr/lib/gcc /usr/lib/python3" },
  { "rest", "/usr/share /usr/include" },
}

local function make_image()

  if io.open(folder .. "/image/index.json") then return end
  print("building an image out of this machine's files …")
  sh("mkdir -p " .. folder .. "/image/blobs/sha256")
  local layers, diff_ids = {}, {}
  for i, part in ipairs(parts) do
    local tar = ("%s/%s.tar"):format(folder, part[1])
    sh(("tar -C / -cf %s --ignore-failed-read --warning=none --exclude=*.sock $(for p in %s; do [ -e $p ] && echo ${p#/}; done)"):format(tar, part[2]))
    diff_ids[i] = "sha256:" .. sh("sha256sum <" .. tar):match "^%x+"
    sh(("gzip -6 -n -f %s"):format(tar))
    local hex = sh(("sha256sum <%s.gz"):format(tar)):match "^%x+"
    local size = tonumber(sh(("stat -c %%s %s.gz"):format(tar)))
    sh(("mv %s.gz %s/image/blobs/sha256/%s"):format(tar, folder, hex))
    layers[i] = ('{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":%d}'):format(hex, size)
  end
  local function blob(text)
    local path = folder .. "/image/blob"
    shell.write(path, text)
    local hex = sh("sha256sum <" .. path):match "^%x+"
    sh(("mv %s %s/image/blobs/sha256/%s"):format(path, folder, hex))
    return ('"digest":"sha256:%s","size":%d'):format(hex, #text)
  end
  local config = blob(('{"os":"linux","architecture":"amd64","config":{},"rootfs":{"type":"layers","diff_ids":["%s"]}}'):format(table.concat(diff_ids, '","')))
  local manifest = blob(('{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json",%s},"layers":[%s]}'):format(config, table.concat(layers, ",")))
  shell.write(folder .. "/image/oci-layout", '{"imageLayoutVersion":"1.0.0"}')
  shell.write(folder .. "/image/index.json", ('{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",%s}]}'):format(manifest))
end

-- One run: wall seconds, CPU seconds, peak KiB.
local function once(command)
  local times = folder .. "/times"
  sh(("/usr/bin/time -f '%%e %%U %%S %%M' -o %s sh -c %s >/dev/null 2>&1 || true"):format(times, shell.quote(command)))
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
    print(("%-34s %9.3f %9.3f %9.1f %9.3f"):format(contender.name, wall, median(list, "cpu"), median(list, "peak") / 1024, wall / first))
  end
end

make_image()
local blobs = {}
for path in sh("ls -S " .. folder .. "/image/blobs/sha256/*"):gmatch "%S+" do
  if tonumber(sh("stat -c %s " .. path)) > 100000 then blobs[#blobs + 1] = path end
end
print(("image: %d layers, %s compressed"):format(#blobs, sh("du -shc " .. table.concat(blobs, " ")):match "(%S+)%s+total"))
print("inflated: " .. sh("cat " .. table.concat(blobs, " ") .. " | gzip -dc | wc -c"):gsub("\n", "") .. " bytes")

local cache = folder .. "/cache"
local scan = ("%s packages --cache-dir %s oci:%s/image"):format(tarsier, cache, folder)
measure {
  { name = "gzip -dc LAYER | sha256sum", command = "for b in " .. table.concat(blobs, " ") .. "; do gzip -dc $b | sha256sum; done" },
  { name = "tarsier, cold", command = scan, before = "rm -rf " .. cache },
  { name = "tarsier, warm", command = scan },
}
