/* what is known of a CVE whatever package it is in, gathered while feeds are read */
#ifndef TARSIER_DATABASE_CVE_TABLE_H
#define TARSIER_DATABASE_CVE_TABLE_H

#include "base/map.h"
#include "database/advisory.h"

enum { CVE_SCORE_UNKNOWN = -1 };

struct cve_entry {
	uint32_t cve;
	int32_t epss, percentile;  /* hundred-thousandths, as FIRST publishes them; or CVE_SCORE_UNKNOWN */
	const char *kev_added, *kev_due; /* NULL: not in the catalogue */
	bool ransomware;
	bool from_kev, from_epss;  /* in these inputs, not only in an older database */
	int cvss_version;
	double cvss_score;
	const char *cvss;          /* the best vector that any record of it carries; or NULL */
	uint32_t text;             /* an advisory that describes it; or 0 */
};

/* By CVE. Strings and table lie in the arena. */
struct cve_table {
	struct arena *arena;
	struct cve_entry *items;
	size_t count, capacity;
	struct map numbers;        /* of CVEs, to index + 1 */
};

/* The fact of that CVE, made where it is not yet; NULL when memory ran out. Lives until the next call. */
struct cve_entry *cve_table_at(struct cve_table *table, uint32_t cve);
/* Keeps the vector if it is the better one: of the higher CVSS version, then of the higher score. False: no memory. */
bool cve_table_cvss(struct cve_table *table, struct cve_entry *entry, const char *vector);
/* By rising number. No cve_table_at afterwards. */
void cve_table_sort(struct cve_table *table);

#endif
