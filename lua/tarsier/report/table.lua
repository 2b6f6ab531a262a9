-- The table for people: what was scanned, what was found, what to do about it, and the verdict.
-- Options: width (columns; nil: as wide as needed), colour, verbose, exit = { code =, meaning = }, and what is shown of
-- the findings (tarsier.table.filter).

local later = require "tarsier.later"
local Page = require "tarsier.page"
local age = later "tarsier.table.age"
local findings = later "tarsier.table.findings"
local heading = later "tarsier.table.heading"
local steps = later "tarsier.table.steps"
local styled = require "tarsier.styled"
local text = require "tarsier.text"

local paint, plural = styled.text, text.plural

local function how(page, result)
  page:title "HOW"
  for _, policy in ipairs(result.verdict and result.verdict.policies or {}) do
    local usage = policy.usage
    local spent = usage and (": %s instructions, %s, %.1f ms"):format(text.thousands(usage.instructions),
      text.size(usage.memory), usage.seconds * 1000) or ""
    page:line("  policy " .. policy.name .. spent)
  end
  local usage = result.usage
  if usage then
    page:line(("  scan: %.3f s, %s of %s read, %d from the cache"):format(usage.seconds, text.size(usage.bytes_read),
      plural(usage.layers_read, "layer"), usage.layers_cached))
  end
end

local function tally_words(tally)
  local parts = {}
  for _, word in ipairs { "fail", "warn", "undecided", "accept", "ignore" } do
    if (tally[word] or 0) > 0 then
      parts[#parts + 1] = ("%s %s"):format(text.thousands(tally[word]), word)
    end
  end
  return #parts > 0 and table.concat(parts, ", ") or "no findings"
end

-- Warns of old facts, because the verdict depends on them.
local function old_feeds(page, result)
  local list = age.old_feeds(result)
  if #list == 0 then return end
  page:line()
  page:sentence(paint("warn", "old feeds "), table.concat(list, ", ") .. ": fetch newer ones with `tarsier db update`")
end

local function baseline(page, result)
  local b = result.baseline
  if not b then return end
  page:line()
  page:sentence({ paint("title", "baseline"), " " }, ("%s: %s new, %s known, %s gone"):format(b.file,
    text.thousands(b.new), text.thousands(b.known), text.thousands(#b.gone)))
end

local function verdict(page, result)
  local v, exit = result.verdict, page.options.exit
  page:line()
  if v then
    page:line { paint(v.decision, v.decision:upper()), "  ", tally_words(v.tally) }
    for _, reason in ipairs(v.reasons) do page:bullet(reason) end
  end
  if exit then page:line(paint("dim", ("exit %d: %s"):format(exit.code, exit.meaning))) end
end

return {
  name = "table",
  summary = "for people: findings, what to do, the verdict",
  extension = "txt",
  write = function(result, out, options)
    local page = Page.new(out, options or {})
    heading.heading(page, result)
    heading.problems(page, result)
    findings.listed(page, result)
    findings.settled(page, result)
    steps.write(page, result)
    if page.options.verbose then how(page, result) end
    baseline(page, result)
    old_feeds(page, result)
    verdict(page, result)
  end,
}
