/* Clair v2's API, which it calls v1 */
#include "base/map.h"
#include "clair/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 *	POST /v1/layers {"Layer":{Name, Path, Headers, ParentName, Format}}    201, once the layer is read
 *	GET  /v1/layers/NAME?features&vulnerabilities                          200 {"Layer":{NamespaceName, Features}}
 *	DELETE /v1/layers/NAME                                                 200; its children go too
 *
 * A name stands for the chain up to its layer. A digest alone is not enough, because the meaning of a layer depends on
 * those below, and Clair skips a layer whose name it knows. Each scan uses names of its own, because another scan of
 * the same image may be running. At its end the lowest layer is deleted, and Clair deletes the others with it. With
 * `keep` the names are the same for every scan, so that the next one finds the layers.
 */

enum { NAME_SIZE = 80 };
static const char health[] = "/v1/namespaces";

struct v1 {
	struct clair *clair;
	struct clair_image *image;
	char (*names)[NAME_SIZE];
	size_t posted; /* layers that Clair may have */
};

/* ---- names ------------------------------------------------------------------------------------------------------- */

static int make_names(struct v1 *v1, struct tarsier_error *error)
{
	struct arena *arena = v1->clair->arena;
	char seed[2 * CLAIR_NONCE_BYTES + 1];
	v1->names = arena_array(arena, v1->image->count, sizeof *v1->names);
	if (!v1->names)
		return error_memory(error);
	int code = clair_make_nonce(v1->clair->config, seed, error);
	if (code < 0)
		return code;
	const char *parent = seed;
	for (size_t i = 0; i < v1->image->count; i++) {
		struct digest name;
		char *text = arena_format(arena, "%s %s", parent, v1->image->layers[i].digest->text);
		code = text ? digest_of(span_of(text), &name, error) : error_memory(error);
		if (code < 0)
			return code;
		snprintf(v1->names[i], NAME_SIZE, "tarsier-%.64s", name.text + strlen("sha256:"));
		parent = v1->names[i];
	}
	return TARSIER_OK;
}

/* ---- posting a layer --------------------------------------------------------------------------------------------- */

static json_t *headers_of(const struct clair_layer *layer)
{
	json_t *headers = json_object();
	for (size_t i = 0; headers && i < layer->header_count; i++)
		json_object_set_new(headers, layer->headers[i].key, json_string(layer->headers[i].value));
	return headers;
}

static char *make_body(const struct v1 *v1, size_t index)
{
	const struct clair_layer *layer = &v1->image->layers[index];
	json_t *json = json_pack("{s:{s:s, s:s, s:s, s:o*, s:s*}}", "Layer", "Name", v1->names[index], "Path", layer->url,
	                         "Format", "Docker",
	                         "Headers", layer->header_count ? headers_of(layer) : NULL, "ParentName", index
	                         ? v1->names[index - 1] : NULL);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return text;
}

static int refused_layer(const struct v1 *v1, size_t index, const char *words, struct tarsier_error *error)
{
	int code = TARSIER_UNSUPPORTED;
	if (strstr(words, "file too big"))
		code = TARSIER_LIMIT;
	else if (strstr(words, "could not extract"))
		code = TARSIER_FORMAT;
	return error_set(error, code, "Clair cannot read layer %zu of %zu (%s): %s", index + 1, v1->image->count,
	                 v1->image->layers[index].digest->text, *words ? words : "422");
}

/* The answer must repeat the request. */
static int check_echo(const struct v1 *v1, size_t index, const struct clair_call *call,
                      const struct http_response *response, struct tarsier_error *error)
{
	json_t *json;
	int code = clair_json(call, response, &json, error);
	if (code >= 0 && strcmp(json_text(json_member(json, "Layer"), "Name"), v1->names[index]) != 0)
		code = error_set(error, TARSIER_BACKEND,
		                 "Clair does not say which layer it has read (layer %zu of %zu)", index + 1,
		                 v1->image->count);
	json_decref(json);
	return code;
}

static int judge_post(const struct v1 *v1, size_t index, const struct clair_call *call,
                      const struct http_response *response, struct tarsier_error *error)
{
	if (response->status == 201)
		return check_echo(v1, index, call, response, error);
	const char *words = clair_error_text(v1->clair->arena, response);
	if (response->status == 422)
		return refused_layer(v1, index, words, error);
	if (response->status == 400 && strstr(words, "could not find layer"))
		return clair_layer_unreachable(v1->clair, v1->image, index, words, error);
	if (response->status == 400 && strstr(words, "parent layer is unknown"))
		return error_set(error, TARSIER_BACKEND,
		                 "Clair lost layer %zu of %zu during the scan: it was deleted",
		                 index, v1->image->count);
	int code = clair_refused(v1->clair, call, response, error);
	error_prefix(error, "layer %zu of %zu", index + 1, v1->image->count);
	return code;
}

