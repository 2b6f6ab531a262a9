-- What a person reads: what was scanned, what was found, what to do about it, and the verdict.
-- Options: width (columns; nil: as wide as needed), colour, verbose, exit = { code =, meaning = }, starter_help.

local advice = require "tarsier.advice"
local columns = require "tarsier.columns"
local styled = require "tarsier.styled"
local text = require "tarsier.text"

local paint, plural = styled.text, text.plural

local PROSE = 100     -- columns at which sentences wrap where nothing says how wide the place is
local INSTRUCTION = 44 -- columns of a layer's instruction, at most
local NAMED = 12      -- ids named in one piece of advice; the rest is counted

local Page = {}
Page.__index = Page

local function new_page(out, options)
  return setmetatable({ out = out, options = options, width = options.width or math.huge,
    prose = math.max(20, math.min(options.width or PROSE, 120)) }, Page)
end

-- Everything on the page passes here, and is escaped.
function Page:line(line)
  self.out(styled.render(line or "", self.options.colour) .. "\n")
end

function Page:title(s)
  self:line()
  self:line(paint("title", s))
end

-- A sentence after a mark, wrapped under itself.
function Page:sentence(mark, s, style)
  local indent = text.columns(styled.plain(mark))
  for i, line in ipairs(text.wrap(s, self.prose - indent)) do
    self:line { i == 1 and mark or (" "):rep(indent), style and paint(style, line) or line }
  end
end

-- ---- heading -----------------------------------------------------------------------------------------------------

local function day(time)
  return (time or ""):sub(1, 10)
end

local function days_between(from, to)
  local function seconds(time)
    local year, month, date = time:match "^(%d%d%d%d)-(%d%d)-(%d%d)"
    return year and os.time { year = year, month = month, day = date, hour = 12 }
  end
  local a, b = seconds(from or ""), seconds(to or "")
  return a and b and math.max(0, math.floor((b - a) / 86400 + 0.5))
end

local function count_types(packages)
  local counts, types = {}, {}
  for _, package in ipairs(packages) do
    if not counts[package.type] then table.insert(types, package.type) end
    counts[package.type] = (counts[package.type] or 0) + 1
  end
  table.sort(types)
  for i, type in ipairs(types) do types[i] = ("%s %s"):format(text.thousands(counts[type]), type) end
  return #packages .. (#types > 0 and " (" .. table.concat(types, ", ") .. ")" or "")
end

local function system(image)
  local name = image.distro.name ~= "" and image.distro.name or "no distribution recognised"
  local platform = { image.os, image.architecture, image.variant ~= "" and image.variant or nil }
  platform = table.concat(platform, "/")
  return name .. (platform:find "%w" and ", " .. platform or "")
end

local function layers(result)
  local cached = 0
  for _, layer in ipairs(result.image.layers) do cached = cached + (layer.cached and 1 or 0) end
  return #result.image.layers .. (cached > 0 and (" (%d from the cache)"):format(cached) or "")
end

local function database(result)
  local d = result.database
  if not d then return "none: nothing was matched" end
  local age = days_between(d.newest, result.started)
  local parts = { ("%s, newest of %s"):format(plural(d.advisories, "advisory", "advisories"), day(d.newest)) }
  if age then parts[1] = ("%s (%s old)"):format(parts[1], plural(age, "day")) end
  if d.kev_date ~= "" then table.insert(parts, "KEV " .. day(d.kev_date)) end
  if d.epss_date ~= "" then table.insert(parts, "EPSS " .. day(d.epss_date)) end
  return table.concat(parts, ", ")
end

local backends = { ["clair-v1"] = "Clair 2 (API v1)", ["clair-v4"] = "Clair 4 (API v4)" }

local function judge_of(result)
  local b = result.backend
  local name = b and backends[b.name]
  return name and b.url and ("%s at %s"):format(name, b.url) or name or ""
end

