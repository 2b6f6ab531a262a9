-- README.md does not lie: its links lead somewhere, its files are there, and its shell examples run.

local shell = require "support.shell"

local readme = shell.read "README.md"
local LUA = os.getenv "LUA" or "lua5.4"
local BUILD = os.getenv "TARSIER_BUILD" or "build"

local function absolute(path)
  return path:sub(1, 1) == "/" and path or shell.capture "pwd" .. "/" .. path
end

-- The fenced blocks of a language.
local function blocks(info)
  local list = {}
  for fence, body in readme:gmatch "\n```([^\n]*)\n(.-)\n```" do
    if fence == info then list[#list + 1] = body end
  end
  return list
end

-- The block of YAML that has this text.
local function yaml_block(text)
  for _, body in ipairs(blocks "yaml") do
    if body:find(text, 1, true) then return body end
  end
end

-- Every option of every command, by its long name.
local function all_options()
  local options = {}
  local function add(command)
    for _, option in ipairs(require "tarsier.cli.arguments".all(command)) do options[option.long] = option end
    for _, inner in ipairs(command.commands or {}) do add(inner) end
  end
  for _, command in ipairs(require "tarsier.cli".commands()) do add(command) end
  return options
end

describe("README.md", function()
  it("links to headings that are there", function()
    local anchors = {}
    for heading in readme:gmatch "\n#+ ([^\n]+)" do
      anchors[heading:lower():gsub("[^%w -]", ""):gsub(" ", "-")] = true
    end
    for anchor in readme:gmatch "%]%(#([%w-]+)%)" do assert.is_true(anchors[anchor], anchor) end
  end)

  it("names files that are there", function()
    for path in readme:gmatch "`(%w+/[%w_./-]+%.%w+)`" do
      if not path:find "NAME" and not path:match "^bin/" then
        local file = io.open(path)
        assert.is_truthy(file, path)
        file:close()
      end
    end
  end)

  it("has Lua that compiles", function()
    for _, body in ipairs(blocks "lua") do assert(load(body, "README.md")) end
  end)

  it("has a whitelist that is one", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    shell.write(path, yaml_block "accept:")
    local entries, message = require "tarsier.whitelist".read(path)
    assert.is_table(entries, message)
    assert.equal("CVE-2023-4911", entries[1].id)
  end)

  it("lists the policies there are", function()
    for _, item in ipairs(require "tarsier.policy".list { folders = { "policies" } }) do
      assert.is_truthy(readme:find("`" .. item.name .. "`", 1, true), item.name)
    end
  end)

  it("lists the exit codes there are", function()
    for _, code in ipairs(require "tarsier.cli.exit".codes) do
      assert.is_truthy(readme:find(("| %d | %s |"):format(code[1], code[2]), 1, true), code[2])
    end
  end)

  it("lists the report formats there are", function()
    for _, format in ipairs(require "tarsier.report".list()) do
      assert.is_truthy(readme:find("\n| [^|]*`" .. format.name:gsub("%p", "%%%0") .. "`[^|]* |"), format.name)
    end
  end)

  it("lists the rooms of engine/ in the Makefile's order, and where a codec is", function()
    local rooms = {}
    for room in readme:gmatch "\n| `engine/(%l+)` |" do rooms[#rooms + 1] = room end
    assert.equal(shell.read("Makefile"):match "\nPARTS%s*:=%s*([^\n]*)", table.concat(rooms, " "))
    for folder in readme:gmatch "`(%l+)/` one file" do
      assert.is_truthy(shell.capture("ls -d engine/*/" .. folder):find "%w", folder)
    end
    for name in readme:gmatch "`(engine/%l+/[%l/]-)NAME%.c`" do assert.is_true(os.execute("test -d " .. name), name) end
  end)

  it("names options that are there", function()
    local options = all_options()
    local other = { ["exit-when-no-features"] = true, ["lua-version"] = true, cflags = true, libs = true,
      ["lua-version="] = true, static = true }
    for name in readme:gmatch "%-%-([%a][%w-]+)" do
      assert.is_truthy(options[name] or other[name], "--" .. name)
    end
  end)

  it("says which options a configuration that was found may set", function()
    local sentence = assert(readme:match "It may say how to judge and what to%s+report: (.-)%. A line")
    local named = {}
    for name in sentence:gmatch "`([%w-]+)`" do named[name] = true end
    assert.same(require "tarsier.cli.config".harmless, named)
  end)

  it("has shell examples that run", function()
    local sample = absolute(BUILD .. "/sample")
    if not io.open(sample .. "/index.json") then return pending "needs the sample image: make test builds it" end
    local folder = shell.folder()
    finally(function() shell.remove(folder) end)
    os.execute(("mkdir %s/bin %s/home && ln -s %s %s/image"):format(folder, folder, sample, folder))
    shell.write(folder .. "/bin/tarsier", ('#!/bin/sh\nexec %s %s "$@"\n'):format(LUA, absolute "lua/bin/tarsier"))
    os.execute("chmod +x " .. folder .. "/bin/tarsier")
    shell.write(folder .. "/fixable.lua", (blocks "lua")[1])
    shell.write(folder .. "/.tarsier.yaml", yaml_block "# .tarsier.yaml")
    for _, body in ipairs { "tarsier scan oci:./image --no-fail && test -s report.json && rm .tarsier.yaml",
      table.unpack(blocks "sh run") } do
      shell.write(folder .. "/script", body)
      local code, output, errors = shell.run(([[cd %s && unset LUA_PATH LUA_CPATH TARSIER_DB TARSIER_POLICIES
        export TARSIER_BUILD=%s PATH=%s/bin:$PATH HOME=%s/home XDG_CACHE_HOME=%s/cache XDG_DATA_HOME=%s/data
        sh -ex script]]):format(folder, absolute(BUILD), folder, folder, folder, folder))
      assert.equal(0, code, body .. "\n" .. output .. errors)
    end
  end)

  it("has the output it promises of compare", function()
    local output = shell.capture(LUA .. " lua/bin/tarsier compare deb 1.0~rc1-1 1.0-1")
    assert.equal("<", output)
  end)
end)
