/* what was collected of a layer becomes its index */
#include "layer/builder.h"

#include <stdlib.h>
#include <string.h>

static bool is_last(const struct layer_builder *builder, const char *path, uint32_t sequence)
{
	return !builder->last.disturbed || last_entry_is_last(&builder->last, span_of(path), sequence);
}

/* No later entry has this very path. A folder above it may be replaced: that deletes it, unless it was a link then. */
static bool has_own_path(const struct layer_builder *builder, const char *path, uint32_t sequence)
{
	const struct last_entry_slot *slot = last_entry_find(&builder->last, path_hash(span_of(path), false));
	return slot && slot->latest == sequence;
}

/* The way to an entry may have been a link of a layer below, until a whiteout or an entry took that away: then a later entry
 * with the same path lies elsewhere. */
static bool way_changed(const struct layer_builder *builder, const char *path, uint32_t sequence)
{
	return builder->whiteouts.length || !last_entry_way_is_there(&builder->last, span_of(path), sequence);
}

static bool finish_files(struct layer_builder *builder)
{
	struct layer_index *index = builder->index;
	size_t count = builder_file_count(builder);
	index->files = arena_array(&index->arena, count, sizeof *index->files);
	for (size_t i = 0; index->files && i < count; i++) {
		struct pending_file *pending = builder_file_at(builder, i);
		const char *path = pending->file.path;
		uint32_t sequence = pending->file.sequence;
		pending->file.gone = !is_last(builder, path, sequence);
		if (pending->bound || has_own_path(builder, path, sequence) || way_changed(builder, path, sequence))
			index->files[index->file_count++] = pending->file;
	}
	return index->files;
}

static bool finish_links(struct layer_builder *builder)
{
	struct layer_index *index = builder->index;
	size_t count = builder->links.length / sizeof *index->links;
	index->links = arena_array(&index->arena, count, sizeof *index->links);
	for (size_t i = 0; index->links && i < count; i++) {
		struct layer_link *link = builder_link_at(builder, i);
		link->gone = !is_last(builder, link->path, link->sequence);
		index->links[index->link_count++] = *link;
	}
	return index->links;
}

/* A copy of the list in the index, as it is. NULL: out of memory. */
static void *copy_list(struct layer_index *index, const struct buffer *list, size_t size, size_t *count)
{
	void *copy = arena_array(&index->arena, list->length / size, size);
	if (copy && list->length)
		memcpy(copy, list->data, list->length);
	*count = list->length / size;
	return copy;
}

static bool finish_lists(struct layer_builder *builder)
{
	static const struct buffer nothing;
	const struct buffer *secrets = builder->secrets ? &builder->secrets->list : &nothing;
	struct layer_index *index = builder->index;
	index->others = copy_list(index, &builder->others, sizeof *index->others, &index->other_count);
	index->whiteouts = copy_list(index, &builder->whiteouts, sizeof *index->whiteouts, &index->whiteout_count);
	index->listing = copy_list(index, &builder->listing, sizeof *index->listing, &index->listing_count);
	index->secrets = copy_list(index, secrets, sizeof *index->secrets, &index->secret_count);
	return index->others && index->whiteouts && index->listing && index->secrets;
}

/* Sorted, each once. NULL: out of memory. */
static uint64_t *finish_hashes(struct layer_index *index, struct buffer *list, size_t *unique)
{
	uint64_t *hashes = (uint64_t *)(void *)list->data;
	size_t count = list->length / sizeof *hashes;
	uint64_t *made = arena_array(&index->arena, count, sizeof *hashes);
	if (made && count)
		path_hash_sort(hashes, made, count);
	for (size_t i = 0; made && i < count; i++)
		if (i == 0 || hashes[i] != hashes[i - 1])
			made[(*unique)++] = hashes[i];
	return made;
}

static bool finish_taken(struct layer_builder *builder)
{
	struct layer_index *index = builder->index;
	index->taken = finish_hashes(index, &builder->taken, &index->taken_count);
	return index->taken;
}

/* ---- paths with several entries ---------------------------------------------------------------------------------- */

struct turn { uint64_t hash; uint32_t sequence; };

