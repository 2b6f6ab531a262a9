/* collects the functions of every class in bind/ in one table */
#include "bind/core.h"

#define X(name) int bind_##name##_open(lua_State *L);
#include "bindings.def"
#undef X

/* core, functions --> core */
static void merge(lua_State *L)
{
	for (lua_pushnil(L); lua_next(L, -2);) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_settable(L, -5);
	}
	lua_pop(L, 1);
}

int bind_all_open(lua_State *L)
{
	lua_newtable(L);
#define X(name)                      \
	bind_##name##_open(L);        \
	merge(L);
#include "bindings.def"
#undef X
	lua_pushstring(L, tarsier_version());
	lua_setfield(L, -2, "version");
	return 1;
}
