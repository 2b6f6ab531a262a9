-- The binary interface of libtarsier.so against the list in tests/data/abi.txt: symbols with their versions, and the layout
-- of structs. A symbol or a field may be added (UPDATE=1 make test SPECS=tests/project/abi_spec.lua, then read the
-- difference). Where a line changes or goes, programs built against the last release break: raise SOVERSION in the Makefile.

local host = require "support.host"
local shell = require "support.shell"

local LIST = "tests/data/abi.txt"

local function interface(folder)
  local lines = { "soname " .. shell.capture "objdump -p build/libtarsier.so | sed -n 's/ *SONAME *//p'" }
  for line in shell.capture "nm -D --defined-only build/libtarsier.so":gmatch "[^\n]+" do
    local symbol = line:match " T (%S+)$"
    if symbol then lines[#lines + 1] = "symbol " .. symbol end
  end
  lines[#lines + 1] = shell.capture(host.build("tests/support/hosts/layout.c", folder))
  return table.concat(lines, "\n") .. "\n"
end

describe("the binary interface", function()
  if host.missing() then return pending(host.missing()) end
  if shell.capture "uname -m" ~= "x86_64" then return pending "the list is of x86_64" end

  it("is the one that is written down", function()
    local folder = shell.folder()
    finally(function() shell.remove(folder) end)
    local now = interface(folder)
    if os.getenv "UPDATE" then shell.write(LIST, now) end
    assert.equal(shell.read(LIST), now)
  end)

  it("has every function of the headers", function()
    local exported = shell.capture "nm -D --defined-only build/libtarsier.so"
    for header in shell.capture("ls engine/tarsier*.h"):gmatch "[^\n]+" do
      for name in shell.read(header):gmatch "TARSIER_API[^;(]-(tarsier_[%w_]+)%(" do
        assert.is_truthy(exported:find("T " .. name .. "@@TARSIER_", 1, true), name .. ": not in engine/packaging/tarsier.map")
      end
    end
  end)
end)
