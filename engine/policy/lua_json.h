/* plain data between Lua and JSON */
#ifndef TARSIER_POLICY_LUA_JSON_H
#define TARSIER_POLICY_LUA_JSON_H

#include "format/json.h"

#include <lua.h>

/* Pushes what `json` holds: null, and members that are null, become nil. NULL pushes nil. Raises without memory. */
void lua_json_push(lua_State *L, const json_t *json);

/* Pushes what the JSON text holds; nil for "" and for what is no JSON. */
void lua_json_push_text(lua_State *L, const char *text);

/* Makes JSON of the value at `index`: nil, booleans, numbers, strings, and tables of them, lists where the keys are 1
 * to n, else objects with text keys. Bytes that are not UTF-8 become '?'. Raises no Lua error. FORMAT, naming the
 * field, for what is not plain data; LIMIT for what is deeper or larger than a report has any use for; MEMORY. The
 * caller owns *json. */
int lua_json_read(lua_State *L, int index, json_t **json, struct tarsier_error *error);

#endif
