#include "scan/scan.h"

#include "inventory/inventory.h"
#include "match/match.h"

#include <string.h>
#include <time.h>

/* ---- layers, and those that only a second look can bring ----------------------------------------------------------- */

static struct layer_index **new_indexes(struct scan *scan)
{
	struct tarsier_report *report = scan->report;
	struct layer_index **indexes = arena_array(&report->arena, scan->layer_count, sizeof *indexes);
	struct report_indexes *kept = arena_alloc(&report->arena, sizeof *kept);
	if (!indexes || !kept)
		return NULL;
	*kept = (struct report_indexes){.next = report->indexes, .items = indexes, .count = scan->layer_count};
	report->indexes = kept;
	return indexes;
}

/* One reader a link that leads elsewhere: the same reader, looking there. */
static const struct reader *const *readers_of_wants(struct arena *arena, const struct overlay *overlay)
{
	const struct reader **readers = arena_array(arena, overlay->want_count + 1, sizeof *readers);
	for (size_t i = 0; readers && i < overlay->want_count; i++) {
		struct reader *reader = arena_alloc(arena, sizeof *reader);
		const char **evidence = arena_array(arena, 2, sizeof *evidence);
		if (!reader || !evidence)
			return NULL;
		evidence[0] = overlay->wants[i].target;
		*reader = *overlay->wants[i].reader;
		reader->evidence = evidence;
		readers[i] = reader;
	}
	return readers;
}

static const struct reader *reader_named(const char *name)
{
	for (const struct reader *const *reader = readers_all; *reader; reader++)
		if (strcmp((*reader)->name, name) == 0)
			return *reader;
	return NULL;
}

/* A layer as both looks saw it. */
static struct layer_index *join_looks(struct arena *arena, const struct layer_index *first, const struct layer_index *second)
{
	struct layer_index *joined = arena_alloc(arena, sizeof *joined);
	struct layer_file *files = arena_array(arena, first->file_count + second->file_count, sizeof *files);
	if (!joined || !files)
		return NULL;
	*joined = *first;
	joined->files = files;
	if (first->file_count)
		memcpy(files, first->files, first->file_count * sizeof *files);
	for (size_t i = 0; i < second->file_count; i++) {
		struct layer_file *file = &files[joined->file_count++];
		*file = second->files[i];
		file->reader = reader_named(file->reader->name);
	}
	return joined;
}

static char *second_fingerprint(struct scan *scan, const struct overlay *overlay)
{
	struct arena *arena = &scan->report->arena;
	char *text = arena_string(arena, scan->engine->fingerprint);
	for (size_t i = 0; i < overlay->want_count && text; i++)
		text = arena_format(arena, "%s\n%s:%s", text, overlay->wants[i].reader->name, overlay->wants[i].target);
	return text;
}

/* Links among the evidence lead to files that no pattern wanted: reads the layers again for just those. */
static int look_again(struct scan *scan, struct overlay *overlay, struct layer_index **first)
{
	struct arena *arena = &scan->report->arena;
	const struct reader *const *readers = readers_of_wants(arena, overlay);
	struct layer_index **second = new_indexes(scan);
	const struct layer_index **joined = arena_array(arena, scan->layer_count, sizeof *joined);
	char *fingerprint = second_fingerprint(scan, overlay);
	struct path_match *patterns;
	if (!readers || !second || !joined || !fingerprint)
		return error_memory(scan->error);
	int code = path_match_new(arena, readers, &patterns, scan->error);
	if (!code)
		code = scan_layers(scan, patterns, cache_with(arena, scan->engine->cache, fingerprint), readers, second);
	for (size_t i = 0; i < scan->layer_count && !code; i++) {
		joined[i] = join_looks(arena, first[i], second[i]);
		if (!joined[i])
			code = error_memory(scan->error);
	}
	if (code)
		return code;
	return overlay_build(arena, joined, scan->layer_count, readers_all, scan->engine->patterns, overlay, scan->error);
}

