#include "layer/path_match.h"

#include <string.h>

enum { OWNED_PATH_LIMIT = 4096 }; /* PATH_MAX: a longer one is no file that was unpacked */

static bool is_missing(const char *string)
{
	return !string || !*string;
}

/* Copies the strings; the package is then the inventory's own. False when the arena ran out. */
static bool copy_strings(struct arena *arena, struct package *package)
{
	const char **const fields[] = {
		&package->type,        &package->name,           &package->version,   &package->architecture,
		&package->source_name, &package->source_version, &package->ecosystem,
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (is_missing(*fields[i]))
			*fields[i] = "";
		else if (!(*fields[i] = arena_string(arena, *fields[i])))
			return false;
	}
	return true;
}

int inventory_add(struct inventory *inventory, const struct package *package, struct tarsier_error *error)
{
	if (is_missing(package->name) || is_missing(package->version))
		return TARSIER_OK;
	if (inventory->count >= INVENTORY_LIMIT)
		return error_set(error, TARSIER_LIMIT, "more than %d packages in one file", INVENTORY_LIMIT);
	struct package own = *package;
	struct package *packages = arena_grow(inventory->arena, inventory->packages, inventory->count,
	                                      &inventory->capacity, sizeof *packages);
	if (!packages)
		return error_memory(error);
	inventory->packages = packages;
	if (!copy_strings(inventory->arena, &own))
		return error_memory(error);
	packages[inventory->count++] = own;
	return TARSIER_OK;
}

/* The two joined, without the slashes and the "." they may begin with; empty where that is no path. */
static span join_path(char room[OWNED_PATH_LIMIT], span folder, span name)
{
	if (folder.len + name.len + 1 >= OWNED_PATH_LIMIT)
		return SPAN("");
	if (folder.len)
		memcpy(room, folder.ptr, folder.len);
	room[folder.len] = '/';
	if (name.len)
		memcpy(room + folder.len + 1, name.ptr, name.len);
	span path = {room, folder.len + 1 + name.len};
	while (span_starts(path, "/") || span_starts(path, "./"))
		path = span_from(path, 1);
	return path;
}

int inventory_own(struct inventory *inventory, span folder, span name, struct tarsier_error *error)
{
	char room[OWNED_PATH_LIMIT];
	span path = join_path(room, folder, name);
	if (!path.len || !inventory->matcher || !matcher_find(inventory->matcher, path))
		return TARSIER_OK;
	if (inventory->owned_count >= INVENTORY_LIMIT)
		return error_set(error, TARSIER_LIMIT, "packages in one file own more than %d pieces of evidence", INVENTORY_LIMIT);
	const char **owned = arena_grow(inventory->arena, inventory->owned, inventory->owned_count,
	                                &inventory->owned_capacity, sizeof *owned);
	const char *copy = span_copy(inventory->arena, path);
	if (!owned || !copy)
		return error_memory(error);
	inventory->owned = owned;
	owned[inventory->owned_count++] = copy;
	return TARSIER_OK;
}
