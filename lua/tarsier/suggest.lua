--- The nearest known word, for messages that ask "did you mean …?".
-- Runs in hosts and, built into the engine, in the sandbox: no globals, only methods of strings.

-- Optimal string alignment: insertions, deletions, replacements and swapped neighbours, each one step.
local function distance(a, b)
  local before, row, above = nil, {}, nil
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    before, above, row = above, row, { [0] = i }
    for j = 1, #b do
      local step = a:byte(i) == b:byte(j) and 0 or 1
      local best = above[j - 1] + step
      if above[j] + 1 < best then best = above[j] + 1 end
      if row[j - 1] + 1 < best then best = row[j - 1] + 1 end
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) and before[j - 2] + 1 < best then
        best = before[j - 2] + 1
      end
      row[j] = best
    end
  end
  return row[#b]
end

-- What is longer than any word we know is not a slip of the finger, and would take long to compare.
local LONGEST = 64

--- suggest(word, known) --> the word of the list `known` that is nearest, or nil where none is near: at most a third of
-- the letters apart, case aside. Of equally near ones the first in the list.
return function(word, known)
  if #word == 0 or #word > LONGEST then return nil end
  local lower, nearest, least = word:lower(), nil, nil
  for i = 1, #known do
    local candidate = known[i]
    local longer = #candidate > #word and #candidate or #word
    local apart = #candidate <= LONGEST and distance(lower, candidate:lower()) or longer
    if apart * 3 <= longer and (not least or apart < least) then
      nearest, least = candidate, apart
    end
  end
  return nearest
end
