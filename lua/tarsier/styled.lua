-- Lines for people. Text and colours stay apart until a line is written: the colours are ours, and all text is escaped
-- in one place, styled.render. Whatever comes out of an image, a Clair, a registry, a feed or a policy can neither
-- begin a line of its own nor send a terminal an escape sequence.

local text = require "tarsier.text"

local styled = {}

-- SGR parameters by the name of what is coloured.
local colours = {
  Defcon1 = "1;31", Critical = "1;31", High = "31", Medium = "33", Low = "36", Negligible = "2", Unknown = "2",
  fail = "1;31", warn = "33", accept = "32", ignore = "2", undecided = "2", pass = "1;32",
  title = "1", dim = "2", command = "1",
  INFO = "32", WARN = "33", ERRO = "31", CRIT = "1;31", Unapproved = "1;31", Approved = "1;36",
}

--- text(style, s) -> a piece of a line; a style without a colour leaves it plain. A line is a string, a piece, or a
--- list of lines, one behind the other. Lists and not `..`: Lua 5.4.4 crashes when a __concat metamethod makes its
--- stack grow.
function styled.text(style, s)
  return { style = style, text = s }
end

local function render_piece(piece, has_colour)
  local shown, colour = text.printable(piece.text), has_colour and colours[piece.style]
  return colour and shown ~= "" and ("\27[%sm%s\27[0m"):format(colour, shown) or shown
end

--- render(line, has_colour) -> what is written: one line, without the newline. This is the one place through which
--- everything that a person reads passes.
function styled.render(line, has_colour)
  if type(line) == "string" then return text.printable(line) end
  if line.text then return render_piece(line, has_colour) end
  local shown = {}
  for i, part in ipairs(line) do shown[i] = styled.render(part, has_colour) end
  return table.concat(shown)
end

--- plain(line) -> the same without colours
function styled.plain(line)
  return styled.render(line, false)
end

return styled
