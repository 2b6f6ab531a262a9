-- Text for GitHub's and GitLab's Markdown. Text from outside is escaped, so that it cannot be markup, a link, an image,
-- a mention of a person or an issue, or a quick action.

local text = require "tarsier.text"

local markdown = {}

-- -> the marks of ASCII that the set matches, as entities
local function entities(set)
  local map = {}
  for code = 33, 126 do
    local mark = string.char(code)
    if mark:find(set) then map[mark] = ("&#%d;"):format(code) end
  end
  return map
end

-- Behind the marks with which a reference to a person, an issue or the like may begin comes a zero-width space.
local separated = entities "[!-'*+:-@[-`{-~]"
for mark in ("@#!$%~&"):gmatch "." do separated[mark] = separated[mark] .. "&#8203;" end
local as_text, as_code = text.escaper(separated), text.escaper(entities "[!-*:-@[-`{-~]")

--- escape(s) -> s as running text, on one line. Every mark becomes an entity; behind what starts a reference to a
--- person or an issue (`@`, `#`, `!`, …) comes a zero-width space, because those are recognised after entities are
--- decoded. Behind `www` likewise: the renderers make links of such names.
function markdown.escape(s)
  s = as_text(s)
  if s:lower():find("www.", 1, true) then s = s:gsub("([wW][wW][wW])%.", "%1&#8203;.") end
  return (s:gsub("^(%s*%d*)([-.)]%s)", "%1&#8203;%2")) -- no list begins here
end

--- code(s) -> s as code: nothing in it is interpreted
function markdown.code(s)
  return "<code>" .. as_code(s):gsub("([wW][wW][wW])%.", "%1&#46;") .. "</code>"
end

--- block(lines) -> a fenced block of code, for commands to copy. A fence in the text cannot end it.
function markdown.block(language, lines)
  local shown, longest = {}, 2
  for i, line in ipairs(lines) do
    shown[i] = text.printable(line)
    for fence in shown[i]:gmatch "`+" do longest = math.max(longest, #fence) end
  end
  local fence = ("`"):rep(longest + 1)
  return ("%s%s\n%s\n%s\n"):format(fence, language, table.concat(shown, "\n"), fence)
end

--- link(label, address) -> a link, or only the label if a reader should not follow the address
function markdown.link(label, address)
  if not require "tarsier.report.shared.common".link(address) then return markdown.escape(label) end
  return ("[%s](<%s>)"):format(markdown.escape(label), (address:gsub("[<>\\|]", function(c)
    return ("%%%02X"):format(c:byte())
  end)))
end

return markdown
