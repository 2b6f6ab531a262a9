/* core.suggest, the word that was probably meant */
#include "base/suggest.h"
#include "bind/core.h"

int bind_suggest_open(lua_State *L);

/* suggest(typed, { word, … }) --> the closest of the words by the rule of suggest.h, or nil */
static int l_suggest(lua_State *L)
{
	size_t length;
	const char *typed = luaL_checklstring(L, 1, &length);
	struct suggestion suggestion = {.typed = {typed, length}};
	luaL_checktype(L, 2, LUA_TTABLE);
	for (lua_Integer i = 1; lua_rawgeti(L, 2, i) == LUA_TSTRING; i++) {
		suggestion_offer(&suggestion, span_of(lua_tostring(L, -1)));
		lua_pop(L, 1); /* the table keeps the string */
	}
	if (!suggestion.word.len)
		lua_pushnil(L);
	else
		lua_pushlstring(L, suggestion.word.ptr, suggestion.word.len);
	return 1;
}

int bind_suggest_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"suggest", l_suggest}, {NULL, NULL}};
	luaL_newlib(L, functions);
	return 1;
}
