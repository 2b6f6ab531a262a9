-- What languages' own tools list is what we list: pip, npm, gem, Composer, PEAR, LuaRocks, R and GHC, in real trees.

local temporary = require "support.temporary"
local trees = require "support.trees"

local must = temporary.must

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  table.sort(lines)
  return lines
end

-- Each line once.
local function unique(lines)
  local list = {}
  for _, line in ipairs(lines) do
    if list[#list] ~= line then list[#list + 1] = line end
  end
  return list
end

--- ours(root, type) -> "name version" of each package, sorted, each once. Exit code 5 is that of packages without a feed.
local function ours(root, kind)
  local lua = os.getenv "LUA" or "lua5.4"
  local text = must("%s lua/bin/tarsier packages --quiet --no-cache --format tsv dir:%s 2>/dev/null || test $? = 5", lua,
    root)
  local lines = {}
  for _, line in ipairs(lines_of(text)) do
    local of, name, version = line:match "^([^\t]*)\t([^\t]*)\t([^\t]*)$"
    if of == kind then lines[#lines + 1] = name .. " " .. version end
  end
  return unique(lines)
end

describe("the language's own tool and we list the same:", function()
  if not os.getenv "TARSIER_TEST_REAL" then return pending "takes minutes and package registries: make test-real" end

  local folder
  setup(function() folder = temporary.folder() end)
  teardown(function() temporary.remove(folder) end)

  -- A test that needs these programs.
  local function test(name, programs, body)
    it(name, function()
      local missing = trees.missing(programs)
      if missing then return pending(missing) end
      local root = folder .. "/" .. name:gsub("%W", "-")
      must("mkdir -p %s", root)
      body(root)
    end)
  end

  local function same(theirs, root, kind, at_least)
    theirs = unique(theirs)
    assert.is_true(#theirs >= at_least, "only " .. #theirs .. " packages")
    assert.same(theirs, ours(root, kind))
  end

  test("pip list", { python3 = "python3-venv" }, function(root)
    trees.python(root)
    same(lines_of(must("%s/app/bin/pip list --format freeze | sed 's/==/ /'", root)), root, "pypi", 12)
  end)

  test("pip list with packages in development and from a folder", { python3 = "python3-venv" }, function(root)
    temporary.fetched([[set -e; root=%s; python3 -m venv $root/app; mkdir -p $root/src $root/other
      printf '[project]\nname = "in_development"\nversion = "1.2.dev3"\n' >$root/src/pyproject.toml
      printf '[project]\nname = "from-folder"\nversion = "0.5"\n' >$root/other/pyproject.toml
      $root/app/bin/pip install -q setuptools wheel
      $root/app/bin/pip install -q --no-build-isolation -e $root/src $root/other
      rm -rf $root/src/*.egg-info $root/other/*.egg-info $root/other/build $root/src/build]], root)
    -- pip shows where it is installed from, too
    local theirs = must("%s/app/bin/pip list --format freeze --exclude-editable | sed 's/==/ /'", root)
    same(lines_of(theirs .. "in-development 1.2.dev3\n"), root, "pypi", 4)
  end)

  local walk = [[python3 -c '
import json, sys
def walk(node):
    for name, each in node.get("dependencies", {}).items():
        if not each.get("missing"):
            print(each["name"], each["version"])
            walk(each)
walk(json.load(sys.stdin))']]

  local function npm_ls(command, root) return must(command .. " | " .. walk, root) end

  test("npm ls --all in an application", { npm = "npm" }, function(root)
    trees.npm(root)
    local theirs = npm_ls("cd %s/srv/app && npm ls --all --json --long", root)
    same(lines_of(theirs), root, "npm", 60)
  end)

  test("npm ls --all --global", { npm = "npm" }, function(root)
    trees.npm_global(root)
    local theirs = npm_ls("npm ls --all --global --prefix %s/usr/local --json --long", root)
    same(lines_of(theirs), root, "npm", 100)
  end)

  test("pnpm's layout", { npm = "npm" }, function(root)
    trees.pnpm(root)
    local theirs = must([[cd %s/srv/pnpm && ls node_modules/.pnpm | sed -n 's/_.*//; s/+/\//; s/^\(.*\)@\([0-9].*\)/\1 \2/p']], root)
    same(lines_of(theirs), root, "npm", 60)
  end)

  test("Yarn's lock file", { npm = "npm" }, function(root)
    trees.yarn(root)
    local theirs = must([[sed -n 's/^  resolution: "\(.*\)@npm:\(.*\)"$/\1 \2/p' %s/srv/yarn/yarn.lock]], root)
    same(lines_of(theirs), root, "npm", 60)
  end)

  test("gem list", { gem = "ruby" }, function(root)
    local gems = trees.gems(root)
    local theirs = {}
    for line in must("GEM_PATH=%s:$(gem environment gempath) gem list --all", gems):gmatch "[^\n]+" do
      local name, versions = line:match "^(%S+) %((.*)%)$"
      for version in (versions or ""):gmatch "[^,]+" do
        theirs[#theirs + 1] = name .. " " .. version:gsub("default:", ""):match "%S+"
      end
    end
    table.sort(theirs)
    same(theirs, root, "gem", 40)
  end)

  test("composer show", { composer = "composer" }, function(root)
    trees.composer(root)
    local theirs = must([[cd %s/srv/php && COMPOSER_ALLOW_SUPERUSER=1 composer show --format=json 2>/dev/null | python3 -c '
import json, sys
for each in json.load(sys.stdin)["installed"]: print(each["name"], each["version"])']], root)
    same(lines_of(theirs), root, "composer", 2)
  end)

  test("pear list", { pear = "php-pear" }, function(root)
    trees.pear(root)
    local theirs = must("pear list | sed -nE 's,^([A-Za-z0-9_]+) +([0-9][^ ]*) .*,pear/\\1 \\2,p'")
    same(lines_of(theirs), root, "pear", 5)
  end)

  test("luarocks list", { ["luarocks-5.4"] = "luarocks" }, function(root)
    trees.luarocks(root)
    local theirs = must("luarocks-5.4 list --tree %s/usr/local --porcelain | cut -f1,2 | tr '\\t' ' '", root)
    same(lines_of(theirs), root, "luarocks", 2)
  end)

  test("R's installed.packages", { Rscript = "r-base-core" }, function(root)
    trees.r(root)
    local theirs = must([[Rscript -e 'p <- installed.packages(lib.loc = "%s/usr/lib/R/library"); cat(paste(p[, "Package"], p[, "Version"]), sep = "\n")']],
      root)
    same(lines_of(theirs), root, "cran", 10)
  end)

  test("ghc-pkg list", { ["ghc-pkg"] = "ghc" }, function(root)
    trees.ghc(root)
    local theirs = must("ghc-pkg list --simple-output --global | tr ' ' '\\n' | sed 's/-\\([0-9.]*\\)$/ \\1/'")
    same(lines_of(theirs), root, "hackage", 20)
  end)
end)
