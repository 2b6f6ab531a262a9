-- Lists of exceptions, for the policy `whitelist`. Other scanners' are read by tarsier.whitelist.foreign. One YAML file
-- may mix three forms:
--
--   generalwhitelist:                     # clair-scanner's, and GitLab's generalallowlist:
--     CVE-2017-6055: XML                  # the text is a note, and may be absent
--   images:
--     registry:5000/ubuntu:               # an image's name without tag and digest
--       CVE-2017-5230: Java
--
--   accept:                               # ours: each has a reason, and an end
--     - id: CVE-2023-4911                 # or an alias, such as GHSA-…
--       reason: no setuid programs in here
--       until: 2027-01-01                 # the last day it holds
--       owner: jo
--       package: glibc*                   # the package's name or its source's: * any text, ? one character
--       version: "<2.38"                  # one version, or bounds: ">= 2.30, < 2.38"
--       images: [ "registry:5000/team/*" ]
--       path: opt/venv/*                  # where the package was found, without a leading slash
--       layer: sha256:4f2c…               # the digest or the diff id of the layer that brought it
--
-- `id`, `reason` and `until` are required. An unknown key is an error, so that an exception never covers more than its
-- author intends. GitLab's key `NAME@sha256:` stands for the image with any digest, a complete digest only for that
-- one.

local data_file = require "tarsier.data_file"
local foreign = require "tarsier.whitelist.foreign"
local yaml = require "tarsier.yaml"

local whitelist = {}

local fail, is_null, check_kind, check_text = yaml.fail, yaml.is_null, yaml.check_kind, yaml.check_text
local each_pair = yaml.each_pair

-- ---- nodes into entries ---------------------------------------------------------------------------------------------

local kinds = yaml.kinds

-- { CVE-…: note }
local function read_notes(map, what, image, entries)
  if is_null(map) then return end
  local by_id = {}
  each_pair(map, what, nil, function(id, note, line)
    if note.kind ~= "scalar" then
      fail(note.line, "%s: %s must be followed by text or nothing, not %s", what, id, kinds[note.kind])
    end
    local entry = by_id[id]
    if not entry then
      entry = { id = id, image = image, line = line }
      by_id[id], entries[#entries + 1] = entry, entry
    end
    entry.reason = not is_null(note) and note.text ~= "" and note.text or nil
  end)
end

-- { image: { CVE-…: note } }
local function read_images(map, entries)
  if is_null(map) then return end
  local lines = {}
  each_pair(map, "images", nil, function(image, notes, line)
    if lines[image] then fail(line, "%q again: it stands in line %d already", image, lines[image]) end
    lines[image] = line
    read_notes(notes, ("images, %s"):format(image), image, entries)
  end)
end

local days_in = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function check_date(text, line, what)
  local year, month, day = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)$"
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  local is_leap = year and (year % 4 == 0 and year % 100 ~= 0 or year % 400 == 0)
  if not year or month < 1 or month > 12 or day < 1 or day > days_in[month]
    or month == 2 and day == 29 and not is_leap then
    fail(line, "%s must be a date like 2027-01-31, is %q", what, text)
  end
  return text
end

-- One version, or bounds that all apply.
local function check_version(text, line, what)
  local rest = text
  repeat
    local before = rest
    rest = rest:gsub("^[%s,]*[<>]?=?%s*[^%s,<>=]+[%s,]*", "", 1)
  until rest == "" or rest == before
  if rest ~= "" then fail(line, "%s must be a version or bounds like \">= 1.2, < 2\", is %q", what, text) end
  return text
end

local function read_globs(node, what)
  if node.kind == "scalar" then return { check_text(node, what) } end
  local globs = {}
  for i, item in ipairs(check_kind(node, "list", what)) do globs[i] = check_text(item, "one of " .. what) end
  if #globs == 0 then fail(node.line, "%s is an empty list, so it would never apply", what) end
  return globs
end

local accept_keys = { "id", "reason", "until", "owner", "package", "version", "images", "path", "layer" }
local required = { "id", "reason", "until" }

local function read_field(entry, key, node, what)
  if key == "images" then
    entry.images = read_globs(node, what)
    return
  end
  local text = check_text(node, what)
  if key == "until" then check_date(text, node.line, what) end
  if key == "version" then check_version(text, node.line, what) end
  if key == "path" then text = text:gsub("^/+", "") end
  if key == "layer" and not text:match "^sha%d+:[%x*?]+$" then
    fail(node.line, "%s must be a digest like sha256:4f2c…, is %q", what, text)
  end
  if #text > 1000 then fail(node.line, "%s is longer than 1000 bytes", what) end
  entry[key] = text
end

local function read_accepted(node, position)
  local entry, name = { line = node.line }, ("accept, entry %d"):format(position)
  if node.kind == "map" then -- name it by its id
    for _, pair in ipairs(node) do
      if pair.key.text == "id" and pair.value.kind == "scalar" then name = ("%s (%s)"):format(name, pair.value.text) end
    end
  end
  each_pair(node, name, accept_keys, function(key, value)
    read_field(entry, key, value, ("%s: %s"):format(name, key))
  end)
  for _, key in ipairs(required) do
    if not entry[key] then fail(node.line, "%s has no %q: say what is accepted, why, and until when", name, key) end
  end
  if entry.id:match "^[Cc][Vv][Ee]" and not entry.id:match "^[Cc][Vv][Ee]%-%d%d%d%d%-%d%d%d%d+$" then
    fail(node.line, "%s: id is not a valid CVE name: write it like CVE-2023-4911", name)
  end
  return entry
end

local root_keys = { "accept", "generalwhitelist", "generalallowlist", "images" }

local function read_root(root)
  local entries = {}
  each_pair(root, "the list", root_keys, function(key, value)
    if is_null(value) then return end
    if key == "accept" then
      for i, item in ipairs(check_kind(value, "list", "accept")) do entries[#entries + 1] = read_accepted(item, i) end
    elseif key == "images" then
      read_images(value, entries)
    else
      read_notes(value, key, nil, entries)
    end
  end)
  return entries
end

local function read_any(text, name)
  local read_text = foreign.reader_of_name(name)
  if read_text then return read_text(text) end
  local root = yaml.parse(text)
  if not root or is_null(root) then return {}, {} end
  local read = foreign.reader_of_root(root)
  if read then return read(root) end
  return read_root(root), {}
end

--- parse(text, [name]) -> entries, the value of the option `entries` of the policy `whitelist`, and notes on what in it
--- has no meaning here | nil, message, "POLICY". Other scanners' forms are known by the name or by their keys.
function whitelist.parse(text, name)
  name = name or "whitelist"
  local read, message = yaml.catch(name, function()
    local entries, notes = read_any(text, name)
    for i, note in ipairs(notes) do notes[i] = ("%s: %s"):format(name, note) end
    return { entries, notes }
  end)
  if read then return read[1], read[2] end
  return nil, message, "POLICY"
end

--- read(file, …) -> the entries of all files, each with its `file` if there are several, and notes | nil, message, code
function whitelist.read(...)
  local all, notes, files = {}, {}, { ... }
  for _, file in ipairs(files) do
    local text, message, code = data_file.text(file, "whitelist", yaml.MAX_BYTES)
    if not text then return nil, message, code end
    local entries, found
    entries, found, code = whitelist.parse(text, file)
    if not entries then return nil, found, code end
    table.move(found, 1, #found, #notes + 1, notes)
    for _, entry in ipairs(entries) do
      entry.file = #files > 1 and file or nil
      all[#all + 1] = entry
    end
  end
  return all, notes
end

return whitelist
