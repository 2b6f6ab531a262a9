#include "match/merge.h"

#include "format/cve_id.h"
#include "format/cvss.h"
#include "match/group.h"

#include <stdlib.h>
#include <string.h>

/*
 * One finding is one vulnerability of one package, whoever speaks of it:
 *
 *	- Every advisory speaks of the CVEs it names, its own id or among its aliases; one that fixes ten gives ten findings.
 *	- An advisory without a CVE joins those that share a name with it; else its own id is the vulnerability's.
 *	- A distribution's tracker ("DEBIAN-CVE-…", "UBUNTU-CVE-…") has the last word on its CVE where it names a fix: it
 *	  says of each CVE in which version it is fixed, while "DSA-…" says in which version the last of several is. Where
 *	  the tracker says "open" and another advisory of the distribution names a fix, that fix holds: somebody wrote it
 *	  down later.
 *	- The fix that is shown clears all advisories that count: the highest of their fixes.
 */

/* ---- one finding out of its claims ------------------------------------------------------------------------------- */

/* Whose words are shown: the distribution's tracker's, the CVE's own record's, GitHub's, anybody's. */
static int standing(const struct claim *claim)
{
	if (claim->hit->cve)
		return 3;
	if (claim->cve && cve_number(span_of(claim->text->id)) == claim->cve)
		return 2;
	return strncmp(claim->text->id, "GHSA-", 5) == 0;
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *one = a, *other = b;
	if (one->cve != other->cve)
		return one->cve < other->cve ? -1 : 1;
	if (!one->cve && one->head != other->head)
		return one->head < other->head ? -1 : 1;
	int order = standing(other) - standing(one);
	return order ? order : strcmp(one->text->id, other->text->id);
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

/* The vector that a claim brings: the package's own, else the advisory's. That of an advisory for several CVEs is the
 * worst one's: `shared` asks for these only. */
static const char *vector_of(const struct claim *claim, bool shared)
{
	if (shared != (claim->text->cve_count > 1))
		return "";
	return *claim->hit->vector ? claim->hit->vector : claim->text->vector;
}

/* The best vector of this CVE's own; else what another ecosystem's record says of it; else one it shares with others.
 * */
static struct cvss find_vector(const struct claim *claims, size_t count, const struct cve_facts *facts,
                               const char **vector)
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
static void set_severity(struct tarsier_finding *finding, const struct claim *claims, size_t count,
                         const struct cve_facts *facts)
{
	enum tarsier_severity distribution = TARSIER_SEVERITY_UNKNOWN, word = TARSIER_SEVERITY_UNKNOWN, one;
	struct cvss cvss = find_vector(claims, count, facts, &finding->cvss_vector);
	finding->severity_source = "";
	for (size_t i = 0; i < count; i++) {
		const struct advisory_text *text = claims[i].text;
		one = claims[i].hit->severity ? claims[i].hit->severity : text->distribution ? text->severity
			: TARSIER_SEVERITY_UNKNOWN;
		distribution = one > distribution ? one : distribution;
		word = text->severity > word ? text->severity : word;
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

/* Room for one more is there. */
static void add_name(struct tarsier_finding *finding, const char **aliases, size_t *count, const char *name,
                     uint32_t cve)
{
	if (strcmp(name, finding->id) != 0 && !is_others(name, cve) && !listed(aliases, *count, name))
		aliases[(*count)++] = name;
}

static bool set_aliases(struct matching *matching, struct tarsier_finding *finding, const struct claim *claims,
                        size_t count)
{
	size_t most = count, names = 0;
	for (size_t i = 0; i < count; i++)
		for (const char **alias = claims[i].text->aliases; *alias; alias++)
			most++;
	const char **aliases = arena_array(matching->arena, most + 1, sizeof *aliases);
	if (!aliases)
		return false;
	for (size_t i = 0; i < count; i++) {
		add_name(finding, aliases, &names, claims[i].text->id, claims[i].cve);
		for (const char **alias = claims[i].text->aliases; *alias; alias++)
			add_name(finding, aliases, &names, *alias, claims[i].cve);
	}
	finding->aliases = aliases;
	return true;
}

static const char *first_text(const struct claim *claims, size_t count, size_t offset)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = *(const char *const *)((const char *)claims[i].text + offset);
		if (*text)
			return text;
	}
	return "";
}

/* What people read: the first in standing that has it. Alpine's and others' records are silent, and someone described
 * the CVE. */
static int set_texts(struct matching *matching, struct tarsier_finding *finding, const struct claim *claims,
                     size_t count, const struct cve_facts *facts, struct tarsier_error *error)
{
	const struct advisory_text *other;
	finding->summary = first_text(claims, count, offsetof(struct advisory_text, summary));
	finding->description = first_text(claims, count, offsetof(struct advisory_text, details));
	finding->url = first_text(claims, count, offsetof(struct advisory_text, url));
	finding->published = first_text(claims, count, offsetof(struct advisory_text, published));
	finding->modified = first_text(claims, count, offsetof(struct advisory_text, modified));
	finding->references = claims[0].text->references;
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

static int make_finding(struct matching *matching, const struct version_scheme *scheme, const struct claim *claims,
                        size_t count, struct tarsier_finding *finding, struct tarsier_error *error)
{
	char name[CVE_NAME_SIZE];
	const struct cve_facts *facts = NULL;
	int code = claims[0].cve ? matching_cve_facts(matching, claims[0].cve, &facts, error) : 0;
	if (code < 0)
		return code;
	*finding = (struct tarsier_finding){.backend = "embedded"};
	finding->id = claims[0].cve ? arena_string(matching->arena, cve_name(claims[0].cve, name)) : claims[0].text->id;
	if (!finding->id || !set_aliases(matching, finding, claims, count))
		return error_memory(error);
	finding->fixed_version = fix_of(scheme, claims, count);
	set_severity(finding, claims, count, facts);
	set_facts(finding, facts);
	return set_texts(matching, finding, claims, count, facts, error);
}

int findings_merge(struct matching *matching, const struct version_scheme *scheme, struct tarsier_finding **findings,
                   size_t *count, struct tarsier_error *error)
{
	struct claims claims;
	*count = 0;
	int code = claims_collect(matching, &claims, error);
	if (code < 0 || claims.count == 0)
		return code;
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
