-- What the commands that judge add to a result before policies see it: which layers are the base's, what VEX documents
-- say, and what is new since a baseline. Files are read once, before a long scan.

local later = require "tarsier.later"
local attachments = require "tarsier.cli.attached"
local base = later "tarsier.base"
local base_signature = require "tarsier.cli.base_signature"
local baseline = later "tarsier.baseline"
local core = require "tarsier.core"
local place = require "tarsier.place"
local saved = later "tarsier.saved"
local vex = later "tarsier.vex"

local additions = {}
additions.__index = additions

--- The baseline that is used if --baseline is not given and the file exists.
additions.FOUND = "tarsier-baseline.json"

additions.options = {
  { long = "base", value = "REF|DIGEST|FILE", many = true,
    help = "the base image: an image, a saved report of one, the digest of the base's last layer, or of a base that "
      .. "`tarsier base add` remembers; may be repeated. For one that the image was not built on: what a rebuild on it "
      .. "would end" },
  { long = "vex", value = "FILE", many = true,
    help = "accept findings that an OpenVEX, CSAF or CycloneDX VEX document says do not affect the image (the policy "
      .. "`vex`); may be repeated" },
  base_signature.option, attachments.options[1], attachments.options[2],
  { long = "baseline", value = "FILE",
    help = "compare with an earlier JSON report: findings that it has do not fail (the policy `new`); default: "
      .. additions.FOUND .. " in the working directory, if there is one" },
}

--- read_report(file) -> result, not judged | nil, message, code
function additions.read_report(file)
  return saved.load(file)
end

--- baseline_file(options) -> the baseline's file, and whether it was found and not named; nil if there is none
function additions.baseline_file(options)
  if options.baseline then return options.baseline, false end
  if place.exists(additions.FOUND) then return additions.FOUND, true end
end

