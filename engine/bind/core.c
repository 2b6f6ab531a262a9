/* the entry of the Lua module tarsier.core */
#include "bind/core.h"

TARSIER_API int luaopen_tarsier_core(lua_State *L);

int luaopen_tarsier_core(lua_State *L)
{
	return bind_all_open(L);
}
