-- One HTML file for people: the verdict, what to do, where the findings are, and each finding. It loads nothing from
-- anywhere: its content security policy allows only its own style and script, by their hashes. The page is complete
-- without scripts; with them the findings can be sorted and filtered.

local age = require "tarsier.table.age"
local charts = require "tarsier.report.shared.html_charts"
local common = require "tarsier.report.shared.common"
local filter = require "tarsier.table.filter"
local findings = require "tarsier.report.shared.html_findings"
local hashes = require "tarsier.report.shared.html_hashes"
local list_names = require "tarsier.table.findings".names
local script = require "tarsier.report.shared.html_script"
local steps = require "tarsier.report.shared.steps"
local style = require "tarsier.report.shared.html_style"
local text = require "tarsier.text"
local xml = require "tarsier.report.shared.xml"

local escape = xml.escape

local words = { fail = "fail", warn = "warn", pass = "pass" }

-- ---- the top ------------------------------------------------------------------------------------------------------

-- A date is not broken after its hyphens.
local function fact(out, name, value)
  if not value or value == "" then return end
  value = escape(value):gsub("%d%d%d%d%-%d%d%-%d%d", "<span class=date>%0</span>")
  out(("<div><dt>%s</dt><dd>%s</dd></div>"):format(name, value))
end

local function system(image)
  local name = common.filled(image.distro.name, common.filled(image.distro.id, "unknown system"))
  return image.os ~= "" and ("%s, %s/%s"):format(name, image.os, image.architecture) or name
end

