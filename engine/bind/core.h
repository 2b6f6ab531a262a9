/* internal to bind/ */
#ifndef TARSIER_BIND_CORE_H
#define TARSIER_BIND_CORE_H

#include "tarsier.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

/* Each class NAME.c in this room defines `int bind_NAME_open(lua_State *L)`. It creates its classes and pushes one
 * table of functions, which become core's. The build generates the list from the folder. */

/* The registry key that core.host.command_line() sets: this process is a command, so it handles signals. */
#define LUA_COMMAND_LINE "tarsier.command_line"

/* Pushes core: in the Lua module, and in the states in which C hosts render reports. */
int bind_all_open(lua_State *L);

/* Creates the metatable of a class; `methods` may be NULL. Pushes nothing. */
void bind_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods);

/* Returns the report in the userdata at `index`, borrowed from it. Raises if it is something else, or closed. */
const tarsier_report *bind_check_report(lua_State *L, int index);
/* Pushes a userdata that owns the report. If it is NULL, the caller fills it later through the returned address. */
tarsier_report **bind_new_report(lua_State *L);

/* If the function at `index` is the `out` that core.host.write_file gives, writes the text without making a Lua string
 * of it. Returns false if it is another one. */
bool bind_write_piece(lua_State *L, int index, const char *text, size_t length);

/* Returns the container engine in the userdata at `index`, borrowed from it. Raises if it is something else. */
const tarsier_container *bind_check_container(lua_State *L, int index);

#endif
