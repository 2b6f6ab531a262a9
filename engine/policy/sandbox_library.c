/* the functions that scripts in the sandbox may call */
#include "policy/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

/* The complete list; a spec compares these names with .luacheckrc. Left out because they lead out of the sandbox or
 * cannot be charged: load and similar functions, the host's require, pcall (catches the end of the budget),
 * setmetatable (__gc runs outside the budget), coroutines (have their own hooks), print, string.dump, string.pack,
 * table.move, math.random (judgements must be reproducible). */
static const char *const base_names[] = {
	"assert", "error", "ipairs", "next", "pairs", "select", "tonumber", "tostring", "type", NULL};
static const char *const string_names[] = {
	"byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper", NULL};
static const char *const table_names[] = {"concat", "insert", "pack", "remove", "sort", "unpack", NULL};
static const char *const math_names[] = {
	"abs", "ceil", "floor", "fmod", "huge", "max", "maxinteger", "min", "mininteger", "modf", "pi", "sqrt", "tointeger",
	"type", "ult", NULL};

/* For the prelude, which does not pass them on. */
static const char *const trusted_names[] = {"getmetatable", "setmetatable", "rawget", "pcall", NULL};

static bool is_listed(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* ---- wrapped functions ---- */

/* Each function runs in the frame of l_charged, whose upvalues are the function to run and the library's original. */
static int original(lua_State *L)
{
	return lua_tocfunction(L, lua_upvalueindex(2))(L);
}

/* Bytes of all arguments of one call, which the clock cannot interrupt: a larger sum means that one text is given many
 * times. */
enum { CALL_BYTES = 4 * SANDBOX_PIECE };

/* Charges all text arguments, because the function may read all of each. */
static int l_charged(lua_State *L)
{
	int count = lua_gettop(L);
	uint64_t bytes = 0;
	for (int i = 1; i <= count; i++)
		bytes += lua_type(L, i) == LUA_TSTRING ? lua_rawlen(L, i) : 0;
	if (bytes > CALL_BYTES)
		return luaL_error(L, "the arguments of one call have more than %d MiB", CALL_BYTES >> 20);
	sandbox_charge(L, (uint64_t)count);
	sandbox_charge_bytes(L, bytes);
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* ---- texts ---- */

/* rep(text, times [, separator]): checks the result's size before making it; an empty text needs no loop. */
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
	char *made = luaL_buffinitsize(L, &out, total);
	size_t done = times > 1 ? length + between : length, more;
	memcpy(made, text, length);
	memcpy(made + length, separator, done - length);
	for (; done < total; done += more) { /* whole repetitions, then their front */
		more = done < total - done ? done : total - done;
		memcpy(made + done, made, more);
	}
	luaL_pushresultsize(&out, total);
	return 1;
}

/* tostring(value): for a table or a function only its type, because addresses differ between runs. */
static int l_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	int type = lua_type(L, 1);
	if (type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING)
		luaL_tolstring(L, 1, NULL);
	else
		lua_pushstring(L, luaL_typename(L, 1));
	return 1;
}

/* Returns the letter of the conversion whose '%' is at *at, and moves *at behind it. */
static char next_conversion(span format, size_t *at)
{
	size_t i = *at + 1;
	while (i < format.len && format.ptr[i] && strchr("-+ #0123456789.", format.ptr[i]))
		i++;
	*at = i + 1;
	return i < format.len ? format.ptr[i] : '\0';
}

/* format(format, …): like Lua's, except that no conversion shows an address. */
static int l_format(lua_State *L)
{
	span format;
	format.ptr = luaL_checklstring(L, 1, &format.len);
	int argument = 1, last = lua_gettop(L);
	for (size_t at = 0; at < format.len;) {
		if (format.ptr[at] != '%') {
			at++;
			continue;
		}
		char letter = next_conversion(format, &at);
		if (letter == 'p')
			return luaL_error(L, "string.format: '%%p' is not available to policies");
		argument += letter != '%';
		if (letter == 's' && argument <= last && !lua_isstring(L, argument)) {
			lua_pushcfunction(L, l_tostring);
			lua_pushvalue(L, argument);
			lua_call(L, 1, 1);
			lua_replace(L, argument);
		}
	}
	return original(L);
}

/* ---- tables ---- */

/* A table that fits into a piece has no more elements, so the cost of a larger range is also bounded. */
static uint64_t range_cost(lua_Integer first, lua_Integer last)
{
	uint64_t count = first <= last ? (uint64_t)last - (uint64_t)first + 1 : 0;
	return count && count < SANDBOX_PIECE / 8 ? count : count ? SANDBOX_PIECE / 8 : 0;
}

