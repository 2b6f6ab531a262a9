-- Hosts in C, built against the library of the source tree.

local shell = require "support.shell"

local host = {}

local BUILD = os.getenv "TARSIER_BUILD" or "build"

--- missing() -> why no host can be built here, or nil
function host.missing()
  if BUILD ~= "build" then return "the library has a sanitizer that a host would need too: make test" end
  if not shell.has "cc" then return "needs a C compiler: apt-get install gcc" end
end

--- build(source, folder) -> the program, in the folder
function host.build(source, folder)
  local program = folder .. "/" .. source:match "([^/]+)%.c$"
  local code, _, errors = shell.run(("cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -g -pthread -Iengine "
    .. "%s -o %s %s/libtarsier.so -Wl,-rpath,$PWD/%s"):format(source, program, BUILD, BUILD))
  assert(code == 0, errors)
  return program
end

return host
