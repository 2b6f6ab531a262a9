/* internal to inventory/: the list of crates that cargo-auditable leaves in an executable */
#ifndef TARSIER_INVENTORY_RUST_BINARY_H
#define TARSIER_INVENTORY_RUST_BINARY_H

#include "inventory/binary_view.h"
#include "inventory/executable.h"

enum {
	RUST_PACKED_LIMIT = 512 * 1024,    /* bytes of the section: 1,000 crates take 20 KiB */
	RUST_LIST_LIMIT = 2 * 1024 * 1024, /* … and inflated */
	RUST_TRIES = 20000,                /* places that look like the start of the section: 4 in 64 KiB of random bytes, so
	                                    * these are some 300 MiB of debugging information */
};

struct rust_list {
	struct binary_capture packed;
	struct z_stream_s *probe;          /* in the arena: looks at what may be the list; or NULL */
	unsigned tries;                    /* places that it has looked at */
};

/* Looks at a window of the file. Returns OK or MEMORY. */
int rust_list_take(struct rust_list *list, const struct executable *executable, const struct binary_view *view,
                   struct arena *arena, struct tarsier_error *error);
/* After the last window: adds the crates. Returns OK, MEMORY, LIMIT, or FORMAT if the section is not readable. */
int rust_list_add(const struct rust_list *list, struct arena *arena, struct reader_output *output,
                  struct tarsier_error *error);

#endif
