/* symlinks and hard links of a layer */
#include "layer/builder.h"

#include <string.h>

struct layer_link *builder_link_at(const struct layer_builder *builder, size_t index)
{
	return (struct layer_link *)(void *)builder->links.data + index;
}

bool builder_use_link(struct layer_builder *builder, uint64_t hash)
{
	const struct last_entry_slot *slot = last_entry_find(&builder->last, hash);
	if (!slot || !slot->link || builder_link_at(builder, slot->link - 1)->sequence != slot->latest)
		return false;
	return builder_link_at(builder, slot->link - 1)->used = true;
}

/* Path and target lie in one piece of the arena. */
int builder_add_link(struct layer_builder *builder, span path, span target, bool hard, struct tarsier_error *error)
{
	char *strings = arena_alloc(&builder->index->arena, path.len + target.len + 2);
	if (!strings)
		return builder_no_room(builder, error);
	memcpy(strings, path.ptr, path.len);
	if (target.len)
		memcpy(strings + path.len + 1, target.ptr, target.len);
	struct layer_link link = {
		.path = strings, .target = strings + path.len + 1, .hard = hard, .sequence = builder->sequence};
	int code = last_entry_keep(&builder->last, path, builder->sequence, error);
	if (code < 0)
		return code;
	if (!buffer_add(&builder->links, &link, sizeof link))
		return error_memory(error);
	last_entry_find(&builder->last, path_hash(path, false))->link = (uint32_t)(builder->links.length / sizeof link);
	return TARSIER_OK;
}

/* ---- hard links -------------------------------------------------------------------------------------------------- */

/* The evidence that is at this path by now, or NULL. */
static struct pending_file *file_under(const struct layer_builder *builder, span path)
{
	const struct last_entry_slot *slot = last_entry_find(&builder->last, path_hash(path, false));
	if (!slot || !slot->file)
		return NULL;
	struct pending_file *pending = builder_file_at(builder, slot->file - 1);
	return pending->file.sequence == slot->latest && span_is(path, pending->file.path) ? pending : NULL;
}

/* Is the target of a hard link evidence, or a link that is kept? Evidence then stays in the index even if a later entry
 * replaces it. */
static bool bind_target(struct layer_builder *builder, span target)
{
	struct pending_file *file = file_under(builder, target);
	const struct last_entry_slot *slot = last_entry_find(&builder->last, path_hash(target, false));
	if (file)
		file->bound = true;
	return file || (slot && slot->link && builder_link_at(builder, slot->link - 1)->sequence == slot->latest);
}

struct way { struct layer_builder *builder; bool any; };

static bool use_folder(void *user, uint64_t hash)
{
	struct way *way = user;
	way->any |= builder_use_link(way->builder, hash);
	return true;
}

/* Is the target a link of this layer, or behind one? */
static bool use_target(struct layer_builder *builder, span target)
{
	struct way way = {builder, builder_use_link(builder, path_hash(target, true))};
	path_hash_folders(target, use_folder, &way);
	return way.any;
}

/* Has this layer a file at the path? 1 or 0. */
static int has_seen(struct layer_builder *builder, span path, struct tarsier_error *error)
{
	size_t count;
	const uint64_t *taken = builder_hashes(&builder->taken, &count);
	if (!path_set_reach(&builder->seen, taken, count))
		return error_memory(error);
	return path_set_has(&builder->seen, taken, path_hash(path, false));
}

/* A hard link is a second name of a file, for all readers that want either. A second name for a file of this layer that is
 * no evidence is none either. */
int builder_add_hard_link(struct layer_builder *builder, span path, span target, struct tarsier_error *error)
{
	bool to_link = use_target(builder, target), to_evidence = bind_target(builder, target);
	bool wanted = builder_wanted_by(builder, path) || builder_wanted_by(builder, target);
	int seen = to_link || to_evidence || wanted ? 0 : has_seen(builder, target, error);
	if (seen)
		return seen < 0 ? seen : TARSIER_OK;
	int code = builder_add_link(builder, path, target, true, error);
	return code < 0 ? code : last_entry_watch(&builder->last, target, error); /* a later entry there has its turn */
}
