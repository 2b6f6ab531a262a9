-- The findings of the table, to be read from the top: by decision, then what is known to be exploited, then severity,
-- then EPSS.

local columns = require "tarsier.columns"
local common = require "tarsier.report.shared.common"
local filter = require "tarsier.table.filter"
local styled = require "tarsier.styled"
local text = require "tarsier.text"

local paint = styled.text

local INSTRUCTION = 44 -- columns of a layer's instruction, at most
local NAMED = 12       -- ids named in one line; the rest is counted

-- ---- their order --------------------------------------------------------------------------------------------------

local decisions = { fail = 1, warn = 2, undecided = 3, accept = 4, ignore = 5 }

-- What each order looks at before the usual one; smaller is earlier. Two texts, or two numbers.
local orders = {
  risk = function(finding) return -(finding.risk or 0), 0 end,
  severity = function(finding) return -filter.rank(finding.severity), 0 end,
  package = function(finding) return finding.package.name, finding.package.version end,
  layer = function(finding) return finding.layer and finding.layer.index or 0, finding.package.name end,
}

local EPSS_BITS, INDEX_BITS = 24, 30

-- The usual order as one whole number, because numbers are compared some hundred thousand times: decision, known
-- exploitation, severity, EPSS, and the place in the result, which makes it unique. What comes first has the smallest.
local function usual(finding, index)
  local decision, epss = decisions[finding.decision or "undecided"] or 3, finding.epss and finding.epss.score or 0
  local urgency = (decision * 2 + (finding.kev and 0 or 1)) * #filter.severities - filter.rank(finding.severity)
  local unlikely = math.floor((1 - math.max(0, math.min(epss, 1))) * ((1 << EPSS_BITS) - 1))
  return (urgency << EPSS_BITS | unlikely) << INDEX_BITS | index
end

local function index_of(key)
  return key & (1 << INDEX_BITS) - 1
end

-- Sorts the keys by what an order looks at first.
local function sort_by(keys_of, keys, list)
  local first, second = {}, {}
  for i, finding in ipairs(list) do first[i], second[i] = keys_of(finding) end
  table.sort(keys, function(a, b)
    local i, k = index_of(a), index_of(b)
    if first[i] ~= first[k] then return first[i] < first[k] end
    if second[i] ~= second[k] then return second[i] < second[k] end
    return a < b
  end)
end

local findings = {}

--- sorted(list, [by]) -> the same findings, in the order in which they are read; by is one of filter.orders
function findings.sorted(list, by)
  local keys = {}
  for i, finding in ipairs(list) do keys[i] = usual(finding, i) end
  if orders[by] then sort_by(orders[by], keys, list) else table.sort(keys) end
  for i, key in ipairs(keys) do keys[i] = list[index_of(key)] end
  return keys
end

-- ---- one name for several packages --------------------------------------------------------------------------------

-- -> set of the keys that several packages have
local function repeated(list, key_of, mark_of)
  local seen, found = {}, {}
  for _, finding in ipairs(list) do
    local key, mark = key_of(finding.package), mark_of(finding.package)
    if seen[key] and seen[key] ~= mark then found[key] = true end
    seen[key] = seen[key] or mark
  end
  return found
end

local function library(package)
  return package.type .. "\0" .. package.name
end

local function installed(package)
  return table.concat({ package.type, package.name, package.version, package.path }, "\0")
end

-- -> { paths = set of libraries that are there at several paths, architectures = set of packages that are there for
-- several }
local function ambiguities(list)
  return {
    paths = repeated(list, library, function(package) return package.path end),
    architectures = repeated(list, installed, function(package) return package.architecture end),
  }
end

-- ---- rows ---------------------------------------------------------------------------------------------------------

local function instruction(layer)
  return (layer.base and "base: " or "") .. common.instruction(layer)
end