local function heading(page, result)
  local image = result.image
  local function field(name, value)
    if value ~= "" then page:sentence(paint("dim", ("%-10s"):format(name)), value) end
  end
  local name = image.name ~= "" and image.name or image.reference
  page:line(paint("title", name))
  if image.name ~= "" then field("from", image.reference) end
  field("digest", image.digest ~= "" and image.digest or image.id)
  field("system", system(image))
  if #image.layers > 0 then field("layers", layers(result)) end
  field("packages", count_types(result.packages))
  field("judged by", judge_of(result))
  if result.database or judge_of(result) == "" then field("database", database(result)) end
  if result.database and result.database.starter then
    page:sentence(paint("warn", "note      "), "this is the starter database: a few well-known vulnerabilities to "
      .. "try things out with. Finding none of them means little. `tarsier db import` makes a full one; "
      .. "`tarsier help db` says how.")
  end
end

-- ---- problems ----------------------------------------------------------------------------------------------------

local function problems(page, result)
  if #result.problems == 0 then return end
  page:title "NOT JUDGED"
  for _, problem in ipairs(result.problems) do
    local where = problem.layer and problem.kind == "unreadable" and (" (layer %d)"):format(problem.layer) or ""
    local subject = problem.subject ~= "" and problem.subject .. where .. ": " or ""
    page:sentence({ "  ", paint("warn", "!"), " " }, subject .. problem.message)
  end
end

-- ---- findings ----------------------------------------------------------------------------------------------------

local settled = { accept = true, ignore = true }

local function instruction(layer)
  local s = layer.created_by:gsub("%s+# buildkit%s*$", ""):gsub("^/bin/sh %-c #%(nop%)%s*", "")
  s = s:gsub("^RUN /bin/sh %-c ", "RUN "):gsub("^/bin/sh %-c ", "RUN "):gsub("%s+$", "")
  return s ~= "" and s or layer.digest
end

local function marks(finding)
  local list = {}
  if finding.kev then table.insert(list, finding.kev.ransomware and "KEV, ransomware" or "KEV") end
  if finding.epss and finding.epss.score >= 0.01 then
    table.insert(list, ("EPSS %.0f%%"):format(finding.epss.score * 100))
  end
  return table.concat(list, ", ")
end

local titles = { "", "ID", "SEVERITY", "PACKAGE", "INSTALLED", "FIXED", "LAYER", "" }
local DECISION, ID, SEVERITY, PACKAGE, INSTALLED, FIXED, LAYER, MARKS = 1, 2, 3, 4, 5, 6, 7, 8

-- Versions are what people copy: the instruction goes first, then the marks' small print, and below 10 columns a
-- version tells nothing, so that two lines a finding are better.
local wide = { { LAYER, 16 }, { PACKAGE, 20 }, { INSTALLED, 20 }, { FIXED, 20 } }
local narrow = { { PACKAGE, 12 }, { INSTALLED, 12 }, { FIXED, 12 }, { PACKAGE, 10 }, { INSTALLED, 10 }, { FIXED, 10 } }

local function row(finding)
  local package, layer = finding.package, finding.layer
  local place = layer and ("%d %s"):format(layer.index, instruction(layer)) or ""
  return {
    finding.decision or "-", finding.id, finding.severity, package.name,
    package.version, finding.fixed_by or "-", text.clip(place, INSTRUCTION), marks(finding),
  }
end

local function short(cells)
  local copy = { table.unpack(cells) }
  copy[LAYER], copy[MARKS] = cells[LAYER]:match "^%d*", cells[MARKS]:match "^KEV" or ""
  return copy
end

-- The layers that the rows name by number only.
local function legend(page, list)
  local seen = {}
  for _, finding in ipairs(list) do
    if finding.layer then seen[finding.layer.index] = instruction(finding.layer) end
  end
  local numbers = {}
  for number in pairs(seen) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  for _, number in ipairs(numbers) do
    page:line(paint("dim", text.clip(("L%d %s"):format(number, seen[number]), page.prose)))
  end
end

