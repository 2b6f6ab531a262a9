-- Is the image what one expected? Checks of its config, layers, packages and base. Each check is an option that says
-- what becomes of it: "fail", "warn" or "off"; lists and limits are options of their own.

-- Adds "reason" to the complaints of that decision.
local function complain(complaints, decision, text, ...)
  if decision == "fail" or decision == "warn" then
    local list = complaints[decision]
    list[#list + 1] = text:format(...)
  end
end

local function is_root(user)
  local name = user:match "^[^:]*"
  return name == "" or name == "root" or name:find "^0+$" ~= nil
end

local function check_config(config, options, complaints)
  if is_root(config.user) then complain(complaints, options.root, "it runs as root") end
  if not config.entrypoint[1] and not config.cmd[1] then
    complain(complaints, options.entrypoint, "it has neither an entry point nor a command")
  end
  if not config.healthcheck[1] or config.healthcheck[1] == "NONE" then
    complain(complaints, options.healthcheck, "it has no health check")
  end
  if config.volumes[1] then
    complain(complaints, options.volumes, "it declares volumes: %s", table.concat(config.volumes, ", "))
  end
  for _, name in ipairs(options.required_labels) do
    if (config.labels[name] or "") == "" then complain(complaints, options.labels, "it has no label %s", name) end
  end
end

local function is_allowed(port, allowed)
  for _, pattern in ipairs(allowed) do
    if pattern == port or pattern == port:match "^%d+" then return true end
  end
  return not allowed[1]
end

local function check_ports(config, options, complaints)
  for _, port in ipairs(config.exposed_ports) do
    local number = tonumber(port:match "^%d+")
    if not is_allowed(port, options.allowed_ports) then
      complain(complaints, options.ports, "it exposes port %s", port)
    elseif number and number < 1024 and number > 0 then
      complain(complaints, options.privileged_ports, "it exposes the privileged port %s", port)
    end
  end
end

-- Numbers of builders that write no time: 1970 and 1980 stand for "none".
local function check_age(image, options, complaints)
  local age = days_since(image.created)
  if age and options.max_age > 0 and age > options.max_age and image.created > "1981" then
    complain(complaints, options.age, "it was built %d days ago", age)
  end
end

local MIB = 1024 * 1024

local function check_size(image, options, complaints)
  local total = 0
  for _, layer in ipairs(image.layers) do
    total = total + layer.size
    if options.max_layer_size > 0 and layer.size > options.max_layer_size * MIB then
      complain(complaints, options.size, "layer %d has %.1f MiB", layer.index, layer.size / MIB)
    end
  end
  if options.max_size > 0 and total > options.max_size * MIB then
    complain(complaints, options.size, "it has %.1f MiB", total / MIB)
  end
  if options.max_layers > 0 and #image.layers > options.max_layers then
    complain(complaints, options.size, "it has %d layers", #image.layers)
  end
end

local function is_named(name, patterns)
  for _, pattern in ipairs(patterns) do
    if glob(pattern, name) then return true end
  end
  return false
end

-- { names }, each once, of the packages that a list of patterns names
local function there(image, patterns)
  local names, seen = {}, {}
  for _, package in ipairs(image.packages) do
    local name = package.name
    if not seen[name] and #name <= 4096 and is_named(name, patterns) then names[#names + 1] = name end
    seen[name] = true
  end
  return table.concat(names, ", ")
end

local function check_packages(image, options, complaints)
  for _, check in ipairs { { options.banned, options.banned_packages, "it has packages that nobody may ship: %s" },
    { options.managers, options.manager_packages, "it has package managers: %s" },
    { options.shells, options.shell_packages, "it has shells: %s" } } do
    local names = check[1] ~= "off" and there(image, check[2]) or ""
    if names ~= "" then complain(complaints, check[1], check[3], names) end
  end
end

-- Names up to three of the files, the largest first.
local function named(files)
  table.sort(files, function(a, b)
    if a.size ~= b.size then return a.size > b.size end
    return a.path < b.path
  end)
  local names = {}
  for i = 1, math.min(#files, 3) do names[i] = files[i].path end
  return table.concat(names, ", ") .. (#files > 3 and (" and %d more"):format(#files - 3) or "")
end

local function report_files(files, decision, text, complaints)
  if files[1] then complain(complaints, decision, text, #files, #files > 1 and "s" or "", named(files)) end
end

local function check_files(image, options, complaints)
  local setuid, writable, deleted, bytes = {}, {}, {}, 0
  if not image.files then
    if options.setuid ~= "off" or options.world_writable ~= "off" or options.deleted ~= "off" then
      complain(complaints, "warn", "its files are not known, so that their modes were not checked")
    end
    return
  end
  for _, file in ipairs(image.files) do
    if file.deleted_by then
      deleted[#deleted + 1], bytes = file, bytes + file.size
    else
      if file.mode & 6144 ~= 0 and not file.is_folder and not is_named(file.path, options.allowed_setuid) then
        setuid[#setuid + 1] = file -- 04000 or 02000
      end
      if file.mode & 2 ~= 0 then writable[#writable + 1] = file end
    end
  end
  report_files(setuid, options.setuid, "%d setuid or setgid file%s: %s", complaints)
  report_files(writable, options.world_writable, "anyone may write to %d file%s: %s", complaints)
  if bytes > options.max_deleted * MIB then
    complain(complaints, options.deleted, "%.1f MiB are in files that a later layer deletes: %s", bytes / MIB,
      named(deleted))
  end
end

local function check_secrets(image, options, complaints)
  if options.secrets == "off" then return end
  if not image.secrets then
    return complain(complaints, "warn", "it was not searched for secrets")
  end
  local places, seen = {}, {}
  for _, secret in ipairs(image.secrets) do
    local place = secret.title .. " in " .. secret.path
    if not seen[place] and not (#secret.path <= 4096 and is_named(secret.path, options.allowed_secrets)) then
      places[#places + 1] = place
    end
    seen[place] = true
  end
  for _, problem in ipairs(image.problems) do
    if problem.kind == "note" and problem.subject == "secrets" then
      complain(complaints, options.secrets, "it may hold more secrets: %s", problem.message)
    end
  end
  if not places[1] then return end
  local more = #places > 3 and (" and %d more"):format(#places - 3) or ""
  local first = table.concat(places, ", ", 1, math.min(#places, 3))
  complain(complaints, options.secrets, "it holds secrets: %s", first .. more)
end

local function check_base(image, options, complaints)
  for _, problem in ipairs(image.problems) do
    if problem.kind == "end_of_life" then complain(complaints, options.end_of_life, "%s", problem.message) end
  end
  local base = image.base
  if not base or base.name == "" and base.digest == "" then
    complain(complaints, options.unknown_base, "nothing says which base image it was built on")
    return
  end
  local tag = base.name:match "^[^@]*":match ":([^/:]*)$"
  if base.signed == false then
    complain(complaints, options.unsigned_base, "its base %s is not signed: %s", base.name, base.signature or "")
  elseif not base.signed and options.unsigned_base == "fail" then
    complain(complaints, "fail", "whether its base %s is signed is not known (--base-key)", base.name)
  end
  if base.name ~= "" and base.digest == "" and not base.name:find("@", 1, true) and (not tag or tag == "latest") then
    complain(complaints, options.latest_base, "its base %s names no version", base.name)
  end
end

return {
  name = "conformance",
  summary = "Check that an image is built as expected: user, ports, size, age, packages, base.",
  options = {
    root = "warn",             -- runs as root
    entrypoint = "warn",       -- neither an entry point nor a command
    healthcheck = "off",       -- no health check
    volumes = "off",           -- declares volumes
    labels = "warn",           -- lacks one of required_labels
    required_labels = {},
    ports = "fail",            -- exposes a port that is not one of allowed_ports, "8080" or "8080/tcp"; none: all may
    allowed_ports = {},
    privileged_ports = "warn", -- exposes a port below 1024
    age = "warn",              -- built more than max_age days ago; 0: never
    max_age = 365,
    size = "warn",             -- larger than these MiB, or of more layers; 0: no limit
    max_size = 0,
    max_layer_size = 0,
    max_layers = 100,
    banned = "fail",           -- has one of these packages; * stands for any text
    banned_packages = { "telnetd", "telnet-server", "inetutils-telnetd", "rsh-server", "rsh-redone-server", "nis",
      "ypserv", "tftpd", "tftpd-hpa", "tftp-server", "xinetd", "openbsd-inetd" },
    managers = "off",          -- has a package manager
    manager_packages = { "apt", "apk-tools", "dnf", "dnf5", "microdnf", "tdnf", "yum", "zypper", "npm", "pip" },
    shells = "off",            -- has a shell
    shell_packages = { "bash", "dash", "busybox", "zsh", "ksh", "mksh", "fish" },
    setuid = "off",            -- has setuid or setgid files that are not among allowed_setuid; * stands for any text
    allowed_setuid = { "usr/bin/su", "usr/bin/passwd", "usr/bin/mount", "usr/bin/umount", "usr/bin/chsh",
      "usr/bin/chfn",
      "usr/bin/gpasswd", "usr/bin/newgrp", "usr/bin/chage", "usr/bin/expiry", "usr/sbin/unix_chkpwd", "usr/bin/wall",
      "bin/su", "bin/mount", "bin/umount", "sbin/unix_chkpwd", "bin/bbsuid" },
    world_writable = "warn",   -- has files or folders that anyone may write to, but for sticky folders such as /tmp
    deleted = "warn",          -- more than max_deleted MiB in files that a later layer deletes, but the image has
    max_deleted = 10,
    secrets = "off",           -- has secrets of well-known forms in a layer or in its config, but for files among these
    allowed_secrets = {},      -- (* stands for any text). Searching takes time, and is done only if this is not off
    end_of_life = "fail",      -- the distribution gets no more fixes
    latest_base = "warn",      -- the base image is named without a version, or by "latest"
    unsigned_base = "warn",    -- no key of --base-key has signed the base image; "fail" also without such a key
    unknown_base = "off",      -- nothing names the base image
  },
  choices = {
    root = { "fail", "warn", "off" }, entrypoint = { "fail", "warn", "off" }, healthcheck = { "fail", "warn", "off" },
    volumes = { "fail", "warn", "off" }, labels = { "fail", "warn", "off" }, ports = { "fail", "warn", "off" },
    privileged_ports = { "fail", "warn", "off" }, age = { "fail", "warn", "off" }, size = { "fail", "warn", "off" },
    banned = { "fail", "warn", "off" }, managers = { "fail", "warn", "off" }, shells = { "fail", "warn", "off" },
    setuid = { "fail", "warn", "off" }, world_writable = { "fail", "warn", "off" }, deleted = { "fail", "warn", "off" },
    secrets = { "fail", "warn", "off" },
    end_of_life = { "fail", "warn", "off" }, latest_base = { "fail", "warn", "off" },
    unsigned_base = { "fail", "warn", "off" }, unknown_base = { "fail", "warn", "off" },
  },

  needs = function(options)
    return options.secrets ~= "off" and { "files", "secrets" } or { "files" }
  end,

  image = function(image, options)
    local complaints = { fail = {}, warn = {} }
    check_config(image.config, options, complaints)
    check_ports(image.config, options, complaints)
    check_age(image, options, complaints)
    check_size(image, options, complaints)
    check_packages(image, options, complaints)
    check_files(image, options, complaints)
    check_secrets(image, options, complaints)
    check_base(image, options, complaints)
    local fails, warns = table.concat(complaints.fail, "; "), table.concat(complaints.warn, "; ")
    if fails ~= "" then return "fail", warns ~= "" and fails .. "; and " .. warns or fails end
    if warns ~= "" then return "warn", warns end
  end,

  examples = {
    { image = { config = { user = "app", cmd = { "app" } } } },
    { image = { config = { user = "1000:1000", cmd = { "app" } } } },
    { image = { config = { user = "", cmd = { "app" } } }, expect = "warn", reason = "it runs as root" },
    { image = { config = { user = "0:0", cmd = { "app" } } }, expect = "warn", reason = "it runs as root" },
    { image = { config = { user = "root", cmd = { "app" } } }, options = { root = "fail" }, expect = "fail" },
    { image = { config = { user = "root", cmd = { "app" } } }, options = { root = "off" } },
    { image = { config = { user = "app" } }, expect = "warn", reason = "neither an entry point nor a command" },
    { image = { config = { user = "app", entrypoint = { "app" } } } },
    -- health check, volumes, labels
    { image = { config = { user = "app", cmd = { "app" } } }, options = { healthcheck = "fail" }, expect = "fail",
      reason = "no health check" },
    { image = { config = { user = "app", cmd = { "app" }, healthcheck = { "NONE" } } },
      options = { healthcheck = "warn" },
      expect = "warn" },
    { image = { config = { user = "app", cmd = { "app" }, healthcheck = { "CMD", "x" } } },
      options = { healthcheck = "fail" } },
    { image = { config = { user = "app", cmd = { "app" }, volumes = { "/data" } } }, options = { volumes = "warn" },
      expect = "warn", reason = "/data" },
    { image = { config = { user = "app", cmd = { "app" }, labels = { a = "x" } } },
      options = { required_labels = { "a", "b" } }, expect = "warn", reason = "no label b" },
    -- ports
    { image = { config = { user = "app", cmd = { "app" }, exposed_ports = { "8080/tcp" } } } },
    { image = { config = { user = "app", cmd = { "app" }, exposed_ports = { "80/tcp" } } }, expect = "warn",
      reason = "privileged port 80/tcp" },
    { image = { config = { user = "app", cmd = { "app" }, exposed_ports = { "22/tcp", "8080/tcp" } } },
      options = { allowed_ports = { "8080" } }, expect = "fail", reason = "exposes port 22/tcp" },
    -- age and size
    { image = { config = { user = "app", cmd = { "app" } }, created = "2024-01-01T00:00:00Z" }, today = "2026-11-24",
      expect = "warn", reason = "built 1058 days ago" },
    { image = { config = { user = "app", cmd = { "app" } }, created = "1970-01-01T00:00:00Z" }, today = "2026-11-24" },
    { image = { config = { user = "app", cmd = { "app" } }, layers = { { index = 1, size = 3 << 20 } } },
      options = { max_size = 2 }, expect = "warn", reason = "it has 3.0 MiB" },
    { image = { config = { user = "app", cmd = { "app" } }, layers = { { index = 1, size = 3 << 20 } } },
      options = { max_layer_size = 2, size = "fail" }, expect = "fail", reason = "layer 1 has 3.0 MiB" },
    { image = { config = { user = "app", cmd = { "app" } },
      layers = { { index = 1, size = 1 }, { index = 2, size = 1 } } },
      options = { max_layers = 1 }, expect = "warn", reason = "2 layers" },
    -- packages
    { image = { config = { user = "app", cmd = { "app" } }, packages = { { name = "telnetd" } } }, expect = "fail",
      reason = "nobody may ship: telnetd" },
    { image = { config = { user = "app", cmd = { "app" } }, packages = { { name = "libfoo1" } } },
      options = { banned_packages = { "libfoo*" } }, expect = "fail" },
    { image = { config = { user = "app", cmd = { "app" } }, packages = { { name = "apt" }, { name = "bash" } } },
      options = { managers = "warn", shells = "warn" }, expect = "warn",
        reason = "package managers: apt; it has shells: bash" },
    -- files
    { image = { config = { user = "app", cmd = { "app" } }, files = false }, expect = "warn",
      reason = "files are not known" },
    { image = { config = { user = "app", cmd = { "app" } }, files = {
      { path = "usr/bin/su", size = 1, mode = 2541, layer = 1 },
      { path = "opt/x", size = 1, mode = 2541, layer = 1 } } },
      options = { setuid = "fail" }, expect = "fail", reason = "1 setuid or setgid file: opt/x" },
    { image = { config = { user = "app", cmd = { "app" } }, files = {
      { path = "opt/x", size = 1, mode = 438, layer = 1 }, { path = "opt/y", size = 2, mode = 438, layer = 1 } } },
      expect = "warn", reason = "anyone may write to 2 files: opt/y, opt/x" },
    { image = { config = { user = "app", cmd = { "app" } }, files = {
      { path = "opt/x", size = 20 << 20, mode = 438, layer = 1, deleted_by = 2 } } }, expect = "warn",
      reason = "20.0 MiB are in files that a later layer deletes: opt/x" },
    { image = { config = { user = "app", cmd = { "app" } }, files = {
      { path = "opt/x", size = 2 << 20, mode = 438, layer = 1, deleted_by = 2 } } } },
    -- secrets
    { image = { config = { user = "app", cmd = { "app" } }, secrets = {
      { kind = "github-token", title = "a token of GitHub", path = "root/.netrc", offset = 3, layer = 1 } } } },
    { image = { config = { user = "app", cmd = { "app" } }, secrets = {
      { kind = "github-token", title = "a token of GitHub", path = "root/.netrc", offset = 3, layer = 1 } } },
      options = { secrets = "fail" }, expect = "fail", reason = "it holds secrets: a token of GitHub in root/.netrc" },
    { image = { config = { user = "app", cmd = { "app" } }, secrets = {
      { kind = "private-key", title = "a private key", path = "usr/lib/x/test/key.pem", offset = 0, layer = 1 } } },
      options = { secrets = "fail", allowed_secrets = { "*/test/*" } } },
    { image = { config = { user = "app", cmd = { "app" } }, secrets = {}, problems = { { kind = "note",
      subject = "secrets", message = "at least 1000 were found in layer 1", layer = 1 } } },
      options = { secrets = "fail" }, expect = "fail", reason = "it may hold more secrets" },
    { image = { config = { user = "app", cmd = { "app" } }, secrets = false }, options = { secrets = "fail" },
      expect = "warn", reason = "not searched for secrets" },
    -- the base
    { image = { config = { user = "app", cmd = { "app" } }, base = { name = "debian:latest", digest = "" } },
      expect = "warn",
      reason = "debian:latest names no version" },
    { image = { config = { user = "app", cmd = { "app" } }, base = { name = "registry:5000/debian", digest = "" } },
      expect = "warn" },
    { image = { config = { user = "app", cmd = { "app" } }, base = { name = "debian:12", digest = "" } } },
    { image = { config = { user = "app", cmd = { "app" } }, base = { name = "debian", digest = "sha256:00" } } },
    { image = { config = { user = "app", cmd = { "app" } }, base = { name = "debian:12", digest = "sha256:00",
      signed = false, signature = "it is not signed" } }, expect = "warn", reason = "debian:12 is not signed" },
    { image = { config = { user = "app", cmd = { "app" } }, base = { name = "debian:12", digest = "sha256:00",
      signed = true, signature = "key.pub" } }, options = { unsigned_base = "fail" } },
    { image = { config = { user = "app", cmd = { "app" } }, base = { name = "debian:12", digest = "sha256:00" } },
      options = { unsigned_base = "fail" }, expect = "fail", reason = "not known" },
    { image = { config = { user = "app", cmd = { "app" } } }, options = { unknown_base = "warn" }, expect = "warn" },
    { image = { config = { user = "app", cmd = { "app" } }, problems = { { kind = "end_of_life", subject = "Debian:10",
      message = "Debian 10 gets no more fixes" } } }, expect = "fail", reason = "Debian 10 gets no more fixes" },
  },
}
