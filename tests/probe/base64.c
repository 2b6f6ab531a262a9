/* base64 */
#include "probe.h"

#include "format/base64.h"

int probe_base64(lua_State *L);

/* decode(text) --> bytes | nil */
static int l_decode(lua_State *L)
{
	struct arena arena;
	span bytes;
	arena_init(&arena, NULL);
	if (base64_decode(&arena, probe_span(L, 1), &bytes))
		lua_pushlstring(L, bytes.ptr, bytes.len);
	else
		lua_pushnil(L);
	arena_free(&arena);
	return 1;
}

/* encode(bytes, url) --> text, with the alphabet of URLs and without padding if `url` */
static int l_encode(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	char *text = lua_toboolean(L, 2) ? base64_encode_url(&arena, probe_span(L, 1)) : base64_encode(&arena, probe_span(L, 1));
	lua_pushstring(L, text);
	arena_free(&arena);
	return 1;
}

static const luaL_Reg functions[] = {{"decode", l_decode}, {"encode", l_encode}, {NULL, NULL}};

int probe_base64(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