static int post_layer(struct v1 *v1, size_t index, struct tarsier_error *error)
{
	struct http_response response;
	int code = clair_locate_layers(v1->clair, v1->image, index, 1, error);
	if (code < 0)
		return code;
	char *body = make_body(v1, index);
	if (!body)
		return error_memory(error);
	struct clair_call call = {.method = "POST", .base = v1->clair->indexer, .path = "/v1/layers", .body = span_of(body),
	                          .health_method = "GET", .health = health, .retry = true, .seconds = clair_seconds(v1->clair)};
	v1->posted = index + 1;
	clair_layer_begins(v1->clair, index, v1->image->layers[index].digest->text);
	code = clair_send(v1->clair, &call, &response, error);
	if (code >= 0)
		code = judge_post(v1, index, &call, &response, error);
	http_response_free(&response);
	free(body);
	return code;
}

/* ---- its findings ------------------------------------------------------------------------------------------------ */

/* Clair v2 omits empty members ("omitempty" of every key) and never writes null. NVD's data is stored in its database
 * unchanged. */
static const struct clair_shape score_keys[] = {
	{"Score", CLAIR_NUMBER, CLAIR_OPTIONAL, NULL},
	{"Vectors", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{"PublishedDateTime", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{.key = NULL}};
static const struct clair_shape nvd_keys[] = {
	{"CVSSv2", CLAIR_OBJECT, CLAIR_OPTIONAL, score_keys},
	{"CVSSv3", CLAIR_OBJECT, CLAIR_OPTIONAL, score_keys},
	{"PublishedDateTime", CLAIR_TEXT, CLAIR_OPTIONAL, NULL},
	{.key = NULL}};
static const struct clair_shape metadata_keys[] = {{"NVD", CLAIR_OBJECT, CLAIR_OPTIONAL, nvd_keys}, {.key = NULL}};
static const struct clair_shape vulnerability_keys[] = {
	{"Name", CLAIR_TEXT, 0, NULL},
	{"Severity", CLAIR_TEXT, 0, NULL},
	{"FixedBy", CLAIR_TEXT, CLAIR_MAY_LACK, NULL},
	{"Link", CLAIR_TEXT, CLAIR_MAY_LACK, NULL},
	{"Description", CLAIR_TEXT, CLAIR_MAY_LACK, NULL},
	{"Metadata", CLAIR_OBJECT, CLAIR_MAY_LACK, metadata_keys},
	{.key = NULL}};
static const struct clair_shape vulnerability = {.kind = CLAIR_OBJECT, .inside = vulnerability_keys};
static const struct clair_shape feature_keys[] = {
	{"Name", CLAIR_TEXT, 0, NULL},
	{"Version", CLAIR_TEXT, 0, NULL},
	{"AddedBy", CLAIR_TEXT, 0, NULL},
	{"NamespaceName", CLAIR_TEXT, CLAIR_MAY_LACK, NULL},
	{"VersionFormat", CLAIR_TEXT, CLAIR_MAY_LACK, NULL},
	{"Vulnerabilities", CLAIR_LIST, CLAIR_MAY_LACK, &vulnerability},
	{.key = NULL}};
static const struct clair_shape feature = {.kind = CLAIR_OBJECT, .inside = feature_keys};
static const struct clair_shape layer_keys[] = {
	{"Name", CLAIR_TEXT, 0, NULL},
	{"NamespaceName", CLAIR_TEXT, CLAIR_MAY_LACK, NULL},
	{"Features", CLAIR_LIST, CLAIR_MAY_LACK, &feature},
	{.key = NULL}};
static const struct clair_shape answer_keys[] = {{"Layer", CLAIR_OBJECT, 0, layer_keys}, {.key = NULL}};
static const struct clair_shape shape = {.kind = CLAIR_OBJECT, .inside = answer_keys};

struct v1_answer {
	struct v1 *v1;
	struct clair_records records;
	struct clair_result *result;
	struct map systems; /* by namespace: struct distro */
};

/* "debian:12", "alpine:v3.20", "centos:7", "oracle:8": Clair's names of releases. */
static const struct distro *system_of(struct v1_answer *answer, const char *name)
{
	struct arena *arena = answer->records.arena;
	struct distro *distro = map_get(&answer->systems, span_of(name));
	span id, version;
	if (distro)
		return distro;
	distro = arena_alloc(arena, sizeof *distro);
	const char *copy = arena_string(arena, name);
	if (!distro || !copy)
		return NULL;
	span_cut(span_of(copy), ':', &id, &version);
	if (span_is(id, "oracle"))
		id = SPAN("ol");
	if (span_is(id, "alpine") && span_starts(version, "v"))
		version = span_from(version, 1);
	*distro = (struct distro){.id = span_copy(arena, id), .version = span_copy(arena, version), .codename = "",
	                          .name = copy, .id_like = "", .evidence = ""};
	bool ok = distro->id && distro->version && clair_settle_distro(arena, distro);
	return ok && map_put(&answer->systems, span_of(copy), distro) ? distro : NULL;
}

static int layer_of(const struct v1 *v1, const char *name, size_t *layer, struct tarsier_error *error)
{
	for (size_t i = 0; i < v1->image->count; i++)
		if (strcmp(v1->names[i], name) == 0) {
			*layer = i;
			return TARSIER_OK;
		}
	return error_set(error, TARSIER_BACKEND,
	                 "Clair attributes a package to the layer \"%.100s\", which the image does not have", name);
}

/* Clair writes an rpm's epoch even if it is 0. */
static const char *version_of(const char *type, const char *version)
{
	return strcmp(type, "rpm") == 0 && strncmp(version, "0:", 2) == 0 ? version + 2 : version;
}

static const char *path_of(const char *type)
{
	if (strcmp(type, "deb") == 0)
		return "var/lib/dpkg/status";
	return strcmp(type, "apk") == 0 ? "lib/apk/db/installed" : strcmp(type, "rpm") == 0 ? "var/lib/rpm/Packages" : "";
}

/* NVD's data, if Clair has it: {"NVD":{"CVSSv3":{"Vectors":"CVSS:3.1/…","Score":9.8},"CVSSv2":{…}}} */
static bool take_metadata(struct arena *arena, struct tarsier_finding *finding, const json_t *metadata)
{
	static const char *const versions[] = {"CVSSv2", "CVSSv3"};
	const json_t *nvd = json_member(metadata, "NVD");
	for (size_t i = 0; i < 2; i++) {
		const json_t *cvss = json_member(nvd, versions[i]), *score = cvss ? json_object_get(cvss, "Score") : NULL;
		double number = json_is_number(score) && json_number_value(score) > 0 ? json_number_value(score) : -1;
		if (cvss && !clair_take_cvss(arena, finding, json_text(cvss, "Vectors"), number))
			return false;
	}
	const char *published = json_text(json_member(nvd, "CVSSv2"), "PublishedDateTime");
	finding->published = arena_string(arena, *published ? published : json_text(nvd, "PublishedDateTime"));
	return finding->published != NULL;
}

static int add_vulnerability(struct v1_answer *answer, size_t package, const json_t *json, struct tarsier_error *error)
{
	struct arena *arena = answer->records.arena;
	struct tarsier_finding finding = clair_blank_finding("clair-v1");
	const char *name = json_text(json, "Name");
	if (!*name)
		return error_set(error, TARSIER_BACKEND, "Clair's answer holds a vulnerability without a name");
	bool ok = clair_set_names(arena, &finding, name, NULL, json_text(json, "Link")) &&
	          take_metadata(arena, &finding, json_member(json, "Metadata"));
	finding.description = arena_string(arena, json_text(json, "Description"));
	finding.url = arena_string(arena, json_text(json, "Link"));
	const char *type = answer->records.packages[package].type;
	finding.fixed_version = arena_string(arena, version_of(type, json_text(json, "FixedBy")));
	if (!ok || !finding.description || !finding.url || !finding.fixed_version)
		return error_memory(error);
	int code = clair_set_severity(&finding, json_text(json, "Severity"), error);
	return code < 0 ? code : clair_add_finding(&answer->records, package, &finding, error);
}

static int add_feature(struct v1_answer *answer, const json_t *json, const char *system, struct tarsier_error *error)
{
	struct arena *arena = answer->records.arena;
	const char *own = json_text(json, "NamespaceName");
	const struct distro *distro = system_of(answer, *own ? own : system);
	if (!distro)
		return error_memory(error);
	const char *type = clair_type_of_distro(distro->id);
	if (!*type)
		type = strcmp(json_text(json, "VersionFormat"), "rpm") == 0 ? "rpm" : "deb";
	struct tarsier_package package = {.type = type, .architecture = "", .source_name = "", .source_version = "",
	                                  .path = path_of(type)};
	int code = layer_of(answer->v1, json_text(json, "AddedBy"), &package.layer, error);
	package.name = arena_string(arena, json_text(json, "Name"));
	package.version = arena_string(arena, version_of(type, json_text(json, "Version")));
	if (code >= 0 && (!package.name || !package.version))
		code = error_memory(error);
	if (code >= 0)
		code = clair_add_package(&answer->records, distro, true, &package, error);
	const json_t *list = json_object_get(json, "Vulnerabilities"), *each;
	size_t i, index = answer->records.package_count - 1;
	json_array_foreach(list, i, each)
		if (code >= 0)
			code = add_vulnerability(answer, index, each, error);
	return code;
}

/* Clair has no vulnerabilities for a system that is not among its namespaces. */
static bool is_covered(const struct v1 *v1, const char *name)
{
	const json_t *each;
	size_t i;
	json_array_foreach(v1->clair->namespaces, i, each)
		if (strcmp(json_text(each, "Name"), name) == 0)
			return true;
	return false;
}

static int read_layer(struct v1_answer *answer, const json_t *layer, struct tarsier_error *error)
{
	const struct v1 *v1 = answer->v1;
	const char *system = json_text(layer, "NamespaceName");
	const json_t *features = layer ? json_object_get(layer, "Features") : NULL, *each;
	size_t i;
	int code = TARSIER_OK;
	if (strcmp(json_text(layer, "Name"), v1->names[v1->image->count - 1]) != 0)
		return error_set(error, TARSIER_BACKEND, "Clair's answer is about another layer than the requested one");
	if (*system) {
		const struct distro *distro = system_of(answer, system);
		if (!distro)
			return error_memory(error);
		answer->result->distro = *distro;
		answer->result->uncovered = is_covered(v1, system) ? NULL : distro->name;
	}
	json_array_foreach(features, i, each)
		if (code >= 0)
			code = add_feature(answer, each, system, error);
	return code < 0 ? code : clair_finish(&answer->records, answer->result, error);
}

static int keep_report(const struct v1 *v1, const struct http_response *response, struct tarsier_error *error)
{
	struct clair_copy copy = {.file = NULL};
	int code = clair_copy_begin(&copy, v1->clair->config->report_file, error);
	if (code >= 0)
		code = clair_copy_add(&copy, buffer_span(&response->body), error);
	if (code >= 0)
		code = clair_copy_end(&copy, error);
	clair_copy_drop(&copy);
	return code;
}

static int read_top(struct v1 *v1, struct clair_result *result, struct tarsier_error *error)
{
	struct clair *clair = v1->clair;
	struct v1_answer answer = {.v1 = v1, .result = result, .records = {.arena = clair->arena, .backend = "clair-v1"},
	                        .systems = {.arena = clair->arena}};
	struct http_response response;
	json_t *json = NULL;
	char *path = arena_format(clair->arena, "/v1/layers/%s?features&vulnerabilities", v1->names[v1->image->count - 1]);
	if (!path)
		return error_memory(error);
	const struct clair_call call = {.method = "GET", .base = clair->indexer, .path = path,
	                                .health_method = "GET", .health = health,
	                                .retry = true,
	                                .seconds = clair_seconds(clair)};
	int code = clair_send(clair, &call, &response, error);
	if (code >= 0 && response.status == 404)
		code = error_set(error, TARSIER_BACKEND,
		                 "Clair lost the image's layers during the scan: they were deleted");
	else if (code >= 0 && response.status != 200)
		code = clair_refused(clair, &call, &response, error);
	if (code >= 0)
		code = keep_report(v1, &response, error);
	if (code >= 0)
		code = clair_json(&call, &response, &json, error);
	if (code >= 0)
		code = clair_check_json(json, &shape, "", "Clair's answer", error);
	if (code >= 0)
		code = read_layer(&answer, json_member(json, "Layer"), error);
	json_decref(json);
	http_response_free(&response);
	return code;
}

/* ---- the scan ---------------------------------------------------------------------------------------------------- */

static void clean_up(const struct v1 *v1)
{
	const struct clair *clair = v1->clair;
	if (clair->config->keep || !v1->posted)
		return;
	char *path = arena_format(clair->arena, "/v1/layers/%s", v1->names[0]);
	if (path)
		clair_clean_up(clair, v1->image, path, "the image's layers stay");
}

int clair_v1_scan(struct clair *clair, struct clair_image *image, struct clair_result *result,
                  struct tarsier_error *error)
{
	struct v1 v1 = {.clair = clair, .image = image};
	int code = make_names(&v1, error);
	for (size_t i = 0; i < image->count && code >= 0; i++) {
		code = post_layer(&v1, i, error);
		if (code >= 0 && clair_cancelled(clair))
			code = error_set(error, TARSIER_CANCELLED, "cancelled");
	}
	if (code >= 0)
		code = read_top(&v1, result, error);
	if (v1.names)
		clean_up(&v1);
	return code;
}
