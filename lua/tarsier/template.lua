-- A team's own report format as a template: a Lua file that returns
--
--   { name = "wiki", summary = "…", extension = "txt",
--     write = function(report, out)
--       for _, finding in ipairs(report.findings) do out(escape.html(finding.id), "\n") end
--     end }
--
-- It runs in the sandbox of policies, with more time and memory, and sees the result as the JSON report has it. escape
-- makes text safe: html (and XML), markdown, csv (one cell), json (a string with its quotes), text (one line).
-- engine/examples/templates has some.

local core = require "tarsier.core"
local json = require "tarsier.json"
local text = require "tarsier.text"

local template = {}

-- As much as the sandbox takes of a script.
local MAX_BYTES = 1 << 20

--- VM instructions that a template may run; nil: a thousand million
template.instructions = nil

local escapes = { text = text.printable, json = json.string,
  html = require "tarsier.report.shared.xml".escape,
  markdown = require "tarsier.report.shared.markdown".escape,
  csv = require "tarsier.report.shared.csv" }

local function escape(kind, s)
  return (escapes[kind](text.utf8(s)))
end

--- is_file(name) -> does this name of a format mean a file? As with policies: one with a slash, or that ends in .lua.
function template.is_file(name)
  return name:find("/", 1, true) ~= nil or name:find "%.lua$" ~= nil
end

--- load(file) -> format | nil, message, code: reads and checks a template
function template.load(file)
  local source, message, code = require "tarsier.data_file".text(file, "template", MAX_BYTES)
  if not source then return nil, message, code end
  local name = file:match "[^/]*$"
  local about
  about, message, code = core.template { name = name, text = source }
  if not about then return nil, message, code end
  local function write(result, out)
    local ok, wrong = core.template { name = name, text = source, result = result, out = out, escape = escape,
      instructions = template.instructions }
    if not ok then return false, wrong end
  end
  return { name = about.name ~= "" and about.name or name:gsub("%.lua$", ""), summary = about.summary,
    extension = about.extension ~= "" and about.extension or "txt", packages = true, is_template = true, write = write }
end

return template
