-- Real trees of installed packages, made by each language's own tool: what specs of real images scan.

local temporary = require "support.temporary"

local must, fetched = temporary.must, temporary.fetched

local trees = {}

--- missing(programs) -> why the tree cannot be made, or nil; programs = { program = Debian's package, … }
function trees.missing(programs)
  for program, package in pairs(programs) do
    if not temporary.has(program) then return ("needs %s: apt-get install %s"):format(program, package) end
  end
end

function trees.python(root)
  fetched("python3 -m venv %s/app && %s/app/bin/pip install -q flask==2.2.5 requests==2.31.0 zope.interface==6.1 ruamel.yaml",
    root, root)
end

--- An application with an alias, a scope and nested versions.
function trees.npm(root)
  fetched([[mkdir -p %s/srv/app && cd %s/srv/app && printf '{"name": "app", "version": "1.0.0"}' >package.json &&
    npm install --silent --no-audit --no-fund express@4.18.2 old@npm:lodash@4.17.20 @babel/code-frame@7.24.2 >/dev/null]],
    root, root)
end

function trees.npm_global(root)
  fetched("npm install --silent --no-audit --no-fund --global --prefix %s/usr/local semver@7.5.4 npm@9.9.3 >/dev/null", root)
end

function trees.pnpm(root)
  fetched([[mkdir -p %s/srv/pnpm && cd %s/srv/pnpm && printf '{"name": "app", "version": "1.0.0"}' >package.json &&
    npm_config_loglevel=error npx --yes pnpm@8 install --silent express@4.18.2 >/dev/null]], root, root)
end

--- Yarn 4's packages as zip files.
function trees.yarn(root)
  fetched([[mkdir -p %s/srv/yarn && cd %s/srv/yarn && printf '{"name": "app", "version": "1.0.0"}' >package.json && touch yarn.lock &&
    printf 'enableGlobalCache: false\nenableTelemetry: false\nenableScripts: false\n' >.yarnrc.yml &&
    npx --yes -p @yarnpkg/cli-dist@4.1.0 yarn add express@4.18.2 @babel/code-frame@7.24.2 >/dev/null]], root, root)
end

--- Gems built here, beside those of this machine's Ruby. -> the folder of the former
function trees.gems(root)
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
  return gems
end

function trees.composer(root)
  must([[set -e; mkdir -p %s/srv/php; cd %s/srv/php
    for name in one two; do
      mkdir -p lib/$name
      printf '{"name": "acme/%%s", "version": "v1.2.0-beta1", "license": "MIT"}' $name >lib/$name/composer.json
    done
    printf '{"repositories": [{"type": "path", "url": "lib/*", "options": {"symlink": false}}, {"packagist.org": false}],
      "require": {"acme/one": "*", "acme/two": "*"}, "minimum-stability": "dev"}' >composer.json
    COMPOSER_ALLOW_SUPERUSER=1 composer install --quiet --no-interaction]], root, root)
end

function trees.luarocks(root)
  must([[set -e; cd %s; mkdir rock; cd rock; echo 'return {}' >one.lua
    for name in one two-parts; do
      printf 'package = "%%s"\nversion = "1.0-2"\nsource = { url = "one.lua" }\nbuild = { type = "builtin", modules = { one = "one.lua" } }\n' \
        $name >$name-1.0-2.rockspec
      luarocks-5.4 make --deps-mode=none --tree ../usr/local $name-1.0-2.rockspec >/dev/null
    done
    cd ..; rm -rf rock]], root)
end

function trees.r(root)
  must("mkdir -p %s/usr/lib/R && cp -r /usr/lib/R/library %s/usr/lib/R", root, root)
end

function trees.pear(root)
  must("mkdir -p %s/usr/share/php && cp -r /usr/share/php/.registry %s/usr/share/php", root, root)
end

function trees.ghc(root)
  must("mkdir -p %s/var/lib/ghc && cp -r /var/lib/ghc/package.conf.d %s/var/lib/ghc", root, root)
end

--- Archives as they are published: a fat jar of Spring Boot, jars with others shaded into them, an archive of bundles.
function trees.java(root)
  local artifacts = { "io.zipkin:zipkin-server:2.23.16:jar:exec", "com.github.tomakehurst:wiremock-jre8-standalone:2.33.2",
    "org.apache.activemq:activemq-all:5.17.0", "org.apache.karaf.features:framework:4.3.6:kar" }
  must("mkdir -p %s/srv/java", root)
  for _, artifact in ipairs(artifacts) do
    fetched("mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:2.8:copy -Dartifact=%s -DoutputDirectory=%s/srv/java",
      artifact, root)
  end
end

--- A Go program: another scanner's, if it is there, else none.
function trees.go(root, program)
  must("mkdir -p %s/usr/local/bin && cp %s %s/usr/local/bin/program", root, program, root)
end

return trees
