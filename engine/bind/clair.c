/* core.clair_status: the state of a Clair server */
#include "bind/core.h"
#include "bind/options.h"
#include "policy/push_report.h"

int bind_clair_open(lua_State *L);

static const char *const keys[] = {"clair", "clair_matcher", "clair_api", "clair_key", "clair_issuer", "ca_file",
                                   "timeout", NULL};

static const char who[] = "clair_status";

static void read_config(lua_State *L, struct tarsier_config *config)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	options_check(L, 1, keys, who);
	tarsier_config_init(config);
	config->clair = options_string(L, 1, "clair", who);
	luaL_argcheck(L, config->clair, 1, "clair is missing");
	config->clair_matcher = options_string(L, 1, "clair_matcher", who);
	config->clair_api = options_string(L, 1, "clair_api", who);
	config->clair_key = options_string(L, 1, "clair_key", who);
	config->clair_issuer = options_string(L, 1, "clair_issuer", who);
	config->ca_file = options_string(L, 1, "ca_file", who);
	config->clair_timeout = options_small(L, 1, "timeout", who);
}

/* clair_status { clair = URL, clair_matcher =, clair_api =, clair_key =, clair_issuer =, ca_file =, timeout = seconds }
 * --> { generation = "v1" | "v4", ready = boolean, detail = } | nil, message, code */
static int l_clair_status(lua_State *L)
{
	struct tarsier_clair_status status;
	struct tarsier_config config;
	struct tarsier_error error;
	read_config(L, &config);
	if (tarsier_clair_ask(&config, &status, &error) < 0)
		return push_error(L, &error);
	lua_createtable(L, 0, 3);
	lua_pushstring(L, status.generation);
	lua_setfield(L, -2, "generation");
	lua_pushboolean(L, status.ready);
	lua_setfield(L, -2, "ready");
	lua_pushstring(L, status.detail);
	lua_setfield(L, -2, "detail");
	return 1;
}

int bind_clair_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"clair_status", l_clair_status}, {NULL, NULL}};
	luaL_newlib(L, functions);
	return 1;
}
