-- CVSS: vectors with their known scores, what is no vector, and random vectors beside another implementation.

local cvss = require "tarsier.probe".cvss

local folder = "tests/data/cvss/"
local version_of = { ["2.0"] = 20, ["3.0"] = 30, ["3.1"] = 31, ["4.0"] = 40 }

local function read_data(name)
  local cases = {}
  for line in io.lines(folder .. name .. ".txt") do
    local vector, score = line:match "^(%S+) (%d+%.%d)$"
    assert(vector or line == "" or line:match "^#", name .. ".txt: " .. line)
    if vector then cases[#cases + 1] = { vector = vector, score = tonumber(score) } end
  end
  return cases
end

describe("a CVSS score", function()
  for name, version in pairs(version_of) do
    it("of version " .. name .. " is what FIRST's equations give", function()
      local cases = read_data(name)
      assert.is_true(#cases > 100)
      for _, case in ipairs(cases) do
        local score, _, got = cvss.score(case.vector)
        assert.equal(case.score, score, case.vector)
        assert.equal(version, got, case.vector)
      end
    end)
  end

  it("has a severity on NVD's scale", function()
    local expected = {
      ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"] = "Negligible", -- 0.0
      ["CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"] = "Low",        -- 1.6
      ["CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:C/C:L/I:N/A:N"] = "Low",        -- 3.6
      ["CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L"] = "Medium",     -- 4.2
      ["CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:H/A:N"] = "Medium",     -- 6.8
      ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"] = "High",       -- 7.5
      ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"] = "Critical",   -- 9.8
      ["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"] = "Critical", -- 9.3
      ["AV:N/AC:L/Au:N/C:C/I:C/A:C"] = "High",                         -- 10.0: 2.0 knows nothing worse
      ["AV:N/AC:L/Au:N/C:N/I:N/A:N"] = "Negligible",
      ["AV:L/AC:H/Au:M/C:P/I:N/A:N"] = "Low",                          -- 0.8
    }
    for vector, severity in pairs(expected) do
      local _, got = cvss.score(vector)
      assert.equal(severity, got, vector)
    end
  end)

  it("is refused to what is no vector, with a reason", function()
    local whole3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    local whole4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
    local cases = {
      { "", "missing" }, { "CVSS:3.1/", "AV is missing" }, { "AV:N/AC:L/Au:N/C:C/I:C", "A is missing" },
      { whole3:sub(1, -5), "A is missing" }, { whole4:sub(1, -6), "SA is missing" },
      { whole3 .. "/AV:N", "AV is given twice" }, { whole3 .. "/E:X/E:X", "E is given twice" },
      { whole3 .. "/XX:N", "unknown metric" }, { whole3:gsub("AV:N", "AV:Q"), "the values are N A L P" },
      { whole3:gsub("AV:N", "AV:"), "is not valid: the values are" }, { whole3:gsub("AV:N", "AV"), "is not valid: the values are" },
      { whole3:gsub("/AC", "//AC"), "unknown metric" }, { whole3:lower(), "unknown metric" },
      { whole3 .. "/MSI:S", "unknown metric" }, { whole4 .. "/MSC:S", "is not valid: the values are" },
      { whole4 .. "/U:red", "is not valid: the values are" }, { "(AV:N/AC:L/Au:N/C:C/I:C/A:C", "unknown metric" },
      { "(", "unknown metric" }, { "()", "missing" }, { "9.8", "unknown metric" },
      { whole3 .. "\0", "is not valid: the values are" },
    }
    for _, case in ipairs(cases) do
      local score, message, code = cvss.score(case[1])
      assert.is_nil(score, case[1])
      assert.equal("FORMAT", code, case[1])
      assert.truthy(message:find(case[2], 1, true), case[1] .. ": " .. message)
    end
  end)

  it("is refused to versions to come", function()
    for _, vector in ipairs { "CVSS:5.0/AV:N", "CVSS:3.2/AV:N", "CVSS:4.0", "CVSS:1.0/AV:N" } do
      local score, _, code = cvss.score(vector)
      assert.is_nil(score)
      assert.equal("UNSUPPORTED", code, vector)
    end
  end)

  it("forgives white space around it and a slash at its end", function()
    assert.equal(9.8, (cvss.score " CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/\n"))
  end)
end)

-- Random vectors ----------------------------------------------------------------------------------------------------

local function metrics(text)
  local list = {}
  for name, values in text:gmatch "(%w+):(%S+)" do
    local all = {}
    for value in values:gmatch "[^,]+" do all[#all + 1] = value end
    list[#list + 1] = { name = name, values = all }
  end
  return list
end

local grammars = {
  { prefix = "", required = metrics "AV:L,A,N AC:H,M,L Au:M,S,N C:N,P,C I:N,P,C A:N,P,C", optional = {} },
  { prefix = "CVSS:3.0/", required = metrics "AV:N,A,L,P AC:L,H PR:N,L,H UI:N,R S:U,C C:H,L,N I:H,L,N A:H,L,N",
    optional = metrics "E:X,H,F,P,U RL:X,U,W,T,O RC:X,C,R,U MAV:X,N,A,L,P" },
  { prefix = "CVSS:3.1/", required = metrics "AV:N,A,L,P AC:L,H PR:N,L,H UI:N,R S:U,C C:H,L,N I:H,L,N A:H,L,N",
    optional = metrics "E:X,H,F,P,U RL:X,U,W,T,O RC:X,C,R,U MAV:X,N,A,L,P" },
  { prefix = "CVSS:4.0/", required = metrics
      "AV:N,A,L,P AC:L,H AT:N,P PR:N,L,H UI:N,P,A VC:H,L,N VI:H,L,N VA:H,L,N SC:H,L,N SI:H,L,N SA:H,L,N",
    optional = metrics("E:X,A,P,U CR:X,H,M,L IR:X,H,M,L AR:X,H,M,L MAV:X,N,A,L,P MAC:X,L,H MAT:X,N,P MPR:X,N,L,H " ..
      "MUI:X,N,P,A MVC:X,H,L,N MVI:X,H,L,N MVA:X,H,L,N MSC:X,H,L,N MSI:X,S,H,L,N MSA:X,S,H,L,N " ..
      "S:X,N,P AU:X,N,Y R:X,A,U,I V:X,D,C RE:X,L,M,H U:X,Clear,Green,Amber,Red") },
}

local function random_vector(grammar)
  local parts = {}
  local function add(metric) parts[#parts + 1] = metric.name .. ":" .. metric.values[math.random(#metric.values)] end
  for _, metric in ipairs(grammar.required) do add(metric) end
  local share = math.random(0, 2) / 2
  for _, metric in ipairs(grammar.optional) do
    if math.random() < share then add(metric) end
  end
  return grammar.prefix .. table.concat(parts, "/")
end

local python_scores = [[
import sys
from cvss import CVSS2, CVSS3, CVSS4
for line in sys.stdin:
    vector = line.strip()
    kind = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    print(kind(vector).base_score)
]]

describe("random CVSS vectors", function()
  math.randomseed(4000)

  it("have a score of one decimal between 0 and 10", function()
    for i = 1, 4000 do
      local vector = random_vector(grammars[i % 4 + 1])
      local score = assert(cvss.score(vector))
      assert.is_true(score >= 0 and score <= 10 and math.abs(score * 10 - math.floor(score * 10 + 0.5)) < 1e-9, vector)
    end
  end)

  it("score as Python's cvss does", function()
    local python = os.getenv "TARSIER_PYTHON" or "python3"
    if not os.execute(python .. " -c 'from cvss import CVSS4' >/dev/null 2>&1") then
      return pending "needs Python's cvss of 3.0 or later: pip install cvss"
    end
    local vectors = {}
    for i = 1, 8000 do vectors[i] = random_vector(grammars[i % 4 + 1]) end
    local script, input = os.tmpname(), os.tmpname()
    local function write(name, text)
      local file = assert(io.open(name, "w"))
      file:write(text)
      file:close()
    end
    write(script, python_scores)
    write(input, table.concat(vectors, "\n") .. "\n")
    local pipe = assert(io.popen(("%s %s < %s"):format(python, script, input)))
    local answers = {}
    for line in pipe:lines() do answers[#answers + 1] = tonumber(line) end
    pipe:close()
    os.remove(script)
    os.remove(input)
    assert.equal(#vectors, #answers)
    for i, vector in ipairs(vectors) do assert.equal(answers[i], (cvss.score(vector)), vector) end
  end)

  it("do not get worse where a metric of 3.1 gets better", function()
    for _ = 1, 500 do
      local vector = random_vector { prefix = "CVSS:3.1/", required = grammars[3].required, optional = {} }
      local worse = vector:gsub("/C:%w", "/C:H"):gsub("AV:%w", "AV:N")
      assert.is_true(cvss.score(worse) >= cvss.score(vector), vector)
    end
  end)
end)

describe("a severity's word", function()
  local expected = {
    Unknown = { "", "unknown", "not yet assigned", "end-of-life", "untriaged", "severe", "lo" },
    Negligible = { "negligible", "Negligible", "unimportant", "none", "NONE" },
    Low = { "low", "Low", "LOW", "low*", "low**", "minor" },
    Medium = { "medium", "Medium", "MODERATE", "moderate", "medium**" },
    High = { "high", "HIGH", "Important", "important", "high**" },
    Critical = { "critical", "Critical", "CRITICAL", " critical " },
    Defcon1 = { "Defcon1", "defcon1" },
  }
  for severity, words in pairs(expected) do
    it("can mean " .. severity, function()
      for _, word in ipairs(words) do assert.equal(severity, cvss.severity(word), word) end
    end)
  end
end)
