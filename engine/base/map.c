#include "base/map.h"

/* FNV-1a: keys are short, and a host that floods one table only slows its own scan. */
static uint64_t hash_of(span key)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ (unsigned char)key.ptr[i]) * 0x100000001b3u;
	return hash ^ (hash >> 29);
}

static struct map_slot *find_slot(struct map_slot *slots, size_t capacity, uint64_t hash, span key)
{
	size_t at = (size_t)hash & (capacity - 1);
	while (slots[at].value && (slots[at].hash != hash || !span_equal(slots[at].key, key)))
		at = (at + 1) & (capacity - 1);
	return &slots[at];
}

static bool grow(struct map *map)
{
	size_t capacity = map->capacity ? map->capacity * 2 : 64;
	struct map_slot *slots = arena_array(map->arena, capacity, sizeof *slots);
	if (!slots)
		return false;
	for (size_t i = 0; i < map->capacity; i++)
		if (map->slots[i].value)
			*find_slot(slots, capacity, map->slots[i].hash, map->slots[i].key) = map->slots[i];
	map->slots = slots;
	map->capacity = capacity;
	return true;
}

void *map_get(const struct map *map, span key)
{
	return map->capacity ? find_slot(map->slots, map->capacity, hash_of(key), key)->value : NULL;
}

bool map_put(struct map *map, span key, void *value)
{
	if (map->count * 2 >= map->capacity && !grow(map))
		return false;
	uint64_t hash = hash_of(key);
	struct map_slot *slot = find_slot(map->slots, map->capacity, hash, key);
	if (!slot->value)
		map->count++;
	*slot = (struct map_slot){hash, key, value};
	return true;
}
