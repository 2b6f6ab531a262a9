/* floor 0 */
#include "probe.h"

int probe_ground(lua_State *L);

/* split(text, separator) --> { part, … }, as span_next cuts it */
static int l_split(lua_State *L)
{
	span rest = probe_span(L, 1), part;
	const char *separator = luaL_checkstring(L, 2);
	lua_newtable(L);
	for (lua_Integer i = 1; span_next(&rest, *separator, &part); i++) {
		lua_pushlstring(L, part.ptr, part.len);
		lua_rawseti(L, -2, i);
	}
	return 1;
}

/* number(text) --> integer, or nil where span_number refuses it */
static int l_number(lua_State *L)
{
	uint64_t number;
	if (!span_number(probe_span(L, 1), &number))
		return lua_pushnil(L), 1;
	return lua_pushinteger(L, (lua_Integer)number), 1;
}

/* error(text) --> the message that error_set makes of it */
static int l_error(lua_State *L)
{
	struct tarsier_error error;
	error_set(&error, TARSIER_FORMAT, "%s", luaL_checkstring(L, 1));
	return lua_pushstring(L, error.message), 1;
}

/* arena(limit, size) --> how many pieces of `size` bytes an arena with that limit gives */
static int l_arena(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	arena.limit = (size_t)luaL_checkinteger(L, 1);
	lua_Integer count = 0;
	while (arena_alloc(&arena, (size_t)luaL_checkinteger(L, 2)))
		count++;
	arena_free(&arena);
	return lua_pushinteger(L, count), 1;
}

static const luaL_Reg functions[] = {{"split", l_split}, {"number", l_number}, {"error", l_error}, {"arena", l_arena}, {NULL, NULL}};

int probe_ground(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
