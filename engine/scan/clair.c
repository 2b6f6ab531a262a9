/* a scan whose layers a Clair server reads and matches */
#include "match/match.h"
#include "scan/describe.h"

#include <string.h>

static void on_warning(void *user, const char *message)
{
	struct scan *scan = user;
	events_warn(&scan->events, "%s", message);
}

/* Clair already knew a layer that it did not fetch from us. */
static void on_layer(void *user, size_t layer, bool sent)
{
	struct scan *scan = user;
	scan->cached[layer] = !sent;
	const struct tarsier_event event = {.kind = TARSIER_EVENT_LAYER, .index = layer, .cached = !sent,
	                                    .total = scan->layer_count, .digest = scan->image.layers[layer].blob.text};
	events_post(&scan->events, &event);
}

static void on_serving(void *user, unsigned port)
{
	struct scan *scan = user;
	events_post(&scan->events, &(struct tarsier_event){.kind = TARSIER_EVENT_SERVING, .total = port});
}

static void on_layer_begun(void *user, size_t layer, const char *digest)
{
	struct scan *scan = user;
	events_post(&scan->events, &(struct tarsier_event){.kind = TARSIER_EVENT_ANALYZING, .index = layer,
	                                                   .total = scan->layer_count, .digest = digest});
}

struct clair_config scan_clair_config(const struct tarsier_config *config)
{
	return (struct clair_config){
		.indexer = config->clair, .matcher = config->clair_matcher, .api = config->clair_api, .key = config->clair_key,
		.issuer = config->clair_issuer, .ca_file = config->ca_file, .layer_host = config->layer_host,
		.layer_port = config->layer_port, .keep = config->clair_keep, .seconds = config->clair_timeout,
		.report_file = config->clair_report};
}

int scan_clair_check(const struct scan *scan)
{
	if (strcmp(scan->reference, "-") != 0)
		return TARSIER_OK;
	return error_set(scan->error, TARSIER_UNSUPPORTED,
	                 "standard input cannot be scanned with Clair, which fetches layers one by one: "
	                 "save the archive to a file and scan that");
}

/* Describes the layers as the manifest does: none is read here. */
static int describe_layers(struct scan *scan)
{
	struct tarsier_report *report = scan->report;
	struct tarsier_layer *layers = arena_array(&report->arena, scan->layer_count, sizeof *layers);
	if (!layers)
		return error_memory(scan->error);
	for (size_t i = 0; i < scan->layer_count; i++) {
		const struct image_layer *layer = &scan->image.layers[i];
		const struct digest *blob = digest_is_empty(&layer->blob) ? &layer->diff_id : &layer->blob;
		layers[i] = (struct tarsier_layer){
			.digest = arena_string(&report->arena, blob->text),
			.diff_id = arena_string(&report->arena, layer->diff_id.text), .created_by = layer->created_by,
			.media_type = layer->media_type, .size = layer->size, .cached = scan->cached[i]};
		if (!layers[i].digest || !layers[i].diff_id)
			return error_memory(scan->error);
		report->usage.layers_cached += scan->cached[i];
		report->usage.layers_read += !scan->cached[i];
	}
	return scan_describe_image(scan, layers);
}

static int find_gaps(struct scan *scan, const struct clair_result *result)
{
	const struct tarsier_problem problem = {
		.kind = TARSIER_PROBLEM_NO_FEED, .subject = result->distro.ecosystem,
		.message = "Clair has no vulnerability data for this system: its packages were not matched"};
	int code = TARSIER_OK;
	if (scan->report->package_count && result->uncovered)
		code = report_add_problems(scan->report, &problem, 1, scan->error);
	return code < 0 ? code : scan_find_gaps(scan, &result->distro, true);
}

/* Adds KEV and EPSS, which Clair lacks, from our own database if there is one. */
static int enrich(struct scan *scan)
{
	struct tarsier_report *report = scan->report;
	if (!scan->engine->database)
		return TARSIER_OK;
	int code = database_info(scan->engine->database, &report->arena, &report->database, scan->error);
	if (code < 0)
		return code;
	return match_enrich(scan->engine->database, &report->arena, report->findings, report->finding_count, &scan->cancelled,
	                    scan->error);
}

int scan_with_clair(struct scan *scan)
{
	struct tarsier_report *report = scan->report;
	struct clair_config config = scan_clair_config(&scan->engine->config);
	struct clair_result result;
	config.cancelled = &scan->cancelled;
	config.bytes = &scan->events.bytes_done;
	config.warn = on_warning;
	config.serving = on_serving;
	config.layer_begun = on_layer_begun;
	config.layer_done = on_layer;
	config.user = scan;
	if (scan->image.walk)
		return error_set(scan->error, TARSIER_UNSUPPORTED,
		                 "%s: a root file system has no layers for Clair to fetch: scan it without "
		                 "--clair, or an image of it", scan->reference);
	scan->cached = arena_array(&report->arena, scan->layer_count, sizeof *scan->cached);
	if (!scan->cached)
		return error_memory(scan->error);
	int code = clair_scan(&config, &report->arena, &scan->image, &result, scan->error);
	if (code >= 0)
		code = describe_layers(scan);
	if (code >= 0)
		code = scan_describe_packages(scan, result.packages, result.package_count);
	if (code < 0)
		return code;
	scan_describe_distro(scan, &result.distro);
	report->backend = result.backend;
	report->findings = result.findings;
	report->finding_count = result.finding_count;
	events_post(&scan->events, &(struct tarsier_event){.kind = TARSIER_EVENT_MATCH, .total = report->package_count});
	match_sort(report->findings, report->finding_count);
	code = find_gaps(scan, &result);
	return code < 0 ? code : enrich(scan);
}
