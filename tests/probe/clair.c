/* floors 1 and 5: tokens, and the layer server without a Clair */
#include "probe.h"

#include "jwt.h"
#include "layer_server.h"

#include <string.h>

int probe_clair(lua_State *L);

static const char class_name[] = "tarsier.probe.layer_server";

/* jwt(key in base64, issuer, now) --> token */
static int l_jwt(lua_State *L)
{
	struct arena arena;
	struct tarsier_error error = {0, ""};
	char *token = NULL;
	span key = probe_span(L, 1);
	const char *issuer = luaL_checkstring(L, 2);
	lua_Integer now = luaL_checkinteger(L, 3);
	arena_init(&arena, NULL);
	int code = jwt_sign(&arena, key, issuer, now, &token, &error);
	lua_pushstring(L, token ? token : "");
	arena_free(&arena);
	return code < 0 ? probe_fail(L, &error) : 1;
}

/* base64(text) --> bytes | nil */
static int l_base64(lua_State *L)
{
	struct arena arena;
	span bytes = {"", 0}, text = probe_span(L, 1);
	arena_init(&arena, NULL);
	if (base64_decode(&arena, text, &bytes))
		lua_pushlstring(L, bytes.ptr, bytes.len);
	else
		lua_pushnil(L);
	arena_free(&arena);
	return 1;
}

struct serving {
	struct arena arena;
	struct image image;
	struct layer_server *server;
	atomic_uint_fast64_t bytes;
	bool open;
};

static int l_stop(lua_State *L)
{
	struct serving *serving = luaL_checkudata(L, 1, class_name);
	layer_server_stop(serving->server);
	serving->server = NULL;
	if (serving->open) {
		image_close(&serving->image);
		arena_free(&serving->arena);
	}
	serving->open = false;
	return 0;
}

static int open_and_serve(struct serving *serving, const char *reference, const struct layer_server_options *options,
                          struct tarsier_error *error)
{
	static const struct layer_options layers = {.threads = 1};
	const struct source_options source = {.platform = platform_of_this_machine(), .layers = &layers};
	int code = image_open(&serving->arena, reference, &source, &serving->image, error);
	if (code)
		return code;
	return layer_server_start(&serving->arena, &serving->image, options, &serving->server, error);
}

/* serve(reference [, host [, port]]) --> server, { { url =, digest =, size = }, … } | nil, message, code */
static int l_serve(lua_State *L)
{
	const char *reference = luaL_checkstring(L, 1), *host = luaL_optstring(L, 2, NULL);
	unsigned port = (unsigned)luaL_optinteger(L, 3, 0);
	struct tarsier_error error = {0, ""};
	struct serving *serving = lua_newuserdatauv(L, sizeof *serving, 0);
	memset(serving, 0, sizeof *serving);
	arena_init(&serving->arena, NULL);
	serving->open = true;
	luaL_setmetatable(L, class_name);
	const struct layer_server_options options = {.host = host, .port = port, .bytes = &serving->bytes,
	                                             .allocator = &serving->arena.allocator};
	if (open_and_serve(serving, reference, &options, &error) < 0)
		return probe_fail(L, &error);
	lua_newtable(L);
	for (size_t i = 0; i < serving->image.layer_count; i++) {
		lua_newtable(L);
		lua_pushstring(L, layer_server_url(serving->server, i));
		lua_setfield(L, -2, "url");
		lua_pushstring(L, layer_server_digest(serving->server, i)->text);
		lua_setfield(L, -2, "digest");
		lua_pushinteger(L, (lua_Integer)serving->server->layers[i].size);
		lua_setfield(L, -2, "size");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 2;
}

static struct serving *check_serving(lua_State *L)
{
	struct serving *serving = luaL_checkudata(L, 1, class_name);
	luaL_argcheck(L, serving->server, 1, "stopped");
	return serving;
}

/* server:reach() --> true | nil, message, code */
static int l_reach(lua_State *L)
{
	struct tarsier_error error = {0, ""};
	int code = layer_server_reach(check_serving(L)->server, &error);
	return code < 0 ? probe_fail(L, &error) : (lua_pushboolean(L, 1), 1);
}

/* server:failure() --> true | nil, message, code */
static int l_failure(lua_State *L)
{
	struct tarsier_error error = {0, ""};
	int code = layer_server_failure(check_serving(L)->server, &error);
	return code < 0 ? probe_fail(L, &error) : (lua_pushboolean(L, 1), 1);
}

/* server:sent(layer), from 1 --> whether it went out whole, bytes of all */
static int l_sent(lua_State *L)
{
	struct serving *serving = check_serving(L);
	lua_pushboolean(L, layer_server_sent(serving->server, (size_t)luaL_checkinteger(L, 2) - 1));
	lua_pushinteger(L, (lua_Integer)atomic_load(&serving->bytes));
	return 2;
}

static const luaL_Reg functions[] = {{"jwt", l_jwt}, {"base64", l_base64}, {"serve", l_serve}, {NULL, NULL}};
static const luaL_Reg methods[] = {{"stop", l_stop}, {"reach", l_reach}, {"failure", l_failure}, {"sent", l_sent},
                                   {NULL, NULL}};
static const luaL_Reg metamethods[] = {{"__gc", l_stop}, {"__close", l_stop}, {NULL, NULL}};

int probe_clair(lua_State *L)
{
	if (luaL_newmetatable(L, class_name)) {
		luaL_setfuncs(L, metamethods, 0);
		luaL_newlib(L, methods);
		lua_setfield(L, -2, "__index");
	}
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	return 1;
}
