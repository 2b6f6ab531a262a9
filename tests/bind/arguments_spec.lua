-- The functions of core say which argument is not what they take; in the words of Lua's own.

local core = require "tarsier.core"
local host, json = core.host, core.json

local function nothing() end

local calls = {
  { 1, "clair_status", core.clair_status, 1 }, { 1, "clair_status", core.clair_status, {} },
  { 1, "import", core.import, {}, {} }, { 2, "import", core.import, "x", 1 }, { 3, "import", core.import, "x", {}, 1 },
  { 1, "download", core.download, 1 }, { 2, "download", core.download, {}, 1 },
  { 1, "http", core.http, 1 }, { 1, "http", core.http, {} }, { 1, "http", core.http, { url = "x", headers = 1 } },
  { 1, "http", core.http, { url = "x", on_body = 1 } },
  { 1, "open", core.open, 1 }, { 1, "open", core.open, { on_event = 1 } }, { 1, "open", core.open, { readers = 1 } },
  { 1, "open", core.open, { readers = { 1 } } }, { 1, "judge", core.judge, 1 }, { 1, "risk", core.risk, 1 },
  { 1, "write", json.write }, { 2, "write", json.write, 1, 1 }, { 1, "array", json.array, 1 }, { 1, "list", json.list, 1 },
  { 1, "pick", json.pick, 1, "x" }, { 2, "pick", json.pick, {}, {} }, { 1, "object", json.object, 1, 1 },
  { 1, "read_json", core.read_json, 1, {} }, { 2, "read_json", core.read_json, nothing, 1 },
  { 5, "database_search", core.database_search, "x", nil, nil, nil, 1 }, { 2, "database_list", core.database_list, "x", 1 },
  { 2, "suggest", core.suggest, "x", 1 }, { 1, "template", core.template, 1 }, { 1, "escaper", core.text.escaper, 1 },
  { 1, "escaper", core.text.escaper, { [1] = "x" } }, { 1, "escaper", core.text.escaper, { x = 1 } },
  { 1, "escaper", core.text.escaper, { xy = "x" } }, { 1, "uuid5", core.uuid5, "x", "x" }, { 1, "sleep", host.sleep, -1 },
  { 1, "set_second", host.set_second, 0 }, { 1, "set_second", host.set_second, 60001 }, { 2, "set_second", host.set_second, 1, 0 },
  { 2, "write_file", host.write_file, "/", nil },
}

for _, call in ipairs(calls) do
  it(("%s wants another argument %d than %s"):format(call[2], call[1], tostring(call[3 + call[1]]):gsub(" .*", "")), function()
    local ok, message = pcall(table.unpack(call, 3, #call))
    assert.is_false(ok)
    assert.matches(("bad argument #%d to "):format(call[1]), message, 1, true)
  end)
end
