/* internal to inventory/ */
#ifndef TARSIER_INVENTORY_INTERNAL_H
#define TARSIER_INVENTORY_INTERNAL_H

#include "base/map.h"
#include "inventory/distro.h"
#include "inventory/inventory.h"
#include "inventory/problems.h"

/* ---- origins.c --------------------------------------------------------------------------------------------------- */

struct package_origin { /* the origin of a package in the file that the image shows */
	const struct package *package;
	size_t layer;
	bool held; /* by every layer checked so far */
};

/* Checks the lower layers that also have the file. A package's layer is the lowest one from which on every layer that
 * rewrites the file holds the package. A lower file that could not be read counts as empty. Sorts the origins; there
 * must be as many as the file has packages. Returns OK or MEMORY. */
int origins_find(struct arena *arena, const struct overlay_file *file, struct package_origin *origins);

/* ---- owners.c ---------------------------------------------------------------------------------------------------- */

struct owner {                       /* of a file with packages of languages */
	const struct overlay_file *evidence;
	const struct package *package; /* the operating system's package that installed it, or NULL */
	size_t layer;                  /* of the package's database */
};
struct owners { struct map by_path, by_hash; };

/* Finds the owners of all evidence of languages. `owners` borrows from the files, and lies in the arena. Returns false if
 * memory ran out. */
bool owners_find(struct owners *owners, struct arena *arena, const struct overlay_file *const *files, size_t count);

/* Returns the package that installed this file, or NULL. A file from a layer above that of the package's database may
 * have been replaced, and has none. */
const struct package *owners_get(const struct owners *owners, const struct overlay_file *file);

/* ---- licenses.c -------------------------------------------------------------------------------------------------- */

/* Returns the lines of a package's licences as a NULL-terminated list; NULL if memory ran out. */
const char *const *licenses_split(struct arena *arena, const char *licenses);

/* Gives Debian's packages the licences of their copyright files. A package without such a file, whose documentation is a
 * link to another package's, has those of another package of the same source. Returns false if memory ran out. */
bool licenses_join(struct arena *arena, const struct overlay *overlay, struct package_list *list);

/* ---- secondary.c ------------------------------------------------------------------------------------------------- */

/* Drops the packages of secondary readers that another reader, or an earlier file, has found. Returns false if memory ran
 * out. */
bool secondaries_drop(struct package_list *list, const struct tarsier_allocator *allocator);

/* ---- assemblies.c ------------------------------------------------------------------------------------------------ */

/* Drops .NET assemblies that a deps.json covers, and those for the compiler only. Returns false if memory ran out. */
bool assemblies_drop(struct package_list *list, const struct overlay *overlay, const struct tarsier_allocator *allocator);

/* ---- third_party.c ----------------------------------------------------------------------------------------------- */

/* Returns true if an rpm was built by a third party, judging by its vendor or, if it has none, its release. */
bool is_third_party(const struct distro *distro, const struct package *package);

/* ---- package_purl.c ---------------------------------------------------------------------------------------------- */

/* Returns "debian-12"; "" if there is no distribution; NULL if memory ran out. */
const char *purl_distro(struct arena *arena, const struct distro *distro);

/* package_purl for callers with many packages: `qualifier` is the result of purl_distro. */
const char *package_purl_qualified(struct arena *arena, const struct tarsier_package *package,
                                   const struct distro *distro, const char *qualifier);

#endif
