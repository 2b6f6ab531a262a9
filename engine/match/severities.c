#include "match/severities.h"

#include "database/rating.h"
#include "format/cvss.h"

#include <stdlib.h>
#include <string.h>

/* What one source says, while the finding is made. */
struct opinion {
	struct tarsier_rating rating;
	enum rating_class class;   /* the best that any of its statements has */
	int cvss_version;          /* 0 without a vector */
	enum tarsier_severity word, scored; /* its own word, and that of its vector */
	bool shared;               /* its vector is of an advisory for several CVEs, which has that of the most severe one */
};

struct opinions { struct opinion *items; size_t count, capacity; struct arena *arena; };

/* Returns the opinion of a source, new if it has none yet; NULL if memory ran out. */
static struct opinion *opinion_of(struct opinions *list, const char *source, enum rating_class class)
{
	for (size_t i = 0; i < list->count; i++) {
		struct opinion *known = &list->items[i];
		if (strcmp(known->rating.source, source) != 0)
			continue;
		known->class = class < known->class ? class : known->class;
		return known;
	}
	list->items = arena_grow(list->arena, list->items, list->count, &list->capacity, sizeof *list->items);
	if (!list->items)
		return NULL;
	struct opinion *made = &list->items[list->count++];
	*made = (struct opinion){.rating = {.source = source, .cvss_vector = "", .cvss_score = -1}, .class = class};
	return made;
}

static bool add_word(struct opinions *list, const char *source, enum rating_class class, enum tarsier_severity word)
{
	if (!word)
		return true;
	struct opinion *opinion = opinion_of(list, source, class);
	if (opinion && word > opinion->word)
		opinion->word = word;
	return opinion != NULL;
}

/* A vector of this CVE alone replaces a shared one; else the higher version of CVSS, then the higher score. */
static bool add_vector(struct opinions *list, const char *source, enum rating_class class, const char *vector,
                       bool shared)
{
	struct cvss cvss;
	if (!*vector || cvss_score(span_of(vector), &cvss, NULL) < 0)
		return true;
	struct opinion *opinion = opinion_of(list, source, class);
	if (!opinion)
		return false;
	if (opinion->cvss_version) {
		bool better = shared != opinion->shared ? !shared
		            : cvss.version != opinion->cvss_version ? cvss.version > opinion->cvss_version
		            : cvss.score > opinion->rating.cvss_score;
		if (!better)
			return true;
	}
	opinion->rating.cvss_vector = vector;
	opinion->rating.cvss_score = cvss.score;
	opinion->cvss_version = cvss.version;
	opinion->scored = cvss.severity;
	opinion->shared = shared;
	return true;
}

static bool add_mention(struct opinions *list, const struct mention *mention)
{
	const struct advisory_text *text = mention->text;
	const struct hit *hit = mention->hit;
	const char *source = rating_source(text->id), *scorer = rating_vector_source(text->id);
	enum rating_class class = rating_class_of(scorer, true);
	bool shared = text->cve_count > 1;
	return add_word(list, source, text->distribution ? RATING_DISTRIBUTION : RATING_OTHER, text->severity) &&
	       add_word(list, source, RATING_DISTRIBUTION, hit->severity) &&
	       add_vector(list, scorer, class, *hit->vector ? hit->vector : text->vector, shared);
}

/* A vector that a record about the package has is closer than that source's in another record, unless it is shared; but of NVD's, which
 * records copy, the better. */
static bool is_needed(const struct opinions *list, const char *source, enum rating_class class)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].rating.source, source) == 0 && list->items[i].cvss_version)
			return class == RATING_NVD || list->items[i].shared;
	return true;
}

/* "nvd CVSS:3.1/AV:N/…\n" for each source, or a word in place of the vector. */
static bool add_facts(struct opinions *list, const struct cve_facts *facts)
{
	span ratings = span_of(facts->ratings), line, source, value;
	bool done = true;
	while (done && span_next(&ratings, '\n', &line)) {
		if (!span_cut(line, ' ', &source, &value))
			continue;
		char *name = span_copy(list->arena, source), *text = span_copy(list->arena, value);
		if (!name || !text)
			return false;
		enum tarsier_severity word = severity_of_word(value);
		enum rating_class class = rating_class_of(name, false);
		if (is_needed(list, name, class))
			done = word ? add_word(list, name, class, word) : add_vector(list, name, class, text, false);
	}
	return done;
}

/* A distribution knows how it builds the package, so that its word counts more than a vector; elsewhere words are
 * derived from vectors. */
static void settle(struct opinion *opinion)
{
	bool by_word = opinion->word && (opinion->class == RATING_DISTRIBUTION || !opinion->cvss_version);
	opinion->rating.severity = by_word ? opinion->word : opinion->scored;
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

/* The place of an opinion in the wanted order: first what the list names, then by class. */
static int place_of(const struct opinion *opinion, const char *order)
{
	span rest = span_of(order), word;
	int place = 0;
	for (; span_next(&rest, ',', &word); place++) {
		word = span_trim(word);
		if (span_is(word, opinion->rating.source) || span_is(word, rating_class_name(opinion->class)))
			return place;
	}
	return place + (int)opinion->class;
}

static int compare_opinions(const void *a, const void *b, void *user)
{
	const struct opinion *one = a, *other = b;
	int order = (one->shared && !one->word) - (other->shared && !other->word);
	order = order ? order : place_of(one, user) - place_of(other, user);
	if (order == 0)
		order = other->cvss_version - one->cvss_version;
	if (order == 0 && one->rating.cvss_score != other->rating.cvss_score)
		order = one->rating.cvss_score > other->rating.cvss_score ? -1 : 1;
	if (order == 0)
		order = (int)other->rating.severity - (int)one->rating.severity;
	return order ? order : strcmp(one->rating.source, other->rating.source);
}

/* The first opinion rates. The first with a vector gives the score that is shown. */
static bool take(struct matching *matching, struct tarsier_finding *finding, const struct opinions *list)
{
	struct tarsier_rating *ratings = arena_array(matching->arena, list->count, sizeof *ratings);
	finding->severity_source = finding->cvss_vector = "";
	finding->cvss_score = -1;
	if (!ratings)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct tarsier_rating *rating = &list->items[i].rating;
		ratings[i] = *rating;
		if (finding->cvss_score < 0 && rating->cvss_score >= 0) {
			finding->cvss_vector = rating->cvss_vector;
			finding->cvss_score = rating->cvss_score;
		}
	}
	if (list->count) {
		finding->severity = ratings[0].severity;
		finding->severity_source = ratings[0].source;
	}
	finding->severities = ratings;
	finding->severity_count = list->count;
	return true;
}

int severities_set(struct matching *matching, struct tarsier_finding *finding, const struct mention *mentions,
                   size_t count, const struct cve_facts *facts, struct tarsier_error *error)
{
	struct opinions list = {.arena = matching->arena};
	bool done = true;
	for (size_t i = 0; i < count && done; i++)
		done = add_mention(&list, &mentions[i]);
	done = done && (!facts || add_facts(&list, facts));
	for (size_t i = 0; i < list.count; i++)
		settle(&list.items[i]);
	if (list.count > 1)
		qsort_r(list.items, list.count, sizeof *list.items, compare_opinions, (void *)(uintptr_t)matching->severity_order);
	return done && take(matching, finding, &list) ? 0 : error_memory(error);
}
