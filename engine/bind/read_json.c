/* core.read_json: reads a JSON document in pieces, and gives the items of its large lists away one at a time */
#include "bind/core.h"

#include <stdbool.h>
#include <string.h>
#include <yajl/yajl_parse.h>

int bind_read_json_open(lua_State *L);

enum {
	DEPTH = 200,       /* levels of a document; no report has more than 20 */
	NUMBER_BYTES = 64, /* of a number as it is written; a double has at most 24 */
	LONG_STRING = 40,  /* Lua itself keeps one copy of shorter strings */
	LIST_LEVEL = 2,    /* of the lists within the document's outermost object */
};

/* The stack of a reader: what l_read is given, then what it keeps, then the containers that are open, each above the key
 * that it has in an object. */
enum { PIECES = 1, TAKERS, TAKER, STRINGS, HANDLE, PIECE };

struct json_in {
	lua_State *L;
	int depth;
	bool is_list[DEPTH + 1];    /* by depth, from 1 */
	lua_Integer count[DEPTH + 1]; /* of the items of an open list */
};

static int fail(struct json_in *r, const char *message)
{
	lua_pushstring(r->L, message);
	return lua_error(r->L);
}

/* ---- values: each is at the top of the stack, and goes where it belongs ------------------------------------------- */

/* item --> what the taker makes of it */
static void take(struct json_in *r)
{
	lua_pushvalue(r->L, TAKER);
	lua_insert(r->L, -2);
	lua_pushinteger(r->L, r->count[r->depth]);
	lua_call(r->L, 2, 1);
}

static int store(struct json_in *r)
{
	if (r->depth == 0)
		return 1; /* the document */
	if (!r->is_list[r->depth]) {
		lua_rawset(r->L, -3);
		return 1;
	}
	r->count[r->depth]++;
	if (r->depth == LIST_LEVEL && !lua_isnil(r->L, TAKER))
		take(r);
	lua_rawseti(r->L, -2, r->count[r->depth]);
	return 1;
}

static int on_null(void *user)
{
	struct json_in *r = user;
	lua_pushnil(r->L); /* which removes the key */
	return store(r);
}

static int on_boolean(void *user, int value)
{
	struct json_in *r = user;
	lua_pushboolean(r->L, value);
	return store(r);
}

/* All numbers are floats, as lua-cjson's are. */
static int on_number(void *user, const char *text, size_t length)
{
	struct json_in *r = user;
	char written[NUMBER_BYTES];
	if (length >= sizeof written)
		return fail(r, "a number with more digits than any number has");
	memcpy(written, text, length);
	written[length] = '\0';
	if (!lua_stringtonumber(r->L, written))
		return fail(r, "a number that is none");
	lua_pushnumber(r->L, lua_tonumber(r->L, -1));
	lua_remove(r->L, -2);
	return store(r);
}

/* Pushes the string; of those that are there several times one copy. */
static void push_string(struct json_in *r, const unsigned char *text, size_t length)
{
	lua_pushlstring(r->L, (const char *)text, length);
	if (length <= LONG_STRING)
		return;
	lua_pushvalue(r->L, -1);
	if (lua_rawget(r->L, STRINGS) != LUA_TNIL) {
		lua_remove(r->L, -2);
		return;
	}
	lua_pop(r->L, 1);
	lua_pushvalue(r->L, -1);
	lua_pushvalue(r->L, -1);
	lua_rawset(r->L, STRINGS);
}

static int on_string(void *user, const unsigned char *text, size_t length)
{
	push_string(user, text, length);
	return store(user);
}

static int on_key(void *user, const unsigned char *text, size_t length)
{
	push_string(user, text, length);
	return 1;
}

/* ---- containers --------------------------------------------------------------------------------------------------- */

/* The taker of a list in the outermost object, by the key at the top of the stack. */
static void choose_taker(struct json_in *r)
{
	lua_pushvalue(r->L, -1);
	lua_rawget(r->L, TAKERS);
	lua_replace(r->L, TAKER);
}

