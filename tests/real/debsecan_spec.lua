-- debsecan, Debian's own program, on the same systems with the same records of Debian's security tracker: it reads the
-- package database, maps packages to sources and compares versions by itself.

local json = require "tarsier.json"
local real = require "support.real"
local temporary = require "support.temporary"

local must, quote = temporary.must, temporary.quote

-- debsecan reads a form of its own, which the tracker makes of the same data: "CVE,,description" lines, then
-- "PACKAGE,NUMBER OF THE LINE,FLAGS,FIXED VERSION,OTHER VERSIONS". What is undetermined has no line.
local convert = [[
import gzip, json, sys, zlib
names, index, rows = [], {}, []
for package, entries in sorted(json.load(gzip.open(sys.argv[1])).items()):
    for name, entry in entries.items():
        release = entry["releases"].get("bookworm")
        if not release or release["status"] == "undetermined" or release.get("fixed_version") == "0":
            continue
        if name not in index:
            index[name] = len(names)
            names.append(name + ",,")
        fixed = release["fixed_version"] if release["status"] == "resolved" else ""
        rows.append("%s,%d,S ?%s,%s," % (package, index[name], "F" if fixed else " ", fixed))
text = "VERSION 1\n" + "\n".join(names) + "\n\n" + "\n".join(rows) + "\n\n\n"
open(sys.argv[2], "wb").write(zlib.compress(text.encode()))
]]

-- Every source package of the tracker, installed in the version that fixed one of its vulnerabilities, in one just
-- before it, or just behind it: where an error in the order of versions shows.
local versions = [[
import gzip, json, sys
out = open(sys.argv[2], "w")
for i, (package, entries) in enumerate(sorted(json.load(gzip.open(sys.argv[1])).items())):
    fixed = sorted({e["releases"]["bookworm"]["fixed_version"] for e in entries.values()
                    if e["releases"].get("bookworm", {}).get("fixed_version", "0") != "0"}) or ["1.0-1"]
    version = fixed[i % len(fixed)] + ["", "~", "+b1", ".1"][i % 4]
    out.write("Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n\n" % (package, version))
]]

describe("debsecan", function()
  local folder, tracker

  local function missing()
    if real.missing() then return real.missing() end
    if not temporary.has "debsecan" then return "needs debsecan: apt-get install debsecan" end
    tracker = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data/debian/tracker/data/json.gz"
    if temporary.run("test -r " .. quote(tracker)) ~= 0 then
      return "needs the tracker's records: set TARSIER_SHARED to the folder that holds data/debian"
    end
  end

  setup(function()
    folder = temporary.folder()
    if missing() then return end
    for name, script in pairs { convert = convert, versions = versions } do
      temporary.write(folder .. "/" .. name .. ".py", script)
    end
    must("python3 %s/convert.py %s %s/bookworm", folder, tracker, folder)
    must("lua5.4 lua/bin/tarsier db import -q --db %s/tracker.db %s", folder, tracker)
  end)
  teardown(function() temporary.remove(folder) end)

  local function theirs(root)
    local list = {}
    for line in must("debsecan --suite bookworm --source file://%s/ --status %s/var/lib/dpkg/status --format simple", folder,
      root):gmatch "[^\n]+" do
      list[#list + 1] = line:match "^(%S+ %S+)"
    end
    return list
  end

  local function ours(root)
    local list = {}
    local text = must("lua5.4 lua/bin/tarsier scan -q -f json --no-fail --no-cache --offline --db %s/tracker.db dir:%s", folder, root)
    for _, finding in ipairs(json.decode(text).findings) do
      if finding.status ~= "under_investigation" then
        list[#list + 1] = ("%s %s"):format(finding.id:gsub("^DEBIAN%-", ""), finding.package.name)
      end
    end
    return list
  end

  local function assert_same(root, least)
    local a, b = theirs(root), ours(root)
    table.sort(a)
    table.sort(b)
    assert.is_true(#a >= least, #a .. " vulnerabilities are few")
    assert.equal(table.concat(a, "\n"), table.concat(b, "\n"))
  end

  it("finds what we find on a minimal Debian 12", function()
    if missing() then return pending(missing()) end
    assert_same(real.debian(), 20)
  end)

  it("finds what we find on every package of the tracker, in versions about those that fixed something", function()
    if missing() then return pending(missing()) end
    must("mkdir -p %s/root/etc %s/root/var/lib/dpkg && python3 %s/versions.py %s %s/root/var/lib/dpkg/status", folder, folder,
      folder, tracker, folder)
    temporary.write(folder .. "/root/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    assert_same(folder .. "/root", 3000)
  end)
end)
