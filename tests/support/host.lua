-- Hosts in C, built against the library of the source tree: tests/support/hosts/NAME.c.

local shell = require "support.shell"

local host = {}

local BUILD = os.getenv "TARSIER_BUILD" or "build"

--- missing() -> why no host can be built here, or nil
function host.missing()
  if BUILD ~= "build" then return "the library has a sanitizer that a host would need too: make test" end
  if not shell.has "cc" then return "needs a C compiler: apt-get install gcc" end
end

--- build(name, folder) -> the program, in the folder
function host.build(name, folder)
  local program = folder .. "/" .. name
  local code, _, errors = shell.run(("cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -g -pthread -Iengine "
    .. "tests/support/hosts/%s.c -o %s %s/libtarsier.so -Wl,-rpath,$PWD/%s"):format(name, program, BUILD, BUILD))
  assert(code == 0, errors)
  return program
end

return host
