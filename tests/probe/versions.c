/* floor 1: version.h, and the face's tarsier_compare */
#include "format/version.h"
#include "probe.h"

int probe_versions(lua_State *L);

/* schemes() --> { name, … } */
static int l_schemes(lua_State *L)
{
	lua_newtable(L);
	const char *const *names = tarsier_schemes();
	for (lua_Integer i = 0; names[i]; i++) {
		lua_pushstring(L, names[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

/* compare(scheme, a, b) --> -1, 0 or 1; or nil, message, "CODE": the face's */
static int l_compare(lua_State *L)
{
	struct tarsier_error error;
	int order;
	if (tarsier_compare(luaL_checkstring(L, 1), luaL_checkstring(L, 2), luaL_checkstring(L, 3), &order, &error) < 0)
		return probe_fail(L, &error);
	return lua_pushinteger(L, order), 1;
}

static const struct version_scheme *check_scheme(lua_State *L)
{
	const struct version_scheme *scheme = version_scheme(luaL_checkstring(L, 1));
	luaL_argcheck(L, scheme, 1, "no such scheme");
	return scheme;
}

/* meant(scheme, bound, version) --> does an advisory that names the bound mean the version? */
static int l_meant(lua_State *L)
{
	return lua_pushboolean(L, version_is_meant(check_scheme(L), probe_span(L, 2), probe_span(L, 3))), 1;
}

/* usable(scheme, version) --> can it be a bound? */
static int l_usable(lua_State *L)
{
	return lua_pushboolean(L, version_is_usable(check_scheme(L), probe_span(L, 2))), 1;
}

/* order(scheme, a, b) --> what the scheme's compare says, valid or not */
static int l_order(lua_State *L)
{
	return lua_pushinteger(L, check_scheme(L)->compare(probe_span(L, 2), probe_span(L, 3))), 1;
}

/* valid(scheme, version) --> boolean */
static int l_valid(lua_State *L)
{
	return lua_pushboolean(L, check_scheme(L)->valid(probe_span(L, 2))), 1;
}

/* circular(scheme) --> boolean */
static int l_circular(lua_State *L)
{
	return lua_pushboolean(L, check_scheme(L)->circular), 1;
}

/* of_ecosystem(name) --> the scheme's name, or nil */
static int l_of_ecosystem(lua_State *L)
{
	const struct version_scheme *scheme = version_scheme_of_ecosystem(probe_span(L, 1));
	return lua_pushstring(L, scheme ? scheme->name : NULL), 1;
}

static const luaL_Reg functions[] = {
	{"schemes", l_schemes}, {"compare", l_compare}, {"order", l_order}, {"valid", l_valid},
	{"meant", l_meant}, {"usable", l_usable}, {"circular", l_circular},
	{"of_ecosystem", l_of_ecosystem}, {NULL, NULL},
};

int probe_versions(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
