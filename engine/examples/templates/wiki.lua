-- A table for a wiki in MediaWiki's or Confluence's markup: what fails, one line each.

local function cell(s)
  return (escape.text(s):gsub("[|%[%]{}!]", " "))
end

return {
  name = "wiki",
  summary = "the failing findings as a wiki table",
  extension = "wiki",
  write = function(report, out)
    out("h2. ", cell(report.image.name), "\n\n||Id||Severity||Package||Installed||Fixed in||\n")
    for _, finding in ipairs(report.findings) do
      if finding.decision == "fail" then
        local package = finding.package
        out(("|%s|%s|%s|%s|%s|\n"):format(cell(finding.id), finding.severity, cell(package.name), cell(package.version),
          cell(finding.fixed_by or "-")))
      end
    end
  end,
}
