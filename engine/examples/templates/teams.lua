-- Who has to do what: failing findings counted by the layer that brought them, as a CSV for a dashboard. Layers are
-- known by the words of their instruction; this team says who answers for which.

local OWNERS = { { "apt%-get", "platform" }, { "apk ", "platform" }, { "pip ", "python" }, { "npm ", "web" },
  { "COPY", "application" } }

local function owner_of(layer)
  if not layer then return "unknown" end
  if layer.base then return "base image" end
  for _, rule in ipairs(OWNERS) do
    if layer.created_by:find(rule[1]) then return rule[2] end
  end
  return "unknown"
end

return {
  name = "teams",
  summary = "failing findings by the team that answers for the layer",
  extension = "csv",
  write = function(report, out)
    local counts, owners = {}, {}
    for _, finding in ipairs(report.findings) do
      if finding.decision == "fail" then
        local owner = owner_of(finding.layer)
        if not counts[owner] then table.insert(owners, owner) end
        counts[owner] = (counts[owner] or 0) + 1
      end
    end
    table.sort(owners)
    out "image,owner,failing\r\n"
    for _, owner in ipairs(owners) do
      out(escape.csv(report.image.name), ",", escape.csv(owner), ",", tostring(counts[owner]), "\r\n")
    end
  end,
}
