/* core.suggest: the known word that is closest to a typed one */
#include "bind/core.h"

int bind_suggest_open(lua_State *L);

/* suggest(typed, { word, … }) --> the closest of the words, by the rule of tarsier_suggest, or nil */
static int l_suggest(lua_State *L)
{
	const char *typed = luaL_checkstring(L, 1);
	luaL_checktype(L, 2, LUA_TTABLE);
	size_t count = lua_rawlen(L, 2);
	const char **words = lua_newuserdatauv(L, (count + 1) * sizeof *words, 0);
	for (size_t i = 0; i < count; i++) {
		lua_rawgeti(L, 2, (lua_Integer)i + 1);
		words[i] = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
		lua_pop(L, 1); /* the table keeps a reference to the string */
	}
	words[count] = NULL;
	lua_pushstring(L, tarsier_suggest(typed, words)); /* NULL is nil */
	return 1;
}

int bind_suggest_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"suggest", l_suggest}, {NULL, NULL}};
	luaL_newlib(L, functions);
	return 1;
}
