#include "bind/options.h"

#include "tarsier.h"

#include <limits.h>
#include <string.h>

/* Returns the first unknown key of the table, which stays on the stack; NULL if all keys are known. */
static const char *options_unknown(lua_State *L, int index, const char *const *known)
{
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : luaL_typename(L, -2);
		const char *const *each = known;
		while (*each && strcmp(*each, key) != 0)
			each++;
		if (!*each)
			return key;
	}
	return NULL;
}

const char *options_string(lua_State *L, int index, const char *key, const char *who)
{
	luaL_checkstack(L, 8, key);
	int type = lua_getfield(L, index, key);
	if (type != LUA_TNIL && type != LUA_TSTRING)
		luaL_error(L, "%s: %s must be a string, not a %s", who, key, lua_typename(L, type));
	return lua_tostring(L, -1);
}

lua_Integer options_count(lua_State *L, int index, const char *key, const char *who)
{
	int is_integer = 1, type = lua_getfield(L, index, key);
	lua_Integer number = type == LUA_TNIL ? 0 : lua_tointegerx(L, -1, &is_integer);
	if (!is_integer || number < 0)
		luaL_error(L, "%s: %s must be a whole number, 0 or more", who, key);
	lua_pop(L, 1);
	return number;
}

unsigned options_small(lua_State *L, int index, const char *key, const char *who)
{
	lua_Integer number = options_count(L, index, key, who);
	return number > INT_MAX ? INT_MAX : (unsigned)number;
}

void options_check(lua_State *L, int index, const char *const *known, const char *who)
{
	const char *unknown = options_unknown(L, index, known);
	if (!unknown)
		return;
	const char *meant = tarsier_suggest(unknown, known);
	if (meant)
		luaL_error(L, "%s: unknown key '%s' (did you mean '%s'?)", who, unknown, meant);
	luaL_error(L, "%s: unknown key '%s'", who, unknown);
}

int options_flag(lua_State *L, int index, const char *key)
{
	lua_getfield(L, index, key);
	int flag = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return flag;
}
