/* what is known of a CVE whatever package it is in, gathered while feeds are read */
#ifndef TARSIER_DATABASE_CVE_TABLE_H
#define TARSIER_DATABASE_CVE_TABLE_H

#include "base/map.h"
#include "database/advisory_text.h"

enum { CVE_SCORE_UNKNOWN = -1 };

/* There are as many as EPSS has lines, so it is kept small. */
struct cve_entry {
	uint32_t cve;
	int32_t epss, percentile;  /* hundred-thousandths, as FIRST publishes them; or CVE_SCORE_UNKNOWN */
	uint32_t epss_day;         /* of the file that the scores come from, 20260816; or 0 */
	const char *kev_added, *kev_due; /* NULL: not in the catalogue */
	const char *cvss;          /* the best vector that any record of it carries; or NULL */
	double cvss_score;
	uint32_t text;             /* an advisory that describes it; or 0 */
	uint8_t cvss_version, text_rank; /* rank: how well it describes it, see cve_table_note */
	bool ransomware, from_kev, from_epss; /* from: in these inputs, not only in an older database */
};

/* By CVE. Strings and table lie in the arena. */
struct cve_table {
	struct arena *arena;
	struct cve_entry *items;
	size_t count, capacity;
	struct map numbers;        /* of CVEs, to index + 1 */
};

/* The entry of that CVE, made if there is none; NULL when memory ran out. Lives until the next call. */
struct cve_entry *cve_table_at(struct cve_table *table, uint32_t cve);
/* Keeps the vector if it is the better one: of the higher CVSS version, then of the higher score. False: no memory. */
bool cve_table_cvss(struct cve_table *table, struct cve_entry *entry, const char *vector);
/* Takes from an advisory, of that number, what it says of CVEs whatever package they are in. In an order that depends on
 * the advisories only. False: no memory. */
bool cve_table_note(struct cve_table *table, const struct advisory_text *text, uint32_t number);
/* By rising number. No cve_table_at afterwards. */
void cve_table_sort(struct cve_table *table);

#endif
