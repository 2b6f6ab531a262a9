-- Everything that is known about a scan, as one JSON document of schema "1": fields may be added under that number,
-- none is renamed or removed. README.md, "The JSON report", describes them.

local json = require "tarsier.json"
local shapes = require "tarsier.shapes"

local pick, array, object = json.pick, json.array, json.object

local SEVERITIES = "Defcon1 Critical High Medium Low Negligible Unknown"

local function each(list, convert)
  return json.list(list or {}, convert)
end

local function strings(list)
  return each(list)
end

local function image(i)
  local config = i.config
  return object(
    "reference", i.reference, "name", i.name, "digest", i.digest, "id", i.id,
    "os", i.os, "architecture", i.architecture, "variant", i.variant, "created", i.created,
    "distro", pick(i.distro, "id version codename name support_ends extended_support_ends"),
    "ecosystem", i.ecosystem,
    "config", object(
      "user", config.user, "working_dir", config.working_dir, "env", strings(config.env),
      "entrypoint", strings(config.entrypoint), "cmd", strings(config.cmd),
      "exposed_ports", strings(config.exposed_ports), "labels", config.labels,
      "volumes", strings(config.volumes), "healthcheck", strings(config.healthcheck)
    ),
    "annotations", i.annotations, "base", i.base and pick(i.base, "layers name digest evidence guess signed signature"),
    "files", i.files and each(i.files, "path size mode is_folder layer deleted_by"),
    "secrets", i.secrets and each(i.secrets, "kind title path offset layer"),
    "history", each(i.history, "created created_by comment empty_layer"),
    "layers", each(i.layers, shapes.layer)
  )
end

local function database(d)
  if not d then return json.null end
  return object(
    "path", d.path, "built", d.built, "newest", d.newest, "kev_date", d.kev_date,
    "epss_date", d.epss_date, "epss_model", d.epss_model, "advisories", d.advisories,
    "packages", d.packages, "starter", d.starter,
    "ecosystems", strings(d.ecosystems),
    "feeds", each(d.feeds, "name newest records covered"),
    "omissions", each(d.omissions, "reason count")
  )
end

-- Which backend matched the packages: tarsier's own database, or the Clair at that address.
local function backend(b)
  return pick(b or { name = "embedded" }, "name url")
end

-- A policy's options. An empty table is written as a list, because no option is an empty object.
local function options(o)
  local copy = {}
  for key, value in pairs(o or {}) do copy[key] = type(value) == "table" and not next(value) and array {} or value end
  return copy
end

local function policy(p)
  return object(
    "name", p.name, "summary", p.summary, "file", p.file, "options", options(p.options),
    "details", p.details, "usage", p.usage and pick(p.usage, "instructions memory seconds")
  )
end

local function entry(e)
  return type(e) == "table" and e or object("id", tostring(e))
end

local function verdict(v)
  local tally = v.tally
  return object(
    "decision", v.decision, "pass", v.pass, "reasons", strings(v.reasons),
    "tally", object(
      "fail", tally.fail, "warn", tally.warn, "accept", tally.accept, "ignore", tally.ignore,
      "undecided", tally.undecided, "total", tally.total,
      "severity", pick(tally.severity, SEVERITIES)
    ),
    "trail", each(v.trail, shapes.word),
    "policies", each(v.policies, policy),
    "whitelist", v.whitelist and object(
      "file", v.whitelist.file, "unused", each(v.whitelist.unused, entry),
      "expired", each(v.whitelist.expired, entry),
      "notes", (v.whitelist.notes or {})[1] and strings(v.whitelist.notes)
    )
  )
end

local function ends(e)
  return object("total", e.total, "severity", pick(e.severity, SEVERITIES), "ids", strings(e.ids))
end

local function upgrade(p)
  return object("type", p.type, "name", p.name, "version", p.version, "to", p.to,
    "names", strings(p.names), "paths", strings(p.paths), "ends", ends(p.ends))
end

local function step(s)
  return object("kind", s.kind, "text", s.text, "command", s.command, "layer", s.layer,
    "base", s.base, "instruction", s.instruction, "place", s.place,
    "packages", each(s.packages, upgrade), "ends", ends(s.ends))
end

local function open(o)
  return object("type", o.type, "name", o.name, "version", o.version, "layer", o.layer,
    "base", o.base, "ids", strings(o.ids), "total", o.total, "severity", pick(o.severity, SEVERITIES),
    "fails", o.fails, "status", o.status, "since", o.since,
    "remove", o.remove and object("names", strings(o.remove.names), "all", o.remove.all, "command", o.remove.command))
end

local function advice(a)
  return object(
    "pass", each(a.pass, step), "rest", each(a.rest, step), "open", each(a.open, open),
    "refusals", each(a.refusals, "policy reason"),
    "rebuild", a.rebuild and each(a.rebuild, function(r)
      return object("reference", r.reference, "ends", ends(r.ends), "brings", ends(r.brings))
    end)
  )
end

local function document(result)
  return object(
    "schema", result.schema, "tarsier", pick(result.tarsier, "version"),
    "started", result.started, "finished", result.finished,
    "verdict", result.verdict and verdict(result.verdict),
    "advice", result.advice and advice(result.advice),
    "baseline", result.baseline and object(
      "file", result.baseline.file, "new", result.baseline.new, "known", result.baseline.known,
      "gone", each(result.baseline.gone, "id severity type package version fixed_by")
    ),
    "image", image(result.image),
    "problems", each(result.problems, "kind subject message layer ignored"),
    "findings", result.findings and each(result.findings, shapes.finding), -- nil where packages are only listed
    "packages", each(result.packages, shapes.package),
    "backend", result.findings and backend(result.backend),
    "database", result.findings and database(result.database),
    "usage", result.usage and pick(result.usage, "seconds bytes_read layers_read layers_cached")
  )
end

return {
  name = "json",
  summary = "everything that is known, for programs (schema 1)",
  extension = "json",
  packages = true,
  write = function(result, out)
    json.write(document(result), out, { indent = "  " })
    out "\n"
  end,
}
