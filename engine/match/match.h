/* packages × advisories → findings */
#ifndef TARSIER_MATCH_MATCH_H
#define TARSIER_MATCH_MATCH_H

#include "database/database.h"

struct finding_list {
	struct tarsier_finding *items;
	size_t count, capacity;
	struct tarsier_problem *problems; /* NO_FEED: an ecosystem that has packages here and no advisory in the database */
	size_t problem_count, problem_capacity;
};

/* Findings that an image may have: real ones have up to ten thousand; told in Lua and in JSON, each takes 10 KB. */
enum { FINDINGS_LIMIT = 25000 };

/* LIMIT beyond that. Findings in the arena, sorted as tarsier.h says, aliases merged: one finding a (package, vulnerability). Safe in
 * several threads at once on one database. */
int match_packages(struct database *database, struct arena *arena, const struct tarsier_package *packages, size_t count,
                   struct finding_list *findings, struct tarsier_error *error);

/* As tarsier.h says: most severe first, then package name, then id. */
void match_sort(struct tarsier_finding *findings, size_t count);
/* KEV and EPSS of findings that came from elsewhere, by their id or, where that is no CVE, by the worst of their aliases. */
int match_enrich(struct database *database, struct arena *arena, struct tarsier_finding *findings, size_t count,
                 struct tarsier_error *error);

#endif
