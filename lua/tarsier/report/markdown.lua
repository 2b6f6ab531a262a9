-- A comment on a merge request, or the summary of a GitHub job: the verdict, what to do next, and the findings that a
-- person has to look at, most urgent first.

local age = require "tarsier.table.age"
local common = require "tarsier.report.shared.common"
local findings = require "tarsier.table.findings"
local markdown = require "tarsier.report.shared.markdown"
local steps = require "tarsier.report.shared.steps"
local text = require "tarsier.text"

-- GitHub takes 65,536 characters in a comment and 1 MiB in a job's summary, GitLab 1,000,000 characters in a comment.
-- The report stays below the smallest: each list has a limit in bytes, and the findings get what the others leave.
local WHOLE, REASONS, STEPS, OPEN, REMARKS, PROBLEMS = 65000, 4000, 8000, 3000, 3000, 6000

local escape, code = markdown.escape, markdown.code

local icons = { fail = "❌", warn = "⚠️", pass = "✅" }

-- Writes lines until `limit` bytes are full -> how many were left out
local function write_some(out, list, limit, line_of)
  for i, item in ipairs(list) do
    local line = line_of(item, i)
    limit = limit - #line
    if limit < 0 then return #list - i + 1 end
    out(line)
  end
  return 0
end

-- A list of sentences.
local function bullets(out, list, limit, word)
  if #list == 0 then return end
  local left = write_some(out, list, limit, function(sentence) return ("- %s\n"):format(escape(sentence)) end)
  if left > 0 then out(("- and %s\n"):format(text.plural(left, "more " .. word))) end
  out "\n"
end

local function heading(result, out)
  local verdict = result.verdict
  local word = verdict and verdict.decision or "warn"
  out(("## %s %s: %s\n\n"):format(icons[word] or "✅", code(common.image_name(result.image)),
    verdict and verdict.decision or "not judged"))
  bullets(out, verdict and verdict.reasons or {}, REASONS, "reason")
end

-- ---- what to do ---------------------------------------------------------------------------------------------------

local function step_line(step)
  local where = steps.where(step)
  local line = ("1. **%s** (%s)%s\n"):format(escape(steps.title(step)), escape(steps.ends(step)),
    where and ", " .. code(text.clip(where, 100)) or "")
  if step.command then line = line .. "\n" .. markdown.block("sh", { step.command }):gsub("[^\n]+", "   %0") .. "\n" end
  return line
end

local function step_list(out, title, list)
  if #list == 0 then return end
  out(("%s\n\n"):format(title))
  local left = write_some(out, list, STEPS, step_line)
  if left > 0 then out(("\nand %s.\n"):format(text.plural(left, "more step"))) end
  out "\n"
end

local function open_line(open)
  local removal, command = steps.removal(open)
  return ("- %s %s (%s%s)%s%s\n"):format(code(open.name), code(open.version), escape(findings.names(open.ids or {})),
    escape(steps.why_open(open)), removal and "; " .. escape(removal) or "", command and code(command) or "")
end

local function open_list(out, title, list)
  if #list == 0 then return end
  out(("<details><summary>%s</summary>\n\n"):format(title))
  local left = write_some(out, list, OPEN, open_line)
  if left > 0 then out(("- and %s\n"):format(text.plural(left, "more package"))) end
  out "\n</details>\n\n"
end

