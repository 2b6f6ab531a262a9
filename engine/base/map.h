/* a table from text or numbers to pointers, on an arena; the engine's only one (layer/path_set.c is a set, over an array that is
 * there without it) */
#ifndef TARSIER_BASE_MAP_H
#define TARSIER_BASE_MAP_H

#include "base/span.h"

/* Zero it and set the arena. Keys are borrowed: they must live as long as the map. A map has keys of one kind, text or
 * numbers. The hash has a random seed of the map's own, so that no input can choose keys that collide. entries[0] to
 * entries[count - 1] are in the order in which the keys were first put. */
struct map {
	struct arena *arena;
	struct map_entry {
		span key;        /* undefined for numbers */
		uint64_t hash;   /* of the text; of a number, one that no other number has. Without slots: its length; the number */
		void *value;
	} *entries;
	size_t count, capacity;
	uint32_t *slots;         /* index of an entry + 1; 0 if free */
	size_t slot_count;       /* a power of two; 0 in a map of few keys, which are compared one by one */
	uint64_t seed[2];
};

/* Return the value, or NULL if the key is not there. */
void *map_get(const struct map *map, span key);
void *map_get_number(const struct map *map, uint64_t key);
/* Put or replace a value, which must not be NULL. Return false if memory ran out. */
bool map_put(struct map *map, span key, void *value);
bool map_put_number(struct map *map, uint64_t key, void *value);

#endif
