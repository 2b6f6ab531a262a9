/* layer indexes on disk, by digest and readers */
#ifndef TARSIER_LAYER_CACHE_H
#define TARSIER_LAYER_CACHE_H

#include "layer/layer.h"

/* One file a layer: DIR/layers/<64 hex of the key>, the key being the promised digests, the readers with their versions and
 * this format's. Written beside and renamed, so that readers see all or nothing, whoever is killed when; a checksum over
 * all of it, so that a torn file is a miss. No locks: any number of processes may share a folder, and whoever writes the
 * same key writes the same bytes. */
struct cache;

/* `dir` as in tarsier_config: NULL for the XDG place, "" for none. *cache is NULL where none is wanted, or there is no home for
 * it; in a folder that cannot be written to nothing is kept. A scan goes on without. `fingerprint` is readers_fingerprint(),
 * copied. OK or MEMORY. */
int cache_open(struct arena *arena, const char *dir, uint64_t limit, const char *fingerprint, struct cache **cache,
               struct tarsier_error *error);

/* The same folder under another fingerprint, valid as long as the cache is; NULL where the cache is, or without memory. */
struct cache *cache_with(struct arena *arena, const struct cache *cache, const char *fingerprint);
void cache_close(struct cache *cache); /* NULL is fine */

/* NULL: a miss, of any kind. Readers are found again by name. The index is owned: layer_index_free. Thread-safe. */
struct layer_index *cache_get(const struct cache *cache, const struct layer_expected *layer,
                              const struct reader *const *readers, const struct tarsier_allocator *allocator);
/* A failure only means that the next scan reads the layer again. Thread-safe. */
void cache_put(const struct cache *cache, const struct layer_expected *layer, const struct layer_index *index);
/* Why something could not be kept since this was asked last, as an errno, and where; 0: all was. NULL is fine. Thread-safe. */
int cache_trouble(const struct cache *cache, const char **folder);
/* Deletes what was not used longest until the rest fits the limit, and what killed writers left. */
void cache_prune(const struct cache *cache);

#endif
