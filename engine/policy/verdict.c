/* combines policies' decisions into the verdict */
#include "policy/policy.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* A reason is a sentence; a longer text is a description by mistake. */
enum { REASON_LIMIT = 1000 };

const char *tarsier_decision_name(enum tarsier_decision decision)
{
	static const char *const names[] = {"undecided", "ignore", "accept", "warn", "fail"};
	return (unsigned)decision < sizeof names / sizeof *names ? names[decision] : names[0];
}

struct verdict *verdict_new(const struct tarsier_allocator *allocator, size_t findings, size_t policies)
{
	struct verdict *verdict = memory_resize(allocator, NULL, 0, sizeof *verdict);
	if (!verdict)
		return NULL;
	memset(verdict, 0, sizeof *verdict);
	arena_init(&verdict->arena, allocator);
	verdict->findings = arena_array(&verdict->arena, findings, sizeof *verdict->findings);
	verdict->policies = arena_array(&verdict->arena, policies, sizeof *verdict->policies);
	verdict->public.findings = verdict->findings;
	verdict->public.finding_count = findings;
	verdict->public.policies = verdict->policies;
	verdict->public.policy_count = policies;
	if (verdict->findings && verdict->policies)
		return verdict;
	tarsier_verdict_free(&verdict->public);
	return NULL;
}

void tarsier_verdict_free(tarsier_verdict *public)
{
	if (!public)
		return;
	struct verdict *verdict = (struct verdict *)public;
	struct tarsier_allocator allocator = verdict->arena.allocator;
	arena_free(&verdict->arena);
	memory_resize(&allocator, verdict, sizeof *verdict, 0);
}

/* ---- words ---- */

/* One line of at most REASON_LIMIT bytes, cut between characters. */
static const char *clean_reason(struct arena *arena, const char *reason)
{
	span whole = span_of(reason), kept = utf8_cut(whole, REASON_LIMIT);
	char *copy = arena_format(arena, "%.*s%s", SPAN_WHOLE(kept), kept.len < whole.len ? "…" : "");
	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return copy;
}

static bool add_word(struct verdict *verdict, struct tarsier_word word, struct tarsier_word **words, size_t *count,
                     size_t *capacity)
{
	word.reason = *word.reason ? clean_reason(&verdict->arena, word.reason) : "";
	struct tarsier_word *grown = arena_grow(&verdict->arena, *words, *count, capacity, sizeof *grown);
	if (!word.reason || !grown)
		return false;
	*words = grown;
	grown[(*count)++] = word;
	return true;
}

static bool add_finding_word(struct verdict *verdict, struct tarsier_decided *decided, struct tarsier_word word)
{
	/* Each policy decides on a finding at most once, so the list never grows. */
	struct tarsier_word *words = (struct tarsier_word *)decided->words;
	size_t capacity = verdict->public.policy_count;
	if (!words)
		words = arena_array(&verdict->arena, capacity, sizeof *words);
	decided->words = words;
	return words && add_word(verdict, word, &words, &decided->count, &capacity);
}

bool verdict_word(struct verdict *verdict, size_t finding, const struct tarsier_word *word)
{
	if (finding != SIZE_MAX)
		return add_finding_word(verdict, &verdict->findings[finding], *word);
	bool is_added = add_word(verdict, *word, &verdict->trail, &verdict->public.trail_count, &verdict->trail_capacity);
	verdict->public.trail = verdict->trail;
	return is_added;
}

const struct tarsier_word *verdict_last(const struct verdict *verdict, size_t finding)
{
	const struct tarsier_decided *decided = &verdict->findings[finding];
	return decided->count ? &decided->words[decided->count - 1] : NULL;
}

/* ---- the decision ---- */

void verdict_count(struct verdict *verdict, const struct subject *subject)
{
	for (size_t i = 0; i < verdict->public.finding_count; i++) {
		const struct tarsier_word *last = verdict_last(verdict, i);
		verdict->public.tally[last ? last->decision : TARSIER_UNDECIDED]++;
		verdict->public.severities[subject->severity(subject, i)]++;
	}
}

static bool is_verdict_word(const struct tarsier_word *word)
{
	return strcmp(word->hook, "verdict") == 0;
}

/* Findings and the image: the most severe decision counts. */
static enum tarsier_decision decision_without_verdict_hooks(const struct verdict *verdict)
{
	const tarsier_verdict *public = &verdict->public;
	enum tarsier_decision worst = public->tally[TARSIER_FAIL] ? TARSIER_FAIL
	                              : public->tally[TARSIER_WARN] ? TARSIER_WARN : TARSIER_UNDECIDED;
	for (size_t i = 0; i < public->trail_count; i++)
		if (!is_verdict_word(&public->trail[i]) && public->trail[i].decision > worst)
			worst = public->trail[i].decision;
	return worst;
}

static const struct tarsier_word *last_verdict_word(const struct verdict *verdict)
{
	for (size_t i = verdict->public.trail_count; i > 0; i--)
		if (is_verdict_word(&verdict->public.trail[i - 1]))
			return &verdict->public.trail[i - 1];
	return NULL;
}

enum tarsier_decision verdict_decision(const struct verdict *verdict)
{
	enum tarsier_decision decision = decision_without_verdict_hooks(verdict);
	const struct tarsier_word *last = last_verdict_word(verdict);
	if (last && last->decision == TARSIER_ACCEPT)
		return TARSIER_UNDECIDED;
	return last && last->decision > decision ? last->decision : decision;
}

