-- Images that other scanners and we look into, and how packages and programs of theirs are named.

local real = require "support.real"
local rival_databases = require "support.rival_databases"
local temporary = require "support.temporary"
local trees = require "support.trees"

local must = temporary.must

local rival_images = {}

local languages = {
  { "python", { python3 = "python3-venv" } }, { "npm", { npm = "npm" } }, { "npm_global", { npm = "npm" } },
  { "pnpm", { npm = "npm" } }, { "gems", { gem = "ruby" } }, { "composer", { composer = "composer" } },
  { "luarocks", { ["luarocks-5.4"] = "luarocks" } }, { "r", { Rscript = "r-base-core" } }, { "ghc", { ["ghc-pkg"] = "ghc" } },
}

-- The readers' cases that are whole databases as an installed system has them.
local systems = {
  alpine = { "apk/alpine-3.20", "ID=alpine\nVERSION_ID=3.20.1\n" },
  rpm = { "rpm/rhel-like", 'ID=almalinux\nVERSION_ID="9.3"\n' },
}

--- images.NAME(root): fills a folder with what an image holds
local images = {}

function images.languages(root)
  for _, language in ipairs(languages) do
    if not trees.missing(language[2]) then trees[language[1]](root) end
  end
  local program = rival_databases.program "syft" or rival_databases.program "grype"
  if program then trees.go(root, program) end
end

-- The archives that Debian's maven is made of, and some as they are published.
function images.java(root)
  must("mkdir -p %s/opt/lib && cp -L /usr/share/maven/lib/*.jar %s/opt/lib", root, root)
  trees.java(root)
end

function images.debian(root) must("cp -a %s/. %s", real.debian(), root) end

function images.nix(root)
  must("mkdir -p %s/nix/store && for path in tests/data/readers/nix/store/root/nix/store/*; do mkdir %s/nix/store/${path##*/} "
    .. "&& echo x >%s/nix/store/${path##*/}/file; done", root, root, root)
end

for name, system in pairs(systems) do
  images[name] = function(root)
    must("mkdir -p %s/etc && cp -r tests/data/readers/%s/root/. %s", root, system[1], root)
    temporary.write(root .. "/etc/os-release", system[2])
  end
end

-- The others' names for the types of packages.
local types = {
  python = "pypi", ["php-composer"] = "composer", ["php-pear"] = "pear", ["go-module"] = "golang", ["lua-rocks"] = "luarocks",
  ["R-package"] = "cran", haskell = "hackage", ["erlang-otp"] = "otp", ["java-archive"] = "maven", ["rust-crate"] = "cargo",
  -- Trivy's
  debian = "deb", alpine = "apk", alma = "rpm", ["python-pkg"] = "pypi", ["node-pkg"] = "npm", gemspec = "gem",
  gobinary = "golang", rustbinary = "cargo", jar = "maven", ["composer-vendor"] = "composer",
}

--- key(type, name, version) -> one text for a package, whichever scanner lists it
function rival_images.key(kind, name, version)
  kind = types[kind] or kind
  if kind == "pypi" then name = name:lower():gsub("[-_.]+", "-") end
  if kind == "composer" then name = name:lower() end
  if kind == "pear" then name = name:gsub("^pear/", "") end
  if kind == "golang" then version = version:gsub("^go(%d)", "%1"):gsub("^v(%d)", "%1") end
  if kind == "maven" then name = name:gsub("^.*:", "") end -- Syft names the artifact only
  if kind == "rpm" then version = version:gsub("^0:", "") end
  return kind .. " " .. name .. " " .. version
end

rival_images.images = images

--- Ecosystems whose zips all get, and the types of their packages.
rival_images.ecosystems = { npm = "npm", PyPI = "pypi", RubyGems = "gem", Go = "golang", Packagist = "composer" }

--- layouts(folder) -> function(name) -> the OCI layout of that image, made when first needed
function rival_images.layouts(folder)
  local made = {}
  return function(name)
    if not made[name] then
      local root = folder .. "/root-" .. name
      must("mkdir -p %s", root)
      images[name](root)
      made[name] = folder .. "/" .. name
      real.layout(made[name], root)
    end
    return made[name]
  end
end

return rival_images