local function layers(image)
  local base = 0
  for _, layer in ipairs(image.layers) do base = base + (layer.base and 1 or 0) end
  local guess = image.base and image.base.guess and " (a guess)" or ""
  return ("%d%s"):format(#image.layers, base > 0 and (", %d of them of the base image%s"):format(base, guess) or "")
end

local function database(result)
  local d = result.database
  if not d then return result.backend and result.backend.name ~= "embedded" and "none: matched by Clair" or "none" end
  return ("%s advisories, newest of %s"):format(text.thousands(d.advisories), (d.newest or ""):sub(1, 10))
end

local function facts(out, result)
  local image = result.image
  out "<dl class=facts>"
  fact(out, "Image", image.reference ~= common.image_name(image) and image.reference)
  fact(out, "System", system(image))
  fact(out, "Base image", image.base and image.base.name)
  fact(out, "Layers", layers(image))
  fact(out, "Packages", text.thousands(#result.packages))
  fact(out, "Database", database(result))
  fact(out, "Support ends", image.distro.support_ends)
  fact(out, "Scanned", (result.finished:gsub("T", " "):gsub("Z$", " UTC")))
  local digest = common.filled(image.digest, image.id)
  if digest ~= "" then out(("<div class=wide><dt>Digest</dt><dd class=mono>%s</dd></div>"):format(escape(digest))) end
  out "</dl>"
end

local function baseline(out, result)
  local b = result.baseline
  if not b then return end
  out(("<p>Against the baseline %s: %s new, %s known, %s gone.</p>"):format(escape(b.file or ""),
    text.thousands(b.new or 0), text.thousands(b.known or 0), text.thousands(#(b.gone or {}))))
end

local function top(out, result)
  local verdict = result.verdict
  local word = verdict and words[verdict.decision] or "warn"
  out(('<header class="card head %s"><div class=title><h1>%s</h1><span class="verdict %s">%s</span></div>'):format(word,
    escape(common.image_name(result.image)), word, verdict and escape(verdict.decision) or "not judged"))
  if verdict and #verdict.reasons > 0 then
    out "<ul class=reasons>"
    for _, reason in ipairs(verdict.reasons) do out(("<li>%s</li>"):format(escape(reason))) end
    out "</ul>"
  end
  baseline(out, result)
  facts(out, result)
  if result.database and result.database.starter then
    out "<p class=note>This was the starter database: a few well-known vulnerabilities to try things out with. "
    out "Finding none of them means little.</p>"
  end
  for _, old in ipairs(age.old_feeds(result)) do out(("<p class=note>Old feed: %s</p>"):format(escape(old))) end
  out "</header>\n"
end

-- ---- what to do ---------------------------------------------------------------------------------------------------

-- How many packages of one step are named. The command has all of them.
local NAMED = 40

local function packages(out, list)
  if #list < 2 then return end
  out "<div class=packages>"
  for i = 1, math.min(NAMED, #list) do
    local package = list[i]
    out(("<span><b>%s</b> %s → %s</span>"):format(escape(package.name), escape(package.version),
      escape(package.to or "")))
  end
  if #list > NAMED then out(("<span>and %s more</span>"):format(text.thousands(#list - NAMED))) end
  out "</div>"
end

local function ends(out, item)
  out(("<div class=sub>ends %s "):format(text.plural(item.ends.total, "finding")))
  for i = #filter.severities, 1, -1 do
    local name = filter.severities[i]
    local count = item.ends.severity[name] or 0
    if count > 0 then out(('<span class="pill %s">%s %s</span> '):format(name, text.thousands(count), name)) end
  end
  local where = steps.where(item)
  out(("%s</div></li>\n"):format(where and escape(where) or ""))
end

-- A line breaks between words only: a browser would break `--upgrade` after its hyphens.
local function words_of(command)
  return (escape(command):gsub("%S+", "<span>%0</span>"))
end

local function step(out, item)
  out(("<li><div class=what>%s</div>"):format(escape(steps.title(item))))
  packages(out, item.packages)
  if item.command then
    out(('<div class=command><code>%s</code><button type=button class=copy>copy</button></div>'):format(
      words_of(item.command)))
  end
  ends(out, item)
end

-- How many steps are shown. The others are folded, so that the first ones are seen.
local SHOWN = 8

local function step_list(out, title, list, class)
  if #list == 0 then return end
  out(("<h3>%s</h3><ol class=\"steps %s\">\n"):format(title, class))
  for i = 1, math.min(SHOWN, #list) do step(out, list[i]) end
  out "</ol>\n"
  if #list <= SHOWN then return end
  out(("<details class=fold><summary>%s</summary><ol class=steps start=%d>\n"):format(
    text.plural(#list - SHOWN, "more step"), SHOWN + 1))
  for i = SHOWN + 1, #list do step(out, list[i]) end
  out "</ol></details>\n"
end

local function open_list(out, title, list)
  if #list == 0 then return end
  out(("<details class=fold><summary>%s</summary><ul class=plain>\n"):format(title))
  for _, item in ipairs(list) do
    local removal, command = steps.removal(item)
    out(("<li>%s <span class=\"sub mono\">%s</span> (%s)%s%s%s</li>\n"):format(escape(item.name), escape(item.version),
      escape(list_names(item.ids or {})), escape(steps.why_open(item)), removal and "; " .. escape(removal) or "",
      command and "<code>" .. escape(command) .. "</code>" or ""))
  end
  out "</ul></details>\n"
end

local function refusals(out, list)
  if #list == 0 then return end
  out "<ul class=plain>"
  for _, refusal in ipairs(list) do
    out(("<li>Satisfy the policy %s: %s</li>"):format(escape(refusal.policy),
      escape(refusal.reason or "it gives no reason")))
  end
  out "</ul>\n"
end

local function remarks(out, list)
  if #list == 0 then return end
  out "<ul class=plain>"
  for _, remark in ipairs(list) do out(("<li>%s</li>"):format(escape(steps.sentence(remark)))) end
  out "</ul>\n"
end

local function what_to_do(out, result)
  local advice = steps.of(result)
  if steps.is_empty(advice, result) then return end
  out "<section><h2>What to do</h2>\n"
  if steps.has_command(advice) then out(("<p>%s</p>\n"):format(escape(steps.HOW))) end
  for _, sentence in ipairs(steps.rebuilds(advice)) do
    out(("<p>%s.</p>\n"):format(escape(steps.sentence(sentence))))
  end
  step_list(out, "To pass", advice.pass, "first")
  refusals(out, advice.refusals)
  step_list(out, #advice.pass > 0 and "Then" or "Upgrades", advice.rest, #advice.pass > 0 and "" or "first")
  local failing, others = steps.split(advice.open)
  open_list(out, ("No fix yet, and failing: %s: %s"):format(text.plural(#failing, "package"), steps.UNFIXED), failing)
  open_list(out, "No fix yet: " .. text.plural(#others, "package"), others)
  remarks(out, steps.stale_entries(result))
  out "</section>\n"
end

-- ---- the findings -------------------------------------------------------------------------------------------------

local function select(out, id, label, options)
  out(('<select id="f-%s" aria-label="%s">'):format(id, label))
  for _, option in ipairs(options) do
    out(("<option value=\"%s\">%s</option>"):format(escape(tostring(option[1])), escape(option[2])))
  end
  out "</select>"
end

local function layer_options(image)
  local list, has_base = { { "", "every layer" } }, false
  for _, layer in ipairs(image.layers) do
    has_base = has_base or layer.base
    list[#list + 1] = { layer.index, text.clip(("%d %s"):format(layer.index, common.instruction(layer)), 40) }
  end
  if has_base then
    table.insert(list, 2, { "own", "own layers" })
    table.insert(list, 3, { "base", "base image" })
  end
  return list
end

local function tools(out, image)
  out '<div class=tools><input type=search id="f-search" placeholder="Search id, package, version" aria-label="Search">'
  select(out, "severity", "Severity", { { 0, "every severity" }, { 3, "Low and above" }, { 4, "Medium and above" },
    { 5, "High and above" }, { 6, "Critical" } })
  select(out, "decision", "Decision", { { "", "every decision" }, { "fail", "fail" }, { "warn", "warn" },
    { "undecided", "undecided" }, { "accept", "accepted" }, { "ignore", "ignored" } })
  select(out, "layer", "Layer", layer_options(image))
  out '<label><input type=checkbox id="f-fixable"> with a fix</label>'
  out '<label><input type=checkbox id="f-settled" checked> accepted too</label><output id=count></output></div>\n'
end

local function all_findings(out, result, order)
  out(("<section id=list><h2>Findings <small>%s</small></h2>\n"):format(text.thousands(#result.findings)))
  if #result.findings == 0 then
    out "<div class=\"card none\">No findings.</div></section>\n"
    return
  end
  tools(out, result.image)
  findings.write(out, result, order)
  out "</section>\n"
end

local function problems(out, result)
  if #result.problems == 0 then return end
  out "<section><h2>Not judged</h2><ul class=\"card plain\">\n"
  for _, problem in ipairs(result.problems) do
    out(("<li><code>%s</code>%s: %s</li>\n"):format(escape(problem.subject),
      problem.layer and (" (layer %d)"):format(problem.layer) or "", escape(problem.message)))
  end
  out "</ul></section>\n"
end

local function footer(out, result)
  local policies = {}
  for i, policy in ipairs(result.verdict and result.verdict.policies or {}) do policies[i] = policy.name end
  out(("<footer>tarsier %s%s · %s</footer>\n"):format(escape(result.tarsier.version),
    #policies > 0 and " · judged by " .. escape(table.concat(policies, ", ")) or "",
    escape(result.image.reference)))
end

local policy = "default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'"

local function write(result, out, options)
  out(('<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n<meta http-equiv="Content-Security-Policy" content="'
    .. policy .. '">\n<meta name=viewport content="width=device-width, initial-scale=1">\n'
    .. '<meta name=referrer content=no-referrer>\n<title>%s: %s</title>\n<style>%s</style></head>\n<body><main>\n')
    :format(hashes.style, hashes.script, escape(common.image_name(result.image)),
      result.verdict and escape(result.verdict.decision) or "not judged", style))
  top(out, result)
  what_to_do(out, result)
  charts.write(out, result)
  all_findings(out, result, options and options.sort)
  problems(out, result)
  footer(out, result)
  out(("</main><script>%s</script></body></html>\n"):format(script))
end

return { name = "html", summary = "one HTML file for people: verdict, advice, findings to sort and filter",
  extension = "html", write = write }
