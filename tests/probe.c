/* The tests' way into the engine's lower floors: require "tarsier.probe" is a table with one member a file in
 * tests/probe/, each of which defines `int probe_NAME(lua_State *L)` that pushes a table of functions. */
#include <lauxlib.h>
#include <lua.h>

#define X(name) int probe_##name(lua_State *L);
#include "probes.def"
#undef X

__attribute__((visibility("default"))) int luaopen_tarsier_probe(lua_State *L);

int luaopen_tarsier_probe(lua_State *L)
{
	lua_newtable(L);
#define X(name)                      \
	probe_##name(L);             \
	lua_setfield(L, -2, #name);
#include "probes.def"
#undef X
	return 1;
}
