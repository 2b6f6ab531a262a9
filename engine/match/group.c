#include "match/group.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is read only once -------------------------------------------------------------------------------------- */

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
struct trackers { const struct hit **items; size_t count; bool open; };

static bool trackers_find(struct matching *matching, struct trackers *trackers)
{
	*trackers = (struct trackers){.items = arena_array(&matching->scratch, matching->hit_count, sizeof *trackers->items)};
	if (!trackers->items)
		return false;
	for (size_t i = 0; i < matching->hit_count; i++) {
		const struct hit *hit = &matching->hits[i];
		if (!hit->cve)
			continue;
		trackers->items[trackers->count++] = hit;
		trackers->open = trackers->open || (hit->affected && !hit->has_fix);
	}
	qsort(trackers->items, trackers->count, sizeof *trackers->items, compare_trackers);
	return true;
}

static struct hit *trackers_at(const struct trackers *trackers, uint32_t cve)
{
	struct hit key = {.cve = cve}, *wanted = &key;
	struct hit **tracker = NULL;
	if (trackers->count)
		tracker = bsearch(&wanted, trackers->items, trackers->count, sizeof *trackers->items, compare_trackers);
	return tracker ? *tracker : NULL;
}

/* The tracker says "open", but the advisory names a fixed version that is installed. */
static void trackers_close(const struct trackers *trackers, const struct hit *hit, const struct advisory_text *text)
{
	for (size_t i = 0; i < text->cve_count; i++) {
		struct hit *tracker = trackers_at(trackers, text->cves[i]);
		if (tracker && !tracker->has_fix && hit->has_fix)
			tracker->affected = false;
	}
}

/* True if the tracker says that this CVE does not affect the package. If the tracker calls the CVE open or does not
 * know it, other advisories count. */
static bool trackers_overrule(const struct trackers *trackers, uint32_t cve)
{
	const struct hit *tracker = trackers_at(trackers, cve);
	return tracker && !tracker->affected && tracker->has_fix;
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
	for (size_t i = 0; i < text->cve_count; i++)
		if (!trackers_overrule(trackers, text->cves[i]) && !add_mention(matching, mentions, text->cves[i], hit, text))
			return error_memory(error);
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
			trackers_close(&trackers, hit, text);
	}
	for (size_t i = 0; i < matching->hit_count && code >= 0; i++)
		if (matching->hits[i].affected)
			code = mention_hit(matching, &trackers, &matching->hits[i], mentions, error);
	return code;
}

/* ---- advisories without a CVE ------------------------------------------------------------------------------------ */

static bool has_name(const struct advisory_text *text, const char *name)
{
	if (strcmp(text->id, name) == 0)
		return true;
	for (const char **alias = text->aliases; *alias; alias++)
		if (strcmp(*alias, name) == 0)
			return true;
	return false;
}

static bool share_name(const struct advisory_text *a, const struct advisory_text *b)
{
	if (has_name(b, a->id))
		return true;
	for (const char **alias = a->aliases; *alias; alias++)
		if (has_name(b, *alias))
			return true;
	return false;
}

/* A mention without a CVE takes the CVE of a mention that shares a name; mentions that all lack one share the first's
 * place. Few advisories have no CVE, so the square of their number is small. */
static void join_mentions(struct mentions *mentions)
{
	for (bool changed = true; changed; ) {
		changed = false;
		for (size_t i = 0; i < mentions->count; i++) {
			struct mention *mention = &mentions->items[i];
			for (size_t j = 0; j < mentions->count && !mention->cve; j++) {
				if (!mentions->items[j].cve || !share_name(mention->text, mentions->items[j].text))
					continue;
				mention->cve = mentions->items[j].cve;
				changed = true;
			}
		}
	}
	for (size_t i = 0; i < mentions->count; i++) {
		mentions->items[i].head = (uint32_t)i;
		for (size_t j = 0; j < i && !mentions->items[i].cve; j++)
			if (!mentions->items[j].cve && share_name(mentions->items[i].text, mentions->items[j].text)) {
				mentions->items[i].head = mentions->items[j].head;
				break;
			}
	}
}

int mentions_collect(struct matching *matching, struct mentions *mentions, struct tarsier_error *error)
{
	*mentions = (struct mentions){0};
	int code = collect(matching, mentions, error);
	if (code >= 0)
		join_mentions(mentions);
	return code;
}
