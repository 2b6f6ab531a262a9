#include "match/group.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading records once --------------------------------------------------------------------------------------- */

/* Returns what is stored under that number, or new memory for it (*fresh is true then); NULL if memory ran out. */
static void *recall(struct map *map, struct arena *arena, uint32_t key, size_t size, bool *fresh)
{
	map->arena = arena;
	void *value = map_get_number(map, key);
	*fresh = !value;
	if (value)
		return value;
	value = arena_alloc(arena, size);
	return value && map_put_number(map, key, value) ? value : NULL;
}

int matching_advisory_text(struct matching *matching, uint32_t advisory, const struct advisory_text **result,
                           struct tarsier_error *error)
{
	bool fresh;
	struct advisory_text *text = recall(&matching->texts, matching->arena, advisory, sizeof *text, &fresh);
	*result = text;
	if (!text)
		return error_memory(error);
	return fresh ? connection_advisory_text(matching->connection, matching->arena, advisory, text, error) : 0;
}

int matching_cve_facts(struct matching *matching, uint32_t cve, const struct cve_facts **result,
                       struct tarsier_error *error)
{
	bool fresh;
	struct cve_facts *facts = recall(&matching->cves, matching->arena, cve, sizeof *facts, &fresh);
	*result = facts;
	if (!facts)
		return error_memory(error);
	return fresh ? connection_cve(matching->connection, matching->arena, cve, facts, error) : 0;
}

/* ---- hits and the vulnerabilities that they mention -------------------------------------------------------------- */

static bool add_mention(struct matching *matching, struct mentions *mentions, uint32_t cve, const struct hit *hit,
                        const struct advisory_text *text)
{
	mentions->items = arena_grow(&matching->scratch, mentions->items, mentions->count, &mentions->capacity,
	                             sizeof *mentions->items);
	if (mentions->items)
		mentions->items[mentions->count++] = (struct mention){.cve = cve, .hit = hit, .text = text};
	return mentions->items != NULL;
}

static int compare_trackers(const void *a, const void *b)
{
	const struct hit *one = *(const struct hit *const *)a, *other = *(const struct hit *const *)b;
	return (one->cve > other->cve) - (one->cve < other->cve);
}

/* The trackers' hits, sorted by CVE for bsearch. */
struct trackers { struct hit **items; size_t count; bool open; };

static bool trackers_find(struct matching *matching, struct trackers *trackers)
{
	*trackers = (struct trackers){.items = arena_array(&matching->scratch, matching->hit_count, sizeof *trackers->items)};
	if (!trackers->items)
		return false;
	for (size_t i = 0; i < matching->hit_count; i++) {
		struct hit *hit = &matching->hits[i];
		if (!hit->cve)
			continue;
		trackers->items[trackers->count++] = hit;
		trackers->open = trackers->open || (hit->affected && !hit->has_fix);
	}
	qsort(trackers->items, trackers->count, sizeof *trackers->items, compare_trackers);
	return true;
}

/* Returns the first tracker's hit for the CVE, or its insertion point. There may be a record for all releases and one
 * for a single release. */
