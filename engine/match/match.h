/* matches packages with advisories */
#ifndef TARSIER_MATCH_MATCH_H
#define TARSIER_MATCH_MATCH_H

#include "database/database.h"
#include "inventory/problems.h"

#include <stdatomic.h>

struct finding_list {
	struct tarsier_finding *items;
	size_t count, capacity;
	struct problem_list problems; /* packages that could not be matched fully */
};

/* Limit of findings in an image. A kernel has 4,000 for each of its packages, and an image may hold several kernels; an
 * image beyond that is crafted to use up memory. A finding takes 500 bytes; findings of one advisory share its
 * texts. */
enum { FINDINGS_LIMIT = 500000 };

/* Matches packages with the database. The findings are in the arena, sorted as tarsier.h says: one for each package and
 * vulnerability. `severity_order` is tarsier_config's severity_sources; or NULL. Several threads may use one database at
 * once. Returns OK, MEMORY, DATABASE, LIMIT, or CANCELLED soon after *cancelled is set. */
int match_packages(struct database *database, struct arena *arena, const struct tarsier_package *packages, size_t count,
                   const char *severity_order, const atomic_bool *cancelled, struct finding_list *findings,
                   struct tarsier_error *error);

/* Sorts as tarsier.h says: most severe first, then package name, then id. */
void match_sort(struct tarsier_finding *findings, size_t count);
/* Adds KEV and EPSS to findings of another matcher, by their id or, if that is not a CVE, by the worst of their
 * aliases. Returns OK, MEMORY, DATABASE, or CANCELLED soon after *cancelled is set. */
int match_enrich(struct database *database, struct arena *arena, struct tarsier_finding *findings, size_t count,
                 const atomic_bool *cancelled, struct tarsier_error *error);

#endif
