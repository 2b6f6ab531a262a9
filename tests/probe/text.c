/* base/utf8.h, base/glob.h, format/spdx.h */
#include "base/glob.h"
#include "base/utf8.h"
#include "format/spdx.h"
#include "probe.h"

int probe_text(lua_State *L);

/* character(text) --> bytes of the first character */
static int l_character(lua_State *L)
{
	return lua_pushinteger(L, (lua_Integer)utf8_character(probe_span(L, 1))), 1;
}

/* code(character) --> its code point, and whether it is hidden */
static int l_code(lua_State *L)
{
	uint32_t code = utf8_code(probe_span(L, 1));
	lua_pushinteger(L, code);
	lua_pushboolean(L, utf8_is_hidden(code));
	return 2;
}

/* cut(text, limit, [skipped]) --> text, which begins behind the skipped bytes */
static int l_cut(lua_State *L)
{
	span kept = utf8_cut(span_from(probe_span(L, 1), (size_t)luaL_optinteger(L, 3, 0)), (size_t)luaL_checkinteger(L, 2));
	return lua_pushlstring(L, kept.ptr, kept.len), 1;
}

/* glob(pattern, text) --> boolean */
static int l_glob(lua_State *L)
{
	return lua_pushboolean(L, glob_matches(probe_span(L, 1), probe_span(L, 2), NULL)), 1;
}

/* spdx(statement) --> expression, or nil */
static int l_spdx(lua_State *L)
{
	char expression[SPDX_LIMIT];
	return lua_pushstring(L, spdx_expression(probe_span(L, 1), expression) ? expression : NULL), 1;
}

/* licenses { statement, … } --> the text of licenses_add */
static int l_licenses(lua_State *L)
{
	struct buffer list;
	buffer_init(&list, NULL);
	for (lua_Integer i = 1; lua_rawgeti(L, 1, i) != LUA_TNIL; i++) {
		span statement = probe_span(L, -1);
		licenses_add(&list, statement);
		lua_pop(L, 1);
	}
	lua_pushlstring(L, list.data ? list.data : "", list.length);
	buffer_free(&list);
	return 1;
}

static const luaL_Reg functions[] = {{"character", l_character}, {"cut", l_cut}, {"code", l_code}, {"glob", l_glob}, {"spdx", l_spdx},
                                     {"licenses", l_licenses}, {NULL, NULL}};

int probe_text(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
