/* is a vulnerability report of Clair v4 whole? */
#include "base/map.h"
#include "clair/v4.h"

#include <string.h>

static const char answer[] = "Clair's vulnerability report";

/* ---- its shape --------------------------------------------------------------------------------------------------- */

/* claircore writes every key of every record, but for those that say "omitempty" and those of later versions. We are
 * strict about what findings, their severities, fixes and layers come from, and forgive where the rest is missing. */

static const struct clair_shape text = {.kind = CLAIR_TEXT};
static const struct clair_shape texts = {.kind = CLAIR_LIST, .lack = CLAIR_MAY_BE_NULL, .inside = &text};
static const struct clair_shape anything = {.kind = CLAIR_ANYTHING};
static const struct clair_shape blocks = {.kind = CLAIR_LIST, .lack = CLAIR_MAY_BE_NULL, .inside = &anything};

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

static const struct clair_shape package = {.kind = CLAIR_OBJECT, .inside = package_keys};
static const struct clair_shape distribution = {.kind = CLAIR_OBJECT, .inside = distribution_keys};
static const struct clair_shape repository = {.kind = CLAIR_OBJECT, .inside = repository_keys};
static const struct clair_shape environment = {.kind = CLAIR_OBJECT, .inside = environment_keys};
static const struct clair_shape environments = {.kind = CLAIR_LIST, .inside = &environment};
static const struct clair_shape vulnerability = {.kind = CLAIR_OBJECT, .inside = vulnerability_keys};

/* An empty object or null is an answer; a key that is not there is none. */
static const struct clair_shape report_keys[] = {
	{"packages", CLAIR_MAP, CLAIR_MAY_BE_NULL, &package},
	{"vulnerabilities", CLAIR_MAP, CLAIR_MAY_BE_NULL, &vulnerability},
	{"package_vulnerabilities", CLAIR_MAP, CLAIR_MAY_BE_NULL, &texts},
	{"environments", CLAIR_MAP, CLAIR_OPTIONAL, &environments},
	{"distributions", CLAIR_MAP, CLAIR_OPTIONAL, &distribution},
	{"repository", CLAIR_MAP, CLAIR_OPTIONAL, &repository},
	{"enrichments", CLAIR_MAP, CLAIR_OPTIONAL, &blocks},
	{"PackageNotVulnerable", CLAIR_MAP, CLAIR_OPTIONAL, &texts},
	{.key = NULL}};
static const struct clair_shape report_shape = {.kind = CLAIR_OBJECT, .inside = report_keys};

static const struct clair_shape score = {.kind = CLAIR_OBJECT, .inside = score_keys};
static const struct clair_shape scores = {.kind = CLAIR_LIST, .inside = &score};
static const struct clair_shape cvss_block = {.kind = CLAIR_MAP, .inside = &scores};
static const struct clair_shape cvss_shape = {
	.key = "enrichments.cvss", .kind = CLAIR_LIST, .lack = CLAIR_MAY_BE_NULL, .inside = &cvss_block};

/* ---- its references ---------------------------------------------------------------------------------------------- */

int clair_v4_broken(struct tarsier_error *error, const char *what, const char *id)
{
	return error_set(error, TARSIER_BACKEND, "%s is not whole: %s \"%.100s\"", answer, what, id);
}

bool clair_v4_is_cvss(const char *enrichment)
{
	return strstr(enrichment, "enricher=clair.cvss") != NULL;
}

/* Clair finds a package in a place, and matches it by that: it writes none without the other. */
static int check_places(const json_t *report, struct tarsier_error *error)
{
	json_t *packages = json_object_get(report, "packages"), *places = json_object_get(report, "environments"), *each;
	const json_t *distributions = json_object_get(report, "distributions");
	const char *id;
	size_t i;
	json_object_foreach(packages, id, each)
		if (!json_array_size(json_object_get(places, id)))
			return clair_v4_broken(error, "no environment of the package", id);
	json_object_foreach(places, id, each) {
		const json_t *place;
		if (!json_object_get(packages, id))
			return clair_v4_broken(error, "an environment, and no record of its package", id);
		json_array_foreach(each, i, place) {
			const char *system = json_text(place, "distribution_id");
			if (*system && !json_object_get(distributions, system))
				return clair_v4_broken(error, "there is no record of the distribution", system);
		}
	}
	return TARSIER_OK;
}

static int check_scores(const json_t *report, struct tarsier_error *error)
{
	json_t *enrichments = json_object_get(report, "enrichments"), *block, *list, *each;
	const char *type, *id;
	size_t i;
	json_object_foreach(enrichments, type, list) {
		if (!clair_v4_is_cvss(type))
			continue;
		int code = clair_check_json(list, &cvss_shape, answer, error);
		if (code < 0)
			return code;
		json_array_foreach(list, i, block)
			json_object_foreach(block, id, each)
				if (!json_object_get(json_object_get(report, "vulnerabilities"), id))
					return clair_v4_broken(error, "a CVSS score, and no record of its vulnerability", id);
	}
	return TARSIER_OK;
}

/* Clair holds a vulnerability because a package has it, unless vendors said afterwards which ones do not. */
static int check_orphans(const json_t *report, const struct map *used, struct tarsier_error *error)
{
	json_t *each;
	const char *id;
	if (json_object_size(json_object_get(report, "PackageNotVulnerable")))
		return TARSIER_OK;
	json_object_foreach(json_object_get(report, "vulnerabilities"), id, each)
		if (!map_get(used, span_of(id)) && !json_is_true(json_object_get(each, "Invert")))
			return clair_v4_broken(error, "package_vulnerabilities names no package of the vulnerability", id);
	return TARSIER_OK;
}

static int check_matches(const struct v4 *v4, const json_t *report, struct tarsier_error *error)
{
	json_t *ids, *each, *records = json_object_get(report, "vulnerabilities");
	struct map used = {.arena = v4->clair->arena};
	const char *package_id;
	size_t i;
	json_object_foreach(json_object_get(report, "package_vulnerabilities"), package_id, ids) {
		if (json_array_size(ids) && !json_object_get(json_object_get(report, "packages"), package_id))
			return clair_v4_broken(error, "there is no record of the package", package_id);
		json_array_foreach(ids, i, each) {
			const char *id = json_string_value(each);
			json_t *record = json_object_get(records, id);
			if (!record)
				return clair_v4_broken(error, "there is no record of the vulnerability", id);
			if (!map_put(&used, span_of(id), record))
				return error_memory(error);
		}
	}
	return check_orphans(report, &used, error);
}

int clair_v4_check(const struct v4 *v4, json_t *report, struct tarsier_error *error)
{
	int code = clair_check_json(report, &report_shape, answer, error);
	if (code >= 0)
		code = check_places(report, error);
	if (code >= 0)
		code = check_scores(report, error);
	return code < 0 ? code : check_matches(v4, report, error);
}
