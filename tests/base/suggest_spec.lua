local core = require "tarsier.core"

describe("a suggestion", function()
  local words = { "severity", "policy", "platform", "plain-http", "fixed_by", "db" }

  it("is the known word that was probably meant", function()
    for typed, meant in pairs { sevrity = "severity", POLICY = "policy", polciy = "policy", platfrom = "platform",
      sev = "severity", pl = "platform", fixd_by = "fixed_by", policys = "policy", bd = "db" } do
      assert.equal(meant, core.suggest(typed, words), typed)
    end
  end)

  it("differs in nothing by capitals", function()
    for _, word in ipairs { "aa", "zz", "mm" } do assert.equal(word, core.suggest(word:upper(), { word })) end
    assert.is_nil(core.suggest("@@", { "``" }))
    assert.is_nil(core.suggest("[[", { "{{" }))
  end)

  it("is none where no word is close", function()
    for _, typed in ipairs { "", "elephant", "s", "xyz", ("x"):rep(1000) } do
      assert.is_nil(core.suggest(typed, words), typed)
    end
    assert.is_nil(core.suggest("policy", {}))
    assert.is_nil(core.suggest("policy", { ("policy"):rep(20), "" }))
    assert.is_nil(core.suggest("b", words))
  end)

  it("is the first of those that are as close", function()
    assert.equal("cat", core.suggest("bat", { "cat", "hat" }))
    assert.equal("hat", core.suggest("bat", { "hat", "cat" }))
  end)

  it("may have 64 bytes, and so may what was typed", function()
    local known = ("known"):rep(12) .. "word" -- 64
    assert.equal(known, core.suggest(known:sub(1, -2) .. "t", { known }))
    assert.is_nil(core.suggest(known, { known .. "s" }))
    assert.is_nil(core.suggest(known .. "s", { known }))
  end)
end)
