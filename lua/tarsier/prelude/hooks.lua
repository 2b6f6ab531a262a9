--- The functions that the engine calls: loading a policy, running its hooks on a report, running its examples.

local prelude = ...
local library, host = prelude.library, prelude.host
local ipairs = library.ipairs
local find, format = library.string.find, library.string.format
local copy = prelude.copy

local loaded = {} -- by position: { policy =, options =, image = }
prelude.loaded = loaded

local function describe_examples(policy)
  local list = {}
  for i, example in ipairs(policy.examples or {}) do
    local reason = example.reason and format(" with '%s' in the reason", example.reason) or ""
    list[i] = { hook = prelude.example_hook(example), expected = (example.expect or "none") .. reason }
  end
  return list
end

--- load(position, overrides, settings, today) -> the policy's declaration
function prelude.load(position, overrides, settings, today)
  prelude.today = today
  local policy = prelude.compile(position)()
  prelude.check_policy(policy)
  local options = prelude.resolve_options(policy, overrides, settings)
  loaded[position] = { policy = policy, options = options }
  local present = {}
  for _, hook in ipairs(prelude.hooks) do
    if policy[hook] then present[#present + 1] = hook end
  end
  return {
    name = policy.name, summary = policy.summary, description = policy.description, options = options,
    defaults = policy.options or {}, needs = prelude.needs_of(policy, options), hooks = present,
    examples = #(policy.examples or {}),
  }
end

-- ---- on a report --------------------------------------------------------------------------------------------------

local function say(hook, where, decision, reason)
  if decision ~= nil or reason ~= nil then host.word(hook, where, decision, reason) end
end

--- image(position)
function prelude.image_hook(position)
  local entry = loaded[position]
  entry.image = prelude.image()
  local hook = entry.policy.image
  if hook then say(hook, "image", hook(entry.image, entry.options)) end
end

--- finding_hook(position): runs the hook on every finding
function prelude.finding_hook(position)
  local entry = loaded[position]
  local hook, options, image = entry.policy.finding, entry.options, entry.image
  if not hook then return end
  for i = 1, host.count() do
    say(hook, i, hook(prelude.finding(i), prelude.so_far(i), options, image))
  end
end

--- verdict_hook(position, tally) -> details | nil
function prelude.verdict_hook(position, tally)
  local entry = loaded[position]
  local hook = entry.policy.verdict
  if not hook then return nil end
  prelude.strict(tally, prelude.records.tally)
  local decision, reason, details = hook(tally, entry.options, prelude.findings(), entry.image)
  say(hook, "verdict", decision, reason)
  return details
end

-- ---- examples -----------------------------------------------------------------------------------------------------

local plain_image

-- Examples that say nothing of the image have one in common, as findings have in a scan.
local function image_of(example)
  if example.image then return prelude.complete(example.image, "image") end
  plain_image = plain_image or prelude.complete(nil, "image")
  return plain_image
end

local function run_hook(hook, example, policy, options)
  local image = image_of(example)
  if hook == "finding" then
    local so_far = prelude.strict(copy(example.so_far), prelude.records.so_far)
    return policy.finding(prelude.complete(example.finding, "finding"), so_far, options, image)
  elseif hook == "image" then
    return policy.image(image, options)
  end
  local findings = {}
  for i, finding in ipairs(example.findings or {}) do findings[i] = prelude.complete(finding, "finding") end
  return policy.verdict(prelude.complete(example.verdict, "tally"), options, findings, image)
end
prelude.run_hook = run_hook

--- examples(position) -> { { hook, expected }, … }
function prelude.examples(position)
  return describe_examples(loaded[position].policy)
end

--- example(position, index) -> { ok, got, reason }, for the policy that was loaded at that position
function prelude.example(position, index)
  local policy = loaded[position].policy
  local example = policy.examples[index]
  local hook = prelude.example_hook(example)
  prelude.today = example.today or prelude.today
  local got, reason = run_hook(hook, example, policy, prelude.resolve_options(policy, example.options))
  host.check_word(policy[hook], hook, got, reason)
  got = got or "none"
  local has_reason = not example.reason or reason ~= nil and find(reason, example.reason, 1, true) ~= nil
  return { ok = got == (example.expect or "none") and has_reason, got = got, reason = reason }
end
