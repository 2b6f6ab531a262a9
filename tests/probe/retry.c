/* when failed requests are sent again */
#include "probe.h"

#include "base/clock.h"
#include "net/retry.h"

#include <string.h>

int probe_retry(lua_State *L);

/* pauses({ tries =, seconds =, unreachable = }, { 429 | "name of a trouble" | "Retry-After: 3\n", … }) --> what is waited after
 * each of these answers, in seconds, 0 to give up. Lines of a header are those of a 429. */
static int l_pauses(lua_State *L)
{
	struct retry retry = {.unreachable = false};
	lua_getfield(L, 1, "tries");
	lua_getfield(L, 1, "seconds");
	retry.unreachable = lua_getfield(L, 1, "unreachable") == LUA_TBOOLEAN && lua_toboolean(L, -1);
	retry.tries = (unsigned)lua_tointeger(L, -3);
	retry.seconds = (unsigned)lua_tointeger(L, -2);
	lua_newtable(L);
	for (lua_Integer i = 1; lua_rawgeti(L, 2, i) != LUA_TNIL; i++) {
		struct http_response response = {.status = lua_isinteger(L, -1) ? (long)lua_tointeger(L, -1) : 0};
		const char *text = lua_tostring(L, -1);
		int code = response.status ? TARSIER_OK : TARSIER_IO;
		buffer_init(&response.headers, NULL);
		if (!response.status && strchr(text, ':')) {
			response.status = 429;
			code = TARSIER_OK;
			buffer_add(&response.headers, text, strlen(text));
		}
		if (code < 0)
			response.trouble = strcmp(text, "no connection") == 0 ? HTTP_NO_CONNECTION : strcmp(text, "timeout") == 0 ? HTTP_TIMED_OUT
			                 : HTTP_NO_TROUBLE;
		lua_pushnumber(L, (lua_Number)retry_pause(&retry, strcmp(text, "no memory") == 0 ? TARSIER_MEMORY : code, &response)
		                      / (lua_Number)clock_pause(1));
		lua_rawseti(L, -3, i);
		lua_pop(L, 1);
		buffer_free(&response.headers);
	}
	return lua_pop(L, 1), 1;
}

static const luaL_Reg functions[] = {{"pauses", l_pauses}, {NULL, NULL}};

int probe_retry(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
