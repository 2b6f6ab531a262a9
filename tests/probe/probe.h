/* What probes share. A probe file defines `int probe_NAME(lua_State *L)`, which pushes a table of functions. */
#ifndef TARSIER_PROBE_H
#define TARSIER_PROBE_H

#include "base/error.h"
#include "base/span.h"

#include <dirent.h>
#include <lauxlib.h>
#include <lua.h>

/* nil, message, "CODE": how the world fails in Lua. */
static inline int probe_fail(lua_State *L, const struct tarsier_error *error)
{
	lua_pushnil(L);
	lua_pushstring(L, error->message);
	lua_pushstring(L, tarsier_code_name(error->code));
	return 3;
}

/* How many descriptors this process has open. */
static inline int probe_open_files(void)
{
	int count = 0;
	DIR *folder = opendir("/proc/self/fd");
	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

static inline span probe_span(lua_State *L, int index)
{
	span s;
	s.ptr = luaL_checklstring(L, index, &s.len);
	return s;
}

#endif
