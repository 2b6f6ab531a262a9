-- What the commands that judge add to a result before policies see it: what is new since a baseline. Files are read
-- once, before a long scan.

local baseline = require "tarsier.baseline"
local data_file = require "tarsier.data_file"
local place = require "tarsier.place"
local saved = require "tarsier.saved"

local additions = {}
additions.__index = additions

--- Where a baseline is looked for that no one named.
additions.FOUND = "tarsier-baseline.json"

additions.options = {
  { long = "baseline", value = "FILE",
    help = "compare with an earlier JSON report: findings that it has do not fail (the policy `new`); default: "
      .. additions.FOUND .. " in the working directory, if there is one" },
}

--- read_report(file) -> result, not judged | nil, message, code
function additions.read_report(file)
  local bytes, message, code = data_file.text(file, "report", saved.MAX_BYTES)
  if not bytes then return nil, message, code end
  return saved.read(bytes, file)
end

--- baseline_file(options) -> the baseline's file, and whether it was found and not named; nil if there is none
function additions.baseline_file(options)
  if options.baseline then return options.baseline, false end
  if place.exists(additions.FOUND) then return additions.FOUND, true end
end

--- open(options, terminal) -> additions | nil, message, code
function additions.open(options, terminal)
  local made = setmetatable({}, additions)
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

--- apply(result) -> was anything added?
function additions:apply(result)
  if not self.earlier then return false end
  baseline.apply(result, self.earlier, self.file)
  result.image.baseline = { file = self.file, new = result.baseline.new, known = result.baseline.known,
    gone = #result.baseline.gone }
  return true
end

return additions
