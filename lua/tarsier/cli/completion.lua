-- Completions for shells, made from the commands' tables.

local arguments = require "tarsier.cli.arguments"
local report = require "tarsier.report"

local completion = {}

-- Returns every command that has options, with the words that select it: { { words = "db import", command }, … }
local function leaves(commands)
  local list = {}
  for _, command in ipairs(commands) do
    if command.commands then
      for _, inner in ipairs(command.commands) do
        list[#list + 1] = { words = command.name .. " " .. inner.name, command = inner }
      end
    else
      list[#list + 1] = { words = command.name, command = command }
    end
  end
  return list
end

local function names(commands)
  local list = {}
  for i, command in ipairs(commands) do list[i] = command.name end
  return table.concat(list, " ")
end

local function option_words(command)
  local list = {}
  for _, option in ipairs(arguments.all(command)) do
    list[#list + 1] = "--" .. option.long
    if option.short then list[#list + 1] = "-" .. option.short end
  end
  return table.concat(list, " ")
end

local known_values = {
  format = report.names(),
  threshold = { "Unknown", "Negligible", "Low", "Medium", "High", "Critical", "Defcon1" },
  policy = { "default", "threshold", "whitelist", "fixable", "kev", "new", "risk", "vex", "conformance" },
}

-- Returns the known values of an option | nil: then it takes a file, as most others do
local function values(option)
  return option.value and (option.choices or known_values[option.long])
end

local function bash_values(lines, leaf)
  for _, option in ipairs(arguments.all(leaf.command)) do
    local list = values(option)
    if list then
      local pattern = ("%s:--%s"):format(leaf.words, option.long)
      local short = option.short and ("|%s:-%s"):format(leaf.words, option.short) or ""
      lines[#lines + 1] = ("    '%s'%s) words=%q ;;"):format(pattern, short:gsub("|(.+)", "|'%1'"),
        table.concat(list, " "))
    end
  end
end

function completion.bash(commands)
  local lines = {
    "# bash completion for tarsier, made by `tarsier help --completion bash`",
    "_tarsier() {",
    "  local current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"",
    "  local command=\"${COMP_WORDS[1]}\" words=''",
    "  COMPREPLY=()",
    "  if [[ $COMP_CWORD -eq 1 ]]; then",
    ("    COMPREPLY=($(compgen -W '%s --help --version' -- \"$current\")); return"):format(names(commands)),
    "  fi",
    "  case \"$command\" in",
  }
  for _, command in ipairs(commands) do
    if command.commands then
      lines[#lines + 1] = ("    %s) if [[ $COMP_CWORD -eq 2 ]]; then"):format(command.name)
      lines[#lines + 1] = ("        COMPREPLY=($(compgen -W '%s' -- \"$current\")); return")
        :format(names(command.commands))
      lines[#lines + 1] = "      fi"
      lines[#lines + 1] = "      command=\"$command ${COMP_WORDS[2]}\" ;;"
    end
  end
  lines[#lines + 1] = ("    help) COMPREPLY=($(compgen -W '%s' -- \"$current\")); return ;;"):format(names(commands))
  lines[#lines + 1] = "  esac"
  lines[#lines + 1] = "  case \"$command:$before\" in"
  for _, leaf in ipairs(leaves(commands)) do bash_values(lines, leaf) end
  lines[#lines + 1] = "  esac"
  lines[#lines + 1] = "  if [[ -z $words && $current == -* ]]; then"
  lines[#lines + 1] = "    case \"$command\" in"
  for _, leaf in ipairs(leaves(commands)) do
    lines[#lines + 1] = ("      '%s') words=%q ;;"):format(leaf.words, option_words(leaf.command))
  end
  lines[#lines + 1] = "    esac"
  lines[#lines + 1] = "  fi"
  lines[#lines + 1] = "  if [[ -n $words ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))"
  lines[#lines + 1] = "  else COMPREPLY=($(compgen -f -- \"$current\")); fi"
  lines[#lines + 1] = "}"
  lines[#lines + 1] = "complete -o filenames -F _tarsier tarsier"
  return table.concat(lines, "\n") .. "\n"
end

-- Quotes text for zsh's specifications, in single quotes: escapes brackets and colons.
local function zsh_text(s)
  return (s:gsub("'", "'\\''"):gsub("([%[%]:])", "\\%1"))
end

local function zsh_option(option)
  local list = values(option)
  local action, many, help = "", option.many and "*" or "", zsh_text(arguments.help(option))
  if option.value then
    local what = list and "(" .. table.concat(list, " ") .. ")" or "_files"
    action = (":%s:%s"):format(zsh_text(option.value:lower()), what)
  end
  local lines = { ("'%s--%s%s[%s]%s'"):format(many, option.long, option.value and "=" or "", help, action) }
  if option.short then
    lines[2] = ("'%s-%s%s[%s]%s'"):format(many, option.short, option.value and "+" or "", help, action)
  end
  return table.concat(lines, " \\\n        ")
end

local function zsh_describe(commands)
  local list = {}
  for i, command in ipairs(commands) do list[i] = ("'%s:%s'"):format(command.name, zsh_text(command.summary)) end
  return table.concat(list, " ")
end

local function zsh_leaf(lines, leaf)
  lines[#lines + 1] = ("    '%s')"):format(leaf.words)
  lines[#lines + 1] = "      _arguments -s \\"
  for _, option in ipairs(arguments.all(leaf.command)) do
    lines[#lines + 1] = "        " .. zsh_option(option) .. " \\"
  end
  lines[#lines + 1] = "        '*:argument:_files' ;;"
end

function completion.zsh(commands)
  local lines = {
    "#compdef tarsier",
    "# zsh completion for tarsier, made by `tarsier help --completion zsh`",
    "_tarsier() {",
    "  local -a commands",
    "  local command=\"$words[2]\"",
    "  if (( CURRENT == 2 )); then",
    ("    commands=(%s)"):format(zsh_describe(commands)),
    "    _describe command commands; return",
    "  fi",
    "  shift words; (( CURRENT-- ))",
    "  case \"$command\" in",
  }
  for _, command in ipairs(commands) do
    if command.commands then
      lines[#lines + 1] = ("    %s)"):format(command.name)
      lines[#lines + 1] = ("      if (( CURRENT == 2 )); then commands=(%s); _describe command commands; return; fi")
        :format(zsh_describe(command.commands))
      lines[#lines + 1] = "      command=\"$command $words[2]\"; shift words; (( CURRENT-- )) ;;"
    end
  end
  lines[#lines + 1] = "  esac"
  lines[#lines + 1] = "  case \"$command\" in"
  for _, leaf in ipairs(leaves(commands)) do zsh_leaf(lines, leaf) end
  lines[#lines + 1] = "  esac"
  lines[#lines + 1] = "}"
  lines[#lines + 1] = "_tarsier \"$@\""
  return table.concat(lines, "\n") .. "\n"
end

local function fish_text(s)
  return (s:gsub("\\", "\\\\"):gsub("'", "\\'"))
end

local function fish_option(condition, option)
  local parts = { ("complete -c tarsier -n '%s' -l %s"):format(condition, option.long) }
  if option.short then table.insert(parts, "-s " .. option.short) end
  local list = values(option)
  if list then table.insert(parts, ("-x -a '%s'"):format(table.concat(list, " ")))
  elseif option.value then table.insert(parts, "-r") end
  table.insert(parts, ("-d '%s'"):format(fish_text(arguments.help(option))))
  return table.concat(parts, " ")
end

function completion.fish(commands)
  local lines = { "# fish completion for tarsier, made by `tarsier help --completion fish`" }
  for _, command in ipairs(commands) do
    lines[#lines + 1] = ("complete -c tarsier -f -n __fish_use_subcommand -a %s -d '%s'"):format(command.name,
      fish_text(command.summary))
    if command.commands then
      for _, inner in ipairs(command.commands) do
        lines[#lines + 1] = ("complete -c tarsier -f -n '__fish_seen_subcommand_from %s; and not "
          .. "__fish_seen_subcommand_from %s' -a %s -d '%s'"):format(command.name, names(command.commands), inner.name,
          fish_text(inner.summary))
      end
    end
  end
  for _, leaf in ipairs(leaves(commands)) do
    local conditions = {}
    for word in leaf.words:gmatch "%S+" do
      conditions[#conditions + 1] = "__fish_seen_subcommand_from " .. word
    end
    local condition = table.concat(conditions, "; and ")
    for _, option in ipairs(arguments.all(leaf.command)) do lines[#lines + 1] = fish_option(condition, option) end
  end
  return table.concat(lines, "\n") .. "\n"
end

return completion
