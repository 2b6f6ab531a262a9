-- Finds policies by name, checks and tests them, and runs them on a scan's result. policies/default.lua explains how to
-- write one.
--
-- A name is looked for in this order: request.folders, $TARSIER_POLICIES (separated by colons), the user's
-- configuration ($XDG_CONFIG_HOME/tarsier/policies), the policies that come with tarsier, ./policies; and, if it
-- contains dots, such as acme.policies.strict, among Lua's modules. A name with a slash, or one that ends in .lua, is a
-- file. The modules that policies require are looked for beside the policy, in the same folders, and on Lua's path.
--
-- Functions fail with nil, message, "CODE".

local core = require "tarsier.core"
local data_file = require "tarsier.data_file"
local suggest = require "tarsier.suggest"
local place = require "tarsier.place"

local policy = {}

--- The fields of a request; see policy.judge.
policy.request_keys = {
  "policies", "set", "folders", "whitelist", "strict_whitelist", "today", "instructions", "memory", "seconds",
}

local is_request_key = {}
for _, key in ipairs(policy.request_keys) do is_request_key[key] = true end

local function check_request(request)
  for key in pairs(request) do
    if not is_request_key[key] then
      error(("unknown option %q for judging%s"):format(tostring(key),
        suggest.hint(tostring(key), policy.request_keys)), 3)
    end
  end
end

local function open_judge(request)
  return core.judge {
    policy_dirs = request.folders, ready_dir = place.policies(), module_path = package.path, today = request.today,
    instructions = request.instructions, memory = request.memory, seconds = request.seconds,
  }
end

-- Returns the file of a policy that is a Lua module; otherwise the name unchanged.
local function module_file(judge, name)
  if not name:find("[^%w_.]") and name:find "%w%.%w" and not name:find "%.lua$" and not judge:find(name) then
    return package.searchpath(name, package.path) or name
  end
  return name
end

local function ask(question, name, request)
  check_request(request or {})
  local judge <close> = assert(open_judge(request or {}))
  return judge[question](judge, module_file(judge, name))
end

--- find(name, [request]) -> file | nil, message, code
function policy.find(name, request)
  return ask("find", name, request)
end

--- check(name, [request]) -> its declaration: { name, summary, description, options, hooks, examples, file }, with a
--- list of its hooks' names and the number of its examples | nil, message, code
function policy.check(name, request)
  local info, message, code = ask("inspect", name, request)
  if not info then return nil, message, code end
  info.file, info.defaults = policy.find(name, request), nil
  return info
end

policy.load = policy.check

--- test(name, [request]) -> the outcomes of its examples: { { ok, index, hook, expected, got, reason }, … } | nil,
--- message, code
function policy.test(name, request)
  return ask("test", name, request)
end

--- list([request]) -> the policies that can be found by name: { name, summary, file, … } as check returns it, or {
--- name, file, message } if one is malformed; by folder, then by name
function policy.list(request)
  check_request(request or {})
  local judge <close> = assert(open_judge(request or {}))
  local files, message, code = judge:list()
  if not files then return nil, message, code end
  local list = {}
  for i, file in ipairs(files) do
    local info
    info, message = judge:inspect(file)
    list[i] = info or { message = message }
    list[i].name = info and info.name or file:match "([^/]*)%.lua$"
    list[i].file, list[i].defaults = file, nil
  end
  return list
end

--- files(folder) -> the files of the policies in one folder, sorted | nil, message, code
function policy.files(folder)
  local judge <close> = assert(core.judge { policy_dirs = { folder }, ready_dir = "", no_environment = true })
  local files, message, code = judge:list()
  if not files then return nil, message, code end
  if files[1] then return files end
  return nil, ("folder %s has no policies: they are files that end in .lua"):format(folder), "NOT_FOUND"
end

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- Sets one option: text as on a command line, where "@FILE" stands for the content of the file; or a value.
local function set_option(judge, key, value)
  local kind = type(value)
  if kind == "string" and value:sub(1, 1) == "@" and #value > 1 then
    local data, message, code = data_file.read(value:sub(2))
    if data == nil then return nil, ("option %s: %s"):format(key, message), code end
    return judge:set_value(key, data)
  end
  if kind == "table" then return judge:set_value(key, value) end
  if kind == "string" or kind == "number" or kind == "boolean" then return judge:set(key, tostring(value)) end
  error(("set[%q] must be text, a number, a boolean or a table"):format(key), 0)
end

