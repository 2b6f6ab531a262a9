#include "match/merge.h"

#include "database/rating.h"
#include "format/cve_id.h"
#include "match/cve_facts.h"
#include "match/group.h"
#include "match/severities.h"

#include <stdlib.h>
#include <string.h>

/*
 * One finding is one vulnerability of one package, however many advisories mention it:
 *
 *	- An advisory mentions the CVEs among its id and aliases. An advisory for ten CVEs gives ten findings.
 *	- An advisory without a CVE joins those that share a name with it; otherwise its own id names the vulnerability.
 *	- The record of a distribution's tracker ("DEBIAN-CVE-…", "UBUNTU-CVE-…") decides about its CVE if it names a fix:
 *	  it names the fixed version of each CVE, while "DSA-…" names the version that fixes the last of several CVEs. If
 *	  the tracker says "open" and another advisory of the distribution names a fix, that fix counts: it was written
 *	  later. An advisory that was published after the tracker's record was last changed counts beside it.
 *	- The fix that is shown satisfies all advisories that count: it is the highest of their fixes.
 */

/* ---- one finding from its mentions ------------------------------------------------------------------------------- */

/* Ranks whose texts are shown: the distribution's tracker, the CVE's own record, GitHub, any other. */
static int standing(const struct mention *mention)
{
	if (mention->hit->cve)
		return 3;
	if (mention->cve && cve_number(span_of(mention->text->id)) == mention->cve)
		return 2;
	return strncmp(mention->text->id, "GHSA-", 5) == 0;
}

static int compare_mentions(const void *a, const void *b)
{
	const struct mention *one = a, *other = b;
	if (one->cve != other->cve)
		return one->cve < other->cve ? -1 : 1;
	if (!one->cve && one->head != other->head)
		return one->head < other->head ? -1 : 1;
	int order = standing(other) - standing(one);
	return order ? order : strcmp(one->text->id, other->text->id);
}

static bool same_vulnerability(const struct mention *a, const struct mention *b)
{
	return a->cve == b->cve && (a->cve || a->head == b->head);
}

/* The tracker's fix replaces those of advisories that are not newer. The highest of the remaining fixes is used. */
static const char *fix_of(const struct version_scheme *scheme, const struct mention *mentions, size_t count)
{
	bool tracked = mentions[0].hit->cve && *mentions[0].hit->fix;
	const char *fix = "";
	for (size_t i = 0; i < count; i++) {
		const char *one = mentions[i].hit->fix;
		if (tracked && !mentions[i].hit->cve && !advisory_is_newer(mentions[i].text, mentions[0].text))
			continue;
		if (*one && (!*fix || (scheme && scheme->compare(span_of(fix), span_of(one)) < 0)))
			fix = one;
	}
	return fix;
}

/* "fixed" if a fix is known. That a fix exists says more than a publisher's "will not fix", which is older then; but not
 * more than "unimportant". */
static void set_status(struct tarsier_finding *finding, const struct mention *mentions, size_t count)
{
	const struct mention *said = &mentions[0];
	for (size_t i = 0; i < count && !said->hit->status; i++)
		said = &mentions[i];
	enum advisory_status status = said->hit->status;
	bool fixed = *finding->fixed_version && status != STATUS_UNIMPORTANT;
	finding->status = fixed ? "fixed" : status ? status_name(status) : "affected";
	finding->status_source = rating_source(said->text->id);
}

static bool listed(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* An advisory for several CVEs may list "UBUNTU-CVE-…" names of the others, which are not aliases of this one. */
static bool is_others(const char *name, uint32_t cve)
{
	uint32_t tracked = cve_tracked(span_of(name));
	return tracked && tracked != cve;
}

/* The array must have room for one more. */
static void add_name(struct tarsier_finding *finding, const char **aliases, size_t *count, const char *name,
                     uint32_t cve)
{
	if (strcmp(name, finding->id) != 0 && !is_others(name, cve) && !listed(aliases, *count, name))
		aliases[(*count)++] = name;
}

static bool set_aliases(struct matching *matching, struct tarsier_finding *finding, const struct mention *mentions,
                        size_t count, const struct cve_facts *facts)
{
	size_t most = count + 1, names = 0;
	for (size_t i = 0; i < count; i++)
		for (const char **alias = mentions[i].text->aliases; *alias; alias++)
			most++;
	const char **aliases = arena_array(matching->arena, most + 1, sizeof *aliases);
	if (!aliases)
		return false;
	for (size_t i = 0; i < count; i++) {
		add_name(finding, aliases, &names, mentions[i].text->id, mentions[i].cve);
		for (const char **alias = mentions[i].text->aliases; *alias; alias++)
			add_name(finding, aliases, &names, *alias, mentions[i].cve);
	}
	if (facts && !(aliases[names] = cve_facts_alias(matching->arena, facts->ratings)))
		return false;
	if (aliases[names] && (!*aliases[names] || listed(aliases, names, aliases[names])))
		aliases[names] = NULL;
	finding->aliases = aliases;
	return true;
}

static const char *first_text(const struct mention *mentions, size_t count, size_t offset)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = *(const char *const *)((const char *)mentions[i].text + offset);
		if (*text)
			return text;
	}
	return "";
}