local function marks(finding)
  local list = {}
  if finding.kev then table.insert(list, finding.kev.ransomware and "KEV, ransomware" or "KEV") end
  if finding.baseline == "new" then table.insert(list, "new") end
  if finding.epss and finding.epss.score >= 0.01 then
    table.insert(list, ("EPSS %.0f%%"):format(finding.epss.score * 100))
  end
  return table.concat(list, ", ")
end

local titles = { "", "ID", "SEVERITY", "", "PACKAGE", "INSTALLED", "FIXED", "LAYER", "" }
local DECISION, ID, SEVERITY, RISK, PACKAGE, INSTALLED, FIXED, LAYER, MARKS = 1, 2, 3, 4, 5, 6, 7, 8, 9

-- The version that fixes is what people copy, so that it is never cut: one that is too long for the column gets a line
-- of its own. The instruction gives way first, then the marks' small print; below these columns a name tells nothing.
local wide = { { LAYER, 16 }, { PACKAGE, 20 }, { INSTALLED, 20 } }
local narrow = { { PACKAGE, 14 }, { INSTALLED, 12 }, { PACKAGE, 10 }, { INSTALLED, 9 } }
local FIXED_WIDTHS = { 40, 24, 20, 18, 14, 10 } -- tried in this order if the width is narrow

-- In place of a version that fixes, the publisher's word on why there is none.
local unfixed = { will_not_fix = "won't fix", fix_deferred = "deferred", end_of_life = "EOL", unimportant = "minor",
  under_investigation = "unclear" }

local function row(finding, ambiguous, with_risk)
  local package, layer = finding.package, finding.layer
  local place = layer and ("%d %s"):format(layer.index, instruction(layer)):gsub(" $", "") or ""
  local name = package.name
  if ambiguous.architectures[installed(package)] then name = name .. ":" .. package.architecture end
  return {
    finding.decision or "-", finding.id, finding.severity,
    with_risk and finding.risk and ("%4.0f"):format(finding.risk) or "", name,
    package.version, finding.fixed_by or unfixed[finding.status] or "-",
    text.clip(place, INSTRUCTION), marks(finding), finding = finding,
    path = ambiguous.paths[library(package)] and package.path or nil,
  }
end

local function short(cells, fixed_width)
  local copy = { table.unpack(cells) }
  copy[RISK] = ""
  copy[LAYER], copy[MARKS] = cells[LAYER]:match "^%d*", cells[MARKS]:match "^KEV" or ""
  copy.finding, copy.path = cells.finding, cells.path
  if text.columns(cells[FIXED]) > fixed_width then copy[FIXED], copy.fixed = "↓", cells[FIXED] end
  return copy
end

-- The rows as they fit, their titles and widths; no widths where none does.
local function layout(page, rows)
  local wide_titles, small_titles = { table.unpack(titles) }, { table.unpack(titles) }
  if rows[1][RISK] ~= "" then wide_titles[RISK] = "RISK" end
  local widths = columns.fit(wide_titles, rows, page.width, wide)
  if widths then return rows, wide_titles, widths end
  small_titles[LAYER] = "L"
  for _, fixed_width in ipairs(FIXED_WIDTHS) do
    local small = {}
    for i, cells in ipairs(rows) do small[i] = short(cells, fixed_width) end
    widths = columns.fit(small_titles, small, page.width, narrow, 1)
    if widths then return small, small_titles, widths end
  end
  return rows, small_titles
end

-- The layers that the rows name by number only.
local function legend(page, rows)
  local seen = {}
  for _, cells in ipairs(rows) do
    local layer = cells.finding.layer
    if layer then seen[layer.index] = instruction(layer) end
  end
  local numbers = {}
  for number in pairs(seen) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  for _, number in ipairs(numbers) do
    page:line(paint("dim", text.clip(("L%d %s"):format(number, seen[number]), page.prose)))
  end
end

