/* which evidence the distribution's own packages brought */
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

/* A file with packages of another system says whose a file is, but not which fixes it has. */
static bool is_of_system(const struct distro *distro, const struct overlay_file *file)
{
	return !file->file->package_count || distro_has_type(distro, file->file->packages[0].type);
}

bool owners_find(struct map *owners, const struct overlay_file *const *files, size_t count,
                        const struct distro *distro)
{
	for (size_t i = 0; i < count && distro->ecosystem[0]; i++)
		if (is_of_system(distro, files[i]) && !own_all(owners, files[i]))
			return false;
	return true;
}

bool owners_have(const struct map *owners, const struct overlay_file *file)
{
	const struct overlay_file *owner = map_get(owners, span_of(file->path));
	return owner && file->layer <= owner->layer;
}
