-- "did you mean": the known word nearest to what somebody typed.

local nearest = {}

-- Damerau-Levenshtein, the restricted kind: inserted, lost, changed and swapped letters count one each.
local function distance(a, b)
  local before, last = nil, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    local row = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same and 0 or 1))
      if before and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before, last = last, row
  end
  return last[#b]
end

--- word(typed, known) -> the nearest of the known words, or nil if none is near
function nearest.word(typed, known)
  local best, best_distance
  typed = typed:sub(1, 64):lower() -- nobody means a word of more
  for _, word in ipairs(known) do
    local far = distance(typed, word:lower())
    if word:lower():sub(1, #typed) == typed and #typed > 1 then far = math.min(far, 1) end
    if not best or far < best_distance then best, best_distance = word, far end
  end
  if best and best_distance <= math.max(1, #best // 3) then return best end
end

--- hint(typed, known) -> " (did you mean \"x\"?)" or ""
function nearest.hint(typed, known)
  local word = nearest.word(typed, known)
  return word and (" (did you mean %q?)"):format(word) or ""
end

return nearest
