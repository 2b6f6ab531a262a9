-- poison(value, attack, spares) -> a copy in which every text ends in the attack, but for those under the spared keys:
-- a result as a hostile image, feed or registry may make it.
local function poison(value, attack, spares, key)
  if type(value) == "string" then return spares[key] and value or value .. attack end
  if type(value) ~= "table" then return value end
  local copy = {}
  for inner, item in pairs(value) do copy[inner] = poison(item, attack, spares, type(inner) == "string" and inner or key) end
  return copy
end

return poison
