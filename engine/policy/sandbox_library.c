/* what scripts in the sandbox may call */
#include "policy/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

/* The whole of it. A spec compares these names with .luacheckrc. Not here, because each is a way out or has no bill:
 * load and its kin, require, pcall (catches the end of the budget), setmetatable (__gc runs unwatched), coroutines
 * (have hooks of their own), print, string.dump, string.pack, table.move, math.random (judgements are reproducible).
 * */
static const char *const base_names[] = {
	"assert", "error", "ipairs", "next", "pairs", "select", "tonumber", "tostring", "type", NULL};
static const char *const string_names[] = {
	"byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper", NULL};
static const char *const table_names[] = {"concat", "insert", "pack", "remove", "sort", "unpack", NULL};
static const char *const math_names[] = {
	"abs", "ceil", "floor", "fmod", "huge", "max", "maxinteger", "min", "mininteger", "modf", "pi", "sqrt", "tointeger",
	"type", "ult", NULL};

/* For the prelude, which hands none of them on. */
static const char *const trusted_names[] = {"getmetatable", "setmetatable", "rawget", "rawset", NULL};

static bool is_listed(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* rep(text, times [, separator]): refuses a result that is too large before making it, and loops for no empty one. */
static int l_rep(lua_State *L)
{
	size_t length, between = 0;
	const char *text = luaL_checklstring(L, 1, &length);
	lua_Integer times = luaL_checkinteger(L, 2);
	const char *separator = luaL_optlstring(L, 3, "", &between);
	if (times <= 0 || length + between == 0)
		return lua_pushliteral(L, ""), 1;
	if (times > SANDBOX_PIECE || (uint64_t)times > SANDBOX_PIECE / (length + between))
		return luaL_error(L, "string.rep: the result would be larger than %d MiB", SANDBOX_PIECE >> 20);
	sandbox_charge(L, (uint64_t)times / 8);
	luaL_Buffer out;
	size_t total = (size_t)times * length + (size_t)(times - 1) * between;
	char *at = luaL_buffinitsize(L, &out, total);
	for (lua_Integer i = 0; i < times; i++) {
		memcpy(at, text, length);
		at += length;
		if (between && i + 1 < times) {
			memcpy(at, separator, between);
			at += between;
		}
	}
	luaL_pushresultsize(&out, total);
	return 1;
}

/* Upvalues: a table function, and what it costs by each element. Charged before, because nothing counts inside. */
static int l_charged(lua_State *L)
{
	uint64_t count = lua_istable(L, 1) ? lua_rawlen(L, 1) : 0;
	uint64_t each = (uint64_t)lua_tointeger(L, lua_upvalueindex(2));
	if (each > 1) /* sorting: n log n */
		for (uint64_t n = count; n > 1; n /= 2)
			each++;
	sandbox_charge(L, count * each);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

/* Wraps a function of the table on top. */
static void charge(lua_State *L, const char *name, int each)
{
	lua_getfield(L, -1, name);
	lua_pushinteger(L, each);
	lua_pushcclosure(L, l_charged, 2);
	lua_setfield(L, -2, name);
}

/* Takes from the table on top whatever is not listed. */
static void prune(lua_State *L, const char *const *names)
{
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		lua_pop(L, 1);
		if (lua_type(L, -1) != LUA_TSTRING || !is_listed(lua_tostring(L, -1), names)) {
			lua_pushvalue(L, -1);
			lua_pushnil(L);
			lua_rawset(L, -4); /* clearing a field while traversing is allowed */
		}
	}
}

/* Pushes a pruned library. The string library is pruned in the table itself, because every string leads to it. */
static void open_library(lua_State *L, const char *name, lua_CFunction open, const char *const *names)
{
	luaL_requiref(L, name, open, 0);
	prune(L, names);
}

/* Copies the named fields of the table at `from` into the table on top. */
static void copy_fields(lua_State *L, int from, const char *const *names)
{
	for (; *names; names++) {
		lua_getfield(L, from, *names);
		lua_setfield(L, -2, *names);
	}
}

void sandbox_open_libraries(lua_State *L)
{
	luaL_requiref(L, "_G", luaopen_base, 0);
	int base = lua_gettop(L);
	lua_newtable(L);
	copy_fields(L, base, base_names);
	open_library(L, "string", luaopen_string, string_names);
	luaL_setfuncs(L, sandbox_pattern_functions, 0);
	lua_pushcfunction(L, l_rep);
	lua_setfield(L, -2, "rep");
	lua_setfield(L, -2, "string");
	open_library(L, "table", luaopen_table, table_names);
	charge(L, "concat", 1);
	charge(L, "insert", 1);
	charge(L, "remove", 1);
	charge(L, "sort", 2);
	lua_setfield(L, -2, "table");
	open_library(L, "math", luaopen_math, math_names);
	lua_setfield(L, -2, "math");
	lua_newtable(L);
	copy_fields(L, base, trusted_names);
	lua_remove(L, base);
	/* Nothing looks for globals or loaded modules from here on. */
	lua_newtable(L);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	lua_pushnil(L);
	lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}