/* ---- the reasons ---- */

struct reasons {
	struct verdict *verdict;
	const char **list;
	size_t count, capacity;
	bool is_out_of_memory;
};

static void add_reason(struct reasons *reasons, const char *reason)
{
	struct arena *arena = &reasons->verdict->arena;
	const char **list = arena_grow(arena, reasons->list, reasons->count, &reasons->capacity, sizeof *list);
	if (!list || !reason) {
		reasons->is_out_of_memory = true;
		return;
	}
	reasons->list = list;
	reasons->list[reasons->count++] = reason;
}

static void add_word_reason(struct reasons *reasons, const struct tarsier_word *word)
{
	static const char *const verbs[] = {"", "", "accepts the image", "warns", "fails the image"};
	add_reason(reasons, arena_format(&reasons->verdict->arena, "policy %s %s%s%s", word->policy, verbs[word->decision],
	                                 *word->reason ? ": " : "", word->reason));
}

/* "3 Critical, 12 High" for the findings with this last decision. */
static void describe_severities(const struct verdict *verdict, const struct subject *subject,
                                enum tarsier_decision decision, char *text, size_t size)
{
	size_t counts[7] = {0}, used = 0;
	for (size_t i = 0; i < verdict->public.finding_count; i++) {
		const struct tarsier_word *last = verdict_last(verdict, i);
		if (last && last->decision == decision)
			counts[subject->severity(subject, i)]++;
	}
	*text = '\0';
	for (int s = TARSIER_SEVERITY_DEFCON1; s >= 0 && used < size; s--)
		if (counts[s])
			used += (size_t)snprintf(text + used, size - used, "%s%zu %s", used ? ", " : "", counts[s],
			                         tarsier_severity_name((enum tarsier_severity)s));
}

static void add_findings_reason(struct reasons *reasons, const struct subject *subject, enum tarsier_decision decision)
{
	size_t count = reasons->verdict->public.tally[decision];
	if (!count)
		return;
	char severities[200];
	describe_severities(reasons->verdict, subject, decision, severities, sizeof severities);
	add_reason(reasons, arena_format(&reasons->verdict->arena, "%zu finding%s %s%s (%s)", count, count == 1 ? "" : "s",
	                                 tarsier_decision_name(decision), count == 1 ? "s" : "", severities));
}

static void add_image_reasons(struct reasons *reasons, enum tarsier_decision decision)
{
	const tarsier_verdict *public = &reasons->verdict->public;
	for (size_t i = 0; i < public->trail_count; i++)
		if (!is_verdict_word(&public->trail[i]) && public->trail[i].decision == decision)
			add_word_reason(reasons, &public->trail[i]);
}

/* "12 findings have an unknown severity; 5 of them have a fix; NVD no longer rates 7", for those that fail or warn: for the
 * 7 no feed will bring a rating. */
static void add_unknown_reason(struct reasons *reasons, const struct subject *subject)
{
	size_t count = 0, fixed = 0, deferred = 0;
	for (size_t i = 0; i < subject->count; i++) {
		const struct tarsier_word *last = verdict_last(reasons->verdict, i);
		if (!last || last->decision < TARSIER_WARN || subject->severity(subject, i) != TARSIER_SEVERITY_UNKNOWN)
			continue;
		count++;
		fixed += subject->has_fix(subject, i);
		deferred += strcmp(subject->nvd_status(subject, i), "Deferred") == 0;
	}
	if (!count)
		return;
	struct arena *arena = &reasons->verdict->arena;
	const char *more = deferred ? arena_format(arena, "; NVD no longer rates %zu", deferred) : "";
	if (more)
		more = arena_format(arena, "%zu finding%s an unknown severity; %zu of them %s a fix%s", count,
		                    count == 1 ? " has" : "s have", fixed, fixed == 1 ? "has" : "have", more);
	add_reason(reasons, more);
}

/* An image that was not matched does not pass, even if all policies accept it. */
static bool check_gap(struct reasons *reasons, const struct subject *subject)
{
	const char *gap;
	if (!policy_find_gap(&reasons->verdict->arena, subject, &gap))
		return false;
	if (!gap)
		return true;
	reasons->verdict->public.decision = TARSIER_FAIL;
	add_reason(reasons, clean_reason(&reasons->verdict->arena, gap));
	return true;
}

bool verdict_finish(struct verdict *verdict, const struct subject *subject)
{
	struct reasons reasons = {.verdict = verdict};
	const struct tarsier_word *last = last_verdict_word(verdict);
	verdict->public.decision = verdict_decision(verdict);
	if (!check_gap(&reasons, subject))
		return false;
	if (last && (last->decision == TARSIER_FAIL || last->decision == TARSIER_ACCEPT))
		add_word_reason(&reasons, last);
	add_image_reasons(&reasons, TARSIER_FAIL);
	add_findings_reason(&reasons, subject, TARSIER_FAIL);
	if (last && last->decision == TARSIER_WARN)
		add_word_reason(&reasons, last);
	add_image_reasons(&reasons, TARSIER_WARN);
	add_findings_reason(&reasons, subject, TARSIER_WARN);
	add_unknown_reason(&reasons, subject);
	const char **list = arena_array(&verdict->arena, reasons.count + 1, sizeof *list);
	if (!list || reasons.is_out_of_memory)
		return false;
	if (reasons.count)
		memcpy(list, reasons.list, reasons.count * sizeof *list);
	verdict->public.reasons = list;
	return true;
}
