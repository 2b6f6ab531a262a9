-- What languages' own tools list is what we list: pip, npm, gem, Composer, LuaRocks, R and GHC, in real trees.

local temporary = require "support.temporary"

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
      for program, package in pairs(programs) do
        if not temporary.has(program) then return pending(("needs %s: apt-get install %s"):format(program, package)) end
      end
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
    must("python3 -m venv %s/app && %s/app/bin/pip install -q flask==2.2.5 requests==2.31.0 zope.interface==6.1 ruamel.yaml",
      root, root)
    same(lines_of(must("%s/app/bin/pip list --format freeze | sed 's/==/ /'", root)), root, "pypi", 12)
  end)

  test("pip list with packages in development and from a folder", { python3 = "python3-venv" }, function(root)
    must([[set -e; root=%s; python3 -m venv $root/app; mkdir $root/src $root/other
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
    must([[cd %s && printf '{"name": "app", "version": "1.0.0"}' >package.json &&
      npm install --silent --no-audit --no-fund express@4.18.2 old@npm:lodash@4.17.20 @babel/code-frame@7.24.2 >/dev/null]],
      root)
    local theirs = npm_ls("cd %s && npm ls --all --json --long", root)
    same(lines_of(theirs), root, "npm", 60)
  end)

  test("npm ls --all --global", { npm = "npm" }, function(root)
    must("npm install --silent --no-audit --no-fund --global --prefix %s/usr/local semver@7.5.4 npm@9.9.3 >/dev/null", root)
    local theirs = npm_ls("npm ls --all --global --prefix %s/usr/local --json --long", root)
    same(lines_of(theirs), root, "npm", 100)
  end)

  test("pnpm's layout", { npm = "npm" }, function(root)
    must([[cd %s && printf '{"name": "app", "version": "1.0.0"}' >package.json && npm_config_loglevel=error npx --yes pnpm@8 install \
      --silent express@4.18.2 >/dev/null]], root)
    local theirs = must([[cd %s && ls node_modules/.pnpm | sed -n 's/_.*//; s/+/\//; s/^\(.*\)@\([0-9].*\)/\1 \2/p']], root)
    same(lines_of(theirs), root, "npm", 60)
  end)

  test("gem list", { gem = "ruby" }, function(root)
    local gems = root .. "/usr/lib/ruby/gems/local"
    must([[set -e; cd %s; mkdir gem; cd gem
      for name in first second-part third_part; do
        printf 'Gem::Specification.new do |s|\n s.name = "%%s"\n s.version = "1.0.0.rc1"\n s.summary = "x"\n s.authors = ["x"]\nend\n' \
          $name >$name.gemspec
        gem build --silent $name.gemspec 2>/dev/null
        gem install --silent --local --no-document --install-dir %s $name-1.0.0.rc1.gem >/dev/null
      done
      cd ..; rm -rf gem]], root, gems)
    for place in must("gem environment gempath"):gmatch "[^:\n]+" do
      if temporary.run("test -d " .. place .. "/specifications") == 0 then
        must("mkdir -p %s && cp -r %s/specifications %s", root .. place, place, root .. place)
      end
    end
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
    must([[set -e; cd %s
      for name in one two; do
        mkdir -p lib/$name
        printf '{"name": "acme/%%s", "version": "v1.2.0-beta1", "license": "MIT"}' $name >lib/$name/composer.json
      done
      printf '{"repositories": [{"type": "path", "url": "lib/*", "options": {"symlink": false}}, {"packagist.org": false}],
        "require": {"acme/one": "*", "acme/two": "*"}, "minimum-stability": "dev"}' >composer.json
      COMPOSER_ALLOW_SUPERUSER=1 composer install --quiet --no-interaction]], root)
    local theirs = must([[cd %s && COMPOSER_ALLOW_SUPERUSER=1 composer show --format=json 2>/dev/null | python3 -c '
import json, sys
for each in json.load(sys.stdin)["installed"]: print(each["name"], each["version"])']], root)
    same(lines_of(theirs), root, "composer", 2)
  end)

  test("luarocks list", { ["luarocks-5.4"] = "luarocks" }, function(root)
    must([[set -e; cd %s; mkdir rock; cd rock; echo 'return {}' >one.lua
      for name in one two-parts; do
        printf 'package = "%%s"\nversion = "1.0-2"\nsource = { url = "one.lua" }\nbuild = { type = "builtin", modules = { one = "one.lua" } }\n' \
          $name >$name-1.0-2.rockspec
        luarocks-5.4 make --deps-mode=none --tree ../usr/local $name-1.0-2.rockspec >/dev/null
      done
      cd ..; rm -rf rock]], root)
    local theirs = must("luarocks-5.4 list --tree %s/usr/local --porcelain | cut -f1,2 | tr '\\t' ' '", root)
    same(lines_of(theirs), root, "luarocks", 2)
  end)

  test("R's installed.packages", { Rscript = "r-base-core" }, function(root)
    must("mkdir -p %s/usr/lib/R && cp -r /usr/lib/R/library %s/usr/lib/R", root, root)
    local theirs = must([[Rscript -e 'p <- installed.packages(lib.loc = "%s/usr/lib/R/library"); cat(paste(p[, "Package"], p[, "Version"]), sep = "\n")']],
      root)
    same(lines_of(theirs), root, "cran", 10)
  end)

  test("ghc-pkg list", { ["ghc-pkg"] = "ghc" }, function(root)
    must("mkdir -p %s/var/lib/ghc && cp -r /var/lib/ghc/package.conf.d %s/var/lib/ghc", root, root)
    local theirs = must("ghc-pkg list --simple-output --global | tr ' ' '\\n' | sed 's/-\\([0-9.]*\\)$/ \\1/'")
    same(lines_of(theirs), root, "hackage", 20)
  end)
end)
