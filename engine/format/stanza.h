/* paragraphs of "Key: value" lines, as dpkg, apk and Python's metadata write them */
#ifndef TARSIER_FORMAT_STANZA_H
#define TARSIER_FORMAT_STANZA_H

#include "base/span.h"

struct field {
	span key, value; /* value trimmed; continuation lines (leading space or tab) are part of it, with their newlines */
};

/* Takes the next "key: value" line with its continuation lines off the front of *rest. Returns false at the end of the
 * paragraph (an empty line, which is also taken) and at the end of the text. Lines without a colon are skipped. */
bool stanza_field(span *rest, struct field *field);

/* Skips empty lines. Returns true if there is another paragraph. */
bool stanza_more(span *rest);

/* Finds the first field of each key, in any case, in the first paragraph or in all: values[i] belongs to keys[i], and is
 * "" if there is none. */
enum stanza_scope { STANZA_FIRST, STANZA_ALL };
void stanza_find(span text, enum stanza_scope scope, const char *const *keys, span *values, size_t count);

#endif
