-- The configuration file: YAML whose keys are the long names of options.
--
--   threshold: High              # for every command that has the option
--   format: [table, json=report.json]
--   only-fixed: true
--   set: { default.threshold: Medium }
--   db status:                   # for this command only, and before the others
--     format: json
--
-- The command line comes before the environment, the environment before the file. --config or $TARSIER_CONFIG names it;
-- else .tarsier.yaml in the working directory is read. That one may belong to a repository whose image is scanned, so
-- that it may say how to judge and what to report, and nothing else: it names no secrets, no addresses and no
-- certificates, switches no verification off, reads and writes nothing outside the working directory, and loads no code
-- outside the sandbox.

local later = require "tarsier.later"
local arguments = require "tarsier.cli.arguments"
local core = require "tarsier.core"
local place = require "tarsier.place"
local report = later "tarsier.report"
local template = later "tarsier.template"
local yaml = later "tarsier.yaml"

local config = {}

--- The configuration that is read if --config is not given and the file exists.
config.FOUND = ".tarsier.yaml"

--- What a file that was found may set; all other options require a file that was named.
config.harmless = {}
for name in ([[all color format ignore-unreadable no-cache no-fail no-progress only-fixed platform policy policy-dir
  quiet set severity show sort strict-whitelist threads threshold timeout verbose whitelist]]):gmatch "%S+" do
  config.harmless[name] = true
end

-- Formats of commands that are not reports.
local own_formats = { tsv = true, text = true }

-- ---- what a found file may say ------------------------------------------------------------------------------------

-- Is it below the working directory, with no link on the way that leads out? What is not there yet is.
local function is_inside(path)
  if path:sub(1, 1) == "/" then return false end
  local prefix
  for part in path:gmatch "[^/]+" do
    if part == ".." then return false end
    prefix = prefix and prefix .. "/" .. part or part
    local status, _, code = core.host.stat(prefix)
    if status and status.is_link or not status and code ~= "NOT_FOUND" then return false end
  end
  return true
end

local function check_path(path)
  if not is_inside(path) then return "names a file outside the working directory, or a link" end
end

local checks = { whitelist = check_path, ["policy-dir"] = check_path }

-- A name without a slash is a ready policy or a module of the sandbox's own folders.
function checks.policy(value)
  return value:find "/" and check_path(value) or nil
end

function checks.format(value)
  local name, file = value:match "^([^=]*)=(.*)$"
  name = name or value
  if template.is_file(name) then
    local wrong = check_path(name)
    if wrong then return wrong end
  elseif not own_formats[name] and not report.is_own(name) then -- a Lua module, which runs outside the sandbox
    return "names a format that does not come with tarsier"
  end
  return file and check_path(file) or nil
end

-- POLICY.OPTION=@FILE
function checks.set(value)
  local file = value:match "=@(.*)$"
  return file and check_path(file) or nil
end

local function objection(name, value)
  if not config.harmless[name] then return "may only be set in a file that --config or $TARSIER_CONFIG names" end
  local check = checks[name]
  return check and check(value)
end

-- ---- from nodes to options ----------------------------------------------------------------------------------------

-- The texts that a node stands for: one, several, or `key=value` for each pair of a map.
local function texts_of(node, option, what)
  if option.many and node.kind == "list" then
    local list = {}
    for i, item in ipairs(node) do list[i] = yaml.check_text(item, "an item of " .. what) end
    return list
  elseif option.long == "set" and node.kind == "map" then
    local list = {}
    for i, pair in ipairs(node) do
      list[i] = yaml.check_text(pair.key, "a key of set") .. "=" .. yaml.check_text(pair.value, "a value of set")
    end
    return list
  end
  return { yaml.check_text(node, what) }
end

local function set_option(parsed, option, node, is_found)
  local name = option.long
  if parsed[arguments.key(option)] ~= nil then return end
  for _, text in ipairs(texts_of(node, option, name)) do
    local wrong = is_found and objection(name, text)
    if wrong then yaml.fail(node.line, "%s: %s %s", name, text, wrong) end
    local ok, message = arguments.set(parsed, option, text)
    if not ok then yaml.fail(node.line, "%s", message) end
  end
  return name
end

