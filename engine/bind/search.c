/* core.database_search and core.database_list: what a database has */
#include "bind/core.h"
#include "policy/push_report.h"
#include "tarsier_share.h"

int bind_search_open(lua_State *L);

struct record_listener { lua_State *L; int index, failed; };

static void set(lua_State *L, const char *key, const char *text)
{
	if (text && *text) {
		lua_pushstring(L, text);
		lua_setfield(L, -2, key);
	}
}

/* callback, record --> stop */
static int call(lua_State *L)
{
	const struct tarsier_record *record = lua_touserdata(L, 2);
	lua_createtable(L, 0, 14);
	const struct { const char *key, *text; } fields[] = {
		{"id", record->id}, {"severity", tarsier_severity_name(record->severity)}, {"vector", record->vector},
		{"summary", record->summary}, {"published", record->published}, {"modified", record->modified}, {"url", record->url},
		{"ecosystem", record->ecosystem}, {"package", record->package}, {"affected", record->affected}, {"fixed", record->fixed},
		{"status", record->status}, {"scope", record->scope}};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		set(L, fields[i].key, fields[i].text);
	lua_newtable(L);
	for (lua_Integer i = 0; record->aliases && record->aliases[i]; i++) {
		lua_pushstring(L, record->aliases[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "aliases");
	lua_replace(L, 2);
	lua_call(L, 1, 1);
	return 1;
}

static int on_record(void *user, const struct tarsier_record *record)
{
	struct record_listener *listener = user;
	lua_State *L = listener->L;
	lua_pushcfunction(L, call);
	lua_pushvalue(L, listener->index);
	lua_pushlightuserdata(L, (void *)(uintptr_t)record);
	listener->failed = lua_pcall(L, 2, 1, 0) != LUA_OK;
	if (listener->failed)
		return 1;
	int stop = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return stop;
}

static int finish(lua_State *L, const struct record_listener *listener, int code, const struct tarsier_error *error)
{
	if (listener->failed)
		return lua_error(L);
	if (code < 0)
		return push_error(L, error);
	lua_pushboolean(L, 1);
	return 1;
}

/* database_search(path, id or nil, ecosystem or nil, package or nil, function(record) end) --> true | nil, message, code. A
 * true result of the function ends the search. */
static int l_search(lua_State *L)
{
	struct record_listener listener = {.L = L, .index = 5};
	struct tarsier_error error;
	luaL_checktype(L, 5, LUA_TFUNCTION);
	lua_settop(L, 5);
	luaL_checkstack(L, 16, "search");
	int code = tarsier_database_search(luaL_checkstring(L, 1), luaL_optstring(L, 2, NULL), luaL_optstring(L, 3, NULL),
	                                   luaL_optstring(L, 4, NULL), on_record, &listener, &error);
	return finish(L, &listener, code, &error);
}

/* database_list(path, function(record) end) --> true | nil, message, code: every advisory, without packages */
static int l_list(lua_State *L)
{
	struct record_listener listener = {.L = L, .index = 2};
	struct tarsier_error error;
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	luaL_checkstack(L, 16, "list");
	int code = tarsier_database_list(luaL_checkstring(L, 1), on_record, &listener, &error);
	return finish(L, &listener, code, &error);
}

static const luaL_Reg functions[] = {{"database_search", l_search}, {"database_list", l_list}, {NULL, NULL}};

int bind_search_open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
