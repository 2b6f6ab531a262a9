-- The reports of a command, and where they go: -f FORMAT to standard output, -f FORMAT=FILE to a file.

local core = require "tarsier.core"
local report = require "tarsier.report"

local outputs = {}

--- The option that names who is responsible for a bill of materials.
outputs.creator = { long = "creator", value = "ADDRESS",
  help = "the web address or email of who answers for the bill of materials, in CycloneDX and SPDX reports" }

--- The option of the commands that write reports of findings.
outputs.option = { long = "format", short = "f", value = "FORMAT[=FILE]", many = true,
  help = function()
    return "a report: " .. table.concat(report.names(), ", ") .. ", or a template's file, ./team.lua; to FILE, or to "
      .. "standard output; may be repeated; default: table; `clair` needs --clair"
  end }

-- The placeholder in a file's name for the number of the image, from 1.
local NUMBER = "%n"

local function has_number(file)
  return file:find(NUMBER, 1, true) ~= nil
end

-- "FORMAT[=FILE]" -> { format =, file = } | nil, message
local function read_one(text, find)
  local name, file = text:match "^([^=]*)=(.*)$"
  local format, message = find(name or text)
  if not format then return nil, message end
  if file == "" then return nil, ("--format %s requires a file after the ="):format(text) end
  return { format = format, file = file or "-" }
end

-- A device or a pipe accepts one report after the other; in a file, only the last one would remain.
local function check_several(output)
  local status = core.host.stat(output.file)
  if output.file == "-" or has_number(output.file) or status and status.type ~= "file" then return true end
  return nil, ("several images cannot share the file %s: give its name a %s, which stands for the number of the image")
    :format(output.file, NUMBER)
end

--- read(texts, find, [count]) -> list of outputs | nil, message. find(name) -> format | nil, message; a format has
--- `name` and write(result, out, options). count: how many images there are; each has files of its own.
function outputs.read(texts, find, count)
  local list, taken = {}, {}
  for _, text in ipairs(texts) do
    local output, message = read_one(text, find)
    if not output then return nil, message end
    if taken[output.file] then
      local where = output.file == "-" and "standard output" or output.file
      return nil, ("two reports go to %s: give one of them a file, as in --format json=report.json"):format(where)
    end
    taken[output.file] = true
    if (count or 1) > 1 then
      local ok
      ok, message = check_several(output)
      if not ok then return nil, message end
    end
    list[#list + 1] = output
  end
  return list
end

local function file_of(output, number)
  return (output.file:gsub("%%n", ("%d"):format(number or 1)))
end

-- Marks the error of a template that failed. The old file stays unchanged.
local Refusal = {}

-- Returns the format's notes on what it wrote, such as a limit, as a list of sentences.
local function produce(output, result, out, options)
  local notes, wrong = output.format.write(result, out, options)
  if notes == false then error(setmetatable({ message = wrong }, Refusal), 0) end
  return notes
end

local function write_to_file(output, result, options, number)
  local notes
  local ok, message = core.host.write_file(file_of(output, number), function(out)
    notes = produce(output, result, out, options)
  end)
  return ok, message, notes
end

local function write_one(output, result, options, terminal, number)
  local notes
  if output.file ~= "-" then return write_to_file(output, result, options, number) end
  local shown = { colour = terminal:colour(1), width = terminal:width() }
  for key, value in pairs(options) do shown[key] = value end
  local ok, message = terminal:stream(function(out)
    if number and number > 1 then out "\n" end
    notes = produce(output, result, out, shown)
  end)
  return ok, message, notes
end

-- The same, but an error of a template is returned as a message. Any other error is a bug of tarsier, and is raised.
local function write_guarded(...)
  local ok, written, message, notes = xpcall(write_one, function(problem)
    return getmetatable(problem) == Refusal and problem or debug.traceback(problem, 2)
  end, ...)
  if ok then return written, message, notes end
  if getmetatable(written) == Refusal then return nil, written.message end
  error(written, 0)
end

--- write(list, result, options, terminal, [number]) -> were all written? Every report is tried, even if one before it
--- failed. options: the formats' own; number: which image it is, from 1.
function outputs.write(list, result, options, terminal, number)
  local are_written = true
  collectgarbage("incremental", 150, 200) -- a report makes much that it drops at once, beside a result that stays
  collectgarbage() -- the pause holds only from the next cycle on
  for _, output in ipairs(list) do
    local ok, message, notes = write_guarded(output, result, options, terminal, number)
    for _, note in ipairs(ok and notes or {}) do
      terminal:say(("tarsier: the %s report: %s"):format(output.format.name, note))
    end
    if not ok then
      terminal:fail(("the %s report was not written: %s"):format(output.format.name, message))
      are_written = false
    end
  end
  return are_written
end

--- need_hashes(list) -> does a report write the SHA-512 of components, which a scan computes only if it is asked to?
function outputs.need_hashes(list)
  for _, output in ipairs(list) do
    if output.format.hashes then return true end
  end
  return false
end

--- shows_table(list) -> does a person read the table on standard output?
function outputs.shows_table(list)
  for _, output in ipairs(list) do
    if output.file == "-" and output.format.name == "table" then return true end
  end
  return false
end

return outputs
