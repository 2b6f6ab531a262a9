#include "findings.h"

#include "cvss.h"

#include <stdlib.h>
#include <string.h>

/*
 * One finding is one vulnerability of one package, whoever speaks of it:
 *
 *	- Every advisory speaks of the CVEs it names, its own id or among its aliases; one that fixes ten CVEs gives ten findings.
 *	- An advisory without a CVE joins those that share a name with it; else its own id is the vulnerability's.
 *	- A distribution's tracker ("DEBIAN-CVE-…", "UBUNTU-CVE-…") has the last word on its CVE where it names a fix: it says of
 *	  each CVE in which version it is fixed, while "DSA-…" says in which version the last of several is. Where the tracker
 *	  says "open" and another advisory of the distribution names a fix, that fix holds: somebody wrote it down later.
 *	- The fix that is shown clears all advisories that count: the highest of their fixes.
 */

/* ---- what was read already ------------------------------------------------------------------------------------------ */

static size_t place_of(const struct numbered *numbered, uint32_t key)
{
	size_t at = (key * 0x9E3779B1u >> 8) & (numbered->capacity - 1);
	while (numbered->values[at] && numbered->keys[at] != key)
		at = (at + 1) & (numbered->capacity - 1);
	return at;
}

static bool grow_numbered(struct numbered *numbered, struct arena *arena)
{
	struct numbered larger = {.capacity = numbered->capacity ? numbered->capacity * 2 : 256, .count = numbered->count};
	larger.keys = arena_array(arena, larger.capacity, sizeof *larger.keys);
	larger.values = arena_array(arena, larger.capacity, sizeof *larger.values);
	if (!larger.keys || !larger.values)
		return false;
	for (size_t i = 0; i < numbered->capacity; i++)
		if (numbered->values[i]) {
			size_t at = place_of(&larger, numbered->keys[i]);
			larger.keys[at] = numbered->keys[i];
			larger.values[at] = numbered->values[i];
		}
	*numbered = larger;
	return true;
}

/* What is known under that number, or fresh memory for it: *fresh says which. NULL when memory ran out. */
static void *recall(struct numbered *numbered, struct arena *arena, uint32_t key, size_t size, bool *fresh)
{
	if (numbered->count * 2 >= numbered->capacity && !grow_numbered(numbered, arena))
		return NULL;
	size_t at = place_of(numbered, key);
	*fresh = !numbered->values[at];
	if (!*fresh)
		return numbered->values[at];
	numbered->keys[at] = key;
	numbered->values[at] = arena_alloc(arena, size);
	numbered->count += numbered->values[at] != NULL;
	return numbered->values[at];
}

static int story_of(struct matching *matching, uint32_t advisory, const struct story **result, struct tarsier_error *error)
{
	bool fresh;
	struct story *story = recall(&matching->stories, matching->arena, advisory, sizeof *story, &fresh);
	*result = story;
	if (!story)
		return error_memory(error);
	return fresh ? connection_story(matching->connection, matching->arena, advisory, story, error) : 0;
}

static int facts_of(struct matching *matching, uint32_t cve, const struct cve_facts **result, struct tarsier_error *error)
{
	bool fresh;
	struct cve_facts *facts = recall(&matching->cves, matching->arena, cve, sizeof *facts, &fresh);
	*result = facts;
	if (!facts)
		return error_memory(error);
	return fresh ? connection_cve(matching->connection, matching->arena, cve, facts, error) : 0;
}

/* ---- who speaks of what --------------------------------------------------------------------------------------------- */

/* That a hit speaks of a vulnerability. */
struct claim {
	uint32_t cve;              /* 0: none of its names is a CVE */
	uint32_t head;             /* without a CVE: the lowest hit that shares a name */
	const struct hit *hit;
	const struct story *story;
};

struct claims {
	struct claim *items;
	size_t count, capacity;
};

static bool add_claim(struct matching *matching, struct claims *claims, uint32_t cve, const struct hit *hit, const struct story *story)
{
	claims->items = arena_grow(&matching->scratch, claims->items, claims->count, &claims->capacity, sizeof *claims->items);
	if (claims->items)
		claims->items[claims->count++] = (struct claim){.cve = cve, .hit = hit, .story = story};
	return claims->items != NULL;
}

static int compare_trackers(const void *a, const void *b)
{
	const struct hit *one = *(const struct hit *const *)a, *other = *(const struct hit *const *)b;
	return (one->cve > other->cve) - (one->cve < other->cve);
}

