/* what the files that implement layer.h share: pipeline, order, marks */
#ifndef TARSIER_LAYER_INTERNAL_H
#define TARSIER_LAYER_INTERNAL_H

#include "layer/layer.h"
#include "stream/inflate.h"

/* ---- layer_pipeline.c: blocks of uncompressed bytes, in one thread or three ------------------------------------- */

struct pipeline {
	struct stream *from; /* the blob; read in another thread where threads > 1; not closed */
	unsigned threads;
	bool busy_taker;     /* the taker has so much to do that inflating wants its own thread */
	/* Called in the caller's thread; `codec` is known by then. 0 or a negative code. */
	int (*take)(void *user, span block, struct tarsier_error *error);
	void *user;
	enum codec codec;    /* found */
};
/* Inflates `from` to its end. When it returns no other thread knows of `from`. */
int pipeline_run(struct pipeline *pipeline, struct arena *arena, struct tarsier_error *error);

/* ---- layer_order.c: which of several entries with one path is the last ------------------------------------------ */

/* Remembers the paths of what is kept and of the folders it lies in, so that a later entry can end it: one with the
 * same path by taking its place, one that is no directory by taking a folder's place. */
struct order_slot {
	uint64_t mark;     /* path_mark without its lowest bit; 0: free */
	uint32_t latest;   /* sequence number of the last entry with this path */
	uint32_t replaced; /* … that was not a directory */
	uint32_t file;     /* 1 + index of the file kept under this path; 0: none */
	bool kept;         /* something is kept under this very path */
};
struct order {
	struct tarsier_allocator allocator;
	struct order_slot *slots;
	size_t count, capacity;
	bool disturbed;    /* something that is kept may have been ended */
};

enum { ORDER_LIMIT = 1000 * 1000 }; /* paths and folders: 48 MiB */

void order_free(struct order *order);
/* An entry passes by, kept or not. */
void order_note(struct order *order, uint64_t mark, bool directory, uint32_t sequence);
/* … and is kept. */
int order_keep(struct order *order, span path, uint32_t sequence, struct tarsier_error *error);
struct order_slot *order_find(const struct order *order, uint64_t mark); /* or NULL */
/* Is what was kept under this path, with this number, still there at the end? */
bool order_is_last(const struct order *order, span path, uint32_t sequence);

/* ---- layer_mark.c ----------------------------------------------------------------------------------------------- */

/* path_mark() of each folder the path lies in, outermost first, without a look at any byte twice. */
bool marks_of_folders(span path, bool (*each)(void *user, uint64_t mark), void *user); /* false as soon as `each` is */
/* Sorts marks, `room` being as large as they are. Time is the same whatever a hostile layer makes of its names. */
void marks_sort(uint64_t *marks, uint64_t *room, size_t count);

#endif
