#include "database/cve_table.h"

#include "format/cvss.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(const struct cve_table *table, uint32_t cve)
{
	size_t at = (cve * 0x9E3779B1u >> 7) & (table->slot_count - 1);
	while (table->slots[at] && table->items[table->slots[at] - 1].cve != cve)
		at = (at + 1) & (table->slot_count - 1);
	return at;
}

static bool grow_slots(struct cve_table *table)
{
	size_t count = table->slot_count ? table->slot_count * 2 : 1024;
	table->slots = arena_array(table->arena, count, sizeof *table->slots);
	if (!table->slots)
		return false;
	table->slot_count = count;
	for (size_t i = 0; i < table->count; i++)
		table->slots[slot_of(table, table->items[i].cve)] = (uint32_t)(i + 1);
	return true;
}

struct cve_entry *cve_table_at(struct cve_table *table, uint32_t cve)
{
	if (table->count * 2 >= table->slot_count && !grow_slots(table))
		return NULL;
	size_t slot = slot_of(table, cve);
	if (table->slots[slot])
		return &table->items[table->slots[slot] - 1];
	struct cve_entry *items = arena_grow(table->arena, table->items, table->count, &table->capacity, sizeof *items);
	if (!items)
		return NULL;
	table->items = items;
	items[table->count] = (struct cve_entry){.cve = cve, .epss = CVE_SCORE_UNKNOWN, .percentile = CVE_SCORE_UNKNOWN};
	table->slots[slot] = (uint32_t)++table->count;
	return &items[table->count - 1];
}

bool cve_table_cvss(struct cve_table *table, struct cve_entry *entry, const char *vector)
{
	struct cvss cvss;
	if (cvss_score(span_of(vector), &cvss, NULL) < 0)
		return true;
	if (cvss.version < entry->cvss_version || (cvss.version == entry->cvss_version && cvss.score <= entry->cvss_score))
		return true;
	entry->cvss = arena_string(table->arena, vector);
	entry->cvss_version = cvss.version;
	entry->cvss_score = cvss.score;
	return entry->cvss != NULL;
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
