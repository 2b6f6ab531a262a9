/* core.is_spdx: whether a licence is an SPDX expression */
#include "bind/core.h"

int bind_is_spdx_open(lua_State *L);

/* is_spdx(license) --> boolean, by tarsier_is_spdx */
static int l_is_spdx(lua_State *L)
{
	return lua_pushboolean(L, tarsier_is_spdx(luaL_checkstring(L, 1))), 1;
}

int bind_is_spdx_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"is_spdx", l_is_spdx}, {NULL, NULL}};
	luaL_newlib(L, functions);
	return 1;
}
