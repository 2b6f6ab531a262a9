/* Clair v4's vulnerability reports */
#include "base/map.h"
#include "clair/v4.h"
#include "format/cvss.h"
#include "format/url.h"

#include <string.h>

/*
 *	{"manifest_hash", "packages":{id:…}, "distributions":{id:…}, "repository":{id:…}, "environments":{package:[…]},
 *	 "vulnerabilities":{id:…}, "package_vulnerabilities":{package:[vulnerability]},
 *	 "enrichments":{type:[{vulnerability:[…]}]}}
 *
 * Ids are this document's own. Only package_vulnerabilities says what a package has; "vulnerabilities" also holds those
 * that a vendor says it has not ("Invert").
 */

struct v4_report {
	const struct v4 *v4;
	const json_t *report;
	struct clair_records records;
	struct map systems;         /* by distribution id: struct distro */
	struct map vulnerabilities; /* by id: struct tarsier_finding, but for the package */
	struct map scores;          /* by id of a vulnerability: struct score_list */
	const struct distro *chief; /* the distribution that most packages have */
	size_t chief_count;
};

/* ---- distributions ----------------------------------------------------------------------------------------------- */

static const struct distro none = {"", "", "", "", "", "", ""};

static const char *copied(struct v4_report *report, const json_t *object, const char *key)
{
	return arena_string(report->records.arena, json_text(object, key));
}

/* Clair has no version_id of Alpine, but its first two numbers as version. */
static const char *version_of(struct v4_report *report, const json_t *json)
{
	return copied(report, json, *json_text(json, "version_id") ? "version_id" : "version");
}

struct seen_distro { struct distro distro; size_t count; };

static int read_system(struct v4_report *report, const char *id, const json_t *json, struct tarsier_error *error)
{
	struct arena *arena = report->records.arena;
	struct seen_distro *system = arena_alloc(arena, sizeof *system);
	if (!system)
		return error_memory(error);
	system->distro = (struct distro){
		.id = copied(report, json, "did"), .version = version_of(report, json),
		.codename = copied(report, json, "version_code_name"), .name = copied(report, json, "pretty_name"),
		.id_like = "", .evidence = ""};
	const struct distro *distro = &system->distro;
	if (!distro->id || !distro->version || !distro->codename || !distro->name ||
	    !clair_settle_distro(arena, &system->distro) || !map_put(&report->systems, span_of(id), system))
		return error_memory(error);
	return TARSIER_OK;
}

static int read_systems(struct v4_report *report, struct tarsier_error *error)
{
	json_t *each;
	const char *id;
	int code = TARSIER_OK;
	json_object_foreach(json_object_get(report->report, "distributions"), id, each)
		if (code >= 0)
			code = read_system(report, id, each, error);
	return code;
}

/* The distribution of a package; of the image, that of most. */
static const struct distro *system_of(struct v4_report *report, const json_t *environment)
{
	struct seen_distro *system = map_get(&report->systems, span_of(json_text(environment, "distribution_id")));
	if (!system)
		return &none;
	if (++system->count > report->chief_count) {
		report->chief = &system->distro;
		report->chief_count = system->count;
	}
	return &system->distro;
}

/* Images may hold no package and still be a system. */
static const struct distro *any_system(struct v4_report *report)
{
	json_t *each;
	const char *id;
	json_object_foreach(json_object_get(report->report, "distributions"), id, each) {
		struct seen_distro *system = map_get(&report->systems, span_of(id));
		if (system)
			return &system->distro;
	}
	return &none;
}

/* ---- packages ---------------------------------------------------------------------------------------------------- */

/* package_db is the file, with a word for its kind in front of what is no distribution's:
 * "python:usr/lib/python3/…". */
