-- What policies see of a scan is what its report says.

local core = require "tarsier.core"
local images = require "support.images"
local policy = require "tarsier.policy"

-- A policy that knows what the report says, and names what it does not see of it.
local TEXT = [[
local told = %s
local function spell(value, path, lines)
  if type(value) ~= "table" then
    lines[path .. "=" .. tostring(value)] = true
    return lines
  end
  for key, inner in pairs(value) do
    if key ~= "packages" and key ~= "findings" then spell(inner, path .. "." .. tostring(key), lines) end
  end
  return lines
end
local function compare(what, record)
  local seen, missing = spell(record, "", {}), {}
  for _, line in ipairs(told[what]) do
    if not seen[line] then missing[#missing + 1] = line end
  end
  if missing[1] then return "fail", "does not see " .. table.concat(missing, ", ") end
  return "warn", "sees it all"
end
return { name = "view", summary = "s", needs = { "files" },
  image = function(image) return compare("image", image) end,
  finding = function(finding) return compare(finding.id .. finding.package.purl, finding) end }
]]

local function spell(value, path, lines)
  if type(value) ~= "table" then
    lines[#lines + 1] = ("%q"):format(path .. "=" .. tostring(value))
    return lines
  end
  for key, inner in pairs(value) do spell(inner, path .. "." .. tostring(key), lines) end
  return lines
end

describe("what a policy sees", function()
  it("of an image and its findings is what the report says", function()
    local folder = images.folder()
    finally(function() images.remove(folder) end)
    local engine <close> = assert(core.open { database = "build/starter.db", cache_dir = "", files = true })
    local report = assert(engine:scan "oci:build/sample")
    local image, findings = report:image(), report:findings()
    assert.is_true(#image.layers > 1 and image.created ~= "" and image.distro.id ~= "" and #findings > 10)
    local told = { ("image = { %s }"):format(table.concat(spell(image, "", {}), ", ")) }
    for i, finding in ipairs(findings) do
      told[i + 1] = ("[%q] = { %s }"):format(finding.id .. finding.package.purl, table.concat(spell(finding, "", {}), ", "))
    end
    images.write(folder .. "/view.lua", TEXT:format("{ " .. table.concat(told, ",\n") .. " }"))
    local judgement = assert(policy.judge(report, { policies = { folder .. "/view.lua" } }))
    assert.equal("warn", judgement.verdict.decision, require "cjson".encode(judgement.verdict.reasons))
    for _, finding in ipairs(judgement.findings) do assert.equal("sees it all", finding.reason) end
  end)
end)
