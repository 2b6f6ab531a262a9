-- The findings of the HTML report: one line each that opens.

local common = require "tarsier.report.shared.common"
local filter = require "tarsier.table.filter"
local findings = require "tarsier.table.findings"
local xml = require "tarsier.report.shared.xml"

local escape = xml.escape

-- Limits of a description, in characters and lines, and of the links. What is longer can be read behind the links.
local DESCRIPTION, LINES, LINKS = 1500, 40, 12

local decisions = { fail = 1, warn = 2, undecided = 3, accept = 4, ignore = 5 }

local function pill(class, s)
  return ('<span class="pill %s">%s</span>'):format(class, escape(s))
end

local function severity_pill(finding)
  return pill(filter.rank(finding.severity) > 0 and finding.severity or "Unknown", finding.severity)
end

local function marks(finding)
  local list = {}
  if finding.kev then list[1] = pill("mark", finding.kev.ransomware and "exploited, ransomware" or "exploited") end
  if finding.baseline == "new" then list[#list + 1] = pill("mark", "new") end
  if finding.epss and finding.epss.score >= 0.01 then
    list[#list + 1] = pill("mark mild", ("EPSS %.0f%%"):format(finding.epss.score * 100))
  end
  if finding.risk then list[#list + 1] = pill("mark mild", ("risk %.0f"):format(finding.risk)) end
  return table.concat(list, " ")
end

-- ---- what a line opens to -----------------------------------------------------------------------------------------

local function term(parts, name, html)
  if html and html ~= "" then parts[#parts + 1] = ("<dt>%s</dt><dd>%s</dd>"):format(name, html) end
end

local function paragraphs(s)
  s = common.clip(s, DESCRIPTION)
  if not s:find("\n", 1, true) then return escape(s) end
  local lines = {}
  for line in (s .. "\n"):gmatch "(.-)\r?\n" do
    if #lines == LINES then break end
    lines[#lines + 1] = escape(line)
  end
  return table.concat(lines, "<br>")
end

local function links(finding)
  local parts = {}
  for i, address in ipairs(common.links(finding)) do
    if i > LINKS then break end
    address = escape(address)
    parts[i] = ('<a href="%s" rel="noreferrer noopener">%s</a>'):format(address, address)
  end
  return table.concat(parts, "<br>")
end

local function trail(finding)
  local parts = {}
  for i, word in ipairs(finding.trail or {}) do
    parts[i] = escape(("%s: %s%s"):format(word.policy, word.decision, word.reason and ", " .. word.reason or ""))
  end
  return table.concat(parts, "<br>")
end

local function vex(finding)
  local parts = {}
  for i, statement in ipairs(finding.vex or {}) do
    parts[i] = escape(("%s: %s%s%s"):format(statement.author or statement.file or "", statement.status or "",
      statement.justification and ", " .. statement.justification or "",
      statement.obeyed and "" or " (not obeyed: " .. (statement.refusal or "") .. ")"))
  end
  return table.concat(parts, "<br>")
end

local function more(finding, id)
  local package, layer, parts = finding.package, finding.layer, {}
  local source = package.source or {}
  term(parts, "Decided", trail(finding))
  term(parts, "VEX", vex(finding))
  term(parts, "Status", escape(finding.status or ""))
  term(parts, "CVSS", finding.cvss and ("%.1f <code>%s</code>"):format(finding.cvss.score, escape(finding.cvss.vector)))
  term(parts, "EPSS", finding.epss and ("%.2f%%, percentile %.1f"):format(finding.epss.score * 100,
    finding.epss.percentile * 100))
  term(parts, "Exploited", finding.kev and escape(("since %s%s"):format(finding.kev.added,
    finding.kev.ransomware and ", by ransomware too" or "")))
  term(parts, "Also known as", escape(table.concat(finding.aliases or {}, ", ")))
  term(parts, "Package URL", package.purl ~= "" and ("<code>%s</code>"):format(escape(package.purl or "")))
  term(parts, "Source", source.name and source.name ~= package.name and escape(source.name .. " " .. source.version))
  term(parts, "Found in", ("<code>%s</code>"):format(escape(package.path)))
  term(parts, "Layer", layer and ("%d%s: <code>%s</code>"):format(layer.index, layer.base and " (base image)" or "",
    escape(common.instruction(layer))))
  term(parts, "Published", escape((finding.published or ""):sub(1, 10)))
  term(parts, "Links", links(finding))
  term(parts, "This finding", ('<a href="#%s">#%s</a>'):format(id, id))
  local told = common.filled(finding.description, finding.summary or "")
  return ("%s<dl>%s</dl>"):format(told ~= "" and "<p>" .. paragraphs(told) .. "</p>" or "", table.concat(parts))
end

-- ---- a line -------------------------------------------------------------------------------------------------------

local function row(finding, id)
  local package, layer = finding.package, finding.layer
  local fix = finding.fixed_by and "→ " .. finding.fixed_by or "no fix"
  local decision = finding.decision or "undecided"
  return table.concat {
    ('<span class="d-%s">%s</span>'):format(decisions[decision] and decision or "undecided", escape(decision)),
    "<span>", severity_pill(finding), "</span>",
    ('<span class="id">%s</span>'):format(escape(finding.id)),
    ('<span class="package">%s <span class="sub mono">%s</span></span>'):format(escape(package.name),
      escape(package.version)),
    ('<span class="fix%s">%s</span>'):format(finding.fixed_by and " mono" or " sub", escape(fix)),
    ('<span class="layer">%s</span>'):format(layer and layer.index .. (layer.base and " base" or "") or ""),
    ('<span class="marks">%s</span>'):format(marks(finding)),
    ("</summary><div class=more>%s</div>"):format(more(finding, id)),
  }
end

local DETAILS = '<details class="%s" id="%s" data-id="%s" data-severity="%d" data-decision="%d" data-word="%s" '
  .. 'data-package="%s" data-layer="%d" data-base="%d" data-fixed="%d" data-risk="%.1f">'

local function write_finding(out, finding, id)
  local decision, layer = decisions[finding.decision or "undecided"] or 3, finding.layer
  out(DETAILS:format(decision > 3 and "finding settled" or "finding", id, escape(finding.id),
    filter.rank(finding.severity), decision, escape(finding.decision or "undecided"), escape(finding.package.name),
    layer and layer.index or 0, layer and layer.base and 1 or 0, finding.fixed_by and 1 or 0, finding.risk or 0))
  out("<summary class=row>")
  out(row(finding, id))
  out("</details>\n")
end

local html = {}

--- id(image, finding, seen) -> the name of its place in the page: the same in every scan of the image's builds
function html.id(image, finding, seen)
  local id = "f-" .. common.fingerprint(image, finding):gsub("-", ""):sub(1, 12)
  seen[id] = (seen[id] or 0) + 1
  return seen[id] > 1 and id .. "-" .. seen[id] or id
end

local titles = { { "decision", "Decision" }, { "severity", "Severity" }, { "id", "Id" }, { "package", "Package" },
  { "fix", "Fixed in" }, { "layer", "Layer" }, { "risk", "Risk" } }

--- write(out, result, [order]): the list, most urgent first, or in an order of tarsier.table.findings
function html.write(out, result, order)
  out '<div class=list><div class="row columns">'
  for _, title in ipairs(titles) do
    out(('<span><button type=button data-key="%s">%s</button></span>'):format(title[1], title[2]))
  end
  out "</div>\n<div id=findings>\n"
  local seen = {}
  for _, finding in ipairs(findings.sorted(result.findings, order)) do
    write_finding(out, finding, html.id(result.image, finding, seen))
  end
  out "</div><div class=none id=none hidden>Nothing matches these filters.</div></div>\n"
end

return html
