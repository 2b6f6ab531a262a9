/* floor 3: layer indexes on disk, by digest and readers */
#ifndef TARSIER_CACHE_H
#define TARSIER_CACHE_H

#include "layer.h"

/* One file a layer: DIR/layers/<64 hex of the key>. Written beside and renamed, so that readers see all or nothing; a
 * checksum over all of it, so that a torn or meddled file is a miss and is removed. No locks. */
struct cache;

/* `dir` as in tarsier_config. *cache is NULL where there is none to be had (read-only home): that is no failure. */
int cache_open(struct arena *arena, const char *dir, uint64_t limit, const char *fingerprint, struct cache **cache, struct tarsier_error *error);
/* NULL: a miss, of any kind. The readers of the index are found again by name in `readers`. */
struct layer_index *cache_get(struct cache *cache, const struct layer_expected *layer, const struct reader *const *readers, const struct tarsier_allocator *allocator);
void cache_put(struct cache *cache, const struct layer_expected *layer, const struct layer_index *index); /* failure is no failure */
/* Deletes what was not used longest until the rest fits the limit. Called once a scan that wrote. */
void cache_prune(struct cache *cache);

#endif
