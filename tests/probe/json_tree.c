/* floor 1: json_tree.h */
#include "format/json_tree.h"
#include "probe.h"

#include <stdlib.h>
#include <string.h>

int probe_json_tree(lua_State *L);

/* One word for each value, so that specs can compare trees as text: {"a": [1, "b"]} → {a=[1,"b"]} */
static void write_node(luaL_Buffer *text, const struct json_node *node)
{
	static const char *const literals[] = {"null", "false", "true"};
	if (node->key) {
		luaL_addstring(text, node->key);
		luaL_addchar(text, '=');
	}
	if (node->kind <= NODE_TRUE)
		luaL_addstring(text, literals[node->kind]);
	else if (node->kind == NODE_NUMBER)
		luaL_addlstring(text, node->text, node->length);
	else if (node->kind == NODE_TEXT) {
		luaL_addchar(text, '"');
		luaL_addlstring(text, node->text, node->length);
		luaL_addchar(text, '"');
	} else {
		luaL_addchar(text, node->kind == NODE_LIST ? '[' : '{');
		for (const struct json_node *child = node->first; child; child = child->next) {
			write_node(text, child);
			if (child->next)
				luaL_addchar(text, ',');
		}
		luaL_addchar(text, node->kind == NODE_LIST ? ']' : '}');
	}
}

/* tree(text, limit) --> text; or nil, message, "CODE" */
static int l_tree(lua_State *L)
{
	struct arena arena;
	struct tarsier_error error;
	const struct json_node *root;
	arena_init(&arena, NULL);
	int code = json_tree(&arena, probe_span(L, 1), (size_t)luaL_optinteger(L, 2, 1 << 20), "it", &root, &error);
	if (code >= 0) {
		luaL_Buffer text;
		luaL_buffinit(L, &text);
		write_node(&text, root);
		luaL_pushresult(&text);
	}
	arena_free(&arena);
	return code < 0 ? probe_fail(L, &error) : 1;
}

struct cutting { lua_State *L; size_t depth; lua_Integer count, stop; };

static bool opens(void *user, const struct cut_place *place, bool is_object)
{
	const struct cutting *cutting = user;
	(void)is_object;
	return place->depth < cutting->depth;
}

static int take(void *user, const struct cut_place *place, const struct json_node *value, struct tarsier_error *error)
{
	struct cutting *cutting = user;
	luaL_Buffer text;
	luaL_buffinit(cutting->L, &text);
	for (size_t i = 0; i < place->depth; i++) {
		luaL_addstring(&text, place->keys[i]);
		luaL_addchar(&text, '/');
	}
	luaL_addchar(&text, ' ');
	write_node(&text, value);
	luaL_pushresult(&text);
	lua_rawseti(cutting->L, -2, ++cutting->count);
	return cutting->count == cutting->stop ? error_set(error, TARSIER_CANCELLED, "enough") : 0;
}

/* cut(text, depth, piece, [stop]) --> { "place value", … }, message or nil. Opens containers up to a depth, and gives the
 * text in pieces of that many bytes; `take` fails at the value of that number. */
static int l_cut(lua_State *L)
{
	span text = probe_span(L, 1);
	size_t piece = (size_t)luaL_checkinteger(L, 3);
	struct cutting cutting = {.L = L, .depth = (size_t)luaL_checkinteger(L, 2), .stop = luaL_optinteger(L, 4, 0)};
	struct json_cutter cutter = {.opens = opens, .take = take, .user = &cutting, .what = "it", .limit = 1 << 20};
	struct tarsier_error error;
	lua_newtable(L);
	int code = json_cutter_begin(&cutter, &error);
	while (code >= 0 && text.len) {
		size_t length = text.len < piece ? text.len : piece;
		code = json_cutter_feed(&cutter, (span){text.ptr, length}, &error);
		text = span_from(text, length);
	}
	if (code >= 0)
		code = json_cutter_end(&cutter, &error);
	json_cutter_free(&cutter);
	if (code >= 0)
		return 1;
	lua_pushstring(L, error.message);
	lua_pushstring(L, tarsier_code_name(code));
	return 3;
}

static const luaL_Reg functions[] = {{"tree", l_tree}, {"cut", l_cut}, {NULL, NULL}};

int probe_json_tree(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
