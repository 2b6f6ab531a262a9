#include "package.h"

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
