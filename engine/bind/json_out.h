/* internal to bind/: one JSON document that is written in pieces */
#ifndef TARSIER_BIND_JSON_OUT_H
#define TARSIER_BIND_JSON_OUT_H

#include "base/utf8.h"

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

enum { JSON_OUT_PIECE = 32 << 10 }; /* bytes that are given to `out` at once */

/* The stack of a writer: what l_write is given, then the values that are being written. */
enum { JSON_OUT_VALUE = 1, JSON_OUT, JSON_OUT_INDENT, JSON_OUT_STRING };

struct json_out {
	lua_State *L;
	const char *indent;   /* NULL: the document is one line */
	int depth;
	bool own_strings;     /* the caller writes strings with a function of its own */
	size_t length;        /* of the piece */
	char piece[JSON_OUT_PIECE];
};

/* Gives the piece to `out`, and begins a new one. */
void json_out_flush(struct json_out *w);

void json_out_put(struct json_out *w, const char *bytes, size_t length);

static inline void json_out_put_char(struct json_out *w, char c)
{
	if (w->length == JSON_OUT_PIECE)
		json_out_flush(w);
	w->piece[w->length++] = c;
}

/* Begins a line, indented by the depth; nothing if the document is one line. */
void json_out_put_line(struct json_out *w);

/* Writes a text as a string, the caller's own way if there is one. */
void json_out_write_text(struct json_out *w, span text);

/* Write the string, or the number, at the top of the stack. */
void json_out_write_string(struct json_out *w);
void json_out_write_number(struct json_out *w);

/* Raises "WHAT NAME". */
void json_out_fail(lua_State *L, const char *what, const char *name);

#endif
