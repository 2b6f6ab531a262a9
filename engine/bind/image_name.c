/* core.image_name: the parts of an image's name */
#include "bind/core.h"
#include "policy/push_report.h"

#include <string.h>

int bind_image_name_open(lua_State *L);

enum {
	HOST_SIZE = 300,       /* a domain name has at most 253 characters; a port follows */
	REFERENCE_SIZE = 1024, /* engines reject names of more than 255 characters before the tag */
};

/* image_name(text) --> { host = "registry.example:5000" }, host nil if the name has none | nil if it is not a name */
static int l_image_name(lua_State *L)
{
	char host[HOST_SIZE];
	size_t length;
	const char *text = luaL_checklstring(L, 1, &length);
	if (strlen(text) != length || tarsier_image_name(text, host, sizeof host, NULL) < 0)
		return lua_pushnil(L), 1;
	lua_createtable(L, 0, 1);
	if (*host) {
		lua_pushstring(L, host);
		lua_setfield(L, -2, "host");
	}
	return 1;
}

/* engine_image(name, [ca_file]) --> "docker-daemon:NAME" | nil, message, code: see tarsier_engine_image */
static int l_engine_image(lua_State *L)
{
	char reference[REFERENCE_SIZE];
	struct tarsier_error error;
	int code = tarsier_engine_image(luaL_checkstring(L, 1), luaL_optstring(L, 2, NULL), reference, sizeof reference, &error);
	if (code < 0)
		return push_error(L, &error);
	return lua_pushstring(L, reference), 1;
}

int bind_image_name_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"image_name", l_image_name}, {"engine_image", l_engine_image}, {NULL, NULL}};
	luaL_newlib(L, functions);
	return 1;
}
