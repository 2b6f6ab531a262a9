/* gives packages their licences, which may be stated in another file */
#include "inventory/internal.h"

#include "format/spdx.h"

#include <string.h>

static const char *const none[] = {NULL};

const char *const *licenses_split(struct arena *arena, const char *licenses)
{
	span rest = span_of(licenses), line;
	size_t count = 0;
	if (!rest.len)
		return none;
	for (const char *c = licenses; *c; c++)
		count += *c == '\n';
	const char **list = arena_array(arena, count + 2, sizeof *list);
	count = 0;
	while (list && span_next(&rest, '\n', &line))
		if (!(list[count++] = span_copy(arena, line)))
			return NULL;
	return list;
}

/* Maps names of packages to the lists in their copyright files. */
static bool find_stated(struct arena *arena, const struct overlay *overlay, struct map *stated)
{
	for (size_t i = 0; i < overlay->file_count; i++) {
		const struct layer_file *file = overlay->files[i]->file;
		if (!file->licenses || !file->owner)
			continue;
		const char *const *list = licenses_split(arena, file->licenses);
		if (!list || !map_put(stated, span_of(file->owner), (void *)(uintptr_t)list))
			return false;
	}
	return true;
}

/* Gives each package what `stated` has of its name, and notes in `sources` what its source has. */
static bool give_stated(const struct map *stated, struct map *sources, struct package_list *list)
{
	bool ok = true;
	for (size_t i = 0; i < list->count && ok; i++) {
		struct tarsier_package *package = &list->items[i];
		void *found = strcmp(package->type, "deb") == 0 ? map_get(stated, span_of(package->name)) : NULL;
		span source = span_of(package->source_name);
		if (!found)
			continue;
		package->licenses = found;
		ok = map_get(sources, source) || map_put(sources, source, found);
	}
	return ok;
}

bool licenses_join(struct arena *arena, const struct overlay *overlay, struct package_list *list)
{
	struct arena scratch;
	arena_init(&scratch, &arena->allocator);
	struct map stated = {.arena = &scratch}, sources = {.arena = &scratch};
	bool ok = find_stated(arena, overlay, &stated) && give_stated(&stated, &sources, list);
	for (size_t i = 0; i < list->count && ok; i++) {
		struct tarsier_package *package = &list->items[i];
		void *found = map_get(&sources, span_of(package->source_name));
		if (found && !*package->licenses && strcmp(package->type, "deb") == 0)
			package->licenses = found;
	}
	arena_free(&scratch);
	return ok;
}

int tarsier_is_spdx(const char *license)
{
	char expression[SPDX_LIMIT];
	return spdx_expression(span_of(license), expression) && strcmp(expression, license) == 0;
}
