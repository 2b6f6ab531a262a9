-- Report formats, found by name: "clair-scanner" is the module tarsier.report.clair_scanner, one file a format:
--   return { name, summary, extension, write = function(result, out, options) … out(text) … return notes end }
-- The notes, a list of sentences or nil, tell what a reader of the document must know, such as a limit that was kept.
-- false and a message tell that it failed. `packages = true` says that it also writes results without findings, which
-- are lists of packages. `hashes = true` says that it writes package.sha512, which a scan computes only if it is asked
-- to. A format of one's own needs only to be on Lua's path under such a name.
--
-- A format writes a result, which is the JSON report (README.md, "The JSON report") as a Lua table. Beside what the
-- engine found, a result of a scan or of `tarsier judge` has these. Each is nil if it was not asked for or not known:
--
--   finding.risk            0 to 100, one decimal (tarsier(1), RISK)
--   finding.layer.base      true: the layer is the base image's; likewise in image.layers
--   finding.baseline        "new" or "known", against --baseline
--   finding.vex             what VEX documents say: { { file, author, time, id, status, justification, text,
--                           signed_by = the key's file, or nil, obeyed = boolean, refusal = why it is not obeyed }, … }
--   image.base              { layers = how many of the lowest layers, name, digest, guess = boolean,
--                           evidence = "given", "annotation", "known" or "history" }
--   result.baseline         { file, new = count, known = count, gone = { { id, severity, package, version, type }, … }
--                           }
--   result.advice           what to do (tarsier.advice):
--     .pass, .rest          the steps that make the image pass, and those that end the most of the rest, in order:
--                           { { kind = "upgrade" or "rebase", text = "upgrade openssl 3.0.11 → 3.0.15", command = for
--                           a shell, quoted, or nil; layer = index or nil, base = boolean, instruction = the layer's
--                           created_by, "FROM" for the base, place = folder of a language's project or "",
--                           packages = { { type, name, version, to, names = { binary packages, … }, paths }, … },
--                           ends = { total, severity = { High = 2, … }, ids = { … } } }, … }
--     .open                 packages with findings that have no fix: { { type, name, version, layer, base, ids,
--                           fails = boolean, status, since = "2024-01-31", total, severity,
--                           remove = what nothing else that is installed needs, or nil: { names, all = is that every
--                           package with these findings?, command = for a shell, or nil } }, … }
--     .refusals             { { policy, reason }, … }: what policies say about the image itself
--     .rebuild              what newer bases at hand would end: { { reference, ends = …, brings = … }, … }

local core = require "tarsier.core"
local suggest = require "tarsier.suggest"

local report = {}

local folder = assert(package.searchpath("tarsier.report", package.path)):match "^(.*)/[^/]*$"

-- "cyclonedx-1.6" is the module tarsier.report.cyclonedx_1_6
local function module_of(name)
  return "tarsier.report." .. name:gsub("[-.]", "_")
end

local own -- the names of the formats that come with tarsier, when they are first asked for

-- Returns the formats of the files beside this one, after the two that are used most.
local function own_names()
  if own then return own end
  own = { "table", "json" }
  for _, file in ipairs(assert(core.host.list(folder))) do
    local module = file:match "^([%w_]+)%.lua$"
    local format = module and module ~= "init" and require("tarsier.report." .. module)
    if format and format.name ~= "table" and format.name ~= "json" then own[#own + 1] = format.name end
  end
  return own
end

--- names() -> the names of the formats that come with tarsier
function report.names()
  return { table.unpack(own_names()) }
end

--- is_own(name) -> does this format come with tarsier?
function report.is_own(name)
  local module = name:match "^%w[%w_.-]*$" and module_of(name)
  local file = module and core.host.stat(("%s/%s.lua"):format(folder, module:match "[^.]*$"))
  return file ~= nil and file.type == "file" and require(module).name == name
end

--- list() -> the formats that every result can be written in, as modules
function report.list()
  local list = {}
  for _, name in ipairs(own_names()) do
    local format = assert(report.find(name))
    if not format.needs then list[#list + 1] = format end
  end
  return list
end

--- template(file) -> format | nil, message, code: a format of a team's own, in the sandbox (tarsier.template)
function report.template(file)
  return require "tarsier.template".load(file)
end

--- find(name) -> format | nil, message, "USAGE". A name with a slash, or one that ends in .lua, is a template's file.
--- If a format exists but cannot be loaded, its own error is raised.
function report.find(name)
  if name:find("/", 1, true) or name:find "%.lua$" then return report.template(name) end
  if not name:match "^%w[%w_.-]*$" then
    return nil, ("%q is not the name of a report format"):format(name), "USAGE"
  end
  local module = module_of(name)
  if not package.loaded[module] and not package.preload[module]
    and not package.searchpath(module, package.path) then
    return nil, ("unknown report format %q%s; there are %s"):format(name, suggest.hint(name, own_names()),
      table.concat(own_names(), ", ")), "USAGE"
  end
  local format = require(module)
  if type(format) ~= "table" or type(format.write) ~= "function" then
    error(("%s: a report format is a table with a function `write`"):format(module), 0)
  end
  return format
end

-- The options that all formats which come with tarsier accept. Each format reads those that it knows.
local common_options = { "width", "colour", "verbose", "exit", "severity", "only_fixed", "show",
  "default_branch_image", "dockerfile", "sort", "creator" }

-- A format from elsewhere may name its options in a list, `options`; otherwise it accepts any.
local function check_options(format, options, who)
  if not report.is_own(format.name) and not format.options then return end
  local keys = { table.unpack(common_options) }
  table.move(format.options or {}, 1, #(format.options or {}), #keys + 1, keys)
  suggest.check_keys(options, keys, who)
end

--- write(name, result, out, [options]) -> true, notes | nil, message, code. out(text) is called with pieces; notes are
--- sentences on what was written, or nil; options are the format's own, such as the table's width and colour.
function report.write(name, result, out, options)
  local format, message, code = report.find(name)
  if not format then return nil, message, code end
  check_options(format, options, "tarsier.report")
  local notes, wrong = format.write(result, out, options or {})
  if notes == false then return nil, wrong, "POLICY" end
  return true, notes
end

--- text(name, result, [options]) -> string | nil, message, code
function report.text(name, result, options)
  local pieces = {}
  local ok, message, code = report.write(name, result, function(piece) pieces[#pieces + 1] = piece end, options)
  if not ok then return nil, message, code end
  return table.concat(pieces)
end

return report
