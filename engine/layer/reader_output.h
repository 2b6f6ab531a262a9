/* what a reader finds in evidence */
#ifndef TARSIER_LAYER_READER_OUTPUT_H
#define TARSIER_LAYER_READER_OUTPUT_H

#include "base/error.h"
#include "base/span.h"

/* All strings lie in the inventory's arena; never NULL. */
struct package {
	const char *type;          /* purl type: "deb", "apk", "rpm", "pypi" */
	const char *name, *version;
	const char *architecture;  /* "" where it has none */
	const char *source_name, *source_version; /* "" : the same as name and version */
	const char *ecosystem;     /* OSV's word where the type alone decides it ("PyPI"); "" where the distribution does */
};

struct matcher;

struct inventory {
	struct arena *arena;
	struct package *packages;
	size_t count, capacity;
	const struct matcher *matcher; /* which paths are evidence: of others nobody asks whose they are; or NULL */
	const char **owned;            /* evidence that belongs to one of these packages */
	size_t owned_count, owned_capacity;
};

/* Packages one file may hold, or evidence it may own: the largest distribution has about 70,000 packages. */
enum { INVENTORY_LIMIT = 200000 };

/* Copies the package's strings (NULL counts as "") into the inventory. Packages without name or version are not added.
 * OK, MEMORY, LIMIT. */
int inventory_add(struct inventory *inventory, const struct package *package, struct tarsier_error *error);

/* A package in this inventory brought the file NAME in FOLDER ("" where NAME is the whole path): what a language's reader
 * finds there is the same software once more. Kept where it is evidence, as a path from the root. OK, MEMORY, LIMIT. */
int inventory_own(struct inventory *inventory, span folder, span name, struct tarsier_error *error);

#endif
