/* drops .NET assemblies whose packages are known from elsewhere */
#include "inventory/internal.h"

#include <string.h>

/*
 * APP.deps.json lists the packages of its folder, and of "runtimes" and "refs" below it, where `dotnet publish` puts
 * assemblies for other systems and for the compiler. Packages of the compiler ("ref/X.dll", "ref/net8.0/X.dll") have no
 * code.
 */

static span cut_last(span path)
{
	ptrdiff_t slash = span_find_last(path, '/');
	return (span){path.ptr, slash < 0 ? 0 : (size_t)slash};
}

static bool is_reference(span folder)
{
	span above = cut_last(folder);
	return span_ends(folder, "/ref") || span_ends(above, "/ref");
}

static bool is_covered(const struct map *folders, span path)
{
	span folder = cut_last(path);
	if (map_get(folders, folder) || is_reference(folder))
		return true;
	for (span above = folder; above.len;) {
		span below = above;
		above = cut_last(above);
		span name = span_from(below, above.len + (above.len != 0));
		if ((span_is(name, "runtimes") || span_is(name, "refs")) && map_get(folders, above))
			return true;
	}
	return false;
}

bool assemblies_drop(struct package_list *list, const struct overlay *overlay, const struct tarsier_allocator *allocator)
{
	struct arena scratch;
	size_t kept = 0;
	bool ok = true;
	arena_init(&scratch, allocator);
	struct map folders = {.arena = &scratch};
	for (size_t i = 0; i < overlay->file_count && ok; i++) {
		const struct overlay_file *file = overlay->files[i];
		if (strcmp(file->reader->name, "dotnet") == 0 && !file->file->problem && !file->file->note_count)
			ok = map_put(&folders, cut_last(span_of(file->path)), (void *)(uintptr_t)file);
	}
	for (size_t i = 0; i < list->count && ok; i++) {
		const struct tarsier_package *package = &list->items[i];
		bool assembly = strcmp(package->type, "nuget") == 0 && strcmp(package->found_by, "binary") == 0;
		if (!assembly || !is_covered(&folders, span_of(package->path)))
			list->items[kept++] = *package;
	}
	if (ok)
		list->count = kept;
	arena_free(&scratch);
	return ok;
}
