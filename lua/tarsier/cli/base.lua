-- tarsier base: remembers base images by their layers, so that scans tell the base's findings from one's own.

local base = require "tarsier.base"
local exit = require "tarsier.cli.exit"
local image = require "tarsier.cli.image"
local json = require "tarsier.json"
local locate = require "tarsier.cli.locate"
local text = require "tarsier.text"

local function same(a, b)
  return a.name == b.name and table.concat(a.layers, " ") == table.concat(b.layers, " ")
end

-- -> what is remembered of the image | nil, message, code
local function read(name, options, terminal)
  local config, message = image.engine_options(options, terminal, name)
  if not config then return nil, message, "USAGE" end
  local there <close>, wrong, kind = locate.open(name, config, terminal)
  if not there then return nil, wrong, kind end
  local tarsier = require "tarsier"
  local result, failure, code = tarsier.packages(there.reference, config)
  terminal:wipe()
  if not result then return nil, there:message(failure), code end
  if #result.image.layers == 0 or result.image.layers[1].digest == "" then
    return nil, name .. ": has no layers to know it by", "USAGE"
  end
  return base.of_result(result, tarsier.now())
end

local function save(bases, terminal)
  local ok, message = base.write(bases)
  if ok then return exit.PASS end
  terminal:fail(message)
  return exit.USAGE
end

local function add(options, arguments, terminal)
  local bases, message, code = base.list()
  if not bases then return image.failed(terminal, message, code) end
  for _, name in ipairs(arguments) do
    local found
    found, message, code = read(name, options, terminal)
    if not found then return image.failed(terminal, message, code) end
    local left = {}
    for _, item in ipairs(bases) do
      if not same(item, found) then left[#left + 1] = item end
    end
    left[#left + 1] = found
    bases = left
    terminal:say(("tarsier: %s: %s remembered"):format(found.name, text.plural(#found.layers, "layer")))
  end
  return save(bases, terminal)
end

local function list(options, _, terminal)
  local bases, message, code = base.list()
  if not bases then return image.failed(terminal, message, code) end
  local lines = {}
  for i, item in ipairs(bases) do
    lines[i] = options.json and json.encode(item) .. "\n" or ("%s\t%s\t%s\t%s\n"):format(text.printable(item.name),
      text.printable(item.digest), text.plural(#item.layers, "layer"), text.printable(item.created:sub(1, 10)))
  end
  local ok, wrong = terminal:write(table.concat(lines))
  if not ok then terminal:fail(wrong) end
  return ok and exit.PASS or exit.USAGE
end

local function remove(_, arguments, terminal)
  local bases, message, code = base.list()
  if not bases then return image.failed(terminal, message, code) end
  local left = {}
  for _, item in ipairs(bases) do
    if item.name ~= arguments[1] and item.digest ~= arguments[1] then left[#left + 1] = item end
  end
  if #left == #bases then
    terminal:fail(("no base image %s is remembered; `tarsier base list` lists them"):format(arguments[1]))
    return exit.USAGE
  end
  return save(left, terminal)
end

return {
  name = "base",
  summary = "remember base images, to tell their findings from one's own",
  description = {
    "A scan whose lowest layers are those of a remembered base marks them as the base's, in findings, reports and "
      .. "policies. Without one, the image's annotations and history tell, as a guess. The list is "
      .. "$XDG_DATA_HOME/tarsier/bases.json.",
  },
  arguments = {},
  options = {},
  commands = {
    { name = "add", summary = "remember the layers of base images", run = add,
      arguments = { { name = image.argument.name, many = true, help = image.argument.help } },
      options = image.options_with {},
      examples = { { "tarsier base add docker://registry.example/debian:12", "from a registry" } } },
    { name = "list", summary = "list the remembered base images", run = list, arguments = {},
      options = { { long = "json", help = "one JSON object a line" } },
      examples = { { "tarsier base list", "name, digest, layers and date of each" } } },
    { name = "remove", summary = "forget a base image", run = remove,
      arguments = { { name = "NAME", help = "its name or digest, as `tarsier base list` writes it" } }, options = {},
      examples = { { "tarsier base remove debian:11", "by its name" } } },
  },
}
