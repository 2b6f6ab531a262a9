/* layer indexes on disk, by digest and readers */
#ifndef TARSIER_LAYER_CACHE_H
#define TARSIER_LAYER_CACHE_H

#include "layer/layer.h"

/* One file for each layer: DIR/layers/<64 hex digits of the key>. The key is made of the promised digests, the
 * readers with their versions, and the version of the format. A file is written under another name and then renamed,
 * so that it is complete or absent even if a process is killed; a checksum makes a damaged file a miss. There are no
 * locks: any number of processes may share a directory, and all that write one key write the same bytes. */
struct cache;

/* `dir` is that of tarsier_config: NULL for the XDG directory, "" for no cache. *cache is NULL if the cache is
 * disabled or no directory exists; an unwritable directory caches nothing. `fingerprint` is readers_fingerprint(),
 * and is copied. Returns OK or MEMORY. */
int cache_open(struct arena *arena, const char *dir, uint64_t limit, const char *fingerprint, struct cache **cache,
               struct tarsier_error *error);

/* The same directory under another fingerprint, valid as long as `cache`. NULL if `cache` is NULL or memory ran out. */
struct cache *cache_with(struct arena *arena, const struct cache *cache, const char *fingerprint);
void cache_close(struct cache *cache); /* NULL is allowed */

/* Returns NULL on any miss. Readers are looked up by name. The caller owns the index: layer_index_free. Thread-safe. */
struct layer_index *cache_get(const struct cache *cache, const struct layer_expected *layer,
                              const struct reader *const *readers, const struct tarsier_allocator *allocator);
/* A failure only means that the next scan reads the layer again. Thread-safe. */
void cache_put(const struct cache *cache, const struct layer_expected *layer, const struct layer_index *index);
/* Returns the errno of a write that failed since the last call, and the directory; 0 if none did. NULL is allowed.
 * Thread-safe. */
int cache_trouble(const struct cache *cache, const char **folder);
/* Deletes the least recently used files until the rest fits the limit, and what killed processes left. */
void cache_prune(const struct cache *cache);

#endif
