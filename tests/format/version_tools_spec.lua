-- Version orders of languages beside the tools whose orders they are: RubyGems, Composer, node-semver, Elixir, R, Haskell;
-- and, for `make test-real`, those of Go, Bitnami and cargo, which must be built first. The distributions' and Python's are
-- in versions_spec.lua.

local probe = require "tarsier.probe".versions
local support = require "support.versions"

local expect = support.expect

-- Each program reads pairs, a line each, tab-separated, and answers <, =, > or invalid.
local ruby = [[
STDIN.each_line do |line|
  a, b = line.chomp.split("\t").map { |text| Gem::Version.correct?(text) ? Gem::Version.new(text) : nil }
  puts a && b ? { -1 => "<", 0 => "=", 1 => ">" }[a <=> b] : "invalid"
end
]]

local php = [[<?php
require "/usr/share/php/Composer/Semver/autoload.php";
$parser = new Composer\Semver\VersionParser;
while (($line = fgets(STDIN)) !== false) {
	[$a, $b] = explode("\t", rtrim($line, "\n"));
	try {
		$a = $parser->normalize($a); $b = $parser->normalize($b);
		$branch = str_starts_with($a, "dev-") || str_starts_with($b, "dev-");
		echo $branch ? "invalid" : ["<", "=", ">"][version_compare($a, $b) + 1], "\n";
	} catch (UnexpectedValueException $e) { echo "invalid\n"; }
}
]]

local javascript = [[
const semver = require(process.env.SEMVER);
const lines = require("fs").readFileSync(0, "utf8").split("\n").slice(0, -1);
console.log(lines.map(line => {
  const [a, b] = line.split("\t").map(text => semver.parse(text));
  return a && b ? ["<", "=", ">"][semver.compare(a, b) + 1] : "invalid";
}).join("\n"));
]]

local elixir = [[
for line <- IO.stream(:stdio, :line) do
  [a, b] = line |> String.trim_trailing("\n") |> String.split("\t") |> Enum.map(&Version.parse/1)
  answer = case {a, b} do
    {{:ok, x}, {:ok, y}} -> %{lt: "<", eq: "=", gt: ">"}[Version.compare(x, y)]
    _ -> "invalid"
  end
  IO.puts(answer)
end
]]

local r = [[
input <- file("stdin")
lines <- strsplit(readLines(input), "\t", fixed = TRUE)
close(input)
for (pair in lines) {
  versions <- package_version(pair, strict = FALSE)
  known <- !any(is.na(versions))
  cat(if (known) c("<", "=", ">")[compareVersion(pair[1], pair[2]) + 2] else "invalid", "\n", sep = "")
}
]]

local haskell = [[
import Data.Version
import Text.ParserCombinators.ReadP
parse :: String -> Maybe Version
parse text = case [v | (v, "") <- readP_to_S parseVersion text, null (versionTags v)] of { [v] -> Just v; _ -> Nothing }
answer :: String -> String
answer line = case (parse a, parse (drop 1 b)) of
  (Just x, Just y) -> case compare x y of { LT -> "<"; EQ -> "="; GT -> ">" }
  _ -> "invalid"
  where (a, b) = break (== '\t') line
main :: IO ()
main = interact (unlines . map answer . lines)
]]

