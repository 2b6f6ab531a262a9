-- What differs between two results: packages and findings that are added, removed or changed.

local baseline = require "tarsier.baseline"

local diff = {}

local function package(p)
  return { type = p.type, name = p.name, version = p.version, path = p.path }
end

local function changed_package(pair)
  return { type = pair[2].type, name = pair[2].name, path = pair[2].path, from = pair[1].version, to = pair[2].version }
end

local function map(list, convert)
  local made = {}
  for i, item in ipairs(list) do made[i] = convert(item) end
  return made
end

-- A finding that is in both has changed if it says something else: its severity, its fix, or the package's version.
local function changed_findings(both)
  local list = {}
  for _, pair in ipairs(both) do
    local old, new = baseline.describe(pair[1]), baseline.describe(pair[2])
    local from = {}
    for _, key in ipairs { "severity", "fixed_by", "version" } do
      if old[key] ~= new[key] then from[key] = old[key] or "" end
    end
    if next(from) then
      new.from = from
      list[#list + 1] = new
    end
  end
  return list
end

local function image(result)
  return { reference = result.image.reference, name = result.image.name, digest = result.image.digest,
    packages = #result.packages, findings = #(result.findings or {}) }
end

--- compare(a, b) -> { a = image, b = image, packages = { added, removed, changed }, findings = { added, removed,
--- changed, unchanged = count } }; images are { reference, name, digest, packages, findings }, both counts
function diff.compare(a, b)
  local more, less, changed = baseline.packages(a.packages, b.packages)
  local added, removed, both = baseline.compare(a.findings or {}, b.findings or {})
  local changes = changed_findings(both)
  return {
    a = image(a), b = image(b),
    packages = { added = map(more, package), removed = map(less, package), changed = map(changed, changed_package) },
    findings = { added = map(added, baseline.describe), removed = map(removed, baseline.describe), changed = changes,
      unchanged = #both - #changes },
  }
end

-- ---- as table, JSON and Markdown -----------------------------------------------------------------------------------

local signs = { added = "+", removed = "-", changed = "~" }
local order = { "added", "removed", "changed" }

local function package_cells(p)
  return { p.name, p.from and p.from .. " → " .. p.to or p.version, p.type }
end

local function finding_cells(f)
  local severity, version, fixed = f.severity, f.version, f.fixed_by or "-"
  if f.from then
    if f.from.severity then severity = f.from.severity .. " → " .. severity end
    if f.from.version then version = f.from.version .. " → " .. version end
    if f.from.fixed_by then fixed = (f.from.fixed_by ~= "" and f.from.fixed_by or "-") .. " → " .. fixed end
  end
  return { f.id, severity, f.package, version, fixed }
end

-- -> { { sign, cell, … }, … }
local function rows_of(part, cells)
  local rows = {}
  for _, kind in ipairs(order) do
    for _, item in ipairs(part[kind]) do rows[#rows + 1] = { signs[kind], table.unpack(cells(item)) } end
  end
  return rows
end

local sections = {
  { key = "findings", title = "FINDINGS", titles = { "", "ID", "SEVERITY", "PACKAGE", "VERSION", "FIXED" },
    cells = finding_cells, shrink = { { 4, 12 }, { 5, 12 }, { 6, 12 } } },
  { key = "packages", title = "PACKAGES", titles = { "", "PACKAGE", "VERSION", "TYPE" }, cells = package_cells,
    shrink = { { 2, 16 }, { 3, 16 } } },
}

local function counts(part)
  return ("%d added, %d removed, %d changed"):format(#part.added, #part.removed, #part.changed)
end

local function label(side)
  return side.name ~= "" and side.name or side.reference
end

local function write_table(made, out, options)
  local columns, Page = require "tarsier.columns", require "tarsier.page"
  local page = Page.new(out, options)
  page:line(("--- %s"):format(label(made.a)))
  page:line(("+++ %s"):format(label(made.b)))
  for _, section in ipairs(sections) do
    local part = made[section.key]
    page:title(("%s: %s"):format(section.title, counts(part)))
    local rows = rows_of(part, section.cells)
    local widths = columns.fit(section.titles, rows, page.width, section.shrink)
      or columns.fit(section.titles, rows, math.huge, {})
    if #rows > 0 then page:line(columns.line(section.titles, widths)) end
    for _, row in ipairs(rows) do page:line(columns.line(row, widths)) end
  end
end

local function write_json(made, out)
  local json = require "tarsier.json"
  local function part(p)
    return json.object("added", json.list(p.added), "removed", json.list(p.removed), "changed", json.list(p.changed),
      "unchanged", p.unchanged)
  end
  local document = json.object("schema", "1", "a", made.a, "b", made.b,
    "findings", part(made.findings), "packages", part(made.packages))
  json.write(document, out, { indent = "  " })
  out "\n"
end

local function write_markdown(made, out)
  local markdown = require "tarsier.report.shared.markdown"
  out(("### %s → %s\n"):format(markdown.escape(label(made.a)), markdown.escape(label(made.b))))
  for _, section in ipairs(sections) do
    local part, shown = made[section.key], {}
    out(("\n**%s**: %s\n"):format(section.key:gsub("^%l", string.upper), counts(part)))
    local rows = rows_of(part, section.cells)
    if #rows > 0 then
      out(("\n|%s |\n|%s\n"):format(table.concat(section.titles, " | "):lower(), ("---|"):rep(#section.titles)))
    end
    for i, row in ipairs(rows) do
      for k, cell in ipairs(row) do shown[k] = k == 1 and "`" .. cell .. "`" or markdown.code(cell) end
      rows[i] = shown
      out(("| %s |\n"):format(table.concat(shown, " | ")))
    end
  end
end

--- The formats, as tarsier.cli.outputs takes them.
diff.formats = {
  table = { name = "table", write = write_table },
  json = { name = "json", write = write_json },
  markdown = { name = "markdown", write = write_markdown },
}

return diff
