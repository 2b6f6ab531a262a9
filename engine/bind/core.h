/* what the files behind require "tarsier.core" share */
#ifndef TARSIER_BIND_CORE_H
#define TARSIER_BIND_CORE_H

#include "tarsier.h"

#include <lauxlib.h>
#include <lua.h>

/* Each class NAME.c in this room defines `int bind_NAME_open(lua_State *L)`: it makes
 * its classes and pushes one table of functions, which become core's. The build makes the list from the folder. */

/* What core.host.command_line() leaves in the registry: this process is a command, and its signals are ours. */
#define LUA_COMMAND_LINE "tarsier.command_line"

/* Pushes core: in the Lua module, and in the states that C hosts render reports in. */
int bind_all_open(lua_State *L);

/* The report in the userdata at `index`; raises where it is something else, or closed. Borrowed from the userdata. */
const tarsier_report *bind_check_report(lua_State *L, int index);
/* Pushes a userdata that owns the report (NULL: filled later through the address that is returned). */
tarsier_report **bind_new_report(lua_State *L);

/* The container engine in the userdata at `index`; raises an error if it is something else. Borrowed from the userdata. */
const tarsier_container *bind_check_container(lua_State *L, int index);

#endif
