/* what rows say of one package, merged into one finding a vulnerability */
#ifndef TARSIER_MATCH_MERGE_H
#define TARSIER_MATCH_MERGE_H

#include "format/version.h"
#include "match/match.h"

/* What one advisory says of the package at hand. */
struct hit {
	uint32_t advisory;
	uint32_t cve;                    /* a tracker's record of that CVE; 0: any other advisory */
	bool affected, has_fix;
	enum tarsier_severity severity;  /* the distribution's word for this package */
	const char *vector;              /* of this package's own; or "" */
	const char *fix;                 /* "" where none is known */
};

/* One call's work: the connection and what was read through it already. */
struct numbered { uint32_t *keys; void **values; size_t count, capacity; };
struct matching {
	struct database *database;
	struct connection *connection;
	struct arena *arena;
	struct arena scratch;            /* what lives for one package */
	struct numbered texts, cves;   /* by advisory, by CVE */
	struct hit *hits;                /* of the package at hand; in `scratch` */
	size_t hit_count, hit_capacity;
};

/* One finding for each vulnerability of the package, without the package: in the arena. `scheme` orders the fixes and
 * may be NULL. */
int findings_merge(struct matching *matching, const struct version_scheme *scheme, struct tarsier_finding **findings,
                   size_t *count, struct tarsier_error *error);

#endif
