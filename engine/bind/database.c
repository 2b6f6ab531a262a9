/* core's functions for vulnerability databases and versions */
#include "bind/core.h"
#include "bind/options.h"
#include "policy/push_report.h"

#include <string.h>

int bind_database_open(lua_State *L);

/* compare(scheme, a, b) --> -1 | 0 | 1, or nil, message, code */
static int l_compare(lua_State *L)
{
	const char *scheme = luaL_checkstring(L, 1), *a = luaL_checkstring(L, 2), *b = luaL_checkstring(L, 3);
	struct tarsier_error error;
	int order;
	if (tarsier_compare(scheme, a, b, &order, &error) < 0)
		return push_error(L, &error);
	return lua_pushinteger(L, order), 1;
}

/* schemes() --> { "apk", … } */
static int l_schemes(lua_State *L)
{
	lua_newtable(L);
	lua_Integer i = 1;
	for (const char *const *name = tarsier_schemes(); *name; name++, i++) {
		lua_pushstring(L, *name);
		lua_rawseti(L, -2, i);
	}
	return 1;
}

/* database(path) --> { path, built, newest, … } | nil, message, code */
static int l_database(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct tarsier_error error;
	struct tarsier_database_info *info;
	if (tarsier_database_read(path, &info, &error) < 0)
		return push_error(L, &error);
	push_database_info(L, info); /* if this raises because memory ran out, one small block leaks */
	tarsier_database_info_free(info);
	return 1;
}

/* ---- import ---------------------------------------------------------------------------------------------------------- */

/* Inside a protected call: function, input, feed, records, message --> */
struct input {
	const char *name, *feed, *message;
	uint64_t records;
};

struct input_listener {
	lua_State *L;
	int function; /* index of the callback */
	int failed;   /* its error is on top of the stack */
};

static int call_listener(lua_State *L)
{
	const struct input *input = lua_touserdata(L, 2);
	lua_pushvalue(L, 1);
	lua_pushstring(L, input->name);
	lua_pushstring(L, input->feed);
	lua_pushinteger(L, (lua_Integer)input->records);
	lua_pushstring(L, input->message);
	lua_call(L, 4, 0);
	return 0;
}

static void on_input(void *user, const char *name, const char *feed, uint64_t records, const char *message)
{
	struct input_listener *listener = user;
	struct input input = {name, feed, message, records};
	if (listener->failed || !lua_checkstack(listener->L, 8))
		return;
	lua_pushcfunction(listener->L, call_listener);
	lua_pushvalue(listener->L, listener->function);
	lua_pushlightuserdata(listener->L, &input);
	listener->failed = lua_pcall(listener->L, 2, 0, 0) != LUA_OK;
}

/* paths --> a userdata with the NULL-terminated array of their strings, which the table owns */
static const char **check_strings(lua_State *L, int index, const char *what, size_t *count)
{
	luaL_checktype(L, index, LUA_TTABLE);
	*count = (size_t)luaL_len(L, index);
	const char **paths = lua_newuserdatauv(L, (*count + 1) * sizeof *paths, 0);
	for (size_t i = 0; i < *count; i++) {
		if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TSTRING)
			luaL_error(L, "import: %s %d must be a string, not a %s", what, (int)i + 1, luaL_typename(L, -1));
		paths[i] = lua_tostring(L, -1);
		lua_pop(L, 1);
	}
	paths[*count] = NULL;
	return paths;
}

static const char *const import_keys[] = {"starter", "merge", "only", "note", "on_input", NULL};

/* import(database, { path, … } [, { starter =, merge =, only = { "Debian:12", … }, note =, on_input = function(input, feed, records, message) end }])
 * --> { advisories, withdrawn, unreadable, kev, epss } | nil, message, code */
static void push_import_result(lua_State *L, const struct tarsier_import_result *result)
{
	const struct { const char *key; uint64_t value; } fields[] = {
		{"advisories", result->advisories}, {"withdrawn", result->withdrawn}, {"unreadable", result->unreadable},
		{"kev", result->kev}, {"epss", result->epss}};
	lua_createtable(L, 0, 5);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		lua_pushinteger(L, (lua_Integer)fields[i].value);
		lua_setfield(L, -2, fields[i].key);
	}
}

static int l_import(lua_State *L)
{
	const char *database = luaL_checkstring(L, 1);
	size_t count, count_only;
	lua_settop(L, 3);
	if (lua_isnil(L, 3)) {
		lua_newtable(L);
		lua_replace(L, 3);
	}
	luaL_checktype(L, 3, LUA_TTABLE);
	const char **paths = check_strings(L, 2, "path", &count);
	struct tarsier_import_options options;
	struct tarsier_import_result result;
	struct tarsier_error error;
	tarsier_import_options_init(&options);
	options_check(L, 3, import_keys, "tarsier.import");
	options.starter = options_flag(L, 3, "starter");
	options.merge = options_flag(L, 3, "merge");
	options.note = options_string(L, 3, "note", "tarsier.import");
	if (lua_getfield(L, 3, "only") != LUA_TNIL)
		options.only = check_strings(L, lua_gettop(L), "only", &count_only);
	lua_getfield(L, 3, "on_input");
	struct input_listener listener = {.L = L, .function = lua_gettop(L)};
	if (lua_isfunction(L, -1)) {
		options.on_input = on_input;
		options.user = &listener;
	}
	int code = tarsier_import(database, paths, count, &options, &result, &error);
	if (listener.failed)
		return lua_error(L);
	if (code < 0)
		return push_error(L, &error);
	push_import_result(L, &result);
	return 1;
}

static int write_to(void *user, const char *text, size_t length)
{
	return fwrite(text, 1, length, user) != length;
}

/* convert_feed(script, file, out): writes the records of a feed in Lua to an open file of Lua's --> how many, or false if the
 * feed does not recognise the file | nil, message, code */
static int l_convert_feed(lua_State *L)
{
	const char *script = luaL_checkstring(L, 1), *file = luaL_checkstring(L, 2);
	const luaL_Stream *out = luaL_checkudata(L, 3, LUA_FILEHANDLE);
	struct tarsier_error error;
	uint64_t records;
	luaL_argcheck(L, out->closef, 3, "the file is closed");
	int code = tarsier_feed_convert(script, file, write_to, out->f, &records, &error);
	if (code < 0)
		return push_error(L, &error);
	if (code > 0)
		lua_pushboolean(L, 0);
	else
		lua_pushinteger(L, (lua_Integer)records);
	return 1;
}

/* test_feed(script) --> how many examples hold | nil, message, code */
static int l_test_feed(lua_State *L)
{
	struct tarsier_error error;
	size_t count;
	if (tarsier_feed_test(luaL_checkstring(L, 1), &count, &error) < 0)
		return push_error(L, &error);
	lua_pushinteger(L, (lua_Integer)count);
	return 1;
}

static const luaL_Reg functions[] = {
	{"convert_feed", l_convert_feed}, {"test_feed", l_test_feed}, {"compare", l_compare}, {"schemes", l_schemes}, {"database", l_database}, {"import", l_import}, {NULL, NULL}};

int bind_database_open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
