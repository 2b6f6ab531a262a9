-- tarsier clair-scanner: the flags, table, log, report and exit codes of arminc/clair-scanner, so that a pipeline that
-- calls it changes one word. README.md lists the differences.

local backend = require "tarsier.cli.backend"
local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local locate = require "tarsier.cli.locate"
local registry = require "tarsier.cli.registry"
local report = require "tarsier.report"
local styled = require "tarsier.styled"
local text = require "tarsier.text"

local DEFAULT_URL = "http://127.0.0.1:6060"

-- ---- its log: lines for standard error, and for the file of --log -------------------------------------------------

local Log = {}
Log.__index = Log

local function open_log(path, terminal)
  local self = setmetatable({ terminal = terminal }, Log)
  if not path then return self end
  local message
  self.file, message = io.open(path, "ab")
  if not self.file then return nil, "--log " .. message end
  self.path = path
  return self
end

function Log:write(level, format, ...)
  local time, message = os.date "%Y/%m/%d %H:%M:%S ", (" ▶ %s"):format(format:format(...))
  local line = { time, styled.text(level, "[" .. level .. "]"), message }
  self.terminal:log(line)
  if not self.file then return end
  local ok, wrong = self.file:write(styled.plain(line), "\n")
  if ok then ok, wrong = self.file:flush() end
  if ok then return end
  self.file, self.is_broken = nil, true
  self:write("CRIT", "the log was not written: %s: %s", self.path, wrong)
end

-- ---- its table ----------------------------------------------------------------------------------------------------

local titles = { "STATUS", "CVE SEVERITY", "PACKAGE NAME", "PACKAGE VERSION", "CVE DESCRIPTION" }
local CELL = 30 -- wrapped at this many columns; longer words make a column wider

