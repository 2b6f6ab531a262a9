/* floor 7: asking a Clair how it is */
#include "clair.h"
#include "lua_core.h"
#include "lua_push.h"

#include <string.h>

int lua_clair_open(lua_State *L);

static const char *const keys[] = {"clair", "clair_matcher", "clair_api", "clair_key", "clair_issuer", "ca_file",
                                   "timeout", NULL};

static void check_keys(lua_State *L)
{
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : luaL_typename(L, -2);
		const char *const *known = keys;
		while (*known && strcmp(*known, key) != 0)
			known++;
		if (!*known)
			luaL_error(L, "clair_status: unknown key '%s'", key);
	}
}

/* Borrowed from the table. */
static const char *text_field(lua_State *L, const char *key)
{
	int type = lua_getfield(L, 1, key);
	if (type != LUA_TNIL && type != LUA_TSTRING)
		luaL_error(L, "clair_status: %s must be a string, not a %s", key, lua_typename(L, type));
	const char *text = lua_tostring(L, -1);
	lua_pop(L, 1);
	return text;
}

static void set_text(lua_State *L, const char *key, const char *text)
{
	lua_pushstring(L, text);
	lua_setfield(L, -2, key);
}

/* clair_status { clair = URL, clair_matcher =, clair_api =, clair_key =, clair_issuer =, ca_file =, timeout = seconds }
 * --> { generation = "v1" | "v4", ready = boolean, version =, detail = } | nil, message, code */
static int l_clair_status(lua_State *L)
{
	struct clair_status status;
	struct tarsier_error error;
	luaL_checktype(L, 1, LUA_TTABLE);
	check_keys(L);
	struct clair_config config = {
		.indexer = text_field(L, "clair"), .matcher = text_field(L, "clair_matcher"), .api = text_field(L, "clair_api"),
		.key = text_field(L, "clair_key"), .issuer = text_field(L, "clair_issuer"),
		.ca_file = text_field(L, "ca_file")};
	luaL_argcheck(L, config.indexer, 1, "clair is missing");
	lua_Integer seconds = lua_getfield(L, 1, "timeout") == LUA_TNIL ? 0 : luaL_checkinteger(L, -1);
	luaL_argcheck(L, seconds >= 0 && seconds <= INT32_MAX, 1, "timeout must be a number of seconds");
	config.seconds = (unsigned)seconds;
	if (clair_status(&config, &status, &error) < 0)
		return push_error(L, &error);
	lua_createtable(L, 0, 4);
	set_text(L, "generation", status.generation);
	lua_pushboolean(L, status.ready);
	lua_setfield(L, -2, "ready");
	set_text(L, "version", status.version);
	set_text(L, "detail", status.detail);
	return 1;
}

static const luaL_Reg functions[] = {{"clair_status", l_clair_status}, {NULL, NULL}};

int lua_clair_open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
