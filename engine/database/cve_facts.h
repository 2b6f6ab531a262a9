/* what is known of a CVE whatever package it is in, gathered while feeds are read */
#ifndef TARSIER_DATABASE_CVE_FACTS_H
#define TARSIER_DATABASE_CVE_FACTS_H

#include "database/advisory.h"

enum { FACT_UNKNOWN = -1 };

struct fact {
	uint32_t cve;
	int32_t epss, percentile;  /* hundred-thousandths, as FIRST publishes them; or FACT_UNKNOWN */
	const char *kev_added, *kev_due; /* NULL: not in the catalogue */
	bool ransomware;
	bool from_kev, from_epss;  /* in these inputs, not only in an older database */
	int cvss_version;
	double cvss_score;
	const char *cvss;          /* the best vector that any record of it carries; or NULL */
	uint32_t text;             /* an advisory that describes it; or 0 */
};

/* By CVE. Strings and table lie in the arena. */
struct facts {
	struct arena *arena;
	struct fact *items;
	size_t count, capacity;
	uint32_t *slots;           /* index + 1, by a hash of the number */
	size_t slot_count;
};

/* The fact of that CVE, made where it is not yet; NULL when memory ran out. Lives until the next call. */
struct fact *facts_at(struct facts *facts, uint32_t cve);
/* Keeps the vector if it is the better one: of the higher CVSS version, then of the higher score. False: no memory. */
bool facts_cvss(struct facts *facts, struct fact *fact, const char *vector);
/* By rising number. No facts_at afterwards. */
void facts_sort(struct facts *facts);

#endif
