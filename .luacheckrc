std = "lua54"
max_line_length = 120

-- What policies may use: the sandbox's own list. tests/policy/sandbox_spec.lua compares the two.
stds.policy = {
  read_globals = {
    "assert", "error", "ipairs", "next", "pairs", "require", "risk", "select", "tonumber", "tostring", "type",
    "at_least", "contains", "days_since", "ends", "glob", "severities", "starts", "today", "version_compare",
    string = { fields = { "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse",
      "sub", "upper" } },
    table = { fields = { "concat", "insert", "pack", "remove", "sort", "unpack" } },
    math = { fields = { "abs", "ceil", "floor", "fmod", "huge", "max", "maxinteger", "min", "mininteger", "modf", "pi",
      "sqrt", "tointeger", "type", "ult" } },
  },
}

files["policies"] = { std = "policy" }
files["engine/examples/templates"] = { std = "policy", read_globals = { "escape" } }
files["tests"] = { std = "lua54+busted", max_line_length = 170 } -- tables of cases read better in rows
files["tests/data/policies"] = { std = "policy" }

-- Style sheets and scripts within Lua: a rule of CSS is one line.
files["lua/tarsier/report/shared/html_style.lua"] = { max_string_line_length = false }
files["lua/tarsier/report/shared/html_script.lua"] = { max_string_line_length = false }
