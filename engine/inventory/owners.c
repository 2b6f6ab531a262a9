/* finds the evidence that the distribution's own packages installed */
#include "inventory/internal.h"

static bool own_all(struct map *owners, const struct overlay_file *owner)
{
	for (size_t i = 0; i < owner->file->owned_count; i++) {
		span path = span_of(owner->file->owned[i]);
		const struct overlay_file *other = map_get(owners, path);
		if ((!other || other->layer < owner->layer) && !map_put(owners, path, (void *)(uintptr_t)owner))
			return false;
	}
	return true;
}

/* A file with another system's packages tells who owns a file, but not which fixes it has. */
static bool is_of_system(const struct distro *distro, const struct overlay_file *file)
{
	return !file->file->package_count || distro_has_type(distro, file->file->packages[0].type);
}

static span base_name(const char *path)
{
	span whole = span_of(path);
	return span_from(whole, (size_t)(span_find_last(whole, '/') + 1));
}

/* Registers the keys by which a list of files finds its owner: names of packages, and names of the files that hold
 * them. */
static bool name_owners(struct map *names, const struct overlay_file *const *files, size_t count)
{
	bool ok = true;
	for (size_t i = 0; i < count && ok; i++) {
		const struct layer_file *file = files[i]->file;
		if (file->package_count)
			ok = map_put(names, base_name(file->path), (void *)(uintptr_t)file);
		for (size_t k = 0; k < file->package_count && ok; k++)
			ok = map_put(names, span_of(file->packages[k].name), (void *)(uintptr_t)file);
	}
	return ok;
}

/* The owner must belong to the same package manager: apk's bash is not dpkg's. */
static bool is_installed(const struct map *names, const struct overlay_file *list)
{
	const struct layer_file *owner = list->file->owner ? map_get(names, span_of(list->file->owner)) : NULL;
	return !list->file->owner || (owner && owner->reader == list->reader);
}

bool owners_find(struct map *owners, const struct overlay_file *const *files, size_t count,
                 const struct distro *distro)
{
	struct map names = {.arena = owners->arena};
	if (!distro->ecosystem[0])
		return true;
	if (!name_owners(&names, files, count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (is_of_system(distro, files[i]) && is_installed(&names, files[i]) && !own_all(owners, files[i]))
			return false;
	return true;
}

bool owners_have(const struct map *owners, const struct overlay_file *file)
{
	const struct overlay_file *owner = map_get(owners, span_of(file->path));
	return owner && file->layer <= owner->layer;
}
