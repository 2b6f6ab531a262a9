/* which of several entries with one path is the last */
#include "layer/internal.h"

/* A path is the same whether a directory has it or something else. */
static uint64_t plain(uint64_t hash)
{
	return hash & ~UINT64_C(1);
}

void last_entry_init(struct last_entry *last, const struct tarsier_allocator *allocator)
{
	*last = (struct last_entry){.disturbed = false};
	arena_init(&last->arena, allocator);
}

void last_entry_free(struct last_entry *last)
{
	arena_free(&last->arena);
	last->paths = (struct map){.arena = NULL};
}

struct last_entry_slot *last_entry_find(const struct last_entry *last, uint64_t hash)
{
	return map_get_number(&last->paths, plain(hash));
}

static struct last_entry_slot *insert(struct last_entry *last, uint64_t hash)
{
	struct last_entry_slot *slot = last_entry_find(last, hash);
	if (slot)
		return slot;
	last->paths.arena = &last->arena;
	slot = arena_alloc(&last->arena, sizeof *slot);
	return slot && map_put_number(&last->paths, plain(hash), slot) ? slot : NULL;
}

bool last_entry_note(struct last_entry *last, uint64_t hash, bool directory, uint32_t sequence)
{
	struct last_entry_slot *slot = last_entry_find(last, hash);
	if (!slot)
		return false;
	slot->latest = sequence;
	if (!directory)
		slot->replaced = sequence;
	if (!slot->kept && directory)
		return false;
	return last->disturbed = true;
}

static bool insert_folder(void *user, uint64_t hash)
{
	struct last_entry *last = user;
	return last->paths.count < LAST_ENTRY_LIMIT && insert(last, hash);
}

int last_entry_keep(struct last_entry *last, span path, uint32_t sequence, struct tarsier_error *error)
{
	span folder = {path.ptr, (size_t)(span_find_last(path, '/') + 1)};
	if (folder.len)
		folder.len--;
	/* Where the folder is known so are those that it lies in. */
	if (folder.len && !last_entry_find(last, path_hash(folder, true)) && !path_hash_folders(path, insert_folder, last))
		goto full;
	struct last_entry_slot *slot = last->paths.count < LAST_ENTRY_LIMIT ? insert(last, path_hash(path, false)) : NULL;
	if (!slot)
		goto full;
	slot->kept = true;
	slot->latest = sequence;
	slot->file = slot->link = 0;
	return TARSIER_OK;
full:
	if (last->paths.count < LAST_ENTRY_LIMIT)
		return error_memory(error);
	return error_set(error, TARSIER_LIMIT, "links and evidence in more than %d paths and folders", LAST_ENTRY_LIMIT);
}

int last_entry_watch(struct last_entry *last, span path, struct tarsier_error *error)
{
	const struct last_entry_slot *slot = last_entry_find(last, path_hash(path, false));
	return slot && slot->kept ? TARSIER_OK : last_entry_keep(last, path, slot ? slot->latest : 0, error);
}

struct still_there { const struct last_entry *last; uint32_t sequence; };

static bool folder_is_there(void *user, uint64_t hash)
{
	const struct still_there *there = user;
	const struct last_entry_slot *slot = last_entry_find(there->last, hash);
	return !slot || slot->replaced <= there->sequence;
}

bool last_entry_way_is_there(const struct last_entry *last, span path, uint32_t sequence)
{
	struct still_there there = {last, sequence};
	return path_hash_folders(path, folder_is_there, &there);
}

bool last_entry_is_last(const struct last_entry *last, span path, uint32_t sequence)
{
	const struct last_entry_slot *slot = last_entry_find(last, path_hash(path, false));
	return (!slot || slot->latest == sequence) && last_entry_way_is_there(last, path, sequence);
}