-- { "threshold", { "fixable", options = { threshold = "Low" } } } -> { { name, options }, … }, with the whitelist added
local function read_policies(request)
  local list, whitelist = {}, nil
  for i, item in ipairs(request.policies or { "default" }) do
    if type(item) == "string" then item = { item } end
    if type(item) ~= "table" or type(item[1]) ~= "string" then
      error(("policies[%d] must be a name, or { name, options = {…} }"):format(i), 0)
    end
    list[i] = { name = item[1], options = item.options }
    if item[1] == "whitelist" then whitelist = list[i] end
  end
  if not request.whitelist and not request.strict_whitelist then return list end
  if not whitelist then
    whitelist = { name = "whitelist" }
    list[#list + 1] = whitelist -- last: it amends the other policies' decisions
  end
  return list, whitelist
end

-- Converts request.whitelist and request.strict_whitelist to options of the policy `whitelist`
local function add_whitelist(entry, request)
  local options = {}
  for key, value in pairs(entry.options or {}) do options[key] = value end
  options.strict = request.strict_whitelist or options.strict
  if request.whitelist then
    local files = type(request.whitelist) == "table" and request.whitelist or { request.whitelist }
    local entries, notes, code = require "tarsier.whitelist".read(table.unpack(files))
    if not entries then return nil, notes, code end
    options.entries, options.file, options.notes = entries, table.concat(files, ", "), notes
  end
  entry.options = options
  return true
end

local function add_policies(judge, request)
  local list, whitelist = read_policies(request)
  if whitelist then
    local ok, message, code = add_whitelist(whitelist, request)
    if not ok then return nil, message, code end
  end
  for _, entry in ipairs(list) do
    local ok, message, code = judge:add(module_file(judge, entry.name), entry.options)
    if not ok then return nil, message, code end
  end
  for _, key in ipairs(sorted_keys(request.set or {})) do
    local ok, message, code = set_option(judge, key, request.set[key])
    if not ok then return nil, message, code end
  end
  return true
end

--- open([request]) -> judge | nil, message, code: finds and checks everything that the request names, before a report
--- exists. judge:needs() -> the same as needs; judge:run(report) -> the same as judge; judge:close().
function policy.open(request)
  request = request or {}
  check_request(request)
  local judge, message, code = open_judge(request)
  if not judge then return nil, message, code end
  local ok
  ok, message, code = add_policies(judge, request)
  if ok then return judge end
  judge:close()
  return nil, message, code
end

--- needs([request]) -> set of what its policies need gathered: { files = true, upgrades = true } | nil, message, code
function policy.needs(request)
  local judge <close>, message, code = policy.open(request)
  if not judge then return nil, message, code end
  return judge:needs()
end

-- The parts of a result table that are judged
local function subject_of(result)
  return { image = result.image, findings = result.findings, problems = result.problems, packages = result.packages,
    backend = result.backend, database = type(result.database) == "table" and result.database or nil }
end

--- judge(report, [request]) -> { verdict = {…}, findings = { { decision =, reason =, policy =, trail = {…} }, … } }:
--- one for each finding, in the report's order. The report is an engine's, or a result table. All parts of the request
--- are optional:
---
---   { policies = { "default", { "fixable", options = { threshold = "Low" } } },   -- they run in this order
---     set = { ["default.threshold"] = "Medium" },     -- overrides: text, "@FILE" (JSON or YAML), or a value
---     folders = { "policies" },                                                   -- looked into first
---     whitelist = "allow.yaml", strict_whitelist = true,        -- see tarsier.whitelist; or a list of files
---     today = "2026-11-24", instructions = 1e8, memory = 64 << 20, seconds = 10 } -- what a policy may take
function policy.judge(report, request)
  local judge <close>, message, code = policy.open(request)
  if not judge then return nil, message, code end
  if type(report) == "table" then report = subject_of(report) end
  return judge:run(report)
end

--- rejudge(result, [judge | request]) -> result: judges a result table, such as that of an earlier scan, by an open
--- judge or by one of its own, and stores decisions and verdict in it
function policy.rejudge(result, how)
  if type(how) ~= "userdata" then
    local judge <close>, message, code = policy.open(how)
    if not judge then return nil, message, code end
    return policy.rejudge(result, judge)
  end
  if how:needs().upgrades then require "tarsier.advice".upgrades(result) end
  local judgement, message, code = how:run(subject_of(result))
  if not judgement then return nil, message, code end
  for i, finding in ipairs(result.findings) do
    local decided = judgement.findings[i]
    for _, key in ipairs { "decision", "reason", "policy", "trail" } do finding[key] = decided[key] end
  end
  result.verdict = judgement.verdict
  result.advice = require "tarsier.advice".of(result)
  return result
end

return policy
