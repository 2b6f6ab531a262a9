/* converts Clair v4's vulnerability report to our records while it arrives */
#include "clair/v4.h"

#include <string.h>

/*
 *	{"manifest_hash", "packages":{id:…}, "distributions":{id:…}, "repository":{id:…}, "environments":{package:[…]},
 *	 "vulnerabilities":{id:…}, "package_vulnerabilities":{package:[vulnerability]},
 *	 "enrichments":{type:[{vulnerability:[…]}]}}
 *
 * Ids are valid within this document only. Only package_vulnerabilities tells which vulnerabilities a package has;
 * "vulnerabilities" also holds those that do not affect it according to a vendor ("Invert"). Each record is converted
 * as soon as it is complete, so that at most one of Clair's records is in memory.
 */
enum { REPORT_LIMIT = 1024 * 1024 * 1024 }; /* bytes; a report of 100,000 vulnerabilities has about 100 MB */

static const struct distro none = DISTRO_UNKNOWN;

static const char *copied(const struct v4_report *report, const json_t *object, const char *key)
{
	return arena_string(report->records.arena, json_text(object, key));
}

/* Returns the record of that id, created at its first mention. Returns NULL if memory ran out. All of them begin with
 * `id`. */
static void *record_of(struct v4_report *report, struct map *map, const char *id, size_t size)
{
	struct arena *arena = report->records.arena;
	void *record = map_get(map, span_of(id));
	if (record)
		return record;
	record = arena_alloc(arena, size);
	const char *copy = arena_string(arena, id);
	if (!record || !copy)
		return NULL;
	*(const char **)record = copy;
	return map_put(map, span_of(copy), record) ? record : NULL;
}

static struct v4_package *package_of(struct v4_report *report, const char *id)
{
	return record_of(report, &report->packages, id, sizeof(struct v4_package));
}

static struct v4_vulnerability *vulnerability_of(struct v4_report *report, const char *id)
{
	return record_of(report, &report->vulnerabilities, id, sizeof(struct v4_vulnerability));
}

