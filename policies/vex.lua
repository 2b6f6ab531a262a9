-- Accepts findings that a supplier says do not affect the image: statements of VEX documents, --vex FILE. Of several
-- statements the newest counts. Statements that are not obeyed, such as unsigned ones from a registry, decide nothing.

local function said(word)
  local parts = { word.status == "fixed" and "fixed, says " or "not affected, says " }
  parts[#parts + 1] = word.author ~= "" and word.author or word.file
  if word.time ~= "" then parts[#parts + 1] = " on " .. word.time:sub(1, 10) end
  local why = word.justification ~= "" and word.justification:gsub("_", " ") or ""
  if word.text ~= "" then why = why ~= "" and why .. "; " .. word.text or word.text end
  if why ~= "" then parts[#parts + 1] = ": " .. why end
  return table.concat(parts)
end

return {
  name = "vex",
  summary = "Accept what VEX statements say does not affect the image.",
  options = {
    decision = "accept",       -- what becomes of such findings: accept or ignore
    need_justification = true, -- "not affected" must say why
    max_age = 0,               -- days after which a statement no longer counts; 0: never
  },
  choices = { decision = { "accept", "ignore" } },

  finding = function(f, _, options)
    local last
    for _, word in ipairs(f.vex or {}) do
      local age = days_since(word.time)
      local is_old = options.max_age > 0 and (not age or age > options.max_age)
      if word.obeyed and not is_old then last = word end
    end
    if not last then return end
    if last.status == "fixed" then return options.decision, said(last) end
    if last.status ~= "not_affected" then return end
    if options.need_justification and last.justification == "" and last.text == "" then return end
    return options.decision, said(last)
  end,

  examples = {
    { finding = { vex = { { status = "not_affected", author = "Acme", time = "2026-01-02T00:00:00Z",
      justification = "vulnerable_code_not_present", text = "", file = "a.json", obeyed = true } } }, expect = "accept",
      reason = "not affected, says Acme on 2026-01-02: vulnerable code not present" },
    { finding = { vex = { { status = "fixed", author = "", time = "", justification = "", text = "", file = "a.json",
      obeyed = true } } }, expect = "accept", reason = "fixed, says a.json" },
    { finding = { vex = { { status = "not_affected", author = "Acme", time = "", justification = "", text = "",
      file = "a.json", obeyed = true } } } },
    { finding = { vex = { { status = "not_affected", author = "Acme", time = "", justification = "", text = "",
      file = "a.json", obeyed = true } } }, options = { need_justification = false }, expect = "accept" },
    { finding = { vex = { { status = "not_affected", author = "Acme", time = "", justification = "x", text = "",
      file = "a.json", obeyed = false, refusal = "unsigned" } } } },
    -- the newest counts
    { finding = { vex = { { status = "not_affected", author = "Acme", time = "2026-01-02", justification = "x",
      text = "",
      file = "a.json", obeyed = true }, { status = "affected", author = "Acme", time = "2026-02-02", justification = "",
      text = "", file = "b.json", obeyed = true } } } },
    { finding = { vex = { { status = "not_affected", author = "Acme", time = "2026-01-02", justification = "x",
      text = "",
      file = "a.json", obeyed = true } } }, options = { max_age = 30 }, today = "2026-11-24" },
    { finding = { vex = { { status = "not_affected", author = "Acme", time = "2026-11-02", justification = "x",
      text = "",
      file = "a.json", obeyed = true } } }, options = { max_age = 30, decision = "ignore" }, today = "2026-11-24",
      expect = "ignore" },
    { finding = { severity = "Critical" } },
  },
}