static void tell_of_cache(struct scan *scan)
{
	const char *folder;
	char reason[128] = "";
	int number = cache_trouble(scan->engine->cache, &folder);
	if (number)
		events_warn(&scan->events, "what was read cannot be kept in %s (%s), so that the next scan reads it again: another "
		            "--cache-dir helps, or --no-cache", folder, strerror_r(number, reason, sizeof reason));
}

static int read_layers(struct scan *scan, struct overlay *overlay, struct layer_index ***indexes)
{
	const struct tarsier_engine *engine = scan->engine;
	scan->cached = arena_array(&scan->report->arena, scan->layer_count, sizeof *scan->cached);
	*indexes = new_indexes(scan);
	if (!scan->cached || !*indexes)
		return error_memory(scan->error);
	int code = scan_layers(scan, engine->patterns, engine->cache, readers_all, *indexes);
	if (!code)
		code = overlay_build(&scan->report->arena, (const struct layer_index *const *)*indexes, scan->layer_count, readers_all,
		                     engine->patterns, overlay, scan->error);
	if (!code && overlay->want_count)
		code = look_again(scan, overlay, *indexes);
	tell_of_cache(scan);
	return code;
}

/* ---- what the report says ------------------------------------------------------------------------------------------ */

int scan_describe_image(struct scan *scan, const struct tarsier_layer *layers)
{
	struct tarsier_report *report = scan->report;
	report->image = scan->image.about;
	report->image.reference = arena_string(&report->arena, scan->reference);
	report->image.layers = layers;
	report->image.layer_count = scan->layer_count;
	return report->image.reference ? TARSIER_OK : error_memory(scan->error);
}

static int describe_layers(struct scan *scan, struct layer_index **indexes)
{
	struct tarsier_report *report = scan->report;
	struct tarsier_layer *layers = arena_array(&report->arena, scan->layer_count, sizeof *layers);
	if (!layers)
		return error_memory(scan->error);
	for (size_t i = 0; i < scan->layer_count; i++) {
		const struct image_layer *promised = scan->image.layers ? &scan->image.layers[i] : NULL;
		const struct digest *diff_id = promised && !digest_is_empty(&promised->diff_id) ? &promised->diff_id : &indexes[i]->diff_id;
		layers[i] = (struct tarsier_layer){
			.digest = promised ? indexes[i]->blob.text : "", .diff_id = promised ? arena_string(&report->arena, diff_id->text) : "",
			.created_by = promised ? promised->created_by : "", .media_type = promised ? promised->media_type : "",
			.size = indexes[i]->blob_size, .cached = scan->cached[i]};
		if (!layers[i].diff_id)
			return error_memory(scan->error);
		report->usage.layers_cached += scan->cached[i];
		report->usage.layers_read += !scan->cached[i];
	}
	return scan_describe_image(scan, layers);
}

void scan_describe_distro(struct scan *scan, const struct distro *distro)
{
	struct tarsier_image *image = &scan->report->image;
	image->distro_id = distro->id;
	image->distro_version = distro->version;
	image->distro_codename = distro->codename;
	image->distro_name = distro->name;
	image->ecosystem = distro->ecosystem;
}

static int add_problems(struct scan *scan, const struct tarsier_problem *problems, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (report_add_problem(scan->report, &problems[i]))
			return error_memory(scan->error);
	return TARSIER_OK;
}

/* Packages of an operating system are matched in its ecosystem, or not at all. */
static bool has_homeless_packages(const struct tarsier_report *report)
{
	for (size_t i = 0; i < report->package_count; i++)
		if (!*report->packages[i].ecosystem)
			return true;
	return false;
}

