/* a layer's index: made, shared and freed */
#include "layer/layer.h"

#include <string.h>

struct layer_index *layer_index_new(const struct tarsier_allocator *allocator)
{
	struct layer_index *index = memory_resize(allocator, NULL, 0, sizeof *index);
	if (!index)
		return NULL;
	memset(index, 0, sizeof *index);
	arena_init(&index->arena, allocator);
	return index;
}

struct layer_index *layer_index_hold(struct layer_index *index)
{
	index->holders++;
	return index;
}

void layer_index_free(struct layer_index *index)
{
	if (!index || index->holders--)
		return;
	struct tarsier_allocator allocator = index->arena.allocator;
	arena_free(&index->arena);
	memory_resize(&allocator, index, sizeof *index, 0);
}

void layer_file_set(struct layer_file *file, const struct reader_output *output)
{
	file->packages = output->packages;
	file->package_count = output->count;
	file->owned = output->owned;
	file->owned_count = output->owned_count;
	file->owner = output->owner;
	file->licenses = output->licenses;
	file->functions = output->functions;
	file->function_count = output->function_count;
	file->release = output->release;
	file->notes = output->notes;
	file->note_count = output->note_count;
}
