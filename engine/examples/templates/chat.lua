-- A message for a chat's incoming webhook, as Slack and Mattermost take it: the verdict and the first steps.
--   tarsier scan app:1 -f ./chat.lua=message.json
--   curl -d @message.json -H 'Content-Type: application/json' "$WEBHOOK"

local STEPS = 3

return {
  name = "chat",
  summary = "a message for a chat's webhook",
  extension = "json",
  write = function(report, out)
    local verdict = report.verdict or { decision = "not judged", reasons = {} }
    local lines = { ("*%s*: %s"):format(report.image.name, verdict.decision) }
    for _, reason in ipairs(verdict.reasons) do table.insert(lines, "• " .. reason) end
    for i, step in ipairs(report.advice and report.advice.pass or {}) do
      if i > STEPS then break end
      table.insert(lines, ("%d. %s"):format(i, step.text))
      if step.command then table.insert(lines, "`" .. step.command .. "`") end
    end
    -- a chat's markup reads these three characters only as entities
    local text = table.concat(lines, "\n"):gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;")
    out('{"text":', escape.json(text), "}\n")
  end,
}