static size_t trackers_first(const struct trackers *trackers, uint32_t cve)
{
	size_t low = 0, high = trackers->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (trackers->items[middle]->cve < cve)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The tracker says "open", but the advisory names a fixed version that is installed. */
static void trackers_close(const struct trackers *trackers, const struct advisory_text *text)
{
	for (size_t i = 0; i < text->cve_count; i++)
		for (size_t j = trackers_first(trackers, text->cves[i]);
		     j < trackers->count && trackers->items[j]->cve == text->cves[i]; j++)
			if (!trackers->items[j]->has_fix)
				trackers->items[j]->affected = false;
}

bool advisory_is_newer(const struct advisory_text *text, const struct advisory_text *other)
{
	return strcmp(*text->published ? text->published : text->modified, other->modified) > 0;
}

/* Sets *overruled if a tracker says that this CVE does not affect the package, and the advisory is not newer. If the
 * tracker calls the CVE open or does not know it, other advisories count. */
static int trackers_overrule(struct matching *matching, const struct trackers *trackers,
                             const struct advisory_text *text, uint32_t cve, bool *overruled,
                             struct tarsier_error *error)
{
	const struct advisory_text *own;
	int code = 0;
	*overruled = false;
	for (size_t i = trackers_first(trackers, cve); i < trackers->count && code >= 0 && !*overruled; i++) {
		const struct hit *tracker = trackers->items[i];
		if (tracker->cve != cve)
			break;
		if (tracker->status == STATUS_NOT_AFFECTED)
			*overruled = true;
		if (*overruled || tracker->affected || !tracker->has_fix)
			continue;
		code = matching_advisory_text(matching, tracker->advisory, &own, error);
		*overruled = code >= 0 && !advisory_is_newer(text, own);
	}
	return code;
}

static int mention_hit(struct matching *matching, const struct trackers *trackers, const struct hit *hit,
                       struct mentions *mentions, struct tarsier_error *error)
{
	const struct advisory_text *text;
	int code = matching_advisory_text(matching, hit->advisory, &text, error);
	if (code < 0)
		return code;
	if (hit->cve)
		return add_mention(matching, mentions, hit->cve, hit, text) ? 0 : error_memory(error);
	for (size_t i = 0; i < text->cve_count && code >= 0; i++) {
		bool overruled;
		code = trackers_overrule(matching, trackers, text, text->cves[i], &overruled, error);
		if (code >= 0 && !overruled && !add_mention(matching, mentions, text->cves[i], hit, text))
			return error_memory(error);
	}
	if (code < 0)
		return code;
	if (text->cve_count == 0 && !add_mention(matching, mentions, 0, hit, text))
		return error_memory(error);
	return 0;
}

static int collect(struct matching *matching, struct mentions *mentions, struct tarsier_error *error)
{
	struct trackers trackers;
	const struct advisory_text *text;
	int code = trackers_find(matching, &trackers) ? 0 : error_memory(error);
	for (size_t i = 0; i < matching->hit_count && code >= 0 && trackers.open; i++) {
		const struct hit *hit = &matching->hits[i];
		if (hit->cve || hit->affected || !hit->has_fix)
			continue;
		code = matching_advisory_text(matching, hit->advisory, &text, error);
		if (code >= 0)
			trackers_close(&trackers, text);
	}
	for (size_t i = 0; i < matching->hit_count && code >= 0; i++)
		if (matching->hits[i].affected)
			code = mention_hit(matching, &trackers, &matching->hits[i], mentions, error);
	return code;
}

/* ---- advisories without a CVE ------------------------------------------------------------------------------------ */

/*
 * Mentions without a CVE that share a name are one vulnerability; so are those that share one with a third. They take the
 * lowest CVE of the mentions that share a name with any of them. Nothing depends on the order of the advisories.
 */

struct join {
	struct mentions *mentions;
	struct map owners;  /* name → the first mention without a CVE that has it, its index + 1 */
	struct map cves;    /* name → the lowest CVE of those with one */
};

/* Mentions point to an earlier one of their group; the first points to itself. */
static uint32_t join_head(const struct join *join, uint32_t index)
{
	struct mention *items = join->mentions->items;
	while (items[index].head != index)
		index = items[index].head = items[items[index].head].head;
	return index;
}

static void unite(struct join *join, uint32_t one, uint32_t other)
{
	uint32_t a = join_head(join, one), b = join_head(join, other);
	join->mentions->items[a > b ? a : b].head = a < b ? a : b;
}

/* Returns the n-th name of an advisory: its id, then its aliases; NULL after the last. */
static const char *name_at(const struct advisory_text *text, size_t n)
{
	return n == 0 ? text->id : text->aliases[n - 1];
}

static bool note_cve(struct join *join, const struct mention *mention)
{
	const char *name;
	for (size_t n = 0; (name = name_at(mention->text, n)) != NULL; n++) {
		uintptr_t known = (uintptr_t)map_get(&join->cves, span_of(name));
		if ((!known || mention->cve < known) && !map_put(&join->cves, span_of(name), (void *)(uintptr_t)mention->cve))
			return false;
	}
	return true;
}

static bool join_names(struct join *join, uint32_t index)
{
	const char *name;
	for (size_t n = 0; (name = name_at(join->mentions->items[index].text, n)) != NULL; n++) {
		uintptr_t owner = (uintptr_t)map_get(&join->owners, span_of(name));
		if (owner)
			unite(join, index, (uint32_t)owner - 1);
		else if (!map_put(&join->owners, span_of(name), (void *)((uintptr_t)index + 1)))
			return false;
	}
	return true;
}

/* Returns the lowest CVE that a name of the mention is known with; 0 if there is none. */
static uint32_t cve_of_names(const struct join *join, const struct mention *mention)
{
	uint32_t lowest = 0;
	const char *name;
	for (size_t n = 0; (name = name_at(mention->text, n)) != NULL; n++) {
		uint32_t cve = (uint32_t)(uintptr_t)map_get(&join->cves, span_of(name));
		if (cve && (!lowest || cve < lowest))
			lowest = cve;
	}
	return lowest;
}

/* Gives the CVE of each group to its head, then the head's to all. From then on each mention points to its head: those
 * before it already did when join_head followed its path. */
static bool spread_cves(struct join *join, struct arena *scratch)
{
	struct mentions *mentions = join->mentions;
	uint32_t *lowest = arena_array(scratch, mentions->count, sizeof *lowest);
	for (uint32_t i = 0; lowest && i < mentions->count; i++) {
		uint32_t head = join_head(join, i), cve = mentions->items[i].cve ? 0 : cve_of_names(join, &mentions->items[i]);
		if (cve && (!lowest[head] || cve < lowest[head]))
			lowest[head] = cve;
	}
	for (uint32_t i = 0; lowest && i < mentions->count; i++)
		if (!mentions->items[i].cve)
			mentions->items[i].cve = lowest[mentions->items[i].head];
	return lowest != NULL;
}

static bool join_mentions(struct matching *matching, struct mentions *mentions)
{
	struct join join = {.mentions = mentions, .owners.arena = &matching->scratch, .cves.arena = &matching->scratch};
	bool done = true, any = false;
	for (uint32_t i = 0; i < mentions->count; i++) {
		mentions->items[i].head = i;
		any = any || !mentions->items[i].cve;
	}
	for (uint32_t i = 0; i < mentions->count && any && done; i++)
		done = mentions->items[i].cve ? note_cve(&join, &mentions->items[i]) : join_names(&join, i);
	if (done && any)
		done = spread_cves(&join, &matching->scratch);
	return done;
}

int mentions_collect(struct matching *matching, struct mentions *mentions, struct tarsier_error *error)
{
	*mentions = (struct mentions){0};
	int code = collect(matching, mentions, error);
	if (code >= 0 && !join_mentions(matching, mentions))
		return error_memory(error);
	return code;
}
