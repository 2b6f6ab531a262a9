-- The records of the JSON report, as shapes of tarsier.json. README.md, "The JSON report", describes them.

local shapes = {}

shapes.layer = "index digest diff_id created_by media_type size cached base"

shapes.word = "policy hook decision reason"

shapes.package = [[index type ecosystem name version architecture source{name version} purl path reader module vendor
  licenses[] owner found_by sha512 kernel layer requires[]? essential?]]

shapes.finding = ([[id aliases[] severity severity_source severities[source severity vector score] status status_source
  cwes[] ssvc{exploitation automatable impact}? eu_exploited nvd_status risk cvss{vector score}? fixed_by
  summary description url published modified references[] kev{added due ransomware}? epss{score percentile}?
  package{PACKAGE} layer{LAYER}? backend informational symbol
  vex[file author time id status justification text signed_by obeyed refusal]?
  baseline decision=undecided reason policy trail[WORD] ]])
  :gsub("%u+", { PACKAGE = shapes.package, LAYER = shapes.layer, WORD = shapes.word })

return shapes