static const char *kind_of(const char *database, const char **path)
{
	static const struct { const char *prefix, *type; } kinds[] = {
		{"python:", "pypi"}, {"maven:", "maven"}, {"jar:", "maven"}, {"file:", "maven"}, {"go:", "golang"},
		{"ruby:", "gem"}, {"nodejs:", "npm"}, {"sqlite:", "rpm"}, {"bdb:", "rpm"}, {"ndb:", "rpm"},
	};
	*path = database;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (span_starts(span_of(database), kinds[i].prefix)) {
			*path = database + strlen(kinds[i].prefix);
			return kinds[i].type;
		}
	if (span_ends(span_of(database), "dpkg/status") || span_contains(span_of(database), "status.d"))
		return "deb";
	return span_ends(span_of(database), "apk/db/installed") ? "apk" : "";
}

static bool is_system_type(const char *type)
{
	return strcmp(type, "deb") == 0 || strcmp(type, "apk") == 0 || strcmp(type, "rpm") == 0;
}

static int layer_of(const struct v4_report *report, const char *digest, size_t *layer, struct tarsier_error *error)
{
	const struct clair_image *image = report->v4->image;
	for (size_t i = 0; i < image->count; i++)
		if (strcmp(image->layers[i].digest->text, digest) == 0) {
			*layer = i;
			return TARSIER_OK;
		}
	return clair_v4_broken(error, "a package comes from a layer that the image has not,", digest);
}

/* One package of ours a place where Clair saw it. */
static int add_seen(struct v4_report *report, const json_t *json, const json_t *environment,
                    struct tarsier_error *error)
{
	const struct distro *distro = system_of(report, environment);
	const json_t *source = json_member(json, "source");
	const char *database = copied(report, environment, "package_db"), *path;
	if (!database)
		return error_memory(error);
	const char *type = kind_of(database, &path);
	if (!*type)
		type = clair_type_of_distro(distro->id);
	struct tarsier_package package = {
		.type = *type ? type : "generic", .path = path[0] == '/' ? path + 1 : path,
		.name = copied(report, json, "name"), .version = copied(report, json, "version"),
		.architecture = copied(report, json, "arch"), .source_name = copied(report, source, "name"),
		.source_version = copied(report, source, "version")};
	if (!package.name || !package.version || !package.architecture || !package.source_name || !package.source_version)
		return error_memory(error);
	int code = layer_of(report, json_text(environment, "introduced_in"), &package.layer, error);
	return code < 0 ? code : clair_add_package(&report->records, distro, is_system_type(type), &package, error);
}

/* Where its packages begin in the records, and how many places there are: for the findings. */
struct package_range { size_t first, count; };

static int add_package(struct v4_report *report, struct map *places, const char *id, const json_t *json,
                       struct tarsier_error *error)
{
	const json_t *seen = json_list(json_member(report->report, "environments"), id), *each;
	struct package_range *place = arena_alloc(report->records.arena, sizeof *place);
	size_t i;
	int code = TARSIER_OK;
	if (!place)
		return error_memory(error);
	place->first = report->records.package_count;
	json_array_foreach(seen, i, each)
		if (code >= 0)
			code = add_seen(report, json, each, error);
	place->count = report->records.package_count - place->first;
	if (code >= 0 && !map_put(places, span_of(id), place))
		code = error_memory(error);
	return code;
}

static int add_packages(struct v4_report *report, struct map *places, struct tarsier_error *error)
{
	json_t *each;
	const char *id;
	int code = TARSIER_OK;
	json_object_foreach(json_object_get(report->report, "packages"), id, each)
		if (code >= 0)
			code = add_package(report, places, id, each, error);
	return code;
}

/* ---- vulnerabilities --------------------------------------------------------------------------------------------- */

/* "1.2-3"; "0", which says that there is none; or, of languages' packages, "introduced=1.0&fixed=1.2" and
 * "lastAffected=1.1". NULL when memory ran out. */
static const char *fix_of(struct arena *arena, const char *text)
{
	span rest = span_of(text), part, key, value;
	if (!strchr(text, '='))
		return strcmp(text, "0") == 0 ? "" : arena_string(arena, text);
	while (span_next(&rest, '&', &part))
		if (span_cut(part, '=', &key, &value) && span_is(key, "fixed"))
			return url_decode(arena, value, true); /* as Go's url.Values writes it */
	return "";
}

