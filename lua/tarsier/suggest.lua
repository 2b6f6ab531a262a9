-- "did you mean": the known word that is closest to what was typed, by the engine's rule.

local core = require "tarsier.core"

local suggest = {}

--- hint(typed, known) -> " (did you mean \"x\"?)" or ""
function suggest.hint(typed, known)
  local word = core.suggest(typed, known)
  return word and (" (did you mean %q?)"):format(word) or ""
end

--- check_keys(given, known, who): raises an error for a key of the table `given` that is not among the known ones, at
--- the caller's caller.
function suggest.check_keys(given, known, who)
  local is_known = {}
  for _, key in ipairs(known) do is_known[key] = true end
  for key in pairs(given or {}) do
    if not is_known[key] then
      error(("%s: unknown option %q%s"):format(who, tostring(key), suggest.hint(tostring(key), known)), 3)
    end
  end
end

return suggest
