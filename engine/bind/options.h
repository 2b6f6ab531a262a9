/* the fields of a table of options that a function of core was given */
#ifndef TARSIER_BIND_OPTIONS_H
#define TARSIER_BIND_OPTIONS_H

#include <lauxlib.h>
#include <lua.h>

/* `who` begins the message that a field of the wrong type raises. Absent is NULL and 0. The string stays on the stack, so
 * that the pointer stays good. */
const char *options_string(lua_State *L, int index, const char *key, const char *who);
/* A key that is not among the known ones raises an error that names the closest one. */
void options_check(lua_State *L, int index, const char *const *known, const char *who);
unsigned options_small(lua_State *L, int index, const char *key, const char *who); /* 0 or more, at most INT_MAX */
lua_Integer options_count(lua_State *L, int index, const char *key, const char *who); /* 0 or more */
int options_flag(lua_State *L, int index, const char *key);

#endif
