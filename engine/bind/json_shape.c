/* reads shapes: "key key{inner shape} key[] key[inner shape]? key=word" */
#include "bind/json_shape.h"

#include <lauxlib.h>
#include <string.h>

static const bool is_mark[256] = {['\0'] = true, [' '] = true, ['\n'] = true, ['{'] = true, ['['] = true, [']'] = true,
                                  ['}'] = true, ['?'] = true, ['='] = true};

/* strcspn would take longer: words are short. */
static span word(const char *text)
{
	size_t length = 0;
	while (!is_mark[(unsigned char)text[length]])
		length++;
	return (span){text, length};
}

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
	while (*shape == ' ' || *shape == '\n')
		shape++;
	if (!*shape || *shape == ']' || *shape == '}')
		return NULL;
	*member = (struct json_member){.key = word(shape)};
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
	member->otherwise = word(shape + 1);
	return member->otherwise.ptr + member->otherwise.len;
}
