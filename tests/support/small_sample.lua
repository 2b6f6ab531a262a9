-- small_sample(folder) -> the reference of a layout: the sample image with four layers instead of seven, and fewer packages of
-- each kind, for specs that scan it hundreds of times.

local HERE = "engine/examples/sample-image/"

local kept = {}
for name in ("bash libc6 libgnutls30 tar zlib1g curl libsqlite3-0 libssl3 libwebp7 openssl Jinja2 requests setuptools "
  .. "@hapi/hoek minimist commons-lang3 commons-text golang.org/x/net golang.org/x/text"):gmatch "%S+" do
  kept[name] = true
end

-- Lines of packages, or lists that name one of them each.
local function chosen(list)
  if type(list) == "string" then
    return (list:gsub("([^|\n]+)|[^\n]*\n", function(name) return not kept[name] and "" or nil end))
  end
  local few = {}
  for _, package in ipairs(list) do
    if kept[package[1]] or kept[package[2]] then few[#few + 1] = package end
  end
  return few
end

-- Moves what a layer adds to another one.
local function join(layer, other)
  layer.install = layer.install and other.install and layer.install .. other.install or layer.install
  for key, value in pairs(other) do layer[key] = layer[key] or value end
end

local function sample()
  local whole = dofile(HERE .. "sample.lua")
  local base, path, tools, python, upgrade, node, java, program, folder, command = table.unpack(whole.layers)
  join(base, tools)
  join(python, node)
  join(java, program)
  base.install = chosen(base.install)
  python.python, python.node, java.java = chosen(python.python), chosen(python.node), chosen(java.java)
  program.program.modules = chosen(program.program.modules)
  whole.layers = { base, path, python, java, upgrade, folder, command }
  return whole
end

return function(folder)
  local env = setmetatable({ arg = { [0] = HERE .. "build.lua", folder }, dofile = sample }, { __index = _G })
  assert(loadfile(HERE .. "build.lua", "t", env))()
  return "oci:" .. folder
end