local function lines_of(cell)
  local lines = {}
  for line in (cell .. "\n"):gmatch "([^\n]*)\n" do
    local wrapped = text.wrap(line, CELL)
    if #wrapped == 0 then wrapped[1] = "" end
    table.move(wrapped, 1, #wrapped, #lines + 1, lines)
  end
  return lines
end

local function cells_of(row)
  local finding = row.finding
  local description = finding.description ~= "" and finding.description or finding.summary
  local cells = { row.fails and "Unapproved" or "Approved", finding.severity .. " " .. finding.id, row.name,
    row.version, description .. "\n\n" .. finding.url }
  for i, cell in ipairs(cells) do cells[i] = lines_of(cell) end
  return cells
end

local function widths_of(all)
  local widths = {}
  for i, title in ipairs(titles) do
    widths[i] = #title
    for _, cells in ipairs(all) do
      for _, line in ipairs(cells[i]) do widths[i] = math.max(widths[i], text.columns(line)) end
    end
  end
  return widths
end

local function rule(widths)
  local parts = {}
  for i, width in ipairs(widths) do parts[i] = ("-"):rep(width + 2) end
  return "+" .. table.concat(parts, "+") .. "+"
end

local function centred(title, width)
  local left = (width - #title) // 2
  return (" "):rep(left) .. title .. (" "):rep(width - #title - left)
end

local function row_line(cells, widths, at, status)
  local line = { "|" }
  for i, width in ipairs(widths) do
    local cell = " " .. text.pad(cells[i][at] or "", width) .. " "
    line[i + 1] = { i == 1 and cells[i][at] and styled.text(status, cell) or cell, "|" }
  end
  return line
end

local function add_row(lines, cells, widths)
  local height = 0
  for _, cell in ipairs(cells) do height = math.max(height, #cell) end
  for at = 1, height do lines[#lines + 1] = row_line(cells, widths, at, cells[1][1]) end
end

local function table_of(rows)
  local all, head = {}, {}
  for i, row in ipairs(rows) do all[i] = cells_of(row) end
  local widths = widths_of(all)
  for i, title in ipairs(titles) do head[i] = { centred(title, widths[i]) } end
  local lines = { rule(widths) }
  add_row(lines, head, widths)
  lines[#lines + 1] = rule(widths)
  for _, cells in ipairs(all) do
    add_row(lines, cells, widths)
    lines[#lines + 1] = rule(widths)
  end
  return lines
end

-- ---- the scan -----------------------------------------------------------------------------------------------------

-- Parses "host:port" and "[::1]:port", which clair-scanner did not support. Without --ip the layer host is not set, and
-- Clair may fetch the layers of an image in a registry there.
local function split_ip(options)
  local ip = options.ip or ""
  local host, port = ip:match "^([^:]+):(%d+)$"
  if not host then host, port = ip:match "^(%[[^%]]+%]):(%d+)$" end
  return host or options.ip, math.tointeger(tonumber(port)) or options.layer_port
end

local function config_of(options, name)
  local given = {}
  for key, value in pairs(options) do given[key] = value end
  given.clair = options.clair or DEFAULT_URL
  given.layer_host, given.layer_port = split_ip(options)
  local config, message = backend.config(given)
  if not config then return nil, message end
  local there
  there, message = registry.config(options, name)
  if not there then return nil, message end
  for key, value in pairs(there) do config[key] = value end
  return config
end

local function request_of(options)
  return {
    policies = { "threshold" }, whitelist = options.whitelist,
    set = { ["threshold.threshold"] = options.threshold or "Unknown", ["threshold.unknown"] = "pass",
      -- "registry" for "registry:5000/app": the key that its cut at the first colon asked for
      ["whitelist.old_image_keys"] = options.whitelist and "true" or nil },
  }
end

local function failed(log, message, code)
  log:write("CRIT", "%s", message)
  return exit.of_error(code)
end

-- Judged by the requested name, not by the name in the archive.
local function judge_named(judge, scanned, name, config, started)
  local tarsier = require "tarsier"
  local result = tarsier.facts(scanned, started)
  backend.describe(result, config)
  result.image.name = name:gsub("^docker://", ""):gsub("^docker%-daemon:", "")
  local judgement, message = judge:run { image = result.image, findings = result.findings, packages = result.packages,
    problems = result.problems, database = result.database, backend = result.backend }
  if not judgement then return nil, message, "POLICY" end
  return tarsier.decide(result, judgement)
end

-- The log of versions 12 and 13: the port, and each layer that Clair is given. Clair v4 is given all at once, so the
-- log lists the layers that it fetches and those that it knew.
local function logged(log)
  local begun = {}
  return function(event)
    if event.kind == "serving" then
      log:write("INFO", "Server listening on port %d", event.total)
    elseif event.kind == "analyzing" then
      begun[event.index] = true
      log:write("INFO", "Analyzing %s", event.digest)
    elseif event.kind == "layer" and event.cached and not begun[event.index] then
      log:write("INFO", "Analyzed before: %s", event.digest)
    end
  end
end

local function scan(name, config, judge, terminal, log)
  local tarsier = require "tarsier"
  local started = tarsier.now()
  local function warn(what) log:write("WARN", "%s", what) end
  local there <close>, wrong, kind = locate.open(name, config, terminal, warn)
  if not there then return nil, wrong, kind end
  config.on_event = terminal:progress(logged(log))
  local scanned, message, code = there:scan(config, terminal)
  if not scanned then return nil, message, code end
  return judge_named(judge, scanned, name, config, started)
end

-- ---- results and exit codes -----------------------------------------------------------------------------------------

local function shown_rows(rows, all)
  if all ~= false then return rows end
  local shown = {}
  for _, row in ipairs(rows) do
    if row.fails then shown[#shown + 1] = row end
  end
  return shown
end

local function count_failing(rows)
  local count = 0
  for _, row in ipairs(rows) do count = count + (row.fails and 1 or 0) end
  return count
end

local function print_result(name, rows, options, terminal, log)
  local unapproved = count_failing(rows)
  if options.quiet then return unapproved, true end
  if #rows > 0 then log:write("WARN", "Image [%s] contains %d total vulnerabilities", name, #rows) end
  if unapproved > 0 then
    log:write("ERRO", "Image [%s] contains %d unapproved vulnerabilities", name, unapproved)
  else
    log:write("INFO", "Image [%s] contains NO unapproved vulnerabilities", name)
  end
  local shown = shown_rows(rows, options.all)
  if #shown == 0 then return unapproved, true end
  local ok, message = terminal:show(table_of(shown))
  return unapproved, ok, message
end

-- Writes the whole file or nothing.
local function write_report(path, result)
  if not path then return true end
  local ok, message = core.host.write_file(path, assert(report.text("clair-scanner", result)))
  if ok then return true end
  return nil, "cannot write the report: " .. message
end

local function conclude(name, result, options, terminal, log)
  local code, meaning = exit.of_inventory(result)
  local unapproved, printed, message = print_result(name, require "tarsier.report.clair_scanner".rows(result), options,
    terminal, log)
  if not printed then log:write("CRIT", "%s", message) end
  local written
  written, message = write_report(options.report, result)
  if not written then log:write("CRIT", "%s", message) end
  if not printed or not written then return exit.USAGE end
  if code then
    log:write("CRIT", "Image [%s]: %s", name, meaning)
    return code
  end
  return unapproved > 0 and exit.FAIL or exit.PASS
end

local function run(options, arguments, terminal)
  local name = arguments[1]
  local config, message = config_of(options, name)
  if not config then return nil, message end
  local log
  log, message = open_log(options.log, terminal)
  if not log then return nil, message end
  log:write("INFO", "Start clair-scanner")
  local judge <close>, why = require "tarsier".policy.open(request_of(options))
  if not judge then return failed(log, why, "POLICY") end
  local result, code
  result, message, code = scan(name, config, judge, terminal, log)
  terminal:wipe()
  if not result then return failed(log, message, code) end
  code = conclude(name, result, options, terminal, log)
  return log.is_broken and exit.USAGE or code
end

local options = {
  { long = "whitelist", short = "w", value = "FILE", help = "the whitelist, in YAML" },
  { long = "threshold", short = "t", value = "SEVERITY",
    help = "findings below it are approved: Defcon1, Critical, High, Medium, Low, Negligible or, the default, "
      .. "Unknown" },
  { long = "clair", short = "c", value = "URL", env = "CLAIR_URL",
    help = "the Clair to ask, of either generation; default: " .. DEFAULT_URL },
  { long = "ip", value = "HOST[:PORT]", help = "this machine's name or address, as Clair sees it; default: localhost" },
  { long = "log", short = "l", value = "FILE", help = "append the log to this file too" },
  { long = "all", also = "reportAll",
    help = "list approved vulnerabilities too, the default; --all=false lists the others" },
  { long = "report", short = "r", value = "FILE", help = "write the JSON report here" },
  { long = "quiet", short = "q", help = "neither table nor summary" },
  { long = "exit-when-no-features",
    help = "has no effect: the exit code is 5 if the image has no packages, with and without this flag" },
}
for _, option in ipairs(backend.connection) do options[#options + 1] = option end
for _, option in ipairs(backend.layers) do
  if option.long ~= "layer-host" then options[#options + 1] = option end
end
table.move(registry.options, 1, #registry.options, #options + 1, options)

return {
  name = "clair-scanner",
  summary = "replaces arminc/clair-scanner, with its own flags",
  lenient = true,
  arguments = { { name = "IMAGE", help = "as for `tarsier scan`: the name of an image in the container engine "
    .. "($DOCKER_HOST, else Docker's or Podman's socket), docker-archive:FILE, docker://NAME and so on" } },
  description = {
    "For pipelines that call clair-scanner: the same flags, report, table, log and exit codes. A link named "
      .. "clair-scanner does the same.",
    "Exit codes: 0 nothing unapproved, 1 something unapproved, 5 no packages, as in clair-scanner; 2 usage, "
      .. "whitelist or report, 3 the image, 4 Clair, which were all 1 there.",
  },
  options = options,
  examples = { { "tarsier clair-scanner -w allow.yaml -t High --ip 172.17.0.1 -r report.json app:1", "as ever" } },
  run = run,
}
