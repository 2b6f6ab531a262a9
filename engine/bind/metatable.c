/* how classes are made */
#include "bind/core.h"

void bind_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods)
{
	if (luaL_newmetatable(L, name)) {
		luaL_setfuncs(L, metamethods, 0);
		if (methods) {
			lua_newtable(L);
			luaL_setfuncs(L, methods, 0);
			lua_setfield(L, -2, "__index");
		}
	}
	lua_pop(L, 1);
}
