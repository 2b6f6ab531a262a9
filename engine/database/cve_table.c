#include "database/cve_table.h"

#include "database/rating.h"
#include "format/cve_id.h"
#include "format/cvss.h"

#include <stdio.h>
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

static struct cve_fact *fact_of(struct cve_table *table, struct cve_fact **list, const char *kind)
{
	for (struct cve_fact *fact = *list; fact; fact = fact->next)
		if (strcmp(fact->kind, kind) == 0)
			return fact;
	struct cve_fact *made = arena_alloc(table->arena, sizeof *made);
	if (!made)
		return NULL;
	*made = (struct cve_fact){.kind = kind, .value = "", .next = *list};
	return *list = made;
}

static const char *keep_value(struct cve_table *table, const char *value)
{
	table->values.arena = table->arena;
	const char *known = map_get(&table->values, span_of(value));
	if (known)
		return known;
	char *copy = arena_string(table->arena, value);
	return copy && map_put(&table->values, span_of(copy), copy) ? copy : NULL;
}

bool cve_table_state(struct cve_table *table, struct cve_entry *entry, const char *kind, const char *value)
{
	struct cve_fact *fact = fact_of(table, &entry->stated, kind);
	return fact && (strcmp(fact->value, value) == 0 || (fact->value = keep_value(table, value)));
}

/* Keeps the better vector: of the higher CVSS version, then of the higher score. */
static bool derive(struct cve_table *table, struct cve_entry *entry, const char *source, const char *vector)
{
	struct cvss cvss, known = {.version = 0};
	if (cvss_score(span_of(vector), &cvss, NULL) < 0)
		return true;
	struct cve_fact *fact = fact_of(table, &entry->derived, source);
	if (!fact)
		return false;
	if (*fact->value)
		cvss_score(span_of(fact->value), &known, NULL);
	if (cvss.version < known.version || (cvss.version == known.version && cvss.score <= known.score))
		return true;
	return (fact->value = keep_value(table, vector)) != NULL;
}

static bool states(const struct cve_entry *entry, const char *kind)
{
	for (const struct cve_fact *fact = entry->stated; fact; fact = fact->next)
		if (strcmp(fact->kind, kind) == 0)
			return true;
	return false;
}

/* The next kind in the order of the alphabet, so that the order of the inputs does not matter. */
static const struct cve_fact *next_fact(const struct cve_fact *list, const char *after)
{
	const struct cve_fact *next = NULL;
	for (const struct cve_fact *fact = list; fact; fact = fact->next)
		if (strcmp(fact->kind, after) > 0 && (!next || strcmp(fact->kind, next->kind) < 0))
			next = fact;
	return next;
}

/* What a source states itself replaces the copies of it. */
bool cve_facts_write(const struct cve_entry *entry, bool stated, struct buffer *lines)
{
	const struct cve_fact *list = stated ? entry->stated : entry->derived, *fact = NULL;
	bool done = true;
	while (done && (fact = next_fact(list, fact ? fact->kind : "")) != NULL)
		if (*fact->value && (stated || !states(entry, fact->kind)))
			done = buffer_add(lines, fact->kind, strlen(fact->kind)) && buffer_add(lines, " ", 1) &&
			       buffer_add(lines, fact->value, strlen(fact->value)) && buffer_add(lines, "\n", 1);
	return done;
}

void cve_kev_write(const struct cve_entry *entry, char text[CVE_KEV_SIZE])
{
	snprintf(text, CVE_KEV_SIZE, "%.10s %.10s%s", entry->kev_added, entry->kev_due, entry->ransomware ? " ransomware" : "");
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
	if (!entry || (*text->vector && !derive(table, entry, rating_vector_source(text->id), text->vector)))
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