static struct v4_system *system_of(struct v4_report *report, const char *id)
{
	return record_of(report, &report->systems, id, sizeof(struct v4_system));
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

/* Clair has no version_id for Alpine; version holds its first two numbers. */
static int take_system(struct v4_report *report, const char *id, const json_t *json, struct tarsier_error *error)
{
	struct v4_system *system = system_of(report, id);
	if (!system)
		return error_memory(error);
	struct distro *distro = &system->distro;
	*distro = (struct distro){
		.id = copied(report, json, "did"),
		.version = copied(report, json, *json_text(json, "version_id") ? "version_id" : "version"),
		.codename = copied(report, json, "version_code_name"), .name = copied(report, json, "pretty_name"),
		.id_like = "", .evidence = ""};
	system->is_there = true;
	bool ok = distro->id && distro->version && distro->codename && distro->name &&
	          clair_settle_distro(report->records.arena, distro);
	return ok ? TARSIER_OK : error_memory(error);
}

static int take_package(struct v4_report *report, const char *id, const json_t *json, struct tarsier_error *error)
{
	struct v4_package *package = package_of(report, id);
	const json_t *source = json_member(json, "source");
	if (!package)
		return error_memory(error);
	package->is_there = true;
	package->name = copied(report, json, "name");
	package->version = copied(report, json, "version");
	package->architecture = copied(report, json, "arch");
	package->source_name = copied(report, source, "name");
	package->source_version = copied(report, source, "version");
	bool ok = package->name && package->version && package->architecture && package->source_name &&
	          package->source_version;
	return ok ? TARSIER_OK : error_memory(error);
}

static int layer_of(const struct v4_report *report, const char *digest, size_t *layer, struct tarsier_error *error)
{
	const struct clair_image *image = report->v4->image;
	for (size_t i = 0; i < image->count; i++)
		if (strcmp(image->layers[i].digest->text, digest) == 0) {
			*layer = i;
			return TARSIER_OK;
		}
	return clair_v4_broken(error, "a package comes from a layer that the image does not have,", digest);
}

static int take_environment(struct v4_report *report, struct v4_environment *environment, const json_t *json,
                            struct tarsier_error *error)
{
	const char *system = json_text(json, "distribution_id");
	environment->database = copied(report, json, "package_db");
	environment->system = *system ? system_of(report, system) : NULL;
	if (!environment->database || (*system && !environment->system))
		return error_memory(error);
	return layer_of(report, json_text(json, "introduced_in"), &environment->layer, error);
}

static int take_environments(struct v4_report *report, const char *id, const json_t *list, struct tarsier_error *error)
{
	struct v4_package *package = package_of(report, id);
	size_t count = json_array_size(list), i;
	const json_t *each;
	int code = TARSIER_OK;
	if (!package || !(package->environments = arena_array(report->records.arena, count, sizeof *package->environments)))
		return error_memory(error);
	package->is_placed = true;
	package->environment_count = count;
	json_array_foreach(list, i, each)
		if (code >= 0)
			code = take_environment(report, &package->environments[i], each, error);
	return code;
}

static int take_vulnerability(struct v4_report *report, const char *id, const json_t *json,
                              struct tarsier_error *error)
{
	struct v4_vulnerability *vulnerability = vulnerability_of(report, id);
	if (!vulnerability)
		return error_memory(error);
	return v4_vulnerability_read(report->records.arena, vulnerability, json, error);
}

static int take_matches(struct v4_report *report, const char *id, const json_t *list, struct tarsier_error *error)
{
	struct v4_package *package = package_of(report, id);
	size_t count = json_array_size(list), i;
	const json_t *each;
	if (!package || !(package->vulnerabilities = arena_array(report->records.arena, count,
	                                                         sizeof *package->vulnerabilities)))
		return error_memory(error);
	package->vulnerability_count = count;
	json_array_foreach(list, i, each) {
		package->vulnerabilities[i] = vulnerability_of(report, json_string_value(each));
		if (!package->vulnerabilities[i])
			return error_memory(error);
		package->vulnerabilities[i]->is_used = true;
	}
	return TARSIER_OK;
}

/* Reads the CVSS enricher's scores and skips other enrichers. */
static int take_enrichment(struct v4_report *report, const struct json_stream_place *place, const json_t *list,
                           struct tarsier_error *error)
{
	if (place->depth != 4 || !clair_v4_is_cvss(place->keys[1]))
		return TARSIER_OK;
	struct v4_vulnerability *vulnerability = vulnerability_of(report, place->keys[3]);
	if (!vulnerability)
		return error_memory(error);
	return v4_vulnerability_add_scores(report->records.arena, vulnerability, list, error);
}

/* ---- the stream -------------------------------------------------------------------------------------------------- */

static bool opens(void *user, const struct json_stream_place *place, bool is_object)
{
	struct v4_report *report = user;
	enum v4_section section = v4_section_of(place->keys[0]);
	if (place->depth == 1 && section < V4_SECTIONS)
		report->sections |= 1u << section;
	if (place->depth == 1) /* a hash that is an object is taken whole, to be refused */
		return section != V4_HASH && (is_object || section == V4_SECTIONS);
	if (section != V4_ENRICHMENTS)
		return false;
	return is_object == (place->depth == 3);
}

static int take_hash(struct v4_report *report, const json_t *value, struct tarsier_error *error)
{
	const char *hash = json_is_string(value) ? json_string_value(value) : "";
	report->of = arena_string(report->records.arena, hash);
	return report->of ? TARSIER_OK : error_memory(error);
}

static int take(void *user, const struct json_stream_place *place, json_t *value, struct tarsier_error *error)
{
	struct v4_report *report = user;
	enum v4_section section = v4_section_of(place->keys[0]);
	int code = v4_check_value(section, place, value, error);
	if (section < V4_SECTIONS)
		report->sections |= 1u << section;
	if (section == V4_HASH)
		return take_hash(report, value, error);
	if (code < 0 || place->depth < 2)
		return code;
	const char *id = place->keys[1];
	switch (section) {
	case V4_PACKAGES: return take_package(report, id, value, error);
	case V4_DISTRIBUTIONS: return take_system(report, id, value, error);
	case V4_ENVIRONMENTS: return take_environments(report, id, value, error);
	case V4_VULNERABILITIES: return take_vulnerability(report, id, value, error);
	case V4_MATCHES: return take_matches(report, id, value, error);
	case V4_ENRICHMENTS: return take_enrichment(report, place, value, error);
	case V4_EXCEPTIONS: report->has_exceptions = true; return TARSIER_OK;
	default: return TARSIER_OK;
	}
}

void v4_report_free(struct v4_report *report)
{
	json_stream_free(&report->stream);
	clair_copy_drop(&report->copy);
}

int v4_report_begin(void *user, struct tarsier_error *error)
{
	struct v4_report *report = user;
	const struct v4 *v4 = report->v4;
	struct arena *arena = v4->clair->arena;
	v4_report_free(report);
	*report = (struct v4_report){
		.v4 = v4, .of = "", .records = {.arena = arena, .backend = "clair-v4"}, .packages = {.arena = arena},
		.vulnerabilities = {.arena = arena}, .systems = {.arena = arena},
		.stream = {.opens = opens, .take = take, .user = report, .what = "Clair's vulnerability report",
		           .allocator = &arena->allocator}};
	int code = json_stream_begin(&report->stream, error);
	return code < 0 ? code : clair_copy_begin(&report->copy, v4->clair->config->report_file, error);
}

int v4_report_take(void *user, span piece, struct tarsier_error *error)
{
	struct v4_report *report = user;
	report->size += piece.len;
	if (report->size > REPORT_LIMIT)
		return error_set(error, TARSIER_LIMIT, "Clair's vulnerability report has more than %d bytes", REPORT_LIMIT);
	int code = clair_copy_add(&report->copy, piece, error);
	return code < 0 ? code : json_stream_feed(&report->stream, piece, error);
}

/* ---- packages ---------------------------------------------------------------------------------------------------- */

/* package_db is a file name. For packages of languages the kind comes first: "python:usr/lib/python3/…". */
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

/* Adds one of our packages for each place where Clair found it. */
static int add_seen(struct v4_report *report, const struct v4_package *from, const struct v4_environment *environment,
                    struct tarsier_error *error)
{
	const struct distro *distro = environment->system ? &environment->system->distro : &none;
	const char *path, *type = kind_of(environment->database, &path);
	if (!*type)
		type = clair_type_of_distro(distro->id);
	const struct tarsier_package package = {
		.type = *type ? type : "generic", .path = path[0] == '/' ? path + 1 : path, .name = from->name,
		.version = from->version, .architecture = from->architecture, .source_name = from->source_name,
		.source_version = from->source_version, .layer = environment->layer};
	if (environment->system)
		environment->system->count++;
	return clair_add_package(&report->records, distro, is_system_type(type), &package, error);
}

static int add_findings(struct v4_report *report, const struct v4_package *package, size_t first,
                        struct tarsier_error *error)
{
	for (size_t i = 0; i < package->vulnerability_count; i++) {
		struct v4_vulnerability *vulnerability = package->vulnerabilities[i];
		if (vulnerability->is_inverted)
			continue;
		int code = v4_vulnerability_finish(report->records.arena, vulnerability, error);
		for (size_t at = 0; at < package->environment_count && code >= 0; at++)
			code = clair_add_finding(&report->records, first + at, &vulnerability->finding, error);
		if (code < 0)
			return code;
	}
	return TARSIER_OK;
}

static int add_package(struct v4_report *report, const struct v4_package *package, struct tarsier_error *error)
{
	size_t first = report->records.package_count;
	int code = TARSIER_OK;
	for (size_t i = 0; i < package->environment_count && code >= 0; i++)
		code = add_seen(report, package, &package->environments[i], error);
	return code < 0 ? code : add_findings(report, package, first, error);
}

/* The distribution that most packages have. An image without packages may have one, too. */
static const struct distro *chief_of(const struct v4_report *report)
{
	const struct v4_system *chief = NULL;
	for (size_t i = 0; i < report->systems.count; i++) {
		const struct v4_system *each = report->systems.entries[i].value;
		if (!chief || each->count > chief->count)
			chief = each;
	}
	return chief ? &chief->distro : &none;
}

static int check(struct v4_report *report, struct tarsier_error *error)
{
	int code = json_stream_end(&report->stream, error);
	if (code >= 0 && strcmp(report->of, report->v4->hash.text) != 0)
		code = error_set(error, TARSIER_BACKEND,
		                 "Clair's vulnerability report is about another image: manifest_hash is \"%.100s\", not %s",
		                 report->of, report->v4->hash.text);
	if (code >= 0)
		code = v4_check_sections(report->sections, error);
	return code < 0 ? code : v4_check_references(report, error);
}

int v4_report_finish(struct v4_report *report, struct clair_result *result, struct tarsier_error *error)
{
	int code = clair_copy_end(&report->copy, error);
	if (code >= 0)
		code = check(report, error);
	for (size_t i = 0; i < report->packages.count && code >= 0; i++)
		code = add_package(report, report->packages.entries[i].value, error);
	if (code >= 0)
		code = clair_finish(&report->records, result, error);
	if (code >= 0)
		result->distro = *chief_of(report);
	return code;
}
