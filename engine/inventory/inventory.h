/* from evidence to packages with their purl and layer; one file a package database in readers/ */
#ifndef TARSIER_INVENTORY_INVENTORY_H
#define TARSIER_INVENTORY_INVENTORY_H

#include "inventory/problems.h"
#include "layer/overlay.h"

struct package_list {
	struct tarsier_package *items;
	size_t count, capacity;
	struct problem_list problems;
};

enum {
	IMAGE_PACKAGES_LIMIT = 80000,            /* a distribution with all its packages has 70,000 */
	IMAGE_PACKAGES_BYTES = 32 * 1024 * 1024, /* of their strings: 400 each; a path of pnpm alone may have 250 */
};

/* Lists the packages that the overlay shows, sorted by type, name, version. Duplicates are dropped (same type, name,
 * version, architecture and path), and so is what a language's reader found in a file that a package of the
 * distribution brought: it is matched as that package, whose version says which fixes the distribution has put into it. A package's
 * layer is the lowest one from which on every layer that rewrites the evidence holds it. The list lies in the arena.
 * Returns OK, MEMORY, or LIMIT beyond the two limits above. */
int inventory_build(struct arena *arena, const struct overlay *overlay, const struct distro *distro,
                    struct package_list *list, struct tarsier_error *error);

/* The purl of a package whose other fields are set; `distro` is NULL if no distribution made it.
 * NULL when memory ran out. */
const char *package_purl(struct arena *arena, const struct tarsier_package *package, const struct distro *distro);

#endif
