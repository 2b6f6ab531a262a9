/* a scan whose layers tarsier reads and whose packages it matches with its own database */
#include "inventory/inventory.h"
#include "match/match.h"
#include "scan/describe.h"

#include <string.h>

/* ---- layers, and a second look at them --------------------------------------------------------------------------- */

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

/* For each link that leads out of the evidence: its reader, with the link's target as evidence. */
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

/* One index with the files of both looks at a layer. */
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

/* Links among the evidence lead to files that match no pattern: reads the layers again for these files. */
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
	if (code >= 0)
		code = scan_layers(scan, patterns, cache_with(arena, scan->engine->cache, fingerprint), readers, second);
	for (size_t i = 0; i < scan->layer_count && code >= 0; i++) {
		joined[i] = join_looks(arena, first[i], second[i]);
		if (!joined[i])
			code = error_memory(scan->error);
	}
	if (code < 0)
		return code;
	return overlay_build(arena, joined, scan->layer_count, readers_all, scan->engine->patterns, overlay, scan->error);
}

static void warn_of_cache(struct scan *scan)
{
	const char *folder;
	char reason[128] = "";
	int number = cache_trouble(scan->engine->cache, &folder);
	if (number)
		events_warn(&scan->events, "the layer cache cannot be written to %s (%s), so the next scan reads the layers again: "
		            "use another --cache-dir, or --no-cache", folder, strerror_r(number, reason, sizeof reason));
}

static int read_layers(struct scan *scan, struct overlay *overlay, struct layer_index ***indexes)
{
	const struct tarsier_engine *engine = scan->engine;
	scan->cached = arena_array(&scan->report->arena, scan->layer_count, sizeof *scan->cached);
	*indexes = new_indexes(scan);
	if (!scan->cached || !*indexes)
		return error_memory(scan->error);
	int code = scan_layers(scan, engine->patterns, engine->cache, readers_all, *indexes);
	if (code >= 0)
		code = overlay_build(&scan->report->arena, (const struct layer_index *const *)*indexes, scan->layer_count,
		                     readers_all, engine->patterns, overlay, scan->error);
	if (code >= 0 && overlay->want_count)
		code = look_again(scan, overlay, *indexes);
	warn_of_cache(scan);
	return code;
}

/* ---- packages and findings --------------------------------------------------------------------------------------- */

static int describe_layers(struct scan *scan, struct layer_index **indexes)
{
	struct tarsier_report *report = scan->report;
	struct tarsier_layer *layers = arena_array(&report->arena, scan->layer_count, sizeof *layers);
	if (!layers)
		return error_memory(scan->error);
	for (size_t i = 0; i < scan->layer_count; i++) {
		const struct image_layer *promised = scan->image.layers ? &scan->image.layers[i] : NULL;
		const struct digest *diff_id = &indexes[i]->diff_id;
		if (promised && !digest_is_empty(&promised->diff_id))
			diff_id = &promised->diff_id;
		layers[i] = (struct tarsier_layer){
			.digest = promised ? indexes[i]->blob.text : "",
			.diff_id = promised ? arena_string(&report->arena, diff_id->text) : "",
			.created_by = promised ? promised->created_by : "", .media_type = promised ? promised->media_type : "",
			.size = indexes[i]->blob_size, .cached = scan->cached[i]};
		if (!layers[i].diff_id)
			return error_memory(scan->error);
		report->usage.layers_cached += scan->cached[i];
		report->usage.layers_read += !scan->cached[i];
	}
	return scan_describe_image(scan, layers);
}

static int take_inventory(struct scan *scan, const struct overlay *overlay)
{
	struct tarsier_report *report = scan->report;
	struct distro distro;
	struct package_list list = {.items = NULL};
	int code = distro_detect(&report->arena, overlay, &distro, scan->error);
	if (code >= 0)
		code = inventory_build(&report->arena, overlay, &distro, &list, scan->error);
	if (code < 0)
		return code;
	scan_describe_distro(scan, &distro);
	code = scan_describe_packages(scan, list.items, list.count);
	if (code >= 0)
		code = report_add_problems(report, list.problems, list.problem_count, scan->error);
	return code < 0 ? code : scan_find_gaps(scan, &distro);
}

static int match(struct scan *scan)
{
	struct tarsier_report *report = scan->report;
	struct finding_list findings = {.items = NULL};
	const struct tarsier_problem no_database = {
		.kind = TARSIER_PROBLEM_NO_DATABASE, .subject = scan->reference,
		.message = "there was no vulnerability database: nothing was matched"};
	if (!scan->engine->database)
		return report_add_problems(report, &no_database, 1, scan->error);
	events_post(&scan->events, &(struct tarsier_event){.kind = TARSIER_EVENT_MATCH, .total = report->package_count});
	int code = database_info(scan->engine->database, &report->arena, &report->database, scan->error);
	if (code >= 0)
		code = match_packages(scan->engine->database, &report->arena, report->packages, report->package_count,
		                      &scan->cancelled, &findings, scan->error);
	if (code < 0)
		return code;
	report->findings = findings.items;
	report->finding_count = findings.count;
	return report_add_problems(report, findings.problems, findings.problem_count, scan->error);
}

int scan_embedded(struct scan *scan)
{
	struct overlay overlay;
	struct layer_index **indexes;
	int code = read_layers(scan, &overlay, &indexes);
	if (code >= 0)
		code = describe_layers(scan, indexes);
	if (code >= 0)
		code = take_inventory(scan, &overlay);
	return code >= 0 ? match(scan) : code;
}
