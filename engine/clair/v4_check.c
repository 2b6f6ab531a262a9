/* checks that a vulnerability report of Clair v4 is complete */
#include "clair/v4.h"

#include <stdio.h>
#include <string.h>

static const char answer[] = "Clair's vulnerability report";

/* ---- its shape --------------------------------------------------------------------------------------------------- */

/* claircore writes every key of every record, except those marked "omitempty" and those of later versions. The keys
 * that findings, severities, fixes and layers come from are required, the others are optional. */

static const struct clair_shape text = {.kind = CLAIR_TEXT};
static const struct clair_shape anything = {.kind = CLAIR_ANYTHING};
static const struct clair_shape texts = {.kind = CLAIR_LIST, .lack = CLAIR_MAY_BE_NULL, .inside = &text};

static const struct clair_shape source_keys[] = {
	{"name", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"version", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{.key = NULL}};
static const struct clair_shape package_keys[] = {
	{"name", CLAIR_TEXT, 0, NULL},
	{"version", CLAIR_TEXT, 0, NULL},
	{"arch", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"source", CLAIR_OBJECT, CLAIR_OPTIONAL, source_keys},
	{.key = NULL}};
static const struct clair_shape distribution_keys[] = {
	{"did", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"version", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"version_id", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"version_code_name", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"pretty_name", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{.key = NULL}};
static const struct clair_shape repository_keys[] = {
	{"name", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"key", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"uri", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{.key = NULL}};
static const struct clair_shape environment_keys[] = {
	{"package_db", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"introduced_in", CLAIR_TEXT, 0, NULL},
	{"distribution_id", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"repository_ids", CLAIR_LIST, CLAIR_OPTIONAL, &text},
	{.key = NULL}};
static const struct clair_shape vulnerability_keys[] = {
	{"name", CLAIR_TEXT, 0, NULL},
	{"normalized_severity", CLAIR_TEXT, 0, NULL},
	{"fixed_in_version", CLAIR_TEXT, 0, NULL},
	{"severity", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"links", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"description", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"issued", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"Aliases", CLAIR_LIST, CLAIR_OPTIONAL, &anything},
	{"Invert", CLAIR_BOOLEAN, CLAIR_OPTIONAL, NULL},
	{.key = NULL}};
static const struct clair_shape score_keys[] = {
	{"vectorString", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"baseScore", CLAIR_NUMBER, CLAIR_OPTIONAL, NULL},
	{.key = NULL}};

static const struct clair_shape package_shape = {.kind = CLAIR_OBJECT, .inside = package_keys};
static const struct clair_shape distribution = {.kind = CLAIR_OBJECT, .inside = distribution_keys};
static const struct clair_shape repository = {.kind = CLAIR_OBJECT, .inside = repository_keys};
static const struct clair_shape environment = {.kind = CLAIR_OBJECT, .inside = environment_keys};
static const struct clair_shape environments = {.kind = CLAIR_LIST, .inside = &environment};
static const struct clair_shape vulnerability_shape = {.kind = CLAIR_OBJECT, .inside = vulnerability_keys};

static const struct clair_shape score = {.kind = CLAIR_OBJECT, .inside = score_keys};
static const struct clair_shape scores = {.kind = CLAIR_LIST, .inside = &score};

/* By section. A section may be an empty object or null, but must be present. */
static const struct clair_shape sections[V4_SECTIONS] = {
	[V4_PACKAGES] = {"packages", CLAIR_MAP, CLAIR_MAY_BE_NULL, &package_shape},
	[V4_VULNERABILITIES] = {"vulnerabilities", CLAIR_MAP, CLAIR_MAY_BE_NULL, &vulnerability_shape},
	[V4_MATCHES] = {"package_vulnerabilities", CLAIR_MAP, CLAIR_MAY_BE_NULL, &texts},
	[V4_ENVIRONMENTS] = {"environments", CLAIR_MAP, CLAIR_OPTIONAL, &environments},
	[V4_DISTRIBUTIONS] = {"distributions", CLAIR_MAP, CLAIR_OPTIONAL, &distribution},
	[V4_REPOSITORIES] = {"repository", CLAIR_MAP, CLAIR_OPTIONAL, &repository},
	[V4_EXCEPTIONS] = {"PackageNotVulnerable", CLAIR_MAP, CLAIR_OPTIONAL, &texts},
	[V4_ENRICHMENTS] = {"enrichments", CLAIR_MAP, CLAIR_OPTIONAL, NULL},
	[V4_HASH] = {"manifest_hash", CLAIR_ANYTHING, CLAIR_OPTIONAL, NULL},
};

enum v4_section v4_section_of(const char *key)
{
	int section = 0;
	while (section < V4_SECTIONS && strcmp(sections[section].key, key) != 0)
		section++;
	return (enum v4_section)section;
}

bool clair_v4_is_cvss(const char *enrichment)
{
	return strstr(enrichment, "enricher=clair.cvss") != NULL;
}

/* enrichments = { type: [ { vulnerability: [ score … ] } ] }; other enrichers are not checked */
static int check_enrichment(const struct json_stream_place *place, json_t *value, struct tarsier_error *error)
{
	static const struct clair_shape list = {.kind = CLAIR_LIST, .lack = CLAIR_MAY_BE_NULL, .inside = NULL};
	static const struct clair_shape block = {.kind = CLAIR_OBJECT, .inside = NULL};
	char where[160];
	if (!clair_v4_is_cvss(place->keys[1]))
		return TARSIER_OK;
	if (place->depth == 2) {
		snprintf(where, sizeof where, "enrichments.%.100s", place->keys[1]);
		return clair_check_json(value, &list, where, answer, error);
	}
	snprintf(where, sizeof where, "enrichments.cvss[%zu]%s%.100s", place->indexes[2], place->depth == 4 ? "." : "",
	         place->depth == 4 ? place->keys[3] : "");
	return clair_check_json(value, place->depth == 3 ? &block : &scores, where, answer, error);
}

int v4_check_value(enum v4_section section, const struct json_stream_place *place, json_t *value,
                   struct tarsier_error *error)
{
	char where[160];
	if (section == V4_SECTIONS)
		return TARSIER_OK;
	if (place->depth == 1) { /* not an object: an object would have been opened */
		struct clair_shape whole = sections[section];
		whole.inside = NULL;
		return clair_check_json(value, &whole, whole.key, answer, error);
	}
	if (section == V4_ENRICHMENTS)
		return check_enrichment(place, value, error);
	snprintf(where, sizeof where, "%s.%.100s", sections[section].key, place->keys[1]);
	return clair_check_json(value, sections[section].inside, where, answer, error);
}

int v4_check_sections(unsigned found, struct tarsier_error *error)
{
	for (int i = 0; i < V4_SECTIONS; i++)
		if (!(sections[i].lack & CLAIR_MAY_LACK) && !(found & 1u << i))
			return error_set(error, TARSIER_BACKEND, "%s is not whole: %s is missing", answer, sections[i].key);
	return TARSIER_OK;
}

/* ---- its references ---------------------------------------------------------------------------------------------- */

int clair_v4_broken(struct tarsier_error *error, const char *what, const char *id)
{
	return error_set(error, TARSIER_BACKEND, "%s is not whole: %s \"%.100s\"", answer, what, id);
}

/* Clair finds a package in a place and matches it by that place: it writes both or neither. */
static const char *wrong_package(const struct v4_package *package)
{
	if (package->is_there)
		return package->environment_count ? NULL : "there is no environment of the package";
	if (package->is_placed)
		return "there is an environment but no record of its package";
	return package->vulnerability_count ? "there is no record of the package" : NULL;
}

/* Clair lists a vulnerability because a package has it, unless a vendor later excluded the package. */
static const char *wrong_vulnerability(const struct v4_report *report, const struct v4_vulnerability *vulnerability)
{
	if (!vulnerability->is_there && vulnerability->is_scored)
		return "there is a CVSS score but no record of its vulnerability";
	if (!vulnerability->is_there)
		return "there is no record of the vulnerability";
	if (vulnerability->is_used || vulnerability->is_inverted || report->has_exceptions)
		return NULL;
	return "package_vulnerabilities names no package of the vulnerability";
}

int v4_check_references(const struct v4_report *report, struct tarsier_error *error)
{
	for (size_t i = 0; i < report->packages.count; i++) {
		const struct v4_package *each = report->packages.entries[i].value;
		const char *wrong = wrong_package(each);
		if (wrong)
			return clair_v4_broken(error, wrong, each->id);
	}
	for (size_t i = 0; i < report->systems.count; i++) {
		const struct v4_system *each = report->systems.entries[i].value;
		if (!each->is_there)
			return clair_v4_broken(error, "there is no record of the distribution", each->id);
	}
	for (size_t i = 0; i < report->vulnerabilities.count; i++) {
		const struct v4_vulnerability *each = report->vulnerabilities.entries[i].value;
		const char *wrong = wrong_vulnerability(report, each);
		if (wrong)
			return clair_v4_broken(error, wrong, each->id);
	}
	return TARSIER_OK;
}
