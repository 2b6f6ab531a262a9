/* core.json: writes JSON documents in pieces, with the keys of objects in a given order */
#include "bind/core.h"
#include "bind/json_out.h"
#include "bind/json_shape.h"

#include <stdlib.h>
#include <string.h>

int bind_json_open(lua_State *L);

enum { DEPTH = 200 }; /* levels of a document; no report has more than 20 */

/* Upvalues of the functions: metatables, by which the writer knows what a table is to become. */
enum { ARRAY = 1, LIST, OBJECT, PICKED };

static void write_value(struct json_out *w);

/* ---- lists and objects ------------------------------------------------------------------------------------------- */

static void begin(struct json_out *w, bool is_first, char bracket)
{
	json_out_put_char(w, is_first ? bracket : ',');
	json_out_put_line(w);
}

static void end(struct json_out *w, bool is_empty, const char *brackets)
{
	w->depth--;
	if (is_empty)
		json_out_put_char(w, brackets[0]);
	else
		json_out_put_line(w);
	json_out_put_char(w, brackets[1]);
}

static void write_key(struct json_out *w, span key)
{
	json_out_write_text(w, key);
	json_out_put(w, ": ", w->indent ? 2 : 1);
}

/* Writes the value at the top of the stack under a key, and pops it. Nothing is written for nil. */
static bool write_member(struct json_out *w, const char *key, size_t length, bool is_first)
{
	bool is_there = !lua_isnil(w->L, -1);
	if (is_there) {
		begin(w, is_first, '{');
		write_key(w, (span){key, length});
		write_value(w);
	}
	lua_pop(w->L, 1);
	return is_there;
}

/* ---- shapes ------------------------------------------------------------------------------------------------------ */

static void enter(struct json_out *w)
{
	luaL_checkstack(w->L, 12, "JSON nests too deep");
	if (++w->depth > DEPTH)
		json_out_fail(w->L, "JSON nests too deep:", "a table may contain itself");
}

static void write_shape(struct json_out *w, const char *shape);

static void enter_shape(struct json_out *w, const char *shape)
{
	enter(w);
	write_shape(w, shape);
}

/* The items of the list at the top of the stack; nil and false are the list of none. */
static void write_shaped_list(struct json_out *w, const char *shape)
{
	bool is_plain = !*shape || *shape == ']', is_there = lua_toboolean(w->L, -1);
	if (is_there && !lua_istable(w->L, -1))
		json_out_fail(w->L, "JSON needs a list instead of a", luaL_typename(w->L, -1));
	lua_Integer count = is_there ? (lua_Integer)lua_rawlen(w->L, -1) : 0;
	for (lua_Integer i = 1; i <= count; i++) {
		begin(w, i == 1, '[');
		lua_rawgeti(w->L, -1, i);
		if (is_plain)
			write_value(w);
		else
			enter_shape(w, shape);
		lua_pop(w->L, 1);
	}
	end(w, count == 0, "[]");
}

/* Writes the value at the top of the stack. */
static void write_by(struct json_out *w, const struct json_member *member)
{
	if (member->inner && member->is_list) {
		enter(w);
		write_shaped_list(w, member->inner);
	} else if (member->inner && lua_istable(w->L, -1)) {
		enter_shape(w, member->inner);
	} else if (lua_isnil(w->L, -1)) {
		json_out_write_text(w, member->otherwise);
	} else {
		write_value(w);
	}
}

static bool is_written(lua_State *L, const struct json_member *member)
{
	if (member->is_optional)
		return lua_toboolean(L, -1);
	return !lua_isnil(L, -1) || member->is_list || member->otherwise.ptr;
}

/* Writes the members that the shape names of the table at the top of the stack. */
static void write_shape(struct json_out *w, const char *shape)
{
	bool is_first = true;
	struct json_member member;
	if (!lua_istable(w->L, -1))
		json_out_fail(w->L, "JSON needs an object instead of a", luaL_typename(w->L, -1));
	while ((shape = json_shape_next(w->L, shape, &member))) {
		lua_pushlstring(w->L, member.key.ptr, member.key.len);
		lua_gettable(w->L, -2);
		if (is_written(w->L, &member)) {
			begin(w, is_first, '{');
			write_key(w, member.key);
			write_by(w, &member);
			is_first = false;
		}
		lua_pop(w->L, 1);
	}
	end(w, is_first, "{}");
}

