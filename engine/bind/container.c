/* core.container: a container engine that answers */
#include "bind/core.h"
#include "policy/push_report.h"

int bind_container_open(lua_State *L);

static const char class_name[] = "tarsier.container";

const tarsier_container *bind_check_container(lua_State *L, int index)
{
	return *(tarsier_container **)luaL_checkudata(L, index, class_name);
}

/* container([address [, ca_file]]) --> { handle =, address =, is_podman = } | nil, message, code. Uses the engine at
 * the address, else the one that tarsier_container_open finds. The handle is for http. */
static int l_container(lua_State *L)
{
	struct tarsier_error error;
	const char *address = luaL_optstring(L, 1, NULL), *ca_file = luaL_optstring(L, 2, NULL);
	lua_settop(L, 2);
	lua_createtable(L, 0, 3);
	tarsier_container **box = lua_newuserdatauv(L, sizeof *box, 0);
	*box = NULL;
	luaL_setmetatable(L, class_name);
	if (tarsier_container_open(address, ca_file, box, &error) < 0)
		return push_error(L, &error);
	lua_setfield(L, 3, "handle");
	lua_pushstring(L, tarsier_container_address(*box));
	lua_setfield(L, 3, "address");
	lua_pushboolean(L, tarsier_container_is_podman(*box));
	lua_setfield(L, 3, "is_podman");
	return 1;
}

static int l_free(lua_State *L)
{
	tarsier_container **box = luaL_checkudata(L, 1, class_name);
	tarsier_container_free(*box);
	*box = NULL;
	return 0;
}

int bind_container_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"container", l_container}, {NULL, NULL}};
	static const luaL_Reg metamethods[] = {{"__gc", l_free}, {NULL, NULL}};
	bind_class(L, class_name, metamethods, NULL);
	luaL_newlib(L, functions);
	return 1;
}