/* The trackers' hits by CVE, for bsearch. */
struct trackers { const struct hit **items; size_t count; bool open; };

static bool find_trackers(struct matching *matching, struct trackers *trackers)
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

static struct hit *tracker_of(const struct trackers *trackers, uint32_t cve)
{
	struct hit key = {.cve = cve}, *wanted = &key;
	struct hit **found = trackers->count ? bsearch(&wanted, trackers->items, trackers->count, sizeof *trackers->items, compare_trackers)
	                                     : NULL;
	return found ? *found : NULL;
}

/* "Open" says the tracker, and the advisory names a version that the installed one has reached. */
static void close_open_ones(const struct trackers *trackers, const struct hit *hit, const struct story *story)
{
	for (size_t i = 0; i < story->cve_count; i++) {
		struct hit *tracker = tracker_of(trackers, story->cves[i]);
		if (tracker && !tracker->has_fix && hit->has_fix)
			tracker->affected = false;
	}
}

/* Has the tracker said of this CVE that the package is not affected? Of a CVE that it calls open, or does not know, others
 * may speak. */
static bool overruled(const struct trackers *trackers, uint32_t cve)
{
	const struct hit *tracker = tracker_of(trackers, cve);
	return tracker && !tracker->affected && tracker->has_fix;
}

static int claim_hit(struct matching *matching, const struct trackers *trackers, const struct hit *hit, struct claims *claims,
                     struct tarsier_error *error)
{
	const struct story *story;
	int code = story_of(matching, hit->advisory, &story, error);
	if (code < 0)
		return code;
	if (hit->cve)
		return add_claim(matching, claims, hit->cve, hit, story) ? 0 : error_memory(error);
	for (size_t i = 0; i < story->cve_count; i++)
		if (!overruled(trackers, story->cves[i]) && !add_claim(matching, claims, story->cves[i], hit, story))
			return error_memory(error);
	if (story->cve_count == 0 && !add_claim(matching, claims, 0, hit, story))
		return error_memory(error);
	return 0;
}

static int collect(struct matching *matching, struct claims *claims, struct tarsier_error *error)
{
	struct trackers trackers;
	const struct story *story;
	int code = find_trackers(matching, &trackers) ? 0 : error_memory(error);
	for (size_t i = 0; i < matching->hit_count && code == 0 && trackers.open; i++) {
		const struct hit *hit = &matching->hits[i];
		if (hit->cve || hit->affected || !hit->has_fix)
			continue;
		code = story_of(matching, hit->advisory, &story, error);
		if (code == 0)
			close_open_ones(&trackers, hit, story);
	}
	for (size_t i = 0; i < matching->hit_count && code == 0; i++)
		if (matching->hits[i].affected)
			code = claim_hit(matching, &trackers, &matching->hits[i], claims, error);
	return code;
}

/* ---- advisories without a CVE ----------------------------------------------------------------------------------------- */

static bool has_name(const struct story *story, const char *name)
{
	if (strcmp(story->id, name) == 0)
		return true;
	for (const char **alias = story->aliases; *alias; alias++)
		if (strcmp(*alias, name) == 0)
			return true;
	return false;
}

static bool share_name(const struct story *a, const struct story *b)
{
	if (has_name(b, a->id))
		return true;
	for (const char **alias = a->aliases; *alias; alias++)
		if (has_name(b, *alias))
			return true;
	return false;
}

/* Gives a claim without a CVE the one of a claim that shares a name; among those without, the first's place. Few advisories
 * have no CVE, so the square of their number is small. */
static void join_claims(struct claims *claims)
{
	for (bool changed = true; changed; ) {
		changed = false;
		for (size_t i = 0; i < claims->count; i++) {
			struct claim *claim = &claims->items[i];
			for (size_t j = 0; j < claims->count && !claim->cve; j++) {
				if (!claims->items[j].cve || !share_name(claim->story, claims->items[j].story))
					continue;
				claim->cve = claims->items[j].cve;
				changed = true;
			}
		}
	}
	for (size_t i = 0; i < claims->count; i++) {
		claims->items[i].head = (uint32_t)i;
		for (size_t j = 0; j < i && !claims->items[i].cve; j++)
			if (!claims->items[j].cve && share_name(claims->items[i].story, claims->items[j].story)) {
				claims->items[i].head = claims->items[j].head;
				break;
			}
	}
}

