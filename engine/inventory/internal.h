/* what the files of this room share */
#ifndef TARSIER_INVENTORY_INTERNAL_H
#define TARSIER_INVENTORY_INTERNAL_H

#include "base/map.h"
#include "inventory/distro.h"
#include "inventory/problems.h"

/* ---- origins.c --------------------------------------------------------------------------------------------------- */

struct package_origin { /* of a package in the file that the image shows */
	const struct package *package;
	size_t layer;
	bool held; /* by every layer that was asked so far */
};

/* Asks the layers below that have the file too: a package's layer is the lowest one from which on every layer that
 * rewrites the file holds the package. A file below that could not be read counts as empty. Sorts the origins; there
 * must be as many as the file has packages. Returns OK, MEMORY. */
int origins_find(struct arena *arena, const struct overlay_file *file, struct package_origin *origins);

/* ---- owners.c ---------------------------------------------------------------------------------------------------- */

/* Fills a map from the path of evidence to the package database that says whose it is. The map stays empty for a
 * distribution without a feed: there the language's feed is the only one. False when memory ran out. */
bool owners_find(struct map *owners, const struct overlay_file *const *files, size_t count,
                 const struct distro *distro);

/* Did a package of the distribution bring this evidence? A file from a layer above the database's own is not what the
 * package brought: pip may have replaced it. */
bool owners_have(const struct map *owners, const struct overlay_file *file);

/* ---- third_party.c ----------------------------------------------------------------------------------------------- */

/* Whether the vendor of an rpm, or without one its release, says that somebody else than the distribution built it. */
bool is_third_party(const struct distro *distro, const struct package *package);

/* ---- package_purl.c ---------------------------------------------------------------------------------------------- */

/* "debian-12"; "" if there is no distribution. NULL when memory ran out. */
const char *purl_distro(struct arena *arena, const struct distro *distro);

/* package_purl, for callers with many packages: `qualifier` is purl_distro's answer. */
const char *package_purl_qualified(struct arena *arena, const struct tarsier_package *package,
                                   const struct distro *distro, const char *qualifier);

#endif
