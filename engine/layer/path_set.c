/* which of a layer's entries have been seen, asked while the layer is read */
#include "layer/internal.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { FIRST_SLOTS = 1024 };

/* path_hash() has a key that everybody knows, so hostile names could collide in its low bits. Before the kernel has
 * gathered randomness, the clock must do. */
static void make_seed(struct path_set *set)
{
	struct timespec now;
	if (getrandom(&set->seed, sizeof set->seed, GRND_NONBLOCK) == (ssize_t)sizeof set->seed)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	set->seed = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
}

/* The slot of this hash, or the free one where it would be. */
static uint32_t *find_slot(const struct path_set *set, const uint64_t *hashes, uint64_t hash)
{
	uint64_t mixed = (hash ^ set->seed) * 0xff51afd7ed558ccd;
	mixed = (mixed ^ mixed >> 33 ^ set->seed) * 0xc4ceb9fe1a85ec53;
	size_t mask = set->slot_count - 1, at = (size_t)(mixed ^ mixed >> 33) & mask;
	while (set->slots[at] && hashes[set->slots[at] - 1] != hash)
		at = (at + 1) & mask;
	return &set->slots[at];
}

/* At most three slots of four are in use. */
static bool make_room(struct path_set *set, const uint64_t *hashes)
{
	struct path_set larger = *set;
	if (set->count * 4 < set->slot_count * 3)
		return true;
	if (!set->slot_count)
		make_seed(&larger);
	larger.slot_count = set->slot_count ? set->slot_count * 2 : FIRST_SLOTS;
	larger.slots = memory_resize(set->allocator, NULL, 0, larger.slot_count * sizeof *larger.slots);
	if (!larger.slots)
		return false;
	memset(larger.slots, 0, larger.slot_count * sizeof *larger.slots);
	for (size_t i = 0; i < set->slot_count; i++)
		if (set->slots[i])
			*find_slot(&larger, hashes, hashes[set->slots[i] - 1]) = set->slots[i];
	path_set_free(set);
	*set = larger;
	return true;
}

bool path_set_reach(struct path_set *set, const uint64_t *hashes, size_t count)
{
	for (; set->reached < count; set->reached++) {
		if (!make_room(set, hashes))
			return false;
		uint32_t *slot = find_slot(set, hashes, hashes[set->reached]);
		if (*slot)
			continue;
		*slot = (uint32_t)set->reached + 1;
		set->count++;
	}
	return true;
}

bool path_set_has(const struct path_set *set, const uint64_t *hashes, uint64_t hash)
{
	return set->slot_count && *find_slot(set, hashes, hash);
}

void path_set_free(struct path_set *set)
{
	memory_resize(set->allocator, set->slots, set->slot_count * sizeof *set->slots, 0);
	set->slots = NULL;
	set->slot_count = set->count = 0;
}
