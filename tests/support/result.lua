-- A result as tarsier.scan gives it, with all that a report may meet: every decision, findings without a fix, names
-- that attack terminals and documents, problems, an expired whitelist entry. Each call gives a fresh one.

local core = require "tarsier.core"

local layers = {
  { index = 1, digest = "sha256:" .. ("1"):rep(64), diff_id = "sha256:" .. ("a"):rep(64), size = 31357311,
    cached = true, base = true, media_type = "application/vnd.oci.image.layer.v1.tar+gzip",
    created_by = "/bin/sh -c #(nop) ADD file:966d3669b40f5fbaecee1ecbeb58debe19001076da5d94717080d55efbc25971 in / " },
  { index = 2, digest = "sha256:" .. ("2"):rep(64), diff_id = "sha256:" .. ("b"):rep(64), size = 9120331,
    cached = false, base = false, media_type = "application/vnd.oci.image.layer.v1.tar+gzip",
    created_by = "RUN /bin/sh -c apt-get update && apt-get install -y libwebp7 curl # buildkit" },
  { index = 3, digest = "sha256:" .. ("3"):rep(64), diff_id = "sha256:" .. ("c"):rep(64), size = 731, cached = false,
    base = false,     media_type = "application/vnd.oci.image.layer.v1.tar+gzip", created_by = "COPY app /srv # buildkit" },
}

local licenses = { curl = { "curl" }, libc6 = { "LGPL-2.1-or-later OR GPL-2.0-only", "MIT" }, tar = { "custom & odd" },
  requests = { "Apache-2.0" }, zlib1g = { "Zlib", "\27[31mred" } }

local function package(type, name, version, layer, source, source_version, path)
  local ecosystem = type == "deb" and "Debian:12" or "PyPI"
  return {
    type = type, ecosystem = ecosystem, name = name, version = version, architecture = type == "deb" and "amd64" or "",
    source = { name = source or name, version = source_version or version },
    purl = ("pkg:%s/%s%s@%s"):format(type, type == "deb" and "debian/" or "", name:gsub("[^%w.-]", "_"), version),
    path = path or (type == "deb" and "var/lib/dpkg/status" or
      ("srv/lib/python3.11/site-packages/%s-%s.dist-info/METADATA"):format(name:gsub("[^%w.-]", "_"), version)),
    reader = type == "deb" and "dpkg" or "python", layer = layer, licenses = licenses[name] or {},
  }
end

local function packages()
  return {
    package("deb", "curl", "7.88.1-10+deb12u1", 2),
    package("deb", "libc6", "2.36-9+deb12u1", 1, "glibc"),
    package("deb", "libcurl4", "7.88.1-10+deb12u1", 2, "curl"),
    package("deb", "libssl3", "3.0.9-1", 1, "openssl"),
    package("deb", "libwebp7", "1.2.4-0.2", 2, "libwebp"),
    package("deb", "openssl", "3.0.9-1", 1),
    package("deb", "tar", "1.34+dfsg-1.2", 1),
    package("deb", "zlib1g", "1:1.2.13.dfsg-1", 1, "zlib"),
    package("pypi", "requests", "2.19.0", 3),
    package("pypi", "evil\27[2J<b>\u{202e}&", "1.0\n2", 3, nil, nil, "srv/evil \255.egg-info"),
  }
end

local function finding(all, index, fields)
  local own = {}
  for key, value in pairs(all[index]) do own[key] = value end
  own.index = index
  local made = { aliases = {}, references = {}, severity_source = "nvd", severities = {},
    status = fields.fixed_by and "fixed" or "affected", status_source = "debian", cwes = {}, eu_exploited = "", nvd_status = "", summary = "", description = "", url = "",
    published = "", modified = "", backend = "embedded", trail = {}, package = own, layer = layers[own.layer] }
  for key, value in pairs(fields) do made[key] = value end
  made.risk = core.risk(made)
  if made.decision then
    if #made.trail == 0 then
      made.trail = { { policy = made.policy, decision = made.decision, reason = made.reason } }
    end
  end
  return made
end

