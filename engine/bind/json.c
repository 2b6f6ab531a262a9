/* core.json: writes JSON documents in pieces, with the keys of objects in a given order */
#include "base/utf8.h"
#include "bind/core.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int bind_json_open(lua_State *L);

enum {
	PIECE = 32 << 10,     /* bytes that are given to `out` at once */
	DEPTH = 200,          /* levels of a document; no report has more than 20 */
	NUMBER_BYTES = 48,    /* room for any number with 17 digits */
	DIGITS = 14, EXACT_DIGITS = 17, /* what people write, and what gives back any double (IEEE 754) */
};

/* Upvalues of the functions: metatables, by which the writer knows what a table is to become. */
enum { ARRAY = 1, LIST, OBJECT, PICKED };

/* The stack of a writer: what l_write is given, then the values that are being written. */
enum { VALUE = 1, OUT, INDENT, STRING };

struct json_out {
	lua_State *L;
	const char *indent;   /* NULL: the document is one line */
	int depth;
	bool own_strings;     /* the caller writes strings with a function of its own */
	size_t length;        /* of the piece */
	char piece[PIECE];
};

static void write_value(struct json_out *w);

static void fail(lua_State *L, const char *what, const char *name)
{
	lua_pushfstring(L, "%s %s", what, name);
	lua_error(L);
}

static void flush(struct json_out *w)
{
	lua_pushvalue(w->L, OUT);
	lua_pushlstring(w->L, w->piece, w->length);
	w->length = 0;
	lua_call(w->L, 1, 0);
}

static void put(struct json_out *w, const char *bytes, size_t length)
{
	while (length > PIECE - w->length) {
		size_t part = PIECE - w->length;
		memcpy(w->piece + w->length, bytes, part);
		w->length = PIECE;
		flush(w);
		bytes += part;
		length -= part;
	}
	memcpy(w->piece + w->length, bytes, length);
	w->length += length;
}

static void put_char(struct json_out *w, char c)
{
	if (w->length == PIECE)
		flush(w);
	w->piece[w->length++] = c;
}

static void put_line(struct json_out *w)
{
	if (!w->indent)
		return;
	put_char(w, '\n');
	for (int i = 0; i < w->depth; i++)
		put(w, w->indent, strlen(w->indent));
}

/* ---- strings ----------------------------------------------------------------------------------------------------- */

/* "\u202e"; above the basic plane a surrogate pair */
static void put_code(struct json_out *w, uint32_t code)
{
	char escape[NUMBER_BYTES];
	int length = code < 0x10000
		? snprintf(escape, sizeof escape, "\\u%04x", (unsigned)code)
		: snprintf(escape, sizeof escape, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (code >> 10)),
		           (unsigned)(0xdc00 | (code & 0x3ff)));
	put(w, escape, (size_t)length);
}

static void put_ascii(struct json_out *w, char c)
{
	static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = c ? strchr(named, c) : NULL;
	if (!at) {
		put_code(w, (unsigned char)c);
		return;
	}
	put_char(w, '\\');
	put_char(w, letters[at - named]);
}

/* Escapes the character at the front of `text` if a reader must not see it as it is. Returns its length. */
static size_t put_special(struct json_out *w, span text)
{
	size_t length = utf8_character(text);
	uint32_t code = length > 1 ? utf8_code((span){text.ptr, length}) : 0;
	if (!length)
		put(w, "\xef\xbf\xbd", 3); /* U+FFFD for a byte that is not UTF-8 */
	else if (length == 1)
		put_ascii(w, *text.ptr);
	else if (utf8_is_hidden(code))
		put_code(w, code);
	else
		put(w, text.ptr, length);
	return length ? length : 1;
}

static bool is_special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c >= 0x7f;
}

/* What would control a terminal is escaped: people read JSON in the log of a job. */
static void put_string(struct json_out *w, span text)
{
	put_char(w, '"');
	while (text.len) {
		size_t plain = 0;
		while (plain < text.len && !is_special((unsigned char)text.ptr[plain]))
			plain++;
		put(w, text.ptr, plain);
		text = span_from(text, plain);
		if (text.len)
			text = span_from(text, put_special(w, text));
	}
	put_char(w, '"');
}

