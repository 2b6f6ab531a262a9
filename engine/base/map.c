#include "base/map.h"

#include "base/siphash.h"

#include <unistd.h>

enum { FIRST_SLOTS = 64 };

/* ---- hashes ------------------------------------------------------------------------------------------------------ */

static uint64_t hash_text(const struct map *map, span key)
{
	struct siphash hash = siphash_start(map->seed[0], map->seed[1]);
	size_t at = 0;
	for (; at + 8 <= key.len; at += 8)
		siphash_word(&hash, key.ptr + at);
	return siphash_finish(hash, key.ptr + at, key.len);
}

/* The finaliser of MurmurHash3, which maps no two numbers to one, between two additions of the seed. */
static uint64_t hash_number(const struct map *map, uint64_t key)
{
	key += map->seed[0];
	key = (key ^ key >> 33) * 0xff51afd7ed558ccd;
	key += map->seed[1];
	key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53;
	return key ^ key >> 33;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* The slot of this key, or the free one where it would be. `key` is NULL for a number. */
static size_t find_slot(const struct map *map, uint64_t hash, const span *key)
{
	size_t mask = map->slot_count - 1, at = (size_t)hash & mask;
	for (; map->slots[at]; at = (at + 1) & mask) {
		const struct map_entry *entry = &map->entries[map->slots[at] - 1];
		if (entry->hash == hash && (!key || span_equal(entry->key, *key)))
			break;
	}
	return at;
}

/* Keeps at most half of the slots in use. */
static bool make_room(struct map *map)
{
	if (map->count * 2 < map->slot_count)
		return true;
	if (!map->slot_count && getentropy(map->seed, sizeof map->seed) < 0)
		return false;
	size_t count = map->slot_count ? map->slot_count * 2 : FIRST_SLOTS;
	uint32_t *slots = map->count < UINT32_MAX ? arena_array(map->arena, count, sizeof *slots) : NULL;
	if (!slots)
		return false;
	for (size_t i = 0; i < map->count; i++) {
		size_t at = (size_t)map->entries[i].hash & (count - 1);
		while (slots[at])
			at = (at + 1) & (count - 1);
		slots[at] = (uint32_t)i + 1;
	}
	map->slots = slots;
	map->slot_count = count;
	return true;
}

static bool put(struct map *map, uint64_t hash, const span *key, void *value)
{
	size_t at = find_slot(map, hash, key);
	if (map->slots[at]) {
		map->entries[map->slots[at] - 1].value = value;
		return true;
	}
	struct map_entry *entries = arena_grow(map->arena, map->entries, map->count, &map->capacity, sizeof *entries);
	if (!entries)
		return false;
	map->entries = entries;
	entries[map->count] = (struct map_entry){key ? *key : (span){NULL, 0}, hash, value};
	map->slots[at] = (uint32_t)++map->count;
	return true;
}

static void *get(const struct map *map, uint64_t hash, const span *key)
{
	size_t slot = map->slots[find_slot(map, hash, key)];
	return slot ? map->entries[slot - 1].value : NULL;
}

void *map_get(const struct map *map, span key)
{
	return map->slot_count ? get(map, hash_text(map, key), &key) : NULL;
}

void *map_get_number(const struct map *map, uint64_t key)
{
	return map->slot_count ? get(map, hash_number(map, key), NULL) : NULL;
}

bool map_put(struct map *map, span key, void *value)
{
	return make_room(map) && put(map, hash_text(map, key), &key, value);
}

bool map_put_number(struct map *map, uint64_t key, void *value)
{
	return make_room(map) && put(map, hash_number(map, key), NULL, value);
}
