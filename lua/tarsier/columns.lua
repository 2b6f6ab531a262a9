-- Rows laid out in columns that fit a width.

local text = require "tarsier.text"

local columns = {}

local GAP = 2 -- columns between two columns, unless said otherwise

local function natural_widths(titles, rows)
  local widths = { gap = GAP }
  for i, title in ipairs(titles) do
    widths[i] = text.columns(title)
    for _, row in ipairs(rows) do widths[i] = math.max(widths[i], text.columns(row[i])) end
  end
  return widths
end

-- A column with nothing in it takes no room.
local function total(widths)
  local sum = 0
  for _, width in ipairs(widths) do sum = sum + width + (width > 0 and widths.gap or 0) end
  return math.max(0, sum - widths.gap)
end

--- fit(titles, rows, width, shrink, [gap]) -> widths | nil if they do not fit. Columns give way in the order of
--- `shrink`, a list of { column, least }. A width of math.huge leaves them as wide as they are.
function columns.fit(titles, rows, width, shrink, gap)
  local widths = natural_widths(titles, rows)
  widths.gap = gap or GAP
  for _, step in ipairs(shrink) do
    local excess = total(widths) - width
    if excess <= 0 then break end
    local column, least = step[1], step[2]
    widths[column] = math.min(widths[column], math.max(least, widths[column] - excess))
  end
  if total(widths) <= width then return widths end
end

local function last_filled(row, count)
  for i = count, 1, -1 do
    if row[i]:find "%S" then return i end
  end
  return 0
end

--- line(row, widths, paint) -> the row as a line; paint(column, cell) may style a cell, whose padding is outside
function columns.line(row, widths, paint)
  local line, last = {}, last_filled(row, #widths)
  for i = 1, last do
    local cell = text.clip(row[i], widths[i])
    local space = i < last and (" "):rep(widths[i] - text.columns(cell) + (widths[i] > 0 and widths.gap or 0)) or ""
    line[i] = { paint and paint(i, cell) or cell, space }
  end
  return line
end

return columns