static char *date_of(struct arena *arena, const char *issued)
{
	return arena_string(arena, strncmp(issued, "0001-", 5) == 0 ? "" : issued);
}

/* The first link; all of them are the references. */
static bool set_links(struct arena *arena, struct tarsier_finding *finding, const char *links)
{
	span rest = span_of(links), part;
	size_t count = 0, most = 1;
	for (const char *c = links; *c; c++)
		most += *c == ' ';
	const char **list = arena_array(arena, most + 1, sizeof *list);
	while (list && span_next(&rest, ' ', &part)) {
		if (!part.len)
			continue;
		list[count] = span_copy(arena, part);
		if (!list[count++])
			return false;
	}
	finding->references = list;
	finding->url = list && count ? list[0] : "";
	return list != NULL;
}

/* [{"space":"CVE","name":"2024-1234"}]: of claircore since 1.5.52. A name may have its space in front already. */
static const char **other_names(struct arena *arena, const json_t *json)
{
	const json_t *list = json_list(json, "Aliases"), *each;
	size_t i, count = 0;
	const char **names = arena_array(arena, json_array_size(list) + 1, sizeof *names);
	json_array_foreach(list, i, each) {
		const char *space = json_text(each, "space");
		const char *name = json_is_string(each) ? json_string_value(each) : json_text(each, "name");
		size_t length = strlen(space);
		bool bare = length && strncmp(name, space, length) != 0;
		if (!names || !*name)
			continue;
		names[count] = bare ? arena_format(arena, "%s-%s", space, name) : arena_string(arena, name);
		if (!names[count++])
			return NULL;
	}
	return names;
}

struct score_list { const json_t *list; struct score_list *next; };

static int take_score(struct v4_report *report, struct tarsier_finding *finding, const char *id, const json_t *json,
                      struct tarsier_error *error)
{
	const json_t *score = json_object_get(json, "baseScore");
	const char *vector = json_text(json, "vectorString");
	double number = score ? json_number_value(score) : -1;
	struct cvss cvss;
	if (cvss_score(span_of(vector), &cvss, NULL) < 0 && !(json_is_number(score) && number >= 0 && number <= 10))
		return clair_v4_broken(error, "neither a vector nor a score in a CVSS record of the vulnerability", id);
	return clair_take_cvss(report->records.arena, finding, vector, number) ? TARSIER_OK : error_memory(error);
}

static int take_scores(struct v4_report *report, struct tarsier_finding *finding, const char *id,
                       struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (const struct score_list *scores = map_get(&report->scores, span_of(id)); scores; scores = scores->next) {
		const json_t *each;
		size_t i;
		json_array_foreach(scores->list, i, each)
			if (code >= 0)
				code = take_score(report, finding, id, each, error);
	}
	return code;
}

static int read_vulnerability(struct v4_report *report, const char *id, const json_t *json,
                              struct tarsier_finding *finding, struct tarsier_error *error)
{
	struct arena *arena = report->records.arena;
	const char *name = json_text(json, "name"), *links = json_text(json, "links");
	const char *vendor = json_text(json, "severity");
	if (!*name)
		return clair_v4_broken(error, "there is no name of the vulnerability", id);
	*finding = clair_blank_finding("clair-v4");
	const char **others = other_names(arena, json);
	bool ok = others && clair_set_names(arena, finding, name, others, links) && set_links(arena, finding, links);
	finding->description = arena_string(arena, json_text(json, "description"));
	finding->published = date_of(arena, json_text(json, "issued"));
	finding->fixed_version = fix_of(arena, json_text(json, "fixed_in_version"));
	if (!ok || !finding->description || !finding->published || !finding->fixed_version)
		return error_memory(error);
	int code = take_scores(report, finding, id, error);
	if (code >= 0 && !clair_take_cvss(arena, finding, vendor, -1))
		code = error_memory(error);
	if (code >= 0)
		code = clair_set_severity(finding, json_text(json, "normalized_severity"), error);
	if (finding->severity && finding->cvss_score >= 0 && span_starts(span_of(vendor), "CVSS:"))
		finding->severity_source = "cvss"; /* the word was made from the vector */
	return code;
}