static int compare_turns(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

/* Hashes that stand in the sorted list more than once, each once. */
static uint64_t *find_repeated(struct layer_builder *builder, const uint64_t *hashes, size_t count, size_t *found)
{
	uint64_t *repeated = arena_array(&builder->arena, count - builder->index->taken_count, sizeof *repeated);
	for (size_t i = 1; repeated && i < count; i++)
		if (hashes[i] == hashes[i - 1] && !(hashes[i] & 1) && !(*found && repeated[*found - 1] == hashes[i]))
			repeated[(*found)++] = hashes[i];
	return repeated;
}

struct turns { const uint64_t *repeated; size_t repeated_count; struct turn *list; size_t count; };

static void add_turn(struct turns *turns, const char *path, uint32_t sequence)
{
	uint64_t hash = path_hash(span_of(path), false);
	if (path_hash_among(turns->repeated, turns->repeated_count, hash))
		turns->list[turns->count++] = (struct turn){hash, sequence};
}

/* The turns of entries that are kept, at paths with several entries, in order. */
static bool find_turns(struct layer_builder *builder, struct turns *turns)
{
	const struct layer_index *index = builder->index;
	size_t most = turns->repeated_count ? index->file_count + index->link_count + index->other_count : 0;
	turns->list = arena_array(&builder->arena, most, sizeof *turns->list);
	if (!turns->list || !most)
		return turns->list;
	for (size_t i = 0; i < index->file_count; i++)
		add_turn(turns, index->files[i].path, index->files[i].sequence);
	for (size_t i = 0; i < index->link_count; i++)
		add_turn(turns, index->links[i].path, index->links[i].sequence);
	for (size_t i = 0; i < index->other_count; i++)
		if (!index->others[i].directory)
			add_turn(turns, index->others[i].path, index->others[i].sequence);
	if (turns->count)
		qsort(turns->list, turns->count, sizeof *turns->list, compare_turns);
	return true;
}

/* How many entries at this path are kept, from *at on in the list; moves *at past them. */
static size_t count_turns(const struct turns *turns, uint64_t hash, size_t *at)
{
	size_t count = 0;
	for (; *at < turns->count && turns->list[*at].hash == hash; ++*at)
		count += count == 0 || turns->list[*at].sequence != turns->list[*at - 1].sequence;
	return count;
}

/* Paths with an entry that is kept and others of which nothing is. */
static bool finish_repeated(struct layer_builder *builder)
{
	struct layer_index *index = builder->index;
	struct turns turns = {.count = 0};
	size_t count, at = 0, turn = 0;
	const uint64_t *hashes = builder_hashes(&builder->taken, &count); /* sorted by now */
	turns.repeated = find_repeated(builder, hashes, count, &turns.repeated_count);
	index->repeated = arena_array(&index->arena, turns.repeated_count, sizeof *index->repeated);
	if (!turns.repeated || !index->repeated || !find_turns(builder, &turns))
		return false;
	for (size_t i = 0; i < turns.repeated_count; i++) {
		size_t entries = 0, kept = count_turns(&turns, turns.repeated[i], &turn);
		for (; at < count && hashes[at] <= turns.repeated[i]; at++)
			entries += hashes[at] == turns.repeated[i];
		if (kept && kept < entries)
			index->repeated[index->repeated_count++] = turns.repeated[i];
	}
	return true;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* Entries in a folder that has an entry of its own cannot lie behind a link of the layers below, unless the folder's entry
 * came after them. */
static bool finish_folders(struct layer_builder *builder)
{
	struct layer_index *index = builder->index;
	size_t count = 0, late_count = 0, kept = 0, at = 0;
	uint64_t *late = finish_hashes(index, &builder->late, &late_count);
	index->folders = late ? finish_hashes(index, &builder->folders, &count) : NULL;
	for (size_t i = 0; index->folders && i < count; i++) {
		uint64_t folder = index->folders[i];
		while (at < index->taken_count && index->taken[at] < folder)
			at++;
		if (at == index->taken_count || index->taken[at] != folder || path_hash_among(late, late_count, folder))
			index->folders[kept++] = folder;
	}
	index->folder_count = kept;
	return index->folders;
}

bool builder_finish_index(struct layer_builder *builder)
{
	return finish_files(builder) && finish_links(builder) && finish_lists(builder) && finish_taken(builder) &&
	       finish_repeated(builder) && finish_folders(builder);
}
