-- tarsier whitelist: lists edited in place.

local edit = require "tarsier.whitelist.edit"
local shell = require "support.shell"
local whitelist = require "tarsier.whitelist"

local LIST = [[
# our list
accept:
  # the old one
  - id: CVE-2020-0001   # inline
    reason: old
    until: 2020-01-01

  # the good one
  - id: CVE-2030-0001
    reason: "good: yes"
    until: 2030-01-01
    # trailing

# other
generalwhitelist:
  CVE-2017-6055: XML
]]

local new = { id = "CVE-2023-4911", reason = 'no: "setuid" # programs\n', ["until"] = "2027-01-31", owner = "jo",
  images = { "team/*" }, version = ">= 1, < 2", package = "true", path = "opt/*", layer = "sha256:00" }

describe("an edited whitelist", function()
  it("gets an entry at its end, and keeps all other lines", function()
    local text = assert(edit.add(LIST, new, "a.yaml"))
    local before, after = LIST:match "^(.-# trailing\n)(.*)$"
    assert.equal(before, text:sub(1, #before))
    assert.equal(after, text:sub(-#after))
    local entries = assert(whitelist.parse(text, "a.yaml"))
    for key, value in pairs(new) do assert.same(value, entries[3][key], key) end
  end)

  for name, text in pairs { ["an empty file"] = "", ["a comment only"] = "# none yet\n", ["another list"] = "images:\n  a: { CVE-1: x }\n",
    ["no newline at its end"] = "accept:\n- id: CVE-2020-0001\n  reason: x\n  until: 2030-01-01", ["an empty list"] = "accept:\n" } do
    it("may be " .. name, function()
      local made = assert(edit.add(text, new, "a.yaml"))
      local entries = assert(whitelist.parse(made, "a.yaml"))
      assert.equal(new.reason, entries[#entries].reason or entries[#entries - 1].reason)
      assert.is_true(made:find(text, 1, true) == 1)
    end)
  end

  it("loses unwanted entries with the comments above them, and nothing else", function()
    local text, removed = edit.remove(LIST, function(entry) return entry["until"] == "2020-01-01" end, "a.yaml")
    assert.equal((LIST:gsub("  # the old one\n.-\n\n", "")), text)
    assert.equal("CVE-2020-0001", removed[1].id)
    text, removed = edit.remove(assert(edit.add(LIST, new, "a.yaml")), function(entry) return entry.id == new.id end, "a.yaml")
    assert.equal(LIST, text)
    assert.equal(1, #removed)
    text, removed = edit.remove(LIST, function() return false end, "a.yaml")
    assert.same({ LIST, 0 }, { text, #removed })
  end)

  it("is refused if it cannot be edited line by line, or would not be valid", function()
    for _, case in ipairs { { "accept: [ { id: CVE-2020-0001, reason: x, until: 2030-01-01 } ]\n", "lines of its own" },
      { "acept:\n", "acept" } } do
      local text, message = edit.add(case[1], new, "a.yaml")
      assert.is_nil(text)
      assert.is_truthy(message:find(case[2], 1, true), message)
    end
    local bad = { id = "CVE-2023-4911", reason = "x", ["until"] = "2027-13-01" }
    assert.is_nil(edit.add(LIST, bad, "a.yaml"))
    assert.is_nil(edit.remove("accept:\n  - { id: CVE-2020-0001, reason: x, until: 2020-01-01 }\n  - id", function() end, "a"))
  end)

  it("is what the command edits", function()
    local folder = shell.folder()
    finally(function() shell.remove(folder) end)
    local function run(command)
      local output = shell.capture(("%s lua/bin/tarsier whitelist %s 2>&1; echo exit $?"):format(os.getenv "LUA" or "lua5.4",
        (command:gsub("@", folder .. "/"))))
      return tonumber(output:match "exit (%d+)$"), output
    end
    assert.equal(2, (run "add CVE-2020-0001 -w @a.yaml"))
    assert.equal(2, (run "add CVE-2020-0001 --reason x --until 2020-01-01"))
    assert.equal(0, (run "add CVE-2020-0001 -w @a.yaml --reason x --until 2020-01-01"))
    assert.equal(0, (run "add CVE-2020-0002 -w @a.yaml --reason y --until 2999-01-01 --owner jo"))
    local _, output = run "list -w @a.yaml"
    assert.matches("expired\tCVE%-2020%-0001\t2020%-01%-01", output)
    assert.matches("valid\tCVE%-2020%-0002\t2999%-01%-01\tjo\t%*\ty", output)
    shell.write(folder .. "/report.json", ('{"verdict":{"whitelist":{"file":"%s/a.yaml","unused":[{"id":"CVE-2020-0002","line":5}]}}}')
      :format(folder))
    assert.equal(0, (run "prune -w @a.yaml --unused @report.json"))
    assert.equal("accept:\n", shell.read(folder .. "/a.yaml"))
    assert.equal(2, (run "prune -w @a.yaml --unused @a.yaml"))
    for _, line in ipairs { '"x"', "1.5", "[]", "1e999" } do
      shell.write(folder .. "/report.json", ('{"verdict":{"whitelist":{"file":"%s/a.yaml","unused":[{"id":"C","line":%s}]}}}')
        :format(folder, line))
      assert.equal(0, (run "prune -w @a.yaml --unused @report.json"))
    end
    local code
    code, output = run "add CVE-2020-0003 -w /dev/full/a.yaml --reason x --until 2999-01-01"
    assert.equal(2, code)
    assert.is_nil(output:find("is accepted", 1, true))
    assert.equal(2, (run "list -w @none.yaml"))
  end)
end)
