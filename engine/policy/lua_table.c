#include "policy/lua_table.h"

void table_set_text(lua_State *L, const char *key, const char *text)
{
	lua_pushstring(L, text ? text : "");
	lua_setfield(L, -2, key);
}

void table_set_count(lua_State *L, const char *key, uint64_t count)
{
	lua_pushinteger(L, (lua_Integer)count);
	lua_setfield(L, -2, key);
}

void table_set_number(lua_State *L, const char *key, double number)
{
	lua_pushnumber(L, number);
	lua_setfield(L, -2, key);
}

void table_set_boolean(lua_State *L, const char *key, int boolean)
{
	lua_pushboolean(L, boolean);
	lua_setfield(L, -2, key);
}

void table_set_list(lua_State *L, const char *key, const char *const *texts)
{
	lua_newtable(L);
	for (lua_Integer i = 1; texts && *texts; texts++, i++) {
		lua_pushstring(L, *texts);
		lua_rawseti(L, -2, i);
	}
	lua_setfield(L, -2, key);
}
