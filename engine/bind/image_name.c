/* core.image_name, what an image is called */
#include "bind/core.h"
#include "net/registry_name.h"

int bind_image_name_open(lua_State *L);

/* image_name(text) --> { host = "registry.example:5000" } by the grammar of registry_name.h; host is nil where the name has
 * none | nil where it cannot be a name */
static int l_image_name(lua_State *L)
{
	struct arena arena;
	struct registry_name name;
	size_t length;
	const char *text = luaL_checklstring(L, 1, &length);
	span whole = {text, length};
	lua_createtable(L, 0, 1);
	arena_init(&arena, NULL);
	bool good = registry_name_parse(&arena, whole, &name, NULL) == TARSIER_OK;
	if (good && registry_name_has_domain(whole)) {
		lua_pushstring(L, name.domain);
		lua_setfield(L, -2, "host");
	}
	arena_free(&arena);
	if (!good)
		lua_pushnil(L);
	return 1;
}

int bind_image_name_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"image_name", l_image_name}, {NULL, NULL}};
	luaL_newlib(L, functions);
	return 1;
}
