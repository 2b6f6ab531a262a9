-- Prometheus' text format, version 0.0.4, for the textfile collector of node_exporter or a Pushgateway: how many
-- findings there are, what the verdict is, and how old the facts are. Findings are
-- counted and not listed, because each would be a time series of its own.

local common = require "tarsier.report.shared.common"
local filter = require "tarsier.table.filter"
local text = require "tarsier.text"

local decisions = { "fail", "warn", "undecided", "accept", "ignore" }

local escape = text.escaper { ["\\"] = "\\\\", ['"'] = '\\"' }

local function label(name, value)
  return ('%s="%s"'):format(name, escape(value))
end

-- "2026-11-24T12:00:00Z" or "2026-11-24" -> seconds since 1970 | nil
local function seconds(time)
  local year, month, day, rest = (time or ""):match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
  if not year then return nil end
  local hour, minute, second = rest:match "^T(%d%d):(%d%d):(%d%d)"
  -- days from civil: Howard Hinnant's algorithm; os.time would use the machine's time zone
  local y, m = math.tointeger(year), math.tointeger(month)
  if m <= 2 then y, m = y - 1, m + 12 end
  local days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * (m - 3) + 2) // 5 + math.tointeger(day) - 719469
  return days * 86400 + (math.tointeger(hour) or 0) * 3600 + (math.tointeger(minute) or 0) * 60
    + (math.tointeger(second) or 0)
end

-- metric(name, help, samples): samples are { value, label, … }
local function metric(out, image, name, help, samples)
  if #samples == 0 then return end
  out(("# HELP tarsier_%s %s\n# TYPE tarsier_%s gauge\n"):format(name, help, name))
  for _, sample in ipairs(samples) do
    local labels = { image, table.unpack(sample, 2) }
    local value = math.type(sample[1]) == "integer" and "%d" or "%.3f"
    out(("tarsier_%s{%s} " .. value .. "\n"):format(name, table.concat(labels, ","), sample[1]))
  end
end

local function count(findings)
  local counts, fixable, exploited = {}, 0, 0
  for _, finding in ipairs(findings) do
    local key = finding.severity .. "\0" .. (finding.decision or "undecided")
    counts[key] = (counts[key] or 0) + 1
    if not common.is_settled(finding) then
      fixable = fixable + (finding.fixed_by and 1 or 0)
      exploited = exploited + (finding.kev and 1 or 0)
    end
  end
  return counts, fixable, exploited
end

local function findings_samples(counts)
  local samples = {}
  for i = #filter.severities, 1, -1 do
    for _, decision in ipairs(decisions) do
      local severity = filter.severities[i]
      samples[#samples + 1] = { counts[severity .. "\0" .. decision] or 0, label("severity", severity),
        label("decision", decision) }
    end
  end
  return samples
end

local function package_samples(packages)
  local counts, types, samples = {}, {}, {}
  for _, package in ipairs(packages) do
    if not counts[package.type] then types[#types + 1] = package.type end
    counts[package.type] = (counts[package.type] or 0) + 1
  end
  table.sort(types)
  for i, type in ipairs(types) do samples[i] = { counts[type], label("type", type) } end
  return samples
end

local function one(value)
  return value ~= nil and { { value } } or {}
end

local function write(result, out)
  local repository, tag = common.repository(result.image)
  local image = table.concat({ label("image", repository), label("tag", tag or "") }, ",")
  local counts, fixable, exploited = count(result.findings)
  local function gauge(name, help, samples) metric(out, image, name, help, samples) end
  gauge("findings", "Findings by severity and decision.", findings_samples(counts))
  gauge("findings_fixable", "Findings with a fix that are neither accepted nor ignored.", one(fixable))
  gauge("findings_exploited", "Findings in CISA's KEV catalogue that are neither accepted nor ignored.", one(exploited))
  if result.baseline then
    gauge("findings_new", "Findings that the baseline does not have.", one(math.tointeger(result.baseline.new)))
  end
  gauge("packages", "Packages by type.", package_samples(result.packages))
  if result.verdict then
    gauge("verdict_pass", "1 if the policies let the image pass.", one(result.verdict.pass and 1 or 0))
  end
  gauge("problems", "Parts of the image that could not be judged.", one(#result.problems))
  if result.usage then gauge("scan_seconds", "Duration of the scan.", one(result.usage.seconds)) end
  gauge("scan_timestamp_seconds", "When the scan ended.", one(seconds(result.finished)))
  if result.database then
    gauge("database_timestamp_seconds", "The newest record of the vulnerability database.",
      one(seconds(result.database.newest)))
  end
end

return { name = "prometheus", summary = "counts and ages as metrics, for Prometheus", extension = "prom",
  write = write }
