/* one scan under way */
#ifndef TARSIER_SCAN_SCAN_H
#define TARSIER_SCAN_SCAN_H

#include "clair/clair.h"
#include "database/database.h"
#include "image/image.h"
#include "layer/cache.h"
#include "scan/events.h"
#include "scan/report.h"

struct tarsier_engine {
	struct arena arena; /* the config's strings, the patterns, the cache */
	struct tarsier_config config;
	struct path_match *patterns;
	const char *fingerprint;
	struct cache *cache;       /* or NULL */
	struct database *database; /* or NULL */
	atomic_uint cancellations; /* how often tarsier_cancel was called */
};

struct scan {
	const struct tarsier_engine *engine;
	const char *reference;
	struct tarsier_report *report; /* its arena serves the whole scan */
	struct tarsier_error *error;
	struct events events;
	atomic_bool cancelled;
	struct image image;
	struct layer_options layer_options;
	size_t layer_count;            /* a root file system is one */
	bool *cached;
	int code;
};

/* The steps in order, in the calling thread, which is not the host's. */
int scan_run(struct scan *scan);

/* Every layer's index, from the cache or read, in parallel; into `indexes`, which the report frees. `patterns` and `cache` are
 * the engine's, or those of a second look. */
int scan_layers(struct scan *scan, const struct path_match *patterns, const struct cache *cache,
                const struct reader *const *readers, struct layer_index **indexes);

/* Parts of the report that both ways of scanning fill. `layers` lie in its arena. */
int scan_describe_image(struct scan *scan, const struct tarsier_layer *layers);
void scan_describe_distro(struct scan *scan, const struct distro *distro);
int scan_find_gaps(struct scan *scan, const struct distro *distro);

/* scan_clair.c: layers read and matched by Clair. First of all, whether this reference can be. */
struct clair_config scan_clair_config(const struct tarsier_config *config);
int scan_clair_check(const struct scan *scan);
int scan_with_clair(struct scan *scan);

#endif
