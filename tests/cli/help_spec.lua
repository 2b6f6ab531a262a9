-- What is made from the commands' tables: help, the manual page, completions.

local arguments = require "tarsier.cli.arguments"
local cli = require "tarsier.cli"
local completion = require "tarsier.cli.completion"
local manual = require "tarsier.cli.manual"
local shell = require "support.shell"

local function each_leaf(visit)
  for _, command in ipairs(cli.commands()) do
    for _, inner in ipairs(command.commands or { command }) do
      visit(inner, inner == command and command.name or command.name .. " " .. inner.name)
    end
  end
end

local function written(name, content)
  local path = shell.capture "mktemp -d" .. "/" .. name
  shell.write(path, content)
  finally(function() shell.remove(path:match "^(.*)/") end)
  return path
end

describe("help", function()
  each_leaf(function(command, name)
    it("of " .. name .. " names every option, and fits 80 columns", function()
      local page = manual.help(command, "tarsier " .. name)
      for _, option in ipairs(arguments.all(command)) do
        assert.is_truthy(page:find("--" .. option.long, 1, true))
        if option.env then assert.is_truthy(page:find("$" .. option.env, 1, true)) end
      end
      for line in page:gsub("\nExamples:.*", ""):gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
    end)
  end)

  it("lists the exit codes", function()
    local page = manual.overview(cli.commands(), "0.1.0")
    for _, code in ipairs { 0, 1, 2, 3, 4, 5 } do assert.is_truthy(page:find("\n  " .. code .. " ", 1, true)) end
  end)

  it("has only examples that parse", function()
    each_leaf(function(command)
      for _, example in ipairs(command.examples or {}) do
        local line = example[1]:match "tarsier [^)]*" -- also within $(…)
        local words = {}
        for word in line:gmatch "%S+" do words[#words + 1] = word end
        local found, path, used = cli.find { table.unpack(words, 2) }
        assert.equal(command, found, path)
        local options, message = arguments.parse(command, { table.unpack(words, used + 2) })
        assert.is_table(options, message)
      end
    end)
  end)
end)

describe("the manual page", function()
  it("names every option and every exit code", function()
    local page = manual.page(cli.commands(), "0.1.0")
    each_leaf(function(command)
      for _, option in ipairs(command.options) do
        local escaped = ("--" .. option.long):gsub("%-", "\\-")
        assert.is_truthy(page:find(escaped, 1, true), option.long)
      end
    end)
    for _, name in ipairs { "config", "help" } do assert.is_truthy(page:find("\\-\\-" .. name .. "\\fR", 1, true), name) end
    assert.is_truthy(page:find(".SH EXIT STATUS", 1, true))
    assert.is_nil(page:find "[\128-\255]")
  end)

  it("is roff that mandoc takes", function()
    if not shell.has "mandoc" then return pending "needs mandoc: apt-get install mandoc" end
    local path = written("tarsier.1", manual.page(cli.commands(), "0.1.0"))
    local _, output = shell.run("mandoc -T lint -W warning " .. path)
    assert.equal("", (output:gsub("[^\n]*missing date[^\n]*\n", "")))
  end)
end)

describe("completion", function()
  local words = [[
source %s
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tarsier; echo "${COMPREPLY[*]}"; }
try tarsier sc
try tarsier db ''
try tarsier db import --me
try tarsier scan --format cl
try tarsier scan -t Hi
try tarsier db status -f ''
try tarsier help comp
]]

  it("works in bash", function()
    if not shell.has "bash" then return pending "needs bash: apt-get install bash" end
    local path = written("bash", completion.bash(cli.commands()))
    local code, output, errors = shell.run { "bash", "-c", words:format(path) }
    assert.equal("", errors)
    assert.equal(0, code)
    assert.equal("scan\nimport status update fetch search diff push pull\n--merge\nclair clair-scanner\nHigh\ntable json\ncompare\n", output)
  end)

  it("is what zsh parses", function()
    if not shell.has "zsh" then return pending "needs zsh: apt-get install zsh" end
    local code, _, errors = shell.run("zsh -n " .. written("zsh", completion.zsh(cli.commands())))
    assert.equal("", errors)
    assert.equal(0, code)
  end)

  it("works in fish", function()
    if not shell.has "fish" then return pending "needs fish: apt-get install fish" end
    local path = written("fish", completion.fish(cli.commands()))
    local code, output = shell.run { "env", "HOME=" .. path:match "^(.*)/", "fish", "-c",
      ("source %s; complete -C 'tarsier db im'; complete -C 'tarsier scan --color al'"):format(path) }
    assert.equal(0, code)
    assert.is_truthy(output:match "^import\t")
    assert.is_truthy(output:match "\nalways\t")
  end)

  for _, shell_name in ipairs { "bash", "zsh", "fish" } do
    it("knows every option in " .. shell_name, function()
      local script = completion[shell_name](cli.commands())
      each_leaf(function(command)
        for _, option in ipairs(arguments.all(command)) do
          local word = shell_name == "fish" and "-l " .. option.long or "--" .. option.long
          assert.is_truthy(script:find(word:gsub("%-", "%%-") .. "%f[^%w-]"), word)
        end
      end)
    end)
  end

  it("knows the formats and policies there are", function()
    local report = require "tarsier.report"
    local script = completion.bash(cli.commands())
    for _, format in ipairs(report.list()) do assert.is_truthy(script:find(format.name, 1, true)) end
    for path in shell.capture "ls policies 2>/dev/null":gmatch "(%S+)%.lua" do
      assert.is_truthy(script:find(path, 1, true), path)
    end
  end)
end)
