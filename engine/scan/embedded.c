/* a scan in which tarsier reads the layers and matches the packages with its own database */
#include "inventory/inventory.h"
#include "layer/listing.h"
#include "match/match.h"
#include "scan/describe.h"
#include "scan/readers.h"

#include <string.h>

/* ---- layers, and reading them again ---------------------------------------------------------------------------- */

struct layer_index **scan_new_indexes(struct scan *scan)
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

/* Collects the wants that no earlier look has requested, with one reader for each path, and adds them to `asked`. */
static size_t choose_wants(const struct overlay *overlay, struct overlay_want *asked, size_t before)
{
	size_t count = before;
	for (size_t i = 0; i < overlay->want_count; i++) {
		const struct overlay_want *want = &overlay->wants[i];
		bool taken = false;
		for (size_t k = 0; k < count && !taken; k++)
			taken = strcmp(asked[k].target, want->target) == 0 && (k >= before || asked[k].reader == want->reader);
		if (!taken)
			asked[count++] = *want;
	}
	return count - before;
}

/* The names of folders may hold stars, and patterns hold no two in a row: one matches what two match. Returns NULL if
 * memory ran out. */
static const char *pattern_of(struct arena *arena, const char *target)
{
	char *copy = arena_string(arena, target);
	size_t length = 0;
	for (size_t i = 0; copy && target[i]; i++)
		if (target[i] != '*' || i == 0 || target[i - 1] != '*')
			copy[length++] = target[i];
	if (copy)
		copy[length] = '\0';
	return copy;
}

/* Makes a reader for each of them, with the want's target as evidence. */
static const struct reader *const *readers_of_wants(struct arena *arena, const struct overlay_want *wants, size_t count)
{
	const struct reader **readers = arena_array(arena, count + 1, sizeof *readers);
	for (size_t i = 0; readers && i < count; i++) {
		struct reader *reader = arena_alloc(arena, sizeof *reader);
		const char **evidence = arena_array(arena, 2, sizeof *evidence);
		if (!reader || !evidence)
			return NULL;
		evidence[0] = pattern_of(arena, wants[i].target);
		if (!evidence[0])
			return NULL;
		*reader = *wants[i].reader;
		reader->evidence = evidence;
		reader->claims = NULL; /* the first look saw to those */
		readers[i] = reader;
	}
	return readers;
}

static char *look_fingerprint(struct scan *scan, const struct overlay_want *wants, size_t count)
{
	struct arena *arena = &scan->report->arena;
	char *text = arena_string(arena, scan->engine->fingerprint);
	for (size_t i = 0; i < count && text; i++)
		text = arena_format(arena, "%s\n%s:%s", text, wants[i].reader->name, wants[i].target);
	return text;
}

/* Reads the layers again for these files, and adds the results to `indexes`. */
static int look_again(struct scan *scan, const struct overlay_want *wants, size_t count, const struct layer_index **indexes)
{
	struct arena *arena = &scan->report->arena;
	const struct reader *const *readers = readers_of_wants(arena, wants, count);
	struct layer_index **found = scan_new_indexes(scan);
	char *fingerprint = look_fingerprint(scan, wants, count);
	struct path_match *patterns;
	if (!readers || !found || !fingerprint)
		return error_memory(scan->error);
	int code = path_match_new(arena, readers, &patterns, scan->error);
	if (code >= 0)
		code = scan_layers(scan, patterns, cache_with(arena, scan->engine->cache, fingerprint), readers, found);
	for (size_t i = 0; i < scan->layer_count && code >= 0; i++) {
		indexes[i] = layer_index_join(arena, indexes[i], found[i], scan->engine->readers);
		if (!indexes[i])
			code = error_memory(scan->error);
	}
	return code;
}

static int lay(struct scan *scan, const struct layer_index *const *indexes, struct overlay *overlay)
{
	return overlay_build(&scan->report->arena, indexes, scan->layer_count, scan->engine->readers, scan->engine->patterns,
	                     &scan->cancelled, overlay, scan->error);
}

/* Links may lead to files that match no pattern, and files of patterns may be written through links. So this repeats
 * until all are found. */
static int lay_layers(struct scan *scan, struct layer_index *const *first, struct overlay *overlay)
{
	struct arena *arena = &scan->report->arena;
	const struct layer_index **indexes = arena_array(arena, scan->layer_count, sizeof *indexes);
	struct overlay_want *asked = arena_array(arena, OVERLAY_LOOKS * OVERLAY_WANTS, sizeof *asked);
	size_t before = 0;
	if (!indexes || !asked)
		return error_memory(scan->error);
	for (size_t i = 0; i < scan->layer_count; i++)
		indexes[i] = first[i];
	int code = lay(scan, indexes, overlay);
	for (int look = 1; look < OVERLAY_LOOKS && code >= 0 && overlay->want_count; look++) {
		size_t count = choose_wants(overlay, asked, before);
		if (!count)
			break;
		code = look_again(scan, asked + before, count, indexes);
		before += count;
		if (code >= 0)
			code = lay(scan, indexes, overlay);
	}
	if (code >= 0 && choose_wants(overlay, asked, before))
		code = error_set(scan->error, TARSIER_LIMIT, "what is behind the image's links is not found in %d looks at its layers",
		                 OVERLAY_LOOKS);
	return code;
}

