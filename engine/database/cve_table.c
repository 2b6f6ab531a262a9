#include "database/cve_table.h"

#include "format/cve_id.h"
#include "format/cvss.h"

#include <stdlib.h>
#include <string.h>

struct cve_entry *cve_table_at(struct cve_table *table, uint32_t cve)
{
	table->numbers.arena = table->arena;
	uintptr_t known = (uintptr_t)map_get_number(&table->numbers, cve);
	if (known)
		return &table->items[known - 1];
	struct cve_entry *items = arena_grow(table->arena, table->items, table->count, &table->capacity, sizeof *items);
	if (!items || !map_put_number(&table->numbers, cve, (void *)(uintptr_t)(table->count + 1)))
		return NULL;
	table->items = items;
	items[table->count] = (struct cve_entry){.cve = cve, .epss = CVE_SCORE_UNKNOWN, .percentile = CVE_SCORE_UNKNOWN};
	return &items[table->count++];
}

bool cve_table_cvss(struct cve_table *table, struct cve_entry *entry, const char *vector)
{
	struct cvss cvss;
	if (cvss_score(span_of(vector), &cvss, NULL) < 0)
		return true;
	if (cvss.version < entry->cvss_version || (cvss.version == entry->cvss_version && cvss.score <= entry->cvss_score))
		return true;
	entry->cvss = arena_string(table->arena, vector);
	entry->cvss_version = (uint8_t)cvss.version;
	entry->cvss_score = cvss.score;
	return entry->cvss != NULL;
}

/* The rank of texts about a CVE: its own record, GitHub's, any other. */
static uint8_t rank_of(const struct advisory_text *text, uint32_t cve)
{
	return cve_number(span_of(text->id)) == cve ? 1 : strncmp(text->id, "GHSA-", 5) == 0 ? 2 : 3;
}

/* A record about one CVE may provide the text and the vector that the CVE's own record lacks. "ALSA-…" and "DSA-…" may
 * not: they describe a package. */
bool cve_table_note(struct cve_table *table, const struct advisory_text *text, uint32_t number)
{
	bool about_cve = !text->distribution || cve_tracked(span_of(text->id)) || cve_number(span_of(text->id));
	bool tells = *text->details;
	if (text->cve_count != 1 || !about_cve || (!tells && !*text->vector))
		return true;
	struct cve_entry *entry = cve_table_at(table, text->cves[0]);
	if (!entry || (*text->vector && !cve_table_cvss(table, entry, text->vector)))
		return false;
	uint8_t rank = rank_of(text, entry->cve);
	if (tells && (!entry->text || rank < entry->text_rank)) {
		entry->text = number;
		entry->text_rank = rank;
	}
	return true;
}

static int compare_cves(const void *a, const void *b)
{
	uint32_t one = ((const struct cve_entry *)a)->cve, other = ((const struct cve_entry *)b)->cve;
	return (one > other) - (one < other);
}

void cve_table_sort(struct cve_table *table)
{
	if (table->count)
		qsort(table->items, table->count, sizeof *table->items, compare_cves);
}