local function read_vex(files)
  local all = {}
  for _, file in ipairs(files) do
    local statements, message, code = vex.read(file)
    if not statements then return nil, message, code end
    table.move(statements, 1, #statements, #all + 1, all)
  end
  return all
end

-- A file that begins as a JSON object is a report; no image does.
function additions.is_report(name)
  local status = core.host.stat(name)
  local file = status and status.type == "file" and io.open(name, "rb") -- a pipe can be read only once
  local head = file and file:read(64) or ""
  if file then file:close() end
  return head:match "^%s*{" ~= nil
end

-- Remembered bases, and those that --base names: { digest = … } or { name = …, result = … if it is a report }.
function additions:open_bases(names)
  local message, code
  self.known, message, code = base.list()
  if not self.known then return nil, message, code end
  self.bases = {}
  for i, name in ipairs(names or {}) do
    local item = name:find "^sha%d+:%x+$" and { digest = name } or { name = name }
    if not item.digest and additions.is_report(name) then
      item.result, message, code = additions.read_report(name)
      if not item.result then return nil, message, code end
    end
    self.bases[i] = item
  end
  return true
end

--- open(options, terminal) -> additions | nil, message, code
function additions.open(options, terminal)
  local made = setmetatable({ terminal = terminal }, additions)
  local opened, wrong, kind = made:open_bases(options.base)
  if not opened then return nil, wrong, kind end
  made.keys, wrong = attachments.keys(options.vex_key)
  if not made.keys then return nil, wrong, "USAGE" end
  made.base_keys, wrong = base_signature.keys(options.base_key)
  if not made.base_keys then return nil, wrong, "USAGE" end
  made.finds_attached = not options.no_attached_vex
  if options.vex then
    local statements, message, code = read_vex(options.vex)
    if not statements then return nil, message, code end
    made.statements, made.vex_files = statements, table.concat(options.vex, ", ")
  end
  local file, is_found = additions.baseline_file(options)
  if file then
    local earlier, message, code = additions.read_report(file)
    if not earlier then return nil, message, code end
    made.file, made.earlier = file, earlier
    if is_found and not terminal.quiet then
      terminal:say(("tarsier: compared with the baseline %s"):format(file))
    end
  end
  return made
end

-- -> those of --vex and those that are attached to the image, in one list, and the image's other digests | nil if there
-- are none
function additions:all_statements(result, config)
  local attached, digests
  if config and self.finds_attached then
    attached, digests = attachments.find(result, self.keys, config, self.terminal)
  end
  if not attached or #attached == 0 then return self.statements end
  local all = table.move(self.statements or {}, 1, self.statements and #self.statements or 0, 1, {})
  return table.move(attached, 1, #attached, #all + 1, all), digests
end

-- Documents about another image, or that name products by words only, would look as if they had been obeyed. -> was
-- anything added?
function additions:apply_vex(result, config)
  local statements, digests = self:all_statements(result, config)
  if not statements then return false end
  local count = vex.apply(result, statements, digests)
  attachments.tell(result, self.terminal)
  if self.statements and count == 0 and not self.terminal.quiet then
    self.terminal:say(("tarsier: %s: none of %d VEX statements is about a finding in this image"):format(self.vex_files,
      #self.statements))
  end
  return self.statements ~= nil or count > 0
end

function additions:apply_digest(result, digest)
  if base.find_layer(result, digest) then return true end
  local named = {}
  for _, item in ipairs(self.known) do
    if item.digest == digest or item.id == digest then named[#named + 1] = item end
  end
  if base.find_known(result, named) then return true end
  local reason = #named > 0 and "the image is not built on that base" or "neither a layer of the image nor a base that "
    .. "`tarsier base add` remembers"
  return nil, ("--base %s: %s"):format(digest, reason), "USAGE"
end

-- -> the other image's result | nil, message, code
local function result_of(item, scan)
  if item.result then return item.result end
  if not scan then
    return nil, ("--base %s: give a saved report or a digest, because no image is scanned here"):format(item.name),
      "USAGE"
  end
  local result, message, code = scan(item.name)
  if not result then return nil, ("--base %s: %s"):format(item.name, message), code end
  item.result = result -- of several images, one base
  return result
end

-- The layers first, because a rebuild is compared by them.
function additions:apply_bases(result, scan)
  local is_known, others = base.find_known(result, self.known), {}
  for _, item in ipairs(self.bases) do
    local ok, message, code
    if item.digest then
      ok, message, code = self:apply_digest(result, item.digest)
      if not ok then return nil, message, code end
    else
      ok, message, code = result_of(item, scan)
      if not ok then return nil, message, code end
      if not base.find_given(result, ok) then others[#others + 1] = ok end
    end
  end
  result.rebuild = {}
  for _, other in ipairs(others) do
    local made = base.rebuild(result, other)
    if not made then
      local reason = "the image is not built on it, and nothing tells which of its layers are a base's"
      return nil, ("--base %s: %s"):format(other.image.reference, reason), "USAGE"
    end
    table.insert(result.rebuild, made)
  end
  return true, is_known or #self.bases > 0
end

--- apply(result, [scan], [config]) -> true, was anything added? | nil, message, code. scan(reference) -> the result of
--- a base image | nil, message, code. `config` is the engine's, if the image is at hand: it says how to reach its
--- registry.
function additions:apply(result, scan, config)
  local ok, has_base, code = self:apply_bases(result, scan)
  if not ok then return nil, has_base, code end
  local has_vex = self:apply_vex(result, config)
  local asks_base = config and #self.base_keys > 0
  if asks_base then base_signature.apply(result, self.base_keys, config, self.terminal) end
  if not self.earlier then return true, has_base or has_vex or asks_base end
  baseline.apply(result, self.earlier, self.file)
  result.image.baseline = { file = self.file, new = result.baseline.new, known = result.baseline.known,
    gone = #result.baseline.gone }
  return true, true
end

return additions
