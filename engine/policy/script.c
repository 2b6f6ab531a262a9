#include "policy/script.h"

#include "policy/policy.h"

#include <stdio.h>

int script_read(struct arena *arena, const char *kind, const char *file, struct script *script, struct tarsier_error *error)
{
	*script = (struct script){.kind = kind, .file = arena_string(arena, file)};
	int code = script->file ? policy_read(arena, script->file, &script->text, error) : error_memory(error);
	return code == TARSIER_NOT_FOUND ? error_set(error, code, "%s %s: no such file", kind, file) : code;
}

void script_push(lua_State *L, const struct script *script)
{
	char chunk[256];
	sandbox_open_libraries(L);
	lua_pop(L, 1);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	snprintf(chunk, sizeof chunk, "@%s", script->file);
	sandbox_load(L, script->text, chunk);
	lua_call(L, 0, 1);
	if (!lua_istable(L, -1))
		luaL_error(L, "a %s is a table, this file returns a %s", script->kind, luaL_typename(L, -1));
}

const char *script_field(lua_State *L, int index, const char *key)
{
	int type = lua_getfield(L, index, key);
	if (type != LUA_TNIL && type != LUA_TSTRING)
		luaL_error(L, "'%s' must be a string, is a %s", key, lua_typename(L, type));
	return lua_tostring(L, -1);
}

const char *script_name(lua_State *L, int index)
{
	const char *name = script_field(L, index, "name");
	if (!name)
		luaL_error(L, "it has no 'name'");
	return name;
}

void script_function(lua_State *L, int index, const char *key)
{
	if (lua_getfield(L, index, key) != LUA_TFUNCTION)
		luaL_error(L, "'%s' must be a function", key);
}
