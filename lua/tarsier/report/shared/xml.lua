-- XML 1.0, written piece by piece. All text is escaped here: no element or attribute can come from outside.

local text = require "tarsier.text"

local xml = {}

--- escape(s) -> s for an attribute or an element of XML or HTML, on one line: what controls, hides or reorders becomes
--- visible
xml.escape = text.escaper { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- lines(list) -> the texts, each on a line of its own
function xml.lines(list)
  local lines = {}
  for i, line in ipairs(list or {}) do lines[i] = xml.escape(line) end
  return table.concat(lines, "\n")
end

--- tag(name, attributes) -> `name a="1" b="2"`, from a list { { "a", 1 }, { "b", 2 } }; those without a value are left
--- out
function xml.tag(name, attributes)
  local parts = { name }
  for _, pair in ipairs(attributes or {}) do
    if pair[2] ~= nil then parts[#parts + 1] = ('%s="%s"'):format(pair[1], xml.escape(tostring(pair[2]))) end
  end
  return table.concat(parts, " ")
end

return xml
