-- One line for each finding, for spreadsheets: RFC 4180, UTF-8, a header, lines that end in CR LF.

local cell = require "tarsier.report.shared.csv"
local common = require "tarsier.report.shared.common"

local columns = {
  { "id", function(f) return f.id end },
  { "aliases", function(f) return table.concat(f.aliases or {}, " ") end },
  { "severity", function(f) return f.severity end },
  { "cvss_score", function(f) return f.cvss and ("%.1f"):format(f.cvss.score) end },
  { "cvss_vector", function(f) return f.cvss and f.cvss.vector end },
  { "risk", function(f) return f.risk and ("%.1f"):format(f.risk) end },
  { "kev", function(f) return f.kev and f.kev.added end },
  { "ransomware", function(f) return f.kev and f.kev.ransomware or nil end },
  { "epss", function(f) return f.epss and ("%.5f"):format(f.epss.score) end },
  { "decision", function(f) return f.decision or "undecided" end },
  { "policy", function(f) return f.policy end },
  { "reason", function(f) return f.reason end },
  { "status", function(f) return f.status end },
  { "type", function(f) return f.package.type end },
  { "package", function(f) return f.package.name end },
  { "version", function(f) return f.package.version end },
  { "architecture", function(f) return f.package.architecture end },
  { "fixed_by", function(f) return f.fixed_by end },
  { "source", function(f) return f.package.source and f.package.source.name end },
  { "purl", function(f) return f.package.purl end },
  { "path", function(f) return f.package.path end },
  { "layer", function(f) return f.layer and f.layer.index end },
  { "layer_digest", function(f) return f.layer and f.layer.digest end },
  { "base", function(f) return f.layer and f.layer.base or nil end },
  { "instruction", function(f) return f.layer and common.instruction(f.layer) end },
  { "published", function(f) return f.published end },
  { "summary", function(f) return f.summary end },
  { "url", function(f) return f.url end },
  { "image", function(_, image) return common.image_name(image) end },
}

local function write(result, out)
  local names = {}
  for i, column in ipairs(columns) do names[i] = column[1] end
  out(table.concat(names, ",") .. "\r\n")
  local cells = {}
  for _, finding in ipairs(result.findings) do
    for i, column in ipairs(columns) do cells[i] = cell(column[2](finding, result.image)) end
    out(table.concat(cells, ",") .. "\r\n")
  end
end

return { name = "csv", summary = "one line a finding, for spreadsheets", extension = "csv", write = write }
