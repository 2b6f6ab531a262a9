/* URLs and proxies */
#include "probe.h"

#include "format/url.h"
#include "net/proxy.h"
#include "net/registry_challenge.h"

int probe_url(lua_State *L);

static void set_span(lua_State *L, const char *key, span value)
{
	lua_pushlstring(L, value.ptr, value.len);
	lua_setfield(L, -2, key);
}

/* split(text) --> { scheme =, user =, host =, port =, rest = } | nil */
static int l_split(lua_State *L)
{
	struct url url;
	if (!url_split(probe_span(L, 1), &url))
		return lua_pushnil(L), 1;
	lua_newtable(L);
	set_span(L, "scheme", url.scheme);
	set_span(L, "user", url.user);
	set_span(L, "host", url.host);
	set_span(L, "rest", url.rest);
	lua_pushinteger(L, url.port);
	return lua_setfield(L, -2, "port"), 1;
}

static int l_same_origin(lua_State *L)
{
	struct url a, b;
	bool both = url_split(probe_span(L, 1), &a) && url_split(probe_span(L, 2), &b);
	return lua_pushboolean(L, both && url_same_origin(&a, &b)), 1;
}

static int l_is_loopback(lua_State *L)
{
	return lua_pushboolean(L, host_is_loopback(probe_span(L, 1))), 1;
}

/* encode(text, keep), decode(text, form), printable(text) --> text */
static int push_text(lua_State *L, struct arena *arena, const char *text)
{
	lua_pushstring(L, text);
	arena_free(arena);
	return 1;
}

static int l_encode(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	return push_text(L, &arena, url_encode(&arena, luaL_checkstring(L, 1), luaL_optstring(L, 2, "")));
}

static int l_decode(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	return push_text(L, &arena, url_decode(&arena, probe_span(L, 1), lua_toboolean(L, 2)));
}

static int l_printable(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	return push_text(L, &arena, url_printable(&arena, luaL_checkstring(L, 1)));
}

/* bypassed(host, port, no_proxy) --> whether the host is reached without a proxy */
static int l_bypassed(lua_State *L)
{
	bool bypassed = proxy_is_bypassed(probe_span(L, 1), (unsigned)luaL_checkinteger(L, 2), luaL_checkstring(L, 3));
	return lua_pushboolean(L, bypassed), 1;
}

/* realm_is_allowed(origin, realm, secret) --> whether a token may be asked for there */
static int l_realm(lua_State *L)
{
	bool allowed = registry_realm_is_allowed(luaL_checkstring(L, 1), luaL_checkstring(L, 2), lua_toboolean(L, 3));
	return lua_pushboolean(L, allowed), 1;
}

static const luaL_Reg functions[] = {
	{"split", l_split},   {"same_origin", l_same_origin}, {"is_loopback", l_is_loopback}, {"encode", l_encode},
	{"decode", l_decode}, {"printable", l_printable},     {"bypassed", l_bypassed},       {"realm_is_allowed", l_realm},
	{NULL, NULL}};

int probe_url(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
