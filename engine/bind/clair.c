/* asking a Clair how it is */
#include "bind/core.h"
#include "bind/options.h"
#include "clair/clair.h"
#include "policy/push_report.h"

int bind_clair_open(lua_State *L);

static const char *const keys[] = {"clair", "clair_matcher", "clair_api", "clair_key", "clair_issuer", "ca_file",
                                   "timeout", NULL};

static const char who[] = "clair_status";

static void set_text(lua_State *L, const char *key, const char *text)
{
	lua_pushstring(L, text);
	lua_setfield(L, -2, key);
}

/* clair_status { clair = URL, clair_matcher =, clair_api =, clair_key =, clair_issuer =, ca_file =, timeout = seconds }
 * --> { generation = "v1" | "v4", ready = boolean, detail = } | nil, message, code */
static int l_clair_status(lua_State *L)
{
	struct clair_status status;
	struct tarsier_error error;
	luaL_checktype(L, 1, LUA_TTABLE);
	const char *unknown = fields_unknown(L, 1, keys);
	if (unknown)
		return luaL_error(L, "%s: unknown key '%s'", who, unknown);
	struct clair_config config = {
		.indexer = fields_string(L, 1, "clair", who), .matcher = fields_string(L, 1, "clair_matcher", who),
		.api = fields_string(L, 1, "clair_api", who), .key = fields_string(L, 1, "clair_key", who),
		.issuer = fields_string(L, 1, "clair_issuer", who), .ca_file = fields_string(L, 1, "ca_file", who)};
	luaL_argcheck(L, config.indexer, 1, "clair is missing");
	lua_Integer seconds = lua_getfield(L, 1, "timeout") == LUA_TNIL ? 0 : luaL_checkinteger(L, -1);
	luaL_argcheck(L, seconds >= 0 && seconds <= INT32_MAX, 1, "timeout must be a number of seconds");
	config.seconds = (unsigned)seconds;
	if (clair_status(&config, &status, &error) < 0)
		return push_error(L, &error);
	lua_createtable(L, 0, 3);
	set_text(L, "generation", status.generation);
	lua_pushboolean(L, status.ready);
	lua_setfield(L, -2, "ready");
	set_text(L, "detail", status.detail);
	return 1;
}

static const luaL_Reg functions[] = {{"clair_status", l_clair_status}, {NULL, NULL}};

int bind_clair_open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
