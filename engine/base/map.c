#include "base/map.h"

#include "base/siphash.h"

#include <unistd.h>

/* So few entries are searched one by one: many maps stay so small, and a seed and slots cost more than that. */
enum { FEW = 8, FIRST_SLOTS = 64 };

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

/* ---- keys -------------------------------------------------------------------------------------------------------- */

/* A key, which is a text or a number, and its hash. Without slots a text's hash is its length, a number's the number. */
struct key { bool is_text; span text; uint64_t number, hash; };

static uint64_t hash_of(const struct map *map, const struct key *key)
{
	if (!map->slot_count)
		return key->is_text ? key->text.len : key->number;
	return key->is_text ? hash_text(map, key->text) : hash_number(map, key->number);
}

static struct key key_of_text(const struct map *map, span text)
{
	struct key key = {.is_text = true, .text = text};
	key.hash = hash_of(map, &key);
	return key;
}

static struct key key_of_number(const struct map *map, uint64_t number)
{
	struct key key = {.number = number};
	key.hash = hash_of(map, &key);
	return key;
}

static bool is_entry(const struct map_entry *entry, const struct key *key)
{
	return entry->hash == key->hash && (!key->is_text || span_equal(entry->key, key->text));
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* The slot of this key, or the free one where it would be. */
static size_t find_slot(const struct map *map, const struct key *key)
{
	size_t mask = map->slot_count - 1, at = (size_t)key->hash & mask;
	while (map->slots[at] && !is_entry(&map->entries[map->slots[at] - 1], key))
		at = (at + 1) & mask;
	return at;
}

static struct map_entry *find_entry(const struct map *map, const struct key *key)
{
	if (map->slot_count) {
		uint32_t slot = map->slots[find_slot(map, key)];
		return slot ? &map->entries[slot - 1] : NULL;
	}
	for (size_t i = 0; i < map->count; i++)
		if (is_entry(&map->entries[i], key))
			return &map->entries[i];
	return NULL;
}

/* Makes the hashes of the few entries that had none. */
static void hash_few(struct map *map, bool is_text)
{
	for (size_t i = 0; i < map->count; i++) {
		struct map_entry *entry = &map->entries[i];
		entry->hash = is_text ? hash_text(map, entry->key) : hash_number(map, entry->hash);
	}
}

/* Keeps at most half of the slots in use. */
static bool make_room(struct map *map, struct key *key)
{
	if (map->slot_count ? map->count * 2 < map->slot_count : map->count < FEW)
		return true;
	if (!map->slot_count && getentropy(map->seed, sizeof map->seed) < 0)
		return false;
	size_t count = map->slot_count ? map->slot_count * 2 : FIRST_SLOTS;
	uint32_t *slots = map->count < UINT32_MAX ? arena_array(map->arena, count, sizeof *slots) : NULL;
	if (!slots)
		return false;
	if (!map->slot_count)
		hash_few(map, key->is_text);
	for (size_t i = 0; i < map->count; i++) {
		size_t at = (size_t)map->entries[i].hash & (count - 1);
		while (slots[at])
			at = (at + 1) & (count - 1);
		slots[at] = (uint32_t)i + 1;
	}
	map->slots = slots;
	map->slot_count = count;
	key->hash = hash_of(map, key);
	return true;
}

static bool put(struct map *map, struct key key, void *value)
{
	struct map_entry *known = find_entry(map, &key);
	if (known) {
		known->value = value;
		return true;
	}
	if (!make_room(map, &key))
		return false;
	struct map_entry *entries = arena_grow(map->arena, map->entries, map->count, &map->capacity, sizeof *entries);
	if (!entries)
		return false;
	map->entries = entries;
	entries[map->count++] = (struct map_entry){key.text, key.hash, value};
	if (map->slot_count)
		map->slots[find_slot(map, &key)] = (uint32_t)map->count;
	return true;
}

static void *get(const struct map *map, struct key key)
{
	const struct map_entry *entry = find_entry(map, &key);
	return entry ? entry->value : NULL;
}

void *map_get(const struct map *map, span key)
{
	return map->count ? get(map, key_of_text(map, key)) : NULL;
}

void *map_get_number(const struct map *map, uint64_t key)
{
	return map->count ? get(map, key_of_number(map, key)) : NULL;
}

bool map_put(struct map *map, span key, void *value)
{
	return put(map, key_of_text(map, key), value);
}

bool map_put_number(struct map *map, uint64_t key, void *value)
{
	return put(map, key_of_number(map, key), value);
}
