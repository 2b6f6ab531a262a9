#include "layer/listing.h"

#include "base/map.h"

#include <string.h>

enum { SETUID = 04000, SETGID = 02000, STICKY = 01000, WORLD_WRITABLE = 00002 };

/* A file or folder of a layer, and what became of it. */
struct found {
	const struct layer_entry *entry;
	size_t layer;
	bool is_replaced; /* by an entry of the same path */
	size_t deleted_by; /* SIZE_MAX: by none */
};

struct comparison {
	struct arena *arena;
	struct map latest;     /* path -> the last struct found there */
	struct found *all;
	size_t count, capacity;
	const atomic_bool *cancelled;
	struct tarsier_error *error;
};

static int add(struct comparison *state, const struct layer_entry *entry, size_t layer)
{
	struct found *before = map_get(&state->latest, span_of(entry->path));
	if (before && before->deleted_by == SIZE_MAX)
		before->is_replaced = true;
	if (state->count >= LISTING_LIMIT)
		return error_set(state->error, TARSIER_LIMIT, "the image has more than %d files to list", LISTING_LIMIT);
	struct found *found = &state->all[state->count++];
	*found = (struct found){.entry = entry, .layer = layer, .deleted_by = SIZE_MAX};
	return map_put(&state->latest, span_of(entry->path), found) ? TARSIER_OK : error_memory(state->error);
}

/* ---- whiteouts -------------------------------------------------------------------------------------------------- */

/* A layer's whiteouts by path; an opaque one spares the folder itself. */
static bool take_whiteouts(struct map *map, const struct layer_index *layer)
{
	for (size_t i = 0; i < layer->whiteout_count; i++) {
		struct layer_whiteout *whiteout = &layer->whiteouts[i];
		const struct layer_whiteout *there = map_get(map, span_of(whiteout->path));
		if ((!there || there->opaque) && !map_put(map, span_of(whiteout->path), whiteout))
			return false;
	}
	return true;
}

static bool is_deleted(const struct map *whiteouts, span path)
{
	const struct layer_whiteout *own = map_get(whiteouts, path);
	if (own && !own->opaque)
		return true;
	for (size_t length = path.len; length > 0; length--)
		if (path.ptr[length - 1] == '/' && map_get(whiteouts, (span){path.ptr, length - 1}))
			return true;
	return path.len && map_get(whiteouts, SPAN("")); /* the root is opaque */
}

/* Whiteouts are about the layers below only. */
static int delete_below(struct comparison *state, const struct layer_index *layer, size_t number)
{
	struct map whiteouts = {.arena = state->arena};
	if (!layer->whiteout_count)
		return TARSIER_OK;
	if (!take_whiteouts(&whiteouts, layer))
		return error_memory(state->error);
	for (size_t i = 0; i < state->count; i++) {
		struct found *found = &state->all[i];
		if (!found->is_replaced && found->deleted_by == SIZE_MAX && is_deleted(&whiteouts, span_of(found->entry->path)))
			found->deleted_by = number;
	}
	return TARSIER_OK;
}

/* ---- what stands out -------------------------------------------------------------------------------------------- */

/* Links and folders of /tmp's kind do not count: others cannot replace what is in a sticky folder. */
static bool has_special_mode(const struct layer_entry *entry)
{
	if (entry->type == '5')
		return (entry->mode & WORLD_WRITABLE) && !(entry->mode & STICKY);
	return entry->mode & (SETUID | SETGID | WORLD_WRITABLE);
}

static bool stands_out(const struct found *found)
{
	if (found->is_replaced)
		return false;
	if (found->deleted_by != SIZE_MAX)
		return found->entry->type == '0' && found->entry->size > 0;
	return has_special_mode(found->entry);
}

static int collect(const struct comparison *state, struct file_list *list)
{
	for (size_t i = 0; i < state->count; i++) {
		const struct found *found = &state->all[i];
		if (!stands_out(found))
			continue;
		struct tarsier_file *items = arena_grow(state->arena, list->items, list->count, &list->capacity, sizeof *items);
		if (!items)
			return error_memory(state->error);
		list->items = items;
		items[list->count++] = (struct tarsier_file){
			.path = found->entry->path, .size = found->entry->size, .mode = found->entry->mode & 07777,
			.is_folder = found->entry->type == '5', .layer = found->layer, .deleted_by = found->deleted_by};
	}
	return TARSIER_OK;
}

static bool make_room(struct comparison *state, const struct layer_index *const *layers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		state->capacity += layers[i]->listing_count;
	if (state->capacity > LISTING_LIMIT)
		state->capacity = LISTING_LIMIT;
	state->all = arena_array(state->arena, state->capacity + 1, sizeof *state->all);
	return state->all;
}

static int compare(struct comparison *state, const struct layer_index *const *layers, size_t count)
{
	int code = TARSIER_OK;
	for (size_t layer = 0; layer < count && code >= 0; layer++) {
		if (state->cancelled && atomic_load(state->cancelled))
			return error_set(state->error, TARSIER_CANCELLED, "cancelled");
		code = delete_below(state, layers[layer], layer);
		for (size_t i = 0; i < layers[layer]->listing_count && code >= 0; i++)
			code = add(state, &layers[layer]->listing[i], layer);
	}
	return code;
}

int listing_find(struct arena *arena, const struct layer_index *const *layers, size_t count,
                 const atomic_bool *cancelled, struct file_list *list, struct tarsier_error *error)
{
	struct arena own;
	arena_init(&own, &arena->allocator);
	struct comparison state = {.arena = &own, .latest = {.arena = &own}, .cancelled = cancelled, .error = error};
	int code = make_room(&state, layers, count) ? compare(&state, layers, count) : error_memory(error);
	state.arena = arena;
	if (code >= 0)
		code = collect(&state, list);
	arena_free(&own);
	return code;
}
