/* floor 7: what require "tarsier.core" finds in the Lua module */
#include "lua_core.h"

TARSIER_API int luaopen_tarsier_core(lua_State *L);

int luaopen_tarsier_core(lua_State *L)
{
	return lua_all_open(L);
}
