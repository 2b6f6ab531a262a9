-- Every report is valid by the schema that its format's owner publishes, whatever the image holds.

local attacks = require "support.attacks"
local make_result = require "support.result"
local poison = require "support.poison"
local report = require "tarsier.report"
local schemas = require "support.schemas"

local function clean()
  local result = make_result()
  result.findings, result.problems, result.packages = {}, {}, {}
  result.image.name, result.image.digest = "", ""
  return result
end

-- Something that no schema allows.
local function broken(text)
  return (text:gsub('ersion": *"?[^",\n]*"?', 'ersion": []', 1):gsub(' tests="', ' texts="', 1))
end

local documents = {}

local function add(format, what, text, is_broken)
  documents[#documents + 1] = { format = format, what = what, text = text, is_broken = is_broken }
end

local names = {}
for name in pairs(schemas.of) do names[#names + 1] = name end
table.sort(names)

for _, name in ipairs(names) do
  add(name, "a result with everything in it", report.text(name, make_result()))
  add(name, "a hostile image", report.text(name, poison(make_result(), attacks.ATTACK, attacks.spared)))
  -- OpenVEX wants a statement; the format tells that there is none
  if name ~= "openvex" then add(name, "a result with nothing in it", report.text(name, clean())) end
  add(name, "a broken document", broken(report.text(name, make_result())), true)
end

describe("the schema of", function()
  setup(function() schemas.check(documents) end)

  for _, document in ipairs(documents) do
    it(("%s %s %s"):format(document.format, document.is_broken and "refuses" or "holds for", document.what), function()
      local missing = schemas.missing(document.format)
      if missing then return pending(missing) end
      if document.is_broken then
        assert.not_same({}, document.wrong)
      else
        assert.same({}, document.wrong)
      end
    end)
  end
end)
