-- The rules of GitLab's container-scanning-report-format.json, version 15.0.7, as a checker: check(document) -> list of
-- what is wrong with it. The document is decoded JSON; an empty list and an empty object look alike in it.

local UUID = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-5%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"
local TIME = "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d$"

local problems

local function bad(where, what)
  problems[#problems + 1] = where .. ": " .. what
end

local function one_of(where, value, ...)
  for _, allowed in ipairs { ... } do
    if value == allowed then return end
  end
  bad(where, tostring(value) .. " is not one of " .. table.concat({ ... }, ", "))
end

local function string(where, value, least, most)
  if type(value) ~= "string" then return bad(where, "is a " .. type(value) .. ", not a string") end
  local length = utf8.len(value)
  if not length then return bad(where, "is not UTF-8") end
  if length < (least or 0) or length > (most or math.huge) then bad(where, "has " .. length .. " characters") end
end

local function list(where, value, least, most, check)
  if type(value) ~= "table" then return bad(where, "is not a list") end
  if #value < (least or 0) or #value > (most or math.huge) then bad(where, "has " .. #value .. " items") end
  for key in pairs(value) do
    if math.type(key) ~= "integer" then return bad(where, "is an object") end
  end
  for i, item in ipairs(value) do check(("%s[%d]"):format(where, i), item) end
end

local function link(where, value)
  string(where, value, 1)
  if not tostring(value):match "^https?://." and not tostring(value):match "^ftp://." then bad(where, "is no URL") end
end

local function tool(where, value)
  if type(value) ~= "table" then return bad(where, "is missing") end
  for _, key in ipairs { "id", "name", "version" } do string(where .. "." .. key, value[key], 1) end
  string(where .. ".vendor.name", value.vendor and value.vendor.name, 1)
  if value.url then link(where .. ".url", value.url) end
end

local function message(where, value)
  one_of(where .. ".level", value.level, "info", "warn", "fatal")
  string(where .. ".value", value.value, 1)
end

local function scan(where, value)
  if type(value) ~= "table" then return bad(where, "is missing") end
  tool(where .. ".analyzer", value.analyzer)
  tool(where .. ".scanner", value.scanner)
  for _, key in ipairs { "start_time", "end_time" } do
    if not tostring(value[key]):match(TIME) then bad(where .. "." .. key, tostring(value[key])) end
  end
  one_of(where .. ".status", value.status, "success", "failure")
  one_of(where .. ".type", value.type, "container_scanning")
  if value.messages then list(where .. ".messages", value.messages, 0, nil, message) end
end

local function identifier(where, value)
  for _, key in ipairs { "type", "name", "value" } do string(where .. "." .. key, value[key], 1) end
  if value.url then link(where .. ".url", value.url) end
end

local v2 = { AV = "NAL", AC = "LMH", Au = "MSN", C = "NPC", I = "NPC", A = "NPC" }
local v3 = { AV = "NALP", AC = "LH", PR = "NLH", UI = "NR", S = "UC", C = "NLH", I = "NLH", A = "NLH" }

local function cvss(where, value)
  string(where .. ".vendor", value.vendor, 1)
  local vector = tostring(value.vector)
  local third = vector:match "^CVSS:3%.[01]/"
  string(where .. ".vector", value.vector, third and 32 or 16, 128)
  for metric in vector:sub(third and #third + 1 or 1):gmatch "[^/]+" do
    local name, letter = metric:match "^(%a+):(%a)$"
    local letters = (third and v3 or v2)[name]
    if not letters or not letters:find(letter, 1, true) then bad(where .. ".vector", "holds " .. metric) end
  end
end

local function detail(where, name, value)
  string(where .. "." .. name, value.name, 1)
  one_of(where .. "." .. name .. ".type", value.type, "text", "value", "url")
  string(where .. "." .. name .. ".value", value.value)
end

local function location(where, value)
  if type(value) ~= "table" then return bad(where, "is missing") end
  local dependency = value.dependency or {}
  string(where .. ".dependency.package.name", (dependency.package or {}).name)
  string(where .. ".dependency.version", dependency.version)
  string(where .. ".operating_system", value.operating_system, 1)
  string(where .. ".image", value.image, 1)
end

local function vulnerability(where, value)
  if not tostring(value.id):match(UUID) then bad(where .. ".id", tostring(value.id) .. " is no UUID of version 5") end
  list(where .. ".identifiers", value.identifiers, 1, 20, identifier)
  location(where .. ".location", value.location)
  if value.name then string(where .. ".name", value.name, 0, 255) end
  if value.description then string(where .. ".description", value.description, 0, 1048576) end
  if value.solution then string(where .. ".solution", value.solution, 0, 7000) end
  one_of(where .. ".severity", value.severity, "Info", "Unknown", "Low", "Medium", "High", "Critical")
  if value.cvss_vectors then list(where .. ".cvss_vectors", value.cvss_vectors, 1, 10, cvss) end
  list(where .. ".links", value.links, 0, nil, function(at, item) link(at .. ".url", item.url) end)
  for name, item in pairs(value.details) do detail(where .. ".details", name, item) end
end

local function unique_ids(document)
  local seen = {}
  for _, item in ipairs(document.vulnerabilities) do
    if seen[item.id] then bad("vulnerabilities", item.id .. " is there twice") end
    seen[item.id] = true
  end
end

return function(document)
  problems = {}
  if document.version ~= "15.0.7" then bad("version", tostring(document.version)) end
  scan("scan", document.scan)
  list("vulnerabilities", document.vulnerabilities, 0, nil, vulnerability)
  list("remediations", document.remediations, 0, 0, function() end)
  unique_ids(document)
  return problems
end
