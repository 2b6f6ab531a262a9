-- Texts that attack whoever reads or shows them.

local attacks = { FORGED = "FORGED-PASS" }

local FORGED = attacks.FORGED

--- For terminals and logs: newlines, escape sequences, C1 controls as bytes and as UTF-8, bidi marks, zero-width
--- characters, invalid UTF-8.
attacks.TERMINAL = "x\n" .. FORGED .. "\r" .. FORGED .. "\27[2J\27]0;t\7\8\127\155\u{9B}31m\u{85}\u{202E}\u{2066}\u{200B}"
  .. "\u{FEFF}\u{2028}" .. FORGED .. "\u{E0041}\u{3164}\u{34F}\255\192\175\237\160\128\t."

--- For documents as well: markup, links, formulas, mentions, quick actions, ends of strings.
attacks.ATTACK = attacks.TERMINAL
  .. "]]>--></script><script>alert(1)</script><img src=x onerror=alert(1)>'\"`|\\${x}{{0}}%s%n</style>"
  .. "[a](javascript:alert(1))![b](http://evil.example/t.png) http://evil.example www.evil.example @everyone #1 !1"
  .. "\n/close\n=cmd|' /C calc'!A0\n# HELP x\n```\n."

--- What never comes from an image or a feed: words of our own, and digests, which are verified.
attacks.spared = {}
for key in ([[schema started finished version_of_tarsier decision severity type kind digest diff_id hook evidence baseline
  status media_type]]):gmatch "%S+" do
  attacks.spared[key] = true
end

local hidden = { { 0x80, 0x9F }, { 0xAD, 0xAD }, { 0x34F, 0x34F }, { 0x200B, 0x200F }, { 0x2028, 0x202E },
  { 0x2060, 0x206F }, { 0x3164, 0x3164 }, { 0xFEFF, 0xFEFF }, { 0xE0000, 0xE0FFF } }

-- Does the character control, hide or reorder?
local function is_hidden(code)
  for _, range in ipairs(hidden) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

--- complaint(shown) -> what of an attack got through to a reader of plain text | nil
function attacks.complaint(shown)
  if shown:find "[\0-\9\11-\31\127]" then return "a control character" end
  if not utf8.len(shown) then return "invalid UTF-8" end
  for character in shown:gmatch "[\xC2-\xF4][\x80-\xBF]+" do -- ASCII hides nothing
    local code = utf8.codepoint(character)
    if is_hidden(code) then return ("U+%04X"):format(code) end
  end
  if ("\n" .. shown):find("\n" .. FORGED, 1, true) then return "a forged line" end
end

return attacks
