-- Changes to a Dockerfile, as patches that `git apply` takes.

local dockerfile = {}

-- Lines before and after the change, as in every unified diff.
local CONTEXT = 3

-- Returns how many lines come before a new RUN | nil if there is no FROM. The RUN follows all that the last stage
-- installs, and precedes the instructions that give up root's rights or start the program.
local function place(lines)
  local from, at, continued = nil, nil, false
  for i, line in ipairs(lines) do
    local word = not continued and line:match "^%s*(%a+)%s"
    word = word and word:upper()
    if word == "FROM" then from, at = i, nil end
    if from and not at and (word == "USER" or word == "CMD" or word == "ENTRYPOINT") then at = i - 1 end
    if not line:find "^%s*#" then continued = line:find "\\%s*$" ~= nil end
  end
  return from and (at or #lines)
end

--- patch(path, text, instruction) -> a unified diff that adds the instruction | nil if the text is not a Dockerfile
function dockerfile.patch(path, text, instruction)
  local lines, ends_open = {}, text ~= "" and text:sub(-1) ~= "\n"
  for line in (ends_open and text .. "\n" or text):gmatch "(.-)\n" do lines[#lines + 1] = line end
  local at = place(lines)
  if not at then return nil end
  local first, last = math.max(1, at - CONTEXT + 1), math.min(#lines, at + CONTEXT)
  local parts = { ("diff --git a/%s b/%s"):format(path, path), "--- a/" .. path, "+++ b/" .. path,
    ("@@ -%d,%d +%d,%d @@"):format(first, last - first + 1, first, last - first + 2) }
  local function add(sign, line, is_last)
    parts[#parts + 1] = sign .. line
    if is_last and ends_open then parts[#parts + 1] = "\\ No newline at end of file" end
  end
  for i = first, at do
    if i == #lines and ends_open then -- the line gets the newline that it lacks
      add("-", lines[i], true)
      add("+", lines[i])
    else
      add(" ", lines[i])
    end
  end
  add("+", instruction)
  for i = at + 1, last do add(" ", lines[i], i == #lines) end
  return table.concat(parts, "\n") .. "\n"
end

return dockerfile
