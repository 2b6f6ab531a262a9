-- The page of a text report: lines, titles, sentences and lists, in a width and in colour. Everything on it is escaped.

local styled = require "tarsier.styled"
local text = require "tarsier.text"

local PROSE = 100 -- columns at which sentences wrap if the width is not known

local Page = {}
Page.__index = Page

--- page.new(out, options) -> page with .width, .prose and .options. out(text) is called with each line; options: width
--- (columns; nil: as wide as needed) and colour.
function Page.new(out, options)
  return setmetatable({ out = out, options = options, width = options.width or math.huge,
    prose = math.max(20, math.min(options.width or PROSE, 120)) }, Page)
end

--- page:line([line]): a styled line, or an empty one
function Page:line(line)
  self.out(styled.render(line or "", self.options.colour) .. "\n")
end

--- page:title(s): an empty line and a heading
function Page:title(s)
  self:line()
  self:line(styled.text("title", s))
end

--- page:sentence(mark, s, [style]): a sentence after a mark, wrapped under itself
function Page:sentence(mark, s, style)
  local indent = text.columns(styled.plain(mark))
  for i, line in ipairs(text.wrap(s, self.prose - indent)) do
    self:line { i == 1 and mark or (" "):rep(indent), style and styled.text(style, line) or line }
  end
end

--- page:bullet(s): an item of a list
function Page:bullet(s)
  self:sentence("  - ", s)
end

return Page
