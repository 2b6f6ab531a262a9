-- YAML as people write it for a program: nodes that know their lines, within limits, and one way to say what is wrong.
-- The node of a value:
--
--   { line =, kind = "scalar", text =, plain = was it without quotes? } | { line =, kind = "list", node, … }
--   | { line =, kind = "map", { key = node, value = node }, … }

local suggest = require "tarsier.suggest"

local yaml = {}

--- What may be read: a file is written by people. Nodes count as often as aliases repeat them, which stops files that
--- unfold without end.
yaml.MAX_BYTES = 1 << 20
local MAX_NODES, MAX_DEPTH = 100000, 16

--- fail(line, text, …): raises what yaml.catch returns
function yaml.fail(line, text, ...)
  error({ line = line, text = text:format(...) }, 0)
end

local fail = yaml.fail

--- catch(name, f, …) -> what f returns | nil, "NAME:LINE: what is wrong"
function yaml.catch(name, f, ...)
  local ok, result = pcall(f, ...)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  local place = result.line and ("%s:%d"):format(name, result.line) or name
  return nil, ("%s: %s"):format(place, result.text)
end

local Reader = {}
Reader.__index = Reader

local function clean(message)
  return (tostring(message):gsub("^.-:%d+: ", ""):gsub("%s+", " "))
end

function Reader:next()
  local ok, event = pcall(self.parse)
  if not ok then
    local text = clean(event)
    fail(tonumber(text:match "line: (%d+)") or self.line, "not YAML: %s", text:match "^(.-) at document: " or text)
  end
  if not event then fail(self.line, "not YAML: it ends too early") end
  self.line = event.start_mark.line + 1
  return event
end

function Reader:count(nodes, line)
  self.nodes = self.nodes + nodes
  if self.nodes > MAX_NODES then fail(line, "more than %d values; aliases count as what they stand for", MAX_NODES) end
end

function Reader:fill(node, stop)
  self.depth = self.depth + 1
  if self.depth > MAX_DEPTH then fail(node.line, "nested deeper than %d levels", MAX_DEPTH) end
  local event = self:next()
  while event.type ~= stop do
    local item = self:node(event)
    if node.kind == "map" then
      node[#node + 1] = { key = item, value = self:node(self:next()) }
    else
      node[#node + 1] = item
    end
    event = self:next()
  end
  self.depth = self.depth - 1
end

function Reader:alias(event)
  local node = self.anchors[event.anchor]
  if not node then fail(self.line, "the alias *%s stands for nothing before it", event.anchor) end
  if not node.size then fail(self.line, "the alias *%s is part of what it stands for", event.anchor) end
  self:count(node.size, self.line)
  return node
end

function Reader:node(event)
  if event.type == "ALIAS" then return self:alias(event) end
  local node, before = { line = self.line }, self.nodes
  self:count(1, node.line)
  if event.anchor then self.anchors[event.anchor] = node end
  if event.type == "SCALAR" then
    node.kind, node.text, node.plain = "scalar", event.value, event.style == "PLAIN"
  elseif event.type == "MAPPING_START" then
    node.kind = "map"
    self:fill(node, "MAPPING_END")
  elseif event.type == "SEQUENCE_START" then
    node.kind = "list"
    self:fill(node, "SEQUENCE_END")
  else
    fail(self.line, "not YAML: unexpected %s", tostring(event.type))
  end
  node.size = self.nodes - before
  return node
end

--- parse(text) -> the document's node | nil for an empty text. Call it within yaml.catch.
function yaml.parse(text)
  if #text > yaml.MAX_BYTES then fail(nil, "larger than %d KiB", yaml.MAX_BYTES >> 10) end
  local reader = { parse = require "yaml".parser(text), line = 1, nodes = 0, depth = 0, anchors = {} }
  setmetatable(reader, Reader)
  reader:next() -- STREAM_START
  if reader:next().type == "STREAM_END" then return nil end
  local node = reader:node(reader:next())
  reader:next() -- DOCUMENT_END
  if reader:next().type ~= "STREAM_END" then fail(reader.line, "more than one document") end
  return node
end

local nulls = { [""] = true, ["~"] = true, null = true, Null = true, NULL = true }

--- is_null(node) -> is nothing there?
function yaml.is_null(node)
  return node.kind == "scalar" and node.plain and nulls[node.text] or false
end

--- How messages call the kinds.
yaml.kinds = { scalar = "text", list = "a list", map = "a map" }

--- check_kind(node, kind, what) -> node; fails if it is of another kind
function yaml.check_kind(node, kind, what)
  if node.kind ~= kind then fail(node.line, "%s must be %s, is %s", what, yaml.kinds[kind], yaml.kinds[node.kind]) end
  return node
end

--- check_text(node, what) -> the text of a scalar that is not empty
function yaml.check_text(node, what)
  yaml.check_kind(node, "scalar", what)
  if yaml.is_null(node) or node.text:match "^%s*$" then fail(node.line, "%s is empty", what) end
  return node.text
end

local function is_one_of(word, list)
  for _, item in ipairs(list) do
    if item == word then return true end
  end
  return false
end

--- each_pair(map, what, known, visit): calls visit(key, value node, line) for each pair. Where `known` is given, other
--- keys are errors, and so are repeated ones.
function yaml.each_pair(map, what, known, visit)
  local lines = {}
  yaml.check_kind(map, "map", what)
  for _, pair in ipairs(map) do
    local key = yaml.check_text(pair.key, "a key of " .. what)
    local line = pair.key.line
    if known and not is_one_of(key, known) then
      fail(line, "%s has no key %q%s; there are %s", what, key, suggest.hint(key, known), table.concat(known, ", "))
    end
    -- clair-scanner's own example names a vulnerability twice; anywhere else one of the two would be lost
    if known ~= nil and lines[key] then fail(line, "%q again: it stands in line %d already", key, lines[key]) end
    lines[key] = line
    visit(key, pair.value, line)
  end
end

-- Words of YAML's core schema; everything else is text.
local words = { ["true"] = true, ["false"] = false }

--- value(node) -> the plain value: text, number, boolean, nil, or a table of such
function yaml.value(node)
  if yaml.is_null(node) then return nil end
  if node.kind == "list" then
    local list = {}
    for i, item in ipairs(node) do
      list[i] = yaml.value(item)
      if list[i] == nil then fail(item.line, "a list has no room for null") end
    end
    return list
  elseif node.kind == "map" then
    local map = {}
    for _, pair in ipairs(node) do
      local key = yaml.check_text(pair.key, "a key")
      if map[key] ~= nil then fail(pair.key.line, "%q again", key) end
      map[key] = yaml.value(pair.value)
    end
    return map
  elseif not node.plain then
    return node.text
  elseif words[node.text] ~= nil then
    return words[node.text]
  end
  return node.text:find "^[-+]?[%d.]+$" and (math.tointeger(tonumber(node.text)) or tonumber(node.text)) or node.text
end

return yaml
