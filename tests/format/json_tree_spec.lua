-- JSON as a tree, and large documents cut into values.

local json_tree = require "tarsier.probe".json_tree
local tree, cut = json_tree.tree, json_tree.cut

describe("a JSON tree", function()
  it("holds what the document holds, in its order", function()
    local text = '{"b":[1,-2.5e3,"x\\n\\u00e9\\ud83d\\ude00",true,false,null,[],{}],"a":{"c":"d"}}'
    assert.equal('{b=[1,-2.5e3,"x\né😀",true,false,null,[],{}],a={c="d"}}', tree(text))
    assert.equal('"alone"', tree '"alone"')
    assert.equal("[]", tree "\xEF\xBB\xBF [ ]")
  end)

  for title, text in pairs {
    cut = '{"a":', ["more text"] = "[] []", nothing = "", comma = "[1,]", quote = "{'a':1}", ["no UTF-8"] = '"\255"',
    ["overlong UTF-8"] = '"\192\175"', ["a NUL"] = '"a\\u0000"', ["a NUL in a key"] = '{"a\\u0000":1}', control = '"\1"',
    ["a surrogate in UTF-8"] = '"\237\160\128"',
  } do
    it("is not made of " .. title, function()
      local made, message, code = tree(text)
      assert.is_nil(made)
      assert.matches("^it: ", message)
      assert.equal("FORMAT", code)
    end)
  end

  it("has limits", function()
    local function refuses(text, limit)
      local made, _, code = tree(text, limit)
      assert.is_nil(made)
      assert.equal("LIMIT", code)
    end
    refuses(("["):rep(100000))
    refuses(("["):rep(100000) .. ("]"):rep(100000))
    refuses("[1,2,3]", 6)
    refuses("[" .. ("[],"):rep(1000) .. "[]]", 4000) -- little text, much memory
    assert.is_truthy(tree(("["):rep(200) .. ("]"):rep(200)))
  end)
end)

describe("a document in pieces", function()
  local text = '{"list": [{"a":1}, "é", []], "object": {"x": {"y": [1,2]}}, "n": null}'

  for _, piece in ipairs { 1, 2, 3, 7, 1000 } do
    it("of " .. piece .. " bytes is cut where containers are opened", function()
      assert.same({ ' {list=[{a=1},"é",[]],object={x={y=[1,2]}},n=null}' }, cut(text, 0, piece))
      assert.same({ 'list/ [{a=1},"é",[]]', "object/ {x={y=[1,2]}}", "n/ null" },
        cut(text, 1, piece))
      assert.same({ "list// {a=1}", 'list// "é"', "list// []", "object/x/ {y=[1,2]}", "n/ null" }, cut(text, 2, piece))
      assert.same({ "list//a/ 1", 'list// "é"', "object/x/y/ [1,2]", "n/ null" }, cut(text, 3, piece))
    end)
  end

  it("gives what stands before a fault, but no whole document with one", function()
    local list, message, code = cut("[1,2,x]", 1, 100)
    assert.same({ "/ 1", "/ 2" }, list)
    assert.matches("^it: not JSON", message)
    assert.equal("FORMAT", code)
    assert.same({}, (cut("[1,2]]", 0, 1)))
  end)

  it("ends when its reader has enough", function()
    local list, message, code = cut("[1,2,3]", 1, 100, 2)
    assert.same({ "/ 1", "/ 2" }, list)
    assert.same({ "enough", "CANCELLED" }, { message, code })
  end)

  it("may be longer than memory", function()
    local long = "[" .. ('"' .. ("x"):rep(100000) .. '",'):rep(100) .. "1]" -- ten times the limit of a value
    assert.equal(101, #cut(long, 1, 65536))
    local _, _, code = cut(long, 0, 65536)
    assert.equal("LIMIT", code)
  end)
end)
