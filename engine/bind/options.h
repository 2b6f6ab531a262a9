/* reads the fields of a table of options */
#ifndef TARSIER_BIND_OPTIONS_H
#define TARSIER_BIND_OPTIONS_H

#include <lauxlib.h>
#include <lua.h>

/* Return NULL or 0 if the field is absent. A field of the wrong type raises a message that begins with `who`. The
 * string stays on the stack, so that the pointer stays valid. */
const char *options_string(lua_State *L, int index, const char *key, const char *who);
/* Raises an error for an unknown key, and names the closest known one. */
void options_check(lua_State *L, int index, const char *const *known, const char *who);
unsigned options_small(lua_State *L, int index, const char *key, const char *who); /* 0 or more, at most INT_MAX */
lua_Integer options_count(lua_State *L, int index, const char *key, const char *who); /* 0 or more */
int options_flag(lua_State *L, int index, const char *key);

#endif
