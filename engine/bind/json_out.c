/* writes what JSON documents consist of: strings, numbers, lines; in pieces */
#include "bind/json_out.h"

#include "bind/core.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NUMBER_BYTES = 48,    /* room for any number with 17 digits */
	DIGITS = 14, EXACT_DIGITS = 17, /* what people write, and what gives back any double (IEEE 754) */
};

void json_out_fail(lua_State *L, const char *what, const char *name)
{
	lua_pushfstring(L, "%s %s", what, name);
	lua_error(L);
}

void json_out_flush(struct json_out *w)
{
	size_t length = w->length;
	w->length = 0;
	if (bind_write_piece(w->L, JSON_OUT, w->piece, length))
		return;
	lua_pushvalue(w->L, JSON_OUT);
	lua_pushlstring(w->L, w->piece, length);
	lua_call(w->L, 1, 0);
}

void json_out_put(struct json_out *w, const char *bytes, size_t length)
{
	while (length > JSON_OUT_PIECE - w->length) {
		size_t part = JSON_OUT_PIECE - w->length;
		memcpy(w->piece + w->length, bytes, part);
		w->length = JSON_OUT_PIECE;
		json_out_flush(w);
		bytes += part;
		length -= part;
	}
	memcpy(w->piece + w->length, bytes, length);
	w->length += length;
}

void json_out_put_line(struct json_out *w)
{
	if (!w->indent)
		return;
	json_out_put_char(w, '\n');
	for (int i = 0; i < w->depth; i++)
		for (const char *c = w->indent; *c; c++)
			json_out_put_char(w, *c);
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
	json_out_put(w, escape, (size_t)length);
}

static void put_ascii(struct json_out *w, char c)
{
	static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = c ? strchr(named, c) : NULL;
	if (!at) {
		put_code(w, (unsigned char)c);
		return;
	}
	json_out_put_char(w, '\\');
	json_out_put_char(w, letters[at - named]);
}

/* Escapes the character at the front of `text` if a reader must not see it as it is. Returns its length. */
static size_t put_special(struct json_out *w, span text)
{
	size_t length = utf8_character(text);
	uint32_t code = length > 1 ? utf8_code((span){text.ptr, length}) : 0;
	if (!length)
		json_out_put(w, "\xef\xbf\xbd", 3); /* U+FFFD for a byte that is not UTF-8 */
	else if (length == 1)
		put_ascii(w, *text.ptr);
	else if (utf8_is_hidden(code))
		put_code(w, code);
	else
		json_out_put(w, text.ptr, length);
	return length ? length : 1;
}

static bool is_special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c >= 0x7f;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Not zero if one of the eight bytes is zero. */
static uint64_t find_zero(uint64_t bytes)
{
	return (bytes - EACH(1)) & ~bytes & EACH(0x80);
}

/* Is one of the eight bytes special? */
static bool has_special(const char *text)
{
	uint64_t bytes;
	memcpy(&bytes, text, sizeof bytes);
	uint64_t control = (bytes - EACH(0x20)) & ~bytes, large = bytes | (bytes + EACH(1)); /* 0x7f + 1 is large, too */
	return ((control | large) & EACH(0x80)) || find_zero(bytes ^ EACH('"')) || find_zero(bytes ^ EACH('\\'));
}

/* Puts what is plain at the front of the text. Returns its length. */
static size_t put_plain(struct json_out *w, span text)
{
	size_t plain = 0;
	while (text.len - plain >= sizeof(uint64_t) && !has_special(text.ptr + plain))
		plain += sizeof(uint64_t);
	while (plain < text.len && !is_special((unsigned char)text.ptr[plain]))
		plain++;
	json_out_put(w, text.ptr, plain);
	return plain;
}

/* What would control a terminal is escaped: people read JSON in the log of a job. */
static void put_string(struct json_out *w, span text)
{
	json_out_put_char(w, '"');
	while (text.len) {
		text = span_from(text, put_plain(w, text));
		if (text.len)
			text = span_from(text, put_special(w, text));
	}
	json_out_put_char(w, '"');
}

void json_out_write_string(struct json_out *w)
{
	span text;
	if (!w->own_strings) {
		text.ptr = lua_tolstring(w->L, -1, &text.len);
		put_string(w, text);
		return;
	}
	lua_pushvalue(w->L, JSON_OUT_STRING);
	lua_pushvalue(w->L, -2);
	lua_call(w->L, 1, 1);
	text.ptr = luaL_checklstring(w->L, -1, &text.len);
	json_out_put(w, text.ptr, text.len);
	lua_pop(w->L, 1);
}

void json_out_write_text(struct json_out *w, span text)
{
	if (!w->own_strings) {
		put_string(w, text);
		return;
	}
	lua_pushlstring(w->L, text.ptr, text.len);
	json_out_write_string(w);
	lua_pop(w->L, 1);
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static void write_float(struct json_out *w, double number)
{
	char written[NUMBER_BYTES];
	int length = 0;
	if (!isfinite(number))
		json_out_fail(w->L, "JSON has no number for", luaL_tolstring(w->L, -1, NULL));
	for (int digits = DIGITS; digits <= EXACT_DIGITS; digits++) {
		length = snprintf(written, sizeof written, "%.*g", digits, number);
		if (strtod(written, NULL) == number)
			break;
	}
	for (int i = 0; i < length; i++)
		if (!strchr("0123456789+-e", written[i]))
			written[i] = '.'; /* a host's locale may have a comma */
	json_out_put(w, written, (size_t)length);
}

void json_out_write_number(struct json_out *w)
{
	char written[NUMBER_BYTES];
	if (!lua_isinteger(w->L, -1)) {
		write_float(w, lua_tonumber(w->L, -1));
		return;
	}
	long long number = (long long)lua_tointeger(w->L, -1);
	json_out_put(w, written, (size_t)snprintf(written, sizeof written, "%lld", number));
}
