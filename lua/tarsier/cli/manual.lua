-- Help for people: --help's text and the manual page, both made from the commands' tables.

local arguments = require "tarsier.cli.arguments"
local exit = require "tarsier.cli.exit"
local text = require "tarsier.text"

local manual = {}

local WIDTH = 80

local function option_head(option)
  local head = (option.short and "-" .. option.short .. ", " or "    ") .. "--" .. option.long
  return option.value and head .. " " .. option.value or head
end

local function option_help(option)
  local help = arguments.help(option)
  return option.env and ("%s [$%s]"):format(help, option.env) or help
end

local function argument_word(argument)
  local word = argument.name .. (argument.many and "…" or "")
  return argument.optional and "[" .. word .. "]" or word
end

--- usage(command, path) -> "tarsier scan [OPTIONS] IMAGE"
function manual.usage(command, path)
  local words = { path }
  if command.commands then
    words[#words + 1] = "COMMAND"
  else
    words[#words + 1] = "[OPTIONS]"
    for _, argument in ipairs(command.arguments) do words[#words + 1] = argument_word(argument) end
  end
  return table.concat(words, " ")
end

-- Two columns: what, and what it does.
local function definitions(lines, list, left)
  for _, item in ipairs(list) do
    local what, help = item[1], text.wrap(item[2], WIDTH - left - 4)
    if text.columns(what) > left then
      lines[#lines + 1] = "  " .. what
      what = ""
    end
    for i, line in ipairs(help) do
      lines[#lines + 1] = ("  %s  %s"):format(text.pad(i == 1 and what or "", left), line)
    end
  end
end

local function section(lines, title)
  lines[#lines + 1] = ""
  lines[#lines + 1] = title
end

local function paragraphs(lines, list)
  for _, paragraph in ipairs(list or {}) do
    lines[#lines + 1] = ""
    for _, line in ipairs(text.wrap(paragraph, WIDTH)) do lines[#lines + 1] = line end
  end
end

local function examples(lines, list)
  if not list or #list == 0 then return end
  section(lines, "Examples:")
  for _, example in ipairs(list) do
    lines[#lines + 1] = "  " .. example[1]
    lines[#lines + 1] = "      " .. example[2]
  end
end

--- help(command, path) -> what `tarsier COMMAND --help` prints
function manual.help(command, path)
  local lines = { "Usage: " .. manual.usage(command, path), "", (command.summary:gsub("^%l", string.upper)) .. "." }
  paragraphs(lines, command.description)
  if command.commands then
    section(lines, "Commands:")
    local list = {}
    for i, inner in ipairs(command.commands) do list[i] = { inner.name, inner.summary } end
    definitions(lines, list, 10)
  elseif #command.arguments > 0 then
    section(lines, "Arguments:")
    local list = {}
    for i, argument in ipairs(command.arguments) do list[i] = { argument_word(argument), argument.help } end
    definitions(lines, list, 10)
  end
  section(lines, "Options:")
  local list = {}
  for i, option in ipairs(arguments.all(command)) do list[i] = { option_head(option), option_help(option) } end
  definitions(lines, list, 26)
  examples(lines, command.examples)
  return table.concat(lines, "\n") .. "\n"
end

--- overview(commands, version) -> what `tarsier help` prints
function manual.overview(commands, version)
  local lines = { "Usage: tarsier COMMAND [OPTIONS] …", "",
    ("tarsier %s finds out what is inside a container image and which vulnerabilities it has."):format(version) }
  section(lines, "Commands:")
  local list = {}
  for i, command in ipairs(commands) do list[i] = { command.name, command.summary } end
  definitions(lines, list, 10)
  section(lines, "Exit codes:")
  list = {}
  for i, code in ipairs(exit.codes) do list[i] = { tostring(code[1]), code[2] } end
  definitions(lines, list, 2)
  section(lines, "`tarsier help COMMAND` says more about a command. Every option may also be given in the environment")
  lines[#lines + 1] = "(--no-fail as TARSIER_NO_FAIL=true) and in a configuration file (--config)."
  return table.concat(lines, "\n") .. "\n"
end

-- ---- the manual page ---------------------------------------------------------------------------------------------

-- Text for roff: backslashes, hyphens that are minus signs, and a dot or quote that would begin a request.
local function roff(s)
  s = s:gsub("…", "..."):gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("`([^`]*)`", "\\fB%1\\fR")
  return (s:gsub("^([.'])", "\\&%1"))
end

local function page_options(lines, options)
  for _, option in ipairs(options) do
    local head = option.short and ("\\fB\\-%s\\fR, "):format(option.short) or ""
    head = head .. "\\fB" .. roff("--" .. option.long) .. "\\fR"
    lines[#lines + 1] = ".TP"
    lines[#lines + 1] = option.value and head .. " \\fI" .. roff(option.value) .. "\\fR" or head
    lines[#lines + 1] = roff(arguments.help(option) .. ".")
  end
end

local function page_command(lines, command, path)
  lines[#lines + 1] = ".SS " .. roff(manual.usage(command, path))
  lines[#lines + 1] = roff((command.summary:gsub("^%l", string.upper)) .. ".")
  for _, paragraph in ipairs(command.description or {}) do
    lines[#lines + 1] = ".PP"
    lines[#lines + 1] = roff(paragraph)
  end
  for _, argument in ipairs(command.arguments or {}) do
    lines[#lines + 1] = ".TP"
    lines[#lines + 1] = "\\fI" .. roff(argument.name) .. "\\fR"
    lines[#lines + 1] = roff(argument.help .. ".")
  end
  page_options(lines, command.options or {})
  for _, inner in ipairs(command.commands or {}) do page_command(lines, inner, path .. " " .. inner.name) end
end

local function page_examples(lines, command)
  for _, example in ipairs(command.examples or {}) do
    lines[#lines + 1] = ".TP"
    lines[#lines + 1] = "\\fB" .. roff(example[1]) .. "\\fR"
    lines[#lines + 1] = roff(example[2] .. ".")
  end
  for _, inner in ipairs(command.commands or {}) do page_examples(lines, inner) end
end

local function collect_variables(seen, list, command)
  for _, option in ipairs(command.options or {}) do
    if option.env and not seen[option.env] then
      seen[option.env] = true
      list[#list + 1] = { option.env, "replaces --" .. option.long }
    end
  end
  for _, inner in ipairs(command.commands or {}) do collect_variables(seen, list, inner) end
end

local fixed_variables = {
  { "TARSIER_OPTION", "replaces the option of that name, such as TARSIER_NO_FAIL=true for --no-fail; several values "
    .. "are separated by commas" },
  { "TARSIER_REGISTRY_PASSWORD", "the password of --registry-user if --registry-password-file is not given" },
  { "DOCKER_HOST", "the container engine, unix:///PATH or tcp://HOST:PORT; otherwise $CONTAINER_HOST, then the socket "
    .. "of Docker or Podman" },
  { "DOCKER_TLS_VERIFY", "if not empty, the engine at tcp:// is spoken to over TLS" },
  { "DOCKER_CERT_PATH", "the folder of ca.pem, cert.pem and key.pem for that; default: ~/.docker" },
  { "DOCKER_API_VERSION", "the version of the engine's API to use, such as 1.41; default: its own" },
  { "TMPDIR", "the folder that holds an image of a container engine while a Clair fetches its layers; default: /tmp" },
  { "TARSIER_POLICIES", "folders in which policies are searched for, separated by colons" },
  { "XDG_DATA_HOME, XDG_CACHE_HOME, XDG_CONFIG_HOME",
    "the folders of the database, the layer cache and your own policies" },
  { "NO_COLOR", "no colour, if set to any value" },
  { "COLUMNS", "the table's width" },
}

local function definition_section(lines, title, list)
  lines[#lines + 1] = ".SH " .. title
  for _, item in ipairs(list) do
    lines[#lines + 1] = ".TP"
    lines[#lines + 1] = "\\fB" .. roff(tostring(item[1])) .. "\\fR"
    lines[#lines + 1] = roff(item[2] .. ".")
  end
end

-- engine/match/risk.c computes it.
local risk = {
  "Every finding has a risk between 0 and 100: severity + exploitation + fix + own, rounded to one decimal.",
  "`severity` is 45 times 1 for Defcon1, 0.95 for Critical, 0.8 for High, 0.55 for Medium, 0.3 for Low, 0.1 for "
    .. "Negligible, 0.5 if unknown; with a CVSS score, the mean of that number and a tenth of the score.",
  "`exploitation` is 40 times 1 if ransomware is known to use it, 0.9 if CISA's KEV lists it, else 0.9 times the "
    .. "square root of its EPSS score; 0.1 if EPSS does not know it.",
  "`fix` is 10 if a version that fixes it is known. `own` is 5 unless the package is in a layer of the base image.",
  "If only headers of a kernel are installed, the risk is halved. A malicious package has 100, a notice that is not a "
    .. "vulnerability 0. The policy `risk` decides by this number, with weights that can be set: "
    .. "--set risk.exploitation=60; any policy may call risk(finding, weights).",
}

--- page(commands, version) -> the manual page, as roff
function manual.page(commands, version)
  local lines = {
    (".TH TARSIER 1 \"\" \"tarsier %s\" \"User Commands\""):format(version),
    ".SH NAME", "tarsier \\- container image scanner with policies in Lua",
    ".SH SYNOPSIS", "\\fBtarsier\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] ...",
    ".SH DESCRIPTION",
    "tarsier finds out what is inside a container image and which vulnerabilities it has;",
    "policies written in Lua decide what to do about them.",
    ".SH COMMANDS",
  }
  for _, command in ipairs(commands) do page_command(lines, command, "tarsier " .. command.name) end
  lines[#lines + 1] = ".SS Options of every command"
  page_options(lines, arguments.all {})
  lines[#lines + 1] = ".SH RISK"
  for i, paragraph in ipairs(risk) do
    if i > 1 then lines[#lines + 1] = ".PP" end
    lines[#lines + 1] = roff(paragraph)
  end
  definition_section(lines, "EXIT STATUS", exit.codes)
  local variables, seen = {}, {}
  for _, command in ipairs(commands) do collect_variables(seen, variables, command) end
  table.move(fixed_variables, 1, #fixed_variables, #variables + 1, variables)
  definition_section(lines, "ENVIRONMENT", variables)
  definition_section(lines, "FILES", {
    { ".tarsier.yaml", "options by their long names, in the working directory, used if neither --config nor "
      .. "TARSIER_CONFIG names a file. It may say how to judge and what to report; options for secrets, addresses, "
      .. "verification and places outside the working directory require a file that is named" },
  })
  lines[#lines + 1] = ".SH EXAMPLES"
  for _, command in ipairs(commands) do page_examples(lines, command) end
  return table.concat(lines, "\n") .. "\n"
end

return manual
