/* JSON texts that are walked */
#include "probe.h"

#include "format/json_head.h"
#include "format/json_walk.h"

int probe_json_walk(lua_State *L);

/* walk(text) --> { { key, value as written, value as a string }, … }, "object" or "array" | nil, message, "CODE" */
static int l_walk(lua_State *L)
{
	struct json_walk walk;
	struct arena arena;
	struct tarsier_error error;
	span key, value;
	arena_init(&arena, NULL);
	json_walk_begin(&walk, probe_span(L, 1));
	lua_newtable(L);
	for (lua_Integer i = 1; json_walk_next(&walk, &key, &value); i++) {
		lua_createtable(L, 3, 0);
		lua_pushlstring(L, key.ptr, key.len);
		lua_rawseti(L, -2, 1);
		lua_pushlstring(L, value.ptr, value.len);
		lua_rawseti(L, -2, 2);
		span text = json_walk_string(&arena, value);
		lua_pushlstring(L, text.ptr ? text.ptr : "", text.len);
		lua_rawseti(L, -2, 3);
		lua_rawseti(L, -2, i);
	}
	arena_free(&arena);
	if (json_walk_result(&walk, "the text", &error) < 0)
		return probe_fail(L, &error);
	lua_pushstring(L, walk.is_object ? "object" : "array");
	return 2;
}

static int l_key_is(lua_State *L)
{
	return lua_pushboolean(L, json_walk_key_is(probe_span(L, 1), luaL_checkstring(L, 2))), 1;
}

/* names(text [, length]) --> the names that json_head_next finds in so many bytes of it, each followed by a space */
static int l_names(lua_State *L)
{
	struct json_head head = {.rest = probe_span(L, 1)};
	head.rest.len = (size_t)luaL_optinteger(L, 2, (lua_Integer)head.rest.len);
	span name;
	luaL_Buffer names;
	luaL_buffinit(L, &names);
	while (json_head_next(&head, &name)) {
		luaL_addlstring(&names, name.ptr, name.len);
		luaL_addchar(&names, ' ');
	}
	return luaL_pushresult(&names), 1;
}

static const luaL_Reg functions[] = {{"walk", l_walk}, {"key_is", l_key_is}, {"names", l_names}, {NULL, NULL}};

int probe_json_walk(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
