--- `tarsier policy check`: finds names in a policy that do not exist, by reading its text and by running its hooks on
-- plain records. The text compiles, so it is valid Lua.

local prelude = ...
local library, trusted = prelude.library, prelude.trusted
local error, ipairs, type = library.error, library.ipairs, library.type
local find, format, gsub = library.string.find, library.string.format, library.string.gsub
local match, sub = library.string.match, library.string.sub
local hint, ordered_keys = prelude.hint, prelude.ordered_keys

-- ---- tokens -------------------------------------------------------------------------------------------------------
-- { kind = "name" | "word" | "string" | "number" | "op", text =, at = }, where a word is a keyword

local keywords = {}
for word in library.string.gmatch("and break do else elseif end false for function goto if in local nil not or repeat "
  .. "return then true until while", "%S+") do
  keywords[word] = true
end

-- Returns the position after a long bracket that begins at `at`, or nil.
local function long_bracket_end(text, at)
  local level = match(text, "^%[(=*)%[", at)
  if not level then return nil end
  local _, last = find(text, "]" .. level .. "]", at, true)
  return (last or #text) + 1
end

local function quoted_end(text, at)
  local quote = sub(text, at, at)
  local i = at + 1
  while true do
    i = find(text, '["\'\\]', i) or #text
    local c = sub(text, i, i)
    if c == quote or i >= #text then return i + 1 end
    i = i + (c == "\\" and 2 or 1)
  end
end

local function comment_end(text, at)
  return long_bracket_end(text, at + 2) or find(text, "\n", at, true) or #text + 1
end

-- -> kind | nil for a comment, the position after it
local function next_token(text, at)
  local two, one = sub(text, at, at + 1), sub(text, at, at)
  if two == "--" then return nil, comment_end(text, at) end
  local word = match(text, "^[%a_][%w_]*", at)
  if word then return keywords[word] and "word" or "name", at + #word end
  if one == '"' or one == "'" then return "string", quoted_end(text, at) end
  local behind = one == "[" and long_bracket_end(text, at)
  if behind then return "string", behind end
  if match(text, "^%.?%d", at) then return "number", at + #match(text, "^[%w_.]+", at) end
  local operator = match(text, "^%.%.%.?", at) or match(text, "^::", at) or match(text, "^[=~<>]=", at) or one
  return "op", at + #operator
end

local function tokenize(text)
  local tokens, at = {}, find(text, "%S")
  while at do
    local kind, behind = next_token(text, at)
    if kind then tokens[#tokens + 1] = { kind = kind, text = sub(text, at, behind - 1), at = at } end
    at = find(text, "%S", behind)
  end
  return tokens
end

-- ---- names --------------------------------------------------------------------------------------------------------

local opens = { ["function"] = true, ["do"] = true, ["if"] = true, ["repeat"] = true }
local closes = { ["end"] = true, ["until"] = true, ["}"] = true, [")"] = true, ["]"] = true }

-- Marks the names that are keys in a table constructor, and stores for each `function` the index of its end.
local function mark_structure(tokens)
  local stack = {}
  for i, token in ipairs(tokens) do
    local text = token.kind == "string" and "" or token.text
    local top = stack[#stack]
    if token.kind == "name" and top and top.text == "{" then
      local before, behind = tokens[i - 1].text, tokens[i + 1]
      token.is_key = (before == "{" or before == "," or before == ";") and behind and behind.text == "="
    end
    if token.kind == "word" and opens[text] or token.kind == "op" and (text == "{" or text == "(" or text == "[") then
      stack[#stack + 1] = token
    elseif closes[text] and top then
      top.last = i
      stack[#stack] = nil
    end
  end
end

-- Declares `name`, …, which begin at index `i`, and skips attributes.
local function declare_list(tokens, i, declared)
  while tokens[i] and tokens[i].kind == "name" do
    declared[tokens[i].text] = true
    i = i + 1
    if tokens[i] and tokens[i].text == "<" then
      tokens[i + 1].is_attribute = true
      i = i + 3
    end
    if not tokens[i] or tokens[i].text ~= "," then return end
    i = i + 1
  end
end

local function declare_function(tokens, i, declared)
  i = i + 1
  if tokens[i].kind == "name" then declared[tokens[i].text] = true end
  while tokens[i].text ~= "(" do
    if tokens[i].text == ":" then declared.self = true end
    i = i + 1
  end
  declare_list(tokens, i + 1, declared)
end

-- Returns true if the name at index `i` is assigned in a list, as in `a, b = 1, 2`.
local function is_target(tokens, i)
  while tokens[i + 1] and tokens[i + 1].text == "," and tokens[i + 2] and tokens[i + 2].kind == "name" do i = i + 2 end
  return tokens[i + 1] and tokens[i + 1].text == "="
end

-- Collects every name that the text declares or assigns anywhere. Scopes are not followed, so that valid code is never
-- rejected.
local function declared_in(tokens, from, last)
  local declared = {}
  for i = from, last do
    local token, before, behind = tokens[i], tokens[i - 1], tokens[i + 1]
    local is_word = token.kind == "word"
    if is_word and (token.text == "local" or token.text == "for") then
      declare_list(tokens, i + 1, declared)
    elseif is_word and token.text == "function" then
      declare_function(tokens, i, declared)
    elseif token.kind == "name" and not token.is_key and not (before and (before.text == "." or before.text == ":"))
      and behind and (behind.text == "=" or behind.text == "," and is_target(tokens, i)) then
      declared[token.text] = true
    end
  end
  return declared
end

local function is_reference(tokens, i)
  local token, before = tokens[i], tokens[i - 1]
  if token.kind ~= "name" or token.is_key or token.is_attribute then return false end
  return not before or not (before.kind == "op" and (before.text == "." or before.text == ":" or before.text == "::")
    or before.text == "goto")
end

local function place_of(source, token)
  local _, lines = gsub(sub(source.text, 1, token.at), "\n", "")
  return format("%sline %d: ", source.name and "module " .. source.name .. ", " or "", lines + 1)
end

local libraries = { string = true, table = true, math = true }

local function check_globals(source, tokens)
  local declared = declared_in(tokens, 1, #tokens)
  for i, token in ipairs(tokens) do
    if token.text == "_ENV" and token.kind == "name" then return end
    local name = token.text
    if is_reference(tokens, i) and not declared[name] then
      if prelude.everything[name] == nil then
        error(format("%spolicies have no global '%s'%s", place_of(source, token), name, hint(name, prelude.names)), 0)
      end
      local dot, field = tokens[i + 1], tokens[i + 2]
      if libraries[name] and dot and dot.text == "." and field and not library[name][field.text] then
        error(format("%spolicies have no '%s.%s'%s", place_of(source, field), name, field.text,
          hint(field.text, ordered_keys(library[name]))), 0)
      end
    end
  end
end

-- ---- fields -------------------------------------------------------------------------------------------------------

-- The records that a hook's parameters hold; false for parameters that are not followed.
local function parameters_by_hook(policy)
  local records, options = prelude.records, prelude.options_record(policy.options or {})
  return {
    finding = { records.finding, records.so_far, options, records.image },
    image = { records.image, options },
    verdict = { records.tally, options, false, records.image },
  }
end

-- Returns the index of the `function` that is assigned to the hook's key at index `i`, or nil.
local function hook_function(tokens, i)
  local value = tokens[i + 2]
  if not value then return nil end
  if value.text == "function" and value.kind == "word" then return i + 2 end
  if value.kind ~= "name" then return nil end
  for k = 1, #tokens - 2 do
    if tokens[k].text == "function" and tokens[k].kind == "word" then
      if tokens[k + 1].text == value.text and tokens[k + 2].text == "(" then return k end
      if k > 2 and tokens[k - 1].text == "=" and tokens[k - 2].text == value.text then return k end
    end
  end
end

-- Returns the parameters of the function at index `i` and the index of the first token after them.
local function parameters_of(tokens, i)
  local names = {}
  while tokens[i].text ~= "(" do i = i + 1 end
  i = i + 1
  while tokens[i].text ~= ")" do
    if tokens[i].text ~= "," then names[#names + 1] = tokens[i].text end
    i = i + 1
  end
  return names, i + 1
end

-- Follows `f.package.name` from the token of `f` at index `i`.
local function check_chain(source, tokens, i, record, assigned)
  while record and tokens[i + 1].text == "." and tokens[i + 2].kind == "name" do
    local field = tokens[i + 2]
    if not record.known[field.text] and not assigned[field.text] then
      error(format("%s%s has no field '%s'%s", place_of(source, field), record.what, field.text,
        hint(field.text, record.names)), 0)
    end
    record, i = record.nested[field.text], i + 2
  end
end

-- Returns the fields that the text itself sets in `name`.
local function assigned_to(tokens, name, from, last)
  local assigned = {}
  for i = from, last do
    if tokens[i].text == name and tokens[i + 1].text == "." and tokens[i + 3]
      and (tokens[i + 3].text == "=" or tokens[i + 3].text == ",") then
      assigned[tokens[i + 2].text] = true
    end
  end
  return assigned
end

local function check_name(source, tokens, name, record, from, last)
  local assigned = assigned_to(tokens, name, from, last)
  for i = from, last - 1 do
    if tokens[i].text == name and is_reference(tokens, i) then check_chain(source, tokens, i, record, assigned) end
  end
end

local function count_of(tokens, name, before, from, last)
  local count = 0
  for i = from, last do
    if tokens[i].text == before and tokens[i + 1].text == name then count = count + 1 end
  end
  return count
end

-- Also checks the uses of p after `local p = f.package`, unless `p` is declared more than once.
local function check_locals(source, tokens, name, record, from, last)
  for i = from, last - 6 do
    local inner = tokens[i].text == "local" and tokens[i + 2].text == "=" and tokens[i + 3].text == name
      and tokens[i + 4].text == "." and record.nested[tokens[i + 5].text]
    local behind, given = tokens[i + 6], tokens[i + 1].text
    if inner and (behind.kind == "name" or behind.kind == "word" and behind.text ~= "or" and behind.text ~= "and")
      and count_of(tokens, given, "local", from, last) == 1 and count_of(tokens, given, ",", from, last) == 0
      and count_of(tokens, given, "(", from, last) == 0 and count_of(tokens, given, "for", from, last) == 0 then
      check_name(source, tokens, given, inner, i + 6, last)
    end
  end
end

local function check_hook(source, tokens, records, at)
  local names, from = parameters_of(tokens, at)
  local last = tokens[at].last or #tokens
  local declared = declared_in(tokens, from, last - 1)
  for position, name in ipairs(names) do
    local record = records[position]
    if record and not declared[name] then
      check_name(source, tokens, name, record, from, last)
      check_locals(source, tokens, name, record, from, last)
    end
  end
end

local function check_fields(source, tokens, parameters)
  for i, token in ipairs(tokens) do
    local records = token.is_key and parameters[token.text]
    local at = records and hook_function(tokens, i)
    if at then check_hook(source, tokens, records, at) end
  end
end

-- ---- running ------------------------------------------------------------------------------------------------------

-- Findings that take different branches of a hook.
local function plain_findings()
  local list = {}
  for _, severity in ipairs(prelude.severities) do
    list[#list + 1] = { severity = severity }
    list[#list + 1] = { severity = severity, fixed_by = "2.0" }
  end
  local more = { fixed_by = "2.0", severity = "Critical", informational = "unmaintained",
    kev = { added = "2021-12-10", due = "", ransomware = true }, epss = { score = 0.9, percentile = 0.9 },
    cvss = { vector = "", score = 9.8 } }
  list[#list + 1] = more
  return list
end

-- Runs a hook and raises only if it used a name that does not exist: examples show all other errors.
local function try(hook, example)
  local policy = prelude.loaded[1].policy
  prelude.unknown_name = false
  local ok, message = trusted.pcall(function()
    prelude.run_hook(hook, example, policy, prelude.resolve_options(policy, example.options))
  end)
  if not ok and prelude.unknown_name then
    error(format("%s hook: %s", hook, type(message) == "string" and message or "an unknown name"), 0)
  end
end

local function check_by_running(policy)
  if policy.image then try("image", {}) end
  if policy.verdict then try("verdict", { findings = plain_findings() }) end
  if policy.finding then
    for _, finding in ipairs(plain_findings()) do
      try("finding", { finding = finding })
      try("finding", { finding = finding, so_far = { decision = "fail", reason = "", policy = "example" } })
    end
  end
  for _, example in ipairs(policy.examples or {}) do try(prelude.example_hook(example), example) end
end

--- lint(position): raises if the policy that was loaded there uses a name that does not exist
function prelude.lint(position)
  local parameters = parameters_by_hook(prelude.loaded[position].policy)
  for _, source in ipairs(prelude.sources) do
    local tokens = tokenize(source.text)
    mark_structure(tokens)
    check_globals(source, tokens)
    check_fields(source, tokens, parameters)
  end
  check_by_running(prelude.loaded[position].policy)
end
