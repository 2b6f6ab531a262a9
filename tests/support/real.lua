-- Real systems and images for real_spec.lua: a Debian from its archive, packed by umoci and skopeo, scanned by the
-- command.

local json = require "tarsier.json"
local temporary = require "support.temporary"

local real = {}

local quote, must = temporary.quote, temporary.must

--- missing() -> why these specs cannot run here, or nil
function real.missing()
  if not os.getenv "TARSIER_TEST_REAL" then return "takes minutes and the Debian archive: make test-real" end
  if temporary.capture "id -u" ~= "0" then return "needs root, for debootstrap and chroot: sudo make test-real" end
  for _, tool in ipairs { "debootstrap", "umoci", "skopeo", "dpkg-query", "dpkg-deb", "zstd" } do
    if not temporary.has(tool) then return ("needs %s: apt-get install %s"):format(tool, tool:gsub("%-.*", "")) end
  end
end

-- Where what takes long to make is kept from run to run.
local function tools()
  local cache = os.getenv "XDG_CACHE_HOME" or (os.getenv "HOME" or "") .. "/.cache"
  return os.getenv "TARSIER_TOOLS" or cache .. "/tarsier-tools"
end

--- debian() -> the folder of a minimal Debian 12, made once. Not to be written to.
function real.debian()
  local root = tools() .. "/debian-12-minbase"
  local script = [[set -eu
    root=%s
    if [ ! -e "$root/etc/os-release" ]; then
      mkdir -p "$(dirname "$root")"
      new=$(mktemp -d "$root.XXXXXX")
      debootstrap --variant=minbase bookworm "$new" >"$new.log" 2>&1 || { tail -5 "$new.log"; rm -rf "$new"*; exit 1; }
      rm -rf "$new.log" "$new"/var/cache/apt/archives/*.deb "$new"/var/lib/apt/lists/*
      mv -T "$new" "$root" 2>/dev/null || rm -rf "$new" # another run was faster
    fi]]
  temporary.fetched(script, root)
  return root
end

--- layout(path, root): an OCI layout of one layer, tag "latest"
function real.layout(path, root)
  must("umoci init --layout %s", path)
  must("umoci new --image %s:latest", path)
  real.insert(path, "COPY root /", root, "/")
end

--- insert(layout, instruction, [option, ] source, target): one more layer. Without a source its target is whited out.
function real.insert(layout, instruction, ...)
  local words = { "umoci", "insert", "--image", layout .. ":latest", "--history.created_by", instruction, ... }
  for i, word in ipairs(words) do words[i] = quote(word) end
  assert(os.execute(table.concat(words, " ") .. " >/dev/null"), instruction)
end

function real.copy(from, to, options)
  must("skopeo --insecure-policy copy -q " .. (options or "") .. " %s %s", from, to)
end

--- scan(reference, [options], [before]) -> what the command's JSON says
function real.scan(reference, options, before)
  local lua = os.getenv "LUA" or "lua5.4"
  local command = ("%s %s lua/bin/tarsier scan -q -f json --no-fail --no-cache %s %s"):format(before or "", lua,
    options or "", quote(reference))
  local code, output, errors = temporary.run(command)
  if code ~= 0 then error(("%s: exit %d\n%s"):format(command, code, errors)) end
  return json.decode(output)
end

--- installed(root) -> "name version architecture source source-version", sorted, as dpkg itself says
function real.installed(root)
  local lines = must("dpkg-query --admindir %s -W -f "
    .. "'${db:Status-Status}\t${Package} ${Version} ${Architecture} ${source:Package} ${source:Version}\n' "
    .. "| sed -n 's/^installed\t//p' | LC_ALL=C sort", root .. "/var/lib/dpkg")
  return real.lines(lines)
end

function real.lines(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

--- listed(result, [type]) -> the same of a result's packages
function real.listed(result, kind)
  local lines = {}
  for _, package in ipairs(result.packages) do
    if not kind or package.type == kind then
      lines[#lines + 1] = ("%s %s %s %s %s"):format(package.name, package.version, package.architecture,
        package.source.name, package.source.version)
    end
  end
  table.sort(lines)
  return lines
end

return real
