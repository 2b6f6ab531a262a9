/* a table from text to pointers, on an arena */
#ifndef TARSIER_BASE_MAP_H
#define TARSIER_BASE_MAP_H

#include "base/span.h"

/* Zero it and set the arena. Keys are borrowed: they must live as long as the map. */
struct map {
	struct arena *arena;
	struct map_slot { uint64_t hash; span key; void *value; } *slots;
	size_t count, capacity;
};

void *map_get(const struct map *map, span key);             /* NULL where it is not */
bool map_put(struct map *map, span key, void *value);       /* value not NULL; false when memory ran out */

#endif
