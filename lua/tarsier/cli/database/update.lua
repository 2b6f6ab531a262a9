-- tarsier db update: brings the database up to date. tarsier db fetch: fills a folder for machines without a network.

local later = require "tarsier.later"
local core = require "tarsier.core"
local exit = require "tarsier.cli.exit"
local freshen = later "tarsier.cli.freshen"
local place = require "tarsier.place"
local seen = later "tarsier.seen"
local shared = require "tarsier.cli.database.options"
local sources = require "tarsier.sources"
local state = require "tarsier.update.state"
local text = require "tarsier.text"
local update = later "tarsier.update"

-- ---- which ecosystems ---------------------------------------------------------------------------------------------

local function family_set()
  local list, has = {}, {}
  return list, function(family)
    if family and not has[family] then list[#list + 1] = family end
    if family then has[family] = true end
  end
end

-- Those of an image's packages.
local function of_image(name, options, terminal, add)
  local image = require "tarsier.cli.image"
  local config, message = image.engine_options(options, terminal)
  if not config then return nil, message, exit.USAGE end
  local locate = require "tarsier.cli.locate"
  local there <close>, wrong, code = locate.open(name, config, terminal)
  if not there then return nil, wrong, exit.of_error(code) end
  local result
  result, wrong, code = require "tarsier".packages(there.reference, config)
  terminal:wipe()
  if not result then return nil, wrong, exit.of_error(code) end
  for family in pairs(seen.families(result.packages)) do add((sources.family(family))) end
  return true
end

-- Those that the database has, and those of the images that were scanned here.
local function usual(database, add)
  local info = core.database(database)
  for path in pairs(state.sources(info)) do add(path:match "^osv/([^/]+)/") end
  for _, one in ipairs(seen.list()) do
    for _, family in ipairs(one.families) do add((sources.family(tostring(family)))) end
  end
end

-- -> families | nil, message, exit code
local function choose(database, options, arguments, terminal)
  local list, add = family_set()
  for _, name in ipairs(options.with or {}) do
    local extra, message = sources.extra(name)
    if not extra then return nil, message, exit.USAGE end
  end
  if options.all then
    for _, file in ipairs(sources.files(sources.families())) do
      if not file.own_only then add(file.family) end
    end
  end
  for _, name in ipairs(arguments) do
    local family, message = sources.family(name)
    if not family then return nil, message, exit.USAGE end
    add(family)
  end
  for _, name in ipairs(options["for"] or {}) do
    local ok, message, code = of_image(name, options, terminal, add)
    if not ok then return nil, message, code end
  end
  if #list == 0 and not options["for"] and database then usual(database, add) end
  if #list == 0 then
    return nil, "which ecosystems? No image was scanned here yet: name them (`tarsier db update Debian npm`), an image "
      .. "(`--for IMAGE`), or --all; there are " .. table.concat(sources.families(), ", "), exit.USAGE
  end
  table.sort(list)
  return list
end

-- ---- telling ------------------------------------------------------------------------------------------------------

local function tell(result, terminal)
  for _, file in ipairs(result.files) do
    if file.outcome == "failed" and not result.is_offline then
      terminal:warn(file.message)
    elseif file.outcome == "changed" then
      terminal:say(("%s: %s"):format(file.path, file.records and text.plural(file.records, "changed record") or "new"))
    end
  end
end

-- Called for each input of the import.
local function complaints(terminal)
  local kept = 0
  return function(input, feed, _, message)
    if not message then return end
    kept = kept + 1
    -- EPSS says at the end that it has another model.
    if kept <= 5 or feed == "epss" then terminal:say(("%s: %s"):format(input, message)) end
  end
end

-- Is the database young enough, if no source answered?
local function offline(database, result, options, limit, terminal)
  local info = core.database(database)
  if not info then
    return shared.failed(terminal, ("offline, and there is no database yet: %s"):format(result.files[1].message))
  end
  local age = state.age(info, state.stamps(database), os.time())
  local is_young = age and age <= (limit or 7 * 86400)
  local line = ("offline: the database is %s (%s)"):format(shared.old_text(age), result.files[1].message or "")
  if not is_young then return shared.failed(terminal, line) end
  if not options.quiet then terminal:say("tarsier: " .. line) end
  return exit.PASS
end

local function summary(database, result, terminal)
  local info = core.database(database)
  if result.changed == 0 then
    terminal:say(("%s: up to date, %s"):format(database, text.plural(info and info.advisories or 0, "advisory",
      "advisories")))
  else
    terminal:say(("%s: %s of %s, %s"):format(database, text.plural(result.changed, "file"),
      text.thousands(#result.files),
      text.plural(info and info.advisories or 0, "advisory", "advisories")))
  end
end

-- -> exit code: is it young enough for --db-max-age?
local function check_age(database, options, terminal)
  local ok, message = freshen.check_age(database, options)
  return ok and exit.PASS or shared.failed(terminal, message)
end

local function run_update(options, arguments, terminal)
  local limit, message
  if options.db_max_age then
    limit, message = shared.age(options.db_max_age)
    if not limit then return nil, message end
  end
  local database
  database, message = shared.target(options.db)
  if not database then return shared.failed(terminal, message) end
  if options.offline then
    if not place.exists(database) then
      return shared.failed(terminal, database .. ": there is no database, and --offline fetches none")
    end
    local info, why = core.database(database)
    if not info then return shared.failed(terminal, why) end
    return check_age(database, options, terminal)
  end
  local families, wrong, code = choose(database, options, arguments, terminal)
  if not families then
    terminal:fail(wrong)
    return code
  end
  local result
  result, message = update.run { database = database, families = families, mirror = options.mirror,
    extras = options.with, ca_file = options.ca_file, progress = shared.progress(terminal),
      on_input = complaints(terminal) }
  terminal:wipe()
  if not result then return shared.failed(terminal, message) end
  tell(result, terminal)
  if result.is_offline then return offline(database, result, options, limit, terminal) end
  if not core.database(database) then return shared.failed(terminal, database .. ": nothing could be fetched") end
  summary(database, result, terminal)
  if result.failed > 0 then return exit.DATABASE end
  return check_age(database, options, terminal)
end

-- ---- filling a mirror ----------------------------------------------------------------------------------------------

local function run_fetch(options, arguments, terminal)
  local folder = table.remove(arguments, 1)
  local families, message, code = choose(nil, options, arguments, terminal)
  if not families then
    terminal:fail(message)
    return code
  end
  local result
  result, message = require "tarsier.update.mirror".fill { folder = folder, families = families,
    extras = options.with, mirror = options.mirror,
    ca_file = options.ca_file, progress = shared.progress(terminal) }
  terminal:wipe()
  if not result then return shared.failed(terminal, message) end
  tell(result, terminal)
  if result.is_offline then return shared.failed(terminal, "offline: " .. result.files[1].message) end
  terminal:say(("%s: %s new, %s unchanged"):format(folder, text.plural(result.changed, "file"),
    text.thousands(#result.files - result.changed - result.failed)))
  return result.failed > 0 and exit.DATABASE or exit.PASS
end

-- ---- the commands ---------------------------------------------------------------------------------------------------

local function options_with(own)
  return table.move(shared.fetching, 1, #shared.fetching, #own + 1, own)
end

local image_options = { { long = "for", value = "IMAGE", many = true,
  help = "what this image's packages need; may be repeated" },
  { long = "all", help = "every ecosystem whose records may be copied" } }

local with_option = { long = "with", value = "SOURCE", many = true,
  help = "a further source, named below; it stays with the database" }

local function further()
  local list = {}
  for i, source in ipairs(sources.extras()) do list[i] = ("%s (%s)"):format(source.name, source.summary) end
  return "Further sources, for --with: " .. table.concat(list, "; ") .. "."
end

local progress_options = { shared.quiet, { long = "no-progress", help = "no progress on a terminal" } }

return {
  {
    name = "update",
    summary = "fetch what is new in the published records, and add it to the database",
    arguments = { { name = "ECOSYSTEM", many = true, optional = true,
      help = "Debian, npm, …; default: what the database has and what the images scanned here need" } },
    description = {
      "Fetches from the publishers' own addresses: OSV's export of each ecosystem, CISA's KEV and FIRST's EPSS. After "
        .. "the first time only what changed is fetched: single records, or files that are not the ones known (ETag, "
        .. "If-Modified-Since). Interrupted downloads go on where they broke. $HTTPS_PROXY and $NO_PROXY are obeyed.",
      "Amazon Linux, Arch Linux, Azure Linux, Fedora and Oracle Linux, which OSV does not export, come from their "
        .. "publishers. " .. further(),
      "A file that is cut, altered, older than the known one, or not a feed at all changes nothing and is named; the "
        .. "others are imported, and the exit code is 4. The new database is built beside the old one and renamed into "
        .. "place. If no server answers, one line says so, and the exit code is 0 as long as the database is younger "
        .. "than --db-max-age, default 7 days.",
      "Nothing about the machine or its images is sent anywhere.",
    },
    options = options_with { shared.database, image_options[1], image_options[2], with_option, shared.offline,
      shared.max_age,
      table.unpack(progress_options) },
    examples = {
      { "tarsier db update Debian PyPI", "Debian and Python, with KEV and EPSS" },
      { "tarsier db update --for app:1", "what this image needs" },
      { "tarsier db update", "what is new, once a day or once an hour" },
      { "tarsier db update --mirror https://mirror.example/feeds", "in a closed network" },
    },
    run = run_update,
  },
  {
    name = "fetch",
    summary = "fill a folder with published records, for `db update --mirror`",
    arguments = { { name = "DIR", help = "the folder; a web server may serve it as it is" },
      { name = "ECOSYSTEM", many = true, optional = true, help = "Debian, npm, …" } },
    description = { "The folder is laid out as --mirror expects it. Files that have not changed are not fetched "
      .. "again.", further() },
    options = options_with { image_options[1], image_options[2], with_option, table.unpack(progress_options) },
    examples = { { "tarsier db fetch /srv/feeds Debian PyPI",
      "then: tarsier db update --mirror /srv/feeds Debian PyPI" } },
    run = run_fetch,
  },
}
