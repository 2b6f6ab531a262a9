/* lists for Lua the plug-ins of this build */
#include "bind/core.h"

int bind_plugins_open(lua_State *L);

static int push_plugins(lua_State *L, const char *kind)
{
	struct tarsier_plugin plugin;
	lua_newtable(L);
	for (size_t i = 0; tarsier_plugin_at(kind, i, &plugin); i++) {
		lua_createtable(L, 0, 3);
		lua_pushstring(L, plugin.name);
		lua_setfield(L, -2, "name");
		lua_pushstring(L, plugin.summary);
		lua_setfield(L, -2, "summary");
		lua_pushinteger(L, (lua_Integer)plugin.version);
		lua_setfield(L, -2, "version");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* sources() --> { { name =, summary =, version = 0 }, … } */
static int l_sources(lua_State *L)
{
	return push_plugins(L, "source");
}

/* readers() --> { { name =, summary = "", version = }, … } */
static int l_readers(lua_State *L)
{
	return push_plugins(L, "reader");
}

/* feeds() --> { { name =, summary = "", version = 0 }, … } */
static int l_feeds(lua_State *L)
{
	return push_plugins(L, "feed");
}

/* platform() --> "linux/amd64" */
static int l_platform(lua_State *L)
{
	lua_pushstring(L, tarsier_platform());
	return 1;
}

static const luaL_Reg functions[] = {
	{"sources", l_sources}, {"readers", l_readers}, {"feeds", l_feeds}, {"platform", l_platform}, {NULL, NULL}};

int bind_plugins_open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