/* ---- tables ------------------------------------------------------------------------------------------------------- */

/* The items of the table at the top of the stack. */
static void write_array(struct json_out *w)
{
	lua_Integer count = (lua_Integer)lua_rawlen(w->L, -1);
	for (lua_Integer i = 1; i <= count; i++) {
		begin(w, i == 1, '[');
		lua_rawgeti(w->L, -1, i);
		write_value(w);
		lua_pop(w->L, 1);
	}
	end(w, count == 0, "[]");
}

/* { source, convert }: each item is made when it is written. */
static void write_list(struct json_out *w)
{
	bool converts = lua_rawgeti(w->L, -1, 2) != LUA_TNIL;
	const char *shape = lua_type(w->L, -1) == LUA_TSTRING ? lua_tostring(w->L, -1) : NULL; /* the list keeps it */
	lua_rawgeti(w->L, -2, 1);
	if (shape) {
		write_shaped_list(w, shape);
		lua_pop(w->L, 2);
		return;
	}
	lua_Integer count = (lua_Integer)lua_rawlen(w->L, -1);
	for (lua_Integer i = 1; i <= count; i++) {
		begin(w, i == 1, '[');
		lua_pushvalue(w->L, -2);
		lua_rawgeti(w->L, -2, i);
		if (converts)
			lua_call(w->L, 1, 1);
		write_value(w);
		lua_pop(w->L, converts ? 1 : 2);
	}
	lua_pop(w->L, 2);
	end(w, count == 0, "[]");
}

/* { key, value, key, value, … } */
static void write_object(struct json_out *w)
{
	lua_Integer count = (lua_Integer)lua_rawlen(w->L, -1);
	for (lua_Integer i = 1; i < count; i += 2) {
		size_t length;
		lua_rawgeti(w->L, -1, i);
		const char *key = lua_tolstring(w->L, -1, &length); /* the object keeps it */
		lua_pop(w->L, 1);
		lua_rawgeti(w->L, -1, i + 1);
		write_member(w, key, length, i == 1);
	}
	end(w, count == 0, "{}");
}

/* { source, shape } */
static void write_picked(struct json_out *w)
{
	lua_rawgeti(w->L, -1, 2);
	const char *shape = lua_tostring(w->L, -1); /* the object keeps it */
	lua_pop(w->L, 1);
	lua_rawgeti(w->L, -1, 1);
	write_shape(w, shape);
	lua_pop(w->L, 1);
}

static int compare_keys(const void *a, const void *b)
{
	return span_compare(*(const span *)a, *(const span *)b);
}

/* Returns the keys of the table at the top of the stack in the order of their bytes, and pushes their owner. */
static span *sorted_keys(struct json_out *w, size_t *count)
{
	size_t room = 0;
	for (lua_pushnil(w->L); lua_next(w->L, -2); lua_pop(w->L, 1)) {
		if (lua_type(w->L, -2) != LUA_TSTRING)
			json_out_fail(w->L, "JSON objects have string keys, not", luaL_tolstring(w->L, -2, NULL));
		room++;
	}
	span *keys = lua_newuserdatauv(w->L, (room + 1) * sizeof *keys, 0);
	*count = 0;
	for (lua_pushnil(w->L); lua_next(w->L, -3) && *count < room; lua_pop(w->L, 1)) {
		span *key = &keys[(*count)++];
		key->ptr = lua_tolstring(w->L, -2, &key->len);
	}
	qsort(keys, *count, sizeof *keys, compare_keys);
	return keys;
}

/* A table that is not marked: its pairs, by key. */
static void write_sorted(struct json_out *w)
{
	size_t count;
	span *keys = sorted_keys(w, &count);
	for (size_t i = 0; i < count; i++) {
		lua_pushlstring(w->L, keys[i].ptr, keys[i].len);
		lua_rawget(w->L, -3);
		write_member(w, keys[i].ptr, keys[i].len, i == 0);
	}
	lua_pop(w->L, 1);
	end(w, count == 0, "{}");
}

typedef void (*table_writer)(struct json_out *w);

