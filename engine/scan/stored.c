/* reads a report that was written as JSON (schema 1): the image, its packages, and what could not be read of them */
#include "format/json.h"
#include "inventory/dependencies.h"
#include "scan/report.h"
#include "tarsier_share.h"

#include <stddef.h>
#include <string.h>

/* Bytes: a hundred thousand packages with all their findings have half of it. */
enum { STORED_BYTES = 512 << 20 };

struct stored { struct tarsier_report *report; struct arena *arena; bool failed; };

/* Copies to the report. */
static const char *text(struct stored *stored, const json_t *object, const char *key)
{
	const char *copy = arena_string(stored->arena, json_text(object, key));
	stored->failed = stored->failed || !copy;
	return copy ? copy : "";
}

static const char *const *texts(struct stored *stored, const json_t *object, const char *key)
{
	const json_t *list = json_list(object, key);
	size_t count = json_array_size(list), kept = 0;
	const char **copies = arena_array(stored->arena, count + 1, sizeof *copies);
	for (size_t i = 0; copies && i < count; i++) {
		const char *value = json_string_value(json_array_get(list, i));
		if (value && !(copies[kept++] = arena_string(stored->arena, value)))
			stored->failed = true;
	}
	stored->failed = stored->failed || !copies;
	return copies;
}

static void *array(struct stored *stored, const json_t *list, size_t size)
{
	void *items = arena_array(stored->arena, json_array_size(list) + 1, size);
	stored->failed = stored->failed || !items;
	return items;
}

static const struct tarsier_label *labels(struct stored *stored, const json_t *object, const char *member, size_t *count)
{
	json_t *given = (json_t *)json_member(object, member);
	struct tarsier_label *list = arena_array(stored->arena, json_object_size(given) + 1, sizeof *list);
	const char *key;
	json_t *value;
	*count = 0;
	stored->failed = stored->failed || !list;
	json_object_foreach(given, key, value) {
		if (!list || !json_is_string(value))
			continue;
		list[*count] = (struct tarsier_label){arena_string(stored->arena, key), arena_string(stored->arena, json_string_value(value))};
		stored->failed = stored->failed || !list[*count].key || !list[*count].value;
		++*count;
	}
	return list;
}

/* ---- the image --------------------------------------------------------------------------------------------------- */

/* Layers are numbered from 1; no number stands for the first one. */
static size_t layer_index(const json_t *object)
{
	uint64_t number = json_count(object, "layer");
	return number ? (size_t)number - 1 : 0;
}

static void read_layers(struct stored *stored, const json_t *image)
{
	const json_t *list = json_list(image, "layers");
	struct tarsier_layer *layers = array(stored, list, sizeof *layers);
	size_t count = layers ? json_array_size(list) : 0;
	for (size_t i = 0; i < count; i++) {
		const json_t *layer = json_array_get(list, i);
		layers[i] = (struct tarsier_layer){
			.digest = text(stored, layer, "digest"), .diff_id = text(stored, layer, "diff_id"),
			.created_by = text(stored, layer, "created_by"), .media_type = text(stored, layer, "media_type"),
			.size = json_count(layer, "size"), .cached = 1};
	}
	stored->report->image.layers = layers;
	stored->report->image.layer_count = count;
}

static void read_history(struct stored *stored, const json_t *image)
{
	const json_t *list = json_list(image, "history");
	struct tarsier_history *history = array(stored, list, sizeof *history);
	size_t count = history ? json_array_size(list) : 0;
	for (size_t i = 0; i < count; i++) {
		const json_t *entry = json_array_get(list, i);
		history[i] = (struct tarsier_history){
			.created = text(stored, entry, "created"), .created_by = text(stored, entry, "created_by"),
			.comment = text(stored, entry, "comment"), .empty_layer = json_is_true(json_object_get(entry, "empty_layer"))};
	}
	stored->report->image.history = history;
	stored->report->image.history_count = count;
}

