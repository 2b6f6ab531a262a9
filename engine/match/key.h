/* the keys by which packages are looked up */
#ifndef TARSIER_MATCH_KEY_H
#define TARSIER_MATCH_KEY_H

#include "base/error.h"
#include "base/span.h"

/* Packages with equal keys have the same findings. All strings are non-NULL. */
struct match_key {
	span ecosystem;                     /* as ecosystem_key writes it */
	const char *name, *version;
	bool rpm;
	const char *module;                 /* an rpm's module stream, "nodejs:20"; "" if it is in none */
	const char *source, *source_version; /* a second name to look up, and its version; "" if there is none */
	bool epoch_unknown;                 /* source_version lacks the epoch that the source package may have */
	size_t package;                     /* index of the package */
};

/* Makes the keys of the packages that have an ecosystem, sorted, in the arena; equal ones are adjacent. Returns OK or
 * MEMORY. */
int match_keys(struct arena *arena, const struct tarsier_package *packages, size_t count, struct match_key **keys,
               size_t *key_count, struct tarsier_error *error);

/* Orders by all fields except the package. */
int match_key_compare(const void *a, const void *b);

#endif
