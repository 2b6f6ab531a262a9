/* the paths at which a layer has entries, and the folders that these lie in */
#include "layer/builder.h"

static bool is_ordered(const struct layer_builder *builder, uint64_t hash)
{
	const struct last_entry_slot *slot = last_entry_find(&builder->last, hash);
	return slot && slot->ordered;
}

static size_t common_length(span a, span b)
{
	size_t length = 0, most = a.len < b.len ? a.len : b.len;
	while (length < most && a.ptr[length] == b.ptr[length])
		length++;
	return length;
}

int builder_note_folders(struct layer_builder *builder, span path, bool shows, struct tarsier_error *error)
{
	span folder = {path.ptr, (size_t)(span_find_last(path, '/') + 1)}, before = buffer_span(&builder->folder);
	size_t common = common_length(folder, before);
	struct path_prefix prefix;
	if (common == folder.len && common == before.len)
		return TARSIER_OK;
	path_prefix_begin(&prefix);
	if (builder->through >= common)
		builder->through = 0;
	for (size_t length = 1; length < folder.len; length++) {
		if (folder.ptr[length] != '/' || length < common)
			continue;
		uint64_t hash = path_prefix_hash(&prefix, folder.ptr, length, true);
		if ((builder_use_link(builder, hash) || is_ordered(builder, hash)) && !builder->through)
			builder->through = length;
		if (!buffer_add(&builder->folders, &hash, sizeof hash))
			return error_memory(error);
		int code = shows ? builder_add_folder(builder, (span){folder.ptr, length}, error) : TARSIER_OK;
		if (code < 0)
			return code;
	}
	builder->folder.length = 0;
	if (!buffer_add(&builder->folder, folder.ptr, folder.len))
		return error_memory(error);
	if (builder->folders.length / sizeof(uint64_t) > LAYER_ENTRIES_LIMIT)
		return error_set(error, TARSIER_LIMIT, "the layer's entries lie in more than %d folders", LAYER_ENTRIES_LIMIT);
	return TARSIER_OK;
}

int builder_add_other(struct layer_builder *builder, span path, bool directory, uint32_t sequence,
                      struct tarsier_error *error)
{
	const struct layer_other other = {
		.path = span_copy(&builder->index->arena, path), .directory = directory, .sequence = sequence};
	if (!other.path)
		return builder_no_room(builder, error);
	return buffer_add(&builder->others, &other, sizeof other) ? TARSIER_OK : error_memory(error);
}

const uint64_t *builder_hashes(const struct buffer *list, size_t *count)
{
	*count = list->length / sizeof(uint64_t);
	return (const uint64_t *)(const void *)list->data;
}

int builder_has_entered(struct layer_builder *builder, uint64_t folder, struct tarsier_error *error)
{
	size_t count;
	const uint64_t *folders = builder_hashes(&builder->folders, &count);
	if (!path_set_reach(&builder->seen_folders, folders, count))
		return error_memory(error);
	return path_set_has(&builder->seen_folders, folders, folder);
}

/* A folder's own entry, after others in the folder: those lie elsewhere if it was a link until now. 1: it is the first such
 * entry; 0: it is not, or nothing lay in the folder. */
static int note_late(struct layer_builder *builder, uint64_t folder, struct tarsier_error *error)
{
	int entered = builder_has_entered(builder, folder, error);
	if (entered <= 0)
		return entered;
	size_t count;
	const uint64_t *taken = builder_hashes(&builder->taken, &count);
	if (!path_set_reach(&builder->seen, taken, count))
		return error_memory(error);
	if (path_set_has(&builder->seen, taken, folder))
		return 0;
	return buffer_add(&builder->late, &folder, sizeof folder) ? 1 : error_memory(error);
}

int builder_take_path(struct layer_builder *builder, span path, bool directory, struct tarsier_error *error)
{
	uint64_t hash = path_hash(path, directory);
	int code = builder_count_entry(builder, error);
	if (code >= 0)
		code = builder_note_folders(builder, path, true, error);
	if (code >= 0 && directory)
		code = note_late(builder, hash, error);
	if (code < 0)
		return code;
	bool matters = last_entry_note(&builder->last, hash, directory, builder->sequence) || builder->through;
	if (code || matters || builder->ordered || (builder->patterns && path_match_orders(builder->patterns, path)))
		code = builder_add_other(builder, path, directory, builder->sequence, error);
	return code < 0 || buffer_add(&builder->taken, &hash, sizeof hash) ? code : error_memory(error);
}
