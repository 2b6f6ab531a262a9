/* plain data between Lua and JSON */
#ifndef TARSIER_POLICY_LUA_JSON_H
#define TARSIER_POLICY_LUA_JSON_H

#include "format/json.h"

#include <lua.h>

/* Pushes the value of `json`; null, and members that are null, become nil. NULL pushes nil. Raises without memory. */
void lua_json_push(lua_State *L, const json_t *json);

/* Makes JSON of the value at `index`: nil, booleans, numbers, strings, and tables of them: lists if the keys are 1 to
 * n, else objects with text keys. Bytes that are not UTF-8 become '?'. Raises no Lua error. Fails with FORMAT, naming the
 * field, for a value that is not plain data; with LIMIT for one that is deeper or larger than any report; with MEMORY.
 * The caller owns *json. */
int lua_json_read(lua_State *L, int index, json_t **json, struct tarsier_error *error);

/* The same for the values of a script: references to one value are copied each time, so a few bytes there may be
 * gigabytes here. */
struct lua_json_limits {
	size_t bytes;                                     /* that the copy may take, about */
	bool (*may_go_on)(lua_State *L, uint64_t cost);   /* called for every table; false ends the copy with LIMIT */
};
int lua_json_read_limited(lua_State *L, int index, const struct lua_json_limits *limits, json_t **json,
                          struct tarsier_error *error);

#endif
