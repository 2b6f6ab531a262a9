-- The options that the commands that judge have in common.

local additions = require "tarsier.cli.additions"
local filter = require "tarsier.table.filter"

local judging = {}

judging.options = {
  { long = "policy", short = "p", value = "POLICY", many = true,
    help = "a policy by name, by file, or as a Lua module; may be repeated, the order counts; default: default" },
  { long = "threshold", short = "t", value = "SEVERITY",
    help = "fail on findings of this severity and above: the policy `threshold`" },
  { long = "whitelist", short = "w", value = "FILE", many = true,
    help = "accept what this file lists: the policy `whitelist`; also .trivyignore, .trivyignore.yaml, Grype's and "
      .. "OSV-Scanner's configuration; may be repeated" },
  { long = "strict-whitelist", help = "fail on whitelist entries that are expired or match nothing" },
  { long = "set", value = "POLICY.OPTION=VALUE", many = true,
    help = "set an option of a policy, @FILE for a value from JSON or YAML; may be repeated" },
  { long = "policy-dir", value = "DIR", many = true, help = "look for policies here first; may be repeated" },
}

table.move(additions.options, 1, #additions.options, #judging.options + 1, judging.options)

-- The options that say what the table lists. They never change what is judged.
judging.shown = {
  severity = { long = "severity", value = "SEVERITY", choices = filter.severities,
    help = "show only findings of this severity and above in the table; all are judged" },
  only_fixed = { long = "only-fixed", help = "show only findings with a fix in the table; all are judged" },
  show = { long = "show", value = "WHICH", choices = { "all", "failing" },
    help = "what the table lists: all findings, accepted and ignored ones too, or failing ones only; default: those "
      .. "that are not accepted or ignored" },
  sort = { long = "sort", value = "ORDER", choices = filter.orders,
    help = "the order of findings in the table, Markdown and HTML: risk, severity, package or layer; default: by "
      .. "decision, then what is known to be exploited, severity, EPSS" },
}

-- "policy.key=value" -> ["policy.key"] = value
local function read_settings(texts)
  local set = {}
  for _, setting in ipairs(texts or {}) do
    local key, value = setting:match "^([^=.]+%.[^=]+)=(.*)$"
    if not key then return nil, ("--set %s: it is written POLICY.OPTION=VALUE"):format(setting) end
    set[key] = value
  end
  return set
end

local function has(list, name)
  for _, item in ipairs(list) do
    if item == name then return true end
  end
end

--- request(options) -> what tarsier.policy.open takes | nil, message. The policies run in this order: the named ones,
--- otherwise `threshold` if -t is given, otherwise `default`; `new`, `vex` and the whitelist are last, because they
--- change their decisions.
function judging.request(options)
  local set, message = read_settings(options.set)
  if not set then return nil, message end
  local policies = options.policy or { options.threshold and "threshold" or "default" }
  if options.threshold then
    if not has(policies, "threshold") then table.insert(policies, "threshold") end
    set["threshold.threshold"] = options.threshold
  end
  if additions.baseline_file(options) and not has(policies, "new") then table.insert(policies, "new") end
  if (options.vex or options.vex_key) and not has(policies, "vex") then table.insert(policies, "vex") end
  if options.whitelist and not has(policies, "whitelist") then table.insert(policies, "whitelist") end
  return { policies = policies, set = set, folders = options.policy_dir, whitelist = options.whitelist,
    strict_whitelist = options.strict_whitelist }
end

return judging