int scan_find_gaps(struct scan *scan, const struct distro *distro)
{
	struct tarsier_report *report = scan->report;
	struct tarsier_problem problem = {.subject = scan->reference};
	if (report->package_count == 0) {
		problem.kind = TARSIER_PROBLEM_NO_PACKAGES;
		problem.message = "no packages found: nothing is installed in a way that tarsier can read";
		return add_problems(scan, &problem, 1);
	}
	if (!has_homeless_packages(report))
		return TARSIER_OK;
	problem.kind = *distro->id ? TARSIER_PROBLEM_NO_FEED : TARSIER_PROBLEM_NO_DISTRO;
	problem.subject = *distro->id ? distro->id : scan->reference;
	problem.message = *distro->id ? "no vulnerability feed covers this distribution: its packages were not matched"
	                              : "packages of an operating system, but no os-release that says which: they were not matched";
	return add_problems(scan, &problem, 1);
}

static int take_inventory(struct scan *scan, const struct overlay *overlay)
{
	struct tarsier_report *report = scan->report;
	struct distro distro;
	struct package_list list = {.items = NULL};
	int code = distro_detect(&report->arena, overlay, &distro, scan->error);
	if (!code)
		code = inventory_build(&report->arena, overlay, &distro, &list, scan->error);
	if (code)
		return code;
	scan_describe_distro(scan, &distro);
	report->packages = list.items;
	report->package_count = list.count;
	code = add_problems(scan, list.problems, list.problem_count);
	return code ? code : scan_find_gaps(scan, &distro);
}

static int match(struct scan *scan)
{
	struct tarsier_report *report = scan->report;
	struct finding_list findings = {.items = NULL};
	if (!scan->engine->database)
		return TARSIER_OK;
	events_post(&scan->events, &(struct tarsier_event){.kind = TARSIER_EVENT_MATCH, .total = report->package_count});
	int code = database_info(scan->engine->database, &report->arena, &report->database, scan->error);
	if (!code)
		code = match_packages(scan->engine->database, &report->arena, report->packages, report->package_count, &findings, scan->error);
	if (code)
		return code;
	report->findings = findings.items;
	report->finding_count = findings.count;
	return add_problems(scan, findings.problems, findings.problem_count);
}

/* ---- the order of steps ---------------------------------------------------------------------------------------------- */

static int open_image(struct scan *scan)
{
	const struct tarsier_config *config = &scan->engine->config;
	struct source_options options = {.platform = config->platform ? config->platform : platform_of_this_machine(),
	                                 .layers = &scan->layer_options, .user = config->registry_user,
	                                 .password = config->registry_password, .ca_file = config->ca_file,
	                                 .plain_http = config->plain_http};
	scan->layer_options = (struct layer_options){
		.patterns = scan->engine->patterns, .allocator = &config->allocator, .want_diff_id = !config->skip_diff_id,
		.threads = 3, .bytes = &scan->events.bytes_done, .cancelled = &scan->cancelled};
	int code = image_open(&scan->report->arena, scan->reference, &options, &scan->image, scan->error);
	if (code)
		return code;
	scan->layer_count = scan->image.walk ? 1 : scan->image.layer_count;
	events_post(&scan->events, &(struct tarsier_event){.kind = TARSIER_EVENT_IMAGE, .total = scan->layer_count, .digest = scan->image.about.digest});
	return TARSIER_OK;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static int scan_image(struct scan *scan)
{
	struct overlay overlay;
	struct layer_index **indexes;
	if (scan->engine->config.clair)
		return scan_with_clair(scan);
	int code = read_layers(scan, &overlay, &indexes);
	if (!code)
		code = describe_layers(scan, indexes);
	if (!code)
		code = take_inventory(scan, &overlay);
	return code ? code : match(scan);
}

int scan_run(struct scan *scan)
{
	struct timespec start;
	clock_gettime(CLOCK_MONOTONIC, &start);
	int code = scan->engine->config.clair ? scan_clair_check(scan) : TARSIER_OK;
	if (!code)
		code = open_image(scan);
	if (code)
		return code;
	code = scan_image(scan);
	image_close(&scan->image);
	scan->report->usage.bytes_read = atomic_load(&scan->events.bytes_done);
	scan->report->usage.seconds = seconds_since(&start);
	return code;
}
