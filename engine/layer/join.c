/* what two looks at one layer have found, in one index */
#include "layer/overlay.h"

#include <string.h>

static const struct reader *find_reader(const struct reader *const *readers, const char *name)
{
	for (; *readers; readers++)
		if (strcmp((*readers)->name, name) == 0)
			return *readers;
	return NULL;
}

static bool join_files(struct arena *arena, const struct layer_index *first, const struct layer_index *second,
                       const struct reader *const *readers, struct layer_index *joined)
{
	size_t i = 0, k = 0, count = first->file_count + second->file_count;
	joined->files = arena_array(arena, count, sizeof *joined->files);
	for (joined->file_count = 0; joined->files && joined->file_count < count; joined->file_count++) {
		bool from_first = k == second->file_count ||
		                  (i < first->file_count && first->files[i].sequence <= second->files[k].sequence);
		struct layer_file *file = &joined->files[joined->file_count];
		*file = from_first ? first->files[i++] : second->files[k++];
		file->reader = find_reader(readers, file->reader->name);
	}
	return joined->files;
}

/* Both looks keep all symlinks; hard links where their readers' evidence has to do with them. */
static bool join_links(struct arena *arena, const struct layer_index *first, const struct layer_index *second,
                       struct layer_index *joined)
{
	size_t i = 0, k = 0;
	joined->links = arena_array(arena, first->link_count + second->link_count, sizeof *joined->links);
	joined->link_count = 0;
	while (joined->links && (i < first->link_count || k < second->link_count)) {
		uint32_t a = i < first->link_count ? first->links[i].sequence : UINT32_MAX;
		uint32_t b = k < second->link_count ? second->links[k].sequence : UINT32_MAX;
		joined->links[joined->link_count++] = a <= b ? first->links[i] : second->links[k];
		i += a <= b;
		k += b <= a;
	}
	return joined->links;
}

static bool join_others(struct arena *arena, const struct layer_index *first, const struct layer_index *second,
                        struct layer_index *joined)
{
	size_t i = 0, k = 0;
	joined->others = arena_array(arena, first->other_count + second->other_count, sizeof *joined->others);
	joined->other_count = 0;
	while (joined->others && (i < first->other_count || k < second->other_count)) {
		uint32_t a = i < first->other_count ? first->others[i].sequence : UINT32_MAX;
		uint32_t b = k < second->other_count ? second->others[k].sequence : UINT32_MAX;
		joined->others[joined->other_count++] = a <= b ? first->others[i] : second->others[k];
		i += a <= b;
		k += b <= a;
	}
	return joined->others;
}

struct layer_index *layer_index_join(struct arena *arena, const struct layer_index *first,
                                     const struct layer_index *second, const struct reader *const *readers)
{
	struct layer_index *joined = arena_alloc(arena, sizeof *joined);
	if (!joined)
		return NULL;
	*joined = *first;
	bool ok = join_files(arena, first, second, readers, joined) && join_links(arena, first, second, joined) &&
	          join_others(arena, first, second, joined);
	return ok ? joined : NULL;
}