static void warn_of_cache(struct scan *scan)
{
	const char *folder;
	char reason[128] = "";
	int number = cache_trouble(scan->engine->cache, &folder);
	if (number)
		events_warn(&scan->events, "cannot write the layer cache to %s (%s); the next scan reads the layers again: "
		            "use another --cache-dir, or --no-cache", folder, strerror_r(number, reason, sizeof reason));
}

static int read_layers(struct scan *scan, struct overlay *overlay, struct layer_index ***indexes)
{
	const struct tarsier_engine *engine = scan->engine;
	scan->cached = arena_array(&scan->report->arena, scan->layer_count, sizeof *scan->cached);
	*indexes = scan_new_indexes(scan);
	if (!scan->cached || !*indexes)
		return error_memory(scan->error);
	int code = scan_layers(scan, engine->patterns, engine->cache, engine->readers, *indexes);
	if (code >= 0)
		code = lay_layers(scan, *indexes, overlay);
	if (code >= 0)
		code = scan_read_logs(scan, overlay);
	if (code >= 0)
		code = scan_read_attestations(scan, overlay);
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

static int take_inventory(struct scan *scan, struct overlay *overlay)
{
	struct tarsier_report *report = scan->report;
	struct distro distro;
	struct package_list list = {.items = NULL};
	int code = host_readers_run(scan, overlay);
	if (code >= 0)
		code = distro_detect(&report->arena, overlay, &distro, scan->error);
	if (code >= 0)
		code = inventory_build(&report->arena, overlay, &distro, &list, scan->error);
	if (code < 0)
		return code;
	scan_describe_distro(scan, &distro);
	code = scan_describe_packages(scan, list.items, list.count);
	if (code >= 0)
		code = scan_find_gaps(scan, &distro, false);
	return code < 0 ? code : report_add_problems(report, list.problems.items, list.problems.count, scan->error);
}

static int match_database(struct scan *scan, struct finding_list *findings)
{
	struct tarsier_report *report = scan->report;
	int code = database_info(scan->engine->database, &report->arena, &report->database, scan->error);
	if (code < 0)
		return code;
	return match_packages(scan->engine->database, &report->arena, report->packages, report->package_count,
	                      scan->engine->config.severity_sources, &scan->cancelled, findings, scan->error);
}

int scan_match(struct scan *scan)
{
	struct tarsier_report *report = scan->report;
	struct finding_list findings = {.items = NULL};
	const struct tarsier_problem no_database = {
		.kind = TARSIER_PROBLEM_NO_DATABASE, .subject = scan->reference,
		.message = "there was no vulnerability database: nothing was matched"};
	const struct database *database = scan->engine->database;
	int code = database ? match_database(scan, &findings) : report_add_problems(report, &no_database, 1, scan->error);
	if (code >= 0)
		code = own_advisories_match(scan, &findings);
	if (code < 0)
		return code;
	report->findings = findings.items;
	report->finding_count = findings.count;
	return report_add_problems(report, findings.problems.items, findings.problems.count, scan->error);
}

static int find_files(struct scan *scan, struct layer_index *const *indexes)
{
	struct file_list list = {.items = NULL};
	const struct layer_index **layers = arena_array(&scan->report->arena, scan->layer_count + 1, sizeof *layers);
	if (!scan->engine->config.files)
		return TARSIER_OK;
	if (!layers)
		return error_memory(scan->error);
	for (size_t i = 0; i < scan->layer_count; i++)
		layers[i] = indexes[i];
	int code = listing_find(&scan->report->arena, layers, scan->layer_count, &scan->cancelled, &list, scan->error);
	scan->report->files = list.items;
	scan->report->file_count = list.count;
	scan->report->image.has_files = true;
	return code;
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
	if (code >= 0)
		code = find_files(scan, indexes);
	if (code >= 0)
		code = scan_find_secrets(scan, indexes);
	if (code < 0)
		return code;
	scan->report->inventory_problems = scan->report->problem_count;
	if (scan->engine->database)
		events_post(&scan->events, &(struct tarsier_event){.kind = TARSIER_EVENT_MATCH, .total = scan->report->package_count});
	return scan_match(scan);
}