/* NULL in *finding where it is none: the vendor says that the package is not affected. */
static int vulnerability_of(struct v4_report *report, const char *id, const struct tarsier_finding **finding,
                            struct tarsier_error *error)
{
	const json_t *json = json_member(json_member(report->report, "vulnerabilities"), id);
	struct tarsier_finding *made = map_get(&report->vulnerabilities, span_of(id));
	*finding = NULL;
	if (json_is_true(json_object_get(json, "Invert")))
		return TARSIER_OK;
	*finding = made;
	if (made)
		return TARSIER_OK;
	made = arena_alloc(report->records.arena, sizeof *made);
	if (!made)
		return error_memory(error);
	int code = read_vulnerability(report, id, json, made, error);
	if (code >= 0 && !map_put(&report->vulnerabilities, span_of(id), made))
		code = error_memory(error);
	*finding = made;
	return code;
}

static int add_scores(struct v4_report *report, json_t *block, struct tarsier_error *error)
{
	json_t *list;
	const char *id;
	json_object_foreach(block, id, list) {
		struct score_list *scores = arena_alloc(report->records.arena, sizeof *scores);
		if (!scores)
			return error_memory(error);
		*scores = (struct score_list){list, map_get(&report->scores, span_of(id))};
		if (!map_put(&report->scores, span_of(id), scores))
			return error_memory(error);
	}
	return TARSIER_OK;
}

/* The CVSS enricher's; others may be there. */
static int read_enrichments(struct v4_report *report, struct tarsier_error *error)
{
	json_t *blocks, *block;
	const char *type;
	size_t i;
	int code = TARSIER_OK;
	json_object_foreach(json_object_get(report->report, "enrichments"), type, blocks) {
		if (!clair_v4_is_cvss(type))
			continue;
		json_array_foreach(blocks, i, block) {
			if (code >= 0)
				code = add_scores(report, block, error);
		}
	}
	return code;
}

/* ---- which package has which ------------------------------------------------------------------------------------- */

static int add_findings(struct v4_report *report, const struct package_range *place, const json_t *ids,
                        struct tarsier_error *error)
{
	const struct tarsier_finding *finding;
	const json_t *each;
	size_t i;
	json_array_foreach(ids, i, each) {
		int code = vulnerability_of(report, json_string_value(each), &finding, error);
		for (size_t at = 0; at < place->count && code >= 0 && finding; at++)
			code = clair_add_finding(&report->records, place->first + at, finding, error);
		if (code < 0)
			return code;
	}
	return TARSIER_OK;
}

static int join_all(struct v4_report *report, const struct map *places, struct tarsier_error *error)
{
	json_t *ids;
	const char *package;
	json_object_foreach(json_object_get(report->report, "package_vulnerabilities"), package, ids) {
		const struct package_range *place = map_get(places, span_of(package));
		int code = place ? add_findings(report, place, ids, error) : TARSIER_OK;
		if (code < 0)
			return code;
	}
	return TARSIER_OK;
}

int clair_v4_read(const struct v4 *v4, json_t *json, struct clair_result *result, struct tarsier_error *error)
{
	struct arena *arena = v4->clair->arena;
	struct v4_report report = {.v4 = v4, .report = json, .records = {.arena = arena, .backend = "clair-v4"},
	                          .systems = {.arena = arena},
	                          .vulnerabilities = {.arena = arena}, .scores = {.arena = arena}};
	struct map places = {.arena = arena};
	int code = clair_v4_check(v4, json, error);
	if (code >= 0)
		code = read_systems(&report, error);
	if (code >= 0)
		code = read_enrichments(&report, error);
	if (code >= 0)
		code = add_packages(&report, &places, error);
	if (code >= 0)
		code = join_all(&report, &places, error);
	if (code >= 0)
		code = clair_finish(&report.records, result, error);
	if (code >= 0)
		result->distro = report.chief ? *report.chief : *any_system(&report);
	return code;
}
