-- The bars of the HTML report: findings by layer and by package, most severe first. They are SVG with attributes only,
-- since the page's content security policy allows no styles within elements.

local common = require "tarsier.report.shared.common"
local filter = require "tarsier.table.filter"
local steps = require "tarsier.report.shared.steps"
local text = require "tarsier.text"
local xml = require "tarsier.report.shared.xml"

local charts = {}

-- How many bars a chart has. The rest is counted.
local BARS = 8

-- Findings that are neither accepted nor ignored, counted by what key_of(finding) gives.
local function counted(result, key_of)
  local list, index = {}, {}
  for _, finding in ipairs(result.findings) do
    local key = not common.is_settled(finding) and key_of(finding)
    if key then
      local entry = index[key] or { key = key, total = 0, severity = {} }
      if not index[key] then
        index[key] = entry
        list[#list + 1] = entry
      end
      entry.total = entry.total + 1
      entry.severity[finding.severity] = (entry.severity[finding.severity] or 0) + 1
    end
  end
  return list, index
end

local function worse(a, b)
  for i = #filter.severities, 1, -1 do
    local name = filter.severities[i]
    local one, other = a.severity[name] or 0, b.severity[name] or 0
    if one ~= other then return one > other end
  end
  return a.key < b.key
end

local function svg(entry, most)
  local parts, at = {}, 0
  for i = #filter.severities, 1, -1 do
    local name = filter.severities[i]
    local width = (entry.severity[name] or 0) / math.max(1, most) * 100
    if width > 0 then
      parts[#parts + 1] = ('<rect class="f-%s" x="%.3f%%" width="%.3f%%" height="10"/>'):format(name, at, width)
      at = at + width
    end
  end
  return ('<svg role="img" aria-label="%s">%s</svg>'):format(xml.escape(steps.counts(entry.severity)),
    table.concat(parts))
end

local function bar(out, entry, most, label, attributes)
  local tag = attributes and "a" or "div"
  local all = { { "class", "bar" }, { "title", label } }
  table.move(attributes or {}, 1, #(attributes or {}), 3, all)
  out(("<%s><span>%s</span><span>%s</span>%s</%s>\n"):format(xml.tag(tag, all), xml.escape(label),
    text.thousands(entry.total), svg(entry, most), tag))
end

local function most_of(list)
  local most = 0
  for _, entry in ipairs(list) do most = math.max(most, entry.total) end
  return most
end

local function by_layer(out, result)
  local list, index = counted(result, function(finding) return finding.layer and finding.layer.index or 0 end)
  local most = most_of(list)
  out "<div class=card><h3>By layer</h3><div class=bars>\n"
  for _, layer in ipairs(result.image.layers) do
    local entry = index[layer.index]
    if entry then
      bar(out, entry, most, ("%d%s %s"):format(layer.index, layer.base and " (base)" or "", common.instruction(layer)),
        { { "href", "#list" }, { "data-filter", "layer" }, { "data-value", layer.index } })
    end
  end
  if index[0] then bar(out, index[0], most, "layer unknown") end
  out "</div></div>\n"
end

local function by_package(out, result)
  local list = counted(result, function(finding) return text.utf8(finding.package.name) end)
  table.sort(list, worse)
  local most = most_of(list)
  out "<div class=card><h3>By package</h3><div class=bars>\n"
  for i = 1, math.min(BARS, #list) do
    bar(out, list[i], most, list[i].key, { { "href", "#list" }, { "data-filter", "search" },
      { "data-value", list[i].key } })
  end
  out "</div>"
  if #list > BARS then out(("<p class=sub>and %s</p>"):format(text.plural(#list - BARS, "more package"))) end
  out "</div>\n"
end

--- write(out, result): the charts, if there is something to show
function charts.write(out, result)
  local list = counted(result, function() return "all" end)
  if #list == 0 then return end
  out "<h2>Where they are</h2>\n<div class=legend>"
  for i = #filter.severities, 1, -1 do
    local name = filter.severities[i]
    local count = list[1].severity[name]
    if count then out(('<span class="pill %s">%s %s</span>'):format(name, text.thousands(count), name)) end
  end
  out "</div>\n<div class=charts>\n"
  by_layer(out, result)
  by_package(out, result)
  out "</div>\n"
end

return charts