/* What is not marked is a list if it has a first item. */
static table_writer writer_of(lua_State *L)
{
	static const table_writer marked[] = {[ARRAY] = write_array, [LIST] = write_list, [OBJECT] = write_object,
	                                      [PICKED] = write_picked};
	table_writer found = NULL;
	if (lua_getmetatable(L, -1)) {
		for (int i = ARRAY; !found && i <= PICKED; i++)
			found = lua_rawequal(L, -1, lua_upvalueindex(i)) ? marked[i] : NULL;
		lua_pop(L, 1);
	}
	if (found)
		return found;
	bool is_list = lua_rawgeti(L, -1, 1) != LUA_TNIL;
	lua_pop(L, 1);
	return is_list ? write_array : write_sorted;
}

static void write_table(struct json_out *w)
{
	enter(w);
	writer_of(w->L)(w);
}

/* Writes the value at the top of the stack, and leaves it there. */
static void write_value(struct json_out *w)
{
	switch (lua_type(w->L, -1)) {
	case LUA_TSTRING: json_out_write_string(w); return;
	case LUA_TTABLE: write_table(w); return;
	case LUA_TNUMBER: json_out_write_number(w); return;
	case LUA_TBOOLEAN: json_out_put(w, lua_toboolean(w->L, -1) ? "true" : "false", lua_toboolean(w->L, -1) ? 4 : 5); return;
	default: break;
	}
	if (lua_type(w->L, -1) != LUA_TLIGHTUSERDATA || lua_touserdata(w->L, -1)) /* null is cjson's */
		json_out_fail(w->L, "JSON has no", luaL_typename(w->L, -1));
	json_out_put(w, "null", 4);
}

/* ---- what Lua calls ---------------------------------------------------------------------------------------------- */

/* write(value, out, [indent], [string]): calls out(piece) with the document's pieces */
static int l_write(lua_State *L)
{
	luaL_checkany(L, JSON_OUT_VALUE);
	luaL_checktype(L, JSON_OUT, LUA_TFUNCTION);
	lua_settop(L, JSON_OUT_STRING);
	struct json_out w; /* its piece is not initialised, which would cost more than a short document */
	w.L = L;
	w.indent = luaL_optstring(L, JSON_OUT_INDENT, NULL);
	w.own_strings = !lua_isnil(L, JSON_OUT_STRING);
	w.depth = 0;
	w.length = 0;
	lua_pushvalue(L, JSON_OUT_VALUE);
	write_value(&w);
	if (w.length)
		json_out_flush(&w);
	return 0;
}

static int mark(lua_State *L, int which)
{
	lua_pushvalue(L, lua_upvalueindex(which));
	lua_setmetatable(L, -2);
	return 1;
}

/* array(t) --> t, marked: it is written as a list even if it is empty */
static int l_array(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	return mark(L, ARRAY);
}

static int push_two(lua_State *L, int which)
{
	lua_settop(L, 2);
	lua_createtable(L, 2, 0);
	for (int i = 1; i <= 2; i++) {
		lua_pushvalue(L, i);
		lua_rawseti(L, -2, i);
	}
	return mark(L, which);
}

/* list(source, [convert]) --> a list of what convert(item), or the shape, makes of each item */
static int l_list(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	return push_two(L, LIST);
}

/* pick(t, shape) --> the object with these keys of t */
static int l_pick(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checkstring(L, 2);
	return push_two(L, PICKED);
}

/* object(key, value, key, value, …) --> an object whose keys are written in this order, without those that have nil */
static int l_object(lua_State *L)
{
	int count = lua_gettop(L), kept = 0;
	luaL_argcheck(L, count % 2 == 0, count, "a key without a value, or a function that returned two values");
	lua_createtable(L, count, 0);
	for (int i = 1; i <= count; i += 2) {
		luaL_argcheck(L, lua_type(L, i) == LUA_TSTRING, i, "a key must be a string");
		if (lua_isnil(L, i + 1))
			continue;
		lua_pushvalue(L, i);
		lua_rawseti(L, -2, ++kept);
		lua_pushvalue(L, i + 1);
		lua_rawseti(L, -2, ++kept);
	}
	return mark(L, OBJECT);
}

int bind_json_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"array", l_array}, {"list", l_list}, {"object", l_object}, {"pick", l_pick},
		{"write", l_write}, {NULL, NULL}};
	lua_createtable(L, 0, 1);
	luaL_newlibtable(L, functions);
	for (int i = ARRAY; i <= PICKED; i++)
		lua_newtable(L);
	luaL_setfuncs(L, functions, PICKED);
	lua_setfield(L, -2, "json");
	return 1;
}
