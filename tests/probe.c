/* The tests' way into the engine's lower floors: require "tarsier.probe" is a table with one member a file in
 * tests/probe/, each of which defines `int probe_NAME(lua_State *L)` that pushes a table of functions. */
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>

#define X(name) int probe_##name(lua_State *L);
#include "probes.def"
#undef X

__attribute__((visibility("default"))) int luaopen_tarsier_probe(lua_State *L);

/* Specs of a build of its own, a sanitizer's, must not run on another build's modules: they would prove nothing. */
static void check_build(lua_State *L, const char *file)
{
	const char *build = getenv("TARSIER_BUILD");
	size_t length = build ? strlen(build) : 0;
	if (build && file && (strncmp(file, build, length) != 0 || strcmp(file + length, "/tarsier/probe.so") != 0))
		luaL_error(L, "%s is not of the build under test, %s", file, build);
}

/* Lua gives the module's name and its file. */
int luaopen_tarsier_probe(lua_State *L)
{
	check_build(L, lua_tostring(L, 2));
	lua_newtable(L);
#define X(name)                      \
	probe_##name(L);             \
	lua_setfield(L, -2, #name);
#include "probes.def"
#undef X
	return 1;
}
