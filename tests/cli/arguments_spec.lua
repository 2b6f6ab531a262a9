local arguments = require "tarsier.cli.arguments"

local command = {
  name = "try",
  arguments = { { name = "FIRST" }, { name = "SECOND", optional = true } },
  options = {
    { long = "format", short = "f", value = "FORMAT", many = true, help = "" },
    { long = "count", short = "c", value = "N", integer = 1, help = "" },
    { long = "color", value = "WHEN", choices = { "auto", "always", "never" }, help = "" },
    { long = "no-fail", help = "" },
    { long = "quiet", short = "q", help = "" },
    { long = "shell", value = "FILE", env = "HOME", help = "" },
  },
}

local function parse(line)
  local argv = {}
  for word in line:gmatch "%S+" do argv[#argv + 1] = word == "''" and "" or word end
  return arguments.parse(command, argv)
end

describe("arguments", function()
  local good = {
    ["a"] = { {}, { "a" } },
    ["a b"] = { {}, { "a", "b" } },
    ["-q a"] = { { quiet = true }, { "a" } },
    ["a -q --no-fail"] = { { quiet = true, no_fail = true }, { "a" } },
    ["--format=x --format y -fz -f w a"] = { { format = { "x", "y", "z", "w" } }, { "a" } },
    ["-qfjson a"] = { { quiet = true, format = { "json" } }, { "a" } },
    ["-qf json=a=b a"] = { { quiet = true, format = { "json=a=b" } }, { "a" } },
    ["--count=3 a"] = { { count = 3 }, { "a" } },
    ["--color never a"] = { { color = "never" }, { "a" } },
    ["-- -q --x"] = { {}, { "-q", "--x" } },
    ["a --"] = { {}, { "a" } },
    ["-"] = { {}, { "-" } },
    ["-f - a"] = { { format = { "-" } }, { "a" } },
    ["-f --no-fail a"] = { { format = { "--no-fail" } }, { "a" } },
    ["''"] = { {}, { "" } },
    ["--shell x a"] = { { shell = "x" }, { "a" } },
  }
  for line, expected in pairs(good) do
    it("reads " .. line, function()
      local options, rest = parse(line)
      assert.is_table(options, rest)
      if expected[1].shell == nil then
        assert.equal(os.getenv "HOME", options.shell)
        options.shell = nil
      end
      assert.same(expected[1], options)
      assert.same(expected[2], rest)
    end)
  end

  local bad = {
    [""] = "missing FIRST",
    ["a b c"] = 'unexpected argument "c"',
    ["--formt x a"] = 'unknown option --formt (did you mean "--format"?)',
    ["--zzz"] = "unknown option --zzz",
    ["-x a"] = "unknown option -x",
    ["-quiet a"] = 'unknown option -u (did you mean --quiet?)',
    ["--no-fail=yes a"] = "--no-fail is a flag and takes no value",
    ["a --format"] = "--format requires a FORMAT",
    ["a -f"] = "--format requires a FORMAT",
    ["a --format="] = "--format requires a FORMAT that is not empty",
    ["--count=0 a"] = '--count: "0" is not a whole number of at least 1',
    ["--count=1.5 a"] = '--count: "1.5" is not a whole number of at least 1',
    ["--count=99999999999999999999 a"] = '--count: "99999999999999999999" is not a whole number of at least 1',
    ["--color=alway a"] = '--color: "alway" is not one of auto, always, never (did you mean "always"?)',
  }
  for line, expected in pairs(bad) do
    it("refuses " .. (line == "" and "nothing" or line), function()
      local options, message = parse(line)
      assert.is_nil(options)
      assert.equal(expected, message)
    end)
  end

  it("asks for help before anything is missing", function()
    assert.is_true(parse("--help").help)
    assert.is_true(parse("-qh").help)
  end)
end)

describe("the commands' tables", function()
  local cli = require "tarsier.cli"

  local function check(command_table, path)
    it(path .. " is whole", function()
      assert.is_string(command_table.summary)
      if command_table.commands then return end
      assert.is_function(command_table.run)
      assert.is_table(command_table.arguments)
      local seen = {}
      for _, option in ipairs(arguments.all(command_table)) do
        assert.is_string(arguments.help(option), option.long)
        for _, name in ipairs { option.long, option.short } do
          assert.is_nil(seen[name], path .. " has " .. name .. " twice")
          seen[name] = true
        end
      end
    end)
    for _, inner in ipairs(command_table.commands or {}) do check(inner, path .. " " .. inner.name) end
  end

  for _, each in ipairs(cli.commands()) do check(each, each.name) end
end)