/* insert, remove: may move all elements. */
static int l_shift(lua_State *L)
{
	sandbox_charge(L, lua_istable(L, 1) ? lua_rawlen(L, 1) : 0);
	return original(L);
}

/* unpack(list [, first [, last]]); concat(list [, separator [, first [, last]]]) */
static int charge_range(lua_State *L, int index)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_Integer first = luaL_optinteger(L, index, 1);
	lua_Integer last = lua_isnoneornil(L, index + 1) ? luaL_len(L, 1) : luaL_checkinteger(L, index + 1);
	sandbox_charge(L, range_cost(first, last));
	return original(L);
}

static int l_unpack(lua_State *L)
{
	return charge_range(L, 2);
}

static int l_concat(lua_State *L)
{
	return charge_range(L, 3);
}

/* less(a, b) --> boolean; upvalue: the function given to sort, or nil. In the C locale, strings are ordered by their
 * bytes. */
static int l_less(lua_State *L)
{
	if (!lua_isnil(L, lua_upvalueindex(1))) {
		sandbox_charge(L, 1);
		lua_pushvalue(L, lua_upvalueindex(1));
		lua_insert(L, 1);
		lua_call(L, 2, 1);
		return 1;
	}
	if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING)
		return sandbox_charge(L, 1), lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT)), 1;
	span a, b;
	a.ptr = lua_tolstring(L, 1, &a.len);
	b.ptr = lua_tolstring(L, 2, &b.len);
	size_t common = a.len < b.len ? a.len : b.len;
	sandbox_charge(L, 1);
	sandbox_charge_bytes(L, common);
	lua_pushboolean(L, span_compare(a, b) < 0);
	return 1;
}

/* sort(list [, less]): charges every comparison, because the hook does not run inside. */
static int l_sort(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	lua_pushcclosure(L, l_less, 1);
	return original(L);
}

/* ---- opening ---- */

static const luaL_Reg own_base[] = {{"tostring", l_tostring}, {"tonumber", NULL}, {NULL, NULL}};
static const luaL_Reg own_string[] = {{"rep", l_rep}, {"format", l_format}, {NULL, NULL}};
static const luaL_Reg own_table[] = {{"insert", l_shift}, {"remove", l_shift}, {"unpack", l_unpack},
                                     {"concat", l_concat}, {"sort", l_sort}, {NULL, NULL}};

/* Wraps the function on top and replaces it; runs `own` instead unless it is NULL. */
static void wrap(lua_State *L, lua_CFunction own)
{
	if (own)
		lua_pushcfunction(L, own);
	else
		lua_pushvalue(L, -1);
	lua_insert(L, -2);
	lua_pushcclosure(L, l_charged, 2);
}

static lua_CFunction find_own(const char *name, const luaL_Reg *functions)
{
	for (; functions->name; functions++)
		if (strcmp(functions->name, name) == 0)
			return functions->func;
	return NULL;
}

/* Wraps every function of the table on top. */
static void wrap_all(lua_State *L, const luaL_Reg *own)
{
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		if (lua_iscfunction(L, -1)) {
			const char *name = lua_tostring(L, -2);
			wrap(L, find_own(name, own));
			lua_setfield(L, -3, name); /* assigning to a field while traversing is allowed */
		} else {
			lua_pop(L, 1);
		}
	}
}

/* Removes all fields that are not listed from the table on top. */
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

/* Sets field `name` of the table on top to a library, pruned and wrapped. The string library's own table is changed,
 * because every string refers to it. */
static void open_library(lua_State *L, const char *name, lua_CFunction open, const char *const *names,
                         const luaL_Reg *functions, const luaL_Reg *own)
{
	luaL_requiref(L, name, open, 0);
	prune(L, names);
	luaL_setfuncs(L, functions, 0);
	wrap_all(L, own);
	lua_setfield(L, -2, name);
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
	static const luaL_Reg none[] = {{NULL, NULL}};
	luaL_requiref(L, "_G", luaopen_base, 0);
	int base = lua_gettop(L);
	lua_newtable(L);
	copy_fields(L, base, base_names);
	for (const luaL_Reg *own = own_base; own->name; own++) {
		lua_getfield(L, -1, own->name);
		wrap(L, own->func);
		lua_setfield(L, -2, own->name);
	}
	open_library(L, "string", luaopen_string, string_names, sandbox_pattern_functions, own_string);
	open_library(L, "table", luaopen_table, table_names, none, own_table);
	open_library(L, "math", luaopen_math, math_names, none, none);
	lua_newtable(L);
	copy_fields(L, base, trusted_names);
	lua_remove(L, base);
	/* From now on, globals and loaded modules are not used. */
	lua_newtable(L);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
	lua_pushnil(L);
	lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}
