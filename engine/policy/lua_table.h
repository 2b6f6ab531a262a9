/* sets fields of the Lua table on top of the stack */
#ifndef TARSIER_POLICY_LUA_TABLE_H
#define TARSIER_POLICY_LUA_TABLE_H

#include <lua.h>
#include <stdint.h>

/* Each may raise if memory ran out. A NULL text becomes "". */
void table_set_text(lua_State *L, const char *key, const char *text);
void table_set_count(lua_State *L, const char *key, uint64_t count);
void table_set_number(lua_State *L, const char *key, double number);
void table_set_boolean(lua_State *L, const char *key, int boolean);
void table_set_list(lua_State *L, const char *key, const char *const *texts); /* NULL-terminated; NULL is empty */

#endif