-- The rows as they fit, their titles and widths; no widths where none does.
local function layout(page, rows)
  local widths = columns.fit(titles, rows, page.width, wide)
  if widths then return rows, titles, widths end
  local small, small_titles = {}, { table.unpack(titles) }
  small_titles[LAYER] = "L"
  for i, cells in ipairs(rows) do small[i] = short(cells) end
  widths = columns.fit(small_titles, small, page.width, narrow)
  return widths and small or rows, small_titles, widths
end

-- Too narrow for columns: two lines a finding.
local function stacked(page, cells)
  page:line { paint(cells[DECISION], cells[DECISION]), " ", cells[ID], " ", paint(cells[SEVERITY], cells[SEVERITY]) }
  local fixed = cells[FIXED] == "-" and "no fix" or "fixed in " .. cells[FIXED]
  local parts = { ("%s %s, %s"):format(cells[PACKAGE], cells[INSTALLED], fixed) }
  if cells[LAYER] ~= "" then table.insert(parts, "layer " .. cells[LAYER]) end
  if cells[MARKS] ~= "" then table.insert(parts, cells[MARKS]) end
  page:sentence("  ", table.concat(parts, ", "))
end

local function in_columns(page, cells, widths, finding)
  page:line(columns.line(cells, widths, function(column, cell)
    if column == DECISION then return paint(finding.decision or "undecided", cell) end
    if column == SEVERITY then return paint(cells[SEVERITY], cell) end
    return column == MARKS and finding.kev and paint("fail", cell) or cell
  end))
end

local function trail(page, finding)
  for _, word in ipairs(finding.trail) do
    page:sentence("      ", ("%s: %s%s"):format(word.policy, word.decision,
      word.reason and ", " .. word.reason or ""), "dim")
  end
end

local function listed(page, result)
  local findings, rows = {}, {}
  for _, finding in ipairs(result.findings) do
    if page.options.verbose or not settled[finding.decision] then
      table.insert(findings, finding)
      table.insert(rows, row(finding))
    end
  end
  return findings, rows
end

