/* the fields of a table of options that a function of core was given */
#ifndef TARSIER_BIND_OPTIONS_H
#define TARSIER_BIND_OPTIONS_H

#include <lauxlib.h>
#include <lua.h>

/* The first key of the table that is not among the known ones, NULL-terminated; NULL where all are. Stays on the stack. */
const char *fields_unknown(lua_State *L, int index, const char *const *known);

/* `who` begins the message that a field of the wrong type raises. Absent is NULL and 0. The string stays on the stack, so
 * that the pointer stays good. */
const char *fields_string(lua_State *L, int index, const char *key, const char *who);
lua_Integer fields_count(lua_State *L, int index, const char *key, const char *who); /* 0 or more */
int fields_flag(lua_State *L, int index, const char *key);

#endif
