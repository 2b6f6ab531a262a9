#include "match/merge.h"

#include "format/cve_id.h"
#include "format/cvss.h"
#include "match/group.h"

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

/* The vector of a mention: the package's own, else the advisory's. An advisory for several CVEs has the vector of the
 * most severe one; `shared` selects only these vectors. */
static const char *vector_of(const struct mention *mention, bool shared)
{
	if (shared != (mention->text->cve_count > 1))
		return "";
	return *mention->hit->vector ? mention->hit->vector : mention->text->vector;
}

/* The best vector of this CVE alone; else one of another ecosystem's record; else one that it shares with other
 * CVEs. */
static struct cvss find_vector(const struct mention *mentions, size_t count, const struct cve_facts *facts,
                               const char **vector)
{
	struct cvss best = {.version = 0};
	*vector = "";
	for (size_t i = 0; i < count; i++)
		take_better(&best, vector, vector_of(&mentions[i], false));
	if (!best.version && facts)
		take_better(&best, vector, facts->cvss);
	for (size_t i = 0; i < count && !best.version; i++)
		take_better(&best, vector, vector_of(&mentions[i], true));
	return best;
}

/* The distribution's own rating; else CVSS; else the rating of any advisory. */
static void set_severity(struct tarsier_finding *finding, const struct mention *mentions, size_t count,
                         const struct cve_facts *facts)
{
	enum tarsier_severity distribution = TARSIER_SEVERITY_UNKNOWN, word = TARSIER_SEVERITY_UNKNOWN, one;
	struct cvss cvss = find_vector(mentions, count, facts, &finding->cvss_vector);
	finding->severity_source = "";
	for (size_t i = 0; i < count; i++) {
		const struct advisory_text *text = mentions[i].text;
		one = mentions[i].hit->severity ? mentions[i].hit->severity : text->distribution ? text->severity
			: TARSIER_SEVERITY_UNKNOWN;
		distribution = one > distribution ? one : distribution;
		word = text->severity > word ? text->severity : word;
	}
	finding->cvss_score = cvss.version ? cvss.score : -1;
	finding->severity = distribution ? distribution : cvss.version ? cvss.severity : word;
	if (finding->severity)
		finding->severity_source = !distribution && cvss.version ? "cvss" : "distribution";
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
                        size_t count)
{
	size_t most = count, names = 0;
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

static bool all_informational(const struct mention *mentions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!mentions[i].hit->informational)
			return false;
	return true;
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
	if (!finding->id || !set_aliases(matching, finding, mentions, count))
		return error_memory(error);
	finding->fixed_version = fix_of(scheme, mentions, count);
	set_severity(finding, mentions, count, facts);
	set_facts(finding, facts);
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
	if (!*findings)
		return error_memory(error);
	for (size_t i = 0, next; i < mentions.count && code >= 0; i = next) {
		for (next = i + 1; next < mentions.count && same_vulnerability(&mentions.items[i], &mentions.items[next]); next++)
			;
		code = make_finding(matching, scheme, &mentions.items[i], next - i, &(*findings)[(*count)++], error);
	}
	return code;
}