local function findings(page, result)
  local list, all = listed(page, result)
  if #all == 0 then return end
  page:title(("FINDINGS (%s)"):format(text.thousands(#all)))
  local rows, head, widths = layout(page, all)
  if widths then page:line(columns.line(head, widths, function(_, cell) return paint("dim", cell) end)) end
  for i, cells in ipairs(rows) do
    if widths then in_columns(page, cells, widths, list[i]) else stacked(page, cells) end
    if page.options.verbose then trail(page, list[i]) end
  end
  if widths and rows ~= all then legend(page, list) end
end

-- "CVE-1, CVE-2 and 3 more"
local function names(list)
  local shown = {}
  for i = 1, math.min(#list, NAMED) do shown[i] = list[i] end
  local rest = #list - #shown
  return table.concat(shown, ", ") .. (rest > 0 and (" and %s more"):format(text.thousands(rest)) or "")
end

local function settled_findings(page, result)
  if page.options.verbose then return end -- they are listed with their trail
  local words = { accept = "accepted", ignore = "ignored" }
  local first = true
  for _, decision in ipairs { "accept", "ignore" } do
    local seen = {}
    for _, finding in ipairs(result.findings) do
      if finding.decision == decision then table.insert(seen, ("%s (%s)"):format(finding.id, finding.package.name)) end
    end
    if #seen > 0 then
      if first then page:line() end
      first = false
      page:sentence({ paint(decision, words[decision]), " " }, ("%s: %s"):format(text.thousands(#seen), names(seen)))
    end
  end
end

-- ---- what to do --------------------------------------------------------------------------------------------------

local function upgrade(group)
  return ("%s %s → %s (fixes %d: %s)"):format(group.name, group.version, group.to,
    #group.fixed, names(group.fixed))
end

local function bullet(page, s)
  page:sentence("  - ", s)
end

local function whitelist_advice(page, whitelist)
  local function name(entry)
    if type(entry) ~= "table" then return tostring(entry) end
    local parts = { tostring(entry.id or entry[1] or "?") }
    if entry.package then table.insert(parts, "of " .. entry.package) end
    if entry.image then table.insert(parts, "for " .. entry.image) end
    if entry.images then table.insert(parts, "for " .. table.concat(entry.images, ", ")) end
    if entry.owner then table.insert(parts, "(" .. entry.owner .. ")") end
    return table.concat(parts, " ")
  end
  for _, entry in ipairs(whitelist.expired or {}) do
    local limit = type(entry) == "table" and entry["until"]
    bullet(page, ("whitelist: %s expired%s: fix it, or renew the entry with a reason"):format(name(entry),
      limit and " on " .. tostring(limit) or ""))
  end
  for _, entry in ipairs(whitelist.unused or {}) do
    bullet(page, ("whitelist: %s matches nothing: remove the entry"):format(name(entry)))
  end
end

local function rebase(page, groups)
  local parts, fixes = {}, 0
  for i, group in ipairs(groups) do
    fixes = fixes + #group.fixed
    if i <= NAMED then
      table.insert(parts, ("%s %s → %s"):format(group.name, group.version, group.to))
    end
  end
  if #groups > NAMED then table.insert(parts, ("and %d more"):format(#groups - NAMED)) end
  bullet(page, ("rebuild on a newer base image (layer 1), or upgrade its packages (fixes %s): %s"):format(
    text.thousands(fixes), table.concat(parts, ", ")))
end

local function what_to_do(page, result)
  local plan = advice.plan(result)
  local whitelist = result.verdict and result.verdict.whitelist or {}
  local stale = #(whitelist.expired or {}) + #(whitelist.unused or {})
  if #plan.upgrade + #plan.rebase + #plan.wait + stale == 0 then return end
  page:title "WHAT TO DO"
  for _, group in ipairs(plan.upgrade) do bullet(page, "upgrade " .. upgrade(group)) end
  if #plan.rebase > 0 then rebase(page, plan.rebase) end
  if #plan.wait > 0 then
    local parts = {}
    for i, group in ipairs(plan.wait) do
      if i > NAMED then break end
      parts[i] = ("%s %s (%s)"):format(group.name, group.version, names(group.open))
    end
    if #plan.wait > NAMED then table.insert(parts, ("and %d more packages"):format(#plan.wait - NAMED)) end
    bullet(page, "no fix yet: " .. table.concat(parts, ", "))
  end
  whitelist_advice(page, whitelist)
end

-- ---- the verdict -------------------------------------------------------------------------------------------------

local function how(page, result)
  page:title "HOW"
  for _, policy in ipairs(result.verdict and result.verdict.policies or {}) do
    local usage = policy.usage
    local spent = usage and (": %s instructions, %s, %.1f ms"):format(text.thousands(usage.instructions),
      text.size(usage.memory), usage.seconds * 1000) or ""
    page:line("  policy " .. policy.name .. spent)
  end
  local usage = result.usage
  if usage then
    page:line(("  scan: %.3f s, %s of %s read, %d from the cache"):format(usage.seconds, text.size(usage.bytes_read),
      plural(usage.layers_read, "layer"), usage.layers_cached))
  end
end

local function tally_words(tally)
  local parts = {}
  for _, word in ipairs { "fail", "warn", "undecided", "accept", "ignore" } do
    if (tally[word] or 0) > 0 then
      parts[#parts + 1] = ("%s %s"):format(text.thousands(tally[word]), word)
    end
  end
  return #parts > 0 and table.concat(parts, ", ") or "no findings"
end

local function verdict(page, result)
  local v, exit = result.verdict, page.options.exit
  page:line()
  if v then
    page:line { paint(v.decision, v.decision:upper()), "  ", tally_words(v.tally) }
    for _, reason in ipairs(v.reasons) do bullet(page, reason) end
  end
  if exit then page:line(paint("dim", ("exit %d: %s"):format(exit.code, exit.meaning))) end
end

return {
  name = "table",
  summary = "for people: findings, what to do, the verdict",
  extension = "txt",
  write = function(result, out, options)
    local page = new_page(out, options or {})
    heading(page, result)
    problems(page, result)
    findings(page, result)
    settled_findings(page, result)
    what_to_do(page, result)
    if page.options.verbose then how(page, result) end
    verdict(page, result)
  end,
}
