/* internal to bind/: which members of a table are written to a JSON document, and how. lua/tarsier/json.lua describes shapes. */
#ifndef TARSIER_BIND_JSON_SHAPE_H
#define TARSIER_BIND_JSON_SHAPE_H

#include "bind/json_out.h"

#include <lua.h>

/* One word of a shape */
struct json_member {
	span key;
	span otherwise;      /* what is written instead of nil; its ptr is NULL if there is nothing */
	const char *inner;   /* the shape in brackets, up to its bracket, or NULL */
	bool is_list;        /* the brackets are square */
	bool is_optional;    /* left out if it is nil or false */
};

/* Reads the word at the front of the shape. Returns what is behind it; NULL at the shape's end. Raises if a bracket is not
 * closed. */
const char *json_shape_next(lua_State *L, const char *shape, struct json_member *member);

#endif
