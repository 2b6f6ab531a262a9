-- What all commands that read an image share.

local exit = require "tarsier.cli.exit"
local registry = require "tarsier.cli.registry"

local image = {}

image.argument = { name = "IMAGE", help = "docker-archive:FILE[:NAME], oci:DIR[:TAG|@DIGEST], "
  .. "oci-archive:FILE[:TAG|@DIGEST], docker-daemon:NAME[:TAG] in the container engine ($DOCKER_HOST, else Docker's or "
  .. "Podman's socket), docker://[HOST/]NAME[:TAG][@DIGEST] in a registry, dir:PATH, sbom:FILE for a bill of "
  .. "materials, - for an archive or a bill of materials on standard input, or a path to any of these; if no such path "
  .. "exists, a NAME such as app:1 in the container engine, otherwise in the registry that the name begins with" }

image.options = {
  { long = "platform", value = "OS/ARCH",
    help = "which image of a multi-platform index to scan, such as linux/arm64/v8; default: this machine's" },
  { long = "threads", value = "N", integer = 1, help = "how many layers to read at once; default: one per processor" },
  { long = "cache-dir", value = "DIR",
    help = "the folder of the layer cache; default: $XDG_CACHE_HOME/tarsier" },
  { long = "cache-size", value = "MIB", integer = 1, help = "the size limit of the cache, in MiB; default: 1024" },
  { long = "no-cache", help = "neither read nor write the cache" },
  { long = "skip-diff-id",
    help = "do not verify the digests of uncompressed layers (those of compressed layers are always verified)" },
  { long = "attestations",
    help = "also read the bills of materials that BuildKit attached to the image in its index" },
  { long = "reader", value = "FILE", many = true,
    help = "a reader in Lua for evidence that tarsier does not know: a file, or the name of a Lua module; may be "
      .. "repeated" },
  { long = "ignore-unreadable",
    help = "only warn if a package database in the image cannot be read or leads nowhere, instead of exit code 3 or "
      .. "5" },
  { long = "quiet", short = "q", help = "no progress, notes or warnings on standard error" },
  { long = "no-progress", help = "no progress bar; there is also none if standard error is not a terminal" },
  { long = "color", value = "WHEN", choices = { "auto", "always", "never" },
    help = "colour: auto, always or never; auto obeys NO_COLOR" },
}
table.move(registry.options, 1, #registry.options, #image.options + 1, image.options)

--- options_with(own) -> a command's own options followed by the common ones
function image.options_with(own)
  return table.move(image.options, 1, #image.options, #own + 1, own)
end

--- scripts(option, names) -> files | nil, message. A name without a slash that does not end in .lua is a Lua module,
--- such as acme.readers.version of a rock: its file is read, and runs in the sandbox.
function image.scripts(option, names)
  local files = {}
  for i, name in ipairs(names or {}) do
    local is_file = name:find "/" or name:find "%.lua$"
    files[i] = is_file and name or package.searchpath(name, package.path)
    if not files[i] then
      return nil, ("%s %s: no file %s.lua, and no Lua module of this name"):format(option, name, name)
    end
  end
  return files
end

--- engine_options(options, terminal, [reference]) -> what tarsier.scan and tarsier.packages want | nil, message
function image.engine_options(options, terminal, reference)
  local config, message = registry.config(options, reference)
  if not config then return nil, message end
  config.cache_dir = options.no_cache and "" or options.cache_dir
  config.cache_limit = options.cache_size and options.cache_size * 1024 * 1024
  config.platform, config.threads, config.skip_diff_id = options.platform, options.threads, options.skip_diff_id
  config.attestations = options.attestations
  config.readers, message = image.scripts("--reader", options.reader)
  if not config.readers then return nil, message end
  config.on_event = terminal:reporter(options.verbose)
  return config
end

--- settle(result, options, terminal): marks what --ignore-unreadable lets pass and says so
function image.settle(result, options, terminal)
  for _, problem in ipairs(result.problems) do
    local hidden = problem.kind == "unreadable" or problem.kind == "missing"
    if hidden and options.ignore_unreadable then
      problem.ignored = true
      if not terminal.quiet then terminal:warn(("%s: %s (ignored)"):format(problem.subject, problem.message)) end
    end
  end
end

--- failed(terminal, message, code) -> exit code
function image.failed(terminal, message, code)
  terminal:fail(message)
  return exit.of_error(code)
end

return image
