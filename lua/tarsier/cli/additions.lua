-- What the commands that judge add to a result before policies see it: what is new since a baseline, and what VEX
-- documents say. Files are read once, before a long scan.

local baseline = require "tarsier.baseline"
local data_file = require "tarsier.data_file"
local place = require "tarsier.place"
local saved = require "tarsier.saved"
local vex = require "tarsier.vex"

local additions = {}
additions.__index = additions

--- Where a baseline is looked for that no one named.
additions.FOUND = "tarsier-baseline.json"

additions.options = {
  { long = "vex", value = "FILE", many = true,
    help = "accept findings that an OpenVEX, CSAF or CycloneDX VEX document says do not affect the image (the policy "
      .. "`vex`); may be repeated" },
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

local function read_vex(files)
  local all = {}
  for _, file in ipairs(files) do
    local statements, message, code = vex.read(file)
    if not statements then return nil, message, code end
    table.move(statements, 1, #statements, #all + 1, all)
  end
  return all
end

--- open(options, terminal) -> additions | nil, message, code
function additions.open(options, terminal)
  local made = setmetatable({ terminal = terminal }, additions)
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

-- Documents about another image, or that name products by words only, would look as if they had been obeyed.
function additions:apply_vex(result)
  local count = vex.apply(result, self.statements)
  if count == 0 and not self.terminal.quiet then
    self.terminal:say(("tarsier: %s: none of %d VEX statements is about a finding in this image"):format(self.vex_files,
      #self.statements))
  end
end

--- apply(result) -> was anything added?
function additions:apply(result)
  if self.statements then self:apply_vex(result) end
  if not self.earlier then return self.statements ~= nil end
  baseline.apply(result, self.earlier, self.file)
  result.image.baseline = { file = self.file, new = result.baseline.new, known = result.baseline.known,
    gone = #result.baseline.gone }
  return true
end

return additions
