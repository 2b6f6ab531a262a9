-- tarsier compare: which of two versions is later?

local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local suggest = require "tarsier.suggest"

local signs = { [-1] = "<", [0] = "=", [1] = ">" }

local function is_known(scheme)
  local _, _, code = core.compare(scheme, "1", "1")
  return code ~= "USAGE"
end

-- Pairs from standard input, a line each, tab-separated: one answer a line, in blocks of many.
local BLOCK = 4096

local function from_input(scheme, terminal)
  local compare = core.compare
  local answers, n = {}, 0
  local function flush()
    local ok, message = terminal:write(table.concat(answers, "\n", 1, n) .. (n > 0 and "\n" or ""))
    n = 0
    return ok, message
  end
  for line in io.lines() do
    local a, b = line:match "^([^\t]*)\t([^\t]*)$"
    local order = a and compare(scheme, a, b)
    n = n + 1
    answers[n] = signs[order] or "invalid"
    if n == BLOCK then
      local ok, message = flush()
      if not ok then return ok, message end
    end
  end
  return flush()
end

local function run(_, arguments, terminal)
  local scheme, a, b = arguments[1], arguments[2], arguments[3]
  if not is_known(scheme) then
    local schemes = core.schemes()
    return nil, ("unknown scheme %q%s; there are %s, and OSV's names of ecosystems: npm, PyPI, crates.io, …"):format(
      scheme, suggest.hint(scheme, schemes), table.concat(schemes, ", "))
  end
  if a == "-" and not b then
    local ok, message = from_input(scheme, terminal)
    if not ok then terminal:fail(message) end
    return ok and exit.PASS or exit.USAGE
  end
  if not b then return nil, "missing the second version" end
  local order, message = core.compare(scheme, a, b)
  local ok, failed = terminal:print((signs[order] or "invalid") .. "\n")
  if not order then terminal:fail(message) end
  if not ok then terminal:fail(failed) end
  return order and ok and exit.PASS or exit.USAGE
end

return {
  name = "compare",
  summary = "compare two versions",
  arguments = {
    { name = "SCHEME", help = "the scheme: deb, apk, rpm, pep440, semver, …; `tarsier version` lists them. "
      .. "Or the name of an ecosystem that it orders: npm, PyPI, Debian:12, …; or the type of its "
      .. "purls: cargo, golang, …" },
    { name = "A", help = "a version, or - to read pairs from standard input" },
    { name = "B", help = "another version", optional = true },
  },
  description = {
    "Prints <, = or >, or `invalid` if a version is not valid in that scheme; then the exit code is 2.",
    "With - instead of the versions, it reads pairs from standard input, one on each line, separated by a tab, and "
      .. "prints one answer on each line. The exit code is then 0, whatever the answers are.",
  },
  options = {},
  examples = {
    { "tarsier compare deb 1.0~rc1-1 1.0-1", "prints <" },
    { "tarsier compare npm 4.17.20 4.17.21", "prints <" },
    { "printf '1.0\\t1.0.0\\n' | tarsier compare pep440 -", "prints =" },
  },
  run = run,
}