local function answers_of(command, program, list, suffix)
  local input = {}
  for i, pair in ipairs(list) do input[i] = pair[1] .. "\t" .. pair[2] .. "\n" end
  local answers
  support.with_file(program or "", function(script)
    if suffix then
      assert(os.rename(script, script .. suffix))
      script = script .. suffix
    end
    support.with_file(table.concat(input), function(name)
      local line = program and ("%s %s < %s"):format(command, script, name) or command .. " < " .. name
      answers = support.lines_of(line)
    end)
    if suffix then os.remove(script) end
  end)
  assert.equal(#list, #answers, command)
  return answers
end

-- Pairs near each other: most random pairs differ in the first number already.
local function near_pairs(scheme, count)
  local list = {}
  for i = 1, count do
    local base, bits = support.random(scheme), support.bits[scheme]
    local function tail() return math.random(3) == 1 and "" or bits[math.random(#bits)] .. bits[math.random(#bits)] end
    list[i] = { base .. tail(), base .. tail() }
  end
  return list
end

local function all_pairs(scheme)
  return support.append(support.append(support.data_pairs(scheme), support.pairs_of(scheme, 2000)),
    near_pairs(scheme, 4000))
end

local function drop_large_numbers(list, digits)
  for i = #list, 1, -1 do
    if (list[i][1] .. "." .. list[i][2]):find(("%d"):rep(digits)) then table.remove(list, i) end
  end
end

-- Both agree on the order of all that the tool allows, and these are at least so many pairs.
local function check(scheme, list, answers, at_least)
  local compared = 0
  for i, pair in ipairs(list) do
    if answers[i] ~= "invalid" then
      compared = compared + 1
      local valid = probe.valid(scheme, pair[1]) and probe.valid(scheme, pair[2])
      expect(true, valid, "%s: %s and %s are valid", scheme, pair[1], pair[2])
      expect(answers[i], support.sign_of(scheme, pair[1], pair[2]), "%s: %s and %s", scheme, pair[1], pair[2])
    end
  end
  assert.is_true(compared >= at_least, "only " .. compared .. " pairs were compared")
end

-- Near each other, and with three numbers, as most tools want them.
local function semver_pairs(prefix)
  local list = all_pairs "semver"
  for _ = 1, 4000 do
    local function version()
      local text = ("%s%d.%d.%d"):format(prefix or "", math.random(0, 1), math.random(0, 1), math.random(0, 10))
      for _ = 1, math.random(0, 3) do
        text = text .. (text:find "-" and "." or "-") .. ({ "0", "1", "9", "10", "a", "b", "rc", "rc1", "0a" })[math.random(9)]
      end
      return text .. (math.random(4) == 1 and "+b" .. math.random(2) or "")
    end
    list[#list + 1] = { version(), version() }
  end
  return list
end

-- Neither allows what the other does not.
local function check_valid(scheme, list, answers)
  for i, pair in ipairs(list) do
    local valid = probe.valid(scheme, pair[1]) and probe.valid(scheme, pair[2])
    expect(answers[i] ~= "invalid", valid, "%s: %s and %s", scheme, pair[1], pair[2])
  end
end

math.randomseed(20240301)

describe("version schemes beside their languages' tools:", function()
  it("gem orders and allows what RubyGems does", function()
    if not support.runs "ruby --version" then return pending "needs Ruby: apt-get install ruby" end
    local list = all_pairs "gem"
    local answers = answers_of("ruby", ruby, list)
    check("gem", list, answers, 3000)
    check_valid("gem", list, answers)
  end)

  it("composer orders and allows what Composer does", function()
    if not support.runs "php --version" or not support.runs "test -e /usr/share/php/Composer/Semver/autoload.php" then
      return pending "needs Composer's semver: apt-get install php-cli php-composer-semver"
    end
    local list = all_pairs "composer"
    local answers = answers_of("php", php, list)
    check("composer", list, answers, 2500)
    check_valid("composer", list, answers)
  end)

  it("semver orders as node-semver does", function()
    -- npm has one of its own beside its program; npm itself, which would say where, takes as long as the comparison
    local found
    for _, place in ipairs { "/usr/share/nodejs/semver", "$(dirname $(readlink -f $(command -v npm)))/../node_modules/semver" } do
      if support.runs("test -e " .. place .. "/package.json") then found = place end
    end
    if not found then return pending "needs node-semver: apt-get install node-semver, or npm" end
    local list = semver_pairs()
    drop_large_numbers(list, 15) -- JavaScript's are of 53 bits
    check("semver", list, answers_of("SEMVER=" .. found .. " node", javascript, list), 4000)
  end)

  it("semver orders as Elixir's Version does", function()
    if not support.runs "elixir --version" then return pending "needs Elixir: apt-get install elixir" end
    local list = semver_pairs()
    check("semver", list, answers_of("elixir", elixir, list), 4000)
  end)

  local function number_pairs()
    local list = all_pairs "numbers"
    for _ = 1, 3000 do
      local function version()
        local text = tostring(math.random(0, 2))
        for _ = 1, math.random(1, 4) do text = text .. (math.random(4) == 1 and "-" or ".") .. math.random(0, 11) end
        return text
      end
      list[#list + 1] = { version(), version() }
    end
    return list
  end

  it("numbers orders as R does", function()
    if not support.runs "Rscript --version" then return pending "needs R: apt-get install r-base-core" end
    local list = number_pairs()
    drop_large_numbers(list, 9) -- R's are of 32 bits
    check("numbers", list, answers_of("Rscript", r, list), 2000)
  end)

  it("numbers orders as Haskell's Data.Version does", function()
    if not support.runs "runghc --version" then return pending "needs Haskell: apt-get install ghc" end
    local list = number_pairs()
    check("numbers", list, answers_of("runghc", haskell, list, ".hs"), 2000)
  end)

  -- Builds a program, which answers a list on standard input.
  local function built(command)
    local folder = support.lines_of("mktemp -d")[1]
    local ok = os.execute(("d=%s; { %s; } >$d/log 2>&1"):format(folder, command))
    assert.is_truthy(ok, table.concat(support.lines_of("tail -5 " .. folder .. "/log"), "\n"))
    return folder
  end

  it("go and bitnami order as Go's and Bitnami's libraries do", function()
    if not os.getenv "TARSIER_TEST_REAL" then return pending "builds a Go program: make test-real" end
    if not support.runs "go version" then return pending "needs Go: apt-get install golang-go" end
    local folder = built [[cp tests/tools/compare-go/main.go $d && cd $d && go mod init example.org/compare &&
      go get golang.org/x/mod/semver github.com/bitnami/go-version/pkg/version && go build -o compare .]]
    local list = semver_pairs "v"
    check("go", list, answers_of(folder .. "/compare go", nil, list), 2000)
    list = semver_pairs()
    for i = #list, 1, -1 do -- ours knows pre-releases, too; its numbers are of 64 bits
      if (list[i][1] .. "\t" .. list[i][2]):find "%-%a" then table.remove(list, i) end
    end
    drop_large_numbers(list, 15)
    check("bitnami", list, answers_of(folder .. "/compare bitnami", nil, list), 1000)
    os.execute("rm -rf " .. folder)
  end)

  it("semver orders as cargo does", function()
    if not os.getenv "TARSIER_TEST_REAL" then return pending "builds a Rust program: make test-real" end
    if not support.runs "cargo --version" then return pending "needs cargo: apt-get install cargo" end
    local folder = built "cp -r tests/tools/compare-cargo/. $d && cd $d && cargo build --quiet --release"
    local list = semver_pairs()
    drop_large_numbers(list, 15) -- its numbers are of 64 bits
    check("semver", list, answers_of(folder .. "/target/release/compare-cargo", nil, list), 4000)
    os.execute("rm -rf " .. folder)
  end)
end)
