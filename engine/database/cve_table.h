/* facts about CVEs that do not depend on a package, gathered while feeds are read */
#ifndef TARSIER_DATABASE_CVE_TABLE_H
#define TARSIER_DATABASE_CVE_TABLE_H

#include "base/map.h"
#include "database/advisory_text.h"

enum { CVE_SCORE_UNKNOWN = -1 };

/* A line about a CVE: "nvd CVSS:3.1/AV:N/…", "ghsa moderate", "ssvc active yes total", "cwe CWE-79 CWE-89",
 * "euvd EUVD-2025-0001", "exploited 2025-01-14", "nvd_status Deferred". */
struct cve_fact { const char *kind, *value; struct cve_fact *next; };

/* EPSS has hundreds of thousands of entries, so one is small. */
struct cve_entry {
	uint32_t cve;
	int32_t epss, percentile;  /* hundred-thousandths, as FIRST publishes them; or CVE_SCORE_UNKNOWN */
	uint32_t epss_day;         /* the day of the EPSS file, 20260816; or 0 */
	const char *kev_added, *kev_due; /* NULL: not in the catalogue */
	struct cve_fact *stated;   /* what feeds about CVEs say of it; newest first */
	struct cve_fact *derived;  /* the best vector of each source of its advisories */
	uint32_t text;             /* the number of an advisory that describes it; or 0 */
	uint8_t text_rank;         /* rank: how well the text describes it, see cve_table_note */
	bool named;                /* by a record about a package */
	bool touched;              /* by a record of these inputs or one that they replace: what follows from records has changed */
	bool ransomware, from_kev, from_epss; /* from: present in these inputs, not only in an older database */
};

/* Sorted by CVE. Strings and table are in the arena. */
struct cve_table {
	struct arena *arena;
	struct cve_entry *items;
	size_t count, capacity;
	struct map values;         /* of facts, each once: most vectors are shared */
	struct map numbers;        /* from CVE number to index + 1 */
};

/* Returns the entry of that CVE, created if necessary, or NULL if memory ran out. Valid until the next call. */
struct cve_entry *cve_table_at(struct cve_table *table, uint32_t cve);
/* Notes what a feed about CVEs states. A later statement of a kind replaces an earlier one. `kind` is static. Returns false
 * if memory ran out. */
bool cve_table_state(struct cve_table *table, struct cve_entry *entry, const char *kind, const char *value);
/* Writes the catalogue's entry as the database has it: "2021-12-10 2021-12-24 ransomware". */
enum { CVE_KEV_SIZE = 96 };
void cve_kev_write(const struct cve_entry *entry, char text[CVE_KEV_SIZE]);
/* Appends the facts as lines, sorted. Returns false if memory ran out. */
bool cve_facts_write(const struct cve_entry *entry, bool stated, struct buffer *lines);
/* Takes from an advisory with that number its facts about CVEs. The order of calls must depend on the advisories only.
 * Returns false if memory ran out. */
bool cve_table_note(struct cve_table *table, const struct advisory_text *text, uint32_t number);
/* Sorts by rising number. Do not call cve_table_at afterwards. */
void cve_table_sort(struct cve_table *table);

#endif
