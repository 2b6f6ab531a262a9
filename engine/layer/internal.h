/* internal to layer/: the pipeline, last entries, path hashes */
#ifndef TARSIER_LAYER_INTERNAL_H
#define TARSIER_LAYER_INTERNAL_H

#include "base/map.h"
#include "base/siphash.h"
#include "layer/layer.h"
#include "stream/inflate.h"

/* ---- pipeline.c: blocks of uncompressed bytes, in one thread or three ------------------------------------- */

struct pipeline {
	struct stream *from; /* the blob; read in another thread where threads > 1; not closed */
	unsigned threads;
	bool busy_taker;     /* the taker has so much to do that inflating wants its own thread */
	/* Called in the caller's thread; `codec` is known by then. 0 or a negative code. */
	int (*take)(void *user, span block, struct tarsier_error *error);
	void *user;
	const struct codec *codec; /* found; NULL: none */
};
/* Inflates `from` to its end. When it returns, no other thread uses `from`. */
int pipeline_run(struct pipeline *pipeline, struct arena *arena, struct tarsier_error *error);

/* ---- last_entry.c: which of several entries with one path is the last ------------------------------------------ */

/* Remembers the paths of what is kept and of the folders it lies in, so that a later entry can end it: one with the
 * same path by taking its place, one that is not a directory by taking a folder's place. */
struct last_entry_slot {
	uint32_t latest;   /* sequence number of the last entry with this path */
	uint32_t replaced; /* … that was not a directory */
	uint32_t file;     /* 1 + index of the file kept under this path; 0: none */
	uint32_t link;     /* … of the link */
	bool kept;         /* something is kept under this very path */
	bool ordered;      /* what lies below has its turn: earlier entries below it may have come through a link */
};
struct last_entry {
	struct arena arena;
	struct map paths;  /* by path_hash without its lowest bit */
	bool disturbed;    /* something that is kept may have been ended */
};

enum { LAST_ENTRY_LIMIT = 1000 * 1000 }; /* paths and folders: some 100 MiB */

void last_entry_init(struct last_entry *last, const struct tarsier_allocator *allocator);
void last_entry_free(struct last_entry *last);
/* An entry passes by, kept or not. True if what is kept is ended by it, or the way there. */
bool last_entry_note(struct last_entry *last, uint64_t hash, bool directory, uint32_t sequence);
/* … and is kept. */
int last_entry_keep(struct last_entry *last, span path, uint32_t sequence, struct tarsier_error *error);
/* Nothing is kept under this path, perhaps, but what comes there later matters as if it was. */
int last_entry_watch(struct last_entry *last, span path, struct tarsier_error *error);
struct last_entry_slot *last_entry_find(const struct last_entry *last, uint64_t hash); /* or NULL */
/* Is what was kept under this path, with this number, still there at the end? */
bool last_entry_is_last(const struct last_entry *last, span path, uint32_t sequence);
/* Has nothing but a directory come in the place of the folders that it lies in, since this number? */
bool last_entry_way_is_there(const struct last_entry *last, span path, uint32_t sequence);

/* ---- path_hash.c ----------------------------------------------------------------------------------------------- */

/* path_hash() of each folder the path lies in, outermost first, without a look at any byte twice. */
bool path_hash_folders(span path, bool (*each)(void *user, uint64_t hash), void *user); /* false as soon as `each` is */
/* path_hash() of the prefixes of one path, each longer than the one before. */
struct path_prefix { struct siphash state; size_t whole; };
void path_prefix_begin(struct path_prefix *prefix);
uint64_t path_prefix_hash(struct path_prefix *prefix, const char *path, size_t length, bool directory);
/* Is it among these, which are sorted? */
bool path_hash_among(const uint64_t *hashes, size_t count, uint64_t hash);
/* Sorts hashes, `room` being as large as they are. Time is the same whatever a hostile layer makes of its names. */
void path_hash_sort(uint64_t *hashes, uint64_t *room, size_t count);

/* ---- path_set.c: a list of path hashes that grows, and is asked what is in it ---------------------------------------- */

/* Zero it and set the allocator, which may be NULL. The list is the caller's. */
struct path_set {
	const struct tarsier_allocator *allocator;
	uint32_t *slots;     /* index in the list + 1; 0 if free */
	size_t slot_count, count;
	size_t reached;      /* as far as the list is in the set */
	uint64_t seed;
};
bool path_set_reach(struct path_set *set, const uint64_t *hashes, size_t count); /* false: out of memory */
bool path_set_has(const struct path_set *set, const uint64_t *hashes, uint64_t hash);
void path_set_free(struct path_set *set);

#endif
