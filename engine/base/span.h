/* (pointer, length) slices of text; nothing here assumes a NUL */
#ifndef TARSIER_BASE_SPAN_H
#define TARSIER_BASE_SPAN_H

#include "base/arena.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct span {
	const char *ptr;
	size_t len;
} span;

#define SPAN(literal) ((span){(literal), sizeof(literal) - 1})
/* For "%.*s" in data, all of it; and in messages, so much that what follows finds room */
#define SPAN_WHOLE(s) ((int)((s).len > INT_MAX ? INT_MAX : (s).len)), (s).ptr
#define SPAN_ARG(s) ((int)((s).len > 400 ? 400 : (s).len)), (s).ptr

span span_of(const char *string); /* NULL is the empty span */
bool span_equal(span a, span b);
bool span_is(span a, const char *string);
bool span_is_nocase(span a, const char *string); /* ASCII */
int span_compare(span a, span b);                /* bytewise, -1 0 1 */
bool span_starts(span a, const char *prefix);
bool span_ends(span a, const char *suffix);
span span_from(span a, size_t start);            /* what follows the first `start` bytes; empty past the end */
span span_trim(span a);                          /* without ASCII white space at both ends */
bool span_is_within(span path, span folder);     /* is it the folder, or below it? The empty one is the root */
ptrdiff_t span_find(span a, char c);             /* index, or -1 */
ptrdiff_t span_find_last(span a, char c);
bool span_contains(span a, const char *needle);

/* Takes what stands before the first `separator` off the front of *rest, separator too. False when *rest is used up.
 * "a,,b" gives "a" "" "b"; "" gives nothing. */
bool span_next(span *rest, char separator, span *part);
/* Cuts `a` at the first `separator`: false, and *after empty, where there is none. */
bool span_cut(span a, char separator, span *before, span *after);

/* Decimal digits only, no sign; false on anything else and on overflow. */
bool span_number(span a, uint64_t *number);

char *span_copy(struct arena *arena, span a); /* NUL-terminated */

/* A text that grows, outside any arena: buffer_free gives it back. */
struct buffer {
	struct tarsier_allocator allocator;
	char *data;
	size_t length, capacity;
	size_t limit; /* 0: none */
};
void buffer_init(struct buffer *buffer, const struct tarsier_allocator *allocator);
void buffer_free(struct buffer *buffer);
/* False when memory or the limit ran out; the buffer is then unchanged. */
bool buffer_add(struct buffer *buffer, const void *data, size_t length);
bool buffer_reserve(struct buffer *buffer, size_t more);
span buffer_span(const struct buffer *buffer);

#endif
