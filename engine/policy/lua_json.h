/* plain data between Lua and JSON */
#ifndef TARSIER_POLICY_LUA_JSON_H
#define TARSIER_POLICY_LUA_JSON_H

#include "format/json.h"

#include <lua.h>

/* Pushes the value of `json`; null, and members that are null, become nil. NULL pushes nil. Raises if memory ran
 * out. */
void lua_json_push(lua_State *L, const json_t *json);

/* Converts the value at `index` to JSON: nil, booleans, numbers, strings, and tables of them. Tables become lists if
 * their keys are 1 to n, otherwise objects with text keys. Bytes that are not UTF-8 become '?'. Raises no Lua error.
 * Fails with FORMAT, naming the field, for a value that is not plain data; with LIMIT for a value deeper or larger than
 * any report; with MEMORY. The caller owns *json. */
int lua_json_read(lua_State *L, int index, json_t **json, struct tarsier_error *error);

/* The same for the values of a script: several references to one value are copied each time, so a few bytes there may
 * become gigabytes here. */
struct lua_json_limits {
	size_t bytes;                                     /* approximate limit of the copy's size */
	bool (*may_go_on)(lua_State *L, uint64_t cost);   /* called for every table; false ends the copy with LIMIT */
};
int lua_json_read_limited(lua_State *L, int index, const struct lua_json_limits *limits, json_t **json,
                          struct tarsier_error *error);

#endif