static void read_config(struct stored *stored, const json_t *config)
{
	struct tarsier_image *image = &stored->report->image;
	image->user = text(stored, config, "user");
	image->working_dir = text(stored, config, "working_dir");
	image->env = texts(stored, config, "env");
	image->entrypoint = texts(stored, config, "entrypoint");
	image->cmd = texts(stored, config, "cmd");
	image->exposed_ports = texts(stored, config, "exposed_ports");
	image->volumes = texts(stored, config, "volumes");
	image->healthcheck = texts(stored, config, "healthcheck");
	image->labels = labels(stored, config, "labels", &image->label_count);
}

static void read_image(struct stored *stored, const json_t *object)
{
	struct tarsier_image *image = &stored->report->image;
	const json_t *distro = json_member(object, "distro"), *base = json_member(object, "base");
	const struct { const char **field; const json_t *in; const char *key; } fields[] = {
		{&image->reference, object, "reference"}, {&image->name, object, "name"}, {&image->digest, object, "digest"},
		{&image->id, object, "id"}, {&image->os, object, "os"}, {&image->architecture, object, "architecture"},
		{&image->variant, object, "variant"}, {&image->created, object, "created"}, {&image->ecosystem, object, "ecosystem"},
		{&image->distro_id, distro, "id"}, {&image->distro_version, distro, "version"},
		{&image->distro_codename, distro, "codename"}, {&image->distro_name, distro, "name"},
		{&image->support_ends, distro, "support_ends"}, {&image->extended_support_ends, distro, "extended_support_ends"},
		{&image->base_name, base, "name"}, {&image->base_digest, base, "digest"},
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		*fields[i].field = text(stored, fields[i].in, fields[i].key);
	image->base_layers = (size_t)json_count(base, "layers");
	image->annotations = labels(stored, object, "annotations", &image->annotation_count);
	read_config(stored, json_member(object, "config"));
	read_layers(stored, object);
	read_history(stored, object);
}

/* ---- packages and problems ----------------------------------------------------------------------------------------- */

static void read_package(struct stored *stored, const json_t *object, struct tarsier_package *package)
{
	const json_t *source = json_member(object, "source");
	*package = (struct tarsier_package){
		.type = text(stored, object, "type"), .ecosystem = text(stored, object, "ecosystem"), .name = text(stored, object, "name"),
		.version = text(stored, object, "version"), .architecture = text(stored, object, "architecture"),
		.source_name = text(stored, source, "name"), .source_version = text(stored, source, "version"),
		.purl = text(stored, object, "purl"), .path = text(stored, object, "path"), .reader = text(stored, object, "reader"),
		.layer = layer_index(object), .module = text(stored, object, "module"), .vendor = text(stored, object, "vendor"),
		.kernel = json_is_true(json_object_get(object, "kernel")), .licenses = texts(stored, object, "licenses"),
		.owner = text(stored, object, "owner"), .found_by = text(stored, object, "found_by")};
	if (!*package->source_name)
		package->source_name = package->name;
	if (!*package->source_version)
		package->source_version = package->version;
}

/* As a reader would have written them, from the names in the report. */
static void read_dependencies(struct stored *stored, const json_t *object, struct tarsier_package *package)
{
	const json_t *names = json_object_get(object, "requires"), *name;
	struct buffer text;
	size_t i;
	if (!json_is_array(names))
		return;
	buffer_init(&text, &stored->arena->allocator);
	bool ok = dependencies_begin(&text, json_is_true(json_object_get(object, "essential")));
	json_array_foreach(names, i, name)
		ok = ok && dependencies_add_control(&text, span_of(json_is_string(name) ? json_string_value(name) : ""));
	const char *requires = ok ? span_copy(stored->arena, buffer_span(&text)) : NULL;
	stored->failed = stored->failed || !requires || !dependencies_new(stored->arena, requires, "", &package->dependencies);
	buffer_free(&text);
}

static void read_packages(struct stored *stored, const json_t *list)
{
	struct tarsier_package *packages = array(stored, list, sizeof *packages);
	size_t count = packages ? json_array_size(list) : 0;
	for (size_t i = 0; i < count; i++)
		read_package(stored, json_array_get(list, i), &packages[i]);
	for (size_t i = 0; i < count; i++)
		read_dependencies(stored, json_array_get(list, i), &packages[i]);
	stored->report->packages = packages;
	stored->report->package_count = count;
}

/* Problems of the inventory stay; those of the matching are found anew. "no_feed" is of either: where the system itself has
 * no name among the feeds, its subject is the system's id. */
static bool stays(const struct stored *stored, const char *kind, const char *subject, enum tarsier_problem_kind *number)
{
	static const struct { const char *name; enum tarsier_problem_kind kind; } kinds[] = {
		{"unreadable", TARSIER_PROBLEM_UNREADABLE}, {"no_packages", TARSIER_PROBLEM_NO_PACKAGES},
		{"no_distro", TARSIER_PROBLEM_NO_DISTRO}, {"foreign", TARSIER_PROBLEM_FOREIGN},
		{"end_of_life", TARSIER_PROBLEM_END_OF_LIFE}, {"note", TARSIER_PROBLEM_NOTE}, {"missing", TARSIER_PROBLEM_MISSING},
		{"no_feed", TARSIER_PROBLEM_NO_FEED},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kind, kinds[i].name) == 0) {
			*number = kinds[i].kind;
			return kinds[i].kind != TARSIER_PROBLEM_NO_FEED || strcmp(subject, stored->report->image.distro_id) == 0;
		}
	return false;
}

