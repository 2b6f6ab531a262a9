#include "database/cve_facts.h"

#include "format/cvss.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(const struct facts *facts, uint32_t cve)
{
	size_t at = (cve * 0x9E3779B1u >> 7) & (facts->slot_count - 1);
	while (facts->slots[at] && facts->items[facts->slots[at] - 1].cve != cve)
		at = (at + 1) & (facts->slot_count - 1);
	return at;
}

static bool grow_slots(struct facts *facts)
{
	size_t count = facts->slot_count ? facts->slot_count * 2 : 1024;
	facts->slots = arena_array(facts->arena, count, sizeof *facts->slots);
	if (!facts->slots)
		return false;
	facts->slot_count = count;
	for (size_t i = 0; i < facts->count; i++)
		facts->slots[slot_of(facts, facts->items[i].cve)] = (uint32_t)(i + 1);
	return true;
}

struct fact *facts_at(struct facts *facts, uint32_t cve)
{
	if (facts->count * 2 >= facts->slot_count && !grow_slots(facts))
		return NULL;
	size_t slot = slot_of(facts, cve);
	if (facts->slots[slot])
		return &facts->items[facts->slots[slot] - 1];
	struct fact *items = arena_grow(facts->arena, facts->items, facts->count, &facts->capacity, sizeof *items);
	if (!items)
		return NULL;
	facts->items = items;
	items[facts->count] = (struct fact){.cve = cve, .epss = FACT_UNKNOWN, .percentile = FACT_UNKNOWN};
	facts->slots[slot] = (uint32_t)++facts->count;
	return &items[facts->count - 1];
}

bool facts_cvss(struct facts *facts, struct fact *fact, const char *vector)
{
	struct cvss cvss;
	if (cvss_score(span_of(vector), &cvss, NULL) < 0)
		return true;
	if (cvss.version < fact->cvss_version || (cvss.version == fact->cvss_version && cvss.score <= fact->cvss_score))
		return true;
	fact->cvss = arena_string(facts->arena, vector);
	fact->cvss_version = cvss.version;
	fact->cvss_score = cvss.score;
	return fact->cvss != NULL;
}

static int compare_facts(const void *a, const void *b)
{
	uint32_t one = ((const struct fact *)a)->cve, other = ((const struct fact *)b)->cve;
	return (one > other) - (one < other);
}

void facts_sort(struct facts *facts)
{
	if (facts->count)
		qsort(facts->items, facts->count, sizeof *facts->items, compare_facts);
}