local function findings(all)
  local function of(index, fields) return finding(all, index, fields) end
  return {
    of(5, { id = "CVE-2023-4863", aliases = { "DSA-5497-1", "GHSA-j7hp-h8jx-5ppr" }, severity = "Critical",
      cvss = { vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", score = 9.6 }, fixed_by = "1.2.4-0.2+deb12u1",
      summary = "Heap buffer overflow in libwebp",
      description = "A heap buffer overflow in lossless decoding.\n<script>",
      url = "https://example.org/CVE-2023-4863", published = "2023-09-12T15:15:24Z", modified = "2024-07-31T18:19:23Z",
      references = { "https://example.org/a?b=1&c=2", "javascript:alert(1)", "ftp://example.org/x" },
      kev = { added = "2023-09-13", due = "2023-10-04", ransomware = true },
      epss = { score = 0.94, percentile = 0.9991 },
      decision = "fail", reason = "upgrade to 1.2.4-0.2+deb12u1", policy = "default" }),
    of(9, { id = "GHSA-x84v-xcm2-53pg", severity = "Defcon1", severity_source = "ghsa", fixed_by = "2.20.0",
      cvss = { vector = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", score = 8.7 },
      summary = "Insufficiently protected credentials in Requests", decision = "fail", policy = "default",
      reason = "upgrade to 2.20.0" }),
    of(4, { id = "CVE-2024-5535", severity = "Critical", fixed_by = "3.0.14-1~deb12u1",
      cvss = { vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:H", score = 9.1 },
      decision = "fail", reason = "upgrade to 3.0.14-1~deb12u1", policy = "default" }),
    of(6, { id = "CVE-2024-5535", severity = "Critical", fixed_by = "3.0.14-1~deb12u1",
      cvss = { vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:H", score = 9.1 },
      decision = "fail", reason = "upgrade to 3.0.14-1~deb12u1", policy = "default" }),
    of(2, { id = "CVE-2023-4911", severity = "High", fixed_by = "2.36-9+deb12u3",
      kev = { added = "2023-11-21", due = "2023-12-12", ransomware = false },
      epss = { score = 0.0521, percentile = 0.93 },
      decision = "accept", reason = "no setuid programs in here (owner: jo, until 2027-01-01)", policy = "whitelist",
      trail = { { policy = "default", decision = "fail", reason = "upgrade to 2.36-9+deb12u3" },
        { policy = "whitelist", decision = "accept",
          reason = "no setuid programs in here (owner: jo, until 2027-01-01)" } } }),
    of(3, { id = "CVE-2023-38545", severity = "High", fixed_by = "7.88.1-10+deb12u4",
      cvss = { vector = "AV:N/AC:L/Au:N/C:P/I:P/A:P", score = 7.5 },
      decision = "fail", reason = "upgrade to 7.88.1-10+deb12u4", policy = "default" }),
    of(4, { id = "CVE-2023-5678", severity = "Medium", fixed_by = "3.0.13-1~deb12u1",
      decision = "warn", reason = "a fix is there", policy = "default" }),
    of(1, { id = "CVE-2023-46218", severity = "Medium", fixed_by = "7.88.1-10+deb12u5" }),
    of(8, { id = "CVE-2023-45853", severity = "Medium", decision = "warn", reason = "no fix yet", policy = "default" }),
    of(7, { id = "CVE-2005-2541", severity = "Negligible", severity_source = "debian",
      decision = "ignore", reason = "the distribution calls it negligible", policy = "default" }),
    of(10, { id = "PYSEC-\27]0;owned\7", severity = "Unknown", severity_source = "",
      summary = "bidi \u{202e}txt and \27[31mcolour", description = ("long "):rep(400),
      url = "http://example.org/\"<>" }),
    of(7, { id = "CVE-2022-48303", severity = "Unknown", severity_source = "" }),
  }
end

local function result()
  local all = packages()
  return {
    schema = "1", tarsier = { version = "0.1.0" }, started = "2026-11-24T12:00:00Z", finished = "2026-11-24T12:00:01Z",
    image = {
      reference = "oci:./image:1", name = "example/app:1", digest = "sha256:" .. ("d"):rep(64),
      id = "sha256:" .. ("e"):rep(64), os = "linux", architecture = "amd64", variant = "",
      created = "2026-10-01T08:00:00Z", ecosystem = "Debian:12",
      config = { user = "", working_dir = "/srv", env = { "PATH=/usr/bin:/bin" }, entrypoint = {}, cmd = { "app" },
        exposed_ports = { "80/tcp" }, labels = { maintainer = "jo" } },
      distro = { id = "debian", version = "12", codename = "bookworm", name = "Debian GNU/Linux 12 (bookworm)",
        support_ends = "2026-07-11", extended_support_ends = "2028-06-30" },
      layers = layers,
    },
    packages = all, findings = findings(all),
    problems = {
      { kind = "unreadable", subject = "var/lib/rpm/rpmdb.sqlite", layer = 3, message = "not an SQLite database" },
      { kind = "no_feed", subject = "PyPI",
        message = "the database knows nothing about PyPI; 2 packages were not judged" },
    },
    database = { path = "starter.db", built = "2026-11-20T00:00:00Z", newest = "2026-10-30T00:00:00Z",
      kev_date = "2026-10-25", epss_date = "", advisories = 1234, packages = 240, starter = true,
      ecosystems = { "Alpine:v3.20", "Debian:12" } },
    verdict = {
      decision = "fail", pass = false,
      reasons = { "5 findings fail", "2 findings warn" },
      tally = { fail = 5, warn = 2, accept = 1, ignore = 1, undecided = 3, total = 12,
        severity = { Defcon1 = 1, Critical = 3, High = 2, Medium = 3, Low = 0, Negligible = 1, Unknown = 2 } },
      trail = { { policy = "default", hook = "image", decision = "warn", reason = "runs as root" } },
      policies = { { name = "default", summary = "Fail on what matters.", file = "policies/default.lua",
        options = { threshold = "High" }, usage = { instructions = 4321, memory = 65536, seconds = 0.0021 } } },
      whitelist = { file = "allow.yaml",
        unused = { { id = "CVE-2010-0001", reason = "old", owner = "jo" } },
        expired = { { id = "CVE-2023-38545", ["until"] = "2026-01-01", owner = "jo", reason = "waiting" } } },
    },
    usage = { seconds = 0.84, bytes_read = 9121062, layers_read = 2, layers_cached = 1 },
  }
end

return result
