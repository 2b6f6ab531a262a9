/* walks a JSON text without building values */
#ifndef TARSIER_FORMAT_JSON_WALK_H
#define TARSIER_FORMAT_JSON_WALK_H

#include "base/error.h"
#include "base/span.h"

/*
 * For readers of many small documents that need few members of each: nothing is allocated, and what is skipped is
 * checked to be JSON (RFC 8259) all the same. Bytes inside strings are not checked, because Node.js also reads texts
 * that are not UTF-8.
 */
enum { JSON_WALK_DEPTH = 200 }; /* of a value; the deepest real document (a CycloneDX attestation) has about 20 levels */

struct json_walk {
	span whole, rest;     /* what is not read yet */
	bool is_object, begun;
	enum json_walk_end { JSON_WALK_MORE, JSON_WALK_END, JSON_WALK_BROKEN, JSON_WALK_DEEP } end;
};

/* Begins to walk an object or an array, after a byte-order mark if there is one. Any other text is broken. */
void json_walk_begin(struct json_walk *walk, span text);
/* Takes the next member of the object, or the next element of the array with key "". The key is as written between its
 * quotes; the value is its text, checked, without surrounding white space. Returns false at the end, which `end` tells
 * from a broken text. */
bool json_walk_next(struct json_walk *walk, span *key, span *value);
/* Returns OK, FORMAT for a broken text, or LIMIT for one that is nested too deeply, with `what` and the line. Only white
 * space may follow a document. */
int json_walk_result(const struct json_walk *walk, const char *what, struct tarsier_error *error);

/* Returns true if a key, as written, means this text of at most 40 bytes. */
bool json_walk_key_is(span key, const char *text);
/* Returns the string that the value is, with its escapes resolved; in the arena if it has some, else inside the text. A
 * NUL, or half of a surrogate pair, becomes DEL. A value of another kind gives an empty span, as does an arena that ran
 * out, with a NULL pointer. */
span json_walk_string(struct arena *arena, span value);

#endif