/* Writes the string at the top of the stack. */
static void write_string(struct json_out *w)
{
	span text;
	if (!w->own_strings) {
		text.ptr = lua_tolstring(w->L, -1, &text.len);
		put_string(w, text);
		return;
	}
	lua_pushvalue(w->L, STRING);
	lua_pushvalue(w->L, -2);
	lua_call(w->L, 1, 1);
	text.ptr = luaL_checklstring(w->L, -1, &text.len);
	put(w, text.ptr, text.len);
	lua_pop(w->L, 1);
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static void write_float(struct json_out *w, double number)
{
	char written[NUMBER_BYTES];
	int length = 0;
	if (!isfinite(number))
		fail(w->L, "JSON has no number for", luaL_tolstring(w->L, -1, NULL));
	for (int digits = DIGITS; digits <= EXACT_DIGITS; digits++) {
		length = snprintf(written, sizeof written, "%.*g", digits, number);
		if (strtod(written, NULL) == number)
			break;
	}
	for (int i = 0; i < length; i++)
		if (!strchr("0123456789+-e", written[i]))
			written[i] = '.'; /* a host's locale may have a comma */
	put(w, written, (size_t)length);
}

static void write_number(struct json_out *w)
{
	char written[NUMBER_BYTES];
	if (!lua_isinteger(w->L, -1)) {
		write_float(w, lua_tonumber(w->L, -1));
		return;
	}
	long long number = (long long)lua_tointeger(w->L, -1);
	put(w, written, (size_t)snprintf(written, sizeof written, "%lld", number));
}

/* ---- lists and objects ------------------------------------------------------------------------------------------- */

static void begin(struct json_out *w, bool is_first, char bracket)
{
	put_char(w, is_first ? bracket : ',');
	put_line(w);
}

static void end(struct json_out *w, bool is_empty, const char *brackets)
{
	w->depth--;
	if (is_empty)
		put_char(w, brackets[0]);
	else
		put_line(w);
	put_char(w, brackets[1]);
}

static void write_key(struct json_out *w, span key)
{
	lua_pushlstring(w->L, key.ptr, key.len);
	write_string(w);
	lua_pop(w->L, 1);
	put(w, ": ", w->indent ? 2 : 1);
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
	lua_rawgeti(w->L, -1, 1);
	lua_Integer count = (lua_Integer)lua_rawlen(w->L, -1);
	for (lua_Integer i = 1; i <= count; i++) {
		begin(w, i == 1, '[');
		bool converts = lua_rawgeti(w->L, -2, 2) != LUA_TNIL;
		lua_rawgeti(w->L, -2, i);
		if (converts)
			lua_call(w->L, 1, 1);
		write_value(w);
		lua_pop(w->L, converts ? 1 : 2);
	}
	lua_pop(w->L, 1);
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

/* { source, "key key …" } */
static void write_picked(struct json_out *w)
{
	bool is_first = true;
	lua_rawgeti(w->L, -1, 2);
	const char *key = lua_tostring(w->L, -1);
	lua_rawgeti(w->L, -2, 1);
	while (*(key += strspn(key, " "))) {
		size_t length = strcspn(key, " ");
		lua_pushlstring(w->L, key, length);
		lua_gettable(w->L, -2);
		if (write_member(w, key, length, is_first))
			is_first = false;
		key += length;
	}
	lua_pop(w->L, 2);
	end(w, is_first, "{}");
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
			fail(w->L, "JSON objects have string keys, not", luaL_tolstring(w->L, -2, NULL));
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
	luaL_checkstack(w->L, 12, "JSON nests too deep");
	if (++w->depth > DEPTH)
		fail(w->L, "JSON nests too deep:", "a table may contain itself");
	writer_of(w->L)(w);
}

/* Writes the value at the top of the stack, and leaves it there. */
static void write_value(struct json_out *w)
{
	switch (lua_type(w->L, -1)) {
	case LUA_TSTRING: write_string(w); return;
	case LUA_TTABLE: write_table(w); return;
	case LUA_TNUMBER: write_number(w); return;
	case LUA_TBOOLEAN: put(w, lua_toboolean(w->L, -1) ? "true" : "false", lua_toboolean(w->L, -1) ? 4 : 5); return;
	default: break;
	}
	if (lua_type(w->L, -1) != LUA_TLIGHTUSERDATA || lua_touserdata(w->L, -1)) /* null is cjson's */
		fail(w->L, "JSON has no", luaL_typename(w->L, -1));
	put(w, "null", 4);
}

/* ---- what Lua calls ---------------------------------------------------------------------------------------------- */

/* write(value, out, [indent], [string]): calls out(piece) with the document's pieces */
static int l_write(lua_State *L)
{
	luaL_checkany(L, VALUE);
	luaL_checktype(L, OUT, LUA_TFUNCTION);
	lua_settop(L, STRING);
	struct json_out w; /* its piece is not initialised, which would cost more than a short document */
	w.L = L;
	w.indent = luaL_optstring(L, INDENT, NULL);
	w.own_strings = !lua_isnil(L, STRING);
	w.depth = 0;
	w.length = 0;
	lua_pushvalue(L, VALUE);
	write_value(&w);
	if (w.length)
		flush(&w);
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

/* list(source, [convert]) --> a list of what convert(item) makes of each item */
static int l_list(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	return push_two(L, LIST);
}

/* pick(t, "a b c") --> the object with these keys of t */
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
