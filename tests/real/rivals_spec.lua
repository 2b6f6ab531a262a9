-- Other scanners on the same images: they list no package that we do not, and with the same advisories OSV-Scanner finds
-- what we find, apart from what the tables here explain. `make test-rivals` builds them.

local json = require "tarsier.json"
local real = require "support.real"
local rival_databases = require "support.rival_databases"
local rival_images = require "support.rival_images"
local temporary = require "support.temporary"
local trees = require "support.trees"

local must, quote = temporary.must, temporary.quote
local ecosystems, images, key, rival = rival_images.ecosystems, rival_images.images, rival_images.key, rival_databases.program

local function lua() return os.getenv "LUA" or "lua5.4" end

-- ---- what is listed ---------------------------------------------------------------------------------------------------

local function ours(layout)
  local code, text, errors = temporary.run(("%s lua/bin/tarsier packages --quiet --no-cache --format json oci:%s"):format(lua(),
    quote(layout)))
  assert.is_true(code == 0 or code == 5, errors)
  local set = {}
  for _, package in ipairs(json.decode(text).packages) do set[key(package.type, package.name, package.version)] = true end
  return set
end

local listers = {}

function listers.syft(program, layout)
  local text = must("SYFT_CHECK_FOR_APP_UPDATE=false %s scan oci-dir:%s --quiet --output json", program, layout)
  local list = {}
  for _, package in ipairs(json.decode(text).artifacts) do
    list[#list + 1] = { package.type, package.name, package.version, package.locations[1] and package.locations[1].path }
  end
  return list
end

function listers.trivy(program, layout)
  local text = must("%s image --input %s --cache-dir %s --quiet --offline-scan --skip-db-update --skip-java-db-update "
    .. "--skip-version-check --scanners license --list-all-pkgs --format json", program, layout, layout .. ".trivy")
  local list = {}
  for _, result in ipairs(json.decode(text).Results or {}) do
    for _, package in ipairs(result.Packages or {}) do
      local version = package.Version or ""
      if package.Release and package.Release ~= "" then version = version .. "-" .. package.Release end
      if package.Epoch and package.Epoch > 0 then version = math.tointeger(package.Epoch) .. ":" .. version end
      list[#list + 1] = { result.Type, package.Name, version, package.FilePath or result.Target }
    end
  end
  return list
end

-- Which images they cannot read offline, and why.
local unfit = { trivy = { nix = "Trivy does not read Nix stores",
  java = "Trivy knows Java archives by a database of their digests, which it downloads" } }

-- Why a package of theirs is none of ours: patterns of "type name version path".
local explained = {
  { "^binary .* .*%.exe$", "a Windows program that Python's tools bring: it names no package of any registry" },
  { "^npm app 1%.0%.0 /?srv/%w+/package%.json$", "the project's own package.json, not installed by npm" },
  { "^cran translations .*/library/translations/", "part of R itself: no field Built, so not installed by R" },
  { "^nix hello%-0 unstable%-", "Nix itself cuts such names before the 0: ours is hello 0-unstable-2024-01-02" },
  { "^nix name 1%.0 ", "the folder's name has no hash" },
  { "^rpm gpg%-pubkey ", "a key to verify packages with, which rpm lists beside them" },
  { "^maven %S+ UNKNOWN ", "an archive that states no version" },
  { "^maven 3_spec;singleton=true ", "a manifest's symbolic name, cut at the wrong dot; ours is geronimo-annotation_1.3_spec" },
  { "^maven inject 1%.0%.0 ", "likewise: ours is javax.inject" },
  { "^maven context%-slf4j 5%.13%.2 ", "ours is brave-context-slf4j, as the file is named: it takes the end of the bundle's name" },
  { "^maven instrumentation%-http 5%.13%.2 ", "likewise: brave-instrumentation-http" },
  { "^maven native 1%.3%.1%-native ", "likewise: jffi, of which it is a file with a classifier" },
  { "^golang %S+ UNKNOWN ", "a program's own module, whose version its build left out; ours is (devel)" },
  { "^golang %S+ %(devel%) ", "likewise" },
  { "^golang github%.com/anchore/syft ", "likewise: taken from the linker's flags, which are no build information" },
}

local function explanation(text)
  for _, each in ipairs(explained) do
    if text:find(each[1]) then return each[2] end
  end
end

-- ---- what is found ------------------------------------------------------------------------------------------------------

-- -> package → every name of its advisories: the two may group aliases differently
local function our_findings(layout, database)
  local text = must("%s lua/bin/tarsier scan --quiet --no-fail --no-cache --format json --db %s oci:%s", lua(), database,
    layout)
  local set = {}
  for _, finding in ipairs(json.decode(text).findings) do
    local package = finding.package
    local of = key(package.type, package.name, package.version)
    local ids = set[of] or {}
    set[of], ids[finding.id] = ids, true
    for _, alias in ipairs(finding.aliases or {}) do ids[alias] = true end
  end
  return set
end

-- -> package → groups of ids of one flaw each; every package that it lists has an entry
local function their_findings(program, archive, folder)
  local code, text, errors = temporary.run(
    ("OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY=%s %s scan image --archive %s --offline --all-packages --format json"):format(
      quote(folder), quote(program), quote(archive)))
  assert.is_true(code <= 1, errors) -- 1: it has found some
  local set = {}
  for _, result in ipairs(json.decode(text).results) do
    for _, each in ipairs(result.packages) do
      local kind = ecosystems[each.package.ecosystem]
      local of = kind and key(kind, each.package.name, each.package.version)
      if of then set[of] = set[of] or {} end
      for _, group in ipairs(of and each.groups or {}) do table.insert(set[of], group) end
    end
  end
  return set
end

local function names(group)
  local list = {}
  for _, id in ipairs(group.ids) do list[#list + 1] = id end
  for _, id in ipairs(group.aliases or {}) do list[#list + 1] = id end
  return list
end

describe("other scanners and we", function()
  if not os.getenv "TARSIER_TEST_RIVALS" then return pending "takes minutes and other scanners: make test-rivals" end
  local missing = real.missing()
  if missing then return pending(missing) end

  local folder, layout
  setup(function()
    folder = temporary.folder()
    layout = rival_images.layouts(folder)
  end)
  teardown(function() temporary.remove(folder) end)

  for name, list in pairs(listers) do
    for image in pairs(images) do
      it(("list the same packages: %s on %s"):format(name, image), function()
        local program, needed = rival(name)
        if not program then return pending(needed) end
        local absent = (unfit[name] or {})[image] or image == "java" and trees.missing { mvn = "maven" }
        if absent then return pending(absent) end
        local set, theirs, more = ours(layout(image)), list(program, layout(image)), {}
        assert.is_true(#theirs > 0)
        for _, package in ipairs(theirs) do
          local text = key(package[1], package[2], package[3])
          if not set[text] and not explanation(text .. " " .. (package[4] or "")) then
            more[#more + 1] = text .. " " .. (package[4] or "")
          end
        end
        assert.same({}, more)
      end)
    end
  end

  it("find the same with the same advisories: osv-scanner", function()
    local program, needed = rival "osv-scanner"
    if not program then return pending(needed) end
    local data = (os.getenv "TARSIER_SHARED" or "../shared") .. "/data/osv"
    local zips = {}
    for ecosystem in pairs(ecosystems) do
      local zip = ("%s/%s/all.zip"):format(data, ecosystem)
      if temporary.run("test -e " .. quote(zip)) ~= 0 then
        return pending "needs the real feeds: set TARSIER_SHARED to the folder that holds data/osv"
      end
      for _, place in ipairs { "/osv-scanner/", "/osv-scalibr/" } do -- until 2.2, and since
        must("mkdir -p %s && ln -s \"$(realpath %s)\" %s", folder .. place .. ecosystem, zip, folder .. place .. ecosystem)
      end
      zips[#zips + 1] = quote(zip)
    end
    must(lua() .. " lua/bin/tarsier db import --quiet --db %s " .. table.concat(zips, " "), folder .. "/same.db")
    real.copy("oci:" .. layout "languages" .. ":latest", "docker-archive:" .. folder .. "/languages.tar:app:1")

    local we, they, differences, same = our_findings(layout "languages", folder .. "/same.db"),
      their_findings(program, folder .. "/languages.tar", folder), {}, 0
    for package, groups in pairs(they) do
      for _, group in ipairs(groups) do
        local found = false
        for _, id in ipairs(names(group)) do found = found or (we[package] or {})[id] end
        if found then same = same + 1 else differences[#differences + 1] = "theirs: " .. package .. " " .. group.ids[1] end
      end
    end
    -- It reads neither gemspecs nor package.json, only the list that npm keeps of an application: what it does not list
    -- it cannot judge.
    for package, groups in pairs(they) do
      local theirs = {}
      for _, group in ipairs(groups) do
        for _, id in ipairs(names(group)) do theirs[id] = true end
      end
      for id in pairs(we[package] or {}) do
        if not theirs[id] then differences[#differences + 1] = "ours: " .. package .. " " .. id end
      end
    end
    table.sort(differences)
    assert.same({}, differences)
    assert.is_true(same >= 5, "only " .. same .. " findings")
  end)
end)