/* ---- one finding out of its claims ------------------------------------------------------------------------------------- */

/* Whose words are shown: the distribution's tracker's, the CVE's own record's, GitHub's, anybody's. */
static int standing(const struct claim *claim)
{
	if (claim->hit->cve)
		return 3;
	if (claim->cve && cve_number(span_of(claim->story->id)) == claim->cve)
		return 2;
	return strncmp(claim->story->id, "GHSA-", 5) == 0;
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *one = a, *other = b;
	if (one->cve != other->cve)
		return one->cve < other->cve ? -1 : 1;
	if (!one->cve && one->head != other->head)
		return one->head < other->head ? -1 : 1;
	int order = standing(other) - standing(one);
	return order ? order : strcmp(one->story->id, other->story->id);
}

static bool same_vulnerability(const struct claim *a, const struct claim *b)
{
	return a->cve == b->cve && (a->cve || a->head == b->head);
}

static void take_better(struct cvss *best, const char **vector, const char *candidate)
{
	struct cvss cvss;
	if (!*candidate || cvss_score(span_of(candidate), &cvss, NULL) < 0)
		return;
	if (cvss.version < best->version || (cvss.version == best->version && cvss.score <= best->score))
		return;
	*best = cvss;
	*vector = candidate;
}

/* The vector that a claim brings: the package's own, else the advisory's. That of an advisory for several CVEs is the worst
 * one's: `shared` asks for these only. */
static const char *vector_of(const struct claim *claim, bool shared)
{
	if (shared != (claim->story->cve_count > 1))
		return "";
	return *claim->hit->vector ? claim->hit->vector : claim->story->vector;
}

/* The best vector of this CVE's own; else what another ecosystem's record says of it; else one it shares with others. */
static struct cvss find_vector(const struct claim *claims, size_t count, const struct cve_facts *facts, const char **vector)
{
	struct cvss best = {.version = 0};
	*vector = "";
	for (size_t i = 0; i < count; i++)
		take_better(&best, vector, vector_of(&claims[i], false));
	if (!best.version && facts)
		take_better(&best, vector, facts->cvss);
	for (size_t i = 0; i < count && !best.version; i++)
		take_better(&best, vector, vector_of(&claims[i], true));
	return best;
}

/* The distribution's own word; else CVSS; else any word that an advisory has. */
static void set_severity(struct tarsier_finding *finding, const struct claim *claims, size_t count, const struct cve_facts *facts)
{
	enum tarsier_severity distribution = TARSIER_SEVERITY_UNKNOWN, word = TARSIER_SEVERITY_UNKNOWN, one;
	struct cvss cvss = find_vector(claims, count, facts, &finding->cvss_vector);
	finding->severity_source = "";
	for (size_t i = 0; i < count; i++) {
		const struct story *story = claims[i].story;
		one = claims[i].hit->severity ? claims[i].hit->severity : story->distribution ? story->severity : TARSIER_SEVERITY_UNKNOWN;
		distribution = one > distribution ? one : distribution;
		word = story->severity > word ? story->severity : word;
	}
	finding->cvss_score = cvss.version ? cvss.score : -1;
	finding->severity = distribution ? distribution : cvss.version ? cvss.severity : word;
	if (finding->severity)
		finding->severity_source = !distribution && cvss.version ? "cvss" : "distribution";
}

/* Where the tracker knows the fix, it alone; else the highest that anyone's advice needs. */
static const char *fix_of(const struct version_scheme *scheme, const struct claim *claims, size_t count)
{
	const char *fix = "";
	if (claims[0].hit->cve && *claims[0].hit->fix)
		return claims[0].hit->fix;
	for (size_t i = 0; i < count; i++) {
		const char *one = claims[i].hit->fix;
		if (*one && (!*fix || (scheme && scheme->compare(span_of(fix), span_of(one)) < 0)))
			fix = one;
	}
	return fix;
}

