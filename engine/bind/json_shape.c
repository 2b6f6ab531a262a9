/* reads shapes: "key key{inner shape} key[] key[inner shape]? key=word" */
#include "bind/json_shape.h"

#include <lauxlib.h>
#include <string.h>

static const char MARKS[] = " \n{[]}?=";

/* Returns what is behind the bracket that ends the shape. */
static const char *skip(lua_State *L, const char *shape)
{
	for (int open = 1; open; shape++) {
		shape += strcspn(shape, "{[]}");
		if (!*shape)
			luaL_error(L, "a bracket is not closed in the keys of a JSON object");
		open += *shape == '{' || *shape == '[' ? 1 : -1;
	}
	return shape;
}

const char *json_shape_next(lua_State *L, const char *shape, struct json_member *member)
{
	shape += strspn(shape, " \n");
	if (!*shape || *shape == ']' || *shape == '}')
		return NULL;
	*member = (struct json_member){.key = {shape, strcspn(shape, MARKS)}};
	shape += member->key.len;
	if (*shape == '{' || *shape == '[') {
		member->is_list = *shape == '[';
		member->inner = shape + 1;
		shape = skip(L, shape + 1);
	}
	if (*shape == '?') {
		member->is_optional = true;
		return shape + 1;
	}
	if (*shape != '=')
		return shape;
	member->otherwise = (span){shape + 1, strcspn(shape + 1, MARKS)};
	return member->otherwise.ptr + member->otherwise.len;
}