/* Takes each text from the highest-ranked mention that has it. Records of Alpine and others have no texts: then another
 * record of the same CVE describes it. */
static int set_texts(struct matching *matching, struct tarsier_finding *finding, const struct mention *mentions,
                     size_t count, const struct cve_facts *facts, struct tarsier_error *error)
{
	const struct advisory_text *other;
	finding->summary = first_text(mentions, count, offsetof(struct advisory_text, summary));
	finding->description = first_text(mentions, count, offsetof(struct advisory_text, details));
	finding->url = first_text(mentions, count, offsetof(struct advisory_text, url));
	finding->published = first_text(mentions, count, offsetof(struct advisory_text, published));
	finding->modified = first_text(mentions, count, offsetof(struct advisory_text, modified));
	finding->references = mentions[0].text->references;
	if (*finding->description || !facts || !facts->text)
		return 0;
	int code = matching_advisory_text(matching, facts->text, &other, error);
	if (code < 0)
		return code;
	finding->description = other->details;
	finding->summary = *finding->summary ? finding->summary : other->summary;
	finding->url = *finding->url ? finding->url : other->url;
	finding->published = *finding->published ? finding->published : other->published;
	finding->modified = *finding->modified ? finding->modified : other->modified;
	if (!finding->references || !*finding->references)
		finding->references = other->references;
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

static bool all_informational(const struct mention *mentions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!mentions[i].hit->informational)
			return false;
	return true;
}

/* All that the mentions name. NULL if none does; without memory, too. */
static const char *functions_of(struct matching *matching, const struct mention *mentions, size_t count)
{
	const char *all = NULL;
	for (size_t i = 0; i < count; i++) {
		const char *functions = mentions[i].hit->functions;
		if (functions && (!all || strcmp(all, functions) != 0))
			all = all ? arena_format(&matching->scratch, "%s\n%s", all, functions) : functions;
		if (functions && !all)
			return NULL;
	}
	return all;
}

static int make_finding(struct matching *matching, const struct version_scheme *scheme, const struct mention *mentions,
                        size_t count, struct tarsier_finding *finding, struct tarsier_error *error)
{
	char name[CVE_NAME_SIZE];
	const struct cve_facts *facts = NULL;
	int code = mentions[0].cve ? matching_cve_facts(matching, mentions[0].cve, &facts, error) : 0;
	if (code < 0)
		return code;
	*finding = (struct tarsier_finding){.backend = "embedded", .informational = all_informational(mentions, count)};
	finding->id = mentions[0].cve ? arena_string(matching->arena, cve_name(mentions[0].cve, name)) : mentions[0].text->id;
	if (!finding->id || !set_aliases(matching, finding, mentions, count, facts))
		return error_memory(error);
	finding->fixed_version = fix_of(scheme, mentions, count);
	set_status(finding, mentions, count);
	set_facts(finding, facts);
	if (!cve_facts_tell(matching->arena, facts ? facts->ratings : "", finding))
		return error_memory(error);
	code = severities_set(matching, finding, mentions, count, facts, error);
	if (code < 0)
		return code;
	return set_texts(matching, finding, mentions, count, facts, error);
}

int findings_merge(struct matching *matching, const struct version_scheme *scheme, struct tarsier_finding **findings,
                   size_t *count, struct tarsier_error *error)
{
	struct mentions mentions;
	*count = 0;
	int code = mentions_collect(matching, &mentions, error);
	if (code < 0 || mentions.count == 0)
		return code;
	qsort(mentions.items, mentions.count, sizeof *mentions.items, compare_mentions);
	*findings = arena_array(matching->arena, mentions.count, sizeof **findings);
	matching->functions = arena_array(&matching->scratch, mentions.count, sizeof *matching->functions);
	if (!*findings || !matching->functions)
		return error_memory(error);
	for (size_t i = 0, next; i < mentions.count && code >= 0; i = next) {
		for (next = i + 1; next < mentions.count && same_vulnerability(&mentions.items[i], &mentions.items[next]); next++)
			;
		matching->functions[*count] = functions_of(matching, &mentions.items[i], next - i);
		code = make_finding(matching, scheme, &mentions.items[i], next - i, &(*findings)[(*count)++], error);
	}
	return code;
}