local function what_to_do(result, out)
  local advice = steps.of(result)
  if steps.is_empty(advice, result) then return end
  out "### What to do\n\n"
  if steps.has_command(advice) then out(steps.HOW .. "\n\n") end
  for _, sentence in ipairs(steps.rebuilds(advice)) do out(("%s.\n\n"):format(escape(steps.sentence(sentence)))) end
  step_list(out, "To pass:", advice.pass)
  for _, refusal in ipairs(advice.refusals) do
    out(("- satisfy the policy %s: %s\n"):format(code(refusal.policy), escape(refusal.reason or "it gives no reason")))
  end
  if #advice.refusals > 0 then out "\n" end
  step_list(out, #advice.pass > 0 and "Then:" or "Upgrades:", advice.rest)
  local failing, others = steps.split(advice.open)
  open_list(out, ("No fix yet, and failing: %s: %s"):format(text.plural(#failing, "package"), steps.UNFIXED), failing)
  open_list(out, "No fix yet: " .. text.plural(#others, "package"), others)
  bullets(out, steps.stale_entries(result), REMARKS, "remark")
end

-- ---- the findings -------------------------------------------------------------------------------------------------

local function row(finding)
  local marks = {}
  if finding.kev then marks[1] = finding.kev.ransomware and "exploited, ransomware" or "exploited" end
  if finding.epss and finding.epss.score >= 0.01 then
    marks[#marks + 1] = ("EPSS %.0f%%"):format(finding.epss.score * 100)
  end
  if finding.baseline == "new" then marks[#marks + 1] = "new" end
  if finding.layer and finding.layer.base then marks[#marks + 1] = "base image" end
  return ("| %s | %s | %s | %s | %s | %s | %s |\n"):format(finding.decision or "-",
    markdown.link(finding.id, finding.url), escape(finding.severity), code(finding.package.name),
    code(finding.package.version), finding.fixed_by and code(finding.fixed_by) or "-",
    escape(table.concat(marks, ", ")))
end

local function list_findings(result, out, order, limit)
  local list, settled = {}, 0
  for _, finding in ipairs(result.findings) do
    if common.is_settled(finding) then settled = settled + 1 else list[#list + 1] = finding end
  end
  if #list == 0 and settled == 0 then
    out "No findings.\n\n"
    return
  end
  out(("<details%s><summary>%s%s</summary>\n\n"):format(#list <= 20 and " open" or "", text.plural(#list, "finding"),
    settled > 0 and (", %s accepted or ignored"):format(text.thousands(settled)) or ""))
  out "| | Id | Severity | Package | Installed | Fixed in | |\n|---|---|---|---|---|---|---|\n"
  local left = write_some(out, findings.sorted(list, order), limit, row)
  if left > 0 then out(("\n%s not shown here; the JSON and HTML reports have all.\n"):format(text.plural(left,
    "finding is", "findings are"))) end
  out "\n</details>\n\n"
end

local function problems(result, out)
  if #result.problems == 0 then return end
  out "### Not judged\n\n"
  local left = write_some(out, result.problems, PROBLEMS, function(problem)
    return ("- %s: %s\n"):format(code(common.clip(problem.subject, 200)), escape(common.clip(problem.message, 300)))
  end)
  if left > 0 then out(("- and %s more\n"):format(text.thousands(left))) end
  out "\n"
end

local function footer(result, out)
  local parts = { text.plural(#result.packages, "package"), result.image.distro.name }
  local database = result.database
  if database and database.starter then parts[#parts + 1] = "judged with the starter database, which knows little" end
  for _, old in ipairs(age.old_feeds(result)) do parts[#parts + 1] = "old feed: " .. old end
  parts[#parts + 1] = result.image.digest ~= "" and result.image.digest or nil
  for i, part in ipairs(parts) do parts[i] = escape(part) end
  out(("<sub>tarsier %s: %s</sub>\n"):format(escape(result.tarsier.version), table.concat(parts, " · ")))
end

-- -> what these functions write, as one text
local function written(result, ...)
  local parts = {}
  for _, write in ipairs { ... } do
    write(result, function(part) parts[#parts + 1] = part end)
  end
  return table.concat(parts)
end

return {
  name = "markdown",
  summary = "for merge requests and $GITHUB_STEP_SUMMARY",
  extension = "md",
  write = function(result, out, options)
    local before, after = written(result, heading, what_to_do), written(result, problems, footer)
    out(before)
    list_findings(result, out, options and options.sort, WHOLE - #before - #after)
    out(after)
  end,
}
