-- Accepts the findings in a list of exceptions. The list is read from YAML (-w FILE; see tarsier.whitelist) and passed
-- as the option `entries`: { id, package, version, images = {…}, path, layer, reason, owner, until, image, type,
-- fixed, in_folder }. `image` is the exact name of clair-scanner's and GitLab's lists; in other scanners' lists, `type`
-- is the package's, `fixed` says whether there is a fix, and with in_folder no * in `path` stands for a slash. All
-- fields except `id` are optional.

local scheme_of = {
  deb = "deb", apk = "apk", rpm = "rpm", pypi = "pep440", npm = "semver", golang = "semver", cargo = "semver",
}

-- "registry:5000/team/app:1@sha256:…" → "registry:5000/team/app"
local function without_tag(name)
  name = name:match("^([^@]*)")
  return name:match("^(.*):[^/:]*$") or name
end

local function add_name(names, name)
  if not name or name == "" then return end
  names[#names + 1] = name
  names[#names + 1] = without_tag(name)
  local before, digest = name:match "^([^@]*)(@.*)$"
  if digest then names[#names + 1] = without_tag(before) .. digest end
end

-- Returns all names of an image: the given one, its own, and Docker's short forms of both.
local function names_of(image, old_keys)
  local names = {}
  for _, name in ipairs { image.name, image.reference } do
    add_name(names, name)
    add_name(names, name:match("^docker%.io/library/(.+)") or name:match("^docker%.io/(.+)"))
    -- clair-scanner cut the name at the first colon, so that "registry:5000/app" became "registry"
    local first = name:match("^([^:]*)")
    if old_keys and not contains(first, "/") then add_name(names, first) end
  end
  return names
end

local function fits(pattern, text)
  return #text <= 4096 and glob(pattern, text)
end

-- In GitLab's lists "registry.example/app@sha256" stands for the image by any digest. (In YAML the key has a
-- colon, "app@sha256:", which a quoted key has as well.)
local function is_exact_name(wanted, name)
  if name == wanted then return true end
  local before = wanted:match "^(.*@sha256):?$"
  return before ~= nil and starts(name, before .. ":")
end

local function is_for_image(entry, names)
  if not entry.image and not entry.images then return true end
  for _, name in ipairs(names) do
    if entry.image and is_exact_name(entry.image, name) then return true end
    for _, pattern in ipairs(entry.images or {}) do
      if fits(pattern, name) then return true end
    end
  end
  return false
end

-- Each of "<2.0", ">= 1.2 < 2", "1.2.3" must apply.
local function is_version(wanted, package)
  if wanted == package.version then return true end
  local scheme = scheme_of[package.type]
  for operator, version in wanted:gmatch "([<>=]*)%s*([^%s,<>=]+)" do
    local order = scheme and version_compare(scheme, package.version, version)
    if not order then return false end
    local holds = operator == "<" and order < 0 or operator == "<=" and order <= 0 or operator == ">" and order > 0
      or operator == ">=" and order >= 0 or (operator == "=" or operator == "") and order == 0
    if not holds then return false end
  end
  return true
end

local function slashes(text)
  local _, count = text:gsub("/", "")
  return count
end

-- As many slashes as the pattern: then no * stands for one.
local function is_path(entry, path)
  return fits(entry.path, path) and (not entry.in_folder or slashes(entry.path) == slashes(path))
end

local function is_package(entry, package)
  local pattern = entry.package
  if pattern and not fits(pattern, package.name) and not fits(pattern, package.source.name) then return false end
  if entry.path and not is_path(entry, package.path) then return false end
  if entry.type and entry.type ~= package.type then return false end
  return not entry.version or is_version(entry.version, package)
end

local function is_layer(entry, layer)
  if not entry.layer then return true end
  return layer ~= nil and (fits(entry.layer, layer.digest) or fits(entry.layer, layer.diff_id))
end

local function is_expired(entry)
  return entry["until"] ~= nil and entry["until"] < today()
end

-- Made at the first finding: the entries that concern this image, by the vulnerability's name in lower case.
local by_id, here, used

local function prepare(options, image)
  by_id, here, used = {}, {}, {}
  local names = names_of(image, options.old_image_keys)
  for _, entry in ipairs(options.entries) do
    if is_for_image(entry, names) then
      here[#here + 1] = entry
      local id = entry.id:lower()
      by_id[id] = by_id[id] or {}
      table.insert(by_id[id], entry)
    end
  end
end

local function reason_of(entry)
  local reason = entry.reason and entry.reason ~= "" and entry.reason or "listed as an exception"
  local known = {}
  if entry.owner then known[1] = "owner: " .. entry.owner end
  if entry["until"] then known[#known + 1] = "until " .. entry["until"] end
  return known[1] and reason .. " (" .. table.concat(known, ", ") .. ")" or reason
end

-- Returns the entry that accepts a finding, and one that did until it expired. All matching entries count as used.
local function look_up(f)
  local valid, expired
  local function look(id)
    for _, entry in ipairs(by_id[id:lower()] or {}) do
      local is_fixed = entry.fixed == nil or entry.fixed == (f.fixed_by ~= nil)
      if is_fixed and is_package(entry, f.package) and is_layer(entry, f.layer) then
        used[entry] = true
        if is_expired(entry) then expired = expired or entry else valid = valid or entry end
      end
    end
  end
  look(f.id)
  for _, alias in ipairs(f.aliases) do look(alias) end
  return valid, expired
end

local function listed(entries)
  local ids = {}
  for i, entry in ipairs(entries) do
    if i > 5 then
      ids[i] = "…"
      break
    end
    ids[i] = entry.id
  end
  return table.concat(ids, ", ")
end

return {
  name = "whitelist",
  summary = "Accept the findings in a list of exceptions, and report expired and unused entries.",
  options = {
    entries = {},
    file = "",              -- the list's files, for reports
    notes = {},             -- what in the files has no meaning here, for reports
    strict = false,         -- expired and unused entries fail the image
    old_image_keys = false, -- "registry" stands for all of registry:5000/…, as in clair-scanner
  },

  finding = function(f, so_far, options, image)
    if not by_id then prepare(options, image) end
    local valid, expired = look_up(f)
    if valid then return "accept", reason_of(valid) end
    if expired and so_far and (so_far.decision == "fail" or so_far.decision == "warn") then
      return so_far.decision, ("%s; it was accepted until %s"):format(so_far.reason or so_far.policy, expired["until"])
    end
  end,

  verdict = function(_, options, _, image)
    if not by_id then prepare(options, image) end
    local unused, expired = {}, {}
    for _, entry in ipairs(here) do
      if is_expired(entry) then
        expired[#expired + 1] = entry
      elseif not used[entry] then
        unused[#unused + 1] = entry
      end
    end
    local details = { file = options.file, unused = unused, expired = expired, notes = options.notes }
    if not options.strict or not (unused[1] or expired[1]) then return nil, nil, details end
    local complaints = {}
    if expired[1] then complaints[1] = "expired exceptions: " .. listed(expired) end
    if unused[1] then complaints[#complaints + 1] = "unused exceptions: " .. listed(unused) end
    return "fail", table.concat(complaints, "; "), details
  end,

  examples = {
    { finding = { id = "CVE-2020-1" }, options = { entries = { { id = "CVE-2020-1", reason = "not reachable" } } },
      expect = "accept", reason = "not reachable" },
    { finding = { id = "CVE-2020-1" }, options = { entries = { { id = "cve-2020-1" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1" }, options = { entries = { { id = "CVE-2020-2" } } } },
    { finding = { id = "CVE-2020-1", aliases = { "DSA-1" } }, options = { entries = { { id = "DSA-1" } } },
      expect = "accept" },
    -- package and version
    { finding = { id = "CVE-2020-1", package = { name = "libssl3", source = { name = "openssl" } } },
      options = { entries = { { id = "CVE-2020-1", package = "openssl*" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1", package = { name = "curl", source = { name = "curl" } } },
      options = { entries = { { id = "CVE-2020-1", package = "openssl*" } } } },
    { finding = { id = "CVE-2020-1", package = { version = "1.9" } },
      options = { entries = { { id = "CVE-2020-1", version = "<2.0" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1", package = { version = "2.0" } },
      options = { entries = { { id = "CVE-2020-1", version = "<2.0" } } } },
    { finding = { id = "CVE-2020-1", package = { version = "1.10" } },
      options = { entries = { { id = "CVE-2020-1", version = ">= 1.9, < 2" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1", package = { type = "unheard-of", version = "2.0" } },
      options = { entries = { { id = "CVE-2020-1", version = "<3" } } } },
    -- what other scanners' lists have
    { finding = { id = "CVE-2020-1" }, options = { entries = { { id = "CVE-2020-1", type = "npm" } } } },
    { finding = { id = "CVE-2020-1" }, options = { entries = { { id = "CVE-2020-1", type = "deb" } } },
      expect = "accept" },
    { finding = { id = "CVE-2020-1", fixed_by = "2" },
      options = { entries = { { id = "CVE-2020-1", fixed = false } } } },
    { finding = { id = "CVE-2020-1" }, options = { entries = { { id = "CVE-2020-1", fixed = false } } },
      expect = "accept" },
    { finding = { id = "CVE-2020-1", package = { path = "opt/a/b/x" } },
      options = { entries = { { id = "CVE-2020-1", path = "opt/*/x", in_folder = true } } } },
    { finding = { id = "CVE-2020-1", package = { path = "opt/a/x" } },
      options = { entries = { { id = "CVE-2020-1", path = "opt/*/x", in_folder = true } } }, expect = "accept" },
    -- path and layer
    { finding = { id = "CVE-2020-1", package = { path = "opt/venv/a/METADATA" } },
      options = { entries = { { id = "CVE-2020-1", path = "opt/venv/*" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1", package = { path = "usr/lib/a/METADATA" } },
      options = { entries = { { id = "CVE-2020-1", path = "opt/venv/*" } } } },
    { finding = { id = "CVE-2020-1", layer = { digest = "sha256:aa", diff_id = "sha256:bb" } },
      options = { entries = { { id = "CVE-2020-1", layer = "sha256:bb" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1", layer = { digest = "sha256:aa", diff_id = "sha256:bb" } },
      options = { entries = { { id = "CVE-2020-1", layer = "sha256:cc" } } } },
    { finding = { id = "CVE-2020-1", layer = false },
      options = { entries = { { id = "CVE-2020-1", layer = "sha256:cc" } } } },
    -- images
    { finding = { id = "CVE-2020-1" }, image = { name = "registry:5000/app:1" },
      options = { entries = { { id = "CVE-2020-1", image = "registry:5000/app" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1" }, image = { name = "registry:5000/app:1" },
      options = { entries = { { id = "CVE-2020-1", image = "registry" } } } },
    { finding = { id = "CVE-2020-1" }, image = { name = "registry:5000/app:1" },
      options = { entries = { { id = "CVE-2020-1", image = "registry" } }, old_image_keys = true }, expect = "accept" },
    { finding = { id = "CVE-2020-1" }, image = { name = "docker.io/library/alpine:3" },
      options = { entries = { { id = "CVE-2020-1", image = "alpine" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1" }, image = { name = "alpine@sha256:00" },
      options = { entries = { { id = "CVE-2020-1", image = "alpine" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1" }, image = { name = "registry:5000/app:1@sha256:00" },
      options = { entries = { { id = "CVE-2020-1", image = "registry:5000/app@sha256" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1" }, image = { name = "registry:5000/app@sha256:00" },
      options = { entries = { { id = "CVE-2020-1", image = "registry:5000/app@sha256:" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1" }, image = { name = "registry:5000/app@sha256:00" },
      options = { entries = { { id = "CVE-2020-1", image = "registry:5000/app@sha256:00" } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1" }, image = { name = "registry:5000/app@sha256:00" },
      options = { entries = { { id = "CVE-2020-1", image = "registry:5000/app@sha256:01" } } } },
    { finding = { id = "CVE-2020-1" }, image = { name = "registry:5000/app:1" },
      options = { entries = { { id = "CVE-2020-1", image = "registry:5000/app@sha256:" } } } },
    { finding = { id = "CVE-2020-1" }, image = { name = "team/app:2" },
      options = { entries = { { id = "CVE-2020-1", images = { "team/*" } } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1" }, image = { name = "", reference = "docker-archive:build/app.tar" },
      options = { entries = { { id = "CVE-2020-1", images = { "*/app.tar" } } } }, expect = "accept" },
    { finding = { id = "CVE-2020-1" }, image = { name = "team/app:2" },
      options = { entries = { { id = "CVE-2020-1", images = { "other/*" } } } } },
    -- until a day, that day included
    { finding = { id = "CVE-2020-1" }, today = "2026-11-24",
      options = { entries = { { id = "CVE-2020-1", reason = "soon", owner = "jo", ["until"] = "2026-11-24" } } },
      expect = "accept", reason = "soon (owner: jo, until 2026-11-24)" },
    { finding = { id = "CVE-2020-1" }, today = "2026-11-25",
      options = { entries = { { id = "CVE-2020-1", ["until"] = "2026-11-24" } } } },
    { finding = { id = "CVE-2020-1" }, today = "2026-11-25",
      so_far = { decision = "fail", reason = "High", policy = "threshold" },
      options = { entries = { { id = "CVE-2020-1", ["until"] = "2026-11-24" } } }, expect = "fail",
      reason = "High; it was accepted until 2026-11-24" },
    -- entries that nothing needs
    { verdict = {}, options = { entries = { { id = "CVE-2020-1" } } } },
    { verdict = {}, options = { entries = { { id = "CVE-2020-1" } }, strict = true }, expect = "fail",
      reason = "unused exceptions: CVE-2020-1" },
    { verdict = {}, options = { entries = { { id = "CVE-2020-1", ["until"] = "2020-01-01" } }, strict = true },
      expect = "fail", reason = "expired exceptions: CVE-2020-1" },
    { verdict = {}, options = { entries = { { id = "CVE-2020-1", image = "elsewhere" } }, strict = true } },
    { verdict = {}, options = { strict = true } },
  },
}
