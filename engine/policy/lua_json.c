#include "policy/lua_json.h"

#include "base/utf8.h"
#include "policy/push_report.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	JSON_DEPTH = 32,            /* options and details are lists of records; a report has four levels */
	JSON_NODES = 4 * 1000 * 1000, /* a report with 100,000 findings has about 3,000,000 values */
	JSON_NODE_BYTES = 64,        /* approximate size of jansson's record of a value and its table entry */
	JSON_TABLE_COST = 20,        /* instructions */
};

/* ---- JSON to Lua ---- */

static void push_object(lua_State *L, const json_t *json)
{
	const char *key;
	json_t *value;
	lua_createtable(L, 0, (int)json_object_size(json));
	json_object_foreach((json_t *)json, key, value) {
		if (json_is_null(value))
			continue;
		lua_pushstring(L, key);
		lua_json_push(L, value);
		lua_rawset(L, -3);
	}
}

static void push_array(lua_State *L, const json_t *json)
{
	size_t count = json_array_size(json);
	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		lua_json_push(L, json_array_get(json, i));
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

void lua_json_push(lua_State *L, const json_t *json)
{
	luaL_checkstack(L, 4, "JSON nests too deep");
	switch (json ? json_typeof(json) : JSON_NULL) {
	case JSON_OBJECT: push_object(L, json); break;
	case JSON_ARRAY: push_array(L, json); break;
	case JSON_STRING: lua_pushlstring(L, json_string_value(json), json_string_length(json)); break;
	case JSON_INTEGER: lua_pushinteger(L, json_integer_value(json)); break;
	case JSON_REAL: lua_pushnumber(L, json_real_value(json)); break;
	case JSON_TRUE: lua_pushboolean(L, 1); break;
	case JSON_FALSE: lua_pushboolean(L, 0); break;
	case JSON_NULL: lua_pushnil(L); break;
	}
}

static int l_free(lua_State *L)
{
	json_t **box = lua_touserdata(L, 1);
	json_decref(*box);
	*box = NULL;
	return 0;
}

/* A userdata holds the document, so that it is freed if pushing its values raises. */
void lua_json_push_text(lua_State *L, const char *text)
{
	json_t **box = lua_newuserdatauv(L, sizeof *box, 0);
	*box = NULL;
	if (luaL_newmetatable(L, "tarsier.json")) {
		lua_pushcfunction(L, l_free);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	*box = *text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
	lua_json_push(L, *box);
	json_decref(*box);
	*box = NULL;
	lua_remove(L, -2);
}

/* ---- Lua to JSON ---- */

struct json_writer {
	lua_State *L;
	struct tarsier_error *error;
	const struct lua_json_limits *limits; /* or NULL */
	size_t nodes, bytes;
	int depth, code;
};

static json_t *write_value(struct json_writer *w, int index, const char *field);

static json_t *fail(struct json_writer *w, int code, const char *what, const char *field)
{
	w->code = error_set(w->error, code, "%s%s%s", what, *field ? " in the field " : "", field);
	return NULL;
}

/* The larger of a value's size as JSON text and its size in jansson's tables. */
static bool take_bytes(struct json_writer *w, span text)
{
	w->bytes += JSON_NODE_BYTES + text.len;
	if (!w->limits || w->bytes > w->limits->bytes)
		return !w->limits;
	for (size_t i = 0; i < text.len; i++)
		w->bytes += (unsigned char)text.ptr[i] < 0x20 ? 5 : 0; /* \u0001 */
	return w->bytes <= w->limits->bytes;
}

/* Returns the valid characters at the beginning of `text`. */
static span valid_part(span text)
{
	size_t at = 0;
	for (size_t length = 1; length && at < text.len; at += length)
		length = (unsigned char)text.ptr[at] < 0x80 ? 1 : utf8_character(span_from(text, at));
	return (span){text.ptr, at};
}

static json_t *write_cleaned(struct json_writer *w, span text)
{
	struct buffer clean;
	bool is_added = true;
	buffer_init(&clean, NULL);
	while (is_added && text.len) {
		span valid = valid_part(text);
		text = span_from(text, valid.len);
		is_added = buffer_add(&clean, valid.ptr, valid.len) && (!text.len || buffer_add(&clean, "?", 1));
		text = span_from(text, 1);
	}
	json_t *json = is_added ? json_stringn_nocheck(clean.data, clean.length) : NULL;
	buffer_free(&clean);
	if (!json)
		w->code = error_memory(w->error);
	return json;
}

static json_t *write_text(struct json_writer *w, span text, const char *field)
{
	if (!take_bytes(w, text))
		return fail(w, TARSIER_LIMIT, "more data than it may return", field);
	if (valid_part(text).len == text.len)
		return json_stringn_nocheck(text.len ? text.ptr : "", text.len);
	return write_cleaned(w, text);
}

static json_t *write_number(struct json_writer *w, int index, const char *field)
{
	if (lua_isinteger(w->L, index))
		return json_integer(lua_tointeger(w->L, index));
	double number = lua_tonumber(w->L, index);
	if (!isfinite(number))
		return fail(w, TARSIER_FORMAT, "a number that is not finite", field);
	return json_real(number);
}

static json_t *write_list(struct json_writer *w, int index, size_t count, const char *field)
{
	json_t *list = json_array();
	for (size_t i = 1; list && i <= count; i++) {
		lua_rawgeti(w->L, index, (lua_Integer)i);
		json_t *item = write_value(w, lua_gettop(w->L), field);
		lua_pop(w->L, 1);
		if (!item || json_array_append_new(list, item) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *write_object(struct json_writer *w, int index, const char *field)
{
	json_t *object = json_object();
	lua_pushnil(w->L);
	while (object && lua_next(w->L, index)) {
		json_t *value = NULL;
		if (lua_type(w->L, -2) != LUA_TSTRING)
			fail(w, TARSIER_FORMAT, "a table that is neither a list nor has text keys", field);
		else
			value = write_value(w, lua_gettop(w->L), lua_tostring(w->L, -2));
		/* jansson rejects keys that are not UTF-8 */
		if (value && !take_bytes(w, span_of(lua_tostring(w->L, -2))))
			json_decref(value), value = fail(w, TARSIER_LIMIT, "more data than it may return", field);
		if (!value || json_object_set_new(object, lua_tostring(w->L, -2), value) < 0) {
			if (!w->code)
				fail(w, TARSIER_FORMAT, "a key that is not UTF-8", field);
			json_decref(object);
			lua_pop(w->L, 2);
			return NULL;
		}
		lua_pop(w->L, 1);
	}
	return object;
}

/* An empty table is a list. Removed elements of a table still cost time to traverse, so they count. */
static json_t *write_table(struct json_writer *w, int index, const char *field)
{
	if (w->limits && !w->limits->may_go_on(w->L, JSON_TABLE_COST))
		return fail(w, TARSIER_LIMIT, "it returned data for too long", field);
	if (w->depth >= JSON_DEPTH || !lua_checkstack(w->L, 8))
		return fail(w, TARSIER_LIMIT, "tables nest too deep", field);
	w->depth++;
	size_t count = lua_rawlen(w->L, index), members = 0;
	lua_pushnil(w->L);
	while (lua_next(w->L, index)) {
		lua_pop(w->L, 1);
		members++;
	}
	json_t *json = members == count ? write_list(w, index, count, field) : write_object(w, index, field);
	w->depth--;
	return json;
}

static json_t *write_value(struct json_writer *w, int index, const char *field)
{
	if (++w->nodes > JSON_NODES)
		return fail(w, TARSIER_LIMIT, "too many values", field);
	if (!take_bytes(w, SPAN("")))
		return fail(w, TARSIER_LIMIT, "more data than it may return", field);
	span text;
	switch (lua_type(w->L, index)) {
	case LUA_TNIL: return json_null();
	case LUA_TBOOLEAN: return json_boolean(lua_toboolean(w->L, index));
	case LUA_TNUMBER: return write_number(w, index, field);
	case LUA_TTABLE: return write_table(w, index, field);
	case LUA_TSTRING:
		text.ptr = lua_tolstring(w->L, index, &text.len);
		return write_text(w, text, field);
	default: return fail(w, TARSIER_FORMAT, "a function or another value that is not plain data", field);
	}
}

int lua_json_read(lua_State *L, int index, json_t **json, struct tarsier_error *error)
{
	return lua_json_read_limited(L, index, NULL, json, error);
}

int lua_json_read_limited(lua_State *L, int index, const struct lua_json_limits *limits, json_t **json,
                          struct tarsier_error *error)
{
	struct json_writer w = {.L = L, .error = error, .limits = limits};
	*json = write_value(&w, lua_absindex(L, index), "");
	if (*json)
		return TARSIER_OK;
	return w.code ? w.code : error_memory(error);
}

/* text --> string, or an error if memory ran out. Runs protected, because Lua does not free the text */
static int push_text(lua_State *L)
{
	lua_pushstring(L, lua_touserdata(L, 1));
	return 1;
}

int lua_json_text(lua_State *L, int index, struct tarsier_error *error)
{
	json_t *json;
	int code = lua_json_read(L, index, &json, error);
	if (code < 0)
		return code;
	bool empty = json_is_array(json) && json_array_size(json) == 0;
	char *text = empty ? NULL : json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(json);
	if (!empty && !text)
		return error_memory(error);
	lua_pushcfunction(L, push_text);
	lua_pushlightuserdata(L, empty ? (void *)"{}" : text);
	bool failed = lua_pcall(L, 1, 1, 0) != LUA_OK;
	free(text);
	if (!failed)
		return TARSIER_OK;
	lua_pop(L, 1);
	return error_memory(error);
}
