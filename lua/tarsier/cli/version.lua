-- tarsier version: the version and the parts of this build.

local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local json = require "tarsier.json"
local report = require "tarsier.report"

local function names(list)
  local words = {}
  for i, item in ipairs(list) do words[i] = type(item) == "table" and item.name or item end
  return words
end

local function facts()
  return {
    { "tarsier", core.version },
    { "lua", _VERSION },
    { "platform", core.platform() },
    { "sources", names(core.sources()) },
    { "readers", names(core.readers()) },
    { "schemes", names(core.schemes()) },
    { "reports", names(report.list()) },
  }
end

local function as_json(list)
  local words = {}
  for i, fact in ipairs(list) do
    words[2 * i - 1], words[2 * i] = fact[1], type(fact[2]) == "table" and json.array(fact[2]) or fact[2]
  end
  return json.encode(json.object(table.unpack(words)), { indent = "  " }) .. "\n"
end

local function as_text(list)
  local lines = { "tarsier " .. core.version }
  for i = 2, #list do
    local name, value = list[i][1], list[i][2]
    lines[i] = ("%-9s %s"):format(name, type(value) == "table" and table.concat(value, " ") or value)
  end
  return table.concat(lines, "\n") .. "\n"
end

return {
  name = "version",
  summary = "print the version and the parts of this build",
  arguments = {},
  options = {
    { long = "format", short = "f", value = "FORMAT", env = "TARSIER_VERSION_FORMAT",
          choices = { "text", "json" },
      help = "text or json; default: text" },
  },
  examples = { { "tarsier version -f json", "for scripts" } },
  run = function(options, _, terminal)
    local ok, message = terminal:print((options.format == "json" and as_json or as_text)(facts()))
    if not ok then terminal:fail(message) end
    return ok and exit.PASS or exit.USAGE
  end,
}