-- Too narrow for columns: two lines a finding.
local function stacked(page, cells)
  page:line { paint(cells[DECISION], cells[DECISION]), " ", cells[ID], " ", paint(cells[SEVERITY], cells[SEVERITY]) }
  local fixed = cells.finding.fixed_by and "fixed in " .. cells[FIXED]
    or cells[FIXED] == "-" and "no fix" or "no fix: " .. cells[FIXED]
  local parts = { ("%s %s, %s"):format(cells[PACKAGE], cells[INSTALLED], fixed) }
  if cells[LAYER] ~= "" then table.insert(parts, "layer " .. cells[LAYER]) end
  if cells[MARKS] ~= "" then table.insert(parts, cells[MARKS]) end
  page:sentence("  ", table.concat(parts, ", "))
end

local function in_columns(page, cells, widths)
  page:line(columns.line(cells, widths, function(column, cell)
    if column == DECISION then return paint(cells.finding.decision or "undecided", cell) end
    if column == SEVERITY then return paint(cells[SEVERITY], cell) end
    return column == MARKS and cells.finding.kev and paint("fail", cell) or cell
  end))
  if cells.fixed then page:sentence("      ", "fixed in " .. cells.fixed) end
end

local function trail(page, finding)
  for _, word in ipairs(finding.trail) do
    page:sentence("      ", ("%s: %s%s"):format(word.policy, word.decision, word.reason and ", " .. word.reason or ""),
      "dim")
  end
end

local function write_rows(page, all)
  local rows, head, widths = layout(page, all)
  if widths then page:line(columns.line(head, widths, function(_, cell) return paint("dim", cell) end)) end
  for _, cells in ipairs(rows) do
    if widths then in_columns(page, cells, widths) else stacked(page, cells) end
    if cells.path then page:sentence("      ", "in " .. cells.path, "dim") end
    if page.options.verbose then trail(page, cells.finding) end
  end
  if widths and rows ~= all then legend(page, rows) end
end

-- ---- the section --------------------------------------------------------------------------------------------------

local function shown(page, result)
  local list, hidden = {}, 0
  for _, finding in ipairs(result.findings) do
    if filter.is_shown(page.options, finding) then
      list[#list + 1] = finding
    elseif filter.is_shown({ verbose = page.options.verbose }, finding) then
      hidden = hidden + 1
    end
  end
  return findings.sorted(list, page.options.sort), hidden
end

--- names(list) -> "CVE-1, CVE-2 and 3 more"
function findings.names(list)
  local first = { table.unpack(list, 1, math.min(#list, NAMED)) }
  local rest = #list - #first
  return table.concat(first, ", ") .. (rest > 0 and (" and %s more"):format(text.thousands(rest)) or "")
end

--- listed(page, result): every finding that is shown, and how many are not
function findings.listed(page, result)
  local list, hidden = shown(page, result)
  if #list + hidden == 0 then return end
  local count = text.thousands(#list)
  if hidden > 0 then count = ("%s of %s"):format(count, text.thousands(#list + hidden)) end
  page:title(("FINDINGS (%s)"):format(count))
  local ambiguous, rows = ambiguities(list), {}
  local with_risk = page.options.sort == "risk" or page.options.verbose
  for i, finding in ipairs(list) do rows[i] = row(finding, ambiguous, with_risk) end
  if #rows > 0 then write_rows(page, rows) end
  if hidden > 0 then
    page:line(paint("dim", ("%s not shown; all were judged"):format(text.plural(hidden, "finding"))))
  end
end

--- settled(page, result): what policies accepted or ignored, named if it is not listed
function findings.settled(page, result)
  if page.options.verbose or page.options.show then return end
  local words = { accept = "accepted", ignore = "ignored" }
  local is_first = true
  for _, decision in ipairs { "accept", "ignore" } do
    local seen = {}
    for _, finding in ipairs(result.findings) do
      if finding.decision == decision and filter.is_wanted(page.options, finding) then
        table.insert(seen, ("%s (%s)"):format(finding.id, finding.package.name))
      end
    end
    if #seen > 0 then
      if is_first then page:line() end
      is_first = false
      page:sentence({ paint(decision, words[decision]), " " }, ("%s: %s"):format(text.thousands(#seen),
        findings.names(seen)))
    end
  end
end

return findings