static bool listed(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* A name of another CVE, "UBUNTU-CVE-…", that an advisory for several lists, is none of this one's. */
static bool is_others(const char *name, uint32_t cve)
{
	uint32_t tracked = cve_tracked(span_of(name));
	return tracked && tracked != cve;
}

static bool add_name(struct matching *matching, struct tarsier_finding *finding, const char *name, uint32_t cve, size_t *count, size_t most)
{
	const char **aliases = (const char **)(uintptr_t)finding->aliases;
	(void)matching;
	if (*count < most && strcmp(name, finding->id) != 0 && !is_others(name, cve) && !listed(finding->aliases, *count, name))
		aliases[(*count)++] = name;
	return true;
}

static bool set_aliases(struct matching *matching, struct tarsier_finding *finding, const struct claim *claims, size_t count)
{
	size_t most = count, names = 0;
	for (size_t i = 0; i < count; i++)
		for (const char **alias = claims[i].story->aliases; *alias; alias++)
			most++;
	finding->aliases = arena_array(matching->arena, most + 1, sizeof *finding->aliases);
	if (!finding->aliases)
		return false;
	for (size_t i = 0; i < count; i++) {
		add_name(matching, finding, claims[i].story->id, claims[i].cve, &names, most);
		for (const char **alias = claims[i].story->aliases; *alias; alias++)
			add_name(matching, finding, *alias, claims[i].cve, &names, most);
	}
	return true;
}

static const char *first_text(const struct claim *claims, size_t count, size_t offset)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = *(const char *const *)((const char *)claims[i].story + offset);
		if (*text)
			return text;
	}
	return "";
}

/* What people read: the first in standing that has it. Alpine's and others' records are silent, and someone described the CVE. */
static int set_texts(struct matching *matching, struct tarsier_finding *finding, const struct claim *claims, size_t count,
                     const struct cve_facts *facts, struct tarsier_error *error)
{
	const struct story *other;
	finding->summary = first_text(claims, count, offsetof(struct story, summary));
	finding->description = first_text(claims, count, offsetof(struct story, details));
	finding->url = first_text(claims, count, offsetof(struct story, url));
	finding->published = first_text(claims, count, offsetof(struct story, published));
	finding->modified = first_text(claims, count, offsetof(struct story, modified));
	finding->references = claims[0].story->references;
	if (*finding->description || !facts || !facts->text)
		return 0;
	int code = story_of(matching, facts->text, &other, error);
	if (code < 0)
		return code;
	finding->description = other->details;
	if (!*finding->summary)
		finding->summary = other->summary;
	return 0;
}

static void set_facts(struct tarsier_finding *finding, const struct cve_facts *facts)
{
	static const struct cve_facts none = {.epss = -1, .percentile = -1, .kev_added = "", .kev_due = ""};
	facts = facts ? facts : &none;
	finding->kev = facts->kev;
	finding->kev_ransomware = facts->ransomware;
	finding->kev_added = facts->kev_added;
	finding->kev_due = facts->kev_due;
	finding->epss = facts->epss;
	finding->epss_percentile = facts->percentile;
}

static int make_finding(struct matching *matching, const struct version_scheme *scheme, const struct claim *claims, size_t count,
                        struct tarsier_finding *finding, struct tarsier_error *error)
{
	char name[CVE_NAME_SIZE];
	const struct cve_facts *facts = NULL;
	int code = claims[0].cve ? facts_of(matching, claims[0].cve, &facts, error) : 0;
	if (code < 0)
		return code;
	*finding = (struct tarsier_finding){.backend = "embedded"};
	finding->id = claims[0].cve ? arena_string(matching->arena, cve_name(claims[0].cve, name)) : claims[0].story->id;
	if (!finding->id || !set_aliases(matching, finding, claims, count))
		return error_memory(error);
	finding->fixed_version = fix_of(scheme, claims, count);
	set_severity(finding, claims, count, facts);
	set_facts(finding, facts);
	return set_texts(matching, finding, claims, count, facts, error);
}

int findings_merge(struct matching *matching, const struct version_scheme *scheme, struct tarsier_finding **findings, size_t *count,
                   struct tarsier_error *error)
{
	struct claims claims = {0};
	*count = 0;
	int code = collect(matching, &claims, error);
	if (code < 0 || claims.count == 0)
		return code;
	join_claims(&claims);
	qsort(claims.items, claims.count, sizeof *claims.items, compare_claims);
	*findings = arena_array(matching->arena, claims.count, sizeof **findings);
	if (!*findings)
		return error_memory(error);
	for (size_t i = 0, next; i < claims.count && code == 0; i = next) {
		for (next = i + 1; next < claims.count && same_vulnerability(&claims.items[i], &claims.items[next]); next++)
			;
		code = make_finding(matching, scheme, &claims.items[i], next - i, &(*findings)[(*count)++], error);
	}
	return code;
}
