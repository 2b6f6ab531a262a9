/* finds packages in evidence and sets their purl and layer; readers/ has a file for each package database */
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
	IMAGE_PACKAGES_LIMIT = 80000,            /* a distribution has 70,000 packages in all */
	IMAGE_PACKAGES_BYTES = 32 * 1024 * 1024, /* of their strings: 400 each; a path of pnpm alone may have 250 */
};

/* Lists the packages that the overlay shows, sorted by type, name, version. Drops duplicates (same type, name, version,
 * architecture and path). A language's package in a file that a package of the operating system installed has that one as
 * its owner, and no ecosystem if the distribution's advisories cover the owner: it is matched as the owner, whose version
 * tells which fixes the distribution applied. A package's layer is the lowest one from
 * which on every layer that rewrites the evidence holds it. Debian's packages have the licences of their copyright
 * files. The list is in the arena. Returns OK, MEMORY, or LIMIT
 * above the two limits. */
int inventory_build(struct arena *arena, const struct overlay *overlay, const struct distro *distro,
                    struct package_list *list, struct tarsier_error *error);

/* Returns the purl of a package whose other fields are set, or NULL if memory ran out. `distro` is NULL if the package
 * is not a distribution's. */
const char *package_purl(struct arena *arena, const struct tarsier_package *package, const struct distro *distro);

#endif
