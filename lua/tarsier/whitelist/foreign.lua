-- Other scanners' lists of ignored findings, as entries of the policy `whitelist`: .trivyignore and .trivyignore.yaml,
-- the `ignore` rules of Grype, and the [[IgnoredVulns]] of osv-scanner.toml.
--
-- A rule that limits itself in a way that has no meaning here is left out and said in a note, because without the limit
-- it would accept more than its author intends.

local purl = require "tarsier.purl"
local yaml = require "tarsier.yaml"

local foreign = {}

local fail = yaml.fail

local function add_note(notes, line, text, ...)
  table.insert(notes, ("line %d: "):format(line) .. text:format(...))
end

local function check_day(text, line, what)
  local day = text:match "^(%d%d%d%d%-%d%d%-%d%d)$" or text:match "^(%d%d%d%d%-%d%d%-%d%d)[Tt ]"
  return day or fail(line, "%s must be a date like 2027-01-31, is %q", what, text)
end

local function is_vulnerability(id)
  return id:find "^%u+%-%w" ~= nil and not id:find "^AVD%-" and not id:find "^DS%-?%d"
end

-- ---- .trivyignore --------------------------------------------------------------------------------------------------

--- text(text) -> entries, notes: an id a line, "CVE-2018-14618 exp:2027-01-31", comments behind #
function foreign.text(text)
  local entries, notes, number = {}, {}, 0
  for line in (text:gsub("^\239\187\191", "") .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    local words = {}
    for word in line:gsub("#.*$", ""):gmatch "%S+" do words[#words + 1] = word end
    if words[1] and not is_vulnerability(words[1]) then
      add_note(notes, number, "%q is not a vulnerability's name: only vulnerabilities are scanned for", words[1])
    elseif words[1] then
      local entry = { id = words[1], line = number }
      for i = 2, #words do
        local day = words[i]:match "^exp:(.*)$"
        if not day then fail(number, "%q is not understood; after an id there may be exp:2027-01-31", words[i]) end
        entry["until"] = check_day(day, number, "exp")
      end
      entries[#entries + 1] = entry
    end
  end
  return entries, notes
end

-- ---- shared by the YAML forms --------------------------------------------------------------------------------------

-- key -> node; unknown keys are notes
local function fields(node, what, known, notes)
  local map = {}
  yaml.each_pair(node, what, nil, function(key, value, line)
    if known[key] then
      map[key] = value
    else
      add_note(notes, line, "%s: the key %s has no meaning here", what, key)
      map.is_limited = true
    end
  end)
  return map
end

local function text_of(node, what)
  return node and not yaml.is_null(node) and yaml.check_text(node, what) or nil
end

local function texts_of(node, what)
  local list = {}
  if not node or yaml.is_null(node) then return nil end
  for i, item in ipairs(yaml.check_kind(node, "list", what)) do list[i] = yaml.check_text(item, "one of " .. what) end
  return list[1] and list or nil
end

local function copy_with(entry, key, value)
  local made = {}
  for k, v in pairs(entry) do made[k] = v end
  made[key] = value
  return made
end

-- `*` stays within a folder in these lists, `**` does not.
local function with_paths(list, paths)
  if not paths then return list end
  local made = {}
  for _, entry in ipairs(list) do
    for _, path in ipairs(paths) do
      local one = copy_with(entry, "path", (path:gsub("^/+", "")))
      one.in_folder = not path:find("**", 1, true)
      made[#made + 1] = one
    end
  end
  return made
end

-- The name that packages have here: of Maven "group:artifact", of distributions without the namespace.
local function package_name(url)
  if url.type == "maven" then return (url.path:gsub("/", ":")) end
  if url.type == "deb" or url.type == "apk" or url.type == "rpm" then return url.path:match "[^/]*$" end
  return url.path
end

local function with_purls(list, purls, line)
  if not purls then return list end
  local made = {}
  for _, entry in ipairs(list) do
    for _, text in ipairs(purls) do
      local url = purl.parse(text) or fail(line, "%q is not a package URL", text)
      local one = copy_with(entry, "package", package_name(url))
      one.type, one.version = url.type, url.version
      made[#made + 1] = one
    end
  end
  return made
end

-- ---- .trivyignore.yaml ---------------------------------------------------------------------------------------------

local trivy_keys = { id = true, paths = true, purls = true, statement = true, expired_at = true }

local function trivy_rule(node, entries, notes)
  local f = fields(node, "a vulnerability", trivy_keys, notes)
  local id = text_of(f.id, "id") or fail(node.line, "a vulnerability has no id")
  if f.is_limited then return end
  local expires = text_of(f.expired_at, "expired_at")
  local entry = { id = id, line = node.line, reason = text_of(f.statement, "statement"),
    ["until"] = expires and check_day(expires, node.line, "expired_at") }
  local list = with_purls(with_paths({ entry }, texts_of(f.paths, "paths")), texts_of(f.purls, "purls"), node.line)
  table.move(list, 1, #list, #entries + 1, entries)
end

--- trivy(root) -> entries, notes
function foreign.trivy(root)
  local entries, notes = {}, {}
  local roots = { "vulnerabilities", "misconfigurations", "secrets", "licenses" }
  yaml.each_pair(root, "the list", roots, function(key, node, line)
    if yaml.is_null(node) then return end
    if key ~= "vulnerabilities" then
      add_note(notes, line, "%s has no meaning here: only vulnerabilities are scanned for", key)
      return
    end
    for _, rule in ipairs(yaml.check_kind(node, "list", key)) do trivy_rule(rule, entries, notes) end
  end)
  return entries, notes
end

-- ---- Grype ---------------------------------------------------------------------------------------------------------

local grype_keys = { vulnerability = true, package = true, reason = true, ["include-aliases"] = true,
  ["fix-state"] = true }
local grype_package_keys = { name = true, version = true, type = true, location = true }
local grype_types = { python = "pypi", ["java-archive"] = "maven", ["go-module"] = "golang", ["rust-crate"] = "cargo",
  ["php-composer"] = "composer", dotnet = "nuget", deb = "deb", apk = "apk", rpm = "rpm", npm = "npm", gem = "gem" }

local function grype_package(node, entry, notes)
  local f = fields(node, "package", grype_package_keys, notes)
  local name, type = text_of(f.name, "name"), text_of(f.type, "type")
  if name and not name:find "^[%w@._+/:-]+$" then
    add_note(notes, node.line, "the package name %q is a pattern: write our form with * for any text", name)
    f.is_limited = true
  end
  if type and not grype_types[type] then
    add_note(notes, node.line, "the package type %q is not known", type)
    f.is_limited = true
  end
  entry.package, entry.version, entry.type = name, text_of(f.version, "version"), type and grype_types[type]
  return not f.is_limited, text_of(f.location, "location")
end

local fix_states = { fixed = true, ["not-fixed"] = false }

local function grype_rule(node, entries, notes)
  local f = fields(node, "a rule", grype_keys, notes)
  local entry = { id = text_of(f.vulnerability, "vulnerability"), line = node.line,
    reason = text_of(f.reason, "reason") }
  local is_whole, location = not f.is_limited, nil
  local state = text_of(f["fix-state"], "fix-state")
  if state and fix_states[state] == nil then
    add_note(notes, node.line, "the fix-state %q has no meaning here", state)
    is_whole = false
  elseif state then
    entry.fixed = fix_states[state]
  end
  if f.package then
    local is_understood
    is_understood, location = grype_package(f.package, entry, notes)
    is_whole = is_whole and is_understood
  end
  if not entry.id then
    add_note(notes, node.line, "a rule without a vulnerability has no meaning here: name what is accepted")
    return
  end
  if not is_whole then return end
  local list = with_paths({ entry }, location and { location })
  table.move(list, 1, #list, #entries + 1, entries)
end

--- grype(root) -> entries, notes: the rules of a configuration, whose other keys are not read
function foreign.grype(root)
  local entries, notes = {}, {}
  yaml.each_pair(root, "the configuration", nil, function(key, node)
    if key ~= "ignore" or yaml.is_null(node) then return end
    for _, rule in ipairs(yaml.check_kind(node, "list", "ignore")) do grype_rule(rule, entries, notes) end
  end)
  return entries, notes
end

-- ---- osv-scanner.toml ----------------------------------------------------------------------------------------------

local escapes = { n = "\n", t = "\t", r = "\r", ["\\"] = "\\", ['"'] = '"' }

-- The value of a line of TOML, of the kinds that these files have: text on one line, dates, numbers, booleans.
local function toml_value(text, line)
  local inner, after
  if text:sub(1, 3) == '"""' or text:sub(1, 3) == "'''" then fail(line, "text of several lines is not understood") end
  if text:sub(1, 1) == '"' then
    inner, after = text:match '^"([^"\\]*)"(.*)$'
    if not inner then
      local value = text:gsub("\\(.)", function(c) return ("\0%d\0"):format(c:byte()) end)
      inner, after = value:match '^"([^"]*)"(.*)$'
      if not inner then fail(line, "a text without an end") end
      inner = inner:gsub("%z(%d+)%z", function(code)
        local c = string.char(tonumber(code))
        return escapes[c] or fail(line, "the escape \\%s is not understood", c)
      end)
    end
  elseif text:sub(1, 1) == "'" then
    inner, after = text:match "^'([^']*)'(.*)$"
    if not inner then fail(line, "a text without an end") end
  else
    inner, after = text:match "^([^#%s]+)(.*)$"
    if not inner then fail(line, "a key without a value") end
  end
  if not after:find "^%s*$" and not after:find "^%s*#" then
    fail(line, "%q after the value is not understood", after)
  end
  return inner
end

local function osv_entry(rule, entries, notes)
  if not rule.id then fail(rule.line, "an entry of IgnoredVulns has no id") end
  for _, key in ipairs(rule.unknown) do add_note(notes, rule.line, "the key %s has no meaning here", key) end
  entries[#entries + 1] = { id = rule.id, line = rule.line, reason = rule.reason,
    ["until"] = rule.ignoreUntil and check_day(rule.ignoreUntil, rule.line, "ignoreUntil") or nil }
end

local osv_keys = { id = true, reason = true, ignoreUntil = true }

--- osv(text) -> entries, notes
function foreign.osv(text)
  local rules, notes, number, rule = {}, {}, 0, nil
  for line in (text:gsub("^\239\187\191", "") .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    line = line:gsub("\r$", ""):match "^%s*(.*)$"
    local header = line:match "^%[+%s*([^%[%]]-)%s*%]+"
    if header == "IgnoredVulns" then
      rule = { line = number, unknown = {} }
      rules[#rules + 1] = rule
    elseif header then
      rule = nil
      add_note(notes, number, "%s has no meaning here", header)
    elseif line ~= "" and line:sub(1, 1) ~= "#" then
      local key, value = line:match "^([%w_.-]+)%s*=%s*(.*)$"
      if not key then fail(number, "not understood: %s", line:sub(1, 60)) end
      if rule and osv_keys[key] then
        rule[key] = toml_value(value, number)
      elseif rule then
        table.insert(rule.unknown, key)
      end
    end
  end
  local entries = {}
  for _, item in ipairs(rules) do osv_entry(item, entries, notes) end
  return entries, notes
end

-- ---- which form it is -----------------------------------------------------------------------------------------------

local trivy_roots = { vulnerabilities = true, misconfigurations = true, secrets = true, licenses = true }

--- reader_of_name(name) -> a function of the text | nil, by the file's name
function foreign.reader_of_name(name)
  local base = name:match "[^/]*$"
  if base:find "%.trivyignore$" then return foreign.text end
  return base:find "%.toml$" and foreign.osv or nil
end

--- reader_of_root(root) -> a function of the document's node | nil, by its keys
function foreign.reader_of_root(root)
  if root.kind ~= "map" then return nil end
  for _, pair in ipairs(root) do
    if pair.key.text == "ignore" then return foreign.grype end
    if trivy_roots[pair.key.text] then return foreign.trivy end
  end
end

return foreign