static int read_problems(struct stored *stored, const json_t *list, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (size_t i = 0; i < json_array_size(list) && code >= 0; i++) {
		const json_t *one = json_array_get(list, i);
		struct tarsier_problem problem = {.subject = json_text(one, "subject"), .message = json_text(one, "message"),
		                                  .layer = layer_index(one)};
		if (stays(stored, json_text(one, "kind"), problem.subject, &problem.kind))
			code = report_add_problems(stored->report, &problem, 1, error);
	}
	stored->report->inventory_problems = stored->report->problem_count;
	return code;
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

/* A package says in which layer it is: policies look it up. */
static int check_layers(const struct tarsier_report *report, struct tarsier_error *error)
{
	for (size_t i = 0; i < report->package_count; i++)
		if (report->packages[i].layer >= report->image.layer_count)
			return error_set(error, TARSIER_FORMAT, "the report's package %s is in layer %zu of %zu", report->packages[i].name,
			                 report->packages[i].layer + 1, report->image.layer_count);
	return TARSIER_OK;
}

static int read_report(struct stored *stored, const json_t *document, struct tarsier_error *error)
{
	const json_t *image = json_member(document, "image"), *packages = json_list(document, "packages");
	const char *backend = json_text(json_member(document, "backend"), "name");
	if (strcmp(json_text(document, "schema"), "1") != 0 || !image || !packages)
		return error_set(error, TARSIER_FORMAT, "not a JSON report of tarsier's (schema 1)");
	if (*backend && strcmp(backend, "embedded") != 0)
		return error_set(error, TARSIER_UNSUPPORTED, "the report's packages were listed by Clair, which only Clair can match");
	read_image(stored, image);
	read_packages(stored, packages);
	int code = read_problems(stored, json_list(document, "problems"), error);
	if (code >= 0 && stored->failed)
		code = error_memory(error);
	if (code >= 0)
		code = dependencies_resolve(stored->arena, stored->report->packages, stored->report->package_count, error);
	return code < 0 ? code : check_layers(stored->report, error);
}

int tarsier_report_read(const char *json, size_t length, tarsier_report **report, struct tarsier_error *error)
{
	struct tarsier_error own;
	const struct tarsier_allocator standard = {.resize = NULL};
	json_t *document = NULL;
	error = error_or(error, &own);
	*report = NULL;
	int code = json_parse((span){json, length}, STORED_BYTES, "the report", &document, error);
	if (code < 0)
		return code;
	struct stored stored = {.report = report_new(&standard)};
	code = stored.report ? TARSIER_OK : error_memory(error);
	if (code >= 0) {
		stored.arena = &stored.report->arena;
		code = read_report(&stored, document, error);
	}
	json_decref(document);
	if (code < 0)
		tarsier_report_free(stored.report);
	else
		*report = stored.report;
	return code;
}