static int start(struct json_in *r, bool is_list)
{
	luaL_checkstack(r->L, 8, "JSON nests too deep");
	if (r->depth == DEPTH)
		return fail(r, "it nests more than 200 levels deep");
	if (r->depth == LIST_LEVEL - 1 && is_list && !r->is_list[r->depth])
		choose_taker(r);
	lua_newtable(r->L);
	r->depth++;
	r->is_list[r->depth] = is_list;
	r->count[r->depth] = 0;
	return 1;
}

static int on_start_object(void *user)
{
	return start(user, false);
}

static int on_start_list(void *user)
{
	return start(user, true);
}

static int on_end(void *user)
{
	struct json_in *r = user;
	if (r->depth == LIST_LEVEL) {
		lua_pushnil(r->L);
		lua_replace(r->L, TAKER);
	}
	r->depth--;
	return store(r);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null, .yajl_boolean = on_boolean, .yajl_number = on_number, .yajl_string = on_string,
	.yajl_start_map = on_start_object, .yajl_map_key = on_key, .yajl_end_map = on_end,
	.yajl_start_array = on_start_list, .yajl_end_array = on_end,
};

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static int l_free(lua_State *L)
{
	yajl_handle *handle = lua_touserdata(L, 1);
	if (*handle)
		yajl_free(*handle);
	*handle = NULL;
	return 0;
}

/* Pushes a userdata that frees the parser if a callback raises. */
static yajl_handle push_parser(lua_State *L, struct json_in *r)
{
	yajl_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
	*handle = NULL;
	if (luaL_newmetatable(L, "tarsier.yajl")) {
		lua_pushcfunction(L, l_free);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	*handle = yajl_alloc(&callbacks, NULL, r);
	if (!*handle)
		luaL_error(L, "out of memory");
	return *handle;
}

/* Replaces the stack's PIECE. False at the end. */
static bool next_piece(lua_State *L)
{
	lua_pushvalue(L, PIECES);
	lua_call(L, 0, 1);
	lua_replace(L, PIECE);
	return lua_isstring(L, PIECE);
}

static int push_parser_error(lua_State *L, yajl_handle parser, const unsigned char *text, size_t length)
{
	unsigned char *message = yajl_get_error(parser, 0, text, length);
	lua_pushnil(L);
	lua_pushlstring(L, (const char *)message, strcspn((const char *)message, "\n"));
	yajl_free_error(parser, message);
	return 2;
}

/* read_json(pieces, takers) --> the document's value, or nil and a message. pieces() gives the next bytes, or nil at the
 * end. takers: functions by key. The items of a list in the outermost object under such a key are what taker(item,
 * number) makes of them as they are read. Errors of these functions are raised. A member that is null is absent. */
static int l_read_json(lua_State *L)
{
	struct json_in r = {.L = L};
	size_t length = 0;
	luaL_checktype(L, PIECES, LUA_TFUNCTION);
	luaL_checktype(L, TAKERS, LUA_TTABLE);
	lua_settop(L, TAKER);
	lua_newtable(L);
	yajl_handle parser = push_parser(L, &r);
	lua_settop(L, PIECE);
	yajl_status status = yajl_status_ok;
	const unsigned char *piece = NULL;
	while (status == yajl_status_ok && next_piece(L)) {
		piece = (const unsigned char *)lua_tolstring(L, PIECE, &length);
		status = yajl_parse(parser, piece, length);
	}
	if (status == yajl_status_ok) {
		piece = NULL;
		length = 0;
		status = yajl_complete_parse(parser);
	}
	return status == yajl_status_ok ? 1 : push_parser_error(L, parser, piece, length);
}

int bind_read_json_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"read_json", l_read_json}, {NULL, NULL}};
	luaL_newlib(L, functions);
	return 1;
}
