/* which of several entries with one path is the last */
#include "layer/internal.h"

#include <string.h>

static uint64_t plain(uint64_t hash)
{
	hash &= ~UINT64_C(1);
	return hash ? hash : 2;
}

/* The slot of this hash, or the free one where it would be. */
static struct last_entry_slot *find_slot(struct last_entry_slot *slots, size_t capacity, uint64_t hash)
{
	size_t index = (size_t)(hash >> 20) & (capacity - 1);
	while (slots[index].hash && slots[index].hash != hash)
		index = (index + 1) & (capacity - 1);
	return &slots[index];
}

void last_entry_free(struct last_entry *last)
{
	if (last->slots)
		memory_resize(&last->allocator, last->slots, last->capacity * sizeof *last->slots, 0);
	last->slots = NULL;
}

static bool grow(struct last_entry *last)
{
	size_t capacity = last->capacity ? last->capacity * 2 : 256;
	struct last_entry_slot *slots = memory_resize(&last->allocator, NULL, 0, capacity * sizeof *slots);
	if (!slots)
		return false;
	memset(slots, 0, capacity * sizeof *slots);
	for (size_t i = 0; i < last->capacity; i++)
		if (last->slots[i].hash)
			*find_slot(slots, capacity, last->slots[i].hash) = last->slots[i];
	last_entry_free(last);
	last->slots = slots;
	last->capacity = capacity;
	return true;
}

static struct last_entry_slot *insert(struct last_entry *last, uint64_t hash)
{
	if (last->count * 2 >= last->capacity && !grow(last))
		return NULL;
	struct last_entry_slot *slot = find_slot(last->slots, last->capacity, plain(hash));
	if (slot->hash == 0) {
		slot->hash = plain(hash);
		last->count++;
	}
	return slot;
}

struct last_entry_slot *last_entry_find(const struct last_entry *last, uint64_t hash)
{
	if (last->count == 0)
		return NULL;
	struct last_entry_slot *slot = find_slot(last->slots, last->capacity, plain(hash));
	return slot->hash ? slot : NULL;
}

void last_entry_note(struct last_entry *last, uint64_t hash, bool directory, uint32_t sequence)
{
	struct last_entry_slot *slot = last_entry_find(last, hash);
	if (!slot)
		return;
	slot->latest = sequence;
	if (!directory)
		slot->replaced = sequence;
	if (slot->kept || !directory)
		last->disturbed = true;
}

static bool insert_folder(void *user, uint64_t hash)
{
	struct last_entry *last = user;
	return last->count < LAST_ENTRY_LIMIT && insert(last, hash);
}

int last_entry_keep(struct last_entry *last, span path, uint32_t sequence, struct tarsier_error *error)
{
	span folder = {path.ptr, (size_t)(span_find_last(path, '/') + 1)};
	if (folder.len)
		folder.len--;
	/* Where the folder is known so are those that it lies in. */
	if (folder.len && !last_entry_find(last, path_hash(folder, true)) && !path_hash_folders(path, insert_folder, last))
		goto full;
	struct last_entry_slot *slot = last->count < LAST_ENTRY_LIMIT ? insert(last, path_hash(path, false)) : NULL;
	if (!slot)
		goto full;
	slot->kept = true;
	slot->latest = sequence;
	slot->file = 0;
	return TARSIER_OK;
full:
	if (last->count < LAST_ENTRY_LIMIT)
		return error_memory(error);
	return error_set(error, TARSIER_LIMIT, "links and evidence in more than %d paths and folders", LAST_ENTRY_LIMIT);
}

struct still_there { const struct last_entry *last; uint32_t sequence; };

static bool folder_is_there(void *user, uint64_t hash)
{
	const struct still_there *there = user;
	const struct last_entry_slot *slot = last_entry_find(there->last, hash);
	return !slot || slot->replaced <= there->sequence;
}

bool last_entry_is_last(const struct last_entry *last, span path, uint32_t sequence)
{
	struct still_there there = {last, sequence};
	const struct last_entry_slot *slot = last_entry_find(last, path_hash(path, false));
	if (slot && slot->latest != sequence)
		return false;
	return path_hash_folders(path, folder_is_there, &there);
}