local function options_by_name(command)
  local list, names = {}, {}
  for _, option in ipairs(command.options or {}) do
    list[option.long] = option
    names[#names + 1] = option.long
  end
  table.sort(names)
  return list, names
end

local function has(list, name)
  for _, item in ipairs(list) do
    if item == name then return true end
  end
end

-- Commands with options of their own, by the words that lead to them, and every option's name. `named` is { { command,
-- words }, … }.
local function read_commands(named)
  local sections, longs, names = {}, {}, {}
  local function add(command, path)
    for _, inner in ipairs(command.commands or {}) do add(inner, path .. " " .. inner.name) end
    if command.commands then return end
    sections[path] = command
    for _, option in ipairs(command.options) do
      if not longs[option.long] then names[#names + 1] = option.long end
      longs[option.long] = longs[option.long] or not arguments.is_own(option)
    end
  end
  for _, item in ipairs(named) do add(item[1], item[2]) end
  return sections, longs, names
end

-- Does the configuration name nothing but these sections and options?
local function names_only(root, sections, longs)
  if root.kind ~= "map" then return false end
  for _, pair in ipairs(root) do
    local key = pair.key.text
    if not (key and (sections[key] or longs[key])) then return false end
  end
  return true
end

-- read_commands of this command alone if that is enough: loading all commands takes as long as a small scan.
local function read_needed(root, command, path)
  local sections, longs, names = read_commands { { command, path } }
  if names_only(root, sections, longs) then return sections, longs, names end
  local all = {}
  for i, item in ipairs(require "tarsier.cli".commands()) do all[i] = { item, item.name } end
  return read_commands(all)
end

local function section_names(sections, names)
  local list = { table.unpack(names) }
  for path in pairs(sections) do list[#list + 1] = path end
  table.sort(list)
  return list
end

-- Every key is checked, whichever command runs.
local function read_root(root, command, path)
  local sections, longs, names = read_needed(root, command, path)
  local shared, own = {}, {}
  yaml.each_pair(root, "the configuration", section_names(sections, names), function(key, node, line)
    if node.kind == "map" and sections[key] then
      own[key] = {}
      local _, known = options_by_name(sections[key])
      yaml.each_pair(node, key, known, function(name, value) own[key][name] = value end)
    elseif longs[key] == nil then
      yaml.fail(line, "%s is a command: its options stand below it", key)
    elseif not longs[key] then
      yaml.fail(line, "%s means different things to different commands: put it below a command", key)
    else
      shared[key] = node
    end
  end)
  return shared, own
end

local function fill(parsed, command, path, text, is_found)
  local root = yaml.parse(text)
  if not root or yaml.is_null(root) then return {} end
  local shared, own = read_root(root, command, path)
  local options, names = options_by_name(command)
  local used = {}
  for _, name in ipairs(names) do
    local option = options[name]
    local node = own[path] and own[path][name] or not arguments.is_own(option) and shared[name] or nil
    used[#used + 1] = node and set_option(parsed, option, node, is_found) or nil
  end
  return used
end

-- ---- the file -----------------------------------------------------------------------------------------------------

-- -> text | nil if there is none to read | nil, message
local function read(path, is_found)
  local status, message, code = core.host.stat(path)
  if not status then
    if is_found and code == "NOT_FOUND" then return nil end
    return nil, message
  elseif status.type == "folder" or status.type ~= "file" and is_found then
    return nil, path .. ": not a regular file"
  end
  local file <close>, wrong = io.open(path, "rb")
  if not file then return nil, wrong end
  return file:read(yaml.MAX_BYTES + 1) or ""
end

--- fill(parsed, command, path) -> names of the options that a file that was found has set (none where a file was named)
--- | nil, message. Options that are set already stay; path is the command's words, such as "db import".
function config.fill(parsed, command, path)
  local _, own = options_by_name(command)
  local named = not has(own, "config") and parsed.config or place.variable "TARSIER_CONFIG"
  local file = named or config.FOUND
  local text, message = read(file, not named)
  if not text then
    if message then return nil, "configuration " .. message end
    return {}
  end
  local used
  used, message = yaml.catch(file, fill, parsed, command, path, text, not named)
  if not used then return nil, message end
  return named and {} or used
end

return config
