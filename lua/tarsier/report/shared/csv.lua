-- One cell of a CSV file. A spreadsheet runs a cell that begins like a formula, so that such a cell gets an apostrophe
-- in front.

local text = require "tarsier.text"

-- OWASP, "CSV Injection"; the wide forms are those of East Asian keyboards.
local formula = { ["="] = true, ["+"] = true, ["-"] = true, ["@"] = true, ["＝"] = true, ["＋"] = true, ["－"] = true,
  ["＠"] = true }

--- cell(value) -> the text of the cell; nil is an empty one
return function(value)
  if value == nil then return "" end
  if type(value) ~= "string" then return tostring(value) end
  value = text.printable(value)
  local first = value:match "^%s*([%z\1-\127\194-\244][\128-\191]*)"
  if first and formula[first] then value = "'" .. value end
  return value:find '[",]' and '"' .. value:gsub('"', '""') .. '"' or value
end
