/* base/utf8.h, base/glob.h */
#include "base/glob.h"
#include "base/utf8.h"
#include "probe.h"

int probe_text(lua_State *L);

/* character(text) --> bytes of the first character */
static int l_character(lua_State *L)
{
	return lua_pushinteger(L, (lua_Integer)utf8_character(probe_span(L, 1))), 1;
}

/* cut(text, limit) --> text */
static int l_cut(lua_State *L)
{
	span kept = utf8_cut(probe_span(L, 1), (size_t)luaL_checkinteger(L, 2));
	return lua_pushlstring(L, kept.ptr, kept.len), 1;
}

/* glob(pattern, text) --> boolean */
static int l_glob(lua_State *L)
{
	return lua_pushboolean(L, glob_matches(probe_span(L, 1), probe_span(L, 2), NULL)), 1;
}

static const luaL_Reg functions[] = {{"character", l_character}, {"cut", l_cut}, {"glob", l_glob}, {NULL, NULL}};

int probe_text(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
