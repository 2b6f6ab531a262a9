-- Published schemas of reports, from $TARSIER_SHARED/data/schemas, and what checks documents against them: Python's
-- jsonschema, and xmllint.

local json = require "tarsier.json"
local shell = require "support.shell"

local schemas = {}

local folder = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data/schemas/"

-- Which schemas hold for a format.
schemas.of = {
  sarif = { "sarif/sarif-schema-2.1.0.json" },
  openvex = { "openvex/openvex_json_schema.json" },
  gitlab = { "gitlab/15.0.7/container-scanning-report-format.json", "gitlab/15.1.4/container-scanning-report-format.json",
    "gitlab/15.2.1/container-scanning-report-format.json" },
  junit = { "junit/JUnit.xsd", "junit/junit-10.xsd" },
  cyclonedx = { "cyclonedx/bom-1.7.schema.json" },
  ["cyclonedx-1.6"] = { "cyclonedx/bom-1.6.schema.json" },
  ["cyclonedx-bsi"] = { "cyclonedx/bom-1.7.schema.json" },
  ["gl-sbom"] = { "cyclonedx/bom-1.6.schema.json" },
  spdx = { "spdx/spdx-schema-3.0.1.json" },
  ["spdx-bsi"] = { "spdx/spdx-schema-3.0.1.json" },
  ["spdx-2.3"] = { "spdx/spdx-schema-2.3.json" },
}

local python

for _, name in ipairs { "/usr/bin/python3", "python3" } do -- a version manager's wrapper takes half a second
  if not python and os.execute(name .. " -c 'import jsonschema' 2>/dev/null") then python = name end
end

local has_xmllint = os.execute "command -v xmllint >/dev/null"

--- missing(format) -> why its documents cannot be checked, and the way to change that | nil
function schemas.missing(format)
  local file = io.open(folder .. schemas.of[format][1])
  if not file then return "needs the published schemas: set TARSIER_SHARED to a folder with data/schemas" end
  file:close()
  if schemas.of[format][1]:find "%.xsd$" then
    return not has_xmllint and "needs xmllint: apt-get install libxml2-utils" or nil
  end
  return not python and "needs Python's jsonschema: apt-get install python3-jsonschema" or nil
end

local function check_xml(documents, wrong)
  for _, document in ipairs(documents) do
    for _, name in ipairs(schemas.of[document.format]) do
      local code, output, errors = shell.run(("xmllint --nonet --noout --schema %s %s"):format(shell.quote(folder .. name),
        document.path))
      if code ~= 0 then table.insert(wrong[document.path], output .. errors) end
    end
  end
end

local function check_json(documents, wrong)
  local jobs, index = json.array {}, {}
  for _, document in ipairs(documents) do
    for _, name in ipairs(schemas.of[document.format]) do
      if not index[name] then
        index[name] = { schema = folder .. name, documents = json.array {} }
        jobs[#jobs + 1] = index[name]
      end
      table.insert(index[name].documents, document.path)
    end
  end
  local path = os.tmpname()
  shell.write(path, json.encode(jobs))
  local code, output, errors = shell.run(("%s tests/support/validate.py < %s"):format(python, path))
  os.remove(path)
  assert(code == 0, errors)
  for document, found in pairs(assert(json.decode(output))) do
    for _, line in ipairs(found) do table.insert(wrong[document], line) end
  end
end

--- check { { format =, text = }, … }: gives each that can be checked a list `wrong`. One Python checks all of them.
function schemas.check(documents)
  local wrong, as_xml, as_json = {}, {}, {}
  for _, document in ipairs(documents) do
    if not schemas.missing(document.format) then
      document.path = os.tmpname()
      shell.write(document.path, document.text)
      document.wrong = {}
      wrong[document.path] = document.wrong
      table.insert(schemas.of[document.format][1]:find "%.xsd$" and as_xml or as_json, document)
    end
  end
  check_xml(as_xml, wrong)
  if #as_json > 0 then check_json(as_json, wrong) end
  for path in pairs(wrong) do os.remove(path) end
end

return schemas
