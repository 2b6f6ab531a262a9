/* the order of steps */
#include "scan/scan.h"

#include "match/risk.h"

#include <time.h>

static int open_image(struct scan *scan)
{
	const struct tarsier_config *config = &scan->engine->config;
	struct source_options options = {.platform = config->platform ? config->platform : platform_of_this_machine(),
	                                 .layers = &scan->layer_options, .user = config->registry_user,
	                                 .password = config->registry_password, .ca_file = config->ca_file,
	                                 .plain_http = config->plain_http, .attestations = config->attestations, .wants_blobs = config->clair != NULL};
	scan->layer_options = (struct layer_options){
		.patterns = scan->engine->patterns, .allocator = &config->allocator, .want_diff_id = !config->skip_diff_id,
		.want_listing = config->files, .want_secrets = config->secrets, .want_hashes = config->hashes,
		.threads = 3, .bytes = &scan->events.bytes_done, .cancelled = &scan->cancelled};
	int code = scan->host ? image_open_host(&scan->report->arena, scan->host, &options, &scan->image, scan->error)
	                      : image_open(&scan->report->arena, scan->reference, &options, &scan->image, scan->error);
	if (code < 0)
		return code;
	if (!scan->host) /* a container engine may know the image by a longer name */
		scan->reference = scan->image.about.reference;
	scan->layer_count = scan->image.walk ? 1 : scan->image.layer_count;
	const struct tarsier_event event = {.kind = TARSIER_EVENT_IMAGE, .total = scan->layer_count,
	                                    .digest = scan->image.about.digest};
	events_post(&scan->events, &event);
	return TARSIER_OK;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

int scan_run(struct scan *scan)
{
	struct timespec start;
	clock_gettime(CLOCK_MONOTONIC, &start);
	bool clair = scan->engine->config.clair != NULL;
	int code = clair && !scan->host ? scan_clair_check(scan) : TARSIER_OK;
	if (code >= 0)
		code = open_image(scan);
	if (code < 0)
		return code;
	code = clair ? scan_with_clair(scan) : scan_embedded(scan);
	image_close(&scan->image);
	risk_weigh(scan->report->findings, scan->report->finding_count, scan->report->image.base_layers);
	scan->report->usage.bytes_read = atomic_load(&scan->events.bytes_done);
	scan->report->usage.seconds = seconds_since(&start);
	return code;
}
