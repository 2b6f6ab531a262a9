-- Cases and random versions of the schemes, and the tools whose orders they are.

local assert = require "luassert"
local probe = require "tarsier.probe".versions

local versions = { folder = "tests/data/versions/" }

-- Random versions, of the bits that each grammar is made of.
versions.bits = {
  deb = { "0", "1", "2", "9", "10", "007", ".", ".", "~", "+", "-", "a", "b", "rc", "deb12u", "Z", ":" },
  rpm = { "0", "1", "2", "9", "10", "007", ".", ".", "~", "^", "_", "+", "a", "b", "rc", "el9", "Z" },
  apk = { "0", "1", "2", "10", "05", ".", ".", "a", "z", "_alpha", "_beta", "_rc", "_p", "_git", "~ab", "-r1", "-r0",
    "_pre2" },
  pep440 = { "0", "1", "2", "10", "01", ".", ".", ".", "!", "a", "b", "rc", "alpha", "c", "dev", "post", "r", "rev",
    "-", "_", "+", "v", "x", "RC" },
  maven = { "0", "1", "2", "10", "00", ".", ".", ".", "-", "-", "a", "m", "alpha", "RC", "cr", "SNAPSHOT", "final",
    "ga", "sp", "x", "foo", "_", "+" },
  nuget = { "0", "1", "2", "10", "01", ".", ".", ".", "-", "-", "+", "a", "B", "RC", "rc", "2147483648", "_" },
  gem = { "0", "1", "2", "9", "10", "01", ".", ".", ".", ".0", ".a", ".b", ".rc", "rc1", "-", "pre", "A" },
  composer = { "0", "1", "2", "10", "01", ".", ".", ".", "-", "_", "alpha", "beta", "b", "RC", "rc", "a", "p", "pl", "patch",
    "stable", "dev", ".x", "-dev", "v", "+b", "2010" },
  go = { "0", "1", "2", "10", "01", ".", ".", ".", "-", "-", "+incompatible", "+a", "a", "rc", "0.20210101000000", "rc2" },
  bitnami = { "0", "1", "2", "10", ".", ".", ".", "-", "-0", "-1", "+a", "a", "rc", "el8" },
  pub = { "0", "1", "2", "10", "01", ".", ".", ".", "-", "-", "+", "+1", "a", "dev", "DEV" },
  numbers = { "0", "1", "2", "9", "10", "01", ".", ".", ".", "-" },
  pacman = { "0", "1", "2", "9", "10", "007", ".", ".", ".", "+", "_", "a", "b", "rc", "r12", "-1", "-2", ":" },
  portage = { "0", "1", "2", "10", "05", ".", ".", ".", "a", "z", "_alpha", "_beta", "_rc", "_p", "_pre2", "-r1", "-r0", "-r10" },
  homebrew = { "0", "1", "2", "10", "01", ".", ".", ".", "_", "_1", "-", "+", "a", "b", "rc1", "beta", "p", ".post1", "x", "HEAD" },
  conda = { "0", "1", "2", "10", "01", ".", ".", ".", "_", "-", "!", "+", "a", "RC", "dev", "post", "post1", "*" },
  semver = { "0", "1", "2", "10", "01", ".", ".", ".", "-", "-", "+", "a", "b", "rc", "v", "_", "Beta" },
}


--- expect(expected, got, format, …): assert.equal for loops of thousands, where its call and a text for it take longer than
--- what is tried
function versions.expect(expected, got, format, ...)
  if expected ~= got then assert.equal(expected, got, format:format(...)) end
end

local sign = { [-1] = "<", [0] = "=", [1] = ">" }

--- sign_of(scheme, a, b) -> "<", "=" or ">": what the scheme's compare says, valid or not
function versions.sign_of(scheme, a, b) return sign[probe.order(scheme, a, b)] end

--- read(scheme) -> the cases of the scheme's data file, or nil
function versions.read(scheme)
  local file = io.open(versions.folder .. scheme .. ".txt")
  if not file then return nil end
  local cases = {}
  for line in file:lines() do
    local text = line:gsub("%s#.*", "")
    local a, operator, b = text:match "^(%S+) ([<=>]) (%S+)%s*$"
    if a and a ~= "invalid" then
      cases[#cases + 1] = { line = line, a = a, operator = operator, b = b }
    elseif text:match "^invalid" then
      cases[#cases + 1] = { line = line, invalid = text:sub(9) }
    else
      assert(text == "" or text:match "^#", versions.folder .. scheme .. ".txt: " .. line)
    end
  end
  file:close()
  return cases
end

function versions.lines_of(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    if line ~= "" then lines[#lines + 1] = line end
  end
  pipe:close()
  return lines
end

function versions.runs(command)
  return (os.execute(command .. " >/dev/null 2>&1"))
end

function versions.with_file(text, use)
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(text)
  file:close()
  local ok, message = pcall(use, name)
  os.remove(name)
  if not ok then error(message, 0) end
end

function versions.random(scheme)
  local list, parts = versions.bits[scheme], { tostring(math.random(0, 3)) }
  for _ = 1, math.random(0, 7) do parts[#parts + 1] = list[math.random(#list)] end
  return table.concat(parts)
end

function versions.random_valid(scheme, accept)
  while true do
    local version = versions.random(scheme)
    if probe.valid(scheme, version) and (not accept or accept(version)) then return version end
  end
end

function versions.pairs_of(scheme, count, accept)
  local list = {}
  for i = 1, count do list[i] = { versions.random_valid(scheme, accept), versions.random_valid(scheme, accept) } end
  return list
end

--- data_pairs(scheme) -> the pairs of the scheme's data file that have an order
function versions.data_pairs(scheme)
  local list = {}
  for _, case in ipairs(versions.read(scheme)) do
    if case.operator then list[#list + 1] = { case.a, case.b } end
  end
  return list
end

function versions.append(list, more)
  for _, pair in ipairs(more) do list[#list + 1] = pair end
  return list
end

return versions
