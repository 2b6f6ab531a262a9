/* core.read_json: the first byte is where the document is cut in two; what was read is written again, and read again. */
#include "bind/core.h"

#include <lualib.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char script[] =
	"local core, text, at = ...\n"
	"local function read(text, at)\n"
	"  local pieces = { text:sub(1, at), text:sub(at + 1) }\n"
	"  local function take(item) return item end\n"
	"  return core.read_json(function() return table.remove(pieces, 1) end, { findings = take, packages = take })\n"
	"end\n"
	"local ok, value = pcall(read, text, at)\n"
	"if not ok or value == nil then return end\n"
	"local written = {}\n"
	"ok = pcall(core.json.write, value, function(piece) written[#written + 1] = piece end)\n"
	"if ok then assert(pcall(read, table.concat(written), at)) end\n"; /* infinity, for one, cannot be written */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	lua_State *L = luaL_newstate();
	luaL_openlibs(L);
	if (luaL_loadstring(L, script) != LUA_OK)
		abort();
	bind_all_open(L);
	lua_pushlstring(L, (const char *)data + 1, size - 1);
	lua_pushinteger(L, data[0]);
	if (lua_pcall(L, 3, 0, 0) != LUA_OK)
		abort();
	lua_close(L);
	return 0;
}
