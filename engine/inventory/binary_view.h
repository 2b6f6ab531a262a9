/* a window over a file that streams by */
#ifndef TARSIER_INVENTORY_BINARY_VIEW_H
#define TARSIER_INVENTORY_BINARY_VIEW_H

#include "base/error.h"
#include "base/span.h"

/* Windows follow each other without gaps in what they offer: each position of the file is offered once. What begins at a
 * position may reach beyond the offered ones, into the bytes that the next window offers. */
enum {
	VIEW_WINDOW = 64 * 1024, /* bytes of a window */
	VIEW_AHEAD = 1024,       /* bytes that follow every position offered, except at the end of the file */
};

struct binary_view {
	span bytes;
	uint64_t offset; /* of bytes.ptr[0] in the file: a multiple of 16 */
	size_t offered;  /* positions that are offered, from the first: all of them in the last window */
	bool last;
};

/* Bytes from one place of the file, collected from window to window. */
struct binary_capture {
	uint64_t offset;
	size_t wanted;
	char *bytes;     /* in the arena */
	size_t length, capacity;
};

/* Takes what the window has of it. The bytes must not have passed by already. Returns OK or MEMORY. */
int binary_capture_take(struct binary_capture *capture, const struct binary_view *view, struct arena *arena,
                        struct tarsier_error *error);

#endif
